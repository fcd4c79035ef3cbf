/*
 * tests/unit/admin_users_test.c - the verbs of users: names, passwords, grants
 */
#include "unit.h"
#include "store_home.h"

#include "admin/admin.h"

static const char *
create(struct home *h, struct slice name, struct slice password)
{
	static struct err err;

	return admin_user_create(h->store, h->arena, name, password, NULL, 0, &err) == 0 ? "" :
	    err.text;
}

static void
test_names_and_passwords(void **state)
{
	char longest[257];
	struct store_user *list;
	struct home h;
	struct err err;
	size_t n;

	(void)state;
	memset(longest, 'n', sizeof(longest));
	home_new(&h);
	assert_string_equal(create(&h, SLICE("someone@example.org"), SLICE("x")), "");
	assert_string_equal(create(&h, SLICE("J\xc3\xbcrgen K"), SLICE("p\xc3\xa4ss wort:")), "");
	assert_string_equal(create(&h, slice_make(longest, 255), SLICE("x")), "");
	assert_string_equal(create(&h, SLICE("someone@example.org"), SLICE("y")),
	    "user already exists");
	assert_string_equal(create(&h, SLICE(""), SLICE("x")),
	    "a user's name has 1 to 255 bytes, found 0");
	assert_string_equal(create(&h, slice_make(longest, 256), SLICE("x")),
	    "a user's name has 1 to 255 bytes, found 256");
	assert_string_equal(create(&h, SLICE("a:b"), SLICE("x")), "a user's name has printable "
	    "characters without a colon, which ends it in `Basic user:password`");
	assert_string_equal(create(&h, SLICE("a\nb"), SLICE("x")), "a user's name has printable "
	    "characters without a colon, which ends it in `Basic user:password`");
	assert_string_equal(create(&h, SLICE("a\xff"), SLICE("x")), "a user's name is UTF-8");
	assert_string_equal(create(&h, SLICE("new"), SLICE("")),
	    "a password has 1 to 4096 bytes, none of them NUL");
	assert_string_equal(create(&h, SLICE("new"), slice_make("a\0b", 3)),
	    "a password has 1 to 4096 bytes, none of them NUL");
	assert_int_equal(admin_user_list(h.store, h.arena, &list, &n, &err), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_true(slice_starts(list[i].hash, SLICE("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_int_equal(admin_user_delete(h.store, h.arena, SLICE("new"), &err), -1);
	assert_string_equal(err.text, "user not found");
	assert_int_equal(admin_user_set_password(h.store, h.arena, SLICE("new"), SLICE("x"), &err),
	    -1);
	assert_string_equal(err.text, "user not found");
	home_free(&h);
}

/* The grants of a user as text: "1 on b". */
static const char *
databases(struct home *h, const char *name)
{
	struct admin_user_database *list;
	struct slice text = SLICE("");
	struct err err;
	size_t n;

	if (admin_user_databases(h->store, h->arena, slice_from(name), &list, &n, &err) != 0)
		return arena_string(h->arena, slice_from(err.text));
	for (size_t i = 0; i < n; i++)
		text = arena_printf(h->arena, SLICE_FMT "%s%u on " SLICE_FMT, SLICE_ARG(text),
		    i > 0 ? ", " : "", list[i].actions, SLICE_ARG(list[i].database));
	return arena_string(h->arena, text);
}

static const char *
change(struct home *h, int how, const char *database, unsigned actions)
{
	const struct admin_user_change change = { .how = how, .database = slice_from(database),
		.actions = (uint8_t)actions };
	static struct err err;

	return admin_user_change(h->store, h->arena, SLICE("ann"), &change, &err) == 0 ?
	    databases(h, "ann") : err.text;
}

static void
test_grants(void **state)
{
	const struct grant gone = { GRANT_READ, GRANT_BUCKETS, 12345 };
	const struct admin_user_change add_gone = { .grants = &gone, .n_grants = 1 };
	const struct admin_user_change all = { .grants = admin_all_access,
		.n_grants = admin_n_all_access };
	struct store_bucket bucket;
	struct store_user *list;
	struct home h;
	struct err err;
	size_t n;

	(void)state;
	home_new(&h);
	assert_int_equal(admin_bucket_create(h.store, h.arena, SLICE("d/autogen"), SLICE(""), 0,
	    &bucket, &err), 0);
	assert_int_equal(admin_bucket_create(h.store, h.arena, SLICE("d/week"), SLICE(""), 0,
	    &bucket, &err), 0);
	assert_string_equal(create(&h, SLICE("ann"), SLICE("x")), "");
	assert_string_equal(databases(&h, "ann"), "");
	assert_string_equal(databases(&h, "bob"), "user not found");
	assert_string_equal(change(&h, ADMIN_GRANT_ADD, "d", GRANT_READ), "1 on d");
	assert_string_equal(change(&h, ADMIN_GRANT_ADD, "b", GRANT_WRITE), "2 on b, 1 on d");
	assert_string_equal(change(&h, ADMIN_GRANT_ADD, "d", GRANT_WRITE), "2 on b, 3 on d");
	assert_string_equal(change(&h, ADMIN_GRANT_SET, "d", GRANT_WRITE), "2 on b, 2 on d");
	assert_string_equal(change(&h, ADMIN_GRANT_REMOVE, "d", GRANT_READ), "2 on b, 2 on d");
	assert_string_equal(change(&h, ADMIN_GRANT_REMOVE, "d", GRANT_WRITE), "2 on b");
	assert_string_equal(change(&h, ADMIN_GRANT_REMOVE, "nope", GRANT_READ),
	    "database not found: nope");
	assert_int_equal(admin_user_change(h.store, h.arena, SLICE("ann"), &add_gone, &err), -1);
	assert_string_equal(err.text, "a permission names a bucket that is none");
	assert_int_equal(admin_user_change(h.store, h.arena, SLICE("ann"), &all, &err), 0);
	assert_int_equal(admin_user_list(h.store, h.arena, &list, &n, &err), 0);
	assert_true(grants_all_access(&(struct grants){ true, 0, list[0].n_grants, list[0].grants }));
	assert_int_equal(admin_bucket_delete(h.store, h.arena, SLICE("b"), &err), 0);
	assert_string_equal(databases(&h, "ann"), "");
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_passwords),
		cmocka_unit_test(test_grants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
