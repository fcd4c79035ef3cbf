/*
 * query/explain.c - EXPLAIN and EXPLAIN ANALYZE: how weir answers a SELECT, in words
 *
 *     EXPLAIN            the plan: what is read of which measurement, how many series and chunks
 *     EXPLAIN ANALYZE    the same; then the statement is run into a sink that only counts, and what
 *                        the store was made to read for it is told
 *
 * The answer has one column of lines, as in InfluxDB 1.x, and where the words are the same they mean
 * the same. Planning changes the tree, so the plan that is shown is made of a copy.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/rfc3339.h"
#include "query/plan.h"
#include "query/select.h"

#define SURVEY_SERIES 256	/* between two looks at the clock */

struct explaining {
	struct query_context *ctx;
	struct buf	 line;
	struct err	*err;
	bool		 failed;
};

/* ---- lines ---- */

/*
 * A short line, unless one before it could not be pushed; put_line - the one in x->line
 */
static void
put(struct explaining *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
put(struct explaining *x, const char *fmt, ...)
{
	char text[128];
	struct value value = { .type = VALUE_STRING };
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	value.s = slice_from(text);
	if (!x->failed)
		x->failed = query_answer_row(x->ctx, &value, x->err) != 0;
}

static void
put_line(struct explaining *x)
{
	struct value value = { .type = VALUE_STRING, .s = buf_slice(&x->line) };

	if (!x->failed)
		x->failed = query_answer_row(x->ctx, &value, x->err) != 0;
	buf_reset(&x->line);
}

/* ---- a copy of the statement ---- */

static struct select *copy_select(struct arena *arena, const struct select *from);

static struct expr *
copy_expr(struct arena *arena, const struct expr *e)
{
	return e != NULL ? influxql_copy_expr(arena, e) : NULL;
}

static struct select *
copy_select(struct arena *arena, const struct select *from)
{
	struct select *to = arena_alloc(arena, sizeof(*to));

	*to = *from;
	to->has_into = false;
	to->fields = arena_array(arena, struct select_field, from->n_fields + 1);
	for (size_t i = 0; i < from->n_fields; i++) {
		to->fields[i] = from->fields[i];
		to->fields[i].expr = copy_expr(arena, from->fields[i].expr);
	}
	to->sources = arena_array(arena, struct source, from->n_sources + 1);
	for (size_t i = 0; i < from->n_sources; i++) {
		to->sources[i] = from->sources[i];
		if (from->sources[i].kind == SOURCE_SUBQUERY)
			to->sources[i].subquery = copy_select(arena, from->sources[i].subquery);
	}
	to->dimensions = arena_array(arena, struct dimension, from->n_dimensions + 1);
	for (size_t i = 0; i < from->n_dimensions; i++) {
		to->dimensions[i] = from->dimensions[i];
		to->dimensions[i].expr = copy_expr(arena, from->dimensions[i].expr);
	}
	to->where = copy_expr(arena, from->where);
	to->fill_number = copy_expr(arena, from->fill_number);
	return to;
}

/* ---- the plan ---- */

static void
put_expressions(struct explaining *x, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_calls; i++) {
		buf_puts(&x->line, "EXPRESSION: ");
		buf_put_slice(&x->line, plan->calls[i]->text);
		put_line(x);
	}
	if (plan->n_calls == 0)
		put(x, "EXPRESSION: <nil>");
	if (plan->refs.n == 0)
		return;
	buf_puts(&x->line, "AUXILIARY FIELDS: ");
	for (size_t i = 0; i < plan->refs.n; i++) {
		const struct ref *ref = &plan->refs.list[i];

		buf_puts(&x->line, i > 0 ? ", " : "");
		influxql_print_ident(&x->line, ref->name);
		if (ref->type != VALUE_NULL)
			buf_printf(&x->line, "::%s", value_type_name(ref->type));
	}
	put_line(x);
}

