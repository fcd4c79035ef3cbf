/*
 * tests/unit/query_delete_test.c - DELETE, DROP MEASUREMENT, DROP SERIES: what goes, what stays
 */
#include "query_answers.h"

#include "admin/admin.h"

static struct answers answers;

static int
set_up(void **state)
{
	(void)state;
	answers_open(&answers);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	answers_close(&answers);
	return 0;
}

static void
check(const char *database, const char *text, const char *answer)
{
	const char *got = answers_query(&answers, database, text);

	if (strcmp(got, answer) != 0)
		print_error("%s: %s\n", database, text);
	assert_string_equal(got, answer);
}

/* A database of its own for each case: the points, the statement, what it answers, what is left. */
#define POINTS	"m,k=a,h=a v=1 10\nm,k=b v=2 10\nm,k=b v=3 20\nm v=4 20\nn,k=a v=5 10\n"
#define ALL	"m: 10,1; 10,2; 20,3; 20,4;|n: 10,5;"
#define FIELDS	"0 !fields not supported in WHERE clause during deletion\n"

static const struct {
	const char	*text;
	const char	*answer;
	const char	*left;
} cases[] = {
	{ "DELETE FROM m", "0\n", "n: 10,5;" },
	{ "DELETE FROM m WHERE k = 'b'", "0\n", "m: 10,1; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE 'b' = k", "0\n", "m: 10,1; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE k = 'b' AND time < 15s", "0\n", "m: 10,1; 20,3; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE time = 20s", "0\n", "m: 10,1; 10,2;|n: 10,5;" },
	{ "DELETE FROM m WHERE time > 10s AND time <= 19s", "0\n", ALL },
	{ "DELETE FROM m WHERE time > 30s AND time < 5s", "0\n", ALL },
	{ "DELETE FROM m WHERE time > now() - 1h", "0\n", ALL },
	{ "DELETE FROM m WHERE time < now()", "0\n", "n: 10,5;" },
	{ "DELETE FROM m WHERE k = ''", "0\n", "m: 10,1; 10,2; 20,3;|n: 10,5;" },
	{ "DELETE FROM m WHERE k != ''", "0\n", "m: 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE k =~ /a|b/", "0\n", "m: 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE k !~ /a|b/", "0\n", "m: 10,1; 10,2; 20,3;|n: 10,5;" },
	{ "DELETE FROM m WHERE k = h", "0\n", "m: 10,2; 20,3;|n: 10,5;" },
	{ "DELETE FROM m WHERE (k = 'a' OR k = 'b') AND time = 10s", "0\n",
	    "m: 20,3; 20,4;|n: 10,5;" },
	{ "DELETE WHERE k = 'a'", "0\n", "m: 10,2; 20,3; 20,4;" },
	{ "DELETE WHERE time < 15s", "0\n", "m: 20,3; 20,4;" },
	{ "DELETE FROM /m|n/ WHERE k = 'a'", "0\n", "m: 10,2; 20,3; 20,4;" },
	{ "DELETE FROM /x/", "0\n", ALL },
	{ "DELETE FROM nosuch", "0\n", ALL },
	{ "DELETE FROM n, m WHERE k = 'b'", "0\n", "m: 10,1; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE nosuch = 'a'", "0\n", ALL },
	{ "DELETE FROM m WHERE nosuch = ''", "0\n", "n: 10,5;" },
	{ "DELETE FROM m WHERE true", "0\n", "n: 10,5;" },
	{ "DELETE FROM m WHERE false", "0\n", ALL },
	{ "DELETE WHERE _name = 'n'", "0\n", "m: 10,1; 10,2; 20,3; 20,4;" },
	{ "DELETE WHERE _name != 'm' AND k = 'a'", "0\n", "m: 10,1; 10,2; 20,3; 20,4;" },
	{ "DELETE WHERE _name !~ /m/", "0\n", "m: 10,1; 10,2; 20,3; 20,4;" },
	{ "DELETE FROM m WHERE v = 1", FIELDS, ALL },
	{ "DELETE WHERE k = 'a' OR v = 1", FIELDS, ALL },
	{ "DELETE FROM m WHERE 1 = v", FIELDS, ALL },
	{ "DELETE FROM m WHERE k = v", FIELDS, ALL },
	{ "DELETE FROM m WHERE k::field = 'a'", FIELDS, ALL },
	{ "DELETE FROM m WHERE k = 1", FIELDS, ALL },
	{ "DELETE FROM m WHERE nosuch = 1", FIELDS, ALL },
	{ "DELETE FROM m WHERE k + 'x' = 'ax'", FIELDS, ALL },
	{ "DELETE FROM m WHERE f(k) = 'a'", FIELDS, ALL },
	{ "DELETE FROM m WHERE k > 'a'", "0 !invalid tag comparison operator\n", ALL },
	{ "DELETE FROM nosuch WHERE v = 1", "0\n", ALL },
	{ "DELETE FROM m WHERE k", "0 !invalid condition expression: k\n", ALL },
	{ "DELETE FROM m WHERE time != 10s", "0 !invalid time comparison operator: !=\n", ALL },
	{ "DELETE FROM m WHERE time > 'x'",
	    "0 !invalid operation: time and *influxql.StringLiteral are not compatible\n", ALL },
	{ "DROP MEASUREMENT m", "0\n", "n: 10,5;" },
	{ "DROP MEASUREMENT nosuch", "0\n", ALL },
	{ "DROP SERIES FROM m WHERE k = 'b'", "0\n", "m: 10,1; 20,4;|n: 10,5;" },
	{ "DROP SERIES FROM m", "0\n", "n: 10,5;" },
	{ "DROP SERIES WHERE k = 'a'", "0\n", "m: 10,2; 20,3; 20,4;" },
	{ "DROP SERIES FROM m WHERE time > 0",
	    "0 !DROP SERIES doesn't support time in WHERE clause\n", ALL },
	{ "DROP SERIES FROM m WHERE v > 1", FIELDS, ALL },
};

