/*
 * tests/unit/store_schema_test.c - what a batch may not say, and what the tag index answers
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/clock.h"
#include "store_home.h"

static struct value
float_value(double f)
{
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

static struct value
int_value(int64_t i)
{
	return (struct value){ .type = VALUE_INTEGER, .i = i };
}

static struct series_ref *
host(const char *name)
{
	struct tag tag = { SLICE("host"), slice_from(name) };

	return home_ref(&tag, 1);
}

static void
check_reject(const struct home *h, size_t i, uint64_t line, const char *text)
{
	assert_true(i < h->rejects.n_kept);
	assert_int_equal(h->rejects.kept[i].line, line);
	if (!slice_eq(h->rejects.kept[i].text, slice_from(text)))
		fail_msg("got: " SLICE_FMT, SLICE_ARG(h->rejects.kept[i].text));
}

static void
conflicts_reject_rows_and_the_first_row_decides(void **unused)
{
	struct series_ref *a = host("a"), *b = host("b");
	struct tag clash[] = { { SLICE("host"), SLICE("a") }, { SLICE("v"), SLICE("x") } };
	struct series_ref *c = home_ref(clash, 2);
	struct store_measurement *m;
	struct home h;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", a, 1, 1), "v", float_value(1));
	home_put(&h, home_point(&h, "m", b, 2, 2), "v", int_value(1));
	home_put(&h, home_point(&h, "m", c, 3, 3), "w", int_value(1));
	home_put(&h, home_point(&h, "m", a, 4, 4), "host", int_value(1));
	assert_int_equal(home_append(&h), 1);
	assert_int_equal(h.rejects.n, 3);
	check_reject(&h, 0, 2, "field type conflict: input field \"v\" on measurement \"m\" is type "
	    "integer, already exists as type float");
	check_reject(&h, 1, 3, "tag and field conflict: input tag \"v\" on measurement \"m\" already "
	    "exists as a field of type float");
	check_reject(&h, 2, 4, "tag and field conflict: input field \"host\" on measurement \"m\" "
	    "already exists as a tag");
	assert_int_equal(b->id, 0);	/* its only row was refused: no series of it */
	m = home_measurement(&h, "m");
	assert_int_equal(m->n_tags, 1);
	assert_true(m->n_fields >= 1 && slice_eq(m->fields[0].name, SLICE("v")));
	assert_int_equal(m->fields[0].type, VALUE_FLOAT);
	/* another process, which remembers nothing, decides the same */
	store_close(h.store);
	home_open(&h);
	a->id = 0;
	home_put(&h, home_point(&h, "m", a, 5, 1), "v", int_value(1));
	assert_int_equal(home_append(&h), 0);
	home_ref_free(a);
	home_ref_free(b);
	home_ref_free(c);
	home_free(&h);
}

static void
columns_are_limited(void **unused)
{
	struct series_ref *a = host("a");
	struct batch_table *t;
	struct home h;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	h.options.max_columns = 4;	/* time, host, and two more */
	home_open(&h);
	t = home_point(&h, "m", a, 1, 1);
	home_put(&h, t, "x", int_value(1));
	home_put(&h, t, "y", int_value(1));
	home_put(&h, home_point(&h, "m", a, 2, 2), "z", int_value(1));
	assert_int_equal(home_append(&h), 1);
	check_reject(&h, 0, 2, "couldn't create columns in table `m`; table contains 4 existing "
	    "columns, applying this write would result in 5 columns, limit is 4");
	home_ref_free(a);
	home_free(&h);
}

static int
keep_an_hour(struct txn *txn, void *arg, struct err *err)
{
	struct home *h = arg;
	struct store_bucket bucket;

	if (store_bucket_get(txn, h->bucket, &bucket, err) != 0)
		return -1;
	bucket.retention_ns = INT64_C(3600) * 1000000000;
	return store_bucket_update(txn, &bucket, err);
}

