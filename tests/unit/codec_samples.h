/*
 * tests/unit/codec_samples.h - columns of integers of many shapes
 */
#ifndef WEIR_TESTS_CODEC_SAMPLES_H
#define WEIR_TESTS_CODEC_SAMPLES_H

#include "unit.h"

enum sample_kind {
	SAMPLE_CONSTANT, SAMPLE_EXTREMES, SAMPLE_RANDOM, SAMPLE_SMALL, SAMPLE_WALK, SAMPLE_COUNTER,
	SAMPLE_REGULAR, SAMPLE_GAPS, SAMPLE_JITTER, SAMPLE_FACTOR, SAMPLE_RUNS, SAMPLE_ONE_CHANGE,
	SAMPLE_LAST_CHANGE, SAMPLE_WIDTHS, SAMPLE_HALVES, SAMPLE_PARABOLA, SAMPLE_SKEWED,
	SAMPLE_FALLING, SAMPLE_SINGLE_CLASS, SAMPLE_N_KINDS
};

/*
 * sample_next - value i of a column of n
 */
static inline uint64_t
sample_next(enum sample_kind kind, size_t i, size_t n, uint64_t before, uint64_t *state)
{
	uint64_t r = unit_random(state);

	switch (kind) {
	case SAMPLE_CONSTANT:
		return 0 - UINT64_C(77);
	case SAMPLE_EXTREMES:
		return (uint64_t)(i % 2 ? INT64_MIN : INT64_MAX);
	case SAMPLE_RANDOM:
		return r;
	case SAMPLE_SMALL:
		return r % 16;
	case SAMPLE_WALK:
		return i == 0 ? 50 : before + r % 5 - 2;
	case SAMPLE_COUNTER:
		return before + 1000 + r % 30;
	case SAMPLE_REGULAR:
		return UINT64_C(1451606400000000000) + i * UINT64_C(10000000000);
	case SAMPLE_GAPS:
		return i == 0 ? 5 : before + UINT64_C(1000000000) * (r % 100 == 0 ? 3 : 1);
	case SAMPLE_JITTER:
		return UINT64_C(1451606400000000000) + i * UINT64_C(10000000000) + r % 2000000;
	case SAMPLE_FACTOR:
		return (r % 1000) * 4096 * 625 + 3;
	case SAMPLE_RUNS:
		return i == 0 || r % 20 == 0 ? r >> 32 : before;
	case SAMPLE_ONE_CHANGE:
		return i == 0 ? 4 : 9;
	case SAMPLE_LAST_CHANGE:
		return i + 1 == n ? UINT64_MAX : 0;
	case SAMPLE_WIDTHS:
		return r >> (i / 128 * 3 % 64);
	case SAMPLE_HALVES:
		return i % 3 == 0 ? UINT64_C(1) << 63 : 0;
	case SAMPLE_PARABOLA:
		return i * i * 3 - 100 * i;
	case SAMPLE_SKEWED:
		return r % 64 == 0 ? r >> (r >> 8) % 60 : r % 4 == 0 ? 1 : 0;
	case SAMPLE_FALLING:
		return i == 0 ? 0 : before - 17 - r % 3;
	default:
		return UINT64_C(1) << 62 | r >> 3;
	}
}

static inline void
sample_fill(enum sample_kind kind, size_t n, uint64_t seed, uint64_t *v)
{
	uint64_t state = seed * 2 + 1;

	for (size_t i = 0; i < n; i++)
		v[i] = sample_next(kind, i, n, i == 0 ? 0 : v[i - 1], &state);
}

#endif
