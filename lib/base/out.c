/*
 * base/out.c - a stream of bytes on its way out, which remembers the first failure
 */
#include "base/out.h"

void
out_init(struct out *o, int (*flush)(void *to, const char *p, size_t n), void *to)
{
	*o = (struct out){ .flush = flush, .to = to };
}

void
out_free(struct out *o)
{
	buf_free(&o->buf);
}

void
out_flush(struct out *o)
{
	if (!o->failed && o->buf.n != 0) {
		if (o->flush(o->to, o->buf.p, o->buf.n) == 0)
			o->passed += o->buf.n;
		else
			o->failed = true;
	}
	buf_reset(&o->buf);
}
