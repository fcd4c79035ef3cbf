/*
 * codec/bits.h - bits in and out of bytes, and the two bodies of a column of integers
 *
 * Bits are taken from the lowest of the first byte upwards. The writer keeps what does not fill a
 * byte in `acc` and stores eight bytes at every step, so the memory it writes to needs eight more
 * behind the end (struct buf has them). A reader is one load at (position / 8) shifted by
 * (position % 8), which yields 57 bits at least and needs CODEC_SLACK bytes behind the end.
 */
#ifndef WEIR_CODEC_BITS_H
#define WEIR_CODEC_BITS_H

#include "codec/codec_priv.h"

struct bit_writer {
	char		*p;
	uint64_t	 acc;
	unsigned	 fill;		/* bits in acc: less than 8 between calls */
};

/*
 * bits_push - put bits behind those in acc; room for 57 of them between two calls of bits_flush
 * bits_flush - move whole bytes out
 * bits_put - both, for up to 56 bits
 * bits_end - where the last byte that holds bits ends
 */
static inline void
bits_push(struct bit_writer *w, uint64_t v, unsigned width)
{
	w->acc |= v << w->fill;
	w->fill += width;
}

static inline void
bits_flush(struct bit_writer *w)
{
	wide_store64(w->p, w->acc);
	w->p += w->fill >> 3;
	w->acc >>= w->fill & 0x38;
	w->fill &= 7;
}

static inline void
bits_put(struct bit_writer *w, uint64_t v, unsigned width)
{
	bits_push(w, v, width);
	bits_flush(w);
}

static inline char *
bits_end(const struct bit_writer *w)
{
	return w->p + (w->fill != 0);
}

static inline unsigned
bits_of(uint64_t v)		/* how many bits it takes: 0 for 0 */
{
	return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

/*
 * Signed numbers of small size as unsigned ones: 0, -1, 1, -2, 2 ...
 */
static inline uint64_t
zigzag(uint64_t v)
{
	return v << 1 ^ (uint64_t)((int64_t)v >> 63);
}

static inline uint64_t
unzigzag(uint64_t v)
{
	return v >> 1 ^ (0 - (v & 1));
}

/*
 * varint_get_signed - a varint that was put with codec_varint_put(out, zigzag(v))
 */
static inline int
varint_get_signed(struct slice *in, uint64_t *v)
{
	uint64_t z;

	if (codec_varint_get(in, &z) != 0)
		return -1;
	*v = unzigzag(z);
	return 0;
}

/* ---- frames of 128 numbers, each with the width of its largest ---- */

/*
 * frames_cost - how many bytes frames_encode will append
 * frames_decode - of n numbers at the front of `in` the first `most`, to the end of their frame; -1
 *                 when these do not lie inside
 */
size_t		 frames_cost(const uint64_t *v, size_t n);
void		 frames_encode(const uint64_t *v, size_t n, struct buf *out);
int		 frames_decode(struct slice *in, size_t n, size_t most, uint64_t *v);

/* ---- class-Huffman ---- */

#define HUFFMAN_LEAST 64	/* fewer numbers are not worth it */

/*
 * huffman_cost - about how many bytes huffman_encode would append, from every fourth number
 * huffman_encode - append them, unless their classes are all one: then false, and nothing is
 *                  appended
 * huffman_decode - of n numbers at the front of `in` the first `most`; -1 when these are not the
 *                  bytes of n
 */
size_t		 huffman_cost(const uint64_t *v, size_t n);
bool		 huffman_encode(const uint64_t *v, size_t n, struct buf *out);
int		 huffman_decode(struct slice *in, size_t n, size_t most, uint64_t *v);

#endif
