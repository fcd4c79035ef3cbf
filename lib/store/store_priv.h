/*
 * store/store_priv.h - what the files of this room share
 *
 *     append, scan, register ...      what is done
 *     *_table.c                       keys and values of one kind of record
 *     txn.c                           get, put, walk; one transaction with its retry
 *     env.c, handles.c, sync.c        alone inside; recovery; the log on disk
 */
#ifndef WEIR_STORE_STORE_PRIV_H
#define WEIR_STORE_STORE_PRIV_H

#include <db.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/table.h"
#include "store/store.h"

#define STORE_FORMAT 3		/* of the whole store: FORMAT.md */
#define STORE_FORMAT_OLDEST 2	/* that is read and written as it is */
#define STORE_FORMAT_FILE "weir.format"	/* of a store whose pages have checksums */

/* ---- the environment (env.c) ---- */

enum store_db {			/* the databases, a file each: rows of the table in handles.c */
	DB_CATALOGUE,
	DB_SERIES,
	DB_CHUNKS,
	N_STORE_DBS
};

/*
 * What is synced by one leader for all who wait (sync.c): the log, and the newest journal file.
 * Positions are a file's number << 32 | an offset in it.
 */
enum sync_which { SYNC_LOG, SYNC_JOURNAL, N_SYNCS };

struct mark_sync {
	_Atomic uint64_t	 written;	/* up to here it is with the kernel */
	_Atomic uint64_t	 synced;	/* up to here it is on disk */
	_Atomic uint64_t	 lost_from, lost_to;	/* the disk refused something between them:
							   nothing there may be acknowledged */
	_Atomic uint32_t	 turn;		/* futex of those who wait for a sync */
};

/*
 * The mark page: who is inside, how far log and journal are. Shared by mmap. The holder of the lock
 * alone writes inside, generation, journal_first, journal_end, journal_size and journal_torn; other
 * words are written by anybody.
 */
#define ENV_MARK_MAGIC UINT64_C(0x32306b72616d7277)	/* "wrmark02" */

struct env_mark {
	uint64_t		 magic;
	uint8_t			 boot[16];	/* of the kernel that the regions belong to */
	_Atomic uint64_t	 generation;	/* of the regions: moves at each recovery */
	_Atomic int64_t		 entered_ns;	/* monotonic: when `inside` went in */
	_Atomic uint32_t	 inside;	/* pid, 0 = nobody */
	_Atomic uint32_t	 holder;	/* pid of who has the lock, perhaps not inside */
	struct mark_sync	 sync[N_SYNCS];
	_Atomic uint64_t	 checkpointed;	/* log position of the last checkpoint */
	_Atomic uint64_t	 auth_generation;
	_Atomic uint64_t	 schema_generation;	/* moves when something is taken away from the
							   schema, so that remembered ids die */
	_Atomic uint64_t	 journal_first;	/* number of the oldest journal file */
	_Atomic uint64_t	 journal_end;	/* where the next frame goes */
	_Atomic uint64_t	 journal_size;	/* bytes of the newest file: zeros from the end on */
	_Atomic uint32_t	 journal_torn;	/* a writer began, and did not finish: other bytes */
	_Atomic uint32_t	 journal_damaged;	/* a reader met damage: to be drained soon */
	_Atomic int64_t		 tidied_ns;	/* when expired rows were last looked for */
	_Atomic int64_t		 names_wanted_ns;	/* monotonic: when a writer asked that names stay */
	_Atomic int64_t		 right_wanted_ns;	/* monotonic: when somebody waited for the right
							   to compact */
	_Atomic uint32_t	 refused;	/* a write found no room where statvfs says there is:
						   the error number, until there is a reserve again */
	_Atomic int64_t		 roomy_ns;	/* monotonic: when a trial last found room */
};

struct env_handles {
	DB_ENV	*env;
	DB	*db[N_STORE_DBS];
};

struct env {
	struct store_options options;
	char		*home;
	int		 home_fd, lock_fd;
	struct env_sync {		/* this process's part in syncing */
		int		 lock_fd;	/* of the leader's lock */
		int		 fd;		/* of file `number`, or -1 */
		uint32_t	 number;
		uint64_t	 written;	/* where its last write ended; 0 = all is synced */
	} sync[N_SYNCS];
	int		 journal_fd;		/* of journal file journal_number, or -1 */
	uint32_t	 journal_number;
	struct env_mark	*mark;
	uint8_t		 boot[16];
	struct env_handles handles;
	uint64_t	 generation;		/* of the handles; 0 = none are open */
	int		 panic;			/* why the library gave up the environment, or 0 */
	bool		 is_damaged;		/* the last recovery failed, and not for want of anything */
	bool		 page_sums;		/* pages get checksums: page.h */
	unsigned	 n_said;		/* by the library in this section */
};

