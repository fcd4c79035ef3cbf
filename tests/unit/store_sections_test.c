/*
 * tests/unit/store_sections_test.c - how often work on many series takes the store's lock
 *
 * Each time is a turn that 64 processes wait for. Compaction of a few rows for each of many series,
 * which every DELETE begins with, took two or three turns a series.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store_home.h"

#define SERIES 600

static unsigned turns;

/*
 * In place of the C library's: all that take the lock come by here.
 */
int
flock(int fd, int operation)
{
	turns += (operation & LOCK_EX) != 0;
	return (int)syscall(SYS_flock, fd, operation);
}

static struct series_ref *refs[SERIES];

static void
make_series(void)
{
	for (unsigned i = 0; i < SERIES; i++) {
		char name[16];
		struct tag tag = { SLICE("host"), { name, (size_t)snprintf(name, sizeof(name), "h%u", i) } };

		refs[i] = home_ref(&tag, 1);
	}
}

static void
put_rows(struct home *h, int64_t from, int64_t to)
{
	for (int64_t time = from; time < to; time++)
		for (unsigned i = 0; i < SERIES; i++)
			home_put(h, home_point(h, "m", refs[i], time, 1), "v",
			    (struct value){ .type = VALUE_INTEGER, .i = time * i });
	home_append(h);
}

static unsigned
turns_of_compaction(struct home *h)
{
	struct err err;

	turns = 0;
	if (store_compact(h->store, &(struct store_compact_spec){ 0 }, &err) != 0)
		home_die("compact", &err);
	return turns;
}

static uint64_t
rows_there(struct home *h)
{
	struct store_stats stats;
	struct err err;

	if (store_stats(h->store, home_measurement(h, "m"), &stats, &err) != 0)
		home_die("stats", &err);
	return stats.rows;
}

static unsigned
turns_of_delete(struct home *h, int64_t from, int64_t to)
{
	uint64_t ids[SERIES], n_rows;
	struct err err;

	for (unsigned i = 0; i < SERIES; i++)
		ids[i] = refs[i]->id;
	turns = 0;
	if (store_delete_rows(h->store, home_measurement(h, "m"), ids, SERIES, from, to, &n_rows,
	    &err) != 0)
		home_die("delete", &err);
	assert_int_equal(n_rows, SERIES * (uint64_t)(to - from + 1));
	return turns;
}

/*
 * New series, rows behind those there are, rows between them and the same ones again.
 */
static void
test_compaction_of_many_series(void **unused)
{
	static const struct { int64_t from, to; uint64_t rows; } writes[] = {
		{ 100, 110, 10 }, { 110, 114, 14 }, { 50, 53, 17 }, { 105, 112, 17 }, { 200, 201, 18 },
	};
	struct home h;

	(void)unused;
	home_new(&h);
	make_series();
	for (size_t i = 0; i < sizeof(writes) / sizeof(*writes); i++) {
		put_rows(&h, writes[i].from, writes[i].to);
		assert_in_range(turns_of_compaction(&h), 1, SERIES / 10);
		assert_int_equal(rows_there(&h), SERIES * writes[i].rows);
	}
	for (unsigned i = 0; i < SERIES; i++)
		home_ref_free(refs[i]);
	home_free(&h);
}

/*
 * A part of every series; then what is left of them, and they with it.
 */
static void
test_deletion_from_many_series(void **unused)
{
	struct home h;

	(void)unused;
	home_new(&h);
	make_series();
	put_rows(&h, 0, 10);
	assert_in_range(turns_of_delete(&h, 3, 5), 1, SERIES / 6);
	assert_int_equal(rows_there(&h), SERIES * 7);
	assert_in_range(turns_of_delete(&h, 6, 9), 1, SERIES / 6);
	assert_in_range(turns_of_delete(&h, 0, 2), 1, SERIES / 6);
	assert_null(home_measurement(&h, "m"));
	for (unsigned i = 0; i < SERIES; i++)
		home_ref_free(refs[i]);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compaction_of_many_series),
		cmocka_unit_test(test_deletion_from_many_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
