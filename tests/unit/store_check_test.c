/*
 * tests/unit/store_check_test.c - pages, and what a check finds and a repair makes again
 */
#include "unit.h"
#include "store_home.h"

#include "store/page.h"
#include "store/series_count.h"
#include "store/store_priv.h"

/* ---- pages ---- */

/*
 * A leaf with one record, sealed.
 */
static void
make_page(char page[PAGE_BYTES], uint32_t number)
{
	static const char record[] = { 3, 0, 1, 'v', 'a', 'l', 4, 0, 1, 'n', 'a', 'm', 'e' };
	uint16_t head[2] = { 2, (uint16_t)(PAGE_BYTES - sizeof(record)) };
	uint16_t items[2] = { (uint16_t)(PAGE_BYTES - 7), head[1] };

	memset(page, 0, PAGE_BYTES);
	for (size_t i = 200; i < 3000; i++)
		page[i] = (char)(i * i % 251);		/* what was there before */
	memset(page, 7, 8);
	memcpy(page + 8, &number, sizeof(number));
	memcpy(page + 20, head, sizeof(head));
	page[24] = 1;
	page[25] = PAGE_LEAF;
	memcpy(page + PAGE_HEAD_BYTES, items, sizeof(items));
	memcpy(page + head[1], record, sizeof(record));
	page_seal(page, number);
}

