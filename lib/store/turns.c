/*
 * store/turns.c - only so many at a time, over all processes of a home
 *
 * What is costly beside the store, as hashing a password is, must not be done by every CGI child at
 * once. A turn is a lock on one byte of a file; the kernel gives it back when its holder is killed.
 * The locks are of open file descriptions, so two threads or two stores of one process are two.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* F_OFD_SETLK */
#endif
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store_priv.h"

#define PAUSE_NS 2000000

static const char *const file_names[] = {
	[STORE_TURN_PASSWORD] = "weir.passwords",
	[STORE_TURN_QUERY] = "weir.queries",
};

static int
open_file(struct store *store, enum store_turn_kind kind, struct err *err)
{
	int fd = openat(store->env.home_fd, file_names[kind], O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : err_set(err, ERR_UNAVAILABLE, "%s cannot be opened: %s",
	    file_names[kind], strerror(errno));
}

/* 1: another has the byte. */
static int
try_byte(int fd, off_t at)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES || errno == EINTR ? 1 : -1;
}

static int
try_all(int fd, uint64_t n_turns)
{
	int result = 1;

	for (uint64_t i = 0; i < n_turns && result == 1; i++)
		result = try_byte(fd, (off_t)i);
	return result;
}

int
store_turn_take(struct store *store, enum store_turn_kind kind, uint64_t n_turns, uint64_t wait_ms,
    struct store_turn *turn, struct err *err)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int64_t until = clock_monotonic_ns() + (int64_t)wait_ms * 1000000;
	int result, why;

	turn->fd = open_file(store, kind, err);
	if (turn->fd < 0)
		return -1;
	while ((result = try_all(turn->fd, n_turns)) == 1 && clock_monotonic_ns() < until)
		nanosleep(&pause, NULL);
	if (result == 0)
		return 0;
	why = errno;
	store_turn_end(turn);
	if (result < 0)
		return err_set(err, ERR_UNAVAILABLE, "%s cannot be locked: %s", file_names[kind],
		    strerror(why));
	return err_come_back(err);
}

void
store_turn_end(struct store_turn *turn)
{
	if (turn->fd >= 0)
		close(turn->fd);
	turn->fd = -1;
}
