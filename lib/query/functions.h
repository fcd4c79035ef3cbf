/*
 * query/functions.h - the functions of the language: one row each
 *
 * A row says what a call may look like, what types it takes and gives, and who computes it. To add
 * a function, add a row here and its code in an fn_*.c; what its arguments must be beyond their
 * number is told in plan_calls.c.
 *
 *     name      what is written, in lower case (a name with a blank is made by the planner alone)
 *     kind      AGGREGATE and SELECTOR give a value a window, a selector one of a point;
 *               MANY gives several points a window; TRANSFORM turns a sequence into another;
 *               MATH is computed row by row
 *     min, max  number of arguments
 *     takes     types of the field: NUMBERS, ORDERED (and booleans), ANY
 *     result    FLOAT, INTEGER, or INPUT: the type of the field
 *     label     the name in "unsupported ... iterator type"
 *     code      the struct that computes it: fn_states, fn_sequence, or a math function
 */
#ifndef WEIR_QUERY_FUNCTIONS_H
#define WEIR_QUERY_FUNCTIONS_H

#include "base/arena.h"
#include "base/buf.h"
#include "query/block.h"

#define FUNCTION_TABLE(STATES, SEQUENCE, MATH) \
	STATES("count",		AGGREGATE, 1, 1, ANY,	  INTEGER, "count",	 fn_count) \
	STATES("count distinct", AGGREGATE, 1, 1, ANY, INTEGER, "distinct", fn_count_distinct) \
	STATES("sum",		AGGREGATE, 1, 1, NUMBERS, INPUT,   "sum",	 fn_sum) \
	STATES("mean",		AGGREGATE, 1, 1, NUMBERS, FLOAT,   "mean",	 fn_mean) \
	STATES("spread",	AGGREGATE, 1, 1, NUMBERS, INPUT,   "spread",	 fn_spread) \
	STATES("stddev",	AGGREGATE, 1, 1, NUMBERS, FLOAT,   "stddev",	 fn_stddev) \
	STATES("median",	AGGREGATE, 1, 1, NUMBERS, FLOAT,   "median",	 fn_median) \
	STATES("mode",		AGGREGATE, 1, 1, ANY,	  INPUT,   "mode",	 fn_mode) \
	SEQUENCE("integral",	AGGREGATE, 1, 2, NUMBERS, FLOAT,   "integral",	 fn_integral) \
	STATES("min",		SELECTOR,  1, 1, ORDERED, INPUT,   "min",	 fn_min) \
	STATES("max",		SELECTOR,  1, 1, ORDERED, INPUT,   "max",	 fn_max) \
	STATES("first",		SELECTOR,  1, 1, ANY,	  INPUT,   "first",	 fn_first) \
	STATES("last",		SELECTOR,  1, 1, ANY,	  INPUT,   "last",	 fn_last) \
	STATES("percentile",	SELECTOR,  2, 2, NUMBERS, INPUT,   "percentile", fn_percentile) \
	STATES("distinct",	MANY,	   1, 1, ANY,	  INPUT,   "distinct",	 fn_distinct) \
	STATES("top",		MANY,	   2, -1, NUMBERS, INPUT,  "top",	 fn_top) \
	STATES("bottom",	MANY,	   2, -1, NUMBERS, INPUT,  "bottom",	 fn_bottom) \
	STATES("sample",	MANY,	   2, 2, ANY,	  INPUT,   "sample",	 fn_sample) \
	SEQUENCE("derivative",	TRANSFORM, 1, 2, NUMBERS, FLOAT,   "derivative", fn_derivative) \
	SEQUENCE("non_negative_derivative", TRANSFORM, 1, 2, NUMBERS, FLOAT, "derivative", \
	    fn_non_negative_derivative) \
	SEQUENCE("difference",	TRANSFORM, 1, 1, NUMBERS, INPUT,   "difference", fn_difference) \
	SEQUENCE("non_negative_difference", TRANSFORM, 1, 1, NUMBERS, INPUT, "difference", \
	    fn_non_negative_difference) \
	SEQUENCE("elapsed",	TRANSFORM, 1, 2, ANY,	  INTEGER, "elapsed",	 fn_elapsed) \
	SEQUENCE("moving_average", TRANSFORM, 2, 2, NUMBERS, FLOAT, "moving average", \
	    fn_moving_average) \
	SEQUENCE("cumulative_sum", TRANSFORM, 1, 1, NUMBERS, INPUT, "cumulative sum", \
	    fn_cumulative_sum) \
	SEQUENCE("exponential_moving_average", TRANSFORM, 2, 4, NUMBERS, FLOAT, \
	    "exponential moving average", fn_exponential_moving_average) \
	SEQUENCE("double_exponential_moving_average", TRANSFORM, 2, 4, NUMBERS, FLOAT, \
	    "double exponential moving average", fn_double_exponential_moving_average) \
	SEQUENCE("triple_exponential_moving_average", TRANSFORM, 2, 4, NUMBERS, FLOAT, \
	    "triple exponential moving average", fn_triple_exponential_moving_average) \
	SEQUENCE("triple_exponential_derivative", TRANSFORM, 2, 4, NUMBERS, FLOAT, \
	    "triple exponential derivative", fn_triple_exponential_derivative) \
	SEQUENCE("relative_strength_index", TRANSFORM, 2, 4, NUMBERS, FLOAT, \
	    "relative strength index", fn_relative_strength_index) \
	SEQUENCE("kaufmans_efficiency_ratio", TRANSFORM, 2, 3, NUMBERS, FLOAT, \
	    "kaufmans efficiency ratio", fn_kaufmans_efficiency_ratio) \
	SEQUENCE("kaufmans_adaptive_moving_average", TRANSFORM, 2, 3, NUMBERS, FLOAT, \
	    "kaufmans adaptive moving average", fn_kaufmans_adaptive_moving_average) \
	SEQUENCE("chande_momentum_oscillator", TRANSFORM, 2, 4, NUMBERS, FLOAT, \
	    "chande momentum oscillator", fn_chande_momentum_oscillator) \
	SEQUENCE("holt_winters", TRANSFORM, 3, 3, NUMBERS, FLOAT, "holt_winters", fn_holt_winters) \
	SEQUENCE("holt_winters_with_fit", TRANSFORM, 3, 3, NUMBERS, FLOAT, "holt_winters", \
	    fn_holt_winters) \
	MATH("abs",	1, INPUT, fn_abs) \
	MATH("ceil",	1, INPUT, fn_ceil) \
	MATH("floor",	1, INPUT, fn_floor) \
	MATH("round",	1, INPUT, fn_round) \
	MATH("acos",	1, FLOAT, fn_acos) \
	MATH("asin",	1, FLOAT, fn_asin) \
	MATH("atan",	1, FLOAT, fn_atan) \
	MATH("cos",	1, FLOAT, fn_cos) \
	MATH("sin",	1, FLOAT, fn_sin) \
	MATH("tan",	1, FLOAT, fn_tan) \
	MATH("exp",	1, FLOAT, fn_exp) \
	MATH("ln",	1, FLOAT, fn_ln) \
	MATH("log2",	1, FLOAT, fn_log2) \
	MATH("log10",	1, FLOAT, fn_log10) \
	MATH("sqrt",	1, FLOAT, fn_sqrt) \
	MATH("atan2",	2, FLOAT, fn_atan2) \
	MATH("pow",	2, FLOAT, fn_pow) \
	MATH("log",	2, FLOAT, fn_log)

