/*
 * store/chunk_table.c - chunks by series and first time
 *
 *     bucket (8) measurement (4) series (8) first time (8, sign flipped)  ->  a chunk
 *
 * A chunk begins with its directory, so what a query does not name is not even read: a partial
 * read of an overflow record walks no further than it must.
 */
#include "model/precision.h"
#include "store/chunk_table.h"

#define FIRST_READ 1024	/* most heads fit, and steady times with them */
#define BETWEEN 16384		/* bytes that are read along though nobody wants them */
#define MOST_HEAD (16u << 20)	/* a longer one is a flipped bit */
#define SIGN (UINT64_C(1) << 63)

struct key
chunk_prefix(struct arena *arena, uint64_t bucket_id, uint32_t measurement_id)
{
	struct key key = key_empty(arena);

	key_u64(&key, bucket_id);
	key_u32(&key, measurement_id);
	return key;
}

static struct key
series_prefix(struct arena *arena, const struct chunk_place *place)
{
	struct key key = chunk_prefix(arena, place->bucket_id, place->measurement_id);

	key_u64(&key, place->series);
	return key;
}

struct key
chunk_key(struct arena *arena, const struct chunk_place *place, int64_t first_time)
{
	struct key key = series_prefix(arena, place);

	key_u64(&key, (uint64_t)first_time ^ SIGN);
	return key;
}

int
chunk_key_parse(struct slice key, struct chunk_place *place, int64_t *first_time)
{
	if (key.n != CHUNK_KEY_BYTES)
		return -1;
	place->bucket_id = key_get_u64(key.p);
	place->measurement_id = key_get_u32(key.p + 8);
	place->series = key_get_u64(key.p + 12);
	*first_time = (int64_t)(key_get_u64(key.p + 20) ^ SIGN);
	return 0;
}

int
chunk_put(struct txn *txn, const struct chunk_place *place, int64_t first_time, struct slice bytes,
    struct err *err)
{
	struct key key = chunk_key(txn->arena, place, first_time);

	return txn_put(txn, DB_CHUNKS, key_slice(&key), bytes, err);
}

int
chunk_delete(struct txn *txn, const struct chunk_place *place, int64_t first_time, struct err *err)
{
	struct key key = chunk_key(txn->arena, place, first_time);

	return txn_delete(txn, DB_CHUNKS, key_slice(&key), err);
}

int
chunk_last_series(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, uint64_t *series,
    struct err *err)
{
	struct arena_mark mark = arena_mark(txn->arena);
	struct key prefix = chunk_prefix(txn->arena, bucket_id, measurement_id);
	struct chunk_place last = { bucket_id, measurement_id, UINT64_MAX };
	struct key above = chunk_key(txn->arena, &last, INT64_MAX);
	struct txn_cursor *cursor;
	struct slice key;
	int64_t time;
	bool at;
	int r;

	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	*series = 0;
	r = txn_cursor_before(cursor, key_slice(&above), key_slice(&prefix), &at, err);
	if (r == 0 && at && (r = txn_cursor_key(cursor, &key, err)) == 0) {
		/* of a key that is none, all may have chunks */
		*series = chunk_key_parse(key, &last, &time) == 0 ? last.series : UINT64_MAX;
	}
	txn_cursor_close(cursor);
	arena_rewind(txn->arena, mark);
	return r;
}

/* ---- reading ---- */

struct reader {
	struct txn	*txn;
	const struct chunk_reading *r;
	struct chunk_batch *out;
	struct slice	 prefix;
	struct txn_cursor *cursor;
	size_t		 cap;
	size_t		 n_start;	/* bytes in `start`: the beginning of the present chunk */
	char		 start[FIRST_READ + CODEC_SLACK];
};

static void
reader_init(struct reader *rd, struct txn *txn, struct txn_cursor *cursor)
{
	rd->txn = txn;
	rd->cursor = cursor;
	rd->r = NULL;
	rd->out = NULL;
	rd->cap = rd->n_start = 0;
}

