/*
 * store/backlog.c - what is in the journal and not yet in chunks, by measurement
 */
#include <stdlib.h>

#include "base/table.h"
#include "store/journal.h"

struct backlog_walk {
	struct arena	*arena;
	struct store_backlog *list;
	size_t		 n, cap;
	struct table	 places;	/* be64 bucket, be32 measurement -> index into list, + 1 */
};

static struct store_backlog *
backlog_of(struct backlog_walk *w, const struct journal_frame *frame)
{
	struct arena_mark mark = arena_mark(w->arena);
	struct key key = key_empty(w->arena);
	struct table_entry *e;
	bool made;

	key_u64(&key, frame->bucket_id);
	key_u32(&key, frame->measurement_id);
	e = table_put(&w->places, key_slice(&key), &made);
	if (!made) {
		arena_rewind(w->arena, mark);
		return &w->list[e->value - 1];
	}
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 64 : w->cap * 2;

		w->list = arena_grow(w->arena, w->list, w->cap, cap);
		w->cap = cap;
	}
	e->value = w->n + 1;
	w->list[w->n] = (struct store_backlog){ frame->bucket_id, frame->measurement_id, 0, 0 };
	return &w->list[w->n++];
}

static int
add_frame(void *arg, const struct journal_frame *frame, struct err *err)
{
	struct store_backlog *b;

	(void)err;
	if (frame->kind != JOURNAL_RECORD)
		return 0;
	b = backlog_of(arg, frame);
	b->records++;
	b->bytes += frame->record.n;
	return 0;
}

static int
by_measurement(const void *a, const void *b)
{
	const struct store_backlog *x = a, *y = b;

	if (x->bucket_id != y->bucket_id)
		return x->bucket_id < y->bucket_id ? -1 : 1;
	return (x->measurement_id > y->measurement_id) - (x->measurement_id < y->measurement_id);
}

int
store_backlogs(struct store *store, struct arena *arena, struct store_backlog **list, size_t *n,
    struct err *err)
{
	struct backlog_walk w = { .arena = arena };
	int r;

	do {
		w.n = 0;
		table_free(&w.places);
		r = journal_each(&store->env, 0, journal_end(&store->env), add_frame, &w, err);
	} while (r > 0);
	table_free(&w.places);
	if (w.n > 0)
		qsort(w.list, w.n, sizeof(*w.list), by_measurement);
	*list = w.list;
	*n = w.n;
	return r;
}

struct store_backlog
store_backlog_of(const struct store_backlog *list, size_t n, uint64_t bucket_id,
    uint32_t measurement_id)
{
	struct store_backlog key = { bucket_id, measurement_id, 0, 0 };
	const struct store_backlog *found =
	    n == 0 ? NULL : bsearch(&key, list, n, sizeof(*list), by_measurement);

	return found == NULL ? key : *found;
}
