/*
 * tests/unit/store_series_test.c - the index of series, held against a naive twin
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "store/tag_table.h"
#include "store_home.h"
#include "unit.h"

static const char *const key_names[] = { "a", "b", "c" };

#define N_KEYS		3
#define VALUES_A	13	/* the first of each is "none" */
#define VALUES_B	9
#define VALUES_C	60
#define COMBINATIONS	(VALUES_A * VALUES_B * VALUES_C)

/*
 * The text of a value: most are short, some take a page and more.
 */
static struct slice
text_of(struct arena *arena, size_t key, unsigned value)
{
	size_t n = value % 7 == 6 ? 300 : value % 11 == 10 ? 9000 : 0;
	struct slice text = arena_printf(arena, "%s%u", key_names[key], value);
	char *longer;

	if (n == 0)
		return text;
	longer = arena_alloc(arena, n);
	memset(longer, 'x', n);
	memcpy(longer, text.p, text.n);
	return slice_make(longer, n);
}

static void
values_of(unsigned combination, unsigned values[N_KEYS])
{
	values[0] = combination % VALUES_A;
	values[1] = combination / VALUES_A % VALUES_B;
	values[2] = combination / VALUES_A / VALUES_B;
}

static struct series_ref *
ref_of(struct arena *arena, unsigned combination)
{
	struct tag tags[N_KEYS];
	unsigned values[N_KEYS];
	size_t n = 0;

	values_of(combination, values);
	for (size_t k = 0; k < N_KEYS; k++)
		if (values[k] != 0)
			tags[n++] = (struct tag){ slice_from(key_names[k]), text_of(arena, k, values[k]) };
	return home_ref(tags, n);
}

/*
 * Write a point of each; their ids.
 */
static void
register_all(struct home *h, const unsigned *combinations, size_t n, uint64_t *ids)
{
	struct series_ref **refs = memory_array(n + 1, sizeof(*refs));
	struct value v = { .type = VALUE_INTEGER, .i = 1 };

	for (size_t i = 0; i < n; i++) {
		refs[i] = ref_of(h->batch_arena, combinations[i]);
		home_put(h, home_point(h, "m", refs[i], 1, (uint32_t)i), "v", v);
	}
	if (n > 0)
		assert_int_equal(home_append(h), n);
	for (size_t i = 0; i < n; i++) {
		ids[i] = refs[i]->id;
		home_ref_free(refs[i]);
	}
	free(refs);
}

/* ---- what the index says of itself ---- */

struct whole {
	struct store_measurement *m;
	struct store_series_list all;
	struct slice	*texts;		/* all.n * m->n_tags */
};

