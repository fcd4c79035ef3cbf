/*
 * store/cursor.c - blocks of one series' rows, in order, newest write first to be believed
 *
 * Rows come from the journal's segments, which the scan holds, and from chunks, which are read an
 * epoch at a time: the next so many bytes of chunks, and the span of times that is complete with
 * them. What an epoch has is a list of pieces in order of their first times. Where they do not
 * overlap, which is nearly always, their rows are decoded straight into the block, many pieces a
 * block. Pieces that overlap in time form a group, which fold.c makes one.
 *
 *     pieces     |──a──|  |──b──|   |───d───|          groups   [a] [b] [d c] [e]
 *     by time                   |──c──|       |─e─|
 *
 * Data moves from the journal to chunks only, and the scan read the journal first: rows that are
 * in both fold into one. Where the compactor changes chunks between two epochs, the next epoch
 * takes what it finds from the time on at which the last one ended.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "store/scan_priv.h"

#define EPOCH_BYTES (256u << 10)

struct group {
	size_t		 first, n;	/* pieces */
};

struct store_cursor {
	struct store_scan *scan;
	struct store_cursor *next, **link;	/* among the scan's */
	size_t		 index;			/* of the series */
	int64_t		 from, to;		/* times that no epoch had yet */
	int64_t		 journal_min, journal_max;	/* of all its segments */
	bool		 finished;		/* there are none */
	uint64_t	 n_given;		/* rows handed out */
	struct arena	*arena;			/* of the block */
	struct arena	*epoch_arena;		/* of the chunks, pieces and groups */
	struct arena	*fold_arena;		/* of the present folded group */
	struct piece	*pieces;
	size_t		 n_pieces;
	struct group	*groups;
	size_t		 n_groups, at_group;	/* groups done */
	uint32_t	 at_row;		/* rows of the present piece done */
	struct folded	 folded;
	struct store_block block;
	struct store_summary summary;
	size_t		 cap_rows;
	struct piece_sink sink;
};

/* ---- an epoch: chunks, and the pieces of a span of times ---- */

struct epoch_job {
	struct store_cursor *cursor;
	struct chunk_batch batch;
};

/*
 * One window of the spec holds all of a span of times.
 */
static bool
in_one_window(const struct store_scan_spec *spec, int64_t min, int64_t max)
{
	uint64_t width = (uint64_t)spec->window_ns, shift, at;

	if (spec->window_ns == 0)
		return true;
	/* times are moved up by 2^63, so that none is negative, and the windows with them */
	at = (uint64_t)min ^ (UINT64_C(1) << 63);
	shift = ((UINT64_C(1) << 63) % width + (uint64_t)spec->window_phase) % width;
	if (at < shift)
		return false;
	return (at - shift) % width + ((uint64_t)max - (uint64_t)min) < width;
}

static bool
journal_touches(const struct store_cursor *c, int64_t min, int64_t max)
{
	const struct store_scan *scan = c->scan;

	if (max < c->journal_min || min > c->journal_max)
		return false;
	for (size_t i = scan->first_segment[c->index]; i < scan->first_segment[c->index + 1]; i++) {
		const struct scan_segment *s = &scan->segments[i];
		const struct scan_record *record = &scan->records[s->record];

		if (record_time(record, s->first) <= max &&
		    record_time(record, s->first + s->n - 1) >= min)
			return true;
	}
	return false;
}

/*
 * The one row asked for is the chunk's first or last, and the directory has all of it.
 */
static bool
edge_row_is_known(const struct store_cursor *c, const struct codec_chunk *head)
{
	const struct store_scan_spec *spec = &c->scan->spec;
	bool any = false;

	for (size_t i = 0; i < spec->n_fields; i++) {
		const struct codec_chunk_column *column = codec_chunk_find(head, spec->fields[i]);

		if (column == NULL || column->type != c->scan->types[i])
			continue;
		if (column->type == VALUE_STRING || (spec->descending
		    ? column->summary.last_row != head->n_rows - 1 : column->summary.first_row != 0))
			return false;
		any = true;
	}
	return any;
}

/*
 * Is the directory not enough?
 */
