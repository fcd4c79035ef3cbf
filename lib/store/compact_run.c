/*
 * store/compact_run.c - who compacts, and when: one process at a time, after replies and on demand
 *
 * weir.compact is the right to compact a store, and to take rows away from chunks. Who compacts
 * after a reply and does not get it at once has nothing to do. Who needs it, to delete, queues for it,
 * and who compacts after replies lets go of it for him: such a compaction has its turn between other
 * requests, and may take long. What it has done stays done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/compact_priv.h"
#include "store/drop.h"
#include "store/shrink.h"

#define PAUSE_NS 2000000
#define WANTED_NS INT64_C(500000000)	/* who waits says so every PAUSE_NS, or was killed */

/* ---- the right to compact ---- */

static int
open_lock(struct store *store, int *fd, struct err *err)
{
	*fd = openat(store->env.home_fd, "weir.compact", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return *fd >= 0 ? 0 : err_set(err, ERR_IO, "weir.compact cannot be opened: %s",
	    strerror(errno));
}

static int
take_lock(struct store *store, int *fd, struct err *err)
{
	if (open_lock(store, fd, err) != 0)
		return -1;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return 1;
}

bool
compact_right_is_wanted(const struct store *store)
{
	int64_t since = clock_monotonic_ns() - atomic_load(&store->env.mark->right_wanted_ns);

	return since >= 0 && since < WANTED_NS;
}

int
compact_try_lock(struct store *store, int *fd, struct err *err)
{
	compact_abandon(store);
	return take_lock(store, fd, err);
}

/*
 * The first byte of the file is the head of the queue, which the kernel keeps in order of arrival.
 */
static int
queue(int fd, short type)
{
	struct flock head = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLKW, &head);
}

/*
 * 0: at its head; 1: it took too long.
 */
static int
queue_up(const struct store *store, int fd, int64_t until)
{
	struct env_ticks ticks;
	int r;

	env_ticks_start(&ticks, store->env.options.wait_ms);
	while ((r = queue(fd, F_WRLCK)) != 0 && errno == EINTR && clock_monotonic_ns() < until)
		continue;
	env_ticks_stop(&ticks);
	return r != 0;
}

/*
 * At the head of the queue: have the right as soon as its holder lets go of it.
 */
static int
wait_for_right(struct store *store, int fd, int64_t until)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int r;

	while ((r = flock(fd, LOCK_EX | LOCK_NB)) != 0 && clock_monotonic_ns() < until) {
		atomic_store(&store->env.mark->right_wanted_ns, clock_monotonic_ns());
		nanosleep(&pause, NULL);
	}
	atomic_store(&store->env.mark->right_wanted_ns, 0);
	queue(fd, F_UNLCK);
	return r != 0;
}

int
compact_lock(struct store *store, int *fd, struct err *err)
{
	int64_t until = clock_monotonic_ns() + (int64_t)store->env.options.wait_ms * 1000000;

	compact_abandon(store);
	if (open_lock(store, fd, err) != 0)
		return -1;
	if (queue_up(store, *fd, until) == 0 && wait_for_right(store, *fd, until) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return err_set(err, ERR_UNAVAILABLE, "another process has been compacting for %llu ms",
	    (unsigned long long)store->env.options.wait_ms);
}

void
compact_unlock(struct store *store, int fd)
{
	compact_abandon(store);
	close(fd);
}

/* ---- after replies ---- */

int
compact_begin(struct store *store, struct err *err)
{
	int lock_fd, r;

	if (store->compaction != NULL)
		return 0;
	if (!journal_sealed(&store->env) || compact_right_is_wanted(store))
		return 1;
	if ((r = take_lock(store, &lock_fd, err)) != 0)
		return r;
	return compact_start(store, false, lock_fd, err);
}

#define RELIEF_STEPS 10
#define RELIEF_PAUSE_NS 20000000

void
compact_relieve(struct store *store)
{
	struct timespec pause = { 0, RELIEF_PAUSE_NS };
	struct err err;
	bool done = false;
	int r;

	if (journal_bytes(&store->env) <= store->env.options.backlog_bytes)
		return;
	r = compact_begin(store, &err);
	if (r > 0 && journal_sealed(&store->env))
		nanosleep(&pause, NULL);	/* another process is at it */
	for (int i = 0; r == 0 && !done && i < RELIEF_STEPS; i++) {
		r = compact_step(store, &done, &err);
		store_maintain_log(store);
	}
	if (compact_right_is_wanted(store))
		compact_abandon(store);
	if (r < 0)
		log_warning("compaction: %s", err.text);
}

/* ---- on demand ---- */

int
compact_seal(struct store *store, struct err *err)
{
	int r;

	if (env_lock(&store->env, err) != 0)
		return -1;
	r = journal_seal(&store->env, err);
	env_unlock(&store->env);
	return r;
}

/*
 * Who wants to delete goes first. It drains the journal, so what was begun here may be done then.
 */
static int
give_way(struct store *store, bool is_wanted, int *lock_fd, struct err *err)
{
	if (!is_wanted)
		return 0;
	compact_unlock(store, *lock_fd);
	return compact_lock(store, lock_fd, err);
}

/*
 * One file after the other, up to those that were there at the beginning.
 *   in     lock_fd  the right to compact, given up for others now and then; NULL: it is kept
 */
static int
run(struct store *store, bool full, const struct store_compact_spec *spec, int *lock_fd,
    struct err *err)
{
	struct env *env = &store->env;
	uint64_t total, left;
	uint32_t until;

	if (compact_seal(store, err) != 0)
		return -1;
	until = journal_number(journal_end(env));
	total = left = journal_bytes(env);
	while (atomic_load(&env->mark->journal_first) < until) {
		uint64_t before = total > left ? total - left : 0, bytes;
		uint64_t first = atomic_load(&env->mark->journal_first);
		bool done = false, is_wanted;

		if (compact_start(store, full, -1, err) != 0)
			return -1;
		bytes = journal_first_bytes(env);
		do {
			if (spec != NULL && spec->progress != NULL)
				spec->progress(spec->arg, before + (uint64_t)((double)bytes *
				    compact_done_part(store)), total);
			if (compact_step(store, &done, err) != 0)
				return -1;
			store_maintain_log(store);
			is_wanted = lock_fd != NULL && compact_right_is_wanted(store);
		} while (!done && !is_wanted);
		left = done && left > bytes ? left - bytes : left;
		if (done && atomic_load(&env->mark->journal_first) == first)
			return err_set(err, ERR_UNAVAILABLE, "the journal was taken from under a compaction");
		if (give_way(store, is_wanted, lock_fd, err) != 0)
			return -1;
	}
	if (spec != NULL && spec->progress != NULL)
		spec->progress(spec->arg, total, total);
	return 0;
}

int
compact_now(struct store *store, struct err *err)
{
	return run(store, false, NULL, NULL, err);
}

int
store_compact(struct store *store, const struct store_compact_spec *spec, struct err *err)
{
	int lock_fd, r;

	if ((r = compact_lock(store, &lock_fd, err)) != 0)
		return r;
	r = run(store, true, spec, &lock_fd, err);
	if (r == 0 && (r = give_way(store, compact_right_is_wanted(store), &lock_fd, err)) == 0)
		r = expire_all(store, NULL, NULL, err);
	if (r == 0)
		r = drop_purge(store, NULL, NULL, err);
	if (r == 0 && (r = give_way(store, compact_right_is_wanted(store), &lock_fd, err)) == 0)
		r = shrink_database(store, DB_CHUNKS, err);
	if (lock_fd >= 0)
		compact_unlock(store, lock_fd);
	return r;
}
