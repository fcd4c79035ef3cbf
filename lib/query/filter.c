/*
 * query/filter.c - field conditions, a block of rows at a time
 *
 * The condition of a source is compiled with that source's types: a name that is no field there is
 * a tag, and a tag that is missing is '', or null beside another name (but not in a subquery, where
 * every name that it does not show is ''). Comparisons of a numeric
 * column with a literal run down the column and give a bit a row, AND and OR join bits; everything
 * else is evaluated row by row.
 */
#include <stdlib.h>

#include "query/plan.h"

/* ---- compiling ---- */

static bool
is_number(enum value_type type)
{
	return type == VALUE_FLOAT || type == VALUE_INTEGER || type == VALUE_UNSIGNED;
}

static struct ref
ref_in(const struct plan_source *source, const struct expr *e, bool null_if_missing)
{
	enum value_type type = query_resolve_type_in(source, e->ref.name);
	enum value_type cast = query_resolve_cast_type(e->ref.cast);

	if (type == VALUE_NULL)
		type = VALUE_TAG;
	if (type == VALUE_TAG)
		type = e->ref.cast == CAST_FIELD && source->measurement != NULL ? VALUE_NULL :
		    VALUE_TAG;
	else if (is_number(type) && is_number(cast))
		type = cast;
	else if (cast != VALUE_NULL && cast != type)
		type = VALUE_NULL;
	return (struct ref){ e->ref.name, type, null_if_missing };
}

static int
compile_ref(struct plan *plan, const struct expr *e, const struct plan_source *source,
    bool null_if_missing, struct refs *refs, struct eval **eval)
{
	struct eval *out = arena_zalloc(plan->arena, sizeof(*out));

	out->kind = EVAL_SLOT;
	out->slot = query_columns_add_ref(refs, plan->arena, ref_in(source, e, null_if_missing));
	*eval = out;
	return 0;
}

/*
 * Is a name a tag here, and no field of another source? (Then it is that field, which is missing.)
 */
static bool
is_tag(const struct plan *plan, const struct plan_source *source, const struct expr *e)
{
	enum value_type type = query_resolve_type(plan, e->ref.name);

	return ref_in(source, e, false).type == VALUE_TAG &&
	    (type == VALUE_TAG || type == VALUE_NULL);
}

/*
 * Two names. Tags of a measurement are equal when a series has both and they are; != is all else.
 * In a subquery a missing one is ''.
 */
static void
compile_names(struct plan *plan, const struct expr *e, const struct plan_source *source,
    struct refs *refs, struct eval *out)
{
	const struct expr *left = e->binary.left, *right = e->binary.right;
	bool stored = source->measurement != NULL;
	struct eval *a, *b, *equal, *no;

	compile_ref(plan, left, source, stored, refs, &a);
	compile_ref(plan, right, source, stored, refs, &b);
	out->args[0] = a;
	out->args[1] = b;
	if (!stored || out->op != OP_NEQ || !is_tag(plan, source, left) ||
	    !is_tag(plan, source, right))
		return;
	equal = arena_zalloc(plan->arena, sizeof(*equal));
	no = arena_zalloc(plan->arena, sizeof(*no));
	*equal = *out;
	equal->op = out->op = OP_EQ;
	no->kind = EVAL_LITERAL;
	no->literal = value_boolean(false);
	out->args[0] = equal;
	out->args[1] = no;
}

static int
compile_binary(struct plan *plan, const struct expr *e, const struct plan_source *source,
    struct refs *refs, struct eval *out, struct err *err)
{
	const struct expr *right = e->binary.right;
	struct eval *left, *other;

	out->kind = EVAL_BINARY;
	out->op = e->binary.op;
	out->integer_division = true;
	out->n_args = 2;
	if (e->binary.left->kind == EXPR_REF && right->kind == EXPR_REF) {
		compile_names(plan, e, source, refs, out);
		return 0;
	}
	if (query_filter_compile(plan, e->binary.left, source, refs, &left, err) != 0)
		return -1;
	out->args[0] = left;
	if (right->kind == EXPR_REGEX)
		return query_regex_get(plan->ctx->regexes, right->regex, &out->regex, err);
	if (query_filter_compile(plan, right, source, refs, &other, err) != 0)
		return -1;
	out->args[1] = other;
	return 0;
}

int
query_filter_compile(struct plan *plan, const struct expr *e, const struct plan_source *source,
    struct refs *refs, struct eval **eval, struct err *err)
{
	struct eval *out = arena_zalloc(plan->arena, sizeof(*out));

