/*
 * query/fn_math.c - the mathematical functions: null in, null out
 */
#include <math.h>

#include "query/eval.h"
#include "query/functions.h"

static bool
as_float(struct value v, double *f)
{
	v = query_eval_convert(v, VALUE_FLOAT);
	*f = v.f;
	return v.type == VALUE_FLOAT;
}

#define MATH_ONE(name, function) \
	struct value \
	name(struct value a, struct value b) \
	{ \
		double f; \
	\
		(void)b; \
		return as_float(a, &f) ? value_float(function(f)) : value_null(); \
	}

#define MATH_TWO(name, expression) \
	struct value \
	name(struct value a, struct value b) \
	{ \
		double x, y; \
	\
		if (!as_float(a, &x) || !as_float(b, &y)) \
			return value_null(); \
		return value_float(expression); \
	}

MATH_ONE(fn_acos, acos)
MATH_ONE(fn_asin, asin)
MATH_ONE(fn_atan, atan)
MATH_ONE(fn_cos, cos)
MATH_ONE(fn_sin, sin)
MATH_ONE(fn_tan, tan)
MATH_ONE(fn_exp, exp)
MATH_ONE(fn_ln, log)
MATH_ONE(fn_log2, log2)
MATH_ONE(fn_log10, log10)
MATH_ONE(fn_sqrt, sqrt)
MATH_TWO(fn_atan2, atan2(x, y))
MATH_TWO(fn_pow, pow(x, y))
MATH_TWO(fn_log, log(x) / log(y))

/*
 * These keep the type of what they get.
 */
struct value
fn_abs(struct value a, struct value b)
{
	(void)b;
	if (a.type == VALUE_FLOAT)
		a.f = fabs(a.f);
	else if (a.type == VALUE_INTEGER)
		a.u = a.i < 0 ? 0 - a.u : a.u;
	return value_is_number(a) ? a : value_null();
}

#define MATH_KEEPING(name, function) \
	struct value \
	name(struct value a, struct value b) \
	{ \
		(void)b; \
		if (a.type == VALUE_FLOAT) \
			a.f = function(a.f); \
		return value_is_number(a) ? a : value_null(); \
	}

MATH_KEEPING(fn_ceil, ceil)
MATH_KEEPING(fn_floor, floor)
MATH_KEEPING(fn_round, round)
