/*
 * codec/decimals.c - doubles that were written as decimals, as whole numbers again
 *
 * A number written with at most 15 digits is r / 10^k for a whole r: the division is correctly
 * rounded and 10^k is exact up to k = 22, so when the quotient equals the double bit by bit
 * (which -0.0 does not), r and k are all that need be kept. The idea of a common exponent is that
 * of ALP (Afroozeh, Kuffo, Boncz, "ALP: Adaptive lossless floating-point compression", 2023);
 * dividing in place of multiplying makes it hold for every such number.
 */
#include <math.h>

#include "codec/codec_priv.h"

#define SAMPLES 16
#define LARGEST 9e15

static const double powers[] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

double
codec_decimals_power(unsigned k)
{
	return powers[k];
}

static bool
same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static bool
fits(double v, int k, int64_t *whole)
{
	double r = v * powers[k];

	if (!(fabs(r) < LARGEST))
		return false;
	r = rint(r);
	*whole = (int64_t)r;
	return same_bits((double)*whole / powers[k], v);	/* as it will be read: -0.0 is lost */
}

/*
 * The least k that fits one value and is not below `from`.
 */
static int
fewest_decimals(double v, int from)
{
	int64_t whole;

	for (int k = from; k <= CODEC_DECIMALS_MAX; k++)
		if (fits(v, k, &whole))
			return k;
	return -1;
}

int
codec_decimals_fit(const double *v, size_t n, int64_t *ints)
{
	size_t step = n / SAMPLES + 1;
	int k = 0;

	for (size_t i = 0; i < n; i += step)
		if ((k = fewest_decimals(v[i], k)) < 0)
			return -1;
	for (size_t i = 0; i < n; i++) {
		while (!fits(v[i], k, &ints[i])) {
			/* a value with more decimals than the sampled ones: all again with its k */
			if ((k = fewest_decimals(v[i], k + 1)) < 0)
				return -1;
			i = 0;
		}
	}
	return k;
}
