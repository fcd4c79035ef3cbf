/*
 * tests/unit/store_rows_test.c - points in, blocks out, beside a naive twin
 *
 * Random points (late ones, the same times again, missing fields) go into the store and into a
 * plain array in which the newest write of a (series, time, field) stands. Scans of random ranges,
 * fields and directions must give the same rows, also after the store was closed and opened.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store_home.h"

#define SERIES 7
#define FIELDS 4
#define TIMES 600

static const enum value_type types[FIELDS] = { VALUE_FLOAT, VALUE_INTEGER, VALUE_STRING,
	VALUE_BOOLEAN };
static const char *const names[FIELDS] = { "f", "i", "s", "b" };

struct twin {
	struct value	 cells[SERIES][TIMES][FIELDS];
	char		 texts[SERIES][TIMES][16];
};

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static struct value
draw_value(uint64_t *state, struct twin *twin, unsigned series, unsigned time, unsigned field)
{
	struct value v = { .type = types[field] };
	uint64_t r = draw(state);

	switch (v.type) {
	case VALUE_FLOAT:
		v.f = r % 2 ? (double)(r % 1000) / 10 : (double)r;
		break;
	case VALUE_STRING:
		snprintf(twin->texts[series][time], 16, "t%d", (int)(r % 100000));
		v.s = slice_from(twin->texts[series][time]);
		break;
	case VALUE_BOOLEAN:
		v.b = r & 1;
		break;
	default:
		v.i = (int64_t)(r % 2000) - 1000;
		break;
	}
	return v;
}

/*
 * The times of a batch go on from the last one, but for some that are late or doubles.
 */
static void
write_some(struct home *h, struct twin *twin, struct series_ref **refs, uint64_t *state, unsigned *now)
{
	unsigned n = 1 + (unsigned)(draw(state) % 120);

	for (unsigned k = 0; k < n; k++) {
		unsigned series = (unsigned)(draw(state) % SERIES), time = *now, any = 0;
		struct batch_table *t;

		if (draw(state) % 4 == 0)
			time = (unsigned)(draw(state) % (*now + 1));
		else if (draw(state) % 2 == 0 && *now + 1 < TIMES)
			time = ++*now;
		t = home_point(h, "m", refs[series], (int64_t)time * 1000 - 100000, k + 1);
		for (unsigned f = 0; f < FIELDS; f++)
			if (draw(state) % 3 != 0 || (f == FIELDS - 1 && any == 0)) {
				twin->cells[series][time][f] = draw_value(state, twin, series, time, f);
				home_put(h, t, names[f], twin->cells[series][time][f]);
				any = 1;
			}
	}
	assert_int_equal(home_append(h), n);
}

static bool
same(struct value a, struct value b)
{
	if (a.type != b.type)
		return false;
	if (a.type == VALUE_STRING)
		return slice_eq(a.s, b.s);
	if (a.type == VALUE_BOOLEAN)
		return a.b == b.b;
	return a.type == VALUE_NULL || a.u == b.u;
}

static bool
twin_has(const struct twin *twin, unsigned series, unsigned time, const unsigned *fields, size_t n)
{
	for (size_t f = 0; f < n; f++)
		if (twin->cells[series][time][fields[f]].type != VALUE_NULL)
			return true;
	return false;
}

static void
check_series(struct store_cursor *cursor, const struct twin *twin, unsigned series,
    const unsigned *fields, size_t n, const struct store_scan_spec *spec)
{
	const struct store_block *block = NULL;
	size_t row = 0;
	struct err err;

	for (unsigned k = 0; k < TIMES; k++) {
		unsigned time = spec->descending ? TIMES - 1 - k : k;
		int64_t at = (int64_t)time * 1000 - 100000;

		if (at < spec->from || at > spec->to || !twin_has(twin, series, time, fields, n))
			continue;
		if (block == NULL || row == block->n_rows) {
			assert_int_equal(store_cursor_next(cursor, &block, &err), 0);
			assert_non_null(block);
			row = 0;
		}
		assert_int_equal(block->times[row], at);
		for (size_t f = 0; f < n; f++)
			assert_true(same(store_block_value(block, f, row),
			    twin->cells[series][time][fields[f]]));
		row++;
	}
	assert_true(block == NULL || row == block->n_rows);
	assert_int_equal(store_cursor_next(cursor, &block, &err), 0);
	assert_null(block);
}

static uint32_t
field_id(const struct store_measurement *m, const char *name)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (slice_eq(m->fields[i].name, slice_from(name)))
			return m->fields[i].id;
	return 0;
}

