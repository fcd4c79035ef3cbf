/*
 * query/show_where.c - a condition on tags to the series of a measurement that satisfy it
 *
 * Every comparison becomes a list of series by the tag index; AND is what two lists share, OR what
 * either has. A series without a tag has the empty value:
 *
 *     host = 'a'     the series with that value       host != 'a'    all others
 *     host = ''      those without the tag            host != ''     those with it
 *     host =~ /x/    with a value that matches, and those without the tag if /x/ matches ''
 *
 * What is not about tags cannot choose series: a comparison with time is left out altogether, one
 * with a field, or one that only rows could answer, holds for every series.
 */
#include "query/show_priv.h"

#include <stdlib.h>

#define TAG_BATCH		4096	/* series whose tags are read at once */
#define VALUES_LOOKED_UP	256	/* values of a tag that are looked up one by one */

struct where {
	struct query_context *ctx;
	const struct store_measurement *m;
	bool		 has_all;
	struct store_series_list all;
};

struct set {
	bool		 absent;	/* no condition at all */
	struct store_series_list list;
};

/* ---- sets ---- */

static struct store_series_list
room_for(struct where *w, size_t n)
{
	return (struct store_series_list){ arena_array(w->ctx->arena, uint64_t, n + 1), 0 };
}

static struct store_series_list
both(struct where *w, struct store_series_list a, struct store_series_list b)
{
	struct store_series_list out = room_for(w, a.n < b.n ? a.n : b.n);

	for (size_t i = 0, k = 0; i < a.n && k < b.n;) {
		if (a.ids[i] == b.ids[k]) {
			out.ids[out.n++] = a.ids[i++];
			k++;
		} else if (a.ids[i] < b.ids[k]) {
			i++;
		} else {
			k++;
		}
	}
	return out;
}

static struct store_series_list
either(struct where *w, struct store_series_list a, struct store_series_list b)
{
	struct store_series_list out;
	size_t i = 0, k = 0;

	if (a.n == 0 || b.n == 0)
		return a.n == 0 ? b : a;
	out = room_for(w, a.n + b.n);
	while (i < a.n || k < b.n) {
		if (k == b.n || (i < a.n && a.ids[i] <= b.ids[k])) {
			if (k < b.n && a.ids[i] == b.ids[k])
				k++;
			out.ids[out.n++] = a.ids[i++];
		} else {
			out.ids[out.n++] = b.ids[k++];
		}
	}
	return out;
}

static struct store_series_list
without(struct where *w, struct store_series_list a, struct store_series_list b)
{
	struct store_series_list out = room_for(w, a.n);

	for (size_t i = 0, k = 0; i < a.n; i++) {
		while (k < b.n && b.ids[k] < a.ids[i])
			k++;
		if (k == b.n || b.ids[k] != a.ids[i])
			out.ids[out.n++] = a.ids[i];
	}
	return out;
}

static int
all_series(struct where *w, struct store_series_list *out, struct err *err)
{
	uint64_t limit = w->ctx->limits.max_series;

	if (!w->has_all) {
		if (store_series_all(w->ctx->store, w->m, w->ctx->arena, &w->all, err) != 0)
			return -1;
		if (limit != 0 && w->all.n > limit)
			return err_set(err, ERR_LIMIT, "max-select-series limit exceeded: "
			    "(%zu/%llu)", w->all.n, (unsigned long long)limit);
		w->has_all = true;
	}
	*out = w->all;
	return query_context_check(w->ctx, err);
}

/* ---- one comparison ---- */

static bool
is_time(const struct expr *e)
{
	return e->kind == EXPR_REF && slice_eq_nocase(e->ref.name, SLICE("time"));
}

static const struct store_tag_key *
tag_key(const struct where *w, struct slice name)
{
	for (size_t i = 0; i < w->m->n_tags; i++)
		if (slice_eq(w->m->tags[i].name, name))
			return &w->m->tags[i];
	return NULL;
}

/*
 * Does a name mean a field here? A bare name that is both means the field.
 */
static bool
is_field(const struct where *w, const struct expr_ref *ref)
{
	if (ref->cast == CAST_TAG)
		return false;
	if (ref->cast != CAST_NONE)
		return true;
	for (size_t i = 0; i < w->m->n_fields; i++)
		if (slice_eq(w->m->fields[i].name, ref->name))
			return true;
	return false;
}

/* Which values of a tag are looked for. */
struct wanted {
	struct slice	 text;
	struct query_regex *regex;	/* or NULL: text alone */
};

static bool
is_wanted(const struct wanted *wanted, struct slice value)
{
	return wanted->regex != NULL ? query_regex_match(wanted->regex, value) :
	    slice_eq(wanted->text, value);
}

/*
 * Call `take` for every series with the values of some tag keys, read a batch at a time; those for
 * which it says true are the list.
 */
static int
filter_by_tags(struct where *w, const uint32_t *keys, size_t n_keys,
    bool (*take)(const void *arg, const struct slice *values), const void *arg,
    struct store_series_list *out, struct err *err)
{
	struct arena *scratch = arena_new(65536);
	struct store_series_list all;
	int result = -1;

