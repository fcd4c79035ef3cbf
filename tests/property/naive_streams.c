/*
 * tests/property/naive_streams.c - a call over a group: windows, fill, transformations
 */
#include <math.h>
#include <stdlib.h>

#include "naive.h"

static bool
is_in(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

bool
naive_is_transformation(const char *name)
{
	static const char *const names[] = { "derivative", "non_negative_derivative", "difference",
		"non_negative_difference", "elapsed", "moving_average", "cumulative_sum", NULL };

	return is_in(name, names);
}

bool
naive_is_selector(const char *name)
{
	static const char *const names[] = { "min", "max", "first", "last", "percentile", "top",
		"bottom", "sample", NULL };

	return is_in(name, names);
}

static bool
keeps_times(const char *name)
{
	static const char *const names[] = { "top", "bottom", "sample", NULL };

	return is_in(name, names);
}

/*
 * The start of the window that a time falls in.
 */
int64_t
naive_window(const struct naive *n, int64_t time)
{
	int64_t into = (time + n->s->zone_ns - n->offset) % n->interval;

	return time - (into < 0 ? into + n->interval : into);
}

/* ---- the points of a call ---- */

static struct stream
points_between(
    struct naive *n, const struct node *arg, const struct group *group, int64_t from, int64_t to)
{
	struct stream out = { 0 };

	for (size_t i = 0; i < group->points.n; i++) {
		struct sample s = group->points.samples[i];
		struct naive_env env = { .table = s.table, .point = s.point };

		if (s.table->name != NULL && (s.time < from || s.time > to))
			continue; /* a subquery has kept to the range itself */
		s.value = naive_eval(n, arg, &env);
		if (s.value.type == VALUE_FLOAT && isnan(s.value.f))
			*n->unsure = "a point that is not a number";
		if (s.value.type != VALUE_NULL && s.value.type != VALUE_TAG)
			naive_push(n, &out, s);
	}
	return out;
}

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Results that differ in their last digits alone: which is the greater, or whether they are two, is
 * a matter of the order of arithmetic.
 */
static bool
has_near_numbers(const struct naive *n, const struct stream *points)
{
	double *numbers = arena_array(n->arena, double, points->n);

	if (points->n == 0 || points->samples[0].value.type != VALUE_FLOAT)
		return false;
	for (size_t i = 0; i < points->n; i++)
		numbers[i] = points->samples[i].value.f;
	qsort(numbers, points->n, sizeof(*numbers), by_number);
	for (size_t i = 1; i < points->n; i++)
		if (numbers[i] != numbers[i - 1] &&
		    numbers[i] - numbers[i - 1] <= 1e-9 * fmax(1, fabs(numbers[i])))
			return true;
	return false;
}

static void
reverse(struct stream *s)
{
	for (size_t i = 0; i < s->n / 2; i++) {
		struct sample swap = s->samples[i];

		s->samples[i] = s->samples[s->n - 1 - i];
		s->samples[s->n - 1 - i] = swap;
	}
}

/*
 * The last window first; within a window the order stays.
 */
static void
reverse_windows(const struct naive *n, struct stream *s)
{
	reverse(s);
	for (size_t i = 0, next; i < s->n; i = next) {
		struct stream window = { .samples = &s->samples[i] };

		for (next = i; next < s->n && naive_window(n, s->samples[next].time) ==
						  naive_window(n, s->samples[i].time);)
			next++;
		window.n = next - i;
		reverse(&window);
	}
}

/* ---- integral: a window's area may come from the point before it ---- */

static double
height_at(const struct sample *a, const struct sample *b, int64_t time)
{
	double ya = a->value.type == VALUE_FLOAT ? a->value.f : (double)a->value.i;
	double yb = b->value.type == VALUE_FLOAT ? b->value.f : (double)b->value.i;

	return ya + (yb - ya) * ((double)(time - a->time) / (double)(b->time - a->time));
}

static double
area(const struct sample *a, const struct sample *b, int64_t from, int64_t to)
{
	return (height_at(a, b, from) + height_at(a, b, to)) / 2 * (double)(to - from);
}

/*
 * Where a window ends, seen in the direction of the statement.
 */
static int64_t
far_end(const struct naive *n, int64_t start)
{
	return n->s->descending ? start : start + n->interval;
}

/*
 * The points come in the direction of the statement: in a descending one areas are negative, and a
 * window is told by its other end. Without windows the time is always 0. A last
 * point that lies where its window begins has no area in it, and makes no row.
 */
static struct stream
integral(struct naive *n, const struct node *call, const struct stream *points)
{
	double unit = call->n_args > 1 ? (double)call->args[1]->i : (double)SECOND;
	struct stream out = { 0 };
	double sum = 0;

	for (size_t i = 0; i < points->n; i++) {
		const struct sample *a = &points->samples[i], *b = a + 1;
		bool last = i + 1 == points->n;
		int64_t start = n->interval != 0 ? naive_window(n, a->time) : 0;
		bool ends = last || (n->interval != 0 && naive_window(n, b->time) != start);

		if (n->s->descending && (n->inner || (n->interval != 0 && a->time == start)))
			*n->unsure = "descending integral: a point between two windows";
		if (!last && a->time == b->time)
			*n->unsure = "integral: two points of one time";
		else if (!last)
			sum += area(a, b, a->time, ends ? far_end(n, start) : b->time);
		if (!ends)
			continue;
		if (!last || n->interval == 0 || a->time != start)
			naive_push(n, &out,
			    (struct sample){ .time = n->s->descending ? start + n->interval : start,
				.value = { .type = VALUE_FLOAT, .f = sum / unit } });
		sum = 0;
		if (!last && a->time != b->time)
			sum = area(a, b, far_end(n, start), b->time);
	}
	return out;
}

/* ---- windows and fill ---- */

static struct value
fill_number(const struct naive *n, enum value_type type)
{
	struct value v = { .type = type };

	if (type == VALUE_FLOAT)
		v.f = n->s->fill_number;
	else if (type == VALUE_INTEGER)
		v.i = (int64_t)n->s->fill_number;
	else if (type == VALUE_STRING)
		v.s = SLICE("");
	return v;
}

/*
 * By the numbers of windows, which are cut towards zero.
 */
static struct value
interpolate(const struct naive *n, const struct sample *a, const struct sample *b, int64_t time)
{
	struct value v = { .type = a->value.type };
	double x = (double)(time / n->interval - a->time / n->interval);
	double width = (double)(b->time / n->interval - a->time / n->interval);

	if (v.type == VALUE_FLOAT)
		v.f = (b->value.f - a->value.f) / width * x + a->value.f;
	else if (v.type == VALUE_INTEGER)
		v.i = (int64_t)((double)(b->value.i - a->value.i) / width * x + (double)a->value.i);
	else
		v.type = VALUE_NULL;
	return v;
}

/*
 * The value of an empty window between two that are not (NULL: there is none on that side).
 */
static struct sample
filled(const struct naive *n, const struct node *call, int64_t time, const struct sample *before,
    const struct sample *after)
{
	struct sample s = { .time = time, .filled = true };
	enum value_type type = naive_expr_type(n, call);

	if (n->fill == FILL_NUMBER) {
		s.value = fill_number(n, type);
	} else if (n->fill == FILL_PREVIOUS && before != NULL) {
		s = *before;
		s.time = time;
	} else if (n->fill == FILL_LINEAR) {
		if (before != NULL && after != NULL && after->value.type != VALUE_NULL)
			s.value = interpolate(n, before, after, time);
	} else if ((n->fill == FILL_DEFAULT || n->fill == FILL_NULL) &&
		   strcmp(call->text, "count") == 0) {
		s.value = (struct value){ .type = VALUE_INTEGER };
	}
	return s;
}

static void
fill_windows(
    struct naive *n, const struct node *call, int64_t first, int64_t last, struct stream *stream)
{
	struct stream out = { 0 };
	size_t next = 0;
	int64_t step = n->s->descending ? -n->interval : n->interval;

	for (int64_t time = n->s->descending ? last : first; time >= first && time <= last;
	     time += step) {
		if (next < stream->n && stream->samples[next].time == time) {
			naive_push(n, &out, stream->samples[next++]);
			continue;
		}
		naive_push(n, &out,
		    filled(n, call, time, next > 0 ? &stream->samples[next - 1] : NULL,
			next < stream->n ? &stream->samples[next] : NULL));
	}
	*stream = out;
}

static struct stream
over_windows(
    struct naive *n, const struct node *call, const struct stream *points, int64_t from, int64_t to)
{
	struct stream out = { 0 };
	int64_t first;

	for (size_t i = 0, next; i < points->n; i = next) {
		int64_t start = naive_window(n, points->samples[i].time);
		struct stream window = { .samples = &points->samples[i] };
		size_t before = out.n;

		for (next = i;
		     next < points->n && points->samples[next].time < start + n->interval;)
			next++;
		window.n = next - i;
		if (keeps_times(call->text)) {
			struct stream picked = { 0 };

			naive_reduce(n, call, &window, start, &picked);
			for (size_t k = 0; k < picked.n; k++)
				naive_push(n, &out, picked.samples[k]);
			continue;
		}
		naive_reduce(n, call, &window, start, &out);
		for (size_t k = before; k < out.n; k++)
			out.samples[k].time = start;
	}
	first = from != MIN_TIME ? naive_window(n, from) : out.n != 0 ? out.samples[0].time : 0;
	if (n->s->descending)
		reverse_windows(n, &out);
	if (out.n != 0 && n->fill != FILL_NONE && !keeps_times(call->text) &&
	    strcmp(call->text, "distinct") != 0)
		fill_windows(n, call, first, naive_window(n, to), &out);
	return out;
}

static struct stream
aggregate(struct naive *n, const struct node *call, const struct group *group, int64_t from,
    int64_t to, bool alone)
{
	const struct node *arg =
	    call->args[0]->kind == NODE_CALL ? call->args[0]->args[0] : call->args[0];
	struct stream points = points_between(n, arg, group, from, to), out = { 0 };
	int64_t bound = from == MIN_TIME ? 0 : from;

	if (points.n == 0)
		return out;
	if (has_near_numbers(n, &points))
		*n->unsure = "numbers that differ in their last digits";
	if (strcmp(call->text, "integral") == 0) {
		if (n->s->descending)
			reverse(&points);
		return integral(n, call, &points);
	}
	if (n->interval != 0)
		return over_windows(n, call, &points, from, to);
	naive_reduce(n, call, &points, bound, &out);
	for (size_t i = 0; i < out.n; i++)
		if (!keeps_times(call->text) && !(alone && naive_is_selector(call->text)))
			out.samples[i].time = bound;
	return out;
}

/* ---- transformations ---- */

static double
number_of(const struct value *v)
{
	return v->type == VALUE_FLOAT ? v->f : (double)v->i;
}

static struct value
minus(const struct value *a, const struct value *b)
{
	struct value v = *a;

	if (v.type == VALUE_FLOAT)
		v.f -= b->f;
	else
		v.u -= b->u;
	return v;
}

/*
 * What a transformation makes of a sample and the one before; false: no row.
 */
static bool
step(struct naive *n, const struct node *call, double unit, const struct sample *before,
    const struct sample *now, struct value *v)
{
	const char *name = call->text;
	bool positive = strncmp(name, "non_negative_", 13) == 0;

	name += positive ? 13 : 0;
	if (strcmp(name, "elapsed") == 0) {
		v->type = VALUE_INTEGER;
		v->i = (now->time - before->time) / (int64_t)unit;
		return true;
	}
	*v = minus(&now->value, &before->value);
	if (positive && v->type == VALUE_FLOAT && v->f != 0 &&
	    fabs(v->f) <= 1e-9 * fmax(1, fabs(now->value.f)))
		*n->unsure = "a difference that may be less than nothing";
	if (strcmp(name, "derivative") == 0) {
		v->f = number_of(v) / (fabs((double)(now->time - before->time)) / unit);
		v->type = VALUE_FLOAT;
	}
	return !positive || !(number_of(v) < 0);
}

static struct stream
moving_average(const struct naive *n, const struct stream *in, size_t window)
{
	struct stream out = { 0 };

	for (size_t i = window - 1; i < in->n; i++) {
		struct sample s = { .time = in->samples[i].time, .value = { .type = VALUE_FLOAT } };

		for (size_t k = 0; k < window; k++)
			s.value.f += number_of(&in->samples[i - k].value);
		s.value.f /= (double)window;
		naive_push(n, &out, s);
	}
	return out;
}

static struct stream
cumulative_sum(const struct naive *n, const struct stream *in)
{
	struct stream out = { 0 };

	for (size_t i = 0; i < in->n; i++) {
		struct sample s = { .time = in->samples[i].time, .value = in->samples[i].value };

		if (i > 0 && s.value.type == VALUE_FLOAT)
			s.value.f += out.samples[i - 1].value.f;
		else if (i > 0)
			s.value.u += out.samples[i - 1].value.u;
		naive_push(n, &out, s);
	}
	return out;
}

static struct stream
transform(struct naive *n, const struct node *call, const struct stream *in)
{
	bool over_call = call->args[0]->kind == NODE_CALL;
	bool elapsed = strcmp(call->text, "elapsed") == 0;
	double unit = elapsed ? 1 : over_call ? (double)n->interval : (double)SECOND;
	struct stream out = { 0 };

	for (size_t i = 1; i < in->n; i++)
		if (in->samples[i].time == in->samples[i - 1].time)
			*n->unsure = "transformation: two points of one time";
	for (size_t i = 0; i < in->n; i++)
		if (in->samples[i].value.type == VALUE_FLOAT && isnan(in->samples[i].value.f))
			*n->unsure = "a running sum that met what is not a number";
	if (strcmp(call->text, "moving_average") == 0)
		return moving_average(n, in, (size_t)call->args[1]->i);
	if (strcmp(call->text, "cumulative_sum") == 0)
		return cumulative_sum(n, in);
	if (call->n_args > 1)
		unit = (double)call->args[1]->i;
	for (size_t i = 1; i < in->n; i++) {
		struct sample s = { .time = in->samples[i].time };

		if (step(n, call, unit, &in->samples[i - 1], &in->samples[i], &s.value))
			naive_push(n, &out, s);
	}
	return out;
}

static struct stream
without_nulls(const struct naive *n, const struct stream *in)
{
	struct stream out = { 0 };

	for (size_t i = 0; i < in->n; i++)
		if (in->samples[i].value.type != VALUE_NULL)
			naive_push(n, &out, in->samples[i]);
	return out;
}

static struct stream stream_between(struct naive *n, const struct node *call,
    const struct group *group, int64_t from, int64_t to, bool alone);

/*
 * Over an aggregate the windows before the range are looked at too, but not shown. An inner
 * transformation, whose range is a wider one, hands on whatever it has: a descending integral names
 * a window by its end, which may lie past that range.
 */
static struct stream
transformation(
    struct naive *n, const struct node *call, const struct group *group, int64_t from, int64_t to)
{
	struct stream in, out, shown = { 0 };
	int64_t more = 1;

	if (call->args[0]->kind != NODE_CALL) {
		in = points_between(n, call->args[0], group, from, to);
		if (n->s->descending)
			reverse(&in);
		return transform(n, call, &in);
	}
	if (n->interval == 0) {
		*n->unsure = "a statement that is refused";
		return shown;
	}
	if (strcmp(call->text, "cumulative_sum") == 0)
		more = 0;
	for (size_t t = 0; t < n->n_tables; t++)
		if (n->tables[t].name == NULL && more != 0 &&
		    (n->from != MIN_TIME || n->s->descending))
			*n->unsure = "windows before the range, over a subquery";
	in = stream_between(n, call->args[0], group,
	    n->s->descending || from == MIN_TIME ? from : from - more * n->interval,
	    n->s->descending && to < MAX_TIME - 100 * n->interval ? to + more * n->interval : to,
	    false);
	in = without_nulls(n, &in);
	out = transform(n, call, &in);
	if (from != n->from || to != n->to)
		return out;
	for (size_t i = 0; i < out.n; i++)
		if ((from == MIN_TIME || out.samples[i].time >= naive_window(n, from)) &&
		    out.samples[i].time <= to)
			naive_push(n, &shown, out.samples[i]);
	return shown;
}

static struct stream
stream_between(struct naive *n, const struct node *call, const struct group *group, int64_t from,
    int64_t to, bool alone)
{
	if (naive_is_transformation(call->text))
		return transformation(n, call, group, from, to);
	return aggregate(n, call, group, from, to, alone);
}

struct stream
naive_stream(struct naive *n, const struct node *call, const struct group *group, bool alone)
{
	return stream_between(n, call, group, n->from, n->to, alone);
}
