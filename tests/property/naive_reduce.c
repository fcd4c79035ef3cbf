/*
 * tests/property/naive_reduce.c - aggregates and selectors over the points of one window
 */
#include <math.h>
#include <stdlib.h>

#include "naive.h"

void
naive_push(const struct naive *n, struct stream *stream, struct sample sample)
{
	if (stream->n == stream->cap) {
		size_t cap = stream->cap * 2 + 8;

		stream->samples = arena_grow(n->arena, stream->samples, stream->n, cap);
		stream->cap = cap;
	}
	stream->samples[stream->n++] = sample;
}

static bool
is(const struct node *call, const char *name)
{
	return strcmp(call->text, name) == 0;
}

static double
number_of(const struct value *v)
{
	return v->type == VALUE_FLOAT ? v->f : (double)v->i;
}

static void
push_value(struct naive *n, struct stream *out, int64_t stamp, struct value v)
{
	naive_push(n, out, (struct sample){ .time = stamp, .value = v });
}

static void
push_float(struct naive *n, struct stream *out, int64_t stamp, double f)
{
	push_value(n, out, stamp, (struct value){ .type = VALUE_FLOAT, .f = f });
}

static int
by_value(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	int order = naive_compare(&x->value, &y->value);

	return order != 0 ? order : (x->time > y->time) - (x->time < y->time);
}

static struct sample *
sorted(const struct naive *n, const struct stream *points)
{
	struct sample *copy = arena_array(n->arena, struct sample, points->n);

	memcpy(copy, points->samples, points->n * sizeof(*copy));
	qsort(copy, points->n, sizeof(*copy), by_value);
	return copy;
}

/* ---- aggregates ---- */

static struct value
sum_of(const struct stream *points)
{
	struct value sum = { .type = points->samples[0].value.type };

	for (size_t i = 0; i < points->n; i++) {
		if (sum.type == VALUE_FLOAT)
			sum.f += points->samples[i].value.f;
		else
			sum.u += points->samples[i].value.u;
	}
	return sum;
}

static void
median(struct naive *n, const struct stream *points, int64_t stamp, struct stream *out)
{
	struct sample *s = sorted(n, points);
	double hi = number_of(&s[points->n / 2].value), lo;

	if (points->n % 2 == 1) {
		push_float(n, out, stamp, hi);
		return;
	}
	lo = number_of(&s[points->n / 2 - 1].value);
	push_float(n, out, stamp, lo + (hi - lo) / 2);
}

/*
 * The most frequent value. Values are visited in ascending order: one takes the place of an equally
 * frequent leader unless its first occurrence is after the leader's last; one that occurs once
 * never does.
 */
static void
mode(struct naive *n, const struct stream *points, int64_t stamp, struct stream *out)
{
	struct sample *s = sorted(n, points);
	size_t best = 0, best_end = 0;

	for (size_t i = 0, next; i < points->n; i = next) {
		size_t best_count = best_end - best;

		for (next = i; next < points->n && naive_compare(&s[i].value, &s[next].value) == 0;)
			next++;
		if (next - i == best_count && s[i].value.type == VALUE_BOOLEAN)
			*n->unsure = "as many true as false";
		if (next - i > best_count || (next - i == best_count && best_count > 1 &&
						 s[i].time <= s[best_end - 1].time)) {
			best = i;
			best_end = next;
		}
	}
	push_value(n, out, stamp, s[best].value);
}

static void
spread(struct naive *n, const struct stream *points, int64_t stamp, struct stream *out)
{
	struct sample *s = sorted(n, points);
	struct value v = s[points->n - 1].value;

	if (v.type == VALUE_FLOAT)
		v.f -= s[0].value.f;
	else
		v.u -= s[0].value.u;
	push_value(n, out, stamp, v);
}

static void
stddev(struct naive *n, const struct stream *points, int64_t stamp, struct stream *out)
{
	long double mean = 0, squares = 0; /* many equal numbers deviate by 0, not by almost 0 */

	if (points->n == 1) {
		push_float(n, out, stamp, (double)NAN);
		return;
	}
	for (size_t i = 0; i < points->n; i++)
		mean += number_of(&points->samples[i].value);
	mean /= points->n;
	for (size_t i = 0; i < points->n; i++) {
		long double d = number_of(&points->samples[i].value) - mean;

		squares += d * d;
	}
	push_float(n, out, stamp, sqrt((double)(squares / (points->n - 1))));
}

/*
 * Each value once: by the time of its first occurrence (the last one in a descending statement),
 * then by value.
 */
static void
distinct(struct naive *n, const struct stream *points, int64_t stamp, struct stream *out)
{
	struct stream firsts = { 0 };
	struct sample *s = sorted(n, points);

	for (size_t i = 0, next; i < points->n; i = next) {
		for (next = i; next < points->n && naive_compare(&s[i].value, &s[next].value) == 0;)
			next++;
		naive_push(n, &firsts, s[n->s->descending ? next - 1 : i]);
	}
	for (size_t left = firsts.n; left > 0; left--) {
		struct sample *first = NULL;

		for (size_t i = 0; i < firsts.n; i++) {
			struct sample *f = &firsts.samples[i];

			if (!f->filled && (first == NULL || f->time < first->time ||
					      (f->time == first->time &&
						  naive_compare(&f->value, &first->value) < 0)))
				first = f;
		}
		first->filled = true; /* taken */
		push_value(n, out, stamp, first->value);
	}
}

static void
count(struct naive *n, const struct node *call, const struct stream *points, int64_t stamp,
    struct stream *out)
{
	struct stream values = { 0 };
	struct value v = { .type = VALUE_INTEGER, .i = (int64_t)points->n };

