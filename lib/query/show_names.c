/*
 * query/show_names.c - SHOW DATABASES, SHOW RETENTION POLICIES, SHOW MEASUREMENTS
 *
 * The first two list what the one who asks may read, and nothing tells them of the rest. WHERE in
 * SHOW MEASUREMENTS asks for names, not for series, and answers as InfluxDB 1.x does: a measurement
 * passes `host = 'a'` when one of its series has that value, and `host != 'a'` when it has the tag
 * and none has that value.
 */
#include "admin/admin.h"
#include "query/show_priv.h"

#define HOUR_NS	(INT64_C(3600) * 1000000000)
#define DAY_NS	(24 * HOUR_NS)

static struct value
text_value(struct slice s)
{
	return (struct value){ .type = VALUE_STRING, .s = s };
}

/* ---- databases and policies ---- */

int
query_show_databases(struct query_context *ctx, struct err *err)
{
	static const struct slice columns[] = { { "name", 4 } };
	struct rows_series series = { .name = SLICE("databases"), .columns = columns,
	    .n_columns = 1, .whole = true };
	struct slice *names;
	size_t n;

	if (admin_databases(ctx->store, ctx->arena, ctx->grants, &names, &n, err) != 0)
		return -1;
	query_answer_begin(ctx, &series);
	for (size_t i = 0; i < n; i++) {
		struct value value = text_value(names[i]);

		if (query_answer_row(ctx, &value, err) != 0)
			return -1;
	}
	query_answer_end(ctx);
	return 0;
}

static struct slice
go_duration(struct query_context *ctx, int64_t ns)
{
	struct buf text = { 0 };
	struct slice copy;

	influxql_print_go_duration(&text, ns);
	copy = arena_copy(ctx->arena, buf_slice(&text));
	buf_free(&text);
	return copy;
}

/*
 * weir has no shards; tools that ask for their length get what InfluxDB would have chosen.
 */
static int64_t
shard_duration(int64_t retention_ns)
{
	if (retention_ns == 0 || retention_ns > 180 * DAY_NS)
		return 7 * DAY_NS;
	return retention_ns < 2 * DAY_NS ? HOUR_NS : DAY_NS;
}

int
query_show_policies(struct query_context *ctx, const struct show *show, struct err *err)
{
	static const struct slice columns[] = { { "name", 4 }, { "duration", 8 },
	    { "shardGroupDuration", 18 }, { "replicaN", 8 }, { "default", 7 } };
	struct rows_series series = { .columns = columns, .n_columns = 5, .whole = true };
	struct slice database = show != NULL && show->database.n != 0 ? show->database :
	    ctx->request->database;
	struct admin_policy *list;
	size_t n;

	if (database.n == 0)
		return err_set(err, ERR_INVALID, "database name required");
	if (admin_policies(ctx->store, ctx->arena, ctx->grants, database, &list, &n, err) != 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "database not found: " SLICE_FMT,
		    SLICE_ARG(database));
	query_answer_begin(ctx, &series);
	for (size_t i = 0; i < n; i++) {
		struct value row[5] = { text_value(list[i].name),
		    text_value(go_duration(ctx, list[i].retention_ns)),
		    text_value(go_duration(ctx, shard_duration(list[i].retention_ns))),
		    { .type = VALUE_INTEGER, .i = 1 },
		    { .type = VALUE_BOOLEAN, .b = list[i].is_default } };

		if (query_answer_row(ctx, row, err) != 0)
			return -1;
	}
	query_answer_end(ctx);
	return 0;
}

/* ---- measurements ---- */

struct name_test {
	struct query_context *ctx;
	const struct store_measurement *m;
};

/*
 * Has a series of the measurement this value, or one that matches?
 */
static int
has_value(const struct name_test *test, uint32_t key_id, const struct expr *wanted, bool *has,
    struct err *err)
{
	struct query_context *ctx = test->ctx;
	struct store_tag_value *values;
	struct query_regex *regex = NULL;
	size_t n;

	*has = false;
	if (wanted->kind == EXPR_REGEX &&
	    query_regex_get(ctx->regexes, wanted->regex, &regex, err) != 0)
		return -1;
	if (store_tag_values(ctx->store, test->m, key_id, ctx->arena, &values, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n && !*has; i++)
		*has = regex != NULL ? query_regex_match(regex, values[i].value) :
		    slice_eq(wanted->string, values[i].value);
	return query_context_check(ctx, err);
}

static int
test_comparison(const struct name_test *test, const struct expr_binary *b, bool *passes,
    struct err *err)
{
	bool is_regex = b->op == OP_EQ_REGEX || b->op == OP_NEQ_REGEX;
	bool negate = b->op == OP_NEQ || b->op == OP_NEQ_REGEX;
	const char *op = influxql_op_text(b->op);

