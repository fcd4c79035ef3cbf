/*
 * store/scan_priv.h - what a scan has found, for its cursors
 */
#ifndef WEIR_STORE_SCAN_PRIV_H
#define WEIR_STORE_SCAN_PRIV_H

#include "codec/codec.h"
#include "store/store_priv.h"

struct scan_record {		/* a journal record that has rows of interest */
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
	struct arena	*arena;
	enum value_type	*types;		/* of the fields */
	struct scan_record *records;
	size_t		 n_records, cap_records;
	struct scan_segment *segments;	/* by series, then by age */
	size_t		 n_segments, cap_segments;
	size_t		*first_segment;	/* [n_series + 1] */
	struct store_cursor *cursors;	/* those that are open */
};

static inline int64_t
segment_time(const struct scan_record *record, uint32_t row)
{
	return (int64_t)((uint64_t)record->batch.min_time +
	    codec_frame_get(&record->batch.times, row) * (uint64_t)record->batch.time_unit);
}

#endif
