/*
 * tests/unit/store_names_test.c - writes come to an end where measurements are dropped without pause
 *
 * Each drop, of whatever measurement, has all writers look at their names again before they write. A
 * writer beside one that does nothing else was refused after five times.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <sys/mman.h>

#include "store_home.h"

#define WRITES 150
#define DROPPERS 3

struct board {			/* in shared memory */
	_Atomic unsigned drops;
	_Atomic bool	 stop;
};

static struct board *board;

static int
write_one(struct home *h, const char *measurement, int64_t time, struct err *err)
{
	struct tag tag = { SLICE("host"), SLICE("a") };
	struct series_ref *ref = home_ref(&tag, 1);
	uint64_t stored;
	int r;

	home_put(h, home_point(h, measurement, ref, time, 1), "v",
	    (struct value){ .type = VALUE_INTEGER, .i = time });
	r = store_append(h->store, h->bucket, &h->batch, &stored, err);
	arena_reset(h->batch_arena);
	batch_init(&h->batch, h->batch_arena, &h->rejects);
	home_ref_free(ref);
	return r;
}

static void
drop_without_pause(struct home *h, unsigned number, pid_t parent)
{
	char name[16];
	struct err err;

	snprintf(name, sizeof(name), "gone%u", number);
	home_open(h);
	while (!board->stop && getppid() == parent) {
		if (write_one(h, name, 1, &err) != 0 ||
		    store_drop_measurement(h->store, h->bucket, slice_from(name), &err) != 0)
			home_die("drop", &err);
		board->drops++;
	}
	store_close(h->store);
}

static void
test_writes_come_to_an_end(void **unused)
{
	pid_t pids[DROPPERS], parent = getpid();
	struct home h;
	struct err err;
	int status;

	(void)unused;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(board != MAP_FAILED);
	home_new(&h);
	store_close(h.store);
	for (unsigned i = 0; i < DROPPERS; i++)
		if ((pids[i] = fork()) == 0) {
			drop_without_pause(&h, i, parent);
			_exit(0);
		}
	home_open(&h);
	for (int64_t time = 0; time < WRITES || board->drops < WRITES; time++)
		if (write_one(&h, "m", time, &err) != 0) {
			print_error("%s\n", err.text);
			fail();
		}
	board->stop = true;
	for (unsigned i = 0; i < DROPPERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes_come_to_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
