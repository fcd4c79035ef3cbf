/*
 * tests/unit/store_journal_test.c - journal files that were cut, damaged or left half-written
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "store_home.h"

static size_t dies_after;	/* 0: never */

/*
 * In place of the C library's, as the store sees it: a process that is killed while it writes.
 */
ssize_t
pwrite(int fd, const void *p, size_t n, off_t offset)
{
	if (dies_after > 0 && n > dies_after) {
		syscall(SYS_pwrite64, fd, p, dies_after, offset);
		raise(SIGKILL);
	}
	return syscall(SYS_pwrite64, fd, p, n, offset);
}

static struct series_ref *
series_of(const char *name)
{
	struct tag tag = { SLICE("host"), slice_from(name) };

	return home_ref(&tag, 1);
}

static void
put_rows(struct home *h, const char *measurement, struct series_ref *ref, int64_t from, int64_t n)
{
	for (int64_t t = from; t < from + n; t++)
		home_put(h, home_point(h, measurement, ref, t, 1), "v",
		    (struct value){ .type = VALUE_INTEGER, .i = t * 1000000007 });
	home_append(h);
}

/*
 * How many rows there are, or -1 with *err.
 */
static int
count(struct home *h, const char *measurement, const struct series_ref *ref, struct err *err)
{
	struct store_measurement *m = home_measurement(h, measurement);
	struct store_scan_spec spec = { .measurement = m, .series = &ref->id, .n_series = 1,
		.fields = &m->fields[0].id, .n_fields = 1, .from = INT64_MIN, .to = INT64_MAX };
	const struct store_block *block;
	struct store_cursor *cursor;
	struct store_scan *scan;
	int n = 0, r;

	if (store_scan_begin(h->store, &spec, &scan, err) != 0)
		return -1;
	cursor = store_scan_cursor(scan, 0);
	while ((r = store_cursor_next(cursor, &block, err)) == 0 && block != NULL)
		n += (int)block->n_rows;
	store_scan_end(scan);
	return r == 0 ? n : -1;
}

static int
count_well(struct home *h, const char *measurement, const struct series_ref *ref)
{
	struct err err;
	int n = count(h, measurement, ref, &err);

	if (n < 0)
		home_die("count", &err);
	return n;
}

static int
open_in(const struct home *h, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", h->path, name);
	return open(path, O_RDWR);
}

static off_t
size_of(const struct home *h, const char *name)
{
	int fd = open_in(h, name);
	struct stat st;

	if (fd < 0)
		return -1;
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	return st.st_size;
}

/*
 * Where its last frame ends: zeros may follow, and frames end with no more of them than fill up to a
 * multiple of 8.
 */
static off_t
end_of(const struct home *h, const char *name)
{
	off_t end = size_of(h, name);
	int fd = open_in(h, name);
	char c = 0;

	while (end > 0 && pread(fd, &c, 1, end - 1) == 1 && c == 0)
		end--;
	close(fd);
	return (end + 7) & ~(off_t)7;
}

