/*
 * http/reply_error.c - an error in the words and the shape that clients look for
 *
 *     v1 paths    {"code":"invalid","message":"...","error":"..."}
 *     others      {"code":"invalid","message":"..."}
 *
 * and "line":N where lines of a body were refused.
 */
#include <stdio.h>

#include "base/utf8.h"
#include "http/http_priv.h"

#define RETRY_AFTER_S	"5"
#define HEADER_BYTES	1024	/* of a text in a header, as 1.x cuts it */

/*
 * put_json_string - quoted and escaped (RFC 8259, 7); bytes that are not UTF-8 become U+FFFD
 */
static void
put_json_string(struct buf *out, struct slice s)
{
	buf_putc(out, '"');
	while (s.n != 0) {
		uint32_t rune;
		size_t n = utf8_next(s, &rune);

		if (rune == '"' || rune == '\\') {
			buf_putc(out, '\\');
			buf_putc(out, (char)rune);
		} else if (rune == '\n') {
			buf_puts(out, "\\n");
		} else if (rune < ' ' || rune == 0x7f) {
			buf_printf(out, "\\u%04x", (unsigned)rune);
		} else if (rune == 0xfffd) {
			buf_puts(out, "\xef\xbf\xbd");
		} else {
			buf_put(out, s.p, n);
		}
		s = slice_make(s.p + n, s.n - n);
	}
	buf_putc(out, '"');
}

static bool
is_v1(const struct http_request *req)
{
	return req->route != NULL && (req->route->flags & HTTP_V1) != 0;
}

static void
put_error(struct http_request *req, const char *code, struct slice text, uint64_t line)
{
	struct buf *out = &req->inside->reply.out.buf;

	buf_puts(out, "{\"code\":");
	put_json_string(out, slice_from(code));
	buf_puts(out, ",\"message\":");
	put_json_string(out, text);
	if (is_v1(req)) {
		buf_puts(out, ",\"error\":");
		put_json_string(out, text);
	}
	if (line != 0)
		buf_printf(out, ",\"line\":%llu", (unsigned long long)line);
	buf_puts(out, "}\n");
}

static void
put_error_headers(struct http_request *req, int status, const char *code, struct slice text)
{
	http_reply_header(req, "X-Platform-Error-Code", slice_from(code));
	if (status == 401)
		http_reply_header(req, "WWW-Authenticate", is_v1(req) ?
		    SLICE("Basic realm=\"weir\"") : SLICE("Bearer realm=\"weir\""));
	else
		http_reply_header(req, "X-Influxdb-Error", utf8_cut(text, HEADER_BYTES));
	if (status == 503 || status == 429)
		http_reply_header(req, "Retry-After", SLICE(RETRY_AFTER_S));
}

/*
 * code_to_send - a body that was cut off is not stored: whoever is still there may send it again
 */
static enum err_code
code_to_send(enum err_code code)
{
	if (code == ERR_GONE)
		return ERR_UNAVAILABLE;
	return code != ERR_NONE ? code : ERR_INTERNAL;
}

void
http_reply_error_text(struct http_request *req, enum err_code code, struct slice text,
    uint64_t line)
{
	int status;

	code = code_to_send(code);
	status = err_status(code);
	if (status == 401)
		text = SLICE("unauthorized access");
	http_reply_begin(req, status, "application/json");
	put_error_headers(req, status, err_word(code), text);
	put_error(req, err_word(code), text, line);
}

void
http_reply_error_line(struct http_request *req, const struct err *err, uint64_t line)
{
	http_reply_error_text(req, err->code, slice_from(err->text), line);
}

void
http_reply_error(struct http_request *req, const struct err *err)
{
	http_reply_error_line(req, err, 0);
}

/*
 * Of an answer under way nothing can be taken back; what is only a buffer yet is forgotten.
 */
void
http_reply_last_words(void *arg)
{
	static const char text[] = ERR_COME_BACK_TEXT;
	struct http_request *req = arg;
	struct http_link *link = req->inside->link;
	char answer[512];
	int n;

	if (req->inside->reply.head_sent || link->last == NULL)
		return;
	n = snprintf(answer, sizeof(answer), "Status: 503 Service Unavailable\r\n"
	    "Content-Type: application/json\r\nRetry-After: " RETRY_AFTER_S "\r\n"
	    "X-Platform-Error-Code: unavailable\r\nX-Influxdb-Error: %s\r\n\r\n"
	    "{\"code\":\"unavailable\",\"message\":\"%s\"%s%s%s}\n", text, text,
	    is_v1(req) ? ",\"error\":\"" : "", is_v1(req) ? text : "", is_v1(req) ? "\"" : "");
	link->last(link, answer, (size_t)n);
}
