/*
 * tests/unit/program_settings_test.c - settings: which source counts, and what is said of bad ones
 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "program/program.h"

struct place {
	char	 top[32];
	char	 home[64];
	char	 programs[64];
	char	 program[128];		/* argv[0] */
	struct arena *arena;
	struct settings settings;
	struct err err;
};

static void
put_file(const char *folder, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/weir.conf", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
run(const char *command, const char *folder)
{
	char line[128];

	snprintf(line, sizeof(line), "%s %s", command, folder);
	assert_int_equal(system(line), 0);
}

static void
place_begin(struct place *p)
{
	memset(p, 0, sizeof(*p));
	strcpy(p->top, "/tmp/weir-test-XXXXXX");
	assert_non_null(mkdtemp(p->top));
	snprintf(p->home, sizeof(p->home), "%s/home", p->top);
	snprintf(p->programs, sizeof(p->programs), "%s/cgi-bin", p->top);
	snprintf(p->program, sizeof(p->program), "%s/weir-test", p->programs);
	run("mkdir", p->home);
	run("mkdir", p->programs);
	p->arena = arena_new(1024);
	clearenv();
	setenv("PATH", "/usr/bin:/bin", 1);
}

static void
place_end(struct place *p)
{
	run("rm -rf", p->top);
	arena_free(p->arena);
}

static int
read_here(struct place *p)
{
	return settings_read(&p->settings, p->arena, p->program, p->home, &p->err);
}

static void
test_defaults(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p);
	assert_int_equal(settings_read(&p.settings, p.arena, p.program, NULL, &p.err), 0);
	assert_string_equal(p.settings.home, WEIR_HOME_DEFAULT);
	assert_int_equal(p.settings.body_limit, 50000000);
	assert_int_equal(p.settings.inflated_limit, 250000000);
	assert_int_equal(p.settings.query_timeout, INT64_C(30000000000));
	assert_int_equal(p.settings.chunk_size, 10000);
	assert_false(p.settings.precision_u_is_us);
	assert_true(p.settings.compress);
	place_end(&p);
}

static void
test_later_sources_win(void **state)
{
	struct place p;

	(void)state;
	place_begin(&p);
	put_file(p.home, "chunk_size = 1\nmax_columns = 1\nquery_max_rows = 1\n");
	put_file(p.programs, "# beside\nchunk_size = 2\nmax_columns = 2\n\n");
	setenv("WEIR_CHUNK_SIZE", "3", 1);
	setenv("WEIR_QUERY_TIMEOUT", "", 1);
	setenv("WEIR_TEST_ANYTHING", "is not a setting", 1);
	assert_int_equal(read_here(&p), 0);
	assert_int_equal(p.settings.query_max_rows, 1);
	assert_int_equal(p.settings.max_columns, 2);
	assert_int_equal(p.settings.chunk_size, 3);
	assert_int_equal(p.settings.query_timeout, INT64_C(30000000000));
	place_end(&p);
}

static void
test_where_the_home_is(void **state)
{
	struct place p;
	char text[128];

	(void)state;
	place_begin(&p);
	put_file(p.home, "chunk_size = 77\n");
	put_file(p.programs, "home = ../home\n");
	assert_int_equal(settings_read(&p.settings, p.arena, p.program, NULL, &p.err), 0);
	snprintf(text, sizeof(text), "%s/../home", p.programs);
	assert_string_equal(p.settings.home, text);
	assert_int_equal(p.settings.chunk_size, 77);
	setenv("WEIR_HOME", "/nowhere", 1);
	assert_int_equal(settings_read(&p.settings, p.arena, p.program, NULL, &p.err), 0);
	assert_string_equal(p.settings.home, "/nowhere");
	assert_int_equal(p.settings.chunk_size, 10000);
	assert_int_equal(read_here(&p), 0);
	assert_string_equal(p.settings.home, p.home);
	assert_int_equal(p.settings.chunk_size, 77);
	place_end(&p);
}