enum function_kind {
	FUNCTION_AGGREGATE, FUNCTION_SELECTOR, FUNCTION_MANY, FUNCTION_TRANSFORM, FUNCTION_MATH
};

enum function_takes { TAKES_NUMBERS, TAKES_ORDERED, TAKES_ANY };
enum function_result { RESULT_FLOAT, RESULT_INTEGER, RESULT_INPUT };

enum warmup { WARMUP_EXPONENTIAL, WARMUP_SIMPLE, WARMUP_NONE };

struct call;

/*
 * A point of a result. aux: values of other columns of the same row.
 */
struct point {
	int64_t		 time;
	struct value	 value;
	struct value	*aux;
};

struct fn_input {
	const struct block *block;
	size_t		 column;	/* the field */
	const size_t	*aux;		/* columns to keep with a chosen point */
	size_t		 n_aux;
};

/*
 * A state a window: zeroed memory, then rows, then a result.
 *
 *   step     rows from <= row < to of a block; blocks come in any order of time
 *   finish   how many points there are: *points borrows from the state, or is left as it was, when
 *            it points to room for one; a value of VALUE_NULL is a point that shows as null
 *   drop     give back what the state owns; NULL when it owns nothing
 *   sum_up   a stretch of rows by what the store knows of it; NULL when the rows are needed
 */
