/*
 * tests/unit/http_reply_test.c - answers whole, streamed, packed and refused; ids, CORS, Accept
 */
#include "http_gzip.h"

static int
answer_empty(struct http_request *req, struct err *err)
{
	(void)err;
	http_reply_empty(req, 204);
	return 0;
}

static int
answer_hello(struct http_request *req, struct err *err)
{
	(void)err;
	http_reply_header(req, "X-Test", SLICE("a\r\nX-Evil: b"));
	http_reply_bytes(req, 200, "text/plain", SLICE("hello\n"));
	return 0;
}

static int
answer_documents(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "application/json");

	(void)err;
	for (int i = 0; i < 3; i++) {
		buf_printf(&out->buf, "{\"i\":%d}\n", i);
		out_flush(out);
	}
	buf_puts(&out->buf, "last\n");
	return 0;
}

#define BIG_ROWS 100000

static int
answer_big(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "text/csv");

	(void)err;
	for (int i = 0; i < BIG_ROWS && out_ready(out); i++)
		buf_printf(&out->buf, "%d,row\n", i);
	return 0;
}

static int
answer_half(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "application/json");

	buf_puts(&out->buf, "half");
	return err_set(err, ERR_UNAVAILABLE, "say \"no\"\r\n\tX-Evil: \xff");
}

static int
answer_cut(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "application/json");

	buf_puts(&out->buf, "half");
	out_flush(out);
	return err_set(err, ERR_IO, "too late");
}

static int
answer_lines(struct http_request *req, struct err *err)
{
	err_set(err, ERR_INVALID, "no data written");
	http_reply_error_line(req, err, 2);
	return 0;
}

static int
answer_nothing(struct http_request *req, struct err *err)
{
	(void)req;
	(void)err;
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_HEAD, "/empty", answer_empty, HTTP_GZIP, 0, 0 },
	{ HTTP_GET | HTTP_HEAD, "/hello", answer_hello, HTTP_GZIP, 0, 0 },
	{ HTTP_GET | HTTP_HEAD, "/documents", answer_documents, HTTP_GZIP, 0, 0 },
	{ HTTP_GET, "/big", answer_big, HTTP_GZIP, 0, 0 },
	{ HTTP_GET, "/half", answer_half, HTTP_GZIP | HTTP_V1, 0, 0 },
	{ HTTP_GET, "/cut", answer_cut, 0, 0, 0 },
	{ HTTP_GET, "/lines", answer_lines, HTTP_V1, 0, 0 },
	{ HTTP_GET, "/api/v2/lines", answer_lines, 0, 0, 0 },
	{ HTTP_GET, "/nothing", answer_nothing, 0, 0, 0 },
	{ HTTP_GET, "/bare", answer_hello, 0, 0, 0 },
};

static const struct http_program program = {
	.name = "weir-test", .routes = routes, .n_routes = UNIT_N(routes),
};

/*
 * ask - one request with up to one header more
 */
static const char *
ask(struct memory_link *m, const char *method, const char *path, const char *name,
    const char *value)
{
	memory_open(m);
	memory_set(m, "REQUEST_METHOD", method);
	memory_set(m, "SCRIPT_NAME", path);
	if (name != NULL)
		memory_set(m, name, value);
	return memory_ask(m, &program);
}

static void
test_empty(void **state)
{
	struct memory_link m;

	(void)state;
	ask(&m, "GET", "/empty", "HTTP_ACCEPT_ENCODING", "gzip");
	assert_has(m.answer.p, "Status: 204 No Content\r\nX-Influxdb-Version: 1.8-weir-");
	assert_has(m.answer.p, "\r\nX-Influxdb-Build: OSS\r\n");
	assert_has_not(m.answer.p, "Content-");
	assert_int_equal(memory_answer_body(&m).n, 0);
	memory_close(&m);
}

