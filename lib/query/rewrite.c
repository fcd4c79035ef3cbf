/*
 * query/rewrite.c - names get their types, and `*` and regexes are spelled out
 *
 * `*` stands for all fields and tags of all sources, each name once, in byte order. Tags that GROUP
 * BY names are left out, and all of them when it has a wildcard or a regex. Inside a call `*`
 * stands for the fields that the function can take.
 */
#include <stdlib.h>

#include "base/table.h"
#include "query/plan.h"

struct names {
	struct ref	*list;		/* fields first found, then sorted with the tags */
	size_t		 n;
	struct table	 at;		/* name -> 1 + index */
	struct arena	*arena;
	size_t		 cap;
};

static void
note(struct names *names, struct slice name, enum value_type type)
{
	struct table_entry *entry;
	bool made;

	if (type == VALUE_NULL)
		return;
	entry = table_put(&names->at, name, &made);
	if (!made) {
		struct ref *r = &names->list[entry->value - 1];

		if (type < r->type)
			r->type = type;
		return;
	}
	if (names->n == names->cap) {
		size_t cap = names->cap != 0 ? names->cap * 2 : 32;

		names->list = arena_grow(names->arena, names->list, names->cap, cap);
		names->cap = cap;
	}
	names->list[names->n++] = (struct ref){ .name = name, .type = type };
	entry->value = names->n;
}

/*
 * Of columns of one name a subquery gives the first, so that one's type counts.
 */
static void
note_columns(struct names *names, const struct plan *inner)
{
	for (size_t i = 0; i < inner->n_columns; i++) {
		size_t first = 0;

		while (!slice_eq(inner->columns[first].plain, inner->columns[i].plain))
			first++;
		if (first == i)
			note(names, inner->columns[i].plain, inner->columns[i].type);
	}
}

static void
note_fields(struct names *names, const struct plan_source *source)
{
	const struct store_measurement *m = source->measurement;

	if (m == NULL) {
		note_columns(names, source->inner);
		return;
	}
	for (size_t i = 0; i < m->n_fields; i++)
		note(names, m->fields[i].name, m->fields[i].type);
}

static void
note_tags(struct names *names, const struct plan_source *source)
{
	const struct store_measurement *m = source->measurement;

	if (m == NULL) {
		for (size_t i = 0; i < source->inner->n_own_dims; i++)
			note(names, source->inner->own_dims[i], VALUE_TAG);
		return;
	}
	for (size_t i = 0; i < m->n_tags; i++)
		note(names, m->tags[i].name, VALUE_TAG);
}

static int
by_name(const void *a, const void *b)
{
	return slice_cmp(((const struct ref *)a)->name, ((const struct ref *)b)->name);
}

/* ---- types ---- */

static bool
give_type(void *arg, struct expr *e)
{
	const struct plan *plan = arg;
	enum value_type type;

	if (e->kind != EXPR_REF || (e->ref.cast != CAST_NONE && e->ref.cast != CAST_FIELD))
		return true;
	type = query_resolve_type(plan, e->ref.name);
	if (type != VALUE_TAG || e->ref.cast != CAST_FIELD)
		e->ref.cast = query_resolve_type_cast(type);
	return true;
}

/* ---- fields ---- */

struct expansion {
	struct plan	*plan;
	const struct names *names;	/* what a wildcard stands for */
	bool		 tags_too;
	struct select_field *fields;
	size_t		 n, cap;
};

static void
add_field(struct expansion *x, struct select_field field)
{
	if (x->n == x->cap) {
		size_t cap = x->cap != 0 ? x->cap * 2 : 16;

		x->fields = arena_grow(x->plan->arena, x->fields, x->cap, cap);
		x->cap = cap;
	}
	x->fields[x->n++] = field;
}

static int
expand_names(struct expansion *x, const struct expr *e, struct err *err)
{
	struct query_regex *regex = NULL;

	if (e->kind == EXPR_REGEX &&
	    query_regex_get(x->plan->ctx->regexes, e->regex, &regex, err) != 0)
		return -1;
	for (size_t i = 0; i < x->names->n; i++) {
		const struct ref *r = &x->names->list[i];
		bool is_tag = r->type == VALUE_TAG;

		if (is_tag && !x->tags_too)
			continue;
		if (e->kind == EXPR_WILDCARD && ((e->wildcard == CAST_FIELD && is_tag) ||
		    (e->wildcard == CAST_TAG && !is_tag)))
			continue;
		if (regex != NULL && !query_regex_match(regex, r->name))
			continue;
		add_field(
		    x, (struct select_field){ .expr = influxql_new_ref(x->plan->arena, r->name,
						  query_resolve_type_cast(r->type)) });
	}
	return 0;
}

static struct expr_call *
innermost(struct expr *e)
{
	while (e->call.n_args > 0 && e->call.args[0]->kind == EXPR_CALL)
		e = e->call.args[0];
	return &e->call;
}

/*
 * Which types `*` stands for inside a call: numbers, and what the innermost function takes besides.
 */
static bool
expands_to(struct slice name, enum value_type type)
{
	const struct function *f = query_functions_find(name);

	if (type == VALUE_TAG)
		return false;
	return f != NULL && query_functions_take(f, type);
}

