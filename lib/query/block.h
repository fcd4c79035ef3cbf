/*
 * query/block.h - rows in columns, as they travel inside the SELECT engine
 *
 * The store's block with what the engine adds: a column may be one value for all rows (a tag), or
 * nothing at all (a field that this measurement lacks).
 */
#ifndef WEIR_QUERY_BLOCK_H
#define WEIR_QUERY_BLOCK_H

#include "model/value.h"

#define BLOCK_ROWS_MAX 4096

struct store_summary_column;

struct column {
	enum value_type	 type;		/* VALUE_NULL: no row has a value */
	const union cell *cells;	/* NULL: every row has the value `same` */
	const uint64_t	*present;	/* bit per row; NULL: every row has it */
	const struct slice *strings;	/* a string's cell is its index here */
	struct value	 same;
};

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

static inline bool
column_has(const struct column *c, size_t row)
{
	if (c->type == VALUE_NULL)
		return false;
	return c->present == NULL || (c->present[row >> 6] >> (row & 63) & 1);
}

static inline struct value
column_value(const struct column *c, size_t row)
{
	struct value v = { .type = VALUE_NULL };

	if (!column_has(c, row))
		return v;
	if (c->cells == NULL)
		return c->same;
	v.type = c->type;
	switch (c->type) {
	case VALUE_FLOAT:
		v.f = c->cells[row].f;
		break;
	case VALUE_STRING:
		v.s = c->strings[c->cells[row].u];
		break;
	case VALUE_BOOLEAN:
		v.b = c->cells[row].u != 0;
		break;
	default:
		v.i = c->cells[row].i;
		break;
	}
	return v;
}

#endif
