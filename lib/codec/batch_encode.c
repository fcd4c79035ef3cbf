/*
 * codec/batch_encode.c - one write's rows of one measurement as a journal record
 *
 *     head (48)  column heads (40 each)  series ids  series ends  times  columns' data
 *
 * Every list of numbers is a frame of reference with whole bytes: value - least, in as many bytes
 * as the largest needs. This costs under a nanosecond a value to write and lets a reader take out
 * one series, or one column, by address arithmetic alone.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec_priv.h"

struct frame_plan {
	uint64_t	 base;
	unsigned	 width;
};

static unsigned
width_for(uint64_t largest)
{
	unsigned bytes = largest == 0 ? 0 : (71 - (unsigned)__builtin_clzll(largest)) / 8;

	return bytes == 3 ? 4 : bytes == 7 ? 8 : bytes;
}

/*
 * `is_signed` says in which order the least is sought; differences are modulo 2^64 either way.
 */
static struct frame_plan
plan_frame(const uint64_t *v, size_t n, bool is_signed)
{
	uint64_t flip = is_signed ? UINT64_C(1) << 63 : 0;
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t x = v[i] ^ flip;

		least = x < least ? x : least;
		most = x > most ? x : most;
	}
	if (n == 0)
		return (struct frame_plan){ 0, 0 };
	return (struct frame_plan){ least ^ flip, width_for(most - least) };
}

#define PUT_FRAME(type)							\
	for (size_t i = 0; i < n; i++) {				\
		type x = (type)(v[i] - base);				\
		memcpy(p + i * sizeof(x), &x, sizeof(x));		\
	}

static void
put_frame(struct buf *out, const uint64_t *v, size_t n, struct frame_plan plan)
{
	uint64_t base = plan.base;
	char *p = buf_extend(out, n * plan.width);

	switch (plan.width) {
	case 0:
		break;
	case 1:
		PUT_FRAME(uint8_t)
		break;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	case 2:
		PUT_FRAME(uint16_t)
		break;
	case 4:
		PUT_FRAME(uint32_t)
		break;
	case 8:
		PUT_FRAME(uint64_t)
		break;
#endif
	default:		/* 8 bytes at a time, each put over the unused end of the last */
		for (size_t i = 0; i < n; i++)
			for (unsigned b = 0; b < plan.width; b++)
				p[i * plan.width + b] = (char)((v[i] - base) >> 8 * b);
		break;
	}
}

/*
 * The largest 10^j, j <= 9, that divides every difference of times: it is tried from the top down
 * on the first difference that is not zero, and given up where one does not divide.
 */
static unsigned
time_decimals(const int64_t *times, size_t n, int64_t least)
{
	static const uint64_t units[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000,
		100000000, 1000000000 };
	unsigned j = 9;

	for (size_t i = 0; i < n && j > 0; i++) {
		uint64_t d = (uint64_t)times[i] - (uint64_t)least;

		while (d % units[j] != 0)
			j--;
	}
	return j;
}

static void
put_times(struct buf *out, size_t head, const int64_t *times, size_t n)
{
	int64_t least = times[0], most = times[0];
	uint64_t *steps = memory_array(n, sizeof(*steps)), unit = 1;
	struct frame_plan plan;
	unsigned j;

	for (size_t i = 1; i < n; i++) {
		least = times[i] < least ? times[i] : least;
		most = times[i] > most ? times[i] : most;
	}
	j = time_decimals(times, n, least);
	for (unsigned i = 0; i < j; i++)
		unit *= 10;
	for (size_t i = 0; i < n; i++)
		steps[i] = ((uint64_t)times[i] - (uint64_t)least) / unit;
	plan = (struct frame_plan){ 0, width_for(((uint64_t)most - (uint64_t)least) / unit) };
	put_frame(out, steps, n, plan);
	free(steps);
	wide_store64(out->p + head + 16, (uint64_t)least);
	wide_store64(out->p + head + 24, (uint64_t)most);
	out->p[head + 42] = (char)plan.width;
	out->p[head + 43] = (char)j;
}

static void
put_series(struct buf *out, size_t head, const struct codec_rows *rows)
{
	struct frame_plan ids = plan_frame(rows->series, rows->n_series, false);
	uint64_t *ends = memory_array(rows->n_series, sizeof(*ends));
	struct frame_plan plan = { 0, width_for(rows->n_rows) };

	for (uint32_t i = 0; i < rows->n_series; i++)
		ends[i] = rows->ends[i];
	put_frame(out, rows->series, rows->n_series, ids);
	put_frame(out, ends, rows->n_series, plan);
	free(ends);
	wide_store64(out->p + head + 32, ids.base);
	out->p[head + 40] = (char)ids.width;
	out->p[head + 41] = (char)plan.width;
}

/*
 * The present values of a column, one after the other.
 */
static size_t
gather_present(const struct codec_column *column, size_t n_rows, uint64_t *out)
{
	size_t n = 0;

	if (column->present == NULL) {
		memcpy(out, column->cells, n_rows * sizeof(*out));
		return n_rows;
	}
	for (size_t i = 0; i < n_rows; i++)
		if (column->present[i >> 6] >> (i & 63) & 1)
			out[n++] = column->cells[i].u;
	return n;
}

