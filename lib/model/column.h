/*
 * model/column.h - the values of many rows, one behind the other
 *
 * A column may be one value for all rows (a tag), or nothing at all (a field that a measurement
 * lacks).
 */
#ifndef WEIR_MODEL_COLUMN_H
#define WEIR_MODEL_COLUMN_H

#include "model/value.h"

struct column {
	enum value_type	 type;		/* VALUE_NULL: no row has a value */
	const union cell *cells;	/* NULL: every row has the value `same` */
	const uint64_t	*present;	/* bit per row; NULL: every row has it */
	const struct slice *strings;	/* a string's cell is its index here */
	struct value	 same;
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
