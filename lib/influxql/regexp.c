/*
 * influxql/regexp.c - RE2 patterns: checked as Go's regexp package does, and told to PCRE2
 *
 * Clients see the messages of RE2's syntax, so a pattern is read here before PCRE2 sees it. PCRE2
 * takes more than RE2 (look-around, back-references) and reads some of it otherwise (\v, \s, octal
 * escapes, $ before a last newline). One reader serves both ends: it goes through the pattern once,
 * refuses what RE2 refuses, and writes, when asked to, each piece in a form that means the same to
 * PCRE2 whatever its options. Groups capture nothing, since nobody asks for their texts.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memmem */
#endif
#include "base/utf8.h"
#include "influxql/influxql.h"

#define REPEAT_MAX	1000	/* as RE2: a count, and the product of counts inside one another */
#define NEST_MAX	200	/* PCRE2 itself stops at 250 */

enum { FLAG_MULTI_LINE = 1, FLAG_DOT_ALL = 2 };

struct group {
	unsigned	 flags;
	unsigned	 cost;		/* greatest product of repeat counts of any piece in it */
};

struct reader {
	struct slice	 whole;
	const char	*p, *end;
	struct buf	*out;		/* NULL: check only */
	struct err	*err;
	struct group	 groups[NEST_MAX + 1];
	size_t		 depth;		/* index of the group that is open */
	bool		 has_atom;	/* there is something that a repetition could repeat */
	unsigned	 atom_cost;
	const char	*last_repeat;	/* where the repetition just read began, else NULL */
};

static int
fail(struct reader *r, const char *what, const char *from, const char *to)
{
	struct slice piece = utf8_cut(slice_make(from, (size_t)(to - from)), 600);

	return err_set(r->err, ERR_SYNTAX, "error parsing regexp: %s: `" SLICE_FMT "`", what,
	    SLICE_ARG(piece));
}

/* ---- writing ---- */

static void
put(struct reader *r, const char *text)
{
	if (r->out != NULL)
		buf_puts(r->out, text);
}

/* One character, so that it stands for itself inside and outside of a class. */
static void
put_rune(struct reader *r, uint32_t rune)
{
	if (r->out == NULL)
		return;
	if ((rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z') ||
	    (rune >= '0' && rune <= '9') || rune == '_' || rune == ' ')
		buf_putc(r->out, (char)rune);
	else if (rune > ' ' && rune < 0x7F)
		buf_printf(r->out, "\\%c", (char)rune);
	else if (rune >= 0xD800 && rune < 0xE000)
		buf_puts(r->out, "\\x{fffd}");
	else
		buf_printf(r->out, "\\x{%x}", (unsigned)rune);
}

static bool
repeat_follows(const struct reader *r)
{
	return r->p < r->end && memchr("*+?{", *r->p, 4) != NULL;
}

/* A piece that matches no character; PCRE2 repeats such only in a group. */
static void
put_assertion(struct reader *r, const char *text)
{
	if (repeat_follows(r)) {
		put(r, "(?:");
		put(r, text);
		put(r, ")");
	} else {
		put(r, text);
	}
}

/* ---- pieces ---- */

static void
end_atom(struct reader *r, unsigned cost)
{
	r->has_atom = true;
	r->atom_cost = cost;
	if (cost > r->groups[r->depth].cost)
		r->groups[r->depth].cost = cost;
}

static uint32_t
next_rune(struct reader *r)
{
	uint32_t rune;

	r->p += utf8_next(slice_make(r->p, (size_t)(r->end - r->p)), &rune);
	return rune;
}

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

/* x{10FFFF} or x7F, behind the x; false: no escape, r->p behind what was looked at */
static bool
read_hex(struct reader *r, uint32_t *rune)
{
	bool braces;
	int n = 0;

	*rune = 0;
	if (r->p == r->end)
		return false;
	braces = *r->p == '{';
	if (braces)
		r->p++;
	for (;;) {
		uint32_t c;
		int digit;

		if (r->p == r->end)
			return false;
		c = next_rune(r);
		if (braces && c == '}')
			return n > 0;
		digit = c < 0x80 ? hex_value((int)c) : -1;
		if (digit < 0)
			return false;
		*rune = *rune * 16 + (uint32_t)digit;
		if (*rune > 0x10FFFF)
			return false;
		if (++n == 2 && !braces)
			return true;
	}
}

static bool
is_octal(const struct reader *r)
{
	return r->p < r->end && *r->p >= '0' && *r->p <= '7';
}

/* escape: a backslash and what makes one character of it */
static int
read_escape(struct reader *r, uint32_t *rune)
{
	static const char letters[] = "afnrtv", controls[] = "\a\f\n\r\t\v";
	const char *start = r->p++;
	const char *letter;
	uint32_t c;

	if (r->p == r->end)
		return fail(r, "trailing backslash at end of expression", start, start);
	c = next_rune(r);
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
	return fail(r, "invalid escape sequence", start, r->p);
}

/* \d \D \s \S \w \W: ASCII in RE2; PCRE2's \s has one more character */
static bool
read_perl_class(struct reader *r, bool in_class)
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
			put(r, in_class ? rows[i].in_class : rows[i].alone);
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
static int
read_unicode_class(struct reader *r, bool *found)
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
			return fail(r, "invalid character class range", start, r->end);
		name++;
		r->p = brace + 1;
		bare = slice_make(name, (size_t)(brace - name));
	} else {
		if (r->p < r->end)
			next_rune(r);
		bare = slice_make(name, (size_t)(r->p - name));
	}
	if (bare.n > 0 && bare.p[0] == '^')
		bare = slice_make(bare.p + 1, bare.n - 1);
	if (!is_unicode_name(bare))
		return fail(r, "invalid character class range", start, r->p);
	if (r->out != NULL)
		buf_printf(r->out, "\\%c{%s" SLICE_FMT "}", start[1],
		    bare.p > start + 2 && bare.p[-1] == '^' ? "^" : "", SLICE_ARG(bare));
	return 0;
}