/*
 * env_attach - open the lock, sync and mark files of a home that has a store
 * env_detach - close the handles inside a section, and the files
 * env_enter - be alone inside, with open handles of the present generation
 *   errs   ERR_UNAVAILABLE  busy for longer than options.wait_ms, or the environment cannot be
 *          opened or recovered
 * env_leave - let the next one in
 * env_abandon - leave with the mark set: the next one recovers
 * env_lock, env_unlock - the same section for one who does not go into the library: a sound store
 *     whose files nobody else writes. Killed there, no recovery is needed.
 * env_hold - the lock alone, to read files that processes inside write; ended by env_unlock
 * env_offline - have the log brought into the databases' files, as far as that can be done, then
 *     `work` on them, alone and with nothing open; then a recovery
 *   in     recovered  of work: all that the log has is in the files
 * env_still_here - one that holds the lock for long is at work, and is not to be ended
 * env_database - the name of a database's file
 */
int	 env_attach(struct env *env, const struct store_options *options, struct err *err);
void	 env_detach(struct env *env);
int	 env_enter(struct env *env, struct err *err);
void	 env_leave(struct env *env);
void	 env_abandon(struct env *env);
int	 env_lock(struct env *env, struct err *err);
void	 env_unlock(struct env *env);
int	 env_hold(struct env *env, struct err *err);
int	 env_offline(struct env *env, int (*work)(struct env *env, bool recovered, void *arg,
	     struct err *err), void *arg, struct err *err);
void	 env_still_here(struct env *env);
const char *env_database(enum store_db db);

/*
 * env_ticks_start, env_ticks_stop - while a process waits for a lock a timer ticks, so that the wait
 *     ends (EINTR) now and then; each time it gives up its place in the queue
 *   in     wait_ms  how long it is going to wait
 */
struct env_ticks {
	struct sigaction old;
};

void	 env_ticks_start(struct env_ticks *ticks, uint64_t wait_ms);
void	 env_ticks_stop(const struct env_ticks *ticks);

/*
 * env_note_written - inside, after a commit: where the log ends now
 * env_sync - wait until what this process has written of one is on disk (sync.c)
 * env_let_go - close the files of log and journal that it needed for that: while this process is
 *     quiet others may remove them
 */
int	 env_note_written(struct env *env, struct err *err);
int	 env_sync(struct env *env, enum sync_which which, struct err *err);
void	 env_let_go(struct env *env);

/* ---- room on the disk (room.c) ---- */

/*
 * room_check - is there disk to write on? ERR_UNAVAILABLE when less than the reserve is free, or, of
 *     what makes room, less than half of it: a full disk must not forbid to delete
 * room_refused - a write has failed with this error number: for room_check to remember
 * room_for_recovery - 0, or the error number that n bytes would be refused with
 */
int	 room_check(struct env *env, enum store_access access, struct err *err);
void	 room_refused(struct env *env, int error);
int	 room_for_recovery(const struct env *env, off_t n);

/* ---- transactions (txn.c) ---- */

enum txn_fate {
	TXN_WELL,
	TXN_RECOVER,		/* the environment is gone: recover, then run the body again */
	TXN_SICK,		/* the disk refused: leave recovery to the next one */
};

struct txn {
	struct store	*store;
	struct arena	*arena;
	struct env_handles *h;
	DB_TXN		*db;		/* NULL while reading */
	enum txn_fate	 fate;
	bool		 auth_changed;	/* tokens, users or buckets: move auth_generation at the commit */
	bool		 schema_changed;	/* something was taken away: move schema_generation */
	uint32_t	 journal_first;	/* the commit makes this the oldest file; 0 = as it is */
};

/*
 * A key under construction: bytes in the arena of the transaction.
 */
struct key {
	char		*p;
	size_t		 n, cap;
	struct arena	*arena;
};

