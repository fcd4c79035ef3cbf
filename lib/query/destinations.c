/*
 * query/destinations.c - database and retention policy to bucket, and whether it may be used
 *
 * A query text names the same database again and again, and every lookup enters the store; so what
 * was found, and what was refused, is kept for the whole text. query_prepare asks for all that the
 * statements touch before anything is sent, and what it finds forbidden refuses the text as a
 * whole; what does not exist is the error of its statement alone.
 */
#include "admin/admin.h"
#include "base/table.h"
#include "query/query_priv.h"

#include <stdlib.h>

struct destination {
	enum err_code	 code;
	const char	*text;		/* of the error */
	uint64_t	 bucket_id;
	uint64_t	*bucket_ids;	/* of a whole database, ascending */
	size_t		 n_buckets;
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
	struct arena_mark mark = arena_mark(arena);	/* a name that is none has all of them listed */
	struct admin_destination to = { 0 };
	struct err err;

	err.code = ERR_NONE;
	err.text[0] = '\0';
	if (admin_dbrp_resolve(ctx->store, arena, ctx->grants, use, database, policy, &to,
	    &err) == 0)
		found->bucket_id = to.bucket.id;
	else
		found->code = err.code;
	if (use == ADMIN_WRITE && (to.create || found->code == ERR_NOT_FOUND ||
	    found->code == ERR_INVALID)) {
		found->bucket_id = 0;
		found->code = ERR_NOT_FOUND;
		err_set(&err, ERR_NOT_FOUND, "database not found: " SLICE_FMT, SLICE_ARG(database));
	} else if (use == ADMIN_WRITE && found->code == ERR_FORBIDDEN) {
		err_set(&err, ERR_FORBIDDEN, "requires WRITE on " SLICE_FMT, SLICE_ARG(database));
	}
	arena_rewind(arena, mark);
	found->text = arena_string(arena, slice_from(err.text));
	return found;
}

/*
 * The entry of a use, a database and a policy; *made when it was not asked for before.
 */
static struct table_entry *
entry_of(struct query_context *ctx, int use, struct slice database, struct slice policy, bool *made)
{
	struct buf text = { 0 };
	struct slice key;

	buf_printf(&text, "%d %zu ", use, database.n);
	buf_put_slice(&text, database);		/* all of it: names may have any bytes */
	buf_put_slice(&text, policy);
	key = arena_copy(ctx->destinations->arena, buf_slice(&text));
	buf_free(&text);
	return table_put(&ctx->destinations->found, key, made);
}

static int
destination(struct query_context *ctx, enum admin_use use, struct slice database,
    struct slice policy, uint64_t *bucket_id, struct err *err)
{
	bool made;
	struct table_entry *entry = entry_of(ctx, (int)use, database, policy, &made);
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

void
query_destinations_forget(struct query_destinations *d)
{
	table_clear(&d->found);
}

/* ---- all policies of a database ---- */

enum {				/* beside those of enum admin_use */
	READ_WHOLE_DATABASE = 100,
	CHANGE_WHOLE_DATABASE,
};

static int
compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * The buckets behind the policies of a database that may be read, or changed. What may be changed need
 * not be readable, so all are listed first.
 *   out    *ids  one longer than *n
 */
static int
list_buckets(struct query_context *ctx, int use, struct slice database, uint64_t **ids, size_t *n,
    struct err *err)
{
	static const struct grant every = { GRANT_READ, GRANT_BUCKETS, 0 };
	static const struct grants reader = { .known = true, .n = 1, .list = &every };
	bool change = use == CHANGE_WHOLE_DATABASE;
	struct arena *scratch = arena_new(4096);
	struct admin_policy *list;
	size_t n_listed = 0;
	int result = 0;

	if (database.n != 0)
		result = admin_policies(ctx->store, scratch, change ? &reader : ctx->grants, database,
		    &list, &n_listed, err);
	*n = 0;
	*ids = arena_array(ctx->destinations->arena, uint64_t, n_listed + 1);
	for (size_t i = 0; result == 0 && i < n_listed; i++)
		if (!change || grants_allow(ctx->grants, GRANT_WRITE, list[i].bucket_id))
			(*ids)[(*n)++] = list[i].bucket_id;
	arena_free(scratch);
	return result;
}

/*
 * These buckets, each once. Where there is none, the default policy tells why;
 * and who may not change that one changes nothing.
 */
static struct destination *
look_up_all(struct query_context *ctx, int use, struct slice database)
{
	struct arena *arena = ctx->destinations->arena;
	struct destination *found = arena_zalloc(arena, sizeof(*found));
	enum admin_use one = use == CHANGE_WHOLE_DATABASE ? ADMIN_WRITE : ADMIN_QUERY;
	size_t n = 0, kept = 0;
	struct err err = { .code = ERR_NONE };

	if (list_buckets(ctx, use, database, &found->bucket_ids, &n, &err) != 0) {
		found->code = err.code;
		found->text = arena_string(arena, slice_from(err.text));
		return found;
	}
	if (n == 0 || use == CHANGE_WHOLE_DATABASE) {
		uint64_t id;
		int result = destination(ctx, one, database, SLICE(""), &id, &err);

		if (result != 0 && (n == 0 || err.code == ERR_FORBIDDEN)) {
			found->code = err.code;
			found->text = arena_string(arena, slice_from(err.text));
		}
		if (n == 0)
			found->bucket_ids[n++] = id;
	}
	qsort(found->bucket_ids, n, sizeof(*found->bucket_ids), compare_ids);
	for (size_t i = 1; i < n; i++)
		if (found->bucket_ids[i] != found->bucket_ids[kept])
			found->bucket_ids[++kept] = found->bucket_ids[i];
	found->n_buckets = kept + 1;
	return found;
}

static int
whole_database(struct query_context *ctx, int use, struct slice database, uint64_t **bucket_ids,
    size_t *n, struct err *err)
{
	const struct query_request *request = ctx->request;
	enum admin_use one = use == CHANGE_WHOLE_DATABASE ? ADMIN_WRITE : ADMIN_QUERY;
	struct table_entry *entry;
	struct destination *found;
	bool made;

	if (request->policy.n != 0 && !slice_eq(request->policy, SLICE("''"))) {
		*n = 1;
		*bucket_ids = arena_array(ctx->arena, uint64_t, 1);
		return destination(ctx, one, database, request->policy, *bucket_ids, err);
	}
	entry = entry_of(ctx, use, database, SLICE(""), &made);
	if (made) {
		found = look_up_all(ctx, use, database);
		entry_of(ctx, use, database, SLICE(""), &made)->value = (uintptr_t)found;
	} else {
		found = (void *)(uintptr_t)entry->value;
	}
	*bucket_ids = found->bucket_ids;
	*n = found->n_buckets;
	return found->code == ERR_NONE ? 0 : err_set(err, found->code, "%s", found->text);
}

int
query_destination_all(struct query_context *ctx, struct slice on, uint64_t **bucket_ids, size_t *n,
    struct err *err)
{
	struct slice database = on.n != 0 ? on : ctx->request->database;

	return whole_database(ctx, READ_WHOLE_DATABASE, database, bucket_ids, n, err);
}

int
query_destination_of_change(struct query_context *ctx, uint64_t **bucket_ids, size_t *n,
    struct err *err)
{
	return whole_database(ctx, CHANGE_WHOLE_DATABASE, ctx->request->database, bucket_ids, n,
	    err);
}
