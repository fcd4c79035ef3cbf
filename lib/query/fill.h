/*
 * query/fill.h - what a window without a value shows
 */
#ifndef WEIR_QUERY_FILL_H
#define WEIR_QUERY_FILL_H

#include "query/plan.h"

/*
 * query_fill_default - what stands for a missing value under fill(number): the number as that type,
 *                '' for strings, false for booleans, as it is for tags and for what no source
 *                knows; null under every other fill
 */
struct value	 query_fill_default(enum select_fill fill, struct value number,
		     enum value_type type);

/*
 * query_fill_linear - the value at a window between two others, by their numbers; only numbers have
 *     one
 */
struct value	 query_fill_linear(int64_t at, int64_t before, struct value from, int64_t after,
		     struct value to);

#endif