/*
 * "m: rows|n: rows" as the answer to SELECT v FROM /.*./
 */
static void
check_left(const char *database, const char *text, const char *left)
{
	const char *got = answers_query(&answers, database, "SELECT v FROM /.*/");
	struct buf seen = { 0 };

	for (const char *at = got; strncmp(at, "0 ", 2) == 0; at = strchr(at, '\n') + 1)
		buf_printf(&seen, "%s%c: %.*s", seen.n > 0 ? "|" : "", at[2],
		    (int)(strchr(at, '\n') - strchr(at, ':') - 2), strchr(at, ':') + 2);
	buf_putc(&seen, '\0');
	if (strcmp(seen.p, left) != 0)
		print_error("after %s\n", text);
	assert_string_equal(seen.p, left);
	buf_free(&seen);
}

static void
run_cases(bool compacted)
{
	struct grants scoped = answers.grants;

	answers.grants = (struct grants){ .known = true, .n = admin_n_all_access,
	    .list = admin_all_access };
	answers.request.management = true;
	for (size_t i = 0; i < N_OF(cases); i++) {
		char database[32];

		snprintf(database, sizeof(database), "d%zu%s", i, compacted ? "c" : "");
		answers_write(&answers, answers_bucket(&answers, database), POINTS);
		if (compacted)
			lines_compact(&answers.home);
		check(database, cases[i].text, cases[i].answer);
		check_left(database, cases[i].text, cases[i].left);
	}
	answers.request.management = false;
	answers.grants = scoped;
}

/* ---- by the values of fields ---- */

static const struct {
	const char	*text;
	const char	*answer;
	const char	*left;
} by_field[] = {
	{ "DELETE FROM m WHERE v = 1", "0 ~1 point deleted\n", "m: 10,2; 20,3; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE 2 < v", "0 ~2 points deleted\n", "m: 10,1; 10,2;|n: 10,5;" },
	{ "DELETE WHERE v >= 2", "0 ~4 points deleted\n", "m: 10,1;" },
	{ "DELETE FROM m WHERE v > 0", "0 ~4 points deleted\n", "n: 10,5;" },
	{ "DELETE FROM m WHERE v != 3", "0 ~3 points deleted\n", "m: 20,3;|n: 10,5;" },
	{ "DELETE FROM m WHERE v > 9", "0 ~0 points deleted\n", ALL },
	{ "DELETE FROM m WHERE v = 'x'", "0 ~0 points deleted\n", ALL },
	{ "DELETE FROM m WHERE v > 1 AND k = 'b'", "0 ~2 points deleted\n",
	    "m: 10,1; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE v = 1 OR k = ''", "0 ~2 points deleted\n",
	    "m: 10,2; 20,3;|n: 10,5;" },
	{ "DELETE FROM m WHERE (v = 1 OR v = 3) AND time < 15s", "0 ~1 point deleted\n",
	    "m: 10,2; 20,3; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE v > 0 AND time > 30s", "0 ~0 points deleted\n", ALL },
	{ "DELETE WHERE v = 5 AND _name = 'n'", "0 ~1 point deleted\n",
	    "m: 10,1; 10,2; 20,3; 20,4;" },
	{ "DELETE WHERE v > 0 AND _name = 'n'", "0 ~1 point deleted\n",
	    "m: 10,1; 10,2; 20,3; 20,4;" },
	{ "DELETE FROM m WHERE nosuch > 1", "0\n", ALL },
	{ "DELETE FROM m WHERE nosuch > 1 OR v = 1", "0 ~1 point deleted\n",
	    "m: 10,2; 20,3; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE k = 'b'", "0\n", "m: 10,1; 20,4;|n: 10,5;" },
	{ "DELETE FROM m WHERE v + 1", FIELDS, ALL },
	{ "DELETE FROM m WHERE v + 1 AND v > 0", FIELDS, ALL },
	{ "DELETE FROM m WHERE v + 1 > 0", FIELDS, ALL },
	{ "DELETE FROM m WHERE v = v", FIELDS, ALL },
	{ "DELETE FROM m WHERE k = v", FIELDS, ALL },
	{ "DELETE FROM m WHERE k = 1", FIELDS, ALL },
	{ "DELETE FROM m WHERE f(v) = 1", FIELDS, ALL },
	{ "DELETE FROM m WHERE v > 1h", FIELDS, ALL },
	{ "DROP SERIES FROM m WHERE v > 1", FIELDS, ALL },
};

