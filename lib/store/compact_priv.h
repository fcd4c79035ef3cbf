/*
 * store/compact_priv.h - a compaction under way, and its steps
 */
#ifndef WEIR_STORE_COMPACT_PRIV_H
#define WEIR_STORE_COMPACT_PRIV_H

#include "store/journal.h"
#include "store/rowset.h"
#include "store/scan_priv.h"

struct chunk_change {		/* a chunk to put, or with no bytes to delete */
	uint64_t	 series;
	int64_t		 first_time;
	struct slice	 bytes;
};

/*
 * What a step will do to the chunks.
 */
struct chunk_changes {
	struct arena	*arena;		/* of the list and the bytes: the step's */
	struct chunk_change *list;
	size_t		 n, cap, bytes;
};

void	 chunk_changes_add(struct chunk_changes *changes, uint64_t series, int64_t first_time,
	     struct slice bytes);

/*
 * chunk_changes_sort - in order of keys; chunk_changes_put - then inside
 */
void	 chunk_changes_sort(struct chunk_changes *changes);
int	 chunk_changes_put(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
	     const struct chunk_changes *changes, struct err *err);

struct merge_spec {
	struct store	*store;
	const struct store_measurement *m;
	const struct store_field *fields;	/* ascending by id */
	uint32_t	 n_fields;
	uint64_t	 series;
	bool		 full;		/* merge with every chunk before that has room */
	int64_t		 oldest;	/* rows before this are not kept */
	bool		 fresh;		/* it has no chunk yet */
};

struct merge_seen;		/* chunks of a series that were read ahead */

struct merge_job {		/* the rows of one series on their way into chunks */
	struct merge_spec spec;
	struct rowset	 rows;		/* of the journal: newer than all that is in chunks */
	const struct merge_seen *seen;	/* or NULL: merge_series reads them */
};

/*
 * merge_look_ahead - read what the merges of several series begin with, in one section: series with
 *                    few rows each would take turns with all other processes twice a series
 *   in     jobs     with seen NULL
 *          arena    where what is read goes; there is a limit to what is read
 *   out    *n_seen  so many of the jobs, one at least, were looked at
 *   errs   never ERR_CORRUPT: the merge of that series will say so
 */
int	 merge_look_ahead(struct merge_job *jobs, size_t n, size_t *n_seen, struct arena *arena,
	     struct err *err);

/*
 * merge_series - the chunks of one series with its rows in them
 *   out    changes  gets what has to be put and deleted
 *          *n_done  so many rows are in; fewer than all when that is enough for one step
 */
int	 merge_series(const struct merge_job *job, uint32_t *n_done, struct chunk_changes *changes,
	     struct err *err);

/*
 * merge_decode_chunk - all rows of a chunk whose columns were read
 */
int	 merge_decode_chunk(const struct chunk_copy *chunk, const struct store_field *fields,
	     uint32_t n_fields, struct arena *arena, struct rowset *out, struct err *err);

/*
 * expire_all - rows past their buckets' retention leave the disk where whole chunks of them are
 *              past; stops early when wanted(arg) says so
 * delete_rows_locked - store_delete_rows by one who has the right to compact; stops early in the
 *              same way
 */
int	 expire_all(struct store *store, bool (*wanted)(void *arg), void *arg, struct err *err);
int	 delete_rows_locked(struct store *store, const struct store_measurement *m,
	     const uint64_t *ids, size_t n, int64_t from, int64_t to, bool (*wanted)(void *arg),
	     void *arg, struct err *err);

/*
 * compact_start - have store->compaction, of the oldest sealed file of the journal; there is none yet
 *   in     full     merge with small chunks before
 *          lock_fd  the right to compact, given up with it; -1: somebody above holds it
 * compact_done_part - how much of it is done, 0 to 1
 */
int	 compact_start(struct store *store, bool full, int lock_fd, struct err *err);
double	 compact_done_part(const struct store *store);

/*
 * compact_lock - have the right to compact, queueing for it as long as options.wait_ms says;
 *                ERR_UNAVAILABLE
 * compact_right_is_wanted - does somebody wait for it? Who compacts without need lets go of it
 * compact_try_lock - 0, 1 when another process has it, -1
 * compact_seal - what is in the journal now can be drained
 * compact_now - under the right: all that is in the journal now goes into chunks
 */
int	 compact_lock(struct store *store, int *fd, struct err *err);
bool	 compact_right_is_wanted(const struct store *store);
int	 compact_try_lock(struct store *store, int *fd, struct err *err);
void	 compact_unlock(struct store *store, int fd);
int	 compact_seal(struct store *store, struct err *err);
int	 compact_now(struct store *store, struct err *err);

#endif
