/*
 * tests/unit/store_sync_test.c - a disk that refuses log or journal: nobody's rows are acknowledged;
 * and what a sync costs
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "store/store_priv.h"
#include "store_home.h"

static bool disk_refuses;
static unsigned n_syncs;	/* of whatever file or folder */

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
	n_syncs++;
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	n_syncs++;
	return (int)syscall(SYS_fsync, fd);
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

/*
 * In a process of its own, since the library gives not all memory back when it recovers: its status
 * is 0, or the line of what went wrong.
 */
#define CHECK(condition) do { if (!(condition)) _exit(__LINE__); } while (0)

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

	CHECK(store_scan_begin(h->store, &spec, &scan, &err) == 0);
	cursor = store_scan_cursor(scan, 0);
	while (store_cursor_next(cursor, &block, &err) == 0 && block != NULL)
		n += block->n_rows;
	store_scan_end(scan);
	return n;
}

static void
two_writers(struct home *h, struct series_ref *ref)
{
	int up[2], down[2], status;
	struct err err;
	pid_t pid;
	char c;

	h->store = NULL;
	home_open(h);
	put_row(h, ref, 0);
	CHECK(store_sync(h->store, &err) == 0);
	CHECK(pipe(up) == 0 && pipe(down) == 0);
	if ((pid = fork()) == 0)
		late_one(h, ref, up[1], down[0]);
	CHECK(read(up[0], &c, 1) == 1);
	put_row(h, ref, 2);
	disk_refuses = true;
	CHECK(store_sync(h->store, &err) == -1 && err.code == ERR_IO);
	disk_refuses = false;
	CHECK(write(down[1], &c, 1) == 1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	/* the next one to come in recovers, and all goes on */
	put_row(h, ref, 3);
	CHECK(store_sync(h->store, &err) == 0);
	CHECK(count(h, ref) == 4);
	_exit(0);
}

static void
nothing_is_acknowledged_once_the_disk_refused_it(void **unused)
{
	struct tag tag = { SLICE("a"), SLICE("b") };
	struct series_ref *ref = home_ref(&tag, 1);
	struct home h;
	int status;
	pid_t pid;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	if ((pid = fork()) == 0)
		two_writers(&h, ref);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	h.store = NULL;
	home_ref_free(ref);
	home_free(&h);
}

/*
 * What the disk refused before a reboot nobody waits for any more: writes are taken again.
 */
static void
after_a_reboot_writes_are_taken_again(void **unused)
{
	struct tag tag = { SLICE("a"), SLICE("b") };
	struct series_ref *ref = home_ref(&tag, 1);
	char path[128];
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	put_row(&h, ref, 1);
	assert_int_equal(store_sync(h.store, &err), 0);
	put_row(&h, ref, 2);
	disk_refuses = true;
	assert_int_equal(store_sync(h.store, &err), -1);
	put_row(&h, ref, 3);		/* goes into another file */
	assert_int_equal(store_sync(h.store, &err), -1);
	disk_refuses = false;
	store_close(h.store);
	snprintf(path, sizeof(path), "%s/journal.0000000002", h.path);
	assert_int_equal(unlink(path), 0);	/* the directory never got to the disk */
	snprintf(path, sizeof(path), "%s/weir.mark", h.path);
	{
		/* another boot, the other words as they were */
		FILE *mark = fopen(path, "r+");

		assert_non_null(mark);
		assert_int_equal(fseek(mark, 8, SEEK_SET), 0);
		assert_int_equal(fputc(0x5a, mark), 0x5a);
		fclose(mark);
	}
	home_open(&h);
	put_row(&h, ref, 4);
	assert_int_equal(store_sync(h.store, &err), 0);
	assert_int_equal(count(&h, ref), 3);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * A series whose name did not get to the disk has no rows either; the store recovers, and the same
 * write is taken when the disk has thought better of it.
 */
static void
no_rows_before_their_names_are_on_disk_here(void **unused)
{
	struct tag tag = { SLICE("a"), SLICE("new") };
	struct series_ref *ref = home_ref(&tag, 1);
	struct home h;
	struct err err;
	uint64_t stored;

	(void)unused;
	home_new(&h);
	assert_int_equal(store_sync(h.store, &err), 0);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", (struct value){ .type = VALUE_INTEGER });
	disk_refuses = true;
	assert_int_equal(store_append(h.store, h.bucket, &h.batch, &stored, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	disk_refuses = false;
	assert_int_equal(store_append(h.store, h.bucket, &h.batch, &stored, &err), 0);
	assert_int_equal(stored, 1);
	assert_int_equal(store_sync(h.store, &err), 0);
	assert_int_equal(count(&h, ref), 1);
	home_ref_free(ref);
	home_free(&h);
}

static void
no_rows_before_their_names_are_on_disk(void **unused)
{
	(void)unused;
	home_apart(no_rows_before_their_names_are_on_disk_here);
}

/*
 * One that was quiet has closed its files. What others know to be on disk it need not sync again.
 */
static void
a_write_after_a_pause_is_one_sync(void **unused)
{
	struct series_ref *ref = home_ref(NULL, 0);
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	for (int64_t time = 0; time < 5; time++) {
		n_syncs = 0;
		put_row(&h, ref, time);
		assert_int_equal(store_sync(h.store, &err), 0);
		if (time > 0)
			assert_int_equal(n_syncs, 1);
		store_maintain(h.store, STORE_IDLE, NULL, NULL);
	}
	home_ref_free(ref);
	home_free(&h);
}

static int
put_much(struct txn *txn, void *arg, struct err *err)
{
	struct store_bucket bucket = { .name = slice_from(arg) };
	char text[60000];

	memset(text, 'x', sizeof(text));
	bucket.description = slice_make(text, sizeof(text));
	return store_bucket_create(txn, &bucket, err);
}

/*
 * The folder that a program runs in may have been put anew since.
 */
static void
checkpoints_in_a_folder_that_is_gone_here(void **unused)
{
	char folder[] = "/tmp/weir-gone-XXXXXX";
	struct home h;
	struct err err;
	uint64_t generation;

	(void)unused;
	home_new(&h);
	if (mkdtemp(folder) == NULL || chdir(folder) != 0 || rmdir(folder) != 0)
		_exit(__LINE__);
	generation = atomic_load(&h.store->env.mark->generation);
	for (int i = 0; i < 600; i++) {
		char name[16];

		snprintf(name, sizeof(name), "b%d", i);
		CHECK(store_txn(h.store, STORE_WRITE, h.arena, put_much, name, &err) == 0);
		store_maintain_log(h.store);
		arena_reset(h.arena);
	}
	CHECK(atomic_load(&h.store->env.mark->generation) == generation);
	CHECK(faccessat(h.store->env.home_fd, "log.0000000001", F_OK, 0) != 0);
	if (chdir("/") != 0)
		_exit(__LINE__);
	home_free(&h);
}

static void
checkpoints_in_a_folder_that_is_gone(void **unused)
{
	(void)unused;
	home_apart(checkpoints_in_a_folder_that_is_gone_here);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_write_after_a_pause_is_one_sync),
		cmocka_unit_test(checkpoints_in_a_folder_that_is_gone),
		cmocka_unit_test(nothing_is_acknowledged_once_the_disk_refused_it),
		cmocka_unit_test(after_a_reboot_writes_are_taken_again),
		cmocka_unit_test(no_rows_before_their_names_are_on_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
