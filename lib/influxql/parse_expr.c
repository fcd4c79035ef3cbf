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
#include "base/number.h"
#include "influxql/influxql_priv.h"

#define PRECEDENCE_AND	2
#define PRECEDENCE_OR	1

static struct expr *parse_unary(struct parser *p);

static struct expr *
node(struct parser *p, enum expr_kind kind, struct position at)
{
	struct expr *e = influxql_new_expr(p->arena, kind);

	e->at = at;
	return e;
}

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

/* ---- literals ---- */

int
influxql_parse_duration(struct slice text, int64_t *ns, struct err *err)
{
	static const struct {
		const char	*name;
		int64_t		 ns;
	} units[] = {
		{ "ns", 1 }, { "us", 0 }, { "u", 1000 }, { "\xc2\xb5", 1000 }, { "ms", 1000000 },
		{ "m", INT64_C(60000000000) }, { "s", 1000000000 }, { "h", INT64_C(3600000000000) },
		{ "d", INT64_C(86400000000000) }, { "w", INT64_C(604800000000000) },
	};
	size_t n_units = sizeof(units) / sizeof(units[0]);
	bool minus = text.n > 0 && text.p[0] == '-';
	size_t i = minus;
	int64_t sum = 0;

	if (text.n < 2)
		return err_set(err, ERR_SYNTAX, "invalid duration");
	while (i < text.n) {
		size_t start = i, unit = 0;
		uint64_t count;
		int64_t part;

		while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
			i++;
		if (slice_to_u64(slice_make(text.p + start, i - start), &count) != 0)
			return err_set(err, ERR_SYNTAX, "invalid duration");
		while (unit < n_units && !slice_starts(slice_make(text.p + i, text.n - i),
		    slice_from(units[unit].name)))
			unit++;
		if (unit == n_units || units[unit].ns == 0)
			return err_set(err, ERR_SYNTAX, "invalid duration");
		if (count > INT64_MAX || __builtin_mul_overflow((int64_t)count, units[unit].ns, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return err_set(err, ERR_SYNTAX,
			    "overflowed duration %llu%s: choose a smaller duration or INF",
			    (unsigned long long)count, units[unit].name);
		i += strlen(units[unit].name);
	}
	*ns = minus ? -sum : sum;
	return 0;
}

static struct expr *
parse_number(struct parser *p, const struct token *token)
{
	struct expr *e = node(p, EXPR_NUMBER, token->at);
	const char *end = token->text.p + token->text.n;

	if (number_parse_float(token->text.p, end, &e->number) == end)
		return e;
	influxql_parser_fail_at(p, token->at, "unable to parse number");
	return NULL;
}

static struct expr *
parse_integer(struct parser *p, const struct token *token)
{
	struct expr *e = node(p, EXPR_INTEGER, token->at);
	bool minus = token->text.p[0] == '-';	/* of a bound parameter */
	uint64_t u;

	if (slice_to_u64(slice_make(token->text.p + minus, token->text.n - minus), &u) != 0 ||
	    (minus && u > (uint64_t)INT64_MAX + 1)) {
		influxql_parser_fail_at(p, token->at, "unable to parse integer");
		return NULL;
	}
	if (minus) {
		e->integer = (int64_t)(0 - u);
	} else if (u <= INT64_MAX) {
		e->integer = (int64_t)u;
	} else {
		e->kind = EXPR_UNSIGNED;
		e->unsigned_ = u;
	}
	return e;
}

static struct expr *
parse_duration(struct parser *p, const struct token *token)
{
	struct expr *e = node(p, EXPR_DURATION, token->at);
	struct err why;

	if (influxql_parse_duration(token->text, &e->duration, &why) == 0)
		return e;
	influxql_parser_fail(p, "%s", why.text);
	return NULL;
}

static struct expr *
parse_param_regex(struct parser *p, const struct token *token)
{
	struct expr *e = node(p, EXPR_REGEX, token->at);
	struct err why;

	e->regex = token->text;
	if (influxql_check_regex(e->regex, &why) == 0)
		return e;
	influxql_parser_fail_at(p, token->at, "%s", why.text);
	return NULL;
}

/* A parameter that still is one stands for nothing: say why. */
static struct expr *
fail_param(struct parser *p, const struct token *token)
{
	struct slice name = slice_make(token->text.p + 1, token->text.n - 1);

	if (name.n == 0) {
		influxql_parser_fail(p, "empty bound parameter");
		return NULL;
	}
	for (size_t i = 0; p->params != NULL && i < p->params->n; i++)
		if (slice_eq(p->params->list[i].name, name))
			name = p->params->list[i].text;
	influxql_parser_fail(p, "missing parameter: " SLICE_FMT, SLICE_ARG(name));
	return NULL;
}

/* ---- names ---- */

static int
fail_segments(struct parser *p, const struct slice names[4])
{
	struct buf text = { 0 };

	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			buf_putc(&text, '.');
		if (i < 3 && names[i].n > 0 && influxql_token_plain(names[i]))
			buf_printf(&text, "\"" SLICE_FMT "\"", SLICE_ARG(names[i]));
		else if (names[i].n > 0 || i == 0 || i == 3)
			influxql_print_ident(&text, names[i]);
	}
	influxql_parser_fail_at(p, (struct position){ 0, 0 }, "too many segments in " SLICE_FMT,
	    SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
	return -1;
}

/* names = ident { "." [ ident ] } . */
int
influxql_parse_names(struct parser *p, struct slice names[3], size_t *n, bool *open)
{
	struct slice all[4];

	*open = false;
	if (influxql_parser_ident(p, &all[0]) != 0)
		return -1;
	*n = 1;
	for (;;) {
		struct token dot = influxql_parser_scan(p);
		uint32_t rune = influxql_lexer_peek(&p->lexer);

		if (dot.kind != TOKEN_DOT) {
			influxql_parser_back(p, &dot);
			break;
		}
		if (rune == '/' || rune == ':') {
			*open = true;
			break;
		}
		all[*n] = slice_make(NULL, 0);
		if (rune != '.' && influxql_parser_ident(p, &all[*n]) != 0)
			return -1;
		if (++*n == 4)
			return fail_segments(p, all);
	}
	memcpy(names, all, *n * sizeof(names[0]));
	return 0;
}

/* type = "float" | "integer" | "unsigned" | "string" | "boolean" | "field" | "tag" . */
static int
parse_cast(struct parser *p, enum expr_cast *cast)
{
	struct token token = influxql_parser_scan(p);

	if (token.kind == TOKEN_FIELD) {
		*cast = CAST_FIELD;
		return 0;
	}
	if (token.kind == TOKEN_TAG) {
		*cast = CAST_TAG;
		return 0;
	}
	if (token.kind != TOKEN_IDENT)
		return influxql_parser_found(p, &token,
		    "float, integer, string, boolean, field, tag");
	for (enum expr_cast c = CAST_FLOAT; c <= CAST_BOOLEAN; c++) {
		if (slice_eq_nocase(token.text, slice_from(influxql_cast_name(c)))) {
			*cast = c;
			return 0;
		}
	}
	return influxql_parser_found(p, &token,
	    "float, integer, unsigned, string, boolean, field, tag");
}

static struct slice
join_names(struct parser *p, const struct slice *names, size_t n)
{
	struct slice joined = names[0];

	for (size_t i = 1; i < n; i++)
		joined = arena_printf(p->arena, SLICE_FMT "." SLICE_FMT, SLICE_ARG(joined),
		    SLICE_ARG(names[i]));
	return joined;
}

/* var_ref = ident { "." ident } [ "::" type ] . */
static struct expr *
parse_ref(struct parser *p, struct position at)
{
	struct expr *e = node(p, EXPR_REF, at);
	struct slice names[3];
	struct token token;
	size_t n;
	bool open;

	if (influxql_parse_names(p, names, &n, &open) != 0)
		return NULL;
	e->ref.name = join_names(p, names, n);
	token = influxql_parser_scan(p);
	if (token.kind != TOKEN_DOUBLE_COLON) {
		influxql_parser_back(p, &token);
		return e;
	}
	return parse_cast(p, &e->ref.cast) == 0 ? e : NULL;
}

/* "*" [ "::" ( "field" | "tag" ) ] - behind the star */
static struct expr *
parse_wildcard(struct parser *p, struct position at)
{
	struct expr *e = node(p, EXPR_WILDCARD, at);
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

/* ---- calls ---- */

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
	e = node(p, EXPR_REGEX, at);
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
	struct expr *e = node(p, EXPR_CALL, at);
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
	e = node(p, EXPR_DISTINCT, at);
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
		factor = node(p, EXPR_INTEGER, e->at);
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
	struct expr *e = node(p, EXPR_PAREN, at);
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
	return parse_ref(p, name->at);
}

/*
 * unary   = [ "-" | "+" ] primary .
 * primary = "(" expr ")" | call | var_ref | literal | "*" [ "::" ( "field" | "tag" ) ]
 *         | "DISTINCT" ident | "$" ident .
 */
static struct expr *
parse_unary(struct parser *p)
{
	struct token token = influxql_parser_next(p);
	struct expr *e;

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
	case TOKEN_STRING:
		e = node(p, EXPR_STRING, token.at);
		e->string = token.text;
		return e;
	case TOKEN_NUMBER:
		return parse_number(p, &token);
	case TOKEN_INTEGER:
		return parse_integer(p, &token);
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		e = node(p, EXPR_BOOLEAN, token.at);
		e->boolean = token.kind == TOKEN_TRUE;
		return e;
	case TOKEN_DURATION_VALUE:
		return parse_duration(p, &token);
	case TOKEN_REGEX:
		return parse_param_regex(p, &token);
	case TOKEN_PARAM:
		return fail_param(p, &token);
	default:
		influxql_parser_found(p, &token, EXPECTED_EXPR);
		return NULL;
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
	e = node(p, EXPR_REGEX, p->lexer.last);
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
 * comparison = unary { binary_op unary } .
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
