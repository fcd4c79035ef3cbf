/*
 * http/body.c - the body of a request: taken in, checked, handed out in pieces
 *
 *     link ─► sent (memory, or the spool file once it is long)
 *                │ identity                │ gzip
 *                ▼                         ▼
 *             pieces as they are      inflated once in memory when small; else once for nothing but
 *                                     the checks, and again for the pieces
 *
 * A body is whole and right, or nothing of it is handed out: a batch with a broken end must store
 * nothing. That costs a long gzip body its second inflation, and in return the memory needed stays
 * at a few MiB whatever its size: `sent` up to the spool threshold, and either HTTP_WHOLE_BYTES or
 * one piece.
 */
#include <unistd.h>

#include "http/http_priv.h"

#define KEEP_BYTES (4u << 20)	/* a buffer up to this stays for the next request */

void
http_body_begin(struct http_body *body)
{
	body->read = body->at_end = false;
	body->trouble.code = ERR_NONE;
	body->spool_fd = -1;
	body->n_sent = body->raw_at = 0;
	body->gzip = body->whole = false;
	body->n_plain = body->plain_at = 0;
}

static void
keep_modest(struct buf *b)
{
	if (b->cap > KEEP_BYTES)
		buf_free(b);
	buf_reset(b);
}

void
http_body_end(struct http_body *body)
{
	if (body->spool_fd != -1)
		close(body->spool_fd);
	body->spool_fd = -1;
	http_gunzip_end(&body->gunzip);
	keep_modest(&body->sent);
	keep_modest(&body->plain);
}

void
http_body_free(struct http_body *body)
{
	http_body_end(body);
	buf_free(&body->sent);
	buf_free(&body->chunk);
	buf_free(&body->plain);
}

/* ---- taking it in ---- */

static int
too_large(struct http_request *req, struct err *err)
{
	return err_set(err, ERR_TOO_LARGE, "%s", req->program->too_large);
}

/*
 * content_length - false when it is absent, empty or no number: nobody knows
 */
static bool
content_length(struct http_request *req, uint64_t *n)
{
	return slice_to_u64(slice_trim(http_env(req, "CONTENT_LENGTH")), n) == 0;
}

/*
 * is_kept_back - did the client announce a body of which the web server hands on nothing?
 *
 * mod_fcgid does so where a body passes LimitRequestBody, with a CONTENT_LENGTH of 0. What the
 * client announced is known where the server is told to pass it on (deploy/apache/fcgid.conf).
 */
static bool
is_kept_back(struct http_request *req)
{
	uint64_t n;

	return slice_to_u64(slice_trim(http_env(req, "HTTP_CONTENT_LENGTH")), &n) == 0 && n > 0;
}

/*
 * spill - from now on the body goes to a file, beginning with what is in memory
 */
static int
spill(struct http_request *req, struct err *err)
{
	struct http_body *body = &req->inside->body;

	if (body->spool_fd == -1) {
		body->spool_fd = http_spool_open(req->program->spool_dir, err);
		if (body->spool_fd == -1)
			return -1;
	}
	if (http_spool_append(body->spool_fd, body->sent.p, body->sent.n, err) != 0)
		return -1;
	buf_reset(&body->sent);
	return 0;
}

/*
 * receive - read from the link to the end
 *
 * `sent` is never longer than the spool threshold. Room is made as bytes come, a chunk at a time,
 * so that nobody gets memory for a length that is only announced.
 */
static int
receive(struct http_request *req, struct err *err)
{
	struct http_body *body = &req->inside->body;
	struct http_link *link = req->inside->link;

	for (;;) {
		ssize_t got;

		if (body->sent.n + HTTP_CHUNK_BYTES > req->program->spool_bytes &&
		    body->sent.n >= HTTP_CHUNK_BYTES && spill(req, err) != 0)
			return -1;
		buf_reserve(&body->sent, HTTP_CHUNK_BYTES);
		got = link->read(link, body->sent.p + body->sent.n, HTTP_CHUNK_BYTES);
		if (got < 0)
			return err_set(err, ERR_GONE, "the request body was cut short");
		if (got == 0)
			break;
		body->sent.n += (size_t)got;
		body->n_sent += (uint64_t)got;
		if (body->n_sent > body->sent_max)
			return too_large(req, err);
	}
	body->at_end = true;
	if (body->spool_fd != -1)
		return spill(req, err);
	return 0;
}

