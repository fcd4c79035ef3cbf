/*
 * codec/codec_priv.h - what the files of this room share
 */
#ifndef WEIR_CODEC_CODEC_PRIV_H
#define WEIR_CODEC_CODEC_PRIV_H

#include "codec/codec.h"

#define CODEC_BATCH_FORMAT 1
#define CODEC_COLUMN_HEAD 40

enum codec_encoding {		/* on disk: never renumber */
	CODEC_INTEGERS = 0,	/* base + frame, as a 64-bit number */
	CODEC_DECIMALS = 1,	/* (base + frame, signed) / 10^exponent */
	CODEC_BITS = 2,		/* the frame is a double's bits */
	CODEC_STRINGS = 3,	/* the frame tells where each string ends */
};

/*
 * codec_decimals_fit - are all these doubles whole numbers divided by 10^k for one k?
 *   in     n        at least 1
 *   out    ints     the whole numbers, |ints| < 9 * 10^15
 *   returns         the least such k up to CODEC_DECIMALS_MAX, or -1
 */
#define CODEC_DECIMALS_MAX 17
int		 codec_decimals_fit(const double *v, size_t n, int64_t *ints);
double		 codec_decimals_power(unsigned k);	/* 10^k, k <= 22: exact */

/*
 * floats_decode_part - of a column of n doubles those of [first, first + count)
 *   in     ints     room for n
 *          *in      when not all are wanted it is left anywhere
 */
int		 floats_decode_part(struct slice *in, size_t n, size_t first, size_t count,
		     union cell *ints, union cell *out, struct err *err);

#endif
