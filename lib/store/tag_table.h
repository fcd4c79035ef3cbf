/*
 * store/tag_table.h - posting lists, for those who read the index
 */
#ifndef WEIR_STORE_TAG_TABLE_H
#define WEIR_STORE_TAG_TABLE_H

#include "store/store_priv.h"

/*
 * posting_prefix - what the keys of a value's blocks begin with
 * posting_decode - add the ids of one block to a list that grows in the arena
 */
struct key	 posting_prefix(struct arena *arena, uint32_t measurement_id, uint32_t key_id,
		     uint64_t value_id);
int		 posting_decode(struct slice key, struct slice value, struct arena *arena,
		     struct store_series_list *list, size_t *cap, struct err *err);

/*
 * posting_put_block - one block with these ids, under the first of them
 */
int		 posting_put_block(struct txn *txn, uint32_t measurement_id, uint32_t key_id,
		     uint64_t value_id, const uint64_t *ids, size_t n, struct err *err);

/*
 * tag_key_is_used - has a series of the measurement a value of this key?
 */
int	 tag_key_is_used(struct txn *txn, uint32_t measurement_id, uint32_t key_id, bool *used,
	     struct err *err);

#endif
