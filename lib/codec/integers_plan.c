/*
 * codec/integers_plan.c - what a column of integers looks like, from a few of its values
 *
 * The factor is Euclid's over some differences spread over the column, then verified on all of them
 * without a division: the exact quotient by 2^t * o, o odd, is a shift by t and a product with the
 * inverse of o modulo 2^64, and a difference that is no multiple shows as a quotient that is too
 * great (Granlund and Montgomery, "Division by invariant integers using multiplication", PLDI 1994,
 * section 9). All differences are modulo 2^64; -2^63 counts as no multiple of anything.
 */
#include "codec/integers.h"

#define FACTOR_SAMPLES	24
#define FACTOR_TRIES	4
#define FACTOR_MAX	(UINT64_C(1) << 62)
#define ORDER_SAMPLES	128

static uint64_t
magnitude(uint64_t v)
{
	return (int64_t)v < 0 ? 0 - v : v;
}

static uint64_t
greatest_common(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static uint64_t
inverse(uint64_t odd)		/* modulo 2^64, by Newton's iteration: 5 bits, 10, 20, 40, 80 */
{
	uint64_t x = odd * 3 ^ 2;

	for (int i = 0; i < 4; i++)
		x *= 2 - odd * x;
	return x;
}

/*
 * u[i] = (v[i] - v[0]) / factor
 *   returns  n, or the first i whose difference to the one before is not a multiple
 */
static size_t
divide_all(const uint64_t *v, size_t n, uint64_t factor, uint64_t *u)
{
	unsigned shift = (unsigned)__builtin_ctzll(factor);
	uint64_t back = inverse(factor >> shift), low = (UINT64_C(1) << shift) - 1;
	uint64_t limit = (uint64_t)INT64_MAX / factor, sum = 0;

	u[0] = 0;
	for (size_t i = 1; i < n; i++) {
		uint64_t d = v[i] - v[i - 1];
		uint64_t q = (uint64_t)((int64_t)d >> shift) * back;

		if ((d & low) != 0 || q + limit > 2 * limit)
			return i;
		sum += q;
		u[i] = sum;
	}
	return n;
}

uint64_t
integers_factor(const uint64_t *v, size_t n, uint64_t *u)
{
	size_t stride = n / FACTOR_SAMPLES + 1, bad;
	uint64_t factor = 0;

	for (size_t i = 1; i < n && factor != 1; i += stride)
		factor = greatest_common(magnitude(v[i] - v[i - 1]), factor);
	for (size_t i = 1; i < n && factor == 0; i++)
		factor = magnitude(v[i] - v[i - 1]);
	for (int i = 0; i < FACTOR_TRIES && factor > 1 && factor <= FACTOR_MAX; i++) {
		bad = divide_all(v, n, factor, u);
		if (bad == n)
			return factor;
		factor = greatest_common(magnitude(v[bad] - v[bad - 1]), factor);
	}
	return 1;
}

uint64_t
integers_step(const uint64_t *v, size_t n)
{
	uint64_t whole = v[n - 1] - v[0], m = n - 1;
	bool down = (int64_t)whole < 0;
	uint64_t size = magnitude(whole);
	uint64_t step = (size / m << LINE_BITS) + ((size % m << LINE_BITS) / m);

	return down ? 0 - step : step;
}

enum integers_kind
integers_order(const uint64_t *v, size_t n)
{
	size_t stride = n / ORDER_SAMPLES + 1, n_samples = 0;
	unsigned bits[INTEGERS_N_KINDS] = { 0 };
	uint64_t step = integers_step(v, n), least_v = v[0], least_d = v[1] - v[0];
	enum integers_kind best = INTEGERS_ORDER_1;	/* unless another saves an eighth of a bit */

	for (size_t i = 2; i < n; i += stride, n_samples++) {
		uint64_t d = v[i] - v[i - 1];

		least_v = (int64_t)v[i] < (int64_t)least_v ? v[i] : least_v;
		least_d = (int64_t)d < (int64_t)least_d ? d : least_d;
	}
	for (size_t i = 2; i < n; i += stride) {
		uint64_t d = v[i] - v[i - 1];

		bits[INTEGERS_ORDER_0] += bits_of(v[i] - least_v);
		bits[INTEGERS_ORDER_1] += bits_of((int64_t)least_d >= 0 ? d - least_d : zigzag(d));
		bits[INTEGERS_ORDER_2] += bits_of(zigzag(d - (v[i - 1] - v[i - 2])));
		bits[INTEGERS_LINE] += bits_of(zigzag(v[i] - v[0] - line_at(i, step)));
	}
	for (int kind = INTEGERS_ORDER_0; kind <= INTEGERS_LINE; kind++)
		if (bits[kind] + n_samples / 8 < bits[best])
			best = (enum integers_kind)kind;
	return best;
}
