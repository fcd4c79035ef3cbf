/*
 * tests/unit/store_series_limit_test.c - a bucket that may have no more series
 */
#include "unit.h"
#include "store_home.h"

/*
 * One point of a measurement with tags a and b; was it stored? The text of the refusal is kept.
 */
static bool
store_point(struct home *h, const char *measurement, const char *a, const char *b)
{
	struct tag tags[2] = { { SLICE("a"), slice_from(a) }, { SLICE("b"), slice_from(b) } };
	struct series_ref *ref = home_ref(tags, 2);
	uint64_t stored;

	h->rejects.n = h->rejects.n_kept = 0;
	home_put(h, home_point(h, measurement, ref, 1, 1), "v",
	    (struct value){ .type = VALUE_INTEGER, .i = 1 });
	stored = home_append(h);
	home_ref_free(ref);
	assert_int_equal(stored + h->rejects.n, 1);
	return stored == 1;
}

static void
limit(struct home *h, uint64_t max_series)
{
	store_close(h->store);
	h->options.max_series = max_series;
	home_open(h);
}

static size_t
n_values(struct home *h, const char *measurement, const char *tag)
{
	struct store_measurement *m = home_measurement(h, measurement);
	struct store_tag_value *values;
	size_t n = 0;
	struct err err;

	for (size_t i = 0; i < m->n_tags; i++)
		if (slice_eq(m->tags[i].name, slice_from(tag)) &&
		    store_tag_values(h->store, m, m->tags[i].id, h->arena, &values, &n, &err) != 0)
			home_die("values", &err);
	return n;
}

static void
test_limit(void **state)
{
	struct home h;
	char text[16];

	(void)state;
	home_new(&h);
	limit(&h, 12);
	for (int i = 0; i < 9; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_true(store_point(&h, "http", "x", text));
	}
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_true(store_point(&h, "cpu", text, "x"));
	}
	assert_false(store_point(&h, "cpu", "new", "x"));
	assert_int_equal(h.rejects.n_of[BATCH_REJECT_LIMIT], 1);
	assert_string_equal(arena_string(h.arena, h.rejects.kept[0].text),
	    "max-series-per-database limit exceeded: (12): this would be one more; tag \"b\" of "
	    "measurement \"http\" has most values: 9");
	assert_int_equal(n_values(&h, "cpu", "a"), 3);
	assert_false(store_point(&h, "new", "x", "x"));
	assert_null(home_measurement(&h, "new"));
	assert_true(store_point(&h, "cpu", "1", "x"));
	assert_true(store_point(&h, "http", "x", "5"));
	assert_false(store_point(&h, "cpu", "2", "5"));
	limit(&h, 13);
	assert_true(store_point(&h, "cpu", "2", "5"));
	assert_false(store_point(&h, "cpu", "2", "6"));
	limit(&h, 0);
	assert_true(store_point(&h, "cpu", "2", "6"));
	home_free(&h);
}

/* In one batch: the first new ones go in, the others and no known ones are refused. */
static void
test_batch(void **state)
{
	struct series_ref *refs[8];
	struct home h;
	char text[16];

	(void)state;
	home_new(&h);
	limit(&h, 5);
	assert_true(store_point(&h, "m", "0", "x"));
	h.rejects.n = h.rejects.n_kept = 0;
	for (int i = 0; i < 8; i++) {
		struct tag tags[2] = { { SLICE("a"), { 0 } }, { SLICE("b"), SLICE("x") } };

		snprintf(text, sizeof(text), "%d", (i + 4) % 8);
		tags[0].value = slice_from(text);
		refs[i] = home_ref(tags, 2);
		home_put(&h, home_point(&h, "m", refs[i], 2, (uint32_t)i + 1), "v",
		    (struct value){ .type = VALUE_INTEGER, .i = 1 });
	}
	assert_int_equal(home_append(&h), 5);
	assert_int_equal(h.rejects.n, 3);
	assert_int_equal(n_values(&h, "m", "a"), 5);
	for (int i = 0; i < 8; i++)
		home_ref_free(refs[i]);
	home_free(&h);
}

/* What is taken away makes room. */
static void
test_room(void **state)
{
	struct store_series_list all;
	struct store_measurement *m;
	struct home h;
	struct err err;
	uint64_t n_rows;

	(void)state;
	home_new(&h);
	limit(&h, 3);
	assert_true(store_point(&h, "m", "0", "x"));
	assert_true(store_point(&h, "m", "1", "x"));
	assert_true(store_point(&h, "n", "0", "x"));
	assert_false(store_point(&h, "n", "1", "x"));
	assert_int_equal(store_drop_measurement(h.store, h.bucket, SLICE("m"), &err), 0);
	assert_true(store_point(&h, "n", "1", "x"));
	assert_true(store_point(&h, "n", "2", "x"));
	assert_false(store_point(&h, "n", "3", "x"));
	m = home_measurement(&h, "n");
	assert_int_equal(store_series_all(h.store, m, h.arena, &all, &err), 0);
	assert_int_equal(store_drop_series(h.store, m, all.ids, 1, &err), 0);
	assert_true(store_point(&h, "n", "3", "x"));
	assert_false(store_point(&h, "n", "4", "x"));
	m = home_measurement(&h, "n");
	assert_int_equal(store_series_all(h.store, m, h.arena, &all, &err), 0);
	assert_int_equal(store_delete_rows(h.store, m, all.ids, 3, 0, 10, &n_rows, &err), 0);
	for (int i = 0; i < 3; i++)
		assert_true(store_point(&h, "n", (char[]){ (char)('5' + i), '\0' }, "x"));
	assert_false(store_point(&h, "n", "9", "x"));
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