static int
take_in(struct http_request *req, struct err *err)
{
	struct http_body *body = &req->inside->body;
	uint64_t announced;
	bool known = content_length(req, &announced);

	if (known && announced > body->sent_max)
		return too_large(req, err);
	if (receive(req, err) != 0)
		return -1;
	if (known && body->n_sent < announced)
		return err_set(err, ERR_GONE, "the request body was cut short");
	if (body->n_sent == 0 && is_kept_back(req))
		return too_large(req, err);
	return 0;
}

/*
 * The web server may send the whole body before it reads any of the answer. What nobody asked for
 * is then in the way of a long answer, each side waiting for the other. Bounded, since the sender
 * may have no end, well above what a web server is set to let through.
 */
void
http_body_discard(struct http_request *req)
{
	struct http_body *body = &req->inside->body;
	struct http_link *link = req->inside->link;
	uint64_t n = 0, announced;
	ssize_t got = 1;

	if (body->at_end || ((!content_length(req, &announced) || announced == 0) &&
	    http_env(req, "HTTP_TRANSFER_ENCODING").n == 0))
		return;
	buf_reset(&body->chunk);
	buf_reserve(&body->chunk, HTTP_CHUNK_BYTES);
	while (got > 0 && n < 2 * req->program->sent_bytes) {
		got = link->read(link, body->chunk.p, HTTP_CHUNK_BYTES);
		if (got > 0)
			n += (uint64_t)got;
	}
	body->at_end = got == 0;
}

/* ---- as it was sent ---- */

void
http_body_rewind(struct http_body *body)
{
	body->raw_at = 0;
}

int
http_body_raw(struct http_body *body, struct slice *piece, struct err *err)
{
	uint64_t left = body->n_sent - body->raw_at;
	size_t n = left < HTTP_CHUNK_BYTES ? (size_t)left : HTTP_CHUNK_BYTES;

	if (left == 0) {
		*piece = SLICE("");
		return 0;
	}
	if (body->spool_fd == -1) {
		*piece = slice_make(body->sent.p + body->raw_at, (size_t)left);
		body->raw_at += left;
		return 0;
	}
	buf_reset(&body->chunk);
	buf_extend(&body->chunk, n);
	if (http_spool_read(body->spool_fd, body->raw_at, body->chunk.p, n, err) != 0)
		return -1;
	body->raw_at += n;
	*piece = buf_slice(&body->chunk);
	return 0;
}

/* ---- checking it ---- */

static int
find_encoding(struct http_request *req, struct err *err)
{
	struct slice coding = slice_trim(http_env(req, "HTTP_CONTENT_ENCODING"));

	if (slice_eq_nocase(coding, SLICE("gzip")) || slice_eq_nocase(coding, SLICE("x-gzip")))
		req->inside->body.gzip = true;
	else if (coding.n != 0 && !slice_eq_nocase(coding, SLICE("identity")))
		return err_set(err, ERR_INVALID, "unacceptable content-encoding: " SLICE_FMT,
		    SLICE_ARG(coding));
	return 0;
}

/*
 * size_in_trailer - what the last member's trailer says of its inflated size
 */