static void
points_beyond_retention_are_refused_as_soon_as_it_is_set(void **unused)
{
	struct series_ref *a = host("a");
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", a, 1, 1), "v", int_value(1));
	assert_int_equal(home_append(&h), 1);
	assert_int_equal(store_txn(h.store, STORE_WRITE, h.arena, keep_an_hour, &h, &err), 0);
	home_put(&h, home_point(&h, "m", a, 1, 7), "v", int_value(1));
	home_put(&h, home_point(&h, "m", a, clock_now_ns(), 8), "v", int_value(1));
	assert_int_equal(home_append(&h), 1);
	assert_int_equal(h.rejects.n_of[BATCH_REJECT_RETENTION], 1);
	check_reject(&h, 0, 7, "points beyond retention policy");
	home_ref_free(a);
	home_free(&h);
}

#define MANY 3000

static void
the_index_knows_every_series(void **unused)
{
	struct series_ref **refs = memory_array(MANY, sizeof(*refs));
	struct store_tag_value *values;
	struct store_series_list all, with;
	struct store_measurement *m;
	struct slice *texts;
	struct home h;
	struct err err;
	char name[16];
	size_t n;

	(void)unused;
	home_new(&h);
	for (unsigned i = 0; i < MANY; i++) {
		struct tag tags[] = { { SLICE("host"), { name, 5 } },
			{ SLICE("zone"), i % 3 == 0 ? SLICE("fizz") : SLICE("plain") } };

		snprintf(name, sizeof(name), "h%04u", i);
		refs[i] = home_ref(tags, i % 5 == 0 ? 1 : 2);
		home_put(&h, home_point(&h, "m", refs[i], 1, i), "v", int_value(i));
		if (i % 1000 == 999)
			home_append(&h);
	}
	m = home_measurement(&h, "m");
	assert_int_equal(m->n_tags, 2);
	assert_int_equal(store_series_all(h.store, m, h.arena, &all, &err), 0);
	assert_int_equal(all.n, MANY);
	assert_int_equal(store_tag_values(h.store, m, m->tags[0].id, h.arena, &values, &n, &err), 0);
	assert_int_equal(n, MANY);
	assert_true(slice_eq(values[42].value, SLICE("h0042")));
	assert_int_equal(store_series_with(h.store, m, m->tags[0].id, values[42].id, h.arena, &with,
	    &err), 0);
	assert_int_equal(with.n, 1);
	assert_int_equal(with.ids[0], refs[42]->id);
	assert_int_equal(store_tag_values(h.store, m, m->tags[1].id, h.arena, &values, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_series_with(h.store, m, m->tags[1].id, values[0].id, h.arena, &with,
	    &err), 0);
	assert_int_equal(with.n, MANY / 3 - MANY / 15);
	for (size_t i = 1; i < with.n; i++)
		assert_true(with.ids[i] > with.ids[i - 1]);
	assert_int_equal(store_series_tags(h.store, m, all.ids, all.n, (uint32_t[]){ m->tags[1].id,
	    m->tags[0].id }, 2, h.arena, &texts, &err), 0);
	assert_true(slice_eq(texts[0], SLICE("")));
	assert_true(slice_eq(texts[2 * 7], SLICE("plain")));
	assert_true(slice_eq(texts[2 * 2999], SLICE("plain")));
	assert_true(slice_eq(texts[2 * 2999 + 1], SLICE("h2999")));
	/* a process that remembers nothing finds the same ids */
	store_close(h.store);
	home_open(&h);
	for (unsigned i = 0; i < MANY; i += 100) {
		uint64_t id = refs[i]->id;

		refs[i]->id = 0;
		home_put(&h, home_point(&h, "m", refs[i], 2, i), "v", int_value(i));
		home_append(&h);
		assert_int_equal(refs[i]->id, id);
	}
	for (unsigned i = 0; i < MANY; i++)
		home_ref_free(refs[i]);
	free(refs);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conflicts_reject_rows_and_the_first_row_decides),
		cmocka_unit_test(columns_are_limited),
		cmocka_unit_test(points_beyond_retention_are_refused_as_soon_as_it_is_set),
		cmocka_unit_test(the_index_knows_every_series),
	};

	return cmocka_run_group_tests_name("store/schema", tests, NULL, NULL);
}
