/*
 * store/check.h - what the files that read everything back share
 *
 *     check_pages.c      the databases' files, page by page
 *     check.c            one database or file after the other; what is found is told
 *     check_catalogue.c  names and ids that must lead to each other
 *     check_orphans.c    rows of buckets, measurements and series whose records are gone
 *     check_chunks.c     chunks: decoded, in order, of a known series
 *     check_names.c      mappings, buckets and measurements: does what is named exist?
 *     check_index.c      the tag index against the series
 */
#ifndef WEIR_STORE_CHECK_H
#define WEIR_STORE_CHECK_H

#include "store/compact_priv.h"

struct check_measurement {
	struct slice	 bucket;
	struct store_measurement *m;
};

struct check_ids {
	uint32_t	*list;
	size_t		 n, cap;
};

struct check {
	struct store	*store;
	const struct store_check_spec *spec;
	struct store_checked *checked;
	struct arena	*arena;		/* of what is known of the schema */
	struct arena	*step;		/* of a batch of records */
	struct check_measurement *list;	/* ascending by id */
	size_t		 n, cap;
	uint64_t	 done, total;	/* bytes */

	bool		 broken[N_STORE_DBS];	/* it has pages that cannot be read, and this was told */
	bool		 lists_lost;		/* some of these had posting lists or values */
	bool		 log_is_broken;		/* by more than one bit */
	bool		 remade;		/* some were lost, and the rest made a new database */

	/* while the catalogue is read: measurements with columns, with names, and names whose
	   record is damaged (the last of n_lost) */
	struct check_ids columned, named;
	struct buf	 lost_name;
	size_t		 n_lost;

	struct check_ids ill;		/* measurements whose index is not as it should be */
	struct check_ids nameless_fields;	/* told */
	bool		 schema_is_stale;	/* a repair has added to it */
	uint32_t	 last_measurement, last_column;	/* greatest ids that were met */

	/* while chunks are read */
	struct arena	*series_arena;
	struct store_series_list series;	/* of measurement series_of */
	uint32_t	 series_of;
	struct chunk_place last;	/* the chunk before, and its last row */
	int64_t		 last_max;
};

/*
 * check_found - tell of damage, and count it
 * check_progress - tell how far it is
 * check_drop - take a record away, if that was asked for: was it?
 */
void	 check_found(struct check *c, const struct store_damage *damage);
void	 check_progress(struct check *c);
int	 check_drop(struct check *c, enum store_db db, struct slice key, bool *dropped, struct err *err);

/*
 * check_walk - visit all records of a database, copied out in short sections
 *   in     visit    key and value are good for the call; -1: failed
 */
int	 check_walk(struct check *c, enum store_db db, const char *where,
	     int (*visit)(struct check *c, struct slice key, struct slice value, struct err *err),
	     struct err *err);

/*
 * check_schema - read what there is of measurements (again)
 * check_measurement_of - by its id, or NULL
 */
int	 check_schema(struct check *c, struct err *err);
const struct check_measurement *check_measurement_of(const struct check *c, uint32_t id);

/*
 * check_pages - every page of the databases, without going inside: what one flipped bit has damaged
 *     is mended if that was asked for; of the rest it tells what is lost
 * check_series_text - the key of a series as line protocol writes it, but for escapes; in c->step
 */
int	 check_pages(struct check *c, struct err *err);
struct slice	 check_series_text(struct check *c, const struct check_measurement *of, uint64_t series);

int	 check_names(struct check *c, struct err *err);
int	 check_catalogue(struct check *c, struct err *err);
/*
 * check_orphans - in a repair: what rows need of catalogue and index is made again
 * check_field - a field that rows have and the catalogue has not: told, and made again
 * check_note_id, check_has_id - lists of ids, on the heap
 */
int	 check_orphans(struct check *c, struct err *err);
int	 check_field(struct check *c, const struct check_measurement *of, uint32_t id,
	     enum value_type type, struct err *err);
void	 check_note_id(struct check_ids *ids, uint32_t id);
bool	 check_has_id(const struct check_ids *ids, uint32_t id);

int	 check_index(struct check *c, struct err *err);
int	 check_chunks(struct check *c, struct err *err);

#endif