static void
test_whole(void **state)
{
	struct memory_link m;

	(void)state;
	ask(&m, "GET", "/hello", NULL, NULL);
	assert_has(m.answer.p, "Status: 200 OK\r\nContent-Type: text/plain\r\n"
	    "Content-Length: 6\r\n");
	assert_has(m.answer.p, "\r\nVary: Accept-Encoding\r\n");
	assert_has(m.answer.p, "\r\nX-Test: a  X-Evil: b\r\n");
	assert_string_equal(memory_answer_body(&m).p, "hello\n");
	memory_close(&m);
	ask(&m, "HEAD", "/hello", NULL, NULL);
	assert_has(m.answer.p, "\r\nContent-Length: 6\r\n");
	assert_int_equal(memory_answer_body(&m).n, 0);
	memory_close(&m);
	ask(&m, "GET", "/bare", "HTTP_ACCEPT_ENCODING", "gzip");
	assert_has_not(m.answer.p, "Vary");
	assert_string_equal(memory_answer_body(&m).p, "hello\n");
	memory_close(&m);
}

static void
test_streamed(void **state)
{
	struct memory_link m;

	(void)state;
	ask(&m, "GET", "/documents", NULL, NULL);
	assert_has_not(m.answer.p, "Content-Length");
	assert_has(m.answer.p, "\r\nX-Accel-Buffering: no\r\n");
	assert_string_equal(memory_answer_body(&m).p, "{\"i\":0}\n{\"i\":1}\n{\"i\":2}\nlast\n");
	assert_int_equal(m.n_flushes, 3);
	memory_close(&m);
	ask(&m, "HEAD", "/documents", NULL, NULL);
	assert_int_equal(memory_answer_body(&m).n, 0);
	memory_close(&m);
}

static void
check_packed(const char *path, const char *plain)
{
	struct buf unpacked = { 0 };
	struct memory_link m;

	ask(&m, "GET", path, "HTTP_ACCEPT_ENCODING", "deflate, GZIP;q=0.5");
	assert_has(m.answer.p, "\r\nContent-Encoding: gzip\r\n");
	assert_has(m.answer.p, "\r\nVary: Accept-Encoding\r\n");
	assert_true(gunzip_put(&unpacked, memory_answer_body(&m)));
	assert_true(slice_eq(buf_slice(&unpacked), slice_from(plain)));
	buf_free(&unpacked);
	memory_close(&m);
}

/*
 * A body that nobody read is taken in before a long answer, and left alone before a short one.
 */
static void
test_unread_body_before_a_long_answer(void **state)
{
	static char body[100000];
	struct memory_link m;

	(void)state;
	for (int is_long = 0; is_long < 2; is_long++) {
		memory_open(&m);
		m.body = slice_make(body, sizeof(body));
		memory_set(&m, "REQUEST_METHOD", "GET");
		memory_set(&m, "SCRIPT_NAME", is_long ? "/big" : "/hello");
		memory_set(&m, "CONTENT_LENGTH", "100000");
		memory_ask(&m, &program);
		assert_int_equal(m.body.n, is_long ? 0 : sizeof(body));
		memory_close(&m);
	}
}

static void
test_packed(void **state)
{
	struct buf big = { 0 };
	struct memory_link m;

	(void)state;
	check_packed("/hello", "hello\n");
	check_packed("/documents", "{\"i\":0}\n{\"i\":1}\n{\"i\":2}\nlast\n");
	for (int i = 0; i < BIG_ROWS; i++)
		buf_printf(&big, "%d,row\n", i);
	buf_putc(&big, '\0');
	check_packed("/big", big.p);
	buf_free(&big);
	ask(&m, "GET", "/hello", "HTTP_ACCEPT_ENCODING", "gzip;q=0");
	assert_has_not(m.answer.p, "Content-Encoding");
	memory_close(&m);
	ask(&m, "GET", "/half", "HTTP_ACCEPT_ENCODING", "gzip");
	assert_has_not(m.answer.p, "Content-Encoding");
	memory_close(&m);
}

