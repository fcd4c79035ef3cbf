/*
 * codec/codec.h - rows of columns as bytes, and back
 *
 * Pure: no input, no output, no state. What the bytes look like on disk is told in
 * store/FORMAT.md; every decoder takes bytes of any origin and never reads past them.
 */
#ifndef WEIR_CODEC_CODEC_H
#define WEIR_CODEC_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/wide.h"
#include "model/value.h"

/*
 * codec_crc32 - CRC-32 as zlib and IEEE 802.3 have it
 * codec_crc32_flip - which bit of n bytes was flipped, by the change (exclusive or) of their CRC:
 *     false, no single one. Of up to 11 KB it cannot take two flipped bits for one, nor three of
 *     them but by a chance of 8 n in 2^32
 */
uint32_t	 codec_crc32(const void *p, size_t n);
bool		 codec_crc32_flip(uint32_t change, size_t n, size_t *byte, unsigned *bit);

/* ---- varints: seven bits a byte, low ones first, the high bit says that more follow ---- */

#define CODEC_VARINT_MAX 10

void		 codec_varint_put(struct buf *out, uint64_t v);
/*
 * codec_varint_get - take one from the front of `in`; -1 when it is cut short or over 64 bits
 */
int		 codec_varint_get_long(struct slice *in, uint64_t *v);

static inline int
codec_varint_get(struct slice *in, uint64_t *v)
{
	if (in->n == 0 || (in->p[0] & 0x80) != 0)
		return codec_varint_get_long(in, v);
	*v = (unsigned char)*in->p++;
	in->n--;
	return 0;
}

/* ---- batches: many series' rows as one journal record ---- */

/*
 * Rows in order of (series, time). Cells of absent values are not looked at.
 */
struct codec_column {
	uint32_t	 field;		/* id; columns are in ascending order of it */
	enum value_type	 type;
	const union cell *cells;	/* [n_rows] */
	const uint64_t	*present;	/* bit per row; NULL = every row */
	const struct slice *strings;	/* VALUE_STRING: what cells index */
};

#define CODEC_BATCH_ROWS (1u << 20)

struct codec_rows {
	uint32_t	 n_rows;	/* at least 1, at most CODEC_BATCH_ROWS */
	const int64_t	*times;
	uint32_t	 n_series;
	const uint64_t	*series;	/* ids, ascending */
	const uint32_t	*ends;		/* ends[k]: the row after the last one of series[k] */
	uint32_t	 n_columns;
	const struct codec_column *columns;
};

/*
 * codec_batch_encode - append the record to `out`
 *   from   FORMAT.md, "Journal records"; byte-width frames of reference: any value of any row is
 *          one load, so a reader slices a series without decoding the others
 */
void		 codec_batch_encode(const struct codec_rows *rows, struct buf *out);

struct codec_frame {			/* n numbers as base + a number of `width` bytes */
	uint64_t	 base;
	const unsigned char *p;
	unsigned	 width;		/* 0, 1, 2, 4, 5, 6 or 8 */
};

struct codec_batch_column {
	uint32_t	 field;
	uint8_t		 type, encoding, exponent;
	uint32_t	 n_present;
	struct codec_frame frame;
	const unsigned char *present;	/* bit per row, or NULL: all */
	const char	*text;		/* VALUE_STRING */
};

struct codec_batch {			/* a record opened for reading; borrows its bytes */
	uint32_t	 n_rows, n_series, n_columns;
	int64_t		 min_time, max_time;
	struct codec_frame series, ends, times;
	int64_t		 time_unit;
	struct codec_batch_column *columns;
};

/*
 * codec_batch_open - check the checksum and that every part lies inside; CODEC_SLACK bytes behind
 *                    the record must be readable
 *   owns   batch->columns is the arena's
 *   errs   ERR_CORRUPT
 */
#define CODEC_SLACK 8
int		 codec_batch_open(struct slice record, struct arena *arena, struct codec_batch *batch,
		     struct err *err);

/*
 * codec_batch_span - only the span of times of a record, from its first bytes, unchecked
 *   returns  0, or -1 when these are not the first CODEC_BATCH_HEAD bytes of one
 */
#define CODEC_BATCH_HEAD 48
int		 codec_batch_span(struct slice head, int64_t *min_time, int64_t *max_time);

/*
 * codec_batch_times - the times of rows [first, first + n)
 * codec_batch_cells - one column of these rows
 *   in     at       where in cells and in the bitmap `present` the first row goes
 *          strings  *n_strings are there; those of these rows are put behind them
 *   out    present  their bits are set or cleared
 *   returns         how many of them are present
 */
void		 codec_batch_times(const struct codec_batch *batch, uint32_t first, uint32_t n,
		     int64_t *times);
uint32_t	 codec_batch_cells(const struct codec_batch *batch,
		     const struct codec_batch_column *column, uint32_t first, uint32_t n,
		     size_t at, union cell *cells, uint64_t *present, struct slice *strings,
		     size_t *n_strings);
const struct codec_batch_column *codec_batch_find(const struct codec_batch *batch, uint32_t field);

/*
 * ---- columns of chunks: n values of one type as few bytes ----
 *
 * Behind the bytes that a decoder is given, CODEC_SLACK more must be readable.
 */

