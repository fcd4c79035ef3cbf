/*
 * tests/unit/query_window_test.c - where windows of GROUP BY time begin and end
 */
#include "unit.h"

#include "model/precision.h"
#include "query/window.h"

static const struct {
	const char	*name;
	int64_t		 interval, offset, t;
	int64_t		 start, end;
} cases[] = {
	{ "on a start", 10, 0, 20, 20, 30 },
	{ "just before one", 10, 0, 19, 10, 20 },
	{ "before 1970", 10, 0, -1, -10, 0 },
	{ "an offset", 10, 3, 20, 13, 23 },
	{ "a negative offset", 10, -3, 16, 7, 17 },
	{ "an offset before 1970", 10, 3, -8, -17, -7 },
	{ "the end of time", 10, 0, TIME_MAX, TIME_MAX / 10 * 10, TIME_MAX },
	{ "the beginning of time", 10, 0, TIME_MIN, TIME_MIN, TIME_MIN / 10 * 10 },
	{ "wider than time", INT64_MAX, 0, 5, 0, TIME_MAX },
};

static void
bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		struct window w = { cases[i].interval, cases[i].offset, NULL, 0 };
		int64_t start, end;

		query_window_of(&w, cases[i].t, &start, &end);
		if (start != cases[i].start || end != cases[i].end)
			fail_msg("%s: %lld to %lld", cases[i].name, (long long)start,
			    (long long)end);
	}
}

/*
 * Every time lies in its window, and the windows of neighbours touch.
 */
static void
windows_cover_time(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t interval = (int64_t)(unit_random(&seed) % 1000) + 1;
		int64_t offset = (int64_t)(unit_random(&seed) % 2000 - 1000) % interval;
		struct window w = { interval, offset, NULL, 0 };
		int64_t t = (int64_t)(unit_random(&seed) % 100000) - 50000, start, end, next, after;

		query_window_of(&w, t, &start, &end);
		assert_true(start <= t && t < end);
		assert_int_equal(end - start, interval);
		query_window_of(&w, end, &next, &after);
		assert_int_equal(next, end);
	}
}

static void
steps(void **state)
{
	struct window w = { 10, 0, NULL, 0 };
	int64_t zone = 0;

	(void)state;
	assert_int_equal(query_window_step(&w, 20, false, &zone), 30);
	assert_int_equal(query_window_step(&w, 20, true, &zone), 10);
	assert_int_equal(query_window_step(&w, TIME_MAX - 5, false, &zone), TIME_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds),
		cmocka_unit_test(windows_cover_time),
		cmocka_unit_test(steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
