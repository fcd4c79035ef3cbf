/*
 * tests/unit/query_regex_test.c - patterns and texts, by PCRE2 and without it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "query/regex.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char	*pattern;
	const char	*text;
	bool		 matches;
} cases[] = {
	/* plain text */
	{ "", "", true },
	{ "", "x", true },
	{ "^", "x", true },
	{ "^$", "", true },
	{ "^$", "x", false },
	{ "cpu", "cpu", true },
	{ "cpu", "my cpu 1", true },
	{ "cpu", "cp", false },
	{ "^cpu", "cpu_load", true },
	{ "^cpu", "my cpu", false },
	{ "cpu$", "my cpu", true },
	{ "cpu$", "cpu\n", false },
	{ "^cpu$", "cpu", true },
	{ "^cpu$", "cpu_load", false },
	{ "CPU", "cpu", false },
	{ "\xe6\x9d\xb1\xe4\xba\xac", "x\xe6\x9d\xb1\xe4\xba\xacy", true },
	/* PCRE2 */
	{ ".", "", false },
	{ "^.$", "\xc3\xa9", true },
	{ "^c.*d$", "cpu_load", true },
	{ "a|c", "b", false },
	{ "a|c", "c", true },
	{ "(?i)CPU", "my Cpu", true },
	{ "^(host|kind)$", "kind", true },
	{ "^(host|kind)$", "kind\n", false },
	{ "a\\.b", "a.b", true },
	{ "a\\.b", "axb", false },
	{ "^[0-9]{2,3}$", "12", true },
	{ "^[0-9]{2,3}$", "1234", false },
	{ "^\\d+$", "\xd9\xa3", false },
	{ "[[:alpha:]]", "1a", true },
	{ "(?P<x>b)", "abc", true },
	{ "a\\z", "a", true },
	{ "a$", "a\n", false },
	{ "^.{4}\\b", "abcd", true },
	{ "x", "\xff\xfex", true },
	{ ".x", "\xff\xfex", false },
};

static void
test_cases(void **state)
{
	struct query_regexes *set = query_regexes_new();

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct query_regex *regex, *again;
		struct err err;
		struct slice pattern = slice_from(cases[i].pattern);
		bool got;

		assert_int_equal(query_regex_get(set, pattern, &regex, &err), 0);
		assert_int_equal(query_regex_get(set, pattern, &again, &err), 0);
		assert_ptr_equal(regex, again);
		got = query_regex_match(regex, slice_from(cases[i].text));
		if (got != cases[i].matches)
			print_error("/%s/ and %s\n", cases[i].pattern, cases[i].text);
		assert_int_equal(got, cases[i].matches);
	}
	assert_false(query_regexes_failed(set));
	query_regexes_free(set);
}

static void
test_equality(void **state)
{
	struct query_regexes *set = query_regexes_new();
	static const char *const others[] = { "a", "^a", "a$", "^a.$", "^(a)$" };
	struct query_regex *regex;
	struct slice text;
	struct err err;

	(void)state;
	assert_int_equal(query_regex_get(set, SLICE("^web-1$"), &regex, &err), 0);
	assert_true(query_regex_is_equality(regex, &text));
	assert_true(slice_eq(text, SLICE("web-1")));
	for (size_t i = 0; i < N_OF(others); i++) {
		assert_int_equal(query_regex_get(set, slice_from(others[i]), &regex, &err), 0);
		assert_false(query_regex_is_equality(regex, &text));
	}
	query_regexes_free(set);
}

/*
 * A pattern that tries for ever is cut off, and the set says so until it is cleared.
 */
static void
test_steps_are_bounded(void **state)
{
	struct query_regexes *set = query_regexes_new();
	struct query_regex *regex;
	struct buf text = { 0 };
	struct err err;

	(void)state;
	for (int i = 0; i < 40; i++)
		buf_putc(&text, 'a');
	buf_puts(&text, "bx");
	assert_int_equal(query_regex_get(set, SLICE("^(a+)+(a+)+(a+)+b$"), &regex, &err), 0);
	assert_false(query_regex_match(regex, buf_slice(&text)));
	assert_true(query_regexes_failed(set));
	query_regexes_clear(set);
	assert_false(query_regexes_failed(set));
	assert_int_equal(query_regex_get(set, SLICE("^(a+)+bx$"), &regex, &err), 0);
	assert_true(query_regex_match(regex, buf_slice(&text)));
	buf_free(&text);
	query_regexes_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_steps_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
