/*
 * tests/unit/write_points_test.c - bodies into a store, and what is told about them
 */
#include "unit.h"
#include "store_home.h"
#include "admin/admin.h"
#include "base/clock.h"
#include "write/write.h"

#define NO_DATA	"no data written, errors encountered on line(s):\n  "
#define PARTIAL	"partial write has occurred, errors encountered on line(s):\n  "

struct source {
	struct slice	 body;
	size_t		 piece;
	size_t		 n_reads;
	struct buf	 kept;		/* the last piece, and nothing behind it but the slack */
};

struct body_case {
	const char	*name;
	const char	*body;
	enum err_code	 code;
	const char	*text;
	uint64_t	 line;
	uint64_t	 n_stored;
};

static const struct body_case body_cases[] = {
	{ "nothing", "", ERR_NONE, "", 0, 0 },
	{ "blanks and comments", "\n# x\n  \n", ERR_NONE, "", 0, 0 },
	{ "good lines", "a,t=x v=1 1\na,t=y v=2 2\nb w=1i 3\n", ERR_NONE, "", 0, 3 },
	{ "no LF at the end", "a,t=x v=1 4", ERR_NONE, "", 0, 1 },
	{ "one bad line", "a v=1 5\nbad\na v=2 6\n", ERR_INVALID, PARTIAL
	    "error parsing line 2 (1-based): unable to parse 'bad': missing fields", 2, 2 },
	{ "all bad", "\nbad\na v=x\n", ERR_INVALID, NO_DATA
	    "error parsing line 2 (1-based): unable to parse 'bad': missing fields\n  "
	    "error parsing line 3 (1-based): unable to parse 'a v=x': invalid boolean", 2, 0 },
	{ "a field of another type", "a v=1 7\na v=2i 8\n", ERR_INVALID, PARTIAL
	    "error parsing line 2 (1-based): field type conflict: input field \"v\" on measurement \"a\" "
	    "is type integer, already exists as type float", 2, 1 },
	{ "two types at once", "new v=1i 7\nnew v=2 8\nnew v=3i 9\n", ERR_INVALID, PARTIAL
	    "error parsing line 2 (1-based): field type conflict: input field \"v\" on measurement "
	    "\"new\" is type float, already exists as type integer", 2, 2 },
};

static int
next(void *from, struct slice *piece, struct err *err)
{
	struct source *s = from;
	size_t n = s->body.n < s->piece ? s->body.n : s->piece;

	(void)err;
	buf_free(&s->kept);
	buf_put(&s->kept, s->body.p, n);
	*piece = buf_slice(&s->kept);
	s->body = slice_make(s->body.p + n, s->body.n - n);
	s->n_reads++;
	return 0;
}

static const struct grant all_buckets[] = { { GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 } };

static struct grants
grants_of(const struct grant *list, size_t n)
{
	return (struct grants){ .known = true, .list = list, .n = n };
}

static void
fill(struct write_request *r, struct home *h, struct write_memory *memory,
    const struct grants *grants)
{
	*r = (struct write_request){ .store = h->store, .memory = memory, .arena = h->arena,
	    .grants = grants, .to = WRITE_TO_BUCKET, .bucket = SLICE("b"),
	    .precision = PRECISION_NS, .max_columns = 1000, .next = next };
}

static int
write_body(struct write_request *r, struct slice body, size_t piece, struct write_report *report,
    struct err *err)
{
	struct source s = { .body = body, .piece = piece };
	int result;

	r->from = &s;
	result = write_points(r, report, err);
	buf_free(&s.kept);
	return result;
}

