/*
 * query/block.h - rows in columns, as they travel inside the SELECT engine
 *
 * The store's block with what the engine adds.
 */
#ifndef WEIR_QUERY_BLOCK_H
#define WEIR_QUERY_BLOCK_H

#include "model/column.h"

#define BLOCK_ROWS_MAX 4096

struct store_summary_column;

/*
 * With a summary a block has no rows: they all lie in one window, and what the store knows of each
 * column stands for them; NULL where nothing is known because the measurement lacks the field.
 */
struct block_summary {
	int64_t		 time;		/* of one of the rows */
	const struct store_summary_column **columns;
};

struct block {
	size_t		 n_rows;
	const int64_t	*times;
	struct column	*columns;
	const struct block_summary *summary;	/* NULL: rows */
};

/*
 * A piece of a block: rows from <= row < to, which all come before any other row of the group.
 */
struct run {
	const struct block *block;
	size_t		 from, to;
};

#endif
