/*
 * tests/unit/store_steps_test.c - a compaction looks at the clock often, and asks once who waits for it
 *
 * The clock is the test's: each look at it takes a millisecond, so what looks at it rarely does much in a
 * step of 15 ms.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/compact_priv.h"
#include "store_home.h"

#define LOOK_NS 1000000
#define SERIES 64		/* whose rows and chunks are read at once */
#define STEP_SERIES 16
#define MEASUREMENTS 100

static int64_t looks;		/* 0: the clock is the machine's */
static struct env_mark *flicker;	/* somebody wants the right to compact at every other look */

/*
 * In place of the C library's.
 */
int
clock_gettime(clockid_t which, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, which, t);

	if (looks > 0 && which == CLOCK_MONOTONIC) {
		int64_t now = t->tv_sec * INT64_C(1000000000) + t->tv_nsec + looks++ * LOOK_NS;

		t->tv_sec = now / 1000000000;
		t->tv_nsec = now % 1000000000;
		if (flicker != NULL)
			flicker->right_wanted_ns = looks % 2 == 0 ? now : 0;
	}
	return r;
}

static unsigned
steps_of_compaction(struct home *h)
{
	bool done = false;
	unsigned n = 0;
	struct err err;

	assert_int_equal(compact_seal(h->store, &err), 0);
	assert_int_equal(compact_start(h->store, false, -1, &err), 0);
	looks = 1;
	for (; !done; n++)
		assert_int_equal(compact_step(h->store, &done, &err), 0);
	looks = 0;
	return n;
}

/*
 * Of series that have no chunk, and then of such as have one.
 */
static void
test_a_step_ends_between_series_read_together(void **unused)
{
	struct home h;

	(void)unused;
	home_new(&h);
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < SERIES; i++)
			home_row(&h, "m", i, 10 - round);
		assert_in_range(steps_of_compaction(&h), SERIES / STEP_SERIES, 2 * SERIES);
	}
	home_free(&h);
}

/*
 * Who hears that it is wanted lets go of what it has begun, though a moment later it would hear
 * otherwise. (What it had then was lost when it began the next.)
 */
static void
test_one_who_waits_is_asked_for_once(void **unused)
{
	struct home h;
	struct err err;
	int r;

	(void)unused;
	home_new(&h);
	for (unsigned i = 0; i < MEASUREMENTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%u", i);
		home_row(&h, name, 0, 1);
	}
	flicker = h.store->env.mark;
	looks = 1;
	r = store_compact(h.store, &(struct store_compact_spec){ 0 }, &err);
	looks = 0;
	flicker = NULL;
	assert_int_equal(r, 0);
	assert_int_equal(journal_bytes(&h.store->env), 0);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_step_ends_between_series_read_together),
		cmocka_unit_test(test_one_who_waits_is_asked_for_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