/* ---- classes ---- */

static int
read_class_rune(struct reader *r, const char *class, uint32_t *rune)
{
	if (r->p == r->end)
		return fail(r, "missing closing ]", class, r->end);
	if (*r->p == '\\')
		return read_escape(r, rune);
	*rune = next_rune(r);
	return 0;
}

/* [:alpha:] inside a class */
static int
read_posix_class(struct reader *r, bool *found)
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
		return fail(r, "invalid character class range", start, r->p);
	if (r->out != NULL)
		buf_put(r->out, start, (size_t)(r->p - start));
	return 0;
}

/* a or a-z */
static int
read_range(struct reader *r, const char *class)
{
	const char *start = r->p;
	uint32_t low, high;

	if (read_class_rune(r, class, &low) != 0)
		return -1;
	put_rune(r, low);
	if (r->end - r->p < 2 || r->p[0] != '-' || r->p[1] == ']')
		return 0;
	r->p++;
	if (read_class_rune(r, class, &high) != 0)
		return -1;
	if (high < low)
		return fail(r, "invalid character class range", start, r->p);
	put(r, "-");
	put_rune(r, high);
	return 0;
}

/* "[" [ "^" ] item { item } "]" - a first ] is a character */
static int
read_class(struct reader *r)
{
	const char *start = r->p++;
	bool first = true, found;

	put(r, "[");
	if (r->p < r->end && *r->p == '^') {
		r->p++;
		put(r, "^");
	}
	for (; r->p == r->end || *r->p != ']' || first; first = false) {
		if (read_posix_class(r, &found) != 0)
			return -1;
		if (found)
			continue;
		if (read_unicode_class(r, &found) != 0)
			return -1;
		if (found || read_perl_class(r, true))
			continue;
		if (read_range(r, start) != 0)
			return -1;
	}
	r->p++;
	put(r, "]");
	end_atom(r, 1);
	return 0;
}

/* ---- groups ---- */

static int
open_group(struct reader *r, unsigned flags)
{
	if (r->depth == NEST_MAX)
		return fail(r, "expression nests too deeply", r->whole.p, r->end);
	r->depth++;
	r->groups[r->depth] = (struct group){ .flags = flags, .cost = 1 };
	r->has_atom = false;
	return 0;
}

static int
close_group(struct reader *r)
{
	unsigned cost = r->groups[r->depth].cost;

	if (r->depth == 0)
		return fail(r, "unexpected )", r->whole.p, r->end);
	r->depth--;
	r->p++;
	put(r, ")");
	end_atom(r, cost);
	return 0;
}

