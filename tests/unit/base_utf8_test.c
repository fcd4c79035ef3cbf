/*
 * tests/unit/base_utf8_test.c - what is UTF-8 and what is not, and where it may be cut
 */
#include "unit.h"

#include "base/utf8.h"

struct utf8_case {
	const char	*name, *bytes;
	bool		 valid;
	uint32_t	 rune;		/* the first */
	size_t		 n;		/* its bytes */
};

static const struct utf8_case cases[] = {
	{ "ASCII", "a", true, 'a', 1 },
	{ "the last of one byte", "\x7F", true, 0x7F, 1 },
	{ "the first of two", "\xC2\x80", true, 0x80, 2 },
	{ "the last of two", "\xDF\xBF", true, 0x7FF, 2 },
	{ "the first of three", "\xE0\xA0\x80", true, 0x800, 3 },
	{ "before the surrogates", "\xED\x9F\xBF", true, 0xD7FF, 3 },
	{ "behind the surrogates", "\xEE\x80\x80", true, 0xE000, 3 },
	{ "the last of three", "\xEF\xBF\xBF", true, 0xFFFF, 3 },
	{ "the first of four", "\xF0\x90\x80\x80", true, 0x10000, 4 },
	{ "the last of all", "\xF4\x8F\xBF\xBF", true, 0x10FFFF, 4 },
	{ "a continuation alone", "\x80", false, 0xFFFD, 1 },
	{ "overlong slash", "\xC0\xAF", false, 0xFFFD, 1 },
	{ "overlong in two", "\xC1\xBF", false, 0xFFFD, 1 },
	{ "overlong in three", "\xE0\x9F\xBF", false, 0xFFFD, 1 },
	{ "overlong in four", "\xF0\x8F\xBF\xBF", false, 0xFFFD, 1 },
	{ "a surrogate", "\xED\xA0\x80", false, 0xFFFD, 1 },
	{ "past the last", "\xF4\x90\x80\x80", false, 0xFFFD, 1 },
	{ "F5", "\xF5\x80\x80\x80", false, 0xFFFD, 1 },
	{ "FF", "\xFF", false, 0xFFFD, 1 },
	{ "cut after one of two", "\xC3", false, 0xFFFD, 1 },
	{ "cut after two of three", "\xE2\x82", false, 0xFFFD, 1 },
	{ "cut after three of four", "\xF0\x9F\x98", false, 0xFFFD, 1 },
	{ "no continuation", "\xE2\x82z", false, 0xFFFD, 1 },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		const struct utf8_case *c = &cases[i];
		struct slice s = slice_from(c->bytes);
		uint32_t rune = 0;

		UNIT_CHECK(c->name, utf8_valid(s) == c->valid);
		UNIT_CHECK(c->name, utf8_next(s, &rune) == c->n);
		UNIT_CHECK(c->name, rune == c->rune);
		UNIT_CHECK(c->name, utf8_is_ascii(s) == (c->valid && c->n == 1));
	}
}

/*
 * Each case at every place of a longer text, which is passed over a word at a time.
 */
static void
test_places(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		struct slice s = slice_from(cases[i].bytes);

		for (size_t at = 0; at + s.n <= 100; at++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + at, s.p, s.n);
			UNIT_CHECK(cases[i].name, utf8_valid(slice_make(text, 100)) == cases[i].valid);
			UNIT_CHECK(cases[i].name, utf8_is_ascii(slice_make(text, 100)) ==
			    (cases[i].valid && cases[i].n == 1));
		}
	}
	assert_true(utf8_valid(slice_make(NULL, 0)));
	assert_true(utf8_is_ascii(slice_make(NULL, 0)));
}

struct cut_case {
	const char	*name, *text;
	size_t		 most, n;
};

static const struct cut_case cuts[] = {
	{ "shorter than that", "abc", 5, 3 },
	{ "as long as that", "abc", 3, 3 },
	{ "ASCII", "abc", 2, 2 },
	{ "to nothing", "abc", 0, 0 },
	{ "within two bytes", "a\xC3\xA4", 2, 1 },
	{ "behind two bytes", "a\xC3\xA4z", 3, 3 },
	{ "within four bytes", "\xF0\x9F\x98\x80z", 3, 0 },
	{ "continuations without end", "\x80\x80\x80\x80\x80\x80", 5, 5 },
};

static void
test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_N(cuts); i++)
		UNIT_CHECK(cuts[i].name,
		    utf8_cut(slice_from(cuts[i].text), cuts[i].most).n == cuts[i].n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