struct key	 key_begin(struct arena *arena, char kind);
struct key	 key_empty(struct arena *arena);
void		 key_u32(struct key *key, uint32_t v);
void		 key_u64(struct key *key, uint64_t v);
void		 key_short(struct key *key, uint64_t v);	/* in 1 to 9 bytes: key.c */
void		 key_bytes(struct key *key, const void *p, size_t n);
void		 key_text(struct key *key, struct slice s);
static inline struct slice
key_slice(const struct key *key)
{
	return (struct slice){ key->p, key->n };
}
uint32_t	 key_get_u32(const char *p);
uint64_t	 key_get_u64(const char *p);
int		 key_take_short(struct slice *key, uint64_t *v);	/* -1: cut short */

/*
 * txn_get - 0 with *value in the arena, 1 when there is none, -1 with *err
 * txn_has - 0 there, 1 not, -1
 * txn_put, txn_delete - deleting none is no error
 */
int	 txn_get(struct txn *txn, enum store_db db, struct slice key, struct slice *value,
	     struct err *err);
int	 txn_put(struct txn *txn, enum store_db db, struct slice key, struct slice value,
	     struct err *err);
int	 txn_delete(struct txn *txn, enum store_db db, struct slice key, struct err *err);
int	 txn_fail(struct txn *txn, int r, const char *doing, struct err *err);

/*
 * txn_each - visit the records whose keys begin with `prefix`, in key order
 *   in     visit    0: go on; 1: enough; -1: failed. Key and value are good for the call alone.
 */
int	 txn_each(struct txn *txn, enum store_db db, struct slice prefix,
	     int (*visit)(struct txn *txn, struct slice key, struct slice value, void *arg,
	     struct err *err), void *arg, struct err *err);

/*
 * txn_each_from - the same from the first key not below `from` (which begins with prefix)
 * txn_delete_all - every record whose key begins with prefix
 * txn_delete_some - at most *left of them, which is counted down
 * txn_before - the last record whose key is not above `key` and begins with prefix
 */
int	 txn_each_from(struct txn *txn, enum store_db db, struct slice prefix, struct slice from,
	     int (*visit)(struct txn *txn, struct slice key, struct slice value, void *arg,
	     struct err *err), void *arg, struct err *err);
int	 txn_delete_all(struct txn *txn, enum store_db db, struct slice prefix, struct err *err);
int	 txn_delete_some(struct txn *txn, enum store_db db, struct slice prefix, size_t *left,
	     struct err *err);
int	 txn_before(struct txn *txn, enum store_db db, struct slice prefix, struct slice limit,
	     struct slice *key, struct slice *value, struct err *err);

/*
 * Cursors over keys, reading values in parts (txn_cursor.c). All moves set *at: is the cursor at a
 * key that begins with the prefix?
 *
 * txn_cursor_from - to the first key not below `key`
 * txn_cursor_before - to the last key not above `key`
 * txn_cursor_step - to the next one, or the one before
 * txn_cursor_part - at most n bytes of the value from `offset` on
 * txn_cursor_peek - let moves read the first n bytes of the value along, as far as that costs no
 *                   further call; n 0: no more
 * txn_cursor_peeked - did the last move? Then *got is how many there are
 */
struct txn_cursor;

int	 txn_cursor_open(struct txn *txn, enum store_db db, struct txn_cursor **cursor,
	     struct err *err);
void	 txn_cursor_close(struct txn_cursor *cursor);
int	 txn_cursor_from(struct txn_cursor *cursor, struct slice key, struct slice prefix, bool *at,
	     struct err *err);
int	 txn_cursor_before(struct txn_cursor *cursor, struct slice key, struct slice prefix, bool *at,
	     struct err *err);
int	 txn_cursor_step(struct txn_cursor *cursor, bool back, struct slice prefix, bool *at,
	     struct err *err);
void	 txn_cursor_peek(struct txn_cursor *cursor, void *to, size_t n);
bool	 txn_cursor_peeked(const struct txn_cursor *cursor, size_t *got);
int	 txn_cursor_key(struct txn_cursor *cursor, struct slice *key, struct err *err);
int	 txn_cursor_part(struct txn_cursor *cursor, size_t offset, void *to, size_t n, size_t *got,
	     struct err *err);

/* ---- records (record.c): a version, fields, a checksum ---- */

struct record {			/* one being written, in the arena's memory */
	struct buf	 buf;
};

void		 record_begin(struct record *r, uint8_t version);
void		 record_u64(struct record *r, uint64_t v);
void		 record_text(struct record *r, struct slice s);
void		 record_bytes(struct record *r, const void *p, size_t n);
struct slice	 record_end(struct record *r);		/* adds the checksum; borrowed from r */
void		 record_free(struct record *r);

