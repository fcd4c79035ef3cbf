/*
 * tests/unit/query_calendar_test.c - GROUP BY time(1mo) and time(1y), and OR between times
 *
 * Starts of months are compared with dates written out; answers were worked out by hand from the
 * few points below.
 */
#include "unit.h"

#include "model/precision.h"
#include "model/rfc3339.h"
#include "query/calendar.h"
#include "query/query_priv.h"
#include "query_answers.h"

static struct answers answers;

/* ---- where windows begin ---- */

static const struct {
	const char	*zone;
	int64_t		 months;
	const char	*time, *start, *end;
} windows[] = {
	{ "", 1, "2020-02-29T12:00:00Z", "2020-02-01T00:00:00Z", "2020-03-01T00:00:00Z" },
	{ "", 1, "2020-02-01T00:00:00Z", "2020-02-01T00:00:00Z", "2020-03-01T00:00:00Z" },
	{ "", 1, "2020-01-31T23:59:59Z", "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z" },
	{ "", 1, "1969-12-31T23:59:59Z", "1969-12-01T00:00:00Z", "1970-01-01T00:00:00Z" },
	{ "", 1, "1900-03-01T00:00:00Z", "1900-03-01T00:00:00Z", "1900-04-01T00:00:00Z" },
	{ "", 1, "1900-02-28T23:59:59Z", "1900-02-01T00:00:00Z", "1900-03-01T00:00:00Z" },
	{ "", 1, "2100-02-28T23:59:59Z", "2100-02-01T00:00:00Z", "2100-03-01T00:00:00Z" },
	{ "", 3, "2020-05-10T00:00:00Z", "2020-04-01T00:00:00Z", "2020-07-01T00:00:00Z" },
	{ "", 3, "1969-05-10T00:00:00Z", "1969-04-01T00:00:00Z", "1969-07-01T00:00:00Z" },
	{ "", 12, "2020-12-31T23:59:59Z", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z" },
	{ "", 5, "1970-06-01T00:00:00Z", "1970-06-01T00:00:00Z", "1970-11-01T00:00:00Z" },
	{ "", 120, "1969-12-31T00:00:00Z", "1960-01-01T00:00:00Z", "1970-01-01T00:00:00Z" },
	{ "Europe/Berlin", 1, "2020-03-15T00:00:00Z", "2020-02-29T23:00:00Z",
	    "2020-03-31T22:00:00Z" },
	{ "Europe/Berlin", 1, "2020-03-31T22:00:00Z", "2020-03-31T22:00:00Z",
	    "2020-04-30T22:00:00Z" },
	{ "Europe/Berlin", 12, "2019-12-31T23:30:00Z", "2019-12-31T23:00:00Z",
	    "2020-12-31T23:00:00Z" },
	{ "America/New_York", 1, "2020-11-01T03:59:59Z", "2020-10-01T04:00:00Z",
	    "2020-11-01T04:00:00Z" },
	{ "America/New_York", 1, "2020-11-30T00:00:00Z", "2020-11-01T04:00:00Z",
	    "2020-12-01T05:00:00Z" },
	/* the first hour of November is shown twice: it begins with the first of them */
	{ "America/Havana", 1, "2015-11-01T05:30:00Z", "2015-11-01T04:00:00Z",
	    "2015-12-01T05:00:00Z" },
	{ "America/Havana", 1, "2015-11-01T03:59:59Z", "2015-10-01T04:00:00Z",
	    "2015-11-01T04:00:00Z" },
	/* the first hour of October is skipped */
	{ "America/Asuncion", 1, "2017-10-01T04:00:00Z", "2017-10-01T04:00:00Z",
	    "2017-11-01T03:00:00Z" },
	{ "America/Asuncion", 1, "2017-10-01T03:59:59Z", "2017-09-01T04:00:00Z",
	    "2017-10-01T04:00:00Z" },
	/* the clock is put back, or forward, on the day before and on the first itself */
	{ "America/New_York", 1, "2021-10-31T12:00:00Z", "2021-10-01T04:00:00Z",
	    "2021-11-01T04:00:00Z" },
	{ "Europe/Berlin", 1, "2019-03-31T12:00:00Z", "2019-02-28T23:00:00Z",
	    "2019-03-31T22:00:00Z" },
	{ "Europe/Berlin", 1, "1979-10-01T12:00:00Z", "1979-09-30T23:00:00Z",
	    "1979-10-31T23:00:00Z" },
	{ "Australia/Sydney", 1, "2018-04-01T03:00:00Z", "2018-03-31T13:00:00Z",
	    "2018-04-30T14:00:00Z" },
};

static int64_t
time_of(const char *text)
{
	bool has_zone;
	int64_t ns;

	assert_int_equal(rfc3339_parse(slice_from(text), &ns, &has_zone), RFC3339_OK);
	return ns;
}

static const struct zone *
zone_named(struct arena *arena, const char *name)
{
	const struct zone *zone = NULL;
	struct err err;

	if (query_zone_find(slice_from(name), arena, &zone, &err) != 0)
		fail_msg("%s", err.text);
	return zone;
}

static void
windows_are_months(void **state)
{
	struct arena *arena = arena_new(4096);

	(void)state;
	for (size_t i = 0; i < UNIT_N(windows); i++) {
		struct window w = { .interval = windows[i].months * WINDOW_MONTH_NS,
		    .months = windows[i].months, .zone = zone_named(arena, windows[i].zone) };
		int64_t start, end, zone = 0;

		query_window_of(&w, time_of(windows[i].time), &start, &end);
		if (start != time_of(windows[i].start) || end != time_of(windows[i].end))
			fail_msg("%s %s: %lld to %lld", windows[i].zone, windows[i].time,
			    (long long)(start / 1000000000), (long long)(end / 1000000000));
		assert_int_equal(query_window_step(&w, start, false, &zone), end);
		assert_int_equal(query_window_step(&w, end, true, &zone), start);
	}
	arena_free(arena);
}

/*
 * Every time lies in its window, and the windows of neighbours touch, to the ends of time.
 */
static void
windows_divide_time(void **state)
{
	static const char *const zones[] = { "", "Europe/Berlin", "America/Havana", "Asia/Gaza",
	    "Pacific/Apia", "Australia/Lord_Howe" };
	struct arena *arena = arena_new(4096);
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 60000; i++) {
		struct window w = { .interval = 1, .months = (int64_t)(unit_random(&seed) % 30) + 1 };
		int64_t t = (int64_t)unit_random(&seed), start, end, next, after;

		if (i % 20 == 0)
			w.zone = zone_named(arena, zones[i / 20 % UNIT_N(zones)]);
		if (t < TIME_MIN || t > TIME_MAX)
			continue;
		query_window_of(&w, t, &start, &end);
		assert_true(start <= t && t < end);
		if (end == TIME_MAX)
			continue;
		assert_int_equal(query_window_back(&w, t, -1), end);
		query_window_of(&w, end, &next, &after);
		assert_int_equal(next, end);
		query_window_of(&w, end - 1, &next, &after);
		assert_int_equal(next, start);
	}
	arena_free(arena);
}

