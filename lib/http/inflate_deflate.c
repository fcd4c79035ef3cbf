/*
 * http/inflate_deflate.c - a gzip body in one go, by libdeflate
 *
 * Several times as fast as a stream of zlib, but the room for the whole output must be there at the
 * start. The size in the trailer is the sender's word: a first guess, within the limit; where it
 * was wrong the member is tried again with twice the room.
 */
#include <libdeflate.h>

#include "http/http_priv.h"

/*
 * inflate_member - one member at the start of *in, put behind what is in out
 */
static bool
inflate_member(struct libdeflate_decompressor *d, struct slice *in, size_t max, struct buf *out)
{
	for (;;) {
		size_t room = (out->cap < max ? out->cap : max) - out->n, taken, put;
		enum libdeflate_result rc = libdeflate_gzip_decompress_ex(d, in->p, in->n,
		    out->p + out->n, room, &taken, &put);

		if (rc == LIBDEFLATE_SUCCESS) {
			out->n += put;
			*in = slice_make(in->p + taken, in->n - taken);
			return true;
		}
		if (rc != LIBDEFLATE_INSUFFICIENT_SPACE || out->n + room == max)
			return false;
		buf_reserve(out, room < max / 2 ? 2 * room + 64 : max - out->n);
	}
}

bool
http_inflate_whole(struct slice in, size_t hint, size_t max, struct buf *out)
{
	static struct libdeflate_decompressor *d;

	if (d == NULL)
		d = libdeflate_alloc_decompressor();
	if (d == NULL)
		return false;
	buf_reset(out);
	buf_reserve(out, hint);
	while (in.n != 0)
		if (!inflate_member(d, &in, max, out))
			return false;
	return true;
}
