/*
 * query/eval.c - arithmetic, comparison and logic over values
 *
 * The operand on the left decides what an operation is: integers with integers stay integers and
 * wrap, any float makes floats, an unsigned makes unsigneds. Dividing by zero gives zero. Null
 * beside a boolean is false for AND and OR; every other operation on null is null, or false for a
 * comparison.
 */
#include "query/eval.h"

#include <math.h>

#include "query/functions.h"
#include "query/regex.h"

static struct value
eval_floats(enum expr_op op, double a, double b)
{
	switch (op) {
	case OP_EQ:	return value_boolean(a == b);
	case OP_NEQ:	return value_boolean(a != b);
	case OP_LT:	return value_boolean(a < b);
	case OP_LTE:	return value_boolean(a <= b);
	case OP_GT:	return value_boolean(a > b);
	case OP_GTE:	return value_boolean(a >= b);
	case OP_ADD:	return value_float(a + b);
	case OP_SUB:	return value_float(a - b);
	case OP_MUL:	return value_float(a * b);
	case OP_DIV:	return value_float(b == 0 ? 0 : a / b);
	case OP_MOD:	return value_float(fmod(a, b));
	default:	return value_null();
	}
}

static struct value
eval_integers(enum expr_op op, bool integer_division, int64_t a, int64_t b)
{
	uint64_t ua = (uint64_t)a, ub = (uint64_t)b;

	switch (op) {
	case OP_EQ:	return value_boolean(a == b);
	case OP_NEQ:	return value_boolean(a != b);
	case OP_LT:	return value_boolean(a < b);
	case OP_LTE:	return value_boolean(a <= b);
	case OP_GT:	return value_boolean(a > b);
	case OP_GTE:	return value_boolean(a >= b);
	case OP_ADD:	return value_integer((int64_t)(ua + ub));
	case OP_SUB:	return value_integer((int64_t)(ua - ub));
	case OP_MUL:	return value_integer((int64_t)(ua * ub));
	case OP_DIV:
		if (!integer_division)
			return value_float(b == 0 ? 0 : (double)a / (double)b);
		if (b == 0)
			return value_integer(0);
		return value_integer(b == -1 ? (int64_t)(0 - ua) : a / b);
	case OP_MOD:	return value_integer(b == 0 || b == -1 ? 0 : a % b);
	case OP_BIT_AND: return value_integer(a & b);
	case OP_BIT_OR:	return value_integer(a | b);
	case OP_BIT_XOR: return value_integer(a ^ b);
	default:	return value_null();
	}
}

static struct value
of_unsigned(uint64_t u)
{
	return (struct value){ .type = VALUE_UNSIGNED, .u = u };
}

static struct value
eval_unsigneds(enum expr_op op, uint64_t a, uint64_t b)
{
	switch (op) {
	case OP_EQ:	return value_boolean(a == b);
	case OP_NEQ:	return value_boolean(a != b);
	case OP_LT:	return value_boolean(a < b);
	case OP_LTE:	return value_boolean(a <= b);
	case OP_GT:	return value_boolean(a > b);
	case OP_GTE:	return value_boolean(a >= b);
	case OP_ADD:	return of_unsigned(a + b);
	case OP_SUB:	return of_unsigned(a - b);
	case OP_MUL:	return of_unsigned(a * b);
	case OP_DIV:	return of_unsigned(b == 0 ? 0 : a / b);
	case OP_MOD:	return of_unsigned(b == 0 ? 0 : a % b);
	case OP_BIT_AND: return of_unsigned(a & b);
	case OP_BIT_OR:	return of_unsigned(a | b);
	case OP_BIT_XOR: return of_unsigned(a ^ b);
	default:	return value_null();
	}
}

static struct value
eval_booleans(enum expr_op op, bool a, bool b)
{
	switch (op) {
	case OP_AND: case OP_BIT_AND:	return value_boolean(a && b);
	case OP_OR: case OP_BIT_OR:	return value_boolean(a || b);
	case OP_BIT_XOR: case OP_NEQ:	return value_boolean(a != b);
	case OP_EQ:			return value_boolean(a == b);
	case OP_LT: case OP_LTE: case OP_GT: case OP_GTE:
					return value_boolean(false);
	default:			return value_null();
	}
}

static double
as_float(struct value v)
{
	return v.type == VALUE_FLOAT ? v.f : v.type == VALUE_INTEGER ? (double)v.i : (double)v.u;
}

/*
 * A signed with an unsigned: compared by value; arithmetic is the unsigned's.
 */
static struct value
eval_mixed_signs(enum expr_op op, struct value a, struct value b)
{
	bool a_low = a.type == VALUE_INTEGER && a.i < 0;
	bool b_low = b.type == VALUE_INTEGER && b.i < 0;

	switch (op) {
	case OP_EQ: case OP_NEQ: case OP_LT: case OP_LTE: case OP_GT: case OP_GTE:
		if (a_low || b_low)
			return eval_integers(op, true, a_low ? -1 : 1, b_low ? -1 : 1);
		break;
	default:
		break;
	}
	return eval_unsigneds(op, a.u, b.u);
}

