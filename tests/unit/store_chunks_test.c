/*
 * tests/unit/store_chunks_test.c - compaction, summaries, and rows taken away
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store_home.h"

#define SERIES 5
#define ROWS 10000
#define N_ORDERS 4

static struct series_ref *refs[SERIES];

static void
make_refs(void)
{
	for (unsigned s = 0; s < SERIES; s++) {
		char name[4] = { 'h', (char)('0' + s), '\0' };
		struct tag tags[] = { { SLICE("host"), slice_from(name) },
			{ SLICE("zone"), s < 2 ? SLICE("a") : SLICE("b") } };

		refs[s] = home_ref(tags, 2);
	}
}

static void
free_refs(void)
{
	for (unsigned s = 0; s < SERIES; s++)
		home_ref_free(refs[s]);
}

/*
 * Rows [from, to) of every series: at time i * 10, v = i of series s times 10 plus s.
 */
static void
write_rows(struct home *h, int from, int to)
{
	for (int i = from; i < to; i++) {
		for (unsigned s = 0; s < SERIES; s++)
			home_put(h, home_point(h, "m", refs[s], (int64_t)i * 10, 1), "v",
			    (struct value){ .type = VALUE_INTEGER, .i = i * 10 + (int)s });
		if (i % 100 == 99)
			home_append(h);
	}
	home_append(h);
}

static void
compact(struct home *h)
{
	struct err err;

	if (store_compact(h->store, &(struct store_compact_spec){ 0 }, &err) != 0)
		home_die("compact", &err);
}

struct seen {
	size_t		 rows, summaries;
	int64_t		 sum, min, max;
};

static struct seen
scan_one(struct home *h, unsigned series, int64_t from, int64_t to, bool summaries, int64_t window)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_scan_spec spec = { .measurement = m, .series = &refs[series]->id, .n_series = 1,
		.fields = &m->fields[0].id, .n_fields = 1, .from = from, .to = to,
		.summaries = summaries, .window_ns = window };
	struct seen seen = { 0, 0, 0, INT64_MAX, INT64_MIN };
	const struct store_block *block;
	struct store_cursor *cursor;
	struct store_scan *scan;
	struct err err;

	if (store_scan_begin(h->store, &spec, &scan, &err) != 0)
		home_die("scan", &err);
	cursor = store_scan_cursor(scan, 0);
	while (store_cursor_next(cursor, &block, &err) == 0 && block != NULL) {
		if (block->summary != NULL) {
			const struct store_summary_column *c = &block->summary->columns[0];

			seen.summaries++;
			seen.rows += c->n_present;
			seen.sum += c->sum.i;
			seen.min = c->min.i < seen.min ? c->min.i : seen.min;
			seen.max = c->max.i > seen.max ? c->max.i : seen.max;
			assert_true(block->summary->min_time >= from && block->summary->max_time <= to);
		}
		for (size_t i = 0; i < block->n_rows; i++) {
			int64_t v = block->columns[0].cells[i].i;

			assert_int_equal(v, block->times[i] + (int64_t)series);
			seen.rows++;
			seen.sum += v;
			seen.min = v < seen.min ? v : seen.min;
			seen.max = v > seen.max ? v : seen.max;
		}
	}
	store_scan_end(scan);
	arena_reset(h->arena);
	return seen;
}

static void
check_seen(struct seen seen, unsigned series, int64_t first, int64_t last)
{
	int64_t n = last - first + 1;

	assert_int_equal(seen.rows, n);
	assert_int_equal(seen.sum, (first + last) * n / 2 * 10 + n * (int64_t)series);
	assert_int_equal(seen.min, first * 10 + (int64_t)series);
	assert_int_equal(seen.max, last * 10 + (int64_t)series);
}

