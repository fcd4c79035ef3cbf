/*
 * tests/unit/export_test.c - what a bucket holds comes back as lines that make the same bucket
 */
#include "export/export.h"
#include "store_home.h"
#include "store_lines.h"
#include "unit.h"

static struct lines_home home;
static struct arena *arena;

static int
set_up(void **state)
{
	(void)state;
	lines_open(&home);
	arena = arena_new(4096);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	lines_close(&home);
	arena_free(arena);
	return 0;
}

static int
keep(void *to, const char *p, size_t n)
{
	buf_put_slice(to, slice_make(p, n));
	return 0;
}

static int
refuse(void *to, const char *p, size_t n)
{
	(void)to;
	(void)p;
	(void)n;
	return -1;
}

/* The lines of a bucket, in *text. */
static struct export_counts
lines_of(const struct export_spec *spec, struct buf *text)
{
	struct export_counts counts = { 0 };
	struct out out;
	struct err err;

	buf_reset(text);
	out_init(&out, keep, text);
	if (export_bucket(home.store, spec, arena, &out, &counts, &err) != 0)
		fail_msg("%s", err.text);
	out_flush(&out);
	out_free(&out);
	return counts;
}

static struct export_spec
all_of(uint64_t bucket)
{
	return (struct export_spec){ .bucket_id = bucket, .from = TIME_MIN, .to = TIME_MAX };
}

/* What is written, and what comes back; NULL: the same. */
static const struct {
	const char *written, *back;
} cases[] = {
	{ "m v=1 1\n", NULL },
	{ "m i=-9223372036854775808i,u=18446744073709551615u,x=9223372036854775807i 1\n", NULL },
	{ "m a=0.1,b=-0,c=1e+300,d=5e-324,e=123456789.125 1\n", NULL },
	{ "m b=T,c=f 1\n", "m b=true,c=false 1\n" },
	{ "m z=1,a=2 -9223372036854775806\n", "m a=2,z=1 -9223372036854775806\n" },
	{ "m v=1 2\nm v=2 1\nm,b=1,a=2 v=3 1\n", "m v=2 1\nm v=1 2\nm,a=2,b=1 v=3 1\n" },
	{ "m s=\"\" 1\nm s=\"a \\\"b\\\" \\\\ c\" 2\nm s=\"two\nlines # x\" 3\n", NULL },
	{ "n\\,a\\ m\\ e,k\\=\\,\\ 1=v\\=\\,\\ 1 f\\=\\,\\ 1=1 1\n", NULL },
	{ "m,k=a\\b v=1 1\n", NULL },
	{ "m,k=a\\\\\\,b v=1 1\n", NULL },
	{ "m,k=a\\\\ v=1 1\n", NULL },
	{ "m,k=a\\\\b v=1 1\n", "m,k=a\\b v=1 1\n" },
	{ "m,k=a\\\\\\\\b v=1 1\n", "m,k=a\\\\\\b v=1 1\n" },
	{ "m\\\\=n v=1 1\n", NULL },
	{ "m=n,k=\"q\" v=1 1\n", NULL },
	{ "\\ m v=1 1\n", NULL },
	{ "m,k=\xc3\xa9\xe2\x82\xac \xf0\x9f\x90\xa2=1 1\n", NULL },
	{ "m,a=1 v=1 1\nm,a=1 w=2 1\n", "m,a=1 v=1,w=2 1\n" },
};

static void
test_lines_come_back(void **state)
{
	struct buf text = { 0 }, again = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		struct slice written = slice_from(cases[i].written);
		struct slice back = cases[i].back != NULL ? slice_from(cases[i].back) : written;
		char name[32];
		struct export_spec spec;

		snprintf(name, sizeof(name), "case-%zu", i);
		spec = all_of(lines_bucket(&home, name));
		lines_write(&home, spec.bucket_id, written, PRECISION_NS, 0);
		if (i % 2 == 0)
			lines_compact(&home);
		lines_of(&spec, &text);
		UNIT_SAME(cases[i].written, buf_slice(&text), back);
		snprintf(name, sizeof(name), "again-%zu", i);
		spec = all_of(lines_bucket(&home, name));
		lines_write(&home, spec.bucket_id, buf_slice(&text), PRECISION_NS, 0);
		lines_of(&spec, &again);
		UNIT_SAME(cases[i].written, buf_slice(&again), back);
	}
	buf_free(&text);
	buf_free(&again);
}

/* Names made of the characters that mean something. */
static void
put_random_name(struct buf *out, uint64_t *random)
{
	static const char hard[] = ",= \\\"#a";
	struct buf raw = { 0 };

	for (uint64_t left = unit_random(random) % 6 + 1; left > 0; left--)
		buf_putc(&raw, hard[unit_random(random) % (sizeof(hard) - 1)]);
	if (line_print_name(out, buf_slice(&raw)) != 0)
		fail_msg("a name is refused: " SLICE_FMT, SLICE_ARG(buf_slice(&raw)));
	buf_free(&raw);
}

