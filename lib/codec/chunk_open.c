/*
 * codec/chunk_open.c - chunks read: the head alone, then the times or single columns
 *
 * A head is believed when its checksum holds, and even then every count is compared with what it
 * counts: rows with the chunk's, lengths with the record's. Columns are verified when they are read.
 */
#include "codec/bits.h"
#include "codec/chunk.h"
#include "codec/integers.h"

#define ENTRY_LEAST 7		/* bytes of a column in the directory, at least */
#define WANTED_MOST 16		/* fields: looking for more takes longer than reading all entries */

size_t
codec_chunk_head_bytes(struct slice prefix)
{
	uint32_t n;

	if (prefix.n < CODEC_CHUNK_PREFIX || prefix.p[4] != CHUNK_MAGIC ||
	    prefix.p[5] != CHUNK_FORMAT)
		return 0;
	n = wide_load32(prefix.p + 8);
	return n > CHUNK_HEAD && n <= wide_load32(prefix.p + 12) ? n : 0;
}

/* ---- the directory ---- */

static int
get_byte(struct slice *in, uint8_t *byte)
{
	if (in->n == 0)
		return -1;
	*byte = (uint8_t)in->p[0];
	*in = slice_make(in->p + 1, in->n - 1);
	return 0;
}

/*
 * A varint that is at most `most`.
 */
static int
get_count(struct slice *in, uint64_t most, uint32_t *count)
{
	uint64_t v;

	if (codec_varint_get(in, &v) != 0 || v > most)
		return -1;
	*count = (uint32_t)v;
	return 0;
}

static int
get_ends(struct slice *in, uint64_t *first, uint64_t *min, uint64_t *max, uint64_t *last)
{
	uint64_t below, above, ahead;

	if (varint_get_signed(in, first) != 0 || codec_varint_get(in, &below) != 0 ||
	    codec_varint_get(in, &above) != 0 || varint_get_signed(in, &ahead) != 0)
		return -1;
	*min = *first - below;
	*max = *first + above;
	*last = *first + ahead;
	return 0;
}

static int
get_float_summary(struct slice *in, bool decimals, struct codec_summary *s)
{
	union cell *ends[4] = { &s->first, &s->min, &s->max, &s->last };
	uint64_t ints[4];
	uint8_t k;

	if (decimals) {
		if (get_byte(in, &k) != 0 || k > CODEC_DECIMALS_MAX ||
		    get_ends(in, &ints[0], &ints[1], &ints[2], &ints[3]) != 0)
			return -1;
		for (int i = 0; i < 4; i++)
			ends[i]->f = (double)(int64_t)ints[i] / codec_decimals_power(k);
	} else {
		if (in->n < 32)
			return -1;
		for (int i = 0; i < 4; i++)
			ends[i]->u = wide_load64(in->p + 8 * i);
		*in = slice_make(in->p + 32, in->n - 32);
	}
	if (in->n < 8)
		return -1;
	s->sum.u = wide_load64(in->p);
	*in = slice_make(in->p + 8, in->n - 8);
	return 0;
}

static int
get_summary(struct slice *in, uint8_t marks, uint32_t n_rows, struct codec_chunk_column *column)
{
	struct codec_summary *s = &column->summary;
	uint64_t more;

	if (column->type == VALUE_STRING)
		return 0;
	if (get_count(in, n_rows - 1, &s->min_row) != 0 || get_count(in, n_rows - 1, &s->max_row) != 0)
		return -1;
	if (column->type == VALUE_FLOAT)
		return get_float_summary(in, (marks & CHUNK_DECIMALS) != 0, s);
	if (get_ends(in, &s->first.u, &s->min.u, &s->max.u, &s->last.u) != 0 ||
	    varint_get_signed(in, &more) != 0)
		return -1;
	s->sum.u = s->first.u * column->n_present + more;
	return 0;
}

/*
 * Past a summary that nobody asked for.
 */
static int
skip_summary(struct slice *in, uint8_t marks)
{
	uint8_t type = marks & CHUNK_TYPE;
	unsigned n_varints = 2;
	size_t n_bytes = 0;
	uint64_t v;

	if (type == VALUE_STRING)
		return 0;
	if (type != VALUE_FLOAT)
		n_varints = 7;
	for (; n_varints > 0; n_varints--)
		if (codec_varint_get(in, &v) != 0)
			return -1;
	if (type == VALUE_FLOAT && (marks & CHUNK_DECIMALS) != 0) {
		uint8_t k;

		if (get_byte(in, &k) != 0)
			return -1;
		for (n_varints = 4; n_varints > 0; n_varints--)
			if (codec_varint_get(in, &v) != 0)
				return -1;
		n_bytes = 8;
	} else if (type == VALUE_FLOAT) {
		n_bytes = 40;
	}
	if (in->n < n_bytes)
		return -1;
	*in = slice_make(in->p + n_bytes, in->n - n_bytes);
	return 0;
}

