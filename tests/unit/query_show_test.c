/*
 * tests/unit/query_show_test.c - SHOW over a small store, statement by statement
 */
#include "query_answers.h"

static struct answers answers;

static int
set_up(void **state)
{
	uint64_t bucket;

	(void)state;
	answers_open(&answers);
	bucket = answers_bucket(&answers, "d");
	answers_write(&answers, bucket,
	    "cpu,host=a,dc=x usage=1,idle=2i 10\n"
	    "cpu,host=b,dc=x usage=1,temp=\"hot\" 20\n"
	    "cpu,host=b,dc=y usage=1 30\n"
	    "cpu usage=9 40\n"
	    "cpu_load,core=0 one=1,five=2 10\n"
	    "cpu_load,core=1 one=1,ok=true 20\n"
	    "disk\\ io,path=/var\\ log,twin=a,other=a r=1 10\n"
	    "disk\\ io,twin=a,other=b r=1 20\n"
	    "plain v=1 1\n");
	answers_write(&answers, answers_bucket(&answers, "e/weekly"), "m,k=v f=1 1\n");
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
} cases[] = {
	{ "SHOW DATABASES", "0 databases(name): d; e;\n" },
	{ "SHOW RETENTION POLICIES ON e",
	    "0 (name,duration,shardGroupDuration,replicaN,default): weekly,0s,168h0m0s,1,true;\n" },
	{ "SHOW RETENTION POLICIES ON nope", "0 !database not found: nope\n" },
	{ "SHOW MEASUREMENTS", "0 measurements(name): cpu; cpu_load; disk io; plain;\n" },
	{ "SHOW MEASUREMENTS ON e", "0 measurements(name): m;\n" },
	{ "SHOW MEASUREMENTS ON nope", "0 !database not found: nope\n" },
	{ "SHOW MEASUREMENTS LIMIT 2 OFFSET 1", "0 measurements(name): cpu_load; disk io;\n" },
	{ "SHOW MEASUREMENTS OFFSET 9", "0\n" },
	{ "SHOW MEASUREMENTS WITH MEASUREMENT = \"disk io\"", "0 measurements(name): disk io;\n" },
	{ "SHOW MEASUREMENTS WITH MEASUREMENT =~ /^c.*d$/", "0 measurements(name): cpu_load;\n" },
	{ "SHOW MEASUREMENTS WHERE host = 'a'", "0 measurements(name): cpu;\n" },
	{ "SHOW MEASUREMENTS WHERE host != 'a'", "0\n" },
	{ "SHOW MEASUREMENTS WHERE host != 'c'", "0 measurements(name): cpu;\n" },
	{ "SHOW MEASUREMENTS WHERE (host = 'c' OR core =~ /1/) AND core = '0'",
	    "0 measurements(name): cpu_load;\n" },
	{ "SHOW MEASUREMENTS WHERE usage = 1",
	    "0 !right side of '=' must be a tag value string\n" },
	{ "SHOW MEASUREMENTS WHERE time > 0",
	    "0 !SHOW MEASUREMENTS doesn't support time in WHERE clause\n" },
	{ "SHOW SERIES FROM /cpu/",
	    "0 (key): cpu; cpu,dc=x,host=a; cpu,dc=x,host=b; cpu,dc=y,host=b;"
	    " cpu_load,core=0; cpu_load,core=1;\n" },
	{ "SHOW SERIES FROM \"disk io\", plain",
	    "0 (key): disk\\ io,other=a,path=/var\\ log,twin=a; disk\\ io,other=b,twin=a;"
	    " plain;\n" },
	{ "SHOW SERIES LIMIT 2 OFFSET 3", "0 (key): cpu,dc=y,host=b; cpu_load,core=0;\n" },
	{ "SHOW SERIES FROM cpu WHERE host = ''", "0 (key): cpu;\n" },
	{ "SHOW SERIES FROM cpu WHERE host != ''",
	    "0 (key): cpu,dc=x,host=a; cpu,dc=x,host=b; cpu,dc=y,host=b;\n" },
	{ "SHOW SERIES FROM cpu WHERE host != 'b'", "0 (key): cpu; cpu,dc=x,host=a;\n" },
	{ "SHOW SERIES FROM cpu WHERE host =~ /^b$/ AND dc = 'y'", "0 (key): cpu,dc=y,host=b;\n" },
	{ "SHOW SERIES FROM cpu WHERE host !~ /a|b/", "0 (key): cpu;\n" },
	{ "SHOW SERIES FROM cpu WHERE host =~ /^a?$/", "0 (key): cpu; cpu,dc=x,host=a;\n" },
	{ "SHOW SERIES FROM cpu WHERE dc = 'y' OR (host = 'a' AND dc = 'x')",
	    "0 (key): cpu,dc=x,host=a; cpu,dc=y,host=b;\n" },
	{ "SHOW SERIES FROM \"disk io\" WHERE twin = other",
	    "0 (key): disk\\ io,other=a,path=/var\\ log,twin=a;\n" },
	{ "SHOW SERIES FROM \"disk io\" WHERE twin != other",
	    "0 (key): disk\\ io,other=b,twin=a;\n" },
	{ "SHOW SERIES WHERE nosuch = 'a'", "0\n" },
	{ "SHOW SERIES FROM plain WHERE nosuch != 'a'", "0 (key): plain;\n" },
	{ "SHOW SERIES FROM cpu WHERE usage = 1 AND dc = 'y'", "0 (key): cpu,dc=y,host=b;\n" },
	{ "SHOW SERIES FROM cpu WHERE usage > 0", "0 !invalid tag comparison operator\n" },
	{ "SHOW SERIES FROM cpu WHERE time > 0 AND dc = 'y'", "0 (key): cpu,dc=y,host=b;\n" },
	{ "SHOW SERIES FROM nope..cpu", "0 !database not found: nope\n" },
	{ "SHOW SERIES FROM e.weekly.m", "0 (key): m,k=v;\n" },
	{ "SHOW TAG KEYS", "0 cpu(tagKey): dc; host;\n0 cpu_load(tagKey): core;\n"
	    "0 disk io(tagKey): other; path; twin;\n" },
	{ "SHOW TAG KEYS FROM cpu LIMIT 1 OFFSET 1", "0 cpu(tagKey): host;\n" },
	{ "SHOW TAG KEYS FROM \"disk io\" WHERE other = 'b'", "0 disk io(tagKey): other; twin;\n" },
	{ "SHOW TAG KEYS FROM cpu WHERE host = ''", "0\n" },
	{ "SHOW FIELD KEYS FROM cpu, cpu_load",
	    "0 cpu(fieldKey,fieldType): idle,integer; temp,string;"
	    " usage,float;\n0 cpu_load(fieldKey,fieldType): five,float; ok,boolean; one,float;\n" },
	{ "SHOW TAG VALUES WITH KEY = host", "0 cpu(key,value): host,a; host,b;\n" },
	{ "SHOW TAG VALUES WITH KEY IN (core, host)",
	    "0 cpu(key,value): host,a; host,b;\n0 cpu_load(key,value): core,0; core,1;\n" },
	{ "SHOW TAG VALUES FROM cpu WITH KEY != host", "0 cpu(key,value): dc,x; dc,y;\n" },
	{ "SHOW TAG VALUES FROM cpu WITH KEY =~ /./ LIMIT 2 OFFSET 1",
	    "0 cpu(key,value): dc,y; host,a;\n" },
	{ "SHOW TAG VALUES FROM cpu WITH KEY !~ /dc/ WHERE dc = 'y'",
	    "0 cpu(key,value): host,b;\n" },
	{ "SHOW SERIES CARDINALITY", "0 (cardinality estimation): 9;\n" },
	{ "SHOW SERIES EXACT CARDINALITY FROM /cpu/", "0 cpu(count): 4;\n0 cpu_load(count): 2;\n" },
	{ "SHOW SERIES EXACT CARDINALITY WHERE host = 'b'", "0 cpu(count): 2;\n" },
	{ "SHOW MEASUREMENT CARDINALITY", "0 (cardinality estimation): 4;\n" },
	{ "SHOW MEASUREMENT EXACT CARDINALITY WHERE host = 'a'", "0 (count): 1;\n" },
	{ "SHOW TAG KEY CARDINALITY",
	    "0 cpu(count): 2;\n0 cpu_load(count): 1;\n0 disk io(count): 3;\n" },
	{ "SHOW TAG VALUES EXACT CARDINALITY FROM \"disk io\" WITH KEY IN (twin, other)",
	    "0 disk io(count): 2;\n" },
	{ "SHOW FIELD KEY CARDINALITY FROM cpu", "0 cpu(count): 3;\n" },
	{ "SHOW TAG KEYS FROM nosuch; SHOW TAG KEYS FROM cpu_load",
	    "0\n1 cpu_load(tagKey): core;\n" },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *got = answers_query(&answers, "d", cases[i].text);

		if (strcmp(got, cases[i].answer) != 0)
			print_error("%s\n", cases[i].text);
		assert_string_equal(got, cases[i].answer);
	}
}

