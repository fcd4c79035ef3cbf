/*
 * query/fn_many.c - top, bottom, sample: several of the points
 *
 * top and bottom keep the n best points in a heap whose root is the worst of them. With tags only
 * the best point of each combination of their values goes into that choice. sample is Vitter's
 * algorithm R (ACM TOMS 11(1), 1985).
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/table.h"
#include "query/eval.h"
#include "query/plan.h"

struct many_state {
	struct kept	**best;		/* a heap, or all that there are with tags */
	size_t		 n, cap;
	struct table	 by_tags;	/* tags' values -> index into best */
	struct arena	*keys;
	struct buf	 key;
	struct point	*points;	/* made by finish */
	uint64_t	*held;		/* where bytes are counted */
	uint64_t	 bytes;
	uint64_t	 n_seen;	/* sample */
	uint64_t	 random;
};

/*
 * Is a to be preferred to b? The earlier point wins among equals.
 */
static bool
better(const struct call *call, struct value a, int64_t a_time, struct value b, int64_t b_time)
{
	bool top = call->function->states == &fn_top;

	if (query_functions_less(a, b))
		return !top;
	if (query_functions_less(b, a))
		return top;
	return a_time < b_time;
}

static bool
kept_better(const struct call *call, const struct kept *a, const struct kept *b)
{
	return better(call, a->value, a->time, b->value, b->time);
}

static struct kept *
add_kept(struct many_state *s, const struct call *call)
{
	s->held = call->held_bytes;
	s->bytes += sizeof(struct kept);
	*s->held += sizeof(struct kept);
	if (s->n == s->cap) {
		s->cap = s->cap != 0 ? s->cap * 2 : 8;
		s->best = memory_grow(s->best, s->cap, sizeof(*s->best));
	}
	return s->best[s->n++] = memory_zalloc(sizeof(struct kept));
}

static void
swap(struct many_state *s, size_t a, size_t b)
{
	struct kept *other = s->best[a];

	s->best[a] = s->best[b];
	s->best[b] = other;
}