static bool
type_known(uint8_t type)
{
	return type >= VALUE_FLOAT && type <= VALUE_BOOLEAN;
}

/*
 * What of an entry stands in front of its summary.
 */
static int
get_entry(struct slice *in, uint32_t n_rows, bool is_first, uint32_t field_before,
    struct codec_chunk_column *column, uint8_t *mark)
{
	struct codec_summary *s = &column->summary;
	uint32_t ahead, behind = 0;
	uint8_t marks;

	memset(column, 0, sizeof(*column));
	if (get_count(in, UINT32_MAX - field_before, &ahead) != 0 || (!is_first && ahead == 0) ||
	    get_byte(in, &marks) != 0 || !type_known(marks & CHUNK_TYPE) || (marks & ~CHUNK_MARKS) != 0)
		return -1;
	column->field = field_before + ahead;
	column->type = marks & CHUNK_TYPE;
	column->n_present = n_rows;
	if ((marks & CHUNK_SPARSE) != 0 && (get_count(in, n_rows - 1, &column->n_present) != 0 ||
	    get_count(in, n_rows - 1, &s->first_row) != 0 || get_count(in, n_rows - 1, &behind) != 0))
		return -1;
	s->last_row = n_rows - 1 - behind;
	if (column->n_present == 0 || s->first_row > s->last_row ||
	    column->n_present > s->last_row - s->first_row + 1 ||
	    get_count(in, UINT32_MAX, &column->length) != 0 || in->n < 4)
		return -1;
	column->crc = wide_load32(in->p);
	*in = slice_make(in->p + 4, in->n - 4);
	*mark = marks;
	return 0;
}

static bool
is_wanted(const struct codec_chunk_fields *wanted, uint32_t field)
{
	if (wanted == NULL || wanted->n > WANTED_MOST)
		return true;
	for (size_t i = 0; i < wanted->n; i++)
		if (wanted->fields[i] == field)
			return true;
	return false;
}

static int
get_directory(struct slice in, const struct codec_chunk_fields *wanted, struct arena *arena,
    struct codec_chunk *chunk)
{
	uint64_t span, offset = chunk->head_bytes;
	uint32_t n_entries, field = 0, n = 0;

	if (codec_varint_get(&in, &span) != 0 || (chunk->n_rows == 1) != (span == 0) ||
	    span > (uint64_t)INT64_MAX - (uint64_t)chunk->min_time ||
	    get_count(&in, in.n / ENTRY_LEAST, &n_entries) != 0)
		return -1;
	chunk->max_time = (int64_t)((uint64_t)chunk->min_time + span);
	chunk->times_offset = chunk->head_bytes;
	offset += chunk->times_length;
	chunk->columns = arena_array(arena, struct codec_chunk_column,
	    (wanted != NULL && wanted->n < n_entries && wanted->n <= WANTED_MOST
	    ? wanted->n : n_entries) + 1);
	for (uint32_t i = 0; i < n_entries; i++) {
		struct codec_chunk_column *column = &chunk->columns[n];
		uint8_t marks;

		if (get_entry(&in, chunk->n_rows, i == 0, field, column, &marks) != 0)
			return -1;
		field = column->field;
		column->offset = (uint32_t)offset;
		offset += column->length;
		if (offset > chunk->total_bytes)
			return -1;
		if (!is_wanted(wanted, field)) {
			if (skip_summary(&in, marks) != 0)
				return -1;
			continue;
		}
		if (get_summary(&in, marks, chunk->n_rows, column) != 0)
			return -1;
		n++;
	}
	chunk->n_columns = n;
	return in.n == 0 && offset == chunk->total_bytes ? 0 : -1;
}

int
codec_chunk_open(struct slice head, struct arena *arena, struct codec_chunk *chunk, struct err *err)
{
	return codec_chunk_open_some(head, NULL, arena, chunk, err);
}

int
codec_chunk_open_some(struct slice head, const struct codec_chunk_fields *wanted,
    struct arena *arena, struct codec_chunk *chunk, struct err *err)
{
	size_t n = codec_chunk_head_bytes(head);

