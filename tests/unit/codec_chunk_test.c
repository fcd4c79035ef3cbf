/*
 * tests/unit/codec_chunk_test.c - chunks: what goes in comes out, whole or by column, the directory
 * tells the truth, and damage is told
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "codec_samples.h"

#define ROWS	CODEC_CHUNK_ROWS
#define COLUMNS	6

static const enum value_type types[COLUMNS] = { VALUE_FLOAT, VALUE_INTEGER, VALUE_UNSIGNED,
	VALUE_STRING, VALUE_BOOLEAN, VALUE_FLOAT };
static const char *const words[] = { "", "a", "bcd", "some longer text", "\xc3\xa9" };

struct sample {
	int64_t		 times[ROWS];
	union cell	 cells[COLUMNS][ROWS];
	uint64_t	 present[COLUMNS][ROWS / 64 + 1];
	struct slice	 strings[ROWS];
	struct codec_column columns[COLUMNS];
	struct codec_chunk_rows rows;
};

struct answer {			/* with room for a start at another row than the first */
	union cell	 cells[ROWS + 100];
	uint64_t	 present[ROWS / 64 + 4];
	struct slice	 strings[ROWS + 8];
	int64_t		 times[ROWS];
};

static double
draw_float(uint64_t *state, int style)
{
	uint64_t r = unit_random(state);
	double v;

	switch (style) {
	case 0:
		return ((double)(r % 100000) - 30000) / 100;
	case 1:
		return r % 7 == 0 ? -0.0 : (double)r * 1.1e-7;
	default:
		if ((r >> 52 & 0x7ff) == 0x7ff)
			return 1.5;
		memcpy(&v, &r, sizeof(v));
		return v;
	}
}

/*
 * Every seed has another style of values and another share of rows without one.
 */
static void
fill(struct sample *s, uint64_t seed, uint32_t n)
{
	uint64_t state = seed * 2 + 1;
	int style = (int)(seed % 3);
	int64_t at = seed % 5 == 4 ? INT64_MIN + 5 : INT64_C(1451606400000000000);

	for (uint32_t i = 0; i < n; i++) {
		s->times[i] = at;
		at += style == 0 ? INT64_C(10000000000) : 1 + (int64_t)(unit_random(&state) % 5000);
		s->strings[i] = slice_from(words[unit_random(&state) % UNIT_N(words)]);
	}
	for (uint32_t c = 0; c < COLUMNS; c++) {
		uint64_t share = (seed + c) % 4, *present = s->present[c];

		memset(present, 0, sizeof(s->present[c]));
		for (uint32_t i = 0; i < n; i++) {
			uint64_t r = unit_random(&state);
			bool has = share == 0 || (share == 1 ? r % 2 == 0 : share == 2 ? r % 50 == 0
			    : i / 10 % 20 != 3);

			present[i >> 6] |= (uint64_t)has << (i & 63);
			if (types[c] == VALUE_FLOAT)
				s->cells[c][i].f = draw_float(&state, (style + (int)c) % 3);
			else if (types[c] == VALUE_STRING)
				s->cells[c][i].u = n - 1 - i;
			else if (types[c] == VALUE_BOOLEAN)
				s->cells[c][i].u = unit_random(&state) & 1;
			else
				s->cells[c][i].u = style == 2 ? unit_random(&state)
				    : unit_random(&state) % 200 - (types[c] == VALUE_INTEGER ? 100 : 0);
		}
		present[(n - 1) / 2 >> 6] |= UINT64_C(1) << ((n - 1) / 2 & 63);
		s->columns[c] = (struct codec_column){ c * c * 7 + (seed % 2 == 0 ? c : 3), types[c],
			s->cells[c], share == 0 ? NULL : present, s->strings };
	}
	s->rows = (struct codec_chunk_rows){ n, s->times, COLUMNS, s->columns };
}

static bool
has(const struct codec_column *column, uint32_t row)
{
	return column->present == NULL || (column->present[row >> 6] >> (row & 63) & 1) != 0;
}

static struct slice
tight(struct slice s)
{
	char *p = memory_alloc(s.n + CODEC_SLACK);

	memcpy(p, s.p, s.n);
	memset(p + s.n, 0x5a, CODEC_SLACK);
	return slice_make(p, s.n);
}

