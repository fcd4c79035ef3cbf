/*
 * tests/unit/query_select_test.c - SELECT statement by statement: what the random twin does not ask
 *
 * Subqueries, selectors with other columns, transformations, several measurements, limits, and
 * series longer than a block.
 */
#include "query_answers.h"

#include "base/memory.h"
#include "unit.h"

#define N_LONG	10000		/* rows of the series `long`: some blocks */

static struct answers answers;

static void
write_long(uint64_t bucket)
{
	struct buf lines = { 0 };

	for (int i = 0; i < N_LONG; i++) {
		buf_printf(&lines, "long,k=%c v=%d", 'a' + i % 2, i);
		buf_printf(&lines, "%s %d\n", i % 100 == 0 ? ",rare=\"r\"" : "", i);
	}
	buf_putc(&lines, '\0');
	answers_write(&answers, bucket, lines.p);
	buf_free(&lines);
}

static int
set_up(void **state)
{
	uint64_t bucket;

	(void)state;
	answers_open(&answers);
	bucket = answers_bucket(&answers, "d");
	answers_write(&answers, bucket,
	    "cpu,host=a,dc=x u=10,n=1i,s=\"one\" 10\n"
	    "cpu,host=a,dc=x u=20,n=2i 20\n"
	    "cpu,host=b,dc=y u=30,n=3i,s=\"three\",ok=true 30\n"
	    "cpu u=40 40\n"
	    "mem,host=a u=5i,used=7i 15\n"
	    "text u=\"str\" 1\n"
	    "far v=1 -9000000000\n"
	    "far v=2 9000000000\n"
	    "far,k=z v=3 5\n");
	write_long(bucket);
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
	/* selectors with the rest of their row */
	{ "SELECT max(u), s, host FROM cpu", "0 cpu(time,max,s,host): 40,40,null,null;\n" },
	{ "SELECT first(u), n, host FROM cpu WHERE time >= 10s AND time < 40s GROUP BY time(20s)",
	    "0 cpu(time,first,n,host): 0,10,1,a; 20,20,2,a;\n" },
	{ "SELECT percentile(u, 50), s FROM cpu", "0 cpu(time,percentile,s): 20,20,null;\n" },
	{ "SELECT top(u, host, 2), n FROM cpu",
	    "0 cpu(time,top,host,n): 30,30,b,3; 40,40,null,null;\n" },
	{ "SELECT bottom(u, 2) FROM cpu", "0 cpu(time,bottom): 10,10; 20,20;\n" },

	/* several measurements, types */
	{ "SELECT u FROM cpu, mem, text",
	    "0 cpu(time,u): 10,10; 20,20; 30,30; 40,40;\n0 mem(time,u): 15,5;\n" },
	{ "SELECT u FROM text", "0 text(time,u): 1,str;\n" },
	{ "SELECT u::integer FROM cpu WHERE u::integer > 25", "0 cpu(time,u): 30,30; 40,40;\n" },
	{ "SELECT * FROM mem, text",
	    "0 mem(time,host,u,used): 15,a,5,7;\n" },
	{ "SELECT mean(*) FROM cpu", "0 cpu(time,mean_n,mean_u): 0,2,25;\n" },
	{ "SELECT host FROM cpu", "0\n" },
	{ "SELECT nosuch, u FROM cpu LIMIT 1", "0 cpu(time,nosuch,u): 10,null,10;\n" },

	/* tags */
	{ "SELECT u FROM cpu GROUP BY host, dc",
	    "0 cpu{dc=,host=}(time,u): 40,40;\n0 cpu{dc=x,host=a}(time,u): 10,10; 20,20;\n"
	    "0 cpu{dc=y,host=b}(time,u): 30,30;\n" },
	{ "SELECT u FROM cpu WHERE host != 'a' AND (dc = 'y' OR u > 35)",
	    "0 cpu(time,u): 30,30; 40,40;\n" },
	{ "SELECT u FROM cpu WHERE host =~ /^(a|c)$/ AND n < 2", "0 cpu(time,u): 10,10;\n" },
	{ "SELECT sum(u) FROM cpu GROUP BY host SLIMIT 1 SOFFSET 1",
	    "0 cpu{host=a}(time,sum): 0,30;\n" },

	/* subqueries */
	{ "SELECT host FROM (SELECT min(/none/) FROM (SELECT u FROM cpu) GROUP BY host)", "0\n" },
	{ "SELECT max(m) FROM (SELECT mean(u) AS m FROM cpu GROUP BY host)",
	    "0 cpu(time,max): 0,40;\n" },
	{ "SELECT m, host FROM (SELECT mean(u) AS m FROM cpu GROUP BY host) WHERE host = 'a'",
	    "0 cpu(time,m,host): 0,15,a;\n" },
	{ "SELECT sum(d) FROM (SELECT difference(u) AS d FROM cpu) GROUP BY dc",
	    "0 cpu{dc=x}(time,sum): 0,10;\n" },
	{ "SELECT count(k) FROM (SELECT k, v FROM long) WHERE v < 100",
	    "0 long(time,count): 0,100;\n" },
	{ "SELECT mean(u) FROM (SELECT u FROM cpu) WHERE time >= 0s AND time < 40s "
	    "GROUP BY time(20s)",
	    "0 cpu(time,mean): 0,10; 20,25;\n" },

	/* sequences, also over the window in front of the range */
	{ "SELECT derivative(mean(u)) FROM cpu WHERE time >= 20s AND time < 41s GROUP BY time(10s)",
	    "0 cpu(time,derivative): 20,10; 30,10; 40,10;\n" },
	{ "SELECT moving_average(u, 2) FROM cpu",
	    "0 cpu(time,moving_average): 20,15; 30,25; 40,35;\n" },
	{ "SELECT integral(u) FROM cpu", "0 cpu(time,integral): 0,750;\n" },
	{ "SELECT mean(u), cumulative_sum(sum(n)) FROM cpu WHERE time >= 10s AND time < 40s "
	    "GROUP BY time(10s)",
	    "0 cpu(time,mean,cumulative_sum): 10,10,1; 20,20,3; 30,30,6;\n" },

	/* fills */
	{ "SELECT count(n), mean(u) FROM cpu WHERE time >= 20s AND time < 60s GROUP BY time(10s)",
	    "0 cpu(time,count,mean): 20,1,20; 30,1,30; 40,0,40; 50,0,null;\n" },
	{ "SELECT last(s) FROM cpu WHERE time >= 0s AND time < 40s "
	    "GROUP BY time(10s) fill(previous)",
	    "0 cpu(time,last): 0,null; 10,one; 20,one; 30,three;\n" },
	{ "SELECT mean(u) FROM cpu WHERE time >= 10s AND time < 30s GROUP BY time(5s) fill(linear)",
	    "0 cpu(time,mean): 10,10; 15,15; 20,20; 25,null;\n" },

	/* the deviation of one value is not a number: no fill takes its place */
	{ "SELECT stddev(u), mean(u) FROM cpu GROUP BY host fill(0)",
	    "0 cpu{host=}(time,stddev,mean): 0,null,40;\n"
	    "0 cpu{host=a}(time,stddev,mean): 0,7.0710678118654755,15;\n"
	    "0 cpu{host=b}(time,stddev,mean): 0,null,30;\n" },
	{ "SELECT stddev(u) FROM cpu WHERE time >= 10s AND time < 50s GROUP BY time(20s), dc "
	    "fill(7)",
	    "0 cpu{dc=}(time,stddev): 0,7; 20,7; 40,null;\n"
	    "0 cpu{dc=x}(time,stddev): 0,null; 20,null; 40,7;\n"
	    "0 cpu{dc=y}(time,stddev): 0,7; 20,null; 40,7;\n" },
	{ "SELECT stddev(u) FROM cpu WHERE time >= 10s AND time < 60s GROUP BY time(15s) "
	    "fill(previous)",
	    "0 cpu(time,stddev): 0,null; 15,null; 30,7.0710678118654755; "
	    "45,7.0710678118654755;\n" },
	{ "SELECT count(x), max(x) FROM (SELECT stddev(u) AS x FROM cpu GROUP BY host)",
	    "0 cpu(time,count,max): 0,3,null;\n" },

	/* SLIMIT counts by what the outermost query groups by, also inside a subquery */
	{ "SELECT sum(u) FROM cpu GROUP BY dc, host SLIMIT 1",
	    "0 cpu{dc=,host=}(time,sum): 0,40;\n" },
	{ "SELECT mean(x) FROM (SELECT count(u) AS x FROM cpu SOFFSET 2)", "0\n" },
	{ "SELECT x FROM (SELECT sum(u) AS x FROM cpu GROUP BY host SLIMIT 1) GROUP BY host",
	    "0 cpu{host=}(time,x): 0,40;\n" },
	{ "SELECT x FROM (SELECT sum(u) AS x FROM cpu GROUP BY host SLIMIT 1)",
	    "0 cpu(time,x): 0,40; 0,30; 0,30;\n" },

	/* windows in front of the range */
	{ "SELECT difference(integral(u)) FROM cpu WHERE time >= 20s AND time < 41s "
	    "GROUP BY time(10s)",
	    "0 cpu(time,difference): 20,100; 30,100;\n" },
	{ "SELECT moving_average(sum(u), 3) FROM cpu WHERE time >= 30s AND time < 41s "
	    "GROUP BY time(10s)",
	    "0 cpu(time,moving_average): 40,30;\n" },

	/* names that a source lacks */
	{ "SELECT u FROM cpu, mem WHERE used != n", "0\n" },
	{ "SELECT percentile(u, 58) FROM cpu, mem WHERE dc != used", "0\n" },
	{ "SELECT u FROM cpu WHERE host != nosuch OR u > 30",
	    "0 cpu(time,u): 10,10; 20,20; 30,30; 40,40;\n" },
	{ "SELECT u FROM cpu WHERE host = dc OR u > 30", "0 cpu(time,u): 40,40;\n" },
	{ "SELECT host FROM (SELECT u FROM text), cpu", "0 text(time,host): 1,null;\n" },
	{ "SELECT n FROM (SELECT u FROM mem), cpu",
	    "0 cpu(time,n): 10,1; 20,2; 30,3;\n0 mem(time,n): 15,null;\n" },
	{ "SELECT nosuch FROM (SELECT u FROM mem), cpu", "0\n" },
	{ "SELECT mode(n) FROM (SELECT n FROM cpu) WHERE s != 'one'", "0 cpu(time,mode): 0,1;\n" },
	{ "SELECT n FROM (SELECT n FROM cpu) WHERE s = ''",
	    "0 cpu(time,n): 10,1; 20,2; 30,3;\n" },
	{ "SELECT n FROM (SELECT n FROM cpu) WHERE u != 1", "0\n" },
	{ "SELECT u FROM (SELECT u FROM cpu GROUP BY host) WHERE host != nosuch",
	    "0 cpu(time,u): 10,10; 20,20; 30,30;\n" },

	/* longer than a block */
	{ "SELECT count(v), sum(v), min(v), max(v), count(rare) FROM long",
	    "0 long(time,count,sum,min,max,count_1): 0,10000,49995000,0,9999,100;\n" },
	{ "SELECT v FROM long OFFSET 9000 LIMIT 1", NULL },
	{ "SELECT v FROM long LIMIT 2 OFFSET 9000", "0 long(time,v): 9000,9000; 9001,9001;\n" },
	{ "SELECT v FROM long ORDER BY time DESC LIMIT 2",
	    "0 long(time,v): 9999,9999; 9998,9998;\n" },
	{ "SELECT v FROM long WHERE rare = 'r' AND v > 9800", "0 long(time,v): 9900,9900;\n" },
	{ "SELECT rare, k FROM long WHERE v >= 9750 AND time < 9900s",
	    "0 long(time,rare,k): 9800,r,a;\n" },
	{ "SELECT max(v) FROM long WHERE time < 10000s GROUP BY time(1m) "
	    "ORDER BY time DESC LIMIT 2",
	    "0 long(time,max): 9960,9999; 9900,9959;\n" },
	{ "SELECT median(v) FROM long WHERE time >= 0s AND time < 10000s GROUP BY time(5000s)",
	    "0 long(time,median): 0,2499.5; 5000,7499.5;\n" },

	/* windows that lie far apart, and too many of them */
	{ "SELECT sum(v) FROM far GROUP BY time(1s) fill(none)",
	    "0 far(time,sum): -9000000000,1; 5,3;\n" },
	{ "SELECT sum(v) FROM far WHERE time < 9000000001s GROUP BY time(1s) fill(none)",
	    "0 far(time,sum): -9000000000,1; 5,3; 9000000000,2;\n" },
	{ "SELECT sum(v) FROM far WHERE time >= 0s AND time < 5000s GROUP BY time(1s)",
	    "0 !max-select-buckets limit exceeded: (5000/1000)\n" },
	{ "SELECT sum(v) FROM far WHERE time >= 0s AND time < 5000s GROUP BY time(1s) LIMIT 1",
	    "0 far(time,sum): 0,null;\n" },

	/* errors come from the statement, or from what it is asked of */
	{ "SELECT mean(u) FROM text",
	    "0 !unsupported mean iterator type: *query.stringInterruptIterator\n" },
	{ "SELECT mean(u) FROM nosuch", "0\n" },
	{ "SELECT mean(u), u FROM nosuch",
	    "0 !mixing aggregate and non-aggregate queries is not supported\n" },
	{ "SELECT derivative(abs(mean(u))) FROM cpu GROUP BY time(1m)",
	    "0 !not implemented: a mathematical function inside the call to derivative, use a "
	    "subquery\n" },
};

