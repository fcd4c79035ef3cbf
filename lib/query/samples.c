/*
 * query/samples.c - the values of a window, for functions that need all of them
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* qsort_r */
#endif
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "query/eval.h"
#include "query/plan.h"

static void
count_bytes(struct samples *s, uint64_t bytes)
{
	s->bytes += bytes;
	*s->held += bytes;
}

static struct arena *
texts(struct samples *s)
{
	if (s->arena == NULL)
		s->arena = arena_new(4096);
	return s->arena;
}

static struct value
keep_value(struct samples *s, struct value v)
{
	if (value_is_text(v)) {
		v.s = arena_copy(texts(s), v.s);
		count_bytes(s, v.s.n + 1);
	}
	return v;
}

static uint64_t
keep_string(struct samples *s, struct slice text)
{
	if (s->n_strings == s->cap_strings) {
		s->cap_strings = s->cap_strings != 0 ? s->cap_strings * 2 : 64;
		s->strings = memory_grow(s->strings, s->cap_strings, sizeof(*s->strings));
	}
	s->strings[s->n_strings] = arena_copy(texts(s), text);
	count_bytes(s, text.n + sizeof(*s->strings));
	return s->n_strings++;
}

static void
make_room(struct samples *s)
{
	size_t cap = s->cap != 0 ? s->cap * 2 : 64;

	s->list = memory_grow(s->list, cap, sizeof(*s->list));
	count_bytes(s, (cap - s->cap) * sizeof(*s->list));
	s->cap = cap;
}

void
query_samples_add(struct samples *s, const struct call *call, const struct fn_input *in,
    size_t from, size_t to)
{
	const struct column *c = &in->block->columns[in->column];

	s->held = call->held_bytes;
	s->n_aux = in->n_aux;
	if (c->type == VALUE_NULL)
		return;
	s->type = c->type;
	for (size_t row = from; row < to; row++) {
		struct sample *to_fill;

		if (!column_has(c, row))
			continue;
		if (s->n == s->cap)
			make_room(s);
		to_fill = &s->list[s->n++];
		to_fill->time = in->block->times[row];
		if (c->type == VALUE_STRING)
			to_fill->cell.u = keep_string(s, column_value(c, row).s);
		else
			to_fill->cell = c->cells[row];
		to_fill->aux = NULL;
		if (in->n_aux == 0)
			continue;
		to_fill->aux = arena_array(texts(s), struct value, in->n_aux);
		count_bytes(s, in->n_aux * sizeof(struct value));
		for (size_t i = 0; i < in->n_aux; i++)
			to_fill->aux[i] = keep_value(s,
			    column_value(&in->block->columns[in->aux[i]], row));
	}
}

/*
 * Sorting is by one comparison for each type; strings are put in place of their index while it
 * runs. What is not a number comes last.
 */
static int
by_time(const struct sample *a, const struct sample *b)
{
	return (a->time > b->time) - (a->time < b->time);
}

static int
by_float(const void *x, const void *y)
{
	const struct sample *a = x, *b = y;
	int order = (a->cell.f > b->cell.f) - (a->cell.f < b->cell.f);

	if (order == 0)
		order = (isnan(a->cell.f) != 0) - (isnan(b->cell.f) != 0);
	return order != 0 ? order : by_time(a, b);
}

static int
by_integer(const void *x, const void *y)
{
	const struct sample *a = x, *b = y;
	int order = (a->cell.i > b->cell.i) - (a->cell.i < b->cell.i);

	return order != 0 ? order : by_time(a, b);
}

static int
by_unsigned(const void *x, const void *y)
{
	const struct sample *a = x, *b = y;
	int order = (a->cell.u > b->cell.u) - (a->cell.u < b->cell.u);

	return order != 0 ? order : by_time(a, b);
}

static int
by_string(const void *x, const void *y, void *strings)
{
	const struct sample *a = x, *b = y;
	const struct slice *all = strings;
	int order = slice_cmp(all[a->cell.u], all[b->cell.u]);

	return order != 0 ? order : by_time(a, b);
}

void
query_samples_sort(struct samples *s)
{
	if (s->n < 2)
		return;
	if (s->type == VALUE_STRING)
		qsort_r(s->list, s->n, sizeof(*s->list), by_string, s->strings);
	else
		qsort(s->list, s->n, sizeof(*s->list), s->type == VALUE_FLOAT ? by_float :
		    s->type == VALUE_INTEGER ? by_integer : by_unsigned);
}

struct value
query_samples_value(const struct samples *s, size_t i)
{
	struct value v = { .type = s->type };

	if (s->type == VALUE_STRING)
		v.s = s->strings[s->list[i].cell.u];
	else if (s->type == VALUE_BOOLEAN)
		v.b = s->list[i].cell.u != 0;
	else
		v.i = s->list[i].cell.i;
	return v;
}

void
query_samples_drop(struct samples *s)
{
	if (s->held != NULL)
		*s->held -= s->bytes;
	free(s->list);
	free(s->strings);
	if (s->arena != NULL)
		arena_free(s->arena);
	*s = (struct samples){ 0 };
}

/* ---- the k-th without sorting ---- */

/*
 * Cells as 64-bit numbers in the same order, so that choosing among them needs no function calls.
 */
static uint64_t
ordered(const struct samples *s, union cell c)
{
	const uint64_t sign = UINT64_C(1) << 63;

	if (s->type == VALUE_FLOAT)
		return c.u & sign ? ~c.u : c.u | sign;
	return s->type == VALUE_INTEGER ? c.u ^ sign : c.u;
}

/*
 * Hoare's selection with the median of three as pivot.
 */
static uint64_t
select_kth(uint64_t *a, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		uint64_t x = a[low], y = a[low + (high - low) / 2], z = a[high];
		uint64_t pivot = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
		size_t i = low, j = high;

		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				uint64_t other = a[i];

				a[i++] = a[j];
				a[j] = other;
				if (j == 0)
					break;
				j--;
			}
		}
		if (k <= j)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return a[k];
}

size_t
query_samples_kth(struct samples *s, size_t k)
{
	uint64_t *keys, key;
	size_t best = 0;
	bool found = false;

	if (s->type == VALUE_STRING || s->n < 16) {
		query_samples_sort(s);
		return k;
	}
	keys = memory_array(s->n, sizeof(*keys));
	for (size_t i = 0; i < s->n; i++)
		keys[i] = ordered(s, s->list[i].cell);
	key = select_kth(keys, s->n, k);
	free(keys);
	for (size_t i = 0; i < s->n; i++)
		if (ordered(s, s->list[i].cell) == key &&
		    (!found || s->list[i].time < s->list[best].time)) {
			best = i;
			found = true;
		}
	return best;
}
