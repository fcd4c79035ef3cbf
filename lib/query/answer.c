/*
 * query/answer.c - series and rows on their way out, with the limit on rows
 */
#include "query/query_priv.h"

void
query_answer_begin(struct query_context *ctx, const struct rows_series *series)
{
	query_answer_end(ctx);
	ctx->sink->series_begin(ctx->sink, series);
	ctx->series_open = true;
}

static int
limit_exceeded(uint64_t limit, struct err *err)
{
	return err_set(err, ERR_LIMIT, "max-row-limit exceeded: (%llu)", (unsigned long long)limit);
}

int
query_answer_row(struct query_context *ctx, const struct value *values, struct err *err)
{
	uint64_t limit = ctx->limits.max_rows;

	if (ctx->gone)
		return err_set(err, ERR_GONE, "query interrupted");
	if (limit != 0 && ctx->n_rows == limit)
		return limit_exceeded(limit, err);
	ctx->n_rows++;
	if (!ctx->sink->row(ctx->sink, values)) {
		ctx->gone = true;
		return err_set(err, ERR_GONE, "query interrupted");
	}
	return 0;
}

int
query_answer_block(struct query_context *ctx, struct rows_block block, struct err *err)
{
	uint64_t limit = ctx->limits.max_rows, n = block.to - block.from;
	bool cut = limit != 0 && n > limit - ctx->n_rows;

	if (cut) {
		n = limit - ctx->n_rows;
		block.to = block.from + (size_t)n;
	}
	ctx->n_rows += n;
	if (ctx->gone || (n > 0 && !ctx->sink->block(ctx->sink, &block))) {
		ctx->gone = true;
		return err_set(err, ERR_GONE, "query interrupted");
	}
	return cut ? limit_exceeded(limit, err) : 0;
}

void
query_answer_end(struct query_context *ctx)
{
	if (!ctx->series_open)
		return;
	ctx->series_open = false;
	ctx->sink->series_end(ctx->sink);
}
