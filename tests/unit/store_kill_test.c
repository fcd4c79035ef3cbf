/*
 * tests/unit/store_kill_test.c - processes that are killed at any moment lose nothing acknowledged
 *
 * Writers append a row, wait until it is on disk and tell the parent through a pipe; one in ten
 * reads all rows back, one in fifty takes a checkpoint. The parent kills one at random every few
 * milliseconds and starts another. At the end every row that was told is there.
 *
 * Below that: what those that were killed leave behind harms nobody.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "store/compact_priv.h"
#include "store_home.h"

#define WRITERS 4
#define KILLS 150
#define MOST_ROWS 1000000

struct told {
	uint32_t	 writer;
	uint32_t	 row;
};

static struct series_ref *
series_of(uint32_t writer)
{
	char name[16];
	struct tag tag = { SLICE("writer"), { name, 0 } };

	tag.value.n = (size_t)snprintf(name, sizeof(name), "%u", writer);
	return home_ref(&tag, 1);
}

static size_t
read_all(struct home *h, struct store_measurement *m, uint64_t id, int64_t *times, size_t cap)
{
	struct store_scan_spec spec = { .measurement = m, .series = &id, .n_series = 1,
		.fields = &m->fields[0].id, .n_fields = 1, .from = INT64_MIN, .to = INT64_MAX };
	const struct store_block *block;
	struct store_scan *scan;
	struct store_cursor *cursor;
	struct err err;
	size_t n = 0;

	if (store_scan_begin(h->store, &spec, &scan, &err) != 0)
		home_die("scan", &err);
	cursor = store_scan_cursor(scan, 0);
	while (store_cursor_next(cursor, &block, &err) == 0 && block != NULL)
		for (size_t i = 0; i < block->n_rows && n < cap; i++)
			times[n++] = block->times[i];
	store_scan_end(scan);
	return n;
}

static void
write_until_killed(struct home *h, uint32_t writer, int to)
{
	struct series_ref *ref = series_of(writer);
	struct err err;

	h->store = NULL;
	h->options.compact_bytes = 2000;
	home_open(h);
	for (uint32_t row = 0; row < MOST_ROWS; row++) {
		struct told told = { writer, row };
		struct value v = { .type = VALUE_INTEGER, .i = row };

		home_put(h, home_point(h, "m", ref, row, 1), "v", v);
		home_append(h);
		if (store_sync(h->store, &err) != 0)
			home_die("sync", &err);
		if (write(to, &told, sizeof(told)) != sizeof(told))
			_exit(1);
		if (row % 10 == 9) {
			int64_t times[64];

			arena_reset(h->arena);
			read_all(h, home_measurement(h, "m"), ref->id, times, 64);
		}
		if (row % 8 == 7) {
			store_maintain(h->store, STORE_PAUSE, NULL, NULL);
		}
	}
}

static pid_t
start(struct home *h, uint32_t writer, const int pipe_fds[2])
{
	pid_t pid = fork();

	if (pid == 0) {
		close(pipe_fds[0]);
		write_until_killed(h, writer, pipe_fds[1]);
		_exit(0);
	}
	return pid;
}

static void
take_told(int from, uint32_t *last)
{
	struct pollfd poll_fd = { from, POLLIN, 0 };
	struct told told[256];
	ssize_t n;

	while (poll(&poll_fd, 1, 0) > 0 && (n = read(from, told, sizeof(told))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(*told); i++)
			last[told[i].writer] = told[i].row + 1;
}

static void
check_writer(struct home *h, struct store_measurement *m, uint32_t writer, uint32_t told,
    uint64_t *acknowledged)
{
	struct series_ref *ref = series_of(writer);
	int64_t *times = memory_array((size_t)told + 8, sizeof(*times));
	struct err err;
	uint64_t stored;
	size_t n;

	if (told > 0) {
		/* the series is there: one more row finds its id */
		home_put(h, home_point(h, "m", ref, MOST_ROWS, 1), "v",
		    (struct value){ .type = VALUE_INTEGER, .i = 0 });
		assert_int_equal(store_append(h->store, h->bucket, &h->batch, &stored, &err), 0);
		arena_reset(h->batch_arena);
		batch_init(&h->batch, h->batch_arena, &h->rejects);
		n = read_all(h, m, ref->id, times, told);
		assert_int_equal(n, told);
		for (uint32_t i = 0; i < told; i++)
			assert_int_equal(times[i], i);
	}
	*acknowledged += told;
	free(times);
	home_ref_free(ref);
}

