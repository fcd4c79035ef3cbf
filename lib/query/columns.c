/*
 * query/columns.c - the columns of an answer: their names, and how they are computed
 *
 * A column is an expression over slots. Slots are first the calls, then the plain references; equal
 * calls and equal references share one. A top() or bottom() with tags brings a column for each.
 */
#include <stdlib.h>

#include "base/table.h"
#include "query/plan.h"

size_t
query_columns_add_ref(struct refs *refs, struct arena *arena, struct ref ref)
{
	for (size_t i = 0; i < refs->n; i++)
		if (refs->list[i].type == ref.type &&
		    refs->list[i].null_if_missing == ref.null_if_missing &&
		    slice_eq(refs->list[i].name, ref.name))
			return i;
	if (refs->n == refs->cap) {
		size_t cap = refs->cap != 0 ? refs->cap * 2 : 8;

		refs->list = arena_grow(arena, refs->list, refs->cap, cap);
		refs->cap = cap;
	}
	refs->list[refs->n] = ref;
	return refs->n++;
}

static struct ref
ref_of(const struct expr *e)
{
	return (struct ref){ e->ref.name, query_resolve_cast_type(e->ref.cast), false };
}

/* ---- names ---- */

static bool
is_taken(const struct table *names, struct slice name, struct table_entry **entry)
{
	*entry = table_get(names, name);
	return *entry != NULL;
}

/*
 * Aliases stay as they are, wherever they stand; a name met before gets the next number that
 * nothing else has.
 */
static void
name_columns(struct plan *plan, const bool *has_alias)
{
	struct table names = { 0 };
	struct table_entry *entry;

	for (size_t i = 0; i < plan->n_columns; i++)
		if (has_alias[i])
			table_put(&names, plan->columns[i].name, NULL)->value = 1;
	for (size_t i = 0; i < plan->n_columns; i++) {
		struct slice name = plan->columns[i].name;

		if (has_alias[i])
			continue;
		if (is_taken(&names, name, &entry)) {
			struct table_entry *other;
			uint64_t count = entry->value;

			do {
				name = arena_printf(plan->arena, SLICE_FMT "_%llu",
				    SLICE_ARG(plan->columns[i].name), (unsigned long long)count++);
			} while (is_taken(&names, name, &other));
			entry->value = count;
		}
		table_put(&names, name, NULL)->value = 1;
		plan->columns[i].name = name;
	}
	table_free(&names);
}

static void
add_column(struct plan *plan, const struct select_field *field)
{
	struct plan_column *c = &plan->columns[plan->n_columns++];
	struct buf name = { 0 };

	influxql_column_name(&name, field);
	c->plain = arena_copy(plan->arena, buf_slice(&name));
	c->name = c->plain;
	c->expr = field->expr;
	buf_free(&name);
}

static bool
is_top(const struct expr *e)
{
	const struct function *f = e->kind == EXPR_CALL ? query_functions_find(e->call.name) : NULL;

	return f != NULL && (f->states == &fn_top || f->states == &fn_bottom);
}

static int
list_columns(struct plan *plan, struct err *err)
{
	const struct select *select = plan->select;
	size_t most = select->n_fields;
	bool *has_alias;

	for (size_t i = 0; i < select->n_fields; i++)
		if (is_top(select->fields[i].expr))
			most += select->fields[i].expr->call.n_args;
	plan->columns = arena_zalloc(plan->arena, (most + 1) * sizeof(*plan->columns));
	has_alias = arena_zalloc(plan->arena, most + 1);
	for (size_t i = 0; i < select->n_fields; i++) {
		const struct select_field *field = &select->fields[i];

		has_alias[plan->n_columns] = field->alias.n > 0;
		add_column(plan, field);
		if (!is_top(field->expr))
			continue;
		for (size_t k = 1; k + 1 < field->expr->call.n_args; k++)
			add_column(
			    plan, &(struct select_field){ .expr = field->expr->call.args[k] });
	}
	for (size_t i = 0; i < plan->n_columns; i++)
		if (query_resolve_expr_type(plan->columns[i].expr, &plan->columns[i].type, err) !=
		    0)
			return -1;
	name_columns(plan, has_alias);
	return 0;
}

