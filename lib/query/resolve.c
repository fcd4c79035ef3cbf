/*
 * query/resolve.c - what is there: the measurements of FROM, and the types of names over them
 *
 * A measurement that does not exist is no error, it just is no source. The type of a name is the
 * first that any source gives it, in the order float, integer, unsigned, string, boolean, tag:
 * values of the others are converted where they are numbers, else left out.
 */
#include "query/plan.h"

/* ---- sources ---- */

struct wanted {			/* one measurement of FROM, or all that a regex matches */
	const struct measurement *from;
	uint64_t	 bucket_id;
	struct slice	*names;
	size_t		 n_names;
	struct store_measurement **found;
	struct plan	*inner;
};

struct lookup {
	struct wanted	*list;
	size_t		 n;
};

static int
list_names(struct txn *txn, void *arg, struct err *err)
{
	struct lookup *lookup = arg;

	for (size_t i = 0; i < lookup->n; i++) {
		struct wanted *w = &lookup->list[i];

		if (w->from != NULL && w->from->is_regex &&
		    store_measurements(txn, w->bucket_id, &w->names, &w->n_names, err) != 0)
			return -1;
	}
	return 0;
}

static int
get_measurements(struct txn *txn, void *arg, struct err *err)
{
	struct lookup *lookup = arg;

	for (size_t i = 0; i < lookup->n; i++) {
		struct wanted *w = &lookup->list[i];

		for (size_t k = 0; k < w->n_names; k++)
			if (store_measurement_get(txn, w->bucket_id, w->names[k], &w->found[k],
			    err) != 0)
				return -1;
	}
	return 0;
}

static int
match_names(struct plan *plan, struct wanted *w, struct err *err)
{
	struct query_regex *regex;
	size_t n = 0;

	if (query_regex_get(plan->ctx->regexes, w->from->regex, &regex, err) != 0)
		return -1;
	for (size_t i = 0; i < w->n_names; i++)
		if (query_regex_match(regex, w->names[i]))
			w->names[n++] = w->names[i];
	w->n_names = n;
	return 0;
}

static int
look_up(struct plan *plan, struct lookup *lookup, struct err *err)
{
	struct query_context *ctx = plan->ctx;
	bool has_regex = false;

	for (size_t i = 0; i < lookup->n; i++)
		has_regex |= lookup->list[i].from != NULL && lookup->list[i].from->is_regex;
	if (has_regex &&
	    store_txn(ctx->store, STORE_READ, plan->arena, list_names, lookup, err) != 0)
		return -1;
	for (size_t i = 0; i < lookup->n; i++) {
		struct wanted *w = &lookup->list[i];

		if (w->from == NULL)
			continue;
		if (!w->from->is_regex) {
			w->names = arena_array(plan->arena, struct slice, 1);
			w->names[0] = w->from->name;
			w->n_names = 1;
		} else if (match_names(plan, w, err) != 0) {
			return -1;
		}
		w->found = arena_zalloc(plan->arena, (w->n_names + 1) * sizeof(*w->found));
	}
	return store_txn(ctx->store, STORE_READ, plan->arena, get_measurements, lookup, err);
}

static void
keep_sources(struct plan *plan, const struct lookup *lookup)
{
	size_t n = 0, most = 0;

	for (size_t i = 0; i < lookup->n; i++)
		most += lookup->list[i].inner != NULL ? 1 : lookup->list[i].n_names;
	plan->sources = arena_zalloc(plan->arena, (most + 1) * sizeof(*plan->sources));
	for (size_t i = 0; i < lookup->n; i++) {
		const struct wanted *w = &lookup->list[i];

		if (w->inner != NULL)
			plan->sources[n++].inner = w->inner;
		for (size_t k = 0; k < w->n_names; k++) {
			if (w->found[k] == NULL)
				continue;
			plan->sources[n].name = w->found[k]->name;
			plan->sources[n++].measurement = w->found[k];
		}
	}
	plan->n_sources = n;
}

static int
find_sources(struct plan *plan, struct err *err)
{
	const struct select *select = plan->select;
	struct lookup lookup = { .n = select->n_sources };

	lookup.list = arena_zalloc(plan->arena, (lookup.n + 1) * sizeof(*lookup.list));
	for (size_t i = 0; i < lookup.n; i++) {
		struct wanted *w = &lookup.list[i];

		if (select->sources[i].kind == SOURCE_SUBQUERY) {
			w->inner = plan->sources[i].inner;
			if (query_resolve(w->inner, err) != 0)
				return -1;
			continue;
		}
		w->from = &select->sources[i].measurement;
		if (query_destination(plan->ctx, w->from, (struct slice){ NULL, 0 }, &w->bucket_id,
		    err) != 0)
			return -1;
	}
	if (look_up(plan, &lookup, err) != 0)
		return -1;
	keep_sources(plan, &lookup);
	return 0;
}

/* ---- types ---- */

