/*
 * tests/bench/codec_bench.c - how small columns get, and how fast they are written and read
 *
 *     codec_bench [SECONDS [SET]]
 *
 * Makes columns of 4096 values of many sorts - percentages that walk, as TSBS has them, whole and
 * with ten digits, gauges with decimals, counters, memory in bytes, times regular and not, texts -
 * and prints bytes a value, and millions of values a second each way, the best round.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "codec/codec.h"

#define N		CODEC_CHUNK_ROWS
#define COLUMNS		64

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
uniform(void)
{
	return (double)(chance() >> 11) / 9007199254740992.0;
}

static double
normal(void)		/* Box and Muller */
{
	return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

/*
 * A walk between 0 and 100 in normal steps of one, as TSBS simulates CPU percentages.
 */
static double
walk(double at)
{
	at += normal();
	return at < 0 ? 0 : at > 100 ? 100 : at;
}

/*
 * As it is read from a text with so many significant digits, or so many decimals.
 */
static double
digits(double v, int n)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*g", n, v);
	return strtod(text, NULL);
}

static double
decimals(double v, int n)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", n, v);
	return strtod(text, NULL);
}

static void
make_percent(uint64_t *v)
{
	double at = uniform() * 100;

	for (int i = 0; i < N; i++) {
		at = walk(at);
		v[i] = (uint64_t)at;
	}
}

static void
make_counter(uint64_t *v)
{
	uint64_t at = chance() >> 30, rate = 1 + chance() % 2000;

	for (int i = 0; i < N; i++)
		v[i] = at += (uint64_t)fmax(0, (double)rate + normal() * sqrt((double)rate));
}

static void
make_memory(uint64_t *v)
{
	double at = 1e6;

	for (int i = 0; i < N; i++) {
		at += uniform() < 0.3 ? 0 : normal() * 3;
		v[i] = (uint64_t)(int64_t)at * 4096;
	}
}

static void
make_flags(uint64_t *v)
{
	double flips = uniform() * uniform() * 0.5;

	v[0] = 0;
	for (int i = 1; i < N; i++)
		v[i] = v[i - 1] ^ (uniform() < flips);
}

#define START	UINT64_C(1451606400000000000)
#define STEP	UINT64_C(10000000000)

static void
make_regular(uint64_t *v)
{
	for (uint64_t i = 0; i < N; i++)
		v[i] = START + i * STEP;
}

static void
make_gaps(uint64_t *v)
{
	v[0] = START;
	for (int i = 1; i < N; i++)
		v[i] = v[i - 1] + STEP * (uniform() < 0.004 ? 2 + chance() % 20 : 1);
}

static void
make_jitter_ms(uint64_t *v)
{
	for (uint64_t i = 0; i < N; i++)
		v[i] = START + i * STEP + UINT64_C(1000000) * (chance() % 11);
}

static void
make_jitter_ns(uint64_t *v)
{
	for (uint64_t i = 0; i < N; i++)
		v[i] = START + i * STEP + chance() % 2000000;
}

static void
make_exponential(uint64_t *v)
{
	v[0] = START;
	for (int i = 1; i < N; i++)
		v[i] = v[i - 1] + 1 + (uint64_t)(-log(1 - uniform()) * 1e9);
}

static void
make_percent_float(double *v)
{
	double at = uniform() * 100;

	for (int i = 0; i < N; i++)
		v[i] = digits(at = walk(at), 10);
}

static void
make_one_decimal(double *v)
{
	double at = 20;

	for (int i = 0; i < N; i++)
		v[i] = decimals(at += normal() * 0.15, 1);
}

static void
make_latency(double *v)
{
	for (int i = 0; i < N; i++)
		v[i] = decimals(exp(normal() * 0.7 + 3), 3);
}

static void
make_price(double *v)
{
	double at = 1000;

	for (int i = 0; i < N; i++)
		v[i] = decimals(at += normal() * 0.5, 2);
}

static void
make_whole(double *v)
{
	uint64_t ints[N];

	make_percent(ints);
	for (int i = 0; i < N; i++)
		v[i] = (double)ints[i];
}

static void
make_ratio(double *v)
{
	for (int i = 0; i < N; i++)
		v[i] = (double)(chance() % 50) / 400.0 * 100 / 3;
}

static void
make_single(double *v)
{
	double at = 50;

	for (int i = 0; i < N; i++)
		v[i] = (double)(float)(at += normal());
}

