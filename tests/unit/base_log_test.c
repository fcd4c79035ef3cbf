/*
 * tests/unit/base_log_test.c - a trouble that every request meets does not fill the log
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static int64_t now = 1;

int64_t
clock_monotonic_ns(void)
{
	return now;
}

int64_t
clock_now_ns(void)			/* lives in the same file as the other */
{
	return now;
}

static FILE *lines;

static int
begin(void **unused)
{
	(void)unused;
	lines = tmpfile();
	return lines != NULL && dup2(fileno(lines), STDERR_FILENO) >= 0 ? 0 : -1;
}

static size_t
count_lines(char last[2200])
{
	size_t n = 0;

	rewind(lines);
	while (fgets(last, 2200, lines) != NULL)
		n++;
	return n;
}

static void
the_same_line_is_said_once_a_minute(void **unused)
{
	char last[2200] = "";

	(void)unused;
	for (int i = 0; i < 1000; i++)
		log_error("the disk is full");
	assert_int_equal(count_lines(last), 1);
	assert_string_equal(last, "weir: error: the disk is full\n");
	now += INT64_C(61) * 1000000000;
	log_error("the disk is full");
	assert_int_equal(count_lines(last), 2);
	assert_string_equal(last,
	    "weir: error: the disk is full (and 999 times more since it was said)\n");
}

static void
other_lines_are_said(void **unused)
{
	char last[2200] = "";
	size_t before = count_lines(last);

	(void)unused;
	for (int i = 0; i < 100; i++)
		log_warning("line %d", i);
	assert_int_equal(count_lines(last), before + 100);
	assert_string_equal(last, "weir: warning: line 99\n");
}

static void
long_lines_are_cut(void **unused)
{
	char text[4000], last[2200] = "";

	(void)unused;
	memset(text, 'x', sizeof(text));
	log_error("%.*s", (int)sizeof(text), text);
	count_lines(last);
	assert_int_equal(last[strlen(last) - 1], '\n');
	assert_in_range(strlen(last), 2000, 2100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_line_is_said_once_a_minute),
		cmocka_unit_test(other_lines_are_said),
		cmocka_unit_test(long_lines_are_cut),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
