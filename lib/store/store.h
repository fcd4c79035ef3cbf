/*
 * store/store.h - the store: buckets, DBRPs, tokens, users, measurements, series and their rows
 *
 * One Berkeley DB environment in a home directory, shared by every process on the machine. Only
 * one process at a time is inside the library, and processes may be killed at any moment
 * (env.c tells how). Two ways in:
 *
 * - store_txn runs a body of table functions (they take a `struct txn *`) as one transaction;
 * - functions that take a `struct store *` enter and leave by themselves, several times when there
 *   is much to read, so that nobody waits long for them.
 *
 * What a change has done is visible to all at once, and on disk when store_sync has returned.
 */
#ifndef WEIR_STORE_STORE_H
#define WEIR_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "model/batch.h"
#include "model/grants.h"
#include "model/value.h"

struct store;
struct txn;

/* ---- opening ---- */

struct store_options {
	const char	*home;			/* the directory; borrowed until store_open returns */
	uint64_t	 cache_bytes;		/* Berkeley DB's cache, by whoever makes the regions */
	uint64_t	 checkpoint_bytes;	/* of log between two checkpoints */
	uint64_t	 compact_bytes;		/* of journal that are worth compacting: a file's length */
	uint64_t	 backlog_bytes;		/* of journal; past this a write works some of it off first */
	uint64_t	 reserve_bytes;		/* of free disk that writes leave alone */
	uint64_t	 wait_ms;		/* how long to queue for the store before ERR_UNAVAILABLE */
	uint64_t	 max_columns;		/* tags and fields of a measurement, time included */
	uint64_t	 max_measurements;	/* of a bucket; 0 = any number */
	uint64_t	 max_series;	/* of a bucket; 0 = any number */
};

/*
 * store_default_options - sane values for everything but the home
 */
void		 store_default_options(struct store_options *options);

/*
 * store_create - make the home (mode 0700) and an empty store in it
 *   errs   ERR_CONFLICT  there is a store already
 *          ERR_IO        the directory cannot be made or written, or its file system (NFS, CIFS,
 *                        FUSE) cannot share memory between processes safely
 * store_open - attach to a store; the environment itself is opened by the first use
 * store_open_unread - the same without a look at it, for store_check: it may be damaged
 *   errs   ERR_UNAVAILABLE  there is no store in this home; the text says how to make one
 *          ERR_CORRUPT      a format version this program does not know
 *   owns   *store is the caller's until store_close
 */
int		 store_create(const struct store_options *options, struct err *err);
int		 store_open(struct store **store, const struct store_options *options, struct err *err);
int		 store_open_unread(struct store **store, const struct store_options *options,
		     struct err *err);
void		 store_close(struct store *store);

/*
 * store_sync - wait until all that this process has changed is on disk
 *   errs   ERR_IO  the disk did not take it: nothing of it may be acknowledged
 */
int		 store_sync(struct store *store, struct err *err);

/*
 * store_excuse - what a failure of the store is for a client that did nothing wrong and may ask
 *     again: err_come_back in place of what really happened, which goes to the log. Other errors,
 *     those of the request, are passed on. Returns -1.
 */
int		 store_excuse(struct err *err, const struct err *why);

/*
 * store_maintain - the work that is done when a reply is out: a checkpoint when one is due, then, if
 *     this process has written, compaction, in steps of some 15 ms, each of them committed. In a
 *     burst of writes it waits, up to half of backlog_bytes, until they pause.
 *   in     wanted   asked between steps: is this process wanted elsewhere? NULL: never
 *   returns  with STORE_IDLE: is there more to do, which others had to go before? Then call again
 */
enum store_leisure {
	STORE_BUSY,		/* the next request may be on its way */
	STORE_PAUSE,		/* none has come for a moment, or none will come to this process */
	STORE_IDLE,		/* for a second: a shorter journal is worth it, too */
};

bool		 store_maintain(struct store *store, enum store_leisure leisure,
		     bool (*wanted)(void *arg), void *arg);

/* ---- the journal's backlog, and compaction on demand ---- */

struct store_backlog {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	uint64_t	 records, bytes;	/* of journal not yet in chunks */
};

