/*
 * base/heap.c - a binary heap of pointers, least first, for merging sorted streams
 */
#include "base/heap.h"

void
heap_push(struct heap *h, void *item)
{
	size_t at = h->n++;

	while (at != 0 && h->less(item, h->items[(at - 1) / 2])) {
		h->items[at] = h->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	h->items[at] = item;
}

void *
heap_pop(struct heap *h)
{
	void *least;

	if (h->n == 0)
		return NULL;
	least = h->items[0];
	h->items[0] = h->items[--h->n];
	heap_sift_top(h);
	return least;
}

void
heap_sift_top(struct heap *h)
{
	size_t at = 0;
	void *item;

	if (h->n < 2)
		return;
	item = h->items[0];
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n && h->less(h->items[child + 1], h->items[child]))
			child++;
		if (!h->less(h->items[child], item))
			break;
		h->items[at] = h->items[child];
		at = child;
	}
	h->items[at] = item;
}
