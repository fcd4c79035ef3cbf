/*
 * tests/unit/model_zone_test.c - time zones from TZif bytes made here: listed changes, rules, gaps
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "model/zone.h"

#define N_OF(array)	(sizeof(array) / sizeof((array)[0]))
#define NS		INT64_C(1000000000)

struct change {
	int64_t		 at;
	int		 offset;	/* from then on */
};

static void
put_header(struct buf *out, char version, size_t n_changes, size_t n_kinds)
{
	buf_puts(out, "TZif");
	buf_putc(out, version);
	for (int i = 0; i < 15; i++)
		buf_putc(out, '\0');
	buf_put_be32(out, 0);
	buf_put_be32(out, 0);
	buf_put_be32(out, 0);
	buf_put_be32(out, (uint32_t)n_changes);
	buf_put_be32(out, (uint32_t)n_kinds);
	buf_put_be32(out, 4);
}

/*
 * A file of version 2: an empty first half, then a kind for each change and one for before.
 */
static void
put_file(struct buf *out, int before, const struct change *changes, size_t n, const char *rule)
{
	put_header(out, '2', 0, 1);
	buf_put(out, "\0\0\0\0\0\0XXX", 10);
	put_header(out, '2', n, n + 1);
	for (size_t i = 0; i < n; i++)
		buf_put_be64(out, (uint64_t)changes[i].at);
	for (size_t i = 0; i < n; i++)
		buf_putc(out, (char)(i + 1));
	for (size_t i = 0; i <= n; i++) {
		buf_put_be32(out, (uint32_t)(i == 0 ? before : changes[i - 1].offset));
		buf_putc(out, '\0');
		buf_putc(out, '\0');
	}
	buf_put(out, "XXX", 4);
	buf_printf(out, "\n%s\n", rule);
}

static const struct zone *
make_zone(struct arena *arena, int before, const struct change *changes, size_t n, const char *rule)
{
	struct buf file = { 0 };
	struct zone *zone = NULL;
	struct err err;

	put_file(&file, before, changes, n, rule);
	assert_int_equal(zone_parse(buf_slice(&file), arena, &zone, &err), 0);
	buf_free(&file);
	return zone;
}