struct store_compact_spec {
	void		(*progress)(void *arg, uint64_t done_bytes, uint64_t total_bytes);
	void		*arg;
};

/*
 * store_backlogs - of every measurement that has some, by bucket and measurement
 * store_backlog_of - that of one, from such a list
 * store_compact - all of it into chunks, small chunks merged; returns when that is done
 *   errs   ERR_UNAVAILABLE  another process is compacting
 */
int		 store_backlogs(struct store *store, struct arena *arena, struct store_backlog **list,
		     size_t *n, struct err *err);
struct store_backlog store_backlog_of(const struct store_backlog *list, size_t n,
		     uint64_t bucket_id, uint32_t measurement_id);
int		 store_compact(struct store *store, const struct store_compact_spec *spec,
		     struct err *err);

/* ---- reading everything back ---- */

struct store_damage {
	const char	*where;		/* "journal", "chunk", "catalogue", "index", "log", "store", or a
					   database's file */
	struct slice	 bucket, measurement;	/* names; .n 0: whose it was cannot be told */
	struct slice	 series;	/* its key, as line protocol writes it; .n 0: not told */
	int64_t		 from, to;	/* times of rows that it touches; from > to: not told */
	const char	*what;		/* in words */
	bool		 dropped;	/* it was taken away, and nothing else */
};

struct store_check_spec {
	bool		 repair;	/* drop what is damaged */
	void		(*found)(void *arg, const struct store_damage *damage);
	void		(*progress)(void *arg, uint64_t done_bytes, uint64_t total_bytes);	/* or NULL */
	void		*arg;
};

struct store_checked {
	uint64_t	 pages;			/* read: of the databases' files */
	uint64_t	 frames, records, chunks;	/* of the journal, of catalogue and index */
	uint64_t	 rows;			/* of chunks and frames */
	uint64_t	 aside;			/* files of the journal that were set aside */
	uint64_t	 damaged, dropped;
};

/*
 * store_check - read every record, decode it and compare what belongs together; others go on
 *     meanwhile, but for compaction and DELETE while it repairs
 *   out    *checked  what was read, and how much of it is damaged
 *   errs   ERR_UNAVAILABLE, ERR_IO: it could not be carried out
 */
int		 store_check(struct store *store, const struct store_check_spec *spec,
		     struct store_checked *checked, struct err *err);

/*
 * store_upgrade - a store of format 2 gets checksums on its pages, and format 3; others wait
 *   errs   ERR_UNAVAILABLE, ERR_IO, ERR_CORRUPT
 *   from   no program of a version before may be running, nor begin before it has ended
 */
int		 store_upgrade(struct store *store, struct err *err);

/* ---- transactions ---- */

enum store_access {
	STORE_READ,
	STORE_WRITE,
	STORE_RELIEVE,		/* a write that makes room: it may use half of the disk's reserve */
};

/*
 * store_txn - run `body` alone inside the store, as one transaction
 *
 *   in     body     0: commit; -1 with *err: nothing of it has happened. It may be called again
 *                   after a recovery, with the arena rewound, so it changes nothing but the
 *                   database, what it takes from the arena, and its own result. It must be short
 *                   and must not wait, print or compute.
 *          arena    where the table functions put what they return
 *   errs   the body's own; ERR_UNAVAILABLE when the store is busy for too long, cannot be opened
 *          or the disk is full; ERR_IO, ERR_CORRUPT
 */
int		 store_txn(struct store *store, enum store_access access, struct arena *arena,
		     int (*body)(struct txn *txn, void *arg, struct err *err), void *arg,
		     struct err *err);

/* ---- buckets ---- */

struct store_bucket {
	uint64_t	 id;		/* never 0; given by store_bucket_create */
	struct slice	 name;
	struct slice	 description;
	int64_t		 retention_ns;	/* 0 = for ever */
	int64_t		 created_ns, updated_ns;
};

/*
 * store_bucket_get, store_bucket_find - by id, by name: ERR_NOT_FOUND with `bucket "x" not found`
 * store_bucket_create - ERR_CONFLICT `bucket with name x already exists`; fills id and times
 * store_bucket_update - by id: name, description, retention; ERR_NOT_FOUND, ERR_CONFLICT
 * store_bucket_delete - the bucket, its DBRPs, its schema and its rows; call store_give_way before
 *                       the transaction
 * store_bucket_list - all, by name: *list has *n of them
 */
