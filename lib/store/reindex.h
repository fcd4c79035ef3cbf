/*
 * store/reindex.h - the index of a measurement made again
 */
#ifndef WEIR_STORE_REINDEX_H
#define WEIR_STORE_REINDEX_H

#include "store/store_priv.h"

struct reindex {
	struct store	*store;
	const struct store_measurement *m;
	const uint64_t	*rows_of;	/* series that have rows, ascending; they must be there afterwards */
	size_t		 n_rows_of;
	bool		 lists_whole;	/* no posting list nor value is lost, as far as the caller knows */
	uint64_t	 n_series;	/* out: how many there are */
	uint64_t	 n_recovered;	/* out: whose record was lost, and whose tags the lists knew */
	uint32_t	 nameless_tag;	/* out: a tag key whose name was lost; 0: none */
	uint64_t	 n_nameless;	/* out: of which the tags are not known: they have "recovered" now */
};

/*
 * reindex - make lists and names of a measurement's series again, from their records; series whose
 *     record is lost, and that have rows, from the lists
 *   errs   ERR_UNAVAILABLE
 *   from   one transaction, whose size is the index's
 */
int	 reindex(struct reindex *job, struct err *err);

#endif
