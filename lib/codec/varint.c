/*
 * codec/varint.c - small numbers in few bytes
 *
 * LEB128 without a sign, as Protocol Buffers have it. Up to eight bytes are read as one word, the
 * groups of seven bits in it being moved together two by two.
 */
#include "codec/codec.h"

void
codec_varint_put(struct buf *out, uint64_t v)
{
	while (v >= 0x80) {
		buf_putc(out, (char)(v | 0x80));
		v >>= 7;
	}
	buf_putc(out, (char)v);
}

static uint64_t
join_groups(uint64_t w)
{
	w = (w & UINT64_C(0x007f007f007f007f)) | (w & UINT64_C(0x7f007f007f007f00)) >> 1;
	w = (w & UINT64_C(0x00003fff00003fff)) | (w & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (w & UINT64_C(0x0fffffff)) | (w & UINT64_C(0x0fffffff00000000)) >> 4;
}

int
codec_varint_get_long(struct slice *in, uint64_t *v)
{
	uint64_t sum = 0, word, ends;

	if (in->n >= 8 && (ends = ~(word = wide_load64(in->p)) & UINT64_C(0x8080808080808080)) != 0) {
		unsigned n = (unsigned)__builtin_ctzll(ends) / 8 + 1;

		*v = join_groups(word & UINT64_MAX >> (64 - 8 * n));
		in->p += n;
		in->n -= n;
		return 0;
	}
	for (unsigned i = 0; i < CODEC_VARINT_MAX && i < in->n; i++) {
		uint64_t bits = (unsigned char)in->p[i] & 0x7f;

		if (i == CODEC_VARINT_MAX - 1 && bits > 1)
			return -1;
		sum |= bits << 7 * i;
		if (((unsigned char)in->p[i] & 0x80) == 0) {
			in->p += i + 1;
			in->n -= i + 1;
			*v = sum;
			return 0;
		}
	}
	return -1;
}