	if (all_series(w, &all, err) != 0)
		goto done;
	*out = room_for(w, all.n);
	for (size_t from = 0; from < all.n; from += TAG_BATCH) {
		size_t n = all.n - from < TAG_BATCH ? all.n - from : TAG_BATCH;
		struct slice *values = NULL;

		if (query_context_check(w->ctx, err) != 0 ||
		    store_series_tags(w->ctx->store, w->m, all.ids + from, n, keys, n_keys, scratch,
		    &values, err) != 0)
			goto done;
		for (size_t i = 0; i < n; i++)
			if (take(arg, values + i * n_keys))
				out->ids[out->n++] = all.ids[from + i];
		arena_reset(scratch);
	}
	result = 0;
done:
	arena_free(scratch);
	return result;
}

struct value_test {
	const struct wanted *wanted;
	bool		 negate;
};

static bool
passes(const void *arg, const struct slice *value)
{
	const struct value_test *test = arg;

	return value->n != 0 && is_wanted(test->wanted, *value) != test->negate;
}

static int
compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * The series of some values of a tag key: each series has one value, so none comes twice.
 */
static int
series_of_values(struct where *w, const struct store_tag_key *key,
    const struct store_tag_value *values, size_t n, struct store_series_list *out, struct err *err)
{
	struct query_context *ctx = w->ctx;
	size_t cap = 0;

	*out = (struct store_series_list){ NULL, 0 };
	for (size_t i = 0; i < n; i++) {
		struct store_series_list one;

		if (query_context_check(ctx, err) != 0 ||
		    store_series_with(ctx->store, w->m, key->id, values[i].id, ctx->arena, &one,
		    err) != 0)
			return -1;
		if (n == 1) {
			*out = one;
			return 0;
		}
		if (out->n + one.n > cap) {
			cap = 2 * (out->n + one.n);
			out->ids = arena_grow(ctx->arena, out->ids, out->n, cap);
		}
		if (one.n != 0)
			memcpy(out->ids + out->n, one.ids, one.n * sizeof(*one.ids));
		out->n += one.n;
	}
	if (out->n != 0)
		qsort(out->ids, out->n, sizeof(*out->ids), compare_ids);
	return 0;
}

/*
 * The series whose value of a tag key is wanted, or is not; the value '' left out. A few values are
 * looked up one by one; where there are many it is cheaper to read the tags of all series.
 */
