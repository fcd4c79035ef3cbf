/*
 * store/dbrp_table.c - (database, retention policy) -> bucket
 *
 *     'D' id                   -> record 1: database, policy, bucket id, is default
 *     'd' database 00 policy   -> record 1: id
 *
 * Exactly one mapping of each database is its default.
 */
#include "store/ids.h"
#include "store/store_priv.h"

static struct key
database_prefix(struct txn *txn, struct slice database)
{
	struct key key = key_begin(txn->arena, 'd');

	key_text(&key, database);
	key_bytes(&key, "", 1);
	return key;
}

static struct key
pair_key(struct txn *txn, struct slice database, struct slice policy)
{
	struct key key = database_prefix(txn, database);

	key_text(&key, policy);
	return key;
}

static int
put(struct txn *txn, const struct store_dbrp *dbrp, struct err *err)
{
	struct key key = ids_key(txn->arena, 'D', dbrp->id);
	struct record r;
	int result;

	record_begin(&r, 1);
	record_text(&r, dbrp->database);
	record_text(&r, dbrp->policy);
	record_u64(&r, dbrp->bucket_id);
	record_u64(&r, dbrp->is_default);
	result = txn_put(txn, DB_CATALOGUE, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

static int
put_pair(struct txn *txn, const struct store_dbrp *dbrp, struct err *err)
{
	struct key key = pair_key(txn, dbrp->database, dbrp->policy);

	return ids_put(txn, &key, dbrp->id, err);
}

int
store_dbrp_get(struct txn *txn, uint64_t id, struct store_dbrp *out, struct err *err)
{
	struct key key = ids_key(txn->arena, 'D', id);
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);

	if (found > 0)
		return err_set(err, ERR_NOT_FOUND, "unable to find DBRP");
	if (found < 0 || record_open(&r, value, 1, "DBRP", err) != 0)
		return -1;
	out->id = id;
	out->database = record_get_text(&r);
	out->policy = record_get_text(&r);
	out->bucket_id = record_get_u64(&r);
	out->is_default = record_get_u64(&r) != 0;
	return record_close(&r, "DBRP", err);
}

static int
list_prefix(struct txn *txn, struct slice prefix, struct store_dbrp **list, size_t *n,
    struct err *err)
{
	uint64_t *ids;

	if (ids_list(txn, prefix, &ids, n, err) != 0)
		return -1;
	*list = arena_array(txn->arena, struct store_dbrp, *n + 1);
	for (size_t i = 0; i < *n; i++)
		if (store_dbrp_get(txn, ids[i], &(*list)[i], err) != 0)
			return -1;
	return 0;
}

int
store_dbrp_list(struct txn *txn, struct store_dbrp **list, size_t *n, struct err *err)
{
	return list_prefix(txn, SLICE("d"), list, n, err);
}

static int
list_database(struct txn *txn, struct slice database, struct store_dbrp **list, size_t *n,
    struct err *err)
{
	struct key prefix = database_prefix(txn, database);

	return list_prefix(txn, key_slice(&prefix), list, n, err);
}

int
store_dbrp_find(struct txn *txn, struct slice database, struct slice policy,
    struct store_dbrp *out, struct err *err)
{
	struct store_dbrp *list;
	size_t n;

	if (policy.n > 0) {
		struct key key = pair_key(txn, database, policy);
		uint64_t id;
		int found = ids_get(txn, &key, &id, err);

		if (found > 0)
			return err_set(err, ERR_NOT_FOUND, "unable to find DBRP");
		return found < 0 ? -1 : store_dbrp_get(txn, id, out, err);
	}
	if (list_database(txn, database, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (list[i].is_default) {
			*out = list[i];
			return 0;
		}
	return err_set(err, ERR_NOT_FOUND, "unable to find DBRP");
}

/*
 * Make `chosen` the default of its database, and nothing else. With chosen 0 the first mapping
 * that is not `but` becomes it.
 */
static int
set_default(struct txn *txn, struct slice database, uint64_t chosen, uint64_t but, struct err *err)
{
	struct store_dbrp *list;
	size_t n;

	if (list_database(txn, database, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n && chosen == 0; i++)
		if (list[i].id != but || n == 1)
			chosen = list[i].id;
	for (size_t i = 0; i < n; i++)
		if (list[i].is_default != (list[i].id == chosen)) {
			list[i].is_default = list[i].id == chosen;
			if (put(txn, &list[i], err) != 0)
				return -1;
		}
	return 0;
}

static int
pair_is_free(struct txn *txn, struct slice database, struct slice policy, struct err *err)
{
	struct key key = pair_key(txn, database, policy);
	uint64_t id;
	int found = ids_get(txn, &key, &id, err);

	if (found == 0)
		return err_set(err, ERR_CONFLICT,
		    "another DBRP mapping with same orgID, db, and rp exists");
	return found < 0 ? -1 : 0;
}

int
store_dbrp_create(struct txn *txn, struct store_dbrp *dbrp, struct err *err)
{
	struct store_bucket bucket;
	struct store_dbrp *others;
	size_t n;

	if (store_bucket_get(txn, dbrp->bucket_id, &bucket, err) != 0 ||
	    pair_is_free(txn, dbrp->database, dbrp->policy, err) != 0 ||
	    list_database(txn, dbrp->database, &others, &n, err) != 0 ||
	    ids_new(txn, 'D', &dbrp->id, err) != 0)
		return -1;
	if (n == 0)
		dbrp->is_default = true;
	txn->auth_changed = true;
	if (put(txn, dbrp, err) != 0 || put_pair(txn, dbrp, err) != 0)
		return -1;
	return dbrp->is_default ? set_default(txn, dbrp->database, dbrp->id, 0, err) : 0;
}

int
store_dbrp_update(struct txn *txn, struct store_dbrp *dbrp, struct err *err)
{
	struct store_dbrp old;
	struct key key;
	bool wanted = dbrp->is_default;

	if (store_dbrp_get(txn, dbrp->id, &old, err) != 0)
		return -1;
	if (!slice_eq(old.policy, dbrp->policy)) {
		if (pair_is_free(txn, old.database, dbrp->policy, err) != 0)
			return -1;
		key = pair_key(txn, old.database, old.policy);
		if (txn_delete(txn, DB_CATALOGUE, key_slice(&key), err) != 0)
			return -1;
	}
	dbrp->database = old.database;
	dbrp->bucket_id = old.bucket_id;
	dbrp->is_default = old.is_default;
	txn->auth_changed = true;
	if (put(txn, dbrp, err) != 0 || put_pair(txn, dbrp, err) != 0)
		return -1;
	if (wanted == old.is_default)
		return 0;
	if (set_default(txn, old.database, wanted ? dbrp->id : 0, dbrp->id, err) != 0)
		return -1;
	return store_dbrp_get(txn, dbrp->id, dbrp, err);
}

int
store_dbrp_delete(struct txn *txn, uint64_t id, struct err *err)
{
	struct store_dbrp old;
	struct key by_id = ids_key(txn->arena, 'D', id), by_pair;
	struct err none;

	if (store_dbrp_get(txn, id, &old, &none) != 0) {
		if (none.code == ERR_NOT_FOUND)
			return 0;
		*err = none;
		return -1;
	}
	by_pair = pair_key(txn, old.database, old.policy);
	txn->auth_changed = true;
	if (txn_delete(txn, DB_CATALOGUE, key_slice(&by_pair), err) != 0 ||
	    txn_delete(txn, DB_CATALOGUE, key_slice(&by_id), err) != 0)
		return -1;
	return old.is_default ? set_default(txn, old.database, 0, 0, err) : 0;
}