static void
put_range(struct explaining *x, const struct plan *plan)
{
	struct rfc3339_day day = { 0 };

	buf_puts(&x->line, "TIME RANGE: ");
	rfc3339_put(&x->line, &day, plan->from, 0);
	buf_puts(&x->line, " to ");
	rfc3339_put(&x->line, &day, plan->to, 0);
	put_line(x);
	if (plan->window.interval == 0)
		return;
	buf_puts(&x->line, "WINDOW: ");
	if (plan->window.months != 0)
		influxql_print_calendar(&x->line, plan->window.months);
	else
		influxql_print_duration(&x->line, plan->window.interval);
	put_line(x);
}

static int
survey(struct query_context *ctx, const struct plan *plan, const struct plan_source *source,
    struct store_survey *found, struct err *err)
{
	for (size_t at = 0; at < source->n_inputs; at += SURVEY_SERIES) {
		size_t left = source->n_inputs - at;

		if (query_context_check(ctx, err) != 0 ||
		    store_survey(ctx->store, source->measurement, source->series + at,
		    left < SURVEY_SERIES ? left : SURVEY_SERIES, plan->from, plan->to, found,
		    err) != 0)
			return -1;
	}
	return 0;
}

/*
 * Bytes of a measurement's journal, which every query of it reads.
 */
static int
journal_bytes(struct query_context *ctx, const struct store_measurement *m, uint64_t *bytes,
    struct err *err)
{
	struct store_backlog *list;
	size_t n;

	if (store_backlogs(ctx->store, ctx->arena, &list, &n, err) != 0)
		return -1;
	*bytes = store_backlog_of(list, n, m->bucket_id, m->id).bytes;
	return 0;
}

static void
put_measurement(struct explaining *x, const struct plan *plan, const struct plan_source *source)
{
	struct store_survey found = { 0 };
	uint64_t bytes;

	buf_puts(&x->line, "MEASUREMENT: ");
	influxql_print_ident(&x->line, source->name);
	put_line(x);
	if (source->where != NULL) {
		buf_puts(&x->line, "CONDITION ON ROWS: ");
		influxql_print_expr(&x->line, source->where);
		put_line(x);
	}
	if (survey(x->ctx, plan, source, &found, x->err) != 0 ||
	    journal_bytes(x->ctx, source->measurement, &bytes, x->err) != 0) {
		x->failed = true;
		return;
	}
	put(x, "NUMBER OF SERIES: %zu", source->n_inputs);
	put(x, "NUMBER OF CHUNKS: %llu", (unsigned long long)found.n_chunks);
	put(x, "ROWS IN CHUNKS: %llu", (unsigned long long)found.n_rows);
	put(x, "SIZE OF JOURNAL: %llu", (unsigned long long)bytes);
}

static void
put_plan(struct explaining *x, const struct plan *plan)
{
	put_expressions(x, plan);
	put_range(x, plan);
	put(x, "NUMBER OF GROUPS: %zu", plan->n_groups);
	for (size_t i = 0; i < plan->n_sources && !x->failed; i++) {
		if (plan->sources[i].inner == NULL) {
			put_measurement(x, plan, &plan->sources[i]);
			continue;
		}
		put(x, " ");
		put(x, "SUBQUERY:");
		put_plan(x, plan->sources[i].inner);
	}
}

static int
make_plan(struct explaining *x, const struct select *select, struct plan **plan, struct err *err)
{
	struct query_context *ctx = x->ctx;

	if (query_plan_new(ctx, copy_select(ctx->arena, select), NULL, plan, err) != 0 ||
	    query_resolve(*plan, err) != 0)
		return -1;
	return query_group(*plan, err);
}

/* ---- running it ---- */

struct counting {
	struct rows_sink sink;		/* first: it is cast back */
	uint64_t	 n_series, n_rows;
};

static void
ignore_begin(struct rows_sink *sink, unsigned id)
{
	(void)sink;
	(void)id;
}

