/*
 * influxql/regexp.c - RE2 patterns: checked as Go's regexp package does, and told to PCRE2
 *
 * Clients see the messages of RE2's syntax, so a pattern is read here before PCRE2 sees it. PCRE2
 * takes more than RE2 (look-around, back-references) and reads some of it otherwise (\v, \s, octal
 * escapes, $ before a last newline). One reader serves both ends: it goes through the pattern once,
 * refuses what RE2 refuses, and writes, when asked to, each piece in a form that means the same to
 * PCRE2 whatever its options. Groups capture nothing, since nobody asks for their texts.
 */
#include "base/utf8.h"
#include "influxql/regexp.h"

#define REPEAT_MAX	1000	/* as RE2: a count, and the product of counts inside one another */

int
influxql_regexp_fail(struct regexp *r, const char *what, const char *from, const char *to)
{
	struct slice piece = utf8_cut(slice_make(from, (size_t)(to - from)), 600);

	return err_set(r->err, ERR_SYNTAX, "error parsing regexp: %s: `" SLICE_FMT "`", what,
	    SLICE_ARG(piece));
}

/* ---- writing ---- */

void
influxql_regexp_put(struct regexp *r, const char *text)
{
	if (r->out != NULL)
		buf_puts(r->out, text);
}

/* One character, so that it stands for itself inside and outside of a class. */
void
influxql_regexp_put_rune(struct regexp *r, uint32_t rune)
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
repeat_follows(const struct regexp *r)
{
	return r->p < r->end && memchr("*+?{", *r->p, 4) != NULL;
}

/* A piece that matches no character; PCRE2 repeats such only in a group. */
static void
put_assertion(struct regexp *r, const char *text)
{
	if (repeat_follows(r)) {
		influxql_regexp_put(r, "(?:");
		influxql_regexp_put(r, text);
		influxql_regexp_put(r, ")");
	} else {
		influxql_regexp_put(r, text);
	}
}

/* ---- pieces ---- */

void
influxql_regexp_end_atom(struct regexp *r, unsigned cost)
{
	r->has_atom = true;
	r->atom_cost = cost;
	if (cost > r->groups[r->depth].cost)
		r->groups[r->depth].cost = cost;
}

uint32_t
influxql_regexp_rune(struct regexp *r)
{
	uint32_t rune;

	r->p += utf8_next(slice_make(r->p, (size_t)(r->end - r->p)), &rune);
	return rune;
}

/* ---- groups ---- */

static int
open_group(struct regexp *r, unsigned flags)
{
	if (r->depth == REGEXP_NEST_MAX)
		return influxql_regexp_fail(r, "expression nests too deeply", r->whole.p, r->end);
	r->depth++;
	r->groups[r->depth] = (struct regexp_group){ .flags = flags, .cost = 1 };
	r->has_atom = false;
	return 0;
}

static int
close_group(struct regexp *r)
{
	unsigned cost = r->groups[r->depth].cost;

	if (r->depth == 0)
		return influxql_regexp_fail(r, "unexpected )", r->whole.p, r->end);
	r->depth--;
	r->p++;
	influxql_regexp_put(r, ")");
	influxql_regexp_end_atom(r, cost);
	return 0;
}

/* (?P<name> - the name is checked and forgotten */
static int
read_named_group(struct regexp *r)
{
	const char *start = r->p;
	const char *close = memchr(r->p, '>', (size_t)(r->end - r->p));

	if (close == NULL)
		return influxql_regexp_fail(r, "invalid named capture", start, r->end);
	for (const char *c = start + 4; c < close; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		    (*c >= '0' && *c <= '9') || *c == '_'))
			return influxql_regexp_fail(r, "invalid named capture", start, close + 1);
	if (close == start + 4)
		return influxql_regexp_fail(r, "invalid named capture", start, close + 1);
	r->p = close + 1;
	influxql_regexp_put(r, "(?:");
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
read_flags(struct regexp *r)
{
	const char *start = r->p;
	unsigned flags = r->groups[r->depth].flags;
	bool minus = false, any = false;
	char told[8] = "";
	size_t n = 0;

	r->p += 2;
	while (r->p < r->end) {
		uint32_t c = influxql_regexp_rune(r);

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
				influxql_regexp_put(r, "(?");
				influxql_regexp_put(r, told);
				influxql_regexp_put(r, c == ':' ? ":" : ")");
			}
			if (c == ':')
				return open_group(r, flags);
			r->groups[r->depth].flags = flags;
			return 0;
		} else {
			break;
		}
	}
	return influxql_regexp_fail(r, "invalid or unsupported Perl syntax", start, r->p);
}

