/*
 * store/journal_recover.c - where the journal begins and ends, after a crash
 *
 * When a process was killed, the mark page still says so exactly, and nothing is done: others may
 * have positions of this journal in hand. After a reboot the mark is of another life. Then every file
 * is read: what was not synced may have got to the disk in part, in any order, so that there may be
 * holes, with whole frames behind them. A hole is made a frame that readers pass over; the last file
 * is cut off behind its last whole frame; and what comes goes into a new one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/journal_priv.h"

/* ---- which files there are ---- */

/*
 * The number of a journal file by its name, 0 for others.
 */
static uint32_t
number_of(const char *name)
{
	char same[JOURNAL_NAME_BYTES];
	unsigned number;

	if (sscanf(name, "journal.%10u", &number) != 1)
		return 0;
	journal_name(same, number);
	return strcmp(name, same) == 0 ? number : 0;
}

/*
 * Files before the first are in chunks and go; others than those that follow it without a gap are
 * not ours, or one between is missing.
 */
static int
sweep(const struct env *env, uint32_t first, uint32_t end)
{
	int fd = openat(env->home_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL) {
		int why = errno;

		if (fd >= 0)
			close(fd);
		return why;
	}
	while ((entry = readdir(directory)) != NULL) {
		uint32_t number = number_of(entry->d_name);

		if (number != 0 && number < first)
			unlinkat(env->home_fd, entry->d_name, 0);
		else if (number >= end)
			log_error("%s: %s does not follow the journal's other files and is not read",
			    env->home, entry->d_name);
	}
	closedir(directory);
	return 0;
}

/*
 * The first number of which there is no file.
 */
static uint32_t
find_end(const struct env *env, uint32_t first)
{
	char name[JOURNAL_NAME_BYTES];

	for (;; first++) {
		journal_name(name, first);
		if (faccessat(env->home_fd, name, F_OK, 0) != 0)
			return first;
	}
}

/*
 * The oldest file that there is, from `first` on; a catalogue that has lost something may name one
 * that is in chunks long since.
 */
static uint32_t
find_first(const struct env *env, uint32_t first)
{
	int fd = openat(env->home_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	uint32_t least = UINT32_MAX, number;
	struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL)
		if ((number = number_of(entry->d_name)) >= first && number < least)
			least = number;
	if (directory != NULL)
		closedir(directory);
	else if (fd >= 0)
		close(fd);
	return least == UINT32_MAX ? first : least;
}

/* ---- what is in them ---- */

struct mending {
	const struct env *env;
	int		 fd;		/* of the file */
	uint32_t	 number;
	uint64_t	 end;		/* behind its last whole frame */
};

/*
 * A head over the hole's first bytes; what remains of it is the record.
 */
static int
fill_hole(void *arg, const struct journal_gap *gap, struct err *err)
{
	struct mending *m = arg;
	char head[JOURNAL_HEAD_BYTES];

	log_error("%s: bytes %llu to %llu of journal file %u were not written before the machine "
	    "stopped, or are damaged", m->env->home, (unsigned long long)gap->from,
	    (unsigned long long)gap->to, m->number);
	if (gap->to - gap->from < JOURNAL_HEAD_BYTES)
		return 0;
	journal_fill_head(head, m->number, gap);
	if (pwrite(m->fd, head, sizeof(head), (off_t)gap->from) != (ssize_t)sizeof(head))
		return err_set(err, ERR_IO, "journal file %u cannot be written: %s", m->number,
		    strerror(errno));
	return 0;
}

/*
 * 0, or an error number.
 */
static int
mend_file(const struct env *env, uint32_t number)
{
	struct mending m = { .env = env, .number = number };
	char name[JOURNAL_NAME_BYTES];
	uint64_t n_mended;
	struct stat st;
	struct err err;
	int r = 0;

	if (journal_mend(env, number, &n_mended, &err) != 0)
		log_error("%s: %s", env->home, err.text);
	journal_name(name, number);
	m.fd = openat(env->home_fd, name, O_RDWR | O_CLOEXEC);
	if (m.fd < 0)
		return errno;
	if (journal_find_end(env, number, fill_hole, &m, &m.end, &err) != 0) {
		log_error("%s: %s", env->home, err.text);
		r = EIO;
	}
	if (r == 0 && (fstat(m.fd, &st) != 0 || ((uint64_t)st.st_size > m.end &&
	    ftruncate(m.fd, (off_t)m.end) != 0) || fdatasync(m.fd) != 0))
		r = errno;
	close(m.fd);
	return r;
}

/* ---- the door ---- */

static bool
mark_is_ours(const struct env *env)
{
	const struct env_mark *mark = env->mark;

	return mark->magic == ENV_MARK_MAGIC && atomic_load(&mark->journal_end) != 0 &&
	    memcmp(mark->boot, env->boot, sizeof(env->boot)) == 0;
}

static int
begin_again(struct env *env, uint32_t first)
{
	struct env_mark *mark = env->mark;
	struct mark_sync *sync = &mark->sync[SYNC_JOURNAL];
	uint32_t last = find_end(env, first);
	uint64_t end = journal_position(last, 0);
	int r = 0;

	for (uint32_t number = first; number < last && r == 0; number++)
		r = mend_file(env, number);
	if (r != 0)
		return r;
	atomic_store(&sync->synced, 0);
	atomic_store(&sync->lost_from, 0);
	atomic_store(&sync->lost_to, 0);
	atomic_store(&sync->written, end);
	atomic_store(&mark->journal_size, 0);
	atomic_store(&mark->journal_torn, 0);
	atomic_store(&mark->journal_damaged, 0);
	atomic_store(&mark->journal_end, end);
	return 0;
}

int
journal_recover(struct env *env)
{
	struct env_mark *mark = env->mark;
	struct journal_state state;
	int r = journal_state_recover(env, &state);

	if (r == 0 && !mark_is_ours(env)) {
		uint32_t first = find_first(env, state.first);

		if (first != state.first)
			log_error("%s: the journal begins with file %u, not %u", env->home, first, state.first);
		state.first = first;
		r = begin_again(env, first);
	}
	if (r != 0)
		return r;
	atomic_store(&mark->journal_first, state.first);
	return sweep(env, state.first, journal_number(journal_end(env)) + 1);
}
