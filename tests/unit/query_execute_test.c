/*
 * tests/unit/query_execute_test.c - whole texts: who may run them, what refuses them
 */
#include "query_answers.h"

static struct answers answers;

static int
set_up(void **state)
{
	(void)state;
	answers_open(&answers);
	answers_write(&answers, answers_bucket(&answers, "d"), "m,k=a v=1 1\n");
	answers_bucket(&answers, "other");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	answers_close(&answers);
	return 0;
}

static const struct {
	const char	*text;
	const char	*answer;
} refused_cases[] = {
	{ "", "refused 400: missing required parameter \"q\"\n" },
	{ " \n\t", "refused 400: missing required parameter \"q\"\n" },
	{ ";", "refused 400: missing required parameter \"q\"\n" },
	{ "-- nothing\n/* at all */ ; ;", "refused 400: missing required parameter \"q\"\n" },
	{ "SELECT v FRM m",
	    "refused 400: error parsing query: found FRM, expected FROM at line 1, char 10\n" },
	{ "SHOW MEASUREMENTS; SELECT",
	    "refused 400: error parsing query: found EOF, expected identifier, string, number, "
	    "bool at line 1, char 27\n" },
	{ "SELECT v FROM m WHERE k = $k",
	    "refused 400: error parsing query: missing parameter: k\n" },
	{ "SELECT v FROM m tz('No/Such')",
	    "refused 400: error parsing query: unable to find time zone No/Such\n" },
	{ "SELECT \xff FROM m", "refused 400: query text is not valid UTF-8\n" },
};

static const struct {
	const char	*text;
	const char	*answer;
} unsupported_cases[] = {
	{ "SELECT v INTO n FROM m", "0 !not implemented: SELECT INTO\n" },
	{ "CREATE DATABASE x", "0 !not implemented: CREATE DATABASE\n" },
	{ "CREATE RETENTION POLICY r ON d DURATION 1d REPLICATION 1",
	    "0 !not implemented: CREATE RETENTION POLICY\n" },
	{ "CREATE USER u WITH PASSWORD 'p'", "0 !not implemented: CREATE USER\n" },
	{ "DROP DATABASE d", "0 !not implemented: DROP DATABASE\n" },
	{ "DROP SERIES FROM m", "0 !not implemented: DROP SERIES\n" },
	{ "DROP SHARD 1", "0 !not implemented: DROP SHARD\n" },
	{ "GRANT READ ON d TO u", "0 !not implemented: GRANT\n" },
	{ "GRANT ALL TO u", "0 !not implemented: GRANT ALL\n" },
	{ "REVOKE ALL FROM u", "0 !not implemented: REVOKE ALL\n" },
	{ "ALTER RETENTION POLICY r ON d DURATION 1d",
	    "0 !not implemented: ALTER RETENTION POLICY\n" },
	{ "SET PASSWORD FOR u = 'p'", "0 !not implemented: SET PASSWORD\n" },
	{ "KILL QUERY 1", "0 !not implemented: KILL QUERY\n" },
	{ "EXPLAIN SELECT v FROM m", "0 !not implemented: EXPLAIN\n" },
	{ "EXPLAIN ANALYZE SELECT v FROM m", "0 !not implemented: EXPLAIN\n" },
	{ "SHOW USERS; SHOW MEASUREMENTS",
	    "0 !not implemented: SHOW USERS\n1 measurements(name): m;\n" },
	{ "SHOW GRANTS FOR u", "0 !not implemented: SHOW GRANTS\n" },
	{ "SHOW DIAGNOSTICS", "0 !not implemented: SHOW DIAGNOSTICS\n" },
};

static void
check(const char *database, const char *text, const char *answer)
{
	const char *got = answers_query(&answers, database, text);

	if (strcmp(got, answer) != 0)
		print_error("%s\n", text);
	assert_string_equal(got, answer);
}

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(refused_cases); i++)
		check("d", refused_cases[i].text, refused_cases[i].answer);
}

static void
test_unsupported(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(unsupported_cases); i++)
		check("d", unsupported_cases[i].text, unsupported_cases[i].answer);
	check("", "DROP MEASUREMENT m", "0 !database not found: \n");
	check("nope", "DELETE FROM m", "0 !database not found: nope\n");
}

