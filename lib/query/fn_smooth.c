/*
 * query/fn_smooth.c - technical analysis: moving averages and oscillators
 *
 * All are built on the exponential moving average. Until it has seen its period it averages what it
 * has: with the factor of a shorter period ('exponential'), or plainly ('simple'). After J. W.
 * Wilder, "New Concepts in Technical Trading Systems", 1978 (relative strength); P. Mulloy, Stocks
 * & Commodities 12, 1994 (double and triple averages); P. Kaufman, "Smarter Trading", 1995; T.
 * Chande and S. Kroll, "The New Technical Trader", 1994 (momentum oscillator).
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "query/eval.h"
#include "query/plan.h"

struct ema {
	int64_t	 seen;		/* up to the period */
	double	 value;
};

static double
ema_push(struct ema *e, int64_t period, double factor, enum warmup warmup, double v)
{
	if (e->seen == 0)
		e->value = v;
	else if (e->seen >= period)
		e->value += (v - e->value) * factor;
	else if (warmup == WARMUP_SIMPLE)
		e->value = (e->value * (double)e->seen + v) / (double)(e->seen + 1);
	else
		e->value += (v - e->value) * 2 / (double)(e->seen + 2);
	if (e->seen < period)
		e->seen++;
	return e->value;
}

static double
as_float(struct value v)
{
	return query_eval_convert(v, VALUE_FLOAT).f;
}

static bool
show(const struct call *call, int64_t number, int64_t own_hold, int64_t time, double result,
    struct point *out)
{
	*out = (struct point){ .time = time, .value = value_float(result) };
	return number > (call->hold == -1 ? own_hold : call->hold);
}

/* ---- the average of an average of an average ---- */

struct averages {
	int64_t		 number;
	struct ema	 stages[3];
	double		 before;
};

/*
 * With the simple warm-up a stage begins only when the one in front of it has seen its period;
 * until then it repeats what it is given.
 */
static void
push_stages(struct averages *a, const struct call *call, size_t n, double v, double out[3])
{
	double factor = 2 / (double)(call->n + 1);
	bool open = true;

	a->number++;
	for (size_t i = 0; i < n; i++) {
		if (open)
			v = ema_push(&a->stages[i], call->n, factor, call->warmup, v);
		out[i] = v;
		open = open && (call->warmup != WARMUP_SIMPLE || a->stages[i].seen >= call->n);
	}
}

static int64_t
hold_of(const struct call *call, int64_t stages)
{
	return call->warmup == WARMUP_SIMPLE ? stages * (call->n - 1) : call->n - 1;
}

static bool
push_single(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct averages *a = state;
	double e[3];

	push_stages(a, call, 1, as_float(v), e);
	return show(call, a->number, call->n - 1, time, e[0], out);
}

static bool
push_double(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct averages *a = state;
	double e[3];

	push_stages(a, call, 2, as_float(v), e);
	return show(call, a->number, hold_of(call, 2), time, 2 * e[0] - e[1], out);
}

static bool
push_triple(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct averages *a = state;
	double e[3];

	push_stages(a, call, 3, as_float(v), e);
	return show(call, a->number, hold_of(call, 3), time, 3 * e[0] - 3 * e[1] + e[2], out);
}

static bool
push_triple_derivative(void *state, const struct call *call, int64_t time, struct value v,
    struct point *out)
{
	struct averages *a = state;
	double e[3], result;

	push_stages(a, call, 3, as_float(v), e);
	result = (e[2] / a->before - 1) * 100;
	a->before = e[2];
	if (isinf(result))
		return false;
	return show(call, a->number, hold_of(call, 3) + 1, time, result, out);
}

const struct fn_sequence fn_exponential_moving_average = {
	.state_bytes = sizeof(struct averages), .push = push_single,
};
const struct fn_sequence fn_double_exponential_moving_average = {
	.state_bytes = sizeof(struct averages), .push = push_double,
};
const struct fn_sequence fn_triple_exponential_moving_average = {
	.state_bytes = sizeof(struct averages), .push = push_triple,
};
const struct fn_sequence fn_triple_exponential_derivative = {
	.state_bytes = sizeof(struct averages), .push = push_triple_derivative,
};

/* ---- ups and downs ---- */

struct strength {
	int64_t		 number;
	double		 before;
	struct ema	 up, down;
};

