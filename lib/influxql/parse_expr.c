/*
 * influxql/parse_expr.c - expressions, by precedence climbing
 *
 * The operators from strongest to weakest, all of them left associative:
 *
 *     5   *  /  %  &
 *     4   +  -  |  ^
 *     3   =  !=  <>  <  <=  >  >=  =~  !~
 *     2   AND
 *     1   OR
 *
 * A chain of AND or OR, which clients make as long as their lists of values, becomes a balanced tree.
 */
#include "influxql/influxql_priv.h"

#define PRECEDENCE_AND	2
#define PRECEDENCE_OR	1

static struct expr *parse_unary(struct parser *p);

/* A node whose children are there already: its depth, or NULL when that is too much. */
static struct expr *
deepen(struct parser *p, struct expr *e, uint32_t below)
{
	if (below + 1 > EXPR_DEPTH_MAX) {
		influxql_parser_fail_at(p, e->at, "an expression of more than %d levels",
		    EXPR_DEPTH_MAX);
		return NULL;
	}
	e->depth = below + 1;
	return e;
}

static struct expr *
binary(struct parser *p, enum expr_op op, struct expr *left, struct expr *right)
{
	struct expr *e = influxql_new_binary(p->arena, op, left, right);

	e->at = left->at;
	return deepen(p, e, e->depth - 1);
}

/* ---- stars and calls ---- */

/* "*" [ "::" ( "field" | "tag" ) ] - behind the star */
static struct expr *
parse_wildcard(struct parser *p, struct position at)
{
	struct expr *e = influxql_parser_node(p, EXPR_WILDCARD, at);
	struct token token = influxql_parser_scan(p);

	if (token.kind != TOKEN_DOUBLE_COLON) {
		influxql_parser_back(p, &token);
		return e;
	}
	token = influxql_parser_scan(p);
	if (token.kind == TOKEN_FIELD) {
		e->wildcard = CAST_FIELD;
		return e;
	}
	if (token.kind == TOKEN_TAG) {
		e->wildcard = CAST_TAG;
		return e;
	}
	influxql_parser_found(p, &token, "field, tag");
	return NULL;
}

/* arg = regex | expr . */
static struct expr *
parse_arg(struct parser *p)
{
	struct position at;
	struct slice pattern;
	struct expr *e;
	bool found;

	if (influxql_parser_regex(p, &pattern, &found) != 0)
		return NULL;
	at = p->lexer.next;
	if (!found)
		return influxql_parse_expr(p);
	e = influxql_parser_node(p, EXPR_REGEX, at);
	e->regex = pattern;
	return e;
}

static struct slice
lower(struct parser *p, struct slice name)
{
	char *copy = arena_alloc(p->arena, name.n);

	for (size_t i = 0; i < name.n; i++)
		copy[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] + 32) : name.p[i];
	return slice_make(copy, name.n);
}

/* call = ident "(" [ arg { "," arg } ] ")" . - behind the opening parenthesis */
static struct expr *
parse_call(struct parser *p, struct slice name, struct position at)
{
	struct expr *e = influxql_parser_node(p, EXPR_CALL, at);
	struct token token;
	uint32_t depth = 0;
	size_t cap = 0;

	e->call.name = lower(p, name);
	if (influxql_parser_accept(p, TOKEN_RPAREN))
		return e;
	if (influxql_parser_enter(p) != 0)
		return NULL;
	do {
		struct expr *arg = parse_arg(p);

		if (arg == NULL)
			return NULL;
		if (e->call.n_args == cap) {
			size_t new_cap = cap == 0 ? 2 : 2 * cap;

			e->call.args = arena_grow(p->arena, e->call.args, cap, new_cap);
			cap = new_cap;
		}
		e->call.args[e->call.n_args++] = arg;
		depth = arg->depth > depth ? arg->depth : depth;
	} while (influxql_parser_accept(p, TOKEN_COMMA));
	influxql_parser_leave(p);
	if (influxql_parser_expect(p, TOKEN_RPAREN, ")", &token) != 0)
		return NULL;
	return deepen(p, e, depth);
}

