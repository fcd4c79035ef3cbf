/*
 * http/headers.c - the head of an answer, as a CGI program writes it
 */
#include "http/http_priv.h"

#define VERSION "1.8-weir-" PACKAGE_VERSION	/* begins with a digit: clients read it as 1.x */
#define ORIGIN_MAX 512

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 409, "Conflict" },
	{ 413, "Request Entity Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Entity" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

void
http_headers_line(struct buf *out, const char *name, struct slice value)
{
	buf_puts(out, name);
	buf_puts(out, ": ");
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		buf_putc(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
	}
	buf_puts(out, "\r\n");
}

static void
line(struct buf *out, const char *name, const char *value)
{
	http_headers_line(out, name, slice_from(value));
}

/*
 * origin_of - the request's Origin, when it is fit to be echoed
 */
static struct slice
origin_of(struct http_request *req)
{
	struct slice origin = slice_trim(http_env(req, "HTTP_ORIGIN"));

	for (size_t i = 0; i < origin.n; i++)
		if (origin.p[i] <= ' ' || origin.p[i] >= 0x7f)
			return SLICE("*");
	return origin.n <= ORIGIN_MAX ? origin : SLICE("*");
}

static void
put_cors(struct http_request *req, struct buf *out)
{
	struct slice origin = origin_of(req);
	bool preflight = req->method == HTTP_OPTIONS;

	if (origin.n == 0 && !preflight)
		return;
	http_headers_line(out, "Access-Control-Allow-Origin", origin.n != 0 ? origin : SLICE("*"));
	line(out, "Access-Control-Expose-Headers",
	    "Date, X-InfluxDB-Version, X-InfluxDB-Build, X-Request-Id, Retry-After");
	line(out, "Access-Control-Max-Age", "86400");
	if (!preflight)
		return;
	line(out, "Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS, PATCH, DELETE");
	line(out, "Access-Control-Allow-Headers", "Accept, Accept-Encoding, Authorization, "
	    "Content-Encoding, Content-Length, Content-Type, User-Agent, X-CSRF-Token, "
	    "X-HTTP-Method-Override");
}

/*
 * put_vary - on what else than the URL the answer depends
 */
static void
put_vary(struct http_request *req, struct buf *out)
{
	bool origin = req->method == HTTP_OPTIONS || origin_of(req).n != 0;
	bool coding = req->inside->reply.vary;

	if (origin && coding)
		line(out, "Vary", "Accept-Encoding, Origin");
	else if (origin || coding)
		line(out, "Vary", coding ? "Accept-Encoding" : "Origin");
}

static void
put_body_headers(struct http_reply *r, int64_t length, struct buf *out)
{
	line(out, "Content-Type", r->content_type);
	if (r->gzip)
		line(out, "Content-Encoding", "gzip");
	if (length >= 0)
		buf_printf(out, "Content-Length: %lld\r\n", (long long)length);
	else
		line(out, "X-Accel-Buffering", "no");
	line(out, "X-Content-Type-Options", "nosniff");	/* for browsers: it is no page */
}

void
http_headers_put(struct http_request *req, int64_t length, struct buf *out)
{
	struct http_reply *r = &req->inside->reply;

	buf_printf(out, "Status: %d %s\r\n", r->status, reason_of(r->status));
	if (r->content_type != NULL)
		put_body_headers(r, length, out);
	line(out, "X-Influxdb-Version", VERSION);
	line(out, "X-Influxdb-Build", "OSS");
	http_headers_line(out, "Request-Id", req->id);
	http_headers_line(out, "X-Request-Id", req->id);
	put_vary(req, out);
	put_cors(req, out);
	buf_put_slice(out, buf_slice(&r->extra));
	buf_puts(out, "\r\n");
}

void
http_reply_options(struct http_request *req)
{
	http_reply_empty(req, 204);
}
