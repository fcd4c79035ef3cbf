/*
 * store/cursor.c - blocks of one series' rows, in order, newest write first to be believed
 *
 * Rows come from the journal's segments, which the scan holds, and from chunks, which are read an
 * epoch at a time (epoch.c). Where pieces do not overlap in time, which is nearly always, their
 * rows are decoded straight into the block, many pieces a block. Those that do form a group, which
 * fold.c makes one.
 *
 * Data moves from the journal to chunks only, and the scan read the journal first: rows that are
 * in both fold into one.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "store/scan_priv.h"

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
 * Memory of a cursor that was closed serves the next one: most queries read one series behind the
 * other.
 */
static struct store_cursor *
cursor_new(struct store_scan *scan)
{
	struct store_cursor *c = scan->spare;

	if (c != NULL) {
		scan->spare = NULL;
		return c;
	}
	c = memory_zalloc(sizeof(*c));
	c->scan = scan;
	c->arena = arena_new(1024);
	c->epoch_arena = arena_new(1024);
	return c;
}

struct store_cursor *
store_scan_cursor(struct store_scan *scan, size_t index)
{
	struct store_cursor *c = cursor_new(scan);

	scan_reach_init(&c->reach, scan, index);
	c->begun = false;
	c->finished = scan->spec.n_fields == 0 || c->reach.from > c->reach.to;
	c->n_given = 0;
	c->n_groups = c->at_group = 0;
	c->at_row = 0;
	c->folded.n = c->folded.at = 0;
	c->next = scan->cursors;
	if (c->next != NULL)
		c->next->link = &c->next;
	c->link = &scan->cursors;
	scan->cursors = c;
	return c;
}

void
cursor_free(struct store_cursor *c)
{
	if (c == NULL)
		return;
	arena_free(c->arena);
	arena_free(c->epoch_arena);
	if (c->fold_arena != NULL)
		arena_free(c->fold_arena);
	free(c);
}

void
store_cursor_close(struct store_cursor *c)
{
	if (c == NULL)
		return;
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
	scan_ahead_release(c->ahead);
	c->ahead = NULL;
	if (c->scan->spare == NULL)
		c->scan->spare = c;
	else
		cursor_free(c);
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
		return scan_corrupt(&c->reach, err);
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
			return scan_corrupt(&c->reach, err);
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
put_summary(struct store_cursor *c, struct chunk_copy *chunk, struct err *err)
{
	c->block.n_rows = 0;
	c->at_group++;
	if (c->scan->spec.limit_rows == 1) {
		put_edge_row(c, &chunk->head);
		return 0;
	}
	c->block.summary = &c->summary;
	if (summary_fill(c->scan, chunk, c->epoch_arena, &c->summary, err) != 0)
		return scan_corrupt(&c->reach, err);
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
			if (epoch_load(c, err) != 0)
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
