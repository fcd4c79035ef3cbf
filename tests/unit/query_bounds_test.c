/*
 * tests/unit/query_bounds_test.c - the range of times in a condition, and what is left of it
 */
#include "unit.h"

#include "influxql/influxql.h"
#include "query/bounds.h"

#define NOW	INT64_C(1000000000000)

static const struct {
	const char	*where;
	const char	*want;		/* FROM..TO REST, or !error */
} cases[] = {
	{ "time > 5", "6.. " },
	{ "time >= 5 AND time < 10", "5..9 " },
	{ "5 <= time AND 10 > time", "5..9 " },
	{ "time = 7", "7..7 " },
	{ "TIME <= 7", "..7 " },
	{ "time >= 1500ms", "1500000000.. " },
	{ "time > now() - 1s", "999000000001.. " },
	{ "time > 1.5", "2.. " },
	{ "time >= '1970-01-01T00:00:01Z'", "1000000000.. " },
	{ "time >= '1970-01-01' + 2s", "2000000000.. " },
	{ "time >= '1970-01-01T01:00:00+01:00'", "0.. " },
	{ "time > 5 AND k = 'a'", "6.. k = 'a'" },
	{ "k = 'a' AND (time > 5 OR v > 1)", "6.. k = 'a' AND (v > 1)" },
	{ "time > 5 OR time > 9", "10.. " },
	{ "(time > 5)", "6.. " },
	{ "v > 1 + 2", ".. v > 3" },
	{ "true", ".. true" },
	{ "time != 5", "!invalid time comparison operator: !=" },
	{ "time > 'x'", "!invalid operation: time and *influxql.StringLiteral are not compatible" },
	{ "time > '2020-13-01'", "!invalid timestamp string" },
	{ "time > '3000-01-01'", "!time 3000-01-01T00:00:00Z overflows time literal" },
	{ "time > true",
	    "!invalid operation: time and *influxql.BooleanLiteral are not compatible" },
	{ "v", "!invalid condition expression: v" },
};

static void
put_answer(struct buf *out, struct arena *arena, const char *where)
{
	struct fold fold = { .arena = arena, .has_now = true, .now_ns = NOW };
	struct bounds bounds = { 0 };
	struct influxql_query *query;
	struct err err = { .code = ERR_NONE };
	struct expr *rest, *where_expr;
	char text[256];

	snprintf(text, sizeof(text), "SELECT v FROM m WHERE %s", where);
	if (influxql_parse(slice_from(text), NULL, arena, &query, &err) != 0)
		fail_msg("%s: %s", where, err.text);
	where_expr = query->statements[0].select->where;
	if (query_bounds_split(&fold, where_expr, &rest, &bounds, &err) != 0) {
		buf_printf(out, "!%s", err.text);
		return;
	}
	if (bounds.has_from)
		buf_printf(out, "%lld", (long long)bounds.from);
	buf_puts(out, "..");
	if (bounds.has_to)
		buf_printf(out, "%lld", (long long)bounds.to);
	buf_putc(out, ' ');
	if (rest != NULL)
		influxql_print_expr(out, rest);
}

static void
conditions(void **state)
{
	struct arena *arena = arena_new(4096);
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		buf_reset(&out);
		put_answer(&out, arena, cases[i].where);
		UNIT_SAME(cases[i].where, buf_slice(&out), slice_from(cases[i].want));
		arena_reset(arena);
	}
	buf_free(&out);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
