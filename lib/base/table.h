/*
 * base/table.h - a hash table from bytes to a 64-bit number
 *
 * `struct table t = { 0 };` is an empty one. Keys are borrowed: their bytes must outlive the entry.
 * Entries keep the order in which they were put (entries[0 .. n)). Nothing is removed but all.
 */
#ifndef WEIR_BASE_TABLE_H
#define WEIR_BASE_TABLE_H

#include "base/slice.h"

struct table_entry {
	struct slice	 key;
	uint64_t	 hash;
	uint64_t	 value;
};

struct table {
	struct table_entry	*entries;
	size_t			 n, cap;
	uint32_t		*slots;		/* 1 + index into entries, 0 = free */
	size_t			 n_slots;
};

/*
 * table_get - the entry of a key, or NULL; good until the next table_put
 * table_put - the entry of a key, made with value 0 when it was not there (*made tells, may be
 *     NULL)
 * table_clear - forget all entries, keep the memory
 */
struct table_entry	*table_get(const struct table *t, struct slice key);
struct table_entry	*table_put(struct table *t, struct slice key, bool *made);
void			 table_clear(struct table *t);
void			 table_free(struct table *t);

#endif