static int
series_by_value(struct where *w, const struct store_tag_key *key, const struct wanted *wanted,
    bool negate, struct store_series_list *out, struct err *err)
{
	struct value_test test = { wanted, negate };
	struct store_tag_value *values;
	size_t n, kept = 0;

	if (store_tag_values(w->ctx->store, w->m, key->id, w->ctx->arena, &values, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (passes(&test, &values[i].value))
			values[kept++] = values[i];
	if (kept > VALUES_LOOKED_UP)
		return filter_by_tags(w, &key->id, 1, passes, &test, out, err);
	return series_of_values(w, key, values, kept, out, err);
}

/*
 * key = wanted, key != wanted. The side that holds for '' is found as all series but those of the
 * other side, so that the series without the tag are in it.
 */
static int
compare_tag(struct where *w, struct slice name, const struct wanted *wanted, bool negate,
    struct store_series_list *out, struct err *err)
{
	const struct store_tag_key *key = tag_key(w, name);
	bool holds_for_empty = is_wanted(wanted, SLICE("")) != negate;
	struct store_series_list all, others;

	if (key == NULL) {
		if (holds_for_empty)
			return all_series(w, out, err);
		*out = (struct store_series_list){ NULL, 0 };
		return 0;
	}
	if (!holds_for_empty)
		return series_by_value(w, key, wanted, negate, out, err);
	if (all_series(w, &all, err) != 0 ||
	    series_by_value(w, key, wanted, !negate, &others, err) != 0)
		return -1;
	*out = without(w, all, others);
	return 0;
}

/* Two tags of a series; a key that the measurement lacks has the empty value. */
struct pair_test {
	bool		 has[2];
	bool		 negate;
};

static bool
pair_passes(const void *arg, const struct slice *values)
{
	const struct pair_test *test = arg;
	struct slice a = test->has[0] ? values[0] : SLICE("");
	struct slice b = test->has[1] ? values[test->has[0]] : SLICE("");

	return slice_eq(a, b) != test->negate;
}

/*
 * tag = tag: only the series' own tags can tell.
 */
static int
compare_tags(struct where *w, struct slice a, struct slice b, bool negate,
    struct store_series_list *out, struct err *err)
{
	const struct store_tag_key *keys[2] = { tag_key(w, a), tag_key(w, b) };
	struct pair_test test = { { keys[0] != NULL, keys[1] != NULL }, negate };
	uint32_t ids[2];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		if (keys[i] != NULL)
			ids[n++] = keys[i]->id;
	if (n != 0)
		return filter_by_tags(w, ids, n, pair_passes, &test, out, err);
	if (!negate)
		return all_series(w, out, err);
	*out = (struct store_series_list){ NULL, 0 };
	return 0;
}

static int
compare(struct where *w, const struct expr_binary *b, struct set *out, struct err *err)
{
	const struct expr *ref = b->left, *value = b->right;
	bool negate = b->op == OP_NEQ || b->op == OP_NEQ_REGEX;
	struct wanted wanted = { SLICE(""), NULL };

	if (is_time(b->left) || is_time(b->right)) {
		out->absent = true;
		return 0;
	}
	if (ref->kind != EXPR_REF) {
		ref = b->right;
		value = b->left;
	}
	if (ref->kind != EXPR_REF || is_field(w, &ref->ref) ||
	    (value->kind == EXPR_REF && is_field(w, &value->ref)))
		return all_series(w, &out->list, err);
	if (value->kind == EXPR_REF)
		return compare_tags(w, ref->ref.name, value->ref.name, negate, &out->list, err);
	if (value->kind == EXPR_STRING)
		wanted.text = value->string;
	else if (value->kind != EXPR_REGEX)
		return all_series(w, &out->list, err);
	else if (query_regex_get(w->ctx->regexes, value->regex, &wanted.regex, err) != 0)
		return -1;
	else if (query_regex_is_equality(wanted.regex, &wanted.text))
		wanted.regex = NULL;
	return compare_tag(w, ref->ref.name, &wanted, negate, &out->list, err);
}

/* ---- the whole condition ---- */

static bool
is_logic(const struct expr *e)
{
	return e->kind == EXPR_BINARY && (e->binary.op == OP_AND || e->binary.op == OP_OR);
}

static int evaluate(struct where *w, const struct expr *e, struct set *out, struct err *err);

static int
evaluate_leaf(struct where *w, const struct expr *e, struct set *out, struct err *err)
{
	while (e->kind == EXPR_PAREN)
		e = e->inner;
	if (is_logic(e))
		return evaluate(w, e, out, err);
	if (e->kind == EXPR_BINARY) {
		switch (e->binary.op) {
		case OP_EQ:
		case OP_NEQ:
		case OP_EQ_REGEX:
		case OP_NEQ_REGEX:
			return compare(w, &e->binary, out, err);
		default:
			out->absent = is_time(e->binary.left) || is_time(e->binary.right);
		}
	}
	if (e->kind == EXPR_BOOLEAN && !e->boolean)
		return 0;
	return out->absent ? 0 : all_series(w, &out->list, err);
}

static void
combine(struct where *w, enum expr_op op, struct set *left, const struct set *right)
{
	if (right->absent)
		return;
	if (left->absent)
		*left = *right;
	else if (op == OP_AND)
		left->list = both(w, left->list, right->list);
	else
		left->list = either(w, left->list, right->list);
}

/*
 * A chain a AND b AND c ... leans to the left and may be as long as the text allows, so its spine
 * is walked by a loop; only what parentheses hold inside is walked by recursion.
 */
static int
evaluate(struct where *w, const struct expr *e, struct set *out, struct err *err)
{
	const struct expr **spine;
	const struct expr *left = e;
	size_t n = 0;

	for (; is_logic(left); left = left->binary.left)
		n++;
	spine = arena_array(w->ctx->arena, const struct expr *, n + 1);
	for (size_t i = n; is_logic(e); e = e->binary.left)
		spine[--i] = e;
	*out = (struct set){ .absent = false };
	if (evaluate_leaf(w, left, out, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct set right = { .absent = false };

		if (evaluate_leaf(w, spine[i]->binary.right, &right, err) != 0)
			return -1;
		combine(w, spine[i]->binary.op, out, &right);
	}
	return 0;
}

int
query_show_where_series(struct query_context *ctx, const struct store_measurement *m,
    const struct expr *where, struct store_series_list *list, struct err *err)
{
	struct where w = { .ctx = ctx, .m = m };
	struct set set = { .absent = true };

	if (where != NULL && evaluate(&w, where, &set, err) != 0)
		return -1;
	*list = set.list;
	return set.absent ? all_series(&w, list, err) : query_context_check(ctx, err);
}

static bool
note_time(void *arg, struct expr *e)
{
	if (is_time(e))
		*(bool *)arg = true;
	return true;
}

bool
query_show_where_has_time(const struct expr *where)
{
	bool found = false;

	if (where != NULL)
		influxql_walk((struct expr *)where, note_time, &found);
	return found;
}

static bool
note_operator(void *arg, struct expr *e)
{
	if (e->kind != EXPR_BINARY)
		return true;
	switch (e->binary.op) {
	case OP_EQ:
	case OP_NEQ:
	case OP_EQ_REGEX:
	case OP_NEQ_REGEX:
	case OP_AND:
	case OP_OR:
		return true;
	default:
		if (is_time(e->binary.left) || is_time(e->binary.right))
			return false;
		*(bool *)arg = true;
		return true;
	}
}

int
query_show_where_check_operators(const struct expr *where, struct err *err)
{
	bool found = false;

	if (where != NULL)
		influxql_walk((struct expr *)where, note_operator, &found);
	return found ? err_set(err, ERR_INVALID, "invalid tag comparison operator") : 0;
}