	if (n == 0)
		return err_set(err, ERR_CORRUPT, "a chunk does not begin as one");
	if (n > head.n)
		return err_set(err, ERR_CORRUPT, "a chunk's head is cut short");
	if (wide_load32(head.p) != codec_crc32(head.p + 4, n - 4))
		return err_set(err, ERR_CORRUPT, "a chunk's head fails its checksum");
	memset(chunk, 0, sizeof(*chunk));
	chunk->n_rows = (unsigned char)head.p[6] | (uint32_t)(unsigned char)head.p[7] << 8;
	chunk->head_bytes = (uint32_t)n;
	chunk->total_bytes = wide_load32(head.p + 12);
	chunk->min_time = (int64_t)wide_load64(head.p + 16);
	chunk->times_length = wide_load32(head.p + 24);
	chunk->times_crc = wide_load32(head.p + 28);
	if (chunk->n_rows == 0 || chunk->n_rows > CODEC_CHUNK_ROWS ||
	    get_directory(slice_make(head.p + CHUNK_HEAD, n - CHUNK_HEAD), wanted, arena, chunk) != 0)
		return err_set(err, ERR_CORRUPT, "a chunk's directory does not add up");
	return 0;
}

const struct codec_chunk_column *
codec_chunk_find(const struct codec_chunk *chunk, uint32_t field)
{
	uint32_t low = 0, high = chunk->n_columns;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (chunk->columns[middle].field < field)
			low = middle + 1;
		else
			high = middle;
	}
	return low < chunk->n_columns && chunk->columns[low].field == field
	    ? &chunk->columns[low] : NULL;
}

/* ---- times and columns ---- */

static int
check_bytes(struct slice bytes, uint32_t length, uint32_t crc, struct err *err)
{
	if (bytes.n < length || codec_crc32(bytes.p, length) != crc)
		return err_set(err, ERR_CORRUPT, "a chunk's column fails its checksum");
	return 0;
}

int
codec_chunk_times(const struct codec_chunk *chunk, struct slice bytes, int64_t *times,
    struct err *err)
{
	uint32_t n = chunk->n_rows, out_of_order = 0;

	if (check_bytes(bytes, chunk->times_length, chunk->times_crc, err) != 0)
		return -1;
	bytes.n = chunk->times_length;
	if (codec_integers_decode(&bytes, n, (uint64_t *)times, err) != 0)
		return -1;
	for (uint32_t i = 1; i < n; i++)
		out_of_order |= times[i] <= times[i - 1];
	if (bytes.n != 0 || out_of_order || times[0] != chunk->min_time ||
	    times[n - 1] != chunk->max_time)
		return err_set(err, ERR_CORRUPT, "a chunk's times are not those of its head");
	return 0;
}

bool
codec_chunk_steady(const struct codec_chunk *chunk, struct slice bytes, uint64_t *step)
{
	uint64_t span = (uint64_t)chunk->max_time - (uint64_t)chunk->min_time, first;
	struct err err;

	if (bytes.n < chunk->times_length || chunk->n_rows < 2 ||
	    !integers_steady(slice_make(bytes.p, chunk->times_length), &first, step))
		return false;
	return check_bytes(bytes, chunk->times_length, chunk->times_crc, &err) == 0 &&
	    first == (uint64_t)chunk->min_time && *step == span / (chunk->n_rows - 1) &&
	    *step * (chunk->n_rows - 1) == span;
}

/*
 * Bits [at, at + n) of a bitmap become the lowest n of `word`; n is 1 to 64.
 */
static inline void
put_word(uint64_t *bits, size_t at, unsigned n, uint64_t word)
{
	uint64_t mask = UINT64_MAX >> (64 - n), *p = &bits[at >> 6];
	unsigned shift = at & 63;

	p[0] = (p[0] & ~(mask << shift)) | (word & mask) << shift;
	if (shift + n > 64)
		p[1] = (p[1] & ~(mask >> (64 - shift))) | (word & mask) >> (64 - shift);
}

static void
put_run(uint64_t *bits, size_t at, size_t n, bool set)
{
	for (; n > 64; at += 64, n -= 64)
		put_word(bits, at, 64, 0 - (uint64_t)set);
	if (n > 0)
		put_word(bits, at, (unsigned)n, 0 - (uint64_t)set);
}

static int
get_runs(struct slice *in, size_t n_rows, size_t n_present, size_t at, uint64_t *present)
{
	size_t row = 0;
	uint32_t without, with;

	while (n_present > 0) {
		if (get_count(in, n_rows - row, &without) != 0 ||
		    get_count(in, n_rows - row - without, &with) != 0 || with == 0 || with > n_present)
			return -1;
		put_run(present, at + row, without, false);
		put_run(present, at + row + without, with, true);
		row += without + with;
		n_present -= with;
	}
	put_run(present, at + row, n_rows - row, false);
	return 0;
}

