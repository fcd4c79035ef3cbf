/*
 * codec/chunk.c - up to 4096 rows of one series as one record
 *
 *     head: crc  magic  format  rows  lengths  least time ...  directory of columns
 *     times
 *     per column: [which rows have a value]  values
 *
 * The head comes first and says where everything is and what each column comes to (least, greatest,
 * sum, first, last), so that the first few hundred bytes of a record answer many questions; head,
 * times and each column carry their own checksum, and may be fetched one by one. Values of a column
 * are dense: rows without one take no place among them.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/bits.h"
#include "codec/chunk.h"

struct dense {			/* a column's values, one after the other, and their rows */
	size_t		 n;
	const union cell *cells;
	const uint32_t	*rows;
	const struct slice *strings;
};

struct scratch {		/* room for the values of one column, and the numbers of all rows */
	union cell	*cells;
	uint32_t	*rows, *all_rows;
	struct slice	*strings;
};

static void
gather(const struct codec_column *column, size_t n_rows, struct scratch *scratch, struct dense *dense)
{
	size_t n = 0;

	*dense = (struct dense){ n_rows, column->cells, scratch->all_rows, scratch->strings };
	if (column->present != NULL) {
		for (size_t row = 0; row < n_rows; row++) {
			scratch->rows[n] = (uint32_t)row;
			scratch->cells[n] = column->cells[row];
			n += column->present[row >> 6] >> (row & 63) & 1;
		}
		*dense = (struct dense){ n, scratch->cells, scratch->rows, scratch->strings };
	}
	if (column->type == VALUE_STRING)
		for (size_t i = 0; i < dense->n; i++)
			scratch->strings[i] = column->strings[dense->cells[i].u];
}

/* ---- what a column comes to ---- */

struct ends {
	size_t		 min, max;	/* places of the least and the greatest */
	union cell	 sum;
};

/*
 * Of equal values the earliest counts. The three chains of the loop do not wait for one another.
 */
#define FIND_ENDS(type, member, added) do {					\
	type least = cells[0].member, greatest = cells[0].member;		\
	added sum = 0;								\
										\
	for (size_t i = 0; i < n; i++) {					\
		type x = cells[i].member;					\
										\
		least = x < least ? x : least;					\
		greatest = x > greatest ? x : greatest;				\
		sum += (added)x;						\
	}									\
	while (ends.min + 1 < n && cells[ends.min].member != least)		\
		ends.min++;							\
	while (ends.max + 1 < n && cells[ends.max].member != greatest)		\
		ends.max++;							\
	memcpy(&ends.sum, &sum, sizeof(sum));					\
} while (0)

static struct ends
find_ends(const union cell *cells, size_t n, enum value_type type)
{
	struct ends ends = { 0, 0, { .u = 0 } };

	if (type == VALUE_FLOAT)
		FIND_ENDS(double, f, double);
	else if (type == VALUE_INTEGER)
		FIND_ENDS(int64_t, i, uint64_t);
	else
		FIND_ENDS(uint64_t, u, uint64_t);
	return ends;
}

static struct codec_summary
summarise(const struct dense *dense, enum value_type type)
{
	struct codec_summary s = { .first_row = dense->rows[0], .last_row = dense->rows[dense->n - 1] };
	struct ends ends;

	if (type == VALUE_STRING)
		return s;
	ends = find_ends(dense->cells, dense->n, type);
	s.min_row = dense->rows[ends.min];
	s.max_row = dense->rows[ends.max];
	s.min = dense->cells[ends.min];
	s.max = dense->cells[ends.max];
	s.first = dense->cells[0];
	s.last = dense->cells[dense->n - 1];
	s.sum = ends.sum;
	return s;
}

/* ---- the directory ---- */

/*
 * Four numbers, three of them by how far they are from the first.
 */
static void
put_ends(uint64_t first, uint64_t min, uint64_t max, uint64_t last, struct buf *out)
{
	codec_varint_put(out, zigzag(first));
	codec_varint_put(out, first - min);
	codec_varint_put(out, max - first);
	codec_varint_put(out, zigzag(last - first));
}

static void
put_float_summary(const struct codec_summary *s, size_t mark_at, struct buf *out)
{
	double v[4] = { s->first.f, s->min.f, s->max.f, s->last.f };
	int64_t ints[4];
	int k = codec_decimals_fit(v, 4, ints);

	if (k >= 0) {
		out->p[mark_at] |= CHUNK_DECIMALS;
		buf_putc(out, (char)k);
		put_ends((uint64_t)ints[0], (uint64_t)ints[1], (uint64_t)ints[2], (uint64_t)ints[3], out);
	} else {
		wide_store64(buf_extend(out, 8), s->first.u);
		wide_store64(buf_extend(out, 8), s->min.u);
		wide_store64(buf_extend(out, 8), s->max.u);
		wide_store64(buf_extend(out, 8), s->last.u);
	}
	wide_store64(buf_extend(out, 8), s->sum.u);
}

