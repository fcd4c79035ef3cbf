/*
 * tests/unit/query_eval_test.c - arithmetic, comparison and logic, operation by operation
 */
#include "unit.h"

#include "query/eval.h"

#define F(x)	{ .type = VALUE_FLOAT, .f = (x) }
#define I(x)	{ .type = VALUE_INTEGER, .i = (x) }
#define U(x)	{ .type = VALUE_UNSIGNED, .u = (x) }
#define B(x)	{ .type = VALUE_BOOLEAN, .b = (x) }
#define S(x)	{ .type = VALUE_STRING, .s = { (x), sizeof(x) - 1 } }
#define NIL	{ .type = VALUE_NULL }

static const struct {
	const char	*name;
	struct value	 a;
	enum expr_op	 op;
	struct value	 b;
	struct value	 want;
} cases[] = {
	{ "integers add", I(2), OP_ADD, I(3), I(5) },
	{ "integers wrap upwards", I(INT64_MAX), OP_ADD, I(1), I(INT64_MIN) },
	{ "integers wrap in a product", I(INT64_MAX), OP_MUL, I(2), I(-2) },
	{ "integers divide as floats", I(7), OP_DIV, I(2), F(3.5) },
	{ "an integer by zero", I(7), OP_DIV, I(0), F(0) },
	{ "a float by zero", F(7), OP_DIV, I(0), F(0) },
	{ "the rest by zero", I(7), OP_MOD, I(0), I(0) },
	{ "the rest of the least integer by -1", I(INT64_MIN), OP_MOD, I(-1), I(0) },
	{ "a float beside an integer", F(0.5), OP_ADD, I(2), F(2.5) },
	{ "an integer beside a float", I(2), OP_SUB, F(0.5), F(1.5) },
	{ "bits of integers", I(6), OP_BIT_AND, I(3), I(2) },
	{ "bits of booleans", B(true), OP_BIT_XOR, B(true), B(false) },
	{ "bits of floats", F(6), OP_BIT_AND, F(3), NIL },
	{ "unsigned stays so", U(UINT64_MAX), OP_ADD, U(2), U(1) },
	{ "a negative is less than any unsigned", I(-1), OP_LT, U(0), B(true) },
	{ "an unsigned is more than a negative", U(0), OP_GT, I(-1), B(true) },
	{ "null in arithmetic", NIL, OP_ADD, I(1), NIL },
	{ "null in a comparison", NIL, OP_NEQ, I(1), B(false) },
	{ "null beside a boolean in a comparison", NIL, OP_NEQ, B(true), B(false) },
	{ "null in logic", NIL, OP_OR, B(true), B(true) },
	{ "integer and float compare by value", I(2), OP_EQ, F(2), B(true) },
	{ "strings", S("a"), OP_EQ, S("a"), B(true) },
	{ "strings have no order", S("a"), OP_LT, S("b"), B(false) },
	{ "strings do not add", S("a"), OP_ADD, S("b"), NIL },
	{ "unlike kinds are not equal", S("1"), OP_EQ, I(1), B(false) },
	{ "unlike kinds are not unequal", S("1"), OP_NEQ, I(1), B(false) },
	{ "booleans have no order", B(false), OP_LT, B(true), B(false) },
	{ "and", B(true), OP_AND, B(false), B(false) },
};

static bool
same(struct value a, struct value b)
{
	if (a.type != b.type)
		return false;
	if (a.type == VALUE_BOOLEAN)
		return a.b == b.b;
	return a.type == VALUE_NULL || a.i == b.i;
}

static void
operations(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		struct value got = query_eval_binary(cases[i].op, false, cases[i].a, cases[i].b);

		UNIT_CHECK(cases[i].name, same(got, cases[i].want));
	}
}

static void
conditions_divide_integers_as_integers(void **state)
{
	struct value seven = I(7), two = I(2), least = I(INT64_MIN), minus = I(-1);

	(void)state;
	assert_int_equal(query_eval_binary(OP_DIV, true, seven, two).i, 3);
	assert_int_equal(query_eval_binary(OP_DIV, true, least, minus).i, INT64_MIN);
}

static const struct {
	const char	*name;
	struct value	 v;
	enum value_type	 type;
	struct value	 want;
} conversions[] = {
	{ "a float is truncated", F(-2.7), VALUE_INTEGER, I(-2) },
	{ "a float beyond int64", F(1e300), VALUE_INTEGER, I(INT64_MIN) },
	{ "an integer to a float", I(3), VALUE_FLOAT, F(3) },
	{ "a negative float to unsigned", F(-1), VALUE_UNSIGNED, U(UINT64_MAX) },
	{ "a string is no number", S("3"), VALUE_FLOAT, NIL },
	{ "a number is no string", I(3), VALUE_STRING, NIL },
	{ "null stays null", NIL, VALUE_FLOAT, NIL },
};

static void
converted(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(conversions); i++)
		UNIT_CHECK(conversions[i].name,
		    same(query_eval_convert(conversions[i].v, conversions[i].type),
		    conversions[i].want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations),
		cmocka_unit_test(conditions_divide_integers_as_integers),
		cmocka_unit_test(converted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