static bool
below(union cell a, union cell b, enum value_type type)
{
	return type == VALUE_FLOAT ? a.f < b.f : type == VALUE_INTEGER ? a.i < b.i : a.u < b.u;
}

/*
 * The directory's entry against a plain walk over the rows.
 */
static void
check_summary(const struct codec_column *column, uint32_t n_rows, const struct codec_chunk_column *got)
{
	struct codec_summary want = { .min_row = n_rows, .max_row = n_rows, .first_row = n_rows };
	const union cell *cells = column->cells;
	uint32_t n = 0;

	for (uint32_t row = 0; row < n_rows; row++) {
		if (!has(column, row))
			continue;
		if (n++ == 0)
			want.min_row = want.max_row = want.first_row = row;
		want.last_row = row;
		if (column->type == VALUE_STRING)
			continue;
		if (below(cells[row], cells[want.min_row], column->type))
			want.min_row = row;
		if (below(cells[want.max_row], cells[row], column->type))
			want.max_row = row;
		if (column->type == VALUE_FLOAT)
			want.sum.f += cells[row].f;
		else
			want.sum.u += cells[row].u;
	}
	assert_int_equal(got->field, column->field);
	assert_int_equal(got->type, column->type);
	assert_int_equal(got->n_present, n);
	assert_int_equal(got->summary.first_row, want.first_row);
	assert_int_equal(got->summary.last_row, want.last_row);
	if (column->type == VALUE_STRING)
		return;
	assert_int_equal(got->summary.min_row, want.min_row);
	assert_int_equal(got->summary.max_row, want.max_row);
	assert_int_equal(got->summary.min.u, cells[want.min_row].u);
	assert_int_equal(got->summary.max.u, cells[want.max_row].u);
	assert_int_equal(got->summary.first.u, cells[want.first_row].u);
	assert_int_equal(got->summary.last.u, cells[want.last_row].u);
	if (column->type != VALUE_FLOAT)
		assert_int_equal(got->summary.sum.u, want.sum.u);
	else
		assert_true(memcmp(&got->summary.sum.f, &want.sum.f, sizeof(double)) == 0);
}

static void
check_column(const struct codec_column *column, const struct codec_chunk *chunk,
    const struct codec_chunk_column *entry, struct slice record, size_t at, struct answer *a,
    struct arena *arena)
{
	struct slice bytes = tight(slice_make(record.p + entry->offset, entry->length));
	size_t n_strings = 3;
	struct err err;

	memset(a->present, 0xa5, sizeof(a->present));
	assert_int_equal(codec_chunk_cells(chunk, entry, bytes, arena, at, a->cells, a->present,
	    a->strings, &n_strings, &err), 0);
	for (uint32_t row = 0; row < chunk->n_rows; row++) {
		bool is = (a->present[(at + row) >> 6] >> ((at + row) & 63) & 1) != 0;
		union cell cell = a->cells[at + row];

		assert_int_equal(is, has(column, row));
		if (!is)
			continue;
		if (column->type == VALUE_STRING)
			UNIT_SAME("text", a->strings[cell.u], column->strings[column->cells[row].u]);
		else
			assert_int_equal(cell.u, column->cells[row].u);
	}
	for (size_t bit = at + chunk->n_rows; bit < at + chunk->n_rows + 64; bit++)
		assert_int_equal(a->present[bit >> 6] >> (bit & 63) & 1, 0xa5 >> bit % 8 & 1);
	for (size_t bit = 0; bit < at; bit++)
		assert_int_equal(a->present[bit >> 6] >> (bit & 63) & 1, 0xa5 >> bit % 8 & 1);
	if (column->type == VALUE_STRING)
		assert_int_equal(n_strings, 3 + entry->n_present);
	free((void *)(uintptr_t)bytes.p);
}

/*
 * A head read for some fields knows these as one that was read for all.
 */
static void
check_some(const struct sample *s, struct slice head, const struct codec_chunk *chunk,
    struct arena *arena)
{
	const uint32_t fields[] = { s->columns[COLUMNS - 1].field, 4711, s->columns[1].field };
	struct codec_chunk some;
	struct err err;

