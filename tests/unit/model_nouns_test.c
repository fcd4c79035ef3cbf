/*
 * tests/unit/model_nouns_test.c - tags, grants, units of time and names of types
 */
#include "unit.h"

#include "model/grants.h"
#include "model/precision.h"
#include "model/tag.h"
#include "model/value.h"

struct decode_case {
	const char	*name;
	struct slice	 bytes;
	int		 n;
};

#define BYTES(literal) { "" literal, sizeof(literal) - 1 }

static const struct decode_case decodes[] = {
	{ "no tags", BYTES(""), 0 },
	{ "one", BYTES("\1k\1v"), 1 },
	{ "two", BYTES("\1a\1v\2ab\1v"), 2 },
	{ "out of order", BYTES("\1b\1v\1a\1v"), -1 },
	{ "a key twice", BYTES("\1a\1v\1a\1w"), -1 },
	{ "an empty value", BYTES("\1a\0"), -1 },
	{ "no value", BYTES("\1a"), -1 },
	{ "a key cut short", BYTES("\5a"), -1 },
	{ "a value cut short", BYTES("\1a\2v"), -1 },
	{ "a length cut short", BYTES("\x81"), -1 },
	{ "a length with a needless byte", BYTES("\x81\0a\1v"), -1 },
	{ "a huge length", BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F""a\1v"), -1 },
	{ "a length without end", BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), -1 },
};

static void
test_decode(void **state)
{
	struct arena *a = arena_new(4096);

	(void)state;
	for (size_t i = 0; i < UNIT_N(decodes); i++) {
		struct buf again = { 0 };
		struct tag *tags;
		int n = tag_set_decode(decodes[i].bytes, a, &tags);

		UNIT_CHECK(decodes[i].name, n == decodes[i].n);
		UNIT_CHECK(decodes[i].name, (tags != NULL) == (n > 0));
		if (n > 0) {
			tag_set_encode(tags, (size_t)n, &again);
			UNIT_SAME(decodes[i].name, buf_slice(&again), decodes[i].bytes);
		}
		buf_free(&again);
	}
	arena_free(a);
}

/*
 * Sets of many sizes, shuffled: sorted, encoded and decoded; long texts, empty values.
 */
static void
test_sort(void **state)
{
	struct arena *a = arena_new(4096);
	uint64_t seed = 8;

	(void)state;
	for (size_t n = 0; n < 100; n++) {
		struct tag *tags = arena_array(a, struct tag, n), *back;
		struct buf bytes = { 0 };

		for (size_t i = 0; i < n; i++) {
			tags[i].key = arena_printf(a, "%0*zu", i % 2 != 0 ? 3 : 200, i);
			tags[i].value = i == 7 ? SLICE("") : arena_printf(a, "%zu", i);
		}
		for (size_t i = n; i > 1; i--) {
			size_t k = unit_random(&seed) % i;
			struct tag swap = tags[i - 1];

			tags[i - 1] = tags[k];
			tags[k] = swap;
		}
		assert_int_equal(tag_set_sort(tags, n), 0);
		for (size_t i = 1; i < n; i++)
			assert_true(slice_cmp(tags[i - 1].key, tags[i].key) < 0);
		tag_set_encode(tags, n, &bytes);
		assert_int_equal(tag_set_decode(buf_slice(&bytes), a, &back), n > 7 ? n - 1 : n);
		if (n > 1) {
			tags[n - 1].key = tags[n / 3].key;
			assert_int_equal(tag_set_sort(tags, n), -1);
		}
		buf_free(&bytes);
		arena_reset(a);
	}
	arena_free(a);
}

static void
test_series_key(void **state)
{
	const struct tag tags[] = {
		{ SLICE("a b"), SLICE("c=d") }, { SLICE("empty"), SLICE("") },
		{ SLICE("k,=k"), SLICE("\\v\"") },
	};
	struct buf b = { 0 };

	(void)state;
	tag_put_series_key(&b, SLICE("m, m=m"), NULL, 0);
	UNIT_SAME("no tags", buf_slice(&b), SLICE("m\\,\\ m=m"));
	buf_reset(&b);
	tag_put_series_key(&b, SLICE("m"), tags, UNIT_N(tags));
	UNIT_SAME("tags", buf_slice(&b), SLICE("m,a\\ b=c\\=d,k\\,\\=k=\\v\""));
	buf_free(&b);
}