static void
sift_up(struct many_state *s, const struct call *call, size_t at)
{
	while (at > 0 && kept_better(call, s->best[(at - 1) / 2], s->best[at])) {
		swap(s, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void
sift_down(struct many_state *s, const struct call *call)
{
	size_t at = 0;

	for (;;) {
		size_t worst = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < s->n; child++)
			if (kept_better(call, s->best[worst], s->best[child]))
				worst = child;
		if (worst == at)
			return;
		swap(s, at, worst);
		at = worst;
	}
}

static void
offer(struct many_state *s, const struct call *call, const struct fn_input *in, size_t row,
    struct value v)
{
	int64_t t = in->block->times[row];

	if ((int64_t)s->n < call->n) {
		query_functions_keep(add_kept(s, call), in, row);
		sift_up(s, call, s->n - 1);
		return;
	}
	if (!better(call, v, t, s->best[0]->value, s->best[0]->time))
		return;
	query_functions_keep(s->best[0], in, row);
	sift_down(s, call);
}

/*
 * What makes a combination: for each tag its length and bytes, or a mark where it is missing. A
 * field in place of a tag counts as missing.
 */
static void
make_key(struct many_state *s, const struct call *call, const struct fn_input *in, size_t row)
{
	buf_reset(&s->key);
	for (size_t i = 0; i < call->n_tags; i++) {
		const struct column *c = &in->block->columns[in->aux[i]];
		struct value v = c->cells == NULL ? column_value(c, row) : value_null();

		buf_putc(&s->key, (char)v.type);
		if (!value_is_text(v))
			continue;
		buf_put_be32(&s->key, (uint32_t)v.s.n);
		buf_put_slice(&s->key, v.s);
	}
}

static void
offer_by_tags(struct many_state *s, const struct call *call, const struct fn_input *in, size_t row,
    struct value v)
{
	struct table_entry *entry;
	struct kept *k;

	make_key(s, call, in, row);
	entry = table_get(&s->by_tags, buf_slice(&s->key));
	if (entry != NULL) {
		k = s->best[entry->value];
		if (better(call, v, in->block->times[row], k->value, k->time))
			query_functions_keep(k, in, row);
		return;
	}
	if (s->keys == NULL)
		s->keys = arena_new(1024);
	entry = table_put(&s->by_tags, arena_copy(s->keys, buf_slice(&s->key)), NULL);
	entry->value = s->n;
	query_functions_keep(add_kept(s, call), in, row);
	s->bytes += s->key.n;
	*s->held += s->key.n;
}

static void
top_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	const struct column *c = &in->block->columns[in->column];

	for (size_t i = from; i < to; i++) {
		if (!column_has(c, i))
			continue;
		if (call->n_tags > 0)
			offer_by_tags(state, call, in, i, column_value(c, i));
		else
			offer(state, call, in, i, column_value(c, i));
	}
}

static int
by_time(const void *x, const void *y)
{
	const struct point *a = x, *b = y;

	return (a->time > b->time) - (a->time < b->time);
}

/*
 * All points there are, in order of time; in a descending answer too.
 */
static size_t
give_points(struct many_state *s, struct point **points)
{
	s->points = memory_array(s->n + 1, sizeof(*s->points));
	for (size_t i = 0; i < s->n; i++)
		s->points[i] = query_functions_kept_point(s->best[i]);
	qsort(s->points, s->n, sizeof(*s->points), by_time);
	*points = s->points;
	return s->n;
}

static size_t
top_finish(void *state, const struct call *call, struct point **points)
{
	struct many_state *s = state;

	/* with tags the best of all combinations go through a heap of their own */
	if ((int64_t)s->n > call->n) {
		struct kept **all = s->best;
		size_t n = s->n;

		s->best = memory_array(n, sizeof(*s->best));
		s->n = 0;
		for (size_t i = 0; i < n; i++) {
			if ((int64_t)s->n < call->n) {
				s->best[s->n++] = all[i];
				sift_up(s, call, s->n - 1);
				continue;
			}
			if (kept_better(call, all[i], s->best[0])) {
				struct kept *out = s->best[0];

				s->best[0] = all[i];
				all[i] = out;
				sift_down(s, call);
			}
			query_functions_drop_kept(all[i]);
			free(all[i]);
		}
		free(all);
	}
	return give_points(s, points);
}

static void
many_drop(void *state)
{
	struct many_state *s = state;

	if (s->held != NULL)
		*s->held -= s->bytes;
	for (size_t i = 0; i < s->n; i++) {
		query_functions_drop_kept(s->best[i]);
		free(s->best[i]);
	}
	free(s->best);
	free(s->points);
	table_free(&s->by_tags);
	if (s->keys != NULL)
		arena_free(s->keys);
	buf_free(&s->key);
}

const struct fn_states fn_top = {
	.state_bytes = sizeof(struct many_state), .collects = true, .step = top_step,
	.finish = top_finish, .drop = many_drop,
};
const struct fn_states fn_bottom = {
	.state_bytes = sizeof(struct many_state), .collects = true, .step = top_step,
	.finish = top_finish, .drop = many_drop,
};

/* ---- sample ---- */

static uint64_t
next_random(struct many_state *s)
{
	if (s->random == 0)
		s->random = hash_seed() | 1;
	s->random += UINT64_C(0x9e3779b97f4a7c15);
	return hash_bytes(&s->random, sizeof(s->random), hash_seed());
}

static void
sample_step(void *state, const struct call *call, const struct fn_input *in, size_t from, size_t to)
{
	const struct column *c = &in->block->columns[in->column];
	struct many_state *s = state;

	for (size_t i = from; i < to; i++) {
		uint64_t at;

		if (!column_has(c, i))
			continue;
		s->n_seen++;
		if ((int64_t)s->n < call->n) {
			query_functions_keep(add_kept(s, call), in, i);
			continue;
		}
		at = next_random(s) % s->n_seen;
		if (at < (uint64_t)call->n)
			query_functions_keep(s->best[at], in, i);
	}
}

static size_t
sample_finish(void *state, const struct call *call, struct point **points)
{
	(void)call;
	return give_points(state, points);
}

const struct fn_states fn_sample = {
	.state_bytes = sizeof(struct many_state), .collects = true, .step = sample_step,
	.finish = sample_finish, .drop = many_drop,
};
