/*
 * query/fill.c - what a window without a value shows
 */
#include "query/fill.h"

struct value
query_fill_default(enum select_fill fill, struct value number, enum value_type type)
{
	if (fill != FILL_NUMBER)
		return value_null();
	switch (type) {
	case VALUE_FLOAT:
	case VALUE_INTEGER:
	case VALUE_UNSIGNED:
		return query_eval_convert(number, type);
	case VALUE_STRING:
		return value_string(SLICE(""));
	case VALUE_BOOLEAN:
		return value_boolean(false);
	default:
		return number;
	}
}

struct value
query_fill_linear(int64_t at, int64_t before, struct value from, int64_t after, struct value to)
{
	double x = (double)(at - before);
	double width = (double)(after - before);
	double a, b;

	if (!value_is_number(from) || !value_is_number(to) || width == 0)
		return value_null();
	a = query_eval_convert(from, VALUE_FLOAT).f;
	b = query_eval_convert(to, VALUE_FLOAT).f;
	return query_eval_convert(value_float((b - a) / width * x + a), from.type);
}
