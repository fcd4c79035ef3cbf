/*
 * base/utf8.h - is this UTF-8, and what is the next character? (RFC 3629)
 */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include "base/slice.h"

bool	 utf8_valid(struct slice s);
bool	 utf8_is_ascii(struct slice s);			/* no byte has its high bit set */

/*
 * utf8_next - the character at s.p (s.n > 0)
 *   out    *rune    its code point, or 0xFFFD where the bytes are not UTF-8
 *   returns         how many bytes it takes; 1 for a bad byte
 */
size_t	 utf8_next(struct slice s, uint32_t *rune);

/*
 * utf8_cut - the longest beginning of s that takes at most n bytes and splits no character
 */
struct slice utf8_cut(struct slice s, size_t n);

#endif
