/*
 * tests/unit/codec_batch_test.c - journal records: what goes in comes out, and damage is told
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/memory.h"
#include "codec/codec.h"

#define ROWS 300

/*
 * A deterministic random number (xorshift64*).
 */
static uint64_t
draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

struct sample {
	int64_t		 times[ROWS];
	uint64_t	 series[ROWS];
	uint32_t	 ends[ROWS];
	union cell	 cells[5][ROWS];
	uint64_t	 present[5][ROWS / 64 + 1];
	struct slice	 strings[ROWS];
	struct codec_column columns[5];
	struct codec_rows rows;
};

static const char *const texts[] = { "", "a", "bcd", "some longer text", "\xc3\xa9" };
static const enum value_type types[5] = { VALUE_FLOAT, VALUE_INTEGER, VALUE_UNSIGNED, VALUE_STRING,
	VALUE_BOOLEAN };

static union cell
draw_cell(uint64_t *state, enum value_type type, int style)
{
	union cell cell;
	uint64_t r = draw(state);

	cell.u = r;
	switch (type) {
	case VALUE_FLOAT:
		if (style == 0)
			cell.f = (double)(int64_t)(r % 100000) / 100 - 300;
		else if (style == 1)
			cell.f = r % 7 == 0 ? -0.0 : (double)r * 1.1e-7;
		else if (((cell.u >> 52) & 0x7ff) == 0x7ff)
			cell.f = 1.5;
		break;
	case VALUE_INTEGER:
		cell.i = style == 0 ? (int64_t)(r % 200) - 100 : style == 1 ? 7 : (int64_t)r;
		break;
	case VALUE_STRING:
		cell.u = r % 5;
		break;
	case VALUE_BOOLEAN:
		cell.u = r & 1;
		break;
	default:
		cell.u = style == 0 ? r % 1000000 : r;
		break;
	}
	return cell;
}

static void
fill(struct sample *s, uint64_t seed, uint32_t n)
{
	uint64_t state = seed * 2 + 1;
	int style = (int)(seed % 3);
	uint32_t at = 0;

	memset(s, 0, sizeof(*s));
	s->rows = (struct codec_rows){ n, s->times, 0, s->series, s->ends, 5, s->columns };
	while (at < n) {
		uint32_t most = n - at;

		at += style == 0 ? 1 : 1 + (uint32_t)(draw(&state) % most);
		s->series[s->rows.n_series] = (s->rows.n_series == 0 ? 1
		    : s->series[s->rows.n_series - 1] + 1 + draw(&state) % 1000);
		s->ends[s->rows.n_series++] = at;
	}
	for (uint32_t i = 0; i < n; i++)
		s->times[i] = style == 0 ? 1500000000000000000 + (int64_t)i * 10000000000
		    : style == 1 ? (int64_t)draw(&state) : -5;
	for (size_t i = 0; i < 5; i++)
		s->strings[i] = slice_from(texts[i]);
	for (uint32_t c = 0; c < 5; c++) {
		bool sparse = (seed + c) % 2 == 0;

		for (uint32_t i = 0; i < n; i++) {
			s->cells[c][i] = draw_cell(&state, types[c], style);
			if (draw(&state) % 3 != 0)
				s->present[c][i >> 6] |= UINT64_C(1) << (i & 63);
		}
		s->columns[c] = (struct codec_column){ c * 3 + 1, types[c], s->cells[c],
			sparse ? s->present[c] : NULL, types[c] == VALUE_STRING ? s->strings : NULL };
	}
}

static struct slice
encode(const struct sample *s, struct buf *out)
{
	buf_reset(out);
	codec_batch_encode(&s->rows, out);
	return buf_slice(out);
}

static bool
has(const struct codec_column *c, uint32_t row)
{
	return c->present == NULL || (c->present[row >> 6] >> (row & 63) & 1) != 0;
}

static void
check_rows(const struct sample *s, const struct codec_batch *batch, uint32_t first, uint32_t n)
{
	union cell cells[ROWS + 8];
	uint64_t present[ROWS / 64 + 2];
	struct slice strings[ROWS];
	int64_t times[ROWS];

	codec_batch_times(batch, first, n, times);
	assert_memory_equal(times, s->times + first, n * sizeof(*times));
	for (uint32_t c = 0; c < 5; c++) {
		const struct codec_column *want = &s->columns[c];
		const struct codec_batch_column *column = codec_batch_find(batch, want->field);
		size_t n_strings = 0;
		uint32_t there = 0;

		assert_non_null(column);
		memset(present, 0xff, sizeof(present));
		assert_true(codec_batch_cells(batch, column, first, n, 7, cells, present, strings,
		    &n_strings) <= n);
		for (uint32_t i = 0; i < n; i++) {
			size_t row = 7 + i;
			bool is = present[row >> 6] >> (row & 63) & 1;

			assert_int_equal(is, has(want, first + i));
			there += is;
			if (!is)
				continue;
			if (want->type == VALUE_STRING)
				assert_true(slice_eq(strings[cells[row].u],
				    s->strings[want->cells[first + i].u]));
			else
				assert_memory_equal(&cells[row], &want->cells[first + i], 8);
		}
		assert_true(there <= n);
	}
}

