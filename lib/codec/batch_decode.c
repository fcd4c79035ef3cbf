/*
 * codec/batch_decode.c - journal records opened, and single series sliced out of them
 *
 * Everything is checked once, at the opening: the checksum, then that every frame, bitmap and text
 * lies inside the record and that the lists of ends rise. After that nothing needs a check.
 */
#include "codec/codec_priv.h"

static int
cut_short(struct err *err, const char *what)
{
	return err_set(err, ERR_CORRUPT, "a journal record's %s does not lie inside it", what);
}

static bool
width_known(unsigned width)
{
	return width <= 8 && width != 3 && width != 7;
}

/*
 * Take a frame of n numbers from the front of `rest`.
 */
static int
take_frame(struct slice *rest, struct codec_frame *frame, uint64_t base, unsigned width, uint64_t n)
{
	if (!width_known(width) || (width != 0 && n > rest->n / width))
		return -1;
	*frame = (struct codec_frame){ base, (const unsigned char *)rest->p, width };
	rest->p += n * width;
	rest->n -= n * width;
	return 0;
}

static bool
ends_rise(const struct codec_frame *ends, uint32_t n, uint64_t last, bool strictly)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t end = codec_frame_get(ends, i);

		if (end < before || (strictly && end == before))
			return false;
		before = end;
	}
	return before == last;
}

static uint32_t
count_bits(const unsigned char *bits, uint32_t from, uint32_t n)
{
	uint32_t count = 0;

	for (; n > 0 && from % 8 != 0; from++, n--)
		count += bits[from / 8] >> from % 8 & 1;
	for (; n >= 64; from += 64, n -= 64)
		count += (uint32_t)__builtin_popcountll(wide_load64(bits + from / 8));
	for (; n >= 8; from += 8, n -= 8)
		count += (uint32_t)__builtin_popcount(bits[from / 8]);
	for (; n > 0; from++, n--)
		count += bits[from / 8] >> from % 8 & 1;
	return count;
}

static bool
encoding_suits(uint8_t type, uint8_t encoding)
{
	switch (type) {
	case VALUE_FLOAT:
		return encoding == CODEC_DECIMALS || encoding == CODEC_BITS;
	case VALUE_STRING:
		return encoding == CODEC_STRINGS;
	case VALUE_INTEGER:
	case VALUE_UNSIGNED:
	case VALUE_BOOLEAN:
		return encoding == CODEC_INTEGERS;
	default:
		return false;
	}
}

static int
open_text(struct slice record, const char *head, struct codec_batch_column *column, struct err *err)
{
	uint32_t at = wide_load32(head + 28);
	uint64_t last = column->n_present == 0 ? 0
	    : codec_frame_get(&column->frame, column->n_present - 1);

	if (at > record.n || last > record.n - at ||
	    !ends_rise(&column->frame, column->n_present, last, false))
		return cut_short(err, "text");
	column->text = record.p + at;
	return 0;
}

static int
open_column(struct slice record, const char *head, uint32_t n_rows,
    struct codec_batch_column *column, struct err *err)
{
	uint32_t data = wide_load32(head + 12), bitmap = wide_load32(head + 24);
	struct slice rest;

	column->field = wide_load32(head);
	column->type = (uint8_t)head[4];
	column->encoding = (uint8_t)head[5];
	column->exponent = (uint8_t)head[7];
	column->n_present = wide_load32(head + 8);
	column->present = NULL;
	column->text = NULL;
	if (!encoding_suits(column->type, column->encoding) ||
	    column->exponent > CODEC_DECIMALS_MAX || column->n_present > n_rows ||
	    (column->encoding == CODEC_BITS && head[6] != 8))
		return err_set(err, ERR_CORRUPT, "a journal record has a column of an unknown kind");
	if (column->n_present < n_rows) {
		if (bitmap > record.n || (n_rows + UINT64_C(7)) / 8 > record.n - bitmap)
			return cut_short(err, "bitmap");
		column->present = (const unsigned char *)record.p + bitmap;
		if (count_bits(column->present, 0, n_rows) != column->n_present)
			return err_set(err, ERR_CORRUPT, "a journal record's bitmap miscounts");
	}
	if (data > record.n)
		return cut_short(err, "column");
	rest = slice_make(record.p + data, record.n - data);
	if (take_frame(&rest, &column->frame, wide_load64(head + 16), (uint8_t)head[6],
	    column->n_present) != 0)
		return cut_short(err, "column");
	return column->type == VALUE_STRING ? open_text(record, head, column, err) : 0;
}

static int
open_lists(struct slice record, struct codec_batch *batch, struct err *err)
{
	const char *head = record.p;
	size_t heads = CODEC_BATCH_HEAD + (size_t)batch->n_columns * CODEC_COLUMN_HEAD;
	struct slice rest = slice_make(record.p + heads, record.n - heads);

	if (take_frame(&rest, &batch->series, wide_load64(head + 32), (uint8_t)head[40],
	    batch->n_series) != 0 ||
	    take_frame(&rest, &batch->ends, 0, (uint8_t)head[41], batch->n_series) != 0 ||
	    take_frame(&rest, &batch->times, 0, (uint8_t)head[42], batch->n_rows) != 0 ||
	    head[43] < 0 || head[43] > 9)
		return cut_short(err, "list of series or times");
	if (!ends_rise(&batch->ends, batch->n_series, batch->n_rows, true))
		return err_set(err, ERR_CORRUPT, "a journal record's rows do not add up");
	batch->time_unit = 1;
	for (char j = 0; j < head[43]; j++)
		batch->time_unit *= 10;
	return 0;
}

