/*
 * tests/unit/influxql_cases_test.c - the files of tests/cases/influxql, parsed and printed
 *
 * A group is a query of one or more lines and one line of answer: `= ` and the statements as they
 * print, joined with "; ", or `! ` and the message behind "error parsing query: ". A blank line ends
 * a group, lines that begin with # before a query are remarks. What prints has to print the same once
 * more when it is parsed, unless something in it was [REDACTED].
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>

#include "influxql/influxql.h"
#include "unit.h"

#define CASES_DIR "tests/cases/influxql"
#define LINE_MAX_BYTES 8192

#define PARAM(name, kind, text) { { name, sizeof(name) - 1 }, kind, { text, sizeof(text) - 1 } }

static const struct influxql_param param_list[] = {
	PARAM("big", PARAM_FLOAT, "1e30"),
	PARAM("broken", PARAM_REGEX, "["),
	PARAM("f", PARAM_FLOAT, "2.5"),
	PARAM("hour", PARAM_DURATION, "1h30m"),
	PARAM("id", PARAM_IDENTIFIER, "a b"),
	PARAM("k", PARAM_STRING, "it's a"),
	PARAM("list", PARAM_BAD, "unable to bind parameter with type []interface {}"),
	PARAM("minus", PARAM_INTEGER, "-2"),
	PARAM("n", PARAM_INTEGER, "2"),
	PARAM("re", PARAM_REGEX, "a|b"),
	PARAM("yes", PARAM_BOOLEAN, "true"),
};

static bool
zone_exists(void *arg, struct slice name)
{
	(void)arg;
	return !slice_eq(name, SLICE("No/Such")) && !slice_eq(name, SLICE("Nowhere/Land"));
}

static const struct influxql_params params = {
	.list = param_list, .n = UNIT_N(param_list), .zone_exists = zone_exists,
};

/* What a case file says of a query: `= ...` or `! ...`. */
static void
answer(struct buf *out, struct slice query, struct arena *arena)
{
	static const char prefix[] = "error parsing query: ";
	struct influxql_query *q;
	struct err err;

	if (influxql_parse(query, &params, arena, &q, &err) != 0) {
		assert_memory_equal(err.text, prefix, sizeof(prefix) - 1);
		buf_puts(out, "! ");
		buf_puts(out, err.text + sizeof(prefix) - 1);
		return;
	}
	buf_puts(out, "= ");
	for (size_t i = 0; i < q->n_statements; i++) {
		if (i > 0)
			buf_puts(out, "; ");
		influxql_print_statement(out, &q->statements[i]);
	}
}

static void
check_group(const char *where, struct slice query, struct slice want)
{
	struct arena *arena = arena_new(4096);
	struct buf got = { 0 }, again = { 0 };
	struct slice printed;

	answer(&got, query, arena);
	UNIT_SAME(where, buf_slice(&got), want);
	printed = slice_make(got.p + 2, got.n - 2);
	if (got.p[0] == '=' && memmem(printed.p, printed.n, "[REDACTED]", 10) == NULL) {
		answer(&again, printed, arena);
		UNIT_SAME(where, buf_slice(&again), want);
	}
	buf_free(&got);
	buf_free(&again);
	arena_free(arena);
}

static unsigned
check_file(const char *path, const char *name)
{
	char line[LINE_MAX_BYTES], where[PATH_MAX];
	FILE *file = fopen(path, "r");
	struct buf query = { 0 };
	unsigned n_groups = 0, n_lines = 0;

	if (file == NULL)
		fail_msg("cannot open %s", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		struct slice text = slice_from(line);

		n_lines++;
		if (text.n > 0 && text.p[text.n - 1] == '\n')
			text.n--;
		if (query.n == 0 && (text.n == 0 || text.p[0] == '#'))
			continue;
		if (text.n >= 2 && (text.p[0] == '=' || text.p[0] == '!') && text.p[1] == ' ') {
			snprintf(where, sizeof(where), "%s:%u", name, n_lines);
			check_group(where, buf_slice(&query), text);
			n_groups++;
			buf_reset(&query);
			continue;
		}
		if (query.n > 0)
			buf_putc(&query, '\n');
		buf_put_slice(&query, text);
	}
	assert_int_equal(query.n, 0);		/* a query without an answer */
	fclose(file);
	buf_free(&query);
	return n_groups;
}

static void
case_files(void **state)
{
	const char *top = getenv("top_srcdir");
	char dir[PATH_MAX], path[PATH_MAX + 300];
	struct dirent *entry;
	unsigned n_groups = 0;
	DIR *d;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/" CASES_DIR, top != NULL ? top : ".");
	d = opendir(dir);
	if (d == NULL)
		fail_msg("cannot open %s", dir);
	while ((entry = readdir(d)) != NULL) {
		if (!slice_ends(slice_from(entry->d_name), SLICE(".case")))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		n_groups += check_file(path, entry->d_name);
	}
	closedir(d);
	assert_true(n_groups > 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
