/*
 * store/journal.c - frames put behind the last one; files begun, sealed and taken away
 *
 *     0  u32  CRC-32 of bytes 4 to 39      4  u32  magic
 *     8  u32  bytes of the record         12  u32  measurement
 *    16  u64  bucket                      24  u64  number of the file
 *    32  u64  offset of the frame         40  the record, zeros up to a multiple of 8
 *
 * A write enters the store's section but not the library: it takes the lock, looks whether the
 * schema is still the one that its ids are of, writes the bytes and moves the mark page's word.
 * Killed before that last step it leaves bytes behind the end, which the next one cuts off.
 *
 * Why files, and not records of a database: put and deleted, a record goes through the library's
 * log twice, and through the database's pages once; here its bytes are written once, and taking
 * them away is an unlink.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "codec/codec.h"
#include "store/journal_priv.h"

#define STEP_BYTES (2u << 20)	/* appended in one section */
#define AHEAD_BYTES (64u << 10)	/* zeros in front of small frames */

void
journal_name(char name[JOURNAL_NAME_BYTES], uint32_t number)
{
	snprintf(name, JOURNAL_NAME_BYTES, "journal.%010u", number);
}

void
journal_aside_name(char name[JOURNAL_NAME_BYTES], uint32_t number)
{
	snprintf(name, JOURNAL_NAME_BYTES, "damaged.journal.%010u", number);
}

/* ---- frames ---- */

size_t
journal_frame_begin(struct buf *frames)
{
	size_t begin = frames->n;

	memset(buf_extend(frames, JOURNAL_HEAD_BYTES), 0, JOURNAL_HEAD_BYTES);
	return begin;
}

void
journal_frame_end(struct buf *frames, size_t begin, uint64_t bucket_id, uint32_t measurement_id)
{
	size_t n = frames->n - begin - JOURNAL_HEAD_BYTES, pad = journal_frame_bytes(n) -
	    JOURNAL_HEAD_BYTES - n;
	char *head;

	memset(buf_extend(frames, pad), 0, pad);
	head = frames->p + begin;
	wide_store32(head + 4, JOURNAL_MAGIC);
	wide_store32(head + 8, (uint32_t)n);
	wide_store32(head + 12, measurement_id);
	wide_store64(head + 16, bucket_id);
}

/*
 * As many of the frames as make a step, their heads completed: where they end.
 */
static size_t
place_frames(struct buf *frames, size_t from, uint64_t position)
{
	size_t at = from;

	while (at < frames->n && at - from < STEP_BYTES) {
		char *head = frames->p + at;

		wide_store64(head + 24, journal_number(position));
		wide_store64(head + 32, journal_offset(position) + (at - from));
		wide_store32(head, codec_crc32(head + 4, JOURNAL_HEAD_BYTES - 4));
		at += journal_frame_bytes(wide_load32(head + 8));
	}
	return at;
}

/* ---- the newest file ---- */

/*
 * Open for writing; made if it is not there yet.
 */
