/*
 * store/compact_run.c - who compacts, and when: one process at a time, after replies and on demand
 *
 * weir.compact is the right to compact a store, and to take rows away from chunks; whoever does not
 * get it at once has nothing to do.
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

/* ---- the right to compact ---- */

static int
take_lock(struct store *store, int *fd, struct err *err)
{
	*fd = openat(store->env.home_fd, "weir.compact", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_set(err, ERR_IO, "weir.compact cannot be opened: %s", strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		close(*fd);
		*fd = -1;
		return 1;
	}
	return 0;
}

int
compact_try_lock(struct store *store, int *fd, struct err *err)
{
	compact_abandon(store);
	return take_lock(store, fd, err);
}

int
compact_lock(struct store *store, int *fd, struct err *err)
{
	int64_t until = clock_monotonic_ns() + (int64_t)store->env.options.wait_ms * 1000000;
	struct timespec pause = { 0, 2000000 };
	int r;

	compact_abandon(store);
	while ((r = take_lock(store, fd, err)) > 0) {
		if (clock_monotonic_ns() > until)
			return err_set(err, ERR_UNAVAILABLE, "another process has been compacting for %llu "
			    "ms", (unsigned long long)store->env.options.wait_ms);
		nanosleep(&pause, NULL);
	}
	return r;
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
	if (!journal_sealed(&store->env))
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
 * One file after the other, up to those that were there at the beginning.
 */
static int
run(struct store *store, bool full, const struct store_compact_spec *spec, struct err *err)
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
		bool done = false;

		if (compact_start(store, full, -1, err) != 0)
			return -1;
		bytes = journal_first_bytes(env);
		while (!done) {
			if (spec != NULL && spec->progress != NULL)
				spec->progress(spec->arg, before + (uint64_t)((double)bytes *
				    compact_done_part(store)), total);
			if (compact_step(store, &done, err) != 0)
				return -1;
			store_maintain_log(store);
		}
		left = left > bytes ? left - bytes : 0;
		if (atomic_load(&env->mark->journal_first) == first)
			return err_set(err, ERR_UNAVAILABLE, "the journal was taken from under a compaction");
	}
	if (spec != NULL && spec->progress != NULL)
		spec->progress(spec->arg, total, total);
	return 0;
}

int
compact_now(struct store *store, struct err *err)
{
	return run(store, false, NULL, err);
}

int
store_compact(struct store *store, const struct store_compact_spec *spec, struct err *err)
{
	int lock_fd, r;

	if ((r = compact_lock(store, &lock_fd, err)) != 0)
		return r;
	r = run(store, true, spec, err);
	if (r == 0)
		r = expire_all(store, NULL, NULL, err);
	if (r == 0)
		r = drop_purge(store, err);
	if (r == 0)
		r = shrink_database(store, DB_CHUNKS, err);
	compact_unlock(store, lock_fd);
	return r;
}