int		 store_bucket_get(struct txn *txn, uint64_t id, struct store_bucket *out,
		     struct err *err);
int		 store_bucket_find(struct txn *txn, struct slice name, struct store_bucket *out,
		     struct err *err);
int		 store_bucket_create(struct txn *txn, struct store_bucket *bucket, struct err *err);
int		 store_bucket_update(struct txn *txn, struct store_bucket *bucket, struct err *err);
int		 store_bucket_delete(struct txn *txn, uint64_t id, struct err *err);
int		 store_bucket_list(struct txn *txn, struct store_bucket **list, size_t *n,
		     struct err *err);

/*
 * store_give_way - by who is about to take away names that writers may remember: wait, a second at
 *                  most, for one that has begun anew too often since others did
 */
void		 store_give_way(const struct store *store);

/* ---- DBRP mappings: (database, retention policy) -> bucket ---- */

struct store_dbrp {
	uint64_t	 id;
	struct slice	 database;
	struct slice	 policy;
	uint64_t	 bucket_id;
	bool		 is_default;	/* exactly one of each database is */
};

/*
 * store_dbrp_get - by id; store_dbrp_find - by pair, an empty policy meaning the default one:
 *                  ERR_NOT_FOUND `unable to find DBRP`
 * store_dbrp_create - the first of a database becomes its default whatever was asked; ERR_CONFLICT
 * store_dbrp_update - by id: policy, is_default (unsetting it makes the first other one default)
 * store_dbrp_delete - by id; none there is no error
 * store_dbrp_list - all, by database and policy
 */
int		 store_dbrp_get(struct txn *txn, uint64_t id, struct store_dbrp *out, struct err *err);
int		 store_dbrp_find(struct txn *txn, struct slice database, struct slice policy,
		     struct store_dbrp *out, struct err *err);
int		 store_dbrp_create(struct txn *txn, struct store_dbrp *dbrp, struct err *err);
int		 store_dbrp_update(struct txn *txn, struct store_dbrp *dbrp, struct err *err);
int		 store_dbrp_delete(struct txn *txn, uint64_t id, struct err *err);
int		 store_dbrp_list(struct txn *txn, struct store_dbrp **list, size_t *n, struct err *err);

/* ---- tokens ---- */

#define STORE_TOKEN_HASH_BYTES 32

struct store_token {
	uint64_t	 id;		/* given by store_token_create */
	uint8_t		 hash[STORE_TOKEN_HASH_BYTES];
	struct slice	 description;
	bool		 active;
	int64_t		 created_ns, updated_ns;
	int64_t		 expires_ns;	/* 0 = never */
	struct grant	*grants;
	size_t		 n_grants;
};

/*
 * store_token_find - by hash; store_token_get - by id: ERR_NOT_FOUND `token not found`
 * store_token_create - ERR_CONFLICT when the hash is known; fills id and times
 * store_token_update - by id: description, active, expires_ns, grants
 * store_token_delete - by id; ERR_NOT_FOUND
 * store_token_list - all, by id
 * store_tokens_made - how many there have ever been, those of a store's first versions aside
 */
int		 store_token_find(struct txn *txn, const uint8_t hash[STORE_TOKEN_HASH_BYTES],
		     struct store_token *out, struct err *err);
int		 store_token_get(struct txn *txn, uint64_t id, struct store_token *out, struct err *err);
int		 store_token_create(struct txn *txn, struct store_token *token, struct err *err);
int		 store_tokens_made(struct txn *txn, uint64_t *n, struct err *err);
int		 store_token_update(struct txn *txn, struct store_token *token, struct err *err);
int		 store_token_delete(struct txn *txn, uint64_t id, struct err *err);
int		 store_token_list(struct txn *txn, struct store_token **list, size_t *n,
		     struct err *err);

/* ---- users ---- */

