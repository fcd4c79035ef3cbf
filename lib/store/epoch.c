/*
 * store/epoch.c - what a cursor has at a time: pieces of a span of times, in groups
 *
 * An epoch is the next so many bytes of chunks, and the span of times that is complete with them.
 * What it has is a list of pieces, of chunks and of the journal's segments, in order of their first
 * times. Pieces that overlap in time form a group.
 *
 *     pieces     |──a──|  |──b──|   |───d───|          groups   [a] [b] [d c] [e]
 *     by time                   |──c──|       |─e─|
 *
 * Where the compactor changes chunks between two epochs, the next epoch takes what it finds from
 * the time on at which the last one ended.
 */
#include <stdlib.h>

#include "store/scan_priv.h"

#define EPOCH_BYTES (256u << 10)

/* ---- chunks ---- */

struct epoch_job {
	struct store_cursor *cursor;
	struct chunk_batch batch;
};

static int
epoch_body(struct txn *txn, void *arg, struct err *err)
{
	struct epoch_job *job = arg;
	struct txn_cursor *cursor;
	int r;

	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	r = scan_reach_read(txn, cursor, &job->cursor->reach, EPOCH_BYTES, &job->batch, err);
	txn_cursor_close(cursor);
	return r;
}

/*
 * The first chunks may have been read ahead; later ones are read alone.
 */
static int
get_chunks(struct store_cursor *c, struct chunk_batch *batch, struct err *err)
{
	struct epoch_job job = { .cursor = c };

	memset(batch, 0, sizeof(*batch));
	if (c->scan->journal_only)
		return 0;
	scan_ahead_release(c->ahead);
	c->ahead = NULL;
	if (!c->begun && scan_ahead_take(c->scan, c->reach.index, &c->ahead, batch, err) != 0)
		return -1;
	if (c->ahead != NULL)
		return 0;
	if (store_txn(c->scan->store, STORE_READ, c->epoch_arena, epoch_body, &job, err) != 0)
		return scan_corrupt(&c->reach, err);
	*batch = job.batch;
	return 0;
}

/* ---- pieces ---- */

static int
add_chunks(struct store_cursor *c, const struct chunk_batch *batch, int64_t from, int64_t to,
    struct err *err)
{
	for (size_t i = 0; i < batch->n; i++) {
		struct chunk_copy *chunk = &batch->chunks[i];
		struct piece piece = { NULL, chunk, 0, chunk->head.n_rows, chunk->head.min_time,
			chunk->head.max_time, 0 };
		int64_t ends[2];

		chunk_times_prepare(chunk);
		if (piece.min < from || piece.max > to) {
			if (chunk_times_clip(chunk, from, to, c->epoch_arena, &piece.first, &piece.n,
			    err) != 0)
				return scan_corrupt(&c->reach, err);
			if (piece.n == 0)
				continue;
			if (chunk_times_get(chunk, piece.first, 1, c->epoch_arena, &ends[0], err) != 0 ||
			    chunk_times_get(chunk, piece.first + piece.n - 1, 1, c->epoch_arena,
			    &ends[1], err) != 0)
				return scan_corrupt(&c->reach, err);
			piece.min = ends[0];
			piece.max = ends[1];
		}
		c->pieces[c->n_pieces++] = piece;
	}
	return 0;
}

static void
add_segments(struct store_cursor *c, int64_t from, int64_t to)
{
	const struct store_scan *scan = c->scan;

	for (size_t i = scan->first_segment[c->reach.index]; i < scan->first_segment[c->reach.index + 1]; i++) {
		const struct scan_segment *s = &scan->segments[i];
		const struct scan_record *record = &scan->records[s->record];
		struct piece piece = { record, NULL, s->first, s->n, 0, 0, s->record + 1 };

		record_clip(record, from, to, &piece.first, &piece.n);
		if (piece.n == 0)
			continue;
		piece.min = record_time(record, piece.first);
		piece.max = record_time(record, piece.first + piece.n - 1);
		c->pieces[c->n_pieces++] = piece;
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->min != y->min)
		return x->min < y->min ? -1 : 1;
	return (x->age > y->age) - (x->age < y->age);
}

static void
find_groups(struct store_cursor *c)
{
	for (size_t i = 1; i < c->n_pieces; i++)
		if (by_time(&c->pieces[i - 1], &c->pieces[i]) > 0) {
			qsort(c->pieces, c->n_pieces, sizeof(*c->pieces), by_time);
			break;
		}
	c->groups = arena_array(c->epoch_arena, struct group, c->n_pieces + 1);
	c->n_groups = c->at_group = 0;
	for (size_t i = 0, n; i < c->n_pieces; i += n) {
		int64_t max = c->pieces[i].max;

		for (n = 1; i + n < c->n_pieces && c->pieces[i + n].min <= max; n++)
			if (c->pieces[i + n].max > max)
				max = c->pieces[i + n].max;
		c->groups[c->n_groups++] = (struct group){ i, n };
	}
}

int
epoch_load(struct store_cursor *c, struct err *err)
{
	const struct store_scan *scan = c->scan;
	size_t index = c->reach.index;
	size_t n = scan->first_segment[index + 1] - scan->first_segment[index];
	int64_t from = c->reach.from, to = c->reach.to;
	struct chunk_batch batch;

	arena_reset(c->epoch_arena);
	if (get_chunks(c, &batch, err) != 0)
		return -1;
	c->begun = true;
	c->scan->store->counters.n_chunks += batch.n;
	if (!batch.more)
		c->finished = true;
	else if (scan->spec.descending)
		c->reach.to = (from = batch.next_max + 1) - 1;
	else
		c->reach.from = (to = batch.next_min - 1) + 1;
	c->pieces = arena_array(c->epoch_arena, struct piece, n + batch.n + 1);
	c->n_pieces = 0;
	if (add_chunks(c, &batch, from, to, err) != 0)
		return -1;
	add_segments(c, from, to);
	find_groups(c);
	return 0;
}
