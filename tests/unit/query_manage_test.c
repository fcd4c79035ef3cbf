/*
 * tests/unit/query_manage_test.c - what influxql_management allows: databases, policies, INTO, EXPLAIN
 */
#include "query_answers.h"

#include "admin/admin.h"

static struct answers answers;
static uint64_t	 bucket;

static int
set_up(void **state)
{
	(void)state;
	answers_open(&answers);
	answers.grants = (struct grants){ .known = true, .n = admin_n_all_access,
	    .list = admin_all_access };
	answers.request.management = true;
	bucket = answers_bucket(&answers, "d");
	answers_write(&answers, bucket,
	    "m,k=a v=1,i=1i,s=\"x\",b=true 10\n"
	    "m,k=a v=2,i=2i 20\n"
	    "m,k=b v=3,i=3i 30\n");
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
		print_error("%s\n", text);
	assert_string_equal(got, answer);
}

struct step {
	const char	*text;
	const char	*answer;
};

static void
check_steps(const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check("d", steps[i].text, steps[i].answer);
}

/* ---- databases and policies ---- */

#define POLICIES	"(name,duration,shardGroupDuration,replicaN,default):"

static const struct step database_steps[] = {
	{ "CREATE DATABASE a; SHOW RETENTION POLICIES ON a",
	    "0\n1 " POLICIES " autogen,0s,168h0m0s,1,true;\n" },
	{ "CREATE DATABASE a", "0\n" },
	{ "CREATE DATABASE a WITH DURATION 1d", "0 !retention policy conflicts with an existing "
	    "policy\n" },
	{ "CREATE DATABASE w WITH DURATION 24h REPLICATION 1 SHARD DURATION 1h NAME week",
	    "0\n" },
	{ "CREATE DATABASE w WITH DURATION 24h NAME week", "0\n" },
	{ "CREATE DATABASE w WITH DURATION 24h NAME other",
	    "0 !retention policy conflicts with an existing policy\n" },
	{ "CREATE DATABASE w", "0\n" },
	{ "SHOW RETENTION POLICIES ON w", "0 " POLICIES " week,24h0m0s,1h0m0s,1,true;\n" },
	{ "CREATE DATABASE x WITH DURATION 1m",
	    "0 !retention policy duration must be at least 1h0m0s\n" },
	{ "CREATE DATABASE x WITH DURATION 1h SHARD DURATION 2h",
	    "0 !retention policy duration must be greater than the shard duration\n" },
	{ "CREATE DATABASE \"a/b\"; CREATE DATABASE \"..\"; CREATE DATABASE \"\"",
	    "0 !invalid name\n1 !invalid name\n2 !invalid name\n" },
	{ "CREATE DATABASE \"h\\\"q\"", "0 !a bucket's name has letters, digits, / _ - . and blanks; "
	    "character 2 of \"h\"q/autogen\" is none of these\n" },
	{ "SHOW DATABASES", "0 databases(name): a; d; w;\n" },
	{ "CREATE DATABASE y; SHOW MEASUREMENTS ON y; DROP DATABASE y; SHOW MEASUREMENTS ON y",
	    "0\n1\n2\n3 !database not found: y\n" },
	{ "DROP DATABASE y; DROP DATABASE w", "0\n1\n" },
	{ "SHOW DATABASES", "0 databases(name): a; d;\n" },
};

static void
test_databases(void **state)
{
	(void)state;
	check_steps(database_steps, N_OF(database_steps));
}