static void
test_no_database(void **state)
{
	static const char *const texts[] = { "SHOW MEASUREMENTS", "SHOW SERIES", "SHOW TAG KEYS",
	    "SHOW TAG VALUES WITH KEY = k", "SHOW FIELD KEYS", "SHOW RETENTION POLICIES" };

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++)
		assert_string_equal(answers_query(&answers, "", texts[i]),
		    "0 !database name required\n");
}

static void
test_limits(void **state)
{
	(void)state;
	answers.request.limits.max_rows = 2;
	assert_string_equal(answers_query(&answers, "d", "SHOW MEASUREMENTS; SHOW DATABASES"),
	    "0 measurements(name): cpu; cpu_load;\n0 !max-row-limit exceeded: (2)\n"
	    "1 databases(name): d; e;\n");
	answers.request.limits.max_rows = 0;
	answers.request.limits.max_series = 3;
	assert_string_equal(answers_query(&answers, "d", "SHOW SERIES FROM cpu"),
	    "0 !max-select-series limit exceeded: (4/3)\n");
	answers.request.limits.max_series = 0;
	answers.rows_left = 1;
	assert_string_equal(answers_query(&answers, "d", "SHOW MEASUREMENTS; SHOW DATABASES"),
	    "0 measurements(name): cpu;\n0 !query interrupted\ngone\n");
	answers.rows_left = -1;
}