static void
put_entry(const struct codec_column *column, uint32_t field_before, const struct dense *dense,
    size_t n_rows, struct slice bytes, struct buf *out)
{
	struct codec_summary s = summarise(dense, column->type);
	size_t mark_at;

	codec_varint_put(out, column->field - field_before);
	mark_at = out->n;
	buf_putc(out, (char)((unsigned)column->type | (dense->n < n_rows ? CHUNK_SPARSE : 0)));
	if (dense->n < n_rows) {
		codec_varint_put(out, dense->n);
		codec_varint_put(out, s.first_row);
		codec_varint_put(out, n_rows - 1 - s.last_row);
	}
	codec_varint_put(out, bytes.n);
	wide_store32(buf_extend(out, 4), codec_crc32(bytes.p, bytes.n));
	if (column->type == VALUE_STRING)
		return;
	codec_varint_put(out, s.min_row);
	codec_varint_put(out, s.max_row);
	if (column->type == VALUE_FLOAT) {
		put_float_summary(&s, mark_at, out);
		return;
	}
	put_ends(s.first.u, s.min.u, s.max.u, s.last.u, out);
	codec_varint_put(out, zigzag(s.sum.u - s.first.u * dense->n));
}

/* ---- columns ---- */

static void
put_presence(const struct dense *dense, size_t n_rows, struct buf *out)
{
	size_t n_bitmap = (n_rows + 7) / 8, row = 0;
	struct buf runs = { 0 };

	/* rows without a value, rows with one, and so on until the last value */
	for (size_t i = 0; i < dense->n;) {
		size_t from = i;

		codec_varint_put(&runs, dense->rows[i] - row);
		while (i < dense->n && dense->rows[i] - dense->rows[from] == i - from)
			i++;
		codec_varint_put(&runs, i - from);
		row = dense->rows[i - 1] + 1;
	}
	if (runs.n < n_bitmap) {
		buf_putc(out, CHUNK_RUNS);
		buf_put_slice(out, buf_slice(&runs));
	} else {
		char *p;

		buf_putc(out, CHUNK_BITMAP);
		p = buf_extend(out, n_bitmap);
		memset(p, 0, n_bitmap);
		for (size_t i = 0; i < dense->n; i++)
			p[dense->rows[i] / 8] |= (char)(1u << dense->rows[i] % 8);
	}
	buf_free(&runs);
}

static void
put_values(const struct dense *dense, enum value_type type, struct buf *out)
{
	switch (type) {
	case VALUE_FLOAT:
		codec_floats_encode(&dense->cells[0].f, dense->n, out);
		break;
	case VALUE_STRING:
		codec_strings_encode(dense->strings, dense->n, out);
		break;
	default:
		codec_integers_encode(&dense->cells[0].u, dense->n, out);
		break;
	}
}

static void
put_fixed(const struct codec_chunk_rows *rows, size_t times_n, uint32_t times_crc, struct buf *head)
{
	char *p = buf_extend(head, CHUNK_HEAD);

	memset(p, 0, CHUNK_HEAD);
	p[4] = CHUNK_MAGIC;
	p[5] = CHUNK_FORMAT;
	p[6] = (char)rows->n_rows;
	p[7] = (char)(rows->n_rows >> 8);
	wide_store64(p + 16, (uint64_t)rows->times[0]);
	wide_store32(p + 24, (uint32_t)times_n);
	wide_store32(p + 28, times_crc);
	codec_varint_put(head, (uint64_t)rows->times[rows->n_rows - 1] - (uint64_t)rows->times[0]);
	codec_varint_put(head, rows->n_columns);
}

void
codec_chunk_encode(const struct codec_chunk_rows *rows, struct buf *out)
{
	struct buf head = { 0 }, body = { 0 };
	size_t n_rows = rows->n_rows;
	struct scratch scratch = {
		memory_grow(NULL, n_rows, sizeof(*scratch.cells)),
		memory_grow(NULL, n_rows, sizeof(*scratch.rows)),
		memory_grow(NULL, n_rows, sizeof(*scratch.all_rows)),
		memory_grow(NULL, n_rows, sizeof(*scratch.strings)),
	};
	uint32_t field_before = 0;

	for (size_t i = 0; i < n_rows; i++) {
		scratch.all_rows[i] = (uint32_t)i;
		scratch.cells[i].i = rows->times[i];
	}
	codec_integers_encode(&scratch.cells[0].u, n_rows, &body);
	put_fixed(rows, body.n, codec_crc32(body.p, body.n), &head);
	for (uint32_t i = 0; i < rows->n_columns; i++) {
		const struct codec_column *column = &rows->columns[i];
		size_t from = body.n;
		struct dense dense;

		gather(column, n_rows, &scratch, &dense);
		if (dense.n < n_rows)
			put_presence(&dense, n_rows, &body);
		put_values(&dense, column->type, &body);
		put_entry(column, field_before, &dense, n_rows,
		    slice_make(body.p + from, body.n - from), &head);
		field_before = column->field;
	}
	wide_store32(head.p + 8, (uint32_t)head.n);
	wide_store32(head.p + 12, (uint32_t)(head.n + body.n));
	wide_store32(head.p, codec_crc32(head.p + 4, head.n - 4));
	buf_put_slice(out, buf_slice(&head));
	buf_put_slice(out, buf_slice(&body));
	free(scratch.strings);
	free(scratch.all_rows);
	free(scratch.rows);
	free(scratch.cells);
	buf_free(&body);
	buf_free(&head);
}
