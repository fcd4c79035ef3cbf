/*
 * store/stats.c - how much there is, by measurement
 *
 * Walks the heads of all chunks, so it takes a while on a large store; in short sections.
 */
#include "store/chunk_table.h"
#include "store/store_priv.h"

#define STEP_CHUNKS 512

struct counting {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	struct store_stats *out;
	struct slice	 from;
	bool		 more;
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
	struct txn_cursor *cursor;
	struct slice key;
	bool at;
	int r;

	c.out = &sum;
	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	r = txn_cursor_from(cursor, c.from.n > 0 ? c.from : key_slice(&prefix), key_slice(&prefix), &at,
	    err);
	for (int i = 0; i < STEP_CHUNKS && r == 0 && at; i++) {
		r = count_chunk(txn, &c, cursor, err);
		if (r == 0)
			r = txn_cursor_step(cursor, false, key_slice(&prefix), &at, err);
	}
	if (r == 0 && at && (r = txn_cursor_key(cursor, &key, err)) == 0)
		shared->from = key;
	txn_cursor_close(cursor);
	shared->more = r == 0 && at;
	*shared->out = sum;
	return r;
}

struct head_look {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	struct journal_head head;
};

static int
head_body(struct txn *txn, void *arg, struct err *err)
{
	struct head_look *look = arg;

	return journal_head_get(txn, look->bucket_id, look->measurement_id, &look->head, err);
}

int
store_stats(struct store *store, const struct store_measurement *m, struct store_stats *out,
    struct err *err)
{
	struct arena *arena = arena_new(16384);
	struct counting c = { m->bucket_id, m->id, out, { NULL, 0 }, true };
	struct head_look look = { m->bucket_id, m->id, { 0 } };
	struct store_series_list series;
	int r;

	*out = (struct store_stats){ .min_time = INT64_MAX, .max_time = INT64_MIN };
	r = store_series_all(store, m, arena, &series, err);
	out->series = series.n;
	while (r == 0 && c.more)
		r = store_txn(store, STORE_READ, arena, count_body, &c, err);
	if (r == 0)
		r = store_txn(store, STORE_READ, arena, head_body, &look, err);
	out->journal_records = look.head.next - look.head.first;
	out->journal_bytes = look.head.bytes;
	arena_free(arena);
	return r;
}
