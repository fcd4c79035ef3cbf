/*
 * store/expire.c - rows that a bucket does not keep any longer
 *
 * Queries do not see them from the moment on (scan.c); here they leave the disk, once whole chunks
 * of them are past. Under the right to compact.
 */
#include "base/clock.h"
#include "store/compact_priv.h"

#define STEP_CHUNKS 512

struct expiry {
	const struct store_measurement *m;
	int64_t		 oldest;
	struct arena	*arena;		/* of the ids; that of the transaction is a step's */
	uint64_t	*ids;		/* series with an expired chunk, ascending */
	size_t		 n, cap;
	uint64_t	 next;		/* the series to go on with */
	bool		 more;
};

static int
look_at(struct txn *txn, struct expiry *e, struct txn_cursor *cursor, struct err *err)
{
	struct chunk_place place;
	struct codec_chunk head;
	struct slice key;
	int64_t first;

	if (txn_cursor_key(cursor, &key, err) != 0)
		return -1;
	if (chunk_key_parse(key, &place, &first) != 0)
		return err_set(err, ERR_CORRUPT, "a chunk key has %zu bytes", key.n);
	if (first < e->oldest) {
		if (chunk_head_at(txn, cursor, &head, err) != 0)
			return -1;
		if (head.max_time < e->oldest) {
			if (e->n == e->cap) {
				size_t cap = e->cap == 0 ? 64 : e->cap * 2;

				e->ids = arena_grow(e->arena, e->ids, e->cap, cap);
				e->cap = cap;
			}
			e->ids[e->n++] = place.series;
		}
	}
	e->next = place.series + 1;	/* the oldest chunk of a series tells */
	return 0;
}

static int
walk_body(struct txn *txn, void *arg, struct err *err)
{
	struct expiry *shared = arg, e = *shared;
	struct key prefix = chunk_prefix(txn->arena, e.m->bucket_id, e.m->id);
	struct txn_cursor *cursor;
	bool at = true;
	int r = 0;

	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	for (int i = 0; i < STEP_CHUNKS && r == 0 && at; i++) {
		struct chunk_place place = { e.m->bucket_id, e.m->id, e.next };
		struct key from = chunk_key(txn->arena, &place, INT64_MIN);

		r = txn_cursor_from(cursor, key_slice(&from), key_slice(&prefix), &at, err);
		if (r == 0 && at)
			r = look_at(txn, &e, cursor, err);
	}
	txn_cursor_close(cursor);
	e.more = at;
	if (r == 0)
		*shared = e;	/* else its memory may be taken back */
	return r;
}

static int
expire_measurement(struct store *store, const struct store_measurement *m,
    bool (*wanted)(void *arg), void *arg, struct err *err)
{
	struct arena *arena = arena_new(4096), *step = arena_new(16384);
	struct expiry e = { .m = m, .oldest = m->oldest, .arena = arena };
	int r = 0;

	do {
		arena_reset(step);
		if (m->oldest != INT64_MIN)
			r = store_txn(store, STORE_READ, step, walk_body, &e, err);
	} while (r == 0 && e.more && (wanted == NULL || !wanted(arg)));
	arena_free(step);
	if (r == 0 && e.n > 0 && (wanted == NULL || !wanted(arg)))
		r = delete_rows_locked(store, m, e.ids, e.n, INT64_MIN, m->oldest - 1, wanted, arg, err);
	arena_free(arena);
	return r;
}

/* ---- all buckets ---- */

struct bucket_list {
	struct store_bucket *list;
	size_t		 n;
};

struct measurement_list {
	uint64_t	 bucket_id;
	struct store_measurement **list;
	size_t		 n;
};

static int
buckets_body(struct txn *txn, void *arg, struct err *err)
{
	struct bucket_list *out = arg;

	return store_bucket_list(txn, &out->list, &out->n, err);
}

static int
measurements_body(struct txn *txn, void *arg, struct err *err)
{
	struct measurement_list *out = arg;
	struct slice *names;

	if (store_measurements(txn, out->bucket_id, &names, &out->n, err) != 0)
		return -1;
	out->list = arena_alloc_items(txn->arena, out->n + 1, sizeof(*out->list));
	for (size_t i = 0; i < out->n; i++)
		if (store_measurement_get(txn, out->bucket_id, names[i], &out->list[i], err) != 0)
			return -1;
	return 0;
}

static int
expire_bucket(struct store *store, uint64_t id, struct arena *arena, bool (*wanted)(void *arg),
    void *arg, struct err *err)
{
	struct measurement_list l = { .bucket_id = id };

	if (store_txn(store, STORE_READ, arena, measurements_body, &l, err) != 0)
		return -1;
	for (size_t i = 0; i < l.n && (wanted == NULL || !wanted(arg)); i++)
		if (expire_measurement(store, l.list[i], wanted, arg, err) != 0)
			return -1;
	return 0;
}

int
expire_all(struct store *store, bool (*wanted)(void *arg), void *arg, struct err *err)
{
	struct bucket_list buckets;
	struct arena *arena = arena_new(16384);
	int r = store_txn(store, STORE_READ, arena, buckets_body, &buckets, err);

	for (size_t i = 0; r == 0 && i < buckets.n && (wanted == NULL || !wanted(arg)); i++)
		if (buckets.list[i].retention_ns > 0)
			r = expire_bucket(store, buckets.list[i].id, arena, wanted, arg, err);
	arena_free(arena);
	return r;
}