/* The database d has a virtual policy, autogen; it stays the default when others are made. */
static const struct step policy_steps[] = {
	{ "CREATE RETENTION POLICY r ON d DURATION 24h REPLICATION 1", "0\n" },
	{ "CREATE RETENTION POLICY r ON d DURATION 1d REPLICATION 1", "0\n" },
	{ "CREATE RETENTION POLICY r ON d DURATION 48h REPLICATION 1",
	    "0 !retention policy already exists\n" },
	{ "CREATE RETENTION POLICY r ON d DURATION 24h REPLICATION 1 DEFAULT",
	    "0 !retention policy conflicts with an existing policy\n" },
	{ "SELECT v FROM m; SELECT v FROM r.m; SELECT v FROM autogen.m WHERE time < 15s",
	    "0 m(time,v): 10,1; 20,2; 30,3;\n1\n2 m(time,v): 10,1;\n" },
	{ "CREATE RETENTION POLICY r2 ON d DURATION INF REPLICATION 1 DEFAULT", "0\n" },
	{ "SHOW RETENTION POLICIES ON d", "0 " POLICIES " autogen,0s,168h0m0s,1,false;"
	    " r,24h0m0s,1h0m0s,1,false; r2,0s,168h0m0s,1,true;\n" },
	{ "ALTER RETENTION POLICY r ON d DURATION 30d", "0\n" },
	{ "ALTER RETENTION POLICY autogen ON d DEFAULT", "0\n" },
	{ "ALTER RETENTION POLICY r ON d DURATION 1m",
	    "0 !retention policy duration must be at least 1h0m0s\n" },
	{ "ALTER RETENTION POLICY r ON d SHARD DURATION 60d",
	    "0 !retention policy duration must be greater than the shard duration\n" },
	{ "ALTER RETENTION POLICY nope ON d DURATION 2h", "0 !retention policy not found: nope\n" },
	{ "ALTER RETENTION POLICY r ON nope DURATION 2h", "0 !database not found: nope\n" },
	{ "SHOW RETENTION POLICIES ON d", "0 " POLICIES " autogen,0s,168h0m0s,1,true;"
	    " r,720h0m0s,24h0m0s,1,false; r2,0s,168h0m0s,1,false;\n" },
	{ "CREATE RETENTION POLICY x ON nope DURATION 2h REPLICATION 1",
	    "0 !database not found: nope\n" },
	{ "CREATE RETENTION POLICY \"a/b\" ON d DURATION 2h REPLICATION 1", "0 !invalid name\n" },
	{ "DROP RETENTION POLICY r ON d; DROP RETENTION POLICY r2 ON d", "0\n1\n" },
	{ "DROP RETENTION POLICY r ON d; DROP RETENTION POLICY r ON nope", "0\n1\n" },
	{ "SHOW RETENTION POLICIES ON d", "0 " POLICIES " autogen,0s,168h0m0s,1,true;\n" },
	{ "SELECT v FROM m", "0 m(time,v): 10,1; 20,2; 30,3;\n" },
};

static void
test_retention_policies(void **state)
{
	(void)state;
	check_steps(policy_steps, N_OF(policy_steps));
}

/*
 * A bucket to which another pair of database and policy leads stays when one of them is dropped.
 */
static void
test_shared_bucket(void **state)
{
	struct store_dbrp dbrp;
	struct err err;

	(void)state;
	answers_write(&answers, answers_bucket(&answers, "shared"), "m v=7 10\n");
	if (admin_dbrp_create(answers.home.store, answers.arena, SLICE("alias"), SLICE("all"),
	    SLICE("shared"), true, &dbrp, &err) != 0)
		fail_msg("%s", err.text);
	check("alias", "SELECT v FROM m; DROP DATABASE alias; SELECT v FROM m",
	    "0 m(time,v): 10,7;\n1\n2 !database not found: alias\n");
	check("shared", "SELECT v FROM m; DROP DATABASE shared; SELECT v FROM m",
	    "0 m(time,v): 10,7;\n1\n2 !database not found: shared\n");
}

/* ---- SELECT INTO ---- */

#define WRITTEN(n)	" result(time,written): 0," #n ";\n"

