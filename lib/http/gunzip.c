/*
 * http/gunzip.c - a gzip body a piece at a time, by zlib (RFC 1952)
 *
 * A body may have several members, one behind the other; anything else behind a member is an error,
 * and so is an end within one. zlib checks every checksum and length on its way.
 */
#include "http/http_priv.h"

void
http_gunzip_begin(struct http_gunzip *g)
{
	http_gunzip_end(g);
	*g = (struct http_gunzip){ 0 };
}

void
http_gunzip_end(struct http_gunzip *g)
{
	if (g->open)
		inflateEnd(&g->z);
	g->open = false;
}

static int
broken(struct err *err, const char *why)
{
	return err_set(err, ERR_INVALID, "error decoding gzip stream: %s",
	    why != NULL ? why : "invalid data");
}

static int
open_stream(struct http_gunzip *g, struct err *err)
{
	if (inflateInit2(&g->z, 15 + 16) != Z_OK)
		return err_set(err, ERR_UNAVAILABLE, "no memory to decode a gzip stream");
	g->open = true;
	return 0;
}

/*
 * feed - make sure that there is input
 *   returns  0; 1 at the end of the body, which may be at the end of a member alone; -1
 */
static int
feed(struct http_gunzip *g, struct http_body *body, struct err *err)
{
	struct slice piece;

	if (g->z.avail_in != 0)
		return 0;
	if (http_body_raw(body, &piece, err) != 0)
		return -1;
	if (piece.n == 0)
		return g->between ? 1 : broken(err, "unexpected EOF");
	g->z.next_in = (unsigned char *)(uintptr_t)piece.p;
	g->z.avail_in = (unsigned)piece.n;
	return 0;
}

/*
 * step - one call of inflate
 */
static int
step(struct http_gunzip *g, struct err *err)
{
	int rc;

	if (g->between && inflateReset(&g->z) != Z_OK)
		return broken(err, g->z.msg);
	g->between = false;
	rc = inflate(&g->z, Z_NO_FLUSH);
	if (rc == Z_STREAM_END)
		g->between = true;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return broken(err, rc == Z_NEED_DICT ? "it needs a dictionary" : g->z.msg);
	return 0;
}

int
http_gunzip_read(struct http_gunzip *g, struct http_body *body, char *p, size_t n, size_t *got,
    struct err *err)
{
	*got = 0;
	if (!g->open && !g->done && open_stream(g, err) != 0)
		return -1;
	while (*got < n && !g->done) {
		int rc = feed(g, body, err);

		if (rc == -1)
			return -1;
		if (rc == 1) {
			g->done = true;
			break;
		}
		g->z.next_out = (unsigned char *)p + *got;
		g->z.avail_out = (unsigned)(n - *got);
		if (step(g, err) != 0)
			return -1;
		*got = n - g->z.avail_out;
	}
	return 0;
}
