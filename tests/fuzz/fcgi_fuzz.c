/*
 * tests/fuzz/fcgi_fuzz.c - any bytes on a FastCGI connection
 *
 *     first byte 0    what follows is records as a web server sends them, of bytes below 128: so
 *                     names and values are shorter than that, for libfcgi believes any length
 *     else            pairs of name and value, each ended by a NUL: they are made the parameters of
 *                     a request, in records of as many bytes as the first byte says; what is left
 *                     is its body
 *
 * The room serves them over a real socket, with the test as web server, until nothing more comes.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/http_priv.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/*
 * libfcgi forgets 48 bytes of a request whose parameters it cannot read. Web servers send none such.
 */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfcgi.so";
}

#define INPUT_MAX	60000		/* fits into the buffer of a socket */
#define BODY_MAX	20000

enum record_type { BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5 };

static void
insist(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

/* ---- the program ---- */

static int
answer(struct http_request *req, struct err *err)
{
	struct slice body;

	insist(!req->credential.present || req->credential.secret.n != 0, "an empty credential");
	if (http_body_whole(req, BODY_MAX, &body, err) != 0)
		return -1;
	http_reply_bytes(req, 200, "text/plain", http_param(req, "q"));
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_POST, "/query", answer, HTTP_V1 | HTTP_FORM | HTTP_GZIP, 0, 0 },
	{ HTTP_POST, "/write", answer, HTTP_V1 | HTTP_CREDENTIAL, 0, 0 },
};

static const struct http_program program = {
	.name = "weir-fuzz", .routes = routes, .n_routes = sizeof(routes) / sizeof(routes[0]),
	.sent_bytes = BODY_MAX, .inflated_bytes = BODY_MAX,
};

/* ---- the web server ---- */

static void
put_record(struct buf *out, enum record_type type, struct slice content)
{
	const char head[8] = { 1, (char)type, 0, 1, (char)(content.n >> 8), (char)content.n, 0, 0 };

	buf_put(out, head, sizeof(head));
	buf_put_slice(out, content);
}

static void
put_length(struct buf *out, size_t n)
{
	if (n < 128)
		buf_putc(out, (char)n);
	else
		buf_put_be32(out, (uint32_t)n | 0x80000000u);
}

static struct slice
take_text(struct slice *rest)
{
	size_t n = slice_find(*rest, '\0');
	struct slice text = slice_make(rest->p, n);

	n += n < rest->n;
	*rest = slice_make(rest->p + n, rest->n - n);
	return text;
}

static void
put_stream(struct buf *out, enum record_type type, struct slice all, size_t step)
{
	for (size_t n; all.n > 0; all = slice_make(all.p + n, all.n - n)) {
		n = all.n < step ? all.n : step;
		put_record(out, type, slice_make(all.p, n));
	}
	put_record(out, type, SLICE(""));
}

static void
put_request(struct buf *out, size_t step, struct slice rest)
{
	static const char begin[8] = { 0, 1, 0 };
	struct buf params = { 0 };

	while (rest.n > 0) {
		struct slice name = take_text(&rest), value = take_text(&rest);

		if (name.n == 0)
			break;
		put_length(&params, name.n);
		put_length(&params, value.n);
		buf_put_slice(&params, name);
		buf_put_slice(&params, value);
	}
	put_record(out, BEGIN_REQUEST, slice_make(begin, sizeof(begin)));
	put_stream(out, PARAMS, buf_slice(&params), step);
	put_stream(out, STDIN, rest, step);
	buf_free(&params);
}

/*
 * A listening socket that is shut gives out the connections that have come, and then fails: so the
 * program ends when it has served what there is.
 */
static void
serve(struct slice bytes)
{
	int listening = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(address);
	struct http_server server;
	struct err err;

	insist(bind(listening, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 &&
	    getsockname(listening, (struct sockaddr *)&address, &n) == 0 &&
	    listen(listening, 4) == 0 && dup2(listening, 0) == 0, "listen");
	insist(connect(client, (struct sockaddr *)&address, n) == 0 &&
	    (bytes.n == 0 || send(client, bytes.p, bytes.n, 0) == (ssize_t)bytes.n) &&
	    shutdown(client, SHUT_WR) == 0 && shutdown(listening, SHUT_RD) == 0, "connect");
	http_server_open(&server, &program);
	insist(http_link_fcgi_serve(&server, &err) == -1, "the program ends by itself");
	http_server_close(&server);
	close(client);
	close(listening);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data + 1, size > 0 ? size - 1 : 0);
	struct buf bytes = { 0 };
	static bool begun;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	if (!begun)
		begun = FCGX_Init() == 0;
	if (data[0] == 0) {
		for (size_t i = 0; i < rest.n; i++)
			buf_putc(&bytes, rest.p[i] & 0x7f);
	} else {
		put_request(&bytes, data[0] < 16 ? data[0] : 16u * data[0], rest);
	}
	if (bytes.n <= 2 * INPUT_MAX)
		serve(buf_slice(&bytes));
	buf_free(&bytes);
	return 0;
}
