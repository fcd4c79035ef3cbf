/*
 * tests/unit/store_catalogue_test.c - buckets, DBRP mappings and tokens
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store_home.h"

/*
 * Every step is a body of its own transaction: it returns what the table function returned.
 */
static int
run(struct home *h, int (*body)(struct txn *txn, void *arg, struct err *err), void *arg,
    struct err *err)
{
	return store_txn(h->store, STORE_WRITE, h->arena, body, arg, err);
}

static int
create_bucket(struct txn *txn, void *arg, struct err *err)
{
	return store_bucket_create(txn, arg, err);
}

static int
update_bucket(struct txn *txn, void *arg, struct err *err)
{
	return store_bucket_update(txn, arg, err);
}

static int
find_bucket(struct txn *txn, void *arg, struct err *err)
{
	struct store_bucket *b = arg;

	return store_bucket_find(txn, b->name, b, err);
}

static int
delete_bucket(struct txn *txn, void *arg, struct err *err)
{
	return store_bucket_delete(txn, ((struct store_bucket *)arg)->id, err);
}

struct bucket_list {
	struct store_bucket *list;
	size_t n;
};

static int
list_buckets(struct txn *txn, void *arg, struct err *err)
{
	struct bucket_list *l = arg;

	return store_bucket_list(txn, &l->list, &l->n, err);
}

