/*
 * tests/unit/base_slice_test.c - bytes that belong to somebody else: comparing, trimming, reading
 */
#include "unit.h"

struct pair_case {
	const char	*name;
	struct slice	 a, b;
	int		 order;		/* of slice_cmp: -1, 0, 1 */
	bool		 same_nocase, starts, ends;	/* a with b */
};

static const struct pair_case pairs[] = {
	{ "both empty", { NULL, 0 }, { "", 0 }, 0, true, true, true },
	{ "empty begins and ends all", { "x", 1 }, { NULL, 0 }, 1, false, true, true },
	{ "nothing begins empty", { NULL, 0 }, { "x", 1 }, -1, false, false, false },
	{ "equal", { "abc", 3 }, { "abc", 3 }, 0, true, true, true },
	{ "case", { "aBc", 3 }, { "AbC", 3 }, 1, true, false, false },
	{ "beginning", { "abc", 3 }, { "ab", 2 }, 1, false, true, false },
	{ "end", { "abc", 3 }, { "bc", 2 }, -1, false, false, true },
	{ "bytes are unsigned", { "\xC3", 1 }, { "z", 1 }, 1, false, false, false },
	{ "@ is no ` in another case", { "@", 1 }, { "`", 1 }, -1, false, false, false },
	{ "a NUL counts", { "a\0b", 3 }, { "a\0c", 3 }, -1, false, false, false },
};

static void
test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(pairs); i++) {
		const struct pair_case *c = &pairs[i];
		int order = slice_cmp(c->a, c->b), back = slice_cmp(c->b, c->a);

		UNIT_CHECK(c->name, (order > 0) - (order < 0) == c->order);
		UNIT_CHECK(c->name, (back > 0) - (back < 0) == -c->order);
		UNIT_CHECK(c->name, slice_eq(c->a, c->b) == (c->order == 0));
		UNIT_CHECK(c->name, slice_eq_nocase(c->a, c->b) == c->same_nocase);
		UNIT_CHECK(c->name, slice_starts(c->a, c->b) == c->starts);
		UNIT_CHECK(c->name, slice_ends(c->a, c->b) == c->ends);
	}
}

struct trim_case {
	const char	*name;
	struct slice	 in, out;
};

static const struct trim_case trims[] = {
	{ "nothing", { NULL, 0 }, { "", 0 } },
	{ "blanks alone", { " \t\r\n", 4 }, { "", 0 } },
	{ "both ends", { " \ta b\r\n", 7 }, { "a b", 3 } },
	{ "no blanks", { "ab", 2 }, { "ab", 2 } },
};

static void
test_trim(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(trims); i++)
		UNIT_SAME(trims[i].name, slice_trim(trims[i].in), trims[i].out);
}

static void
test_find(void **state)
{
	(void)state;
	assert_int_equal(slice_find(SLICE("a=b=c"), '='), 1);
	assert_int_equal(slice_find(SLICE("abc"), '='), 3);
	assert_int_equal(slice_find(slice_make(NULL, 0), '='), 0);
}

struct number_case {
	const char	*text;
	int		 result;
	uint64_t	 v;
};

static const struct number_case numbers[] = {
	{ "0", 0, 0 }, { "007", 0, 7 }, { "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -1, 0 }, { "184467440737095516150", -1, 0 },
	{ "99999999999999999999", -1, 0 }, { "", -1, 0 }, { "-1", -1, 0 }, { "+1", -1, 0 },
	{ "1 ", -1, 0 }, { "1x", -1, 0 }, { "1.0", -1, 0 },
};

static void
test_to_u64(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(numbers); i++) {
		const struct number_case *c = &numbers[i];
		uint64_t v = 0;

		UNIT_CHECK(c->text, slice_to_u64(slice_from(c->text), &v) == c->result);
		UNIT_CHECK(c->text, v == c->v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_to_u64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
