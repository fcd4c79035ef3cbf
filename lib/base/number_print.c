/*
 * base/number_print.c - numbers as text, doubles by their shortest digits
 *
 * The digits of a double are found by the first of these that fits:
 *
 *     whole number up to 2^53        its own digits: doubles are at most 1 apart there
 *     r = v * 10^8 rounded < 10^15   as the next, for the many that have no more than 8 decimals:
 *                                    the digits before the point and behind it are a word each
 *     r = v * 10^k rounded < 10^15   when r / 10^k == v. A decimal of at most 15 digits that reads
 *                                    back as v is the only one, the product is off by less than
 *                                    1/4, so r is it; the division rounds correctly and so is what
 *                                    a reader does. (Not so with 16 digits: two may read back.)
 *     any other                      Schubfach (Giulietti 2020)
 *
 * They become text in two words (base/digits.h) into which the point is shifted, with no loop.
 */
#include "base/number.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#include "base/digits.h"
#include "base/powers.h"
#include "base/wide.h"

#define TEXT_ROOM	64		/* writers below put bytes beyond what they return */
#define FIXED_ROOM	400
#define DIGITS_15	1e15
#define WHOLE_MAX	9007199254740992.0	/* 2^53 */
#define N_DIGITS	17		/* no double needs more */
#define TEN_16		UINT64_C(10000000000000000)

static const bool exact_arithmetic = FLT_EVAL_METHOD == 0;	/* x87 would round twice */

/* v = d.dddddddddddddddd * 10^power, digits being those 17, the first of them not 0 */
struct shortest {
	uint64_t	 digits;
	int		 power;
};

/*
 * put_digits - the digits of v, up to 20: how many; 24 bytes may be written
 */
static inline unsigned
put_digits(char *p, uint64_t v)
{
	unsigned n;

	if (v < 100000000)
		return digits_put(p, (uint32_t)v);
	if (v < TEN_16) {
		n = digits_put(p, (uint32_t)(v / 100000000));
		digits_put_eight(p + n, (uint32_t)(v % 100000000));
		return n + 8;
	}
	n = digits_put(p, (uint32_t)(v / TEN_16));
	v %= TEN_16;
	digits_put_eight(p + n, (uint32_t)(v / 100000000));
	digits_put_eight(p + n + 8, (uint32_t)(v % 100000000));
	return n + 16;
}

/*
 * as_decimal - v in [1e-5, 1e15) as a decimal of at most 15 digits; false when it is none
 */
static bool
as_decimal(double v, struct shortest *out)
{
	uint64_t bits;
	double r;
	int k;

	/* The largest k with v * 10^k < 10^15, but for an estimate that may be one too large. */
	memcpy(&bits, &v, sizeof(bits));
	k = 14 - ((((int)(bits >> 52) - 1023) * 1262611) >> 22);
	if (v * powers_exact[k] >= DIGITS_15)
		k--;
	r = (double)(int64_t)(v * powers_exact[k] + 0.5);
	if (r >= DIGITS_15 || r / powers_exact[k] != v)
		return false;
	*out = (struct shortest){ (uint64_t)r * 100, 14 - k };	/* r has 15 digits */
	return true;
}

/*
 * times_row - the leading bits of c * 10^k, the last one set if any bit was cut off (so that a
 *             comparison with an even number comes out as that of the true value would)
 */
static uint64_t
times_row(struct powers_row g, uint64_t c)
{
	uint64_t high, middle, upper;
	uint64_t lower;

	wide_mul(g.low, c, &middle);
	lower = wide_mul(g.high, c, &upper);
	lower += middle;
	high = upper + (lower < middle);
	return high | (lower > 1);
}

/*
 * normal - digits * 10^e10 as 17 digits, zeros being put behind
 */
static struct shortest
normal(uint64_t digits, int e10)
{
	int power = e10 + N_DIGITS - 1;

	for (; digits < TEN_16; digits *= 10)
		power--;
	return (struct shortest){ digits, power };
}

