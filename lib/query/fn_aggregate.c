/*
 * query/fn_aggregate.c - count, sum, mean, spread, stddev, median, mode
 *
 * Each state is fed with pieces of a column. A piece without nulls is a plain loop that the
 * compiler turns into vector code; long sums of floats run in four lanes, which changes the order
 * of additions.
 */
#include <math.h>
#include <string.h>

#include "query/eval.h"
#include "query/plan.h"

#define LANES_FROM 32		/* rows from which lanes pay */

static size_t
one_value(struct point *p, struct value v)
{
	p->value = v;
	return 1;
}

/* ---- count ---- */

struct count_state {
	int64_t	 n;
};

static void
count_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	const struct column *c = &in->block->columns[in->column];
	struct count_state *s = state;

	(void)call;
	if (c->type == VALUE_NULL)
		return;
	if (c->present == NULL) {
		s->n += (int64_t)(to - from);
		return;
	}
	while (from < to && (from & 63) != 0)
		s->n += column_has(c, from++);
	for (; from + 64 <= to; from += 64)
		s->n += __builtin_popcountll(c->present[from >> 6]);
	while (from < to)
		s->n += column_has(c, from++);
}

static size_t
count_finish(void *state, const struct call *call, struct point **points)
{
	struct count_state *s = state;

	(void)call;
	return s->n == 0 ? 0 : one_value(*points, value_integer(s->n));
}

static void
count_sum_up(void *state, const struct call *call, const struct store_summary_column *column)
{
	struct count_state *s = state;

	(void)call;
	s->n += column->n_present;
}

const struct fn_states fn_count = {
	.state_bytes = sizeof(struct count_state), .step = count_step, .finish = count_finish,
	.sum_up = count_sum_up,
};

/* ---- sum and mean ---- */

struct sum_state {
	int64_t	 n;
	union cell sum;
};

static double
sum_floats(const union cell *cells, size_t n)
{
	double lanes[4] = { 0 }, sum = 0;
	size_t i = 0;

	if (n >= LANES_FROM) {
		for (; i + 4 <= n; i += 4)
			for (size_t k = 0; k < 4; k++)
				lanes[k] += cells[i + k].f;
		sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
	}
	for (; i < n; i++)
		sum += cells[i].f;
	return sum;
}

static void
sum_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	const struct column *c = &in->block->columns[in->column];
	struct sum_state *s = state;

	(void)call;
	if (c->type == VALUE_NULL)
		return;
	if (c->present != NULL) {
		for (size_t i = from; i < to; i++) {
			if (!column_has(c, i))
				continue;
			s->n++;
			if (c->type == VALUE_FLOAT)
				s->sum.f += c->cells[i].f;
			else
				s->sum.u += c->cells[i].u;
		}
		return;
	}
	s->n += (int64_t)(to - from);
	if (c->type == VALUE_FLOAT) {
		s->sum.f += sum_floats(c->cells + from, to - from);
		return;
	}
	for (size_t i = from; i < to; i++)
		s->sum.u += c->cells[i].u;
}

static size_t
sum_finish(void *state, const struct call *call, struct point **points)
{
	struct sum_state *s = state;

	return s->n == 0 ? 0 : one_value(*points,
	    (struct value){ .type = call->type, .i = s->sum.i });
}

static size_t
mean_finish(void *state, const struct call *call, struct point **points)
{
	struct sum_state *s = state;
	double sum = call->in == VALUE_FLOAT ? s->sum.f : call->in == VALUE_INTEGER ?
	    (double)s->sum.i : (double)s->sum.u;

	return s->n == 0 ? 0 : one_value(*points, value_float(sum / (double)s->n));
}

static void
sum_sum_up(void *state, const struct call *call, const struct store_summary_column *column)
{
	struct sum_state *s = state;

	(void)call;
	s->n += column->n_present;
	if (column->type == VALUE_FLOAT)
		s->sum.f += column->sum.f;
	else
		s->sum.u += column->sum.u;
}

const struct fn_states fn_sum = {
	.state_bytes = sizeof(struct sum_state), .step = sum_step, .finish = sum_finish,
	.sum_up = sum_sum_up,
};
const struct fn_states fn_mean = {
	.state_bytes = sizeof(struct sum_state), .step = sum_step, .finish = mean_finish,
	.sum_up = sum_sum_up,
};

/* ---- spread ---- */

struct spread_state {
	bool	 set;
	union cell low, high;
};

#define SPREAD_COLUMN(m) \
	for (size_t i = from; i < to; i++) { \
		if (!column_has(c, i)) \
			continue; \
		if (!s->set) \
			s->low = s->high = c->cells[i]; \
		s->set = true; \
		if (c->cells[i].m < s->low.m) \
			s->low = c->cells[i]; \
		if (c->cells[i].m > s->high.m) \
			s->high = c->cells[i]; \
	}

static void
spread_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	const struct column *c = &in->block->columns[in->column];
	struct spread_state *s = state;

	(void)call;
	if (c->type == VALUE_FLOAT) {
		SPREAD_COLUMN(f)
	} else if (c->type == VALUE_INTEGER) {
		SPREAD_COLUMN(i)
	} else if (c->type == VALUE_UNSIGNED) {
		SPREAD_COLUMN(u)
	}
}

