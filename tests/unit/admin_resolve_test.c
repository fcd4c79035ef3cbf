/*
 * tests/unit/admin_resolve_test.c - from db and rp to a bucket: who finds what, and what is said
 */
#include "unit.h"
#include "store_home.h"

#include "admin/admin.h"

static const struct grant write_all[] = { { GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 } };

static struct grants
all_access(void)
{
	return (struct grants){ true, 1, admin_n_all_access, admin_all_access };
}

static struct grants
every_bucket(void)
{
	return (struct grants){ true, 2, 1, write_all };
}

static uint64_t
make_bucket(struct home *h, const char *name)
{
	struct store_bucket bucket;
	struct err err;

	if (admin_bucket_create(
		h->store, h->arena, slice_from(name), SLICE(""), 0, &bucket, &err) != 0)
		home_die(name, &err);
	return bucket.id;
}

static void
make_dbrp(struct home *h, const char *db, const char *rp, const char *bucket, bool is_default)
{
	struct store_dbrp dbrp;
	struct err err;

	if (admin_dbrp_create(h->store, h->arena, slice_from(db), slice_from(rp),
		slice_from(bucket), is_default, &dbrp, &err) != 0)
		home_die(db, &err);
}

static void
furnish(struct home *h)
{
	static const char *const names[] = {
		"plain", "two/week", "both", "both/autogen", "many/a", "many/b", "target", "other",
		"my bucket", "v1.0", "hidden/rp", "only/autogen",
	};

	home_new(h);
	for (size_t i = 0; i < UNIT_N(names); i++)
		make_bucket(h, names[i]);
	make_dbrp(h, "mapped", "short", "target", false);
	make_dbrp(h, "mapped", "long", "other", false);
	make_dbrp(h, "hidden", "rp", "target", false);
}

enum who { ALL, EVERY, SCOPED, NOBODY };	/* SCOPED: read and write on `plain` alone */