static void
buckets_are_found_by_name_and_renamed(void **unused)
{
	struct store_bucket x = { .name = SLICE("x/y"), .description = SLICE("d"), .retention_ns = 5 };
	struct store_bucket y = { .name = SLICE("a"), .description = SLICE("") }, found;
	struct bucket_list l;
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	assert_int_equal(run(&h, create_bucket, &x, &err), 0);
	assert_int_equal(run(&h, create_bucket, &y, &err), 0);
	assert_int_not_equal(x.id, 0);
	assert_int_equal(run(&h, create_bucket, &(struct store_bucket){ .name = x.name }, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(err.text, "bucket with name x/y already exists");
	found.name = SLICE("nope");
	assert_int_equal(run(&h, find_bucket, &found, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "bucket \"nope\" not found");
	x.name = SLICE("z");
	assert_int_equal(run(&h, update_bucket, &x, &err), 0);
	found.name = SLICE("z");
	assert_int_equal(run(&h, find_bucket, &found, &err), 0);
	assert_int_equal(found.id, x.id);
	assert_int_equal(found.retention_ns, 5);
	found.name = SLICE("x/y");
	assert_int_equal(run(&h, find_bucket, &found, &err), -1);
	assert_int_equal(run(&h, list_buckets, &l, &err), 0);
	assert_int_equal(l.n, 3);	/* a, b (the home's own), z */
	assert_true(slice_eq(l.list[0].name, SLICE("a")) && slice_eq(l.list[2].name, SLICE("z")));
	home_free(&h);
}

static void
a_deleted_bucket_takes_its_rows_along(void **unused)
{
	struct tag tag = { SLICE("host"), SLICE("a") };
	struct series_ref *ref = home_ref(&tag, 1);
	struct store_bucket again = { .name = SLICE("b"), .description = SLICE("") };
	struct home h;
	struct err err;
	uint64_t stored;

	(void)unused;
	home_new(&h);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", (struct value){ .type = VALUE_FLOAT, .f = 1 });
	assert_int_equal(home_append(&h), 1);
	again.id = h.bucket;
	assert_int_equal(run(&h, delete_bucket, &again, &err), 0);
	assert_null(home_measurement(&h, "m"));
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", (struct value){ .type = VALUE_FLOAT, .f = 1 });
	assert_int_equal(store_append(h.store, h.bucket, &h.batch, &stored, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	/* made anew it is empty, a field may have another type, and the old id is known as stale */
	assert_int_equal(run(&h, create_bucket, &again, &err), 0);
	h.bucket = again.id;
	arena_reset(h.batch_arena);
	batch_init(&h.batch, h.batch_arena, &h.rejects);
	home_put(&h, home_point(&h, "m", ref, 1, 1), "v", (struct value){ .type = VALUE_INTEGER, .i = 1 });
	assert_int_equal(home_append(&h), 1);
	assert_int_equal(home_measurement(&h, "m")->fields[0].type, VALUE_INTEGER);
	home_ref_free(ref);
	home_free(&h);
}

static int
create_dbrp(struct txn *txn, void *arg, struct err *err)
{
	return store_dbrp_create(txn, arg, err);
}

static int
update_dbrp(struct txn *txn, void *arg, struct err *err)
{
	return store_dbrp_update(txn, arg, err);
}

static int
delete_dbrp(struct txn *txn, void *arg, struct err *err)
{
	return store_dbrp_delete(txn, ((struct store_dbrp *)arg)->id, err);
}

static int
find_dbrp(struct txn *txn, void *arg, struct err *err)
{
	struct store_dbrp *d = arg;

	return store_dbrp_find(txn, d->database, d->policy, d, err);
}

static uint64_t
default_of(struct home *h, const char *database)
{
	struct store_dbrp d = { .database = slice_from(database), .policy = SLICE("") };
	struct err err;

	return run(h, find_dbrp, &d, &err) == 0 ? d.id : 0;
}

static void
each_database_has_one_default_mapping(void **unused)
{
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	struct store_dbrp one = { .database = SLICE("db"), .policy = SLICE("one"),
		.bucket_id = h.bucket };
	struct store_dbrp two = { .database = SLICE("db"), .policy = SLICE("two"),
		.bucket_id = h.bucket };
	struct store_dbrp other = { .database = SLICE("dbx"), .policy = SLICE("one"),
		.bucket_id = h.bucket };

	assert_int_equal(run(&h, create_dbrp, &one, &err), 0);
	assert_true(one.is_default);
	assert_int_equal(run(&h, create_dbrp, &two, &err), 0);
	assert_false(two.is_default);
	assert_int_equal(run(&h, create_dbrp, &other, &err), 0);
	assert_int_equal(default_of(&h, "db"), one.id);
	assert_int_equal(run(&h, create_dbrp, &(struct store_dbrp){ .database = SLICE("db"),
	    .policy = SLICE("two"), .bucket_id = h.bucket }, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	two.is_default = true;
	assert_int_equal(run(&h, update_dbrp, &two, &err), 0);
	assert_int_equal(default_of(&h, "db"), two.id);
	two.is_default = false;
	assert_int_equal(run(&h, update_dbrp, &two, &err), 0);
	assert_int_equal(default_of(&h, "db"), one.id);
	assert_int_equal(run(&h, delete_dbrp, &one, &err), 0);
	assert_int_equal(default_of(&h, "db"), two.id);
	assert_int_equal(default_of(&h, "dbx"), other.id);
	assert_int_equal(run(&h, delete_dbrp, &one, &err), 0);
	assert_int_equal(run(&h, delete_dbrp, &two, &err), 0);
	assert_int_equal(default_of(&h, "db"), 0);
	home_free(&h);
}

static int
create_token(struct txn *txn, void *arg, struct err *err)
{
	return store_token_create(txn, arg, err);
}

static int
find_token(struct txn *txn, void *arg, struct err *err)
{
	struct store_token *t = arg;

	return store_token_find(txn, t->hash, t, err);
}

static int
update_token(struct txn *txn, void *arg, struct err *err)
{
	return store_token_update(txn, arg, err);
}

static int
delete_token(struct txn *txn, void *arg, struct err *err)
{
	return store_token_delete(txn, ((struct store_token *)arg)->id, err);
}

static void
tokens_are_found_by_hash_and_changes_are_seen(void **unused)
{
	struct grant grants[] = { { GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 7 },
		{ GRANT_READ, GRANT_DBRPS, 0 } };
	struct store_token token = { .hash = "0123456789abcdef0123456789abcde", .description = SLICE("d"),
		.active = true, .grants = grants, .n_grants = 2 }, found = token;
	struct home h;
	struct err err;
	uint64_t generation;

	(void)unused;
	home_new(&h);
	generation = store_auth_generation(h.store);
	assert_int_equal(run(&h, find_token, &found, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(run(&h, create_token, &token, &err), 0);
	assert_true(store_auth_generation(h.store) > generation);
	assert_int_equal(run(&h, create_token, &found, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(run(&h, find_token, &found, &err), 0);
	assert_int_equal(found.id, token.id);
	assert_int_equal(found.n_grants, 2);
	assert_int_equal(found.grants[0].actions, GRANT_READ | GRANT_WRITE);
	assert_int_equal(found.grants[1].resource, GRANT_DBRPS);
	found.active = false;
	assert_int_equal(run(&h, update_token, &found, &err), 0);
	assert_int_equal(run(&h, find_token, &token, &err), 0);
	assert_false(token.active);
	assert_int_equal(run(&h, delete_token, &token, &err), 0);
	assert_int_equal(run(&h, find_token, &found, &err), -1);
	home_free(&h);
}

static void
a_home_without_a_store_is_told_as_such(void **unused)
{
	struct store_options options;
	struct store *store;
	struct home h;
	struct err err;

	(void)unused;
	home_new(&h);
	assert_int_equal(store_create(&h.options, &err), -1);
	assert_int_equal(err.code, ERR_CONFLICT);
	store_default_options(&options);
	options.home = "/tmp";
	assert_int_equal(store_open(&store, &options, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "there is no store in /tmp"));
	options.home = "/nonexistent/home";
	assert_int_equal(store_open(&store, &options, &err), -1);
	assert_non_null(strstr(err.text, "init"));
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_are_found_by_name_and_renamed),
		cmocka_unit_test(a_deleted_bucket_takes_its_rows_along),
		cmocka_unit_test(each_database_has_one_default_mapping),
		cmocka_unit_test(tokens_are_found_by_hash_and_changes_are_seen),
		cmocka_unit_test(a_home_without_a_store_is_told_as_such),
	};

	return cmocka_run_group_tests_name("store/catalogue", tests, NULL, NULL);
}
