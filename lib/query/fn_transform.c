/*
 * query/fn_transform.c - derivative, difference, elapsed, moving_average, cumulative_sum, integral
 *
 * A sequence of points in the order of the answer becomes another. In a descending answer the
 * predecessor is the later point, and time differences count backwards.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "query/eval.h"
#include "query/plan.h"

struct previous {
	bool		 set;
	int64_t		 time;
	struct value	 value;
};

static double
as_float(struct value v)
{
	return query_eval_convert(v, VALUE_FLOAT).f;
}

/*
 * Remember a point; false when there was none before, or one of the same time, which then stays.
 */
static bool
follow(struct previous *p, int64_t time, struct value v, struct previous *before)
{
	*before = *p;
	if (p->set && p->time == time)
		return false;
	*p = (struct previous){ true, time, v };
	return before->set;
}

/* ---- derivative ---- */

static bool
derive(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct previous before;
	double elapsed;

	if (!follow(state, time, v, &before))
		return false;
	elapsed = (double)(time - before.time);
	if (!call->ascending)
		elapsed = -elapsed;
	out->time = time;
	out->value = value_float((as_float(v) - as_float(before.value)) /
	    (elapsed / (double)call->unit));
	return true;
}

static bool
derive_upwards(void *state, const struct call *call, int64_t time, struct value v,
    struct point *out)
{
	return derive(state, call, time, v, out) && !(out->value.f < 0);
}

const struct fn_sequence fn_derivative = {
	.state_bytes = sizeof(struct previous), .push = derive,
};
const struct fn_sequence fn_non_negative_derivative = {
	.state_bytes = sizeof(struct previous), .push = derive_upwards,
};

/* ---- difference ---- */

static bool
differ(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct previous before;

	(void)call;
	if (!follow(state, time, v, &before))
		return false;
	out->time = time;
	out->value = query_eval_binary(OP_SUB, true, v, before.value);
	return true;
}

static bool
differ_upwards(void *state, const struct call *call, int64_t time, struct value v,
    struct point *out)
{
	struct value d;

	if (!differ(state, call, time, v, out))
		return false;
	d = out->value;
	return d.type == VALUE_FLOAT ? !(d.f < 0) : d.type != VALUE_INTEGER || d.i >= 0;
}

const struct fn_sequence fn_difference = {
	.state_bytes = sizeof(struct previous), .push = differ,
};
const struct fn_sequence fn_non_negative_difference = {
	.state_bytes = sizeof(struct previous), .push = differ_upwards,
};

/* ---- elapsed ---- */

static bool
elapse(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct previous *p = state, before = *p;

	*p = (struct previous){ true, time, v };
	if (!before.set)
		return false;
	out->time = time;
	out->value = value_integer((time - before.time) / call->unit);
	return true;
}

const struct fn_sequence fn_elapsed = {
	.state_bytes = sizeof(struct previous), .push = elapse,
};

/* ---- moving_average ---- */

struct moving {
	double	*last;		/* a ring of call->n */
	size_t	 n, cap, at;
	double	 sum;
};

static bool
move_average(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct moving *m = state;
	double f = as_float(v);

	if ((int64_t)m->n < call->n) {
		if (m->n == m->cap) {
			m->cap = m->cap != 0 ? m->cap * 2 : 8;
			m->last = memory_grow(m->last, m->cap, sizeof(*m->last));
		}
		m->last[m->n++] = f;
	} else {
		m->sum -= m->last[m->at];
		m->last[m->at] = f;
		m->at = (m->at + 1) % m->n;
	}
	m->sum += f;
	out->time = time;
	out->value = value_float(m->sum / (double)call->n);
	return (int64_t)m->n == call->n;
}

static void
drop_moving(void *state)
{
	free(((struct moving *)state)->last);
}

const struct fn_sequence fn_moving_average = {
	.state_bytes = sizeof(struct moving), .push = move_average, .drop = drop_moving,
};

/* ---- cumulative_sum ---- */

static bool
accumulate(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct value *sum = state;

	(void)call;
	*sum = sum->type == VALUE_NULL ? v : query_eval_binary(OP_ADD, true, *sum, v);
	out->time = time;
	out->value = *sum;
	return true;
}

const struct fn_sequence fn_cumulative_sum = {
	.state_bytes = sizeof(struct value), .push = accumulate,
};

/* ---- integral ---- */

struct area {
	bool		 set;
	int64_t		 time;
	double		 value;
	double		 sum;
	int64_t		 start, end;	/* the window, in the direction of the answer */
};

static void
open_window(struct area *a, const struct call *call, int64_t time)
{
	int64_t low, high;

	query_window_of(call->window, time, &low, &high);
	a->start = call->ascending ? low : high;
	a->end = call->ascending ? high : low;
}

static double
trapeze(const struct area *a, const struct call *call, int64_t time, double v)
{
	return 0.5 * (v + a->value) * ((double)(time - a->time) / (double)call->unit);
}

/*
 * A trapeze that crosses the end of its window is cut there; the rest belongs to the window of its
 * right point.
 */
static bool
integrate(void *state, const struct call *call, int64_t time, struct value value, struct point *out)
{
	struct area *a = state;
	bool windows = call->window->interval != 0, gives = false;
	double v = as_float(value);

	if (!a->set && windows)
		open_window(a, call, time);
	if (!a->set || a->time == time) {
		a->set = true;
		a->time = time;
		a->value = v;
		return false;
	}
	if (windows && (call->ascending ? time >= a->end : time <= a->end)) {
		if (a->time != a->end) {
			double cut = a->value + (v - a->value) *
			    ((double)(a->end - a->time) / (double)(time - a->time));

			a->sum += trapeze(a, call, a->end, cut);
			a->value = cut;
			a->time = a->end;
		}
		*out = (struct point){ .time = a->start, .value = value_float(a->sum) };
		gives = true;
		open_window(a, call, time);
		a->sum = 0;
	}
	a->sum += trapeze(a, call, time, v);
	a->time = time;
	a->value = v;
	return gives;
}

static bool
integral_flush(void *state, const struct call *call, struct point *out)
{
	struct area *a = state;
	bool windows = call->window->interval != 0;

	if (!a->set || (windows && a->time == a->start))
		return false;
	a->set = false;
	*out = (struct point){ .time = windows ? a->start : 0,
	    .value = value_float(a->sum) };
	return true;
}

const struct fn_sequence fn_integral = {
	.state_bytes = sizeof(struct area), .push = integrate, .flush = integral_flush,
};
