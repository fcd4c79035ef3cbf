/*
 * tests/unit/store_delete_test.c - DELETE, dropped buckets and late rows beside writers and readers
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store_home.h"

static const struct value one = { .type = VALUE_INTEGER, .i = 1 };

static struct series_ref *
series_of(const char *host)
{
	struct tag tag = { SLICE("host"), slice_from(host) };

	return home_ref(&tag, 1);
}

static size_t
count(struct home *h, const struct series_ref *ref, const char *field)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_scan_spec spec = { .measurement = m, .series = &ref->id, .n_series = 1,
		.n_fields = 1, .from = INT64_MIN, .to = INT64_MAX };
	const struct store_block *block;
	struct store_cursor *cursor;
	struct store_scan *scan;
	struct err err;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < m->n_fields; i++)
		if (slice_eq(m->fields[i].name, slice_from(field)))
			spec.fields = &m->fields[i].id;
	assert_non_null(spec.fields);
	assert_int_equal(store_scan_begin(h->store, &spec, &scan, &err), 0);
	cursor = store_scan_cursor(scan, 0);
	while ((r = store_cursor_next(cursor, &block, &err)) == 0 && block != NULL)
		n += block->n_rows;
	assert_int_equal(r, 0);
	store_scan_end(scan);
	return n;
}

static void
a_field_that_came_after_delete_had_looked_keeps_its_values(void **unused)
{
	struct series_ref *ref = series_of("a"), *other = series_of("b");
	struct store_measurement *m;
	struct home h;
	struct err err;
	uint64_t n_rows;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", ref, 0, 1), "v", one);
	home_append(&h);
	m = home_measurement(&h, "m");		/* as a DELETE sees it that waits for its turn */
	for (int i = 1; i < 100; i++) {
		struct batch_table *t = home_point(&h, "m", ref, i, 1);

		home_put(&h, t, "v", one);
		home_put(&h, t, "w", one);
	}
	home_put(&h, home_point(&h, "m", other, 500, 1), "w", one);
	home_append(&h);
	assert_int_equal(store_delete_rows(h.store, m, (uint64_t[]){ ref->id, other->id }, 2, 0, 9,
	    &n_rows, &err), 0);
	assert_int_equal(n_rows, 10);
	assert_int_equal(count(&h, ref, "v"), 90);
	assert_int_equal(count(&h, ref, "w"), 90);
	assert_int_equal(count(&h, other, "w"), 1);
	home_ref_free(ref);
	home_ref_free(other);
	home_free(&h);
}

static pid_t
start_writer(struct home *h, struct series_ref *ref)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	h->store = NULL;
	home_open(h);
	for (int i = 0;; i++) {
		home_put(h, home_point(h, "m", ref, i, 1), "v", one);
		home_append(h);
	}
}