	for (size_t n = 0; n <= UNIT_N(fields); n++) {
		assert_int_equal(codec_chunk_open_some(head, &(struct codec_chunk_fields){ fields, n },
		    arena, &some, &err), 0);
		assert_int_equal(some.max_time, chunk->max_time);
		for (size_t i = 0; i < n; i++) {
			const struct codec_chunk_column *all = codec_chunk_find(chunk, fields[i]);
			const struct codec_chunk_column *one = codec_chunk_find(&some, fields[i]);

			assert_int_equal(one == NULL, all == NULL);
			if (all != NULL)
				assert_memory_equal(one, all, sizeof(*all));
		}
	}
}

/*
 * Parts of a column are what stands there in the whole of it.
 */
static void
check_parts(const struct codec_column *column, const struct codec_chunk *chunk,
    const struct codec_chunk_column *entry, struct slice record)
{
	uint32_t n = chunk->n_rows;
	const uint32_t parts[][2] = { { 0, n }, { 0, 1 }, { n - 1, 1 }, { n / 2, n - n / 2 },
		{ n / 3, n / 3 + 1 }, { n / 4, n / 2 + 1 } };
	struct slice bytes;
	struct err err;

	if (column->type == VALUE_STRING || entry->n_present < n)
		return;
	bytes = tight(slice_make(record.p + entry->offset, entry->length));
	for (size_t i = 0; i < UNIT_N(parts); i++) {
		union cell *cells = memory_array(parts[i][1] + 1, sizeof(*cells));

		if (parts[i][0] + parts[i][1] > n)
			continue;
		cells[parts[i][1]].u = 4711;
		assert_int_equal(codec_chunk_part(chunk, entry, bytes, parts[i][0], parts[i][1],
		    cells, &err), 0);
		for (uint32_t row = 0; row < parts[i][1]; row++)
			assert_int_equal(cells[row].u, column->cells[parts[i][0] + row].u);
		assert_int_equal(cells[parts[i][1]].u, 4711);
		free(cells);
	}
	*(char *)(uintptr_t)(bytes.p + entry->length - 1) ^= 1;
	assert_int_equal(codec_chunk_part(chunk, entry, bytes, 0, 1, &(union cell){ .u = 0 }, &err), -1);
	free((void *)(uintptr_t)bytes.p);
}

/*
 * A step is told of times that have one, and of no others.
 */
static void
check_steps(const struct codec_chunk *chunk, const int64_t *times, struct slice bytes)
{
	uint64_t step = 0, first = chunk->n_rows > 1 ? (uint64_t)times[1] - (uint64_t)times[0] : 0;
	bool same = chunk->n_rows > 1;

	for (uint32_t i = 1; i < chunk->n_rows; i++)
		same = same && (uint64_t)times[i] - (uint64_t)times[i - 1] == first;
	if (!codec_chunk_steady(chunk, bytes, &step)) {
		assert_false(same && chunk->n_rows >= 64);
		return;
	}
	assert_true(same);
	assert_int_equal(step, first);
}

static void
check_chunk(const struct sample *s, struct slice record, struct answer *a, size_t at)
{
	struct arena *arena = arena_new(4096);
	struct slice head, bytes;
	struct codec_chunk chunk;
	struct err err;

	assert_true(record.n >= CODEC_CHUNK_PREFIX);
	head = tight(slice_make(record.p, codec_chunk_head_bytes(slice_make(record.p,
	    CODEC_CHUNK_PREFIX))));
	assert_int_equal(codec_chunk_open(head, arena, &chunk, &err), 0);
	assert_int_equal(chunk.n_rows, s->rows.n_rows);
	assert_int_equal(chunk.n_columns, COLUMNS);
	assert_int_equal(chunk.total_bytes, record.n);
	assert_int_equal(chunk.min_time, s->times[0]);
	assert_int_equal(chunk.max_time, s->times[s->rows.n_rows - 1]);
	check_some(s, head, &chunk, arena);
	bytes = tight(slice_make(record.p + chunk.times_offset, chunk.times_length));
	assert_int_equal(codec_chunk_times(&chunk, bytes, a->times, &err), 0);
	assert_memory_equal(a->times, s->times, s->rows.n_rows * sizeof(int64_t));
	check_steps(&chunk, s->times, bytes);
	for (uint32_t c = 0; c < COLUMNS; c++) {
		const struct codec_chunk_column *entry = codec_chunk_find(&chunk, s->columns[c].field);

		assert_ptr_equal(entry, &chunk.columns[c]);
		check_summary(&s->columns[c], s->rows.n_rows, entry);
		check_column(&s->columns[c], &chunk, entry, record, at, a, arena);
		check_parts(&s->columns[c], &chunk, entry, record);
	}
	assert_null(codec_chunk_find(&chunk, 2));
	assert_null(codec_chunk_find(&chunk, UINT32_MAX));
	free((void *)(uintptr_t)head.p);
	free((void *)(uintptr_t)bytes.p);
	arena_free(arena);
}