/* ---- calls ---- */

static int
warmup_of(const struct expr *word)
{
	return slice_eq(word->string, SLICE("simple")) ? WARMUP_SIMPLE :
	    slice_eq(word->string, SLICE("none")) ? WARMUP_NONE : WARMUP_EXPONENTIAL;
}

static double
number_of(const struct expr *e)
{
	return e->kind == EXPR_INTEGER ? (double)e->integer : e->number;
}

/*
 * What the arguments behind the field say.
 */
static void
read_arguments(struct plan *plan, struct call *call, const struct expr_call *from)
{
	const struct function *f = call->function;
	struct expr *const *args = from->args;
	bool is_derivative = f->sequence == &fn_derivative ||
	    f->sequence == &fn_non_negative_derivative;

	call->unit = f->sequence == &fn_elapsed ? 1 : 1000000000;
	if (is_derivative && call->inner != NULL)
		call->unit = plan->window.interval;
	call->hold = -1;
	call->warmup = f->sequence == &fn_chande_momentum_oscillator ? WARMUP_NONE :
	    WARMUP_EXPONENTIAL;
	if (from->n_args < 2)
		return;
	if (f->states == &fn_percentile) {
		call->number = number_of(args[1]);
	} else if (f->sequence == &fn_holt_winters) {
		call->n = args[1]->integer;
		call->season = args[2]->integer;
		call->with_fit = slice_eq(from->name, SLICE("holt_winters_with_fit"));
	} else if (f->kind == FUNCTION_MANY) {
		call->n = args[from->n_args - 1]->integer;
	} else if (args[1]->kind == EXPR_DURATION) {
		call->unit = args[1]->duration;
	} else {
		call->n = args[1]->integer;
		if (from->n_args > 2)
			call->hold = args[2]->integer;
		if (from->n_args > 3)
			call->warmup = warmup_of(args[3]);
	}
}

static int
make_call(struct plan *plan, const struct expr *e, struct call **out, struct err *err)
{
	struct call *call = arena_zalloc(plan->arena, sizeof(*call));
	const struct expr *arg = e->call.args[0];

	call->function = query_functions_find(e->call.name);
	call->expr = e;
	call->ascending = !plan->descending;
	call->window = &plan->window;
	call->bound = plan->from == TIME_MIN ? 0 : plan->from;
	call->held_bytes = &plan->held_bytes;
	if (call->function->states == &fn_count && arg->kind == EXPR_CALL) {
		call->function = query_functions_find(SLICE("count distinct"));
		arg = arg->call.args[0];
	}
	if (arg->kind == EXPR_CALL) {
		if (query_functions_find(arg->call.name)->kind == FUNCTION_MATH)
			return err_set(err, ERR_NOT_IMPLEMENTED,
			    "not implemented: a mathematical function inside the call to "
			    SLICE_FMT ", use a subquery", SLICE_ARG(e->call.name));
		if (make_call(plan, arg, &call->inner, err) != 0)
			return -1;
		call->ref = call->inner->ref;
		call->in = call->inner->type;
	} else {
		call->ref = ref_of(arg);
		call->in = call->ref.type;
	}
	call->type = call->function->result == RESULT_FLOAT ? VALUE_FLOAT :
	    call->function->result == RESULT_INTEGER ? VALUE_INTEGER : call->in;
	read_arguments(plan, call, &e->call);
	call->text = slice_from(query_plan_text(plan, e));
	*out = call;
	return 0;
}

static bool
find_call(const struct plan *plan, struct slice text, size_t *slot)
{
	for (size_t i = 0; i < plan->n_calls; i++)
		if (slice_eq(plan->calls[i]->text, text)) {
			*slot = i;
			return true;
		}
	return false;
}