static int
get_bitmap(struct slice *in, size_t n_rows, size_t n_present, size_t at, uint64_t *present)
{
	size_t n_bytes = (n_rows + 7) / 8, count = 0;

	if (in->n < n_bytes)
		return -1;
	for (size_t row = 0; row < n_rows; row += 64) {
		unsigned m = n_rows - row < 64 ? (unsigned)(n_rows - row) : 64;
		uint64_t word = wide_load64(in->p + row / 8) & UINT64_MAX >> (64 - m);

		put_word(present, at + row, m, word);
		count += (size_t)__builtin_popcountll(word);
	}
	*in = slice_make(in->p + n_bytes, in->n - n_bytes);
	return count == n_present ? 0 : -1;
}

/*
 * Which rows have a value; they must be as many as the directory says, from its first to its last.
 */
static int
get_presence(struct slice *in, const struct codec_chunk *chunk,
    const struct codec_chunk_column *column, size_t at, uint64_t *present)
{
	uint8_t form;

	if (column->n_present == chunk->n_rows) {
		put_run(present, at, chunk->n_rows, true);
		return 0;
	}
	return get_byte(in, &form) != 0 || form > CHUNK_RUNS || (form == CHUNK_RUNS
	    ? get_runs(in, chunk->n_rows, column->n_present, at, present)
	    : get_bitmap(in, chunk->n_rows, column->n_present, at, present)) != 0 ? -1 : 0;
}

static int
get_values(struct slice *in, const struct codec_chunk_column *column, struct arena *arena,
    union cell *cells, struct slice *strings, size_t *n_strings, struct err *err)
{
	size_t n = column->n_present;
	uint64_t all = 0;

	switch (column->type) {
	case VALUE_FLOAT:
		return codec_floats_decode(in, n, &cells[0].f, err);
	case VALUE_STRING:
		if (codec_strings_decode(in, n, strings + *n_strings, arena, err) != 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			cells[i].u = (*n_strings)++;
		return 0;
	case VALUE_BOOLEAN:
		if (codec_integers_decode(in, n, &cells[0].u, err) != 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			all |= cells[i].u;
		return all > 1 ? err_set(err, ERR_CORRUPT, "a chunk's boolean is none") : 0;
	default:
		return codec_integers_decode(in, n, &cells[0].u, err);
	}
}

/*
 * Dense values to their rows, from the back, so that none is overwritten before it moved.
 */
static void
spread(union cell *cells, size_t n_rows, size_t n_present, size_t at, const uint64_t *present)
{
	for (size_t row = n_rows; row-- > 0 && n_present <= row;)
		if (present[(at + row) >> 6] >> ((at + row) & 63) & 1)
			cells[row] = cells[--n_present];
}

int
codec_chunk_cells(const struct codec_chunk *chunk, const struct codec_chunk_column *column,
    struct slice bytes, struct arena *arena, size_t at, union cell *cells, uint64_t *present,
    struct slice *strings, size_t *n_strings, struct err *err)
{
	if (check_bytes(bytes, column->length, column->crc, err) != 0)
		return -1;
	bytes.n = column->length;
	if (get_presence(&bytes, chunk, column, at, present) != 0)
		return err_set(err, ERR_CORRUPT, "a chunk's column miscounts its rows");
	if (get_values(&bytes, column, arena, cells + at, strings, n_strings, err) != 0)
		return -1;
	if (bytes.n != 0)
		return err_set(err, ERR_CORRUPT, "a chunk's column has bytes left over");
	spread(cells + at, chunk->n_rows, column->n_present, at, present);
	return 0;
}

int
codec_chunk_part(const struct codec_chunk *chunk, const struct codec_chunk_column *column,
    struct slice bytes, uint32_t first, uint32_t n, union cell *cells, struct err *err)
{
	union cell room[CODEC_CHUNK_ROWS];
	uint64_t all = 0;

	if (check_bytes(bytes, column->length, column->crc, err) != 0)
		return -1;
	bytes.n = column->length;
	if (column->type == VALUE_FLOAT)
		return floats_decode_part(&bytes, chunk->n_rows, first, n, room, cells, err);
	if (integers_decode_some(&bytes, chunk->n_rows, first + n, &room[0].u, err) != 0)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		cells[i] = room[first + i];
		all |= cells[i].u;
	}
	return column->type == VALUE_BOOLEAN && all > 1
	    ? err_set(err, ERR_CORRUPT, "a chunk's boolean is none") : 0;
}
