/*
 * http/multipart.c - the fields of a multipart/form-data body (RFC 7578, RFC 2046)
 *
 *     --boundary CRLF
 *     Content-Disposition: form-data; name="q" CRLF
 *     CRLF
 *     value CRLF
 *     --boundary--
 *
 * A part with a file name is a field like any other. Lines may end in a bare LF. What stands before
 * the first boundary and after the last is ignored, and so are parts without a name.
 */
#define _GNU_SOURCE		/* memmem */
#include <string.h>

#include "http/http_priv.h"

#define BOUNDARY_MAX 200	/* RFC 2046 allows 70 */

static struct slice
rest_of(struct slice s, size_t from)
{
	return from <= s.n ? slice_make(s.p + from, s.n - from) : slice_make(s.p + s.n, 0);
}

static bool
is_escape(struct slice s, size_t at)
{
	return s.p[at] == '\\' && at + 1 < s.n && (s.p[at + 1] == '"' || s.p[at + 1] == '\\');
}

/*
 * quoted_bytes - of what begins with a quote, up to the other one
 *
 * Memory by the length of the value: taken by that of the rest, a line of many values asks for the
 * square of its length.
 */
static size_t
quoted_bytes(struct slice s)
{
	size_t n = 1;

	while (n < s.n && s.p[n] != '"')
		n += is_escape(s, n) ? 2 : 1;
	return n;
}

/*
 * take_value - the value at the start of *s, quoted or bare, and leave *s behind it
 */
static struct slice
take_value(struct arena *arena, struct slice *s)
{
	struct slice value;
	size_t n = 0, out = 0;
	char *p;

	if (s->n == 0 || s->p[0] != '"') {
		n = slice_find(*s, ';');
		value = slice_trim(slice_make(s->p, n));
		*s = rest_of(*s, n);
		return value;
	}
	p = arena_alloc(arena, quoted_bytes(*s));
	for (n = 1; n < s->n && s->p[n] != '"'; n++) {
		if (is_escape(*s, n))
			n++;
		p[out++] = s->p[n];
	}
	*s = rest_of(*s, n + 1);
	return slice_make(p, out);
}

bool
http_header_attribute(struct arena *arena, struct slice header, const char *name,
    struct slice *value)
{
	struct slice s = rest_of(header, slice_find(header, ';'));

	while (s.n != 0) {
		struct slice key, found;
		size_t n = slice_find(s, ';');
		size_t equals;

		s = rest_of(s, n + 1);
		n = slice_find(s, ';');
		equals = slice_find(slice_make(s.p, n), '=');	/* no further: others have theirs */
		if (equals == n) {
			s = rest_of(s, n);
			continue;
		}
		key = slice_trim(slice_make(s.p, equals));
		s = rest_of(s, equals + 1);
		while (s.n != 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
			s = rest_of(s, 1);
		found = take_value(arena, &s);
		if (slice_eq_nocase(key, slice_from(name))) {
			*value = found;
			return true;
		}
	}
	return false;
}

/*
 * take_line - one line without its end
 */
static struct slice
take_line(struct slice *s)
{
	size_t n = slice_find(*s, '\n');
	struct slice line = slice_make(s->p, n);

	*s = rest_of(*s, n + 1);
	if (line.n != 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/*
 * take_until_boundary - what stands before the next line that begins with the delimiter
 *   out    *s       right behind the delimiter
 */
static bool
take_until_boundary(struct slice *s, struct slice delimiter, struct slice *before)
{
	struct slice at = *s;

	for (;;) {
		const char *hit = at.n != 0 ? memmem(at.p, at.n, delimiter.p, delimiter.n) : NULL;
		size_t n;

		if (hit == NULL)
			return false;
		n = (size_t)(hit - s->p);
		at = rest_of(*s, n + delimiter.n);
		if (n != 0 && hit[-1] != '\n')
			continue;
		if (n != 0)
			n--;
		if (n != 0 && s->p[n - 1] == '\r')
			n--;
		*before = slice_make(s->p, n);
		*s = at;
		return true;
	}
}

/*
 * take_headers - read a part's header lines; its name, or an empty one
 */
static struct slice
take_headers(struct arena *arena, struct slice *part)
{
	struct slice name = SLICE("");

	while (part->n != 0) {
		struct slice line = take_line(part);
		size_t colon = slice_find(line, ':');

		if (line.n == 0)
			break;
		if (slice_eq_nocase(slice_trim(slice_make(line.p, colon)),
		    SLICE("Content-Disposition")))
			http_header_attribute(arena, rest_of(line, colon + 1), "name", &name);
	}
	return name;
}

int
http_multipart_parse(struct http_params *params, struct arena *arena, struct slice content_type,
    struct slice body, struct err *err)
{
	struct slice boundary, delimiter, part;

	if (!http_header_attribute(arena, content_type, "boundary", &boundary) || boundary.n == 0 ||
	    boundary.n > BOUNDARY_MAX)
		return err_set(err, ERR_INVALID, "no multipart boundary in Content-Type");
	delimiter = arena_printf(arena, "--" SLICE_FMT, SLICE_ARG(boundary));
	if (!take_until_boundary(&body, delimiter, &part))
		return err_set(err, ERR_INVALID, "multipart body without its boundary");
	while (!slice_starts(body, SLICE("--"))) {
		struct slice name;

		take_line(&body);
		if (!take_until_boundary(&body, delimiter, &part))
			return err_set(err, ERR_INVALID, "multipart body is cut short");
		name = take_headers(arena, &part);
		if (name.n != 0 && params->n < HTTP_PARAMS_MAX)
			http_params_add(params, arena, name, arena_copy(arena, part));
	}
	return 0;
}
