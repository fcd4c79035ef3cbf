/*
 * export/export.h - what a bucket holds, as line protocol
 *
 * Measurement by measurement, series by series, each in order of time: a line a point, with all its
 * fields and its time in nanoseconds. What a write would make of the lines is the same bucket again.
 */
#ifndef WEIR_EXPORT_EXPORT_H
#define WEIR_EXPORT_EXPORT_H

#include "base/out.h"
#include "store/store.h"

struct export_counts {		/* added to by every call */
	uint64_t	 n_measurements;
	uint64_t	 n_series;	/* that were looked at */
	uint64_t	 n_points;
	uint64_t	 n_unsaid;	/* series, and fields of a series, that line protocol cannot say */
	struct slice	 unsaid;	/* the first of them, in words; the arena's */
};

struct export_spec {
	uint64_t	 bucket_id;
	struct slice	 measurement;	/* "" = all of them */
	int64_t		 from, to;	/* ns, both included */
	void		(*progress)(void *arg, const struct export_counts *counts);	/* or NULL */
	void		*arg;
};

/*
 * export_bucket - print all points of a bucket
 *
 *   in     arena    for the names in *counts
 *   out    out      handed on as it fills; the caller flushes what is left
 *   errs   ERR_NOT_FOUND    the measurement that was named
 *          ERR_CORRUPT      a record is damaged: what it held is not among the lines
 *          ERR_UNAVAILABLE  from the store
 *          ERR_IO           from the store, or out has failed
 *   from   what was acknowledged before the call is there; what comes later may be or may not
 */
int	 export_bucket(struct store *store, const struct export_spec *spec, struct arena *arena,
	     struct out *out, struct export_counts *counts, struct err *err);

#endif
