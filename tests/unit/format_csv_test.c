/*
 * tests/unit/format_csv_test.c - answers as CSV: headers, quotes, numbers without exponents
 */
#include "format_answers.h"

static const struct format_case cases[] = {
	{ "no statement", "csv", { 0 }, answer_nothing, SLICE("") },
	{ "no series", "csv", { 0 }, answer_no_series, SLICE("") },
	{ "no rows", "csv", { 0 }, answer_no_rows, SLICE("name,tags,time,v\n") },
	{ "two series under one header", "csv", { 0 }, answer_two_hosts,
	    SLICE("name,tags,time,v\nm,host=a,1500000000000000000,0\n"
	    "m,host=b,1500000000000000000,0\nm,host=b,1500000000000000001,1\n"
	    "m,host=b,1500000000000000002,2\n") },
	{ "chunks change nothing", "csv", { .chunked = true, .chunk_size = 1 }, answer_two_hosts,
	    SLICE("name,tags,time,v\nm,host=a,1500000000000000000,0\n"
	    "m,host=b,1500000000000000000,0\nm,host=b,1500000000000000001,1\n"
	    "m,host=b,1500000000000000002,2\n") },
	{ "statements and an error apart", "csv", { .epoch = PRECISION_MS }, answer_two_statements,
	    SLICE("name,tags,time,v\nm,,1500000000000,0\n\n"
	    "error\n\"database not found: \"\"x\"\", y\"\n\n"
	    "name,tags,time,v\nn,\"host=a\\ b\\,c\",1500000000000,0\n") },
	{ "an error after rows", "csv", { 0 }, answer_late_error,
	    SLICE("name,tags,v\nm,,7\n\nerror\ntoo slow\n") },
	{ "columns change", "csv", { 0 }, answer_columns_change,
	    SLICE("name,tags,a,b\nm,,1,2\n\nname,tags,a,c\nm,,1,2\nm,,1,2\n") },
	{ "every kind of value", "csv", { 0 }, answer_values,
	    SLICE("name,tags,time,\"a\"\"b\",\"c,d\"\n"
	    ",,-1,1.5,1000000000000000000000\n"
	    ",,0,0.0000001,-100000000000000000000\n"
	    ",,1500000000100000000,-9223372036854775808,18446744073709551615\n"
	    ",,1500000000123456000,true,false\n"
	    ",,,,\n,,,,\n"
	    ",,,\"q\"\"\\\n\r\t\x01<&>\",\xc3\xa4\xff\xe2\x82z\n"
	    ",,,,\" x\"\n") },
};

static void
test_cases(void **state)
{
	(void)state;
	format_run_cases(cases, N_OF(cases));
}

static void
test_rows_are_streamed(void **state)
{
	struct printed printed =
	    format_print("csv", &(struct format_options){ 0 }, answer_many_rows);

	(void)state;
	assert_true(printed.bytes.n > 5000000);
	assert_true(printed.longest < OUT_PIECE_BYTES + 4096);
	buf_free(&printed.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_rows_are_streamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
