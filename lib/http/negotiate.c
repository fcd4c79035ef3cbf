/*
 * http/negotiate.c - what the client can read: Accept and Accept-Encoding
 *
 * Both are lists. Of Accept the first type that we know is taken, as InfluxDB 1.x does, whatever
 * the weights say, except that a weight of zero means "not this".
 */
#include "http/http_priv.h"

/*
 * take - what stands before the next `mark`, trimmed; *s is left behind the mark
 */
static struct slice
take(struct slice *s, char mark)
{
	size_t n = slice_find(*s, mark);
	struct slice item = slice_make(s->p, n);

	*s = n < s->n ? slice_make(s->p + n + 1, s->n - n - 1) : SLICE("");
	return slice_trim(item);
}

struct slice
http_media_type(struct slice header)
{
	return take(&header, ';');
}

/*
 * is_refused - is one of the attributes q=0, q=0.0, ...?
 */
static bool
is_refused(struct slice attributes)
{
	while (attributes.n != 0) {
		struct slice a = take(&attributes, ';');
		bool zero = a.n > 2 && (a.p[0] | 0x20) == 'q' && a.p[1] == '=';

		for (size_t i = 2; i < a.n; i++)
			zero = zero && (a.p[i] == '0' || a.p[i] == '.');
		if (zero)
			return true;
	}
	return false;
}

size_t
http_negotiate_type(struct slice accept, const char *const *types, size_t n)
{
	while (accept.n != 0) {
		struct slice item = take(&accept, ',');
		struct slice type = take(&item, ';');

		if (is_refused(item))
			continue;
		if (slice_eq(type, SLICE("*/*")))
			return 0;
		for (size_t i = 0; i < n; i++)
			if (slice_eq_nocase(type, slice_from(types[i])))
				return i;
	}
	return 0;
}

bool
http_negotiate_gzip(struct slice accept_encoding)
{
	while (accept_encoding.n != 0) {
		struct slice item = take(&accept_encoding, ',');
		struct slice coding = take(&item, ';');

		if (slice_eq_nocase(coding, SLICE("gzip")) ||
		    slice_eq_nocase(coding, SLICE("x-gzip")))
			return !is_refused(item);
	}
	return false;
}

size_t
http_choose_type(struct http_request *req, const char *const *types, size_t n)
{
	return http_negotiate_type(http_env(req, "HTTP_ACCEPT"), types, n);
}
