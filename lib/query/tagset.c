/*
 * query/tagset.c - tag conditions to series, by the tag index
 *
 * The condition is a list of terms joined by AND. A term that names tags alone is settled here, for
 * whole series; the others are left for the rows. A name that this measurement does not know is a
 * tag that no series has, and a missing tag is the empty string.
 *
 *     host = 'a'      series with the value
 *     host != 'a'     all series without it
 *     host =~ /x/     series with any value that matches; if '' matches, all but those with a value
 *                     that does not
 *     others          decided series by series from the tags' values
 */
#include <stdlib.h>

#include "query/plan.h"

#define NO_TAG UINT32_MAX	/* in place of a key's id: this measurement has no such tag */

struct tagset {
	struct plan	*plan;
	struct plan_source *source;
	struct store_series_list all;	/* read when first needed */
	bool		 has_all;
};

static bool
is_field(const struct store_measurement *m, struct slice name)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (slice_eq(m->fields[i].name, name))
			return true;
	return false;
}

static bool
tag_key_id(const struct store_measurement *m, struct slice name, uint32_t *id)
{
	for (size_t i = 0; i < m->n_tags; i++)
		if (slice_eq(m->tags[i].name, name)) {
			*id = m->tags[i].id;
			return true;
		}
	return false;
}

static bool
names_tags_alone(const struct store_measurement *m, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_BINARY:
		return names_tags_alone(m, e->binary.left) && names_tags_alone(m, e->binary.right);
	case EXPR_PAREN:
		return names_tags_alone(m, e->inner);
	case EXPR_CALL:
		for (size_t i = 0; i < e->call.n_args; i++)
			if (!names_tags_alone(m, e->call.args[i]))
				return false;
		return true;
	case EXPR_REF:
		return !is_field(m, e->ref.name) && e->ref.cast != CAST_FIELD;
	default:
		return true;
	}
}

/* ---- sets of series: ascending ids ---- */

static int
by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

enum set_operation { SET_AND, SET_OR, SET_WITHOUT };

static struct store_series_list
combine(struct arena *arena, enum set_operation op, struct store_series_list a,
    struct store_series_list b)
{
	struct store_series_list out = { .ids = arena_array(arena, uint64_t, a.n + b.n + 1) };
	size_t i = 0, k = 0;

	while (i < a.n && k < b.n) {
		if (a.ids[i] == b.ids[k]) {
			if (op != SET_WITHOUT)
				out.ids[out.n++] = a.ids[i];
			i++;
			k++;
		} else if (a.ids[i] < b.ids[k]) {
			if (op != SET_AND)
				out.ids[out.n++] = a.ids[i];
			i++;
		} else {
			if (op == SET_OR)
				out.ids[out.n++] = b.ids[k];
			k++;
		}
	}
	for (; i < a.n && op != SET_AND; i++)
		out.ids[out.n++] = a.ids[i];
	for (; k < b.n && op == SET_OR; k++)
		out.ids[out.n++] = b.ids[k];
	return out;
}

static int
all_series(struct tagset *t, struct store_series_list *out, struct err *err)
{
	if (!t->has_all && store_series_all(t->plan->ctx->store, t->source->measurement,
	    t->plan->arena, &t->all, err) != 0)
		return -1;
	t->has_all = true;
	*out = t->all;
	return 0;
}

/* ---- one tag against a literal ---- */

struct tag_test {
	enum expr_op	 op;
	struct slice	 text;
	struct query_regex *regex;
};

static bool
passes(const struct tag_test *test, struct slice value)
{
	switch (test->op) {
	case OP_EQ:		return slice_eq(value, test->text);
	case OP_NEQ:		return !slice_eq(value, test->text);
	case OP_EQ_REGEX:	return query_regex_match(test->regex, value);
	case OP_NEQ_REGEX:	return !query_regex_match(test->regex, value);
	default:		return false;
	}
}

/*
 * The values for which the test comes out as `wanted`; a single one is looked up.
 */
static int
values_with(struct tagset *t, const struct tag_test *test, bool wanted, uint32_t key,
    struct store_tag_value **values, size_t *n, struct err *err)
{
	struct store *store = t->plan->ctx->store;
	struct arena *arena = t->plan->arena;
	bool found;

	if (test->op != (wanted ? OP_EQ : OP_NEQ))
		return store_tag_values(store, t->source->measurement, key, arena, values, n, err);
	*values = arena_array(arena, struct store_tag_value, 1);
	(*values)->value = test->text;
	if (store_tag_value_find(store, t->source->measurement, key, test->text, &(*values)->id,
	    &found, err) != 0)
		return -1;
	*n = found;
	return 0;
}

/*
 * The series with any of these values.
 */
static int
series_with(struct tagset *t, const struct tag_test *test, bool wanted, uint32_t key,
    struct store_series_list *out, struct err *err)
{
	struct store *store = t->plan->ctx->store;
	struct arena *arena = t->plan->arena;
	struct store_tag_value *values;
	size_t n_values, cap = 0;

