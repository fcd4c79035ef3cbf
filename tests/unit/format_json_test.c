/*
 * tests/unit/format_json_test.c - answers as JSON: keys and their order, numbers, chunks, pretty
 */
#include "format_answers.h"

static const struct format_case cases[] = {
	{ "an answer of no statement", "json", { 0 }, answer_nothing, SLICE("{\"results\":[]}\n") },
	{ "series are left out when there are none", "json", { 0 }, answer_no_series,
	    SLICE("{\"results\":[{\"statement_id\":0}]}\n") },
	{ "the same chunked", "json", { .chunked = true }, answer_no_series,
	    SLICE("{\"results\":[{\"statement_id\":0}]}\n") },
	{ "values are left out when there are none", "json", { 0 }, answer_no_rows,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\","
		  "\"columns\":[\"time\",\"v\"]}]}]}\n") },
	{ "two series", "json", { .epoch = PRECISION_S }, answer_two_hosts,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":["
		  "{\"name\":\"m\",\"tags\":{\"host\":\"a\"},\"columns\":[\"time\",\"v\"],"
		  "\"values\":[[1500000000,0]]},"
		  "{\"name\":\"m\",\"tags\":{\"host\":\"b\"},\"columns\":[\"time\",\"v\"],"
		  "\"values\":[[1500000000,0],[1500000000,1],[1500000000,2]]}]}]}\n") },
	{ "a document a series and chunk", "json",
	    { .epoch = PRECISION_S, .chunked = true, .chunk_size = 2 }, answer_two_hosts,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"tags\":{"
		  "\"host\":\"a\"},"
		  "\"columns\":[\"time\",\"v\"],\"values\":[[1500000000,0]]}],\"partial\":true}]}\n"
		  "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"tags\":{"
		  "\"host\":\"b\"},"
		  "\"columns\":[\"time\",\"v\"],\"values\":[[1500000000,0],[1500000000,1]],"
		  "\"partial\":true}],"
		  "\"partial\":true}]}\n"
		  "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"tags\":{"
		  "\"host\":\"b\"},"
		  "\"columns\":[\"time\",\"v\"],\"values\":[[1500000000,2]]}]}]}\n") },
	{ "a series that just fills its chunk is not partial", "json",
	    { .epoch = PRECISION_S, .chunked = true, .chunk_size = 3 }, answer_two_hosts,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"tags\":{"
		  "\"host\":\"a\"},"
		  "\"columns\":[\"time\",\"v\"],\"values\":[[1500000000,0]]}],\"partial\":true}]}\n"
		  "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"tags\":{"
		  "\"host\":\"b\"},"
		  "\"columns\":[\"time\",\"v\"],\"values\":[[1500000000,0],[1500000000,1],"
		  "[1500000000,2]]}]}]}\n") },
	{ "errors and messages", "json", { .epoch = PRECISION_H }, answer_two_statements,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\","
		  "\"columns\":[\"time\",\"v\"],\"values\":[[416666,0]]}]},"
		  "{\"statement_id\":1,\"error\":\"database not found: \\\"x\\\", y\"},"
		  "{\"statement_id\":2,\"series\":[{\"name\":\"n\",\"tags\":{\"host\":\"a b,c\"},"
		  "\"columns\":[\"time\",\"v\"],\"values\":[[416666,0]]}],"
		  "\"messages\":[{\"level\":\"warning\",\"text\":\"beware\"}]}]}\n") },
	{ "errors and messages, a document each", "json", { .epoch = PRECISION_H, .chunked = true },
	    answer_two_statements,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\","
		  "\"columns\":[\"time\",\"v\"],\"values\":[[416666,0]]}]}]}\n"
		  "{\"results\":[{\"statement_id\":1,\"error\":\"database not found: \\\"x\\\", "
		  "y\"}]}\n"
		  "{\"results\":[{\"statement_id\":2,\"series\":[{\"name\":\"n\",\"tags\":{"
		  "\"host\":\"a b,c\"},"
		  "\"columns\":[\"time\",\"v\"],\"values\":[[416666,0]]}],"
		  "\"messages\":[{\"level\":\"warning\",\"text\":\"beware\"}]}]}\n") },
	{ "an error after rows", "json", { 0 }, answer_late_error,
	    SLICE(
		"{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"columns\":[\"v\"],"
		"\"values\":[[7]]}],\"error\":\"too slow\"}]}\n") },
	{ "every kind of value", "json", { 0 }, answer_values,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":[{\"columns\":[\"time\",\"a\\\"b\","
		  "\"c,d\"],"
		  "\"values\":[[\"1969-12-31T23:59:59.999999999Z\",1.5,1e+21],"
		  "[\"1970-01-01T00:00:00Z\",1e-7,-100000000000000000000],"
		  "[\"2017-07-14T02:40:00.1Z\",-9223372036854775808,18446744073709551615],"
		  "[\"2017-07-14T02:40:00.123456Z\",true,false],"
		  "[null,null,null],[null,null,null],"
		  "[null,\"q\\\"\\\\\\n\\r\\t\\u0001<&>\",\"\xc3\xa4\\ufffd\\ufffd\\ufffdz\"],"
		  "[null,\"\",\" x\"]]}]}]}\n") },
	{ "times in units are cut toward zero", "json", { .epoch = PRECISION_US }, answer_values,
	    SLICE("{\"results\":[{\"statement_id\":0,\"series\":[{\"columns\":[\"time\",\"a\\\"b\","
		  "\"c,d\"],"
		  "\"values\":[[0,1.5,1e+21],[0,1e-7,-100000000000000000000],"
		  "[1500000000100000,-9223372036854775808,18446744073709551615],"
		  "[1500000000123456,true,false],[null,null,null],[null,null,null],"
		  "[null,\"q\\\"\\\\\\n\\r\\t\\u0001<&>\",\"\xc3\xa4\\ufffd\\ufffd\\ufffdz\"],"
		  "[null,\"\",\" x\"]]}]}]}\n") },
	{ "pretty, nothing", "json", { .pretty = true }, answer_nothing,
	    SLICE("{\n    \"results\": []\n}\n") },
	{ "pretty", "json", { .pretty = true, .chunked = true, .chunk_size = 2 }, answer_two_hosts,
	    SLICE(
		"{\n    \"results\": [\n        {\n            \"statement_id\": 0,\n"
		"            \"series\": [\n                {\n                    \"name\": "
		"\"m\",\n"
		"                    \"tags\": {\n                        \"host\": \"a\"\n"
		"                    },\n                    \"columns\": [\n"
		"                        \"time\",\n                        \"v\"\n"
		"                    ],\n                    \"values\": [\n"
		"                        [\n                            \"2017-07-14T02:40:00Z\",\n"
		"                            0\n                        ]\n"
		"                    ]\n                }\n            ],\n"
		"            \"partial\": true\n        }\n    ]\n}\n"
		"{\n    \"results\": [\n        {\n            \"statement_id\": 0,\n"
		"            \"series\": [\n                {\n                    \"name\": "
		"\"m\",\n"
		"                    \"tags\": {\n                        \"host\": \"b\"\n"
		"                    },\n                    \"columns\": [\n"
		"                        \"time\",\n                        \"v\"\n"
		"                    ],\n                    \"values\": [\n"
		"                        [\n                            \"2017-07-14T02:40:00Z\",\n"
		"                            0\n                        ],\n"
		"                        [\n                            "
		"\"2017-07-14T02:40:00.000000001Z\",\n"
		"                            1\n                        ]\n"
		"                    ],\n                    \"partial\": true\n                }\n"
		"            ],\n            \"partial\": true\n        }\n    ]\n}\n"
		"{\n    \"results\": [\n        {\n            \"statement_id\": 0,\n"
		"            \"series\": [\n                {\n                    \"name\": "
		"\"m\",\n"
		"                    \"tags\": {\n                        \"host\": \"b\"\n"
		"                    },\n                    \"columns\": [\n"
		"                        \"time\",\n                        \"v\"\n"
		"                    ],\n                    \"values\": [\n"
		"                        [\n                            "
		"\"2017-07-14T02:40:00.000000002Z\",\n"
		"                            2\n                        ]\n"
		"                    ]\n                }\n            ]\n        }\n    ]\n}\n") },
};

