/*
 * base/slice.c - bytes that belong to somebody else
 */
#include "base/slice.h"

static unsigned char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : (unsigned char)c;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
slice_starts(struct slice s, struct slice part)
{
	return s.n >= part.n && slice_eq(slice_make(s.p, part.n), part);
}

bool
slice_ends(struct slice s, struct slice part)
{
	if (part.n == 0)
		return true;
	return s.n >= part.n && memcmp(s.p + (s.n - part.n), part.p, part.n) == 0;
}

size_t
slice_find(struct slice s, char c)
{
	const char *at = s.n != 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : s.n;
}

struct slice
slice_trim(struct slice s)
{
	while (s.n != 0 && blank(s.p[s.n - 1]))
		s.n--;
	while (s.n != 0 && blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	return s;
}

int
slice_to_u64(struct slice s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - '0';

		if (digit > 9 || v > UINT64_MAX / 10 || v * 10 > UINT64_MAX - digit)
			return -1;
		v = v * 10 + digit;
	}
	*out = v;
	return 0;
}
