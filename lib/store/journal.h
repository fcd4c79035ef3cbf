/*
 * store/journal.h - rows in the order in which they were written, in plain files
 *
 *     journal.c          frames put behind the last one; files begun, sealed and taken away
 *     journal_back.c     rows that go from one file to the journal's end
 *     journal_mend.c     frames of which one bit has been flipped
 *     journal_read.c     frames read
 *     journal_recover.c  where the journal begins and ends, after a crash
 *     journal_state.c    what the catalogue knows: which file is the oldest, how far it is drained
 *
 * A file `journal.NNNNNNNNNN` is a row of frames: a head of JOURNAL_HEAD_BYTES and a record of
 * codec/batch_encode.c (FORMAT.md, "Journal files"). The newest file takes what is written; the
 * others are sealed, and compaction drains them into chunks, oldest first, and unlinks them. A
 * place in the journal is a position: the file's number << 32 | a byte's offset, so that positions
 * rise as time goes by.
 *
 * How far the journal goes the mark page says, in one word that moves when a frame is whole. So a
 * reader needs no lock, and a writer that is killed while it writes has written nothing.
 */
#ifndef WEIR_STORE_JOURNAL_H
#define WEIR_STORE_JOURNAL_H

#include "codec/codec.h"
#include "store/store_priv.h"

#define JOURNAL_HEAD_BYTES 40
#define JOURNAL_NAME_BYTES 32
#define JOURNAL_FILE_MOST (UINT64_C(32) << 20)	/* a file is sealed by then, whatever is set */

static inline uint64_t
journal_position(uint32_t number, uint64_t offset)
{
	return (uint64_t)number << 32 | offset;
}

static inline uint32_t
journal_number(uint64_t position)
{
	return (uint32_t)(position >> 32);
}

static inline uint64_t
journal_offset(uint64_t position)
{
	return position & UINT32_MAX;
}

enum journal_kind {
	JOURNAL_RECORD,
	JOURNAL_DAMAGED,	/* bytes where no frame is: found by whoever reads it */
	JOURNAL_GAP,		/* the same, found and told at a recovery */
	JOURNAL_HOLE,		/* found at a recovery: never written, or not all of it */
};

struct journal_frame {
	enum journal_kind kind;
	uint64_t	 position;
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;	/* 0: whose it was is not known */
	struct slice	 record;		/* CODEC_SLACK readable bytes behind it */
};

/* ---- writing (journal.c) ---- */

/*
 * journal_frame_begin - room for a head at the end of `frames`; the record is put behind it
 *   returns  where the frame begins, for:
 * journal_frame_end - the head filled in as far as it is known by now
 */
size_t	 journal_frame_begin(struct buf *frames);
void	 journal_frame_end(struct buf *frames, size_t begin, uint64_t bucket_id,
	     uint32_t measurement_id);

/*
 * journal_append - put frames behind the last one
 *   in     frames   whole frames of the functions above; their heads are completed
 *   out    *stale   the schema is not that of `store->schema` any more: nothing more was appended
 *   errs   ERR_UNAVAILABLE  busy, or no room on the disk: a part of the frames may be in
 *   from   names that the frames use must be on disk before the call (env_sync)
 */
int	 journal_append(struct store *store, struct buf *frames, bool *stale, struct err *err);

/*
 * journal_put_back - rows that were drained but cannot go into chunks, behind the last frame, on
 *     disk; by who has the right to compact, for a measurement that may be gone meanwhile
 *   errs   ERR_UNAVAILABLE
 */
struct rowset;

int	 journal_put_back(struct store *store, uint64_t bucket_id, uint32_t measurement_id,
	     uint64_t series, const struct rowset *rows, struct err *err);

/*
 * journal_seal - with the lock: what comes next goes into a new file, so that all that is there now
 *     can be drained; nothing when the newest file is empty
 * journal_sealed - is there a sealed file?
 * journal_bytes - how many bytes wait for compaction; journal_first_bytes - those of the oldest file
 * journal_unlink_drained - take away files before the oldest; when the chunks are on disk
 * journal_let_go - close files that are drained, so that the disk gets their room
 */
int	 journal_seal(struct env *env, struct err *err);
bool	 journal_sealed(const struct env *env);
uint64_t journal_bytes(const struct env *env);
uint64_t journal_first_bytes(const struct env *env);
void	 journal_unlink_drained(const struct env *env);
void	 journal_let_go(struct env *env);

void	 journal_name(char name[JOURNAL_NAME_BYTES], uint32_t number);
void	 journal_aside_name(char name[JOURNAL_NAME_BYTES], uint32_t number);

/*
 * journal_recover - inside, with open databases: where the journal begins and, if the mark page is
 *     of another life, ends (journal_recover.c)
 *   returns  0, or an error number
 */
int	 journal_recover(struct env *env);

/* ---- reading (journal_read.c) ---- */

/*
 * journal_each - visit frames from a position on to the journal's present end, in order
 *   in     from     of a frame, or 0: all that there is
 *          end      where to stop, from journal_end
 *          visit    0: go on; -1: failed. The frame's record is good for the call alone
 *   returns  0; 1 when a file was drained before it was opened: what was visited is no whole state
 *          of the journal, begin again with a new end; -1
 *   errs   ERR_IO
 *          ERR_CORRUPT  a file is missing
 * journal_file - one whole sealed file in memory: its frames in order, in the arena
 * journal_aside - the same of a file that was set aside
 *   returns  0, 1 when there is no such file, -1
 */
static inline uint64_t
journal_end(const struct env *env)
{
	return atomic_load(&env->mark->journal_end);
}
int	 journal_each(const struct env *env, uint64_t from, uint64_t end,
	     int (*visit)(void *arg, const struct journal_frame *frame, struct err *err), void *arg,
	     struct err *err);
int	 journal_file(const struct env *env, uint32_t number, struct arena *arena,
	     struct journal_frame **frames, size_t *n, struct err *err);

int	 journal_aside(const struct env *env, uint32_t number, struct arena *arena,
	     struct journal_frame **frames, size_t *n, struct err *err);

/*
 * journal_mend - turn flipped bits of a file back where a frame has only one (journal_mend.c). The
 *     file is sealed, or nobody writes it
 *   errs   ERR_IO
 */
int	 journal_mend(const struct env *env, uint32_t number, uint64_t *n_mended, struct err *err);

/* ---- what the catalogue knows (journal_state.c) ---- */

struct journal_state {
	uint32_t	 first;		/* the oldest file; those before are in chunks */
	/* of the oldest file everything up to this series is in chunks, in order of: */
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	uint64_t	 series;
};

int	 journal_state_get(struct txn *txn, struct journal_state *state, struct err *err);
int	 journal_state_put(struct txn *txn, const struct journal_state *state, struct err *err);

#endif
