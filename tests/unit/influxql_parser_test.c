/*
 * tests/unit/influxql_parser_test.c - the shape of trees, the limits, and the small helpers
 */
#include <stdlib.h>

#include "influxql/influxql.h"
#include "unit.h"

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new(16384);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct influxql_query *
parse(const char *text)
{
	struct influxql_query *query = NULL;
	struct err err;

	if (influxql_parse(slice_from(text), NULL, arena, &query, &err) != 0)
		fail_msg("%s: %s", text, err.text);
	return query;
}

static const struct select *
parse_select(const char *text)
{
	struct influxql_query *query = parse(text);

	assert_int_equal(query->n_statements, 1);
	assert_int_equal(query->statements[0].kind, STATEMENT_SELECT);
	return query->statements[0].select;
}

static void
check_error(struct slice text, const char *want)
{
	struct influxql_query *query;
	struct err err;

	assert_int_equal(influxql_parse(text, NULL, arena, &query, &err), -1);
	assert_int_equal(err.code, ERR_SYNTAX);
	UNIT_SAME("error", slice_from(err.text), slice_from(want));
}

/* ---- trees ---- */

static void
signs_are_folded(void **state)
{
	const struct select *s = parse_select("SELECT -5, -1.5, -2h, -v, +(v), 0 - -9223372036854775808 FROM m");
	const struct expr *e;

	(void)state;
	assert_int_equal(s->fields[0].expr->kind, EXPR_INTEGER);
	assert_int_equal(s->fields[0].expr->integer, -5);
	assert_true(s->fields[1].expr->number == -1.5);
	assert_int_equal(s->fields[2].expr->duration, INT64_C(-7200000000000));
	e = s->fields[3].expr;
	assert_int_equal(e->kind, EXPR_BINARY);
	assert_int_equal(e->binary.op, OP_MUL);
	assert_int_equal(e->binary.left->integer, -1);
	assert_int_equal(e->binary.right->kind, EXPR_REF);
	e = s->fields[4].expr;
	assert_int_equal(e->binary.left->integer, 1);
	assert_int_equal(e->binary.right->kind, EXPR_PAREN);
	assert_int_equal(s->fields[5].expr->binary.right->integer, INT64_MIN);
}

static void
numbers_by_size(void **state)
{
	const struct select *s = parse_select("SELECT v FROM m WHERE a = 9223372036854775807 "
	    "AND b = 9223372036854775808");
	const struct expr *e = s->where;

	(void)state;
	assert_int_equal(e->binary.left->binary.right->kind, EXPR_INTEGER);
	assert_int_equal(e->binary.left->binary.right->integer, INT64_MAX);
	assert_int_equal(e->binary.right->binary.right->kind, EXPR_UNSIGNED);
	assert_true(e->binary.right->binary.right->unsigned_ == (uint64_t)INT64_MAX + 1);
}

static void
operators_bind_as_told(void **state)
{
	const struct expr *e = parse_select("SELECT a - b - c * d FROM m")->fields[0].expr;

	(void)state;
	assert_int_equal(e->binary.op, OP_SUB);
	assert_int_equal(e->binary.right->binary.op, OP_MUL);
	assert_int_equal(e->binary.left->binary.op, OP_SUB);
	UNIT_SAME("a", e->binary.left->binary.left->ref.name, SLICE("a"));
}

static void
kinds_of_dimensions(void **state)
{
	static const enum dimension_kind kinds[] = {
		DIMENSION_TIME, DIMENSION_TAG, DIMENSION_WILDCARD, DIMENSION_REGEX, DIMENSION_OTHER,
		DIMENSION_OTHER, DIMENSION_TAG, DIMENSION_TIME,
	};
	const struct select *s = parse_select("SELECT mean(v) FROM m GROUP BY time(1m, -5s), host, *, /x/, "
	    "mean(v), a + 1, time, TIME()");

	(void)state;
	assert_int_equal(s->n_dimensions, UNIT_N(kinds));
	for (size_t i = 0; i < UNIT_N(kinds); i++)
		assert_int_equal(s->dimensions[i].kind, kinds[i]);
	assert_int_equal(s->dimensions[0].expr->call.n_args, 2);
	assert_int_equal(s->dimensions[0].expr->call.args[1]->duration, INT64_C(-5000000000));
}

