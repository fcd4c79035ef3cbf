/*
 * store/cursor.c - blocks of one series' rows, in order, newest write first to be believed
 *
 * A series' segments are put in order of their first times. Where they do not overlap, which is
 * nearly always, their rows are decoded straight into the block, many segments a block. Segments
 * that overlap in time (late data, or the same point written again) form a group: its rows are
 * sorted by time and age, and rows of one time are folded into one, each field from the newest
 * write that has it.
 *
 *     segments   |──a──|  |──b──|   |───d───|          groups   [a] [b] [d c] [e]
 *     by time                   |──c──|       |─e─|
 */
#include <stdlib.h>

#include "base/memory.h"
#include "store/scan_priv.h"

struct piece {			/* a segment with its span of times */
	const struct scan_segment *segment;
	int64_t		 min, max;
};

struct group {
	size_t		 first, n;	/* pieces */
};

struct folded {			/* the rows of a group that had to be sorted */
	size_t		 n, at;		/* rows; those handed out already */
	int64_t		*times;
	struct store_column *columns;
};

struct store_cursor {
	struct store_scan *scan;
	struct store_cursor *next, **link;	/* among the scan's */
	struct arena	*arena;			/* of the pieces and the block */
	struct arena	*fold_arena;		/* of the present folded group */
	struct piece	*pieces;
	size_t		 n_pieces;
	struct group	*groups;
	size_t		 n_groups, at_group;	/* groups done */
	uint32_t	 at_row;		/* rows of the present piece done */
	struct folded	 folded;
	struct store_block block;
	size_t		 cap_rows;
	size_t		*n_present, *n_strings;	/* by column, of the block */
	uint64_t	**bits;			/* by column: columns[i].present when not all are */
};

/* ---- opening ---- */

static int
by_time(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->min != y->min)
		return x->min < y->min ? -1 : 1;
	return (x->segment > y->segment) - (x->segment < y->segment);
}

static bool
rises_strictly(const struct scan_record *record, const struct scan_segment *s)
{
	for (uint32_t i = 1; i < s->n; i++)
		if (codec_frame_get(&record->batch.times, s->first + i) ==
		    codec_frame_get(&record->batch.times, s->first + i - 1))
			return false;
	return true;
}

static void
find_pieces(struct store_cursor *c, const struct scan_segment *segments, size_t n)
{
	c->pieces = arena_array(c->arena, struct piece, n + 1);
	c->n_pieces = n;
	for (size_t i = 0; i < n; i++) {
		const struct scan_record *record = &c->scan->records[segments[i].record];

		c->pieces[i] = (struct piece){ &segments[i], segment_time(record, segments[i].first),
			segment_time(record, segments[i].first + segments[i].n - 1) };
	}
	for (size_t i = 1; i < n; i++)
		if (c->pieces[i].min < c->pieces[i - 1].min) {
			qsort(c->pieces, n, sizeof(*c->pieces), by_time);
			break;
		}
}

static void
find_groups(struct store_cursor *c)
{
	c->groups = arena_array(c->arena, struct group, c->n_pieces + 1);
	for (size_t i = 0, n; i < c->n_pieces; i += n) {
		int64_t max = c->pieces[i].max;

		for (n = 1; i + n < c->n_pieces && c->pieces[i + n].min <= max; n++)
			if (c->pieces[i + n].max > max)
				max = c->pieces[i + n].max;
		c->groups[c->n_groups++] = (struct group){ i, n };
	}
}

static void
make_block(struct store_cursor *c)
{
	size_t n_fields = c->scan->spec.n_fields, rows = 0;

	for (size_t i = 0; i < c->n_pieces && rows < STORE_BLOCK_ROWS; i++)
		rows += c->pieces[i].segment->n;
	c->cap_rows = rows < STORE_BLOCK_ROWS ? rows : STORE_BLOCK_ROWS;
	c->block.times = arena_array(c->arena, int64_t, c->cap_rows + 1);
	c->block.columns = arena_zalloc(c->arena, (n_fields + 1) * sizeof(*c->block.columns));
	c->bits = arena_alloc_items(c->arena, n_fields + 1, sizeof(*c->bits));
	c->n_present = arena_array(c->arena, size_t, n_fields + 1);
	c->n_strings = arena_array(c->arena, size_t, n_fields + 1);
	for (size_t i = 0; i < n_fields; i++) {
		struct store_column *column = &c->block.columns[i];

		column->type = c->scan->types[i];
		column->cells = arena_array(c->arena, union cell, c->cap_rows + 1);
		c->bits[i] = arena_array(c->arena, uint64_t, c->cap_rows / 64 + 1);
		if (column->type == VALUE_STRING)
			column->strings = arena_array(c->arena, struct slice, c->cap_rows + 1);
	}
}

