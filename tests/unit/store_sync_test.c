/*
 * tests/unit/store_sync_test.c - a disk that refuses the log: nobody's rows are acknowledged by it
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "store_home.h"

static bool disk_refuses;

/*
 * In place of the C library's, as the store sees it.
 */
int
fdatasync(int fd)
{
	if (disk_refuses) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static void
put_row(struct home *h, struct series_ref *ref, int64_t time)
{
	home_put(h, home_point(h, "m", ref, time, 1), "v",
	    (struct value){ .type = VALUE_INTEGER, .i = time });
	home_append(h);
}

/*
 * One that has written, and asks for its sync only after another's has failed. The kernel tells of
 * a failure once: this sync would succeed.
 */
static void
late_one(struct home *h, struct series_ref *ref, int to, int from)
{
	struct err err;
	char c = 'x';

	h->store = NULL;
	home_open(h);
	put_row(h, ref, 1);
	if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1)
		_exit(2);
	_exit(store_sync(h->store, &err) == 0);
}

static size_t
count(struct home *h, const struct series_ref *ref)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_scan_spec spec = { .measurement = m, .series = &ref->id, .n_series = 1,
		.fields = &m->fields[0].id, .n_fields = 1, .from = INT64_MIN, .to = INT64_MAX };
	const struct store_block *block;
	struct store_cursor *cursor;
	struct store_scan *scan;
	struct err err;
	size_t n = 0;

	assert_int_equal(store_scan_begin(h->store, &spec, &scan, &err), 0);
	cursor = store_scan_cursor(scan, 0);
	while (store_cursor_next(cursor, &block, &err) == 0 && block != NULL)
		n += block->n_rows;
	store_scan_end(scan);
	return n;
}

static void
nothing_is_acknowledged_once_the_disk_refused_the_log(void **unused)
{
	struct tag tag = { SLICE("a"), SLICE("b") };
	struct series_ref *ref = home_ref(&tag, 1);
	int up[2], down[2], status;
	struct home h;
	struct err err;
	pid_t pid;
	char c;

	(void)unused;
	home_new(&h);
	put_row(&h, ref, 0);
	assert_int_equal(store_sync(h.store, &err), 0);
	assert_int_equal(pipe(up), 0);
	assert_int_equal(pipe(down), 0);
	if ((pid = fork()) == 0)
		late_one(&h, ref, up[1], down[0]);
	assert_int_equal(read(up[0], &c, 1), 1);
	put_row(&h, ref, 2);
	disk_refuses = true;
	assert_int_equal(store_sync(h.store, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	disk_refuses = false;
	assert_int_equal(write(down[1], &c, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* the next one to come in recovers, and all goes on */
	put_row(&h, ref, 3);
	assert_int_equal(store_sync(h.store, &err), 0);
	assert_int_equal(count(&h, ref), 4);
	for (int i = 0; i < 2; i++) {
		close(up[i]);
		close(down[i]);
	}
	home_ref_free(ref);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_acknowledged_once_the_disk_refused_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