/*
 * schubfach - the shortest decimal that reads back as c * 2^q, the nearest of them
 *
 * All is in quarters of 10^k, where k is the largest power of ten of which at least one multiple
 * lies in the interval of numbers that read back: v is `middle`, the interval from `least` to
 * `most`. First multiples of 10^(k+1) are tried, of which at most one is inside; then of 10^k.
 */
static struct shortest
schubfach(uint64_t c, int q, bool lower_is_closer)
{
	bool odd = (c & 1) != 0;
	int k = (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;
	int h = q + powers_log2(-k) + 1;
	struct powers_row g = powers_rows[-k - POWERS_FIRST];
	uint64_t least, middle, most, tens, s;
	bool below, above;

	if (k > 27 || k < -55)
		g.low++;		/* all rows are wanted rounded up; no low word is all ones */
	middle = times_row(g, (4 * c) << h);
	least = times_row(g, (4 * c - (lower_is_closer ? 1 : 2)) << h) + odd;
	most = times_row(g, (4 * c + 2) << h) - odd;
	s = middle / 4;
	if (s >= 10) {
		tens = s / 10;
		below = least <= 40 * tens;
		above = 40 * tens + 40 <= most;
		if (below != above)
			return normal(tens + above, k + 1);
	}
	below = least <= 4 * s;
	above = 4 * s + 4 <= most;
	if (below == above)		/* both or none: the nearer, or the even one */
		above = middle > 4 * s + 2 || (middle == 4 * s + 2 && (s & 1) != 0);
	return normal(s + above, k);
}

/*
 * shortest_of - of v > 0 that is no small whole number
 */
static struct shortest
shortest_of(double v)
{
	struct shortest found;
	uint64_t bits, fraction;
	int exponent;

	if (v >= 1e-5 && v < DIGITS_15 && exact_arithmetic && as_decimal(v, &found))
		return found;
	memcpy(&bits, &v, sizeof(bits));
	fraction = bits & ((UINT64_C(1) << 52) - 1);
	exponent = (int)(bits >> 52);
	if (exponent == 0)
		return schubfach(fraction, -1074, false);
	return schubfach(fraction | UINT64_C(1) << 52, exponent - 1075,
	    fraction == 0 && exponent > 1);
}

/* The 17 digits as text: the first, then two words as base/digits.h has them. */
struct text17 {
	char		 first;
	uint64_t	 words[2];
	unsigned	 n;		/* without the zeros at the end */
};

static inline struct text17
text_of(uint64_t digits)
{
	uint64_t rest = digits % TEN_16;
	uint64_t high = digits_split((uint32_t)(rest / 100000000));
	uint64_t low = digits_split((uint32_t)(rest % 100000000));
	struct text17 t = {
		.first = (char)('0' + digits / TEN_16),
		.words = { high + DIGITS_ASCII, low + DIGITS_ASCII },
		.n = N_DIGITS,
	};

	if (low != 0)
		t.n -= (unsigned)__builtin_clzll(low) / 8;
	else
		t.n = high != 0 ? 9 - (unsigned)__builtin_clzll(high) / 8 : 1;
	return t;
}

static inline void
put_all(char *p, const struct text17 *t)
{
	p[0] = t->first;
	wide_store64(p + 1, t->words[0]);
	wide_store64(p + 9, t->words[1]);
}

/*
 * with_point - a word's first seven characters, a point put in before character `at` < 8
 */
static inline uint64_t
with_point(uint64_t word, unsigned at)
{
	uint64_t before = (UINT64_C(1) << 8 * at) - 1;

	return (word & before) | (uint64_t)'.' << 8 * at | (word & ~before) << 8;
}

/*
 * put_pointed - all digits, `whole` of them (1 .. 16) before a point: the words go where they stand
 *               behind it, then the one with the point is put over them
 */
static inline char *
put_pointed(char *p, const struct text17 *t, unsigned whole)
{
	p[0] = t->first;
	wide_store64(p + 10, t->words[1]);
	if (whole <= 8) {
		wide_store64(p + 2, t->words[0]);
		wide_store64(p + 1, with_point(t->words[0], whole - 1));
	} else {
		wide_store64(p + 1, t->words[0]);
		wide_store64(p + 9, with_point(t->words[1], whole - 9));
	}
	return p + t->n + 1;
}

static char *
put_plain(char *p, const struct text17 *t, int power)
{
	int whole = power + 1;		/* digits before the point */

	if (whole <= 0) {
		memcpy(p, "0.000000", 8);
		if (whole < -6)
			memset(p + 8, '0', (size_t)(-6 - whole));
		put_all(p + 2 - whole, t);
		return p + 2 - whole + t->n;
	}
	if ((unsigned)whole < t->n)
		return put_pointed(p, t, (unsigned)whole);
	put_all(p, t);
	if (whole > N_DIGITS)
		memset(p + N_DIGITS, '0', (size_t)(whole - N_DIGITS));
	return p + whole;
}

/*
 * put_eight_decimals - v in [1e-5, 1e7), no whole number, with at most eight decimals; NULL when it has
 *               more of them
 */
static inline char *
put_eight_decimals(char *p, double v)
{
	double r = (double)(int64_t)(v * 1e8 + 0.5);
	uint64_t whole, behind;

	if (r / 1e8 != v)
		return NULL;
	whole = (uint64_t)(int64_t)r / 100000000;
	behind = digits_split((uint32_t)((uint64_t)(int64_t)r % 100000000));
	p += digits_put(p, (uint32_t)whole);
	*p++ = '.';
	wide_store64(p, behind + DIGITS_ASCII);
	return p + 8 - (unsigned)__builtin_clzll(behind) / 8;
}

/*
 * put_scientific - d.ddde-7; the exponent as it is, without zeros in front
 */
static char *
put_scientific(char *p, const struct text17 *t, int power)
{
	char *end = put_pointed(p, t, 1);

	p = t->n > 1 ? end : p + 1;
	p[0] = 'e';
	p[1] = power < 0 ? '-' : '+';
	return p + 2 + digits_put(p + 2, (uint32_t)(power < 0 ? -power : power));
}

/*
 * put_float - v finite, at p, which has TEXT_ROOM (fixed: FIXED_ROOM); where it ends
 */
static char *
put_float(char *p, double v, bool fixed)
{
	struct shortest s;
	struct text17 t;
	char *end;

	assert(isfinite(v));
	if (signbit(v)) {
		*p++ = '-';
		v = -v;
	}
	if (v <= WHOLE_MAX && v == (double)(int64_t)v)
		return p + put_digits(p, (uint64_t)v);
	if (exact_arithmetic && v >= 1e-5 && v < 1e7 &&
	    (end = put_eight_decimals(p, v)) != NULL)
		return end;
	s = shortest_of(v);
	t = text_of(s.digits);
	if (fixed || (v >= 1e-6 && v < 1e21))
		return put_plain(p, &t, s.power);
	return put_scientific(p, &t, s.power);
}

size_t
number_format_float(char out[NUMBER_TEXT_MAX], double v)
{
	char text[TEXT_ROOM];
	size_t n = (size_t)(put_float(text, v, false) - text);

	memcpy(out, text, NUMBER_TEXT_MAX);
	return n;
}

size_t
number_format_uint(char out[NUMBER_TEXT_MAX], uint64_t v)
{
	return put_digits(out, v);
}

size_t
number_format_int(char out[NUMBER_TEXT_MAX], int64_t v)
{
	if (v >= 0)
		return put_digits(out, (uint64_t)v);
	out[0] = '-';
	return 1 + put_digits(out + 1, 0 - (uint64_t)v);
}

void
number_put_float(struct buf *b, double v)
{
	buf_reserve(b, TEXT_ROOM);
	b->n = (size_t)(put_float(b->p + b->n, v, false) - b->p);
}

void
number_put_fixed(struct buf *b, double v)
{
	buf_reserve(b, FIXED_ROOM);
	b->n = (size_t)(put_float(b->p + b->n, v, true) - b->p);
}

void
number_put_int(struct buf *b, int64_t v)
{
	buf_reserve(b, TEXT_ROOM);
	b->n += number_format_int(b->p + b->n, v);
}

void
number_put_uint(struct buf *b, uint64_t v)
{
	buf_reserve(b, TEXT_ROOM);
	b->n += number_format_uint(b->p + b->n, v);
}