#define LENGTH "namespace name length must be between 1 and 64 characters"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char	*db, *rp;
	enum admin_use	 use;
	enum who	 who;
	const char	*bucket;	/* NULL: an error; "" = may be made */
	enum err_code	 code;
	const char	*text;
} cases[] = {
	{ "plain", "", ADMIN_WRITE, ALL, "plain", 0, "" },
	{ "plain", "''", ADMIN_WRITE, ALL, "plain", 0, "" },
	{ "plain", "autogen", ADMIN_WRITE, ALL, "plain", 0, "" },
	{ "plain", "Default", ADMIN_WRITE, ALL, "plain", 0, "" },
	{ "plain", "", ADMIN_WRITE, SCOPED, "plain", 0, "" },
	{ "plain", "", ADMIN_QUERY, SCOPED, "plain", 0, "" },
	{ "plain", "week", ADMIN_WRITE, ALL, "", 0, "" },
	{ "two", "", ADMIN_WRITE, ALL, "two/week", 0, "" },
	{ "two", "week", ADMIN_WRITE, ALL, "two/week", 0, "" },
	{ "two/week", "", ADMIN_WRITE, ALL, "two/week", 0, "" },
	{ "two", "autogen", ADMIN_WRITE, ALL, "", 0, "" },
	{ "both", "", ADMIN_QUERY, ALL, "both", 0, "" },
	{ "both", "autogen", ADMIN_QUERY, ALL, "both/autogen", 0, "" },
	{ "only", "", ADMIN_QUERY, ALL, "only/autogen", 0, "" },
	{ "many", "", ADMIN_WRITE, ALL, "", 0, "" },
	{ "many", "b", ADMIN_WRITE, ALL, "many/b", 0, "" },
	{ "mapped", "", ADMIN_QUERY, ALL, "target", 0, "" },
	{ "mapped", "long", ADMIN_QUERY, ALL, "other", 0, "" },
	{ "hidden", "rp", ADMIN_QUERY, ALL, "target", 0, "" },
	{ "my bucket", "", ADMIN_WRITE, ALL, "my bucket", 0, "" },
	{ "v1.0", "", ADMIN_WRITE, ALL, "v1.0", 0, "" },

	{ "", "", ADMIN_WRITE, ALL, NULL, ERR_INVALID, LENGTH },
	{ X64 "x", "", ADMIN_WRITE, ALL, NULL, ERR_INVALID, LENGTH },
	{ X64, "", ADMIN_WRITE, ALL, NULL, ERR_INVALID, LENGTH },
	{ "a+b", "", ADMIN_WRITE, ALL, NULL, ERR_INVALID,
	    "namespace name 'a+b' contains invalid character, character number 1 is not allowed" },
	{ "k\xc3\xbc"
	  "che!",
	    "", ADMIN_WRITE, SCOPED, NULL, ERR_INVALID,
	    "namespace name 'k\xc3\xbc"
	    "che!' contains invalid character, character number 1 is not "
	    "allowed" },
	{ "ab", "c d", ADMIN_WRITE, ALL, NULL, ERR_INVALID,
	    "namespace name 'ab/c d' contains invalid character, character number 4 is not "
	    "allowed" },
	{ "no.pe", "", ADMIN_WRITE, ALL, NULL, ERR_INVALID,
	    "namespace name 'no.pe' contains invalid character, character number 2 is not "
	    "allowed" },
	{ "no.pe", "", ADMIN_WRITE, SCOPED, NULL, ERR_FORBIDDEN,
	    "insufficient permissions for write" },
	{ "v1.0", "", ADMIN_WRITE, SCOPED, NULL, ERR_FORBIDDEN,
	    "insufficient permissions for write" },
	{ "nope", "", ADMIN_WRITE, EVERY, NULL, ERR_NOT_FOUND, "database not found: \"nope\"" },
	{ "plain", "nope", ADMIN_WRITE, EVERY, NULL, ERR_NOT_FOUND,
	    "database not found: \"plain\"" },
	{ "nope", "", ADMIN_WRITE, SCOPED, NULL, ERR_FORBIDDEN,
	    "insufficient permissions for write" },
	{ "two", "", ADMIN_WRITE, SCOPED, NULL, ERR_FORBIDDEN,
	    "insufficient permissions for write" },
	{ "plain", "", ADMIN_WRITE, NOBODY, NULL, ERR_FORBIDDEN,
	    "insufficient permissions for write" },
	{ "new", "", ADMIN_WRITE, ALL, "", 0, "" },

	{ "", "", ADMIN_QUERY, ALL, NULL, ERR_INVALID, "database name required" },
	{ "nope", "", ADMIN_QUERY, ALL, NULL, ERR_NOT_FOUND, "database not found: nope" },
	{ "nope", "rp", ADMIN_QUERY, ALL, NULL, ERR_NOT_FOUND, "database not found: nope" },
	{ X64 "x", "", ADMIN_QUERY, ALL, NULL, ERR_NOT_FOUND, "database not found: " X64 "x" },
	{ "plain", "nope", ADMIN_QUERY, ALL, NULL, ERR_NOT_FOUND,
	    "retention policy not found: nope" },
	{ "mapped", "nope", ADMIN_QUERY, ALL, NULL, ERR_NOT_FOUND,
	    "retention policy not found: nope" },
	{ "many", "c", ADMIN_QUERY, EVERY, NULL, ERR_NOT_FOUND, "retention policy not found: c" },
	{ "many", "", ADMIN_QUERY, ALL, NULL, ERR_NOT_FOUND,
	    "default retention policy not set for: many" },
	{ "nope", "", ADMIN_QUERY, SCOPED, NULL, ERR_FORBIDDEN, "requires READ on nope" },
	{ "two", "", ADMIN_QUERY, SCOPED, NULL, ERR_FORBIDDEN, "requires READ on two" },
};

static void
test_resolve(void **state)
{
	struct home h;
	struct grant one = { GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 };
	struct grants who[4] = { all_access(), every_bucket(), { true, 3, 1, &one }, { 0 } };
	struct store_bucket plain;
	struct err err;

	(void)state;
	furnish(&h);
	assert_int_equal(admin_bucket_find(h.store, h.arena, SLICE("plain"), &plain, &err), 0);
	one.id = plain.id;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		char name[256];
		struct admin_destination to;
		int result = admin_dbrp_resolve(h.store, h.arena, &who[cases[i].who], cases[i].use,
		    slice_from(cases[i].db), slice_from(cases[i].rp), &to, &err);

		snprintf(name, sizeof(name), "case %zu, db=%s rp=%s", i, cases[i].db, cases[i].rp);
		if (cases[i].bucket != NULL) {
			if (result != 0)
				fail_msg("%s: %s", name, err.text);
			UNIT_CHECK(name, to.create == (cases[i].bucket[0] == '\0'));
			UNIT_SAME(name, to.bucket.name, slice_from(cases[i].bucket));
		} else {
			UNIT_CHECK(name, result == -1);
			UNIT_SAME(name, slice_from(err.text), slice_from(cases[i].text));
			UNIT_CHECK(name, err.code == cases[i].code);
		}
	}
	home_free(&h);
}

