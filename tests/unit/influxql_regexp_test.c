/*
 * tests/unit/influxql_regexp_test.c - which patterns RE2 refuses, in its words, and what the others are
 * to PCRE2
 */
#include <stdlib.h>

#include "influxql/influxql.h"
#include "unit.h"

static const struct {
	const char	*pattern;
	const char	*error;		/* behind "error parsing regexp: " */
} refused[] = {
	{ "[", "missing closing ]: `[`" },
	{ "a[b-", "missing closing ]: `[b-`" },
	{ "[^", "missing closing ]: `[^`" },
	{ "[]", "missing closing ]: `[]`" },
	{ "[z-a]", "invalid character class range: `z-a`" },
	{ "[[:foo:]]", "invalid character class range: `[:foo:]`" },
	{ "[a-\\d]", "invalid escape sequence: `\\d`" },
	{ "(", "missing closing ): `(`" },
	{ "a(b", "missing closing ): `a(b`" },
	{ "a)b", "unexpected ): `a)b`" },
	{ "*", "missing argument to repetition operator: `*`" },
	{ "a|*?", "missing argument to repetition operator: `*?`" },
	{ "(+)", "missing argument to repetition operator: `+`" },
	{ "(?i)*", "missing argument to repetition operator: `*`" },
	{ "a**", "invalid nested repetition operator: `**`" },
	{ "a++", "invalid nested repetition operator: `++`" },
	{ "a*?+", "invalid nested repetition operator: `*?+`" },
	{ "a{2}{3}", "invalid nested repetition operator: `{2}{3}`" },
	{ "a{2,1}", "invalid repeat count: `{2,1}`" },
	{ "a{1001}", "invalid repeat count: `{1001}`" },
	{ "a{1,99999999999}", "invalid repeat count: `{1,99999999999}`" },
	{ "(a{100}){11}", "invalid repeat count: `{11}`" },
	{ "((a{10}){10}b{2}){11}", "invalid repeat count: `{11}`" },
	{ "(?=x)", "invalid or unsupported Perl syntax: `(?=`" },
	{ "(?!x)", "invalid or unsupported Perl syntax: `(?!`" },
	{ "(?<=x)", "invalid or unsupported Perl syntax: `(?<`" },
	{ "(?>x)", "invalid or unsupported Perl syntax: `(?>`" },
	{ "(?x)", "invalid or unsupported Perl syntax: `(?x`" },
	{ "(?i-)", "invalid or unsupported Perl syntax: `(?i-)`" },
	{ "(?P=n)", "invalid or unsupported Perl syntax: `(?P`" },
	{ "(?P<n", "invalid named capture: `(?P<n`" },
	{ "(?P<>a)", "invalid named capture: `(?P<>`" },
	{ "(?P<a b>a)", "invalid named capture: `(?P<a b>`" },
	{ "(a)\\1", "invalid escape sequence: `\\1`" },
	{ "\\8", "invalid escape sequence: `\\8`" },
	{ "\\q", "invalid escape sequence: `\\q`" },
	{ "\\C", "invalid escape sequence: `\\C`" },
	{ "\\Z", "invalid escape sequence: `\\Z`" },
	{ "\\xg0", "invalid escape sequence: `\\xg0`" },
	{ "\\x{}", "invalid escape sequence: `\\x{}`" },
	{ "\\x{110000}", "invalid escape sequence: `\\x{110000`" },
	{ "\\p{Foo}", "invalid character class range: `\\p{Foo}`" },
	{ "\\pX", "invalid character class range: `\\pX`" },
	{ "\\p{Greek", "invalid character class range: `\\p{Greek`" },
	{ "a\\", "trailing backslash at end of expression: ``" },
};