static void
put_bitmap(struct buf *out, const uint64_t *present, size_t n_rows)
{
	size_t n_bytes = (n_rows + 7) / 8;
	char *p = buf_extend(out, n_bytes);

	for (size_t i = 0; i < n_bytes; i++)
		p[i] = (char)(present[i / 8] >> 8 * (i % 8));
	if (n_rows % 8 != 0)
		p[n_bytes - 1] = (char)((unsigned char)p[n_bytes - 1] & ((1u << n_rows % 8) - 1));
}

static void
put_floats(struct buf *out, size_t head, uint64_t *v, size_t n)
{
	int64_t *ints = memory_array(n, sizeof(*ints));
	double *values = memory_array(n, sizeof(*values));
	struct frame_plan plan = { 0, 8 };
	int k = -1;

	memcpy(values, v, n * sizeof(*v));
	if (n > 0 && (k = codec_decimals_fit(values, n, ints)) >= 0) {
		memcpy(v, ints, n * sizeof(*v));
		plan = plan_frame(v, n, true);
	}
	if (k >= 0 && plan.width < 8) {
		out->p[head + 5] = CODEC_DECIMALS;
		out->p[head + 7] = (char)k;
	} else {
		out->p[head + 5] = CODEC_BITS;
		memcpy(v, values, n * sizeof(*v));
		plan = (struct frame_plan){ 0, 8 };
	}
	out->p[head + 6] = (char)plan.width;
	wide_store64(out->p + head + 16, plan.base);
	put_frame(out, v, n, plan);
	free(values);
	free(ints);
}

static void
put_strings(struct buf *out, size_t head, const struct codec_column *column, uint64_t *v, size_t n)
{
	uint64_t end = 0, *ends = memory_array(n, sizeof(*ends));
	struct frame_plan plan;

	for (size_t i = 0; i < n; i++)
		ends[i] = end += column->strings[v[i]].n;
	plan = (struct frame_plan){ 0, width_for(end) };
	out->p[head + 5] = CODEC_STRINGS;
	out->p[head + 6] = (char)plan.width;
	put_frame(out, ends, n, plan);
	wide_store32(out->p + head + 28, (uint32_t)out->n);
	for (size_t i = 0; i < n; i++)
		buf_put_slice(out, column->strings[v[i]]);
	free(ends);
}

static void
put_integers(struct buf *out, size_t head, const struct codec_column *column, uint64_t *v, size_t n)
{
	struct frame_plan plan = plan_frame(v, n, column->type == VALUE_INTEGER);

	out->p[head + 5] = CODEC_INTEGERS;
	out->p[head + 6] = (char)plan.width;
	wide_store64(out->p + head + 16, plan.base);
	put_frame(out, v, n, plan);
}

/*
 * Head offsets are from the record's first byte, which is out->p[start].
 */
static void
put_column(struct buf *out, size_t start, size_t head, const struct codec_column *column,
    size_t n_rows, uint64_t *v)
{
	size_t n = gather_present(column, n_rows, v);

	wide_store32(out->p + head, column->field);
	out->p[head + 4] = (char)column->type;
	wide_store32(out->p + head + 8, (uint32_t)n);
	if (n < n_rows) {
		wide_store32(out->p + head + 24, (uint32_t)(out->n - start));
		put_bitmap(out, column->present, n_rows);
	}
	wide_store32(out->p + head + 12, (uint32_t)(out->n - start));
	if (column->type == VALUE_FLOAT)
		put_floats(out, head, v, n);
	else if (column->type == VALUE_STRING)
		put_strings(out, head, column, v, n);
	else
		put_integers(out, head, column, v, n);
	if (column->type == VALUE_STRING)
		wide_store32(out->p + head + 28, wide_load32(out->p + head + 28) - (uint32_t)start);
}

void
codec_batch_encode(const struct codec_rows *rows, struct buf *out)
{
	size_t start = out->n, heads = start + CODEC_BATCH_HEAD;
	size_t n_heads = CODEC_BATCH_HEAD + (size_t)rows->n_columns * CODEC_COLUMN_HEAD;
	uint64_t *v = memory_array(rows->n_rows, sizeof(*v));

	memset(buf_extend(out, n_heads), 0, n_heads);
	out->p[start + 4] = CODEC_BATCH_FORMAT;
	wide_store32(out->p + start + 8, rows->n_rows);
	wide_store32(out->p + start + 12, rows->n_series);
	wide_store32(out->p + start + 44, rows->n_columns);
	put_series(out, start, rows);
	put_times(out, start, rows->times, rows->n_rows);
	for (uint32_t i = 0; i < rows->n_columns; i++)
		put_column(out, start, heads + i * CODEC_COLUMN_HEAD, &rows->columns[i],
		    rows->n_rows, v);
	wide_store32(out->p + start, codec_crc32(out->p + start + 4, out->n - start - 4));
	free(v);
}
