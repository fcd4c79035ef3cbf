/*
 * admin/buckets.c - the verbs of buckets
 */
#include "admin/admin_priv.h"

#include "base/utf8.h"

int
admin_change(struct store *store, struct arena *arena,
    int (*body)(struct txn *txn, void *arg, struct err *err), void *arg, struct err *err)
{
	if (store_txn(store, STORE_WRITE, arena, body, arg, err) != 0)
		return -1;
	return store_sync(store, err);
}

int
admin_take_away(struct store *store, struct arena *arena,
    int (*body)(struct txn *txn, void *arg, struct err *err), void *arg, struct err *err)
{
	if (store_txn(store, STORE_RELIEVE, arena, body, arg, err) != 0)
		return -1;
	return store_sync(store, err);
}

static int
check_description(struct slice text, struct err *err)
{
	if (text.n > ADMIN_DESCRIPTION_MAX || !utf8_valid(text))
		return err_set(err, ERR_INVALID, "a description is at most %d bytes of UTF-8",
		    ADMIN_DESCRIPTION_MAX);
	return 0;
}

static int
check_retention(int64_t retention_ns, struct err *err)
{
	if (retention_ns < 0)
		return err_set(err, ERR_INVALID, "a retention is a duration, 0 for ever");
	return 0;
}

static int
not_found(struct slice which, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "bucket \"" SLICE_FMT "\" not found",
	    SLICE_ARG(utf8_cut(which, 256)));
}

int
admin_bucket_of(struct txn *txn, struct slice which, struct store_bucket *out, struct err *err)
{
	uint64_t id;

	if (!admin_names_known(which))
		return not_found(which, err);
	if (admin_id_parse(which, &id) == 0) {
		if (store_bucket_get(txn, id, out, err) == 0)
			return 0;
		if (err->code != ERR_NOT_FOUND)
			return -1;
	}
	return store_bucket_find(txn, which, out, err);
}

/* ---- create ---- */

static int
create_body(struct txn *txn, void *arg, struct err *err)
{
	return store_bucket_create(txn, arg, err);
}

int
admin_bucket_create(struct store *store, struct arena *arena, struct slice name,
    struct slice description, int64_t retention_ns, struct store_bucket *out, struct err *err)
{
	*out = (struct store_bucket){
		.name = name, .description = description, .retention_ns = retention_ns,
	};
	if (admin_names_bucket(name, err) != 0 || check_description(description, err) != 0 ||
	    check_retention(retention_ns, err) != 0)
		return -1;
	return admin_change(store, arena, create_body, out, err);
}

/* ---- find, list ---- */

struct find {
	struct slice	 which;
	struct store_bucket *out;
};

static int
find_body(struct txn *txn, void *arg, struct err *err)
{
	const struct find *find = arg;

	return admin_bucket_of(txn, find->which, find->out, err);
}

int
admin_bucket_find(struct store *store, struct arena *arena, struct slice which,
    struct store_bucket *out, struct err *err)
{
	struct find find = { which, out };

	return store_txn(store, STORE_READ, arena, find_body, &find, err);
}

struct listing {
	struct store_bucket *list;
	size_t		 n;
};

static int
list_body(struct txn *txn, void *arg, struct err *err)
{
	struct listing *listing = arg;

	return store_bucket_list(txn, &listing->list, &listing->n, err);
}

int
admin_bucket_list(struct store *store, struct arena *arena, struct store_bucket **list, size_t *n,
    struct err *err)
{
	struct listing listing = { NULL, 0 };

	if (store_txn(store, STORE_READ, arena, list_body, &listing, err) != 0)
		return -1;
	*list = listing.list;
	*n = listing.n;
	return 0;
}

/* ---- update, delete ---- */

struct update {
	struct slice	 which;
	const struct admin_bucket_change *change;
	struct store_bucket *out;
};

static int
update_body(struct txn *txn, void *arg, struct err *err)
{
	const struct update *update = arg;
	const struct admin_bucket_change *change = update->change;

	if (admin_bucket_of(txn, update->which, update->out, err) != 0)
		return -1;
	if (change->name != NULL)
		update->out->name = *change->name;
	if (change->description != NULL)
		update->out->description = *change->description;
	if (change->retention_ns != NULL)
		update->out->retention_ns = *change->retention_ns;
	return store_bucket_update(txn, update->out, err);
}

int
admin_bucket_update(struct store *store, struct arena *arena, struct slice which,
    const struct admin_bucket_change *change, struct store_bucket *out, struct err *err)
{
	struct update update = { which, change, out };

	if ((change->name != NULL && admin_names_bucket(*change->name, err) != 0) ||
	    (change->description != NULL && check_description(*change->description, err) != 0) ||
	    (change->retention_ns != NULL && check_retention(*change->retention_ns, err) != 0))
		return -1;
	return admin_change(store, arena, update_body, &update, err);
}

static int
delete_body(struct txn *txn, void *arg, struct err *err)
{
	struct store_bucket bucket;

	if (admin_bucket_of(txn, *(struct slice *)arg, &bucket, err) != 0)
		return -1;
	return store_bucket_delete(txn, bucket.id, err);
}

int
admin_bucket_delete(struct store *store, struct arena *arena, struct slice which, struct err *err)
{
	store_give_way(store);
	return admin_take_away(store, arena, delete_body, &which, err);
}

/* ---- /api/v2/write ---- */

static int
forbidden(struct err *err)
{
	return err_set(err, ERR_FORBIDDEN, "insufficient permissions for write");
}

int
admin_bucket_resolve(struct store *store, struct arena *arena, const struct grants *grants,
    struct slice which, struct store_bucket *out, struct err *err)
{
	bool every = grants_allow(grants, GRANT_WRITE, 0);

	if (which.n == 0)
		return err_set(err, ERR_INVALID, "missing bucket value");
	if (admin_names_length(which, err) != 0)
		return -1;
	if (admin_names_impossible(which))
		return admin_names_written(which, err);
	if (admin_bucket_find(store, arena, which, out, err) == 0)
		return grants_allow(grants, GRANT_WRITE, out->id) ? 0 : forbidden(err);
	if (err->code != ERR_NOT_FOUND)
		return -1;
	return every ? not_found(which, err) : forbidden(err);
}
