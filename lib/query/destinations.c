/*
 * query/destinations.c - database and retention policy to bucket, and whether it may be used
 *
 * A query text names the same database again and again, and every lookup enters the store; so what
 * was found, and what was refused, is kept for the whole text. query_prepare asks for all that the
 * statements touch before anything is sent, and what it finds forbidden refuses the text as a whole;
 * what does not exist is the error of its statement alone.
 */
#include "admin/admin.h"
#include "base/table.h"
#include "query/query_priv.h"

struct destination {
	enum err_code	 code;
	const char	*text;		/* of the error */
	uint64_t	 bucket_id;
};

struct query_destinations {
	struct arena	*arena;
	struct table	 found;		/* value: struct destination * */
};

struct query_destinations *
query_destinations_new(struct arena *arena)
{
	struct query_destinations *d = arena_zalloc(arena, sizeof(*d));

	d->arena = arena;
	return d;
}

void
query_destinations_free(struct query_destinations *d)
{
	if (d != NULL)
		table_free(&d->found);
}

/*
 * Ask the admin room. It words the errors of a write as /write does; in a query they are those of a
 * query.
 */
static struct destination *
look_up(struct query_context *ctx, enum admin_use use, struct slice database, struct slice policy)
{
	struct arena *arena = ctx->destinations->arena;
	struct destination *found = arena_zalloc(arena, sizeof(*found));
	struct admin_destination to = { 0 };
	struct err err;

	err.code = ERR_NONE;
	err.text[0] = '\0';
	if (admin_dbrp_resolve(ctx->store, arena, ctx->grants, use, database, policy, &to, &err) == 0)
		found->bucket_id = to.bucket.id;
	else
		found->code = err.code;
	if (use == ADMIN_WRITE && (to.create || err.code == ERR_NOT_FOUND ||
	    err.code == ERR_INVALID)) {
		found->bucket_id = 0;
		found->code = ERR_NOT_FOUND;
		err_set(&err, ERR_NOT_FOUND, "database not found: " SLICE_FMT, SLICE_ARG(database));
	} else if (use == ADMIN_WRITE && err.code == ERR_FORBIDDEN) {
		err_set(&err, ERR_FORBIDDEN, "requires WRITE on " SLICE_FMT, SLICE_ARG(database));
	}
	found->text = arena_string(arena, slice_from(err.text));
	return found;
}

static int
destination(struct query_context *ctx, enum admin_use use, struct slice database,
    struct slice policy, uint64_t *bucket_id, struct err *err)
{
	struct arena *arena = ctx->destinations->arena;
	struct slice key = arena_printf(arena, "%d %zu " SLICE_FMT SLICE_FMT, (int)use, database.n,
	    SLICE_ARG(database), SLICE_ARG(policy));
	bool made;
	struct table_entry *entry = table_put(&ctx->destinations->found, key, &made);
	struct destination *found;

	if (made)
		entry->value = (uintptr_t)look_up(ctx, use, database, policy);
	found = (void *)(uintptr_t)entry->value;
	*bucket_id = found->bucket_id;
	return found->code == ERR_NONE ? 0 : err_set(err, found->code, "%s", found->text);
}

static struct slice
first_of(struct slice a, struct slice b, struct slice c)
{
	return a.n != 0 ? a : b.n != 0 ? b : c;
}

int
query_destination(struct query_context *ctx, const struct measurement *source, struct slice on,
    uint64_t *bucket_id, struct err *err)
{
	static const struct measurement none;
	const struct query_request *request = ctx->request;

	if (source == NULL)
		source = &none;
	return destination(ctx, ADMIN_QUERY, first_of(source->database, on, request->database),
	    first_of(source->rp, request->policy, none.rp), bucket_id, err);
}

int
query_destination_of_change(struct query_context *ctx, const struct measurement *source,
    uint64_t *bucket_id, struct err *err)
{
	static const struct measurement none;
	const struct query_request *request = ctx->request;

	if (source == NULL)
		source = &none;
	return destination(ctx, ADMIN_WRITE,
	    first_of(source->database, request->database, none.database),
	    first_of(source->rp, request->policy, none.rp), bucket_id, err);
}
