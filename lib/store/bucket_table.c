/*
 * store/bucket_table.c - buckets by id and by name
 *
 *     'B' id    -> record 1: name, description, retention, created, updated
 *     'b' name  -> record 1: id
 */
#include "base/clock.h"
#include "store/ids.h"
#include "store/store_priv.h"

static struct key
name_key(struct txn *txn, struct slice name)
{
	struct key key = key_begin(txn->arena, 'b');

	key_text(&key, name);
	return key;
}

static int
decode(struct slice value, uint64_t id, struct store_bucket *out, struct err *err)
{
	struct record_reader r;

	if (record_open(&r, value, 1, "bucket", err) != 0)
		return -1;
	out->id = id;
	out->name = record_get_text(&r);
	out->description = record_get_text(&r);
	out->retention_ns = (int64_t)record_get_u64(&r);
	out->created_ns = (int64_t)record_get_u64(&r);
	out->updated_ns = (int64_t)record_get_u64(&r);
	return record_close(&r, "bucket", err);
}

static int
put(struct txn *txn, const struct store_bucket *bucket, struct err *err)
{
	struct key key = ids_key(txn->arena, 'B', bucket->id);
	struct record r;
	int result;

	record_begin(&r, 1);
	record_text(&r, bucket->name);
	record_text(&r, bucket->description);
	record_u64(&r, (uint64_t)bucket->retention_ns);
	record_u64(&r, (uint64_t)bucket->created_ns);
	record_u64(&r, (uint64_t)bucket->updated_ns);
	result = txn_put(txn, DB_CATALOGUE, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

static int
put_name(struct txn *txn, const struct store_bucket *bucket, struct err *err)
{
	struct key key = name_key(txn, bucket->name);

	return ids_put(txn, &key, bucket->id, err);
}

int
store_bucket_get(struct txn *txn, uint64_t id, struct store_bucket *out, struct err *err)
{
	struct key key = ids_key(txn->arena, 'B', id);
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);

	if (found > 0)
		return err_set(err, ERR_NOT_FOUND, "bucket \"%016llx\" not found",
		    (unsigned long long)id);
	return found < 0 ? -1 : decode(value, id, out, err);
}

int
store_bucket_find(struct txn *txn, struct slice name, struct store_bucket *out, struct err *err)
{
	struct key key = name_key(txn, name);
	uint64_t id;
	int found = ids_get(txn, &key, &id, err);

	if (found > 0)
		return err_set(err, ERR_NOT_FOUND, "bucket \"" SLICE_FMT "\" not found",
		    SLICE_ARG(name));
	return found < 0 ? -1 : store_bucket_get(txn, id, out, err);
}

static int
name_is_free(struct txn *txn, struct slice name, struct err *err)
{
	struct key key = name_key(txn, name);
	uint64_t id;
	int found = ids_get(txn, &key, &id, err);

	if (found == 0)
		return err_set(err, ERR_CONFLICT, "bucket with name " SLICE_FMT " already exists",
		    SLICE_ARG(name));
	return found < 0 ? -1 : 0;
}

int
store_bucket_create(struct txn *txn, struct store_bucket *bucket, struct err *err)
{
	if (name_is_free(txn, bucket->name, err) != 0 ||
	    ids_new(txn, 'B', &bucket->id, err) != 0)
		return -1;
	bucket->created_ns = bucket->updated_ns = clock_now_ns();
	txn->auth_changed = true;
	return put(txn, bucket, err) != 0 ? -1 : put_name(txn, bucket, err);
}

int
bucket_restore(struct txn *txn, uint64_t id, struct slice name, struct err *err)
{
	struct store_bucket bucket = { .id = id, .name = name };

	bucket.created_ns = bucket.updated_ns = clock_now_ns();
	txn->auth_changed = true;
	return put(txn, &bucket, err) != 0 ? -1 : put_name(txn, &bucket, err);
}

int
store_bucket_update(struct txn *txn, struct store_bucket *bucket, struct err *err)
{
	struct store_bucket old;
	struct key key;

	if (store_bucket_get(txn, bucket->id, &old, err) != 0)
		return -1;
	if (!slice_eq(old.name, bucket->name)) {
		if (name_is_free(txn, bucket->name, err) != 0)
			return -1;
		key = name_key(txn, old.name);
		if (txn_delete(txn, DB_CATALOGUE, key_slice(&key), err) != 0 ||
		    put_name(txn, bucket, err) != 0)
			return -1;
	}
	bucket->created_ns = old.created_ns;
	bucket->updated_ns = clock_now_ns();
	txn->auth_changed = true;
	return put(txn, bucket, err);
}

static int
delete_dbrps(struct txn *txn, uint64_t bucket_id, struct err *err)
{
	struct store_dbrp *list;
	size_t n;

	if (store_dbrp_list(txn, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (list[i].bucket_id == bucket_id && store_dbrp_delete(txn, list[i].id, err) != 0)
			return -1;
	return 0;
}

int
store_bucket_delete(struct txn *txn, uint64_t id, struct err *err)
{
	struct store_bucket old;
	struct key by_id = ids_key(txn->arena, 'B', id), by_name;

	if (store_bucket_get(txn, id, &old, err) != 0)
		return -1;
	by_name = name_key(txn, old.name);
	txn->auth_changed = true;
	txn->schema_changed = true;
	if (delete_dbrps(txn, id, err) != 0 ||
	    measurement_forget_all(txn, id, err) != 0 ||
	    txn_delete(txn, DB_CATALOGUE, key_slice(&by_name), err) != 0)
		return -1;
	return txn_delete(txn, DB_CATALOGUE, key_slice(&by_id), err);
}

int
store_bucket_list(struct txn *txn, struct store_bucket **list, size_t *n, struct err *err)
{
	uint64_t *ids;

	if (ids_list(txn, SLICE("b"), &ids, n, err) != 0)
		return -1;
	*list = arena_array(txn->arena, struct store_bucket, *n + 1);
	for (size_t i = 0; i < *n; i++)
		if (store_bucket_get(txn, ids[i], &(*list)[i], err) != 0)
			return -1;
	return 0;
}