/*
 * codec_integers_encode - append n (at least 1) 64-bit numbers; differences are modulo 2^64, so any
 *                         will do, and those that are close to their neighbours take few bits
 * codec_integers_decode - take n of them from the front of `in`
 *   errs   ERR_CORRUPT
 */
void		 codec_integers_encode(const uint64_t *v, size_t n, struct buf *out);
int		 codec_integers_decode(struct slice *in, size_t n, uint64_t *v, struct err *err);

/*
 * codec_floats_encode, codec_floats_decode - doubles, every bit of them
 * codec_strings_encode, codec_strings_decode - texts; those decoded live in the arena or in `in`
 */
void		 codec_floats_encode(const double *v, size_t n, struct buf *out);
int		 codec_floats_decode(struct slice *in, size_t n, double *v, struct err *err);
void		 codec_strings_encode(const struct slice *v, size_t n, struct buf *out);
int		 codec_strings_decode(struct slice *in, size_t n, struct slice *v, struct arena *arena,
		     struct err *err);

/* ---- chunks: up to CODEC_CHUNK_ROWS rows of one series ---- */

#define CODEC_CHUNK_ROWS 4096

struct codec_chunk_rows {
	uint32_t	 n_rows;	/* 1 .. CODEC_CHUNK_ROWS */
	const int64_t	*times;		/* strictly rising */
	uint32_t	 n_columns;
	const struct codec_column *columns;	/* ascending by field; each with a value at least */
};

/*
 * codec_chunk_encode - append the record to `out`: a head with a directory of columns, then the
 *                      times, then each column
 */
void		 codec_chunk_encode(const struct codec_chunk_rows *rows, struct buf *out);

/*
 * What the directory says of a column's values. min and max are of numbers and booleans; of equal
 * candidates the earliest row counts. first and last are the values of the first and last row that
 * has one; for strings only their rows are known.
 */
struct codec_summary {
	union cell	 min, max, first, last;
	union cell	 sum;		/* of integers modulo 2^64; of floats in order of rows */
	uint32_t	 min_row, max_row, first_row, last_row;
};

struct codec_chunk_column {
	uint32_t	 field;
	uint8_t		 type;
	uint32_t	 n_present;
	uint32_t	 offset, length;	/* of its bytes, from the record's first byte */
	uint32_t	 crc;			/* of these bytes */
	struct codec_summary summary;
};

struct codec_chunk {
	uint32_t	 n_rows, n_columns;
	int64_t		 min_time, max_time;
	uint32_t	 head_bytes, total_bytes;
	uint32_t	 times_offset, times_length, times_crc;
	struct codec_chunk_column *columns;
};

/*
 * codec_chunk_head_bytes - how long the head is, from a record's first CODEC_CHUNK_PREFIX bytes
 *   returns  0 when these are not the first bytes of a chunk
 * codec_chunk_open - read and verify the head; `head` holds at least head_bytes
 * codec_chunk_open_some - the same; of the columns at least those of some fields are read, in any
 *                         order, each named once. NULL: all
 * codec_chunk_times, codec_chunk_cells - from the column's own bytes (offset, length), verified
 *   in     bytes      CODEC_SLACK more behind them must be readable
 *          at         where in cells and in the bitmap `present` row 0 goes
 *          strings    *n_strings are there; those of this column are put behind them
 *   out    cells, present  as codec_batch_cells; texts live in `bytes` or in the arena
 *   errs   ERR_CORRUPT
 */
#define CODEC_CHUNK_PREFIX 16
size_t		 codec_chunk_head_bytes(struct slice prefix);
int		 codec_chunk_open(struct slice head, struct arena *arena, struct codec_chunk *chunk,
		     struct err *err);
struct codec_chunk_fields {
	const uint32_t	*fields;
	size_t		 n;
};

int		 codec_chunk_open_some(struct slice head, const struct codec_chunk_fields *wanted,
		     struct arena *arena, struct codec_chunk *chunk, struct err *err);
int		 codec_chunk_times(const struct codec_chunk *chunk, struct slice bytes, int64_t *times,
		     struct err *err);
int		 codec_chunk_cells(const struct codec_chunk *chunk,
		     const struct codec_chunk_column *column, struct slice bytes, struct arena *arena,
		     size_t at, union cell *cells, uint64_t *present, struct slice *strings,
		     size_t *n_strings, struct err *err);
/*
 * codec_chunk_steady - are the times a first one and then the same step, over and over? False, too,
 *                      when they cannot be read
 * codec_chunk_part - the values of rows [first, first + n) of a column that is not of strings, and in
 *                    which every row has one: what comes behind them is not decoded
 */
bool		 codec_chunk_steady(const struct codec_chunk *chunk, struct slice bytes,
		     uint64_t *step);
int		 codec_chunk_part(const struct codec_chunk *chunk,
		     const struct codec_chunk_column *column, struct slice bytes, uint32_t first,
		     uint32_t n, union cell *cells, struct err *err);
const struct codec_chunk_column *codec_chunk_find(const struct codec_chunk *chunk, uint32_t field);

static inline uint64_t
codec_frame_get(const struct codec_frame *frame, size_t index)
{
	uint64_t v;

	if (frame->width == 0)
		return frame->base;
	v = wide_load64(frame->p + index * frame->width);
	if (frame->width < 8)
		v &= (UINT64_C(1) << frame->width * 8) - 1;
	return frame->base + v;
}

#endif