static void
test_cases(void **state)
{
	(void)state;
	format_run_cases(cases, N_OF(cases));
}

/* However many rows, what is held is about a piece. */
static void
test_rows_are_streamed(void **state)
{
	struct printed printed =
	    format_print("json", &(struct format_options){ 0 }, answer_many_rows);

	(void)state;
	assert_true(printed.bytes.n > 5000000);
	assert_true(printed.longest < OUT_PIECE_BYTES + 4096);
	buf_free(&printed.bytes);
}

static void
test_accept(void **state)
{
	static const struct {
		const char	*accept, *format, *content_type;
	} rows[] = {
		{ "", "json", "application/json" },
		{ "*/*", "json", "application/json" },
		{ "text/html, text/csv;q=0.5, application/json", "csv", "text/csv" },
		{ "application/csv", "csv", "application/csv" },
		{ "APPLICATION/CSV", "csv", "application/csv" },
		{ "application/x-msgpack", "msgpack", "application/x-msgpack" },
		{ " application/x-msgpack ; q=0 , text/csv", "csv", "text/csv" },
		{ "text/csv;charset=utf-8;q=0.000,*/*", "json", "application/json" },
		{ "text/*", "csv", "application/csv" },
		{ "image/png", "json", "application/json" },
		{ ",;,;;q=,", "json", "application/json" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct format_choice choice = format_by_accept(slice_from(rows[i].accept));

		assert_string_equal(choice.format->name, rows[i].format);
		assert_string_equal(choice.content_type, rows[i].content_type);
	}
	assert_null(format_by_name("xml"));
}

static void
test_request_error(void **state)
{
	struct printed printed = { { 0 }, 0, 0 };
	struct format_options options = { .pretty = true };
	struct out out;

	(void)state;
	out_init(&out, printed_take, &printed);
	format_error(format_by_name("json"), &out, &options, SLICE("no \"x\""));
	out_flush(&out);
	assert_true(slice_eq(buf_slice(&printed.bytes),
	    SLICE("{\n    \"error\": \"no \\\"x\\\"\"\n}\n")));
	out_free(&out);
	buf_free(&printed.bytes);
}

/*
 * Five rows of every kind of column, some cells empty: a block, or (by_row) the same as rows.
 */
static void
push_columns(struct rows_sink *sink, bool by_row)
{
	static const int64_t times[] = { T0, T0 + 1, T0 + 1000000007, T0 + 2000000000, T0 + 3000000000 };
	static const union cell floats[] = { { .f = 0.1 }, { .f = 1e300 }, { .f = 0 }, { .f = -2.5 },
		{ .f = INFINITY } };
	static const union cell ints[] = { { .i = 1 }, { .i = -7 }, { .i = INT64_MIN }, { .i = 0 },
		{ .i = 9 } };
	static const union cell bits[] = { { .u = 1 }, { .u = 0 }, { .u = 1 }, { .u = 1 }, { .u = 0 } };
	static const union cell places[] = { { .u = 1 }, { .u = 0 }, { .u = 1 }, { .u = 0 }, { .u = 0 } };
	static const struct slice texts[] = { { "a \"quoted\" text, and long", 25 }, { "\xc3\xa4\n", 3 } };
	static const uint64_t some = 0x15;
	const struct column columns[] = {
		{ .type = VALUE_FLOAT, .cells = floats },
		{ .type = VALUE_INTEGER, .cells = ints, .present = &some },
		{ .type = VALUE_UNSIGNED, .cells = ints },
		{ .type = VALUE_BOOLEAN, .cells = bits },
		{ .type = VALUE_STRING, .cells = places, .strings = texts, .present = &some },
		{ .type = VALUE_STRING, .same = TEXT_("a tag of the series") },
		{ .type = VALUE_NULL },
	};
	const struct slice names[] = { SLICE("time"), SLICE("f"), SLICE("i"), SLICE("u"), SLICE("b"),
		SLICE("s"), SLICE("t"), SLICE("n") };
	const struct rows_series series = { .name = SLICE("m"), .columns = names,
		.n_columns = N_OF(names) };
	struct value row[N_OF(names)];

	sink->result_begin(sink, 0);
	sink->series_begin(sink, &series);
	if (!by_row)
		sink->block(sink, &(struct rows_block){ times, columns, 0, 3 });
	if (!by_row)
		sink->block(sink, &(struct rows_block){ times, columns, 3, 5 });
	for (size_t i = 0; by_row && i < N_OF(times); i++) {
		row[0] = TIME_(times[i]);
		for (size_t k = 0; k < N_OF(columns); k++)
			row[k + 1] = column_value(&columns[k], i);
		sink->row(sink, row);
	}
	sink->series_end(sink);
	sink->result_end(sink);
	sink->end(sink);
}

static void
push_rows(struct rows_sink *sink)
{
	push_columns(sink, true);
}

static void
push_blocks(struct rows_sink *sink)
{
	push_columns(sink, false);
}

static void
test_blocks_print_as_rows(void **state)
{
	static const struct format_options options[] = {
		{ .epoch = PRECISION_AUTO }, { .epoch = PRECISION_MS }, { .pretty = true },
		{ .chunked = true, .chunk_size = 2 }, { .chunked = true, .chunk_size = 3, .pretty = true },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(options); i++) {
		struct printed rows = format_print("json", &options[i], push_rows);
		struct printed blocks = format_print("json", &options[i], push_blocks);

		assert_true(rows.bytes.n > 200);
		assert_int_equal(blocks.bytes.n, rows.bytes.n);
		assert_memory_equal(blocks.bytes.p, rows.bytes.p, rows.bytes.n);
		buf_free(&rows.bytes);
		buf_free(&blocks.bytes);
	}
}

static int
nobody_listens(void *to, const char *p, size_t n)
{
	(void)to, (void)p, (void)n;
	return -1;
}

static void
test_row_tells_that_nobody_listens(void **state)
{
	struct arena *arena = arena_new(4096);
	struct out out;
	struct rows_sink *sink;
	const struct slice columns[] = { SLICE("v") };
	const struct rows_series series = { .columns = columns, .n_columns = 1 };
	const struct value row[] = { INT_(1234567890) };
	long n = 0;

	(void)state;
	out_init(&out, nobody_listens, NULL);
	sink = format_sink(format_by_name("json"), arena, &out, &(struct format_options){ 0 });
	sink->result_begin(sink, 0);
	sink->series_begin(sink, &series);
	while (sink->row(sink, row))
		n++;
	assert_true(n < OUT_PIECE_BYTES);
	out_free(&out);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_rows_are_streamed),
		cmocka_unit_test(test_blocks_print_as_rows),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_request_error),
		cmocka_unit_test(test_row_tells_that_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
