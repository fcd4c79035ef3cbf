/*
 * store/series_count.h - how many series a bucket has, and where most of them are
 */
#ifndef WEIR_STORE_SERIES_COUNT_H
#define WEIR_STORE_SERIES_COUNT_H

#include "store/store_priv.h"

/*
 * series_count_add - so many more series of a measurement (fewer, when negative), and of its bucket
 * series_count_get - how many series of a measurement are counted; measurement 0: of the bucket
 * series_count_set - as many as were found by counting, and the bucket's by the difference
 * series_count_forget - a measurement is gone
 * series_count_room - how many more series the bucket may have; UINT64_MAX: any number
 */
int	 series_count_add(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, int64_t n,
	     struct err *err);
int	 series_count_get(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, uint64_t *n,
	     struct err *err);
int	 series_count_set(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, uint64_t n,
	     struct err *err);
int	 series_count_forget(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
	     struct err *err);
int	 series_count_room(struct txn *txn, uint64_t bucket_id, uint64_t *room, struct err *err);

/*
 * series_count_culprit - in words: the measurement of a bucket with most series, and its tag with
 *     most values. Outside of sections; remembered for a while
 */
const char *series_count_culprit(struct store *store, uint64_t bucket_id);

#endif