static void
whole_chunks_are_answered_from_their_directory(void **unused)
{
	struct seen seen;
	struct home h;

	(void)unused;
	home_new(&h);
	make_refs();
	write_rows(&h, 0, ROWS);
	check_seen(scan_one(&h, 1, INT64_MIN, INT64_MAX, true, 0), 1, 0, ROWS - 1);
	compact(&h);
	seen = scan_one(&h, 1, INT64_MIN, INT64_MAX, true, 0);
	check_seen(seen, 1, 0, ROWS - 1);
	assert_int_equal(seen.summaries, (ROWS + 4095) / 4096);
	check_seen(scan_one(&h, 1, INT64_MIN, INT64_MAX, false, 0), 1, 0, ROWS - 1);
	/* a range that cuts chunks, and windows that do */
	seen = scan_one(&h, 2, 50, 99950, true, 0);
	check_seen(seen, 2, 5, 9995);
	assert_int_equal(seen.summaries, 1);
	seen = scan_one(&h, 2, INT64_MIN, INT64_MAX, true, 1000);
	check_seen(seen, 2, 0, ROWS - 1);
	assert_int_equal(seen.summaries, 0);
	/* a row in the journal that falls into a chunk */
	write_rows(&h, 5000, 5001);
	seen = scan_one(&h, 3, INT64_MIN, INT64_MAX, true, 0);
	check_seen(seen, 3, 0, ROWS - 1);
	assert_int_equal(seen.summaries, 2);
	compact(&h);
	seen = scan_one(&h, 3, INT64_MIN, INT64_MAX, true, 0);
	check_seen(seen, 3, 0, ROWS - 1);
	assert_int_equal(seen.summaries, 3);
	free_refs();
	home_free(&h);
}

/*
 * Cursors of all series, opened as `opened` says while the scan was told `told` (or nothing), and
 * then read a block of each in turn.
 */
static void
scan_together(struct home *h, const size_t *told, const size_t *opened, int64_t from, int64_t to)
{
	struct store_measurement *m = home_measurement(h, "m");
	uint64_t ids[SERIES];
	struct store_scan_spec spec = { .measurement = m, .series = ids, .n_series = SERIES,
		.order = told, .n_order = told != NULL ? SERIES : 0,
		.fields = &m->fields[0].id, .n_fields = 1, .from = from, .to = to };
	struct store_cursor *cursors[SERIES];
	int64_t next[SERIES];
	struct store_scan *scan;
	size_t n_open = SERIES;
	struct err err;

	for (unsigned s = 0; s < SERIES; s++)
		ids[s] = refs[s]->id;
	assert_int_equal(store_scan_begin(h->store, &spec, &scan, &err), 0);
	for (unsigned i = 0; i < SERIES; i++) {
		cursors[i] = store_scan_cursor(scan, opened[i]);
		next[i] = from;
	}
	while (n_open > 0)
		for (unsigned i = 0; i < SERIES; i++) {
			const struct store_block *block;

			if (cursors[i] == NULL)
				continue;
			assert_int_equal(store_cursor_next(cursors[i], &block, &err), 0);
			for (size_t row = 0; block != NULL && row < block->n_rows; row++) {
				assert_int_equal(block->times[row], next[i]);
				assert_int_equal(block->columns[0].cells[row].i,
				    next[i] + (int64_t)opened[i]);
				next[i] += 10;
			}
			if (block != NULL)
				continue;
			assert_int_equal(next[i], to + 10);
			store_cursor_close(cursors[i]);
			cursors[i] = NULL;
			n_open--;
		}
	store_scan_end(scan);
	arena_reset(h->arena);
}

static void
series_are_what_they_are_in_any_order(void **unused)
{
	static const size_t orders[N_ORDERS][SERIES] = { { 0, 1, 2, 3, 4 }, { 4, 2, 0, 1, 3 },
		{ 3, 4, 0, 1, 2 }, { 1, 1, 1, 2, 2 } };
	struct home h;

	(void)unused;
	home_new(&h);
	make_refs();
	write_rows(&h, 0, ROWS);
	compact(&h);
	write_rows(&h, 4000, 4300);
	for (size_t told = 0; told <= N_ORDERS; told++)
		for (size_t opened = 0; opened < N_ORDERS; opened++) {
			const size_t *order = told < N_ORDERS ? orders[told] : NULL;

			scan_together(&h, order, orders[opened], 0, (ROWS - 1) * 10);
			scan_together(&h, order, orders[opened], 30000, 50000);
		}
	free_refs();
	home_free(&h);
}

