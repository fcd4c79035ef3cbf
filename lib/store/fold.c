/*
 * store/fold.c - pieces that overlap in time become one
 *
 * Late data, or the same point written again: all rows are sorted by time and age, and rows of one
 * time are folded into one, each field from the newest write that has it.
 */
#include <stdlib.h>

#include "store/scan_priv.h"

struct dated {
	int64_t		 time;
	uint32_t	 row;	/* in the concatenation of the pieces, oldest first: also the age */
};

static int
by_date(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static int
by_age(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->age != y->age)
		return x->age < y->age ? -1 : 1;
	return (x->min > y->min) - (x->min < y->min);
}

/*
 * order[] is sorted by time and age: of each time the newest present cell stands.
 */
static void
fold_field(const struct dated *order, size_t rows, struct arena *arena, struct store_column *column)
{
	union cell *cells = arena_array(arena, union cell, rows);
	uint64_t *present = arena_zalloc(arena, (rows / 64 + 1) * sizeof(*present));
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

static int
decode_all(const struct store_scan *scan, const struct piece *pieces, size_t n, size_t rows,
    struct arena *arena, int64_t *times, struct store_column *columns, struct err *err)
{
	size_t n_fields = scan->spec.n_fields, at = 0;
	struct piece_sink sink = { columns, arena_alloc_items(arena, n_fields + 1, sizeof(*sink.bits)),
		arena_zalloc(arena, (n_fields + 1) * sizeof(*sink.n_present)),
		arena_zalloc(arena, (n_fields + 1) * sizeof(*sink.n_strings)), arena };

	for (size_t i = 0; i < n_fields; i++) {
		columns[i].type = scan->types[i];
		columns[i].cells = arena_array(arena, union cell, rows);
		columns[i].strings = columns[i].type == VALUE_STRING
		    ? arena_array(arena, struct slice, rows) : NULL;
		sink.bits[i] = columns[i].present =
		    arena_zalloc(arena, (rows / 64 + 1) * sizeof(*columns[i].present));
	}
	for (size_t i = 0; i < n; at += pieces[i++].n)
		if (piece_times(&pieces[i], 0, pieces[i].n, arena, times + at, err) != 0 ||
		    piece_rows(scan, &pieces[i], 0, pieces[i].n, at, &sink, err) != 0)
			return -1;
	return 0;
}

int
fold_pieces(const struct store_scan *scan, const struct piece *unsorted, size_t n,
    struct arena *arena, struct folded *out, struct err *err)
{
	struct piece *pieces = arena_array(arena, struct piece, n);
	size_t rows = 0, n_fields = scan->spec.n_fields;
	struct dated *order;
	int64_t *times;

	memcpy(pieces, unsorted, n * sizeof(*pieces));
	qsort(pieces, n, sizeof(*pieces), by_age);
	for (size_t i = 0; i < n; i++)
		rows += pieces[i].n;
	times = arena_array(arena, int64_t, rows);
	order = arena_array(arena, struct dated, rows);
	*out = (struct folded){ .times = times };
	out->columns = arena_zalloc(arena, (n_fields + 1) * sizeof(*out->columns));
	if (decode_all(scan, pieces, n, rows, arena, times, out->columns, err) != 0)
		return -1;
	for (size_t i = 0; i < rows; i++)
		order[i] = (struct dated){ times[i], (uint32_t)i };
	qsort(order, rows, sizeof(*order), by_date);
	for (size_t i = 0; i < n_fields; i++)
		fold_field(order, rows, arena, &out->columns[i]);
	for (size_t i = 0; i < rows; i++)
		if (i == 0 || order[i].time != order[i - 1].time)
			times[out->n++] = order[i].time;
	return 0;
}
