/*
 * influxql/ast.c - making, copying and walking expressions; the names of their parts
 */
#include "influxql/influxql_priv.h"

struct expr *
influxql_new_expr(struct arena *arena, enum expr_kind kind)
{
	struct expr *e = arena_zalloc(arena, sizeof(*e));

	e->kind = kind;
	e->depth = 1;
	return e;
}

struct expr *
influxql_new_ref(struct arena *arena, struct slice name, enum expr_cast cast)
{
	struct expr *e = influxql_new_expr(arena, EXPR_REF);

	e->ref.name = name;
	e->ref.cast = cast;
	return e;
}

struct expr *
influxql_new_binary(struct arena *arena, enum expr_op op, struct expr *left, struct expr *right)
{
	struct expr *e = influxql_new_expr(arena, EXPR_BINARY);

	e->binary.op = op;
	e->binary.left = left;
	e->binary.right = right;
	e->depth = 1 + (left->depth > right->depth ? left->depth : right->depth);
	return e;
}

struct expr *
influxql_copy_expr(struct arena *arena, const struct expr *expr)
{
	struct expr *e = arena_alloc(arena, sizeof(*e));

	*e = *expr;
	if (expr->kind == EXPR_BINARY) {
		e->binary.left = influxql_copy_expr(arena, expr->binary.left);
		e->binary.right = influxql_copy_expr(arena, expr->binary.right);
	} else if (expr->kind == EXPR_PAREN) {
		e->inner = influxql_copy_expr(arena, expr->inner);
	} else if (expr->kind == EXPR_CALL) {
		e->call.args = arena_array(arena, struct expr *, expr->call.n_args);
		for (size_t i = 0; i < expr->call.n_args; i++)
			e->call.args[i] = influxql_copy_expr(arena, expr->call.args[i]);
	}
	return e;
}

void
influxql_walk(struct expr *expr, bool (*visit)(void *arg, struct expr *expr), void *arg)
{
	if (expr == NULL || !visit(arg, expr))
		return;
	if (expr->kind == EXPR_BINARY) {
		influxql_walk(expr->binary.left, visit, arg);
		influxql_walk(expr->binary.right, visit, arg);
	} else if (expr->kind == EXPR_PAREN) {
		influxql_walk(expr->inner, visit, arg);
	} else if (expr->kind == EXPR_CALL) {
		for (size_t i = 0; i < expr->call.n_args; i++)
			influxql_walk(expr->call.args[i], visit, arg);
	}
}

/* ---- names ---- */

const char *
influxql_node_name(enum expr_kind kind)
{
	static const char *const names[] = {
		[EXPR_BINARY] = "*influxql.BinaryExpr",
		[EXPR_PAREN] = "*influxql.ParenExpr",
		[EXPR_CALL] = "*influxql.Call",
		[EXPR_REF] = "*influxql.VarRef",
		[EXPR_WILDCARD] = "*influxql.Wildcard",
		[EXPR_REGEX] = "*influxql.RegexLiteral",
		[EXPR_DISTINCT] = "*influxql.Distinct",
		[EXPR_NUMBER] = "*influxql.NumberLiteral",
		[EXPR_INTEGER] = "*influxql.IntegerLiteral",
		[EXPR_UNSIGNED] = "*influxql.UnsignedLiteral",
		[EXPR_STRING] = "*influxql.StringLiteral",
		[EXPR_BOOLEAN] = "*influxql.BooleanLiteral",
		[EXPR_DURATION] = "*influxql.DurationLiteral",
		[EXPR_CALENDAR] = "*influxql.CalendarLiteral",
		[EXPR_TIME] = "*influxql.TimeLiteral",
		[EXPR_NIL] = "*influxql.NilLiteral",
	};

	return names[kind];
}

static const struct {
	const char	*text;
	int		 precedence;
	enum token_kind	 token;
} operators[] = {
	[OP_NONE] = { "", 0, TOKEN_EOF },
	[OP_ADD] = { "+", 4, TOKEN_ADD },
	[OP_SUB] = { "-", 4, TOKEN_SUB },
	[OP_MUL] = { "*", 5, TOKEN_MUL },
	[OP_DIV] = { "/", 5, TOKEN_DIV },
	[OP_MOD] = { "%", 5, TOKEN_MOD },
	[OP_BIT_AND] = { "&", 5, TOKEN_BIT_AND },
	[OP_BIT_OR] = { "|", 4, TOKEN_BIT_OR },
	[OP_BIT_XOR] = { "^", 4, TOKEN_BIT_XOR },
	[OP_EQ] = { "=", 3, TOKEN_EQ },
	[OP_NEQ] = { "!=", 3, TOKEN_NEQ },
	[OP_LT] = { "<", 3, TOKEN_LT },
	[OP_LTE] = { "<=", 3, TOKEN_LTE },
	[OP_GT] = { ">", 3, TOKEN_GT },
	[OP_GTE] = { ">=", 3, TOKEN_GTE },
	[OP_EQ_REGEX] = { "=~", 3, TOKEN_EQ_REGEX },
	[OP_NEQ_REGEX] = { "!~", 3, TOKEN_NEQ_REGEX },
	[OP_AND] = { "AND", 2, TOKEN_AND },
	[OP_OR] = { "OR", 1, TOKEN_OR },
};

const char *
influxql_op_text(enum expr_op op)
{
	return operators[op].text;
}

int
influxql_op_precedence(enum expr_op op)
{
	return operators[op].precedence;
}

enum expr_op
influxql_op_of_token(enum token_kind kind)
{
	for (enum expr_op op = OP_ADD; op <= OP_OR; op++)
		if (operators[op].token == kind)
			return op;
	return OP_NONE;
}

const char *
influxql_cast_name(enum expr_cast cast)
{
	static const char *const names[] = {
		[CAST_NONE] = "",
		[CAST_FLOAT] = "float",
		[CAST_INTEGER] = "integer",
		[CAST_UNSIGNED] = "unsigned",
		[CAST_STRING] = "string",
		[CAST_BOOLEAN] = "boolean",
		[CAST_FIELD] = "field",
		[CAST_TAG] = "tag",
	};

	return names[cast];
}

/* ---- columns ---- */

static void
add_name(struct buf *out, size_t start, struct slice name)
{
	if (out->n > start)
		buf_putc(out, '_');
	buf_put_slice(out, name);
}

/* The names in an arithmetic expression, those inside calls left out. */
static void
put_names(struct buf *out, size_t start, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_BINARY:
		put_names(out, start, e->binary.left);
		put_names(out, start, e->binary.right);
		break;
	case EXPR_PAREN:
		put_names(out, start, e->inner);
		break;
	case EXPR_CALL:
		add_name(out, start, e->call.name);
		break;
	case EXPR_REF:
		add_name(out, start, e->ref.name);
		break;
	case EXPR_DISTINCT:
		add_name(out, start, SLICE("distinct"));
		break;
	default:
		break;
	}
}

void
influxql_column_name(struct buf *out, const struct select_field *field)
{
	if (field->alias.n > 0)
		buf_put_slice(out, field->alias);
	else
		put_names(out, out->n, field->expr);
}
