/*
 * store/series_table.h - series: a tag set of a measurement has an id
 */
#ifndef WEIR_STORE_SERIES_TABLE_H
#define WEIR_STORE_SERIES_TABLE_H

#include "store/store_priv.h"

/*
 * One tag of a series. A value's id, under its key, is the id of the series that brought it; that
 * series has the text.
 */
struct series_tag {
	uint32_t	 key;		/* column id */
	uint64_t	 value;		/* value id */
	struct slice	 text;		/* where the series has brought the value itself */
};

struct series_entry {
	uint64_t	 id;
	struct slice	 tags;		/* as they are stored */
};

/*
 * A block of series in hand: zeros in the beginning. Entries borrow from it until it takes another.
 */
struct series_block {
	struct buf	 bytes;
	uint32_t	 measurement_id;	/* 0: none is in hand */
	uint64_t	 first, last;		/* ids it may have */
	struct series_entry at;			/* the one found last; id 0: none */
	struct slice	 rest;			/* those behind it */
};

void	 series_block_free(struct series_block *block);

/*
 * series_prefix - what the keys of a measurement's blocks begin with
 * series_ids - the ids of one block: `take` gets each, ascending
 */
struct key series_prefix(struct arena *arena, uint32_t measurement_id);
int	 series_ids(struct slice key, struct slice value, void (*take)(void *to, uint64_t id), void *to,
	     struct err *err);

/*
 * series_get - a series by its id: 0, 1 when there is none, -1. Cheap when the block in hand has it
 * series_take_tag - the next tag of an entry; entry->tags is cut, and empty behind the last one
 * series_put_tags - tags as an entry has them
 */
int	 series_get(struct txn *txn, uint32_t measurement_id, uint64_t id,
	     struct series_block *block, struct series_entry *entry, struct err *err);
int	 series_take_tag(struct series_entry *entry, struct series_tag *tag, struct err *err);
void	 series_put_tags(struct buf *out, uint64_t id, const struct series_tag *tags, size_t n);

/*
 * series_next_id - the least id that is above all that were ever given
 * series_append - entries with ascending ids from there on
 * series_remove - one of them
 */
int	 series_next_id(struct txn *txn, uint32_t measurement_id, uint64_t *id, struct err *err);
int	 series_put_last_id(struct txn *txn, uint32_t measurement_id, uint64_t id, struct err *err);
int	 series_append(struct txn *txn, uint32_t measurement_id, const struct series_entry *list,
	     size_t n, struct err *err);
int	 series_remove(struct txn *txn, uint32_t measurement_id, uint64_t id, struct err *err);

/*
 * What a series that has brought no value is found by.
 */
struct series_name {
	uint64_t	 last;		/* the greatest of its value ids */
	uint64_t	 hash;		/* of all of its ids; the index keeps the upper half */
};

/*
 * series_name_of - of a series whose value ids are known
 * series_named - the ids that are stored under a name, as they are stored; empty: none
 * series_named_take - the next of them: 0, 1 behind the last one, -1
 * series_named_add - one more
 * series_named_remove - one of them
 */
struct series_name series_name_of(struct arena *arena, const struct series_tag *tags, size_t n);
int	 series_named(struct txn *txn, uint32_t measurement_id, const struct series_name *name,
	     struct slice *ids, struct err *err);
int	 series_named_take(struct slice *ids, uint64_t *id, struct err *err);
int	 series_named_add(struct txn *txn, uint32_t measurement_id, const struct series_name *name,
	     uint64_t id, struct err *err);
int	 series_named_remove(struct txn *txn, uint32_t measurement_id, const struct series_name *name,
	     uint64_t id, struct err *err);

#endif
