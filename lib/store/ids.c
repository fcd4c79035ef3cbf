/*
 * store/ids.c - ids that users see: 64 bits at random, never 0
 */
#include <sys/random.h>

#include "store/ids.h"

int
ids_new(struct txn *txn, char kind, uint64_t *id, struct err *err)
{
	for (;;) {
		struct key key = key_begin(txn->arena, kind);
		struct slice value;
		int found;

		if (getrandom(id, sizeof(*id), 0) != sizeof(*id))
			return err_set(err, ERR_INTERNAL, "the kernel gives no random bytes");
		if (*id == 0)
			continue;
		key_u64(&key, *id);
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

int
ids_get(struct txn *txn, const struct key *key, uint64_t *id, struct err *err)
{
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(key), &value, err);

	if (found != 0)
		return found;
	if (record_open(&r, value, 1, "id", err) != 0)
		return -1;
	*id = record_get_u64(&r);
	return record_close(&r, "id", err);
}
