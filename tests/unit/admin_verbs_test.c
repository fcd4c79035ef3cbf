/*
 * tests/unit/admin_verbs_test.c - buckets, mappings and tokens: made, listed, changed, deleted
 */
#include "unit.h"
#include "store_home.h"

#include <time.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "store/store_priv.h"

static void
test_ids(void **state)
{
	static const char *const bad[] = {
		"",
		"1",
		"0000000000000000",
		"0123456789ABCDEF",
		"0123456789abcde",
		"0123456789abcdef0",
		"0123456789abcdeg",
		"-123456789abcdef",
	};
	char text[ADMIN_ID_CHARS + 1];
	uint64_t id;

	(void)state;
	admin_id_format(text, UINT64_C(0x0a1b2c3d4e5f6071));
	assert_string_equal(text, "0a1b2c3d4e5f6071");
	assert_int_equal(admin_id_parse(slice_from(text), &id), 0);
	assert_true(id == UINT64_C(0x0a1b2c3d4e5f6071));
	for (size_t i = 0; i < UNIT_N(bad); i++)
		UNIT_CHECK(bad[i], admin_id_parse(slice_from(bad[i]), &id) == -1);
}

static void
test_bucket_names(void **state)
{
	static const struct { const char *name; bool good;
	} names[] = {
		{ "a", true },
		{ "My_bucket-1.0/x y", true },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", true },
		{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false },
		{ "", false },
		{ " a", false },
		{ "a ", false },
		{ "a\"b", false },
		{ "a\nb", false },
		{ "\xc3\xa4", false },
		{ "\xff", false },
		{ "a+b", false },
	};
	struct store_bucket bucket;
	struct home h;
	struct err err;

	(void)state;
	home_new(&h);
	for (size_t i = 0; i < UNIT_N(names); i++) {
		int result = admin_bucket_create(
		    h.store, h.arena, slice_from(names[i].name), SLICE(""), 0, &bucket, &err);

		UNIT_CHECK(names[i].name, result == (names[i].good ? 0 : -1));
		UNIT_CHECK(names[i].name, result == 0 || err.code == ERR_INVALID);
	}
	assert_int_equal(admin_bucket_create(h.store, h.arena, SLICE("neg"), SLICE(""), -1, &bucket,
	    &err), -1);
	assert_int_equal(
	    admin_bucket_create(h.store, h.arena, SLICE("a"), SLICE(""), 0, &bucket, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(err.text, "bucket with name a already exists");
	home_free(&h);
}

static void
test_buckets(void **state)
{
	struct admin_bucket_change change = { 0 };
	struct slice name = SLICE("c"), description = SLICE("d");
	int64_t week = INT64_C(604800000000000);
	struct store_bucket bucket, found, *list;
	char id[ADMIN_ID_CHARS + 1];
	struct home h;
	struct err err;
	size_t n;

	(void)state;
	home_new(&h);
	assert_int_equal(admin_bucket_create(h.store, h.arena, SLICE("a"), SLICE("one"), 5, &bucket,
	    &err), 0);
	assert_true(bucket.id != 0 && bucket.created_ns > 0);
	admin_id_format(id, bucket.id);
	assert_int_equal(admin_bucket_find(h.store, h.arena, slice_from(id), &found, &err), 0);
	UNIT_SAME("by id", found.name, SLICE("a"));
	UNIT_SAME("description", found.description, SLICE("one"));
	assert_int_equal(found.retention_ns, 5);

	change.name = &name;
	change.description = &description;
	change.retention_ns = &week;
	assert_int_equal(
	    admin_bucket_update(h.store, h.arena, SLICE("a"), &change, &found, &err), 0);
	assert_int_equal(found.id, bucket.id);
	assert_int_equal(admin_bucket_find(h.store, h.arena, SLICE("a"), &found, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "bucket \"a\" not found");
	assert_int_equal(admin_bucket_find(h.store, h.arena, SLICE("c"), &found, &err), 0);
	assert_true(found.retention_ns == week);
	assert_int_equal(admin_bucket_list(h.store, h.arena, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	UNIT_SAME("by name", list[0].name, SLICE("b"));
	assert_int_equal(admin_bucket_delete(h.store, h.arena, SLICE("c"), &err), 0);
	assert_int_equal(admin_bucket_delete(h.store, h.arena, SLICE("c"), &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	home_free(&h);
}

static void
test_dbrps(void **state)
{
	static const struct { const char *db, *rp; } bad[] = {
		{ "", "rp" }, { "db", "" }, { "a/b", "rp" }, { "db", "r\\p" }, { ".", "rp" },
		{ "db", ".." }, { "d\nb", "rp" }, { "db", "\xff" },
	};
	struct store_dbrp dbrp, *list;
	struct home h;
	struct err err;
	size_t n;

	(void)state;
	home_new(&h);
	for (size_t i = 0; i < UNIT_N(bad); i++) {
		UNIT_CHECK(bad[i].db, admin_dbrp_create(h.store, h.arena, slice_from(bad[i].db),
		    slice_from(bad[i].rp), SLICE("b"), false, &dbrp, &err) == -1);
		UNIT_CHECK(bad[i].db, err.code == ERR_INVALID);
	}
	assert_int_equal(admin_dbrp_create(h.store, h.arena, SLICE("db"), SLICE("rp"),
			     SLICE("nope"), false, &dbrp, &err),
	    -1);
	assert_string_equal(err.text, "bucket \"nope\" not found");
	assert_int_equal(admin_dbrp_create(h.store, h.arena, SLICE("k\xc3\xbc" "che"), SLICE("r p"),
	    SLICE("b"), false, &dbrp, &err), 0);
	assert_true(dbrp.is_default);
	assert_int_equal(admin_dbrp_create(h.store, h.arena, SLICE("k\xc3\xbc" "che"), SLICE("two"),
	    SLICE("b"), true, &dbrp, &err), 0);
	assert_int_equal(admin_dbrp_create(h.store, h.arena, SLICE("k\xc3\xbc" "che"), SLICE("two"),
	    SLICE("b"), true, &dbrp, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(admin_dbrp_list(h.store, h.arena, SLICE(""), &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_true(!list[0].is_default && list[1].is_default);
	assert_int_equal(admin_dbrp_delete(h.store, h.arena, list[1].id, &err), 0);
	assert_int_equal(admin_dbrp_delete(h.store, h.arena, 12345, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(admin_dbrp_delete_pair(h.store, h.arena,
			     SLICE("k\xc3\xbc"
				   "che"),
			     SLICE("r p"), &err),
	    0);
	assert_int_equal(admin_dbrp_list(h.store, h.arena, SLICE(""), &list, &n, &err), 0);
	assert_int_equal(n, 0);
	home_free(&h);
}

static void
test_tokens(void **state)
{
	static const char *const bad[] = { "short", "has blank inside", "has:colon-inside",
		"has\ttab-in" };
	struct grant read_b = { GRANT_READ, GRANT_BUCKETS, 0 };
	struct admin_token_spec spec = {
		.description = SLICE("d"), .grants = &read_b, .n_grants = 1
	};
	struct store_token token, *list;
	struct slice text, again;
	struct home h;
	struct err err;
	size_t n;

	(void)state;
	home_new(&h);
	read_b.id = h.bucket;
	assert_int_equal(admin_token_create(h.store, h.arena, &spec, &text, &token, &err), 0);
	assert_int_equal(text.n, AUTH_TOKEN_CHARS);
	assert_int_equal(admin_token_create(h.store, h.arena, &spec, &again, &token, &err), 0);
	assert_false(slice_eq(text, again));
	for (size_t i = 0; i < UNIT_N(bad); i++) {
		spec.text = slice_from(bad[i]);
		UNIT_CHECK(bad[i],
		    admin_token_create(h.store, h.arena, &spec, &again, &token, &err) == -1);
		UNIT_CHECK(bad[i], err.code == ERR_INVALID);
	}
	spec.text = text;
	assert_int_equal(admin_token_create(h.store, h.arena, &spec, &again, &token, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	read_b.id = 999;
	spec.text = SLICE("");
	assert_int_equal(admin_token_create(h.store, h.arena, &spec, &again, &token, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	spec.n_grants = 0;
	assert_int_equal(admin_token_create(h.store, h.arena, &spec, &again, &token, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);

	assert_int_equal(admin_token_list(h.store, h.arena, &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[0].n_grants, 1);
	assert_int_equal(list[0].grants[0].id, h.bucket);
	assert_int_equal(
	    admin_token_set_active(h.store, h.arena, list[0].id, false, &token, &err), 0);
	assert_false(token.active);
	assert_int_equal(admin_token_delete(h.store, h.arena, list[0].id, &err), 0);
	assert_int_equal(admin_token_delete(h.store, h.arena, list[0].id, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	home_free(&h);
}

static void
test_setup(void **state)
{
	char path[] = "/tmp/weir-test-XXXXXX", command[64];
	struct arena *arena = arena_new(4096);
	struct store_options options;
	struct store_token *list;
	struct store *store;
	struct err err;
	size_t n;

	(void)state;
	assert_non_null(mkdtemp(path));
	store_default_options(&options);
	options.home = path;
	options.reserve_bytes = 0;
	assert_int_equal(admin_setup(&options, SLICE("a-token-for-tests"), arena, &err), 0);
	assert_int_equal(admin_setup(&options, SLICE(""), arena, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(store_open(&store, &options, &err), 0);
	assert_int_equal(admin_token_list(store, arena, &list, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].n_grants, admin_n_all_access);
	store_close(store);
	arena_free(arena);
	snprintf(command, sizeof(command), "rm -rf %s", path);
	assert_int_equal(system(command), 0);
}

static struct env_mark *sleepers_mark;

/*
 * In place of the C library's: meanwhile the writer has its names, and its turn is over.
 */
int
nanosleep(const struct timespec *wanted, struct timespec *left)
{
	(void)wanted;
	(void)left;
	sleepers_mark->names_wanted_ns = 0;
	return 0;
}

static void
test_who_drops_buckets_lets_writers_go_first(void **state)
{
	struct store_bucket bucket;
	struct home h;
	struct err err;

	(void)state;
	home_new(&h);
	sleepers_mark = h.store->env.mark;
	assert_int_equal(admin_bucket_create(h.store, h.arena, SLICE("a"), SLICE(""), 0, &bucket, &err),
	    0);
	sleepers_mark->names_wanted_ns = clock_monotonic_ns();
	assert_int_equal(admin_bucket_delete(h.store, h.arena, SLICE("a"), &err), 0);
	assert_int_equal(sleepers_mark->names_wanted_ns, 0);
	sleepers_mark->names_wanted_ns = clock_monotonic_ns();
	assert_int_equal(admin_database_drop(h.store, h.arena, SLICE("b"), &err), 0);
	assert_int_equal(sleepers_mark->names_wanted_ns, 0);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_bucket_names),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_dbrps),
		cmocka_unit_test(test_who_drops_buckets_lets_writers_go_first),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