enum value_type
query_resolve_cast_type(enum expr_cast cast)
{
	switch (cast) {
	case CAST_FLOAT:	return VALUE_FLOAT;
	case CAST_INTEGER:	return VALUE_INTEGER;
	case CAST_UNSIGNED:	return VALUE_UNSIGNED;
	case CAST_STRING:	return VALUE_STRING;
	case CAST_BOOLEAN:	return VALUE_BOOLEAN;
	case CAST_TAG:		return VALUE_TAG;
	default:		return VALUE_NULL;
	}
}

enum expr_cast
query_resolve_type_cast(enum value_type type)
{
	switch (type) {
	case VALUE_FLOAT:	return CAST_FLOAT;
	case VALUE_INTEGER:	return CAST_INTEGER;
	case VALUE_UNSIGNED:	return CAST_UNSIGNED;
	case VALUE_STRING:	return CAST_STRING;
	case VALUE_BOOLEAN:	return CAST_BOOLEAN;
	case VALUE_TAG:		return CAST_TAG;
	default:		return CAST_NONE;
	}
}

enum value_type
query_resolve_type_in(const struct plan_source *source, struct slice name)
{
	const struct store_measurement *m = source->measurement;

	if (m == NULL) {
		for (size_t i = 0; i < source->inner->n_columns; i++)
			if (slice_eq(source->inner->columns[i].plain, name))
				return source->inner->columns[i].type;
		for (size_t i = 0; i < source->inner->n_own_dims; i++)
			if (slice_eq(source->inner->own_dims[i], name))
				return VALUE_TAG;
		return VALUE_NULL;
	}
	for (size_t i = 0; i < m->n_fields; i++)
		if (slice_eq(m->fields[i].name, name))
			return m->fields[i].type;
	for (size_t i = 0; i < m->n_tags; i++)
		if (slice_eq(m->tags[i].name, name))
			return VALUE_TAG;
	return VALUE_NULL;
}

enum value_type
query_resolve_type(const struct plan *plan, struct slice name)
{
	enum value_type best = VALUE_NULL;

	for (size_t i = 0; i < plan->n_sources; i++) {
		enum value_type type = query_resolve_type_in(&plan->sources[i], name);

		if (type != VALUE_NULL && (best == VALUE_NULL || type < best))
			best = type;
	}
	return best;
}

static struct value
zero_of(enum value_type type)
{
	switch (type) {
	case VALUE_STRING:
	case VALUE_TAG:
		return value_string(SLICE(""));
	default:
		return (struct value){ .type = type };
	}
}

/*
 * The type of an operation is found by trying it on zeros.
 */
static int
binary_type(const struct expr *e, enum value_type *type, struct err *err)
{
	enum value_type left, right;
	struct buf text = { 0 };

	if (query_resolve_expr_type(e->binary.left, &left, err) != 0 ||
	    query_resolve_expr_type(e->binary.right, &right, err) != 0)
		return -1;
	if (left == VALUE_NULL || right == VALUE_NULL) {
		*type = left == VALUE_NULL ? right : left;
		return 0;
	}
	*type = query_eval_binary(e->binary.op, false, zero_of(left), zero_of(right)).type;
	if (*type != VALUE_NULL)
		return 0;
	influxql_print_expr(&text, e);
	err_set(err, ERR_INVALID, "type error: " SLICE_FMT ": incompatible types: %s and %s",
	    SLICE_ARG(buf_slice(&text)), value_type_name(left), value_type_name(right));
	buf_free(&text);
	return -1;
}

static int
call_type(const struct expr_call *call, enum value_type *type, struct err *err)
{
	const struct function *f = query_functions_find(call->name);
	enum value_type ignored;

	*type = VALUE_NULL;
	if (call->n_args > 0 && query_resolve_expr_type(call->args[0], type, err) != 0)
		return -1;
	for (size_t i = 1; i < call->n_args; i++)
		if (query_resolve_expr_type(call->args[i], &ignored, err) != 0)
			return -1;
	if (f->result == RESULT_FLOAT)
		*type = VALUE_FLOAT;
	else if (f->result == RESULT_INTEGER)
		*type = VALUE_INTEGER;
	return 0;
}

int
query_resolve_expr_type(const struct expr *e, enum value_type *type, struct err *err)
{
	switch (e->kind) {
	case EXPR_BINARY:	return binary_type(e, type, err);
	case EXPR_PAREN:	return query_resolve_expr_type(e->inner, type, err);
	case EXPR_CALL:		return call_type(&e->call, type, err);
	case EXPR_REF:		*type = query_resolve_cast_type(e->ref.cast); return 0;
	case EXPR_NUMBER:	*type = VALUE_FLOAT; return 0;
	case EXPR_INTEGER:	*type = VALUE_INTEGER; return 0;
	case EXPR_UNSIGNED:	*type = VALUE_UNSIGNED; return 0;
	case EXPR_STRING:	*type = VALUE_STRING; return 0;
	case EXPR_BOOLEAN:	*type = VALUE_BOOLEAN; return 0;
	default:		*type = VALUE_NULL; return 0;
	}
}

int
query_resolve(struct plan *plan, struct err *err)
{
	if (find_sources(plan, err) != 0 || query_rewrite(plan, err) != 0)
		return -1;
	return query_columns_make(plan, err);
}