static void
reports(void **state)
{
	static const size_t pieces[] = { 1 << 20, 1, 3, 10 };
	struct grants grants = grants_of(all_buckets, 1);

	(void)state;
	for (size_t p = 0; p < UNIT_N(pieces); p++) {
		struct write_memory *memory = write_memory_new(1 << 20);
		struct write_request r;
		struct home h;

		home_new(&h);
		fill(&r, &h, memory, &grants);
		for (size_t i = 0; i < UNIT_N(body_cases); i++) {
			const struct body_case *c = &body_cases[i];
			struct write_report report;
			struct err err = { 0 };

			UNIT_CHECK(c->name, write_body(&r, slice_from(c->body), pieces[p], &report,
			    &err) == 0);
			UNIT_CHECK(c->name, report.code == c->code);
			UNIT_SAME(c->name, report.text, slice_from(c->text));
			UNIT_CHECK(c->name, report.line == c->line);
			UNIT_CHECK(c->name, report.n_stored == c->n_stored);
		}
		write_memory_free(memory);
		home_free(&h);
	}
}

/*
 * a tag and a field of one name: what came first stays, also within one body
 */
static void
tags_are_no_fields(void **state)
{
	struct write_memory *memory = write_memory_new(1 << 20);
	struct grants grants = grants_of(all_buckets, 1);
	struct write_report report;
	struct write_request r;
	struct home h;
	struct err err;

	(void)state;
	home_new(&h);
	fill(&r, &h, memory, &grants);
	assert_int_equal(write_body(&r, SLICE("m,a=1 v=1 1\nm,v=1 w=1 2\nm a=1 3\n"), 99, &report, &err), 0);
	assert_int_equal(report.n_stored, 1);
	assert_int_equal(report.n_rejected, 2);
	assert_int_equal(write_body(&r, SLICE("n,v=1 v=1 1\n"), 99, &report, &err), 0);
	assert_int_equal(report.n_rejected, 1);
	write_memory_free(memory);
	home_free(&h);
}

/*
 * many windows and many bad lines: all good ones are stored, a hundred bad ones are named
 */
static void
long_body(void **state)
{
	struct write_memory *memory = write_memory_new(1 << 20);
	struct grants grants = grants_of(all_buckets, 1);
	struct write_report report;
	struct write_request r;
	struct buf body = { 0 };
	struct home h;
	struct err err;
	int n_good = 0;

	(void)state;
	home_new(&h);
	fill(&r, &h, memory, &grants);
	for (int i = 0; i < 60000; i++) {
		buf_printf(&body, "cpu,host=h%d,region=some\\ where user=%di,idle=%d.5,s=\"a,\n b\" %d%s\n",
		    i % 100, i, i, i / 100 + 1, i % 200 == 7 ? "x" : "");
		n_good += i % 200 != 7;
	}
	assert_true(body.n > 4 << 20);
	assert_int_equal(write_body(&r, buf_slice(&body), 100000, &report, &err), 0);
	assert_int_equal(report.code, ERR_INVALID);
	assert_int_equal(report.n_stored, n_good);
	assert_int_equal(report.n_rejected, 300);
	assert_int_equal(report.line, 15);
	assert_true(report.text.n > 100 * 100 && report.text.n < 100 * 200);
	buf_free(&body);
	write_memory_free(memory);
	home_free(&h);
}

static void
retention(void **state)
{
	struct write_memory *memory = write_memory_new(1 << 20);
	struct grants grants = grants_of(all_buckets, 1);
	struct write_report report;
	struct write_request r;
	struct store_bucket bucket;
	struct home h;
	struct err err;
	char body[128];

	(void)state;
	home_new(&h);
	fill(&r, &h, memory, &grants);
	assert_int_equal(admin_bucket_create(h.store, h.arena, SLICE("short"), SLICE(""),
	    INT64_C(3600000000000), &bucket, &err), 0);
	r.bucket = SLICE("short");
	snprintf(body, sizeof(body), "m v=1 1\nm v=1 %lld\n", (long long)clock_now_ns());
	assert_int_equal(write_body(&r, slice_from(body), 99, &report, &err), 0);
	assert_int_equal(report.code, ERR_UNPROCESSABLE);
	assert_int_equal(report.line, 1);
	assert_int_equal(report.n_stored, 1);
	UNIT_SAME("text", report.text,
	    SLICE(PARTIAL "error parsing line 1 (1-based): points beyond retention policy"));
	assert_int_equal(write_body(&r, SLICE("bad\nm v=1 1\n"), 99, &report, &err), 0);
	assert_int_equal(report.code, ERR_INVALID);
	write_memory_free(memory);
	home_free(&h);
}