/*
 * A condition as long as a text may be, of either shape, is walked without a deep stack.
 */
static void
test_long_condition(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, "SHOW SERIES FROM cpu WHERE host = 'a'");
	while (text.n < 900000)
		buf_puts(&text, " AND usage = 1 AND host =~ /a/");
	buf_putc(&text, '\0');
	assert_string_equal(answers_query(&answers, "d", text.p), "0 (key): cpu,dc=x,host=a;\n");
	buf_free(&text);
}

/*
 * Without FROM, SHOW is about all policies of a database; measurements of one name are one.
 */
static const struct {
	const char	*text;
	const char	*answer;
} policy_cases[] = {
	{ "SHOW MEASUREMENTS", "0 measurements(name): m; n; o;\n" },
	{ "SHOW MEASUREMENTS WHERE k = 'y'", "0 measurements(name): m;\n" },
	{ "SHOW MEASUREMENTS LIMIT 1 OFFSET 1", "0 measurements(name): n;\n" },
	{ "SHOW SERIES", "0 (key): m,k=x; m,k=y; m,k=y,l=1; n,k=x; o;\n" },
	{ "SHOW SERIES LIMIT 2 OFFSET 1", "0 (key): m,k=y; m,k=y,l=1;\n" },
	{ "SHOW TAG KEYS", "0 m(tagKey): k; l;\n0 n(tagKey): k;\n" },
	{ "SHOW TAG VALUES WITH KEY =~ /./",
	    "0 m(key,value): k,x; k,y; l,1;\n0 n(key,value): k,x;\n" },
	{ "SHOW TAG VALUES WITH KEY = k WHERE l = '1'", "0 m(key,value): k,y;\n" },
	{ "SHOW TAG VALUES WITH KEY = k LIMIT 1 OFFSET 1", "0 m(key,value): k,y;\n" },
	{ "SHOW FIELD KEYS", "0 m(fieldKey,fieldType): v,float; v,string; w,float;\n"
	    "0 n(fieldKey,fieldType): v,float;\n0 o(fieldKey,fieldType): v,float;\n" },
	{ "SHOW TAG VALUES EXACT CARDINALITY WITH KEY = k", "0 m(count): 2;\n0 n(count): 1;\n" },
	{ "SHOW MEASUREMENT EXACT CARDINALITY", "0 (count): 3;\n" },
	{ "SHOW TAG KEYS FROM m", "0 m(tagKey): k;\n" },
	{ "SHOW TAG KEYS FROM long.m", "0 m(tagKey): k; l;\n" },
	{ "SHOW TAG KEYS FROM long.m, short.m", "0 m(tagKey): k; l;\n" },
};

