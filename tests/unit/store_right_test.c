/*
 * tests/unit/store_right_test.c - who deletes need not wait for a compaction that goes on between replies
 *
 * A process that is never idle compacts a step after each reply, and keeps the right to it meanwhile:
 * for a large file of the journal and slow requests that may take longer than lock_wait. Who wants to
 * delete gets the right at the next step.
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_delete_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