struct store_cursor *
store_scan_cursor(struct store_scan *scan, size_t index)
{
	struct store_cursor *c = memory_zalloc(sizeof(*c));
	size_t first = scan->first_segment[index];

	c->scan = scan;
	c->arena = arena_new(1024);
	find_pieces(c, scan->segments + first, scan->first_segment[index + 1] - first);
	find_groups(c);
	make_block(c);
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
	if (c->fold_arena != NULL)
		arena_free(c->fold_arena);
	free(c);
}

/* ---- groups of several segments ---- */

struct dated {
	int64_t		 time;
	uint32_t	 age;		/* larger is newer: order of segments, then of rows */
	uint32_t	 row;		/* in the concatenation of the group's segments */
};

static int
by_date(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->age > y->age) - (x->age < y->age);
}

static int
by_age(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	return (x->segment > y->segment) - (x->segment < y->segment);
}

/*
 * One field of all segments, one after the other, oldest segment first.
 */
static void
decode_field(struct store_cursor *c, const struct piece *pieces, size_t n, size_t field, size_t rows,
    struct store_column *out)
{
	size_t at = 0, n_strings = 0;

	out->type = c->scan->types[field];
	out->cells = arena_array(c->fold_arena, union cell, rows);
	out->present = arena_zalloc(c->fold_arena, (rows / 64 + 1) * sizeof(*out->present));
	out->strings = out->type == VALUE_STRING ? arena_array(c->fold_arena, struct slice, rows) : NULL;
	for (size_t i = 0; i < n; i++) {
		const struct scan_segment *s = pieces[i].segment;
		const struct scan_record *record = &c->scan->records[s->record];

		if (record->columns[field] != NULL)
			codec_batch_cells(&record->batch, record->columns[field], s->first, s->n, at,
			    out->cells, out->present, out->strings, &n_strings);
		at += s->n;
	}
}

/*
 * order[] is sorted by time and age: of each time the newest present cell stands.
 */
static void
fold_field(struct store_cursor *c, const struct dated *order, size_t rows, struct store_column *column)
{
	union cell *cells = arena_array(c->fold_arena, union cell, rows);
	uint64_t *present = arena_zalloc(c->fold_arena, (rows / 64 + 1) * sizeof(*present));
	size_t out = 0;

	for (size_t i = 0; i < rows; i++) {
		if (i > 0 && order[i].time != order[i - 1].time)
			out++;
		if (bit_get(column->present, order[i].row)) {
			cells[out] = column->cells[order[i].row];
			bit_set(present, out);
		}
	}
	column->cells = cells;
	column->present = present;
}

static void
fold_group(struct store_cursor *c, const struct group *group)
{
	struct folded *f = &c->folded;
	size_t rows = 0, n_fields = c->scan->spec.n_fields;
	struct piece *pieces;
	struct dated *order;
	int64_t *times;

	if (c->fold_arena == NULL)
		c->fold_arena = arena_new(65536);
	arena_reset(c->fold_arena);
	pieces = arena_array(c->fold_arena, struct piece, group->n);
	memcpy(pieces, c->pieces + group->first, group->n * sizeof(*pieces));
	qsort(pieces, group->n, sizeof(*pieces), by_age);
	for (size_t i = 0; i < group->n; i++)
		rows += pieces[i].segment->n;
	times = arena_array(c->fold_arena, int64_t, rows);
	order = arena_array(c->fold_arena, struct dated, rows);
	for (size_t i = 0, at = 0; i < group->n; at += pieces[i++].segment->n)
		codec_batch_times(&c->scan->records[pieces[i].segment->record].batch,
		    pieces[i].segment->first, pieces[i].segment->n, times + at);
	for (size_t i = 0; i < rows; i++)
		order[i] = (struct dated){ times[i], (uint32_t)i, (uint32_t)i };
	qsort(order, rows, sizeof(*order), by_date);
	f->columns = arena_zalloc(c->fold_arena, (n_fields + 1) * sizeof(*f->columns));
	for (size_t i = 0; i < n_fields; i++) {
		decode_field(c, pieces, group->n, i, rows, &f->columns[i]);
		fold_field(c, order, rows, &f->columns[i]);
	}
	f->n = f->at = 0;
	for (size_t i = 0; i < rows; i++)
		if (i == 0 || order[i].time != order[i - 1].time)
			times[f->n++] = order[i].time;
	f->times = times;
}

/* ---- filling the block ---- */