static bool
wants_columns(void *arg, const struct codec_chunk *head)
{
	const struct store_cursor *c = arg;
	const struct store_scan_spec *spec = &c->scan->spec;

	if (head->min_time < c->from || head->max_time > c->to ||
	    journal_touches(c, head->min_time, head->max_time))
		return true;
	return spec->limit_rows == 1 ? !edge_row_is_known(c, head)
	    : !spec->summaries || !in_one_window(spec, head->min_time, head->max_time);
}

static int
epoch_body(struct txn *txn, void *arg, struct err *err)
{
	struct epoch_job *job = arg;
	struct store_cursor *c = job->cursor;
	const struct store_scan_spec *spec = &c->scan->spec;
	struct chunk_reading reading = {
		{ spec->measurement->bucket_id, spec->measurement->id, spec->series[c->index] },
		c->from, c->to, spec->descending, spec->fields, spec->n_fields,
		spec->limit_rows == 0 ? EPOCH_BYTES : 0,
		wants_columns, c
	};

	return chunk_read(txn, &reading, &job->batch, err);
}

static int
corrupt(const struct store_cursor *c, struct err *err)
{
	const struct store_scan_spec *spec = &c->scan->spec;
	struct err why = *err;

	if (err->code != ERR_CORRUPT)
		return -1;
	return err_set(err, ERR_CORRUPT, "%s (bucket %016llx, measurement \"" SLICE_FMT
	    "\", series %llu)", why.text, (unsigned long long)spec->measurement->bucket_id,
	    SLICE_ARG(spec->measurement->name), (unsigned long long)spec->series[c->index]);
}

/*
 * Rows of a chunk within from .. to.
 */
static int
clip_chunk(struct store_cursor *c, struct piece *piece, int64_t from, int64_t to, struct err *err)
{
	const struct codec_chunk *head = &piece->chunk->head;
	uint32_t first = 0, end = head->n_rows;
	int64_t *times;

	if (head->min_time >= from && head->max_time <= to)
		return 0;
	times = arena_array(c->epoch_arena, int64_t, head->n_rows);
	if (codec_chunk_times(head, piece->chunk->times, times, err) != 0)
		return -1;
	while (first < end && times[first] < from)
		first++;
	while (end > first && times[end - 1] > to)
		end--;
	piece->first = first;
	piece->n = end - first;
	if (piece->n > 0) {
		piece->min = times[first];
		piece->max = times[end - 1];
	}
	return 0;
}

static int
add_chunks(struct store_cursor *c, const struct chunk_batch *batch, int64_t from, int64_t to,
    struct err *err)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct codec_chunk *head = &batch->chunks[i].head;
		struct piece piece = { NULL, &batch->chunks[i], 0, head->n_rows, head->min_time,
			head->max_time, 0 };

		if (clip_chunk(c, &piece, from, to, err) != 0)
			return corrupt(c, err);
		if (piece.n > 0)
			c->pieces[c->n_pieces++] = piece;
	}
	return 0;
}

