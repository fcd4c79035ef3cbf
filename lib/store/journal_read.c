/*
 * store/journal_read.c - frames read
 *
 * A file is read a block at a time, and its frames are handed out where they lie in the block.
 * Where no head stands at its place the bytes are damaged up to the next one that says of itself
 * that it belongs exactly there; that a head has the number of its file and its own offset in it
 * makes this sure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "codec/codec.h"
#include "store/journal_priv.h"

#define BLOCK_BYTES (256u << 10)
#define SECTOR_BYTES 4096
#define PATIENCE 5		/* times in a file that a failed read is tried again */
#define PAUSE_NS 10000000

struct reader {
	const struct env *env;
	uint32_t	 number;
	int		 fd;
	unsigned	 patience;
	uint64_t	 at, size;	/* the next frame; where the file ends for us */
	char		*p;		/* bytes [begin, begin + n) of the file, and slack */
	uint64_t	 begin;
	size_t		 n, cap;
};

/*
 * 0, 1 when there is no such file, -1.
 */
static int
reader_open_as(struct reader *r, const struct env *env, uint32_t number, const char *name,
    struct err *err)
{
	struct stat st;

	r->env = env;
	r->number = number;
	r->patience = PATIENCE;
	r->at = r->begin = r->n = 0;
	r->fd = openat(env->home_fd, name, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 && errno == ENOENT)
		return 1;
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return err_set(err, ERR_IO, "%s/%s cannot be opened: %s", env->home, name,
		    strerror(errno));
	r->size = (uint64_t)st.st_size;
	return 0;
}

static int
reader_open(struct reader *r, const struct env *env, uint32_t number, struct err *err)
{
	char name[JOURNAL_NAME_BYTES];

	journal_name(name, number);
	return reader_open_as(r, env, number, name, err);
}