static void
every_flipped_bit_of_a_page_is_found_and_turned_back(void **unused)
{
	char whole[PAGE_BYTES], page[PAGE_BYTES], opened[PAGE_BYTES];

	(void)unused;
	make_page(whole, 5);
	memcpy(opened, whole, PAGE_BYTES);
	assert_int_equal(page_open(opened, 5), PAGE_WELL);
	for (size_t bit = 0; bit < 8 * PAGE_BYTES; bit += bit < 512 ? 1 : 37) {
		memcpy(page, whole, PAGE_BYTES);
		page[bit / 8] = (char)(page[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(page_open(page, 5), PAGE_DAMAGED);
		assert_true(page_mend(page, 5));
		assert_memory_equal(page, opened, PAGE_BYTES);
	}
}

static void
two_flipped_bits_are_not_taken_for_one(void **unused)
{
	char whole[PAGE_BYTES], page[PAGE_BYTES];

	(void)unused;
	make_page(whole, 5);
	for (size_t bit = 0; bit < 8 * PAGE_BYTES - 1; bit += 61) {
		size_t other = (bit * 7919 + 13) % (8 * PAGE_BYTES);

		if (other == bit)
			continue;
		memcpy(page, whole, PAGE_BYTES);
		page[bit / 8] = (char)(page[bit / 8] ^ 1 << bit % 8);
		page[other / 8] = (char)(page[other / 8] ^ 1 << other % 8);
		assert_int_equal(page_open(page, 5), PAGE_DAMAGED);
		assert_false(page_mend(page, 5));
	}
}

static void
a_page_of_another_place_is_damaged(void **unused)
{
	char page[PAGE_BYTES], plain[PAGE_BYTES];

	(void)unused;
	make_page(page, 5);
	assert_int_equal(page_open(page, 6), PAGE_DAMAGED);
	assert_int_equal(page_open(page, 5), PAGE_WELL);
	memcpy(plain, page, PAGE_BYTES);		/* as it was opened: without a checksum */
	assert_int_equal(page_open(plain, 5), PAGE_PLAIN);
	assert_int_equal(page_open(plain, 6), PAGE_DAMAGED);
	plain[26] = plain[27] = 3;			/* an item that lies before the others */
	assert_int_equal(page_open(plain, 5), PAGE_DAMAGED);
	memset(plain, 0, PAGE_HEAD_BYTES);
	assert_int_equal(page_open(plain, 5), PAGE_BLANK);
}

/* ---- the index ---- */

#define N_SERIES 60

static void
put_series(struct home *h)
{
	char a[16], b[16];

	for (int i = 0; i < N_SERIES; i++) {
		struct tag tags[2];
		struct series_ref *ref;

		snprintf(a, sizeof(a), "a%d", i % 6);
		snprintf(b, sizeof(b), "b%d", i / 6);
		tags[0] = (struct tag){ SLICE("a"), slice_from(a) };
		tags[1] = (struct tag){ SLICE("b"), slice_from(b) };
		ref = home_ref(tags, 2);
		home_put(h, home_point(h, "m", ref, 1, 1), "v",
		    (struct value){ .type = VALUE_INTEGER, .i = i });
		assert_int_equal(home_append(h), 1);
		home_ref_free(ref);
	}
}

struct found {
	size_t		 n;
	char		 text[1024];
};

static void
found(void *arg, const struct store_damage *damage)
{
	struct found *f = arg;
	size_t n = strlen(f->text);

	f->n++;
	snprintf(f->text + n, sizeof(f->text) - n, "%s: %s; ", damage->where, damage->what);
}

static size_t
check(struct home *h, bool repair, const char *says)
{
	struct found f = { 0 };
	struct store_check_spec spec = { .repair = repair, .found = found, .arg = &f };
	struct store_checked checked;
	struct err err;

	if (store_check(h->store, &spec, &checked, &err) != 0)
		home_die("check", &err);
	assert_int_equal(checked.damaged, f.n);
	if (says != NULL && strstr(f.text, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", f.text, says);
	if (says == NULL && f.n > 0)
		fail_msg("%s", f.text);
	return f.n;
}

static int
delete_kinds(struct txn *txn, void *arg, struct err *err)
{
	for (const char *kind = arg; *kind != '\0'; kind++)
		if (txn_delete_all(txn, DB_SERIES, slice_make(kind, 1), err) != 0)
			return -1;
	txn->schema_changed = true;
	return 0;
}

static void
lose(struct home *h, const char *kinds)
{
	struct err err;

	if (store_txn(h->store, STORE_WRITE, h->arena, delete_kinds, (void *)(uintptr_t)kinds, &err) != 0)
		home_die("delete", &err);
}

/*
 * How many series are found by these two tags.
 */
static size_t
n_with(struct home *h, const char *key, const char *value)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_series_list list = { 0 };
	struct err err;
	uint64_t id;
	bool there = false;

	for (size_t i = 0; i < m->n_tags; i++)
		if (slice_eq(m->tags[i].name, slice_from(key)) &&
		    (store_tag_value_find(h->store, m, m->tags[i].id, slice_from(value), &id, &there,
		    &err) != 0 || (there && store_series_with(h->store, m, m->tags[i].id, id, h->arena,
		    &list, &err) != 0)))
			home_die("find", &err);
	return list.n;
}

static size_t
n_series(struct home *h)
{
	struct store_series_list list;
	struct err err;

	if (store_series_all(h->store, home_measurement(h, "m"), h->arena, &list, &err) != 0)
		home_die("all", &err);
	return list.n;
}

/*
 * Records of these kinds are gone; a check says so, and a repair makes all of it again.
 */
static void
lost_and_made_again(const char *kinds, const char *says)
{
	struct home h;
	struct err err;

	home_new(&h);
	put_series(&h);
	if (store_compact(h.store, NULL, &err) != 0)
		home_die("compact", &err);
	check(&h, false, NULL);
	lose(&h, kinds);
	check(&h, false, says);
	assert_true(check(&h, true, says) > 0);
	check(&h, false, NULL);
	assert_int_equal(n_series(&h), N_SERIES);
	assert_int_equal(n_with(&h, "a", "a3"), 10);
	assert_int_equal(n_with(&h, "b", "b7"), 6);
	put_series(&h);			/* known ones are found again: none is made twice */
	assert_int_equal(n_series(&h), N_SERIES);
	check(&h, false, NULL);
	home_free(&h);
}

static void
lost_hashes_are_made_again(void **unused)
{
	(void)unused;
	lost_and_made_again("h", "series cannot be found by their tags");
}

static void
lost_lists_are_made_again(void **unused)
{
	(void)unused;
	lost_and_made_again("p", "series are missing from the lists of its values");
	lost_and_made_again("v", "index: ");
	lost_and_made_again("hpv", "index: ");
}

static void
lost_series_are_made_again_from_the_lists(void **unused)
{
	(void)unused;
	lost_and_made_again("z", "lists of its values have series that have another value");
}

static void
rows_of_series_that_nobody_knows_stay(void **unused)
{
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	put_series(&h);
	if (store_compact(h.store, NULL, &err) != 0)
		home_die("compact", &err);
	lose(&h, "hnpvz");
	check(&h, true, "tags of 60 series are lost: their rows are there, and have the tag \"recovered\"");
	check(&h, false, NULL);
	assert_int_equal(n_series(&h), N_SERIES);
	assert_int_equal(n_with(&h, "recovered", "7"), 1);
	home_free(&h);
}

static int
count_too_many(struct txn *txn, void *arg, struct err *err)
{
	const struct store_measurement *m = arg;

	return series_count_add(txn, m->bucket_id, m->id, 1000, err);
}

static void
a_count_that_is_too_high_is_set_right(void **unused)
{
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	put_series(&h);
	if (store_txn(h.store, STORE_WRITE, h.arena, count_too_many, home_measurement(&h, "m"), &err) != 0)
		home_die("count", &err);
	check(&h, false, "fewer series are there than are counted");
	check(&h, true, "fewer series are there than are counted");
	check(&h, false, NULL);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flipped_bit_of_a_page_is_found_and_turned_back),
		cmocka_unit_test(two_flipped_bits_are_not_taken_for_one),
		cmocka_unit_test(a_page_of_another_place_is_damaged),
		cmocka_unit_test(lost_hashes_are_made_again),
		cmocka_unit_test(lost_lists_are_made_again),
		cmocka_unit_test(lost_series_are_made_again_from_the_lists),
		cmocka_unit_test(rows_of_series_that_nobody_knows_stay),
		cmocka_unit_test(a_count_that_is_too_high_is_set_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
