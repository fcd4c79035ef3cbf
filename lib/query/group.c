/*
 * query/group.c - the inputs of all sources put into groups, in the order of the answer
 *
 * A group is a series of the answer: one measurement name and one combination of the values of the
 * grouped tags. Groups are in order of name, then of the values, keys in byte order; a descending
 * answer has them the other way round. A subquery is grouped by its own tags and those of the
 * queries around it, so that each of its groups belongs to one of theirs.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "query/plan.h"

static int
by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static void
join_dimensions(struct plan *plan)
{
	size_t n_outer = plan->outer != NULL ? plan->outer->n_dims : 0, n = 0;

	plan->dims = arena_array(plan->arena, struct slice, plan->n_own_dims + n_outer + 1);
	for (size_t i = 0; i < plan->n_own_dims; i++)
		plan->dims[n++] = plan->own_dims[i];
	for (size_t i = 0; i < n_outer; i++)
		plan->dims[n++] = plan->outer->dims[i];
	qsort(plan->dims, n, sizeof(*plan->dims), by_bytes);
	for (size_t i = 0; i < n; i++)
		if (plan->n_dims == 0 || !slice_eq(plan->dims[plan->n_dims - 1], plan->dims[i]))
			plan->dims[plan->n_dims++] = plan->dims[i];
}

/* ---- a subquery's groups are inputs ---- */

static int
take_groups(struct plan *plan, struct plan_source *source, struct err *err)
{
	struct plan *inner = source->inner;
	size_t *from;

	if (query_group(inner, err) != 0)
		return -1;
	source->n_inputs = inner->n_groups;
	source->tag_keys = arena_array(plan->arena, struct slice, plan->n_dims + inner->n_dims + 1);
	from = arena_array(plan->arena, size_t, plan->n_dims + inner->n_dims + 1);
	for (size_t i = 0; i < plan->n_dims; i++)
		source->tag_keys[source->n_tag_keys++] = plan->dims[i];
	for (size_t i = 0; i < inner->n_dims; i++) {
		bool known = false;

		for (size_t k = 0; k < plan->n_dims; k++)
			known |= slice_eq(plan->dims[k], inner->dims[i]);
		if (!known)
			source->tag_keys[source->n_tag_keys++] = inner->dims[i];
	}
	for (size_t i = 0; i < source->n_tag_keys; i++)
		for (size_t k = 0; k < inner->n_dims; k++)
			if (slice_eq(source->tag_keys[i], inner->dims[k]))
				from[i] = k;
	source->tags = arena_zalloc(plan->arena,
	    (source->n_inputs * source->n_tag_keys + 1) * sizeof(*source->tags));
	for (size_t i = 0; i < source->n_inputs; i++)
		for (size_t k = 0; k < source->n_tag_keys; k++)
			source->tags[i * source->n_tag_keys + k] = inner->groups[i].values[from[k]];
	source->where = plan->where;
	if (plan->where != NULL) {
		struct eval *ignored;

		return query_filter_compile(
		    plan, plan->where, source, &source->where_refs, &ignored, err);
	}
	return 0;
}

/* ---- sorting ---- */

struct sorted {			/* an input with what it is sorted by */
	struct slice	 name;
	const struct slice *values;
	size_t		 n_values;
	struct plan_input input;
};

static int
compare_groups(const struct sorted *a, const struct sorted *b)
{
	int order = slice_cmp(a->name, b->name);

	for (size_t i = 0; order == 0 && i < a->n_values; i++)
		order = slice_cmp(a->values[i], b->values[i]);
	return order;
}

static int
by_group(const void *x, const void *y)
{
	const struct sorted *a = x, *b = y;
	int order = compare_groups(a, b);

	if (order == 0)
		order = (a->input.source > b->input.source) - (a->input.source < b->input.source);
	if (order == 0)
		order = (a->input.index > b->input.index) - (a->input.index < b->input.index);
	return order;
}

static struct sorted *
sort_inputs(struct plan *plan, size_t *n_out)
{
	struct sorted *all;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_sources; i++)
		n += plan->sources[i].n_inputs;
	all = arena_array(plan->arena, struct sorted, n + 1);
	n = 0;
	for (size_t i = 0; i < plan->n_sources; i++) {
		const struct plan_source *s = &plan->sources[i];

		for (size_t k = 0; k < s->n_inputs; k++)
			all[n++] = (struct sorted){
			    .name = s->inner != NULL ? s->inner->groups[k].name : s->name,
			    .values = s->tags + k * s->n_tag_keys, .n_values = plan->n_dims,
			    .input = { (uint32_t)i, (uint32_t)k } };
	}
	qsort(all, n, sizeof(*all), by_group);
	*n_out = n;
	return all;
}