	*out = (struct store_series_list){ NULL, 0 };
	if (values_with(t, test, wanted, key, &values, &n_values, err) != 0)
		return -1;
	for (size_t i = 0; i < n_values; i++) {
		struct store_series_list one;

		if (passes(test, values[i].value) != wanted)
			continue;
		if (store_series_with(store, t->source->measurement, key, values[i].id, arena, &one,
		    err) != 0 || query_context_check(t->plan->ctx, err) != 0)
			return -1;
		if (out->n + one.n > cap) {
			size_t more = (out->n + one.n) * 2;

			out->ids = arena_grow(arena, out->ids, out->n, more);
			cap = more;
		}
		if (one.n > 0)
			memcpy(out->ids + out->n, one.ids, one.n * sizeof(*one.ids));
		out->n += one.n;
	}
	if (out->n > 1)
		qsort(out->ids, out->n, sizeof(*out->ids), by_id);
	return 0;
}

static int
test_tag(struct tagset *t, const struct tag_test *test, struct slice name,
    struct store_series_list *out, struct err *err)
{
	bool missing_passes = passes(test, SLICE(""));
	struct store_series_list all, others;
	uint32_t key;

	if (!tag_key_id(t->source->measurement, name, &key)) {
		*out = (struct store_series_list){ NULL, 0 };
		return missing_passes ? all_series(t, out, err) : 0;
	}
	if (!missing_passes)
		return series_with(t, test, true, key, out, err);
	if (all_series(t, &all, err) != 0 || series_with(t, test, false, key, &others, err) != 0)
		return -1;
	*out = combine(t->plan->arena, SET_WITHOUT, all, others);
	return 0;
}

/* ---- any other condition: series by series ---- */

static struct value
tag_slot(const struct ref *ref, struct slice value)
{
	return value.n == 0 && ref->null_if_missing ? value_null() : value_string(value);
}

static int
test_each(struct tagset *t, const struct expr *e, struct store_series_list *out, struct err *err)
{
	struct plan *plan = t->plan;
	struct refs refs = { 0 };
	struct eval *eval;
	struct slice *tags;
	struct value *slots;
	uint32_t *keys;
	size_t n_keys = 0, *at;
	struct store_series_list all;

	if (query_filter_compile(plan, e, t->source, &refs, &eval, err) != 0 ||
	    all_series(t, &all, err) != 0)
		return -1;
	keys = arena_array(plan->arena, uint32_t, refs.n + 1);
	at = arena_array(plan->arena, size_t, refs.n + 1);
	slots = arena_array(plan->arena, struct value, refs.n + 1);
	for (size_t i = 0; i < refs.n; i++) {
		slots[i] = tag_slot(&refs.list[i], SLICE(""));
		if (tag_key_id(t->source->measurement, refs.list[i].name, &keys[n_keys]))
			at[n_keys++] = i;
	}
	if (store_series_tags(plan->ctx->store, t->source->measurement, all.ids, all.n, keys,
		n_keys, plan->arena, &tags, err) != 0)
		return -1;
	out->ids = arena_array(plan->arena, uint64_t, all.n + 1);
	out->n = 0;
	for (size_t i = 0; i < all.n; i++) {
		for (size_t k = 0; k < n_keys; k++) {
			const struct ref *ref = &refs.list[at[k]];

			slots[at[k]] = tag_slot(ref, tags[i * n_keys + k]);
		}
		if (eval_is_true(query_eval(eval, slots)))
			out->ids[out->n++] = all.ids[i];
	}
	return 0;
}

static const struct expr *
bare(const struct expr *e)
{
	while (e->kind == EXPR_PAREN)
		e = e->inner;
	return e;
}

static int
test_comparison(struct tagset *t, const struct expr *e, struct store_series_list *out,
    struct err *err)
{
	const struct expr *name = bare(e->binary.left), *literal = bare(e->binary.right);
	struct tag_test test = { .op = e->binary.op };

	if (name->kind != EXPR_REF && (test.op == OP_EQ || test.op == OP_NEQ)) {
		const struct expr *swap = name;

		name = literal;
		literal = swap;
	}
	if (name->kind == EXPR_REF && literal->kind == EXPR_STRING &&
	    (test.op == OP_EQ || test.op == OP_NEQ)) {
		test.text = literal->string;
		return test_tag(t, &test, name->ref.name, out, err);
	}
	if (name->kind == EXPR_REF && literal->kind == EXPR_REGEX) {
		struct slice only;

		if (query_regex_get(t->plan->ctx->regexes, literal->regex, &test.regex, err) != 0)
			return -1;
		if (query_regex_is_equality(test.regex, &only)) {
			test.op = test.op == OP_EQ_REGEX ? OP_EQ : OP_NEQ;
			test.text = only;
		}
		return test_tag(t, &test, name->ref.name, out, err);
	}
	return test_each(t, e, out, err);
}