struct record_reader {
	struct slice	 rest;
	bool		 bad;
};

/*
 * record_open - check the checksum and the version (1 .. newest); ERR_CORRUPT with `what` named
 * record_get_* - the next field; a record that ends early sets bad, which record_close reports
 */
int		 record_open(struct record_reader *r, struct slice value, uint8_t newest,
		     const char *what, struct err *err);
uint64_t	 record_get_u64(struct record_reader *r);
struct slice	 record_get_text(struct record_reader *r);
void		 record_get_bytes(struct record_reader *r, void *p, size_t n);
int		 record_close(struct record_reader *r, const char *what, struct err *err);

/* ---- grants at the end of a record (grant_list.c) ---- */

/*
 * grant_list_put, grant_list_get - get closes the record
 * grant_list_check - ERR_INVALID when there are too many for a record of `what`
 */
void		 grant_list_put(struct record *r, const struct grant *list, size_t n);
int		 grant_list_get(struct record_reader *r, const char *what, struct arena *arena,
		     struct grant **list, size_t *n, struct err *err);
int		 grant_list_check(const char *what, size_t n, struct err *err);

/* ---- counters (counter_table.c) ---- */

/*
 * counter_next - reserve `n` numbers: the first of them, at least 1
 * counter_get - its present value, 0 when it never moved
 * counter_raise - no number up to `least` is given any more; a counter that is damaged begins anew
 */
int	 counter_next(struct txn *txn, const char *name, uint64_t n, uint64_t *first, struct err *err);
int	 counter_get(struct txn *txn, const char *name, uint64_t *v, struct err *err);
int	 counter_raise(struct txn *txn, const char *name, uint64_t least, struct err *err);

#define COUNTER_MEASUREMENT "measurement"
#define COUNTER_COLUMN "column"

int	 format_check(struct txn *txn, struct err *err);
int	 format_write(struct txn *txn, struct err *err);
int	 format_restore(struct txn *txn, struct err *err);	/* its record was lost */

int	 store_note_format(int home_fd, struct err *err);	/* upgrade.c: pages get checksums */

/*
 * bucket_restore - a bucket whose record is lost (bucket_table.c): no description, kept for ever
 */
int	 bucket_restore(struct txn *txn, uint64_t id, struct slice name, struct err *err);

/* ---- measurements and their columns (measurement_table.c) ---- */

enum column_kind { COLUMN_TAG = 1, COLUMN_FIELD = 2 };		/* on disk */

struct column {
	struct slice	 name;
	uint32_t	 id;
	enum column_kind kind;
	enum value_type	 type;		/* of a field */
};

int	 measurement_find(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t *id,
	     struct err *err);						/* 0, 1 = none, -1 */
int	 measurement_create(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t *id,
	     struct err *err);
int	 measurement_put(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t id,
	     struct err *err);			/* a repair's: the id was given before */
int	 measurement_name(struct txn *txn, uint64_t bucket_id, uint32_t id, struct slice *name,
	     struct err *err);					/* "" when there is none */
int	 measurement_count(struct txn *txn, uint64_t bucket_id, uint64_t *n, struct err *err);
/*
 * measurement_forget - its name and columns; what it had is noted as garbage
 * measurement_forget_all - those of a bucket
 */
int	 measurement_forget(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t id,
	     struct err *err);
int	 measurement_forget_all(struct txn *txn, uint64_t bucket_id, struct err *err);
int	 column_find(struct txn *txn, uint32_t measurement_id, struct slice name,
	     struct column *out, struct err *err);			/* 0, 1 = none, -1 */
int	 column_create(struct txn *txn, uint32_t measurement_id, struct column *column,
	     struct err *err);						/* fills the id */
int	 column_put(struct txn *txn, uint32_t measurement_id, const struct column *column,
	     struct err *err);			/* likewise */
int	 column_drop(struct txn *txn, uint32_t measurement_id, struct slice name,
	     struct err *err);
int	 column_each(struct txn *txn, uint32_t measurement_id,
	     int (*visit)(void *arg, const struct column *column), void *arg, struct err *err);

/* series and the tag index: series_table.h, tag_table.h */

/* ---- what a process remembers of the schema (schema.c) ---- */

