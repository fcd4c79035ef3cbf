/*
 * store/sync.c - log and journal on disk, by one leader for all who wait; and checkpoints
 *
 * A commit only writes the log to the kernel, an append the journal. Outside the section whoever
 * needs it on disk looks whether a sync has covered its position already; if not, the one who gets
 * the lock file is leader and syncs for all that was written so far, the others sleep on a futex
 * in the mark page. A leader that dies lets go of the file; the sleepers' time-out covers that.
 *
 * Older log files need no sync of ours: the library syncs a file before it starts the next. Older
 * journal files do.
 *
 * What the kernel could not write it may have dropped, and it says so but once. So all that was
 * unsynced then is lost for those who wait, whatever a later sync says. For the log only recovery,
 * which writes all of it into the databases anew, can make that good; the journal goes on in
 * another file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
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
	uint64_t end;

	if (r != 0)
		return err_set(err, ERR_IO, "the log's end cannot be told: %s", db_strerror(r));
	end = (uint64_t)stat->st_cur_file << 32 | stat->st_cur_offset;
	free(stat);
	env->sync[SYNC_LOG].written = end;
	atomic_store(&env->mark->sync[SYNC_LOG].written, end);
	return 0;
}

static const char *const words[N_SYNCS] = { "log", "journal" };	/* file names begin so, too */

/*
 * 0; 1 when the file is gone, which means that what it had is elsewhere by now; -1.
 */
static int
open_file(struct env *env, enum sync_which which, uint32_t number)
{
	struct env_sync *sync = &env->sync[which];
	char name[32];

	if (sync->fd >= 0 && sync->number == number)
		return 0;
	if (sync->fd >= 0)
		close(sync->fd);
	snprintf(name, sizeof(name), "%s.%010u", words[which], number);
	sync->fd = openat(env->home_fd, name, O_RDWR | O_CLOEXEC);
	if (sync->fd < 0)
		return errno == ENOENT ? 1 : -1;
	sync->number = number;
	/* the directory must know the new file, as it does once something of it was synced */
	if (atomic_load(&env->mark->sync[which].synced) > (uint64_t)number << 32 ||
	    fsync(env->home_fd) == 0)
		return 0;
	close(sync->fd);
	sync->fd = -1;
	return -1;
}

static int
sync_file(struct env *env, enum sync_which which, uint32_t number)
{
	int r = open_file(env, which, number);

	return r != 0 ? r : fdatasync(env->sync[which].fd);
}

static int
sync_to(struct env *env, enum sync_which which, uint64_t target, struct err *err)
{
	struct mark_sync *mark = &env->mark->sync[which];
	uint64_t synced = atomic_load(&mark->synced), written;
	uint32_t last = (uint32_t)(target >> 32), number = last;
	int r = 0;

	if (which == SYNC_JOURNAL)
		number = (uint32_t)(synced != 0 ? synced >> 32 :
		    atomic_load(&env->mark->journal_first));
	for (; number <= last && r >= 0; number++)
		r = sync_file(env, which, number);
	if (r >= 0)
		return 0;
	if (errno == EMFILE || errno == ENFILE)		/* it was not even asked */
		return err_set(err, ERR_UNAVAILABLE, "the %s of %s cannot be synced: %s",
		    words[which], env->home, strerror(errno));
	room_refused(env, errno);
	log_error("the %s of %s cannot be synced: %s", words[which], env->home, strerror(errno));
	if (atomic_load(&mark->lost_to) == 0)
		atomic_store(&mark->lost_from, synced);
	/* and what was written while it failed: no later sync will be told of that */
	written = atomic_load(&mark->written);
	atomic_store(&mark->lost_to, written > target ? written : target);
	return err_set(err, ERR_IO, "the disk did not take the %s: %s", words[which],
	    strerror(errno));
}

static bool
is_lost(const struct mark_sync *mark, uint64_t me)
{
	return me <= atomic_load(&mark->lost_to) && me > atomic_load(&mark->lost_from);
}

/*
 * The leader's part: sync for all that was written so far.
 */
static int
lead(struct env *env, enum sync_which which, uint64_t me, struct err *err)
{
	struct mark_sync *mark = &env->mark->sync[which];
	uint64_t written = atomic_load(&mark->written), target = written > me ? written : me;

	if (is_lost(mark, me))
		return err_set(err, ERR_IO, "the disk did not take the %s", words[which]);
	if (atomic_load(&mark->synced) >= me)
		return 0;
	if (sync_to(env, which, target, err) != 0)
		return -1;
	atomic_store(&mark->synced, target);
	return 0;
}

void
env_let_go(struct env *env)
{
	for (int i = 0; i < N_SYNCS; i++) {
		if (env->sync[i].fd >= 0)
			close(env->sync[i].fd);
		env->sync[i].fd = -1;
	}
	if (env->journal_fd >= 0)
		close(env->journal_fd);
	env->journal_fd = -1;
}

int
env_sync(struct env *env, enum sync_which which, struct err *err)
{
	struct mark_sync *mark = &env->mark->sync[which];
	struct env_sync *sync = &env->sync[which];
	uint64_t me = sync->written;
	int r = 0;

	if (me == 0)
		return 0;
	for (;;) {
		uint32_t turn = atomic_load(&mark->turn);

		if (atomic_load(&mark->synced) >= me && !is_lost(mark, me))
			break;
		if (flock(sync->lock_fd, LOCK_EX | LOCK_NB) == 0) {
			r = lead(env, which, me, err);
			flock(sync->lock_fd, LOCK_UN);
			atomic_fetch_add(&mark->turn, 1);
			futex_wake_all(&mark->turn);
			break;
		}
		futex_wait(&mark->turn, turn);
	}
	sync->written = 0;	/* also of what was lost: whoever wrote it is told here */
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

/*
 * Every process that has written keeps its last log file open, a quiet one for as long as it lives:
 * 64 of them would keep a gigabyte of files that are gone. So these are cut as well, once nobody can
 * take them for a log.
 */
static void
remove_log(int home_fd, const char *name)
{
	int fd = openat(home_fd, name, O_WRONLY | O_CLOEXEC);
	struct stat st;

	if (unlinkat(home_fd, name, 0) == 0 && fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 0 &&
	    ftruncate(fd, 0) != 0)
		log_warning("%s is gone, and cannot be cut: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/*
 * Log files that recovery does not need. By names in the home: for whole paths the library asks where
 * it is, which fails in a folder that is gone.
 */
static int
remove_logs(int home_fd, DB_ENV *env)
{
	char **list = NULL;
	int r = env->log_archive(env, &list, 0);

	for (char **name = list; r == 0 && name != NULL && *name != NULL; name++)
		remove_log(home_fd, *name);
	free(list);
	return r;
}

void
store_maintain_log(struct store *store)
{
	struct env *env = &store->env;
	uint64_t written = atomic_load(&env->mark->sync[SYNC_LOG].written);
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
		atomic_store(&env->mark->checkpointed, atomic_load(&env->mark->sync[SYNC_LOG].written));
		r = remove_logs(env->home_fd, env->handles.env);
	}
	if (r != 0) {
		log_error("checkpoint: %s", db_strerror(r));
		env_abandon(env);
		return;
	}
	env_leave(env);
}
