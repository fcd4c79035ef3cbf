/*
 * tests/unit/codec_floats_test.c - columns of doubles come back with every bit, and stay small
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "codec_samples.h"

static double
two_decimals(size_t i, uint64_t *state)
{
	(void)i;
	return ((double)(unit_random(state) % 20000) - 10000) / 100;
}

static double
one_in_fifty_odd(size_t i, uint64_t *state)
{
	return i % 50 == 7 ? (double)unit_random(state) / 3e11 : two_decimals(i, state);
}

static double
negative_zeros(size_t i, uint64_t *state)
{
	return unit_random(state) % 3 == 0 ? -0.0 : i % 2 == 0 ? 0.0 : sqrt((double)i);
}

static double
few_odd_values(size_t i, uint64_t *state)
{
	static const double values[] = { 1.0 / 3, -1.0 / 7, 1e300, 5e-324, -0.0, 0.0 };

	(void)i;
	return values[unit_random(state) % UNIT_N(values)];
}

static double
random_bits(size_t i, uint64_t *state)
{
	double v;

	(void)i;
	do {
		uint64_t r = unit_random(state);

		memcpy(&v, &r, sizeof(v));
	} while (isnan(v));
	return v;
}

static double
single_precision(size_t i, uint64_t *state)
{
	return (double)(float)(sin((double)i / 50) + (double)(unit_random(state) % 1000) / 77777);
}

static double
great_whole(size_t i, uint64_t *state)
{
	return 8.9e15 + (double)(unit_random(state) % 100000) - (double)i;
}

static double
infinities(size_t i, uint64_t *state)
{
	return unit_random(state) % 2 == 0 ? INFINITY : i % 3 == 0 ? -INFINITY : 2.5;
}

static double
tiny(size_t i, uint64_t *state)
{
	return (double)(unit_random(state) % 1000 + i) / 1e17;
}

struct shape {
	const char	*name;
	double		(*next)(size_t i, uint64_t *state);
	size_t		 most;		/* bytes for 4096 */
};

static const struct shape shapes[] = {
	{ "two decimals", two_decimals, 7800 },
	{ "one in fifty is none", one_in_fifty_odd, 9000 },
	{ "negative zeros", negative_zeros, 33000 },
	{ "a few odd values", few_odd_values, 1700 },
	{ "random bits", random_bits, 33000 },
	{ "single precision", single_precision, 13500 },
	{ "great whole numbers", great_whole, 9400 },
	{ "infinities", infinities, 1300 },
	{ "tiny", tiny, 7000 },
};

static const size_t sizes[] = { 1, 2, 3, 31, 32, 33, 47, 48, 49, 100, 1000, 4096 };

static struct slice
tight(struct slice s)
{
	char *p = memory_alloc(s.n + CODEC_SLACK);

	memcpy(p, s.p, s.n);
	memset(p + s.n, 0x5a, CODEC_SLACK);
	return slice_make(p, s.n);
}

static size_t
round_trip(const char *name, const double *v, size_t n)
{
	double *back = memory_array(n, sizeof(*back));
	struct buf out = { 0 };
	struct slice bytes, in;
	struct err err;
	size_t size;

	codec_floats_encode(v, n, &out);
	bytes = in = tight(buf_slice(&out));
	UNIT_CHECK(name, codec_floats_decode(&in, n, back, &err) == 0);
	UNIT_CHECK(name, in.n == 0);
	UNIT_CHECK(name, memcmp(v, back, n * sizeof(*v)) == 0);
	size = out.n;
	free((void *)(uintptr_t)bytes.p);
	free(back);
	buf_free(&out);
	return size;
}

static void
fill(const struct shape *shape, size_t n, uint64_t seed, double *v)
{
	uint64_t state = seed * 2 + 1;

	for (size_t i = 0; i < n; i++)
		v[i] = shape->next(i, &state);
}

static void
every_shape(void **unused)
{
	double *v = memory_array(4096, sizeof(*v));

	(void)unused;
	for (size_t k = 0; k < UNIT_N(shapes); k++)
		for (size_t i = 0; i < UNIT_N(sizes); i++)
			for (uint64_t seed = 0; seed < 4; seed++) {
				size_t size;

				fill(&shapes[k], sizes[i], seed, v);
				size = round_trip(shapes[k].name, v, sizes[i]);
				if (sizes[i] == 4096 && size > shapes[k].most)
					fail_msg("%s: %zu bytes, want %zu at most", shapes[k].name, size,
					    shapes[k].most);
			}
	free(v);
}

/*
 * The boundary between shapes: columns that begin as decimals and end as something else.
 */
static void
mixtures(void **unused)
{
	double *v = memory_array(2000, sizeof(*v));
	uint64_t state = 11;

	(void)unused;
	for (int round = 0; round < 1000; round++) {
		size_t n = 1 + unit_random(&state) % 2000, cut = unit_random(&state) % n;

		fill(&shapes[unit_random(&state) % UNIT_N(shapes)], n, unit_random(&state), v);
		fill(&shapes[unit_random(&state) % UNIT_N(shapes)], cut, unit_random(&state), v);
		round_trip("mixture", v, n);
	}
	free(v);
}

static void
damage(void **unused)
{
	double *v = memory_array(400, sizeof(*v)), *back = memory_array(400, sizeof(*back));
	uint64_t state = 3;
	struct err err;

	(void)unused;
	for (size_t k = 0; k < UNIT_N(shapes); k++) {
		struct buf out = { 0 };

		fill(&shapes[k], 400, 5, v);
		codec_floats_encode(v, 400, &out);
		for (size_t n = 0; n < out.n; n += 1 + n / 16) {
			struct slice bytes = tight(slice_make(out.p, n)), in = bytes;

			assert_int_equal(codec_floats_decode(&in, 400, back, &err), -1);
			assert_int_equal(err.code, ERR_CORRUPT);
			free((void *)(uintptr_t)bytes.p);
		}
		for (int round = 0; round < 1000; round++) {
			struct slice bytes = tight(buf_slice(&out)), in = bytes;
			char *p = (char *)(uintptr_t)bytes.p;
			size_t near = round % 2 == 0 && out.n > 40 ? 40 : out.n;

			p[unit_random(&state) % near] = (char)unit_random(&state);
			codec_floats_decode(&in, 400, back, &err);
			free(p);
		}
		buf_free(&out);
	}
	free(v);
	free(back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape),
		cmocka_unit_test(mixtures),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