static int
open_newest(struct env *env, uint32_t number, struct err *err)
{
	char name[JOURNAL_NAME_BYTES];

	if (env->journal_fd >= 0 && env->journal_number == number)
		return 0;
	if (env->journal_fd >= 0)
		close(env->journal_fd);
	journal_name(name, number);
	env->journal_number = number;
	env->journal_fd = openat(env->home_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (env->journal_fd >= 0)
		return 0;
	room_refused(env, errno);
	return err_set(err, ERR_UNAVAILABLE, "%s/%s cannot be opened: %s", env->home, name,
	    strerror(errno));
}

/*
 * Cut the newest file off at its end.
 */
static int
cut(struct env *env, struct err *err)
{
	uint64_t end = journal_end(env);

	if (open_newest(env, journal_number(end), err) != 0)
		return -1;
	if (ftruncate(env->journal_fd, (off_t)journal_offset(end)) != 0)
		return err_set(err, ERR_UNAVAILABLE, "the journal cannot be cut: %s", strerror(errno));
	atomic_store(&env->mark->journal_size, journal_offset(end));
	atomic_store(&env->mark->journal_torn, 0);
	return 0;
}

/*
 * What comes next goes into a file behind all of which the disk may have lost something.
 */
static uint64_t
next_file(const struct env *env)
{
	uint32_t number = journal_number(journal_end(env)),
	    lost = journal_number(atomic_load(&env->mark->sync[SYNC_JOURNAL].lost_to));

	return journal_position((number > lost ? number : lost) + 1, 0);
}

int
journal_seal(struct env *env, struct err *err)
{
	struct env_mark *mark = env->mark;
	uint64_t end = journal_end(env);

	if ((atomic_load(&mark->journal_torn) != 0 ||
	    atomic_load(&mark->journal_size) != journal_offset(end)) && cut(env, err) != 0)
		return -1;
	if (journal_offset(end) == 0)
		return 0;
	atomic_store(&mark->journal_size, 0);
	atomic_store(&mark->journal_end, next_file(env));
	return 0;
}

static uint64_t
file_bytes(const struct env *env)
{
	uint64_t most = env->options.compact_bytes, half = env->options.backlog_bytes / 2;

	most = most < half ? most : half;
	return most < JOURNAL_FILE_MOST ? most : JOURNAL_FILE_MOST;
}

/*
 * A file that is long enough is sealed, and one of which the disk has lost a part: whether bytes
 * that it refused are there nobody can tell.
 */
static int
seal_if_due(struct env *env, struct err *err)
{
	uint64_t end = journal_end(env), lost = atomic_load(&env->mark->sync[SYNC_JOURNAL].lost_to);

	if (journal_offset(end) < file_bytes(env) && journal_number(end) > journal_number(lost))
		return 0;
	return journal_seal(env, err);
}

static int
write_all(int fd, const char *p, size_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t put = pwrite(fd, p, n, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		p += put;
		n -= (size_t)put;
		offset += (uint64_t)put;
	}
	return 0;
}

/*
 * Make the file longer before small frames are put there: a sync that finds a file longer than the
 * last one did has to write that down, too, and takes half as long again.
 */
static int
extend(struct env *env, uint64_t end)
{
	static const char zeros[AHEAD_BYTES];

	if (write_all(env->journal_fd, zeros, sizeof(zeros), end) != 0)
		return -1;
	atomic_store(&env->mark->journal_size, end + sizeof(zeros));
	return 0;
}

/*
 * Write behind the end. Killed or refused on the way, what is there is cut off by whoever comes
 * next: a frame among it must not be taken for one that follows.
 */
static int
write_behind(struct env *env, const char *p, size_t n, uint64_t end)
{
	struct env_mark *mark = env->mark;

	atomic_store(&mark->journal_torn, 1);
	if (end + n > atomic_load(&mark->journal_size) && n < AHEAD_BYTES / 8 && extend(env, end) != 0)
		return -1;
	if (write_all(env->journal_fd, p, n, end) != 0)
		return -1;
	if (end + n > atomic_load(&mark->journal_size))
		atomic_store(&mark->journal_size, end + n);
	return 0;
}

/*
 * Inside: one step. *at goes behind the frames that are in.
 */
static int
append_step(struct env *env, struct buf *frames, size_t *at, struct err *err)
{
	struct env_mark *mark = env->mark;
	uint64_t end;
	size_t next;

	if ((atomic_load(&mark->journal_torn) != 0 && cut(env, err) != 0) ||
	    seal_if_due(env, err) != 0)
		return -1;
	end = journal_end(env);
	if (open_newest(env, journal_number(end), err) != 0)
		return -1;
	next = place_frames(frames, *at, end);
	if (write_behind(env, frames->p + *at, next - *at, journal_offset(end)) != 0) {
		struct err why;

		room_refused(env, errno);
		err_set(err, ERR_UNAVAILABLE, "journal file %u of %s cannot be written: %s",
		    journal_number(end), env->home, strerror(errno));
		if (cut(env, &why) != 0)
			log_warning("%s: %s", env->home, why.text);
		return -1;
	}
	end += next - *at;
	*at = next;
	/* in this order: of what is not there nothing may be called synced */
	atomic_store(&mark->journal_end, end);
	atomic_store(&mark->sync[SYNC_JOURNAL].written, end);
	atomic_store(&mark->journal_torn, 0);
	env->sync[SYNC_JOURNAL].written = end;
	return 0;
}

/*
 * As long as the schema is still that of `generation`; NULL: whatever it is.
 */
static int
append(struct store *store, struct buf *frames, const uint64_t *generation, bool *stale,
    struct err *err)
{
	struct env *env = &store->env;
	size_t at = 0;
	int r = 0;

	*stale = false;
	while (at < frames->n && r == 0 && !*stale) {
		if ((r = room_check(env, STORE_WRITE, err)) != 0 || (r = env_lock(env, err)) != 0)
			break;
		*stale = generation != NULL &&
		    atomic_load(&env->mark->schema_generation) != *generation;
		if (!*stale)
			r = append_step(env, frames, &at, err);
		env_unlock(env);
	}
	store->unsettled = store->unsettled || at > 0;
	return r;
}

int
journal_append(struct store *store, struct buf *frames, bool *stale, struct err *err)
{
	return append(store, frames, &store->schema.generation, stale, err);
}

int
journal_append_any(struct store *store, struct buf *frames, struct err *err)
{
	bool stale;

	return append(store, frames, NULL, &stale, err);
}

/* ---- how much there is ---- */

bool
journal_sealed(const struct env *env)
{
	return atomic_load(&env->mark->journal_first) < journal_number(journal_end(env));
}

static uint64_t
sealed_bytes(const struct env *env, uint32_t number)
{
	char name[JOURNAL_NAME_BYTES];
	struct stat st;

	journal_name(name, number);
	return fstatat(env->home_fd, name, &st, 0) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t
journal_first_bytes(const struct env *env)
{
	uint32_t first = (uint32_t)atomic_load(&env->mark->journal_first);
	uint64_t end = journal_end(env);

	return first < journal_number(end) ? sealed_bytes(env, first) : journal_offset(end);
}

uint64_t
journal_bytes(const struct env *env)
{
	uint64_t end = journal_end(env), sum = journal_offset(end);
	uint32_t number = (uint32_t)atomic_load(&env->mark->journal_first);

	for (; number < journal_number(end); number++)
		sum += sealed_bytes(env, number);
	return sum;
}

/* ---- taking away ---- */

/*
 * The oldest first: killed on the way, what is left follows the others without a gap.
 */
void
journal_unlink_drained(const struct env *env)
{
	uint32_t first = (uint32_t)atomic_load(&env->mark->journal_first), number = first;
	char name[JOURNAL_NAME_BYTES];

	for (; number > 1; number--) {
		journal_name(name, number - 1);
		if (faccessat(env->home_fd, name, F_OK, 0) != 0)
			break;
	}
	for (; number < first; number++) {
		journal_name(name, number);
		unlinkat(env->home_fd, name, 0);
	}
}

void
journal_let_go(struct env *env)
{
	uint32_t first = (uint32_t)atomic_load(&env->mark->journal_first);
	struct env_sync *sync = &env->sync[SYNC_JOURNAL];

	if (env->journal_fd >= 0 && env->journal_number < first) {
		close(env->journal_fd);
		env->journal_fd = -1;
	}
	if (sync->fd >= 0 && sync->number < first) {
		close(sync->fd);
		sync->fd = -1;
	}
}