static void
run_by_field(bool compacted)
{
	answers.request.delete_by_field = true;
	answers.request.management = true;
	for (size_t i = 0; i < N_OF(by_field); i++) {
		struct grants scoped = answers.grants;
		char database[32];

		answers.grants = (struct grants){ .known = true, .n = admin_n_all_access,
		    .list = admin_all_access };
		snprintf(database, sizeof(database), "f%zu%s", i, compacted ? "c" : "");
		answers_write(&answers, answers_bucket(&answers, database), POINTS);
		if (compacted)
			lines_compact(&answers.home);
		check(database, by_field[i].text, by_field[i].answer);
		check_left(database, by_field[i].text, by_field[i].left);
		answers.grants = scoped;
	}
	answers.request.management = false;
	answers.request.delete_by_field = false;
}

static void
test_by_field(void **state)
{
	(void)state;
	run_by_field(false);
	run_by_field(true);
}

/*
 * Counting what has a value is reading it.
 */
static void
test_by_field_needs_read(void **state)
{
	uint64_t bucket = answers_bucket(&answers, "unread");

	(void)state;
	answers_write(&answers, bucket, "m v=1 10\n");
	answers.request.delete_by_field = true;
	answers.grant.actions = GRANT_WRITE;
	check("unread", "DELETE FROM m WHERE v = 1",
	    "0 !DELETE by the values of fields requires READ\n");
	answers.grant.actions = GRANT_READ | GRANT_WRITE;
	check("unread", "DELETE FROM m WHERE v = 1", "0 ~1 point deleted\n");
	answers.request.delete_by_field = false;
}

/*
 * Many rows here and there, in several chunks and of several fields: what stays keeps its values.
 */
static void
test_by_field_in_chunks(void **state)
{
	uint64_t bucket = answers_bucket(&answers, "long");
	struct buf lines = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		buf_printf(&lines, "l,k=%c v=%d,s=\"s%d\" %d\n", i % 2 == 0 ? 'a' : 'b', i, i % 7, i);
		if (i % 100 == 0)
			buf_printf(&lines, "l,k=a w=%di %d\n", i, 20000 + i);
	}
	buf_putc(&lines, '\0');
	answers_write(&answers, bucket, lines.p);
	buf_free(&lines);
	lines_compact(&answers.home);
	answers.request.delete_by_field = true;
	check("long", "DELETE FROM l WHERE s = 's3' AND v < 7000", "0 ~1000 points deleted\n");
	check("long", "DELETE FROM l WHERE s = 's3' AND v < 7000", "0 ~0 points deleted\n");
	check("long", "SELECT count(v), sum(v), count(s), count(w) FROM l",
	    "0 l(time,count,sum,count_1,count_2): 0,9000,46495500,9000,100;\n");
	check("long", "DELETE FROM l WHERE s =~ /[0-2]/ AND k = 'b' AND time >= 7000s",
	    "0 ~643 points deleted\n");
	check("long", "SELECT count(v) FROM l WHERE time >= 7000s AND k = 'b'",
	    "0 l(time,count): 7000,857;\n");
	check("long", "SELECT v, s FROM l WHERE time >= 7000s AND time < 7008s",
	    "0 l(time,v,s): 7000,7000,s0; 7002,7002,s2; 7003,7003,s3; 7004,7004,s4; 7005,7005,s5; "
	    "7006,7006,s6;\n");
	answers.request.delete_by_field = false;
}

static void
test_from_journal(void **state)
{
	(void)state;
	run_cases(false);
}

static void
test_from_chunks(void **state)
{
	(void)state;
	run_cases(true);
}

/*
 * Series, tags and measurements go with their last row, and a name may come back as something else.
 */
