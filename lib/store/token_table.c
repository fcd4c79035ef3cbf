/*
 * store/token_table.c - tokens by the hash of their secret; the secret itself is nowhere
 *
 *     'T' id    -> record 1: hash (32 bytes), description, active, created, updated, expires,
 *                  grants (grant_list.c)
 *     't' hash  -> record 1: id
 */
#include "base/clock.h"
#include "store/ids.h"
#include "store/store_priv.h"

static struct key
hash_key(struct txn *txn, const uint8_t hash[STORE_TOKEN_HASH_BYTES])
{
	struct key key = key_begin(txn->arena, 't');

	key_bytes(&key, hash, STORE_TOKEN_HASH_BYTES);
	return key;
}

static int
put(struct txn *txn, const struct store_token *token, struct err *err)
{
	struct key key = ids_key(txn->arena, 'T', token->id);
	struct record r;
	int result;

	record_begin(&r, 1);
	record_bytes(&r, token->hash, sizeof(token->hash));
	record_text(&r, token->description);
	record_u64(&r, token->active);
	record_u64(&r, (uint64_t)token->created_ns);
	record_u64(&r, (uint64_t)token->updated_ns);
	record_u64(&r, (uint64_t)token->expires_ns);
	grant_list_put(&r, token->grants, token->n_grants);
	result = txn_put(txn, DB_CATALOGUE, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

static int
decode(struct txn *txn, struct slice value, uint64_t id, struct store_token *out, struct err *err)
{
	struct record_reader r;

	if (record_open(&r, value, 1, "token", err) != 0)
		return -1;
	out->id = id;
	record_get_bytes(&r, out->hash, sizeof(out->hash));
	out->description = record_get_text(&r);
	out->active = record_get_u64(&r) != 0;
	out->created_ns = (int64_t)record_get_u64(&r);
	out->updated_ns = (int64_t)record_get_u64(&r);
	out->expires_ns = (int64_t)record_get_u64(&r);
	return grant_list_get(&r, "token", txn->arena, &out->grants, &out->n_grants, err);
}

int
store_token_get(struct txn *txn, uint64_t id, struct store_token *out, struct err *err)
{
	struct key key = ids_key(txn->arena, 'T', id);
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);

	if (found > 0)
		return err_set(err, ERR_NOT_FOUND, "token not found");
	return found < 0 ? -1 : decode(txn, value, id, out, err);
}

int
store_token_find(struct txn *txn, const uint8_t hash[STORE_TOKEN_HASH_BYTES],
    struct store_token *out, struct err *err)
{
	struct key key = hash_key(txn, hash);
	uint64_t id;
	int found = ids_get(txn, &key, &id, err);

	if (found > 0)
		return err_set(err, ERR_NOT_FOUND, "token not found");
	return found < 0 ? -1 : store_token_get(txn, id, out, err);
}

int
store_token_create(struct txn *txn, struct store_token *token, struct err *err)
{
	struct key key = hash_key(txn, token->hash);
	uint64_t known;
	int found = ids_get(txn, &key, &known, err);

	if (found == 0)
		return err_set(err, ERR_CONFLICT, "this token exists already");
	if (found < 0 || ids_new(txn, 'T', &token->id, err) != 0 ||
	    counter_next(txn, "token", 1, &known, err) != 0)
		return -1;
	if (grant_list_check("token", token->n_grants, err) != 0)
		return -1;
	token->created_ns = token->updated_ns = clock_now_ns();
	txn->auth_changed = true;
	return put(txn, token, err) != 0 ? -1 : ids_put(txn, &key, token->id, err);
}

int
store_tokens_made(struct txn *txn, uint64_t *n, struct err *err)
{
	return counter_get(txn, "token", n, err);
}

int
store_token_update(struct txn *txn, struct store_token *token, struct err *err)
{
	struct store_token old;

	if (store_token_get(txn, token->id, &old, err) != 0)
		return -1;
	memcpy(token->hash, old.hash, sizeof(token->hash));
	token->created_ns = old.created_ns;
	token->updated_ns = clock_now_ns();
	txn->auth_changed = true;
	return put(txn, token, err);
}

int
store_token_delete(struct txn *txn, uint64_t id, struct err *err)
{
	struct store_token old;
	struct key by_id = ids_key(txn->arena, 'T', id), by_hash;

	if (store_token_get(txn, id, &old, err) != 0)
		return -1;
	by_hash = hash_key(txn, old.hash);
	txn->auth_changed = true;
	if (txn_delete(txn, DB_CATALOGUE, key_slice(&by_hash), err) != 0)
		return -1;
	return txn_delete(txn, DB_CATALOGUE, key_slice(&by_id), err);
}

struct listing {
	struct store_token *list;
	size_t		 n, cap;
};

static int
add(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct listing *l = arg;

	if (key.n != 9)
		return err_set(err, ERR_CORRUPT, "a token's key has %zu bytes", key.n);
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 16 : l->cap * 2;

		l->list = arena_grow(txn->arena, l->list, l->cap, cap);
		l->cap = cap;
	}
	return decode(txn, arena_copy(txn->arena, value), key_get_u64(key.p + 1),
	    &l->list[l->n++], err);
}

int
store_token_list(struct txn *txn, struct store_token **list, size_t *n, struct err *err)
{
	struct listing l = { 0 };

	if (txn_each(txn, DB_CATALOGUE, SLICE("T"), add, &l, err) != 0)
		return -1;
	*list = l.list;
	*n = l.n;
	return 0;
}
