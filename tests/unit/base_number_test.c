/*
 * tests/unit/base_number_test.c - numbers from text and back, held against the C library
 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/number.h"

struct parse_case {
	const char	*name, *text;
	double		 v;
	size_t		 n;		/* bytes taken; 0 = none */
};

static const struct parse_case parse_cases[] = {
	{ "an integer", "12", 12, 2 },
	{ "zeros in front", "007", 7, 3 },
	{ "minus nothing", "-0", -0.0, 2 },
	{ "a fraction", "1.5", 1.5, 3 },
	{ "no digit before the point", ".5", .5, 2 },
	{ "no digit behind the point", "1.", 1, 2 },
	{ "a power", "1e5", 1e5, 3 },
	{ "a power with a plus", "1E+5", 1e5, 4 },
	{ "a negative power", "-1.5e-3", -1.5e-3, 7 },
	{ "a power without digits", "1e", 1, 1 },
	{ "a power with a sign alone", "1e-", 1, 1 },
	{ "text behind", "1.25,x", 1.25, 4 },
	{ "an i behind", "5i", 5, 1 },
	{ "two points", "1.2.3", 1.2, 3 },
	{ "nothing", "", 0, 0 },
	{ "a point alone", ".", 0, 0 },
	{ "a minus alone", "-", 0, 0 },
	{ "minus point", "-.", 0, 0 },
	{ "a power alone", "e5", 0, 0 },
	{ "a plus", "+1", 0, 0 },
	{ "infinity by name", "inf", 0, 0 },
	{ "not a number by name", "nan", 0, 0 },
	{ "hexadecimal stops at x", "0x10", 0, 1 },
	{ "the greatest", "1.7976931348623157e308", 1.7976931348623157e308, 22 },
	{ "too great", "1.7976931348623159e308", 0, 0 },
	{ "far too great", "1e999999999999999999999", 0, 0 },
	{ "the least", "4.9406564584124654e-324", 4.9406564584124654e-324, 23 },
	{ "half the least", "2.4703282292062327e-324", 0, 23 },
	{ "more than half the least", "2.4703282292062328e-324", 4.9406564584124654e-324, 23 },
	{ "far too small", "1e-999999999999999999999", 0, 24 },
	{ "zero with a huge power", "0e999999999999999999999", 0, 23 },
	{ "the least normal", "2.2250738585072014e-308", 2.2250738585072014e-308, 23 },
	{ "the greatest subnormal", "2.2250738585072009e-308", 2.2250738585072009e-308, 23 },
	{ "a subnormal that rounds up to normal", "2.2250738585072013e-308",
	    2.2250738585072014e-308, 23 },
	{ "a tie goes down to even", "9007199254740993", 9007199254740992, 16 },
	{ "a tie goes up to even", "9007199254740995", 9007199254740996, 16 },
	{ "a tie with decimals", "9007199254740993.0", 9007199254740992, 18 },
	{ "a tie in quarters", "4503599627370497.5", 4503599627370498, 18 },
	{ "just above a tie, far behind", "9007199254740993.00000000000000000000000000001",
	    9007199254740994, 46 },
	{ "more than 19 digits, zeros in front", "0000000000000000000000001.5", 1.5, 27 },
	{ "more than 19 digits of fraction", "0.00000000000000000000000000015", 1.5e-28, 31 },
	{ "seventeen digits", "0.30000000000000004", 0.30000000000000004, 19 },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(parse_cases); i++) {
		const struct parse_case *c = &parse_cases[i];
		double v = 77;
		const char *stop = number_parse_float(c->text, c->text + strlen(c->text), &v);

		UNIT_CHECK(c->name, (stop != NULL) == (c->n != 0));
		UNIT_CHECK(c->name, stop == NULL || stop == c->text + c->n);
		UNIT_CHECK(c->name, stop == NULL || memcmp(&v, &c->v, sizeof(v)) == 0);
		UNIT_CHECK(c->name, stop != NULL || v == 77);
	}
}

