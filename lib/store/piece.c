/*
 * store/piece.c - rows of one series from one place: a journal segment or a chunk
 *
 * A journal record gives any range of rows by address; a chunk's column is decoded from its first
 * row on, straight into the block where the whole chunk is wanted, else by way of scratch memory.
 */
#include "store/scan_priv.h"

void
record_clip(const struct scan_record *record, int64_t from, int64_t to, uint32_t *first, uint32_t *n)
{
	uint32_t low = *first, high = *first + *n, end = high;

	if (record->batch.min_time >= from && record->batch.max_time <= to)
		return;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (record_time(record, middle) < from)
			low = middle + 1;
		else
			high = middle;
	}
	*first = low;
	high = end;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (record_time(record, middle) <= to)
			low = middle + 1;
		else
			high = middle;
	}
	*n = low - *first;
}

bool
piece_rises(const struct piece *piece)
{
	if (piece->chunk != NULL)
		return true;
	for (uint32_t i = 1; i < piece->n; i++)
		if (codec_frame_get(&piece->record->batch.times, piece->first + i) ==
		    codec_frame_get(&piece->record->batch.times, piece->first + i - 1))
			return false;
	return true;
}

int
piece_times(const struct piece *piece, uint32_t skip, uint32_t n, struct arena *arena,
    int64_t *times, struct err *err)
{
	if (piece->chunk != NULL)
		return chunk_times_get(piece->chunk, piece->first + skip, n, arena, times, err);
	codec_batch_times(&piece->record->batch, piece->first + skip, n, times);
	return 0;
}

/*
 * Bits [at, at + n) become 1; n > 0.
 */
static void
set_run(uint64_t *bits, size_t at, size_t n)
{
	size_t first = at >> 6, last = (at + n - 1) >> 6;
	uint64_t head = UINT64_MAX << (at & 63), tail = UINT64_MAX >> (63 - ((at + n - 1) & 63));

	if (first == last) {
		bits[first] |= head & tail;
		return;
	}
	bits[first] |= head;
	memset(bits + first + 1, 0xff, (last - first - 1) * sizeof(*bits));
	bits[last] |= tail;
}

/*
 * A part of a chunk's column in which every row has a number.
 */
static int
part_of_numbers(const struct chunk_copy *chunk, const struct codec_chunk_column *column,
    struct slice bytes, uint32_t first, uint32_t n, size_t at, struct store_column *out,
    uint64_t *bits, size_t *n_present, struct err *err)
{
	if (codec_chunk_part(&chunk->head, column, bytes, first, n, out->cells + at, err) != 0)
		return -1;
	set_run(bits, at, n);
	*n_present += n;
	return 0;
}

/*
 * A part of any other: decode all of it, keep what is wanted.
 */
static int
part_of_column(const struct chunk_copy *chunk, const struct codec_chunk_column *column,
    struct slice bytes, uint32_t first, uint32_t n, size_t at, struct store_column *out,
    uint64_t *bits, size_t *n_present, size_t *n_strings, struct arena *arena, struct err *err)
{
	uint32_t rows = chunk->head.n_rows;
	union cell *cells = arena_array(arena, union cell, rows);
	uint64_t *present = arena_zalloc(arena, (rows / 64 + 1) * sizeof(*present));
	struct slice *strings = column->type == VALUE_STRING
	    ? arena_array(arena, struct slice, rows) : NULL;
	size_t k = 0;

	if (codec_chunk_cells(&chunk->head, column, bytes, arena, 0, cells, present, strings, &k,
	    err) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		union cell cell = cells[first + i];

		if (!bit_get(present, first + i))
			continue;
		if (strings != NULL) {
			out->strings[*n_strings] = strings[cell.u];
			cell.u = (*n_strings)++;
		}
		out->cells[at + i] = cell;
		bit_set(bits, at + i);
		++*n_present;
	}
	return 0;
}

static int
chunk_rows(const struct store_scan *scan, const struct chunk_copy *chunk, uint32_t first, uint32_t n,
    size_t at, struct piece_sink *sink, struct err *err)
{
	for (size_t i = 0; i < scan->spec.n_fields; i++) {
		const struct codec_chunk_column *c =
		    codec_chunk_find(&chunk->head, scan->spec.fields[i]);
		struct store_column *out = &sink->columns[i];

		if (c == NULL || c->type != scan->types[i])
			continue;
		if (n < chunk->head.n_rows && c->n_present == chunk->head.n_rows &&
		    c->type != VALUE_STRING) {
			if (part_of_numbers(chunk, c, chunk->columns[i], first, n, at, out,
			    sink->bits[i], &sink->n_present[i], err) != 0)
				return -1;
			continue;
		}
		if (n < chunk->head.n_rows) {
			if (part_of_column(chunk, c, chunk->columns[i], first, n, at, out, sink->bits[i],
			    &sink->n_present[i], &sink->n_strings[i], sink->arena, err) != 0)
				return -1;
			continue;
		}
		if (codec_chunk_cells(&chunk->head, c, chunk->columns[i], sink->arena, at, out->cells,
		    sink->bits[i], out->strings, &sink->n_strings[i], err) != 0)
			return -1;
		sink->n_present[i] += c->n_present;
	}
	return 0;
}

int
piece_rows(const struct store_scan *scan, const struct piece *piece, uint32_t skip, uint32_t n,
    size_t at, struct piece_sink *sink, struct err *err)
{
	const struct scan_record *record = piece->record;

	if (piece->chunk != NULL)
		return chunk_rows(scan, piece->chunk, piece->first + skip, n, at, sink, err);
	for (size_t i = 0; i < scan->spec.n_fields; i++)
		if (record->columns[i] != NULL)
			sink->n_present[i] += codec_batch_cells(&record->batch, record->columns[i],
			    piece->first + skip, n, at, sink->columns[i].cells, sink->bits[i],
			    sink->columns[i].strings, &sink->n_strings[i]);
	return 0;
}