static void
ends_of_time(void **state)
{
	struct window w = { .interval = 1, .months = WINDOW_MONTHS_MAX };
	int64_t start, end;

	(void)state;
	query_window_of(&w, TIME_MAX, &start, &end);
	assert_int_equal(start, 0);
	assert_int_equal(end, TIME_MAX);
	query_window_of(&w, TIME_MIN, &start, &end);
	assert_int_equal(start, TIME_MIN);
	assert_int_equal(end, 0);
	w.months = 1;
	query_window_of(&w, TIME_MIN, &start, &end);
	assert_int_equal(start, TIME_MIN);
	assert_int_equal(query_window_back(&w, 0, INT64_MAX), TIME_MIN);
	assert_int_equal(query_window_back(&w, 0, INT64_MIN), TIME_MAX);
}

/* ---- answers ---- */

/*
 *     2019-12-31T23:30:00Z 1   2020-01-01 2   2020-01-31T23:59:59Z 3
 *     2020-02-29T12:00:00Z 4   2020-03-31T22:30:00Z 5   2020-05-10 6
 *
 * In Berlin the first falls into January, the third into February and the fifth into April.
 */
static const char points[] =
    "rain,at=a v=1i 1577835000\n"
    "rain,at=b v=2i 1577836800\n"
    "rain,at=a v=3i 1580515199\n"
    "rain,at=b v=4i 1582977600\n"
    "rain,at=a v=5i 1585693800\n"
    "rain,at=b v=6i 1589068800\n";

#define RANGE	"WHERE time >= '2019-12-01' AND time < '2020-06-01' "

