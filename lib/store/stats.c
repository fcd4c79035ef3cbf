/*
 * store/stats.c - how much there is, by measurement
 *
 * Walks the heads of all chunks, so it takes a while on a large store; in short sections. What is in
 * the journal backlog.c tells.
 */
#include "store/chunk_table.h"
#include "store/store_priv.h"

#define STEP_CHUNKS 512

struct counting {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	struct store_stats *out;
	char		 from[CHUNK_KEY_BYTES];	/* the chunk to go on with */
	bool		 begun, more;
};

static int
count_chunk(struct txn *txn, struct counting *c, struct txn_cursor *cursor, struct err *err)
{
	struct codec_chunk head;

	if (chunk_head_at(txn, cursor, &head, err) != 0)
		return -1;
	c->out->chunks++;
	c->out->rows += head.n_rows;
	c->out->chunk_bytes += head.total_bytes;
	c->out->directory_bytes += head.head_bytes;
	for (uint32_t i = 0; i < head.n_columns; i++)
		c->out->values += head.columns[i].n_present;
	if (head.min_time < c->out->min_time)
		c->out->min_time = head.min_time;
	if (head.max_time > c->out->max_time)
		c->out->max_time = head.max_time;
	return 0;
}

static int
count_body(struct txn *txn, void *arg, struct err *err)
{
	struct counting *shared = arg, c = *shared;
	struct store_stats sum = *c.out;
	struct key prefix = chunk_prefix(txn->arena, c.bucket_id, c.measurement_id);
	struct slice from = c.begun ? slice_make(c.from, sizeof(c.from)) : key_slice(&prefix);
	struct txn_cursor *cursor;
	struct slice key;
	bool at;
	int r;

	c.out = &sum;
	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	r = txn_cursor_from(cursor, from, key_slice(&prefix), &at, err);
	for (int i = 0; i < STEP_CHUNKS && r == 0 && at; i++) {
		r = count_chunk(txn, &c, cursor, err);
		if (r == 0)
			r = txn_cursor_step(cursor, false, key_slice(&prefix), &at, err);
	}
	if (r == 0 && at && (r = txn_cursor_key(cursor, &key, err)) == 0 && key.n != CHUNK_KEY_BYTES)
		r = err_set(err, ERR_CORRUPT, "a chunk key has %zu bytes", key.n);
	txn_cursor_close(cursor);
	if (r != 0)
		return r;
	if (at)
		memcpy(shared->from, key.p, sizeof(shared->from));
	shared->begun = true;
	shared->more = at;
	*shared->out = sum;
	return 0;
}

int
store_stats(struct store *store, const struct store_measurement *m, struct store_stats *out,
    struct err *err)
{
	struct arena *arena = arena_new(16384);
	struct counting c = { .bucket_id = m->bucket_id, .measurement_id = m->id, .out = out,
		.more = true };
	struct store_series_list series;
	int r;

	*out = (struct store_stats){ .min_time = INT64_MAX, .max_time = INT64_MIN };
	r = store_series_all(store, m, arena, &series, err);
	out->series = series.n;
	while (r == 0 && c.more) {
		arena_reset(arena);
		r = store_txn(store, STORE_READ, arena, count_body, &c, err);
	}
	arena_free(arena);
	return r;
}