static void
statements(void **state)
{
	(void)state;
	answers.request.limits.max_windows = 1000;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		const char *got = answers_query(&answers, "d", cases[i].text);

		if (cases[i].answer == NULL) {	/* another order of clauses is no statement */
			UNIT_CHECK(cases[i].text, strncmp(got, "refused", 7) == 0);
			continue;
		}
		if (strcmp(got, cases[i].answer) != 0)
			fail_msg("%s\n got: %s\nwant: %s", cases[i].text, got, cases[i].answer);
	}
	answers.request.limits.max_windows = 0;
}

static void
limits_end_a_statement(void **state)
{
	(void)state;
	answers.request.limits.max_series = 2;
	assert_string_equal(answers_query(&answers, "d", "SELECT u FROM cpu"),
	    "0 !max-select-series limit exceeded: (3/2)\n");
	assert_string_equal(answers_query(&answers, "d", "SELECT u FROM cpu WHERE host = 'b'"),
	    "0 cpu(time,u): 30,30;\n");
	answers.request.limits.max_series = 0;
	answers.request.limits.max_memory_bytes = 100000;
	assert_non_null(strstr(answers_query(&answers, "d", "SELECT median(v) FROM long"),
	    "!max-memory limit exceeded"));
	answers.request.limits.max_memory_bytes = 0;
}