static void
check_like_library(const char *text, size_t n)
{
	double want = strtod(text, NULL), got = 77;
	const char *stop = number_parse_float(text, text + n, &got);

	if (isinf(want))
		UNIT_CHECK(text, stop == NULL);
	else
		UNIT_CHECK(text, stop == text + n && memcmp(&got, &want, sizeof(got)) == 0);
}

/*
 * A number of a thousand digits: between two doubles, a hair above and below.
 */
static void
test_parse_long(void **state)
{
	static const char *const tails[] = { "", "0", "000000000000", "1", "0000000000001" };
	char text[4096];

	(void)state;
	for (int power = -1074; power <= 60; power += 27) {
		long double between = ldexpl(1, power) + ldexpl(1, power - 53);
		int n = snprintf(text, sizeof(text), "%.1200Lf", between);

		while (n > 0 && text[n - 1] == '0')
			n--;
		for (size_t i = 0; i < UNIT_N(tails); i++) {
			strcpy(text + n, tails[i]);
			check_like_library(text, strlen(text));
		}
		text[n] = '\0';
		if (text[n - 1] != '.')
			text[n - 1]--;
		check_like_library(text, (size_t)n);
	}
}

static void
test_parse_random(void **state)
{
	uint64_t seed = 4711;
	char text[512];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = unit_random(&seed), other = unit_random(&seed);
		int n;
		double v;

		memcpy(&v, &bits, sizeof(v));
		if (isfinite(v)) {
			n = snprintf(text, sizeof(text), "%.*e", (int)(other % 25), v);
			check_like_library(text, (size_t)n);
		}
		n = snprintf(text, sizeof(text), "%llu.%llue%d", (unsigned long long)bits >> other % 64,
		    (unsigned long long)other >> bits % 64, (int)(other % 60) - 40);
		check_like_library(text, (size_t)n);
	}
}

struct print_case {
	const char	*name;
	double		 v;
	const char	*text, *fixed;		/* fixed NULL: the same */
};

static const struct print_case print_cases[] = {
	{ "zero", 0, "0", NULL },
	{ "minus zero", -0.0, "-0", NULL },
	{ "one", 1, "1", NULL },
	{ "ten", 10, "10", NULL },
	{ "a hundred million", 1e8, "100000000", NULL },
	{ "a tenth", 0.1, "0.1", NULL },
	{ "negative", -2.25, "-2.25", NULL },
	{ "a sum that shows its error", 0.1 + 0.2, "0.30000000000000004", NULL },
	{ "the point behind nine digits", 123456789.125, "123456789.125", NULL },
	{ "the point behind eight digits", 12345678.5, "12345678.5", NULL },
	{ "sixteen digits, point behind fifteen", 123456789012345.6, "123456789012345.6", NULL },
	{ "2^53", 9007199254740992, "9007199254740992", NULL },
	{ "beyond 2^53", 9007199254740994, "9007199254740994", NULL },
	{ "1e20", 1e20, "100000000000000000000", NULL },
	{ "1e21", 1e21, "1e+21", "1000000000000000000000" },
	{ "1.5e21", 1.5e21, "1.5e+21", "1500000000000000000000" },
	{ "1e-6", 1e-6, "0.000001", NULL },
	{ "1e-7", 1e-7, "1e-7", "0.0000001" },
	{ "1.25e-7", -1.25e-7, "-1.25e-7", "-0.000000125" },
	{ "1e-100", 1e-100, "1e-100", "0.0000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000001" },
	{ "the greatest", 1.7976931348623157e308, "1.7976931348623157e+308", "17976931348623157"
	    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000" },
	{ "the least normal", 2.2250738585072014e-308, "2.2250738585072014e-308", "" },
	{ "the least", 4.9406564584124654e-324, "5e-324", "" },
	{ "a power of two with a nearer lower neighbour", 7.120236347223045e-307,
	    "7.120236347223045e-307", "" },
};

static void
test_print(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < UNIT_N(print_cases); i++) {
		const struct print_case *c = &print_cases[i];
		const char *fixed = c->fixed != NULL ? c->fixed : c->text;

		buf_reset(&b);
		number_put_float(&b, c->v);
		UNIT_SAME(c->name, buf_slice(&b), slice_from(c->text));
		buf_reset(&b);
		number_put_fixed(&b, c->v);
		if (*fixed != '\0')
			UNIT_SAME(c->name, buf_slice(&b), slice_from(fixed));
		UNIT_CHECK(c->name, slice_find(buf_slice(&b), 'e') == b.n);
		buf_putc(&b, '\0');
		UNIT_CHECK(c->name, strtod(b.p, NULL) == c->v);
	}
	buf_free(&b);
}

