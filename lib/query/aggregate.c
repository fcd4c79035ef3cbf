/*
 * query/aggregate.c - calls over windows, filled: one row a window
 *
 * Finished windows come in the order of the answer, those without any point left out. Filling walks
 * the windows that should be there. Some values can only be told from later windows (fill(linear);
 * whether a count is to show 0 or nothing): those are read ahead and kept in a queue.
 *
 * A call whose function gives many points a window is alone here, and its points are rows.
 */
#include "query/windows.h"

#include <stdlib.h>

#include "base/memory.h"
#include "query/fill.h"
#include "query/pipeline.h"

struct last_value {		/* of a call, for fill(previous) and fill(linear) */
	bool		 set;
	int64_t		 start;
	struct value	 value;
	struct buf	 text;
};

struct aggregate {
	struct stream	 stream;
	struct plan	*plan;
	struct windows	*windows;
	struct windows_spec spec;
	struct refs	 refs;
	bool		 own_times;	/* points show their own time, not the window's */
	bool		 many;

	struct finished	*head, **tail;	/* read ahead */
	bool		 ended;
	struct finished	*shown;		/* whose values are with the caller */
	size_t		 point;		/* many: the next one of `shown` */

	bool		 walking;
	int64_t		 at, last;	/* the next window, and the last one */
	bool		 has_last;	/* false: the answer ends with its last point */
	int64_t		 zone_offset;
	uint64_t	 n_windows;
	struct last_value *lasts;	/* by call */
	bool		*seen;		/* by call: has had a point */
	bool		 limited;	/* the range was cut to what LIMIT lets through */
	bool		 open;		/* it has no lower end, and is read backwards */
};

/* ---- reading windows ---- */

static int
read_ahead(struct aggregate *a, struct err *err)
{
	struct finished *f;

	if (a->ended)
		return 0;
	if (query_windows_next(a->windows, &f, err) != 0)
		return -1;
	if (f == NULL) {
		a->ended = true;
		return 0;
	}
	for (size_t i = 0; i < a->spec.n_calls; i++)
		a->seen[i] |= f->n[i] > 0;
	*a->tail = f;
	a->tail = &f->next;
	return 0;
}

static int
fill_queue(struct aggregate *a, struct err *err)
{
	return a->head == NULL ? read_ahead(a, err) : 0;
}

static struct finished *
take_head(struct aggregate *a)
{
	struct finished *f = a->head;

	a->head = f->next;
	if (a->head == NULL)
		a->tail = &a->head;
	query_windows_release(a->windows, a->shown);
	a->shown = f;
	return f;
}

/*
 * The next point of a call behind the present window, or NULL.
 */
static int
later_point(struct aggregate *a, size_t call, const struct finished **out, struct err *err)
{
	struct finished **at = &a->head;

	for (;;) {
		for (; *at != NULL; at = &(*at)->next)
			if ((*at)->n[call] > 0) {
				*out = *at;
				return 0;
			}
		*out = NULL;
		if (a->ended)
			return 0;
		if (read_ahead(a, err) != 0)
			return -1;
	}
}

/* ---- values ---- */

static void
remember(struct last_value *last, int64_t start, struct value v)
{
	last->set = true;
	last->start = start;
	last->value = v;
	if (value_is_text(v)) {
		buf_reset(&last->text);
		buf_put_slice(&last->text, v.s);
		last->value.s = buf_slice(&last->text);
	}
}

static bool
is_count(const struct call *call)
{
	return call->function->states == &fn_count || call->function->states == &fn_count_distinct;
}

static struct value
linear_value(const struct aggregate *a, size_t i, const struct finished *later)
{
	const struct last_value *last = &a->lasts[i];

	return query_fill_linear(query_window_number(&a->plan->window, a->at),
	    query_window_number(&a->plan->window, last->start), last->value,
	    query_window_number(&a->plan->window, later->start), later->points[i]->value);
}

/*
 * Are there windows of a call at this place, so that an empty one is filled? Its series begins with
 * its first value where the range has no lower bound, else with the range, and a descending one ends
 * there; one without any value has none.
 */
static int
has_begun(struct aggregate *a, size_t i, bool *begun, struct err *err)
{
	const struct finished *later;

	if (a->plan->descending && a->spec.from == TIME_MIN) {
		if (later_point(a, i, &later, err) != 0)
			return -1;
		*begun = later != NULL;
		return 0;
	}
	*begun = a->lasts[i].set;
	if (*begun || a->spec.from == TIME_MIN)
		return 0;
	if (!a->seen[i] && later_point(a, i, &later, err) != 0)
		return -1;
	*begun = a->seen[i];
	return 0;
}