static int
read_group(struct regexp *r)
{
	if (r->end - r->p > 4 && memcmp(r->p, "(?P<", 4) == 0)
		return read_named_group(r);
	if (r->end - r->p >= 2 && r->p[1] == '?')
		return read_flags(r);
	r->p++;
	influxql_regexp_put(r, "(?:");
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
read_braces(const struct regexp *r, int *min, int *max)
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
end_repeat(struct regexp *r, const char *start)
{
	if (r->p < r->end && *r->p == '?')
		r->p++;
	if (r->last_repeat != NULL)
		return influxql_regexp_fail(r, "invalid nested repetition operator", r->last_repeat, r->p);
	if (!r->has_atom)
		return influxql_regexp_fail(r, "missing argument to repetition operator", start, r->p);
	if (r->out != NULL)
		buf_put(r->out, start, (size_t)(r->p - start));
	r->last_repeat = start;
	return 0;
}

static int
read_repeat(struct regexp *r)
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
		influxql_regexp_put_rune(r, '{');
		influxql_regexp_end_atom(r, 1);
		r->last_repeat = NULL;
		return 0;
	}
	if (min < 0 || min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max))
		return influxql_regexp_fail(r, "invalid repeat count", start, close);
	r->p = close;
	if (end_repeat(r, start) != 0)
		return -1;
	times = (unsigned)(max < 0 ? min : max);
	if (max == 0)
		r->atom_cost = 1;
	else if (times > 0 && r->atom_cost * times > REPEAT_MAX)
		return influxql_regexp_fail(r, "invalid repeat count", start, r->p);
	else
		influxql_regexp_end_atom(r, times > 0 ? r->atom_cost * times : r->atom_cost);
	return 0;
}

/* ---- the whole ---- */

/* \Q ... \E */
static void
read_quoted(struct regexp *r)
{
	r->p += 2;
	while (r->p < r->end) {
		if (r->end - r->p >= 2 && r->p[0] == '\\' && r->p[1] == 'E') {
			r->p += 2;
			return;
		}
		influxql_regexp_put_rune(r, influxql_regexp_rune(r));
		influxql_regexp_end_atom(r, 1);
	}
}

static int
read_backslash(struct regexp *r)
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
		influxql_regexp_end_atom(r, 1);
		return 0;
	}
	if (influxql_regexp_unicode_class(r, &found) != 0)
		return -1;
	if (!found && !influxql_regexp_perl_class(r, false)) {
		if (influxql_regexp_escape(r, &rune) != 0)
			return -1;
		influxql_regexp_put_rune(r, rune);
	}
	influxql_regexp_end_atom(r, 1);
	return 0;
}

static int
read_piece(struct regexp *r)
{
	unsigned flags = r->groups[r->depth].flags;

	switch (*r->p) {
	case '(':
		return read_group(r);
	case ')':
		return close_group(r);
	case '[':
		return influxql_regexp_class(r);
	case '\\':
		return read_backslash(r);
	case '|':
		r->p++;
		influxql_regexp_put(r, "|");
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
		influxql_regexp_put(r, flags & FLAG_DOT_ALL ? "(?s:.)" : "[^\\n]");
		break;
	default:
		influxql_regexp_put_rune(r, influxql_regexp_rune(r));
		break;
	}
	influxql_regexp_end_atom(r, 1);
	return 0;
}

static int
read_pattern(struct slice pattern, struct buf *out, struct err *err)
{
	struct regexp r = { .whole = pattern, .p = pattern.p, .end = pattern.p + pattern.n, .out = out,
	    .err = err, .groups = { { .cost = 1 } } };

	if (pattern.n == 0)
		return 0;
	if (!utf8_valid(pattern))
		return influxql_regexp_fail(&r, "invalid UTF-8", r.p, r.end);
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
		return influxql_regexp_fail(&r, "missing closing )", pattern.p, r.end);
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
