/*
 * store/scan_priv.h - what scans and their cursors share
 *
 *     scan.c          the journal's segments, by series
 *     ahead.c         chunks of several series, read in one section
 *     epoch.c         what a cursor has at a time: pieces of a span of times, in groups
 *     chunk_times.c   the times of a chunk's rows
 *     piece.c         rows of one series from one place: a journal segment or a chunk
 *     fold.c          pieces that overlap in time become one
 *     cursor.c        groups to blocks
 */
#ifndef WEIR_STORE_SCAN_PRIV_H
#define WEIR_STORE_SCAN_PRIV_H

#include "codec/codec.h"
#include "store/chunk_table.h"
#include "store/journal.h"

struct scan_record {		/* a journal record that has rows of interest */
	uint64_t	 position;
	struct codec_batch batch;
	const struct codec_batch_column **columns;	/* by field of the scan; NULL = not in it */
};

struct scan_segment {		/* one series' rows in one record, clipped to the scan's times */
	uint32_t	 series;	/* index into spec.series */
	uint32_t	 record;	/* index into records: later ones are newer */
	uint32_t	 first, n;
};

struct store_scan {
	struct store	*store;
	struct store_scan_spec spec;
	bool		 journal_only;
	uint64_t	*damaged;	/* positions of records that could not be read; then only */
	size_t		 n_damaged;
	struct arena	*arena;
	enum value_type	*types;		/* of the fields */
	struct scan_record *records;
	size_t		 n_records, cap_records;
	struct scan_segment *segments;	/* by series, then by age */
	size_t		 n_segments, cap_segments;
	size_t		*first_segment;	/* [n_series + 1] */
	struct store_cursor *cursors;	/* those that are open */
	struct store_cursor *spare;	/* one that was closed: its memory serves the next */
	struct scan_ahead *ahead;	/* ahead.c's: what was read last, or NULL */
	size_t		 n_ahead;	/* series in spec.order up to the end of that */
};

/*
 * scan_begin_frames - a scan of some of the journal's frames alone, of all series above `after` that
 *                     they hold: fills spec.series itself (for the compactor)
 *   in     frames   of the spec's measurement, in order; borrowed for the life of the scan. Those
 *                   that are damaged are left out, and listed.
 */
void	 scan_begin_frames(struct store *store, const struct store_scan_spec *spec,
	     const struct journal_frame *frames, size_t n, uint64_t after, struct store_scan **scan);

/* ---- chunks read, for one series or several ---- */

/*
 * Which chunks of a series are wanted, and what the journal has of it.
 */
struct scan_reach {
	const struct store_scan *scan;
	size_t		 index;		/* of the series */
	int64_t		 from, to;
	int64_t		 journal_min, journal_max;	/* of all its segments */
};

/*
 * scan_reach_init - all of a series that the scan is about
 * scan_reach_read - chunks of it, inside; about `most_bytes`, but one at least
 */
void	 scan_reach_init(struct scan_reach *reach, const struct store_scan *scan, size_t index);
int	 scan_reach_read(struct txn *txn, struct txn_cursor *cursor, struct scan_reach *reach,
	     size_t most_bytes, struct chunk_batch *batch, struct err *err);

/*
 * scan_ahead_take - the first chunks of a series, read with those of the series behind it in the
 *                   order of the scan, or before with those in front of it
 *   out    *ahead   NULL: it is not this one's turn, and it is to be read alone; else the batch's
 *                   chunks are there until scan_ahead_release
 * scan_ahead_release - NULL is allowed
 */
struct scan_ahead;

int	 scan_ahead_take(struct store_scan *scan, size_t index, struct scan_ahead **ahead,
	     struct chunk_batch *batch, struct err *err);
void	 scan_ahead_release(struct scan_ahead *ahead);

/* ---- times of chunks ---- */

/*
 * chunk_times_prepare - to be called once for every copy, before the others
 * chunk_times_get - of rows [first, first + n), n > 0
 * chunk_times_clip - which rows lie within from .. to: *n may become 0
 */