static struct value
eval_numbers(enum expr_op op, bool integer_division, struct value a, struct value b)
{
	if (a.type == VALUE_FLOAT || b.type == VALUE_FLOAT)
		return eval_floats(op, as_float(a), as_float(b));
	if (a.type == VALUE_INTEGER && b.type == VALUE_INTEGER)
		return eval_integers(op, integer_division, a.i, b.i);
	return eval_mixed_signs(op, a, b);
}

/*
 * What is left when the kinds of the operands have nothing in common.
 */
static struct value
eval_unlike(enum expr_op op, struct value a)
{
	switch (op) {
	case OP_EQ: case OP_NEQ: case OP_LT: case OP_LTE: case OP_GT: case OP_GTE:
		return value_boolean(false);
	case OP_AND: case OP_OR: case OP_BIT_AND: case OP_BIT_OR: case OP_BIT_XOR:
		return a.type == VALUE_BOOLEAN ? value_boolean(false) : value_null();
	default:
		return value_null();
	}
}

static bool
is_logic(enum expr_op op)
{
	return op == OP_AND || op == OP_OR;
}

struct value
query_eval_binary(enum expr_op op, bool integer_division, struct value a, struct value b)
{
	if (value_is_number(a) && value_is_number(b))
		return eval_numbers(op, integer_division, a, b);
	if (a.type == VALUE_NULL && b.type == VALUE_BOOLEAN && is_logic(op))
		a = value_boolean(false);
	else if (b.type == VALUE_NULL && a.type == VALUE_BOOLEAN && is_logic(op))
		b = value_boolean(false);
	if (a.type == VALUE_BOOLEAN && b.type == VALUE_BOOLEAN)
		return eval_booleans(op, a.b, b.b);
	if (value_is_text(a) && value_is_text(b) && (op == OP_EQ || op == OP_NEQ))
		return value_boolean(slice_eq(a.s, b.s) == (op == OP_EQ));
	return eval_unlike(op, a);
}

static struct value
eval_regex(const struct eval *e, struct value v)
{
	if (!value_is_text(v))
		return value_boolean(false);
	return value_boolean(query_regex_match(e->regex, v.s) == (e->op == OP_EQ_REGEX));
}

struct value
query_eval(const struct eval *e, const struct value *slots)
{
	struct value a, b;

	switch (e->kind) {
	case EVAL_LITERAL:
		return e->literal;
	case EVAL_SLOT:
		return slots[e->slot];
	case EVAL_MATH:
		a = query_eval(e->args[0], slots);
		b = e->n_args == 2 ? query_eval(e->args[1], slots) : value_null();
		return e->math->math(a, b);
	case EVAL_BINARY:
		break;
	}
	a = query_eval(e->args[0], slots);
	if (e->regex != NULL)
		return eval_regex(e, a);
	if (e->op == OP_AND && a.type == VALUE_BOOLEAN && !a.b)
		return a;
	b = query_eval(e->args[1], slots);
	return query_eval_binary(e->op, e->integer_division, a, b);
}

struct value
query_eval_convert(struct value v, enum value_type type)
{
	if (v.type == type || v.type == VALUE_NULL)
		return v;
	if (value_is_text(v) && (type == VALUE_STRING || type == VALUE_TAG)) {
		v.type = type;
		return v;
	}
	if (!value_is_number(v))
		return value_null();
	switch (type) {
	case VALUE_FLOAT:
		return value_float(as_float(v));
	case VALUE_INTEGER:
		if (v.type == VALUE_UNSIGNED)
			return value_integer((int64_t)v.u);
		return value_integer(v.f >= -0x1p63 && v.f < 0x1p63 ? (int64_t)v.f : INT64_MIN);
	case VALUE_UNSIGNED:
		if (v.type == VALUE_INTEGER)
			return of_unsigned((uint64_t)v.i);
		if (v.f < 0 && v.f >= -0x1p63)
			return of_unsigned((uint64_t)(int64_t)v.f);
		return of_unsigned(v.f >= 0 && v.f < 0x1p64 ? (uint64_t)v.f : UINT64_C(1) << 63);
	default:
		return value_null();
	}
}

struct value
query_eval_literal(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_NUMBER:	return value_float(e->number);
	case EXPR_INTEGER:	return value_integer(e->integer);
	case EXPR_UNSIGNED:	return of_unsigned(e->unsigned_);
	case EXPR_BOOLEAN:	return value_boolean(e->boolean);
	case EXPR_STRING:	return value_string(e->string);
	default:		return value_null();
	}
}
