/*
 * query/eval.h - arithmetic, comparison and logic over values
 *
 * An expression of the tree becomes a tree of `struct eval` whose leaves are literals and numbered
 * slots; whoever evaluates fills the slots. Nothing fails: what cannot be computed is null, and a
 * comparison of different kinds is false.
 */
#ifndef WEIR_QUERY_EVAL_H
#define WEIR_QUERY_EVAL_H

#include "influxql/influxql.h"
#include "model/value.h"

struct function;
struct query_regex;

enum eval_kind { EVAL_LITERAL, EVAL_SLOT, EVAL_BINARY, EVAL_MATH };

struct eval {
	enum eval_kind	 kind;
	enum expr_op	 op;			/* EVAL_BINARY */
	bool		 integer_division;	/* integers divide as integers: in conditions */
	size_t		 slot;
	struct value	 literal;
	struct query_regex *regex;		/* right of =~ and !~ */
	const struct function *math;
	size_t		 n_args;
	const struct eval *args[2];
};

/*
 * query_eval - the value of an expression
 *   in     slots   as many as the tree names; strings are borrowed
 */
struct value	 query_eval(const struct eval *eval, const struct value *slots);

/*
 * query_eval_binary - one operation on two values
 */
struct value	 query_eval_binary(enum expr_op op, bool integer_division, struct value left,
		     struct value right);

/*
 * query_eval_literal - the value of a literal of the tree; null for one that has none
 */
struct value	 query_eval_literal(const struct expr *e);

/*
 * eval_is_true - does a condition hold?
 */
static inline bool
eval_is_true(struct value v)
{
	return v.type == VALUE_BOOLEAN && v.b;
}

/*
 * query_eval_convert - a value as another type: numbers into one another (floats truncated towards
 *                 zero); everything else is null unless it has the type already
 */
struct value	 query_eval_convert(struct value v, enum value_type type);

static inline struct value
value_null(void)
{
	return (struct value){ .type = VALUE_NULL };
}

static inline struct value
value_float(double f)
{
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

static inline struct value
value_integer(int64_t i)
{
	return (struct value){ .type = VALUE_INTEGER, .i = i };
}

static inline struct value
value_boolean(bool b)
{
	return (struct value){ .type = VALUE_BOOLEAN, .b = b };
}

static inline struct value
value_string(struct slice s)
{
	return (struct value){ .type = VALUE_STRING, .s = s };
}

static inline bool
value_is_number(struct value v)
{
	return v.type == VALUE_FLOAT || v.type == VALUE_INTEGER || v.type == VALUE_UNSIGNED;
}

static inline bool
value_is_text(struct value v)
{
	return v.type == VALUE_STRING || v.type == VALUE_TAG;
}

#endif
