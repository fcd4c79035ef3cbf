/*
 * query/execute.c - a query text from its first byte to its last row
 *
 *     query_prepare    params ► parse ► authorize each statement
 *     query_run        for each statement: result_begin ► SELECT, SHOW or manage ► result_end
 *
 * Every statement has a result of its own, and an error ends that one alone. The statement's arena,
 * with all that the plan and the rows took from it, is emptied before the next.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "query/bounds.h"
#include "query/query_priv.h"
#include "query/select.h"

#include <stdlib.h>

#define STATEMENT_BLOCK_BYTES 65536
#define OR_WARNING	"OR between conditions on time acts as AND: a statement has one range of times, " \
			"which meets all of them; ask for several ranges in several statements"

struct query {
	struct influxql_query *parsed;
	struct query_context ctx;
};

/* ---- prepare ---- */

static int
parse(const struct query_request *request, struct influxql_query **parsed, struct err *err)
{
	struct influxql_params params = { .zone_exists = query_zone_exists };

	if (slice_trim(request->text).n == 0)
		return err_set(err, ERR_INVALID, "missing required parameter \"q\"");
	if (request->text.n > INFLUXQL_TEXT_MAX)
		return err_set(err, ERR_TOO_LARGE, "query text is longer than %d bytes",
		    INFLUXQL_TEXT_MAX);
	if (!utf8_valid(request->text))
		return err_set(err, ERR_INVALID, "query text is not valid UTF-8");
	if (query_params_read(request->params, request->arena, &params, err) != 0 ||
	    influxql_parse(request->text, &params, request->arena, parsed, err) != 0)
		return -1;
	if ((*parsed)->n_statements == 0)
		return err_set(err, ERR_INVALID, "missing required parameter \"q\"");
	return 0;
}

static int
authorize(struct query *query, struct err *err)
{
	if (!query->ctx.grants->known)
		return err_set(err, ERR_UNAUTHORIZED, "unauthorized access");
	for (size_t i = 0; i < query->parsed->n_statements; i++)
		if (query_authorize(&query->ctx, &query->parsed->statements[i], err) != 0)
			return -1;
	return 0;
}

int
query_prepare(const struct query_request *request, struct query **out, struct err *err)
{
	struct influxql_query *parsed;
	struct query *query;
	struct query_context *ctx;

	*out = NULL;
	if (parse(request, &parsed, err) != 0)
		return -1;
	query = memory_zalloc(sizeof(*query));
	query->parsed = parsed;
	ctx = &query->ctx;
	ctx->request = request;
	ctx->store = request->store;
	ctx->grants = request->grants;
	ctx->now_ns = request->now_ns;
	ctx->limits = request->limits;
	ctx->asked_ns = clock_monotonic_ns();
	if (ctx->limits.max_time_ms != 0)
		ctx->deadline_ns = ctx->asked_ns +
		    (int64_t)ctx->limits.max_time_ms * 1000000;
	ctx->arena = arena_new(STATEMENT_BLOCK_BYTES);
	ctx->regexes = query_regexes_new();
	ctx->destinations = query_destinations_new(request->arena);
	if (authorize(query, err) != 0) {
		query_end(query);
		return -1;
	}
	*out = query;
	return 0;
}

size_t
query_n_statements(const struct query *query)
{
	return query->parsed->n_statements;
}

void
query_end(struct query *query)
{
	if (query == NULL)
		return;
	query_destinations_free(query->ctx.destinations);
	query_regexes_free(query->ctx.regexes);
	arena_free(query->ctx.arena);
	free(query);
}

/* ---- run ---- */

