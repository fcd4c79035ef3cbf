/*
 * query/context.c - may this statement go on?
 *
 * A limit ends a statement with a text and leaves the others of the query to be run; a client that
 * has gone ends them all.
 */
#include "base/clock.h"
#include "query/query_priv.h"

int
query_context_check(struct query_context *ctx, struct err *err)
{
	uint64_t limit = ctx->limits.max_memory_bytes;

	if (ctx->gone)
		return err_set(err, ERR_GONE, "query interrupted");
	if (ctx->deadline_ns != 0 && clock_monotonic_ns() >= ctx->deadline_ns)
		return err_set(err, ERR_LIMIT, "query-timeout limit exceeded");
	if (limit != 0 && arena_bytes(ctx->arena) > limit)
		return err_set(err, ERR_LIMIT, "max-memory limit exceeded: (%llu bytes)",
		    (unsigned long long)limit);
	if (query_regexes_failed(ctx->regexes))
		return err_set(err, ERR_LIMIT, "regular expression takes too many steps");
	return 0;
}