static void
test_destinations(void **state)
{
	(void)state;
	check("", "SHOW MEASUREMENTS ON d", "0 measurements(name): m;\n");
	check("nope", "SHOW MEASUREMENTS; SHOW MEASUREMENTS ON d",
	    "0 !database not found: nope\n1 measurements(name): m;\n");
	check("d", "SHOW TAG KEYS FROM norp.m", "0 !retention policy not found: norp\n");
	check("d", "SHOW TAG KEYS FROM autogen.m", "0 m(tagKey): k;\n");
}

/*
 * What a scoped token may not see looks the same as what is not there.
 */
static void
test_permissions(void **state)
{
	struct grant all = answers.grant;

	(void)state;
	answers.grant = (struct grant){ GRANT_READ, GRANT_BUCKETS, 424242 };
	check("d", "SHOW MEASUREMENTS",
	    "refused 403: error authorizing query: not authorized to execute "
	    "statement 'SHOW MEASUREMENTS', requires READ on d\n");
	check("nope", "SELECT v FROM m",
	    "refused 403: error authorizing query: not authorized to execute "
	    "statement 'SELECT v FROM m', requires READ on nope\n");
	check("", "SHOW DATABASES; SHOW TAG KEYS FROM d..m",
	    "refused 403: error authorizing query: not "
	    "authorized to execute statement 'SHOW TAG KEYS FROM d..m', requires READ on d\n");
	check("", "SELECT v FROM (SELECT v FROM d..m)", "refused 403: error authorizing query: not "
	    "authorized to execute statement 'SELECT v FROM (SELECT v FROM d..m)', "
	    "requires READ on d\n");
	check("d", "CREATE DATABASE x", "0 !not implemented: CREATE DATABASE\n");
	check("", "SHOW DATABASES", "0 databases(name):\n");
	answers.grant = (struct grant){ GRANT_WRITE, GRANT_BUCKETS, 0 };
	check("d", "SHOW MEASUREMENTS",
	    "refused 403: error authorizing query: not authorized to execute "
	    "statement 'SHOW MEASUREMENTS', requires READ on d\n");
	answers.grant = (struct grant){ GRANT_READ, GRANT_BUCKETS, 0 };
	check("d", "DROP MEASUREMENT m",
	    "refused 403: error authorizing query: not authorized to execute "
	    "statement 'DROP MEASUREMENT m', requires WRITE on d\n");
	answers.grant = all;
	answers.grants.known = false;
	check("d", "SHOW MEASUREMENTS", "refused 401: unauthorized access\n");
	answers.grants.known = true;
}

/*
 * A statement as long as a text may be is refused in a text of bounded length.
 */
static void
test_long_statement_refused(void **state)
{
	struct grant all = answers.grant;
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, "SELECT v FROM m WHERE k = 'a'");
	while (text.n < 900000)
		buf_puts(&text, " OR k = 'b' AND k != 'c'");
	buf_putc(&text, '\0');
	answers.grant = (struct grant){ GRANT_READ, GRANT_BUCKETS, 424242 };
	answers_query(&answers, "d", text.p);
	assert_non_null(strstr(answers.text.p, "requires READ on d\n"));
	assert_true(answers.text.n < 1024);
	answers.grant = all;
	buf_free(&text);
}

static void
test_parameters(void **state)
{
	(void)state;
	answers.request.params = SLICE("{\"k\":\"a\",\"n\":1,\"bad\":[],"
	    "\"m\":{\"identifier\":\"m\"}}");
	check("d", "SHOW SERIES FROM m WHERE k = $k", "0 (key): m,k=a;\n");
	check("d", "SHOW SERIES FROM $m LIMIT $n", "0 (key): m,k=a;\n");
	check("d", "SHOW SERIES WHERE k = $bad",
	    "refused 400: error parsing query: missing parameter: "
	    "unable to bind parameter with type []interface {}\n");
	answers.request.params = SLICE("{\"k\"");
	check("d", "SHOW MEASUREMENTS",
	    "refused 400: error parsing query parameters: unexpected EOF\n");
	answers.request.params = SLICE("");
}

static void
test_time_limit(void **state)
{
	struct buf text = { 0 };

	(void)state;
	answers.request.limits.max_time_ms = 1;
	for (int i = 0; i < 20000; i++)
		buf_puts(&text, "SHOW MEASUREMENTS;");
	buf_putc(&text, '\0');
	answers_query(&answers, "d", text.p);
	assert_non_null(strstr(answers.text.p, "19999 !query-timeout limit exceeded\n"));
	answers.request.limits.max_time_ms = 0;
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_long_statement_refused),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_time_limit),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