static void
clauses_of_a_select(void **state)
{
	const struct select *s = parse_select("SELECT MEAN(v) AS \"a b\", e.f::tag INTO d..t FROM db.rp.m, "
	    "rp./x/, (SELECT v INTO nowhere FROM n) fill(2.5) ORDER BY time DESC LIMIT 1 OFFSET 2 "
	    "SLIMIT 3 SOFFSET 4 tz('Europe/Berlin')");

	(void)state;
	UNIT_SAME("call", s->fields[0].expr->call.name, SLICE("mean"));
	UNIT_SAME("alias", s->fields[0].alias, SLICE("a b"));
	UNIT_SAME("ref", s->fields[1].expr->ref.name, SLICE("e.f"));
	assert_int_equal(s->fields[1].expr->ref.cast, CAST_TAG);
	assert_true(s->has_into);
	UNIT_SAME("into db", s->into.database, SLICE("d"));
	UNIT_SAME("into rp", s->into.rp, SLICE(""));
	assert_int_equal(s->n_sources, 3);
	UNIT_SAME("db", s->sources[0].measurement.database, SLICE("db"));
	UNIT_SAME("rp", s->sources[1].measurement.rp, SLICE("rp"));
	assert_true(s->sources[1].measurement.is_regex);
	assert_int_equal(s->sources[2].kind, SOURCE_SUBQUERY);
	assert_false(s->sources[2].subquery->has_into);
	assert_int_equal(s->fill, FILL_NUMBER);
	assert_true(s->fill_number->number == 2.5);
	assert_true(s->has_order && s->descending);
	assert_int_equal(s->limit, 1);
	assert_int_equal(s->offset, 2);
	assert_int_equal(s->slimit, 3);
	assert_int_equal(s->soffset, 4);
	UNIT_SAME("tz", s->tz, SLICE("Europe/Berlin"));
}

static void
policies(void **state)
{
	const struct influxql_query *q = parse("CREATE DATABASE d WITH DURATION INF SHARD DURATION 1h NAME r;"
	    "ALTER RETENTION POLICY r ON d REPLICATION 2 DEFAULT");
	const struct policy *p = &q->statements[0].create_database.policy;

	(void)state;
	assert_true(q->statements[0].create_database.has_with);
	assert_true(p->has_duration && p->duration == 0 && !p->has_replication);
	assert_true(p->has_shard_duration && p->shard_duration == INT64_C(3600000000000));
	UNIT_SAME("name", p->name, SLICE("r"));
	p = &q->statements[1].policy;
	assert_true(p->is_default && !p->has_duration && p->replication == 2);
}

static void
words_for_refusals(void **state)
{
	static const struct {
		const char	*text, *words;
	} rows[] = {
		{ "SELECT v FROM m", "SELECT" },
		{ "SELECT v INTO n FROM m", "SELECT INTO" },
		{ "EXPLAIN ANALYZE SELECT v FROM m", "EXPLAIN" },
		{ "GRANT READ ON d TO u", "GRANT" },
		{ "GRANT ALL ON d TO u", "GRANT" },
		{ "GRANT ALL TO u", "GRANT ALL" },
		{ "REVOKE ALL PRIVILEGES FROM u", "REVOKE ALL" },
		{ "CREATE USER u WITH PASSWORD 'p'", "CREATE USER" },
		{ "SET PASSWORD FOR u = 'p'", "SET PASSWORD" },
		{ "KILL QUERY 3", "KILL QUERY" },
		{ "SHOW SHARD GROUPS", "SHOW SHARD GROUPS" },
		{ "SHOW SERIES CARDINALITY", "SHOW SERIES CARDINALITY" },
		{ "DROP RETENTION POLICY r ON d", "DROP RETENTION POLICY" },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_N(rows); i++)
		UNIT_SAME(rows[i].text, slice_from(parse(rows[i].text)->statements[0].words),
		    slice_from(rows[i].words));
}

static void
nothing_is_no_statement(void **state)
{
	(void)state;
	assert_int_equal(parse("")->n_statements, 0);
	assert_int_equal(parse(" ;; -- x\n ; /* y */")->n_statements, 0);
	assert_int_equal(parse("SHOW DATABASES;; SHOW USERS ;")->n_statements, 2);
}

/* ---- limits ---- */

static struct slice
repeated(struct buf *out, const char *head, const char *piece, size_t n, const char *tail)
{
	buf_reset(out);
	buf_puts(out, head);
	for (size_t i = 0; i < n; i++)
		buf_puts(out, piece);
	buf_puts(out, tail);
	return buf_slice(out);
}

