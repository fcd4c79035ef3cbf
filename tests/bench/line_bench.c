/*
 * tests/bench/line_bench.c - how fast line protocol is read
 *
 *     line_bench [SECONDS [SET]]
 *
 * Makes four sets of lines - TSBS cpu-only with integers, the same with floats, lines as Telegraf
 * writes them, short ones - and one where each series comes once, and parses each again and again
 * in windows of a megabyte, a batch a window, as weir-write does. Prints the best round.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "line/line.h"

#define SERIES		100
#define TEXT_BYTES	((size_t)24 << 20)
#define WINDOW_BYTES	((size_t)1 << 20)
#define START_NS	INT64_C(1451606400000000000)

struct set {
	const char	*name;
	void		(*put)(struct buf *out, unsigned n);
};

static uint64_t
chance(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static double
percent(void)
{
	return (double)(chance() >> 11) / 9007199254740992.0 * 100;
}

static void
put_tags(struct buf *out, unsigned host)
{
	static const char *const regions[] = { "us-east-1", "eu-central-1", "ap-southeast-2", "sa-east-1" };

	buf_printf(out, "cpu,arch=x%s,datacenter=%s%c,hostname=host_%u,os=Ubuntu16.%s,rack=%u,region=%s,"
	    "service=%u,service_environment=%s,service_version=%u,team=%s ", host % 2 ? "64" : "86",
	    regions[host % 4], 'a' + (char)(host % 3), host, host % 3 ? "10" : "04LTS", host * 7 % 100,
	    regions[host % 4], host % 20, host % 5 ? "production" : "staging", host % 2,
	    host % 3 ? "LON" : "CHI");
}

static void
put_usage(struct buf *out, unsigned n, bool floats)
{
	static const char *const fields[] = { "user", "system", "idle", "nice", "iowait", "irq", "softirq",
		"steal", "guest", "guest_nice" };

	for (int i = 0; i < 10; i++)
		if (floats)
			buf_printf(out, "%susage_%s=%.10g", i != 0 ? "," : "", fields[i], percent());
		else
			buf_printf(out, "%susage_%s=%ui", i != 0 ? "," : "", fields[i],
			    (unsigned)percent());
	buf_printf(out, " %lld\n", (long long)(START_NS + n / SERIES * INT64_C(10000000000)));
}

static void
put_ints(struct buf *out, unsigned n)
{
	put_tags(out, n % SERIES);
	put_usage(out, n, false);
}

static void
put_floats(struct buf *out, unsigned n)
{
	put_tags(out, n % SERIES);
	put_usage(out, n, true);
}

static void
put_telegraf(struct buf *out, unsigned n)
{
	static const char *const fields[] = { "user", "system", "idle", "nice", "iowait", "irq", "softirq",
		"steal", "guest", "guest_nice" };

	buf_printf(out, "cpu,cpu=cpu%u,host=server%u ", n % 4, n % SERIES / 4);
	for (int i = 0; i < 10; i++) {
		double v = percent();

		buf_printf(out, "%susage_%s=%.*g", i != 0 ? "," : "", fields[i], i < 5 ? 17 : 3,
		    i < 5 ? v : v / 50);
	}
	buf_printf(out, " %lld\n", (long long)(START_NS + n / SERIES * INT64_C(10000000000)));
}

static void
put_short(struct buf *out, unsigned n)
{
	buf_printf(out, "m,t=%u v=%.1f %lld\n", n % SERIES, percent(),
	    (long long)(START_NS + n / SERIES * INT64_C(10000000000)));
}

static void
put_wide(struct buf *out, unsigned n)
{
	put_tags(out, n);
	put_usage(out, 0, false);
}

static uint64_t
parse(struct line_memo *memo, struct slice text, struct arena *arena, struct batch_rejects *rejects)
{
	struct line_options options;
	struct line_stream stream = { .line = 1 };
	uint64_t n_rows = 0;

	line_default_options(&options);
	for (size_t at = 0; at < text.n;) {
		size_t n = text.n - at < WINDOW_BYTES ? text.n - at : WINDOW_BYTES, consumed;
		struct batch batch;

		batch_init(&batch, arena, rejects);
		line_parse(memo, &stream, &options, slice_make(text.p + at, n), at + n == text.n,
		    &batch, &consumed);
		n_rows += batch.n_rows;
		at += consumed;
		arena_reset(arena);
	}
	return n_rows;
}

static void
measure(const struct set *set, double seconds)
{
	struct arena *arena = arena_new((size_t)2 << 20);
	struct batch_rejects rejects;
	struct line_memo *memo = line_memo_new((size_t)32 << 20);
	struct buf text = { 0 };
	uint64_t n_lines = 0, n_rows = 0;
	int64_t end, best = INT64_MAX;

	while (text.n < TEXT_BYTES)
		set->put(&text, (unsigned)n_lines++);
	buf_reserve(&text, LINE_SLACK);
	batch_rejects_init(&rejects, arena);
	end = clock_monotonic_ns() + (int64_t)(seconds * 1e9);
	do {
		int64_t start = clock_monotonic_ns(), took;

		n_rows = parse(memo, buf_slice(&text), arena, &rejects);
		took = clock_monotonic_ns() - start;
		best = took < best ? took : best;
	} while (clock_monotonic_ns() < end);
	if (n_rows != n_lines)
		printf("%s: %llu of %llu lines were read\n", set->name, (unsigned long long)n_rows,
		    (unsigned long long)n_lines);
	printf("%-12s %6.0f MB/s  %6.2f million points/s  %6.1f ns a point  %zu bytes a line\n", set->name,
	    (double)text.n / (double)best * 1e3, (double)n_rows / (double)best * 1e3,
	    (double)best / (double)n_rows, text.n / n_lines);
	line_memo_free(memo);
	arena_free(arena);
	buf_free(&text);
}

int
main(int argc, char **argv)
{
	static const struct set sets[] = {
		{ "TSBS ints", put_ints }, { "TSBS floats", put_floats }, { "Telegraf", put_telegraf },
		{ "short", put_short }, { "wide", put_wide },
	};
	double seconds = argc > 1 ? atof(argv[1]) : 1;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (argc < 3 || strcmp(argv[2], sets[i].name) == 0)
			measure(&sets[i], seconds);
	return 0;
}