static size_t
spread_finish(void *state, const struct call *call, struct point **points)
{
	struct spread_state *s = state;

	if (!s->set)
		return 0;
	if (call->type == VALUE_FLOAT)
		return one_value(*points, value_float(s->high.f - s->low.f));
	return one_value(*points,
	    (struct value){ .type = call->type, .u = s->high.u - s->low.u });
}

static bool
cell_less(enum value_type type, union cell a, union cell b)
{
	return type == VALUE_FLOAT ? a.f < b.f : type == VALUE_INTEGER ? a.i < b.i : a.u < b.u;
}

static void
spread_sum_up(void *state, const struct call *call, const struct store_summary_column *column)
{
	struct spread_state *s = state;

	(void)call;
	if (!s->set || cell_less(column->type, column->min, s->low))
		s->low = column->min;
	if (!s->set || cell_less(column->type, s->high, column->max))
		s->high = column->max;
	s->set = true;
}

const struct fn_states fn_spread = {
	.state_bytes = sizeof(struct spread_state), .step = spread_step, .finish = spread_finish,
	.sum_up = spread_sum_up,
};

/*
 * stddev: Welford, Technometrics 4(3), 1962. That of one value is not a number, which shows as null
 * and goes on through fill and whatever is made of it.
 */

struct stddev_state {
	int64_t	 n;
	double	 mean, squares;
};

static void
stddev_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	const struct column *c = &in->block->columns[in->column];
	struct stddev_state *s = state;

	(void)call;
	for (size_t i = from; i < to; i++) {
		double v, away;

		if (!column_has(c, i))
			continue;
		v = query_eval_convert(column_value(c, i), VALUE_FLOAT).f;
		s->n++;
		away = v - s->mean;
		s->mean += away / (double)s->n;
		s->squares += away * (v - s->mean);
	}
}

static size_t
stddev_finish(void *state, const struct call *call, struct point **points)
{
	struct stddev_state *s = state;

	(void)call;
	if (s->n == 0)
		return 0;
	return one_value(*points, value_float(s->n == 1 ? (double)NAN :
	    sqrt(s->squares / (double)(s->n - 1))));
}

const struct fn_states fn_stddev = {
	.state_bytes = sizeof(struct stddev_state), .step = stddev_step, .finish = stddev_finish,
};

/* ---- median and mode, which need all values ---- */

static void
samples_step(void *state, const struct call *call, const struct fn_input *in, size_t from,
    size_t to)
{
	query_samples_add(state, call, in, from, to);
}

static void
samples_forget(void *state)
{
	query_samples_drop(state);
}

static size_t
median_finish(void *state, const struct call *call, struct point **points)
{
	struct samples *s = state;
	double low, high;
	size_t at;

	(void)call;
	if (s->n == 0)
		return 0;
	at = query_samples_kth(s, s->n / 2);
	high = query_eval_convert(query_samples_value(s, at), VALUE_FLOAT).f;
	if (s->n % 2 != 0)
		return one_value(*points, value_float(high));
	at = query_samples_kth(s, s->n / 2 - 1);
	low = query_eval_convert(query_samples_value(s, at), VALUE_FLOAT).f;
	return one_value(*points, value_float(low + (high - low) / 2));
}

const struct fn_states fn_median = {
	.state_bytes = sizeof(struct samples), .collects = true, .step = samples_step,
	.finish = median_finish, .drop = samples_forget,
};

static bool
same_value(const struct samples *s, size_t a, size_t b)
{
	struct value x = query_samples_value(s, a), y = query_samples_value(s, b);

	return !query_functions_less(x, y) && !query_functions_less(y, x);
}

/*
 * Of two booleans that are equally frequent the one that occurs first.
 */
static struct value
mode_of_booleans(const struct samples *s)
{
	size_t n_true = 0, first = 0;

	for (size_t i = 0; i < s->n; i++) {
		n_true += s->list[i].cell.u != 0;
		if (s->list[i].time < s->list[first].time)
			first = i;
	}
	return 2 * n_true == s->n ? query_samples_value(s, first)
				  : value_boolean(2 * n_true > s->n);
}

/*
 * Values are visited in ascending order. One that is as frequent as the leader takes its place,
 * unless it occurs only after the leader's last; a value that occurs once leads only as the least.
 */
static size_t
mode_finish(void *state, const struct call *call, struct point **points)
{
	struct samples *s = state;
	size_t best = 0, most = 0;
	int64_t best_time;

	(void)call;
	if (s->n == 0)
		return 0;
	if (s->type == VALUE_BOOLEAN)
		return one_value(*points, mode_of_booleans(s));
	query_samples_sort(s);
	best_time = s->list[0].time;
	for (size_t i = 0, end; i < s->n; i = end) {
		for (end = i + 1; end < s->n && same_value(s, i, end);)
			end++;
		if ((i > 0 && end - i < 2) || end - i < most ||
		    (end - i == most && s->list[i].time > best_time))
			continue;
		most = end - i;
		best = i;
		best_time = s->list[end - 1].time;
	}
	return one_value(*points, query_samples_value(s, best));
}

const struct fn_states fn_mode = {
	.state_bytes = sizeof(struct samples), .collects = true, .step = samples_step,
	.finish = mode_finish, .drop = samples_forget,
};