static void
nesting_is_bounded(void **state)
{
	struct influxql_query *query;
	struct buf text = { 0 };
	struct err err;

	(void)state;
	check_error(repeated(&text, "SELECT ", "(", 100000, ""),
	    "error parsing query: nested deeper than 64 levels at line 1, char 72");
	check_error(repeated(&text, "SELECT ", "f(", 100000, ""),
	    "error parsing query: nested deeper than 64 levels at line 1, char 137");
	check_error(repeated(&text, "SELECT v FROM ", "(SELECT v FROM ", 65, ""),
	    "error parsing query: nested deeper than 64 levels at line 1, char 981");
	repeated(&text, "SELECT v FROM ", "(SELECT v FROM ", 64, "m");
	for (int i = 0; i < 64; i++)
		buf_putc(&text, ')');
	assert_int_equal(influxql_parse(buf_slice(&text), NULL, arena, &query, &err), 0);
	buf_free(&text);
}

static void
long_chains(void **state)
{
	struct influxql_query *query;
	struct buf text = { 0 }, printed = { 0 };
	struct err err;

	(void)state;
	check_error(repeated(&text, "SELECT v", " + v", 100000, " FROM m"), "error parsing query: "
	    "an expression of more than 1024 levels at line 1, char 8");
	assert_int_equal(influxql_parse(repeated(&text, "SELECT v", " + v", 1000, " FROM m"), NULL, arena,
	    &query, &err), 0);
	repeated(&text, "SELECT v FROM m WHERE host = 'a'", " OR host = 'a'", 50000, "");
	assert_int_equal(influxql_parse(buf_slice(&text), NULL, arena, &query, &err), 0);
	assert_true(query->statements[0].select->where->depth < 20);
	influxql_print_statement(&printed, &query->statements[0]);
	UNIT_SAME("a long OR", buf_slice(&printed), buf_slice(&text));
	buf_free(&text);
	buf_free(&printed);
}

static void
texts_are_bounded(void **state)
{
	struct buf text = { 0 };

	(void)state;
	check_error(repeated(&text, "SELECT ", " ", INFLUXQL_TEXT_MAX, "v"),
	    "error parsing query: the text is longer than 1048576 bytes");
	check_error(slice_make("SELECT \xff", 8),
	    "error parsing query: the text is not UTF-8, or holds a NUL");
	check_error(slice_make("SELECT v\0 FROM m", 16),
	    "error parsing query: the text is not UTF-8, or holds a NUL");
	check_error(SLICE("SELECT v\r\nFROM\r m WHERE !"), "error parsing query: found !, expected "
	    "identifier, string, number, bool at line 3, char 10");
	buf_free(&text);
}

static void
long_tokens_are_cut(void **state)
{
	struct influxql_query *query;
	struct buf text = { 0 };
	struct err err;

	(void)state;
	repeated(&text, "SELECT v FROM '", "\xc3\xa9", 5000, "'");
	assert_int_equal(influxql_parse(buf_slice(&text), NULL, arena, &query, &err), -1);
	assert_true(slice_ends(slice_from(err.text), SLICE("..., expected identifier at line 1, char 14")));
	buf_free(&text);
}

/* ---- helpers ---- */

static void
durations(void **state)
{
	static const struct {
		int64_t		 ns;
		const char	*influxql, *go;
	} rows[] = {
		{ 0, "0s", "0s" },
		{ 1, "1ns", "1ns" },
		{ 1500, "1500ns", "1.5\xc2\xb5s" },
		{ 2000000, "2ms", "2ms" },
		{ 90000000000, "90s", "1m30s" },
		{ INT64_C(3600000000000), "1h", "1h0m0s" },
		{ INT64_C(604800000000000), "1w", "168h0m0s" },
		{ INT64_C(-86400000000000), "-1d", "-24h0m0s" },
		{ 1234567890, "1234567890ns", "1.23456789s" },
		{ INT64_MIN, "-9223372036854775808ns", "-2562047h47m16.854775808s" },
	};
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_N(rows); i++) {
		buf_reset(&out);
		influxql_print_duration(&out, rows[i].ns);
		UNIT_SAME("InfluxQL", buf_slice(&out), slice_from(rows[i].influxql));
		buf_reset(&out);
		influxql_print_go_duration(&out, rows[i].ns);
		UNIT_SAME("Go", buf_slice(&out), slice_from(rows[i].go));
	}
	buf_free(&out);
}