void	 chunk_times_prepare(struct chunk_copy *chunk);
int	 chunk_times_get(struct chunk_copy *chunk, uint32_t first, uint32_t n, struct arena *arena,
	     int64_t *times, struct err *err);
int	 chunk_times_clip(struct chunk_copy *chunk, int64_t from, int64_t to, struct arena *arena,
	     uint32_t *first, uint32_t *n, struct err *err);

/* ---- pieces ---- */

struct piece {
	const struct scan_record *record;	/* of the journal, or NULL: */
	struct chunk_copy *chunk;
	uint32_t	 first, n;		/* rows of it */
	int64_t		 min, max;		/* their times */
	uint32_t	 age;			/* larger is newer; chunks have 0 */
};

/*
 * Where decoded rows go: arrays by field, and how much is in them.
 */
struct piece_sink {
	struct store_column *columns;	/* cells and strings */
	uint64_t	**bits;
	size_t		*n_present, *n_strings;
	struct arena	*arena;		/* of texts that had to be made, and of scratch memory */
};

static inline int64_t
record_time(const struct scan_record *record, uint32_t row)
{
	return (int64_t)((uint64_t)record->batch.min_time +
	    codec_frame_get(&record->batch.times, row) * (uint64_t)record->batch.time_unit);
}

/*
 * record_clip - of rows [*first, *first + *n), whose times rise, those within from .. to
 */
void	 record_clip(const struct scan_record *record, int64_t from, int64_t to, uint32_t *first,
	     uint32_t *n);

/*
 * piece_times - the times of its rows [skip, skip + n)
 * piece_rows - the same rows into the sink at row `at`; bits there are clear
 * piece_rises - do its times rise strictly?
 */
int	 piece_times(const struct piece *piece, uint32_t skip, uint32_t n, struct arena *arena,
	     int64_t *times, struct err *err);
int	 piece_rows(const struct store_scan *scan, const struct piece *piece, uint32_t skip, uint32_t n,
	     size_t at, struct piece_sink *sink, struct err *err);
bool	 piece_rises(const struct piece *piece);

/*
 * summary_fill - what a chunk's directory says of the scan's fields; summary->columns is made
 */
int	 summary_fill(const struct store_scan *scan, struct chunk_copy *chunk, struct arena *arena,
	     struct store_summary *summary, struct err *err);

/* ---- folding ---- */

struct folded {			/* the rows of a group that had to be sorted */
	size_t		 n, at;		/* rows; those handed out already */
	int64_t		*times;
	struct store_column *columns;	/* present is set */
};

int	 fold_pieces(const struct store_scan *scan, const struct piece *pieces, size_t n,
	     struct arena *arena, struct folded *out, struct err *err);

/* ---- cursors ---- */

struct group {
	size_t		 first, n;	/* pieces */
};

struct store_cursor {
	struct store_scan *scan;
	struct store_cursor *next, **link;	/* among the scan's */
	struct scan_reach reach;	/* times that no epoch had yet */
	bool		 begun;		/* an epoch has been loaded */
	bool		 finished;	/* there are no more */
	uint64_t	 n_given;	/* rows handed out */
	struct scan_ahead *ahead;	/* whose chunks the first epoch has, or NULL */
	struct arena	*epoch_arena;	/* of the chunks, pieces and groups */
	struct arena	*fold_arena;	/* of the present folded group */
	struct piece	*pieces;
	size_t		 n_pieces;
	struct group	*groups;
	size_t		 n_groups, at_group;	/* groups done */
	uint32_t	 at_row;	/* rows of the present piece done */
	struct folded	 folded;

	struct arena	*arena;		/* of the block */
	struct store_block block;
	struct store_summary summary;
	size_t		 cap_rows;
	struct piece_sink sink;
};

/*
 * cursor_free - one that is closed; NULL is allowed
 */
void	 cursor_free(struct store_cursor *cursor);

/*
 * epoch_load - the next chunks, and the pieces and groups of a span of times; it may have none
 */
int	 epoch_load(struct store_cursor *c, struct err *err);

/*
 * scan_corrupt - when that is what is wrong, say in which series; returns -1
 */
int	 scan_corrupt(const struct scan_reach *reach, struct err *err);

#endif
