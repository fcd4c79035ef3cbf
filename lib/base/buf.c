/*
 * base/buf.c - a growing piece of bytes, owned by whoever declared it
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define BUF_LEAST 96	/* so that the first piece and its slack make 128 bytes */

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

/*
 * buf_grow - to half as much again as there was, or to what is needed
 */
void
buf_grow(struct buf *b, size_t more)
{
	size_t need = more < SIZE_MAX - b->n ? b->n + more : SIZE_MAX;
	size_t cap = b->cap + b->cap / 2;

	if (cap < need)
		cap = need;
	if (cap < BUF_LEAST)
		cap = BUF_LEAST;
	b->p = memory_realloc(b->p, cap < SIZE_MAX - BUF_SLACK ? cap + BUF_SLACK : SIZE_MAX);
	b->cap = cap;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	buf_reserve(b, 64);
	va_start(args, fmt);
	n = vsnprintf(b->p + b->n, b->cap - b->n, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n + 1);
		va_start(args, fmt);
		vsnprintf(b->p + b->n, b->cap - b->n, fmt, args);
		va_end(args);
	}
	b->n += (size_t)n;
}

void
buf_put_be32(struct buf *b, uint32_t v)
{
	char *p = buf_extend(b, 4);

	for (int i = 0; i < 4; i++)
		p[i] = (char)(v >> (24 - 8 * i));
}

void
buf_put_be64(struct buf *b, uint64_t v)
{
	char *p = buf_extend(b, 8);

	for (int i = 0; i < 8; i++)
		p[i] = (char)(v >> (56 - 8 * i));
}
