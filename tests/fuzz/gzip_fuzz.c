/*
 * tests/fuzz/gzip_fuzz.c - any bytes as a gzip body: in one go, and piece by piece
 *
 *     byte 0    1: what follows is packed here first, else it is taken as it is
 *               2: as two members
 *               4: one byte of the result is changed, at the place that bytes 1 and 2 say
 *               high bits: how much is allowed
 *
 * Neither makes more than is allowed, and what both take is the same. Both check length and checksum
 * of every member, but libdeflate reads the two codes of deflate that nobody may use as others that
 * mean the same: so it may take what zlib refuses. What it refuses zlib is asked about.
 */
#include <stdio.h>
#include <stdlib.h>

#include "http/http_priv.h"
#include "insist.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
pack(struct buf *out, struct slice plain)
{
	z_stream z = { 0 };
	size_t room = plain.n + plain.n / 8 + 256;

	insist(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
	buf_reserve(out, room);
	z.next_in = (unsigned char *)(uintptr_t)plain.p;
	z.avail_in = (unsigned)plain.n;
	z.next_out = (unsigned char *)out->p + out->n;
	z.avail_out = (unsigned)room;
	insist(deflate(&z, Z_FINISH) == Z_STREAM_END, "zlib has no end");
	out->n += room - z.avail_out;
	deflateEnd(&z);
}

static void
make(struct buf *sent, const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data + 3, size - 3);

	if (data[0] & 1) {
		pack(sent, rest);
		if (data[0] & 2)
			pack(sent, rest);
	} else {
		buf_put_slice(sent, rest);
	}
	if ((data[0] & 4) && sent->n > 0)
		sent->p[(data[1] << 8 | data[2]) % sent->n] ^= (char)(1 << (data[1] & 7));
}

/* Up to max + 1 bytes, by zlib; false when it is refused. */
static bool
by_pieces(struct slice sent, size_t max, struct buf *out)
{
	struct http_body body = { .spool_fd = -1, .n_sent = sent.n };
	size_t got = 1;
	struct err err;
	bool well = true;

	buf_put_slice(&body.sent, sent);
	http_gunzip_begin(&body.gunzip);
	while (well && got > 0 && out->n <= max) {
		buf_reserve(out, 1000);
		well = http_gunzip_read(&body.gunzip, &body, out->p + out->n, 1000, &got, &err) == 0;
		insist(!well || got <= 1000, "more than there is room for");
		out->n += well ? got : 0;
	}
	http_gunzip_end(&body.gunzip);
	buf_free(&body.sent);
	return well && out->n <= max;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf sent = { 0 }, whole = { 0 }, pieces = { 0 };
	size_t max;
	bool one, other;

	if (size < 4)
		return 0;
	max = (size_t)64 << (data[0] >> 4);
	make(&sent, data, size);
	if (sent.n > 0) {
		buf_reserve(&sent, BUF_SLACK);
		one = http_inflate_whole(buf_slice(&sent), max < 100 ? max : 100, max, &whole);
		other = by_pieces(buf_slice(&sent), max, &pieces);
		insist(!one || whole.n <= max, "more than is allowed");
		insist(!one || !other || slice_eq(buf_slice(&whole), buf_slice(&pieces)), "not the same bytes");
	}
	buf_free(&sent);
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