static int
expand_call(struct expansion *x, const struct select_field *field, struct err *err)
{
	const struct expr_call *inner = innermost(field->expr);
	const struct expr *arg = inner->n_args > 0 ? inner->args[0] : NULL;
	struct query_regex *regex = NULL;
	struct buf name = { 0 };

	if (arg == NULL || (arg->kind != EXPR_WILDCARD && arg->kind != EXPR_REGEX)) {
		add_field(x, *field);
		return 0;
	}
	if (arg->kind == EXPR_WILDCARD && arg->wildcard == CAST_TAG)
		return err_set(err, ERR_INVALID, "unable to use tag as wildcard in " SLICE_FMT "()",
		    SLICE_ARG(inner->name));
	if (arg->kind == EXPR_REGEX &&
	    query_regex_get(x->plan->ctx->regexes, arg->regex, &regex, err) != 0)
		return -1;
	influxql_column_name(&name, field);
	for (size_t i = 0; i < x->names->n; i++) {
		const struct ref *r = &x->names->list[i];
		struct expr *copy;

		if (!expands_to(inner->name, r->type) ||
		    (regex != NULL && !query_regex_match(regex, r->name)))
			continue;
		copy = influxql_copy_expr(x->plan->arena, field->expr);
		innermost(copy)->args[0] =
		    influxql_new_ref(x->plan->arena, r->name, query_resolve_type_cast(r->type));
		add_field(x, (struct select_field){ .expr = copy, .alias = arena_printf(
		    x->plan->arena, SLICE_FMT "_" SLICE_FMT, SLICE_ARG(buf_slice(&name)),
		    SLICE_ARG(r->name)) });
	}
	buf_free(&name);
	return 0;
}

static int
expand_fields(struct expansion *x, struct err *err)
{
	struct select *select = x->plan->select;

	for (size_t i = 0; i < select->n_fields; i++) {
		const struct select_field *field = &select->fields[i];
		int bad = 0;

		switch (field->expr->kind) {
		case EXPR_WILDCARD:
		case EXPR_REGEX:
			bad = expand_names(x, field->expr, err);
			break;
		case EXPR_CALL:
			bad = expand_call(x, field, err);
			break;
		default:
			add_field(x, *field);
			break;
		}
		if (bad != 0)
			return -1;
	}
	select->fields = x->fields;
	select->n_fields = x->n;
	return 0;
}

/* ---- GROUP BY ---- */

static int
by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

static int
add_dimensions(struct plan *plan, const struct dimension *d, const struct names *tags,
    struct err *err)
{
	struct query_regex *regex = NULL;

	if (d->expr->kind == EXPR_REF) {
		plan->own_dims[plan->n_own_dims++] = d->expr->ref.name;
		return 0;
	}
	if (d->expr->kind == EXPR_CALL)
		return 0;
	if (d->expr->kind == EXPR_REGEX &&
	    query_regex_get(plan->ctx->regexes, d->expr->regex, &regex, err) != 0)
		return -1;
	for (size_t i = 0; i < tags->n; i++)
		if (regex == NULL || query_regex_match(regex, tags->list[i].name))
			plan->own_dims[plan->n_own_dims++] = tags->list[i].name;
	return 0;
}

static int
make_dimensions(struct plan *plan, const struct names *tags, struct err *err)
{
	const struct select *select = plan->select;
	size_t n = 0;

	plan->own_dims = arena_array(plan->arena, struct slice,
	    select->n_dimensions * (tags->n + 1) + 1);
	for (size_t i = 0; i < select->n_dimensions; i++)
		if (add_dimensions(plan, &select->dimensions[i], tags, err) != 0)
			return -1;
	qsort(plan->own_dims, plan->n_own_dims, sizeof(*plan->own_dims), by_bytes);
	for (size_t i = 0; i < plan->n_own_dims; i++)
		if (n == 0 || !slice_eq(plan->own_dims[n - 1], plan->own_dims[i]))
			plan->own_dims[n++] = plan->own_dims[i];
	plan->n_own_dims = n;
	return 0;
}

static bool
dimensions_have_wildcard(const struct select *select)
{
	for (size_t i = 0; i < select->n_dimensions; i++)
		if (select->dimensions[i].expr->kind == EXPR_WILDCARD ||
		    select->dimensions[i].expr->kind == EXPR_REGEX)
			return true;
	return false;
}

static bool
is_named(const struct select *select, struct slice name)
{
	for (size_t i = 0; i < select->n_dimensions; i++)
		if (select->dimensions[i].expr->kind == EXPR_REF &&
		    slice_eq(select->dimensions[i].expr->ref.name, name))
			return true;
	return false;
}

int
query_rewrite(struct plan *plan, struct err *err)
{
	struct select *select = plan->select;
	struct names tags = { .arena = plan->arena }, names = { .arena = plan->arena };
	struct expansion x = { .plan = plan, .names = &names, .tags_too = true };
	bool grouped_by_all = dimensions_have_wildcard(select);
	int bad;

	for (size_t i = 0; i < plan->n_sources; i++) {
		note_tags(&tags, &plan->sources[i]);
		note_fields(&names, &plan->sources[i]);
	}
	x.tags_too = names.n > 0;
	for (size_t i = 0; i < tags.n && !grouped_by_all; i++)
		if (!is_named(select, tags.list[i].name))
			note(&names, tags.list[i].name, VALUE_TAG);
	if (names.n > 0)
		qsort(names.list, names.n, sizeof(*names.list), by_name);
	for (size_t i = 0; i < select->n_fields; i++)
		influxql_walk(select->fields[i].expr, give_type, plan);
	bad = expand_fields(&x, err);
	if (bad == 0)
		bad = make_dimensions(plan, &tags, err);
	table_free(&tags.at);
	table_free(&names.at);
	return bad;
}
