/*
 * influxql/regexp_class.c - escapes and classes of RE2 patterns
 *
 * In RE2 \d, \s and \w are ASCII, whatever the flags, and \s has no vertical tab.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memmem */
#endif
#include "influxql/regexp.h"

static int
hex_value(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* x{10FFFF}, behind the brace; false: no escape, r->p behind what was looked at */
static bool
read_hex_braces(struct regexp *r, uint32_t *rune)
{
	int digit = 0;
	bool any = false;

	for (*rune = 0; r->p < r->end; any = true) {
		uint32_t c = influxql_regexp_rune(r);

		if (c == '}')
			return any;
		digit = c < 0x80 ? hex_value((int)c) : -1;
		if (digit < 0)
			return false;
		*rune = *rune * 16 + (uint32_t)digit;
		if (*rune > 0x10FFFF)
			return false;
	}
	return false;
}

/* x7F or x{10FFFF}, behind the x */
static bool
read_hex(struct regexp *r, uint32_t *rune)
{
	uint32_t high, low;
	int digits[2];

	if (r->p == r->end)
		return false;
	high = influxql_regexp_rune(r);
	if (high == '{')
		return read_hex_braces(r, rune);
	if (r->p == r->end)
		return false;
	low = influxql_regexp_rune(r);
	digits[0] = high < 0x80 ? hex_value((int)high) : -1;
	digits[1] = low < 0x80 ? hex_value((int)low) : -1;
	*rune = (uint32_t)(digits[0] * 16 + digits[1]);
	return digits[0] >= 0 && digits[1] >= 0;
}

static bool
is_octal(const struct regexp *r)
{
	return r->p < r->end && *r->p >= '0' && *r->p <= '7';
}

/* escape: a backslash and what makes one character of it */
int
influxql_regexp_escape(struct regexp *r, uint32_t *rune)
{
	static const char letters[] = "afnrtv", controls[] = "\a\f\n\r\t\v";
	const char *start = r->p++;
	const char *letter;
	uint32_t c;

	if (r->p == r->end)
		return influxql_regexp_fail(r, "trailing backslash at end of expression", start, start);
	c = influxql_regexp_rune(r);
	letter = c > 0 && c < 0x80 ? strchr(letters, (int)c) : NULL;
	if (letter != NULL) {
		*rune = (unsigned char)controls[letter - letters];
		return 0;
	}
	if (c == '0' || (c >= '1' && c <= '7' && is_octal(r))) {
		*rune = c - '0';
		for (int i = 0; i < 2 && is_octal(r); i++)
			*rune = *rune * 8 + (uint32_t)(*r->p++ - '0');
		return 0;
	}
	if (c == 'x' && read_hex(r, rune))
		return 0;
	if (c < 0x80 && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
	    !(c >= 'A' && c <= 'Z')) {
		*rune = c;
		return 0;
	}
	return influxql_regexp_fail(r, "invalid escape sequence", start, r->p);
}

/* \d \D \s \S \w \W: ASCII in RE2; PCRE2's \s has one more character */
bool
influxql_regexp_perl_class(struct regexp *r, bool in_class)
{
	static const struct {
		char		 letter;
		const char	*alone, *in_class;
	} rows[] = {
		{ 'd', "[0-9]", "0-9" },
		{ 'D', "[^0-9]", "\\D" },
		{ 's', "[\\t\\n\\f\\r ]", "\\t\\n\\f\\r " },
		{ 'S', "[^\\t\\n\\f\\r ]", "\\S\\x0b" },
		{ 'w', "[0-9A-Za-z_]", "0-9A-Za-z_" },
		{ 'W', "[^0-9A-Za-z_]", "\\W" },
	};

	if (r->end - r->p < 2 || r->p[0] != '\\')
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].letter == r->p[1]) {
			influxql_regexp_put(r, in_class ? rows[i].in_class : rows[i].alone);
			r->p += 2;
			return true;
		}
	}
	return false;
}