static const struct grant some[] = {
	{ GRANT_READ, GRANT_BUCKETS, 7 }, { GRANT_WRITE, GRANT_BUCKETS, 8 },
	{ GRANT_READ | GRANT_WRITE, GRANT_DBRPS, 0 },
};

static const struct grant all[] = {
	{ GRANT_READ, GRANT_BUCKETS, 0 }, { GRANT_WRITE, GRANT_BUCKETS, 0 },
	{ GRANT_READ | GRANT_WRITE, GRANT_DBRPS, 0 },
	{ GRANT_READ | GRANT_WRITE, GRANT_AUTHORIZATIONS, 0 },
};

struct grant_case {
	const char		*name;
	struct grants		 g;
	enum grant_action	 action;
	enum grant_resource	 resource;
	uint64_t		 id;
	bool			 allowed;
};

static const struct grants some_grants = { true, 1, UNIT_N(some), some };
static const struct grants all_grants = { true, 1, UNIT_N(all), all };

static void
test_grants(void **state)
{
	const struct grant_case cases[] = {
		{ "its bucket", some_grants, GRANT_READ, GRANT_BUCKETS, 7, true },
		{ "to read is not to write", some_grants, GRANT_WRITE, GRANT_BUCKETS, 7, false },
		{ "to write is not to read", some_grants, GRANT_READ, GRANT_BUCKETS, 8, false },
		{ "another bucket", some_grants, GRANT_READ, GRANT_BUCKETS, 9, false },
		{ "some are not all", some_grants, GRANT_READ, GRANT_BUCKETS, 0, false },
		{ "all have each", some_grants, GRANT_WRITE, GRANT_DBRPS, 12, true },
		{ "all have all", some_grants, GRANT_WRITE, GRANT_DBRPS, 0, true },
		{ "another resource", some_grants, GRANT_READ, GRANT_AUTHORIZATIONS, 7, false },
		{ "all access", all_grants, GRANT_WRITE, GRANT_BUCKETS, 99, true },
		{ "unknown", { false, 0, UNIT_N(all), all }, GRANT_READ, GRANT_BUCKETS, 7, false },
		{ "none", { true, 0, 0, NULL }, GRANT_READ, GRANT_BUCKETS, 7, false },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		const struct grant_case *c = &cases[i];

		UNIT_CHECK(c->name,
		    grants_allow_resource(&c->g, c->action, c->resource, c->id) == c->allowed);
		UNIT_CHECK(c->name, c->resource != GRANT_BUCKETS ||
		    grants_allow(&c->g, c->action, c->id) == c->allowed);
	}
	assert_true(grants_all_access(&all_grants));
	assert_false(grants_all_access(&some_grants));
	assert_false(grants_all_access(&(struct grants){ true, 1, UNIT_N(all) - 1, all }));
	assert_false(grants_all_access(&(struct grants){ false, 1, UNIT_N(all), all }));
}

struct word_case {
	const char	*word;
	int		 write, epoch;		/* the unit, -1 = refused */
};

static const struct word_case words[] = {
	{ "", PRECISION_AUTO, -1 }, { "auto", PRECISION_AUTO, -1 },
	{ "ns", PRECISION_NS, PRECISION_NS }, { "n", PRECISION_NS, PRECISION_NS },
	{ "nanosecond", PRECISION_NS, -1 }, { "us", PRECISION_US, PRECISION_US },
	{ "u", -1, PRECISION_US }, { "\xC2\xB5", -1, PRECISION_US },
	{ "\xC2\xB5s", -1, PRECISION_US }, { "\xCE\xBC", -1, PRECISION_US },
	{ "microsecond", PRECISION_US, -1 }, { "ms", PRECISION_MS, PRECISION_MS },
	{ "millisecond", PRECISION_MS, -1 }, { "s", PRECISION_S, PRECISION_S },
	{ "second", PRECISION_S, -1 }, { "m", PRECISION_M, PRECISION_M },
	{ "h", PRECISION_H, PRECISION_H }, { "d", -1, -1 }, { "NS", -1, -1 }, { "ns ", -1, -1 },
};