struct store_user {
	uint64_t	 id;		/* given by store_user_create */
	struct slice	 name;
	struct slice	 hash;		/* of the password, as text; what it means auth knows */
	int64_t		 created_ns, updated_ns;
	struct grant	*grants;
	size_t		 n_grants;
};

/*
 * store_user_find - by name: ERR_NOT_FOUND `user not found`
 * store_user_create - ERR_CONFLICT `user already exists`; fills id and times
 * store_user_update - one that was found: hash and grants
 * store_user_delete - by name; ERR_NOT_FOUND
 * store_user_list - all, by name
 * store_user_any - is there a user at all?
 */
int		 store_user_find(struct txn *txn, struct slice name, struct store_user *out,
		     struct err *err);
int		 store_user_create(struct txn *txn, struct store_user *user, struct err *err);
int		 store_user_update(struct txn *txn, struct store_user *user, struct err *err);
int		 store_user_delete(struct txn *txn, struct slice name, struct err *err);
int		 store_user_list(struct txn *txn, struct store_user **list, size_t *n,
		     struct err *err);
int		 store_user_any(struct txn *txn, bool *any, struct err *err);

/* ---- turns: what only so many processes of a home may do at a time ---- */

enum store_turn_kind { STORE_TURN_PASSWORD, STORE_TURN_QUERY };

struct store_turn {
	int		 fd;
};

/*
 * store_turn_take - one of n_turns, or wait for it; store_turn_end gives it back, as the end of the
 *     process does
 *   errs   ERR_UNAVAILABLE  all were taken for all of wait_ms
 */
int		 store_turn_take(struct store *store, enum store_turn_kind kind, uint64_t n_turns,
		     uint64_t wait_ms, struct store_turn *turn, struct err *err);
void		 store_turn_end(struct store_turn *turn);

/*
 * store_auth_generation - moves whenever a token, a user or a bucket changes, so that what a process
 *     remembers of them can be known as stale; cheap (no section)
 */
uint64_t	 store_auth_generation(struct store *store);

/* ---- writing points ---- */

/*
 * store_append - put the rows of a batch into a bucket
 *
 *   in     batch    its refs may carry ids of an earlier call; ids that are not known any more are
 *                   found again, and what is new (measurements, fields, tags, series) is registered
 *   out    batch->rejects  gets the rows that were refused: field type conflict, tag and field of
 *                   one name, outside the retention period, too many columns or measurements.
 *                   All others are stored; durable once store_sync has returned.
 *          *stored  rows stored
 *   errs   ERR_NOT_FOUND  the bucket is gone
 *          ERR_UNAVAILABLE  busy or disk full; a part may be stored: writing it again is harmless
 */
int		 store_append(struct store *store, uint64_t bucket_id, struct batch *batch,
		     uint64_t *stored, struct err *err);

/* ---- schema ---- */

struct store_field {
	struct slice	 name;
	uint32_t	 id;
	enum value_type	 type;
};

struct store_tag_key {
	struct slice	 name;
	uint32_t	 id;
};

struct store_measurement {
	uint64_t	 bucket_id;
	uint32_t	 id;
	struct slice	 name;
	int64_t		 oldest;	/* rows before this are past the bucket's retention */
	struct store_field *fields;	/* by name */
	size_t		 n_fields;
	struct store_tag_key *tags;	/* by name */
	size_t		 n_tags;
};

/*
 * store_measurements - the names of a bucket's measurements, in byte order
 * store_measurement_get - one of them with its fields and tag keys; *out is NULL when there is none
 *   both   take from the arena, may be called in a body with STORE_READ
 */
int		 store_measurements(struct txn *txn, uint64_t bucket_id, struct slice **names,
		     size_t *n, struct err *err);
int		 store_measurement_get(struct txn *txn, uint64_t bucket_id, struct slice name,
		     struct store_measurement **out, struct err *err);

/* ---- the tag index ---- */

struct store_tag_value {
	struct slice	 value;
	uint64_t	 id;		/* of this value under this key; never used for another */
};

struct store_series_list {		/* ascending ids, each once */
	uint64_t	*ids;
	size_t		 n;
};