/* (?P<name> - the name is checked and forgotten */
static int
read_named_group(struct reader *r)
{
	const char *start = r->p;
	const char *close = memchr(r->p, '>', (size_t)(r->end - r->p));

	if (close == NULL)
		return fail(r, "invalid named capture", start, r->end);
	for (const char *c = start + 4; c < close; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9') || *c == '_'))
			return fail(r, "invalid named capture", start, close + 1);
	if (close == start + 4)
		return fail(r, "invalid named capture", start, close + 1);
	r->p = close + 1;
	put(r, "(?:");
	return open_group(r, r->groups[r->depth].flags);
}

static unsigned
flag_of(uint32_t c)
{
	return c == 'm' ? FLAG_MULTI_LINE : c == 's' ? FLAG_DOT_ALL : 0;
}

/*
 * "(?" { "i" | "m" | "s" | "U" } [ "-" ... ] ( ")" | ":" ). PCRE2 is told of i and U; m and s are
 * kept in mind for the pieces that they change.
 */
static int
read_flags(struct reader *r)
{
	const char *start = r->p;
	unsigned flags = r->groups[r->depth].flags;
	bool minus = false, any = false;
	char told[8] = "";
	size_t n = 0;

	r->p += 2;
	while (r->p < r->end) {
		uint32_t c = next_rune(r);

		if (c == 'i' || c == 'U' || c == 'm' || c == 's') {
			flags = minus ? flags & ~flag_of(c) : flags | flag_of(c);
			if (flag_of(c) == 0 && memchr(told, (int)c, n) == NULL && n < sizeof(told) - 1)
				told[n++] = (char)c;
			any = true;
		} else if (c == '-' && !minus) {
			minus = true;
			any = false;
			told[n++] = '-';
		} else if ((c == ':' || c == ')') && (!minus || any)) {
			told[n] = '\0';
			if (c == ':' || n > 0) {
				put(r, "(?");
				put(r, told);
				put(r, c == ':' ? ":" : ")");
			}
			if (c == ':')
				return open_group(r, flags);
			r->groups[r->depth].flags = flags;
			return 0;
		} else {
			break;
		}
	}
	return fail(r, "invalid or unsupported Perl syntax", start, r->p);
}

static int
read_group(struct reader *r)
{
	if (r->end - r->p > 4 && memcmp(r->p, "(?P<", 4) == 0)
		return read_named_group(r);
	if (r->end - r->p >= 2 && r->p[1] == '?')
		return read_flags(r);
	r->p++;
	put(r, "(?:");
	return open_group(r, r->groups[r->depth].flags);
}

/* ---- repetition ---- */

/* The number at *p, -1 when it is too great; false when there is none. No leading zeros. */
static bool
read_count(const char **p, const char *end, int *count)
{
	const char *start = *p;

	*count = 0;
	while (*p < end && **p >= '0' && **p <= '9') {
		if (*count >= 0)
			*count = *p - start >= 7 ? -1 : *count * 10 + (**p - '0');
		++*p;
	}
	return *p > start && !(*start == '0' && *p - start > 1);
}

/* {n} {n,} {n,m}: where it ends, or NULL when the brace is a character */
static const char *
read_braces(const struct reader *r, int *min, int *max)
{
	const char *p = r->p + 1;

	if (!read_count(&p, r->end, min))
		return NULL;
	*max = *min;
	if (p < r->end && *p == ',') {
		p++;
		if (p < r->end && *p == '}')
			*max = -1;
		else if (!read_count(&p, r->end, max))
			return NULL;
		else if (*max < 0)
			*min = -1;
	}
	return p < r->end && *p == '}' ? p + 1 : NULL;
}

/* An operator from `start` to r->p was read: the question mark that may follow, and whether it may. */
static int
end_repeat(struct reader *r, const char *start)
{
	if (r->p < r->end && *r->p == '?')
		r->p++;
	if (r->last_repeat != NULL)
		return fail(r, "invalid nested repetition operator", r->last_repeat, r->p);
	if (!r->has_atom)
		return fail(r, "missing argument to repetition operator", start, r->p);
	if (r->out != NULL)
		buf_put(r->out, start, (size_t)(r->p - start));
	r->last_repeat = start;
	return 0;
}

static int
read_repeat(struct reader *r)
{
	const char *start = r->p, *close;
	unsigned times;
	int min, max;

	if (*r->p != '{') {
		r->p++;
		return end_repeat(r, start);
	}
	close = read_braces(r, &min, &max);
	if (close == NULL) {
		r->p++;
		put_rune(r, '{');
		end_atom(r, 1);
		r->last_repeat = NULL;
		return 0;
	}
	if (min < 0 || min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max))
		return fail(r, "invalid repeat count", start, close);
	r->p = close;
	if (end_repeat(r, start) != 0)
		return -1;
	times = (unsigned)(max < 0 ? min : max);
	if (max == 0)
		r->atom_cost = 1;
	else if (times > 0 && r->atom_cost * times > REPEAT_MAX)
		return fail(r, "invalid repeat count", start, r->p);
	else
		end_atom(r, times > 0 ? r->atom_cost * times : r->atom_cost);
	return 0;
}

