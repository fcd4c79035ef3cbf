/*
 * query/pack.h - the rows of a block that a condition has left over, and columns as other types
 */
#ifndef WEIR_QUERY_PACK_H
#define WEIR_QUERY_PACK_H

#include "query/block.h"

struct pack_room {		/* of a column made of another one */
	union cell	 cells[BLOCK_ROWS_MAX];
	uint64_t	 present[BLOCK_ROWS_MAX / 64];
};

/*
 * Bits are one a row, as many as a block may have.
 *
 * query_pack_all - the bits of n rows set, the others clear
 * query_pack_count - how many are set
 * query_pack_column - a column with cells, of n rows, becomes that of the rows whose bit is set; it
 *                     may lie in the room already
 * query_pack_times - their times
 * query_pack_convert - a column of numbers becomes one of another type of numbers
 */
void	 query_pack_all(uint64_t *bits, size_t n);
size_t	 query_pack_count(const uint64_t *bits);
void	 query_pack_column(struct pack_room *to, struct column *c, const uint64_t *bits, size_t n);
void	 query_pack_times(int64_t *to, const int64_t *times, const uint64_t *bits, size_t n);
void	 query_pack_convert(struct pack_room *to, struct column *c, enum value_type as, size_t n);

#endif