/* "DISTINCT" ( "(" ... | ident ) - behind the word */
static struct expr *
parse_distinct(struct parser *p, struct position at)
{
	struct token token = influxql_parser_scan(p);
	struct expr *e;

	if (token.kind == TOKEN_LPAREN)
		return parse_call(p, SLICE("distinct"), at);
	if (token.kind != TOKEN_BLANK && token.kind != TOKEN_COMMENT) {
		influxql_parser_found(p, &token, "(, identifier");
		return NULL;
	}
	e = influxql_parser_node(p, EXPR_DISTINCT, at);
	return influxql_parser_ident(p, &e->distinct) == 0 ? e : NULL;
}

/* ---- operands ---- */

/* Changes the sign of what follows it; which is folded into literals. */
static struct expr *
apply_sign(struct parser *p, bool minus, struct expr *e)
{
	struct expr *factor;

	switch (e->kind) {
	case EXPR_NUMBER:
		e->number = minus ? -e->number : e->number;
		return e;
	case EXPR_INTEGER:
		if (minus)
			e->integer = (int64_t)(0 - (uint64_t)e->integer);
		return e;
	case EXPR_DURATION:
		e->duration = minus ? -e->duration : e->duration;
		return e;
	case EXPR_UNSIGNED:
		if (minus && e->unsigned_ == (uint64_t)INT64_MAX + 1) {
			e->kind = EXPR_INTEGER;
			e->integer = INT64_MIN;
		} else if (minus) {
			influxql_parser_fail(p, "constant -%llu underflows int64",
			    (unsigned long long)e->unsigned_);
			return NULL;
		}
		return e;
	default:
		factor = influxql_parser_node(p, EXPR_INTEGER, e->at);
		factor->integer = minus ? -1 : 1;
		return binary(p, OP_MUL, factor, e);
	}
}

static struct expr *
parse_signed(struct parser *p, bool minus, struct position at)
{
	struct token token = influxql_parser_next(p);
	struct expr *e;

	if (token.kind != TOKEN_NUMBER && token.kind != TOKEN_INTEGER &&
	    token.kind != TOKEN_DURATION_VALUE && token.kind != TOKEN_LPAREN &&
	    token.kind != TOKEN_IDENT) {
		influxql_parser_found(p, &token, "identifier, number, duration, (");
		return NULL;
	}
	influxql_parser_back(p, &token);
	e = parse_unary(p);
	if (e == NULL)
		return NULL;
	e->at = at;
	return apply_sign(p, minus, e);
}

/* "(" expr ")" - behind the opening parenthesis */
static struct expr *
parse_paren(struct parser *p, struct position at)
{
	struct expr *e = influxql_parser_node(p, EXPR_PAREN, at);
	struct token token;

	if (influxql_parser_enter(p) != 0)
		return NULL;
	e->inner = influxql_parse_expr(p);
	if (e->inner == NULL)
		return NULL;
	influxql_parser_leave(p);
	if (influxql_parser_expect(p, TOKEN_RPAREN, ")", &token) != 0)
		return NULL;
	return deepen(p, e, e->inner->depth);
}

static struct expr *
parse_named(struct parser *p, const struct token *name)
{
	struct token token = influxql_parser_scan(p);

	if (token.kind == TOKEN_LPAREN)
		return parse_call(p, name->text, name->at);
	influxql_parser_back(p, name);
	return influxql_parse_ref(p, name->at);
}

/*
 * unary = [ "-" | "+" ] primary .
 * primary = "(" expr ")" | call | var_ref | literal | "*" [ "::" ( "field" | "tag" ) ]
 *         | "DISTINCT" ident .
 */