static int
test_term(struct tagset *t, const struct expr *e, struct store_series_list *out, struct err *err)
{
	struct store_series_list left, right;

	e = bare(e);
	if (e->kind == EXPR_BOOLEAN) {
		*out = (struct store_series_list){ NULL, 0 };
		return e->boolean ? all_series(t, out, err) : 0;
	}
	if (e->kind != EXPR_BINARY)
		return test_each(t, e, out, err);
	if (e->binary.op != OP_AND && e->binary.op != OP_OR)
		return test_comparison(t, e, out, err);
	if (test_term(t, e->binary.left, &left, err) != 0 ||
	    test_term(t, e->binary.right, &right, err) != 0)
		return -1;
	*out = combine(t->plan->arena, e->binary.op == OP_AND ? SET_AND : SET_OR, left, right);
	return 0;
}

/*
 * Terms of an AND are settled one after the other; what names fields is put together again.
 */
static int
settle(struct tagset *t, struct expr *e, struct store_series_list *series, bool *any,
    struct expr **rest, struct err *err)
{
	struct store_series_list one;

	while (e->kind == EXPR_PAREN)
		e = e->inner;
	if (e->kind == EXPR_BINARY && e->binary.op == OP_AND)
		return settle(t, e->binary.left, series, any, rest, err) != 0 ? -1 :
		    settle(t, e->binary.right, series, any, rest, err);
	if (e->kind == EXPR_BINARY && e->binary.op < OP_EQ)
		return 0;	/* arithmetic alone: 1.x lets every point pass */
	if (!names_tags_alone(t->source->measurement, e)) {
		*rest = *rest == NULL ? e : influxql_new_binary(t->plan->arena, OP_AND, *rest, e);
		return 0;
	}
	if (*any && series->n == 0)
		return 0;
	if (test_term(t, e, &one, err) != 0)
		return -1;
	*series = *any ? combine(t->plan->arena, SET_AND, *series, one) : one;
	*any = true;
	return 0;
}

/* ---- the tags that are shown, grouped by, or compared with ---- */

static void
want_tag(struct plan_source *source, struct slice name, bool grouped)
{
	uint32_t id = NO_TAG;

	for (size_t i = 0; i < source->n_tag_keys; i++)
		if (slice_eq(source->tag_keys[i], name))
			return;
	if (is_field(source->measurement, name) && !grouped)
		return;
	tag_key_id(source->measurement, name, &id);
	source->tag_keys[source->n_tag_keys] = name;
	source->tag_key_ids[source->n_tag_keys++] = id;
}

static int
read_tags(struct plan *plan, struct plan_source *source, struct err *err)
{
	size_t n = source->n_inputs, width = source->n_tag_keys, n_known = 0;
	uint32_t *known = arena_array(plan->arena, uint32_t, width + 1);
	struct slice *found;

	for (size_t i = 0; i < width; i++)
		if (source->tag_key_ids[i] != NO_TAG)
			known[n_known++] = source->tag_key_ids[i];
	if (n_known == width && width > 0)
		return store_series_tags(plan->ctx->store, source->measurement, source->series, n,
		    known, n_known, plan->arena, &source->tags, err);
	source->tags = arena_zalloc(plan->arena, (n * width + 1) * sizeof(*source->tags));
	if (n_known == 0)
		return 0;
	if (store_series_tags(plan->ctx->store, source->measurement, source->series, n, known,
	    n_known, plan->arena, &found, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0, from = 0; k < width; k++)
			if (source->tag_key_ids[k] != NO_TAG)
				source->tags[i * width + k] = found[i * n_known + from++];
	return 0;
}

int
query_tagset_resolve(struct plan *plan, struct plan_source *source, struct err *err)
{
	struct tagset t = { .plan = plan, .source = source };
	struct store_series_list series = { NULL, 0 };
	struct expr *rest = NULL;
	struct eval *ignored;
	bool any = false;
	size_t most;

	if (plan->where != NULL && settle(&t, plan->where, &series, &any, &rest, err) != 0)
		return -1;
	if (!any && all_series(&t, &series, err) != 0)
		return -1;
	source->where = rest;
	if (rest != NULL && query_filter_compile(plan, rest, source, &source->where_refs, &ignored,
	    err) != 0)
		return -1;
	source->series = series.ids;
	source->n_inputs = series.n;
	if (plan->ctx->limits.max_series != 0 && series.n > plan->ctx->limits.max_series)
		return err_set(err, ERR_LIMIT, "max-select-series limit exceeded: (%zu/%llu)",
		    series.n, (unsigned long long)plan->ctx->limits.max_series);
	most = plan->n_dims + plan->refs.n + source->where_refs.n + 1;
	source->tag_keys = arena_array(plan->arena, struct slice, most);
	source->tag_key_ids = arena_array(plan->arena, uint32_t, most);
	for (size_t i = 0; i < plan->n_dims; i++)
		want_tag(source, plan->dims[i], true);
	for (size_t i = 0; i < plan->refs.n; i++)
		if (plan->refs.list[i].type == VALUE_TAG)
			want_tag(source, plan->refs.list[i].name, false);
	for (size_t i = 0; i < source->where_refs.n; i++)
		want_tag(source, source->where_refs.list[i].name, false);
	return read_tags(plan, source, err);
}
