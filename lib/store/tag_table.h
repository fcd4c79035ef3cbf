/*
 * store/tag_table.h - values of tags, and which series have them
 */
#ifndef WEIR_STORE_TAG_TABLE_H
#define WEIR_STORE_TAG_TABLE_H

#include "store/series_table.h"

/*
 * tag_value_prefix - what the keys of a tag key's values begin with
 * value_decode - the id in a record
 * value_find - the id of a value by its text: 0, 1 when there is none, -1
 * value_add - a value that a new series brings: its id is the series'
 * value_text - the text of a value by its id: 0, 1 when there is none, -1
 */
struct key	 tag_value_prefix(struct arena *arena, uint32_t measurement_id, uint32_t key_id);
int		 value_decode(struct slice value, uint64_t *id, struct err *err);
int		 value_find(struct txn *txn, uint32_t measurement_id, uint32_t key_id,
		     struct slice text, uint64_t *id, struct err *err);
int		 value_add(struct txn *txn, uint32_t measurement_id, uint32_t key_id,
		     struct slice text, uint64_t id, struct err *err);
int		 value_text(struct txn *txn, uint32_t measurement_id, uint32_t key_id, uint64_t id,
		     struct series_block *block, struct slice *text, struct err *err);

/*
 * value_leave - the series that brought a value goes, and out of the index is it already
 * value_unpost - a series goes that has a value of another's
 *   both  the value goes with the last series that has it
 */
int		 value_leave(struct txn *txn, uint32_t measurement_id, const struct series_tag *tag,
		     struct err *err);
int		 value_unpost(struct txn *txn, uint32_t measurement_id, const struct series_tag *tag,
		     uint64_t id, struct err *err);

/*
 * posting_prefix - what the keys of a value's blocks begin with
 * posting_decode - add the ids of one block to a list that grows in the arena
 * posting_append - add ascending ids, all above those already there, to the series of a value;
 *     the one that brought it is never among them
 * posting_append_all - the same of many values: in whatever order they come, they are sorted
 */
struct posting {		/* a series has a value of a key */
	uint32_t	 key;
	uint64_t	 value, series;
};

struct key	 posting_prefix(struct arena *arena, uint32_t measurement_id, uint32_t key_id,
		     uint64_t value_id);
int		 posting_first(struct slice prefix, struct slice key, uint64_t *id, struct err *err);
int		 posting_decode(uint64_t first, struct slice value, struct arena *arena,
		     struct store_series_list *list, size_t *cap, struct err *err);
int		 posting_append(struct txn *txn, uint32_t measurement_id, uint32_t key_id,
		     uint64_t value_id, const uint64_t *ids, size_t n, struct err *err);
int		 posting_append_all(struct txn *txn, uint32_t measurement_id, struct posting *list,
		     size_t n, struct err *err);

/*
 * tag_key_is_used - has a series of the measurement a value of this key?
 */
int	 tag_key_is_used(struct txn *txn, uint32_t measurement_id, uint32_t key_id, bool *used,
	     struct err *err);

#endif
