/*
 * base/powers.h - powers of ten as 128-bit numbers, for number_parse.c and number_print.c
 *
 * Row q - POWERS_FIRST holds the 128 leading bits of 10^q, the topmost set:
 *
 *     10^q = (high * 2^64 + low + rest) * 2^(powers_log2(q) - 127)
 *
 * where 0 <= rest < 1, and rest = 0 for q from 0 to 55; but in rows -27 to -1 low has been rounded
 * up, and -1 <= rest < 0.
 */
#ifndef WEIR_BASE_POWERS_H
#define WEIR_BASE_POWERS_H

#include <stdint.h>

#define POWERS_FIRST	(-342)
#define POWERS_LAST	324

struct powers_row {
	uint64_t	 high, low;
};

extern const struct powers_row powers_rows[POWERS_LAST - POWERS_FIRST + 1];

#define POWERS_EXACT_MAX 22	/* the last power of ten that is a double */

extern const double powers_exact[POWERS_EXACT_MAX + 1];

/*
 * powers_log2 - floor(log2(10^q)), for |q| <= 400
 */
static inline int
powers_log2(int q)
{
	return (q * 1741647) >> 19;
}

#endif