static size_t
size_in_trailer(struct slice sent)
{
	const unsigned char *p = (const unsigned char *)sent.p + sent.n - 4;

	if (sent.n < 18)
		return 0;
	return (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

static bool
inflate_whole(struct http_body *body)
{
	size_t max = body->inflated_max < HTTP_WHOLE_BYTES ? (size_t)body->inflated_max :
	    HTTP_WHOLE_BYTES;
	size_t hint;

	if (body->spool_fd != -1)
		return false;
	hint = size_in_trailer(buf_slice(&body->sent));
	if (hint > max)
		return false;
	if (hint < body->sent.n)
		hint = body->sent.n < max ? body->sent.n : max;
	if (!http_inflate_whole(buf_slice(&body->sent), hint, max, &body->plain))
		return false;
	body->whole = true;
	body->n_plain = body->plain.n;
	return true;
}

/*
 * check_stream - inflate for nothing but the checks and the size
 */
static int
check_stream(struct http_request *req, struct err *err)
{
	struct http_body *body = &req->inside->body;
	size_t got;

	http_body_rewind(body);
	http_gunzip_begin(&body->gunzip);
	buf_reset(&body->plain);
	buf_reserve(&body->plain, HTTP_CHUNK_BYTES);
	do {
		if (http_gunzip_read(&body->gunzip, body, body->plain.p, HTTP_CHUNK_BYTES, &got,
		    err) != 0)
			return -1;
		body->n_plain += got;
		if (body->n_plain > body->inflated_max)
			return too_large(req, err);
	} while (got != 0);
	http_body_rewind(body);
	http_gunzip_begin(&body->gunzip);
	return 0;
}

static int
read_and_check(struct http_request *req, struct err *err)
{
	struct http_body *body = &req->inside->body;

	if (take_in(req, err) != 0)
		return -1;
	body->n_plain = body->n_sent;
	if (body->n_sent == 0)
		return 0;	/* some clients call an empty body gzip */
	if (find_encoding(req, err) != 0)
		return -1;
	if (!body->gzip)
		return body->n_sent > body->inflated_max ? too_large(req, err) : 0;
	body->n_plain = 0;
	return inflate_whole(body) ? 0 : check_stream(req, err);
}

int
http_body_read(struct http_request *req, struct err *err)
{
	struct http_body *body = &req->inside->body;

	if (!body->read && read_and_check(req, &body->trouble) == 0)
		body->trouble.code = ERR_NONE;
	body->read = true;
	if (body->trouble.code != ERR_NONE)
		return err_set(err, body->trouble.code, "%s", body->trouble.text);
	return 0;
}

/* ---- handing it out ---- */

/*
 * next_window - into `plain`: the next piece of a spooled or inflated body
 */
static int
next_window(struct http_body *body, size_t n, struct err *err)
{
	size_t got = n;
	char *p;

	buf_reset(&body->plain);
	p = buf_extend(&body->plain, n);
	if (body->gzip) {
		if (http_gunzip_read(&body->gunzip, body, p, n, &got, err) != 0)
			return -1;
		if (got != n)
			return err_set(err, ERR_IO, "a body changed while it was read");
		return 0;
	}
	return http_spool_read(body->spool_fd, body->plain_at, p, n, err);
}

int
http_body_window(struct http_request *req, struct slice *piece, struct err *err)
{
	struct http_body *body = &req->inside->body;
	struct buf *from = &body->plain;
	uint64_t left;

	if (http_body_read(req, err) != 0)
		return -1;
	left = body->n_plain - body->plain_at;
	if (left == 0) {
		*piece = SLICE("");
		return 0;
	}
	if (!body->gzip && body->spool_fd == -1)
		from = &body->sent;
	else if (!body->whole && next_window(body,
	    left < HTTP_PIECE_BYTES ? (size_t)left : HTTP_PIECE_BYTES, err) != 0)
		return -1;
	memset(from->p + from->n, 0, BUF_SLACK);
	body->plain_at += from->n;
	*piece = buf_slice(from);
	return 0;
}

int
http_body_whole(struct http_request *req, size_t max, struct slice *whole, struct err *err)
{
	struct http_body *body = &req->inside->body;
	struct slice piece;
	size_t n = 0;
	char *p;

	if (http_body_read(req, err) != 0)
		return -1;
	if (body->n_plain > max)
		return too_large(req, err);
	p = arena_alloc(req->arena, (size_t)body->n_plain + BUF_SLACK);
	do {
		if (http_body_window(req, &piece, err) != 0)
			return -1;
		if (piece.n != 0)
			memcpy(p + n, piece.p, piece.n);
		n += piece.n;
	} while (piece.n != 0);
	memset(p + n, 0, BUF_SLACK);
	*whole = slice_make(p, n);
	return 0;
}
