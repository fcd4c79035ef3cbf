/*
 * query/fn_select.c - min, max, first, last, percentile: one of the points
 *
 * The best row of a piece is found first, column-wise, and only then compared with the state; a
 * point that is chosen is copied with the other columns that the query asks for.
 */
#include <math.h>

#include "query/eval.h"
#include "query/plan.h"

/* ---- min and max: among equals the earliest ---- */

#define NO_ROW ((size_t)-1)

/*
 * The best of some rows that all have a value, without a branch; then, if that is not worse than
 * what is kept, the earliest row that has it. Times rise or fall throughout.
 */
#define BEST_OF_FULL(ctype, m, op) {						\
	const union cell *cells = c->cells;					\
	ctype best_ = cells[from].m;						\
	for (size_t i = from + 1; i < to; i++)					\
		best_ = cells[i].m op best_ ? cells[i].m : best_;		\
	if (k->set && k->value.type == c->type && k->value.m op best_)		\
		return NO_ROW;							\
	for (size_t i = from; i < to; i++) {					\
		size_t row = rising ? i : from + to - 1 - i;			\
										\
		if (cells[row].m == best_)					\
			return row;						\
	}									\
	return from;								\
}

/*
 * Is the row at i better than the one at best?
 */
#define BEST_ROW(m, op) \
	for (size_t i = from; i < to; i++) { \
		if (!column_has(c, i)) \
			continue; \
		if (best == NO_ROW || c->cells[i].m op c->cells[best].m || \
		    (c->cells[i].m == c->cells[best].m && !rising)) \
			best = i; \
	}

#define BEST_OF_TYPE(op) \
	if (c->present == NULL && c->type == VALUE_FLOAT) \
		BEST_OF_FULL(double, f, op) \
	if (c->present == NULL && c->type == VALUE_INTEGER) \
		BEST_OF_FULL(int64_t, i, op) \
	switch (c->type) { \
	case VALUE_FLOAT:	BEST_ROW(f, op) break; \
	case VALUE_INTEGER:	BEST_ROW(i, op) break; \
	default:		BEST_ROW(u, op) break; \
	}

static size_t
least_row(const struct kept *k, const struct column *c, bool rising, size_t from, size_t to)
{
	size_t best = NO_ROW;

	BEST_OF_TYPE(<)
	return best;
}

static size_t
greatest_row(const struct kept *k, const struct column *c, bool rising, size_t from, size_t to)
{
	size_t best = NO_ROW;

	BEST_OF_TYPE(>)
	return best;
}

static void
extreme_step(struct kept *k, const struct fn_input *in, size_t from, size_t to, bool greatest)
{
	const struct column *c = &in->block->columns[in->column];
	const int64_t *times = in->block->times;
	bool rising = times[from] <= times[to - 1], better;
	struct value v;
	size_t row;

	if (c->type == VALUE_NULL || c->cells == NULL)
		return;
	row = greatest ? greatest_row(k, c, rising, from, to) : least_row(k, c, rising, from, to);
	if (row == NO_ROW)
		return;
	v = column_value(c, row);
	better = !k->set ||
		 (greatest ? query_functions_less(k->value, v) : query_functions_less(v, k->value));
	if (better || (times[row] < k->time && !query_functions_less(v, k->value) &&
			  !query_functions_less(k->value, v)))
		query_functions_keep(k, in, row);
}

static void
min_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	(void)call;
	extreme_step(state, in, from, to, false);
}

static void
max_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	(void)call;
	extreme_step(state, in, from, to, true);
}

/*
 * A point that a summary names: nothing but its time and value is known.
 */
static void
keep_cell(struct kept *k, enum value_type type, union cell cell, int64_t time)
{
	k->set = true;
	k->time = time;
	k->value = (struct value){ .type = type, .i = cell.i };
	if (type == VALUE_BOOLEAN)
		k->value.b = cell.u != 0;
}

static void
extreme_sum_up(struct kept *k, enum value_type type, union cell cell, int64_t time, bool greatest)
{
	struct kept other = { .set = false };
	bool better;

	keep_cell(&other, type, cell, time);
	better = !k->set || (greatest ? query_functions_less(k->value, other.value) :
	    query_functions_less(other.value, k->value));
	if (better || (time < k->time && !query_functions_less(other.value, k->value) &&
	    !query_functions_less(k->value, other.value)))
		keep_cell(k, type, cell, time);
}

static void
min_sum_up(void *state, const struct call *call, const struct store_summary_column *column)
{
	(void)call;
	extreme_sum_up(state, column->type, column->min, column->min_time, false);
}