static void
reverse_rows(struct store_cursor *c, size_t at, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		size_t a = at + i, b = at + n - 1 - i;
		int64_t time = c->block.times[a];

		c->block.times[a] = c->block.times[b];
		c->block.times[b] = time;
	}
	for (size_t k = 0; k < c->scan->spec.n_fields; k++) {
		union cell *cells = c->block.columns[k].cells;
		uint64_t *bits = c->bits[k];

		for (size_t i = 0; i < n / 2; i++) {
			size_t a = at + i, b = at + n - 1 - i;
			union cell cell = cells[a];
			uint64_t differ = (uint64_t)bit_get(bits, a) ^ (uint64_t)bit_get(bits, b);

			cells[a] = cells[b];
			cells[b] = cell;
			bits[a >> 6] ^= differ << (a & 63);
			bits[b >> 6] ^= differ << (b & 63);
		}
	}
}

/*
 * As many rows of a lone segment as the block has room for.
 */
static bool
put_segment(struct store_cursor *c, const struct scan_segment *s)
{
	const struct scan_record *record = &c->scan->records[s->record];
	size_t at = c->block.n_rows, room = c->cap_rows - at;
	uint32_t left = s->n - c->at_row, n = left < room ? left : (uint32_t)room;
	uint32_t first = c->scan->spec.descending ? s->first + left - n : s->first + c->at_row;

	codec_batch_times(&record->batch, first, n, c->block.times + at);
	for (size_t i = 0; i < c->scan->spec.n_fields; i++)
		if (record->columns[i] != NULL)
			c->n_present[i] += codec_batch_cells(&record->batch, record->columns[i], first, n,
			    at, c->block.columns[i].cells, c->bits[i], c->block.columns[i].strings,
			    &c->n_strings[i]);
	if (c->scan->spec.descending)
		reverse_rows(c, at, n);
	c->block.n_rows += n;
	c->at_row += n;
	return c->at_row == s->n;
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
			column->strings[c->n_strings[field]] = source->strings[cell.u];
			cell.u = c->n_strings[field]++;
		}
		column->cells[at + i] = cell;
		bit_set(c->bits[field], at + i);
		c->n_present[field]++;
	}
}

static bool
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

static bool
put_group(struct store_cursor *c, const struct group *group)
{
	const struct scan_segment *s = c->pieces[group->first].segment;

	if (group->n == 1 && c->folded.n == 0 &&
	    (c->at_row > 0 || rises_strictly(&c->scan->records[s->record], s)))
		return put_segment(c, s);
	if (c->folded.n == 0)
		fold_group(c, group);
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
		if (c->n_present[i] == n)
			return;
	for (size_t row = 0; row < n; row++) {
		bool any = false;

		for (size_t i = 0; i < n_fields && !any; i++)
			any = bit_get(c->bits[i], row);
		if (!any)
			continue;
		if (kept != row) {
			c->block.times[kept] = c->block.times[row];
			for (size_t i = 0; i < n_fields; i++) {
				uint64_t differ = (uint64_t)bit_get(c->bits[i], row) ^
				    (uint64_t)bit_get(c->bits[i], kept);

				c->block.columns[i].cells[kept] = c->block.columns[i].cells[row];
				c->bits[i][kept >> 6] ^= differ << (kept & 63);
			}
		}
		kept++;
	}
	c->block.n_rows = kept;
}

static void
fill_block(struct store_cursor *c)
{
	size_t n_fields = c->scan->spec.n_fields;

	c->block.n_rows = 0;
	for (size_t i = 0; i < n_fields; i++) {
		memset(c->bits[i], 0, (c->cap_rows / 64 + 1) * sizeof(*c->bits[i]));
		c->n_present[i] = c->n_strings[i] = 0;
	}
	while (c->block.n_rows < c->cap_rows && c->at_group < c->n_groups) {
		size_t g = c->scan->spec.descending ? c->n_groups - 1 - c->at_group : c->at_group;

		if (put_group(c, &c->groups[g])) {
			c->at_group++;
			c->at_row = 0;
			c->folded.n = c->folded.at = 0;
		}
	}
	drop_empty_rows(c);
	for (size_t i = 0; i < n_fields; i++)
		c->block.columns[i].present = c->n_present[i] == c->block.n_rows ? NULL : c->bits[i];
}

int
store_cursor_next(struct store_cursor *c, const struct store_block **block, struct err *err)
{
	(void)err;
	*block = NULL;
	while (c->at_group < c->n_groups) {
		fill_block(c);
		if (c->block.n_rows > 0) {
			*block = &c->block;
			return 0;
		}
	}
	return 0;
}

struct value
store_block_value(const struct store_block *block, size_t column, size_t row)
{
	const struct store_column *c = &block->columns[column];
	struct value v = { .type = c->type };

	if (c->present != NULL && !bit_get(c->present, row))
		return (struct value){ .type = VALUE_NULL };
	if (c->type == VALUE_STRING)
		v.s = c->strings[c->cells[row].u];
	else if (c->type == VALUE_BOOLEAN)
		v.b = c->cells[row].u != 0;
	else
		v.u = c->cells[row].u;
	return v;
}