/*
 * The last (or first) row of a series alone, with what is in the journal and without.
 */
static void
check_edge(struct home *h, unsigned series, bool last, int64_t time)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_scan_spec spec = { .measurement = m, .series = &refs[series]->id, .n_series = 1,
		.fields = &m->fields[0].id, .n_fields = 1, .from = INT64_MIN, .to = INT64_MAX,
		.descending = last, .limit_rows = 1 };
	const struct store_block *block;
	struct store_cursor *cursor;
	struct store_scan *scan;
	struct err err;

	assert_int_equal(store_scan_begin(h->store, &spec, &scan, &err), 0);
	cursor = store_scan_cursor(scan, 0);
	assert_int_equal(store_cursor_next(cursor, &block, &err), 0);
	assert_non_null(block);
	assert_int_equal(block->times[0], time);
	assert_int_equal(store_block_value(block, 0, 0).i, time + (int64_t)series);
	if (block->n_rows == 1)
		assert_int_equal(store_cursor_next(cursor, &block, &err), 0);
	store_scan_end(scan);
}

static void
one_row_a_series_touches_one_chunk(void **unused)
{
	struct home h;

	(void)unused;
	home_new(&h);
	make_refs();
	write_rows(&h, 100, 6000);
	compact(&h);
	check_edge(&h, 2, true, 59990);
	check_edge(&h, 2, false, 1000);
	write_rows(&h, 5000, 5001);
	check_edge(&h, 2, true, 59990);
	write_rows(&h, 0, 1);
	write_rows(&h, 6000, 6001);
	check_edge(&h, 3, true, 60000);
	check_edge(&h, 3, false, 0);
	free_refs();
	home_free(&h);
}

static void
small_compactions_do_not_end_in_crumbs(void **unused)
{
	struct seen seen;
	struct home h;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	h.options.compact_bytes = 1;
	home_open(&h);
	make_refs();
	for (int i = 0; i < 2000; i += 10) {
		write_rows(&h, i, i + 10);
		store_maintain(h.store, STORE_PAUSE, NULL, NULL);
	}
	seen = scan_one(&h, 0, INT64_MIN, INT64_MAX, true, 0);
	check_seen(seen, 0, 0, 1999);
	assert_in_range(seen.summaries, 1, 8);
	free_refs();
	home_free(&h);
}

struct listing {
	struct home	*h;
	struct slice	*names;
	size_t		 n;
};

static int
list_body(struct txn *txn, void *arg, struct err *err)
{
	struct listing *l = arg;

	return store_measurements(txn, l->h->bucket, &l->names, &l->n, err);
}

static size_t
count_measurements(struct home *h)
{
	struct listing l = { h, NULL, 0 };
	struct err err;

	if (store_txn(h->store, STORE_READ, h->arena, list_body, &l, &err) != 0)
		home_die("list", &err);
	return l.n;
}