static int
by_text(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/*
 * The values of a tag key and their series are those that the series themselves tell.
 */
static void
check_key(struct home *h, const struct whole *w, size_t k)
{
	struct slice *want = arena_array(h->arena, struct slice, w->all.n + 1);
	struct store_tag_value *values;
	size_t n_want = 0, n, kept = 0;
	struct err err;

	for (size_t i = 0; i < w->all.n; i++)
		if (w->texts[i * w->m->n_tags + k].n > 0)
			want[n_want++] = w->texts[i * w->m->n_tags + k];
	qsort(want, n_want, sizeof(*want), by_text);
	for (size_t i = 0; i < n_want; i++)
		if (kept == 0 || !slice_eq(want[kept - 1], want[i]))
			want[kept++] = want[i];
	assert_int_equal(store_tag_values(h->store, w->m, w->m->tags[k].id, h->arena, &values, &n,
	    &err), 0);
	assert_int_equal(n, kept);
	for (size_t v = 0; v < n; v++) {
		struct store_series_list with;
		uint64_t id;
		size_t at = 0;
		bool found;

		assert_true(slice_eq(values[v].value, want[v]));
		assert_int_equal(store_tag_value_find(h->store, w->m, w->m->tags[k].id, want[v], &id,
		    &found, &err), 0);
		assert_true(found && id == values[v].id);
		assert_int_equal(store_series_with(h->store, w->m, w->m->tags[k].id, id, h->arena, &with,
		    &err), 0);
		for (size_t i = 0; i < w->all.n; i++)
			if (slice_eq(w->texts[i * w->m->n_tags + k], want[v])) {
				assert_true(at < with.n);
				assert_int_equal(with.ids[at++], w->all.ids[i]);
			}
		assert_int_equal(at, with.n);
	}
}

static void
check_whole(struct home *h, struct whole *w)
{
	uint32_t keys[N_KEYS];
	struct err err;

	w->m = home_measurement(h, "m");
	assert_non_null(w->m);
	assert_true(w->m->n_tags <= N_KEYS);
	for (size_t k = 0; k < w->m->n_tags; k++)
		keys[k] = w->m->tags[k].id;
	assert_int_equal(store_series_all(h->store, w->m, h->arena, &w->all, &err), 0);
	for (size_t i = 1; i < w->all.n; i++)
		assert_true(w->all.ids[i] > w->all.ids[i - 1]);
	assert_int_equal(store_series_tags(h->store, w->m, w->all.ids, w->all.n, keys, w->m->n_tags,
	    h->arena, &w->texts, &err), 0);
	for (size_t k = 0; k < w->m->n_tags; k++)
		check_key(h, w, k);
}

/* ---- the twin ---- */

struct twin {
	struct home	 h;
	uint64_t	 ids[COMBINATIONS];	/* 0: not there */
	uint64_t	 greatest;		/* that was ever given */
	size_t		 n;
};

static void
twin_writes(struct twin *t, uint64_t *random)
{
	unsigned list[700];
	uint64_t ids[700];
	size_t n = 0, most = 1 + unit_random(random) % (unit_random(random) % 4 == 0 ? 700 : 30);

	for (size_t i = 0; i < most; i++) {
		unsigned combination = (unsigned)(unit_random(random) % COMBINATIONS);
		bool twice = false;

		for (size_t k = 0; k < n; k++)
			twice = twice || list[k] == combination;
		if (!twice)
			list[n++] = combination;
	}
	register_all(&t->h, list, n, ids);
	for (size_t i = 0; i < n; i++) {
		if (t->ids[list[i]] != 0) {
			assert_int_equal(t->ids[list[i]], ids[i]);
			continue;
		}
		assert_true(ids[i] > t->greatest);
		t->greatest = ids[i];
		t->ids[list[i]] = ids[i];
		t->n++;
	}
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
twin_drops(struct twin *t, uint64_t *random)
{
	uint64_t ids[400];
	unsigned from = (unsigned)(unit_random(random) % COMBINATIONS);
	unsigned one_in = 1 + (unsigned)(unit_random(random) % 5);
	size_t n = 0;
	struct err err;

	for (unsigned i = 0; i < COMBINATIONS && n < 400; i++) {
		uint64_t *id = &t->ids[(from + i) % COMBINATIONS];

		if (*id == 0 || unit_random(random) % one_in != 0)
			continue;
		ids[n++] = *id;
		*id = 0;
		t->n--;
	}
	if (n == 0)
		return;
	qsort(ids, n, sizeof(*ids), by_number);
	assert_int_equal(store_drop_series(t->h.store, home_measurement(&t->h, "m"), ids, n, &err), 0);
	if (t->n == 0)
		t->greatest = 0;	/* the measurement has gone with its last series */
}

static void
check_twin(struct twin *t)
{
	struct whole w;
	size_t n = 0;

	if (t->n == 0) {
		assert_null(home_measurement(&t->h, "m"));
		return;
	}
	check_whole(&t->h, &w);
	assert_int_equal(w.all.n, t->n);
	for (unsigned c = 0; c < COMBINATIONS; c++) {
		unsigned values[N_KEYS];
		size_t at = 0;

		if (t->ids[c] == 0)
			continue;
		values_of(c, values);
		while (at < w.all.n && w.all.ids[at] != t->ids[c])
			at++;
		assert_true(at < w.all.n);
		n++;
		for (size_t k = 0; k < w.m->n_tags; k++) {
			size_t key = (size_t)(*w.m->tags[k].name.p - 'a');
			struct slice want = values[key] == 0 ? SLICE("") : text_of(t->h.arena, key, values[key]);

			assert_true(slice_eq(w.texts[at * w.m->n_tags + k], want));
		}
	}
	assert_int_equal(n, t->n);
}

static void
the_index_says_what_a_plain_list_says(void **unused)
{
	struct twin *t = memory_zalloc(sizeof(*t));
	uint64_t random = 4711;

	(void)unused;
	home_new(&t->h);
	for (int round = 0; round < 60; round++) {
		for (uint64_t writes = unit_random(&random) % 4; writes > 0; writes--)
			twin_writes(t, &random);
		if (unit_random(&random) % 3 == 0) {	/* a process that remembers nothing */
			store_close(t->h.store);
			home_open(&t->h);
		}
		if (unit_random(&random) % 2 == 0)
			twin_drops(t, &random);
		check_twin(t);
		arena_reset(t->h.arena);
	}
	while (t->n > 0)
		twin_drops(t, &random);
	check_twin(t);
	home_free(&t->h);
	free(t);
}

/* ---- single cases ---- */

/*
 * Series that have the values i of one tag, k of another and the same third one, and bring none of
 * them. With SIDE of each there are many pairs whose hashes are alike as far as the index has them.
 */
#define SIDE 500

struct pair {
	uint32_t	 hash;
	unsigned	 i, k;
};

static int
by_hash(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void
find_collision(const struct store_measurement *m, uint64_t third, struct pair found[2])
{
	struct pair *pairs = memory_array((size_t)SIDE * SIDE, sizeof(*pairs));
	struct arena *arena = arena_new(4096);
	size_t n = 0;

	for (unsigned i = 0; i < SIDE; i++)
		for (unsigned k = 0; k < SIDE; k++) {
			struct series_tag tags[] = { { m->tags[0].id, i + 1, { NULL, 0 } },
				{ m->tags[1].id, k + 1, { NULL, 0 } }, { m->tags[2].id, third, { NULL, 0 } } };
			struct series_name name = series_name_of(arena, tags, 3);

			assert_int_equal(name.last, third);
			if (i != k)
				pairs[n++] = (struct pair){ (uint32_t)(name.hash >> 32), i, k };
		}
	qsort(pairs, n, sizeof(*pairs), by_hash);
	for (size_t i = 1; i < n; i++)
		if (pairs[i].hash == pairs[i - 1].hash) {
			found[0] = pairs[i - 1];
			found[1] = pairs[i];
			break;
		}
	assert_int_not_equal(found[1].hash, 0);
	arena_free(arena);
	free(pairs);
}

static uint64_t
register_triple(struct home *h, unsigned a, unsigned b, const char *c)
{
	struct tag tags[] = { { SLICE("a"), arena_printf(h->batch_arena, "%u", a) },
		{ SLICE("b"), arena_printf(h->batch_arena, "%u", b) }, { SLICE("c"), slice_from(c) } };
	struct series_ref *ref = home_ref(tags, 3);
	struct value v = { .type = VALUE_INTEGER, .i = 1 };
	uint64_t id;

	home_put(h, home_point(h, "m", ref, 1, 1), "v", v);
	home_append(h);
	id = ref->id;
	home_ref_free(ref);
	return id;
}

static void
two_tag_sets_of_one_hash_are_two_series(void **unused)
{
	struct pair pairs[2] = { { 0, 0, 0 } };
	struct store_measurement *m;
	uint64_t ids[2], third;
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	for (unsigned i = 0; i < SIDE; i++)
		assert_int_equal(register_triple(&h, i, i, "x"), i + 1);
	third = register_triple(&h, 0, 0, "y");
	m = home_measurement(&h, "m");
	find_collision(m, third, pairs);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 2; i++) {
			uint64_t id = register_triple(&h, pairs[i].i, pairs[i].k, "y");

			assert_true(round == 0 ? id > third : id == ids[i]);
			ids[i] = id;
		}
		assert_true(ids[0] != ids[1]);
		store_close(h.store);
		home_open(&h);
	}
	/* one of them goes, the other is found as before; it comes again as another one */
	assert_int_equal(store_drop_series(h.store, m, &ids[0], 1, &err), 0);
	assert_int_equal(register_triple(&h, pairs[1].i, pairs[1].k, "y"), ids[1]);
	assert_true(register_triple(&h, pairs[0].i, pairs[0].k, "y") > ids[1]);
	home_free(&h);
}

/*
 * A value whose bringer has gone keeps its id and its text until the last series that has it goes.
 */
static void
a_value_outlives_the_series_that_brought_it(void **unused)
{
	unsigned first = 1, second = 1 + 2 * VALUES_A;	/* a1; a1 and b2 */
	uint64_t ids[2], again[2], value, later;
	struct store_measurement *m;
	struct whole w;
	struct home h;
	struct err err;
	bool found;

	(void)unused;
	home_new(&h);
	register_all(&h, (unsigned[]){ first, second }, 2, ids);
	m = home_measurement(&h, "m");
	assert_int_equal(store_tag_value_find(h.store, m, m->tags[0].id, SLICE("a1"), &value, &found,
	    &err), 0);
	assert_true(found);
	assert_int_equal(value, ids[0]);
	assert_int_equal(store_drop_series(h.store, m, &ids[0], 1, &err), 0);
	check_whole(&h, &w);
	assert_int_equal(w.all.n, 1);
	assert_true(slice_eq(w.texts[0], SLICE("a1")));
	register_all(&h, &first, 1, again);
	assert_true(again[0] > ids[1]);
	check_whole(&h, &w);
	assert_int_equal(w.all.n, 2);
	assert_int_equal(store_tag_value_find(h.store, m, m->tags[0].id, SLICE("a1"), &later, &found,
	    &err), 0);
	assert_true(found && later == value);
	again[1] = again[0];
	again[0] = ids[1];
	register_all(&h, (unsigned[]){ 2 }, 1, ids);	/* so that something is left */
	assert_int_equal(store_drop_series(h.store, m, again, 2, &err), 0);
	m = home_measurement(&h, "m");
	assert_int_equal(store_tag_value_find(h.store, m, m->tags[0].id, SLICE("a1"), &later, &found,
	    &err), 0);
	assert_false(found);
	register_all(&h, &first, 1, again);
	assert_int_equal(store_tag_value_find(h.store, m, m->tags[0].id, SLICE("a1"), &later, &found,
	    &err), 0);
	assert_true(found && later == again[0] && later != value);
	home_free(&h);
}

static void
short_numbers_of_keys_are_in_order_and_come_back(void **unused)
{
	static const uint64_t numbers[] = { 0, 1, 246, 247, 248, 255, 256, 65535, 65536, 16777215,
		16777216, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 40, UINT64_C(1) << 48,
		UINT64_C(1) << 56, UINT64_MAX - 1, UINT64_MAX };
	struct arena *arena = arena_new(4096);
	struct slice before = { NULL, 0 }, rest;
	uint64_t back;

	(void)unused;
	for (size_t i = 0; i < UNIT_N(numbers); i++) {
		struct key key = key_empty(arena);

		key_short(&key, numbers[i]);
		if (i > 0)
			assert_true(slice_cmp(before, key_slice(&key)) < 0);
		before = key_slice(&key);
		for (size_t n = 0; n < before.n; n++) {
			rest = slice_make(before.p, n);
			assert_int_equal(key_take_short(&rest, &back), -1);
		}
		key_text(&key, SLICE("z"));
		rest = key_slice(&key);
		assert_int_equal(key_take_short(&rest, &back), 0);
		assert_int_equal(back, numbers[i]);
		assert_true(slice_eq(rest, SLICE("z")));
	}
	arena_free(arena);
}

/* ---- damaged records ---- */

static int
cut_block(struct txn *txn, void *arg, struct err *err)
{
	const struct store_measurement *m = arg;
	struct key key = series_prefix(txn->arena, m->id);
	struct record_reader old;
	struct slice value;
	struct record r;
	int result;

	key_short(&key, 1);
	assert_int_equal(txn_get(txn, DB_SERIES, key_slice(&key), &value, err), 0);
	assert_int_equal(record_open(&old, value, 1, "series", err), 0);
	record_begin(&r, 1);
	record_bytes(&r, old.rest.p, old.rest.n - 1);
	result = txn_put(txn, DB_SERIES, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

static void
a_block_that_is_cut_short_is_told(void **unused)
{
	struct value v = { .type = VALUE_INTEGER, .i = 1 };
	struct store_series_list all;
	struct store_measurement *m;
	struct series_ref *ref;
	struct slice *texts;
	struct home h;
	struct err err;
	uint64_t ids[2], stored;

	(void)unused;
	home_new(&h);
	register_all(&h, (unsigned[]){ 1, 2 }, 2, ids);
	m = home_measurement(&h, "m");
	assert_int_equal(store_txn(h.store, STORE_WRITE, h.arena, cut_block, m, &err), 0);
	assert_int_equal(store_series_all(h.store, m, h.arena, &all, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	assert_int_equal(store_series_tags(h.store, m, ids, 2, &m->tags[0].id, 1, h.arena, &texts,
	    &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	ref = ref_of(h.arena, 3);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", v);
	assert_int_equal(store_append(h.store, h.bucket, &h.batch, &stored, &err), -1);
	assert_int_equal(err.code, ERR_CORRUPT);
	home_ref_free(ref);
	home_free(&h);
}

/* ---- several processes ---- */

#define BOTH 2500

static void
register_in_turn(struct home *h, unsigned from, unsigned step)
{
	unsigned list[50];
	uint64_t ids[50];

	home_open(h);
	for (unsigned i = 0; i < BOTH; i += 50) {
		for (unsigned k = 0; k < 50; k++)
			list[k] = (from + (i + k) * step) % BOTH;
		register_all(h, list, 50, ids);
	}
	store_close(h->store);
}

static void
two_processes_make_a_series_once(void **unused)
{
	struct whole w;
	struct home h;
	int status;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	for (unsigned child = 0; child < 2; child++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {		/* 7 has no factor of BOTH: it comes by all of them */
			register_in_turn(&h, child * 1250, child == 0 ? 1 : 7);
			_exit(0);
		}
	}
	for (unsigned child = 0; child < 2; child++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	home_open(&h);
	check_whole(&h, &w);
	assert_int_equal(w.all.n, BOTH);
	home_free(&h);
}

#define KILLS 25

static void
a_kill_leaves_the_index_whole(void **unused)
{
	struct whole w = { 0 };
	uint64_t ids[50], random = 99;
	struct home h;
	int status;

	(void)unused;
	home_new(&h);
	store_close(h.store);
	for (unsigned i = 0; i < KILLS; i++) {
		struct timespec pause = { 0, (long)(1000000 + unit_random(&random) % 12000000) };
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			for (unsigned from = i * 31;; from += 777)
				register_in_turn(&h, from % BOTH, 13);
		}
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	home_open(&h);
	register_all(&h, (unsigned[]){ 1, 2, 3 }, 3, ids);
	check_whole(&h, &w);
	/* each is found again under the id that it has */
	for (unsigned c = 0; c < BOTH; c += 50) {
		unsigned list[50];

		for (unsigned k = 0; k < 50; k++)
			list[k] = c + k;
		register_all(&h, list, 50, ids);
	}
	check_whole(&h, &w);
	assert_int_equal(w.all.n, BOTH);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_numbers_of_keys_are_in_order_and_come_back),
		cmocka_unit_test(two_tag_sets_of_one_hash_are_two_series),
		cmocka_unit_test(a_value_outlives_the_series_that_brought_it),
		cmocka_unit_test(a_block_that_is_cut_short_is_told),
		cmocka_unit_test(the_index_says_what_a_plain_list_says),
		cmocka_unit_test(two_processes_make_a_series_once),
		cmocka_unit_test(a_kill_leaves_the_index_whole),
	};

	return cmocka_run_group_tests_name("store/series", tests, NULL, NULL);
}