struct schema_measurement {
	uint32_t	 id;
	struct slice	 name;
	struct table	 columns;	/* name -> index into list */
	struct column	*list;
	size_t		 n, cap;
};

struct schema_bucket {
	uint64_t	 id;
	int64_t		 retention_ns;
	uint64_t	 n_measurements;	/* when it was loaded, and those added since */
	struct table	 measurements;		/* name -> struct schema_measurement * */
	struct schema_bucket *next;
};

struct schema {
	uint64_t	 generation;	/* 0 = nothing is known */
	uint64_t	 auth_generation;	/* when the buckets were loaded */
	struct schema_bucket *buckets;
	struct table	 values;	/* measurement, key, value -> value id */
	struct table	 texts;		/* measurement, key, value id -> index into text list */
	struct slice	*text_list;
	size_t		 n_texts, cap_texts;
	struct arena	*arena;		/* of all of the above */
	size_t		 limit_bytes;
};

void	 schema_init(struct schema *schema);
void	 schema_forget(struct schema *schema);
void	 schema_free(struct schema *schema);
struct schema_bucket *schema_bucket_known(struct schema *schema, uint64_t bucket_id);
struct schema_measurement *schema_measurement_known(struct schema_bucket *bucket, struct slice name);
const struct column *schema_column_known(const struct schema_measurement *m, struct slice name);
struct schema_bucket *schema_add_bucket(struct schema *schema, uint64_t id, int64_t retention_ns,
	     uint64_t n_measurements);
struct schema_measurement *schema_add_measurement(struct schema *schema, struct schema_bucket *bucket,
	     struct slice name, uint32_t id);
void	 schema_add_column(struct schema *schema, struct schema_measurement *m,
	     const struct column *column);
bool	 schema_value_known(struct schema *schema, uint32_t measurement_id, uint32_t key,
	     struct slice value, uint64_t *id);
void	 schema_add_value(struct schema *schema, uint32_t measurement_id, uint32_t key,
	     struct slice value, uint64_t id);
bool	 schema_text_known(struct schema *schema, uint32_t measurement_id, uint32_t key,
	     uint64_t value_id, struct slice *text);
void	 schema_add_text(struct schema *schema, uint32_t measurement_id, uint32_t key,
	     uint64_t value_id, struct slice text);

/* ---- registering what is new (register.c) ---- */

/*
 * A table of a batch on its way to the journal.
 */
struct append_table {
	struct batch_table *rows;
	struct schema_measurement *m;	/* NULL: it may not be made; all rows are dead */
	uint64_t	*dead;		/* bit per row: rejected */
	uint64_t	 n_live;
	bool		 full;		/* the bucket may have no more series; m may be NULL for it */
	const struct column **columns;	/* of rows->columns; NULL: its rows are dead */
};

/* the functions: register.h */

/* ---- the store itself ---- */

struct series_culprit {
	uint64_t	 bucket_id;
	int64_t		 found_ns;
	char		 text[320];
};

struct store {
	struct env	 env;
	struct schema	 schema;
	struct arena	*scratch;	/* of one call into the store */
	struct buf	 frames;	/* of one append; its memory is kept, up to a limit */
	bool		 unsettled;	/* it has written since it was idle */
	int64_t		 put_back_ns;	/* monotonic: rows met a damaged chunk then; 0: never */
	struct compaction *compaction;	/* the one under way in this process, or NULL */
	struct store_counters counters;	/* what cursors have read */
	struct series_culprit culprit;	/* series_count.c: found last */
};

/* ---- compaction (compact.c, compact_run.c) ---- */

/*
 * compact_begin - have store->compaction: 0, 1 when there is nothing to do, -1
 * compact_step - some 15 ms of it, committed; *done: there is no compaction any more
 * compact_relieve - when the journal is past its bound, work some of it off, or wait a little for
 *     who is at it
 * compact_abandon - let it go; another process may go on
 * store_maintain_log - a checkpoint when one is due
 */
int	 compact_begin(struct store *store, struct err *err);
int	 compact_step(struct store *store, bool *done, struct err *err);
void	 compact_relieve(struct store *store);
void	 compact_abandon(struct store *store);
void	 store_maintain_log(struct store *store);

static inline bool
bit_get(const uint64_t *bits, size_t i)
{
	return bits[i >> 6] >> (i & 63) & 1;
}

static inline void
bit_set(uint64_t *bits, size_t i)
{
	bits[i >> 6] |= UINT64_C(1) << (i & 63);
}

#endif