/* A bad line anywhere: told with its place, and the home is still known. */
static void
test_errors(void **state)
{
	static const struct { const char *line, *text;
	} rows[] = {
		{ "cahce_size = 1M", "found \"cahce_size\", expected the name of a setting" },
		{ "cache_size = 1Q",
		    "cache_size: found \"1Q\", expected bytes, such as 4096, 64k, 16M" },
		{ "cache_size =", "cache_size: found \"\", expected bytes" },
		{ "chunk_size = -1", "chunk_size: found \"-1\", expected a whole number" },
		{ "chunk_size = 1.5", "chunk_size: found \"1.5\", expected a whole number" },
		{ "query_timeout = 30",
		    "query_timeout: found \"30\", expected a duration, such as" },
		{ "compress = maybe", "compress: found \"maybe\", expected yes or no" },
		{ "spool_dir = \"\"", "spool_dir: found \"\", expected a text" },
		{ "home = /x", "found \"home\", which the weir.conf in the home cannot set" },
		{ "nonsense", "expected NAME = VALUE" },
	};
	struct place p;
	char text[256], place[128];

	(void)state;
	place_begin(&p);
	snprintf(place, sizeof(place), "%s/weir.conf:3: ", p.home);
	for (size_t i = 0; i < UNIT_N(rows); i++) {
		snprintf(text, sizeof(text), "# first\nmax_columns = 7\n%s\n", rows[i].line);
		put_file(p.home, text);
		UNIT_CHECK(rows[i].line, read_here(&p) == -1 && p.err.code == ERR_INVALID);
		snprintf(text, sizeof(text), "%s%s", place, rows[i].text);
		UNIT_SAME(rows[i].line, slice_make(p.err.text, strlen(text)), slice_from(text));
		assert_string_equal(p.settings.home, p.home);
		assert_int_equal(p.settings.max_columns, 1000);
	}
	put_file(p.home, "");
	setenv("WEIR_CAHCE_SIZE", "1", 1);
	assert_int_equal(read_here(&p), -1);
	assert_true(slice_starts(slice_from(p.err.text),
	    SLICE("WEIR_CAHCE_SIZE in the environment: found \"cahce_size\", expected")));
	place_end(&p);
}

static void
test_sizes(void **state)
{
	static const struct { const char *text; uint64_t bytes; bool good;
	} rows[] = {
		{ "0", 0, true },
		{ "4096", 4096, true },
		{ "64k", 65536, true },
		{ "64K", 65536, true },
		{ "16M", 16 << 20, true },
		{ "16MiB", 16 << 20, true },
		{ "2 G", UINT64_C(2) << 30, true },
		{ "1T", UINT64_C(1) << 40, true },
		{ "8388607T", UINT64_C(8388607) << 40, true },
		{ "8388608T", 0, false },
		{ "18446744073709551616", 0, false },
		{ "k", 0, false },
		{ "1kk", 0, false },
		{ "1MB", 0, false },
		{ "1.5M", 0, false },
		{ "-1", 0, false },
	};
	struct place p;
	char text[64];

	(void)state;
	place_begin(&p);
	for (size_t i = 0; i < UNIT_N(rows); i++) {
		snprintf(text, sizeof(text), "cache_size = %s", rows[i].text);
		put_file(p.home, text);
		UNIT_CHECK(rows[i].text, (read_here(&p) == 0) == rows[i].good);
		UNIT_CHECK(rows[i].text, !rows[i].good || p.settings.cache_size == rows[i].bytes);
	}
	place_end(&p);
}

static void
test_durations(void **state)
{
	static const struct { const char *text; int64_t ns;
	} rows[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "1ns", 1 },
		{ "2us", 2000 },
		{ "3ms", 3000000 },
		{ "1h30m", INT64_C(5400000000000) },
		{ "7d", INT64_C(604800000000000) },
		{ "1w", INT64_C(604800000000000) },
		{ "15250w", INT64_C(9223200000000000000) },
		{ "15251w", -1 },
		{ "", -1 },
		{ "5", -1 },
		{ "s", -1 },
		{ "1x", -1 },
		{ "1m 2s", -1 },
		{ "-1s", -1 },
		{ "1s2", -1 },
		{ "99999999999999999999s", -1 },
		{ "1.5h", -1 },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_N(rows); i++) {
		int64_t ns = -1;
		int result = settings_parse_duration(slice_from(rows[i].text), &ns);

		UNIT_CHECK(rows[i].text, (result == 0) == (rows[i].ns >= 0));
		UNIT_CHECK(rows[i].text, result != 0 || ns == rows[i].ns);
	}
}

/* What is printed is a weir.conf that reads back to the same. */
static void
test_print(void **state)
{
	struct place p;
	struct settings before;
	struct buf out = { 0 };
	char *text;

	(void)state;
	place_begin(&p);
	put_file(p.home, "cache_size = 1025\nlock_wait = 1500ms\nauto_bucket_retention = 0\n"
	    "influxql_management = on\nquery_max_memory = 3G\nspool_dir = \"/var/tmp\"\n");
	assert_int_equal(read_here(&p), 0);
	before = p.settings;
	settings_print(&p.settings, &out);
	buf_putc(&out, '\0');
	text = out.p;
	assert_non_null(strstr(text, "\n# home = "));
	put_file(p.home, text);
	if (read_here(&p) != 0)
		fail_msg("%s", p.err.text);
	assert_string_equal(p.settings.spool_dir, "/var/tmp");
	assert_non_null(strstr(text, "\nlock_wait = 1500ms\n"));
	assert_non_null(strstr(text, "\nquery_max_memory = 3G\n"));
	p.settings.spool_dir = before.spool_dir;
	p.settings.home = before.home;
#define SETTING(kind, name, default_, help) assert_true(p.settings.name == before.name);
#include "program/settings_table.h"
#undef SETTING
	buf_free(&out);
	place_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_later_sources_win),
		cmocka_unit_test(test_where_the_home_is),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
