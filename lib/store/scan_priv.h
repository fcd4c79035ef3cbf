/*
 * store/scan_priv.h - what scans and their cursors share
 *
 *     scan.c     the journal's segments, by series
 *     piece.c    rows of one series from one place: a journal segment or a chunk
 *     fold.c     pieces that overlap in time become one
 *     cursor.c   epochs, groups, blocks
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
};

/*
 * scan_begin_frames - a scan of some of the journal's frames alone, of all series above `after` that
 *                     they hold: fills spec.series itself (for the compactor)
 *   in     frames   of the spec's measurement, in order; borrowed for the life of the scan. Those
 *                   that are damaged are left out, and listed.
 */
void	 scan_begin_frames(struct store *store, const struct store_scan_spec *spec,
	     const struct journal_frame *frames, size_t n, uint64_t after, struct store_scan **scan);

/* ---- pieces ---- */

struct piece {
	const struct scan_record *record;	/* of the journal, or NULL: */
	const struct chunk_copy *chunk;
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
int	 summary_fill(const struct store_scan *scan, const struct chunk_copy *chunk,
	     struct arena *arena, struct store_summary *summary, struct err *err);

/* ---- folding ---- */

struct folded {			/* the rows of a group that had to be sorted */
	size_t		 n, at;		/* rows; those handed out already */
	int64_t		*times;
	struct store_column *columns;	/* present is set */
};

int	 fold_pieces(const struct store_scan *scan, const struct piece *pieces, size_t n,
	     struct arena *arena, struct folded *out, struct err *err);

#endif