static void
what_goes_in_comes_out(void **unused)
{
	struct sample *s = memory_alloc(sizeof(*s));
	struct arena *arena = arena_new(4096);
	struct buf out = { 0 };

	(void)unused;
	for (uint64_t seed = 0; seed < 300; seed++) {
		uint32_t n = 1 + (uint32_t)(seed * 7 % ROWS);
		struct codec_batch batch;
		struct slice record;
		struct err err;

		fill(s, seed, n);
		record = encode(s, &out);
		arena_reset(arena);
		if (codec_batch_open(record, arena, &batch, &err) != 0)
			fail_msg("seed %d: %s", (int)seed, err.text);
		assert_int_equal(batch.n_rows, n);
		assert_int_equal(batch.n_series, s->rows.n_series);
		for (uint32_t k = 0; k < batch.n_series; k++) {
			assert_true(codec_frame_get(&batch.series, k) == s->series[k]);
			assert_int_equal(codec_frame_get(&batch.ends, k), s->ends[k]);
		}
		check_rows(s, &batch, 0, n);
		check_rows(s, &batch, n / 3, n - n / 3);
		check_rows(s, &batch, n - 1, 1);
		assert_null(codec_batch_find(&batch, 2));
	}
	buf_free(&out);
	arena_free(arena);
	free(s);
}

static void
damage_is_told(void **unused)
{
	struct sample *s = memory_alloc(sizeof(*s));
	struct arena *arena = arena_new(4096);
	struct buf out = { 0 };
	struct codec_batch batch;
	struct slice record;
	struct err err;

	(void)unused;
	fill(s, 4, 100);
	record = encode(s, &out);
	for (size_t i = 0; i < record.n; i++) {
		out.p[i] ^= 0x10;
		assert_int_equal(codec_batch_open(record, arena, &batch, &err), -1);
		assert_int_equal(err.code, ERR_CORRUPT);
		out.p[i] ^= 0x10;
	}
	for (size_t n = 0; n < record.n; n++)
		assert_int_equal(codec_batch_open(slice_make(record.p, n), arena, &batch, &err), -1);
	assert_int_equal(codec_batch_open(record, arena, &batch, &err), 0);
	buf_free(&out);
	arena_free(arena);
	free(s);
}

static void
short_numbers_take_few_bytes(void **unused)
{
	static const struct { double v[3]; size_t most; } cases[] = {
		{ { 1.5, 2.5, 3.5 }, 1 }, { { 20.25, 20.5, 20.75 }, 1 }, { { 1e15, 1e15, 1e15 }, 0 },
		{ { 0.1, 0.2, 0.3 }, 1 }, { { 3.14159, 2.71828, 1.41421 }, 4 },
	};
	struct arena *arena = arena_new(4096);

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t times[3] = { 1, 2, 3 };
		uint64_t series = 9;
		uint32_t end = 3;
		union cell cells[3];
		struct codec_column column = { 1, VALUE_FLOAT, cells, NULL, NULL };
		struct codec_rows rows = { 3, times, 1, &series, &end, 1, &column };
		struct codec_batch batch;
		struct buf out = { 0 };
		struct err err;

		for (size_t k = 0; k < 3; k++)
			cells[k].f = cases[i].v[k];
		codec_batch_encode(&rows, &out);
		assert_int_equal(codec_batch_open(buf_slice(&out), arena, &batch, &err), 0);
		assert_int_equal(batch.columns[0].frame.width, cases[i].most);
		buf_free(&out);
	}
	arena_free(arena);
}

/*
 * -0.0 is no whole number of anything, though it compares as one.
 */
static void
negative_zero_stays(void **unused)
{
	struct arena *arena = arena_new(4096);
	int64_t times[2] = { 1, 2 };
	uint64_t series = 9, present = 0;
	uint32_t end = 2;
	union cell cells[2] = { { .f = -0.0 }, { .f = 2.5 } }, back[2];
	struct codec_column column = { 1, VALUE_FLOAT, cells, NULL, NULL };
	struct codec_rows rows = { 2, times, 1, &series, &end, 1, &column };
	size_t n_strings = 0;
	struct codec_batch batch;
	struct buf out = { 0 };
	struct err err;

	(void)unused;
	codec_batch_encode(&rows, &out);
	assert_int_equal(codec_batch_open(buf_slice(&out), arena, &batch, &err), 0);
	assert_int_equal(codec_batch_cells(&batch, &batch.columns[0], 0, 2, 0, back, &present, NULL,
	    &n_strings), 2);
	assert_int_equal(back[0].u, cells[0].u);
	assert_int_equal(back[1].u, cells[1].u);
	buf_free(&out);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(short_numbers_take_few_bytes),
		cmocka_unit_test(negative_zero_stays),
	};

	return cmocka_run_group_tests_name("codec/batch", tests, NULL, NULL);
}