static void
add_segments(struct store_cursor *c, int64_t from, int64_t to)
{
	const struct store_scan *scan = c->scan;

	for (size_t i = scan->first_segment[c->index]; i < scan->first_segment[c->index + 1]; i++) {
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

static int
load_epoch(struct store_cursor *c, struct err *err)
{
	struct epoch_job job = { .cursor = c };
	size_t n = c->scan->first_segment[c->index + 1] - c->scan->first_segment[c->index];
	int64_t from = c->from, to = c->to;

	arena_reset(c->epoch_arena);
	if (!c->scan->journal_only && store_txn(c->scan->store, STORE_READ, c->epoch_arena, epoch_body,
	    &job, err) != 0)
		return corrupt(c, err);
	c->scan->store->counters.n_chunks += job.batch.n;
	if (!job.batch.more)
		c->finished = true;
	else if (c->scan->spec.descending)
		c->to = (from = job.batch.next_max + 1) - 1;
	else
		c->from = (to = job.batch.next_min - 1) + 1;
	c->pieces = arena_array(c->epoch_arena, struct piece, n + job.batch.n + 1);
	c->n_pieces = 0;
	if (add_chunks(c, &job.batch, from, to, err) != 0)
		return -1;
	add_segments(c, from, to);
	find_groups(c);
	return 0;
}

/* ---- opening and closing ---- */

static void
grow_block(struct store_cursor *c, size_t rows)
{
	size_t n_fields = c->scan->spec.n_fields;

	if (rows <= c->cap_rows)
		return;
	arena_reset(c->arena);
	c->cap_rows = rows;
	c->block.times = arena_array(c->arena, int64_t, rows);
	c->block.columns = arena_zalloc(c->arena, (n_fields + 1) * sizeof(*c->block.columns));
	c->sink = (struct piece_sink){ c->block.columns,
		arena_alloc_items(c->arena, n_fields + 1, sizeof(*c->sink.bits)),
		arena_array(c->arena, size_t, n_fields + 1), arena_array(c->arena, size_t, n_fields + 1),
		c->epoch_arena };
	for (size_t i = 0; i < n_fields; i++) {
		struct store_column *column = &c->block.columns[i];

		column->type = c->scan->types[i];
		column->cells = arena_array(c->arena, union cell, rows);
		c->sink.bits[i] = arena_array(c->arena, uint64_t, rows / 64 + 1);
		if (column->type == VALUE_STRING)
			column->strings = arena_array(c->arena, struct slice, rows);
	}
}

/*
 * Room for what the epoch has, up to a full block: a short series takes little memory.
 */
static void
make_room(struct store_cursor *c)
{
	size_t rows = 0;

	for (size_t i = 0; i < c->n_pieces && rows < STORE_BLOCK_ROWS; i++)
		rows += c->pieces[i].n;
	grow_block(c, rows < STORE_BLOCK_ROWS ? rows : STORE_BLOCK_ROWS);
}

/*
 * What the journal has of the series is nearly always newer than its chunks: with this, looking
 * through all segments for each chunk, which happens inside, is the exception.
 */
static void
find_journal_span(struct store_cursor *c)
{
	const struct store_scan *scan = c->scan;

	c->journal_min = INT64_MAX;
	c->journal_max = INT64_MIN;
	for (size_t i = scan->first_segment[c->index]; i < scan->first_segment[c->index + 1]; i++) {
		const struct scan_segment *s = &scan->segments[i];
		int64_t min = record_time(&scan->records[s->record], s->first);
		int64_t max = record_time(&scan->records[s->record], s->first + s->n - 1);

		c->journal_min = min < c->journal_min ? min : c->journal_min;
		c->journal_max = max > c->journal_max ? max : c->journal_max;
	}
}

struct store_cursor *
store_scan_cursor(struct store_scan *scan, size_t index)
{
	struct store_cursor *c = memory_zalloc(sizeof(*c));

	c->scan = scan;
	c->index = index;
	c->from = scan->spec.from;
	c->to = scan->spec.to;
	c->finished = scan->spec.n_fields == 0 || c->from > c->to;
	find_journal_span(c);
	c->arena = arena_new(1024);
	c->epoch_arena = arena_new(1024);
	c->next = scan->cursors;
	if (c->next != NULL)
		c->next->link = &c->next;
	c->link = &scan->cursors;
	scan->cursors = c;
	return c;
}

void
store_cursor_close(struct store_cursor *c)
{
	if (c == NULL)
		return;
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	arena_free(c->arena);
	arena_free(c->epoch_arena);
	if (c->fold_arena != NULL)
		arena_free(c->fold_arena);
	free(c);
}

/* ---- filling the block ---- */

static void
swap_bits(uint64_t *bits, size_t a, size_t b)
{
	uint64_t differ = (uint64_t)(bit_get(bits, a) ^ bit_get(bits, b));

	bits[a >> 6] ^= differ << (a & 63);
	bits[b >> 6] ^= differ << (b & 63);
}

static void
reverse_rows(struct store_cursor *c, size_t at, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		int64_t time = c->block.times[at + i];

		c->block.times[at + i] = c->block.times[at + n - 1 - i];
		c->block.times[at + n - 1 - i] = time;
	}
	for (size_t k = 0; k < c->scan->spec.n_fields; k++) {
		union cell *cells = c->block.columns[k].cells;
		bool full = c->sink.n_present[k] == at + n;

		for (size_t i = 0; i < n / 2; i++) {
			size_t a = at + i, b = at + n - 1 - i;
			union cell cell = cells[a];

			cells[a] = cells[b];
			cells[b] = cell;
			if (!full)
				swap_bits(c->sink.bits[k], a, b);
		}
	}
}

/*
 * As many rows of a lone piece as the block has room for. A chunk goes in whole or waits for the
 * next block, so that it is decoded once.
 *   returns  1 when the piece is done, 0 when the block is full, -1
 */
static int
put_piece(struct store_cursor *c, const struct piece *piece, struct err *err)
{
	size_t at = c->block.n_rows, room = c->cap_rows - at;
	uint32_t left = piece->n - c->at_row, n = left < room ? left : (uint32_t)room;
	uint32_t skip = c->scan->spec.descending ? left - n : c->at_row;

	if (piece->chunk != NULL && n < piece->n)
		return 0;
	if (piece_times(piece, skip, n, c->epoch_arena, c->block.times + at, err) != 0 ||
	    piece_rows(c->scan, piece, skip, n, at, &c->sink, err) != 0)
		return corrupt(c, err);
	if (c->scan->spec.descending)
		reverse_rows(c, at, n);
	c->block.n_rows += n;
	c->at_row += n;
	return c->at_row == piece->n;
}

static void
put_folded_field(struct store_cursor *c, size_t field, size_t from, size_t n)
{
	const struct store_column *source = &c->folded.columns[field];
	struct store_column *column = &c->block.columns[field];
	size_t at = c->block.n_rows;

	for (size_t i = 0; i < n; i++) {
		union cell cell = source->cells[from + i];

		if (!bit_get(source->present, from + i))
			continue;
		if (column->type == VALUE_STRING) {
			column->strings[c->sink.n_strings[field]] = source->strings[cell.u];
			cell.u = c->sink.n_strings[field]++;
		}
		column->cells[at + i] = cell;
		bit_set(c->sink.bits[field], at + i);
		c->sink.n_present[field]++;
	}
}

static int
put_folded(struct store_cursor *c)
{
	struct folded *f = &c->folded;
	size_t at = c->block.n_rows, room = c->cap_rows - at, left = f->n - f->at;
	size_t n = left < room ? left : room;
	size_t from = c->scan->spec.descending ? left - n : f->at;

	memcpy(c->block.times + at, f->times + from, n * sizeof(*f->times));
	for (size_t i = 0; i < c->scan->spec.n_fields; i++)
		put_folded_field(c, i, from, n);
	if (c->scan->spec.descending)
		reverse_rows(c, at, n);
	c->block.n_rows += n;
	f->at += n;
	return f->at == f->n;
}

static int
put_group(struct store_cursor *c, const struct group *group, struct err *err)
{
	const struct piece *first = &c->pieces[group->first];

	if (group->n == 1 && c->folded.n == 0 && (c->at_row > 0 || piece_rises(first)))
		return put_piece(c, first, err);
	if (c->folded.n == 0) {
		if (c->fold_arena == NULL)
			c->fold_arena = arena_new(65536);
		if (c->block.n_rows > 0)
			return 0;	/* the block may borrow from the last fold */
		arena_reset(c->fold_arena);
		if (fold_pieces(c->scan, first, group->n, c->fold_arena, &c->folded, err) != 0)
			return corrupt(c, err);
	}
	return put_folded(c);
}

/*
 * Rows that have none of the fields go.
 */
static void
drop_empty_rows(struct store_cursor *c)
{
	size_t n_fields = c->scan->spec.n_fields, n = c->block.n_rows, kept = 0;

	for (size_t i = 0; i < n_fields; i++)
		if (c->sink.n_present[i] == n)
			return;
	for (size_t row = 0; row < n; row++) {
		bool any = false;

		for (size_t i = 0; i < n_fields && !any; i++)
			any = bit_get(c->sink.bits[i], row);
		if (!any)
			continue;
		if (kept != row) {
			c->block.times[kept] = c->block.times[row];
			for (size_t i = 0; i < n_fields; i++) {
				c->block.columns[i].cells[kept] = c->block.columns[i].cells[row];
				swap_bits(c->sink.bits[i], row, kept);
			}
		}
		kept++;
	}
	c->block.n_rows = kept;
}

/*
 * A lone chunk whose columns were not read is answered from its directory.
 */
static bool
is_summary(const struct store_cursor *c, const struct group *group)
{
	const struct chunk_copy *chunk = c->pieces[group->first].chunk;

	return group->n == 1 && chunk != NULL && !chunk->whole;
}

static void
put_edge_row(struct store_cursor *c, const struct codec_chunk *head)
{
	const struct store_scan_spec *spec = &c->scan->spec;

	c->block.times[0] = spec->descending ? head->max_time : head->min_time;
	for (size_t i = 0; i < spec->n_fields; i++) {
		const struct codec_chunk_column *column = codec_chunk_find(head, spec->fields[i]);

		c->block.columns[i].present = c->sink.bits[i];
		if (column == NULL || column->type != c->scan->types[i])
			continue;
		c->block.columns[i].cells[0] = spec->descending ? column->summary.last
		    : column->summary.first;
		bit_set(c->sink.bits[i], 0);
	}
	c->block.n_rows = 1;
}

static int
put_summary(struct store_cursor *c, const struct chunk_copy *chunk, struct err *err)
{
	c->block.n_rows = 0;
	c->at_group++;
	if (c->scan->spec.limit_rows == 1) {
		put_edge_row(c, &chunk->head);
		return 0;
	}
	c->block.summary = &c->summary;
	if (summary_fill(c->scan, chunk, c->epoch_arena, &c->summary, err) != 0)
		return corrupt(c, err);
	return 0;
}

static int
fill_block(struct store_cursor *c, struct err *err)
{
	size_t n_fields = c->scan->spec.n_fields;
	int done = 1;

	c->block.n_rows = 0;
	c->block.summary = NULL;
	for (size_t i = 0; i < n_fields; i++) {
		memset(c->sink.bits[i], 0, (c->cap_rows / 64 + 1) * sizeof(*c->sink.bits[i]));
		c->sink.n_present[i] = c->sink.n_strings[i] = 0;
	}
	while (c->block.n_rows < c->cap_rows && c->at_group < c->n_groups) {
		size_t g = c->scan->spec.descending ? c->n_groups - 1 - c->at_group : c->at_group;

		if (is_summary(c, &c->groups[g])) {
			if (c->block.n_rows > 0)
				break;
			return put_summary(c, c->pieces[c->groups[g].first].chunk, err);
		}
		if ((done = put_group(c, &c->groups[g], err)) <= 0)
			break;
		c->at_group++;
		c->at_row = 0;
		c->folded.n = c->folded.at = 0;
	}
	if (done < 0)
		return -1;
	drop_empty_rows(c);
	for (size_t i = 0; i < n_fields; i++)
		c->block.columns[i].present =
		    c->sink.n_present[i] == c->block.n_rows ? NULL : c->sink.bits[i];
	return 0;
}

static void
count_block(const struct store_cursor *c)
{
	struct store_counters *counters = &c->scan->store->counters;

	if (c->block.summary != NULL) {
		size_t done = c->at_group - 1;
		size_t g = c->scan->spec.descending ? c->n_groups - 1 - done : done;

		counters->n_summaries++;
		counters->n_summary_rows += c->pieces[c->groups[g].first].n;
	} else {
		counters->n_blocks++;
		counters->n_rows += c->block.n_rows;
	}
}

int
store_cursor_next(struct store_cursor *c, const struct store_block **block, struct err *err)
{
	*block = NULL;
	for (;;) {
		if (c->scan->spec.limit_rows != 0 && c->n_given >= c->scan->spec.limit_rows)
			return 0;
		if (c->at_group == c->n_groups) {
			if (c->finished)
				return 0;
			if (load_epoch(c, err) != 0)
				return -1;
			make_room(c);
			continue;
		}
		if (fill_block(c, err) != 0)
			return -1;
		if (c->block.n_rows > 0 || c->block.summary != NULL) {
			*block = &c->block;
			c->n_given += c->block.n_rows;
			count_block(c);
			return 0;
		}
	}
}
