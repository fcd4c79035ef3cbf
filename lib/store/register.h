/*
 * store/register.h - finding or making what a batch names
 */
#ifndef WEIR_STORE_REGISTER_H
#define WEIR_STORE_REGISTER_H

#include "model/tag.h"
#include "store/store_priv.h"

static inline bool
register_is_known(const struct series_ref *ref, uint64_t generation)
{
	return ref->id != 0 && ref->generation == generation;
}

/*
 * register_is_stale - with the lock: does the process remember what is not true any more?
 * register_bucket - what must be known of a bucket; ERR_NOT_FOUND
 * register_columns - find or make the measurement and columns that the live rows of a table name;
 *     sets table->m (NULL: the bucket may have no more measurements). *stale: forget and begin again
 * register_series - find or make the series of the live rows: fills id and generation of the refs,
 *     but of those that are one too many for the bucket: table->full
 */
bool	 register_is_stale(const struct store *store);

/*
 * register_want_names - by a writer that has begun anew too often, since names were taken away: who is
 *                       about to take some away waits a moment
 *                       (store_give_way)
 *   returns  for register_had_names, when its try is over
 */
int64_t	 register_want_names(struct store *store);
void	 register_had_names(struct store *store, int64_t since);

int	 register_bucket(struct store *store, uint64_t bucket_id, struct schema_bucket **bucket,
	     struct err *err);
int	 register_columns(struct store *store, struct schema_bucket *bucket,
	     struct append_table *table, bool *stale, struct err *err);
int	 register_series(struct store *store, const struct schema_bucket *bucket,
	     struct append_table *table, bool *stale, struct err *err);

#endif
