/*
 * codec/integers.h - how a column of integers is going to be written
 */
#ifndef WEIR_CODEC_INTEGERS_H
#define WEIR_CODEC_INTEGERS_H

#include "codec/bits.h"

/* The first byte of a column: a kind, and marks. On disk: never renumber. */
enum integers_kind {
	INTEGERS_CONSTANT = 0,
	INTEGERS_RUNS = 1,
	INTEGERS_ORDER_0 = 2,	/* value - first */
	INTEGERS_ORDER_1 = 3,	/* value - the one before */
	INTEGERS_ORDER_2 = 4,	/* that difference - the one before */
	INTEGERS_LINE = 5,	/* value - a line through the first value */
	INTEGERS_GAPS = 6,	/* order 2, of which nearly all are 0: only the others are kept */
	INTEGERS_N_KINDS
};

#define INTEGERS_KIND	 0x07
#define INTEGERS_FACTOR	 0x08	/* all differences are multiples of a factor and divided by it */
#define INTEGERS_HUFFMAN 0x10	/* the body is class-Huffman, not frames */
#define INTEGERS_BIASED	 0x20	/* the body is number - bias, not zigzag(number) */

#define LINE_BITS 16		/* of fraction in a line's step */

static inline uint64_t
line_at(uint64_t i, uint64_t step)
{
	return (uint64_t)((int64_t)(i * step) >> LINE_BITS);
}

/*
 * integers_factor - the greatest common factor of n - 1 differences, up to 2^62; 1 when there is
 *                   none, or when it was not found soon
 *   out    u        where there is one, u[i] = (v[i] - v[0]) / factor
 */
uint64_t	 integers_factor(const uint64_t *v, size_t n, uint64_t *u);

/*
 * integers_order - the kind (order 0, 1, 2 or line) that seems to take the fewest bits, n > 2
 * integers_step - the step of the line from first to last
 */
enum integers_kind integers_order(const uint64_t *v, size_t n);
uint64_t	 integers_step(const uint64_t *v, size_t n);

/*
 * integers_decode_some - of a column of n numbers the first `most`
 *   in     *in      when most < n it is left anywhere
 *   out    v        has room for n: some behind the first `most` may be written too
 * integers_steady - is this column first, first + step, first + 2 * step and so on?
 */
int		 integers_decode_some(struct slice *in, size_t n, size_t most, uint64_t *v,
		     struct err *err);
bool		 integers_steady(struct slice in, uint64_t *first, uint64_t *step);

#endif
