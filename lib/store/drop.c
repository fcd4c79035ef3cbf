/*
 * store/drop.c - measurements taken away
 *
 * A measurement goes in two strides. First its name: one short transaction after which nobody can
 * find it, and a name that comes again is another measurement with another id. Then what it had,
 * which may be much: the catalogue notes the id as garbage, and purging deletes it in short
 * transactions, by whoever dropped it or, after a kill, by anybody who has time. What the journal
 * has of it compaction passes over.
 *
 *     'G' bucket measurement  -> record 1: (nothing)
 */
#include "store/chunk_table.h"
#include "store/drop.h"
#include "store/register.h"

#define PURGE_KEYS 512		/* in one transaction */

static struct key
garbage_key(struct arena *arena, uint64_t bucket_id, uint32_t measurement_id)
{
	struct key key = key_begin(arena, 'G');

	key_u64(&key, bucket_id);
	key_u32(&key, measurement_id);
	return key;
}

int
drop_note_garbage(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, struct err *err)
{
	struct key key = garbage_key(txn->arena, bucket_id, measurement_id);
	struct record r;
	int result;

	record_begin(&r, 1);
	result = txn_put(txn, DB_CATALOGUE, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

int
drop_is_garbage(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, bool *garbage,
    struct err *err)
{
	struct key key = garbage_key(txn->arena, bucket_id, measurement_id);
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);

	*garbage = found == 0;
	return found < 0 ? -1 : 0;
}

/* ---- purging ---- */

struct purge {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	bool		 found, done;
};

static int
take_first(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct purge *p = arg;

	(void)txn;
	(void)value;
	if (key.n != 13)
		return err_set(err, ERR_CORRUPT, "a garbage key has %zu bytes", key.n);
	p->bucket_id = key_get_u64(key.p + 1);
	p->measurement_id = key_get_u32(key.p + 9);
	p->found = true;
	return 1;
}

static int
purge_prefix(struct txn *txn, enum store_db db, const struct key *prefix, size_t *left,
    struct err *err)
{
	return *left == 0 ? 0 : txn_delete_some(txn, db, key_slice(prefix), left, err);
}

static int
purge_body(struct txn *txn, void *arg, struct err *err)
{
	struct purge *p = arg;
	struct key rows, garbage;
	size_t left = PURGE_KEYS;

	*p = (struct purge){ 0 };
	if (txn_each(txn, DB_CATALOGUE, SLICE("G"), take_first, p, err) != 0 || !p->found)
		return p->found ? -1 : 0;
	rows = chunk_prefix(txn->arena, p->bucket_id, p->measurement_id);
	if (purge_prefix(txn, DB_CHUNKS, &rows, &left, err) != 0)
		return -1;
	for (const char *kind = "hnpvwz"; *kind != '\0'; kind++) {
		struct key index = key_begin(txn->arena, *kind);

		key_short(&index, p->measurement_id);
		if (purge_prefix(txn, DB_SERIES, &index, &left, err) != 0)
			return -1;
	}
	if (left == 0)
		return 0;
	garbage = garbage_key(txn->arena, p->bucket_id, p->measurement_id);
	return txn_delete(txn, DB_CATALOGUE, key_slice(&garbage), err);
}

int
drop_purge(struct store *store, bool (*wanted)(void *arg), void *arg, struct err *err)
{
	struct purge p;

	do {
		arena_reset(store->scratch);
		if (store_txn(store, STORE_RELIEVE, store->scratch, purge_body, &p, err) != 0)
			return -1;
		store_maintain_log(store);
	} while (p.found && (wanted == NULL || !wanted(arg)));
	return 0;
}

/* ---- measurements ---- */

struct drop_job {
	uint64_t	 bucket_id;
	struct slice	 name;
};

static int
drop_body(struct txn *txn, void *arg, struct err *err)
{
	const struct drop_job *job = arg;
	uint32_t id;
	int found = measurement_find(txn, job->bucket_id, job->name, &id, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	txn->schema_changed = true;
	return measurement_forget(txn, job->bucket_id, job->name, id, err);
}

int
store_drop_measurement(struct store *store, uint64_t bucket_id, struct slice name, struct err *err)
{
	struct drop_job job = { bucket_id, name };

	arena_reset(store->scratch);
	store_give_way(store);
	if (store_txn(store, STORE_RELIEVE, store->scratch, drop_body, &job, err) != 0)
		return -1;
	return drop_purge(store, NULL, NULL, err);
}
