/*
 * base/digits.h - decimal digits, eight of them a word
 *
 * A word holds one digit a byte, the first in the lowest byte, so that leading and trailing zeros
 * are counted by one instruction and the text is stored by another.
 */
#ifndef WEIR_BASE_DIGITS_H
#define WEIR_BASE_DIGITS_H

#include <stdint.h>

#include "base/wide.h"

#define DIGITS_ASCII UINT64_C(0x3030303030303030)	/* add it to make characters of digits */

/*
 * digits_split - v < 10^8 as eight digits: halves of four, each of two, each of one. Quotients are
 *                products with a rounded reciprocal, exact for values as small as these.
 */
static inline uint64_t
digits_split(uint32_t v)
{
	uint64_t w = v / 10000 | (uint64_t)(v % 10000) << 32;
	uint64_t q = w * 10486 >> 20 & UINT64_C(0x0000007F0000007F);	/* w / 100 in each half */

	w = q | (w - q * 100) << 16;
	q = w * 103 >> 10 & UINT64_C(0x000F000F000F000F);		/* w / 10 in each quarter */
	return q | (w - q * 10) << 8;
}

/*
 * digits_join - the value of eight digits, each in 0 .. 9
 */
static inline uint32_t
digits_join(uint64_t w)
{
	w = w * (10 * 256 + 1) >> 8 & UINT64_C(0x00FF00FF00FF00FF);
	w = w * (100 * 65536 + 1) >> 16 & UINT64_C(0x0000FFFF0000FFFF);
	return (uint32_t)(w * (10000 * (UINT64_C(1) << 32) + 1) >> 32);
}

/*
 * digits_put_eight - eight characters, zeros in front, to p
 * digits_put - the same without the zeros in front (8 bytes are written all the same): how many
 */
static inline void
digits_put_eight(char *p, uint32_t v)
{
	wide_store64(p, digits_split(v) + DIGITS_ASCII);
}

static inline unsigned
digits_put(char *p, uint32_t v)
{
	uint64_t w = digits_split(v);
	unsigned zeros = (unsigned)__builtin_ctzll(w | UINT64_C(1) << 56) / 8;

	wide_store64(p, (w + DIGITS_ASCII) >> 8 * zeros);
	return 8 - zeros;
}

#endif
