/*
 * store/sync.c - the log on disk, by one leader for all who wait; and checkpoints
 *
 * A commit only writes the log to the kernel. Outside the section whoever needs it on disk looks
 * whether a sync has covered its position already; if not, the one who gets weir.sync is leader
 * and syncs for all that was written so far, the others sleep on a futex in the mark page. A
 * leader that dies lets go of the file; the sleepers' time-out covers that.
 *
 * Older log files need no sync of ours: the library syncs a file before it starts the next.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/store_priv.h"

#define SLEEP_NS 20000000

static void
futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	struct timespec most = { 0, SLEEP_NS };

	syscall(SYS_futex, word, FUTEX_WAIT, value, &most, NULL, 0);
}

static void
futex_wake_all(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

int
env_note_written(struct env *env, struct err *err)
{
	DB_LOG_STAT *stat;
	int r = env->handles.env->log_stat(env->handles.env, &stat, 0);

	if (r != 0)
		return err_set(err, ERR_IO, "the log's end cannot be told: %s", db_strerror(r));
	env->written = (uint64_t)stat->st_cur_file << 32 | stat->st_cur_offset;
	free(stat);
	atomic_store(&env->mark->written, env->written);
	return 0;
}

/*
 * 0; 1 when the file is gone, which means that a checkpoint has made it needless; -1.
 */
static int
open_log(struct env *env, uint32_t number)
{
	char name[32];

	if (env->log_fd >= 0 && env->log_number == number)
		return 0;
	if (env->log_fd >= 0)
		close(env->log_fd);
	snprintf(name, sizeof(name), "log.%010u", number);
	env->log_fd = openat(env->home_fd, name, O_RDWR | O_CLOEXEC);
	if (env->log_fd < 0)
		return errno == ENOENT ? 1 : -1;
	env->log_number = number;
	return fsync(env->home_fd);	/* so that the directory knows the new file */
}

static int
sync_to(struct env *env, uint64_t target, struct err *err)
{
	int r = open_log(env, (uint32_t)(target >> 32));

	if (r == 0)
		r = fdatasync(env->log_fd);
	if (r >= 0)
		return 0;
	/* what the kernel could not write it may have dropped, and it says so but once: only
	 * recovery, which writes all of the log into the databases anew, can make it good, and those
	 * who wait for this sync must not try one of their own */
	log_error("the log of %s cannot be synced: %s", env->home, strerror(errno));
	atomic_store(&env->mark->log_failed, 1);
	return err_set(err, ERR_IO, "the disk did not take the log: %s", strerror(errno));
}

/*
 * The leader's part: sync for all that was written so far.
 */
static int
lead(struct env *env, uint64_t me, struct err *err)
{
	struct env_mark *mark = env->mark;
	uint64_t written = atomic_load(&mark->written), target = written > me ? written : me;

	if (atomic_load(&mark->synced) >= me)
		return 0;
	if (atomic_load(&mark->log_failed) != 0)
		return err_set(err, ERR_IO, "the disk did not take the log");
	if (sync_to(env, target, err) != 0)
		return -1;
	atomic_store(&mark->synced, target);
	return 0;
}

int
env_sync(struct env *env, struct err *err)
{
	struct env_mark *mark = env->mark;
	uint64_t me = env->written;
	int r = 0;

	if (me == 0)
		return 0;
	for (;;) {
		uint32_t turn = atomic_load(&mark->sync_turn);

		if (atomic_load(&mark->synced) >= me)
			break;
		if (flock(env->sync_fd, LOCK_EX | LOCK_NB) == 0) {
			r = lead(env, me, err);
			flock(env->sync_fd, LOCK_UN);
			atomic_fetch_add(&mark->sync_turn, 1);
			futex_wake_all(&mark->sync_turn);
			break;
		}
		futex_wait(&mark->sync_turn, turn);
	}
	if (r == 0)
		env->written = 0;
	return r;
}

/*
 * Log positions are (file << 32 | offset); files are lg_max long.
 */
static uint64_t
log_bytes_between(uint64_t from, uint64_t to)
{
	return ((to >> 32) - (from >> 32)) * (16u << 20) + (to & UINT32_MAX) - (from & UINT32_MAX);
}

void
store_maintain_log(struct store *store)
{
	struct env *env = &store->env;
	uint64_t written = atomic_load(&env->mark->written);
	struct err err;
	int r;

	if (written == 0 || log_bytes_between(atomic_load(&env->mark->checkpointed), written) <
	    env->options.checkpoint_bytes)
		return;
	if (env_enter(env, &err) != 0)
		return;
	r = env->handles.env->txn_checkpoint(env->handles.env,
	    (uint32_t)(env->options.checkpoint_bytes >> 10), 0, 0);
	if (r == 0) {
		atomic_store(&env->mark->checkpointed, atomic_load(&env->mark->written));
		r = env->handles.env->log_archive(env->handles.env, NULL, DB_ARCH_REMOVE);
	}
	if (r != 0) {
		log_error("checkpoint: %s", db_strerror(r));
		env_abandon(env);
		return;
	}
	env_leave(env);
}