/*
 * Bytes [offset, offset + n) of the record the cursor is at, with CODEC_SLACK behind them.
 */
static int
copy_part(struct reader *rd, size_t offset, size_t n, struct slice *out, struct err *err)
{
	char *room = arena_alloc(rd->txn->arena, n + CODEC_SLACK);

	if (offset + n <= rd->n_start) {
		memcpy(room, rd->start + offset, n);
		out->n = n;
	} else if (txn_cursor_part(rd->cursor, offset, room, n, &out->n, err) != 0) {
		return -1;
	}
	memset(room + out->n, 0, CODEC_SLACK);
	out->p = room;
	return 0;
}

static int
read_head(struct reader *rd, const struct codec_chunk_fields *wanted, struct codec_chunk *head,
    struct err *err)
{
	struct slice bytes;
	size_t n;

	if (!txn_cursor_peeked(rd->cursor, &rd->n_start) && txn_cursor_part(rd->cursor, 0, rd->start,
	    FIRST_READ, &rd->n_start, err) != 0)
		return -1;
	memset(rd->start + rd->n_start, 0, CODEC_SLACK);
	bytes = slice_make(rd->start, rd->n_start);
	if ((n = codec_chunk_head_bytes(bytes)) > bytes.n && n <= MOST_HEAD &&
	    copy_part(rd, 0, n, &bytes, err) != 0)
		return -1;
	return codec_chunk_open_some(bytes, wanted, rd->txn->arena, head, err);
}

int
chunk_head_at(struct txn *txn, struct txn_cursor *cursor, struct codec_chunk *head, struct err *err)
{
	struct reader rd;

	reader_init(&rd, txn, cursor);
	return read_head(&rd, NULL, head, err);
}

/*
 * Every read walks the pages of an overflow record from its first one, so that one read of all that
 * is wanted, with what lies between, is cheaper than a read a column, unless much lies between.
 */
struct extent {
	size_t		 from, to;	/* of the record's bytes */
	size_t		 wanted;	/* of these */
	struct slice	 bytes;		/* from `from` on, when they were read at once */
};

static bool
is_worth(const struct extent *all)
{
	return all->to - all->from <= 2 * all->wanted + BETWEEN;
}

static int
take_part(struct reader *rd, const struct extent *all, size_t offset, size_t n, struct slice *out,
    struct err *err)
{
	size_t at = offset - all->from;

	if (all->bytes.p == NULL)
		return copy_part(rd, offset, n, out, err);
	*out = at > all->bytes.n ? slice_make(all->bytes.p, 0)
	    : slice_make(all->bytes.p + at, n < all->bytes.n - at ? n : all->bytes.n - at);
	return 0;
}

static int
read_columns(struct reader *rd, struct chunk_copy *copy, struct err *err)
{
	const struct codec_chunk *head = &copy->head;
	struct extent all = { SIZE_MAX, 0, 0, { 0 } };

	for (size_t i = 0; i < rd->r->n_fields; i++) {
		const struct codec_chunk_column *c = codec_chunk_find(head, rd->r->fields[i]);

		if (c == NULL)
			continue;
		all.from = c->offset < all.from ? c->offset : all.from;
		all.to = c->offset + c->length > all.to ? c->offset + c->length : all.to;
		all.wanted += c->length;
	}
	if (all.wanted > 0 && is_worth(&all) &&
	    copy_part(rd, all.from, all.to - all.from, &all.bytes, err) != 0)
		return -1;
	for (size_t i = 0; i < rd->r->n_fields; i++) {
		const struct codec_chunk_column *c = codec_chunk_find(head, rd->r->fields[i]);

		if (c != NULL && take_part(rd, &all, c->offset, c->length, &copy->columns[i],
		    err) != 0)
			return -1;
	}
	rd->out->n_bytes += all.wanted;
	return 0;
}