static void
test_names_with_a_nul(void **state)
{
	struct home h;
	struct grants all = all_access();
	struct admin_destination to;
	struct err err;

	(void)state;
	furnish(&h);
	assert_int_equal(admin_dbrp_resolve(h.store, h.arena, &all, ADMIN_QUERY,
			     SLICE("mapped\0short"), SLICE(""), &to, &err),
	    -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(admin_dbrp_resolve(h.store, h.arena, &all, ADMIN_WRITE, SLICE("plain\0"),
	    SLICE(""), &to, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	home_free(&h);
}

static void
test_create_by_write(void **state)
{
	struct home h;
	struct grants all = all_access(), every = every_bucket();
	struct store_bucket first, again, other;
	struct admin_destination to;
	struct store_dbrp *dbrps;
	size_t n;
	struct err err;

	(void)state;
	furnish(&h);
	assert_int_equal(admin_dbrp_create_by_write(
			     h.store, h.arena, &every, SLICE("new"), SLICE(""), 0, &first, &err),
	    -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(admin_dbrp_create_by_write(
			     h.store, h.arena, &all, SLICE("new"), SLICE("''"), 3600, &first, &err),
	    0);
	UNIT_SAME("the bucket's name", first.name, SLICE("new/autogen"));
	assert_int_equal(first.retention_ns, 3600);
	/* the loser of a race gets the winner's */
	assert_int_equal(admin_dbrp_create_by_write(
			     h.store, h.arena, &all, SLICE("new"), SLICE(""), 0, &again, &err),
	    0);
	assert_int_equal(again.id, first.id);
	assert_int_equal(admin_dbrp_create_by_write(
			     h.store, h.arena, &all, SLICE("new"), SLICE("rp"), 0, &other, &err),
	    0);
	UNIT_SAME("another policy", other.name, SLICE("new/rp"));
	assert_int_equal(admin_dbrp_list(h.store, h.arena, SLICE("new"), &dbrps, &n, &err), 0);
	assert_int_equal(n, 2);
	UNIT_SAME("first mapping", dbrps[0].policy, SLICE("autogen"));
	assert_true(dbrps[0].is_default && !dbrps[1].is_default);
	assert_int_equal(dbrps[1].bucket_id, other.id);
	assert_int_equal(admin_dbrp_resolve(h.store, h.arena, &all, ADMIN_WRITE, SLICE("new"),
			     SLICE(""), &to, &err),
	    0);
	assert_int_equal(to.bucket.id, first.id);
	home_free(&h);
}

static void
test_bucket_resolve(void **state)
{
	static const struct {
		const char	*which;
		enum who	 who;
		enum err_code	 code;
		const char	*text;
	} rows[] = {
		{ "plain", ALL, ERR_NONE, "" },
		{ "two/week", EVERY, ERR_NONE, "" },
		{ "two", ALL, ERR_NOT_FOUND, "bucket \"two\" not found" },
		{ "mapped", ALL, ERR_NOT_FOUND, "bucket \"mapped\" not found" },
		{ "", ALL, ERR_INVALID, "missing bucket value" },
		{ X64 "x", ALL, ERR_INVALID, LENGTH },
		{ "a+b", SCOPED, ERR_INVALID, "namespace name 'a+b' contains invalid character, "
		    "character number 1 is not allowed" },
		{ "a b", ALL, ERR_NOT_FOUND, "bucket \"a b\" not found" },
		{ "nope", SCOPED, ERR_FORBIDDEN, "insufficient permissions for write" },
		{ "two/week", SCOPED, ERR_FORBIDDEN, "insufficient permissions for write" },
		{ "0123456789abcdef", ALL, ERR_NOT_FOUND, "bucket \"0123456789abcdef\" not found" },
	};
	struct grant one = { GRANT_WRITE, GRANT_BUCKETS, 0 };
	struct grants who[4] = { all_access(), every_bucket(), { true, 3, 1, &one }, { 0 } };
	struct store_bucket plain, found;
	char id[ADMIN_ID_CHARS + 1];
	struct home h;
	struct err err;

	(void)state;
	furnish(&h);
	assert_int_equal(admin_bucket_find(h.store, h.arena, SLICE("plain"), &plain, &err), 0);
	one.id = plain.id;
	for (size_t i = 0; i < UNIT_N(rows); i++) {
		int result = admin_bucket_resolve(h.store, h.arena, &who[rows[i].who],
		    slice_from(rows[i].which), &found, &err);

		UNIT_CHECK(rows[i].which, result == (rows[i].code == ERR_NONE ? 0 : -1));
		if (result != 0) {
			UNIT_SAME(rows[i].which, slice_from(err.text), slice_from(rows[i].text));
			UNIT_CHECK(rows[i].which, err.code == rows[i].code);
		}
	}
	admin_id_format(id, plain.id);
	assert_int_equal(
	    admin_bucket_resolve(h.store, h.arena, &who[SCOPED], slice_from(id), &found, &err), 0);
	UNIT_SAME("by id", found.name, SLICE("plain"));
	home_free(&h);
}

static void
put_policies(struct buf *b, const struct admin_policy *list, size_t n)
{
	buf_reset(b);
	for (size_t i = 0; i < n; i++)
		buf_printf(b, SLICE_FMT "." SLICE_FMT "=" SLICE_FMT "%s%s ",
		    SLICE_ARG(list[i].database), SLICE_ARG(list[i].name),
		    SLICE_ARG(list[i].bucket_name), list[i].is_virtual ? "~" : "",
		    list[i].is_default ? "*" : "");
}

static void
test_policies(void **state)
{
	struct grant one = { GRANT_READ, GRANT_BUCKETS, 0 };
	struct grants all = all_access(), scoped = { true, 3, 1, &one };
	struct admin_policy *list;
	struct slice *names;
	struct buf text = { 0 };
	struct store_bucket target;
	struct home h;
	struct err err;
	size_t n;

	(void)state;
	furnish(&h);
	assert_int_equal(admin_policies(h.store, h.arena, &all, SLICE(""), &list, &n, &err), 0);
	put_policies(&text, list, n);
	UNIT_SAME("all policies", buf_slice(&text),
	    SLICE("b.autogen=b~* both.autogen=both/autogen~* "
		  "hidden.rp=target* many.a=many/a~ many.b=many/b~ mapped.long=other "
		  "mapped.short=target* "
		  "my bucket.autogen=my bucket~* only.autogen=only/autogen~* other.autogen=other~* "
		  "plain.autogen=plain~* target.autogen=target~* two.week=two/week~* "
		  "v1.0.autogen=v1.0~* "));
	assert_int_equal(
	    admin_policies(h.store, h.arena, &all, SLICE("mapped"), &list, &n, &err), 0);
	put_policies(&text, list, n);
	UNIT_SAME(
	    "of one database", buf_slice(&text), SLICE("mapped.long=other mapped.short=target* "));
	assert_int_equal(admin_bucket_find(h.store, h.arena, SLICE("target"), &target, &err), 0);
	one.id = target.id;
	assert_int_equal(admin_policies(h.store, h.arena, &scoped, SLICE(""), &list, &n, &err), 0);
	put_policies(&text, list, n);
	UNIT_SAME("what may be read", buf_slice(&text),
	    SLICE("hidden.rp=target* mapped.short=target* target.autogen=target~* "));
	assert_int_equal(admin_databases(h.store, h.arena, &scoped, &names, &n, &err), 0);
	assert_int_equal(n, 3);
	UNIT_SAME("databases", names[1], SLICE("mapped"));
	assert_int_equal(
	    admin_databases(h.store, h.arena, &(struct grants){ 0 }, &names, &n, &err), 0);
	assert_int_equal(n, 0);
	buf_free(&text);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_names_with_a_nul),
		cmocka_unit_test(test_create_by_write),
		cmocka_unit_test(test_bucket_resolve),
		cmocka_unit_test(test_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