static void
delete_ends_while_others_write_without_pause(void **unused)
{
	struct series_ref *ref = series_of("a"), *busy = series_of("b");
	struct home h;
	struct err err;
	uint64_t n_rows;
	int64_t begun;
	pid_t pid;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", one);
	home_put(&h, home_point(&h, "m", busy, 0, 1), "v", one);
	home_append(&h);
	pid = start_writer(&h, busy);
	usleep(50000);
	begun = clock_monotonic_ns();
	assert_int_equal(store_delete_rows(h.store, home_measurement(&h, "m"), &ref->id, 1, 0, 9,
	    &n_rows, &err), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(n_rows, 1);
	assert_true(clock_monotonic_ns() - begun < INT64_C(10000000000));
	home_ref_free(ref);
	home_ref_free(busy);
	home_free(&h);
}

static int
delete_bucket(struct txn *txn, void *arg, struct err *err)
{
	return store_bucket_delete(txn, *(uint64_t *)arg, err);
}

static void
weir_compact_works_after_a_bucket_was_deleted(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct store_backlog *list;
	struct home h;
	struct err err;
	size_t n;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", one);
	home_append(&h);
	assert_int_equal(store_txn(h.store, STORE_WRITE, h.arena, delete_bucket, &h.bucket, &err), 0);
	if (store_compact(h.store, &(struct store_compact_spec){ 0 }, &err) != 0)
		home_die("compact", &err);
	assert_int_equal(store_backlogs(h.store, h.arena, &list, &n, &err), 0);
	assert_int_equal(n, 0);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * Every row is written twice, with 0 and far behind in the journal with 1. A reader that looks while
 * the compactor drops the journal's records must not take the older of two values.
 */
#define REWRITTEN 500
#define RECORDS 80

static void
write_twice(struct home *h, struct series_ref *ref, int round)
{
	for (int record = 0; record < RECORDS; record++) {
		for (int i = 0; i < REWRITTEN; i++) {
			struct batch_table *t = home_point(h, "m", ref, i, 1);

			if (record % (RECORDS / 2) == 0)
				home_put(h, t, "v", (struct value){ .type = VALUE_INTEGER,
					.i = round * 2 + record / (RECORDS / 2) });
			home_put(h, t, "filler", (struct value){ .type = VALUE_FLOAT, .f = drand48() });
		}
		home_append(h);
	}
}

static void
check_newest(struct home *h, const struct series_ref *ref, int64_t newest)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_scan_spec spec = { .measurement = m, .series = &ref->id, .n_series = 1,
		.fields = &m->fields[1].id, .n_fields = 1, .from = INT64_MIN, .to = INT64_MAX };
	const struct store_block *block;
	struct store_cursor *cursor;
	struct store_scan *scan;
	struct err err;
	size_t n = 0;

	assert_int_equal(store_scan_begin(h->store, &spec, &scan, &err), 0);
	cursor = store_scan_cursor(scan, 0);
	while (store_cursor_next(cursor, &block, &err) == 0 && block != NULL)
		for (size_t i = 0; i < block->n_rows; i++, n++)
			assert_int_equal(block->columns[0].cells[i].i, newest);
	assert_int_equal(n, REWRITTEN);
	store_scan_end(scan);
	arena_reset(h->arena);
}

static void
compact_and_exit(struct home *h)
{
	struct err err;

	h->store = NULL;
	home_open(h);
	if (store_compact(h->store, &(struct store_compact_spec){ 0 }, &err) != 0)
		home_die("compact", &err);
	store_close(h->store);
	_exit(0);
}

static void
an_older_value_is_never_read_while_compaction_runs(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct home h;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	h.options.compact_bytes = UINT64_MAX;
	home_open(&h);
	for (int round = 0; round < 6; round++) {
		int status;
		pid_t pid;

		write_twice(&h, ref, round);
		if ((pid = fork()) == 0)
			compact_and_exit(&h);
		while (waitpid(pid, &status, WNOHANG) == 0)
			check_newest(&h, ref, round * 2 + 1);
		assert_int_equal(status, 0);
		check_newest(&h, ref, round * 2 + 1);
	}
	home_ref_free(ref);
	home_free(&h);
}

/*
 * A batch of late rows that falls into every chunk of a long series, more than one step may put.
 */
#define LONG_ROWS 60000
#define TEXT_BYTES 120

static void
put_text(struct home *h, struct series_ref *ref, int64_t time, char kind)
{
	struct batch_table *t = home_point(h, "m", ref, time, 1);
	char text[TEXT_BYTES];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(33 + rand() % 90);
	text[0] = kind;
	home_put(h, t, "s", (struct value){ .type = VALUE_STRING, .s = { text, sizeof(text) } });
}

static void
check_texts(struct home *h, const struct series_ref *ref)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_scan_spec spec = { .measurement = m, .series = &ref->id, .n_series = 1,
		.fields = &m->fields[0].id, .n_fields = 1, .from = INT64_MIN, .to = INT64_MAX };
	const struct store_block *block;
	struct store_cursor *cursor;
	struct store_scan *scan;
	struct err err;
	int64_t next = 0;

	assert_int_equal(store_scan_begin(h->store, &spec, &scan, &err), 0);
	cursor = store_scan_cursor(scan, 0);
	while (store_cursor_next(cursor, &block, &err) == 0 && block != NULL)
		for (size_t i = 0; i < block->n_rows; i++, next++) {
			struct value v = store_block_value(block, 0, i);

			assert_int_equal(block->times[i], next);
			assert_int_equal(v.s.n, TEXT_BYTES);
			assert_int_equal(v.s.p[0], next % 1000 == 7 ? 'L' : next % 1000 == 8 ? 'N' : 'o');
		}
	assert_int_equal(next, LONG_ROWS);
	store_scan_end(scan);
	arena_reset(h->arena);
}

static void
late_rows_all_over_a_long_series_go_where_they_belong(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	for (int i = 0; i < LONG_ROWS; i++) {
		if (i % 1000 != 7)
			put_text(&h, ref, i, 'o');
		if (i % 2000 == 1999)
			home_append(&h);
	}
	assert_int_equal(store_compact(h.store, &(struct store_compact_spec){ 0 }, &err), 0);
	for (int i = 0; i < LONG_ROWS; i += 1000) {
		put_text(&h, ref, i + 7, 'L');
		put_text(&h, ref, i + 8, 'N');
	}
	home_append(&h);
	check_texts(&h, ref);
	assert_int_equal(store_compact(h.store, &(struct store_compact_spec){ 0 }, &err), 0);
	check_texts(&h, ref);
	home_ref_free(ref);
	home_free(&h);
}

static void
a_full_disk_takes_no_rows_but_lets_delete_make_room(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct statvfs vfs;
	struct home h;
	struct err err;
	uint64_t n_rows;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", one);
	home_put(&h, home_point(&h, "m", ref, 2, 1), "v", one);
	home_append(&h);
	store_close(h.store);
	assert_int_equal(statvfs(h.path, &vfs), 0);
	h.options.reserve_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize / 2 * 3;
	home_open(&h);
	home_put(&h, home_point(&h, "m", ref, 3, 1), "v", one);
	assert_int_equal(store_append(h.store, h.bucket, &h.batch, &n_rows, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "disk full"));
	assert_int_equal(store_delete_rows(h.store, home_measurement(&h, "m"), &ref->id, 1, 1, 1,
	    &n_rows, &err), 0);
	assert_int_equal(count(&h, ref, "v"), 1);
	assert_int_equal(store_compact(h.store, &(struct store_compact_spec){ 0 }, &err), 0);
	assert_int_equal(store_drop_measurement(h.store, h.bucket, SLICE("m"), &err), 0);
	home_ref_free(ref);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_that_came_after_delete_had_looked_keeps_its_values),
		cmocka_unit_test(delete_ends_while_others_write_without_pause),
		cmocka_unit_test(weir_compact_works_after_a_bucket_was_deleted),
		cmocka_unit_test(an_older_value_is_never_read_while_compaction_runs),
		cmocka_unit_test(a_full_disk_takes_no_rows_but_lets_delete_make_room),
		cmocka_unit_test(late_rows_all_over_a_long_series_go_where_they_belong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