int
codec_batch_open(struct slice record, struct arena *arena, struct codec_batch *batch,
    struct err *err)
{
	const char *head = record.p;

	if (record.n < CODEC_BATCH_HEAD || record.n > UINT32_MAX)
		return err_set(err, ERR_CORRUPT, "a journal record is cut short");
	if (wide_load32(head) != codec_crc32(head + 4, record.n - 4))
		return err_set(err, ERR_CORRUPT, "a journal record fails its checksum");
	if (head[4] != CODEC_BATCH_FORMAT)
		return err_set(err, ERR_CORRUPT, "a journal record has the unknown format %d", head[4]);
	batch->n_rows = wide_load32(head + 8);
	batch->n_series = wide_load32(head + 12);
	batch->n_columns = wide_load32(head + 44);
	batch->min_time = (int64_t)wide_load64(head + 16);
	batch->max_time = (int64_t)wide_load64(head + 24);
	if (batch->n_rows == 0 || batch->n_rows > CODEC_BATCH_ROWS || batch->n_series == 0 || batch->n_series > batch->n_rows ||
	    batch->n_columns > (record.n - CODEC_BATCH_HEAD) / CODEC_COLUMN_HEAD)
		return cut_short(err, "head");
	if (open_lists(record, batch, err) != 0)
		return -1;
	batch->columns = arena_array(arena, struct codec_batch_column, batch->n_columns + 1);
	for (uint32_t i = 0; i < batch->n_columns; i++) {
		if (open_column(record, head + CODEC_BATCH_HEAD + i * CODEC_COLUMN_HEAD,
		    batch->n_rows, &batch->columns[i], err) != 0)
			return -1;
		if (i > 0 && batch->columns[i].field <= batch->columns[i - 1].field)
			return err_set(err, ERR_CORRUPT, "a journal record's columns are not in order");
	}
	return 0;
}

int
codec_batch_span(struct slice head, int64_t *min_time, int64_t *max_time)
{
	if (head.n < CODEC_BATCH_HEAD || head.p[4] != CODEC_BATCH_FORMAT)
		return -1;
	*min_time = (int64_t)wide_load64(head.p + 16);
	*max_time = (int64_t)wide_load64(head.p + 24);
	return 0;
}

void
codec_batch_times(const struct codec_batch *batch, uint32_t first, uint32_t n, int64_t *times)
{
	uint64_t unit = (uint64_t)batch->time_unit, base = (uint64_t)batch->min_time;

	for (uint32_t i = 0; i < n; i++)
		times[i] = (int64_t)(base + codec_frame_get(&batch->times, first + i) * unit);
}

const struct codec_batch_column *
codec_batch_find(const struct codec_batch *batch, uint32_t field)
{
	uint32_t low = 0, high = batch->n_columns;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (batch->columns[middle].field < field)
			low = middle + 1;
		else
			high = middle;
	}
	return low < batch->n_columns && batch->columns[low].field == field
	    ? &batch->columns[low] : NULL;
}

/*
 * The dense values [rank, rank + n) of a column into cells[0 .. n).
 */
static void
decode_dense(const struct codec_batch_column *column, size_t rank, size_t n, union cell *cells,
    struct slice *strings, size_t *n_strings)
{
	switch (column->encoding) {
	case CODEC_DECIMALS: {
		double power = codec_decimals_power(column->exponent);

		for (size_t i = 0; i < n; i++)
			cells[i].f = (double)(int64_t)codec_frame_get(&column->frame, rank + i) / power;
		break;
	}
	case CODEC_STRINGS:
		for (size_t i = 0; i < n; i++) {
			uint64_t from = rank + i == 0 ? 0 : codec_frame_get(&column->frame, rank + i - 1);
			uint64_t to = codec_frame_get(&column->frame, rank + i);

			strings[*n_strings] = slice_make(column->text + from, to - from);
			cells[i].u = (*n_strings)++;
		}
		break;
	default:
		for (size_t i = 0; i < n; i++)
			cells[i].u = codec_frame_get(&column->frame, rank + i);
		break;
	}
}

static void
set_bits(uint64_t *bits, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		bits[i >> 6] |= UINT64_C(1) << (i & 63);
}

uint32_t
codec_batch_cells(const struct codec_batch *batch, const struct codec_batch_column *column,
    uint32_t first, uint32_t n, size_t at, union cell *cells, uint64_t *present,
    struct slice *strings, size_t *n_strings)
{
	uint32_t rank, n_there, last;

	(void)batch;
	if (column->present == NULL) {
		decode_dense(column, first, n, cells + at, strings, n_strings);
		set_bits(present, at, n);
		return n;
	}
	rank = count_bits(column->present, 0, first);
	n_there = count_bits(column->present, first, n);
	decode_dense(column, rank, n_there, cells + at, strings, n_strings);
	/* spread them over their rows from the back, so that none is overwritten before it moved */
	last = n_there;
	for (uint32_t i = n; i-- > 0;) {
		size_t row = at + i;

		if (column->present[(first + i) / 8] >> (first + i) % 8 & 1) {
			cells[row] = cells[at + --last];
			present[row >> 6] |= UINT64_C(1) << (row & 63);
		} else {
			present[row >> 6] &= ~(UINT64_C(1) << (row & 63));
		}
	}
	return n_there;
}
