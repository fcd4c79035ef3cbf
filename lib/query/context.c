/*
 * query/context.c - may this statement go on?
 *
 * A limit ends a statement with a text and leaves the others of the query to be run; a client that
 * has gone ends them all.
 */
#include "base/clock.h"
#include "query/query_priv.h"

#define LOOK_EVERY_NS (100 * 1000000)

/*
 * Has the client left? Asked a few times a second at most: it is a call into the kernel.
 */
static bool
is_gone(struct query_context *ctx, int64_t now)
{
	const struct query_request *request = ctx->request;

	if (!ctx->gone && request->is_gone != NULL && now - ctx->asked_ns >= LOOK_EVERY_NS) {
		ctx->asked_ns = now;
		ctx->gone = request->is_gone(request->is_gone_arg);
	}
	return ctx->gone;
}

int
query_context_check(struct query_context *ctx, struct err *err)
{
	uint64_t limit = ctx->limits.max_memory_bytes;
	int64_t now = clock_monotonic_ns();

	if (is_gone(ctx, now))
		return err_set(err, ERR_GONE, "query interrupted");
	if (ctx->deadline_ns != 0 && now >= ctx->deadline_ns)
		return err_set(err, ERR_LIMIT, "query-timeout limit exceeded");
	if (limit != 0 && arena_bytes(ctx->arena) > limit)
		return err_set(err, ERR_LIMIT, "max-memory limit exceeded: (%llu bytes)",
		    (unsigned long long)limit);
	if (query_regexes_failed(ctx->regexes))
		return err_set(err, ERR_LIMIT, "regular expression takes too many steps");
	return 0;
}
