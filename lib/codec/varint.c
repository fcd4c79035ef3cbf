/*
 * codec/varint.c - small numbers in few bytes
 *
 * LEB128 without a sign, as Protocol Buffers have it.
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

int
codec_varint_get_long(struct slice *in, uint64_t *v)
{
	uint64_t sum = 0;

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