static void
flip(const struct home *h, const char *name, off_t at)
{
	int fd = open_in(h, name);
	char c;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 4;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

/*
 * As after a reboot: nobody has the store open, and the mark page is of another life.
 */
static void
reboot(struct home *h)
{
	char path[128];

	store_close(h->store);
	snprintf(path, sizeof(path), "%s/weir.mark", h->path);
	assert_int_equal(unlink(path), 0);
	home_open(h);
}

static void
compact(struct home *h)
{
	struct err err;

	if (store_compact(h->store, &(struct store_compact_spec){ 0 }, &err) != 0)
		home_die("compact", &err);
}

#define FIRST "journal.0000000001"

static void
a_torn_end_costs_nothing_that_was_whole(void **unused)
{
	struct series_ref *ref = series_of("a");
	static const size_t torn[] = { 1, 8, 39, 40, 41, 100, 200 };
	struct home h;
	int rows = 0;

	(void)unused;
	home_new(&h);
	for (size_t i = 0; i < UNIT_N(torn); i++) {
		char name[32];
		off_t whole;
		int fd;

		snprintf(name, sizeof(name), "journal.%010zu", i + 1);
		put_rows(&h, "m", ref, rows, 3);
		rows += 3;
		whole = end_of(&h, name);
		put_rows(&h, "m", ref, 1000, 30);	/* of this only a part gets to the disk */
		assert_true(end_of(&h, name) > whole + 200);
		fd = open_in(&h, name);
		assert_int_equal(ftruncate(fd, whole + (off_t)torn[i]), 0);
		close(fd);
		reboot(&h);
		assert_int_equal(count_well(&h, "m", ref), rows);
		assert_int_equal(size_of(&h, name), whole);
	}
	compact(&h);
	assert_int_equal(count_well(&h, "m", ref), rows);
	assert_int_equal(size_of(&h, FIRST), -1);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * Of what was not synced anything may be missing: here the second of four frames, or its middle.
 */
static void
hole_in_second_frame(off_t from, bool is_damage)
{
	struct series_ref *ref = series_of("a");
	static const char zeros[4096];
	struct home h;
	off_t first, second;
	int fd;

	home_new(&h);
	put_rows(&h, "m", ref, 0, 10);
	first = end_of(&h, FIRST);
	put_rows(&h, "m", ref, 10, 10);
	second = end_of(&h, FIRST);
	put_rows(&h, "m", ref, 20, 10);
	put_rows(&h, "m", ref, 30, 10);
	fd = open_in(&h, FIRST);
	assert_int_equal(pwrite(fd, zeros, (size_t)(second - first - from), first + from),
	    second - first - from);
	close(fd);
	reboot(&h);
	if (is_damage) {
		struct err err;

		assert_int_equal(count(&h, "m", ref, &err), -1);
		assert_int_equal(err.code, ERR_CORRUPT);
		store_maintain(h.store, STORE_PAUSE, NULL, NULL);
	}
	assert_int_equal(count_well(&h, "m", ref), 30);
	put_rows(&h, "m", ref, 40, 10);
	assert_int_equal(count_well(&h, "m", ref), 40);
	reboot(&h);
	assert_int_equal(count_well(&h, "m", ref), 40);
	compact(&h);
	assert_int_equal(count_well(&h, "m", ref), 40);
	assert_int_equal(size_of(&h, "damaged." FIRST) > 0, is_damage);
	home_ref_free(ref);
	home_free(&h);
}

static void
a_power_failure_leaves_holes_that_nobody_minds(void **unused)
{
	(void)unused;
	hole_in_second_frame(0, false);
	hole_in_second_frame(16, true);
	hole_in_second_frame(64, true);
}

/*
 * A power failure may undo the cut of a file that was sealed.
 */
static void
zeros_at_the_end_of_a_sealed_file_are_no_damage(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct home h;
	int fd;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	h.options.compact_bytes = 500;
	home_open(&h);
	for (int i = 0; i < 8; i++)
		put_rows(&h, "m", ref, i * 20, 20);
	fd = open_in(&h, FIRST);
	assert_int_equal(ftruncate(fd, size_of(&h, FIRST) + 70000), 0);
	close(fd);
	assert_int_equal(count_well(&h, "m", ref), 160);
	compact(&h);
	assert_int_equal(count_well(&h, "m", ref), 160);
	assert_int_equal(size_of(&h, "damaged." FIRST), -1);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * Two bits of the second of three frames: in its head, or in its record.
 */
static void
damage_at(off_t in_frame, const char *says)
{
	struct series_ref *ref = series_of("a"), *other = series_of("b");
	struct home h;
	struct err err;
	off_t first, second;

	home_new(&h);
	put_rows(&h, "m", ref, 0, 10);
	first = end_of(&h, FIRST);
	put_rows(&h, "m", ref, 10, 10);
	second = end_of(&h, FIRST);
	put_rows(&h, "m", ref, 20, 10);
	put_rows(&h, "other", other, 0, 10);
	flip(&h, FIRST, first + in_frame);
	flip(&h, FIRST, first + in_frame + 1);
	assert_int_equal(count(&h, "m", ref, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	if (strstr(err.text, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
	/* anybody who has time then helps those who come after */
	store_close(h.store);
	home_open(&h);
	store_maintain(h.store, STORE_PAUSE, NULL, NULL);
	assert_int_equal(count_well(&h, "m", ref), 20);
	assert_int_equal(count_well(&h, "other", other), 10);
	assert_int_equal(size_of(&h, FIRST), -1);
	assert_true(size_of(&h, "damaged." FIRST) > second);
	put_rows(&h, "m", ref, 10, 10);
	assert_int_equal(count_well(&h, "m", ref), 30);
	home_ref_free(ref);
	home_ref_free(other);
	home_free(&h);
}

static void
a_damaged_frame_is_told_and_set_aside(void **unused)
{
	(void)unused;
	damage_at(5, "journal file 1 is damaged at byte");
	damage_at(34, "journal file 1 is damaged at byte");
	damage_at(60, "a journal record fails its checksum (bucket");
}

/*
 * One bit of a frame, wherever it is, costs nothing: compaction turns it back, and so does a recovery
 * after a reboot.
 */
static void
flip_at(off_t in_frame, bool reboots)
{
	struct series_ref *ref = series_of("a");
	struct home h;
	off_t first, second;

	home_new(&h);
	put_rows(&h, "m", ref, 0, 10);
	first = end_of(&h, FIRST);
	put_rows(&h, "m", ref, 10, 10);
	second = end_of(&h, FIRST);
	put_rows(&h, "m", ref, 20, 10);
	flip(&h, FIRST, in_frame >= 0 ? first + in_frame : second + in_frame);
	if (reboots)
		reboot(&h);
	else
		compact(&h);
	assert_int_equal(count_well(&h, "m", ref), 30);
	assert_int_equal(size_of(&h, "damaged." FIRST), -1);
	home_ref_free(ref);
	home_free(&h);
}

static void
one_flipped_bit_of_a_frame_is_turned_back(void **unused)
{
	static const off_t places[] = { 0, 5, 9, 13, 20, 27, 36, 41, 50, 70, 90, 120, -9 };

	(void)unused;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		flip_at(places[i], false);
		flip_at(places[i], true);
	}
}

/*
 * Of the last frame, too, which could be taken for one that was being written.
 */
static void
damage_at_the_end_is_told_as_well(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct home h;
	struct err err;
	off_t first;

	(void)unused;
	home_new(&h);
	put_rows(&h, "m", ref, 0, 10);
	first = end_of(&h, FIRST);
	put_rows(&h, "m", ref, 10, 10);
	flip(&h, FIRST, first + 60);
	flip(&h, FIRST, first + 61);
	reboot(&h);
	assert_int_equal(count(&h, "m", ref, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	store_maintain(h.store, STORE_PAUSE, NULL, NULL);
	assert_int_equal(count_well(&h, "m", ref), 10);
	assert_true(size_of(&h, "damaged." FIRST) > 0);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * The frames that a killed writer had not finished are longer than what comes next; nothing of
 * them may be taken for something that follows it.
 */
static void
what_a_killed_writer_left_is_gone(void **unused)
{
	struct series_ref *a = series_of("a"), *b = series_of("b");
	struct home h;
	int status;
	pid_t pid;

	(void)unused;
	home_new(&h);
	put_rows(&h, "m", a, 0, 5);
	put_rows(&h, "n", b, 0, 5);
	if ((pid = fork()) == 0) {
		h.store = NULL;
		home_open(&h);
		put_rows(&h, "m", a, 100, 1);
		/* two measurements, two frames; the second is whole but the write is not */
		for (int64_t t = 200; t < 400; t++)
			home_put(&h, home_point(&h, "m", a, t, 1), "v",
			    (struct value){ .type = VALUE_INTEGER, .i = t * t * t });
		home_put(&h, home_point(&h, "n", b, 500, 1), "v",
		    (struct value){ .type = VALUE_INTEGER, .i = 1 });
		for (int64_t t = 0; t < 2000; t++)
			home_put(&h, home_point(&h, "z", a, t, 1), "v",
			    (struct value){ .type = VALUE_INTEGER, .i = t * t * t });
		dies_after = 2500;
		home_append(&h);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(count_well(&h, "m", a), 6);
	put_rows(&h, "m", a, 600, 1);
	assert_int_equal(count_well(&h, "m", a), 7);
	assert_int_equal(count_well(&h, "n", b), 5);
	reboot(&h);
	assert_int_equal(count_well(&h, "m", a), 7);
	assert_int_equal(count_well(&h, "n", b), 5);
	compact(&h);
	assert_int_equal(count_well(&h, "m", a), 7);
	assert_int_equal(count_well(&h, "n", b), 5);
	assert_int_equal(size_of(&h, "damaged." FIRST), -1);
	home_ref_free(a);
	home_ref_free(b);
	home_free(&h);
}

struct held {
	int		 steps;
};

static bool
after_some_steps(void *arg)
{
	return --((struct held *)arg)->steps < 0;
}

static int
die_inside(struct txn *txn, void *arg, struct err *err)
{
	(void)txn;
	(void)arg;
	(void)err;
	raise(SIGKILL);
	return -1;
}

/*
 * A process dies inside the store.
 */
static void
somebody_dies(struct home *h)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err err;

		h->store = NULL;
		home_open(h);
		store_txn(h->store, STORE_READ, h->arena, die_inside, NULL, &err);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void
somebody_writes(struct home *h, int64_t from)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		h->store = NULL;
		home_open(h);
		put_rows(h, "m", series_of("a"), from, 10);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/*
 * One drains a sealed file, behind which nothing was written yet; meanwhile somebody dies, another
 * recovers and writes. Its rows must not go with the file.
 */
static void
recovery_beside_compaction_loses_nothing_here(void **unused)
{
	struct series_ref *ref = series_of("a"), *hosts[3];
	struct held held = { 1 };
	struct home h;

	(void)unused;
	home_new(&h);
	for (int k = 0; k < 3; k++) {		/* a few measurements, so that it takes steps */
		char name[8];

		hosts[k] = series_of("host");
		snprintf(name, sizeof(name), "m%d", k);
		for (int i = 0; i < 200; i++)
			put_rows(&h, name, hosts[k], i * 100, 100);
		home_ref_free(hosts[k]);
	}
	put_rows(&h, "m", ref, 0, 10);
	store_maintain(h.store, STORE_IDLE, after_some_steps, &held);
	assert_true(size_of(&h, FIRST) > 0);	/* sealed, and half-way through */
	assert_int_equal(size_of(&h, "journal.0000000002"), -1);
	somebody_dies(&h);
	somebody_writes(&h, 100);
	store_maintain(h.store, STORE_PAUSE, NULL, NULL);
	assert_int_equal(size_of(&h, FIRST), -1);
	somebody_writes(&h, 200);
	assert_int_equal(count_well(&h, "m", ref), 30);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * Whatever was deleted stays so when a drained file comes back, as it may after a power failure.
 */
static void
a_drained_file_that_comes_back_is_not_read(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct store_measurement *m;
	char copy[512];
	struct home h;
	struct err err;
	uint64_t n;

	(void)unused;
	home_new(&h);
	put_rows(&h, "m", ref, 0, 10);
	snprintf(copy, sizeof(copy), "cp %s/" FIRST " %s/kept", h.path, h.path);
	assert_int_equal(system(copy), 0);
	m = home_measurement(&h, "m");
	assert_int_equal(store_delete_rows(h.store, m, &ref->id, 1, 0, 4, &n, &err), 0);
	assert_int_equal(n, 5);
	snprintf(copy, sizeof(copy), "mv %s/kept %s/" FIRST, h.path, h.path);
	assert_int_equal(system(copy), 0);
	assert_int_equal(count_well(&h, "m", ref), 5);
	reboot(&h);
	assert_int_equal(count_well(&h, "m", ref), 5);
	assert_int_equal(size_of(&h, FIRST), -1);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * Many files, each sealed after a write or two, and a reader beside each step of draining them.
 */
static void
files_go_one_by_one_and_rows_stay(void **unused)
{
	struct series_ref *ref = series_of("a");
	struct home h;
	int rows = 0;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	h.options.compact_bytes = 500;
	home_open(&h);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 10; i++, rows += 20)
			put_rows(&h, "m", ref, rows, 20);
		if (round == 0)
			assert_true(end_of(&h, FIRST) >= 500 && size_of(&h, "journal.0000000003") > 0);
		assert_int_equal(count_well(&h, "m", ref), rows);
		store_maintain(h.store, STORE_BUSY, NULL, NULL);
		assert_int_equal(count_well(&h, "m", ref), rows);
		if (round == 2)
			reboot(&h);
		store_maintain(h.store, STORE_PAUSE, NULL, NULL);
		assert_int_equal(count_well(&h, "m", ref), rows);
	}
	assert_int_equal(size_of(&h, FIRST), -1);
	home_ref_free(ref);
	home_free(&h);
}

static void
recovery_beside_compaction_loses_nothing(void **unused)
{
	(void)unused;
	home_apart(recovery_beside_compaction_loses_nothing_here);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_torn_end_costs_nothing_that_was_whole),
		cmocka_unit_test(a_power_failure_leaves_holes_that_nobody_minds),
		cmocka_unit_test(recovery_beside_compaction_loses_nothing),
		cmocka_unit_test(zeros_at_the_end_of_a_sealed_file_are_no_damage),
		cmocka_unit_test(a_damaged_frame_is_told_and_set_aside),
		cmocka_unit_test(one_flipped_bit_of_a_frame_is_turned_back),
		cmocka_unit_test(damage_at_the_end_is_told_as_well),
		cmocka_unit_test(what_a_killed_writer_left_is_gone),
		cmocka_unit_test(a_drained_file_that_comes_back_is_not_read),
		cmocka_unit_test(files_go_one_by_one_and_rows_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
