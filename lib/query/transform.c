/*
 * query/transform.c - a sequence of values becomes another, point by point
 *
 *     derivative(mean(v))      transform ◄── aggregate, over one window more than the range
 *     derivative(v)            transform ◄── rows of v
 *     derivative(integral(v))  transform ◄── transform ◄── rows of v, over that window too
 *
 * Nulls are no points and are passed over. What is made of a window in front of the range alone is
 * not shown.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "query/pipeline.h"

struct transform {
	struct stream	 stream;
	struct stream	*inner;
	const struct call *call;
	unsigned char	*state;
	struct value	 value;
	struct refs	 refs;
	struct ref	 ref;
	size_t		 no_slot;
	bool		 ended;
	bool		 cut;		/* points may lie in front of the range */
	int64_t		 first, last;	/* the range in which points are shown */
};

static bool
is_shown(const struct transform *t, const struct point *p)
{
	return !t->cut || (p->time >= t->first && p->time <= t->last);
}

static bool
put_point(struct transform *t, const struct point *p)
{
	if (!is_shown(t, p))
		return false;
	t->stream.time = p->time;
	t->value = p->value;
	return true;
}

static int
transform_next(struct stream *stream, struct err *err)
{
	struct transform *t = (struct transform *)stream;
	const struct fn_sequence *sequence = t->call->function->sequence;
	struct point p = { 0 };

	while (!t->ended) {
		int more = t->inner->next(t->inner, err);

		if (more < 0)
			return -1;
		if (more == 0) {
			t->ended = true;
			break;
		}
		if (t->inner->values[0].type == VALUE_NULL)
			continue;
		if (sequence->push(t->state, t->call, t->inner->time, t->inner->values[0], &p) &&
		    put_point(t, &p))
			return 1;
	}
	while (sequence->flush != NULL && sequence->flush(t->state, t->call, &p))
		if (put_point(t, &p))
			return 1;
	return 0;
}

static void
transform_close(struct stream *stream)
{
	struct transform *t = (struct transform *)stream;

	if (t->inner != NULL)
		t->inner->close(t->inner);
	if (t->call->function->sequence->drop != NULL)
		t->call->function->sequence->drop(t->state);
	free(t->state);
	free(t);
}

/*
 * How many windows in front of the range a function needs for its first result in it.
 */
static int64_t
windows_before(const struct call *call)
{
	const struct fn_sequence *sequence = call->function->sequence;

	if (sequence == &fn_cumulative_sum || sequence == &fn_holt_winters ||
	    sequence == &fn_integral)
		return 0;
	if (sequence == &fn_moving_average)	/* as in 1.x, whatever it averages */
		return 1;
	return call->n > 0 ? call->n : 1;
}

static void
limit_range(struct transform *t, const struct plan *plan)
{
	t->cut = plan->window.interval != 0;
	t->first = plan->from == TIME_MIN || !t->cut ? INT64_MIN :
	    query_window_start(&plan->window, plan->from);
	t->last = INT64_MAX;
	if (plan->descending)
		t->last = plan->to;
}

int
query_transform_open(struct plan *plan, const struct plan_group *group, struct call *call,
    int64_t extra, const size_t *slot, struct stream **stream, struct err *err)
{
	struct transform *t = memory_zalloc(sizeof(*t));
	struct call *inner = call->inner;

	*stream = &t->stream;
	t->stream.next = transform_next;
	t->stream.close = transform_close;
	t->stream.values = &t->value;
	t->stream.n_slots = 1;
	t->stream.slots = slot;
	t->call = call;
	t->state = memory_zalloc(call->function->sequence->state_bytes + 1);
	if (inner == NULL) {
		t->ref = call->ref;
		t->refs = (struct refs){ &t->ref, 1, 1 };
		return query_rows_open(plan, group, &t->refs, extra, &t->no_slot, &t->inner, err);
	}
	if (extra == 0)
		limit_range(t, plan);
	extra += windows_before(call);
	if (inner->function->sequence != NULL)
		return query_transform_open(plan, group, inner, extra, &t->no_slot, &t->inner, err);
	return query_aggregate_open(
	    plan, group, &call->inner, 1, false, extra, &t->no_slot, &t->inner, err);
}
