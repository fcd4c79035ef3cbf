/*
 * http/inflate_zlib.c - a gzip body in one go, where libdeflate was not found
 *
 * Built instead of inflate_deflate.c. The size in the trailer is the sender's word: a first guess,
 * within the limit.
 */
#include "http/http_priv.h"

/*
 * fill - inflate into out until the input ends, the room ends, or something is wrong
 */
static bool
fill(z_stream *z, size_t max, struct buf *out)
{
	for (;;) {
		size_t room = out->cap < max ? out->cap - out->n : max - out->n;
		int rc;

		z->next_out = (unsigned char *)out->p + out->n;
		z->avail_out = (unsigned)room;
		rc = inflate(z, Z_NO_FLUSH);
		out->n += room - z->avail_out;
		if (rc == Z_STREAM_END) {
			if (z->avail_in == 0)
				return true;
			if (inflateReset(z) != Z_OK)
				return false;
		} else if (rc != Z_OK && rc != Z_BUF_ERROR) {
			return false;
		} else if (z->avail_out != 0 || out->n == max) {
			return false;		/* cut short, or too long */
		} else {
			buf_reserve(out, out->n < max / 2 ? out->n : max - out->n);
		}
	}
}

bool
http_inflate_whole(struct slice in, size_t hint, size_t max, struct buf *out)
{
	z_stream z = { 0 };
	bool good;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return false;
	buf_reset(out);
	buf_reserve(out, hint);
	z.next_in = (unsigned char *)(uintptr_t)in.p;
	z.avail_in = (unsigned)in.n;
	good = fill(&z, max, out);
	inflateEnd(&z);
	return good;
}