static int
fill_value(struct aggregate *a, size_t i, struct value *v, struct err *err)
{
	const struct plan *plan = a->plan;
	const struct call *call = a->spec.calls[i];
	const struct last_value *last = &a->lasts[i];
	const struct finished *later;
	bool begun;

	*v = value_null();
	switch (plan->fill) {
	case FILL_NULL:
		if (!is_count(call))
			return 0;
		if (has_begun(a, i, &begun, err) != 0)
			return -1;
		if (begun)
			*v = value_integer(0);
		return 0;
	case FILL_NUMBER:
		if (call->type == VALUE_STRING || call->type == VALUE_BOOLEAN) {
			if (has_begun(a, i, &begun, err) != 0)
				return -1;
			if (!begun)	/* the row lacks the column: pipeline.c */
				return 0;
		}
		*v = query_fill_default(plan->fill, plan->fill_value, call->type);
		return 0;
	case FILL_PREVIOUS:
		if (last->set)
			*v = last->value;
		return 0;
	case FILL_LINEAR:
		if (last->set && later_point(a, i, &later, err) != 0)
			return -1;
		if (!last->set)
			return 0;
		if (later != NULL)
			*v = linear_value(a, i, later);
		return 0;
	case FILL_NONE:
		break;
	}
	return 0;
}

static void
put_aux(struct aggregate *a, const struct point *p)
{
	for (size_t i = 0; i < a->spec.n_aux; i++)
		a->stream.values[a->spec.n_calls + i] =
		    p != NULL && p->aux != NULL ? p->aux[i] : value_null();
}

static void
put_finished(struct aggregate *a, const struct finished *f)
{
	for (size_t i = 0; i < a->spec.n_calls; i++)
		a->stream.values[i] = f->n[i] > 0 ? f->points[i]->value : value_null();
	put_aux(a, f->n[0] > 0 ? f->points[0] : NULL);
	a->stream.time = f->start;
}

/* ---- one row a window ---- */

static int
next_unfilled(struct aggregate *a, struct err *err)
{
	struct finished *f;

	if (fill_queue(a, err) != 0)
		return -1;
	if (a->head == NULL)
		return 0;
	f = take_head(a);
	put_finished(a, f);
	if (a->plan->window.interval == 0)
		a->stream.time = a->own_times ? f->points[0]->time : a->spec.calls[0]->bound;
	return 1;
}

static bool
is_before(const struct aggregate *a, int64_t x, int64_t y)
{
	return a->plan->descending ? x > y : x < y;
}

static void
begin_walk(struct aggregate *a)
{
	const struct window *window = &a->plan->window;
	bool open = a->spec.from == TIME_MIN;

	a->walking = true;
	a->has_last = !(a->plan->descending && open);
	if (a->plan->descending) {
		a->at = query_window_start(window, a->spec.to);
		a->last = open ? 0 : query_window_start(window, a->spec.from);
	} else {
		a->at = open ? a->head->start : query_window_start(window, a->spec.from);
		a->last = query_window_start(window, a->spec.to);
	}
	a->zone_offset = zone_offset_ns(window->zone, a->at);
}

/*
 * Are there more windows than may be shown? Told before the first, where both ends are known.
 */
static int
check_walk(const struct aggregate *a, struct err *err)
{
	uint64_t limit = a->plan->ctx->limits.max_windows, n, shown;
	int64_t from = a->plan->descending ? a->last : a->at;
	int64_t to = a->plan->descending ? a->at : a->last;

	if (a->plan->window.months != 0)
		n = (uint64_t)query_window_number(&a->plan->window, to) -
		    (uint64_t)query_window_number(&a->plan->window, from) + 1;
	else
		n = ((uint64_t)to - (uint64_t)from) / (uint64_t)a->plan->window.interval + 1;
	shown = (uint64_t)a->plan->limit + (uint64_t)a->plan->offset;
	if (limit == 0 || !a->has_last || n <= limit || is_before(a, a->last, a->at) ||
	    (a->plan->limit > 0 && shown <= limit))
		return 0;
	return err_set(err, ERR_LIMIT, "max-select-buckets limit exceeded: (%llu/%llu)",
	    (unsigned long long)n, (unsigned long long)limit);
}