	if (call->args[0]->kind == NODE_CALL) {
		distinct(n, points, stamp, &values);
		v.i = (int64_t)values.n;
	}
	push_value(n, out, stamp, v);
}

/* ---- selectors ---- */

static bool
same_value(const struct sample *a, const struct sample *b)
{
	return naive_compare(&a->value, &b->value) == 0;
}

static void
least_or_greatest(struct naive *n, const struct stream *points, int sign, struct stream *out)
{
	const struct sample *best = &points->samples[0];

	for (size_t i = 1; i < points->n; i++) {
		const struct sample *s = &points->samples[i];

		if (sign * naive_compare(&s->value, &best->value) > 0)
			best = s;
		else if (same_value(s, best) && s->time == best->time)
			*n->unsure = "two equal points";
	}
	naive_push(n, out, *best);
}

static void
first_or_last(struct naive *n, const struct stream *points, bool last, struct stream *out)
{
	const struct sample *best = &points->samples[0];

	for (size_t i = 1; i < points->n; i++) {
		const struct sample *s = &points->samples[i];

		if (s->time == best->time && same_value(s, best))
			*n->unsure = "two equal points";
		if (s->time == best->time ? naive_compare(&s->value, &best->value) > 0
					  : last == (s->time > best->time))
			best = s;
	}
	naive_push(n, out, *best);
}

static void
percentile(
    struct naive *n, const struct node *call, const struct stream *points, struct stream *out)
{
	const struct node *p = call->args[1];
	double at =
	    floor((double)points->n * (p->kind == NODE_FLOAT ? p->f : (double)p->i) / 100 + 0.5);
	struct sample *s = sorted(n, points);
	size_t i;

	if (at < 1 || at > (double)points->n)
		return;
	i = (size_t)at - 1;
	if ((i > 0 && same_value(&s[i], &s[i - 1])) ||
	    (i + 1 < points->n && same_value(&s[i], &s[i + 1])))
		*n->unsure = "percentile: two equal values";
	naive_push(n, out, s[i]);
}

/* ---- top, bottom ---- */

static bool
is_better(const struct sample *a, const struct sample *b, int sign)
{
	int order = sign * naive_compare(&a->value, &b->value);

	return order > 0 || (order == 0 && a->time < b->time);
}

static struct slice
tag_of(const struct sample *s, const char *name)
{
	int c = table_find(s->table, name);

	return c >= 0 && s->point->values[c].type == VALUE_TAG ? s->point->values[c].s : SLICE("");
}

static bool
same_tags(const struct node *call, const struct sample *a, const struct sample *b)
{
	for (size_t i = 1; i + 1 < call->n_args; i++)
		if (!slice_eq(tag_of(a, call->args[i]->text), tag_of(b, call->args[i]->text)))
			return false;
	return true;
}

static void
keep_best_of_tags(struct naive *n, const struct node *call, const struct stream *points, int sign,
    struct stream *out)
{
	for (size_t i = 0; i < points->n; i++) {
		const struct sample *s = &points->samples[i];
		bool best = true;

		for (size_t k = 0; k < points->n; k++) {
			const struct sample *other = &points->samples[k];

			if (k == i || !same_tags(call, s, other))
				continue;
			if (same_value(s, other) && s->time == other->time)
				*n->unsure = "top: two equal points";
			best &= !is_better(other, s, sign);
		}
		if (best)
			naive_push(n, out, *s);
	}
}

static void
top(struct naive *n, const struct node *call, const struct stream *points, struct stream *out)
{
	int sign = is(call, "top") ? 1 : -1;
	size_t limit = (size_t)call->args[call->n_args - 1]->i;
	struct stream kept = { 0 };

	if (call->n_args > 2)
		keep_best_of_tags(n, call, points, sign, &kept);
	else
		kept = *points;
	for (size_t i = 0; i < kept.n; i++) {
		size_t n_better = 0;

		for (size_t k = 0; k < kept.n; k++) {
			if (k != i && same_value(&kept.samples[i], &kept.samples[k]) &&
			    kept.samples[i].time == kept.samples[k].time)
				*n->unsure = "top: two equal points";
			n_better += is_better(&kept.samples[k], &kept.samples[i], sign);
		}
		if (n_better < limit)
			naive_push(n, out, kept.samples[i]);
	}
}

void
naive_reduce(struct naive *n, const struct node *call, const struct stream *points, int64_t stamp,
    struct stream *out)
{
	struct value v;

	if (is(call, "count"))
		count(n, call, points, stamp, out);
	else if (is(call, "sum"))
		push_value(n, out, stamp, sum_of(points));
	else if (is(call, "mean")) {
		v = sum_of(points);
		push_float(n, out, stamp, number_of(&v) / (double)points->n);
	} else if (is(call, "median"))
		median(n, points, stamp, out);
	else if (is(call, "mode"))
		mode(n, points, stamp, out);
	else if (is(call, "spread"))
		spread(n, points, stamp, out);
	else if (is(call, "stddev"))
		stddev(n, points, stamp, out);
	else if (is(call, "distinct"))
		distinct(n, points, stamp, out);
	else if (is(call, "min") || is(call, "max"))
		least_or_greatest(n, points, is(call, "max") ? 1 : -1, out);
	else if (is(call, "first") || is(call, "last"))
		first_or_last(n, points, is(call, "last"), out);
	else if (is(call, "percentile"))
		percentile(n, call, points, out);
	else if (is(call, "top") || is(call, "bottom"))
		top(n, call, points, out);
	else
		*out = *points; /* sample, of as many as there may be */
}