static void
test_words(void **state)
{
	enum precision p;

	(void)state;
	for (size_t i = 0; i < UNIT_N(words); i++) {
		struct slice word = slice_from(words[i].word);

		UNIT_CHECK(words[i].word,
		    (precision_of_write(word, false, &p) == 0 ? (int)p : -1) == words[i].write);
		UNIT_CHECK(words[i].word,
		    (precision_of_epoch(word, &p) == 0 ? (int)p : -1) == words[i].epoch);
	}
	assert_int_equal(precision_of_write(SLICE("u"), true, &p), 0);
	assert_int_equal(p, PRECISION_US);
}

struct time_case {
	int64_t		 t;
	enum precision	 p;
	int		 result;
	int64_t		 ns;
};

static const struct time_case times[] = {
	{ 1, PRECISION_AUTO, 0, 1000000000 },
	{ -1, PRECISION_AUTO, 0, -1000000000 },
	{ INT64_C(4999999999), PRECISION_AUTO, 0, INT64_C(4999999999000000000) },
	{ INT64_C(5000000000), PRECISION_AUTO, 0, INT64_C(5000000000000000) },
	{ INT64_C(4999999999999), PRECISION_AUTO, 0, INT64_C(4999999999999000000) },
	{ INT64_C(5000000000000), PRECISION_AUTO, 0, INT64_C(5000000000000000) },
	{ INT64_C(4999999999999999), PRECISION_AUTO, 0, INT64_C(4999999999999999000) },
	{ INT64_C(-5000000000000000), PRECISION_AUTO, 0, INT64_C(-5000000000000000) },
	{ INT64_MIN, PRECISION_AUTO, -1, 0 },
	{ INT64_MIN + 1, PRECISION_AUTO, -1, 0 },
	{ INT64_MIN + 2, PRECISION_NS, 0, TIME_MIN },
	{ INT64_MAX - 1, PRECISION_AUTO, 0, TIME_MAX },
	{ INT64_MAX, PRECISION_NS, -1, 0 },
	{ 7, PRECISION_NS, 0, 7 },
	{ 7, PRECISION_US, 0, 7000 },
	{ 7, PRECISION_MS, 0, 7000000 },
	{ 7, PRECISION_S, 0, INT64_C(7000000000) },
	{ 7, PRECISION_M, 0, INT64_C(420000000000) },
	{ -7, PRECISION_H, 0, INT64_C(-25200000000000) },
	{ INT64_C(9223372036), PRECISION_S, 0, INT64_C(9223372036000000000) },
	{ INT64_C(9223372037), PRECISION_S, -1, 0 },
	{ INT64_C(-9223372037), PRECISION_S, -1, 0 },
	{ INT64_MAX, PRECISION_H, -1, 0 },
};

static void
test_times(void **state)
{
	(void)state;
	assert_int_equal(precision_detect(INT64_MIN), PRECISION_NS);
	for (size_t i = 0; i < UNIT_N(times); i++) {
		int64_t ns = 0;
		char name[32];

		snprintf(name, sizeof(name), "row %zu", i);
		UNIT_CHECK(name, precision_to_ns(times[i].t, times[i].p, &ns) == times[i].result);
		UNIT_CHECK(name, ns == times[i].ns);
	}
}

static void
test_type_names(void **state)
{
	(void)state;
	assert_string_equal(value_type_name(VALUE_NULL), "null");
	assert_string_equal(value_type_name(VALUE_FLOAT), "float");
	assert_string_equal(value_type_name(VALUE_TIME), "time");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_series_key),
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_type_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
