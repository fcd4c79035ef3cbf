/*
 * admin/dbrps.c - the verbs of stored mappings: (database, retention policy) -> bucket
 */
#include "admin/admin_priv.h"

struct creation {
	struct slice	 bucket;
	struct store_dbrp *dbrp;
};

static int
create_body(struct txn *txn, void *arg, struct err *err)
{
	const struct creation *creation = arg;
	struct store_bucket bucket;

	if (admin_bucket_of(txn, creation->bucket, &bucket, err) != 0)
		return -1;
	creation->dbrp->bucket_id = bucket.id;
	return store_dbrp_create(txn, creation->dbrp, err);
}

int
admin_dbrp_create(struct store *store, struct arena *arena, struct slice database,
    struct slice policy, struct slice bucket, bool is_default, struct store_dbrp *out,
    struct err *err)
{
	struct creation creation = { bucket, out };

	*out = (struct store_dbrp){
		.database = database, .policy = policy, .is_default = is_default,
	};
	if (admin_names_mapping("a database's name", database, err) != 0 ||
	    admin_names_mapping("a retention policy's name", policy, err) != 0)
		return -1;
	return admin_change(store, arena, create_body, &creation, err);
}

/* ---- delete ---- */

static int
delete_body(struct txn *txn, void *arg, struct err *err)
{
	const uint64_t *id = arg;
	struct store_dbrp dbrp;

	if (store_dbrp_get(txn, *id, &dbrp, err) != 0)
		return -1;
	return store_dbrp_delete(txn, *id, err);
}

int
admin_dbrp_delete(struct store *store, struct arena *arena, uint64_t id, struct err *err)
{
	return admin_change(store, arena, delete_body, &id, err);
}

struct pair {
	struct slice	 database;
	struct slice	 policy;
};

static int
delete_pair_body(struct txn *txn, void *arg, struct err *err)
{
	const struct pair *pair = arg;
	struct store_dbrp dbrp;

	if (store_dbrp_find(txn, pair->database, pair->policy, &dbrp, err) != 0)
		return -1;
	return store_dbrp_delete(txn, dbrp.id, err);
}

int
admin_dbrp_delete_pair(struct store *store, struct arena *arena, struct slice database,
    struct slice policy, struct err *err)
{
	struct pair pair = { database, policy };

	if (!admin_names_known(database) || !admin_names_known(policy))
		return err_set(err, ERR_NOT_FOUND, "unable to find DBRP");
	return admin_change(store, arena, delete_pair_body, &pair, err);
}

/* ---- list ---- */

struct listing {
	struct store_dbrp *list;
	size_t		 n;
};

static int
list_body(struct txn *txn, void *arg, struct err *err)
{
	struct listing *listing = arg;

	return store_dbrp_list(txn, &listing->list, &listing->n, err);
}

int
admin_dbrp_list(struct store *store, struct arena *arena, struct slice database,
    struct store_dbrp **list, size_t *n, struct err *err)
{
	struct listing listing = { NULL, 0 };
	size_t kept = 0;

	if (store_txn(store, STORE_READ, arena, list_body, &listing, err) != 0)
		return -1;
	for (size_t i = 0; i < listing.n; i++) {
		if (database.n == 0 || slice_eq(listing.list[i].database, database))
			listing.list[kept++] = listing.list[i];
	}
	*list = listing.list;
	*n = kept;
	return 0;
}