static void
nothing_acknowledged_is_lost(void **unused)
{
	uint32_t n_started = 0, *last = memory_array(KILLS + WRITERS, sizeof(*last));
	pid_t pids[WRITERS];
	uint64_t acknowledged = 0;
	struct home h;
	int pipe_fds[2];

	(void)unused;
	home_new(&h);
	store_close(h.store);	/* nothing of the parent's is shared with the children */
	assert_int_equal(pipe(pipe_fds), 0);
	srandom(1);
	for (int i = 0; i < WRITERS; i++)
		pids[i] = start(&h, n_started++, pipe_fds);
	for (int kills = 0; kills < KILLS; kills++) {
		struct timespec pause = { 0, 2000000 + random() % 15000000 };
		int victim = (int)(random() % WRITERS);

		nanosleep(&pause, NULL);
		take_told(pipe_fds[0], last);
		kill(pids[victim], SIGKILL);
		waitpid(pids[victim], NULL, 0);
		pids[victim] = start(&h, n_started++, pipe_fds);
	}
	for (int i = 0; i < WRITERS; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	take_told(pipe_fds[0], last);
	home_open(&h);
	struct store_measurement *m = home_measurement(&h, "m");

	for (uint32_t w = 0; w < n_started; w++)
		check_writer(&h, m, w, last[w], &acknowledged);
	print_message("%d kills, %llu rows acknowledged, none lost\n", KILLS,
	    (unsigned long long)acknowledged);
	assert_true(acknowledged > 0);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	free(last);
	home_free(&h);
}

/* ---- a number that another program has by now ---- */

static void
put_word(int mark, size_t at, const void *word, size_t n)
{
	assert_int_equal(pwrite(mark, word, n, (off_t)at), (ssize_t)n);
}

/*
 * As a process finds the mark that waits while the next holder has the lock and has not said so yet:
 * with the words of one that was killed inside long ago.
 */
static void
leave_old_words(struct home *h, pid_t pid)
{
	int64_t long_ago = clock_monotonic_ns() - INT64_C(3600) * 1000000000;
	uint32_t number = (uint32_t)pid;
	char path[96];
	int mark;

	snprintf(path, sizeof(path), "%s/weir.mark", h->path);
	mark = open(path, O_RDWR);
	assert_true(mark >= 0);
	put_word(mark, offsetof(struct env_mark, entered_ns), &long_ago, sizeof(long_ago));
	put_word(mark, offsetof(struct env_mark, holder), &number, sizeof(number));
	close(mark);
}

static pid_t
hold_lock(struct home *h, int64_t ns)
{
	struct timespec pause = { 0, (long)ns };
	char path[96], byte = 0;
	int fds[2], fd;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/weir.lock", h->path);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		fd = open(path, O_RDWR);
		if (flock(fd, LOCK_EX) != 0 || write(fds[1], &byte, 1) != 1)
			_exit(1);
		nanosleep(&pause, NULL);
		_exit(0);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static void
a_stranger_with_a_dead_holders_number_lives(void **unused)
{
	struct series_ref *ref = series_of(1);
	pid_t stranger, holder;
	struct home h;

	(void)unused;
	home_new(&h);
	stranger = fork();
	if (stranger == 0) {
		pause();
		_exit(0);
	}
	leave_old_words(&h, stranger);
	holder = hold_lock(&h, 400000000);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", (struct value){ .type = VALUE_INTEGER, .i = 1 });
	assert_int_equal(home_append(&h), 1);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_int_equal(waitpid(stranger, NULL, WNOHANG), 0);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	home_ref_free(ref);
	home_free(&h);
}

/* ---- journal files of compactions that were killed ---- */

static int unlinks_left, syncs_left;	/* 0: any number */
static bool no_links;			/* as of file systems that have none */

static void
count_down(int *left)
{
	if (*left > 0 && --*left == 0)
		kill(getpid(), SIGKILL);
}

/*
 * In place of the C library's, for what is linked into this program.
 */
int
unlinkat(int directory, const char *name, int flags)
{
	count_down(&unlinks_left);
	return (int)syscall(SYS_unlinkat, directory, name, flags);
}

int
linkat(int from, const char *name, int to, const char *second, int flags)
{
	if (no_links) {
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_linkat, from, name, to, second, flags);
}

int
fdatasync(int fd)
{
	count_down(&syncs_left);
	return (int)syscall(SYS_fdatasync, fd);
}

/*
 * One row more, and then a compaction: killed at its n-th unlink, or at its first sync.
 */
static void
compact_until(struct home *h, int n, int sync)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct series_ref *ref = series_of(1);
		struct store_compact_spec spec = { 0 };
		struct err err;

		home_open(h);
		home_put(h, home_point(h, "m", ref, n, 1), "v", (struct value){ .type = VALUE_INTEGER });
		home_append(h);
		unlinks_left = n;
		syncs_left = sync;
		_exit(store_compact(h->store, &spec, &err) != 0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static unsigned
n_files(const struct home *h, const char *begin)
{
	DIR *directory = opendir(h->path);
	const struct dirent *entry;
	unsigned n = 0;

	while ((entry = readdir(directory)) != NULL)
		n += strncmp(entry->d_name, begin, strlen(begin)) == 0;
	closedir(directory);
	return n;
}

/*
 * Killed before the first file goes, then between the next two: none of the three stays for ever.
 */
static void
files_of_killed_compactions_go(void **unused)
{
	struct home h;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	h.store = NULL;
	compact_until(&h, 1, 0);
	assert_int_equal(n_files(&h, "journal."), 1);
	compact_until(&h, 2, 0);
	assert_int_equal(n_files(&h, "journal."), 1);
	compact_until(&h, 0, 0);
	assert_int_equal(n_files(&h, "journal."), 0);
	home_free(&h);
}

/*
 * Killed when the chunks are committed, and the file is not yet away.
 */
static void
a_damaged_file_is_kept_for_somebody_to_look_at(void **unused)
{
	struct series_ref *ref = series_of(1);
	char path[96];
	struct home h;
	int fd;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", (struct value){ .type = VALUE_INTEGER });
	home_append(&h);
	store_close(h.store);
	h.store = NULL;
	snprintf(path, sizeof(path), "%s/journal.0000000001", h.path);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "damage", 6, 60), 6);
	close(fd);
	compact_until(&h, 0, 1);
	assert_int_equal(n_files(&h, "journal."), 1);
	compact_until(&h, 0, 0);
	assert_int_equal(n_files(&h, "journal."), 0);
	assert_int_equal(n_files(&h, "damaged.journal."), 1);
	home_ref_free(ref);
	home_free(&h);
}

/*
 * The rows of "a" are damaged, and passed over in the first step of two; then the compaction is given
 * up, as by one who is killed or gives way, and another goes on behind them.
 */
static void
give_up_behind_damage(unsigned n_aside)
{
	struct series_ref *a = series_of(1), *b = series_of(1);
	bool done = false;
	char path[96];
	struct home h;
	struct err err;
	int fd;

	home_new(&h);
	home_put(&h, home_point(&h, "a", a, 1, 1), "v", (struct value){ .type = VALUE_INTEGER });
	home_append(&h);
	home_put(&h, home_point(&h, "b", b, 1, 1), "v", (struct value){ .type = VALUE_INTEGER });
	home_append(&h);
	snprintf(path, sizeof(path), "%s/journal.0000000001", h.path);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "damage", 6, 60), 6);
	close(fd);
	assert_int_equal(compact_seal(h.store, &err), 0);
	assert_int_equal(compact_start(h.store, false, -1, &err), 0);
	assert_int_equal(compact_step(h.store, &done, &err), 0);
	assert_false(done);
	compact_abandon(h.store);
	assert_int_equal(n_files(&h, "damaged.journal."), n_aside);
	assert_int_equal(store_compact(h.store, &(struct store_compact_spec){ 0 }, &err), 0);
	assert_int_equal(n_files(&h, "journal."), 0);
	assert_int_equal(n_files(&h, "damaged.journal."), 1);
	home_ref_free(a);
	home_ref_free(b);
	home_free(&h);
}

static void
damage_that_was_passed_over_is_kept_by_the_next(void **unused)
{
	(void)unused;
	give_up_behind_damage(1);
}

static void
a_damaged_file_is_kept_where_there_are_no_links(void **unused)
{
	(void)unused;
	no_links = true;
	give_up_behind_damage(0);
	no_links = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_acknowledged_is_lost),
		cmocka_unit_test(a_stranger_with_a_dead_holders_number_lives),
		cmocka_unit_test(files_of_killed_compactions_go),
		cmocka_unit_test(a_damaged_file_is_kept_for_somebody_to_look_at),
		cmocka_unit_test(damage_that_was_passed_over_is_kept_by_the_next),
		cmocka_unit_test(a_damaged_file_is_kept_where_there_are_no_links),
	};

	return cmocka_run_group_tests_name("store/kill", tests, NULL, NULL);
}