static const struct {
	const char	*name;
	const char	*rule;
	int64_t		 at;
	int		 offset;
} rule_cases[] = {
	{ "winter in Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", 1609459200, 3600 },
	{ "a second before summer", "CET-1CEST,M3.5.0,M10.5.0/3", 1616893199, 3600 },
	{ "summer", "CET-1CEST,M3.5.0,M10.5.0/3", 1616893200, 7200 },
	{ "its last second", "CET-1CEST,M3.5.0,M10.5.0/3", 1635641999, 7200 },
	{ "winter again", "CET-1CEST,M3.5.0,M10.5.0/3", 1635642000, 3600 },
	{ "far ahead", "CET-1CEST,M3.5.0,M10.5.0/3", 7273756800, 7200 },
	{ "before 1970", "CET-1CEST,M3.5.0,M10.5.0/3", -1, 3600 },
	{ "New York in summer", "EST5EDT,M3.2.0,M11.1.0", 1625097600, -14400 },
	{ "the south: summer at new year", "AEST-10AEDT,M10.1.0,M4.1.0/3", 1609459200, 39600 },
	{ "the south: winter in July", "AEST-10AEDT,M10.1.0,M4.1.0/3", 1625097600, 36000 },
	{ "no summer", "<+0530>-5:30", 1625097600, 19800 },
	{ "names in brackets", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", 1625097600, -7200 },
	{ "a rule by day of the year, J60 is March 1", "A0B,J60/0,J300/0", 1583020800, 3600 },
	{ "the second before", "A0B,J60/0,J300/0", 1583020799, 0 },
	{ "from 0, with February 29", "A0B,60/0,300/0", 1583020800, 3600 },
	{ "and in a year without", "A0B,60/0,300/0", 1614556800, 0 },
	{ "summer of half an hour", "LHST-10:30LHDT-11,M10.1.0,M4.1.0", 1609459200, 39600 },
};

static void
test_rules(void **state)
{
	struct arena *arena = arena_new(4096);

	(void)state;
	for (size_t i = 0; i < N_OF(rule_cases); i++) {
		const struct zone *zone = make_zone(arena, 0, NULL, 0, rule_cases[i].rule);
		int got = zone_offset(zone, rule_cases[i].at * NS);

		if (got != rule_cases[i].offset)
			print_error("%s\n", rule_cases[i].name);
		assert_int_equal(got, rule_cases[i].offset);
	}
	arena_free(arena);
}

static void
test_changes(void **state)
{
	static const struct change changes[] = { { -100, 60 }, { 100, 3600 }, { 200, 7200 } };
	static const struct {
		int64_t	 at;
		int	 offset;
	} cases[] = {
		{ INT64_MIN / NS, -300 }, { -101, -300 }, { -100, 60 }, { 99, 60 }, { 100, 3600 },
		{ 199, 3600 }, { 200, 7200 }, { INT64_MAX / NS, 7200 },
	};
	struct arena *arena = arena_new(4096);
	const struct zone *zone = make_zone(arena, -300, changes, 3, "");

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		assert_int_equal(zone_offset(zone, cases[i].at * NS), cases[i].offset);
	assert_int_equal(zone_offset(zone, 100 * NS - 1), 60);
	assert_int_equal(zone_offset_ns(zone, 100 * NS), 3600 * NS);
	assert_int_equal(zone_offset(NULL, 12345), 0);
	zone = make_zone(arena, -300, changes, 3, "CET-1");
	assert_int_equal(zone_offset(zone, 250 * NS), 3600);
	arena_free(arena);
}

static void
test_to_utc(void **state)
{
	struct arena *arena = arena_new(4096);
	const struct zone *berlin = make_zone(arena, 0, NULL, 0, "CET-1CEST,M3.5.0,M10.5.0/3");
	const struct zone *york = make_zone(arena, 0, NULL, 0, "EST5EDT,M3.2.0,M11.1.0");

	(void)state;
	assert_int_equal(zone_to_utc(NULL, 5), 5);
	/* midnight of 2021-03-28, then 02:30, which was skipped */
	assert_int_equal(zone_to_utc(berlin, 1616889600 * NS), 1616886000 * NS);
	assert_int_equal(zone_to_utc(berlin, 1616898600 * NS), 1616895000 * NS);
	/* 02:30 of 2021-10-31 came twice: east the later one */
	assert_int_equal(zone_to_utc(berlin, 1635647400 * NS), 1635643800 * NS);
	/* 01:30 of 2021-11-07 came twice: west the first one */
	assert_int_equal(zone_to_utc(york, 1636248600 * NS), 1636263000 * NS);
	assert_int_equal(zone_to_utc(berlin, 1616889600 * NS + 7), 1616886000 * NS + 7);
	assert_int_equal(zone_to_utc(berlin, INT64_MIN), INT64_MIN);
	assert_int_equal(zone_to_utc(york, INT64_MAX), INT64_MAX);
	arena_free(arena);
}

/*
 * Every beginning of a file, and every file with one byte changed, is read or refused.
 */
static void
test_damaged_files(void **state)
{
	static const struct change changes[] = { { -100, 60 }, { 100, 3600 } };
	struct arena *arena = arena_new(4096);
	struct buf file = { 0 };
	struct zone *zone;
	struct err err;

	(void)state;
	put_file(&file, 0, changes, 2, "CET-1CEST,M3.5.0,M10.5.0/3");
	for (size_t n = 0; n < file.n; n++) {
		char *copy = test_malloc(n + 1);

		memcpy(copy, file.p, n);
		if (zone_parse(slice_make(copy, n), arena, &zone, &err) == 0)
			(void)zone_offset(zone, 1616893200 * NS);
		for (int bit = 0; n != 0 && bit < 8; bit++) {
			file.p[n] ^= (char)(1 << bit);
			if (zone_parse(buf_slice(&file), arena, &zone, &err) == 0)
				(void)zone_to_utc(zone, 1616893200 * NS);
			file.p[n] ^= (char)(1 << bit);
		}
		test_free(copy);
		arena_reset(arena);
	}
	assert_int_equal(zone_parse(SLICE("no such thing"), arena, &zone, &err), -1);
	assert_string_equal(err.text, "not a time zone file");
	buf_free(&file);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_to_utc),
		cmocka_unit_test(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
