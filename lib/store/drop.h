/*
 * store/drop.h - taking away what nobody has any more
 */
#ifndef WEIR_STORE_DROP_H
#define WEIR_STORE_DROP_H

#include "store/store_priv.h"

/*
 * drop_note_garbage - a measurement whose name is gone is to be purged
 * drop_is_garbage - is it noted as that?
 * drop_purge - delete what is noted as garbage, in short transactions; stops early when wanted(arg)
 *              says so, NULL: never
 * drop_series_record - a series without rows out of the index
 * drop_empty_series - those of some series that have none; under the right to compact
 */
int	 drop_note_garbage(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
	     struct err *err);
int	 drop_is_garbage(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, bool *garbage,
	     struct err *err);
int	 drop_purge(struct store *store, bool (*wanted)(void *arg), void *arg, struct err *err);
int	 drop_series_record(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
	     uint64_t id, struct err *err);
int	 drop_empty_series(struct store *store, const struct store_measurement *m, const uint64_t *ids,
	     size_t n, struct arena *arena, struct err *err);

#endif
