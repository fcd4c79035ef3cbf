/*
 * tests/unit/http_gzip.h - gzip members to send, and answers to unpack
 */
#ifndef WEIR_TESTS_HTTP_GZIP_H
#define WEIR_TESTS_HTTP_GZIP_H

#include "http_memory.h"

/*
 * gzip_put - one more member at the end of `out`
 */
static inline void
gzip_put(struct buf *out, struct slice plain)
{
	z_stream z = { 0 };
	size_t room = plain.n + plain.n / 8 + 256;

	assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	buf_reserve(out, room);
	z.next_in = (unsigned char *)(uintptr_t)plain.p;
	z.avail_in = (unsigned)plain.n;
	z.next_out = (unsigned char *)out->p + out->n;
	z.avail_out = (unsigned)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n += room - z.avail_out;
	deflateEnd(&z);
}

/*
 * gunzip_put - unpack all of `in` behind `out`; false when it is not one whole member
 */
static inline bool
gunzip_put(struct buf *out, struct slice in)
{
	z_stream z = { 0 };
	int rc;

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)in.p;
	z.avail_in = (unsigned)in.n;
	do {
		buf_reserve(out, 65536);
		z.next_out = (unsigned char *)out->p + out->n;
		z.avail_out = 65536;
		rc = inflate(&z, Z_NO_FLUSH);
		out->n += 65536 - z.avail_out;
	} while (rc == Z_OK);
	inflateEnd(&z);
	return rc == Z_STREAM_END && z.avail_in == 0;
}

#endif