/* ---- the whole ---- */

/* \Q ... \E */
static void
read_quoted(struct reader *r)
{
	r->p += 2;
	while (r->p < r->end) {
		if (r->end - r->p >= 2 && r->p[0] == '\\' && r->p[1] == 'E') {
			r->p += 2;
			return;
		}
		put_rune(r, next_rune(r));
		end_atom(r, 1);
	}
}

static int
read_backslash(struct reader *r)
{
	char c = r->end - r->p >= 2 ? r->p[1] : '\0';
	uint32_t rune;
	bool found;

	if (c == 'Q') {
		read_quoted(r);
		return 0;
	}
	if (c == 'A' || c == 'b' || c == 'B' || c == 'z') {
		char text[] = { '\\', c, '\0' };

		r->p += 2;
		put_assertion(r, text);
		end_atom(r, 1);
		return 0;
	}
	if (read_unicode_class(r, &found) != 0)
		return -1;
	if (!found && !read_perl_class(r, false)) {
		if (read_escape(r, &rune) != 0)
			return -1;
		put_rune(r, rune);
	}
	end_atom(r, 1);
	return 0;
}

static int
read_piece(struct reader *r)
{
	unsigned flags = r->groups[r->depth].flags;

	switch (*r->p) {
	case '(':
		return read_group(r);
	case ')':
		return close_group(r);
	case '[':
		return read_class(r);
	case '\\':
		return read_backslash(r);
	case '|':
		r->p++;
		put(r, "|");
		r->has_atom = false;
		return 0;
	case '^':
		r->p++;
		put_assertion(r, flags & FLAG_MULTI_LINE ? "(?:\\A|(?<=\\n))" : "\\A");
		break;
	case '$':
		r->p++;
		put_assertion(r, flags & FLAG_MULTI_LINE ? "(?:\\z|(?=\\n))" : "\\z");
		break;
	case '.':
		r->p++;
		put(r, flags & FLAG_DOT_ALL ? "(?s:.)" : "[^\\n]");
		break;
	default:
		put_rune(r, next_rune(r));
		break;
	}
	end_atom(r, 1);
	return 0;
}

static int
read_pattern(struct slice pattern, struct buf *out, struct err *err)
{
	struct reader r = { .whole = pattern, .p = pattern.p, .end = pattern.p + pattern.n, .out = out,
	    .err = err, .groups = { { .cost = 1 } } };

	if (pattern.n == 0)
		return 0;
	if (!utf8_valid(pattern))
		return fail(&r, "invalid UTF-8", r.p, r.end);
	while (r.p < r.end) {
		if (repeat_follows(&r)) {
			if (read_repeat(&r) != 0)
				return -1;
			continue;
		}
		r.last_repeat = NULL;
		if (read_piece(&r) != 0)
			return -1;
	}
	if (r.depth > 0)
		return fail(&r, "missing closing )", pattern.p, r.end);
	return 0;
}

int
influxql_check_regex(struct slice pattern, struct err *err)
{
	return read_pattern(pattern, NULL, err);
}

void
influxql_pcre_regex(struct buf *out, struct slice pattern)
{
	size_t start = out->n;

	if (read_pattern(pattern, out, NULL) == 0)
		return;
	out->n = start;			/* never checked: a pattern that matches nothing */
	buf_puts(out, "(?!)");
}