static struct expr *
parse_unary(struct parser *p)
{
	struct token token = influxql_parser_next(p);

	switch (token.kind) {
	case TOKEN_LPAREN:
		return parse_paren(p, token.at);
	case TOKEN_IDENT:
		return parse_named(p, &token);
	case TOKEN_DISTINCT:
		return parse_distinct(p, token.at);
	case TOKEN_MUL:
		return parse_wildcard(p, token.at);
	case TOKEN_ADD:
	case TOKEN_SUB:
		return parse_signed(p, token.kind == TOKEN_SUB, token.at);
	default:
		return influxql_parse_literal(p, &token);
	}
}

/* ---- operators ---- */

/* What stands right of an operator: a regex behind =~ and !~. */
static struct expr *
parse_operand(struct parser *p, enum expr_op op)
{
	struct slice pattern;
	struct token token;
	struct expr *e;
	bool found;

	if (op != OP_EQ_REGEX && op != OP_NEQ_REGEX)
		return parse_unary(p);
	if (influxql_parser_regex(p, &pattern, &found) != 0)
		return NULL;
	if (!found) {
		token = influxql_parser_next(p);
		influxql_parser_found(p, &token, "regex");
		return NULL;
	}
	e = influxql_parser_node(p, EXPR_REGEX, p->lexer.last);
	e->regex = pattern;
	return e;
}

/* The next operator if it binds at least as strongly as `least`; else nothing is taken. */
static enum expr_op
accept_op(struct parser *p, int least)
{
	struct token token = influxql_parser_next(p);
	enum expr_op op = influxql_op_of_token(token.kind);

	if (op != OP_NONE && influxql_op_precedence(op) >= least)
		return op;
	influxql_parser_back(p, &token);
	return OP_NONE;
}

/* Comparisons and arithmetic: `left` and the operators behind it down to `least`. */
static struct expr *
climb(struct parser *p, struct expr *left, int least)
{
	enum expr_op op;

	while (left != NULL && (op = accept_op(p, least)) != OP_NONE) {
		struct expr *right = parse_operand(p, op);

		if (right == NULL)
			return NULL;
		right = climb(p, right, influxql_op_precedence(op) + 1);
		if (right == NULL)
			return NULL;
		left = binary(p, op, left, right);
	}
	return left;
}

static struct expr *
balanced(struct parser *p, enum expr_op op, struct expr **operands, size_t n)
{
	struct expr *left, *right;

	if (n == 1)
		return operands[0];
	left = balanced(p, op, operands, n - n / 2);
	right = balanced(p, op, operands + (n - n / 2), n / 2);
	return left == NULL || right == NULL ? NULL : binary(p, op, left, right);
}

/*
 * expr = conjunction { "OR" conjunction } .
 * conjunction = comparison { "AND" comparison } .
 * comparison = unary { binary_op ( unary | regex ) } .
 * binary_op = "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | "=~" | "!~"
 *           | "+" | "-" | "|" | "^" | "*" | "/" | "%" | "&" .
 */
static struct expr *
parse_logic(struct parser *p, int level)
{
	struct expr **operands = NULL;
	size_t n = 0, cap = 0;

	do {
		struct expr *e = level == PRECEDENCE_OR ? parse_logic(p, PRECEDENCE_AND) :
		    climb(p, parse_unary(p), PRECEDENCE_AND + 1);

		if (e == NULL)
			return NULL;
		if (n == cap) {
			size_t new_cap = cap == 0 ? 1 : 4 * cap;

			operands = arena_grow(p->arena, operands, cap, new_cap);
			cap = new_cap;
		}
		operands[n++] = e;
	} while (accept_op(p, level) != OP_NONE);
	return balanced(p, level == PRECEDENCE_OR ? OP_OR : OP_AND, operands, n);
}

struct expr *
influxql_parse_expr(struct parser *p)
{
	return parse_logic(p, PRECEDENCE_OR);
}
