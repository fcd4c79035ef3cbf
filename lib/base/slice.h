/*
 * base/slice.h - bytes that belong to somebody else
 */
#ifndef WEIR_BASE_SLICE_H
#define WEIR_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char	*p;	/* need not be NUL-terminated; NULL only when n is 0 */
	size_t		 n;
};

#define SLICE(literal)	((struct slice){ "" literal, sizeof(literal) - 1 })
#define SLICE_FMT	"%.*s"
#define SLICE_ARG(s)	(int)(s).n, (s).p

static inline struct slice
slice_from(const char *text)
{
	return (struct slice){ text, text != NULL ? strlen(text) : 0 };
}

static inline struct slice
slice_make(const char *p, size_t n)
{
	return (struct slice){ p, n };
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/*
 * slice_cmp - byte order, a shorter slice before the longer one that it begins: <0, 0, >0
 */
static inline int
slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n != 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

/*
 * slice_eq_nocase - equal but for the case of ASCII letters
 * slice_starts, slice_ends - does `s` begin or end with `part`?
 * slice_find - index of the first byte `c`, or s.n
 * slice_trim - without blanks (space, tab, CR, LF) at both ends
 * slice_to_u64 - a whole slice of decimal digits; -1 when it is empty, holds anything else, or
 *     overflows
 */
bool		 slice_eq_nocase(struct slice a, struct slice b);
bool		 slice_starts(struct slice s, struct slice part);
bool		 slice_ends(struct slice s, struct slice part);
size_t		 slice_find(struct slice s, char c);
struct slice	 slice_trim(struct slice s);
int		 slice_to_u64(struct slice s, uint64_t *out);

#endif