static const struct step into_steps[] = {
	{ "SELECT v INTO t1 FROM m; SELECT * FROM t1",
	    "0" WRITTEN(3) "1 t1(time,v): 10,1; 20,2; 30,3;\n" },
	{ "SELECT * INTO t2 FROM m GROUP BY *; SELECT * FROM t2; SHOW SERIES FROM t2",
	    "0" WRITTEN(3) "1 t2(time,b,i,k,s,v): 10,true,1,a,x,1; 20,null,2,a,null,2; "
	    "30,null,3,b,null,3;\n2 (key): t2,k=a; t2,k=b;\n" },
	{ "SHOW FIELD KEYS FROM t2", "0 t2(fieldKey,fieldType): b,boolean; i,integer; s,string;"
	    " v,float;\n" },
	{ "SELECT * INTO t3 FROM m; SHOW FIELD KEYS FROM t3; SHOW TAG KEYS FROM t3",
	    "0" WRITTEN(3) "1 t3(fieldKey,fieldType): b,boolean; i,integer; k,string; s,string;"
	    " v,float;\n2\n" },
	{ "SELECT mean(v) INTO t4 FROM m WHERE time >= 0s AND time < 60s GROUP BY time(20s), k;"
	    " SELECT * FROM t4",
	    "0" WRITTEN(3) "1 t4(time,k,mean): 0,a,1; 20,a,2; 20,b,3;\n" },
	{ "SELECT mean(v) INTO t5 FROM m WHERE time >= 0s AND time < 60s GROUP BY time(20s)"
	    " fill(0); SELECT * FROM t5", "0" WRITTEN(3) "1 t5(time,mean): 0,1; 20,2.5; 40,0;\n" },
	{ "SELECT v AS w, max INTO t6 FROM (SELECT max(v), v FROM m); SELECT * FROM t6",
	    "0" WRITTEN(1) "1 t6(time,max,w): 30,3,3;\n" },
	{ "SELECT v INTO d..:MEASUREMENT FROM /t[14]/", "0" WRITTEN(3) },
	{ "SELECT nosuch INTO t7 FROM m; SELECT v INTO t7 FROM nosuch", "0" WRITTEN(0) "1"
	    WRITTEN(0) },
	{ "SELECT v INTO nope..t FROM m", "0 !database not found: nope\n" },
	{ "SELECT v INTO d.nope.t FROM m", "0 !retention policy not found: nope\n" },
	{ "SELECT f(v) INTO t FROM m", "0 !undefined function f()\n" },
	{ "SELECT s AS v INTO m FROM m GROUP BY k", "0 !partial write: field type conflict: input "
	    "field \"v\" on measurement \"m\" is type string, already exists as type float "
	    "dropped=1\n" },
	{ "SELECT v + 10 AS v INTO d..:MEASUREMENT FROM m GROUP BY *; SELECT v FROM m",
	    "0" WRITTEN(3) "1 m(time,v): 10,11; 20,12; 30,13;\n" },
	{ "SHOW MEASUREMENTS", "0 measurements(name): m; t1; t2; t3; t4; t5; t6;\n" },
};

static void
test_into(void **state)
{
	(void)state;
	check_steps(into_steps, N_OF(into_steps));
}

/*
 * More points than a batch holds, of many series; a limit on rows is one of answers.
 */
static void
test_into_many(void **state)
{
	uint64_t many = answers_bucket(&answers, "many");
	struct buf lines = { 0 };

	(void)state;
	for (int i = 0; i < 50000; i++)
		buf_printf(&lines, "m,k=%d,l=%d v=%d %d\n", i % 300, i % 2, i, i);
	buf_putc(&lines, '\0');
	answers_write(&answers, many, lines.p);
	buf_free(&lines);
	answers.request.limits.max_rows = 10;
	check("many", "SELECT v INTO copy FROM m GROUP BY *; SELECT v INTO flat FROM m;"
	    " SELECT v INTO by_l FROM m GROUP BY l",
	    "0" WRITTEN(50000) "1" WRITTEN(50000) "2" WRITTEN(50000));
	answers.request.limits.max_rows = 0;
	check("many", "SELECT count(v), sum(v) FROM copy, flat, by_l",
	    "0 by_l(time,count,sum): 0,50000,1249975000;\n"
	    "0 copy(time,count,sum): 0,50000,1249975000;\n"
	    "0 flat(time,count,sum): 0,50000,1249975000;\n");
	check("many", "SHOW SERIES EXACT CARDINALITY",
	    "0 by_l(count): 2;\n0 copy(count): 300;\n0 flat(count): 1;\n0 m(count): 300;\n");
}

static void
test_warning(void **state)
{
	(void)state;
	answers.request.read_only = true;
	check("d", "SELECT v INTO warned FROM m WHERE time = 10s", "0" WRITTEN(1)
	    "0 ~deprecated use of 'SELECT v INTO warned FROM m WHERE time = 10s' in a read only "
	    "context, please use a POST request instead\n");
	check("d", "CREATE DATABASE g; DELETE FROM warned; DROP DATABASE g",
	    "0 ~deprecated use of 'CREATE DATABASE g' in a read only context, please use a POST "
	    "request instead\n1\n"
	    "2 ~deprecated use of 'DROP DATABASE g' in a read only context, please use a POST "
	    "request instead\n");
	answers.request.read_only = false;
}

/* ---- EXPLAIN ---- */

/*
 * The lines of an answer that begin with a label.
 */
static void
check_line(const char *text, const char *label, const char *want)
{
	const char *got = answers_query(&answers, "e", text);
	const char *at = strstr(got, label);
	size_t n = at != NULL ? strcspn(at, ";") : 0;

	if (at == NULL || n != strlen(want) || strncmp(at, want, n) != 0)
		fail_msg("%s: no \"%s\" in %s", text, want, got);
}

