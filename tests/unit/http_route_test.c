/*
 * tests/unit/http_route_test.c - the endpoint, as every web server tells it
 */
#include "http_memory.h"

static int
show_route(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "text/plain");

	(void)err;
	buf_printf(&out->buf, "%s %d " SLICE_FMT, req->route->path, (int)req->route->methods,
	    SLICE_ARG(req->segment));
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_HEAD, "/ping", show_route, 0, 0, 0 },
	{ HTTP_POST, "/write", show_route, HTTP_V1, 0, 0 },
	{ HTTP_POST, "/api/v2/write", show_route, 0, 0, 0 },
	{ HTTP_GET | HTTP_POST, "/query", show_route, HTTP_V1, 0, 0 },
	{ HTTP_GET, "/api/v2/dbrps", show_route, 0, 0, 0 },
	{ HTTP_POST, "/api/v2/dbrps", show_route, 0, 0, 0 },
	{ HTTP_PATCH | HTTP_DELETE, "/api/v2/dbrps/*", show_route, 0, 0, 0 },
};

static const struct http_program program = {
	.name = "weir-test", .routes = routes, .n_routes = UNIT_N(routes),
};

static const struct {
	const char	*method;
	const char	*script;
	const char	*info;
	const char	*uri;
	const char	*query;
	const char	*expected;	/* route, or status */
} cases[] = {
	{ "POST", "/write", NULL, "/write?db=x", "", "/write 4 " },
	{ "post", "/write", NULL, NULL, "", "/write 4 " },
	{ "POST", "/write", "/", "/write/", "", "/write 4 " },
	{ "POST", "/write//", NULL, NULL, "", "/write 4 " },
	{ "POST", "/write", "", NULL, "", "/write 4 " },
	{ "POST", NULL, "/write", NULL, "", "/write 4 " },
	{ "POST", "/tsdb", "/api/v2/write", "/tsdb/api/v2/write", "", "/api/v2/write 4 " },
	{ "POST", "/tsdb/api/v2/write", NULL, NULL, "", "/api/v2/write 4 " },
	{ "POST", "/cgi-bin/weir-test", "/api/v2/write", "/x", "", "/api/v2/write 4 " },
	{ "POST", "/cgi-bin/weir-test", "/write", "/write", "", "/write 4 " },
	{ "POST", "/cgi-bin/weir-test", NULL, "/write?db=x", "", "/write 4 " },
	{ "POST", "/cgi-bin/weir-test.fcgi", NULL, "/tsdb/query?q=x", "", "/query 5 " },
	{ "POST", NULL, NULL, "/write/?db=/query", "", "/write 4 " },
	{ "POST", "/writefoo", NULL, "/writefoo", "", "404" },
	{ "POST", "/xwrite", NULL, "/xwrite", "", "404" },
	{ "POST", "/write", "/x", "/write/x", "", "404" },
	{ "POST", "/write", "foo", "/writefoo", "", "404" },
	{ "POST", "/WRITE", NULL, NULL, "", "404" },
	{ "POST", "/api/v1/write", NULL, NULL, "", "404" },
	{ "POST", "/api/v22/write", NULL, NULL, "", "404" },
	{ "POST", "/api/write", NULL, NULL, "", "/write 4 " },
	{ "POST", "/", NULL, "/", "", "404" },
	{ "POST", NULL, NULL, NULL, "", "404" },
	{ "GET", "/", NULL, "/?q=x", "db=y&q=x", "/query 5 " },
	{ "GET", "", "/", "/", "q=x", "/query 5 " },
	{ "GET", "/cgi-bin/weir-test", NULL, "/cgi-bin/weir-test?q=x", "q=x", "/query 5 " },
	{ "GET", "/cgi-bin/weir-test", NULL, "/other?q=x", "q=x", "404" },
	{ "GET", "/cgi-bin/weir-tester", NULL, NULL, "q=x", "404" },
	{ "GET", "/", NULL, "/", "q=", "404" },
	{ "GET", "/api/v2/dbrps", NULL, NULL, "", "/api/v2/dbrps 1 " },
	{ "POST", "/api/v2/dbrps", NULL, NULL, "", "/api/v2/dbrps 4 " },
	{ "PATCH", "/api/v2/dbrps", "/0a1b", NULL, "", "/api/v2/dbrps/* 48 0a1b" },
	{ "DELETE", "/x/api/v2/dbrps/0a1b/", NULL, NULL, "", "/api/v2/dbrps/* 48 0a1b" },
	{ "DELETE", "/api/v2/dbrps/a/b", NULL, NULL, "", "404" },
	{ "DELETE", "/api/v2/dbrps/", NULL, NULL, "", "405 GET, POST" },
	{ "GET", "/write", NULL, NULL, "", "405 POST" },
	{ "HEAD", "/query", NULL, NULL, "", "405 GET, POST" },
	{ "BREW", "/ping", NULL, NULL, "", "405 GET, HEAD" },
	{ NULL, "/ping", NULL, NULL, "", "405 GET, HEAD" },
	{ "OPTIONS", "/any", NULL, NULL, "", "204" },
	{ "options", "/write", NULL, NULL, "", "204" },
};

static void
set_some(struct memory_link *m, const char *name, const char *value)
{
	if (value != NULL)
		memory_set(m, name, value);
}

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		struct memory_link m;
		char got[256], allow[128] = "";
		int status;

		memory_open(&m);
		set_some(&m, "REQUEST_METHOD", cases[i].method);
		set_some(&m, "SCRIPT_NAME", cases[i].script);
		set_some(&m, "PATH_INFO", cases[i].info);
		set_some(&m, "REQUEST_URI", cases[i].uri);
		set_some(&m, "QUERY_STRING", cases[i].query);
		memory_ask(&m, &program);
		assert_int_equal(sscanf(m.answer.p, "Status: %d", &status), 1);
		if (strstr(m.answer.p, "\r\nAllow: ") != NULL)
			sscanf(strstr(m.answer.p, "\r\nAllow: ") + 9, "%127[^\r]", allow);
		snprintf(got, sizeof(got), "%d%s%s", status, allow[0] != '\0' ? " " : "", allow);
		if (strcmp(status == 200 ? memory_answer_body(&m).p : got, cases[i].expected) != 0)
			fail_msg("case %zu: %s", i, m.answer.p);
		memory_close(&m);
	}
}

static void
test_error_shapes(void **state)
{
	struct memory_link m;

	(void)state;
	memory_open(&m);
	memory_set(&m, "SCRIPT_NAME", "/nowhere");
	memory_ask(&m, &program);
	assert_has(m.answer.p, "\r\nContent-Type: application/json\r\n");
	assert_string_equal(memory_answer_body(&m).p,
	    "{\"code\":\"not found\",\"message\":\"path not found\"}\n");
	memory_close(&m);
	memory_open(&m);
	memory_set(&m, "SCRIPT_NAME", "/api/v2/write");
	memory_ask(&m, &program);
	assert_string_equal(memory_answer_body(&m).p,
	    "{\"code\":\"method not allowed\",\"message\":\"allow: POST\"}\n");
	memory_close(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_error_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