static void
make_full(double *v)
{
	double at = 50;

	for (int i = 0; i < N; i++)
		v[i] = at += normal();
}

static struct buf texts;

static void
make_few(struct slice *v)
{
	static const char *const words[] = { "ok", "warning", "critical", "unknown" };
	const char *at = words[0];

	for (int i = 0; i < N; i++)
		v[i] = slice_from(at = uniform() < 0.1 ? words[chance() % 4] : at);
}

static void
make_paths(struct slice *v)
{
	for (int i = 0; i < N; i++) {
		size_t from = texts.n;

		buf_printf(&texts, "/api/v%u/users/%u/items", (unsigned)(chance() % 3),
		    (unsigned)(chance() % 100));
		v[i] = slice_make(texts.p + from, texts.n - from);
	}
}

static void
make_lines(struct slice *v)
{
	for (int i = 0; i < N; i++) {
		size_t from = texts.n;

		buf_printf(&texts, "GET /api/v1/users/%u HTTP/1.1 200 %u bytes in %u us from 10.0.%u.%u",
		    (unsigned)(chance() % 100000), (unsigned)(chance() % 10000),
		    (unsigned)(chance() % 1000000), (unsigned)(chance() % 256), (unsigned)(chance() % 256));
		v[i] = slice_make(texts.p + from, texts.n - from);
	}
}

struct set {
	const char	*name;
	void		(*integers)(uint64_t *v);
	void		(*floats)(double *v);
	void		(*strings)(struct slice *v);
};

static const struct set sets[] = {
	{ "percent", make_percent, NULL, NULL },
	{ "counter", make_counter, NULL, NULL },
	{ "memory in bytes", make_memory, NULL, NULL },
	{ "booleans", make_flags, NULL, NULL },
	{ "times, regular", make_regular, NULL, NULL },
	{ "times, 0.4 % gaps", make_gaps, NULL, NULL },
	{ "times, +-5 ms in ms", make_jitter_ms, NULL, NULL },
	{ "times, +-1 ms in ns", make_jitter_ns, NULL, NULL },
	{ "times, exponential", make_exponential, NULL, NULL },
	{ "percent %.10g", NULL, make_percent_float, NULL },
	{ "1 decimal", NULL, make_one_decimal, NULL },
	{ "latency, 3 decimals", NULL, make_latency, NULL },
	{ "price, 2 decimals", NULL, make_price, NULL },
	{ "whole floats", NULL, make_whole, NULL },
	{ "ratios, 50 distinct", NULL, make_ratio, NULL },
	{ "32-bit floats", NULL, make_single, NULL },
	{ "full mantissa", NULL, make_full, NULL },
	{ "few words", NULL, NULL, make_few },
	{ "300 paths", NULL, NULL, make_paths },
	{ "log lines", NULL, NULL, make_lines },
};

struct column {
	union {
		uint64_t	 u[N];
		double		 f[N];
	};
	struct slice	 s[N];
	struct buf	 bytes;
};

static void
make(const struct set *set, struct column *column)
{
	if (set->integers != NULL)
		set->integers(column->u);
	else if (set->floats != NULL)
		set->floats(column->f);
	else
		set->strings(column->s);
}

static void
encode(const struct set *set, struct column *column)
{
	buf_reset(&column->bytes);
	if (set->integers != NULL)
		codec_integers_encode(column->u, N, &column->bytes);
	else if (set->floats != NULL)
		codec_floats_encode(column->f, N, &column->bytes);
	else
		codec_strings_encode(column->s, N, &column->bytes);
}

static bool
decode(const struct set *set, const struct column *column, struct column *back, struct arena *arena)
{
	struct slice in = buf_slice(&column->bytes);
	struct err err;

	if (set->integers != NULL)
		return codec_integers_decode(&in, N, back->u, &err) == 0;
	if (set->floats != NULL)
		return codec_floats_decode(&in, N, back->f, &err) == 0;
	return codec_strings_decode(&in, N, back->s, arena, &err) == 0;
}

static bool
same(const struct set *set, const struct column *a, const struct column *b)
{
	if (set->strings == NULL)
		return memcmp(a->u, b->u, sizeof(a->u)) == 0;
	for (int i = 0; i < N; i++)
		if (!slice_eq(a->s[i], b->s[i]))
			return false;
	return true;
}

