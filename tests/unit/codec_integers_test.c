/*
 * tests/unit/codec_integers_test.c - columns of integers come back as they were, and stay small
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "codec_samples.h"

static const size_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 66, 127, 128, 129, 130, 200, 1000,
	4095, 4096, 10000 };

/*
 * The bytes in a block of their very size and the slack that decoders may ask for.
 */
static struct slice
tight(const struct buf *b)
{
	char *p = memory_alloc(b->n + CODEC_SLACK);

	memcpy(p, b->p, b->n);
	memset(p + b->n, 0x5a, CODEC_SLACK);
	return slice_make(p, b->n);
}

static size_t
round_trip(const char *name, const uint64_t *v, size_t n)
{
	uint64_t *back = memory_array(n, sizeof(*back));
	struct buf out = { 0 };
	struct slice bytes, in;
	struct err err;
	size_t size;

	codec_integers_encode(v, n, &out);
	bytes = in = tight(&out);
	UNIT_CHECK(name, codec_integers_decode(&in, n, back, &err) == 0);
	UNIT_CHECK(name, in.n == 0);
	UNIT_CHECK(name, memcmp(v, back, n * sizeof(*v)) == 0);
	size = out.n;
	free((void *)(uintptr_t)bytes.p);
	free(back);
	buf_free(&out);
	return size;
}

static void
every_shape(void **unused)
{
	uint64_t *v = memory_array(10000, sizeof(*v));
	char name[64];

	(void)unused;
	for (int kind = 0; kind < SAMPLE_N_KINDS; kind++)
		for (size_t i = 0; i < UNIT_N(sizes); i++)
			for (uint64_t seed = 0; seed < 5; seed++) {
				snprintf(name, sizeof(name), "shape %d, n %zu", kind, sizes[i]);
				sample_fill((enum sample_kind)kind, sizes[i], seed, v);
				round_trip(name, v, sizes[i]);
			}
	free(v);
}

/*
 * Pieces of several shapes behind each other, scaled by factors up to the greatest.
 */
static void
mixtures(void **unused)
{
	uint64_t *v = memory_array(10000, sizeof(*v)), state = 99;

	(void)unused;
	for (int round = 0; round < 2000; round++) {
		size_t n = 1 + unit_random(&state) % 600, at = 0;
		uint64_t factor = unit_random(&state) % 3 == 0 ? UINT64_C(1) << unit_random(&state) % 64
		    : unit_random(&state) % 2 == 0 ? unit_random(&state) >> unit_random(&state) % 64 : 1;

		while (at < n) {
			size_t m = 1 + unit_random(&state) % n;

			m = m > n - at ? n - at : m;
			sample_fill((enum sample_kind)(unit_random(&state) % SAMPLE_N_KINDS), m,
			    unit_random(&state), v + at);
			at += m;
		}
		for (size_t i = 0; i < n; i++)
			v[i] *= factor;
		round_trip("mixture", v, n);
	}
	free(v);
}

struct size_case {
	const char	*name;
	enum sample_kind kind;
	size_t		 most;		/* bytes for 4096 */
};

static const struct size_case size_cases[] = {
	{ "constant", SAMPLE_CONSTANT, 4 },
	{ "regular times", SAMPLE_REGULAR, 20 },
	{ "times with gaps", SAMPLE_GAPS, 200 },
	{ "a walk in steps of -2 to 2 (2.32 bits)", SAMPLE_WALK, 1300 },
	{ "counter with 30 sorts of step (4.9 bits)", SAMPLE_COUNTER, 2700 },
	{ "multiples of a factor (10 bits)", SAMPLE_FACTOR, 5300 },
	{ "jitter of 2 ms (21 bits)", SAMPLE_JITTER, 11400 },
	{ "a change at the end", SAMPLE_LAST_CHANGE, 20 },
	{ "random", SAMPLE_RANDOM, 4096 * 8 + 60 },
};

static void
stays_small(void **unused)
{
	uint64_t *v = memory_array(4096, sizeof(*v));

	(void)unused;
	for (size_t i = 0; i < UNIT_N(size_cases); i++) {
		size_t size;

		sample_fill(size_cases[i].kind, 4096, 1, v);
		size = round_trip(size_cases[i].name, v, 4096);
		if (size > size_cases[i].most)
			fail_msg("%s: %zu bytes, want %zu at most", size_cases[i].name, size,
			    size_cases[i].most);
	}
	free(v);
}

/*
 * Every truncation, and bytes changed at random: an error, or some numbers, never a step outside.
 */
static void
damage(void **unused)
{
	uint64_t *v = memory_array(700, sizeof(*v)), *back = memory_array(700, sizeof(*back));
	uint64_t state = 3;
	struct err err;

	(void)unused;
	for (int kind = 0; kind < SAMPLE_N_KINDS; kind++) {
		struct buf out = { 0 };

		sample_fill((enum sample_kind)kind, 700, 5, v);
		codec_integers_encode(v, 700, &out);
		for (size_t n = 0; n < out.n; n += 1 + n / 16) {
			struct buf part = { out.p, n, n };
			struct slice bytes = tight(&part), in = bytes;

			assert_int_equal(codec_integers_decode(&in, 700, back, &err), -1);
			assert_int_equal(err.code, ERR_CORRUPT);
			free((void *)(uintptr_t)bytes.p);
		}
		for (int round = 0; round < 1000; round++) {
			struct slice bytes = tight(&out), in = bytes;
			char *p = (char *)(uintptr_t)bytes.p;

			for (int k = 0; k <= round % 3; k++) {
				size_t near = unit_random(&state) % 2 == 0 && out.n > 40 ? 40 : out.n;

				p[unit_random(&state) % near] = (char)unit_random(&state);
			}
			codec_integers_decode(&in, 700, back, &err);
			codec_integers_decode(&in, 1, back, &err);
			free(p);
		}
		buf_free(&out);
	}
	free(v);
	free(back);
}

/*
 * Varints of every length, with much behind them and with little; cut short, they are none.
 */
static void
varints(void **unused)
{
	(void)unused;
	for (unsigned bits = 0; bits <= 64; bits++)
		for (int below = 0; below < 2; below++) {
			uint64_t v = (bits == 64 ? 0 : UINT64_C(1) << bits) - (uint64_t)below, got;
			struct buf out = { 0 };
			size_t n;

			codec_varint_put(&out, v);
			n = out.n;
			buf_puts(&out, "\xff\xff\xff\xff\xff\xff\xff\xff\xff");
			for (size_t have = 0; have <= out.n; have++) {
				struct buf part = { out.p, have, have };
				struct slice bytes = tight(&part), in = bytes;

				if (codec_varint_get(&in, &got) == 0) {
					assert_true(have >= n);
					assert_int_equal(got, v);
					assert_int_equal(in.n, have - n);
					assert_ptr_equal(in.p, bytes.p + n);
				} else {
					assert_true(have < n);
				}
				free((void *)(uintptr_t)bytes.p);
			}
			buf_free(&out);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape),
		cmocka_unit_test(mixtures),
		cmocka_unit_test(stays_small),
		cmocka_unit_test(damage),
		cmocka_unit_test(varints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