static void
max_sum_up(void *state, const struct call *call, const struct store_summary_column *column)
{
	(void)call;
	extreme_sum_up(state, column->type, column->max, column->max_time, true);
}

static size_t
kept_finish(void *state, const struct call *call, struct point **points)
{
	const struct kept *k = state;

	(void)call;
	if (!k->set)
		return 0;
	**points = query_functions_kept_point(k);
	return 1;
}

static void
kept_forget(void *state)
{
	query_functions_drop_kept(state);
}

const struct fn_states fn_min = {
	.state_bytes = sizeof(struct kept), .step = min_step, .finish = kept_finish,
	.drop = kept_forget, .sum_up = min_sum_up,
};
const struct fn_states fn_max = {
	.state_bytes = sizeof(struct kept), .step = max_step, .finish = kept_finish,
	.drop = kept_forget, .sum_up = max_sum_up,
};

/* ---- first and last: at equal times the greater value ---- */

static bool
column_is_empty(const struct column *c)
{
	return c->type == VALUE_NULL;
}

/*
 * Does a point take the place of the one that is kept?
 */
static bool
goes_before(const struct kept *k, int64_t t, struct value v, bool last)
{
	if (!k->set)
		return true;
	return t != k->time ? (t > k->time) == last : query_functions_less(k->value, v);
}

static void
consider(struct kept *k, const struct fn_input *in, size_t row, bool last)
{
	struct value v = column_value(&in->block->columns[in->column], row);

	if (goes_before(k, in->block->times[row], v, last))
		query_functions_keep(k, in, row);
}

static void
end_sum_up(struct kept *k, enum value_type type, union cell cell, int64_t time, bool last)
{
	struct kept other = { .set = false };

	keep_cell(&other, type, cell, time);
	if (goes_before(k, time, other.value, last))
		keep_cell(k, type, cell, time);
}

static void
first_sum_up(void *state, const struct call *call, const struct store_summary_column *column)
{
	(void)call;
	end_sum_up(state, column->type, column->first, column->first_time, false);
}

static void
last_sum_up(void *state, const struct call *call, const struct store_summary_column *column)
{
	(void)call;
	end_sum_up(state, column->type, column->last, column->last_time, true);
}

/*
 * Times of a piece rise or fall throughout: the row wanted is at one of its ends.
 */
static void
end_step(struct kept *k, const struct fn_input *in, size_t from, size_t to, bool last)
{
	const struct column *c = &in->block->columns[in->column];
	const int64_t *times = in->block->times;
	bool rising = times[from] <= times[to - 1];

	if (column_is_empty(c))
		return;
	if (last == rising) {
		while (to > from && !column_has(c, to - 1))
			to--;
		for (size_t i = to; i > from && times[i - 1] == times[to - 1]; i--)
			if (column_has(c, i - 1))
				consider(k, in, i - 1, last);
	} else {
		while (from < to && !column_has(c, from))
			from++;
		for (size_t i = from; i < to && times[i] == times[from]; i++)
			if (column_has(c, i))
				consider(k, in, i, last);
	}
}

static void
first_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	(void)call;
	end_step(state, in, from, to, false);
}

static void
last_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	(void)call;
	end_step(state, in, from, to, true);
}

const struct fn_states fn_first = {
	.state_bytes = sizeof(struct kept), .step = first_step, .finish = kept_finish,
	.drop = kept_forget, .sum_up = first_sum_up,
};
const struct fn_states fn_last = {
	.state_bytes = sizeof(struct kept), .step = last_step, .finish = kept_finish,
	.drop = kept_forget, .sum_up = last_sum_up,
};

/* ---- percentile: nearest rank ---- */

static void
percentile_step(void *state, const struct call *call, const struct fn_input *in, size_t from,
    size_t to)
{
	query_samples_add(state, call, in, from, to);
}

static size_t
percentile_finish(void *state, const struct call *call, struct point **points)
{
	struct samples *s = state;
	double rank = floor((double)s->n * call->number / 100 + 0.5) - 1;
	size_t at;

	if (!(rank >= 0) || rank >= (double)s->n)
		return 0;
	at = query_samples_kth(s, (size_t)rank);
	**points = (struct point){ s->list[at].time, query_samples_value(s, at), s->list[at].aux };
	return 1;
}

static void
percentile_drop(void *state)
{
	query_samples_drop(state);
}

const struct fn_states fn_percentile = {
	.state_bytes = sizeof(struct samples), .collects = true, .step = percentile_step,
	.finish = percentile_finish, .drop = percentile_drop,
};
