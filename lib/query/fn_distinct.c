/*
 * query/fn_distinct.c - distinct and count(distinct): every value once
 *
 * A table of the values seen so far, with the time of the first occurrence in the order of the
 * answer. Rows come out in order of that time, then of value.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/table.h"
#include "query/eval.h"
#include "query/plan.h"

struct distinct_state {
	struct table	 seen;		/* value's bytes -> index into points */
	struct arena	*bytes;
	struct point	*points;
	size_t		 n, cap;
	uint64_t	*held;
	uint64_t	 n_held;
};

static struct slice
bytes_of(struct value *v)
{
	if (value_is_text(*v))
		return v->s;
	if (v->type == VALUE_BOOLEAN)
		return (struct slice){ (const char *)&v->b, sizeof(v->b) };
	if (v->type == VALUE_FLOAT && v->f == 0)
		v->f = 0;		/* -0 is 0 */
	return (struct slice){ (const char *)&v->i, sizeof(v->i) };
}

static void
add_point(struct distinct_state *s, struct table_entry *entry, struct slice key, struct value v,
    int64_t time)
{
	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? s->cap * 2 : 16;
		s->points = memory_grow(s->points, s->cap, sizeof(*s->points));
	}
	if (value_is_text(v))
		v.s = key;
	entry->value = s->n;
	s->points[s->n++] = (struct point){ .time = time, .value = v };
	s->n_held += key.n + sizeof(struct point) + sizeof(struct table_entry);
	*s->held += key.n + sizeof(struct point) + sizeof(struct table_entry);
}

static void
see(struct distinct_state *s, const struct call *call, struct value v, int64_t time)
{
	struct slice bytes = bytes_of(&v);
	struct table_entry *entry = table_get(&s->seen, bytes);
	int64_t *first;

	if (entry == NULL) {
		if (s->bytes == NULL)
			s->bytes = arena_new(1024);
		bytes = arena_copy(s->bytes, bytes);
		entry = table_put(&s->seen, bytes, NULL);
		add_point(s, entry, bytes, v, time);
		return;
	}
	first = &s->points[entry->value].time;
	if (call->ascending ? time < *first : time > *first)
		*first = time;
}

static void
distinct_step(void *state, const struct call *call, const struct fn_input *in, size_t from,
    size_t to)
{
	const struct column *c = &in->block->columns[in->column];
	struct distinct_state *s = state;

	s->held = call->held_bytes;
	for (size_t i = from; i < to; i++)
		if (column_has(c, i))
			see(s, call, column_value(c, i), in->block->times[i]);
}

static int
by_time_then_value(const void *x, const void *y)
{
	const struct point *a = x, *b = y;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return query_functions_less(a->value, b->value) ? -1
							: query_functions_less(b->value, a->value);
}

static size_t
distinct_finish(void *state, const struct call *call, struct point **points)
{
	struct distinct_state *s = state;

	(void)call;
	if (s->n > 1)
		qsort(s->points, s->n, sizeof(*s->points), by_time_then_value);
	*points = s->points;
	return s->n;
}

static size_t
count_distinct_finish(void *state, const struct call *call, struct point **points)
{
	struct distinct_state *s = state;

	(void)call;
	(*points)->value = value_integer((int64_t)s->n);
	return s->n > 0;
}

static void
distinct_drop(void *state)
{
	struct distinct_state *s = state;

	if (s->held != NULL)
		*s->held -= s->n_held;
	table_free(&s->seen);
	if (s->bytes != NULL)
		arena_free(s->bytes);
	free(s->points);
}

const struct fn_states fn_distinct = {
	.state_bytes = sizeof(struct distinct_state), .collects = true, .step = distinct_step,
	.finish = distinct_finish, .drop = distinct_drop,
};
const struct fn_states fn_count_distinct = {
	.state_bytes = sizeof(struct distinct_state), .collects = true, .step = distinct_step,
	.finish = count_distinct_finish, .drop = distinct_drop,
};
