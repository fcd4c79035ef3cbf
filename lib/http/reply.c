/*
 * http/reply.c - answers, whole or streamed
 *
 * Everything goes through one stream. As long as nothing was flushed the answer is only a buffer:
 * it can be dropped for an error, and when the handler is done its length is known. The first flush
 * sends the head without a length.
 *
 *     handler ─► out.buf ─► [gzip] ─► link       flushed: each flush reaches the client at once
 *     handler ─► out.buf ─► end:  [gzip] ─► head with Content-Length, body
 */
#include "base/log.h"
#include "http/http_priv.h"

#define KEEP_BYTES	(256u << 10)	/* a buffer up to this stays for the next request */
#define GZIP_LEVEL	1		/* answers are packed while somebody waits */

static void
keep_modest(struct buf *b)
{
	if (b->cap > KEEP_BYTES)
		buf_free(b);
	buf_reset(b);
}

/* ---- gzip ---- */

static bool
gzip_begin(struct http_reply *r)
{
	r->z = (z_stream){ 0 };
	r->deflating = deflateInit2(&r->z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY) == Z_OK;
	return r->deflating;
}

static void
gzip_end(struct http_reply *r)
{
	if (r->deflating)
		deflateEnd(&r->z);
	r->deflating = false;
}

/*
 * gzip_put - pack n bytes and leave the result in r->packed
 *   in     flush    Z_SYNC_FLUSH: all so far can be read by the client; Z_FINISH: this is the end
 */
static void
gzip_put(struct http_reply *r, const char *p, size_t n, int flush)
{
	buf_reset(&r->packed);
	r->z.next_in = (unsigned char *)(uintptr_t)p;
	do {
		size_t part = n < HTTP_PIECE_BYTES ? n : HTTP_PIECE_BYTES;

		r->z.avail_in = (unsigned)part;
		n -= part;
		do {
			char *to;

			buf_reserve(&r->packed, HTTP_CHUNK_BYTES);
			to = r->packed.p + r->packed.n;
			r->z.next_out = (unsigned char *)to;
			r->z.avail_out = HTTP_CHUNK_BYTES;
			deflate(&r->z, n == 0 ? flush : Z_NO_FLUSH);
			r->packed.n += HTTP_CHUNK_BYTES - r->z.avail_out;
		} while (r->z.avail_out == 0);
	} while (n != 0);
}

/* ---- sending ---- */

static int
send_head(struct http_request *req, int64_t length)
{
	struct http_link *link = req->inside->link;
	struct buf head = { 0 };
	int rc;

	if (link->body_first || length < 0 || length > OUT_PIECE_BYTES)
		http_body_discard(req);
	http_headers_put(req, length, &head);
	rc = link->write(link, head.p, head.n);
	buf_free(&head);
	req->inside->reply.head_sent = true;
	return rc;
}

static bool
has_body(const struct http_request *req)
{
	return req->method != HTTP_HEAD && req->inside->reply.content_type != NULL;
}

static int
send_piece(struct http_request *req, const char *p, size_t n, int flush)
{
	struct http_reply *r = &req->inside->reply;
	struct http_link *link = req->inside->link;

	if (!has_body(req))
		return 0;
	if (!r->gzip)
		return link->write(link, p, n);
	if (!r->deflating && !gzip_begin(r))
		return -1;
	gzip_put(r, p, n, flush);
	return link->write(link, r->packed.p, r->packed.n);
}

/*
 * flush_piece - the `flush` of the answer's stream
 */
static int
flush_piece(void *to, const char *p, size_t n)
{
	struct http_request *req = to;
	struct http_link *link = req->inside->link;

	if (!req->inside->reply.head_sent && send_head(req, -1) != 0)
		return -1;
	if (send_piece(req, p, n, Z_SYNC_FLUSH) != 0)
		return -1;
	return link->flush(link);
}

/*
 * send_whole - an answer that was never flushed: its length is known
 */
static void
send_whole(struct http_request *req)
{
	struct http_reply *r = &req->inside->reply;
	struct http_link *link = req->inside->link;
	struct buf *body = &r->out.buf;

	if (r->gzip && body->n != 0 && gzip_begin(r)) {
		gzip_put(r, body->p, body->n, Z_FINISH);
		body = &r->packed;
	} else {
		r->gzip = false;
	}
	if (send_head(req, (int64_t)body->n) == 0 && has_body(req))
		link->write(link, body->p, body->n);
}

static void
send_rest(struct http_request *req)
{
	struct http_reply *r = &req->inside->reply;

	if (!r->out.failed && !r->cut)
		send_piece(req, r->out.buf.p, r->out.buf.n, Z_FINISH);
}

void
http_reply_end(struct http_request *req)
{
	if (req->inside->reply.head_sent)
		send_rest(req);
	else
		send_whole(req);
}

/* ---- beginning ---- */

void
http_reply_open(struct http_request *req)
{
	struct http_reply *r = &req->inside->reply;

	r->begun = r->head_sent = r->cut = false;
	r->vary = r->gzip = r->deflating = false;
	r->status = 0;
	r->content_type = NULL;
	buf_reset(&r->extra);
	r->out.flush = flush_piece;
	r->out.to = req;
	r->out.failed = false;
	r->out.passed = 0;
	buf_reset(&r->out.buf);
}

void
http_reply_close(struct http_reply *r)
{
	gzip_end(r);
	keep_modest(&r->out.buf);
	keep_modest(&r->packed);
	r->out.to = NULL;
}

void
http_reply_free(struct http_reply *r)
{
	gzip_end(r);
	out_free(&r->out);
	buf_free(&r->packed);
	buf_free(&r->extra);
}

void
http_reply_drop(struct http_request *req)
{
	struct http_reply *r = &req->inside->reply;

	if (r->head_sent && !r->out.failed)
		log_error("an answer was cut short after its beginning");
	r->cut = r->head_sent;
	r->begun = false;
	buf_reset(&r->extra);
	buf_reset(&r->out.buf);
}

static bool
may_compress(struct http_request *req, int status)
{
	return status == 200 && !req->program->plain && req->route != NULL &&
	    (req->route->flags & HTTP_GZIP) != 0;
}

struct out *
http_reply_begin(struct http_request *req, int status, const char *content_type)
{
	struct http_reply *r = &req->inside->reply;

	if (r->begun || r->head_sent)
		http_reply_drop(req);
	r->begun = true;
	r->status = status;
	r->content_type = content_type;
	r->vary = may_compress(req, status);
	r->gzip = r->vary && http_negotiate_gzip(http_env(req, "HTTP_ACCEPT_ENCODING"));
	return &r->out;
}

void
http_reply_empty(struct http_request *req, int status)
{
	http_reply_begin(req, status, NULL);
}

void
http_reply_bytes(struct http_request *req, int status, const char *content_type, struct slice body)
{
	buf_put_slice(&http_reply_begin(req, status, content_type)->buf, body);
}

void
http_reply_header(struct http_request *req, const char *name, struct slice value)
{
	http_headers_line(&req->inside->reply.extra, name, value);
}