/*
 * store_series_all - every series of a measurement
 * store_tag_values - the values of a tag key, in byte order
 * store_tag_value_find - one of them by its text: *found, *id
 * store_series_with - the series that have one value of a tag key
 *   all    take from `arena`; m from store_measurement_get
 */
int		 store_series_all(struct store *store, const struct store_measurement *m,
		     struct arena *arena, struct store_series_list *out, struct err *err);
int		 store_tag_values(struct store *store, const struct store_measurement *m,
		     uint32_t tag_key_id, struct arena *arena, struct store_tag_value **values,
		     size_t *n, struct err *err);
int		 store_tag_value_find(struct store *store, const struct store_measurement *m,
		     uint32_t tag_key_id, struct slice value, uint64_t *id, bool *found,
		     struct err *err);
int		 store_series_with(struct store *store, const struct store_measurement *m,
		     uint32_t tag_key_id, uint64_t value_id, struct arena *arena,
		     struct store_series_list *out, struct err *err);

/*
 * store_series_tags - the values of some tags of some series
 *   in     ids      ascending
 *          keys     n_keys tag key ids
 *   out    values   n * n_keys slices, row by row; "" where a series lacks the tag
 */
int		 store_series_tags(struct store *store, const struct store_measurement *m,
		     const uint64_t *ids, size_t n, const uint32_t *keys, size_t n_keys,
		     struct arena *arena, struct slice **values, struct err *err);

/* ---- how much there is ---- */

struct store_stats {		/* of the chunks of one measurement */
	uint64_t	 series;
	uint64_t	 chunks, chunk_bytes;
	uint64_t	 directory_bytes;	/* of chunk_bytes: what is not times and columns */
	uint64_t	 rows, values;		/* in chunks */
	int64_t		 min_time, max_time;	/* of the chunks; min_time > max_time: there are none */
};

int		 store_stats(struct store *store, const struct store_measurement *m,
		     struct store_stats *out, struct err *err);

/* ---- taking away ---- */

/*
 * store_drop_measurement - a measurement with all it has; none of that name is no error
 * store_drop_series - series of a measurement with all their rows
 * store_delete_rows - the rows of some series from `from` to `to`, both included. A series that has
 *     none left goes, and a measurement that has no series left
 *   in     ids      ascending
 *   out    *n_rows  how many rows were taken away, but those of dropped measurements and series
 *   errs   ERR_UNAVAILABLE
 *   from   what is written while the call runs may stay
 */
int		 store_drop_measurement(struct store *store, uint64_t bucket_id, struct slice name,
		     struct err *err);
int		 store_drop_series(struct store *store, const struct store_measurement *m,
		     const uint64_t *ids, size_t n, struct err *err);
int		 store_delete_rows(struct store *store, const struct store_measurement *m,
		     const uint64_t *ids, size_t n, int64_t from, int64_t to, uint64_t *n_rows,
		     struct err *err);

/*
 * store_delete_points - some rows of some series, by their times; else as store_delete_rows
 *   in     points  ascending by series, none twice
 *   out    *n_rows how many there were; a time without a row is none
 */
struct store_points {
	uint64_t	 series;
	const int64_t	*times;		/* strictly rising */
	size_t		 n;		/* at least 1 */
};

int		 store_delete_points(struct store *store, const struct store_measurement *m,
		     const struct store_points *points, size_t n, uint64_t *n_rows,
		     struct err *err);

/* ---- reading rows ---- */

#define STORE_BLOCK_ROWS 4096

enum store_summary_times { STORE_TIMES_NONE, STORE_TIMES_ENDS, STORE_TIMES_ALL };

struct store_scan_spec {
	const struct store_measurement *measurement;
	const uint64_t	*series;	/* ascending ids; borrowed for the life of the scan */
	size_t		 n_series;
	const size_t	*order;		/* indexes of series as their cursors will be opened, likewise; */
	size_t		 n_order;	/* NULL: as they stand. It is a hint: what is next is read along */
	const uint32_t	*fields;	/* field ids; borrowed likewise */
	size_t		 n_fields;
	int64_t		 from, to;	/* ns, both included */
	bool		 descending;	/* newest rows first */
	uint64_t	 limit_rows;	/* of a series that are enough: then no further block; 0 = all */

