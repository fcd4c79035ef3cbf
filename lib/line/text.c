/*
 * line/text.c - escapes, and the ends of lines that are not parsed
 *
 * A backslash before a character that means something where it stands takes that meaning away;
 * before any other it is an ordinary character, and both are kept. A pair of backslashes is one.
 *
 * A line that is refused, or is too long to be kept, still has to be followed to its end, since an
 * LF inside a string does not end it. A string begins at a quote right behind an = of the field
 * part; the scan can stop anywhere and go on in the next window.
 */
#include <stdarg.h>
#include <stdio.h>

#include "line/line_priv.h"

enum line_result
line_why(struct line_context *ctx, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(ctx->why, sizeof(ctx->why), fmt, args);
	va_end(args);
	ctx->kind = BATCH_REJECT_SYNTAX;
	return LINE_BAD;
}

/*
 * unescape - copy raw to out, leaving out the backslashes that stand before one of `escaped`
 */
static size_t
unescape(struct slice raw, const char *escaped, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '\\' && i + 1 < raw.n && raw.p[i + 1] != '\0' &&
		    strchr(escaped, raw.p[i + 1]) != NULL)
			c = raw.p[++i];
		else if (c == '\\' && i + 1 < raw.n)
			out[n++] = raw.p[i++], c = raw.p[i];
		out[n++] = c;
	}
	return n;
}

struct slice
line_unescape(struct slice raw, const char *escaped, struct buf *out)
{
	char *to;

	if (memchr(raw.p, '\\', raw.n) == NULL)
		return raw;
	to = out->p + out->n;
	out->n += unescape(raw, escaped, to);
	return slice_make(to, (size_t)(out->p + out->n - to));
}

struct slice
line_unescape_string(struct slice raw, struct arena *arena)
{
	char *to = arena_alloc(arena, raw.n);

	return slice_make(to, unescape(raw, "\"\\", to));
}

/*
 * skip_byte - take one byte of a line that is skipped; true when it is the LF that ends the line
 */
static bool
skip_byte(struct line_stream *stream, char c)
{
	bool escaped = stream->escaped, after_equals = stream->after_equals;

	stream->escaped = stream->after_equals = false;
	if (stream->skip == LINE_SKIP_STRING) {
		if (!escaped && c == '\\')
			stream->escaped = true;
		else if (!escaped && c == '"')
			stream->skip = LINE_SKIP_FIELDS;
		return false;
	}
	if (c == '\n')
		return true;
	if (escaped || stream->skip == LINE_SKIP_COMMENT)
		return false;
	if (c == '\\')
		stream->escaped = true;
	else if (stream->skip == LINE_SKIP_KEY && c == ' ')
		stream->skip = LINE_SKIP_FIELDS;
	else if (stream->skip == LINE_SKIP_FIELDS && c == '=')
		stream->after_equals = true;
	else if (c == '"' && after_equals)
		stream->skip = LINE_SKIP_STRING;
	return false;
}

const char *
line_skip(struct line_stream *stream, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (skip_byte(stream, *p))
			return p;
		if (*p == '\n')
			stream->line++;
	}
	return p;
}