static void
test_packed_documents_can_be_read_one_by_one(void **state)
{
	struct buf unpacked = { 0 };
	struct memory_link m;

	(void)state;
	memory_open(&m);
	m.writes_left = 2;	/* the head and the first document */
	memory_set(&m, "REQUEST_METHOD", "GET");
	memory_set(&m, "SCRIPT_NAME", "/documents");
	memory_set(&m, "HTTP_ACCEPT_ENCODING", "gzip");
	memory_ask(&m, &program);
	assert_false(gunzip_put(&unpacked, memory_answer_body(&m)));
	assert_true(slice_eq(buf_slice(&unpacked), SLICE("{\"i\":0}\n")));
	buf_free(&unpacked);
	memory_close(&m);
}

static void
test_errors(void **state)
{
	struct memory_link m;

	(void)state;
	ask(&m, "GET", "/half", NULL, NULL);
	assert_has(m.answer.p, "Status: 503 Service Unavailable\r\n");
	assert_has(m.answer.p, "\r\nRetry-After: 5\r\n");
	assert_has(m.answer.p, "\r\nX-Influxdb-Error: say \"no\"   X-Evil: \xff\r\n");
	assert_has(m.answer.p, "\r\nX-Platform-Error-Code: unavailable\r\n");
	assert_string_equal(memory_answer_body(&m).p, "{\"code\":\"unavailable\",\"message\":"
	    "\"say \\\"no\\\"\\u000d\\n\\u0009X-Evil: \xef\xbf\xbd\",\"error\":"
	    "\"say \\\"no\\\"\\u000d\\n\\u0009X-Evil: \xef\xbf\xbd\"}\n");
	memory_close(&m);
	ask(&m, "GET", "/lines", NULL, NULL);
	assert_string_equal(memory_answer_body(&m).p, "{\"code\":\"invalid\",\"message\":"
	    "\"no data written\",\"error\":\"no data written\",\"line\":2}\n");
	memory_close(&m);
	ask(&m, "GET", "/api/v2/lines", NULL, NULL);
	assert_string_equal(memory_answer_body(&m).p, "{\"code\":\"invalid\",\"message\":"
	    "\"no data written\",\"line\":2}\n");
	memory_close(&m);
	ask(&m, "GET", "/nothing", NULL, NULL);
	assert_has(m.answer.p, "Status: 500 ");
	memory_close(&m);
	ask(&m, "GET", "/cut", NULL, NULL);
	assert_has(m.answer.p, "Status: 200 ");
	assert_string_equal(memory_answer_body(&m).p, "half");
	memory_close(&m);
}

static void
test_nobody_listens(void **state)
{
	struct memory_link m;

	(void)state;
	for (int writes = 0; writes < 4; writes++) {
		memory_open(&m);
		m.writes_left = writes;
		memory_set(&m, "REQUEST_METHOD", "GET");
		memory_set(&m, "SCRIPT_NAME", "/big");
		memory_ask(&m, &program);
		assert_true(m.answer.n < (size_t)writes * (OUT_PIECE_BYTES + 1024) + 1);
		memory_close(&m);
	}
}

static const struct {
	const char	*name;
	const char	*sent;
	const char	*echoed;
} id_cases[] = {
	{ "HTTP_X_REQUEST_ID", "abc-123", "abc-123" },
	{ "HTTP_REQUEST_ID", "abc", "abc" },
	{ "HTTP_X_REQUEST_ID", "a b\r\nX-Evil: c\x7f\xc3\xa4", "abX-Evil:c" },
};

static void
test_ids(void **state)
{
	char expected[256], long_id[1000];
	struct memory_link m;
	const char *at;

	(void)state;
	for (size_t i = 0; i < UNIT_N(id_cases); i++) {
		ask(&m, "GET", "/nowhere", id_cases[i].name, id_cases[i].sent);
		snprintf(expected, sizeof(expected), "\r\nRequest-Id: %s\r\nX-Request-Id: %s\r\n",
		    id_cases[i].echoed, id_cases[i].echoed);
		assert_has(m.answer.p, expected);
		memory_close(&m);
	}
	memset(long_id, 'a', sizeof(long_id) - 1);
	long_id[sizeof(long_id) - 1] = '\0';
	ask(&m, "GET", "/empty", "HTTP_X_REQUEST_ID", long_id);
	at = strstr(m.answer.p, "\r\nRequest-Id: ");
	assert_int_equal(strcspn(at + 14, "\r"), 128);
	memory_close(&m);
	ask(&m, "GET", "/empty", "HTTP_X_REQUEST_ID", "\r\n");
	at = strstr(m.answer.p, "\r\nRequest-Id: ") + 14;
	assert_int_equal(strcspn(at, "\r"), 36);
	assert_int_equal(strspn(at, "0123456789abcdef-"), 36);
	assert_int_equal(at[14], '4');
	assert_non_null(strchr("89ab", at[19]));
	memory_close(&m);
}