static void
test_explain(void **state)
{
	static const char analyze[] =
	    "EXPLAIN ANALYZE SELECT max(v) FROM m WHERE k = 'a' AND w > 0 GROUP BY k";
	static const char summed[] = "EXPLAIN ANALYZE SELECT sum(v), max(v) FROM m GROUP BY k";
	struct buf lines = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_printf(&lines, "m,k=%c v=%d,w=%d %d\n", i % 2 == 0 ? 'a' : 'b', i, i % 10, i);
	buf_putc(&lines, '\0');
	answers_write(&answers, answers_bucket(&answers, "e"), lines.p);
	buf_free(&lines);
	check_line(analyze, "EXPRESSION", "EXPRESSION: max(v::float)");
	check_line(analyze, "CONDITION", "CONDITION ON ROWS: w > 0");
	check_line(analyze, "NUMBER OF SERIES", "NUMBER OF SERIES: 1");
	check_line(analyze, "NUMBER OF GROUPS", "NUMBER OF GROUPS: 1");
	check_line(analyze, "ROWS READ", "ROWS READ: 500");
	check_line(analyze, "ROWS ANSWERED:", "ROWS ANSWERED: 1");
	lines_compact(&answers.home);
	check_line(summed, "NUMBER OF CHUNKS", "NUMBER OF CHUNKS: 2");
	check_line(summed, "ROWS IN CHUNKS", "ROWS IN CHUNKS: 1000");
	check_line(summed, "SIZE OF JOURNAL", "SIZE OF JOURNAL: 0");
	check_line(summed, "CHUNKS ANSWERED", "CHUNKS ANSWERED FROM THEIR DIRECTORIES: 2");
	check_line(summed, "ROWS ANSWERED FROM", "ROWS ANSWERED FROM DIRECTORIES: 1000");
	check_line(summed, "ROWS READ", "ROWS READ: 0");
	check_line(summed, "SERIES ANSWERED", "SERIES ANSWERED: 2");
	check_line("EXPLAIN SELECT v, w FROM m WHERE time >= 0s AND time < 1m", "TIME RANGE",
	    "TIME RANGE: 1970-01-01T00:00:00Z to 1970-01-01T00:00:59.999999999Z");
	check_line("EXPLAIN SELECT v, w FROM m", "AUXILIARY", "AUXILIARY FIELDS: v::float, w::float");
	check_line("EXPLAIN SELECT mean(max) FROM (SELECT max(v) FROM m GROUP BY time(10s))",
	    "WINDOW", "WINDOW: 10s");
	check("e", "EXPLAIN SELECT v FROM nosuch", "0 (QUERY PLAN): EXPRESSION: <nil>; AUXILIARY "
	    "FIELDS: v; TIME RANGE: 1677-09-21T00:12:43.145224194Z to "
	    "2262-04-11T23:47:16.854775806Z; NUMBER OF GROUPS: 0;\n");
	check("e", "EXPLAIN SELECT f(v) FROM m", "0 !undefined function f()\n");
	check("e", "EXPLAIN ANALYZE SELECT v FROM nope..m", "0 !database not found: nope\n");
	check("e", "EXPLAIN SELECT v INTO n FROM nosuch; SHOW MEASUREMENTS",
	    "0 (QUERY PLAN): EXPRESSION: <nil>; AUXILIARY "
	    "FIELDS: v; TIME RANGE: 1677-09-21T00:12:43.145224194Z to "
	    "2262-04-11T23:47:16.854775806Z; NUMBER OF GROUPS: 0;\n1 measurements(name): m;\n");
}

/*
 * Without the setting, or without an all-access token, each is refused by its name.
 */
static void
test_refused(void **state)
{
	static const char *const texts[] = { "CREATE DATABASE x", "DROP DATABASE d",
	    "DROP RETENTION POLICY autogen ON d", "DROP SERIES FROM m",
	    "ALTER RETENTION POLICY autogen ON d DURATION 2h" };
	struct grants all = answers.grants;

	(void)state;
	for (size_t i = 0; i < 2 * N_OF(texts); i++) {
		const char *got;

		answers.request.management = i < N_OF(texts);
		answers.grants.n = i < N_OF(texts) ? 1 : all.n;
		got = answers_query(&answers, "d", texts[i % N_OF(texts)]);
		assert_non_null(strstr(got, "0 !not implemented: "));
	}
	answers.grants = all;
	answers.request.management = true;
	check("d", "SHOW DATABASES; GRANT ALL TO u",
	    "0 databases(name): a; d; e; many;\n1 !not implemented: GRANT ALL\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_databases),
		cmocka_unit_test(test_retention_policies),
		cmocka_unit_test(test_shared_bucket),
		cmocka_unit_test(test_into),
		cmocka_unit_test(test_into_many),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
