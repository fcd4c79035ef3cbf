/*
 * store/user_table.c - users by id and by name; of a password its hash alone
 *
 *     'U' id    -> record 1: name, hash (text), created, updated, grants (grant_list.c)
 *     'u' name  -> record 1: id
 */
#include "base/clock.h"
#include "store/ids.h"
#include "store/store_priv.h"

static struct key
name_key(struct txn *txn, struct slice name)
{
	struct key key = key_begin(txn->arena, 'u');

	key_text(&key, name);
	return key;
}

static int
put(struct txn *txn, const struct store_user *user, struct err *err)
{
	struct key key = ids_key(txn->arena, 'U', user->id);
	struct record r;
	int result;

	if (grant_list_check("user", user->n_grants, err) != 0)
		return -1;
	record_begin(&r, 1);
	record_text(&r, user->name);
	record_text(&r, user->hash);
	record_u64(&r, (uint64_t)user->created_ns);
	record_u64(&r, (uint64_t)user->updated_ns);
	grant_list_put(&r, user->grants, user->n_grants);
	txn->auth_changed = true;
	result = txn_put(txn, DB_CATALOGUE, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

static int
decode(struct txn *txn, struct slice value, uint64_t id, struct store_user *out, struct err *err)
{
	struct record_reader r;

	if (record_open(&r, value, 1, "user", err) != 0)
		return -1;
	out->id = id;
	out->name = record_get_text(&r);
	out->hash = record_get_text(&r);
	out->created_ns = (int64_t)record_get_u64(&r);
	out->updated_ns = (int64_t)record_get_u64(&r);
	return grant_list_get(&r, "user", txn->arena, &out->grants, &out->n_grants, err);
}

static int
get(struct txn *txn, uint64_t id, struct store_user *out, struct err *err)
{
	struct key key = ids_key(txn->arena, 'U', id);
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);

	if (found > 0)
		return err_set(err, ERR_CORRUPT, "a user's name leads to a record that is gone");
	return found < 0 ? -1 : decode(txn, value, id, out, err);
}

int
store_user_find(struct txn *txn, struct slice name, struct store_user *out, struct err *err)
{
	struct key key = name_key(txn, name);
	uint64_t id;
	int found = ids_get(txn, &key, &id, err);

	if (found > 0)
		return err_set(err, ERR_NOT_FOUND, "user not found");
	return found < 0 ? -1 : get(txn, id, out, err);
}

int
store_user_create(struct txn *txn, struct store_user *user, struct err *err)
{
	struct key key = name_key(txn, user->name);
	uint64_t known;
	int found = ids_get(txn, &key, &known, err);

	if (found == 0)
		return err_set(err, ERR_CONFLICT, "user already exists");
	if (found < 0 || ids_new(txn, 'U', &user->id, err) != 0)
		return -1;
	user->created_ns = user->updated_ns = clock_now_ns();
	return put(txn, user, err) != 0 ? -1 : ids_put(txn, &key, user->id, err);
}

int
store_user_update(struct txn *txn, struct store_user *user, struct err *err)
{
	user->updated_ns = clock_now_ns();
	return put(txn, user, err);
}

int
store_user_delete(struct txn *txn, struct slice name, struct err *err)
{
	struct store_user old;
	struct key by_name = name_key(txn, name), by_id;

	if (store_user_find(txn, name, &old, err) != 0)
		return -1;
	by_id = ids_key(txn->arena, 'U', old.id);
	txn->auth_changed = true;
	if (txn_delete(txn, DB_CATALOGUE, key_slice(&by_name), err) != 0)
		return -1;
	return txn_delete(txn, DB_CATALOGUE, key_slice(&by_id), err);
}

int
store_user_list(struct txn *txn, struct store_user **list, size_t *n, struct err *err)
{
	uint64_t *ids;

	if (ids_list(txn, SLICE("u"), &ids, n, err) != 0)
		return -1;
	*list = arena_array(txn->arena, struct store_user, *n + 1);
	for (size_t i = 0; i < *n; i++)
		if (get(txn, ids[i], &(*list)[i], err) != 0)
			return -1;
	return 0;
}

static int
see_one(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	(void)txn, (void)key, (void)value, (void)err;
	*(bool *)arg = true;
	return 1;
}

int
store_user_any(struct txn *txn, bool *any, struct err *err)
{
	*any = false;
	return txn_each(txn, DB_CATALOGUE, SLICE("u"), see_one, any, err);
}