/*
 * significant - digits of a text without point, exponent and zeros at either end
 */
static size_t
significant(const char *text)
{
	size_t n = 0, zeros = 0;

	for (const char *p = text; *p != '\0' && *p != 'e'; p++) {
		if (*p < '0' || *p > '9' || (*p == '0' && n == 0))
			continue;
		zeros = *p == '0' ? zeros + 1 : 0;
		n++;
	}
	return n - zeros;
}

/*
 * check_shortest - reads back as v, and %.Ne with fewer digits does not
 */
static void
check_shortest(double v)
{
	char text[NUMBER_TEXT_MAX + 1], shorter[64];
	double back;
	size_t n = number_format_float(text, v);

	assert_true(n <= NUMBER_TEXT_MAX);
	text[n] = '\0';
	back = strtod(text, NULL);
	UNIT_CHECK(text, memcmp(&back, &v, sizeof(v)) == 0);
	UNIT_CHECK(text, number_parse_float(text, text + n, &back) == text + n && back == v);
	if (significant(text) < 2)
		return;
	snprintf(shorter, sizeof(shorter), "%.*e", (int)significant(text) - 2, v);
	UNIT_CHECK(text, strtod(shorter, NULL) != v);
}

static void
test_print_random(void **state)
{
	uint64_t seed = 815;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = unit_random(&seed);
		double v;

		memcpy(&v, &bits, sizeof(v));
		if (isfinite(v))
			check_shortest(v);
		check_shortest((double)(bits >> 40) / pow(10, (double)(bits % 12)));
		check_shortest((double)(bits >> 50) / (double)(bits % 1000 + 1));
		check_shortest((double)bits);
	}
	for (int power = -1074; power < 1024; power++) {
		check_shortest(ldexp(1, power));
		check_shortest(nextafter(ldexp(1, power), 0) + 0.0);
		check_shortest(-nextafter(ldexp(1, power), INFINITY));
	}
}

static void
test_integers(void **state)
{
	uint64_t seed = 42;
	char text[NUMBER_TEXT_MAX], want[64];
	static const int64_t edges[] = { 0, 9, 10, 99, 100, 99999999, 100000000, INT64_MAX,
		INT64_MIN, -1, INT64_C(9999999999999999), INT64_C(10000000000000000) };

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		uint64_t u = unit_random(&seed) >> i % 64;
		int64_t v = i < UNIT_N(edges) ? edges[i] : (int64_t)(i % 2 != 0 ? u : 0 - u);

		snprintf(want, sizeof(want), "%lld", (long long)v);
		UNIT_SAME(want, slice_make(text, number_format_int(text, v)), slice_from(want));
		snprintf(want, sizeof(want), "%llu", (unsigned long long)u);
		UNIT_SAME(want, slice_make(text, number_format_uint(text, u)), slice_from(want));
	}
	UNIT_SAME("the greatest", slice_make(text, number_format_uint(text, UINT64_MAX)),
	    SLICE("18446744073709551615"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_long),
		cmocka_unit_test(test_parse_random),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_random),
		cmocka_unit_test(test_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
