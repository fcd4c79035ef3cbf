/*
 * tests/unit/model_rfc3339_test.c - times as text and back
 */
#include "unit.h"

#include <time.h>

#include "model/rfc3339.h"

struct put_case {
	int64_t		 ns;
	int		 offset_s;
	const char	*text;
};

static const struct put_case puts_cases[] = {
	{ 0, 0, "1970-01-01T00:00:00Z" },
	{ 1, 0, "1970-01-01T00:00:00.000000001Z" },
	{ -1, 0, "1969-12-31T23:59:59.999999999Z" },
	{ 100000000, 0, "1970-01-01T00:00:00.1Z" },
	{ 120000000, 0, "1970-01-01T00:00:00.12Z" },
	{ 123456000, 0, "1970-01-01T00:00:00.123456Z" },
	{ 10, 0, "1970-01-01T00:00:00.00000001Z" },
	{ INT64_C(951782400000000000), 0, "2000-02-29T00:00:00Z" },
	{ INT64_C(951868799000000000), 0, "2000-02-29T23:59:59Z" },
	{ INT64_C(4107542400000000000), 0, "2100-03-01T00:00:00Z" },
	{ INT64_MIN, 0, "1677-09-21T00:12:43.145224192Z" },
	{ INT64_MAX, 0, "2262-04-11T23:47:16.854775807Z" },
	{ INT64_MIN, -43200, "1677-09-20T12:12:43.145224192-12:00" },
	{ INT64_MAX, 50400, "2262-04-12T13:47:16.854775807+14:00" },
	{ INT64_C(1553994000000000000), 7200, "2019-03-31T03:00:00+02:00" },
	{ 0, 19800, "1970-01-01T05:30:00+05:30" },
	{ 0, 1172, "1970-01-01T00:19:32+00:19" },
	{ 0, -30, "1969-12-31T23:59:30+00:00" },
};

static void
test_put(void **state)
{
	struct rfc3339_day day = { 0 };
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_N(puts_cases); i++) {
		buf_reset(&b);
		rfc3339_put(&b, &day, puts_cases[i].ns, puts_cases[i].offset_s);
		UNIT_SAME(puts_cases[i].text, buf_slice(&b), slice_from(puts_cases[i].text));
	}
	buf_free(&b);
}

/*
 * Random times, printed as the C library does, and read back as they were.
 */
static void
test_random(void **state)
{
	struct rfc3339_day day = { 0 };
	struct buf b = { 0 };
	uint64_t seed = 12;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		int64_t ns = (int64_t)unit_random(&seed) / (i % 2 + 1), back = 0;
		time_t seconds = (time_t)(ns / 1000000000 - (ns % 1000000000 < 0));
		char want[64];
		bool has_zone;
		struct tm tm;

		buf_reset(&b);
		rfc3339_put(&b, &day, ns, 0);
		gmtime_r(&seconds, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm);
		UNIT_SAME(want, slice_make(b.p, 19), slice_from(want));
		UNIT_CHECK(want, rfc3339_parse(buf_slice(&b), &back, &has_zone) == RFC3339_OK);
		UNIT_CHECK(want, back == ns && has_zone);
	}
	buf_free(&b);
}

struct parse_case {
	const char		*text;
	enum rfc3339_result	 result;
	int64_t			 ns;
	bool			 has_zone;
};

#define DAY INT64_C(1580428800000000000)	/* 2020-01-31 */

static const struct parse_case parse_cases[] = {
	{ "2020-01-31", RFC3339_OK, DAY, false },
	{ "2020-01-31 15:04:05", RFC3339_OK, DAY + INT64_C(54245000000000), false },
	{ "2020-01-31 5:04:05", RFC3339_OK, DAY + INT64_C(18245000000000), false },
	{ "2020-01-31 00:00:00.5", RFC3339_OK, DAY + 500000000, false },
	{ "2020-01-31 00:00:00.123456789", RFC3339_OK, DAY + 123456789, false },
	{ "2020-01-31T00:00:00Z", RFC3339_OK, DAY, true },
	{ "2020-01-31T00:00:00.000000001Z", RFC3339_OK, DAY + 1, true },
	{ "2020-01-31T01:00:00+01:00", RFC3339_OK, DAY, true },
	{ "2020-01-30T18:30:00.25-05:30", RFC3339_OK, DAY + 250000000, true },
	{ "2000-02-29", RFC3339_OK, INT64_C(951782400000000000), false },
	{ "1677-09-21T00:12:43.145224192Z", RFC3339_OK, INT64_MIN, true },
	{ "1677-09-21T00:12:43.145224191Z", RFC3339_OVERFLOW, INT64_MIN, true },
	{ "2262-04-11T23:47:16.854775807Z", RFC3339_OK, INT64_MAX, true },
	{ "2262-04-11T23:47:16.854775808Z", RFC3339_OVERFLOW, INT64_MAX, true },
	{ "0000-01-01", RFC3339_OVERFLOW, INT64_MIN, false },
	{ "9999-12-31 23:59:59", RFC3339_OVERFLOW, INT64_MAX, false },
	{ "", RFC3339_NOT_A_TIME, 0, false },
	{ "now", RFC3339_NOT_A_TIME, 0, false },
	{ "2020-1-31", RFC3339_NOT_A_TIME, 0, false },
	{ "2020-01-3", RFC3339_NOT_A_TIME, 0, false },
	{ "20200131", RFC3339_NOT_A_TIME, 0, false },
	{ "2020-01-31\n", RFC3339_NOT_A_TIME, 0, false },
	{ "2020-13-01", RFC3339_BAD_TIME, 0, false },
	{ "2020-00-01", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-00", RFC3339_BAD_TIME, 0, false },
	{ "2020-04-31", RFC3339_BAD_TIME, 0, false },
	{ "2019-02-29", RFC3339_BAD_TIME, 0, false },
	{ "1900-02-29", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 24:00:00", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 00:60:00", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 00:00:60", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 00:00", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 00:00:00.", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 00:00:00.1234567890", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 00:00:00Z", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31T00:00:00", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31T00:00:00z", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31T00:00:00+0100", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31T00:00:00+24:00", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31T00:00:00Zx", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31 ", RFC3339_BAD_TIME, 0, false },
	{ "2020-01-31x", RFC3339_BAD_TIME, 0, false },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		int64_t ns = 0;
		bool has_zone;

		UNIT_CHECK(c->text, rfc3339_parse(slice_from(c->text), &ns, &has_zone) == c->result);
		UNIT_CHECK(c->text, ns == c->ns);
		UNIT_CHECK(c->text, has_zone == c->has_zone);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