	/*
	 * With `summaries` a block may be a summary in place of rows, where what is stored about a
	 * stretch of rows suffices: it lies within from .. to and within one window. Windows are
	 * [k * window_ns + window_phase, ...); window_ns 0: all times are one. `summary_times`:
	 * which times of a summary's values are asked for, too: first and last, or all four.
	 */
	bool		 summaries;
	enum store_summary_times summary_times;
	int64_t		 window_ns, window_phase;	/* 0 <= phase < window_ns */
};

struct store_column {
	enum value_type	 type;		/* of the field */
	union cell	*cells;		/* [n_rows]; a string's cell is its index in strings */
	uint64_t	*present;	/* bit per row, or NULL: every row has it */
	struct slice	*strings;	/* VALUE_STRING only */
};

/*
 * What is known of a field over a stretch of rows without reading them. min and max are of numbers
 * and booleans (false < true; the earliest row among equals); first and last are of the first and
 * last row that has the field. Not for strings, but n_present.
 */
struct store_summary_column {
	enum value_type	 type;
	uint32_t	 n_present;		/* 0: no row has the field, and nothing else counts */
	union cell	 min, max, first, last;
	union cell	 sum;			/* integers modulo 2^64; floats added in order */
	int64_t		 min_time, max_time, first_time, last_time;	/* if spec.summary_times */
};

struct store_summary {
	int64_t		 min_time, max_time;	/* of its rows */
	struct store_summary_column *columns;	/* as spec.fields */
};

/*
 * A block: rows of one series in the order asked for, times strictly rising (or falling), every row
 * with at least one of the fields asked for.
 */
struct store_block {
	const struct store_summary *summary;	/* NULL: rows; else n_rows is 0 and this stands for them */
	size_t		 n_rows;	/* at most STORE_BLOCK_ROWS */
	int64_t		*times;		/* ns */
	struct store_column *columns;	/* as spec.fields */
};

struct store_scan;
struct store_cursor;

/*
 * store_scan_begin - prepare to read rows of a measurement
 *   owns   *scan until store_scan_end, which also ends its cursors
 *   errs   ERR_CORRUPT  a record fails its checksum: the text names bucket, measurement and key
 *          ERR_UNAVAILABLE
 *   from   what was acknowledged before the call is there; what comes later may be or may not
 */
int		 store_scan_begin(struct store *store, const struct store_scan_spec *spec,
		     struct store_scan **scan, struct err *err);
void		 store_scan_end(struct store_scan *scan);

/*
 * store_scan_cursor - the rows of the index-th of spec.series; many may be open at once
 * store_cursor_next - the next block: *block is NULL when the range is spent
 *   owns   the block is the cursor's until its next call
 * store_cursor_close - give back its memory before the scan's end
 */
struct store_cursor *store_scan_cursor(struct store_scan *scan, size_t index);
int		 store_cursor_next(struct store_cursor *cursor, const struct store_block **block,
		     struct err *err);
void		 store_cursor_close(struct store_cursor *cursor);

/*
 * store_block_value - one cell as a value; VALUE_NULL where the row lacks the field
 */
struct value	 store_block_value(const struct store_block *block, size_t column, size_t row);

/* ---- what reading costs: for EXPLAIN ---- */

struct store_survey {
	uint64_t	 n_chunks;
	uint64_t	 n_rows;	/* of those chunks, also outside the range */
};

struct store_counters {		/* of all cursors since the store was opened */
	uint64_t	 n_chunks;	/* whose directory was read */
	uint64_t	 n_summaries;	/* chunks that were answered from it */
	uint64_t	 n_summary_rows;
	uint64_t	 n_blocks;	/* of rows */
	uint64_t	 n_rows;
};

/*
 * store_survey - add up the chunks that a scan of some series would look at, by their directories
 *   in     ids       ascending
 *          from, to  both included
 * store_counters - what was read so far; the difference of two is what happened between them
 */
int		 store_survey(struct store *store, const struct store_measurement *m,
		     const uint64_t *ids, size_t n, int64_t from, int64_t to,
		     struct store_survey *survey, struct err *err);
struct store_counters store_counters(const struct store *store);

#endif
