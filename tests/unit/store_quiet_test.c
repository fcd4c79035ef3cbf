/*
 * tests/unit/store_quiet_test.c - a process that is quiet keeps no room of files that others removed
 *
 * It has written once and waits for the next request, for hours perhaps. Another one writes and
 * compacts meanwhile, until the log and the journal that the first one wrote are gone.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>

#include "store_home.h"

#define ROWS 200000

static void
write_rows(struct home *h, int64_t from)
{
	struct tag tag = { SLICE("host"), SLICE("a") };
	struct series_ref *ref = home_ref(&tag, 1);
	struct err err;

	for (int64_t time = from; time < from + ROWS; time++)
		home_put(h, home_point(h, "m", ref, time, 1), "v",
		    (struct value){ .type = VALUE_FLOAT, .f = (double)rand() / 3 });
	home_append(h);
	if (store_sync(h->store, &err) != 0)
		home_die("sync", &err);
	home_ref_free(ref);
}

static bool
is_there(const struct home *h, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", h->path, name);
	return access(path, F_OK) == 0;
}

/*
 * The other process: until the first files of log and journal are gone.
 */
static void
write_on(struct home *h)
{
	struct err err;

	home_open(h);
	for (int64_t i = 1; i < 10000 && (is_there(h, "log.0000000001") ||
	    is_there(h, "journal.0000000001")); i++) {
		write_rows(h, i * ROWS);
		if (store_compact(h->store, &(struct store_compact_spec){ 0 }, &err) != 0)
			home_die("compact", &err);
		arena_reset(h->arena);
	}
	store_close(h->store);
}

/*
 * Bytes on disk of files that this process has open and that have no name any more.
 */
static uint64_t
nameless_bytes(unsigned *n)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	*n = 0;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && fstat(atoi(entry->d_name), &st) == 0 &&
		    S_ISREG(st.st_mode) && st.st_nlink == 0) {
			bytes += (uint64_t)st.st_blocks * 512;
			++*n;
		}
	closedir(dir);
	return bytes;
}

static void
test_no_room_is_kept(void **unused)
{
	unsigned n_before, n;
	struct home h;
	int status;
	pid_t pid;

	(void)unused;
	if (access("/proc/self/fd", F_OK) != 0)
		skip();
	nameless_bytes(&n_before);
	home_new(&h);
	write_rows(&h, 0);
	store_maintain(h.store, STORE_BUSY, NULL, NULL);
	store_maintain(h.store, STORE_PAUSE, NULL, NULL);
	if ((pid = fork()) == 0) {
		h.store = NULL;
		write_on(&h);
		_exit(0);
	}
	/* the last that is done before the next request comes */
	store_maintain(h.store, STORE_IDLE, NULL, NULL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(is_there(&h, "log.0000000001"));
	assert_int_equal(nameless_bytes(&n), 0);
	assert_in_range(n - n_before, 0, 2);	/* the library's: its log */
	write_rows(&h, 0);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_room_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
