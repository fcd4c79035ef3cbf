/*
 * store/rowset.h - rows of one series in memory, on their way into chunks
 */
#ifndef WEIR_STORE_ROWSET_H
#define WEIR_STORE_ROWSET_H

#include "codec/codec.h"
#include "store/store_priv.h"

struct rowset {
	struct arena	*arena;		/* borrowed */
	uint32_t	 n_fields;
	const struct store_field *fields;	/* ascending by id */
	uint32_t	 n, cap;
	int64_t		*times;		/* strictly rising */
	struct store_column *columns;	/* present is never NULL */
	uint32_t	*n_strings, *cap_strings;
};

/*
 * rowset_init - an empty one for these fields
 * rowset_add - n rows of another set, from row `first` on, behind the last one
 * rowset_add_block - the rows of a block whose columns are the same fields
 * rowset_add_folded - one row that both sets have: each field from `newer` where it has it
 * rowset_clear - no rows, the same memory
 */
void	 rowset_init(struct rowset *set, struct arena *arena, const struct store_field *fields,
	     uint32_t n_fields);
void	 rowset_add(struct rowset *set, const struct rowset *from, uint32_t first, uint32_t n);
void	 rowset_add_block(struct rowset *set, const struct store_block *block);
void	 rowset_add_folded(struct rowset *set, const struct rowset *older, uint32_t a,
	     const struct rowset *newer, uint32_t b);
void	 rowset_clear(struct rowset *set);

/*
 * rowset_encode - rows [first, first + n) as a chunk, at most CODEC_CHUNK_ROWS of them
 *   returns  the bytes, in the set's arena
 */
struct slice rowset_encode(const struct rowset *set, uint32_t first, uint32_t n);

/*
 * rowset_seek - the first row whose time is not below t
 */
uint32_t rowset_seek(const struct rowset *set, int64_t t);

#endif