struct fn_states {
	size_t		 state_bytes;
	bool		 collects;	/* the state grows with the number of rows */
	void		(*step)(void *state, const struct call *call, const struct fn_input *in,
			     size_t from, size_t to);
	size_t		(*finish)(void *state, const struct call *call, struct point **points);
	void		(*drop)(void *state);
	void		(*sum_up)(void *state, const struct call *call,
			     const struct store_summary_column *column);
};

/*
 * A sequence to a sequence, in the order of the answer: `push` takes the next value, never null,
 * and may give a point; `flush` gives those that remain after the last one.
 */
struct fn_sequence {
	size_t		 state_bytes;
	bool		(*push)(void *state, const struct call *call, int64_t time, struct value v,
			     struct point *out);
	bool		(*flush)(void *state, const struct call *call, struct point *out);
	void		(*drop)(void *state);
};

struct function {
	const char	*name;
	enum function_kind kind;
	int		 min_args, max_args;	/* -1: any number */
	enum function_takes takes;
	enum function_result result;
	const char	*label;
	const struct fn_states *states;
	const struct fn_sequence *sequence;
	struct value	(*math)(struct value a, struct value b);
};

/*
 * query_functions_find - by name; NULL when there is none
 * query_functions_take - may it be called on a field of this type?
 */
const struct function *query_functions_find(struct slice name);
bool	 query_functions_take(const struct function *f, enum value_type type);

/*
 * samples - the values of a window, for functions that need all of them
 *
 * Booleans are cells of 0 and 1; strings are indexes into `strings`.
 */
struct sample {
	union cell	 cell;
	int64_t		 time;
	struct value	*aux;		/* NULL when nobody asked for other columns */
};

struct samples {
	struct sample	*list;
	size_t		 n, cap;
	enum value_type	 type;
	size_t		 n_aux;
	struct slice	*strings;
	size_t		 n_strings, cap_strings;
	struct arena	*arena;		/* of texts and aux values */
	uint64_t	*held;		/* where the bytes are counted */
	uint64_t	 bytes;
};

void	 query_samples_add(struct samples *s, const struct call *call, const struct fn_input *in,
	     size_t from, size_t to);
void	 query_samples_sort(struct samples *s);	/* by value, then by time */
size_t	 query_samples_kth(struct samples *s, size_t k);	/* index of the k-th by value */
struct value query_samples_value(const struct samples *s, size_t i);
void	 query_samples_drop(struct samples *s);

/*
 * kept - a chosen point, its strings copied
 */
struct kept {
	bool		 set;
	int64_t		 time;
	struct value	 value;
	struct value	*aux;
	struct buf	 text;		/* the strings' bytes */
};

void	 query_functions_keep(struct kept *k, const struct fn_input *in, size_t row);
void	 query_functions_drop_kept(struct kept *k);
struct point query_functions_kept_point(const struct kept *k);

/*
 * query_functions_less - order of values of one type: numbers, false before true, strings by bytes
 */
bool	 query_functions_less(struct value a, struct value b);

#define DECLARE_STATES(name, kind, min, max, takes, result, label, code) \
	extern const struct fn_states code;
#define DECLARE_SEQUENCE(name, kind, min, max, takes, result, label, code) \
	extern const struct fn_sequence code;
#define DECLARE_MATH(name, n, result, code) \
	struct value code(struct value a, struct value b);
FUNCTION_TABLE(DECLARE_STATES, DECLARE_SEQUENCE, DECLARE_MATH)
#undef DECLARE_STATES
#undef DECLARE_SEQUENCE
#undef DECLARE_MATH

#endif