static bool
is_unicode_name(struct slice name)
{
	static const char *const names[] = {
#include "influxql/unicode_names.h"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq(name, slice_from(names[i])))
			return true;
	return false;
}

/* \pN \p{Greek} \P{^Greek}; *found is false when there is none */
int
influxql_regexp_unicode_class(struct regexp *r, bool *found)
{
	const char *start = r->p, *name, *brace;
	struct slice bare;

	*found = r->end - r->p >= 2 && r->p[0] == '\\' && (r->p[1] == 'p' || r->p[1] == 'P');
	if (!*found)
		return 0;
	name = r->p += 2;
	if (r->p < r->end && *r->p == '{') {
		brace = memchr(r->p, '}', (size_t)(r->end - r->p));
		if (brace == NULL)
			return influxql_regexp_fail(r, "invalid character class range", start, r->end);
		name++;
		r->p = brace + 1;
		bare = slice_make(name, (size_t)(brace - name));
	} else {
		if (r->p < r->end)
			influxql_regexp_rune(r);
		bare = slice_make(name, (size_t)(r->p - name));
	}
	if (bare.n > 0 && bare.p[0] == '^')
		bare = slice_make(bare.p + 1, bare.n - 1);
	if (!is_unicode_name(bare))
		return influxql_regexp_fail(r, "invalid character class range", start, r->p);
	if (r->out != NULL)
		buf_printf(r->out, "\\%c{%s" SLICE_FMT "}", start[1],
		    bare.p > start + 2 && bare.p[-1] == '^' ? "^" : "", SLICE_ARG(bare));
	return 0;
}

/* ---- classes ---- */

static int
read_class_rune(struct regexp *r, const char *class, uint32_t *rune)
{
	if (r->p == r->end)
		return influxql_regexp_fail(r, "missing closing ]", class, r->end);
	if (*r->p == '\\')
		return influxql_regexp_escape(r, rune);
	*rune = influxql_regexp_rune(r);
	return 0;
}

/* [:alpha:] inside a class */
static int
read_posix_class(struct regexp *r, bool *found)
{
	static const char *const names[] = {
		"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
		"space", "upper", "word", "xdigit",
	};
	const char *start = r->p, *close;
	struct slice name;

	*found = false;
	if (r->end - r->p < 3 || r->p[0] != '[' || r->p[1] != ':')
		return 0;
	close = memmem(r->p + 2, (size_t)(r->end - r->p - 2), ":]", 2);
	if (close == NULL)
		return 0;
	name = slice_make(r->p + 2, (size_t)(close - r->p - 2));
	if (name.n > 0 && name.p[0] == '^')
		name = slice_make(name.p + 1, name.n - 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		*found |= slice_eq(name, slice_from(names[i]));
	r->p = close + 2;
	if (!*found)
		return influxql_regexp_fail(r, "invalid character class range", start, r->p);
	if (r->out != NULL)
		buf_put(r->out, start, (size_t)(r->p - start));
	return 0;
}

/* a or a-z */
static int
read_range(struct regexp *r, const char *class)
{
	const char *start = r->p;
	uint32_t low, high;

	if (read_class_rune(r, class, &low) != 0)
		return -1;
	influxql_regexp_put_rune(r, low);
	if (r->end - r->p < 2 || r->p[0] != '-' || r->p[1] == ']')
		return 0;
	r->p++;
	if (read_class_rune(r, class, &high) != 0)
		return -1;
	if (high < low)
		return influxql_regexp_fail(r, "invalid character class range", start, r->p);
	influxql_regexp_put(r, "-");
	influxql_regexp_put_rune(r, high);
	return 0;
}

/* "[" [ "^" ] item { item } "]" - a first ] is a character */
int
influxql_regexp_class(struct regexp *r)
{
	const char *start = r->p++;
	bool first = true, found;

	influxql_regexp_put(r, "[");
	if (r->p < r->end && *r->p == '^') {
		r->p++;
		influxql_regexp_put(r, "^");
	}
	for (; r->p == r->end || *r->p != ']' || first; first = false) {
		if (read_posix_class(r, &found) != 0)
			return -1;
		if (found)
			continue;
		if (influxql_regexp_unicode_class(r, &found) != 0)
			return -1;
		if (found || influxql_regexp_perl_class(r, true))
			continue;
		if (read_range(r, start) != 0)
			return -1;
	}
	r->p++;
	influxql_regexp_put(r, "]");
	influxql_regexp_end_atom(r, 1);
	return 0;
}