static void
count_series(struct rows_sink *sink, const struct rows_series *series)
{
	(void)series;
	((struct counting *)sink)->n_series++;
}

static bool
count_row(struct rows_sink *sink, const struct value *values)
{
	(void)values;
	((struct counting *)sink)->n_rows++;
	return true;
}

static void
ignore(struct rows_sink *sink)
{
	(void)sink;
}

static void
ignore_message(struct rows_sink *sink, const char *level, struct slice text)
{
	(void)sink;
	(void)level;
	(void)text;
}

static void
ignore_error(struct rows_sink *sink, struct slice text)
{
	(void)sink;
	(void)text;
}

/*
 * What running a statement took.
 */
struct running {
	struct counting	 counting;
	struct store_counters read;
	int64_t		 ns;
};

static int
run(struct query_context *ctx, struct select *select, struct running *run, struct err *err)
{
	struct store_counters before = store_counters(ctx->store), after;
	struct rows_sink *sink = ctx->sink;
	int64_t began = clock_monotonic_ns();
	int result;

	run->counting.sink = (struct rows_sink){ ignore_begin, count_series, count_row, ignore,
	    ignore_message, ignore_error, ignore, ignore, NULL };
	ctx->sink = &run->counting.sink;
	result = query_select_run(ctx, select, err);
	query_answer_end(ctx);
	ctx->sink = sink;
	ctx->n_rows = 0;
	run->ns = clock_monotonic_ns() - began;
	after = store_counters(ctx->store);
	run->read = (struct store_counters){ after.n_chunks - before.n_chunks,
	    after.n_summaries - before.n_summaries, after.n_summary_rows - before.n_summary_rows,
	    after.n_blocks - before.n_blocks, after.n_rows - before.n_rows };
	return result;
}

static void
put_duration(struct explaining *x, const char *label, int64_t ns)
{
	buf_puts(&x->line, label);
	influxql_print_go_duration(&x->line, ns);
	put_line(x);
}

static void
put_run(struct explaining *x, const struct running *run, int64_t planning_ns)
{
	const struct store_counters *c = &run->read;

	put(x, " ");
	put(x, "CHUNKS READ: %llu", (unsigned long long)c->n_chunks);
	put(x, "CHUNKS ANSWERED FROM THEIR DIRECTORIES: %llu", (unsigned long long)c->n_summaries);
	put(x, "ROWS ANSWERED FROM DIRECTORIES: %llu", (unsigned long long)c->n_summary_rows);
	put(x, "BLOCKS READ: %llu", (unsigned long long)c->n_blocks);
	put(x, "ROWS READ: %llu", (unsigned long long)c->n_rows);
	put(x, "SERIES ANSWERED: %llu", (unsigned long long)run->counting.n_series);
	put(x, "ROWS ANSWERED: %llu", (unsigned long long)run->counting.n_rows);
	put_duration(x, "PLANNING TIME: ", planning_ns);
	put_duration(x, "EXECUTION TIME: ", run->ns);
}

int
query_explain_run(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	const struct explain *explain = &statement->explain;
	struct explaining x = { .ctx = ctx, .err = err };
	struct slice column = explain->analyze ? SLICE("EXPLAIN ANALYZE") : SLICE("QUERY PLAN");
	struct rows_series series = { .columns = &column, .n_columns = 1 };
	int64_t began = clock_monotonic_ns(), planning_ns;
	struct running done = { .ns = 0 };
	struct plan *plan;

	if (make_plan(&x, explain->select, &plan, err) != 0)
		return -1;
	planning_ns = clock_monotonic_ns() - began;
	explain->select->has_into = false;
	if (explain->analyze && run(ctx, explain->select, &done, err) != 0)
		return -1;
	query_answer_begin(ctx, &series);
	put_plan(&x, plan);
	if (explain->analyze)
		put_run(&x, &done, planning_ns);
	query_answer_end(ctx);
	buf_free(&x.line);
	return x.failed ? -1 : 0;
}
