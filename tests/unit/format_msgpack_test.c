/*
 * tests/unit/format_msgpack_test.c - answers as MessagePack, read back by a small reader
 *
 * The reader prints what it finds as text: maps {k:v}, arrays [..], strings quoted, floats with an
 * f behind them, times as @seconds.nanoseconds. So the expected answers can be read.
 */
#include "format_answers.h"

#include <inttypes.h>

struct reader {
	struct slice	 in;
	struct buf	 text;
};

static uint64_t
take_be(struct reader *r, unsigned bytes)
{
	uint64_t v = 0;

	assert_true(r->in.n >= bytes);
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)r->in.p[i];
	r->in = slice_make(r->in.p + bytes, r->in.n - bytes);
	return v;
}

static void read_item(struct reader *r);

static void
read_list(struct reader *r, uint64_t n, bool map)
{
	buf_putc(&r->text, map ? '{' : '[');
	for (uint64_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&r->text, ',');
		read_item(r);
		if (map) {
			buf_putc(&r->text, ':');
			read_item(r);
		}
	}
	buf_putc(&r->text, map ? '}' : ']');
}

static void
read_string(struct reader *r, uint64_t n)
{
	assert_true(r->in.n >= n);
	buf_printf(&r->text, "'%.*s'", (int)n, r->in.p);
	r->in = slice_make(r->in.p + n, r->in.n - n);
}

static void
read_float(struct reader *r)
{
	uint64_t bits = take_be(r, 8);
	double v;

	memcpy(&v, &bits, sizeof(v));
	buf_printf(&r->text, "%gf", v);
}

static void
read_item(struct reader *r)
{
	unsigned c = (unsigned)take_be(r, 1);

	if (c < 0x80)
		buf_printf(&r->text, "%u", c);
	else if (c < 0x90)
		read_list(r, c & 15, true);
	else if (c < 0xa0)
		read_list(r, c & 15, false);
	else if (c < 0xc0)
		read_string(r, c & 31);
	else if (c >= 0xe0)
		buf_printf(&r->text, "%d", (int8_t)c);
	else if (c == 0xc0)
		buf_puts(&r->text, "nil");
	else if (c == 0xc2 || c == 0xc3)
		buf_puts(&r->text, c == 0xc3 ? "true" : "false");
	else if (c == 0xc7) {
		int64_t s;

		assert_int_equal(take_be(r, 1), 12);
		assert_int_equal(take_be(r, 1), 5);
		s = (int64_t)take_be(r, 8);
		buf_printf(&r->text, "@%" PRId64 ".%" PRIu64, s, take_be(r, 4));
	} else if (c == 0xcb)
		read_float(r);
	else if (c >= 0xcc && c <= 0xcf)
		buf_printf(&r->text, "%" PRIu64, take_be(r, 1u << (c - 0xcc)));
	else if (c == 0xd0)
		buf_printf(&r->text, "%d", (int8_t)take_be(r, 1));
	else if (c == 0xd1)
		buf_printf(&r->text, "%d", (int16_t)take_be(r, 2));
	else if (c == 0xd2)
		buf_printf(&r->text, "%d", (int32_t)take_be(r, 4));
	else if (c == 0xd3)
		buf_printf(&r->text, "%" PRId64, (int64_t)take_be(r, 8));
	else if (c >= 0xd9 && c <= 0xdb)
		read_string(r, take_be(r, 1u << (c - 0xd9)));
	else if (c == 0xdc || c == 0xdd)
		read_list(r, take_be(r, c == 0xdc ? 2 : 4), false);
	else if (c == 0xde || c == 0xdf)
		read_list(r, take_be(r, c == 0xde ? 2 : 4), true);
	else
		fail_msg("byte %02x", c);
}