static void
nobody_listens(void **state)
{
	(void)state;
	answers.rows_left = 3;
	assert_non_null(strstr(answers_query(&answers, "d", "SELECT v FROM long"), "gone"));
	answers.rows_left = -1;
}

/*
 * What LIMIT and OFFSET let through is a part of what comes without them, whichever windows are empty.
 */
static void
limit_gives_the_first_rows(void **state)
{
	static const char *const asked[] = {
		"SELECT sum(v) FROM far GROUP BY time(1000000s) ORDER BY time DESC",
		"SELECT count(v) FROM far WHERE time < 8000000s GROUP BY time(1000000s) ORDER BY time DESC",
		"SELECT last(v) FROM far WHERE time < 4000000s GROUP BY time(500000s) fill(previous) ORDER BY time DESC",
		"SELECT max(v) FROM long WHERE time < 5s GROUP BY time(1s) ORDER BY time DESC",
		"SELECT count(rare) FROM long WHERE time < 450s GROUP BY time(7s) fill(3) ORDER BY time DESC",
		"SELECT sum(v) FROM long WHERE time <= 999s GROUP BY time(10s), k ORDER BY time DESC",
	};

	(void)state;
	for (size_t i = 0; i < UNIT_N(asked); i++) {
		char *all = memory_string(answers_query(&answers, "d", asked[i]));
		const char *rows = strchr(all, ':');

		assert_non_null(rows);
		for (int n = 1; n <= 13; n += 3)
			for (int offset = 0; offset <= 9; offset += 3) {
				char text[256];
				const char *from = rows + 1, *to, *got;

				for (int skip = 0; skip < offset && from != NULL && *from == ' '; skip++)
					from = strchr(from, ';') + 1;
				to = from;
				for (int row = 0; row < n && *to == ' '; row++)
					to = strchr(to, ';') + 1;
				snprintf(text, sizeof(text), "%s LIMIT %d OFFSET %d", asked[i], n, offset);
				got = strchr(answers_query(&answers, "d", text), ':');
				if (from == to) {
					assert_null(got);
					continue;
				}
				assert_non_null(got);
				assert_memory_equal(got + 1, from, (size_t)(to - from));
				assert_int_equal(got[1 + (to - from)], '\n');
			}
		free(all);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements),
		cmocka_unit_test(limits_end_a_statement),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(limit_gives_the_first_rows),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