static const struct {
	const char	*text, *answer;
} cases[] = {
	{ "SELECT sum(v) FROM rain " RANGE "GROUP BY time(1mo)",
	    "0 rain(time,sum): 1575158400,1; 1577836800,5; 1580515200,4; 1583020800,5; "
	    "1585699200,null; 1588291200,6;\n" },
	{ "SELECT sum(v) FROM rain WHERE time >= '2020-01-01' AND time < '2020-06-01' "
	    "GROUP BY time(1mo) tz('Europe/Berlin')",
	    "0 rain(time,sum): 1577833200,3; 1580511600,7; 1583017200,null; 1585692000,5; "
	    "1588284000,6;\n" },
	{ "SELECT sum(v), max(v), count(v) FROM rain " RANGE "GROUP BY time(3mo)",
	    "0 rain(time,sum,max,count): 1569888000,1,1,1; 1577836800,14,5,4; "
	    "1585699200,6,6,1;\n" },
	{ "SELECT sum(v) FROM rain " RANGE "GROUP BY time(1y)",
	    "0 rain(time,sum): 1546300800,1; 1577836800,20;\n" },
	{ "SELECT sum(v) FROM rain " RANGE "GROUP BY time(12mo) tz('Europe/Berlin')",
	    "0 rain(time,sum): 1546297200,null; 1577833200,21;\n" },
	{ "SELECT sum(v) FROM rain GROUP BY time(1y) fill(none)",
	    "0 rain(time,sum): 1546300800,1; 1577836800,20;\n" },
	{ "SELECT median(v) FROM rain " RANGE "GROUP BY time(1y), at",
	    "0 rain{at=a}(time,median): 1546300800,1; 1577836800,4;\n"
	    "0 rain{at=b}(time,median): 1546300800,null; 1577836800,4;\n" },

	/* fills */
	{ "SELECT sum(v) FROM rain " RANGE "GROUP BY time(1mo) fill(none)",
	    "0 rain(time,sum): 1575158400,1; 1577836800,5; 1580515200,4; 1583020800,5; "
	    "1588291200,6;\n" },
	{ "SELECT mean(v) FROM rain " RANGE "AND at = 'a' GROUP BY time(1mo) fill(linear)",
	    "0 rain(time,mean): 1575158400,1; 1577836800,3; 1580515200,4; 1583020800,5; "
	    "1585699200,null; 1588291200,null;\n" },
	{ "SELECT count(v) FROM rain " RANGE "AND at = 'a' GROUP BY time(1mo) fill(7)",
	    "0 rain(time,count): 1575158400,1; 1577836800,1; 1580515200,7; 1583020800,1; "
	    "1585699200,7; 1588291200,7;\n" },
	{ "SELECT last(v) FROM rain " RANGE "AND at = 'a' GROUP BY time(1mo) fill(previous)",
	    "0 rain(time,last): 1575158400,1; 1577836800,3; 1580515200,3; 1583020800,5; "
	    "1585699200,5; 1588291200,5;\n" },

	/* order and limits */
	{ "SELECT sum(v) FROM rain " RANGE "GROUP BY time(1mo) ORDER BY time DESC LIMIT 3",
	    "0 rain(time,sum): 1588291200,6; 1585699200,null; 1583020800,5;\n" },
	{ "SELECT sum(v) FROM rain " RANGE "GROUP BY time(1mo) LIMIT 2 OFFSET 1",
	    "0 rain(time,sum): 1577836800,5; 1580515200,4;\n" },
	{ "SELECT sum(v) FROM rain " RANGE "GROUP BY time(1mo) fill(none) "
	    "ORDER BY time DESC LIMIT 2 OFFSET 1",
	    "0 rain(time,sum): 1583020800,5; 1580515200,4;\n" },
	{ "SELECT sum(v) FROM rain WHERE time >= '2020-01-01' AND time < '2020-06-01' "
	    "GROUP BY time(1mo) ORDER BY time DESC LIMIT 2 OFFSET 1 tz('Europe/Berlin')",
	    "0 rain(time,sum): 1585692000,5; 1583017200,null;\n" },
	{ "SELECT sum(v) FROM rain WHERE time >= '1700-01-01' AND time < '2020-06-01' "
	    "GROUP BY time(1mo)",
	    "0 !max-select-buckets limit exceeded: (3845/1000)\n" },

	/* of the windows: differences, an area, a forecast, another SELECT */
	{ "SELECT difference(sum(v)) FROM rain WHERE time >= '2020-01-15' AND time < '2020-03-01' "
	    "GROUP BY time(1mo)",
	    "0 rain(time,difference): 1577836800,4; 1580515200,-1;\n" },
	{ "SELECT difference(sum(v)) FROM rain WHERE time >= '2020-01-01' AND time < '2020-02-10' "
	    "GROUP BY time(1mo) ORDER BY time DESC",
	    "0 rain(time,difference): 1580515200,-1; 1577836800,1;\n" },
	{ "SELECT derivative(sum(v), 1d) FROM rain WHERE time >= '2020-02-01' AND "
	    "time < '2020-03-01' GROUP BY time(1mo)",
	    "0 rain(time,derivative): 1580515200,-0.03225806451612903;\n" },
	{ "SELECT derivative(sum(v)) FROM rain GROUP BY time(1mo)",
	    "0 !derivative over calendar windows needs a unit, as in derivative(mean(v), 1d)\n" },
	{ "SELECT max(sum) FROM (SELECT sum(v) FROM rain " RANGE "GROUP BY time(1mo)) " RANGE
	    "GROUP BY time(1y)",
	    "0 rain(time,max): 1546300800,1; 1577836800,6;\n" },
	{ "SELECT sum(v) FROM (SELECT v FROM rain) " RANGE "GROUP BY time(1y)",
	    "0 rain(time,sum): 1546300800,1; 1577836800,20;\n" },

	/* what cannot be */
	{ "SELECT sum(v) FROM rain GROUP BY time(1mo, 1d)",
	    "0 !calendar windows of time() begin with a month and cannot have an offset\n" },
	{ "SELECT sum(v) FROM rain GROUP BY time(0mo)",
	    "0 !calendar windows of time() must be between 1mo and 1000y\n" },
	{ "SELECT sum(v) FROM rain GROUP BY time(1001y)",
	    "0 !calendar windows of time() must be between 1mo and 1000y\n" },
	{ "SELECT sum(v) FROM rain GROUP BY time(-1y)",
	    "0 !time dimension must have duration argument\n" },
	{ "SELECT sum(v) FROM rain GROUP BY time(1d, 1mo)",
	    "0 !time dimension offset must be duration or now()\n" },
	{ "SELECT sum(v) FROM rain GROUP BY time(1mo), time(1y)",
	    "0 !multiple time dimensions not allowed\n" },
	{ "SELECT v FROM rain GROUP BY time(1mo)",
	    "0 !GROUP BY requires at least one aggregate function\n" },
};

