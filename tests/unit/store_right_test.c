/*
 * tests/unit/store_right_test.c - who deletes need not wait for a compaction that goes on between replies
 *
 * A process that is never idle compacts a step after each reply, and keeps the right to it meanwhile:
 * for a large file of the journal and slow requests that may take longer than lock_wait. Who wants to
 * delete gets the right at the next step. So it does from one who takes away what is past; and who
 * let others go first comes back.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "base/clock.h"
#include "store/compact_priv.h"
#include "store_home.h"

#define SERIES 850
#define ROWS 1000		/* of 8 bytes each: seven steps and more, all in one file */
#define FIRST_STEPS 2
#define MORE_STEPS 3		/* that may take place before the right is let go of */
#define REQUEST_MS 300		/* between two steps */
#define WAIT_MS 120000

struct board {			/* in shared memory */
	_Atomic unsigned steps;
	_Atomic bool	 deleting, stop;
};

static struct board *board;

static bool
somebody_waits(void *unused)
{
	(void)unused;
	board->steps++;
	return true;
}

/*
 * The next request is always there already. After the first steps there is a long one.
 */
static void
serve(struct home *h, pid_t parent)
{
	while (!board->stop && getppid() == parent) {
		store_maintain(h->store, STORE_IDLE, somebody_waits, NULL);
		do
			nanosleep(&(struct timespec){ 0, REQUEST_MS * 1000000 }, NULL);
		while (board->steps >= FIRST_STEPS && !board->deleting && getppid() == parent);
	}
}

static void
write_rows(struct home *h)
{
	for (unsigned i = 0; i < SERIES; i++) {
		char name[16];
		struct tag tag = { SLICE("host"), { name, (size_t)snprintf(name, sizeof(name), "h%u", i) } };
		struct series_ref *ref = home_ref(&tag, 1);

		for (unsigned row = 0; row < ROWS; row++)
			home_put(h, home_point(h, "m", ref, row, 1), "v",
			    (struct value){ .type = VALUE_FLOAT, .f = (double)rand() / 3 });
		home_append(h);
		home_ref_free(ref);
	}
}

static void
test_a_delete_goes_first(void **unused)
{
	uint64_t id = 1, n_rows;
	struct home h;
	struct err err;
	int status;
	pid_t pid, parent = getpid();

	(void)unused;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(board != MAP_FAILED);
	home_new(&h);
	store_close(h.store);
	h.options.wait_ms = WAIT_MS;
	if ((pid = fork()) == 0) {
		home_open(&h);
		write_rows(&h);
		serve(&h, parent);
		store_close(h.store);
		_exit(0);
	}
	while (board->steps < FIRST_STEPS)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	home_open(&h);
	board->deleting = true;
	if (store_delete_rows(h.store, home_measurement(&h, "m"), &id, 1, 0, ROWS, &n_rows, &err) != 0)
		print_error("%s\n", err.text);
	assert_int_equal(n_rows, ROWS);
	assert_in_range(board->steps, FIRST_STEPS, FIRST_STEPS + MORE_STEPS);
	board->stop = true;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	home_free(&h);
}

/* ---- one process, and somebody who wants the right ---- */

#define PAST_SERIES 200		/* taken away in steps of fewer */
#define MOST_ASKED 30

static void
seal(struct home *h)
{
	struct err err;

	assert_int_equal(compact_seal(h->store, &err), 0);
	assert_true(journal_sealed(&h->store->env));
}

static void
test_who_is_idle_comes_back(void **unused)
{
	struct home h;

	(void)unused;
	home_new(&h);
	home_row(&h, "m", 0, 1);
	seal(&h);
	h.store->env.mark->right_wanted_ns = clock_monotonic_ns();
	assert_true(store_maintain(h.store, STORE_IDLE, NULL, NULL));
	assert_true(journal_sealed(&h.store->env));
	h.store->env.mark->right_wanted_ns = 0;
	assert_false(store_maintain(h.store, STORE_IDLE, NULL, NULL));
	assert_false(journal_sealed(&h.store->env));
	home_free(&h);
}

static int
keep_nothing(struct txn *txn, void *arg, struct err *err)
{
	struct store_bucket bucket;

	if (store_bucket_get(txn, *(uint64_t *)arg, &bucket, err) != 0)
		return -1;
	bucket.retention_ns = 1;
	return store_bucket_update(txn, &bucket, err);
}

static uint64_t
series_there(struct home *h)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_stats stats;
	struct err err;

	if (m == NULL)
		return 0;
	if (store_stats(h->store, m, &stats, &err) != 0)
		home_die("stats", &err);
	return stats.series;
}

struct asked {
	struct store	*store;
	unsigned	 left;	/* so often more, behind the journal, until somebody wants the right */
};

static bool
wants_the_right(void *arg)
{
	struct asked *asked = arg;

	if (!journal_sealed(&asked->store->env) && (asked->left == 0 || --asked->left == 0))
		asked->store->env.mark->right_wanted_ns = clock_monotonic_ns();
	return false;
}

/*
 * A file of one row that is not past, and then what is past, unless somebody wants the right.
 *   returns  how many series are left of those that are past
 */
static uint64_t
tidy_beside(struct home *h, unsigned n_asked)
{
	struct env_mark *mark = h->store->env.mark;
	struct asked asked = { h->store, n_asked };

	home_row(h, "n", n_asked, clock_now_ns() + INT64_C(3600000000000));
	seal(h);
	mark->tidied_ns = 0;
	mark->right_wanted_ns = 0;
	store_maintain(h->store, STORE_PAUSE, wants_the_right, &asked);
	assert_false(journal_sealed(&h->store->env));
	mark->right_wanted_ns = 0;
	return series_there(h);
}

/*
 * Somebody wants the right before it begins, then a little later each time.
 */
static void
test_tidying_gives_way(void **unused)
{
	uint64_t left = PAST_SERIES, before;
	struct home h;
	struct err err;
	bool parted = false;

	(void)unused;
	home_new(&h);
	for (unsigned i = 0; i < PAST_SERIES; i++)
		home_row(&h, "m", i, 1);
	assert_int_equal(store_compact(h.store, &(struct store_compact_spec){ 0 }, &err), 0);
	assert_int_equal(store_txn(h.store, STORE_WRITE, h.arena, keep_nothing, &h.bucket, &err), 0);
	assert_int_equal(tidy_beside(&h, 1), PAST_SERIES);
	assert_int_equal(h.store->env.mark->tidied_ns, 0);	/* it is still due */
	for (unsigned n = 2; left > 0 && n < MOST_ASKED; n++) {
		before = left;
		left = tidy_beside(&h, n);
		assert_true(left <= before);
		parted = parted || (left > 0 && left < before);
	}
	assert_true(parted);
	assert_int_equal(left, 0);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_delete_goes_first),
		cmocka_unit_test(test_who_is_idle_comes_back),
		cmocka_unit_test(test_tidying_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