static void
scan_some(struct home *h, const struct twin *twin, struct series_ref **refs, uint64_t *state)
{
	struct store_measurement *m = home_measurement(h, "m");
	unsigned fields[FIELDS], series[SERIES];
	uint32_t ids[FIELDS];
	uint64_t wanted[SERIES];
	struct store_scan_spec spec = { .measurement = m, .series = wanted, .fields = ids,
		.from = INT64_MIN, .to = INT64_MAX, .descending = draw(state) % 2 == 0 };
	struct store_scan *scan;
	struct err err;

	for (unsigned f = 0; f < FIELDS; f++)
		if (draw(state) % 2 == 0 && (ids[spec.n_fields] = field_id(m, names[f])) != 0)
			fields[spec.n_fields++] = f;
	for (uint64_t id = 0; id < 100; id++)
		for (unsigned s = 0; s < SERIES; s++)
			if (refs[s]->id == id && id != 0 && draw(state) % 3 != 0) {
				series[spec.n_series] = s;
				wanted[spec.n_series++] = id;
			}
	if (draw(state) % 2 == 0) {
		spec.from = (int64_t)(draw(state) % TIMES) * 1000 - 100500;
		spec.to = spec.from + (int64_t)(draw(state) % TIMES) * 1000;
	}
	assert_int_equal(store_scan_begin(h->store, &spec, &scan, &err), 0);
	for (size_t s = 0; s < spec.n_series; s++) {
		struct store_cursor *cursor = store_scan_cursor(scan, s);

		check_series(cursor, twin, series[s], fields, spec.n_fields, &spec);
		if (s % 2 == 0)
			store_cursor_close(cursor);
	}
	store_scan_end(scan);
}

static bool
count_down(void *arg)
{
	return --*(int *)arg < 0;
}

/*
 * Some steps of compaction, as after a reply, or all of it.
 */
static void
compact(struct home *h, int steps)
{
	struct err err;

	if (steps < 20)
		store_maintain(h->store, STORE_PAUSE, count_down, &steps);
	else
		assert_int_equal(store_compact(h->store, &(struct store_compact_spec){ 0 }, &err), 0);
}

static void
rows_are_as_a_naive_twin_has_them(void **unused)
{
	struct twin *twin = memory_zalloc(sizeof(*twin));
	struct series_ref *refs[SERIES];
	struct home h;

	(void)unused;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		uint64_t state = seed;
		unsigned now = 0;

		memset(twin, 0, sizeof(*twin));
		home_new(&h);
		store_close(h.store);
		h.options.compact_bytes = 1;	/* after every write there is something to do */
		home_open(&h);
		for (unsigned s = 0; s < SERIES; s++) {
			char text[8] = { (char)('a' + s), '\0' };
			struct tag tags[2] = { { SLICE("host"), slice_from(text) },
				{ SLICE("zone"), SLICE("z") } };

			refs[s] = home_ref(tags, s == 0 ? 0 : s % 2 + 1);
		}
		for (int round = 0; round < 40; round++) {
			write_some(&h, twin, refs, &state, &now);
			scan_some(&h, twin, refs, &state);
			if (round == 20) {
				store_close(h.store);
				home_open(&h);
			}
			if (round % 7 == (int)seed % 7)
				compact(&h, (int)(state % 30));
			scan_some(&h, twin, refs, &state);
		}
		for (unsigned s = 0; s < SERIES; s++)
			home_ref_free(refs[s]);
		home_free(&h);
	}
	free(twin);
}

static void
many_small_writes_make_long_blocks(void **unused)
{
	struct tag tag = { SLICE("host"), SLICE("a") };
	struct series_ref *ref = home_ref(&tag, 1);
	const struct store_block *block;
	struct store_measurement *m;
	struct store_scan *scan;
	struct store_cursor *cursor;
	struct home h;
	struct err err;
	uint32_t field;

	(void)unused;
	home_new(&h);
	for (int64_t i = 0; i < 5000; i++) {
		struct value v = { .type = VALUE_INTEGER, .i = i };

		home_put(&h, home_point(&h, "m", ref, i * 10, 1), "v", v);
		home_append(&h);
	}
	m = home_measurement(&h, "m");
	field = field_id(m, "v");
	assert_int_equal(store_scan_begin(h.store, &(struct store_scan_spec){ .measurement = m,
	    .series = &ref->id, .n_series = 1, .fields = &field, .n_fields = 1, .to = 49990,
	    .descending = true }, &scan, &err), 0);
	cursor = store_scan_cursor(scan, 0);
	assert_int_equal(store_cursor_next(cursor, &block, &err), 0);
	assert_int_equal(block->n_rows, STORE_BLOCK_ROWS);
	assert_null(block->columns[0].present);
	assert_int_equal(block->times[0], 49990);
	assert_int_equal(block->columns[0].cells[4095].i, 4999 - 4095);
	assert_int_equal(store_cursor_next(cursor, &block, &err), 0);
	assert_int_equal(block->n_rows, 5000 - STORE_BLOCK_ROWS);
	store_scan_end(scan);
	home_ref_free(ref);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_as_a_naive_twin_has_them),
		cmocka_unit_test(many_small_writes_make_long_blocks),
	};

	return cmocka_run_group_tests_name("store/rows", tests, NULL, NULL);
}