static void
deleted_rows_are_gone_wherever_they_lay(void **unused)
{
	struct store_tag_value *values;
	struct store_series_list all;
	struct store_measurement *m;
	uint64_t n_rows;
	struct home h;
	struct err err;
	size_t n;

	(void)unused;
	home_new(&h);
	make_refs();
	write_rows(&h, 0, 9000);
	compact(&h);
	write_rows(&h, 9000, ROWS);	/* these are still in the journal */
	m = home_measurement(&h, "m");
	assert_int_equal(store_delete_rows(h.store, m, &refs[0]->id, 1, 100000 - 5000, INT64_MAX,
	    &n_rows, &err), 0);
	assert_int_equal(n_rows, 500);
	check_seen(scan_one(&h, 0, INT64_MIN, INT64_MAX, false, 0), 0, 0, 9499);
	check_seen(scan_one(&h, 1, INT64_MIN, INT64_MAX, true, 0), 1, 0, ROWS - 1);
	m = home_measurement(&h, "m");
	assert_int_equal(store_delete_rows(h.store, m, &refs[0]->id, 1, INT64_MIN, 1005 * 10 - 1, &n_rows,
	    &err), 0);
	assert_int_equal(n_rows, 1005);
	check_seen(scan_one(&h, 0, INT64_MIN, INT64_MAX, true, 0), 0, 1005, 9499);
	/* a series without rows is known no more, nor a tag value without series */
	m = home_measurement(&h, "m");
	assert_int_equal(store_delete_rows(h.store, m, (uint64_t[]){ refs[0]->id, refs[1]->id }, 2,
	    INT64_MIN, INT64_MAX, &n_rows, &err), 0);
	m = home_measurement(&h, "m");
	assert_int_equal(store_series_all(h.store, m, h.arena, &all, &err), 0);
	assert_int_equal(all.n, SERIES - 2);
	assert_int_equal(store_tag_values(h.store, m, m->tags[1].id, h.arena, &values, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_true(slice_eq(values[0].value, SLICE("b")));
	/* written again it is a series like any other */
	write_rows(&h, 0, 1);
	check_seen(scan_one(&h, 0, INT64_MIN, INT64_MAX, false, 0), 0, 0, 0);
	/* and a measurement without series is gone, and may come again with another type */
	m = home_measurement(&h, "m");
	assert_int_equal(store_series_all(h.store, m, h.arena, &all, &err), 0);
	assert_int_equal(all.n, SERIES);
	assert_int_equal(store_drop_series(h.store, m, all.ids, all.n, &err), 0);
	assert_int_equal(count_measurements(&h), 0);
	home_put(&h, home_point(&h, "m", refs[0], 1, 1), "v", (struct value){ .type = VALUE_FLOAT, .f = 1 });
	assert_int_equal(home_append(&h), 1);
	assert_int_equal(home_measurement(&h, "m")->fields[0].type, VALUE_FLOAT);
	assert_int_equal(store_drop_measurement(h.store, h.bucket, SLICE("m"), &err), 0);
	assert_int_equal(store_drop_measurement(h.store, h.bucket, SLICE("nope"), &err), 0);
	assert_int_equal(count_measurements(&h), 0);
	free_refs();
	home_free(&h);
}

static int
keep_for(struct txn *txn, void *arg, struct err *err)
{
	struct home *h = arg;
	struct store_bucket bucket;

	if (store_bucket_get(txn, h->bucket, &bucket, err) != 0)
		return -1;
	bucket.retention_ns = INT64_C(3600) * 1000000000;
	return store_bucket_update(txn, &bucket, err);
}

static void
expired_rows_are_invisible_at_once_and_leave_with_compaction(void **unused)
{
	struct store_measurement *m;
	struct store_backlog *backlogs;
	size_t n_backlogs;
	struct store_stats stats;
	struct seen seen;
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	make_refs();
	write_rows(&h, 0, 5000);
	compact(&h);
	m = home_measurement(&h, "m");
	assert_int_equal(store_stats(h.store, m, &stats, &err), 0);
	assert_int_equal(stats.rows, 5000 * SERIES);
	assert_int_equal(stats.series, SERIES);
	assert_int_equal(store_backlogs(h.store, h.arena, &backlogs, &n_backlogs, &err), 0);
	assert_int_equal(n_backlogs, 0);
	assert_int_equal(stats.max_time, 49990);
	assert_int_equal(store_txn(h.store, STORE_WRITE, h.arena, keep_for, &h, &err), 0);
	seen = scan_one(&h, 0, INT64_MIN, INT64_MAX, true, 0);
	assert_int_equal(seen.rows, 0);
	compact(&h);
	assert_int_equal(count_measurements(&h), 0);
	free_refs();
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_chunks_are_answered_from_their_directory),
		cmocka_unit_test(series_are_what_they_are_in_any_order),
		cmocka_unit_test(one_row_a_series_touches_one_chunk),
		cmocka_unit_test(small_compactions_do_not_end_in_crumbs),
		cmocka_unit_test(deleted_rows_are_gone_wherever_they_lay),
		cmocka_unit_test(expired_rows_are_invisible_at_once_and_leave_with_compaction),
	};

	return cmocka_run_group_tests_name("store/chunks", tests, NULL, NULL);
}
