/*
 * store/ids.c - ids that users see: 64 bits at random, never 0
 */
#include <sys/random.h>

#include "store/ids.h"

struct key
ids_key(struct arena *arena, char kind, uint64_t id)
{
	struct key key = key_begin(arena, kind);

	key_u64(&key, id);
	return key;
}

int
ids_new(struct txn *txn, char kind, uint64_t *id, struct err *err)
{
	for (;;) {
		struct slice value;
		struct key key;
		int found;

		if (getrandom(id, sizeof(*id), 0) != sizeof(*id))
			return err_set(err, ERR_INTERNAL, "the kernel gives no random bytes");
		if (*id == 0)
			continue;
		key = ids_key(txn->arena, kind, *id);
		found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
	}
}

int
ids_put(struct txn *txn, const struct key *key, uint64_t id, struct err *err)
{
	struct record r;
	int result;

	record_begin(&r, 1);
	record_u64(&r, id);
	result = txn_put(txn, DB_CATALOGUE, key_slice(key), record_end(&r), err);
	record_free(&r);
	return result;
}

static int
decode(struct slice value, uint64_t *id, struct err *err)
{
	struct record_reader r;

	if (record_open(&r, value, 1, "id", err) != 0)
		return -1;
	*id = record_get_u64(&r);
	return record_close(&r, "id", err);
}

int
ids_get(struct txn *txn, const struct key *key, uint64_t *id, struct err *err)
{
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(key), &value, err);

	if (found != 0)
		return found;
	return decode(value, id, err);
}

struct id_list {
	uint64_t	*ids;
	size_t		 n, cap;
};

static int
add(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct id_list *l = arg;

	(void)key;
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 16 : l->cap * 2;

		l->ids = arena_grow(txn->arena, l->ids, l->cap, cap);
		l->cap = cap;
	}
	return decode(value, &l->ids[l->n++], err);
}

int
ids_list(struct txn *txn, struct slice prefix, uint64_t **ids, size_t *n, struct err *err)
{
	struct id_list l = { 0 };

	if (txn_each(txn, DB_CATALOGUE, prefix, add, &l, err) != 0)
		return -1;
	*ids = l.ids;
	*n = l.n;
	return 0;
}