static void
test_schema(void **state)
{
	uint64_t bucket = answers_bucket(&answers, "schema");

	(void)state;
	answers_write(&answers, bucket, "m,k=a v=1 10\nm,l=x v=2 20\nn v=1 10\n");
	check("schema", "DELETE FROM m WHERE l = 'x'; SELECT * FROM m; SHOW TAG KEYS; SHOW SERIES",
	    "0\n1 m(time,k,v): 10,a,1;\n2 m(tagKey): k;\n3 (key): m,k=a; n;\n");
	check("schema", "DELETE WHERE time = 10s; SHOW MEASUREMENTS; SHOW FIELD KEYS",
	    "0\n1\n2\n");
	answers_write(&answers, bucket, "m,v=tag k=\"field\" 10\n");
	check("schema", "SELECT * FROM m; SHOW FIELD KEYS",
	    "0 m(time,k,v): 10,field,tag;\n1 m(fieldKey,fieldType): k,string;\n");
	check("schema", "DROP MEASUREMENT m", "0\n");
	answers_write(&answers, bucket, "m v=1i 10\n");
	check("schema", "SELECT * FROM m", "0 m(time,v): 10,1;\n");
}

/*
 * All policies of a database, or the one of the request.
 */
static void
test_policies(void **state)
{
	uint64_t autogen = answers_bucket(&answers, "p/autogen");
	uint64_t weekly = answers_bucket(&answers, "p/weekly");

	(void)state;
	answers_write(&answers, autogen, "m v=1 10\nn v=1 10\n");
	answers_write(&answers, weekly, "m v=2 10\nn v=2 10\n");
	answers.request.policy = SLICE("weekly");
	check("p", "DELETE FROM m", "0\n");
	answers.request.policy = SLICE("");
	check("p", "SELECT v FROM m; SELECT v FROM weekly.m", "0 m(time,v): 10,1;\n1\n");
	check("p", "DROP MEASUREMENT n; SELECT v FROM n; SELECT v FROM weekly.n", "0\n1\n2\n");
	check("p", "SHOW MEASUREMENTS", "0 measurements(name): m;\n");
}

/*
 * Who may not write the default policy's bucket changes nothing; who may, and not another one,
 * leaves that alone.
 */
static void
test_permissions(void **state)
{
	struct grant all = answers.grant;
	uint64_t autogen = answers_bucket(&answers, "q/autogen");
	uint64_t weekly = answers_bucket(&answers, "q/weekly");

	(void)state;
	answers_write(&answers, autogen, "m v=1 10\n");
	answers_write(&answers, weekly, "m v=2 10\n");
	answers.grant = (struct grant){ GRANT_WRITE, GRANT_BUCKETS, weekly };
	check("q", "DELETE FROM m", "refused 403: error authorizing query: not authorized to "
	    "execute statement 'DELETE FROM m', requires WRITE on q\n");
	answers.grant = (struct grant){ GRANT_READ, GRANT_BUCKETS, 0 };
	check("q", "DELETE FROM m", "refused 403: error authorizing query: not authorized to "
	    "execute statement 'DELETE FROM m', requires WRITE on q\n");
	answers.grant = (struct grant){ GRANT_WRITE, GRANT_BUCKETS, autogen };
	check("q", "DELETE FROM m", "0\n");
	answers.grant = all;
	check("q", "SELECT v FROM m; SELECT v FROM weekly.m", "0\n1 m(time,v): 10,2;\n");
	check("q", "DROP SERIES FROM m", "0 !not implemented: DROP SERIES\n");
	check("nope", "DELETE FROM m; DROP MEASUREMENT m",
	    "0 !database not found: nope\n1 !database not found: nope\n");
	check("", "DELETE FROM m", "0 !database not found: \n");
}

/*
 * A pattern that takes too long matches nothing: with !~ that would be everything.
 */
static void
test_slow_regex(void **state)
{
	uint64_t bucket = answers_bucket(&answers, "slow");
	struct buf line = { 0 };

	(void)state;
	buf_puts(&line, "m,k=");
	for (int i = 0; i < 4000; i++)
		buf_putc(&line, 'a');
	buf_puts(&line, "! v=1 10\n");
	buf_putc(&line, '\0');
	answers_write(&answers, bucket, line.p);
	buf_free(&line);
	check("slow", "DELETE FROM m WHERE k !~ /^(a+)+(b|c)+$/",
	    "0 !regular expression takes too many steps\n");
	check("slow", "SELECT count(v) FROM m", "0 m(time,count): 0,1;\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_field),
		cmocka_unit_test(test_by_field_needs_read),
		cmocka_unit_test(test_by_field_in_chunks),
		cmocka_unit_test(test_from_journal),
		cmocka_unit_test(test_from_chunks),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_slow_regex),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