static int
check_windows(struct aggregate *a, struct err *err)
{
	uint64_t limit = a->plan->ctx->limits.max_windows;

	a->n_windows++;
	if (limit != 0 && a->n_windows > limit)
		return err_set(err, ERR_LIMIT, "max-select-buckets limit exceeded: (%llu/%llu)",
		    (unsigned long long)a->n_windows, (unsigned long long)limit);
	return a->n_windows % 4096 == 0 ? query_context_check(a->plan->ctx, err) : 0;
}

static int
put_filled(struct aggregate *a, const struct finished *f, struct err *err)
{
	for (size_t i = 0; i < a->spec.n_calls; i++) {
		struct value *v = &a->stream.values[i];

		if (f != NULL && f->n[i] > 0) {
			*v = f->points[i]->value;
			remember(&a->lasts[i], f->start, *v);
		} else if (fill_value(a, i, v, err) != 0) {
			return -1;
		}
	}
	put_aux(a, f != NULL && f->n[0] > 0 ? f->points[0] : NULL);
	return 0;
}

static int
next_filled(struct aggregate *a, struct err *err)
{
	const struct finished *f = NULL;

	if (fill_queue(a, err) != 0 || check_windows(a, err) != 0)
		return -1;
	if (!a->walking) {
		if (a->head == NULL)
			return 0;
		begin_walk(a);
		if (check_walk(a, err) != 0)
			return -1;
	}
	if (a->head == NULL && (!a->has_last || is_before(a, a->last, a->at)))
		return 0;
	if (a->head != NULL && !is_before(a, a->at, a->head->start))
		f = take_head(a);
	a->stream.time = f != NULL ? f->start : a->at;
	if (put_filled(a, f, err) != 0)
		return -1;
	if (f == NULL || f->start == a->at)
		a->at = query_window_step(
		    &a->plan->window, a->at, a->plan->descending, &a->zone_offset);
	return 1;
}

/* ---- many rows a window ---- */

static int
next_of_many(struct aggregate *a, struct err *err)
{
	const struct point *p;

	if (a->shown == NULL || a->point == a->shown->n[0]) {
		if (fill_queue(a, err) != 0)
			return -1;
		if (a->head == NULL)
			return 0;
		take_head(a);
		a->point = 0;
	}
	p = &a->shown->points[0][a->point++];
	a->stream.values[0] = p->value;
	put_aux(a, p);
	a->stream.time = a->own_times ? p->time :
	    a->plan->window.interval != 0 ? a->shown->start : a->spec.calls[0]->bound;
	return 1;
}

/* ---- LIMIT ---- */

static int
open_windows(struct aggregate *a, struct err *err)
{
	return query_windows_open(&a->spec, &a->windows, err);
}

#define OPEN_WINDOWS_MAX 4096	/* are kept for the answer about the last one */

/*
 * With a row for every window, LIMIT tells which windows can be in the answer. Only these are read;
 * when none of them has a point, all are, since a point anywhere makes the empty windows show. In
 * descending order without a lower bound the rows end with the points: there all windows are read
 * when the last one that LIMIT lets through has none.
 */
static bool
cut_range(struct aggregate *a, int64_t extra)
{
	const struct plan *plan = a->plan;
	int64_t interval = plan->window.interval, span, edge;

	if (a->spec.calls[0] != plan->calls[0])	/* a transformation leaves out empty windows */
		return false;
	if (interval == 0 || plan->limit <= 0 || extra > 0 || a->many || plan->n_calls != 1 ||
	    plan->window.zone != NULL || plan->window.months != 0 || plan->fill == FILL_NONE ||
	    plan->fill == FILL_LINEAR)
		return false;
	if (__builtin_add_overflow(plan->limit, plan->offset, &span) ||
	    __builtin_mul_overflow(span, interval, &span))
		return false;
	a->open = plan->from == TIME_MIN;	/* the windows end, or begin, with the points */
	if (a->open && (!plan->descending || span / interval > OPEN_WINDOWS_MAX))
		return false;
	if (plan->descending) {
		edge = query_window_start(&plan->window, plan->to);
		if (__builtin_sub_overflow(edge, span - interval, &edge) || edge <= plan->from)
			return false;
		a->spec.from = edge;
		return true;
	}
	edge = query_window_start(&plan->window, plan->from);
	if (__builtin_add_overflow(edge, span - 1, &edge) || edge >= plan->to)
		return false;
	a->spec.to = edge;
	return true;
}

static void
drop_queue(struct aggregate *a)
{
	while (a->head != NULL) {
		struct finished *f = a->head;

		a->head = f->next;
		query_windows_release(a->windows, f);
	}
	a->tail = &a->head;
}