static const struct format_case cases[] = {
	{ "no statement", "msgpack", { 0 }, answer_nothing, SLICE("{'results':[]}\n") },
	{ "no statement, chunked", "msgpack", { .chunked = true }, answer_nothing,
	    SLICE("{'results':[]}\n") },
	{ "series are there even if empty", "msgpack", { 0 }, answer_no_series,
	    SLICE("{'results':[{'statement_id':0,'series':[]}]}\n") },
	{ "values are there even if empty", "msgpack", { .n_results = 1 }, answer_no_rows,
	    SLICE("{'results':[{'statement_id':0,'series':[{'name':'m','columns':['time','v'],"
		  "'values':[]}]}]}\n") },
	{ "two series", "msgpack", { .n_results = 1 }, answer_two_hosts,
	    SLICE("{'results':[{'statement_id':0,'series':["
		  "{'name':'m','tags':{'host':'a'},'columns':['time','v'],'values':[[@1500000000.0,"
		  "0]]},"
		  "{'name':'m','tags':{'host':'b'},'columns':['time','v'],'values':[[@1500000000.0,"
		  "0],"
		  "[@1500000000.1,1],[@1500000000.2,2]]}]}]}\n") },
	{ "chunks", "msgpack", { .epoch = PRECISION_S, .chunked = true, .chunk_size = 2 },
	    answer_two_hosts,
	    SLICE(
		"{'results':[{'statement_id':0,'series':[{'name':'m','tags':{'host':'a'},"
		"'columns':['time','v'],'values':[[1500000000,0]]}],'partial':true}]}\n"
		"{'results':[{'statement_id':0,'series':[{'name':'m','tags':{'host':'b'},"
		"'columns':['time','v'],'values':[[1500000000,0],[1500000000,1]],'partial':true}],"
		"'partial':true}]}\n"
		"{'results':[{'statement_id':0,'series':[{'name':'m','tags':{'host':'b'},"
		"'columns':['time','v'],'values':[[1500000000,2]]}]}]}\n") },
	{ "errors and messages", "msgpack", { .epoch = PRECISION_S }, answer_two_statements,
	    SLICE("{'results':[{'statement_id':0,'series':[{'name':'m','columns':['time','v'],"
		  "'values':[[1500000000,0]]}]},"
		  "{'statement_id':1,'error':'database not found: \"x\", y'},"
		  "{'statement_id':2,'series':[{'name':'n','tags':{'host':'a "
		  "b,c'},'columns':['time','v'],"
		  "'values':[[1500000000,0]]}],'messages':[{'level':'warning','text':'beware'}]}]}"
		  "\n") },
	{ "errors and messages, chunked", "msgpack", { .epoch = PRECISION_S, .chunked = true },
	    answer_two_statements,
	    SLICE("{'results':[{'statement_id':0,'series':[{'name':'m','columns':['time','v'],"
		  "'values':[[1500000000,0]]}]}]}\n"
		  "{'results':[{'statement_id':1,'error':'database not found: \"x\", y'}]}\n"
		  "{'results':[{'statement_id':2,'series':[{'name':'n','tags':{'host':'a b,c'},"
		  "'columns':['time','v'],'values':[[1500000000,0]]}],"
		  "'messages':[{'level':'warning','text':'beware'}]}]}\n") },
	{ "a failed statement is its error alone", "msgpack", { .n_results = 1 }, answer_late_error,
	    SLICE("{'results':[{'statement_id':0,'error':'too slow'}]}\n") },
	{ "a statement too large to hold", "msgpack", { .n_results = 2, .hold_bytes = 80 },
	    answer_two_hosts,
	    SLICE("{'results':[{'statement_id':0,'error':'max-memory limit exceeded: more than 80 "
		  "bytes of MessagePack, ask for chunked=true'},"
		  "{'statement_id':1,'error':'not executed'}]}\n") },
	{ "every kind of value", "msgpack", { .n_results = 1 }, answer_values,
	    SLICE("{'results':[{'statement_id':0,'series':[{'columns':['time','a\"b','c,d'],'"
		  "values':["
		  "[@-1.999999999,1.5f,1e+21f],[@0.0,1e-07f,-1e+20f],"
		  "[@1500000000.100000000,-9223372036854775808,18446744073709551615],"
		  "[@1500000000.123456000,true,false],[nil,nil,nanf],[nil,inff,-inff],"
		  "[nil,'q\"\\\n\r\t\x01<&>','\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz'],"
		  "[nil,'',' x']]}]}]}\n") },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct printed printed = format_print("msgpack", &cases[i].options,
		    cases[i].answer);
		struct reader r = { buf_slice(&printed.bytes), { 0 } };

		while (r.in.n > 0) {
			read_item(&r);
			buf_putc(&r.text, '\n');
		}
		if (!slice_eq(buf_slice(&r.text), cases[i].expected)) {
			print_error("%s:\n  expected " SLICE_FMT "\n  printed  " SLICE_FMT "\n",
			    cases[i].title, SLICE_ARG(cases[i].expected),
			    SLICE_ARG(buf_slice(&r.text)));
			fail();
		}
		buf_free(&r.text);
		buf_free(&printed.bytes);
	}
}

