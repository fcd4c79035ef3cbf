/*
 * base/number_print.c - numbers as text, doubles by their shortest digits
 *
 * A double becomes an integer of digits d and a power of ten, v = d * 10^e, by the first of these
 * that fits:
 *
 *     whole number up to 2^53        its own digits: doubles are at most 1 apart there
 *     r = v * 10^k rounded < 10^15   when r / 10^k == v. A decimal of at most 15 digits that reads
 *                                    back as v is the only one, the product is off by less than
 *                                    1/4, so r is it; the division rounds correctly and so is what
 *                                    a reader does. (Not so with 16 digits: two may read back.)
 *     any other                      Schubfach (Giulietti 2020)
 */
#include "base/number.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#include "base/powers.h"
#include "base/wide.h"

#define TEXT_ROOM	64		/* writers below may put bytes beyond what they return */
#define FIXED_MAX	400		/* a sign, 0. or a digit, and at most 341 more */
#define DIGITS_15	1e15

static const bool exact_arithmetic = FLT_EVAL_METHOD == 0;	/* x87 would round twice */

static const char pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

/* v = digits * 10^e10; the digits end in zeros only where e10 is 0 */
struct shortest {
	uint64_t	 digits;
	int		 e10;
};

static inline void
put_pair(char *p, uint32_t v)
{
	memcpy(p, pairs + 2 * v, 2);
}

/*
 * put_eight - eight digits, zeros in front
 */
static inline void
put_eight(char *p, uint32_t v)
{
	uint32_t high = v / 10000, low = v % 10000;

	put_pair(p, high / 100);
	put_pair(p + 2, high % 100);
	put_pair(p + 4, low / 100);
	put_pair(p + 6, low % 100);
}

/*
 * put_small - v < 10^8 without zeros in front: how many digits
 */
static inline unsigned
put_small(char *p, uint32_t v)
{
	char text[8];
	unsigned zeros;

	if (v < 10) {
		p[0] = (char)('0' + v);
		return 1;
	}
	if (v < 100) {
		put_pair(p, v);
		return 2;
	}
	put_eight(text, v);
	zeros = v >= 10000000 ? 0 : v >= 1000000 ? 1 : v >= 100000 ? 2 : v >= 10000 ? 3 :
	    v >= 1000 ? 4 : 5;
	for (unsigned i = zeros; i < 8; i++)
		p[i - zeros] = text[i];
	return 8 - zeros;
}

/*
 * put_digits - the digits of v, up to 20: how many
 */
static unsigned
put_digits(char *p, uint64_t v)
{
	unsigned n;

	if (v < 100000000)
		return put_small(p, (uint32_t)v);
	if (v < UINT64_C(10000000000000000)) {
		n = put_small(p, (uint32_t)(v / 100000000));
		put_eight(p + n, (uint32_t)(v % 100000000));
		return n + 8;
	}
	n = put_small(p, (uint32_t)(v / UINT64_C(10000000000000000)));
	v %= UINT64_C(10000000000000000);
	put_eight(p + n, (uint32_t)(v / 100000000));
	put_eight(p + n + 8, (uint32_t)(v % 100000000));
	return n + 16;
}

static struct shortest
without_zeros(uint64_t digits, int e10)
{
	if (digits % 100000000 == 0) {
		digits /= 100000000;
		e10 += 8;
	}
	if (digits % 10000 == 0) {
		digits /= 10000;
		e10 += 4;
	}
	if (digits % 100 == 0) {
		digits /= 100;
		e10 += 2;
	}
	if (digits % 10 == 0) {
		digits /= 10;
		e10 += 1;
	}
	return (struct shortest){ digits, e10 };
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
	*out = without_zeros((uint64_t)r, -k);
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
 * schubfach - the shortest decimal that reads back as c * 2^q, the nearest of them
 *
 * All is in quarters of 10^k, where k is the largest power of ten of which at least one multiple
 * lies in the interval of numbers that read back: v is `middle`, the interval from `least` to
 * `most`. First multiples of 10^(k+1) are tried, of which at most one is inside; then those of 10^k.
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
			return without_zeros(tens + above, k + 1);
	}
	below = least <= 4 * s;
	above = 4 * s + 4 <= most;
	if (below == above)		/* both or none: the nearer, or the even one */
		above = middle > 4 * s + 2 || (middle == 4 * s + 2 && (s & 1) != 0);
	return without_zeros(s + above, k);
}

/*
 * shortest_of - of v > 0
 */
static struct shortest
shortest_of(double v)
{
	struct shortest found;
	uint64_t bits, fraction;
	int exponent;

	if (v <= 9007199254740992.0 && v == (double)(int64_t)v)
		return (struct shortest){ (uint64_t)v, 0 };
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

/*
 * put_plain - n digits times 10^e10, with no exponent; `p` has room for it
 */
static char *
put_plain(char *p, const char *d, unsigned n, int e10)
{
	int whole = (int)n + e10;	/* digits before the point */

	if (e10 >= 0) {
		memcpy(p, d, n);
		memset(p + n, '0', (size_t)e10);
		return p + whole;
	}
	if (whole > 0) {
		memcpy(p, d, (size_t)whole);
		p[whole] = '.';
		memcpy(p + whole + 1, d + whole, n - (size_t)whole);
		return p + n + 1;
	}
	memcpy(p, "0.", 2);
	memset(p + 2, '0', (size_t)-whole);
	memcpy(p + 2 - whole, d, n);
	return p + 2 - whole + n;
}

/*
 * put_scientific - d.ddde-7; the exponent as it is, without zeros in front
 */
static char *
put_scientific(char *p, const char *d, unsigned n, int e10)
{
	int power = e10 + (int)n - 1;

	*p++ = d[0];
	if (n > 1) {
		*p++ = '.';
		memcpy(p, d + 1, n - 1);
		p += n - 1;
	}
	*p++ = 'e';
	*p++ = power < 0 ? '-' : '+';
	return p + put_small(p, (uint32_t)(power < 0 ? -power : power));
}

/*
 * put_float - v finite, at p; where it ends
 */
static char *
put_float(char *p, double v, bool fixed)
{
	char d[24];
	struct shortest s;
	unsigned n;

	assert(isfinite(v));
	if (signbit(v)) {
		*p++ = '-';
		v = -v;
	}
	if (v == 0) {
		*p = '0';
		return p + 1;
	}
	s = shortest_of(v);
	n = put_digits(d, s.digits);
	if (fixed || (v >= 1e-6 && v < 1e21))
		return put_plain(p, d, n, s.e10);
	return put_scientific(p, d, n, s.e10);
}

size_t
number_format_float(char out[NUMBER_TEXT_MAX], double v)
{
	return (size_t)(put_float(out, v, false) - out);
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
	buf_reserve(b, FIXED_MAX);
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
