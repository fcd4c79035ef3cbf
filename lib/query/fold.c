/*
 * query/fold.c - operations on literals carried out before anything is read
 *
 * Times come from now() and from strings that stand beside a time or a duration. A time and a
 * duration make a time, an integer beside a duration counts as ns since 1970.
 */
#include <math.h>

#include "model/precision.h"
#include "query/bounds.h"
#include "query/eval.h"
#include "query/functions.h"

static bool
is_literal(const struct expr *e)
{
	return e->kind >= EXPR_NUMBER && e->kind <= EXPR_TIME;
}

static int64_t
add_cut(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static bool
to_time(struct expr *e, int64_t ns)
{
	e->kind = EXPR_TIME;
	e->time = ns;
	return true;
}

static bool
to_duration(struct expr *e, int64_t ns)
{
	e->kind = EXPR_DURATION;
	e->duration = ns;
	return true;
}

static bool
to_value(struct expr *e, struct value v)
{
	switch (v.type) {
	case VALUE_FLOAT:
		e->kind = EXPR_NUMBER;
		e->number = v.f;
		return true;
	case VALUE_INTEGER:
		e->kind = EXPR_INTEGER;
		e->integer = v.i;
		return true;
	case VALUE_UNSIGNED:
		e->kind = EXPR_UNSIGNED;
		e->unsigned_ = v.u;
		return true;
	case VALUE_BOOLEAN:
		e->kind = EXPR_BOOLEAN;
		e->boolean = v.b;
		return true;
	default:
		return false;
	}
}

/*
 * Durations with durations and numbers: out is `e`, whose operands are a and b.
 */
static bool
fold_duration(struct expr *e, enum expr_op op, int64_t a, const struct expr *b)
{
	double by;

	if (b->kind == EXPR_DURATION) {
		if (op == OP_ADD || op == OP_SUB)
			return to_duration(
			    e, add_cut(a, op == OP_ADD ? b->duration : -b->duration));
		return op >= OP_EQ && to_value(e, query_eval_binary(op, true, value_integer(a),
		    value_integer(b->duration)));
	}
	if (b->kind == EXPR_TIME)
		return op == OP_ADD && to_time(e, add_cut(a, b->time));
	if (b->kind != EXPR_INTEGER && b->kind != EXPR_NUMBER)
		return false;
	by = b->kind == EXPR_INTEGER ? (double)b->integer : b->number;
	if (op == OP_MUL && b->kind == EXPR_INTEGER)
		return to_duration(e, (int64_t)((uint64_t)a * (uint64_t)b->integer));
	if (op == OP_MUL || op == OP_DIV) {
		struct value v = value_float(op == OP_MUL ? (double)a * by
					     : by == 0    ? 0
							  : (double)a / by);

		return to_duration(e, query_eval_convert(v, VALUE_INTEGER).i);
	}
	if ((op == OP_ADD || op == OP_SUB) && b->kind == EXPR_INTEGER)
		return to_time(e, add_cut(a, op == OP_ADD ? b->integer : -b->integer));
	return false;
}

static bool
fold_time(struct expr *e, enum expr_op op, int64_t a, const struct expr *b)
{
	int64_t by;

	if (b->kind == EXPR_TIME) {
		if (op == OP_SUB)
			return to_duration(e, add_cut(a, -b->time));
		return op >= OP_EQ && to_value(e, query_eval_binary(op, true, value_integer(a),
		    value_integer(b->time)));
	}
	if (b->kind != EXPR_DURATION && b->kind != EXPR_INTEGER)
		return false;
	by = b->kind == EXPR_DURATION ? b->duration : b->integer;
	if (op == OP_ADD || op == OP_SUB)
		return to_time(e, add_cut(a, op == OP_ADD ? by : -by));
	return false;
}

/*
 * A string beside a time, a duration or an integer may be a time itself.
 */
static int
read_time(const struct fold *fold, struct expr *e, const struct expr *beside, struct err *err)
{
	int64_t ns;
	int is;

	if (e->kind != EXPR_STRING || (beside->kind != EXPR_TIME && beside->kind != EXPR_DURATION &&
	    beside->kind != EXPR_INTEGER))
		return 0;
	is = query_bounds_time_literal(fold, e->string, &ns, err);
	if (is == 1)
		to_time(e, ns);
	return is < 0 ? -1 : 0;
}

static int
fold_binary(const struct fold *fold, struct expr *e, struct err *err)
{
	struct expr *a, *b;
	enum expr_op op = e->binary.op;

	if (query_fold(fold, &e->binary.left, err) != 0 ||
	    query_fold(fold, &e->binary.right, err) != 0)
		return -1;
	a = e->binary.left;
	b = e->binary.right;
	if (!is_literal(a) || !is_literal(b))
		return 0;
	if (read_time(fold, a, b, err) != 0 || read_time(fold, b, a, err) != 0)
		return -1;
	if (a->kind == EXPR_DURATION)
		fold_duration(e, op, a->duration, b);
	else if (a->kind == EXPR_TIME)
		fold_time(e, op, a->time, b);
	else if (a->kind == EXPR_INTEGER && (b->kind == EXPR_DURATION || b->kind == EXPR_TIME))
		fold_time(e, op, a->integer, b);
	else if (b->kind == EXPR_DURATION || b->kind == EXPR_TIME || op == OP_EQ_REGEX ||
	    op == OP_NEQ_REGEX)
		return 0;
	else
		to_value(
		    e, query_eval_binary(op, false, query_eval_literal(a), query_eval_literal(b)));
	return 0;
}

static void
fold_math(struct expr *e)
{
	const struct function *f = query_functions_find(e->call.name);
	struct value args[2] = { value_null(), value_null() };

	if (f == NULL || f->kind != FUNCTION_MATH || (int)e->call.n_args != f->min_args)
		return;
	for (size_t i = 0; i < e->call.n_args; i++) {
		if (!is_literal(e->call.args[i]))
			return;
		args[i] = query_eval_literal(e->call.args[i]);
	}
	to_value(e, f->math(args[0], args[1]));
}

int
query_fold(const struct fold *fold, struct expr **expr, struct err *err)
{
	struct expr *e = *expr;

	switch (e->kind) {
	case EXPR_BINARY:
		return fold_binary(fold, e, err);
	case EXPR_PAREN:
		if (query_fold(fold, &e->inner, err) != 0)
			return -1;
		if (e->inner->kind != EXPR_BINARY)
			*expr = e->inner;
		return 0;
	case EXPR_CALL:
		for (size_t i = 0; i < e->call.n_args; i++)
			if (query_fold(fold, &e->call.args[i], err) != 0)
				return -1;
		if (fold->has_now && e->call.n_args == 0 && slice_eq(e->call.name, SLICE("now")))
			to_time(e, fold->now_ns);
		else if (fold->math)
			fold_math(e);
		return 0;
	default:
		return 0;
	}
}