static void
reader_close(struct reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

/*
 * What a disk fails to read it mostly reads a moment later.
 */
static bool
try_again(struct reader *r)
{
	struct timespec pause = { 0, PAUSE_NS };

	if (r->patience == 0)
		return false;
	r->patience--;
	nanosleep(&pause, NULL);
	return true;
}

/*
 * A part of the disk that cannot be read is damaged as any other: up to the next sector there are
 * bytes that are no frame.
 */
static ssize_t
unreadable(const struct reader *r, size_t want)
{
	uint64_t at = r->begin + r->n, next = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
	size_t n = next - at < want - r->n ? (size_t)(next - at) : want - r->n;

	log_error("%s: byte %llu of journal file %u cannot be read", r->env->home,
	    (unsigned long long)at, r->number);
	memset(r->p + r->n, 0xff, n);
	return (ssize_t)n;
}

/*
 * Have bytes [at, at + n) in memory, or those of them that there are.
 */
static int
fill(struct reader *r, size_t n, struct err *err)
{
	size_t kept = 0, want;

	if (r->at + n > r->size)
		n = (size_t)(r->size - r->at);
	if (r->at >= r->begin && r->at + n <= r->begin + r->n)
		return 0;
	want = n > BLOCK_BYTES ? n : BLOCK_BYTES;
	if (r->at + want > r->size)
		want = (size_t)(r->size - r->at);
	if (r->cap < want + CODEC_SLACK) {
		r->p = memory_grow(r->p, want + CODEC_SLACK, 1);
		r->cap = want + CODEC_SLACK;
	}
	if (r->at >= r->begin && r->at < r->begin + r->n) {
		kept = (size_t)(r->begin + r->n - r->at);
		memmove(r->p, r->p + (r->at - r->begin), kept);
	}
	r->begin = r->at;
	for (r->n = kept; r->n < want;) {
		ssize_t got = pread(r->fd, r->p + r->n, want - r->n, (off_t)(r->begin + r->n));

		if (got < 0 && (errno == EINTR || (errno == EIO && try_again(r))))
			continue;
		if (got < 0 && errno == EIO)
			got = unreadable(r, want);
		if (got < 0)
			return err_set(err, ERR_IO, "journal file %u cannot be read: %s", r->number,
			    strerror(errno));
		if (got == 0)
			break;
		r->n += (size_t)got;
	}
	if (r->n < want)
		r->size = r->begin + r->n;	/* it was cut: there is no more of it */
	memset(r->p + r->n, 0, CODEC_SLACK);
	return 0;
}

static bool
kind_of(uint32_t magic, enum journal_kind *kind)
{
	*kind = magic == JOURNAL_MAGIC ? JOURNAL_RECORD :
	    magic == JOURNAL_GAP_MAGIC ? JOURNAL_GAP : JOURNAL_HOLE;
	return *kind != JOURNAL_HOLE || magic == JOURNAL_HOLE_MAGIC;
}

void
journal_fill_head(char head[JOURNAL_HEAD_BYTES], uint32_t number, const struct journal_gap *gap)
{
	wide_store32(head + 4, gap->zeros ? JOURNAL_HOLE_MAGIC : JOURNAL_GAP_MAGIC);
	wide_store32(head + 8, (uint32_t)(gap->to - gap->from - JOURNAL_HEAD_BYTES));
	wide_store32(head + 12, gap->measurement_id);
	wide_store64(head + 16, gap->bucket_id);
	wide_store64(head + 24, number);
	wide_store64(head + 32, gap->from);
	wide_store32(head, codec_crc32(head + 4, JOURNAL_HEAD_BYTES - 4));
}

/*
 * Is there a head of a frame of this file at r->at, with its whole record behind it?
 *   out  *total  bytes of the frame
 */
static int
head_here(struct reader *r, struct journal_frame *frame, size_t *total, bool *found,
    struct err *err)
{
	const char *head;
	size_t n;

	*found = false;
	if (fill(r, JOURNAL_HEAD_BYTES, err) != 0)
		return -1;
	if (r->at + JOURNAL_HEAD_BYTES > r->size)
		return 0;
	head = r->p + (r->at - r->begin);
	if (!kind_of(wide_load32(head + 4), &frame->kind) || wide_load64(head + 24) != r->number ||
	    wide_load64(head + 32) != r->at ||
	    wide_load32(head) != codec_crc32(head + 4, JOURNAL_HEAD_BYTES - 4))
		return 0;
	n = wide_load32(head + 8);
	*total = journal_frame_bytes(n);
	if (r->at + *total > r->size)
		return 0;
	if (fill(r, *total, err) != 0)
		return -1;
	if (r->at + *total > r->size)
		return 0;
	head = r->p + (r->at - r->begin);
	frame->position = journal_position(r->number, r->at);
	frame->bucket_id = wide_load64(head + 16);
	frame->measurement_id = wide_load32(head + 12);
	frame->record = slice_make(head + JOURNAL_HEAD_BYTES, n);
	*found = true;
	return 0;
}

/*
 * Are the next 8 bytes (or those that there are) zeros? They are in memory.
 */
static bool
zeros_here(const struct reader *r)
{
	uint64_t left = r->size - r->at;
	static const char zeros[8];

	return memcmp(r->p + (r->at - r->begin), zeros, left < 8 ? (size_t)left : 8) == 0;
}

/*
 * Go on to where a frame begins, or to the end. *zeros: nothing else was passed over.
 */
static int
skip_damage(struct reader *r, bool *zeros, struct err *err)
{
	struct journal_frame frame;
	size_t total;
	bool found = false;

	*zeros = true;
	while (!found && r->at < r->size) {
		*zeros = *zeros && zeros_here(r);
		r->at += 8;
		if (r->at < r->size && head_here(r, &frame, &total, &found, err) != 0)
			return -1;
	}
	return 0;
}

/*
 * The next frame, or a damaged stretch; *more is false at the end, and where only zeros follow.
 */
static int
reader_next(struct reader *r, struct journal_frame *frame, bool *more, struct err *err)
{
	uint64_t begin = r->at;
	size_t total = 0;
	bool found = false, zeros;

	*more = r->at < r->size;
	if (!*more || head_here(r, frame, &total, &found, err) != 0)
		return *more ? -1 : 0;
	if (found) {
		r->at += total;
		return 0;
	}
	if (skip_damage(r, &zeros, err) != 0)
		return -1;
	*more = r->at < r->size || !zeros;
	*frame = (struct journal_frame){ .kind = JOURNAL_DAMAGED,
		.position = journal_position(r->number, begin) };
	return 0;
}

/* ---- the doors ---- */

/*
 * Visit the frames of one file from r->at on.
 */
static int
each_of_file(struct reader *r, int (*visit)(void *arg, const struct journal_frame *frame,
    struct err *err), void *arg, struct err *err)
{
	struct journal_frame frame;
	bool more = true;

	while (more) {
		if (reader_next(r, &frame, &more, err) != 0 ||
		    (more && visit(arg, &frame, err) != 0))
			return -1;
	}
	return 0;
}

int
journal_each(const struct env *env, uint64_t from, uint64_t end,
    int (*visit)(void *arg, const struct journal_frame *frame, struct err *err), void *arg,
    struct err *err)
{
	uint32_t number = from != 0 ? journal_number(from) :
	    (uint32_t)atomic_load(&env->mark->journal_first);
	struct reader r = { .fd = -1 };
	int result = 0;

	for (; number <= journal_number(end) && result == 0; number++) {
		if (number == journal_number(end) && journal_offset(end) == 0)
			break;
		if ((result = reader_open(&r, env, number, err)) != 0)
			break;
		if (number == journal_number(end) && r.size > journal_offset(end))
			r.size = journal_offset(end);
		if (number == journal_number(from))
			r.at = journal_offset(from);
		result = each_of_file(&r, visit, arg, err);
		if (result == 0 && number == journal_number(end) && r.at < journal_offset(end))
			result = err_set(err, ERR_CORRUPT, "journal file %u of %s is cut short", number,
			    env->home);
		reader_close(&r);
	}
	reader_close(&r);
	free(r.p);
	if (result == 1 && atomic_load(&env->mark->journal_first) <= number)
		return err_set(err, ERR_CORRUPT, "journal file %u of %s is missing", number, env->home);
	return result;
}

struct frame_list {
	struct arena	*arena;
	struct journal_frame *frames;
	size_t		 n, cap;
};

static int
list_frame(void *arg, const struct journal_frame *frame, struct err *err)
{
	struct frame_list *list = arg;
	struct journal_frame *copy;
	char *bytes;

	(void)err;
	if (list->n == list->cap) {
		size_t cap = list->cap == 0 ? 64 : list->cap * 2;

		list->frames = arena_grow(list->arena, list->frames, list->cap, cap);
		list->cap = cap;
	}
	copy = &list->frames[list->n++];
	*copy = *frame;
	bytes = arena_alloc(list->arena, frame->record.n + CODEC_SLACK);
	if (frame->record.n > 0)
		memcpy(bytes, frame->record.p, frame->record.n);
	memset(bytes + frame->record.n, 0, CODEC_SLACK);
	copy->record.p = bytes;
	return 0;
}

static int
file_as(const struct env *env, uint32_t number, const char *name, struct arena *arena,
    struct journal_frame **frames, size_t *n, struct err *err)
{
	struct frame_list list = { .arena = arena };
	struct reader r = { .fd = -1 };
	int result = reader_open_as(&r, env, number, name, err);

	if (result == 0)
		result = each_of_file(&r, list_frame, &list, err);
	reader_close(&r);
	free(r.p);
	*frames = list.frames;
	*n = list.n;
	return result;
}

int
journal_file(const struct env *env, uint32_t number, struct arena *arena,
    struct journal_frame **frames, size_t *n, struct err *err)
{
	char name[JOURNAL_NAME_BYTES];

	journal_name(name, number);
	return file_as(env, number, name, arena, frames, n, err);
}

int
journal_aside(const struct env *env, uint32_t number, struct arena *arena,
    struct journal_frame **frames, size_t *n, struct err *err)
{
	char name[JOURNAL_NAME_BYTES];

	journal_aside_name(name, number);
	return file_as(env, number, name, arena, frames, n, err);
}

/*
 * Was a part of these bytes never written? What a power failure leaves out is whole pages.
 */
static bool
has_lost_page(const struct reader *r, uint64_t from, uint64_t to)
{
	static const char zeros[SECTOR_BYTES];
	char page[SECTOR_BYTES];

	for (uint64_t at = from; at < to;) {
		uint64_t end = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
		size_t n = (size_t)((end < to ? end : to) - at);

		if (pread(r->fd, page, n, (off_t)at) == (ssize_t)n && memcmp(page, zeros, n) == 0)
			return true;
		at += n;
	}
	return false;
}

/*
 * Does a frame begin here that the file is too short for, or only a part of a head? So a write ends
 * that nobody waited for.
 */
static bool
is_cut_off(struct reader *r, uint64_t begin)
{
	char head[JOURNAL_HEAD_BYTES];
	enum journal_kind kind;

	if (pread(r->fd, head, sizeof(head), (off_t)begin) != (ssize_t)sizeof(head))
		return true;
	return kind_of(wide_load32(head + 4), &kind) && wide_load64(head + 32) == begin &&
	    wide_load32(head) == codec_crc32(head + 4, JOURNAL_HEAD_BYTES - 4) &&
	    begin + journal_frame_bytes(wide_load32(head + 8)) > r->size;
}

/*
 * A frame whose record cannot be read is a gap as well, and gaps side by side are one.
 */
static int
step_to_end(struct reader *r, struct arena *arena, struct journal_gap *open,
    int (*gap)(void *arg, const struct journal_gap *gap, struct err *err), void *arg,
    bool *more, uint64_t *end, struct err *err)
{
	uint64_t begin = r->at;
	struct journal_frame frame;
	struct codec_batch batch;
	struct err why;
	bool zeros = false;

	if (reader_next(r, &frame, more, err) != 0)
		return -1;
	if (!*more)
		return 0;
	if (frame.kind != JOURNAL_DAMAGED && (frame.kind != JOURNAL_RECORD ||
	    codec_batch_open(frame.record, arena, &batch, &why) == 0)) {
		if (open->to > open->from && gap(arg, open, err) != 0)
			return -1;
		*open = (struct journal_gap){ 0 };
		*end = r->at;
		return 0;
	}
	if (frame.kind == JOURNAL_DAMAGED) {
		r->at = begin;
		if (skip_damage(r, &zeros, err) != 0)
			return -1;
	}
	zeros = zeros || has_lost_page(r, begin, r->at);
	if (open->to == open->from)
		*open = (struct journal_gap){ begin, begin, frame.bucket_id, frame.measurement_id, zeros };
	open->zeros = open->zeros && zeros;
	if (open->bucket_id != frame.bucket_id || open->measurement_id != frame.measurement_id)
		open->bucket_id = open->measurement_id = 0;	/* of several */
	open->to = r->at;
	return 0;
}

int
journal_find_end(const struct env *env, uint32_t number,
    int (*gap)(void *arg, const struct journal_gap *gap, struct err *err), void *arg,
    uint64_t *end, struct err *err)
{
	struct arena *arena = arena_new(4096);
	struct journal_gap open = { 0 };
	struct reader r = { .fd = -1 };
	int result = reader_open(&r, env, number, err);
	bool more = result == 0;

	*end = 0;
	while (more && result == 0) {
		result = step_to_end(&r, arena, &open, gap, arg, &more, end, err);
		arena_reset(arena);
	}
	if (result == 0 && open.to - open.from >= JOURNAL_HEAD_BYTES && !open.zeros &&
	    !is_cut_off(&r, open.from)) {
		/* bytes at the end that were whole once */
		open.to = (open.to + 7) & ~UINT64_C(7);
		result = gap(arg, &open, err);
		*end = open.to;
	}
	reader_close(&r);
	free(r.p);
	arena_free(arena);
	return result < 0 ? -1 : 0;
}
