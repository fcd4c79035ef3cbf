/*
 * tests/unit/query_fill_test.c - what stands in a window without a value
 */
#include "unit.h"

#include "query/fill.h"

static void
numbers_take_the_column_s_type(void **state)
{
	struct value n = value_float(2.7), i = value_integer(3);

	(void)state;
	assert_true(query_fill_default(FILL_NUMBER, n, VALUE_FLOAT).f == 2.7);
	assert_int_equal(query_fill_default(FILL_NUMBER, n, VALUE_INTEGER).i, 2);
	assert_true(query_fill_default(FILL_NUMBER, i, VALUE_FLOAT).f == 3);
	assert_int_equal(query_fill_default(FILL_NUMBER, i, VALUE_STRING).s.n, 0);
	assert_int_equal(query_fill_default(FILL_NUMBER, i, VALUE_STRING).type, VALUE_STRING);
	assert_false(query_fill_default(FILL_NUMBER, i, VALUE_BOOLEAN).b);
	assert_int_equal(query_fill_default(FILL_NULL, i, VALUE_FLOAT).type, VALUE_NULL);
	assert_int_equal(query_fill_default(FILL_PREVIOUS, i, VALUE_FLOAT).type, VALUE_NULL);
}

static void
lines_go_through_windows(void **state)
{
	struct value v;

	(void)state;
	v = query_fill_linear(3, 1, value_float(1), 5, value_float(3));
	assert_true(v.type == VALUE_FLOAT && v.f == 2);
	v = query_fill_linear(2, 1, value_integer(0), 4, value_integer(10));
	assert_true(v.type == VALUE_INTEGER && v.i == 3);
	v = query_fill_linear(2, 4, value_integer(10), 1, value_integer(0));
	assert_true(v.type == VALUE_INTEGER && v.i == 3);
	v = query_fill_linear(2, 1, value_boolean(true), 4, value_boolean(false));
	assert_int_equal(v.type, VALUE_NULL);
	v = query_fill_linear(2, 2, value_integer(1), 2, value_integer(2));
	assert_int_equal(v.type, VALUE_NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_the_column_s_type),
		cmocka_unit_test(lines_go_through_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