static int
collect(struct plan *plan, const struct expr *e, struct err *err)
{
	struct call *call;
	size_t slot;

	switch (e->kind) {
	case EXPR_REF:
		query_columns_add_ref(&plan->refs, plan->arena, ref_of(e));
		return 0;
	case EXPR_PAREN:
		return collect(plan, e->inner, err);
	case EXPR_BINARY:
		return collect(plan, e->binary.left, err) != 0 ? -1 :
		    collect(plan, e->binary.right, err);
	case EXPR_CALL:
		break;
	default:
		return 0;
	}
	if (query_functions_find(e->call.name)->kind == FUNCTION_MATH) {
		for (size_t i = 0; i < e->call.n_args; i++)
			if (collect(plan, e->call.args[i], err) != 0)
				return -1;
		return 0;
	}
	if (find_call(plan, slice_from(query_plan_text(plan, e)), &slot))
		return 0;
	if (make_call(plan, e, &call, err) != 0)
		return -1;
	plan->calls = arena_grow(plan->arena, plan->calls, plan->n_calls, plan->n_calls + 1);
	plan->calls[plan->n_calls++] = call;
	return 0;
}

/*
 * The tags of a top() come first among the references, where it looks for them.
 */
static void
collect_top_tags(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_columns; i++) {
		const struct expr *e = plan->columns[i].expr;

		if (!is_top(e))
			continue;
		for (size_t k = 1; k + 1 < e->call.n_args; k++)
			query_columns_add_ref(&plan->refs, plan->arena, ref_of(e->call.args[k]));
	}
}

/* ---- expressions over slots ---- */

static struct eval *
compile(struct plan *plan, const struct expr *e)
{
	struct eval *out = arena_zalloc(plan->arena, sizeof(*out));
	size_t slot = 0;

	switch (e->kind) {
	case EXPR_PAREN:
		return compile(plan, e->inner);
	case EXPR_BINARY:
		out->kind = EVAL_BINARY;
		out->op = e->binary.op;
		out->n_args = 2;
		out->args[0] = compile(plan, e->binary.left);
		out->args[1] = compile(plan, e->binary.right);
		return out;
	case EXPR_CALL:
		out->math = query_functions_find(e->call.name);
		if (out->math->kind == FUNCTION_MATH) {
			out->kind = EVAL_MATH;
			out->n_args = e->call.n_args;
			for (size_t i = 0; i < e->call.n_args; i++)
				out->args[i] = compile(plan, e->call.args[i]);
			return out;
		}
		find_call(plan, slice_from(query_plan_text(plan, e)), &slot);
		out->kind = EVAL_SLOT;
		out->slot = slot;
		return out;
	case EXPR_REF:
		out->kind = EVAL_SLOT;
		out->slot =
		    plan->n_calls + query_columns_add_ref(&plan->refs, plan->arena, ref_of(e));
		return out;
	default:
		out->kind = EVAL_LITERAL;
		out->literal = query_eval_literal(e);
		return out;
	}
}

int
query_columns_make(struct plan *plan, struct err *err)
{
	if (list_columns(plan, err) != 0)
		return -1;
	collect_top_tags(plan);
	for (size_t i = 0; i < plan->n_columns; i++)
		if (collect(plan, plan->columns[i].expr, err) != 0)
			return -1;
	for (size_t i = 0; i < plan->n_calls; i++)
		if (plan->calls[i]->function->kind == FUNCTION_MANY &&
		    is_top(plan->calls[i]->expr))
			plan->calls[i]->n_tags = plan->calls[i]->expr->call.n_args - 2;
	plan->selector = plan->n_calls == 1 &&
	    (plan->calls[0]->function->kind == FUNCTION_SELECTOR ||
	    is_top(plan->calls[0]->expr));
	for (size_t i = 0; i < plan->n_columns; i++)
		plan->columns[i].eval = compile(plan, plan->columns[i].expr);
	return 0;
}