static void
round_trips(void **unused)
{
	static const uint32_t sizes[] = { 1, 2, 3, 5, 64, 65, 100, 1000, 4095, 4096 };
	struct sample *s = memory_zalloc(sizeof(*s));
	struct answer *a = memory_zalloc(sizeof(*a));

	(void)unused;
	for (size_t i = 0; i < UNIT_N(sizes); i++)
		for (uint64_t seed = 0; seed < 12; seed++) {
			struct buf out = { 0 };

			fill(s, seed, sizes[i]);
			buf_puts(&out, "before");
			codec_chunk_encode(&s->rows, &out);
			check_chunk(s, slice_make(out.p + 6, out.n - 6), a, seed * 8);
			buf_free(&out);
		}
	free(a);
	free(s);
}

/*
 * Read all of a record that may be damaged.
 *   returns  0 when every part was read, else -1
 */
static int
read_all(struct slice record, struct answer *a)
{
	struct arena *arena = arena_new(4096);
	struct codec_chunk chunk;
	int result = -1;
	struct err err;

	if (codec_chunk_open(record, arena, &chunk, &err) == 0 && chunk.total_bytes <= record.n) {
		result = codec_chunk_times(&chunk, slice_make(record.p + chunk.times_offset,
		    chunk.times_length), a->times, &err);
		for (uint32_t c = 0; result == 0 && c < chunk.n_columns; c++) {
			const struct codec_chunk_column *entry = &chunk.columns[c];
			size_t n_strings = 0;

			result = codec_chunk_cells(&chunk, entry, slice_make(record.p + entry->offset,
			    entry->length), arena, 0, a->cells, a->present, a->strings, &n_strings, &err);
		}
	}
	arena_free(arena);
	return result;
}

/*
 * A checksum sees every single flipped bit; a record that is cut short lacks some column's bytes.
 */
static void
damage(void **unused)
{
	struct sample *s = memory_zalloc(sizeof(*s));
	struct answer *a = memory_zalloc(sizeof(*a));

	(void)unused;
	for (uint64_t seed = 0; seed < 3; seed++) {
		struct buf out = { 0 };

		fill(s, seed, 70);
		codec_chunk_encode(&s->rows, &out);
		for (size_t i = 0; i < out.n; i++) {
			struct slice bytes = tight(buf_slice(&out));
			char *p = (char *)(uintptr_t)bytes.p;

			p[i] = (char)(p[i] ^ 1 << i % 8);
			assert_int_equal(read_all(bytes, a), -1);
			free(p);
		}
		for (size_t n = 0; n < out.n; n++) {
			struct slice bytes = tight(slice_make(out.p, n));

			assert_int_equal(read_all(bytes, a), -1);
			free((void *)(uintptr_t)bytes.p);
		}
		buf_free(&out);
	}
	free(a);
	free(s);
}

/*
 * A directory is short: ten columns of percentages take about twenty bytes each.
 */
static void
directory_is_short(void **unused)
{
	static int64_t times[ROWS];
	static union cell cells[10][ROWS];
	struct codec_column columns[10];
	struct codec_chunk_rows rows = { ROWS, times, 10, columns };
	uint64_t state = 7;
	struct buf out = { 0 };
	size_t head;

	(void)unused;
	for (uint32_t c = 0; c < 10; c++) {
		columns[c] = (struct codec_column){ 5 + c, VALUE_INTEGER, cells[c], NULL, NULL };
		for (uint32_t i = 0; i < ROWS; i++) {
			times[i] = INT64_C(10000000000) * i;
			cells[c][i].i = (int64_t)(unit_random(&state) % 101);
		}
	}
	codec_chunk_encode(&rows, &out);
	head = codec_chunk_head_bytes(buf_slice(&out));
	assert_in_range(head, 10 * 10, 42 + 10 * 21);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trips),
		cmocka_unit_test(damage),
		cmocka_unit_test(directory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