static void
make_groups(struct plan *plan, const struct sorted *all, size_t n)
{
	struct plan_input *inputs = arena_array(plan->arena, struct plan_input, n + 1);

	plan->groups = arena_array(plan->arena, struct plan_group, n + 1);
	for (size_t i = 0; i < n; i++) {
		inputs[i] = all[i].input;
		if (i > 0 && compare_groups(&all[i - 1], &all[i]) == 0) {
			plan->groups[plan->n_groups - 1].n_inputs++;
			continue;
		}
		plan->groups[plan->n_groups++] = (struct plan_group){ .name = all[i].name,
		    .values = all[i].values, .inputs = &inputs[i], .n_inputs = 1 };
	}
}

/* ---- SLIMIT and SOFFSET ---- */

struct tag_set {		/* an input of a measurement, by the tags that count */
	struct slice	 key;
	size_t		 index;
};

static int
by_key(const void *x, const void *y)
{
	return slice_cmp(((const struct tag_set *)x)->key, ((const struct tag_set *)y)->key);
}

/*
 * As in 1.x the names of the tags that a series has are first in the order, then their values.
 */
static struct slice
tag_set_key(const struct plan *plan, const struct plan_source *source, size_t input,
    const struct plan *outermost)
{
	const struct slice *values = source->tags + input * source->n_tag_keys;
	struct buf key = { 0 };
	struct slice copy;

	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0, k = 0; i < outermost->n_dims; i++) {
			while (!slice_eq(plan->dims[k], outermost->dims[i]))
				k++;
			if (values[k].n == 0)
				continue;
			if (key.n > 0)
				buf_putc(&key, '|');
			buf_put_slice(&key, pass == 0 ? plan->dims[k] : values[k]);
		}
	copy = arena_copy(plan->arena, buf_slice(&key));
	buf_free(&key);
	return copy;
}

static void
keep_inputs(struct plan_source *source, const bool *kept)
{
	size_t n = 0, width = source->n_tag_keys;

	for (size_t i = 0; i < source->n_inputs; i++) {
		if (!kept[i])
			continue;
		source->series[n] = source->series[i];
		for (size_t k = 0; k < width; k++)
			source->tags[n * width + k] = source->tags[i * width + k];
		n++;
	}
	source->n_inputs = n;
}

/*
 * SLIMIT and SOFFSET count the series of each measurement, which are told apart by what the
 * outermost query groups by. Those of all queries around the measurement are added up. As in 1.x,
 * SOFFSET without SLIMIT leaves none.
 */
static void
limit_inputs(struct plan *plan, struct plan_source *source)
{
	const struct plan *outermost = plan;
	uint64_t limit = 0, offset = 0, at = 0;
	struct tag_set *sets;
	bool *kept;

	for (const struct plan *p = plan; p != NULL; p = p->outer) {
		limit += (uint64_t)p->select->slimit;
		offset += (uint64_t)p->select->soffset;
		outermost = p;
	}
	if (limit == 0 && offset == 0)
		return;
	sets = arena_array(plan->arena, struct tag_set, source->n_inputs + 1);
	kept = arena_zalloc(plan->arena, (source->n_inputs + 1) * sizeof(*kept));
	for (size_t i = 0; i < source->n_inputs; i++)
		sets[i] = (struct tag_set){ tag_set_key(plan, source, i, outermost), i };
	qsort(sets, source->n_inputs, sizeof(*sets), by_key);
	for (size_t i = 0; i < source->n_inputs; i++) {
		at += i > 0 && by_key(&sets[i - 1], &sets[i]) != 0;
		kept[sets[i].index] = at >= offset && at - offset < limit;
	}
	keep_inputs(source, kept);
}

int
query_group(struct plan *plan, struct err *err)
{
	struct sorted *all;
	size_t n;

	join_dimensions(plan);
	for (size_t i = 0; i < plan->n_sources; i++) {
		struct plan_source *s = &plan->sources[i];

		if ((s->inner != NULL ? take_groups(plan, s, err) :
		    query_tagset_resolve(plan, s, err)) != 0)
			return -1;
		if (s->inner == NULL)
			limit_inputs(plan, s);
	}
	all = sort_inputs(plan, &n);
	make_groups(plan, all, n);
	for (size_t i = 0; plan->descending && i < plan->n_groups / 2; i++) {
		struct plan_group swap = plan->groups[i];

		plan->groups[i] = plan->groups[plan->n_groups - 1 - i];
		plan->groups[plan->n_groups - 1 - i] = swap;
	}
	return query_context_check(plan->ctx, err);
}