static void
test_policies(void **state)
{
	(void)state;
	answers_write(&answers, answers_bucket(&answers, "p/short"),
	    "m,k=x v=1 1\nm,k=y v=1 1\nn,k=x v=1 1\n");
	answers_write(&answers, answers_bucket(&answers, "p/long"),
	    "m,k=x v=\"s\" 1\nm,k=y,l=1 w=1 1\no v=1 1\n");
	for (size_t i = 0; i < N_OF(policy_cases); i++) {
		bool of_default = strcmp(policy_cases[i].text, "SHOW TAG KEYS FROM m") == 0;
		const char *got;

		answers.request.policy = of_default ? SLICE("short") : SLICE("");
		got = answers_query(&answers, "p", policy_cases[i].text);
		if (strcmp(got, policy_cases[i].answer) != 0)
			print_error("%s\n", policy_cases[i].text);
		assert_string_equal(got, policy_cases[i].answer);
	}
	answers.request.policy = SLICE("short");
	assert_string_equal(answers_query(&answers, "p", "SHOW MEASUREMENTS"),
	    "0 measurements(name): m; n;\n");
	answers.request.policy = SLICE("nope");
	assert_string_equal(answers_query(&answers, "p", "SHOW MEASUREMENTS"),
	    "0 !retention policy not found: nope\n");
	answers.request.policy = SLICE("");
}

/*
 * More series than are read at once: only those that LIMIT and OFFSET ask for are kept.
 */
static void
test_many_series(void **state)
{
	uint64_t bucket = answers_bucket(&answers, "many");
	struct buf lines = { 0 };

	(void)state;
	for (int i = 20000; i-- > 0;)
		buf_printf(&lines, "m,n=%05d,odd=%d v=1 1\n", i, i % 2);
	buf_putc(&lines, '\0');
	answers_write(&answers, bucket, lines.p);
	buf_free(&lines);
	assert_string_equal(answers_query(&answers, "many", "SHOW SERIES LIMIT 2"),
	    "0 (key): m,n=00000,odd=0; m,n=00001,odd=1;\n");
	assert_string_equal(answers_query(&answers, "many", "SHOW SERIES LIMIT 2 OFFSET 7000"),
	    "0 (key): m,n=07000,odd=0; m,n=07001,odd=1;\n");
	assert_string_equal(answers_query(&answers, "many", "SHOW SERIES OFFSET 19999"),
	    "0 (key): m,n=19999,odd=1;\n");
	assert_string_equal(answers_query(&answers, "many",
	    "SHOW SERIES WHERE n =~ /0$/ AND odd = '1'"), "0\n");
	assert_string_equal(answers_query(&answers, "many", "SHOW SERIES EXACT CARDINALITY "
	    "WHERE n !~ /[02468]$/; SHOW TAG VALUES WITH KEY = odd WHERE n > 1"),
	    "0 m(count): 10000;\n1 m(key,value): odd,0; odd,1;\n");
	answers.request.limits.max_memory_bytes = 400000;
	assert_string_equal(answers_query(&answers, "many", "SHOW SERIES; SHOW TAG KEYS"),
	    "0 !max-memory limit exceeded: (400000 bytes)\n1 m(tagKey): n; odd;\n");
	answers.request.limits.max_memory_bytes = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long_condition),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_many_series),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