static size_t
n_buckets(struct home *h)
{
	struct store_bucket *list;
	struct err err;
	size_t n = 0;

	assert_int_equal(admin_bucket_list(h->store, h->arena, &list, &n, &err), 0);
	return n;
}

/*
 * an all-access token makes bucket and mapping by its first good line; others learn nothing
 */
static void
destinations(void **state)
{
	struct write_memory *memory = write_memory_new(1 << 20);
	struct grants all = grants_of(admin_all_access, admin_n_all_access);
	struct grants buckets = grants_of(all_buckets, 1);
	struct grant one = { GRANT_WRITE, GRANT_BUCKETS, 12345 };
	struct grants scoped = grants_of(&one, 1);
	struct write_report report;
	struct write_request r;
	struct home h;
	struct err err;
	size_t n;

	(void)state;
	home_new(&h);
	n = n_buckets(&h);
	fill(&r, &h, memory, &all);
	r.to = WRITE_TO_DATABASE;
	r.database = SLICE("fresh");
	assert_int_equal(write_body(&r, SLICE("bad\n"), 99, &report, &err), 0);
	assert_int_equal(report.code, ERR_INVALID);
	assert_int_equal(write_body(&r, SLICE("\n#\n"), 99, &report, &err), 0);
	assert_int_equal(n_buckets(&h), n);
	r.grants = &buckets;
	assert_int_equal(write_body(&r, SLICE("m v=1\n"), 99, &report, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "database not found: \"fresh\"");
	r.grants = &scoped;
	assert_int_equal(write_body(&r, SLICE("m v=1\n"), 99, &report, &err), -1);
	assert_int_equal(err.code, ERR_FORBIDDEN);
	r.database = SLICE("b");
	assert_int_equal(write_body(&r, SLICE("m v=1\n"), 99, &report, &err), -1);
	assert_int_equal(err.code, ERR_FORBIDDEN);
	assert_string_equal(err.text, "insufficient permissions for write");
	r.grants = &all;
	r.database = SLICE("fresh");
	for (int again = 0; again < 3; again++) {
		assert_int_equal(write_body(&r, SLICE("m v=1 1\n"), 99, &report, &err), 0);
		assert_int_equal(report.n_stored, 1);
		assert_int_equal(n_buckets(&h), n + 1);
	}
	r.database = SLICE("");
	assert_int_equal(write_body(&r, SLICE("m v=1 1\n"), 99, &report, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	write_memory_free(memory);
	home_free(&h);
}

/*
 * more buckets than are kept in mind, by turns
 */
static void
many_buckets(void **state)
{
	struct write_memory *memory = write_memory_new(300000);
	struct grants all = grants_of(admin_all_access, admin_n_all_access);
	struct write_report report;
	struct write_request r;
	struct home h;
	struct err err;

	(void)state;
	home_new(&h);
	fill(&r, &h, memory, &all);
	r.to = WRITE_TO_DATABASE;
	for (int i = 0; i < 60; i++) {
		char name[16];

		snprintf(name, sizeof(name), "db%d", i % 20);
		r.database = slice_from(name);
		assert_int_equal(write_body(&r, SLICE("m,a=b v=1 1\nm,a=c v=1 1\n"), 99, &report, &err), 0);
		assert_int_equal(report.n_stored, 2);
	}
	write_memory_free(memory);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports),
		cmocka_unit_test(tags_are_no_fields),
		cmocka_unit_test(long_body),
		cmocka_unit_test(retention),
		cmocka_unit_test(destinations),
		cmocka_unit_test(many_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