static void
test_random_names_come_back(void **state)
{
	struct export_spec spec = all_of(lines_bucket(&home, "random"));
	struct export_spec other = all_of(lines_bucket(&home, "random-again"));
	struct buf lines = { 0 }, text = { 0 }, again = { 0 };
	uint64_t random = 20261127;

	(void)state;
	for (int i = 0; i < 400; i++) {
		buf_puts(&lines, "m,x");
		put_random_name(&lines, &random);
		buf_putc(&lines, '=');
		put_random_name(&lines, &random);
		buf_puts(&lines, " y");
		put_random_name(&lines, &random);
		buf_printf(&lines, "=%di %d\n", i, i);
	}
	lines_write(&home, spec.bucket_id, buf_slice(&lines), PRECISION_NS, 0);
	assert_int_equal(lines_of(&spec, &text).n_points, 400);
	lines_write(&home, other.bucket_id, buf_slice(&text), PRECISION_NS, 0);
	lines_of(&other, &again);
	UNIT_SAME("random names", buf_slice(&again), buf_slice(&text));
	buf_free(&lines);
	buf_free(&text);
	buf_free(&again);
}

static void
test_many_series_in_batches(void **state)
{
	struct export_spec spec = all_of(lines_bucket(&home, "many"));
	struct export_counts counts;
	struct buf lines = { 0 }, text = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_printf(&lines, "m,k=%04d v=%di %d\n", i % 2500, i, i);
	lines_write(&home, spec.bucket_id, buf_slice(&lines), PRECISION_NS, 0);
	lines_compact(&home);
	counts = lines_of(&spec, &text);
	assert_int_equal(counts.n_measurements, 1);
	assert_int_equal(counts.n_series, 2500);
	assert_int_equal(counts.n_points, 5000);
	spec.from = 100;
	spec.to = 2599;
	assert_int_equal(lines_of(&spec, &text).n_points, 2500);
	buf_free(&lines);
	buf_free(&text);
}

static void
test_one_measurement(void **state)
{
	struct export_spec spec = all_of(lines_bucket(&home, "one"));
	struct export_counts counts = { 0 };
	struct buf text = { 0 };
	struct out out;
	struct err err;

	(void)state;
	lines_write(&home, spec.bucket_id, SLICE("a v=1 1\nb v=2 2\n"), PRECISION_NS, 0);
	spec.measurement = SLICE("b");
	lines_of(&spec, &text);
	UNIT_SAME("one", buf_slice(&text), SLICE("b v=2 2\n"));
	spec.measurement = SLICE("c");
	out_init(&out, keep, &text);
	assert_int_equal(export_bucket(home.store, &spec, arena, &out, &counts, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.text, "measurement \"c\" not found");
	out_free(&out);
	buf_free(&text);
}

static void
test_nobody_takes_the_lines(void **state)
{
	struct export_spec spec = all_of(lines_bucket(&home, "nobody"));
	struct export_counts counts = { 0 };
	struct buf lines = { 0 };
	struct out out;
	struct err err;

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_printf(&lines, "m v=%di %d\n", i, i);
	lines_write(&home, spec.bucket_id, buf_slice(&lines), PRECISION_NS, 0);
	out_init(&out, refuse, NULL);
	assert_int_equal(export_bucket(home.store, &spec, arena, &out, &counts, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_true(counts.n_points < 20000);
	out_free(&out);
	buf_free(&lines);
}

/* Names that no line can have made: the points and fields that line protocol can say still come. */
static void
test_what_cannot_be_said_is_counted(void **state)
{
	static const struct tag bad[] = { { SLICE("k"), SLICE("two\nlines") } };
	struct series_ref *plain = home_ref(NULL, 0), *tagged = home_ref(bad, 1);
	struct series_ref *other = home_ref(NULL, 0);	/* a ref is of one measurement */
	struct batch_table *t;
	struct export_counts counts;
	struct buf text = { 0 };
	struct home h;

	(void)state;
	home_new(&h);
	t = home_point(&h, "m", plain, 1, 1);
	home_put(&h, t, "v", (struct value){ .type = VALUE_FLOAT, .f = 1 });
	home_put(&h, t, "tab\there", (struct value){ .type = VALUE_FLOAT, .f = 2 });
	t = home_point(&h, "m", tagged, 2, 2);
	home_put(&h, t, "v", (struct value){ .type = VALUE_FLOAT, .f = 3 });
	t = home_point(&h, "#n", other, 3, 3);
	home_put(&h, t, "v", (struct value){ .type = VALUE_FLOAT, .f = 4 });
	assert_int_equal(home_append(&h), 3);
	lines_close(&home);
	home.store = h.store;
	counts = lines_of(&(struct export_spec){ .bucket_id = h.bucket, .from = TIME_MIN,
	    .to = TIME_MAX }, &text);
	UNIT_SAME("what can be said", buf_slice(&text), SLICE("m v=1 1\n"));
	assert_int_equal(counts.n_unsaid, 3);
	home_ref_free(plain);
	home_ref_free(tagged);
	home_ref_free(other);
	home_free(&h);
	lines_open(&home);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_come_back),
		cmocka_unit_test(test_random_names_come_back),
		cmocka_unit_test(test_many_series_in_batches),
		cmocka_unit_test(test_one_measurement),
		cmocka_unit_test(test_nobody_takes_the_lines),
		cmocka_unit_test(test_what_cannot_be_said_is_counted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
