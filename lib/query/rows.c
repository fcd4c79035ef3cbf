/*
 * query/rows.c - rows as they are: the stream of a query without aggregates
 */
#include <stdlib.h>

#include "base/memory.h"
#include "query/pipeline.h"

struct rows {
	struct stream	 stream;
	struct reader	*reader;
	struct runs	*runs;
	struct run	 run;
};

/*
 * A number that is there for certain, which is nearly all of them, at the cost of two stores.
 */
static inline void
set_value(struct value *v, const struct column *c, size_t row)
{
	if (c->present == NULL && c->cells != NULL &&
	    (c->type == VALUE_FLOAT || c->type == VALUE_INTEGER)) {
		v->type = c->type;
		v->i = c->cells[row].i;
	} else {
		*v = column_value(c, row);
	}
}

static int
rows_next(struct stream *stream, struct err *err)
{
	struct rows *r = (struct rows *)stream;

	if (r->run.from == r->run.to) {
		if (query_merge_next(r->runs, &r->run, err) != 0)
			return -1;
		if (r->run.block == NULL)
			return 0;
	}
	stream->time = r->run.block->times[r->run.from];
	for (size_t i = 0; i < stream->n_slots; i++)
		set_value(&stream->values[i], &r->run.block->columns[i], r->run.from);
	r->run.from++;
	return 1;
}

static int
rows_run(struct stream *stream, struct run *run, struct err *err)
{
	struct rows *r = (struct rows *)stream;

	return query_merge_next(r->runs, run, err) != 0 ? -1 : run->block != NULL;
}

static void
rows_close(struct stream *stream)
{
	struct rows *r = (struct rows *)stream;

	query_merge_close(r->runs);
	free(stream->values);
	free(r);
}

void
query_rows_range(const struct plan *plan, int64_t extra, int64_t *from, int64_t *to)
{
	const struct window *window = &plan->window;
	int64_t span;

	*from = plan->from;
	*to = plan->to;
	if (extra > 0 && window->months != 0) {		/* whole ones */
		if (plan->descending)
			*to = query_window_back(window, *to, -extra - 1) - 1;
		else if (*from != TIME_MIN)
			*from = query_window_back(window, *from, extra);
		return;
	}
	if (extra <= 0 || __builtin_mul_overflow(extra, window->interval, &span))
		return;
	if (plan->descending) {
		if (__builtin_add_overflow(*to, span, to) || *to > TIME_MAX)
			*to = TIME_MAX;
	} else if (*from != TIME_MIN) {
		if (__builtin_sub_overflow(*from, span, from) || *from < TIME_MIN)
			*from = TIME_MIN;
	}
}

int
query_rows_open(struct plan *plan, const struct plan_group *group, const struct refs *refs,
    int64_t extra, const size_t *slots, struct stream **stream, struct err *err)
{
	struct rows *r = memory_zalloc(sizeof(*r));
	int64_t from, to;

	*stream = &r->stream;
	r->stream.next = rows_next;
	r->stream.run = rows_run;
	r->stream.close = rows_close;
	r->stream.n_slots = refs->n;
	r->stream.slots = slots;
	r->stream.values = memory_array(refs->n + 1, sizeof(*r->stream.values));
	query_rows_range(plan, extra, &from, &to);
	r->reader = query_reader_get(plan, refs, from, to, READER_ROWS);
	return query_merge_open(r->reader, group, &r->runs, err);
}