static void
column_names(void **state)
{
	static const struct {
		const char	*field, *name;
	} rows[] = {
		{ "v", "v" },
		{ "v AS x", "x" },
		{ "mean(v)", "mean" },
		{ "v + w", "v_w" },
		{ "max(v) - min(v)", "max_min" },
		{ "2 * mean(v)", "mean" },
		{ "-v", "v" },
		{ "((v))", "v" },
		{ "round(mean(v)) / 2 + e.f", "round_e.f" },
		{ "DISTINCT v", "distinct" },
		{ "1", "" },
	};
	struct buf text = { 0 }, out = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_N(rows); i++) {
		buf_reset(&text);
		buf_reset(&out);
		buf_printf(&text, "SELECT %s FROM m%c", rows[i].field, '\0');
		influxql_column_name(&out, &parse_select(text.p)->fields[0]);
		UNIT_SAME(rows[i].field, buf_slice(&out), slice_from(rows[i].name));
	}
	buf_free(&text);
	buf_free(&out);
}

static bool
count_refs(void *arg, struct expr *e)
{
	*(unsigned *)arg += e->kind == EXPR_REF;
	return e->kind != EXPR_CALL || !slice_eq(e->call.name, SLICE("skip"));
}

static void
copies_and_walks(void **state)
{
	struct expr *e = parse_select("SELECT (a + f(b, c)) * skip(d) FROM m")->fields[0].expr;
	struct expr *copy = influxql_copy_expr(arena, e);
	struct buf before = { 0 }, after = { 0 };
	unsigned n = 0;

	(void)state;
	influxql_walk(e, count_refs, &n);
	assert_int_equal(n, 3);
	influxql_print_expr(&before, e);
	copy->binary.left->inner->binary.right->call.args[0]->ref.name = SLICE("other");
	influxql_print_expr(&after, e);
	UNIT_SAME("unchanged", buf_slice(&after), buf_slice(&before));
	buf_reset(&after);
	influxql_print_expr(&after, copy);
	UNIT_SAME("changed", buf_slice(&after), SLICE("(a + f(other, c)) * skip(d)"));
	buf_free(&before);
	buf_free(&after);
}

static void
made_trees_print_with_parentheses(void **state)
{
	struct expr *v = influxql_new_ref(arena, SLICE("v"), CAST_FLOAT);
	struct expr *one = influxql_new_expr(arena, EXPR_INTEGER);
	struct expr *sum, *product;
	struct buf out = { 0 };

	(void)state;
	one->integer = 1;
	sum = influxql_new_binary(arena, OP_SUB, v, one);
	product = influxql_new_binary(arena, OP_MUL, sum, influxql_new_binary(arena, OP_DIV, v, one));
	influxql_print_expr(&out, product);
	UNIT_SAME("product", buf_slice(&out), SLICE("(v::float - 1) * (v::float / 1)"));
	buf_reset(&out);
	influxql_print_expr(&out, influxql_new_binary(arena, OP_SUB, sum, sum));
	UNIT_SAME("difference", buf_slice(&out), SLICE("v::float - 1 - (v::float - 1)"));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signs_are_folded, begin, end),
		cmocka_unit_test_setup_teardown(numbers_by_size, begin, end),
		cmocka_unit_test_setup_teardown(operators_bind_as_told, begin, end),
		cmocka_unit_test_setup_teardown(kinds_of_dimensions, begin, end),
		cmocka_unit_test_setup_teardown(clauses_of_a_select, begin, end),
		cmocka_unit_test_setup_teardown(policies, begin, end),
		cmocka_unit_test_setup_teardown(words_for_refusals, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_no_statement, begin, end),
		cmocka_unit_test_setup_teardown(nesting_is_bounded, begin, end),
		cmocka_unit_test_setup_teardown(long_chains, begin, end),
		cmocka_unit_test_setup_teardown(texts_are_bounded, begin, end),
		cmocka_unit_test_setup_teardown(long_tokens_are_cut, begin, end),
		cmocka_unit_test_setup_teardown(durations, begin, end),
		cmocka_unit_test_setup_teardown(column_names, begin, end),
		cmocka_unit_test_setup_teardown(copies_and_walks, begin, end),
		cmocka_unit_test_setup_teardown(made_trees_print_with_parentheses, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