static const struct {
	const char	*pattern;
	const char	*pcre;
} accepted[] = {
	{ "", "" },
	{ "abc_1", "abc_1" },
	{ "^a.b$", "\\Aa[^\\n]b\\z" },
	{ "(?m)^a$", "(?:\\A|(?<=\\n))a(?:\\z|(?=\\n))" },
	{ "(?s:.).", "(?:(?s:.))[^\\n]" },
	{ "(?is)a.", "(?i)a(?s:.)" },
	{ "(?i-s:a)(?U)b*", "(?i-:a)(?U)b*" },
	{ "^*", "(?:\\A)*" },
	{ "\\b+?a", "(?:\\b)+?a" },
	{ "(a)(?P<n>b)(?P<n>c)(?:d)", "(?:a)(?:b)(?:c)(?:d)" },
	{ "a{2}b{2,}c{2,3}?", "a{2}b{2,}c{2,3}?" },
	{ "a{,3}{", "a\\{\\,3\\}\\{" },
	{ "a{02}", "a\\{02\\}" },
	{ "a{0}", "a{0}" },
	{ "\\d\\D\\w\\W\\s\\S", "[0-9][^0-9][0-9A-Za-z_][^0-9A-Za-z_][\\t\\n\\f\\r ][^\\t\\n\\f\\r ]" },
	{ "[\\d\\s]", "[0-9\\t\\n\\f\\r ]" },
	{ "[]a]", "[\\]a]" },
	{ "[^]a-]", "[^\\]a\\-]" },
	{ "[[.x.]]", "[\\[\\.x\\.]\\]" },
	{ "[[:alpha:][:^digit:]_]", "[[:alpha:][:^digit:]_]" },
	{ "\\v\\a\\n\\x41\\x{1F600}\\101\\0", "\\x{b}\\x{7}\\x{a}A\\x{1f600}A\\x{0}" },
	{ "\\Qa.b\\E.", "a\\.b[^\\n]" },
	{ "\\pN\\p{^Greek}\\P{Lu}\\p{Any}", "\\p{N}\\p{^Greek}\\P{Lu}\\p{Any}" },
	{ "\\Aa\\z", "\\Aa\\z" },
	{ "é/#", "\\x{e9}\\/\\#" },
	{ "a|b|", "a|b|" },
	{ "(?)a", "a" },
};

static void
what_re2_refuses(void **state)
{
	static const char prefix[] = "error parsing regexp: ";

	(void)state;
	for (size_t i = 0; i < UNIT_N(refused); i++) {
		struct err err;

		UNIT_CHECK(refused[i].pattern,
		    influxql_check_regex(slice_from(refused[i].pattern), &err) != 0);
		UNIT_CHECK(refused[i].pattern, slice_starts(slice_from(err.text), slice_from(prefix)));
		UNIT_SAME(refused[i].pattern, slice_from(err.text + sizeof(prefix) - 1),
		    slice_from(refused[i].error));
	}
}

static void
what_pcre_reads(void **state)
{
	struct buf out = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < UNIT_N(accepted); i++) {
		struct slice pattern = slice_from(accepted[i].pattern);

		UNIT_CHECK(accepted[i].pattern, influxql_check_regex(pattern, &err) == 0);
		buf_reset(&out);
		influxql_pcre_regex(&out, pattern);
		UNIT_SAME(accepted[i].pattern, buf_slice(&out), slice_from(accepted[i].pcre));
	}
	buf_free(&out);
}

static void
what_was_never_checked_matches_nothing(void **state)
{
	struct buf out = { 0 };

	(void)state;
	influxql_pcre_regex(&out, SLICE("ab(?=c)"));
	UNIT_SAME("look-ahead", buf_slice(&out), SLICE("(?!)"));
	buf_reset(&out);
	influxql_pcre_regex(&out, SLICE("a\xff"));
	UNIT_SAME("no UTF-8", buf_slice(&out), SLICE("(?!)"));
	buf_free(&out);
}

static void
deep_nesting_is_refused(void **state)
{
	char pattern[2001];
	struct err err;

	(void)state;
	memset(pattern, '(', 1000);
	memset(pattern + 1000, ')', 1000);
	assert_int_equal(influxql_check_regex(slice_make(pattern, 2000), &err), -1);
	assert_non_null(strstr(err.text, "expression nests too deeply"));
	assert_int_equal(influxql_check_regex(slice_make(pattern + 900, 200), &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_re2_refuses),
		cmocka_unit_test(what_pcre_reads),
		cmocka_unit_test(what_was_never_checked_matches_nothing),
		cmocka_unit_test(deep_nesting_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
