/*
 * base/heap.h - a binary heap of pointers, least first, for merging sorted streams
 */
#ifndef WEIR_BASE_HEAP_H
#define WEIR_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap {
	void	**items;		/* memory of the caller: room for all that is ever pushed */
	size_t	  n;
	bool	(*less)(const void *a, const void *b);
};

void	 heap_push(struct heap *h, void *item);
void	*heap_pop(struct heap *h);	/* the least, or NULL */
void	 heap_sift_top(struct heap *h);	/* items[0] has changed: put it in its place */

#endif