/* Integers of every length, and strings on both sides of each length form. */
static void
answer_sizes(struct rows_sink *sink)
{
	static const int64_t edges[] = {
		0,
		127,
		128,
		255,
		256,
		65535,
		65536,
		INT64_C(4294967295),
		INT64_C(4294967296),
		INT64_MAX,
		-1,
		-32,
		-33,
		-128,
		-129,
		-32768,
		-32769,
		-INT64_C(2147483648),
		-INT64_C(2147483649),
		INT64_MIN,
	};
	static const size_t lengths[] = { 31, 32, 255, 256, 65535, 65536 };
	static char text[65536];
	struct slice columns[N_OF(edges) + N_OF(lengths)];
	struct value row[N_OF(edges) + N_OF(lengths)];
	struct rows_series series = { .columns = columns, .n_columns = N_OF(columns) };

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < N_OF(columns); i++)
		columns[i] = SLICE("c");
	for (size_t i = 0; i < N_OF(edges); i++)
		row[i] = INT_(edges[i]);
	for (size_t i = 0; i < N_OF(lengths); i++) {
		row[N_OF(edges) + i].type = VALUE_STRING;
		row[N_OF(edges) + i].s = slice_make(text, lengths[i]);
	}
	sink->result_begin(sink, 0);
	sink->series_begin(sink, &series);
	sink->row(sink, row);
	sink->series_end(sink);
	sink->result_end(sink);
	sink->end(sink);
}

static void
test_sizes(void **state)
{
	struct printed printed = format_print("msgpack", &(struct format_options){ .n_results = 1 },
	    answer_sizes);
	struct reader r = { buf_slice(&printed.bytes), { 0 } };
	const char *found;

	(void)state;
	read_item(&r);
	assert_int_equal(r.in.n, 0);
	buf_putc(&r.text, '\0');
	found = strstr(r.text.p, "[[");
	assert_non_null(found);
	assert_true(slice_starts(slice_from(found), SLICE("[[0,127,128,255,256,65535,65536,"
	    "4294967295,4294967296,9223372036854775807,-1,-32,-33,-128,-129,-32768,-32769,"
	    "-2147483648,-2147483649,-9223372036854775808,'xxx")));
	assert_int_equal(strlen(strchr(found, '\'')),
	    31 + 32 + 255 + 256 + 65535 + 65536 + 6 * 3 - 1 + strlen("]]}]}]}"));
	buf_free(&r.text);
	buf_free(&printed.bytes);
}

/* What a chunked answer holds is a document. */
static void
test_chunks_are_streamed(void **state)
{
	struct printed printed = format_print("msgpack",
	    &(struct format_options){ .chunked = true, .chunk_size = 1000 }, answer_many_rows);

	(void)state;
	assert_int_equal(printed.n_pieces, 200);
	assert_true(printed.longest < 32000);
	buf_free(&printed.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_chunks_are_streamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
