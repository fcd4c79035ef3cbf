/*
 * tests/fuzz/influxql_fuzz.c - any bytes as a query text, and as a pattern
 *
 * What parses must print, the print must parse, and print the same again. What passes as a pattern
 * must have a form for PCRE2, and what is refused must be refused there too.
 */
#define _GNU_SOURCE
#include <stdlib.h>

#include "influxql/influxql.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct influxql_param list[] = {
	{ { "d", 1 }, PARAM_DURATION, { "1h30m", 5 } },
	{ { "f", 1 }, PARAM_FLOAT, { "-1e30", 5 } },
	{ { "i", 1 }, PARAM_INTEGER, { "-9223372036854775808", 20 } },
	{ { "n", 1 }, PARAM_IDENTIFIER, { "a b", 3 } },
	{ { "r", 1 }, PARAM_REGEX, { "a/b", 3 } },
	{ { "s", 1 }, PARAM_STRING, { "it's", 4 } },
	{ { "x", 1 }, PARAM_BAD, { "why", 3 } },
};

static const struct influxql_params params = { .list = list, .n = sizeof(list) / sizeof(list[0]) };

/* false: no query */
static bool
parse_and_print(struct slice text, struct arena *arena, struct buf *out)
{
	struct influxql_query *query;
	struct err err;

	if (influxql_parse(text, &params, arena, &query, &err) != 0)
		return false;
	for (size_t i = 0; i < query->n_statements; i++) {
		if (i > 0)
			buf_puts(out, "; ");
		influxql_print_statement(out, &query->statements[i]);
	}
	return true;
}

static void
check_query(struct slice text)
{
	struct arena *arena = arena_new(4096);
	struct buf once = { 0 }, twice = { 0 };

	/* Canonical text may be longer than the limit, and a password is gone from it. */
	if (parse_and_print(text, arena, &once) && once.n <= INFLUXQL_TEXT_MAX &&
	    (once.n == 0 || memmem(once.p, once.n, "[REDACTED]", 10) == NULL)) {
		if (!parse_and_print(buf_slice(&once), arena, &twice) ||
		    !slice_eq(buf_slice(&once), buf_slice(&twice)))
			abort();
	}
	buf_free(&once);
	buf_free(&twice);
	arena_free(arena);
}

static void
check_pattern(struct slice pattern)
{
	struct buf out = { 0 };
	struct err err;
	bool good = influxql_check_regex(pattern, &err) == 0;

	influxql_pcre_regex(&out, pattern);
	if (good == slice_eq(buf_slice(&out), SLICE("(?!)")))
		abort();
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);

	check_query(text);
	check_pattern(text);
	return 0;
}
