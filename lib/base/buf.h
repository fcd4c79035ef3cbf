/*
 * base/buf.h - a growing piece of bytes, owned by whoever declared it
 *
 * `struct buf b = { 0 };` is an empty one. Growing cannot fail (base/memory.h), so the functions
 * return nothing. At least BUF_SLACK bytes behind the end may be read and written by coders that
 * work a word at a time.
 */
#ifndef WEIR_BASE_BUF_H
#define WEIR_BASE_BUF_H

#include "base/slice.h"

#define BUF_SLACK 32

struct buf {
	char	*p;	/* NULL while nothing was put */
	size_t	 n;	/* bytes in use */
	size_t	 cap;	/* bytes there is room for, slack not counted */
};

void		 buf_free(struct buf *b);			/* then it is an empty one again */
void		 buf_grow(struct buf *b, size_t more);		/* what buf_reserve does when full */
void		 buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void		 buf_put_be32(struct buf *b, uint32_t v);	/* big-endian, for keys */
void		 buf_put_be64(struct buf *b, uint64_t v);

static inline void
buf_reset(struct buf *b)
{
	b->n = 0;
}

/*
 * buf_reserve - room for `more` bytes behind n
 * buf_extend - n grows by `more`: where they begin
 */
static inline void
buf_reserve(struct buf *b, size_t more)
{
	if (b->cap - b->n < more || b->p == NULL)
		buf_grow(b, more);
}

static inline char *
buf_extend(struct buf *b, size_t more)
{
	buf_reserve(b, more);
	b->n += more;
	return b->p + (b->n - more);
}

static inline void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (n != 0)
		memcpy(buf_extend(b, n), p, n);
}

static inline void
buf_puts(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

static inline void
buf_putc(struct buf *b, char c)
{
	if (b->n == b->cap)
		buf_reserve(b, 1);
	b->p[b->n++] = c;
}

static inline void
buf_put_slice(struct buf *b, struct slice s)
{
	buf_put(b, s.p, s.n);
}

static inline struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){ b->p, b->n };
}

#endif