static void
test_cors(void **state)
{
	struct memory_link m;

	(void)state;
	ask(&m, "OPTIONS", "/write", NULL, NULL);
	assert_has(m.answer.p, "Status: 204 No Content\r\n");
	assert_has(m.answer.p, "\r\nAccess-Control-Allow-Origin: *\r\n");
	assert_has(m.answer.p, "\r\nVary: Origin\r\n");
	assert_has(m.answer.p,
	    "\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, OPTIONS, PATCH, DELETE\r\n");
	assert_has(m.answer.p, "Content-Encoding");
	assert_has(m.answer.p, "\r\nAccess-Control-Max-Age: 86400\r\n");
	memory_close(&m);
	ask(&m, "OPTIONS", "/write", "HTTP_ORIGIN", "http://a.example");
	assert_has(m.answer.p, "\r\nAccess-Control-Allow-Origin: http://a.example\r\n");
	memory_close(&m);
	ask(&m, "GET", "/hello", "HTTP_ORIGIN", "http://a.example");
	assert_has(m.answer.p, "\r\nAccess-Control-Allow-Origin: http://a.example\r\n");
	assert_has(m.answer.p, "\r\nVary: Accept-Encoding, Origin\r\n");
	assert_has(m.answer.p, "Access-Control-Expose-Headers");
	assert_has_not(m.answer.p, "Access-Control-Allow-Methods");
	memory_close(&m);
	ask(&m, "GET", "/hello", "HTTP_ORIGIN", "http://a\r\nX-Evil: b");
	assert_has(m.answer.p, "\r\nAccess-Control-Allow-Origin: *\r\n");
	assert_has_not(m.answer.p, "http://a");
	memory_close(&m);
	ask(&m, "GET", "/hello", NULL, NULL);
	assert_has_not(m.answer.p, "Access-Control");
	memory_close(&m);
}

static const struct {
	const char	*accept;
	size_t		 expected;
} accept_cases[] = {
	{ "", 0 },
	{ "*/*", 0 },
	{ "text/csv", 1 },
	{ "Application/CSV", 2 },
	{ "text/html, application/x-msgpack;q=0.5, text/csv", 3 },
	{ "text/csv;q=0, application/csv", 2 },
	{ "text/csv; q=0.0; x=y,*/*", 0 },
	{ "image/png", 0 },
	{ " , ;;q, text/csv", 1 },
	{ "*/*, text/csv", 0 },
};

static void
test_accept(void **state)
{
	static const char *const types[] = {
		"application/json", "text/csv", "application/csv", "application/x-msgpack",
	};

	(void)state;
	for (size_t i = 0; i < UNIT_N(accept_cases); i++)
		assert_int_equal(http_negotiate_type(slice_from(accept_cases[i].accept), types,
		    UNIT_N(types)), accept_cases[i].expected);
	assert_true(http_negotiate_gzip(SLICE("br;q=1.0, gzip")));
	assert_true(http_negotiate_gzip(SLICE("gzip")));
	assert_false(http_negotiate_gzip(SLICE("identity, gzip; q=0.00")));
	assert_false(http_negotiate_gzip(SLICE("br")));
	assert_false(http_negotiate_gzip(SLICE("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_streamed),
		cmocka_unit_test(test_unread_body_before_a_long_answer),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_packed_documents_can_be_read_one_by_one),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_cors),
		cmocka_unit_test(test_accept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
