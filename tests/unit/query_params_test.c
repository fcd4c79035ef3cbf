/*
 * tests/unit/query_params_test.c - bound parameters: JSON in, kinds and texts out, or an error
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "query/query_priv.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kind_names[] = {
	[PARAM_STRING] = "string", [PARAM_FLOAT] = "float", [PARAM_INTEGER] = "integer",
	[PARAM_BOOLEAN] = "boolean", [PARAM_DURATION] = "duration",
	[PARAM_IDENTIFIER] = "identifier", [PARAM_REGEX] = "regex", [PARAM_BAD] = "bad",
};

static const struct {
	const char	*json;
	const char	*list;		/* name:kind:text; each, or ! and the error */
} cases[] = {
	{ "", "" },
	{ "  ", "" },
	{ "{}", "" },
	{ "null", "" },
	{ "{\"h\":\"a\"}", "h:string:a;" },
	{ "{\"h\":\"\"}", "h:string:;" },
	{ "{\"h\":\"a\\\"b\\u00e9\\\\\"}", "h:string:a\"b\xc3\xa9\\;" },
	{ "{\"a b\":\"1\"}", "a b:string:1;" },
	{ "{\"n\":1,\"m\":-2}", "m:integer:-2;n:integer:1;" },
	{ "{\"n\":9223372036854775807}", "n:integer:9223372036854775807;" },
	{ "{\"n\":9223372036854775808}", "!error parsing json value: strconv.ParseInt: parsing "
	    "\"9223372036854775808\": value out of range" },
	{ "{\"n\":1e3}",
	    "!error parsing json value: strconv.ParseInt: parsing \"1e3\": invalid syntax" },
	{ "{\"f\":2.5,\"g\":-0.0,\"h\":1.5e300}", "f:float:2.5;g:float:-0.0;h:float:1.5e300;" },
	{ "{\"b\":true,\"c\":false}", "b:boolean:true;c:boolean:false;" },
	{ "{\"x\":null}", "x:bad:unable to bind parameter with type <nil>;" },
	{ "{\"x\":[\"a\"]}", "x:bad:unable to bind parameter with type []interface {};" },
	{ "{\"r\":{\"regex\":\"a|b\"}}", "r:regex:a|b;" },
	{ "{\"r\":{\"regex\":1}}", "r:bad:regex literal must be a string value;" },
	{ "{\"d\":{\"duration\":\"1m\"},\"e\":{\"duration\":60}}", "d:duration:1m;e:duration:60;" },
	{ "{\"d\":{\"duration\":1.5}}",
	    "d:bad:duration literal must be a string or integer value;" },
	{ "{\"m\":{\"identifier\":\"my m\"},\"n\":{\"ident\":\"x\"}}",
	    "m:identifier:my m;n:identifier:x;" },
	{ "{\"s\":{\"string\":\"1\"},\"i\":{\"integer\":1},\"f\":{\"float\":1}}",
	    "f:float:1;i:integer:1;s:string:1;" },
	{ "{\"i\":{\"integer\":1.5}}", "i:bad:integer literal must be an integer value;" },
	{ "{\"i\":{\"integer\":\"1\"}}", "i:bad:integer literal must be an integer value;" },
	{ "{\"o\":{}}", "o:bad:bound object parameter value must have exactly one entry;" },
	{ "{\"o\":{\"what\":1}}", "o:bad:unknown bind object type: what;" },
	{ "{\"bad\"", "!error parsing query parameters: unexpected EOF" },
	{ "{", "!error parsing query parameters: unexpected EOF" },
	{ "[]",
	    "!error parsing query parameters: json: cannot unmarshal array into Go value of type "
	    "map[string]interface {}" },
	{ "1",
	    "!error parsing query parameters: json: cannot unmarshal number into Go value of type "
	    "map[string]interface {}" },
	{ "\"x\"",
	    "!error parsing query parameters: json: cannot unmarshal string into Go value of "
	    "type map[string]interface {}" },
	{ "{\"n\":01}", "!error parsing query parameters: invalid number '01'" },
	{ "{\"n\":1.}", "!error parsing query parameters: invalid number '1.'" },
	{ "{\"n\":-}", "!error parsing query parameters: invalid number '-'" },
	{ "{\"n\":\"\\u00011\"}", "!error parsing query parameters: invalid character in string" },
	{ "{\"n\":\"1\",\"n\":\"2\"}", "n:string:2;" },
};

static void
describe(struct slice json, struct arena *arena, struct buf *out)
{
	struct influxql_params params = { 0 };
	struct err err;

	if (query_params_read(json, arena, &params, &err) != 0) {
		buf_printf(out, "!%s", err.text);
	} else {
		for (size_t i = 0; i < params.n; i++)
			buf_printf(out, SLICE_FMT ":%s:" SLICE_FMT ";",
			    SLICE_ARG(params.list[i].name), kind_names[params.list[i].kind], SLICE_ARG(params.list[i].text));
	}
	buf_putc(out, '\0');
}

static void
test_cases(void **state)
{
	struct arena *arena = arena_new(4096);

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct buf got = { 0 };

		describe(slice_from(cases[i].json), arena, &got);
		if (strcmp(got.p, cases[i].list) != 0)
			print_error("%s\n", cases[i].json);
		assert_string_equal(got.p, cases[i].list);
		buf_free(&got);
	}
	arena_free(arena);
}

/*
 * No beginning of a text and no wrong byte in it does harm.
 */
static void
test_damaged(void **state)
{
	static const char json[] =
	    "{\"a\":{\"regex\":\"x\\\"\"},\"b\":-1.5e-3,\"c\":[1,null],\"d\":7}";
	struct arena *arena = arena_new(4096);

	(void)state;
	for (size_t n = 0; n < sizeof(json); n++)
		for (int c = 0; c < 256; c++) {
			char *copy = test_malloc(sizeof(json));
			struct buf got = { 0 };

			memcpy(copy, json, sizeof(json) - 1);
			if (n < sizeof(json) - 1)
				copy[n] = (char)c;
			describe(slice_make(copy, n + 1 < sizeof(json) ? n + 1 : n), arena, &got);
			test_free(copy);
			buf_free(&got);
			arena_reset(arena);
		}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
