/*
 * base/number_parse.c - the double nearest to a decimal number
 *
 * Digits are gathered in a 64-bit integer m, the number being m * 10^e. Three ways lead on:
 *
 *     m <= 2^53, |e| <= 22    one multiplication or division of exact doubles (Clinger 1990)
 *     m of up to 19 digits    m times 128 bits of 10^e, of which 54 decide (Lemire 2021; Mushtak
 *                             and Lemire 2023 prove that 128 bits always suffice)
 *     more digits             m and m + 1 by the second way; where they differ, strtod
 */
#include "base/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digits.h"
#include "base/powers.h"
#include "base/wide.h"

#define M_DIGITS	19			/* that always fit in 64 bits */
#define M_EXACT		(UINT64_C(1) << 53)	/* every integer up to here is a double */
#define SLOW_DIGITS	780			/* more than 767 only tell above from below */
#define E10_LIMIT	1000000			/* far beyond what any 64-bit m could make up for */

static const bool exact_arithmetic = FLT_EVAL_METHOD == 0;	/* x87 would round twice */

static double
signed_of(double v, bool negative)
{
	return negative ? -v : v;
}

static double
from_bits(uint64_t bits, bool negative)
{
	double v;

	bits |= (uint64_t)negative << 63;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

/*
 * pack - a double of 54 bits, the last of which is still to be rounded, and a biased exponent
 */
static double
pack(uint64_t bits54, int exponent, bool negative)
{
	if (exponent <= 0) {			/* subnormal: no number of 19 digits is a tie */
		if (exponent < -53)
			return signed_of(0, negative);
		bits54 >>= 1 - exponent;
		bits54 = (bits54 + (bits54 & 1)) >> 1;
		return from_bits(bits54, negative);	/* 2^52 carries into the exponent by itself */
	}
	bits54 = (bits54 + (bits54 & 1)) >> 1;
	if (bits54 == M_EXACT) {
		bits54 >>= 1;
		exponent++;
	}
	if (exponent >= 2047)
		return signed_of((double)INFINITY, negative);
	return from_bits((bits54 & ((UINT64_C(1) << 52) - 1)) | (uint64_t)exponent << 52, negative);
}

/*
 * by_product - m * 10^e10 for m != 0 from the leading bits of the product with the table's row
 *
 * The second product is needed only where it could carry into the 54 bits. A number exactly between
 * two doubles has m = odd * 5^n with an odd factor of 54 bits, so that e10 lies in -4 .. 23, where
 * the row is exact or too large by less than one: the product then ends in zeros.
 */
static double
by_product(uint64_t m, int e10, bool negative)
{
	const struct powers_row *row;
	uint64_t upper, lower, carry, bits54;
	int zeros = __builtin_clzll(m);
	int top, shift;

	if (e10 < POWERS_FIRST)
		return signed_of(0, negative);
	if (e10 > 308)
		return signed_of((double)INFINITY, negative);
	row = &powers_rows[e10 - POWERS_FIRST];
	lower = wide_mul(m << zeros, row->high, &upper);
	if ((upper & 0x1FF) == 0x1FF) {
		wide_mul(m << zeros, row->low, &carry);
		lower += carry;
		upper += lower < carry;
	}
	top = (int)(upper >> 63);
	shift = top + 9;
	bits54 = upper >> shift;
	if (lower <= 1 && e10 >= -4 && e10 <= 23 && (bits54 & 3) == 1 && bits54 << shift == upper)
		bits54 &= ~UINT64_C(1);		/* a tie goes to the even neighbour, here the lower */
	return pack(bits54, powers_log2(e10) + 63 + top - zeros + 1023, negative);
}

double
number_from_decimal(uint64_t m, int e10, bool negative)
{
	if (m <= M_EXACT && e10 >= -POWERS_EXACT_MAX && e10 <= POWERS_EXACT_MAX &&
	    exact_arithmetic) {
		double v = (double)m;

		v = e10 < 0 ? v / powers_exact[-e10] : v * powers_exact[e10];
		return signed_of(v, negative);
	}
	if (m == 0)
		return signed_of(0, negative);
	return by_product(m, e10, negative);
}

/* What a scan has found: digits, with perhaps a point among them, and the power of the last. */
struct decimal {
	const char	*start, *stop;	/* of the digits and the point */
	int64_t		 e10;
	uint64_t	 m;		/* of all digits, modulo 2^64 */
	bool		 negative;
};

static inline bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline bool
are_eight_digits(uint64_t w)
{
	return ((w & UINT64_C(0xF0F0F0F0F0F0F0F0)) |
	    ((w + UINT64_C(0x0606060606060606)) & UINT64_C(0xF0F0F0F0F0F0F0F0)) >> 4) ==
	    UINT64_C(0x3333333333333333);
}

static const char *
scan_digits(const char *p, const char *end, uint64_t *m)
{
	uint64_t v = *m;

	while (p < end && is_digit(*p))
		v = v * 10 + (uint64_t)(*p++ - '0');
	*m = v;
	return p;
}

static const char *
scan_fraction(const char *p, const char *end, uint64_t *m)
{
	while (end - p >= 8) {
		uint64_t w = wide_load64(p);

		if (!are_eight_digits(w))
			break;
		*m = *m * 100000000 + digits_join(w - DIGITS_ASCII);
		p += 8;
	}
	return scan_digits(p, end, m);
}

/*
 * scan_power - [e|E [+|-] digits]: where it ends, which is `p` when there is none
 */
static const char *
scan_power(const char *p, const char *end, int64_t *power)
{
	const char *at = p + 1;
	bool negative;
	int64_t v = 0;

	if (p == end || (*p | 0x20) != 'e')
		return p;
	negative = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	if (at == end || !is_digit(*at))
		return p;
	for (; at < end && is_digit(*at); at++)
		if (v < INT64_MAX / 100)
			v = v * 10 + (*at - '0');
	*power = negative ? -v : v;
	return at;
}

/*
 * scan - the number at p: where it ends, or NULL when there is none
 */
static const char *
scan(const char *p, const char *end, struct decimal *d)
{
	int64_t power = 0;
	size_t n_digits;

	d->m = 0;
	d->e10 = 0;
	d->negative = p < end && *p == '-';
	if (d->negative)
		p++;
	d->start = p;
	p = scan_digits(p, end, &d->m);
	n_digits = (size_t)(p - d->start);
	if (p < end && *p == '.') {
		const char *fraction = p + 1;

		p = scan_fraction(fraction, end, &d->m);
		d->e10 = -(int64_t)(p - fraction);
		n_digits += (size_t)(p - fraction);
	}
	if (n_digits == 0)
		return NULL;
	d->stop = p;
	p = scan_power(p, end, &power);
	d->e10 += power;
	return p;
}

/*
 * skip_zeros - to the first digit that is none; returns how many digits there are from it on
 */
static size_t
skip_zeros(struct decimal *d)
{
	size_t n;

	while (d->start < d->stop && (*d->start == '0' || *d->start == '.'))
		d->start++;
	n = (size_t)(d->stop - d->start);
	return n != 0 && memchr(d->start, '.', n) != NULL ? n - 1 : n;
}

static int
clamp_power(int64_t e10)
{
	if (e10 < -E10_LIMIT)
		return -E10_LIMIT;
	return e10 > E10_LIMIT ? E10_LIMIT : (int)e10;
}

static bool
all_zeros(const char *p, const char *end)
{
	while (p < end && (*p == '0' || *p == '.'))
		p++;
	return p == end;
}

/*
 * by_library - the n digits of d as an integer with a power, which reads the same in every locale;
 *              after SLOW_DIGITS a 1 stands for all that follow, unless they are zeros
 */
static double
by_library(const struct decimal *d, size_t n)
{
	char text[SLOW_DIGITS + 32];
	const char *p = d->start;
	size_t used = 0;
	double v;

	for (; p < d->stop && used < SLOW_DIGITS; p++)
		if (*p != '.')
			text[used++] = *p;
	if (n > used)
		text[used++] = all_zeros(p, d->stop) ? '0' : '1';
	snprintf(text + used, sizeof(text) - used, "e%d",
	    clamp_power(d->e10 + (int64_t)n - (int64_t)used));
	v = strtod(text, NULL);
	return signed_of(v, d->negative);
}

/*
 * convert_long - the double of more than 19 digits, leading zeros among them
 */
static double
convert_long(struct decimal *d)
{
	size_t n = skip_zeros(d);
	const char *p = d->start;
	uint64_t m = 0;
	double least, most;
	int e10;

	if (n <= M_DIGITS)
		return number_from_decimal(d->m, clamp_power(d->e10), d->negative);
	for (size_t i = 0; i < M_DIGITS; p++) {
		if (*p != '.') {
			m = m * 10 + (uint64_t)(*p - '0');
			i++;
		}
	}
	e10 = clamp_power(d->e10 + (int64_t)(n - M_DIGITS));
	least = number_from_decimal(m, e10, d->negative);
	most = number_from_decimal(m + 1, e10, d->negative);
	if (memcmp(&least, &most, sizeof(least)) == 0)
		return least;
	return by_library(d, n);
}

const char *
number_parse_float(const char *p, const char *end, double *v)
{
	struct decimal d;
	const char *stop = scan(p, end, &d);
	double result;

	if (stop == NULL)
		return NULL;
	if (d.stop - d.start > M_DIGITS)
		result = convert_long(&d);
	else
		result = number_from_decimal(d.m, clamp_power(d.e10), d.negative);
	if (isinf(result))
		return NULL;
	*v = result;
	return stop;
}
