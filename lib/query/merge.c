/*
 * query/merge.c - the inputs of a group merged by time
 *
 * A heap holds the inputs by the time of their next row. The first one gives all its rows up to the
 * next time of the second one, as one run, so that a group of one input, or of inputs that lie one
 * behind the other, costs nothing.
 */
#include <stdlib.h>

#include "base/heap.h"
#include "base/memory.h"
#include "query/reader.h"

struct head {
	struct feed	*feed;
	const struct block *block;
	size_t		 row;
	size_t		 index;
	int64_t		 key;		/* of the next row: its time, or minus that */
	bool		 descending;
};

struct runs {
	struct head	*heads;
	size_t		 n_heads;
	struct heap	 heap;
	struct head	*gave;		/* its run is with the caller: read on before the next */
	bool		 descending;
};

static int64_t
key_of(const struct head *h, size_t row)
{
	int64_t t = h->block->times[row];

	return h->descending ? -t : t;
}

static bool
head_less(const void *x, const void *y)
{
	const struct head *a = x, *b = y;

	return a->key != b->key ? a->key < b->key : a->index < b->index;
}

/*
 * Put a head in its place again, with the next block if its own is used up.
 */
static int
advance(struct head *h, struct err *err)
{
	if (h->block == NULL || h->row == h->block->n_rows) {
		h->row = 0;
		if (query_feed_next(h->feed, &h->block, err) != 0)
			return -1;
	}
	if (h->block != NULL)
		h->key = key_of(h, h->row);
	return 0;
}

int
query_merge_open(struct reader *reader, const struct plan_group *group, struct runs **out,
    struct err *err)
{
	struct runs *runs = memory_zalloc(sizeof(*runs));

	*out = runs;
	runs->heads = memory_array(group->n_inputs + 1, sizeof(*runs->heads));
	runs->heap.items = memory_array(group->n_inputs + 1, sizeof(*runs->heap.items));
	runs->heap.less = head_less;
	for (size_t i = 0; i < group->n_inputs; i++) {
		struct head *h = &runs->heads[runs->n_heads];
		struct feed *feed;

		if (query_feed_open(reader, group->inputs[i], &feed, err) != 0)
			return -1;
		if (feed == NULL)
			continue;
		*h = (struct head){ .feed = feed, .index = i,
		    .descending = query_reader_descending(reader) };
		runs->n_heads++;
		if (advance(h, err) != 0)
			return -1;
		if (h->block != NULL) {
			heap_push(&runs->heap, h);
		} else {
			query_feed_close(h->feed);
			runs->n_heads--;
		}
	}
	return 0;
}

/*
 * How far may this head go before the other one? Its rows are searched in growing steps.
 */
static size_t
end_of_run(const struct head *h, const struct head *other)
{
	size_t low = h->row + 1, high, n = h->block->n_rows, step = 1;
	int64_t limit = other->key;
	bool through = h->index < other->index;		/* equal times: the lower index is first */

#define BEFORE(row) (through ? key_of(h, (row)) <= limit : key_of(h, (row)) < limit)
	if (low >= n || BEFORE(n - 1))
		return n;
	while (low + step < n && BEFORE(low + step)) {
		low += step;
		step *= 2;
	}
	high = low + step < n ? low + step : n - 1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (BEFORE(middle))
			low = middle + 1;
		else
			high = middle;
	}
#undef BEFORE
	return low;
}

int
query_merge_next(struct runs *runs, struct run *run, struct err *err)
{
	struct head *top;
	const struct head *second = NULL;

	*run = (struct run){ NULL, 0, 0 };
	if (runs->gave != NULL) {
		if (advance(runs->gave, err) != 0)
			return -1;
		if (runs->gave->block != NULL)
			heap_sift_top(&runs->heap);
		else
			heap_pop(&runs->heap);
		runs->gave = NULL;
	}
	if (runs->heap.n == 0)
		return 0;
	top = runs->heap.items[0];
	for (size_t i = 1; i < 3 && i < runs->heap.n; i++)
		if (second == NULL || head_less(runs->heap.items[i], second))
			second = runs->heap.items[i];
	run->block = top->block;
	run->from = top->row;
	run->to = second != NULL ? end_of_run(top, second) : top->block->n_rows;
	top->row = run->to;
	runs->gave = top;
	return 0;
}

void
query_merge_close(struct runs *runs)
{
	if (runs == NULL)
		return;
	for (size_t i = 0; i < runs->n_heads; i++)
		query_feed_close(runs->heads[i].feed);
	free(runs->heads);
	free(runs->heap.items);
	free(runs);
}