	if (b->op != OP_EQ && b->op != OP_NEQ && !is_regex)
		return err_set(err, ERR_INVALID, "invalid tag comparison operator");
	if (b->left->kind != EXPR_REF)
		return err_set(err, ERR_INVALID, "left side of '%s' must be a tag key", op);
	if (is_regex && b->right->kind != EXPR_REGEX)
		return err_set(err, ERR_INVALID, "right side of '%s' must be a regular expression",
		    op);
	if (!is_regex && b->right->kind != EXPR_STRING)
		return err_set(err, ERR_INVALID, "right side of '%s' must be a tag value string",
		    op);
	*passes = false;
	for (size_t i = 0; test->m != NULL && i < test->m->n_tags; i++) {
		bool has;

		if (!slice_eq(test->m->tags[i].name, b->left->ref.name))
			continue;
		if (has_value(test, test->m->tags[i].id, b->right, &has, err) != 0)
			return -1;
		*passes = has != negate;
	}
	return 0;
}

/*
 * Does a measurement pass a condition? Without a measurement the condition alone is checked. The
 * left spine of a long chain is walked by the loop, its right sides by recursion.
 */
static int
test_name(const struct name_test *test, const struct expr *e, bool *passes, struct err *err)
{
	const struct expr **spine, *left;
	size_t n = 0;

	while (e->kind == EXPR_PAREN)
		e = e->inner;
	for (left = e; left->kind == EXPR_BINARY && (left->binary.op == OP_AND ||
	    left->binary.op == OP_OR); left = left->binary.left)
		n++;
	if (left->kind == EXPR_PAREN) {
		if (test_name(test, left, passes, err) != 0)
			return -1;
	} else if (left->kind != EXPR_BINARY) {
		return err_set(err, ERR_INVALID, "invalid condition in SHOW MEASUREMENTS");
	} else if (test_comparison(test, &left->binary, passes, err) != 0) {
		return -1;
	}
	spine = arena_array(test->ctx->arena, const struct expr *, n + 1);
	for (size_t i = n; i != 0; e = e->binary.left)
		spine[--i] = e;
	for (size_t i = 0; i < n; i++) {
		bool right;

		if (test_name(test, spine[i]->binary.right, &right, err) != 0)
			return -1;
		*passes = spine[i]->binary.op == OP_AND ? *passes && right : *passes || right;
	}
	return 0;
}

static int
passes_with(struct query_context *ctx, const struct show *show, struct slice name, bool *passes,
    struct err *err)
{
	const struct measurement *with = &show->with_measurement;
	bool negate = show->with_op == OP_NEQ || show->with_op == OP_NEQ_REGEX;
	struct query_regex *regex;

	*passes = true;
	if (show->with_op == OP_NONE)
		return 0;
	if (!with->is_regex) {
		*passes = slice_eq(with->name, name) != negate;
		return 0;
	}
	if (query_regex_get(ctx->regexes, with->regex, &regex, err) != 0)
		return -1;
	*passes = query_regex_match(regex, name) != negate;
	return 0;
}

static int
passes_where(struct query_context *ctx, const struct show *show, const struct show_target *target,
    bool *passes, struct err *err)
{
	struct arena_mark mark = arena_mark(ctx->arena);
	struct store_measurement *m;
	struct name_test test = { .ctx = ctx };

	if (show->where == NULL)
		return 0;
	if (query_show_measurement(ctx, target, &m, err) != 0)
		return -1;
	test.m = m;
	if (m == NULL)
		*passes = false;
	else if (test_name(&test, show->where, passes, err) != 0)
		return -1;
	arena_rewind(ctx->arena, mark);
	return 0;
}

static int
check_where(struct query_context *ctx, const struct show *show, struct err *err)
{
	struct name_test test = { .ctx = ctx };
	bool passes;

	if (show->where == NULL)
		return 0;
	if (query_show_where_has_time(show->where))
		return err_set(err, ERR_INVALID, SHOW_TIME_ERROR, "SHOW MEASUREMENTS");
	return test_name(&test, show->where, &passes, err);
}

int
query_show_measurements(struct query_context *ctx, const struct show *show, struct err *err)
{
	static const struct slice columns[] = { { "name", 4 } };
	struct rows_series series = { .name = SLICE("measurements"), .columns = columns,
	    .n_columns = 1, .whole = true };
	struct show_targets targets;
	struct show_page page;
	struct slice last = { NULL, 0 };	/* the name that was found last */

	query_show_page(&page, show);
	if (query_show_targets(ctx, show, &targets, err) != 0 || check_where(ctx, show, err) != 0)
		return -1;
	for (size_t i = 0; i < targets.n && page.left != 0; i++) {
		struct value value = text_value(targets.list[i].name);
		bool passes;

		if (last.n != 0 && slice_eq(last, value.s))
			continue;
		if (passes_with(ctx, show, targets.list[i].name, &passes, err) != 0 ||
		    (passes && passes_where(ctx, show, &targets.list[i], &passes, err) != 0))
			return -1;
		if (!passes)
			continue;
		last = value.s;
		if (!query_show_page_take(&page))
			continue;
		if (!ctx->series_open)
			query_answer_begin(ctx, &series);
		if (query_answer_row(ctx, &value, err) != 0)
			return -1;
	}
	query_answer_end(ctx);
	return 0;
}