	*eval = out;
	switch (e->kind) {
	case EXPR_PAREN:
		return query_filter_compile(plan, e->inner, source, refs, eval, err);
	case EXPR_BINARY:
		return compile_binary(plan, e, source, refs, out, err);
	case EXPR_CALL:
		out->kind = EVAL_MATH;
		out->math = query_functions_find(e->call.name);
		out->n_args = e->call.n_args;
		for (size_t i = 0; i < e->call.n_args; i++) {
			struct eval *arg;

			if (query_filter_compile(plan, e->call.args[i], source, refs, &arg, err) !=
			    0)
				return -1;
			out->args[i] = arg;
		}
		return 0;
	case EXPR_REF:
		return compile_ref(plan, e, source, false, refs, eval);
	default:
		out->kind = EVAL_LITERAL;
		out->literal = query_eval_literal(e);
		return 0;
	}
}

/* ---- running ---- */

#define WORDS (BLOCK_ROWS_MAX / 64)

#define COMPARE_COLUMN(op) \
	for (size_t i = 0; i < n; i++) \
		bits[i >> 6] |= (uint64_t)(a[i] op b) << (i & 63)

#define COMPARE_SWITCH() \
	switch (op) { \
	case OP_EQ:	COMPARE_COLUMN(==); break; \
	case OP_NEQ:	COMPARE_COLUMN(!=); break; \
	case OP_LT:	COMPARE_COLUMN(<); break; \
	case OP_LTE:	COMPARE_COLUMN(<=); break; \
	case OP_GT:	COMPARE_COLUMN(>); break; \
	default:	COMPARE_COLUMN(>=); break; \
	}

static void
compare_floats(enum expr_op op, const double *a, size_t n, double b, uint64_t *bits)
{
	COMPARE_SWITCH()
}

static void
compare_integers(enum expr_op op, const int64_t *a, size_t n, int64_t b, uint64_t *bits)
{
	COMPARE_SWITCH()
}

static void
only_present(const struct column *c, size_t n, uint64_t *bits)
{
	for (size_t i = 0; c->present != NULL && i < (n + 63) / 64; i++)
		bits[i] &= c->present[i];
}

/*
 * A column of floats with a number, or of integers with an integer: down the column.
 */
static bool
filter_column(const struct eval *e, const struct block *block, uint64_t *bits)
{
	const struct column *c;
	struct value b;

	if (e->kind != EVAL_BINARY || e->regex != NULL || e->op < OP_EQ || e->op > OP_GTE ||
	    e->args[0]->kind != EVAL_SLOT || e->args[1]->kind != EVAL_LITERAL)
		return false;
	c = &block->columns[e->args[0]->slot];
	b = e->args[1]->literal;
	if (c->cells == NULL)
		return false;
	if (c->type == VALUE_FLOAT && (b.type == VALUE_FLOAT || b.type == VALUE_INTEGER))
		compare_floats(e->op, &c->cells->f, block->n_rows,
		    b.type == VALUE_FLOAT ? b.f : (double)b.i, bits);
	else if (c->type == VALUE_INTEGER && b.type == VALUE_INTEGER)
		compare_integers(e->op, &c->cells->i, block->n_rows, b.i, bits);
	else
		return false;
	only_present(c, block->n_rows, bits);
	return true;
}

static void
filter_into(const struct eval *e, const struct block *block, size_t n_refs, struct value *slots,
    uint64_t *bits)
{
	uint64_t other[WORDS];

	memset(bits, 0, WORDS * sizeof(*bits));
	if (e->kind == EVAL_BINARY && (e->op == OP_AND || e->op == OP_OR)) {
		filter_into(e->args[0], block, n_refs, slots, bits);
		filter_into(e->args[1], block, n_refs, slots, other);
		for (size_t i = 0; i < WORDS; i++)
			bits[i] = e->op == OP_AND ? bits[i] & other[i] : bits[i] | other[i];
		return;
	}
	if (filter_column(e, block, bits))
		return;
	for (size_t row = 0; row < block->n_rows; row++) {
		for (size_t i = 0; i < n_refs; i++)
			slots[i] = column_value(&block->columns[i], row);
		if (eval_is_true(query_eval(e, slots)))
			bits[row >> 6] |= UINT64_C(1) << (row & 63);
	}
}

size_t
query_filter_block(const struct eval *eval, const struct block *block, size_t n_refs,
    struct value *slots, uint64_t *bits)
{
	size_t n = 0;

	filter_into(eval, block, n_refs, slots, bits);
	for (size_t i = 0; i < WORDS; i++)
		n += (size_t)__builtin_popcountll(bits[i]);
	return n;
}
