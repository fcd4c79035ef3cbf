/*
 * query/regex.c - regular expressions by PCRE2, and without it where a pattern is plain text
 *
 * Most patterns of dashboards are names: /^cpu$/, /^web/, /prod/. Those are compared as bytes. All
 * others are compiled with PCRE2's JIT and matched under a limit on steps, so that no pattern that
 * a client sends can hold a process: RE2 syntax still allows (a*)*b, which PCRE2 matches by trying.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memmem */
#endif

#include "query/regex.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/table.h"
#include "influxql/influxql.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS_MAX		1000000
#define HEAP_KIB_MAX		8192
#define JIT_STACK_BYTES		(1024 * 1024)
#define PATTERN_CODE_MAX	(1024 * 1024)	/* of a compiled pattern, before JIT */

struct query_regex {
	struct query_regexes *set;
	struct slice	 pattern;	/* own copy */
	bool		 is_plain;	/* `plain` is what is looked for */
	bool		 at_start, at_end;
	struct slice	 plain;		/* inside pattern */
	pcre2_code	*code;		/* unless is_plain */
};

struct query_regexes {
	struct table	 by_pattern;	/* value: struct query_regex * */
	pcre2_compile_context *compile;
	pcre2_match_context *match;
	pcre2_match_data *data;
	pcre2_jit_stack	*stack;
	bool		 failed;
};

struct query_regexes *
query_regexes_new(void)
{
	return memory_zalloc(sizeof(struct query_regexes));
}

void
query_regexes_clear(struct query_regexes *set)
{
	for (size_t i = 0; i < set->by_pattern.n; i++) {
		struct query_regex *regex = (void *)(uintptr_t)set->by_pattern.entries[i].value;

		pcre2_code_free(regex->code);
		free((void *)(uintptr_t)regex->pattern.p);
		free(regex);
	}
	table_clear(&set->by_pattern);
	set->failed = false;
}

void
query_regexes_free(struct query_regexes *set)
{
	if (set == NULL)
		return;
	query_regexes_clear(set);
	table_free(&set->by_pattern);
	pcre2_match_data_free(set->data);
	pcre2_jit_stack_free(set->stack);
	pcre2_match_context_free(set->match);
	pcre2_compile_context_free(set->compile);
	free(set);
}

bool
query_regexes_failed(const struct query_regexes *set)
{
	return set->failed;
}

/*
 * What matching needs, made when the first pattern comes that is not plain.
 */
static int
prepare(struct query_regexes *set, struct err *err)
{
	if (set->match != NULL)
		return 0;
	set->compile = pcre2_compile_context_create(NULL);
	set->match = pcre2_match_context_create(NULL);
	set->data = pcre2_match_data_create(1, NULL);
	if (set->compile == NULL || set->match == NULL || set->data == NULL)
		return err_set(err, ERR_LIMIT, "no memory for a regular expression");
	pcre2_set_match_limit(set->match, STEPS_MAX);
	pcre2_set_heap_limit(set->match, HEAP_KIB_MAX);
	set->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_BYTES, NULL);
	if (set->stack != NULL)
		pcre2_jit_stack_assign(set->match, NULL, set->stack);
	return 0;
}

static int
compile(struct query_regex *regex, struct err *err)
{
	struct buf text = { 0 };
	uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_INVALID_UTF;
	PCRE2_SIZE where, size = 0;
	int code;

	if (prepare(regex->set, err) != 0)
		return -1;
	influxql_pcre_regex(&text, regex->pattern);
	regex->code = pcre2_compile((PCRE2_SPTR)(text.p != NULL ? text.p : ""), text.n, options,
	    &code, &where, regex->set->compile);
	buf_free(&text);
	if (regex->code == NULL) {
		PCRE2_UCHAR words[128];

		pcre2_get_error_message(code, words, sizeof(words));
		return err_set(err, ERR_INVALID, "regular expression %.200s: %s",
		    regex->pattern.p, (const char *)words);
	}
	pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &size);
	if (size > PATTERN_CODE_MAX)
		return err_set(err, ERR_INVALID, "regular expression %.200s is too large",
		    regex->pattern.p);
	(void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);	/* without it: slower */
	return 0;
}

/*
 * Is a pattern plain text, with or without ^ before and $ behind?
 */
static void
find_plain(struct query_regex *regex)
{
	struct slice s = regex->pattern;

	if (s.n != 0 && s.p[0] == '^') {
		regex->at_start = true;
		s = slice_make(s.p + 1, s.n - 1);
	}
	if (s.n != 0 && s.p[s.n - 1] == '$') {
		regex->at_end = true;
		s.n--;
	}
	for (size_t i = 0; i < s.n; i++)
		if (strchr("\\^$.[]|()?*+{}", s.p[i]) != NULL)	/* a NUL byte too */
			return;
	regex->is_plain = true;
	regex->plain = s;
}

int
query_regex_get(struct query_regexes *set, struct slice pattern, struct query_regex **out,
    struct err *err)
{
	struct table_entry *entry = table_get(&set->by_pattern, pattern);
	struct query_regex *regex;
	char *copy;

	if (entry != NULL) {
		*out = (void *)(uintptr_t)entry->value;
		return 0;
	}
	copy = memory_alloc(pattern.n + 1);
	if (pattern.n != 0)
		memcpy(copy, pattern.p, pattern.n);
	copy[pattern.n] = '\0';
	regex = memory_zalloc(sizeof(*regex));
	regex->set = set;
	regex->pattern = slice_make(copy, pattern.n);
	find_plain(regex);
	if (!regex->is_plain && compile(regex, err) != 0) {
		pcre2_code_free(regex->code);
		free(copy);
		free(regex);
		return -1;
	}
	table_put(&set->by_pattern, regex->pattern, NULL)->value = (uintptr_t)regex;
	*out = regex;
	return 0;
}

static bool
match_plain(const struct query_regex *regex, struct slice text)
{
	struct slice plain = regex->plain;

	if (plain.n > text.n)
		return false;
	if (regex->at_start && regex->at_end)
		return slice_eq(plain, text);
	if (regex->at_start)
		return slice_starts(text, plain);
	if (regex->at_end)
		return slice_ends(text, plain);
	return plain.n == 0 || memmem(text.p, text.n, plain.p, plain.n) != NULL;
}

bool
query_regex_match(struct query_regex *regex, struct slice text)
{
	struct query_regexes *set = regex->set;
	int found;

	if (regex->is_plain)
		return match_plain(regex, text);
	if (set->failed)
		return false;
	found = pcre2_match(regex->code, (PCRE2_SPTR)(text.p != NULL ? text.p : ""), text.n, 0, 0,
	    set->data, set->match);
	if (found < 0 && found != PCRE2_ERROR_NOMATCH)
		set->failed = true;
	return found >= 0;
}

bool
query_regex_is_equality(const struct query_regex *regex, struct slice *text)
{
	if (!regex->is_plain || !regex->at_start || !regex->at_end)
		return false;
	*text = regex->plain;
	return true;
}