static void
push_changes(struct strength *s, const struct call *call, double v)
{
	double change = v - s->before, factor = 1 / (double)call->n;

	ema_push(&s->up, call->n + 1, factor, call->warmup, change > 0 ? change : 0);
	ema_push(&s->down, call->n + 1, factor, call->warmup, change < 0 ? -change : 0);
	s->before = v;
	s->number++;
}

static bool
push_strength(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	struct strength *s = state;

	push_changes(s, call, as_float(v));
	return show(call, s->number, call->n, time,
	    100 - 100 / (1 + s->up.value / s->down.value), out);
}

const struct fn_sequence fn_relative_strength_index = {
	.state_bytes = sizeof(struct strength), .push = push_strength,
};

/* ---- the last points ---- */

/*
 * A ring of the last n values; those before the first count as 0.
 */
struct ring {
	double		*values;
	int64_t		 n, cap, at;
};

static double
ring_push(struct ring *r, int64_t size, double v)
{
	double old;

	if (r->n < size) {
		if (r->n == r->cap) {
			r->cap = r->cap != 0 ? r->cap * 2 : 8;
			r->values = memory_grow(r->values, (size_t)r->cap, sizeof(*r->values));
		}
		r->values[r->n++] = v;
		return 0;
	}
	old = r->values[r->at];
	r->values[r->at] = v;
	r->at = (r->at + 1) % size;
	return old;
}

struct kaufman {
	int64_t		 number;
	double		 before, change_sum, average;
	struct ring	 values, changes;
};

static double
efficiency(struct kaufman *k, const struct call *call, double v)
{
	double change = fabs(v - k->before), past = ring_push(&k->values, call->n, v);
	double distance = fabs(v - past);

	k->change_sum += change - ring_push(&k->changes, call->n, change);
	k->before = v;
	k->number++;
	return distance == 0 || k->change_sum == 0 ? 0 : distance / k->change_sum;
}

static bool
push_efficiency(void *state, const struct call *call, int64_t time, struct value v,
    struct point *out)
{
	struct kaufman *k = state;
	double ratio = efficiency(k, call, as_float(v));

	return !isinf(ratio) && show(call, k->number, call->n, time, ratio, out);
}

static bool
push_adaptive(void *state, const struct call *call, int64_t time, struct value v, struct point *out)
{
	const double fast = 2.0 / (2 + 1), slow = 2.0 / (30 + 1);
	struct kaufman *k = state;
	double ratio = efficiency(k, call, as_float(v));
	double factor = pow(ratio * (fast - slow) + slow, 2);

	if (k->number <= call->n)
		k->average = as_float(v);
	else
		k->average += factor * (as_float(v) - k->average);
	return !isinf(k->average) && show(call, k->number, call->n, time, k->average, out);
}

static void
drop_kaufman(void *state)
{
	struct kaufman *k = state;

	free(k->values.values);
	free(k->changes.values);
}

const struct fn_sequence fn_kaufmans_efficiency_ratio = {
	.state_bytes = sizeof(struct kaufman), .push = push_efficiency, .drop = drop_kaufman,
};
const struct fn_sequence fn_kaufmans_adaptive_moving_average = {
	.state_bytes = sizeof(struct kaufman), .push = push_adaptive, .drop = drop_kaufman,
};

struct momentum {
	struct strength	 strength;
	struct ring	 ups, downs;
	double		 up, down;
};

static bool
push_momentum(void *state, const struct call *call, int64_t time, struct value value,
    struct point *out)
{
	struct momentum *m = state;
	double v = as_float(value), change = v - m->strength.before, up, down;
	bool plain = call->warmup == WARMUP_NONE;

	if (plain) {
		bool any = m->strength.number > 0;	/* the first point has no change */
		double gain = any && change > 0 ? change : 0;
		double loss = any && change < 0 ? -change : 0;

		m->up += gain - ring_push(&m->ups, call->n, gain);
		m->down += loss - ring_push(&m->downs, call->n, loss);
	}
	push_changes(&m->strength, call, v);
	up = plain ? m->up : m->strength.up.value;
	down = plain ? m->down : m->strength.down.value;
	return show(call, m->strength.number, plain ? call->n - 1 : call->n, time,
	    up + down == 0 ? 0 : 100 * (up - down) / (up + down), out);
}

static void
drop_momentum(void *state)
{
	struct momentum *m = state;

	free(m->ups.values);
	free(m->downs.values);
}

const struct fn_sequence fn_chande_momentum_oscillator = {
	.state_bytes = sizeof(struct momentum), .push = push_momentum, .drop = drop_momentum,
};
