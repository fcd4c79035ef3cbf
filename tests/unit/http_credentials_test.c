/*
 * tests/unit/http_credentials_test.c - every way to send a token, and which one counts
 */
#include "http_memory.h"

static int
show_credential(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "text/plain");

	(void)err;
	if (req->credential.present)
		buf_printf(&out->buf, SLICE_FMT "|" SLICE_FMT, SLICE_ARG(req->credential.user),
		    SLICE_ARG(req->credential.secret));
	else
		buf_puts(&out->buf, "none");
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_POST, "/query", show_credential, HTTP_V1 | HTTP_FORM, 0, 0 },
	{ HTTP_GET, "/api/v2/write", show_credential, 0, 0, 0 },
	{ HTTP_GET | HTTP_POST, "/write", show_credential, HTTP_V1 | HTTP_CREDENTIAL, 0, 0 },
	{ HTTP_GET, "/api/v2/buckets", show_credential, HTTP_CREDENTIAL, 0, 0 },
};

static const struct http_program program = {
	.name = "weir-test", .routes = routes, .n_routes = UNIT_N(routes),
};

static const struct {
	const char	*path;
	const char	*header;
	const char	*url;
	const char	*form;
	const char	*expected;
} cases[] = {
	{ "/query", NULL, "", NULL, "none" },
	{ "/query", "", "", NULL, "none" },
	{ "/query", "Token abc", "", NULL, "|abc" },
	{ "/query", "tOkEn   abc  ", "", NULL, "|abc" },
	{ "/query", "Token\tabc", "", NULL, "|abc" },
	{ "/query", "Token me:abc", "", NULL, "me|abc" },
	{ "/query", "Token :abc", "", NULL, "|abc" },
	{ "/query", "Token me:", "", NULL, "none" },
	{ "/query", "Token me:a:b", "", NULL, "me|a:b" },
	{ "/query", "Token ", "", NULL, "none" },
	{ "/query", "Token", "", NULL, "none" },
	{ "/query", "abc", "", NULL, "none" },
	{ "/query", "Digest abc", "", NULL, "none" },
	{ "/query", "Bearer abc==", "", NULL, "|abc==" },
	{ "/query", "BEARER me:abc", "", NULL, "|me:abc" },
	{ "/query", "Basic bWU6YWJj", "", NULL, "me|abc" },
	{ "/query", "basic  bWU6YWJj", "", NULL, "me|abc" },
	{ "/query", "Basic bWU6YTpi", "", NULL, "me|a:b" },
	{ "/query", "Basic OmFiYw==", "", NULL, "|abc" },
	{ "/query", "Basic OmFiYw", "", NULL, "|abc" },
	{ "/query", "Basic Og==", "", NULL, "none" },
	{ "/query", "Basic bWU=", "", NULL, "none" },
	{ "/query", "Basic bWU6Y", "", NULL, "none" },
	{ "/query", "Basic !!!!", "", NULL, "none" },
	{ "/query", "Basic name@example.com:abc", "", NULL, "name@example.com|abc" },
	{ "/query", "Basic", "", NULL, "none" },
	{ "/query", "Token abc", "p=x", NULL, "|x" },
	{ "/query", "Token abc", "p=&u=me", NULL, "|abc" },
	{ "/query", "Token abc", "u=me&p=x", "p=y", "me|x" },
	{ "/query", "Token abc", "u=me", "p=y", "me|y" },
	{ "/query", NULL, "", "u=you&p=y", "you|y" },
	{ "/api/v2/write", "Token me:abc", "", NULL, "|me:abc" },
	{ "/api/v2/write", "Token abc", "p=x&u=y", NULL, "|abc" },
	{ "/api/v2/write", NULL, "p=x&u=y", NULL, "none" },
	{ "/api/v2/write", "Basic bWU6YWJj", "", NULL, "me|abc" },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		struct memory_link m;

		memory_open(&m);
		memory_set(&m, "REQUEST_METHOD", cases[i].form != NULL ? "POST" : "GET");
		memory_set(&m, "SCRIPT_NAME", cases[i].path);
		memory_set(&m, "QUERY_STRING", cases[i].url);
		memory_set(&m, "CONTENT_TYPE", "application/x-www-form-urlencoded");
		if (cases[i].header != NULL)
			memory_set(&m, "HTTP_AUTHORIZATION", cases[i].header);
		m.body = slice_from(cases[i].form);
		memory_ask(&m, &program);
		if (strcmp(memory_answer_body(&m).p, cases[i].expected) != 0)
			fail_msg("%s, header %s, url %s: %s", cases[i].path, cases[i].header,
			    cases[i].url, memory_answer_body(&m).p);
		memory_close(&m);
	}
}

static void
test_header_behind_a_rewrite(void **state)
{
	static const char *const names[] = {
		"HTTP_AUTHORIZATION", "REDIRECT_HTTP_AUTHORIZATION",
		"REDIRECT_REDIRECT_HTTP_AUTHORIZATION",
	};

	(void)state;
	for (size_t first = 0; first < UNIT_N(names); first++) {
		struct memory_link m;

		memory_open(&m);
		memory_set(&m, "REQUEST_METHOD", "GET");
		memory_set(&m, "SCRIPT_NAME", "/query");
		for (size_t i = 0; i < first; i++)
			memory_set(&m, names[i], "");
		memory_set(&m, names[first], "Token good");
		for (size_t i = first + 1; i < UNIT_N(names); i++)
			memory_set(&m, names[i], "Token later");
		memory_ask(&m, &program);
		assert_string_equal(memory_answer_body(&m).p, "|good");
		memory_close(&m);
	}
}

static void
ask_without(struct memory_link *m, const char *path)
{
	memory_open(m);
	memory_set(m, "REQUEST_METHOD", "GET");
	memory_set(m, "SCRIPT_NAME", path);
	memory_ask(m, &program);
}

static void
test_401(void **state)
{
	struct memory_link m;

	(void)state;
	ask_without(&m, "/write");
	assert_has(m.answer.p, "Status: 401 Unauthorized\r\n");
	assert_has(m.answer.p, "\r\nWWW-Authenticate: Basic realm=\"weir\"\r\n");
	assert_has(m.answer.p, "\r\nX-Platform-Error-Code: unauthorized\r\n");
	assert_has_not(m.answer.p, "X-Influxdb-Error");
	assert_string_equal(memory_answer_body(&m).p, "{\"code\":\"unauthorized\","
	    "\"message\":\"unauthorized access\",\"error\":\"unauthorized access\"}\n");
	memory_close(&m);
	ask_without(&m, "/api/v2/buckets");
	assert_has(m.answer.p, "\r\nWWW-Authenticate: Bearer realm=\"weir\"\r\n");
	assert_string_equal(memory_answer_body(&m).p,
	    "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}\n");
	memory_close(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_header_behind_a_rewrite),
		cmocka_unit_test(test_401),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