static void
measure(const struct set *set, struct column *columns, struct column *back, double seconds)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	int64_t end, best_in = INT64_MAX, best_out = INT64_MAX;
	int n = set->strings != NULL ? 4 : COLUMNS;
	size_t bytes = 0;
	bool right = true;

	buf_reset(&texts);
	buf_reserve(&texts, (size_t)4 << 20);		/* so that it does not move */
	for (int c = 0; c < n; c++)
		make(set, &columns[c]);
	end = clock_monotonic_ns() + (int64_t)(seconds * 1e9);
	do {
		int64_t start = clock_monotonic_ns(), took;

		for (int c = 0; c < n; c++)
			encode(set, &columns[c]);
		took = clock_monotonic_ns() - start;
		best_out = took < best_out ? took : best_out;
		start = clock_monotonic_ns();
		for (int c = 0; c < n; c++)
			right = decode(set, &columns[c], back, arena) && right;
		took = clock_monotonic_ns() - start;
		best_in = took < best_in ? took : best_in;
		arena_reset(arena);
	} while (clock_monotonic_ns() < end);
	for (int c = 0; c < n; c++) {
		bytes += columns[c].bytes.n;
		right = right && decode(set, &columns[c], back, arena) && same(set, &columns[c], back);
	}
	printf("%-22s %7.3f bytes a value  %6.0f Mv/s to write  %6.0f Mv/s to read%s\n", set->name,
	    (double)bytes / n / N, (double)n * N / (double)best_out * 1e3,
	    (double)n * N / (double)best_in * 1e3, right ? "" : "  WRONG");
	arena_free(arena);
}

/*
 * Whole chunks: ten columns of percentages and their times.
 */
static void
measure_chunk(const char *name, enum value_type type, struct column *columns, double seconds)
{
	struct column *back = &columns[COLUMNS - 1];
	struct arena *arena = arena_new((size_t)1 << 20);
	int64_t end, best_in = INT64_MAX, best_out = INT64_MAX;
	struct codec_column list[10];
	uint64_t times[N], present[N / 64];
	struct buf record = { 0 };
	struct err err;

	make_regular(times);
	for (uint32_t c = 0; c < 10; c++) {
		make(&sets[type == VALUE_FLOAT ? 9 : 0], &columns[c]);
		list[c] = (struct codec_column){ c + 3, type, (union cell *)columns[c].u, NULL, NULL };
	}
	end = clock_monotonic_ns() + (int64_t)(seconds * 1e9);
	do {
		struct codec_chunk_rows rows = { N, (int64_t *)times, 10, list };
		int64_t start = clock_monotonic_ns(), took;
		struct codec_chunk chunk;

		buf_reset(&record);
		codec_chunk_encode(&rows, &record);
		took = clock_monotonic_ns() - start;
		best_out = took < best_out ? took : best_out;
		start = clock_monotonic_ns();
		if (codec_chunk_open(buf_slice(&record), arena, &chunk, &err) != 0)
			abort();
		for (uint32_t c = 0; c < chunk.n_columns; c++) {
			const struct codec_chunk_column *column = &chunk.columns[c];

			if (codec_chunk_cells(&chunk, column, slice_make(record.p + column->offset,
			    column->length), arena, 0, (union cell *)back->u, present, NULL, NULL, &err) != 0)
				abort();
		}
		took = clock_monotonic_ns() - start;
		best_in = took < best_in ? took : best_in;
		arena_reset(arena);
	} while (clock_monotonic_ns() < end);
	printf("%-22s %7.3f bytes a value  %6.0f Mv/s to write  %6.0f Mv/s to read, head %zu bytes\n", name,
	    (double)record.n / 10 / N, 10.0 * N / (double)best_out * 1e3,
	    10.0 * N / (double)best_in * 1e3, codec_chunk_head_bytes(buf_slice(&record)));
	buf_free(&record);
	arena_free(arena);
}

int
main(int argc, char **argv)
{
	struct column *columns = memory_array(COLUMNS + 1, sizeof(*columns));
	double seconds = argc > 1 ? atof(argv[1]) : 0.2;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (argc < 3 || strcmp(argv[2], sets[i].name) == 0)
			measure(&sets[i], columns, &columns[COLUMNS], seconds);
	if (argc < 3) {
		measure_chunk("chunks of percent", VALUE_INTEGER, columns, seconds);
		measure_chunk("chunks of %.10g", VALUE_FLOAT, columns, seconds);
	}
	for (int c = 0; c <= COLUMNS; c++)
		buf_free(&columns[c].bytes);
	buf_free(&texts);
	free(columns);
	return 0;
}