static int
dispatch(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	switch (statement->kind) {
	case STATEMENT_SELECT:
		if (statement->select->has_into)
			return query_manage_run(ctx, statement, err);
		return query_select_run(ctx, statement->select, err);
	case STATEMENT_SHOW_DATABASES:
	case STATEMENT_SHOW_RETENTION_POLICIES:
	case STATEMENT_SHOW_MEASUREMENTS:
	case STATEMENT_SHOW_SERIES:
	case STATEMENT_SHOW_TAG_KEYS:
	case STATEMENT_SHOW_TAG_VALUES:
	case STATEMENT_SHOW_FIELD_KEYS:
	case STATEMENT_SHOW_SERIES_CARDINALITY:
	case STATEMENT_SHOW_MEASUREMENT_CARDINALITY:
	case STATEMENT_SHOW_TAG_KEY_CARDINALITY:
	case STATEMENT_SHOW_TAG_VALUES_CARDINALITY:
	case STATEMENT_SHOW_FIELD_KEY_CARDINALITY:
		return query_show_run(ctx, statement, err);
	default:
		return query_manage_run(ctx, statement, err);
	}
}

/*
 * Does a statement change something, so that InfluxDB would rather have it by POST? DELETE does
 * too, but has never been warned of.
 */
static bool
is_warned_of(const struct statement *statement)
{
	return statement->kind != STATEMENT_DELETE && query_authorize_changes(statement);
}

/*
 * What a statement is warned of, worded before it is run: running may rewrite its tree.
 */
static void
put_warning(struct buf *text, const struct query_context *ctx, const struct statement *statement)
{
	if (!ctx->request->read_only || !is_warned_of(statement))
		return;
	buf_puts(text, "deprecated use of '");
	influxql_print_statement(text, statement);
	buf_puts(text, "' in a read only context, please use a POST request instead");
}

static bool
select_has_or(const struct select *select)
{
	for (size_t i = 0; i < select->n_sources; i++)
		if (select->sources[i].kind == SOURCE_SUBQUERY &&
		    select_has_or(select->sources[i].subquery))
			return true;
	return query_bounds_has_or(select->where);
}

/*
 * Does a condition on the time read otherwise than it acts? A warning of weir's own; InfluxDB 1.x
 * keeps silent.
 */
static bool
has_or_of_times(const struct statement *statement)
{
	switch (statement->kind) {
	case STATEMENT_SELECT:
		return select_has_or(statement->select);
	case STATEMENT_EXPLAIN:
		return select_has_or(statement->explain.select);
	case STATEMENT_DELETE:
		return query_bounds_has_or(statement->delete.where);
	default:
		return false;
	}
}

static void
run_statement(struct query_context *ctx, const struct statement *statement, unsigned id)
{
	struct rows_sink *sink = ctx->sink;
	struct err err = { .code = ERR_NONE };
	struct buf warning = { 0 };
	bool or_of_times;
	int result;

	put_warning(&warning, ctx, statement);
	or_of_times = has_or_of_times(statement);
	sink->result_begin(sink, id);
	ctx->n_rows = 0;
	result = query_context_check(ctx, &err);
	if (result == 0)
		result = dispatch(ctx, statement, &err);
	query_answer_end(ctx);
	if (result == 0 && query_regexes_failed(ctx->regexes))
		result = query_context_check(ctx, &err);
	if (result != 0) {
		if (err.code == ERR_GONE)
			ctx->gone = true;
		if (err.code == ERR_CORRUPT || err.code == ERR_IO || err.code == ERR_INTERNAL)
			log_error("query: %s", err.text);
		sink->error(sink, slice_from(err.text));
	} else {
		if (warning.n > 0)
			sink->message(sink, "warning", buf_slice(&warning));
		if (or_of_times)
			sink->message(sink, "warning", SLICE(OR_WARNING));
	}
	sink->result_end(sink);
	buf_free(&warning);
	query_regexes_clear(ctx->regexes);
	arena_reset(ctx->arena);
}

int
query_run(struct query *query, struct rows_sink *sink)
{
	struct query_context *ctx = &query->ctx;

	ctx->sink = sink;
	for (size_t i = 0; i < query->parsed->n_statements && !ctx->gone; i++)
		run_statement(ctx, &query->parsed->statements[i], (unsigned)i);
	if (ctx->gone)
		return -1;
	sink->end(sink);
	return 0;
}
