/*
 * base/utf8.c - is this UTF-8, and what is the next character? (RFC 3629)
 *
 * Most text is ASCII, so words of it are passed over by their high bits. Of the others the second
 * byte decides: it is where overlong forms, surrogates and code points past U+10FFFF show.
 */
#include "base/utf8.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/*
 * ascii_prefix - how many of the n bytes, from the first on, are surely ASCII; may stop short by 31
 */
static size_t
ascii_prefix(const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 32; i += 32) {
		uint64_t w[4];

		memcpy(w, p + i, sizeof(w));
		if (((w[0] | w[1] | w[2] | w[3]) & HIGH_BITS) != 0)
			break;
	}
	return i;
}

/*
 * length - bytes of the character at p (n > 0 of them are there), 0 when it is none
 */
static size_t
length(const unsigned char *p, size_t n)
{
	unsigned char first = p[0], low = 0x80, high = 0xBF;
	size_t want;

	if (first < 0x80)
		return 1;
	if (first < 0xC2 || first > 0xF4)
		return 0;
	want = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if (n < want)
		return 0;
	if (first == 0xE0)
		low = 0xA0;		/* less would be overlong */
	else if (first == 0xED)
		high = 0x9F;		/* more would be a surrogate */
	else if (first == 0xF0)
		low = 0x90;
	else if (first == 0xF4)
		high = 0x8F;		/* more would pass U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < want; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return want;
}

bool
utf8_valid(struct slice s)
{
	size_t at = ascii_prefix(s.p, s.n);

	while (at < s.n) {
		size_t n = length((const unsigned char *)s.p + at, s.n - at);

		if (n == 0)
			return false;
		at += n;
		if (n == 1 && s.n - at >= 32)
			at += ascii_prefix(s.p + at, s.n - at);
	}
	return true;
}

bool
utf8_is_ascii(struct slice s)
{
	for (size_t i = ascii_prefix(s.p, s.n); i < s.n; i++)
		if ((s.p[i] & 0x80) != 0)
			return false;
	return true;
}

size_t
utf8_next(struct slice s, uint32_t *rune)
{
	static const unsigned char first_bits[5] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = length(p, s.n);

	if (n == 0) {
		*rune = 0xFFFD;
		return 1;
	}
	*rune = p[0] & first_bits[n];
	for (size_t i = 1; i < n; i++)
		*rune = *rune << 6 | (p[i] & 0x3F);
	return n;
}

struct slice
utf8_cut(struct slice s, size_t n)
{
	size_t cut = n;

	if (s.n <= n)
		return s;
	while (cut != 0 && n - cut < 3 && (s.p[cut] & 0xC0) == 0x80)
		cut--;
	if ((s.p[cut] & 0xC0) == 0x80)
		cut = n;		/* no UTF-8 here: nothing to keep whole */
	return slice_make(s.p, cut);
}
