/*
 * tests/unit/base_table_test.c - hashes, hash tables and heaps
 */
#include "unit.h"

#include "base/hash.h"
#include "base/heap.h"
#include "base/table.h"

#define N_KEYS 20000

static void
test_table(void **state)
{
	static char keys[N_KEYS][16];
	struct table t = { 0 };
	bool made;

	(void)state;
	assert_null(table_get(&t, SLICE("x")));
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < N_KEYS; i++) {
			struct slice key;

			snprintf(keys[i], sizeof(keys[i]), "key%llu", (unsigned long long)i);
			key = slice_from(keys[i]);
			assert_null(table_get(&t, key));
			table_put(&t, key, &made)->value = i;
			assert_true(made);
			assert_int_equal(table_put(&t, key, &made)->value, i);
			assert_false(made);
		}
		assert_int_equal(t.n, N_KEYS);
		for (uint64_t i = 0; i < N_KEYS; i++) {
			assert_int_equal(table_get(&t, slice_from(keys[i]))->value, i);
			assert_int_equal(t.entries[i].value, i);
		}
		assert_null(table_get(&t, SLICE("key")));
		assert_int_equal(table_put(&t, slice_make(NULL, 0), NULL)->value, 0);
		assert_non_null(table_get(&t, SLICE("")));
		table_clear(&t);
		assert_null(table_get(&t, SLICE("key1")));
	}
	table_free(&t);
	table_free(&t);
}

/*
 * Every length, and every single bit of it, gives another hash.
 */
static void
test_hash_differs(void **state)
{
	unsigned char bytes[100] = { 0 };
	uint64_t before = 0;

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		uint64_t plain = hash_bytes(bytes, n, 1);

		assert_true(plain != before);
		assert_true(plain != hash_bytes(bytes, n, 2));
		for (size_t bit = 0; bit < 8 * n; bit++) {
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_true(plain != hash_bytes(bytes, n, 1));
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		before = plain;
	}
	assert_int_equal(hash_seed(), hash_seed());
}

/*
 * One changed bit of the input changes half the bits of the hash, each about as often.
 */
static void
test_hash_spreads(void **state)
{
	unsigned char bytes[40];
	uint64_t seed = 99;
	unsigned flips[64] = { 0 };

	(void)state;
	for (int round = 0; round < 4000; round++) {
		size_t n = 1 + (size_t)round % sizeof(bytes), bit;
		uint64_t changed;

		for (size_t i = 0; i < n; i++)
			bytes[i] = (unsigned char)unit_random(&seed);
		bit = unit_random(&seed) % (8 * n);
		changed = hash_bytes(bytes, n, 5);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		changed ^= hash_bytes(bytes, n, 5);
		for (int i = 0; i < 64; i++)
			flips[i] += changed >> i & 1;
	}
	for (int i = 0; i < 64; i++)
		assert_in_range(flips[i], 1800, 2200);
}

/*
 * These values are in stores: they may never change.
 */
static void
test_hash_stable(void **state)
{
	(void)state;
	assert_int_equal(hash_stable("", 0), UINT64_C(0x16605fa8425819fd));
	assert_int_equal(hash_stable("host", 4), UINT64_C(0x78cf6fea177c5354));
	assert_int_equal(hash_stable("0123456789abcdefghijklmnopqrstuvwxyz0123456789", 46),
	    UINT64_C(0xb656cbf3e8db06c3));
}

static bool
less(const void *a, const void *b)
{
	return *(const uint64_t *)a < *(const uint64_t *)b;
}

static void
test_heap(void **state)
{
	uint64_t values[500], seed = 3, before;
	void *items[UNIT_N(values)];
	struct heap h = { .items = items, .less = less };

	(void)state;
	assert_null(heap_pop(&h));
	for (size_t i = 0; i < UNIT_N(values); i++) {
		values[i] = unit_random(&seed) % 300;
		heap_push(&h, &values[i]);
	}
	before = 0;
	for (int round = 0; round < 2000; round++) {
		uint64_t *least = h.items[0];

		assert_true(*least >= before);
		before = *least;
		*least += unit_random(&seed) % 100;
		heap_sift_top(&h);
	}
	for (size_t i = 0; i < UNIT_N(values); i++) {
		uint64_t *least = heap_pop(&h);

		assert_true(*least >= before);
		before = *least;
	}
	assert_null(heap_pop(&h));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_hash_differs),
		cmocka_unit_test(test_hash_spreads),
		cmocka_unit_test(test_hash_stable),
		cmocka_unit_test(test_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