/*
 * Did the windows that were read tell all that LIMIT lets through?
 */
static int
is_enough(struct aggregate *a, bool *enough, struct err *err)
{
	const struct finished *f;

	if (fill_queue(a, err) != 0)
		return -1;
	while (a->open && !a->ended)
		if (read_ahead(a, err) != 0)
			return -1;
	*enough = a->head != NULL;
	for (f = a->head; a->open && f != NULL; f = f->next)
		*enough = f->start == a->spec.from;
	return 0;
}

static int
look_further(struct aggregate *a, struct err *err)
{
	bool enough;

	a->limited = false;
	if (is_enough(a, &enough, err) != 0)
		return -1;
	if (enough)
		return 0;
	drop_queue(a);
	query_windows_close(a->windows);
	a->windows = NULL;
	a->ended = false;
	a->spec.from = a->plan->from;
	a->spec.to = a->plan->to;
	return open_windows(a, err);
}

/* ---- the stream ---- */

static int
aggregate_next(struct stream *stream, struct err *err)
{
	struct aggregate *a = (struct aggregate *)stream;

	if (a->limited && look_further(a, err) != 0)
		return -1;
	if (a->many)
		return next_of_many(a, err);
	if (a->plan->window.interval == 0 || a->plan->fill == FILL_NONE)
		return next_unfilled(a, err);
	return next_filled(a, err);
}

static void
aggregate_close(struct stream *stream)
{
	struct aggregate *a = (struct aggregate *)stream;

	if (a->windows != NULL)
		query_windows_release(a->windows, a->shown);
	drop_queue(a);
	query_windows_close(a->windows);
	for (size_t i = 0; i < a->spec.n_calls; i++)
		buf_free(&a->lasts[i].text);
	free((void *)a->spec.columns);
	free((void *)a->spec.aux);
	free(a->refs.list);
	free(a->lasts);
	free(a->seen);
	free(a->stream.values);
	free(a);
}

static size_t
add_ref(struct refs *refs, struct ref ref)
{
	for (size_t i = 0; i < refs->n; i++)
		if (refs->list[i].type == ref.type && slice_eq(refs->list[i].name, ref.name))
			return i;
	refs->list[refs->n] = ref;
	return refs->n++;
}

static void
choose_columns(struct aggregate *a, bool with_refs)
{
	size_t n_calls = a->spec.n_calls, n_aux = with_refs ? a->plan->refs.n : 0;
	size_t *columns = memory_array(n_calls + 1, sizeof(*columns));
	size_t *aux = memory_array(n_aux + 1, sizeof(*aux));

	a->refs.list = memory_array(n_calls + n_aux + 1, sizeof(*a->refs.list));
	for (size_t i = 0; i < n_calls; i++)
		columns[i] = add_ref(&a->refs, a->spec.calls[i]->ref);
	for (size_t i = 0; i < n_aux; i++)
		aux[i] = add_ref(&a->refs, a->plan->refs.list[i]);
	a->spec.refs = &a->refs;
	a->spec.columns = columns;
	a->spec.aux = aux;
	a->spec.n_aux = n_aux;
}

int
query_aggregate_open(struct plan *plan, const struct plan_group *group, struct call *const *calls,
    size_t n_calls, bool with_refs, int64_t extra, const size_t *slots, struct stream **stream,
    struct err *err)
{
	struct aggregate *a = memory_zalloc(sizeof(*a));

	*stream = &a->stream;
	a->stream.next = aggregate_next;
	a->stream.close = aggregate_close;
	a->plan = plan;
	a->tail = &a->head;
	a->spec = (struct windows_spec){ .plan = plan, .group = group, .calls = calls,
	    .n_calls = n_calls };
	a->many = calls[0]->function->kind == FUNCTION_MANY;
	a->own_times = a->many ? calls[0]->function->states != &fn_distinct : plan->selector;
	a->lasts = memory_array(n_calls + 1, sizeof(*a->lasts));
	a->seen = memory_array(n_calls + 1, sizeof(*a->seen));
	choose_columns(a, with_refs);
	query_rows_range(plan, extra, &a->spec.from, &a->spec.to);
	a->stream.n_slots = n_calls + a->spec.n_aux;
	a->stream.values = memory_array(a->stream.n_slots + 1, sizeof(*a->stream.values));
	a->stream.slots = slots;
	a->limited = cut_range(a, extra);
	return open_windows(a, err);
}