static int
take_chunk(struct reader *rd, const struct codec_chunk *head, struct err *err)
{
	struct chunk_batch *b = rd->out;
	struct chunk_copy *copy;

	if (b->n == rd->cap) {
		size_t cap = rd->cap == 0 ? 1 : rd->cap * 2;

		b->chunks = arena_grow(rd->txn->arena, b->chunks, rd->cap, cap);
		rd->cap = cap;
	}
	copy = &b->chunks[b->n++];
	memset(copy, 0, sizeof(*copy));
	copy->head = *head;
	copy->columns = arena_zalloc(rd->txn->arena, (rd->r->n_fields + 1) * sizeof(*copy->columns));
	copy->whole = rd->r->wants_columns == NULL || rd->r->wants_columns(rd->r->arg, head);
	b->n_bytes += head->head_bytes + head->times_length;
	if (copy_part(rd, head->times_offset, head->times_length, &copy->times, err) != 0)
		return -1;
	return copy->whole ? read_columns(rd, copy, err) : 0;
}

/*
 * To the next chunk of the series. Nearly all series that have several have many: then the next
 * one's head is read along.
 */
static int
step(struct reader *rd, bool *at, struct err *err)
{
	txn_cursor_peek(rd->cursor, rd->start, rd->out->n > 1 ? FIRST_READ : 0);
	return txn_cursor_step(rd->cursor, rd->r->descending, rd->prefix, at, err);
}

/*
 * To the chunk that has the first time asked for, or the first one behind it.
 */
static int
seek(struct reader *rd, bool *at, struct err *err)
{
	const struct chunk_reading *r = rd->r;
	struct key limit = chunk_key(rd->txn->arena, &r->place, r->descending ? r->to : r->from);

	*at = false;
	txn_cursor_peek(rd->cursor, rd->start, FIRST_READ);
	if ((r->descending || r->from > TIME_MIN) &&
	    txn_cursor_before(rd->cursor, key_slice(&limit), rd->prefix, at, err) != 0)
		return -1;
	if (!*at && !r->descending)
		return txn_cursor_from(rd->cursor, key_slice(&limit), rd->prefix, at, err);
	return 0;
}

static int
read_all(struct reader *rd, struct err *err)
{
	const struct chunk_reading *r = rd->r;
	const struct codec_chunk_fields wanted = { r->fields, r->n_fields };
	struct codec_chunk head;
	bool at;

	if (seek(rd, &at, err) != 0)
		return -1;
	while (at) {
		if (read_head(rd, &wanted, &head, err) != 0)
			return -1;
		if (r->descending ? head.max_time < r->from : head.min_time > r->to)
			break;
		if (head.max_time >= r->from && head.min_time <= r->to) {
			if (rd->out->n > 0 && (rd->out->n_bytes >= r->most_bytes ||
			    (r->ends_before != NULL && r->ends_before(r->arg, &head)))) {
				rd->out->more = true;
				rd->out->next_min = head.min_time;
				rd->out->next_max = head.max_time;
				rd->out->next_rows = head.n_rows;
				break;
			}
			if (take_chunk(rd, &head, err) != 0)
				return -1;
		}
		if (r->descending ? head.min_time <= r->from : head.max_time >= r->to)
			break;
		if (step(rd, &at, err) != 0)
			return -1;
	}
	return 0;
}

int
chunk_read_by(struct txn *txn, struct txn_cursor *cursor, const struct chunk_reading *reading,
    struct chunk_batch *batch, struct err *err)
{
	struct key prefix = series_prefix(txn->arena, &reading->place);
	struct reader rd;
	int r;

	memset(batch, 0, sizeof(*batch));
	reader_init(&rd, txn, cursor);
	rd.r = reading;
	rd.out = batch;
	rd.prefix = key_slice(&prefix);
	r = read_all(&rd, err);
	txn_cursor_peek(cursor, NULL, 0);
	return r;
}

int
chunk_read(struct txn *txn, const struct chunk_reading *reading, struct chunk_batch *batch,
    struct err *err)
{
	struct txn_cursor *cursor;
	int r;

	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	r = chunk_read_by(txn, cursor, reading, batch, err);
	txn_cursor_close(cursor);
	return r;
}
