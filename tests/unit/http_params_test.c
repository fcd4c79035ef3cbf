/*
 * tests/unit/http_params_test.c - query strings, forms, multipart bodies, and which of them wins
 */
#include "http_memory.h"

/* ---- decoding ---- */

static const struct {
	const char	*text;
	const char	*pairs;		/* name=value; each */
} decode_cases[] = {
	{ "", "" },
	{ "a=1", "a=1;" },
	{ "a=1&b=2", "a=1;b=2;" },
	{ "a=&b", "a=;b=;" },
	{ "&&a=1&", "a=1;" },
	{ "=x", "=x;" },
	{ "a=b=c", "a=b=c;" },
	{ "q=SELECT+%22x%22%3B", "q=SELECT \"x\";;" },
	{ "q=a;b=c", "q=a;b=c;" },
	{ "d%62=a%2Fb", "db=a/b;" },
	{ "a=%", "a=%;" },
	{ "a=%4", "a=%4;" },
	{ "a=%zz%41", "a=%zzA;" },
	{ "a=%c3%A4", "a=\xc3\xa4;" },
	{ "a=1&a=2", "a=1;a=2;" },
};

static void
test_decode(void **state)
{
	struct arena *arena = arena_new(4096);

	(void)state;
	for (size_t i = 0; i < UNIT_N(decode_cases); i++) {
		struct http_params params = { 0 };
		struct buf got = { 0 };

		http_params_parse(&params, arena, slice_from(decode_cases[i].text));
		for (size_t k = 0; k < params.n; k++) {
			assert_int_equal(params.list[k].value.p[params.list[k].value.n], '\0');
			buf_printf(&got, SLICE_FMT "=" SLICE_FMT ";", SLICE_ARG(params.list[k].name),
			    SLICE_ARG(params.list[k].value));
		}
		buf_putc(&got, '\0');
		assert_string_equal(got.p, decode_cases[i].pairs);
		buf_free(&got);
	}
	arena_free(arena);
}

static void
test_number_of_params_is_bounded(void **state)
{
	struct arena *arena = arena_new(4096);
	struct http_params params = { 0 };
	struct buf text = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_puts(&text, "a&");
	http_params_parse(&params, arena, buf_slice(&text));
	assert_int_equal(params.n, HTTP_PARAMS_MAX);
	buf_free(&text);
	arena_free(arena);
}

/* ---- where they come from ---- */

static int
show_params(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "text/plain");
	struct slice raw;

	(void)err;
	buf_printf(&out->buf, "q=" SLICE_FMT "|db=" SLICE_FMT "|epoch=%d", SLICE_ARG(http_param(req,
	    "q")), SLICE_ARG(http_param(req, "db")), http_param_raw(req, "epoch", &raw));
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_POST, "/query", show_params, HTTP_V1 | HTTP_FORM, 4096, 4096 },
};

static const struct http_program program = { .name = "weir-test", .routes = routes, .n_routes = 1 };

#define PART(name, value) \
	"--XX\r\nContent-Disposition: form-data; name=" name "\r\n\r\n" value "\r\n"

static const struct {
	const char	*name;
	const char	*method;
	const char	*type;
	const char	*url;
	const char	*body;
	const char	*expected;
} form_cases[] = {
	{ "url alone", "GET", NULL, "q=a&db=b", "", "q=a|db=b|epoch=0" },
	{ "empty is absent, but there", "GET", NULL, "q=&db=&epoch=", "", "q=|db=|epoch=1" },
	{ "first value counts", "GET", NULL, "q=a&q=b", "", "q=a|db=|epoch=0" },
	{ "a GET's body is not read", "GET", "application/x-www-form-urlencoded", "q=a", "q=b",
	    "q=a|db=|epoch=0" },
	{ "form beats url", "POST", "application/x-www-form-urlencoded", "q=a&db=x", "q=b",
	    "q=b|db=x|epoch=0" },
	{ "empty form value gives way", "POST", "application/x-www-form-urlencoded", "q=a", "q=",
	    "q=a|db=|epoch=0" },
	{ "type with attributes, any case", "post",
	    "Application/X-WWW-Form-Urlencoded; charset=utf-8", "", "q=b", "q=b|db=|epoch=0" },
	{ "json type: url alone", "POST", "application/json", "q=a", "{\"q\":1}", "q=a|db=|epoch=0" },
	{ "query text", "POST", "application/vnd.influxql", "db=x", "SHOW+DATABASES",
	    "q=SHOW+DATABASES|db=x|epoch=0" },
	{ "query text gives way to url", "POST", "application/vnd.influxql", "q=a", "b",
	    "q=a|db=|epoch=0" },
	{ "no type is query text", "POST", NULL, "", "b", "q=b|db=|epoch=0" },
	{ "no type, no body", "POST", NULL, "q=a", "", "q=a|db=|epoch=0" },
	{ "multipart", "POST", "multipart/form-data; boundary=XX", "q=a",
	    PART("\"q\"", "b\r\nc") PART("db", "x") "--XX--\r\n", "q=b\r\nc|db=x|epoch=0" },
	{ "multipart with a file", "POST", "multipart/form-data; boundary=\"XX\"", "",
	    PART("\"q\"; filename=\"a;b.iql\"", "SELECT 1") "--XX--", "q=SELECT 1|db=|epoch=0" },
	{ "multipart with bare newlines and a preamble", "POST", "multipart/form-data;boundary=XX",
	    "", "hello\n--XX\ncontent-disposition: form-data; name=\"q\"\n\nb--XX\n\n--XX--\n",
	    "q=b--XX\n|db=|epoch=0" },
	{ "multipart with empty value", "POST", "multipart/form-data; boundary=XX", "",
	    PART("q", "") PART("db", "x") "--XX--", "q=|db=x|epoch=0" },
	{ "multipart that is empty", "POST", "multipart/form-data; boundary=XX", "q=a", "",
	    "q=a|db=|epoch=0" },
	{ "multipart without boundary", "POST", "multipart/form-data", "q=a", "x",
	    "no multipart boundary in Content-Type" },
	{ "multipart without end", "POST", "multipart/form-data; boundary=XX", "q=a",
	    PART("q", "b"), "multipart body is cut short" },
	{ "multipart of something else", "POST", "multipart/form-data; boundary=XX", "q=a", "q=b",
	    "multipart body without its boundary" },
};

static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(form_cases); i++) {
		struct memory_link m;

		memory_open(&m);
		memory_set(&m, "REQUEST_METHOD", form_cases[i].method);
		memory_set(&m, "SCRIPT_NAME", "/query");
		memory_set(&m, "QUERY_STRING", form_cases[i].url);
		if (form_cases[i].type != NULL)
			memory_set(&m, "CONTENT_TYPE", form_cases[i].type);
		m.body = slice_from(form_cases[i].body);
		memory_ask(&m, &program);
		if (strstr(memory_answer_body(&m).p, form_cases[i].expected) == NULL)
			fail_msg("%s: %s", form_cases[i].name, memory_answer_body(&m).p);
		memory_close(&m);
	}
}

static void
test_form_over_its_limit(void **state)
{
	struct memory_link m;
	char body[5000];

	(void)state;
	memset(body, 'a', sizeof(body));
	memory_open(&m);
	memory_set(&m, "REQUEST_METHOD", "POST");
	memory_set(&m, "SCRIPT_NAME", "/query");
	memory_set(&m, "CONTENT_TYPE", "application/x-www-form-urlencoded");
	m.body = slice_make(body, sizeof(body));
	assert_has(memory_ask(&m, &program), "Status: 413 ");
	memory_close(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_number_of_params_is_bounded),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_form_over_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