#define OR_TEXT	"~OR between conditions on time acts as AND: a statement has one range of times, " \
		"which meets all of them; ask for several ranges in several statements\n"

static const struct {
	const char	*text, *answer;
} ors[] = {
	{ "SELECT v FROM rain WHERE time < '2020-01-01' OR time > '2020-04-01'", "0 " OR_TEXT },
	{ "SELECT v FROM rain WHERE time >= '2020-01-01' OR (at = 'b' AND time < '2020-02-01')",
	    "0 rain(time,v): 1577836800,2;\n0 " OR_TEXT },
	{ "SELECT max(v) FROM (SELECT v FROM rain WHERE time > 0 OR (time < 9)) WHERE v > 0",
	    "0 " OR_TEXT },
	{ "DELETE FROM rain WHERE time < '2019-01-01' OR time > '2021-01-01'", "0 " OR_TEXT },
	{ "SELECT v FROM rain WHERE time > '2020-05-01' AND (at = 'a' OR at = 'b')",
	    "0 rain(time,v): 1589068800,6;\n" },
	{ "SELECT v FROM rain WHERE (at = 'a' OR v > 5) AND time > '2020-05-01'",
	    "0 rain(time,v): 1589068800,6;\n" },
};

static void
check(const char *text, const char *want)
{
	const char *got = answers_query(&answers, "d", text);

	if (strcmp(got, want) != 0)
		fail_msg("%s\ngot:  %swant: %s", text, got, want);
}

static void
statements(void **state)
{
	(void)state;
	answers.request.limits.max_windows = 1000;
	for (size_t i = 0; i < UNIT_N(cases); i++)
		check(cases[i].text, cases[i].answer);
}

/*
 * The line between two windows goes by their number, and a forecast goes on in whole months.
 */
static void
forecasts_are_months(void **state)
{
	const char *got = answers_query(&answers, "d", "SELECT holt_winters(sum(v), 2, 0) FROM rain "
	    RANGE "AND v < 6 GROUP BY time(1mo)");

	(void)state;
	assert_non_null(strstr(got, "0 rain(time,holt_winters): 1585699200,"));
	assert_non_null(strstr(got, "; 1588291200,"));
}

static void
or_between_times_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(ors); i++)
		check(ors[i].text, ors[i].answer);
}

static int
set_up(void **state)
{
	(void)state;
	answers_open(&answers);
	answers_write(&answers, answers_bucket(&answers, "d"), points);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	answers_close(&answers);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_months),
		cmocka_unit_test(windows_divide_time),
		cmocka_unit_test(ends_of_time),
		cmocka_unit_test(statements),
		cmocka_unit_test(forecasts_are_months),
		cmocka_unit_test(or_between_times_is_told),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
