/*
 * base/out.h - a stream of bytes on its way out, which remembers the first failure
 *
 * Writers put bytes without checking each put; the stream hands full pieces to its `flush`
 * function, and once that fails swallows all that follows. Whoever opened it asks out_failed.
 */
#ifndef WEIR_BASE_OUT_H
#define WEIR_BASE_OUT_H

#include "base/buf.h"

#define OUT_PIECE_BYTES (60u << 10)	/* with a row more it still is one FastCGI record */

struct out {
	struct buf	 buf;		/* not yet handed on; writers may append to it directly */
	int		(*flush)(void *to, const char *p, size_t n);	/* 0, or -1: nobody listens */
	void		*to;
	bool		 failed;
	uint64_t	 passed;	/* bytes handed on so far */
};

void		 out_init(struct out *o, int (*flush)(void *to, const char *p, size_t n), void *to);
void		 out_free(struct out *o);	/* does not flush */
void		 out_flush(struct out *o);	/* hand on what is there */

/*
 * out_ready - to be called between items (rows): hands on the buffer once it is a piece long;
 *             false when nobody listens any more
 */
static inline bool
out_ready(struct out *o)
{
	if (o->buf.n >= OUT_PIECE_BYTES)
		out_flush(o);
	return !o->failed;
}

#endif
