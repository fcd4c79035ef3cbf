/*
 * tests/fuzz/http_fuzz.c - whole requests made of chance
 *
 * The input is the values of some variables, each ended by a NUL, and then the body:
 *
 *     SCRIPT_NAME QUERY_STRING HTTP_AUTHORIZATION CONTENT_TYPE HTTP_CONTENT_ENCODING ...
 *
 * The program behind reads its parameters and its body and answers with them. What must hold,
 * besides that nothing breaks: an answer has a head without stray line ends, every value has its
 * NUL, and a body is not longer than allowed.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "http/http_priv.h"

int		 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SENT_MAX	20000
#define INFLATED_MAX	100000

static const char *const names[] = {
	"SCRIPT_NAME",
	"QUERY_STRING",
	"HTTP_AUTHORIZATION",
	"CONTENT_TYPE",
	"HTTP_CONTENT_ENCODING",
	"HTTP_ACCEPT",
	"HTTP_ACCEPT_ENCODING",
	"HTTP_X_REQUEST_ID",
	"HTTP_ORIGIN",
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

struct chance_link {
	struct http_link link;		/* first: the link is cast back */
	const char	*values[N_NAMES];
	struct slice	 body;
	struct buf	 answer;
};

static const char *
chance_env(struct http_link *link, const char *name)
{
	struct chance_link *c = (struct chance_link *)link;

	for (size_t i = 0; i < N_NAMES; i++)
		if (strcmp(name, names[i]) == 0)
			return c->values[i];
	return strcmp(name, "REQUEST_METHOD") == 0 ? "POST" : NULL;
}

static ssize_t
chance_read(struct http_link *link, char *p, size_t n)
{
	struct chance_link *c = (struct chance_link *)link;

	if (n > c->body.n)
		n = c->body.n;
	if (n != 0)
		memcpy(p, c->body.p, n);
	c->body = slice_make(c->body.p + n, c->body.n - n);
	return (ssize_t)n;
}

static int
chance_write(struct http_link *link, const char *p, size_t n)
{
	buf_put(&((struct chance_link *)link)->answer, p, n);
	return 0;
}

static int
chance_flush(struct http_link *link)
{
	(void)link;
	return 0;
}

static bool
chance_gone(struct http_link *link)
{
	(void)link;
	return false;
}

static int
answer_query(struct http_request *req, struct err *err)
{
	static const char *const types[] = { "application/json", "text/csv" };
	struct slice q = http_param(req, "q");

	(void)err;
	assert(q.n == 0 || q.p[q.n] == '\0');
	assert(!req->credential.present || req->credential.secret.n != 0);
	http_reply_header(req, "X-Segment", req->segment);
	http_reply_bytes(req, 200, types[http_choose_type(req, types, 2)], q);
	return 0;
}

static int
answer_write(struct http_request *req, struct err *err)
{
	struct slice piece;
	size_t n = 0;

	do {
		if (http_body_window(req, &piece, err) != 0)
			return -1;
		n += piece.n;
		assert(n <= INFLATED_MAX && (piece.n == 0 || piece.p[piece.n + BUF_SLACK - 1] == 0));
	} while (piece.n != 0);
	http_reply_empty(req, 204);
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_POST, "/query", answer_query, HTTP_V1 | HTTP_FORM | HTTP_GZIP, 0, 0 },
	{ HTTP_POST, "/write", answer_write, HTTP_V1, 0, 0 },
	{ HTTP_POST, "/api/v2/x/*", answer_query, HTTP_CREDENTIAL, 0, 0 },
};

static const struct http_program program = {
	.name = "weir-fuzz", .routes = routes, .n_routes = sizeof(routes) / sizeof(routes[0]),
	.sent_bytes = SENT_MAX, .inflated_bytes = INFLATED_MAX,
};

/*
 * check_head - lines end in CR LF, hold no other control byte, and an empty one comes last
 */
static void
check_head(struct slice answer)
{
	assert(slice_starts(answer, SLICE("Status: ")));
	for (;;) {
		size_t n = slice_find(answer, '\r');

		assert(n + 1 < answer.n && answer.p[n + 1] == '\n');
		for (size_t i = 0; i < n; i++)
			assert((unsigned char)answer.p[i] >= ' ' && answer.p[i] != 0x7f);
		if (n == 0)
			break;
		answer = slice_make(answer.p + n + 2, answer.n - n - 2);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chance_link c = {
		.link = { chance_env, chance_read, chance_write, chance_flush, chance_gone,
		    false },
	};
	struct http_server server;
	char *text = malloc(size + 1);
	size_t at = 0;

	if (text == NULL)
		abort();
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < N_NAMES && at < size; i++) {
		c.values[i] = text + at;
		at += strlen(text + at) + 1;
	}
	if (at > size)
		at = size;
	c.body = slice_make(text + at, size - at);
	http_server_open(&server, &program);
	http_server_answer(&server, &c.link);
	check_head(buf_slice(&c.answer));
	http_server_close(&server);
	buf_free(&c.answer);
	free(text);
	return 0;
}
