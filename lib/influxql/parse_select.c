/*
 * influxql/parse_select.c - SELECT, and the two statements that are little beside it: EXPLAIN and
 * DELETE (with DROP SERIES)
 */
#include "influxql/influxql_priv.h"

/* ---- fields ---- */

static bool
find_logic(void *arg, struct expr *e)
{
	enum expr_op *found = arg;

	if (e->kind != EXPR_BINARY || influxql_op_precedence(e->binary.op) > 3)
		return true;
	*found = e->binary.op;
	return false;
}

/* field = ( expr | regex ) [ "AS" ident ] . */
static int
parse_field(struct parser *p, struct select_field *field)
{
	enum expr_op logic = OP_NONE;
	struct position at;
	struct slice pattern;
	bool found;

	*field = (struct select_field){ 0 };
	if (influxql_parser_regex(p, &pattern, &found) != 0)
		return -1;
	at = p->lexer.next;
	if (found) {
		field->expr = influxql_new_expr(p->arena, EXPR_REGEX);
		field->expr->regex = pattern;
	} else {
		field->expr = influxql_parse_expr(p);
		if (field->expr == NULL)
			return -1;
		influxql_walk(field->expr, find_logic, &logic);
		if (logic != OP_NONE)
			return influxql_parser_fail(p, "invalid operator %s in SELECT clause at line %u, "
			    "char %u; operator is intended for WHERE clause", influxql_op_text(logic),
			    at.line + 1, at.column + 1);
	}
	if (!influxql_parser_accept(p, TOKEN_AS))
		return 0;
	return influxql_parser_ident(p, &field->alias);
}

/* fields = field { "," field } . */
static int
parse_fields(struct parser *p, struct select *select)
{
	size_t cap = 0;

	do {
		if (select->n_fields == cap) {
			size_t new_cap = cap == 0 ? 2 : 4 * cap;

			select->fields = arena_grow(p->arena, select->fields, cap, new_cap);
			cap = new_cap;
		}
		if (parse_field(p, &select->fields[select->n_fields]) != 0)
			return -1;
		select->n_fields++;
	} while (influxql_parser_accept(p, TOKEN_COMMA));
	return 0;
}

/* into = "INTO" ( measurement | [ ident "." ] ident "." ":MEASUREMENT" ) . */
static int
parse_into(struct parser *p, enum select_target target, struct select *select)
{
	struct token token = influxql_parser_next(p);
	struct slice names[3];
	size_t n;
	bool open;

	if (token.kind != TOKEN_INTO) {
		if (target == TARGET_MUST)
			return influxql_parser_found(p, &token, "INTO");
		influxql_parser_back(p, &token);
		return 0;
	}
	if (influxql_parse_names(p, names, &n, &open) != 0)
		return -1;
	if (open && n < 3 && influxql_lexer_peek(&p->lexer) == ':') {
		if (influxql_parser_expect(p, TOKEN_COLON, ":", &token) != 0 ||
		    influxql_parser_keyword(p, TOKEN_MEASUREMENT) != 0)
			return -1;
		names[n++] = slice_make(NULL, 0);
		select->into_same_name = true;
	}
	select->has_into = target != TARGET_IGNORED;
	select->into.name = names[n - 1];
	if (n >= 2)
		select->into.rp = names[n - 2];
	if (n == 3)
		select->into.database = names[0];
	return 0;
}

/* ---- fill and tz, which look like calls ---- */

/*
 * A call of `name` if one stands next, else *call is NULL. Its arguments are any expressions.
 */
static int
parse_option(struct parser *p, struct slice name, struct expr **call)
{
	struct token token = influxql_parser_next(p);
	bool next = token.kind == TOKEN_IDENT && slice_eq_nocase(token.text, name);

	*call = NULL;
	influxql_parser_back(p, &token);
	if (!next)
		return 0;
	*call = influxql_parse_expr(p);
	if (*call == NULL)
		return -1;
	if ((*call)->kind != EXPR_CALL)
		return influxql_parser_fail(p, SLICE_FMT " must be a function call", SLICE_ARG(name));
	return 0;
}

/* fill = "fill" "(" ( "null" | "none" | "previous" | "linear" | number ) ")" . */
static int
parse_fill(struct parser *p, struct select *select)
{
	static const struct {
		struct slice	 word;
		enum select_fill fill;
	} words[] = {
		{ { "null", 4 }, FILL_NULL },
		{ { "none", 4 }, FILL_NONE },
		{ { "previous", 8 }, FILL_PREVIOUS },
		{ { "linear", 6 }, FILL_LINEAR },
	};
	struct expr *call, *arg;

	if (parse_option(p, SLICE("fill"), &call) != 0)
		return -1;
	if (call == NULL)
		return 0;
	if (call->call.n_args != 1)
		return influxql_parser_fail(p,
		    "fill requires an argument, e.g.: 0, null, none, previous, linear");
	arg = call->call.args[0];
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (arg->kind == EXPR_REF && arg->ref.cast == CAST_NONE &&
		    slice_eq(arg->ref.name, words[i].word)) {
			select->fill = words[i].fill;
			return 0;
		}
	}
	if (arg->kind != EXPR_INTEGER && arg->kind != EXPR_NUMBER)
		return influxql_parser_fail(p, "expected number argument in fill()");
	select->fill = FILL_NUMBER;
	select->fill_number = arg;
	return 0;
}

/* Names of time zones are paths: letters, digits, + - _, single slashes inside. */
static bool
is_zone_name(struct slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool slash_fits = i > 0 && i + 1 < name.n && name.p[i - 1] != '/';

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '+' || c == '-' || c == '_' || (c == '/' && slash_fits)))
			return false;
	}
	return name.n > 0 && name.n < 64;
}

/* tz = "tz" "(" string ")" . */
static int
parse_tz(struct parser *p, struct select *select)
{
	const struct influxql_params *params = p->params;
	struct expr *call;
	struct slice name;

	if (parse_option(p, SLICE("tz"), &call) != 0)
		return -1;
	if (call == NULL)
		return 0;
	if (call->call.n_args != 1)
		return influxql_parser_fail(p, "tz requires exactly one argument");
	if (call->call.args[0]->kind != EXPR_STRING)
		return influxql_parser_fail(p, "expected string argument in tz()");
	name = call->call.args[0]->string;
	if (name.n == 0)
		name = SLICE("UTC");
	if (!slice_eq(name, SLICE("UTC")) && (!is_zone_name(name) || (params != NULL &&
	    params->zone_exists != NULL && !params->zone_exists(params->zone_arg, name))))
		return influxql_parser_fail(p, "unable to find time zone " SLICE_FMT, SLICE_ARG(name));
	select->tz = name;
	return 0;
}

/* ---- statements ---- */

/*
 * select = "SELECT" fields [ into ] "FROM" from [ where ] [ group_by ] [ fill ] [ order_by ]
 *          [ limit ] [ offset_clause ] [ slimit ] [ soffset ] [ tz ] . - behind the word
 */
struct select *
influxql_parse_select(struct parser *p, enum select_target target)
{
	struct select *s = arena_zalloc(p->arena, sizeof(*s));

	if (parse_fields(p, s) != 0 ||
	    parse_into(p, target, s) != 0 ||
	    influxql_parser_keyword(p, TOKEN_FROM) != 0 ||
	    influxql_parse_sources(p, true, &s->sources, &s->n_sources) != 0 ||
	    influxql_parse_where(p, &s->where) != 0 ||
	    influxql_parse_group_by(p, &s->dimensions, &s->n_dimensions) != 0 ||
	    parse_fill(p, s) != 0 ||
	    influxql_parse_order_by(p, &s->has_order, &s->descending) != 0 ||
	    influxql_parse_count(p, TOKEN_LIMIT, &s->limit) != 0 ||
	    influxql_parse_count(p, TOKEN_OFFSET, &s->offset) != 0 ||
	    influxql_parse_count(p, TOKEN_SLIMIT, &s->slimit) != 0 ||
	    influxql_parse_count(p, TOKEN_SOFFSET, &s->soffset) != 0 ||
	    parse_tz(p, s) != 0)
		return NULL;
	return s;
}

/* explain = "EXPLAIN" [ "ANALYZE" ] select . */
int
influxql_parse_explain(struct parser *p, struct statement *s)
{
	s->explain.analyze = influxql_parser_accept(p, TOKEN_ANALYZE);
	if (influxql_parser_keyword(p, TOKEN_SELECT) != 0)
		return -1;
	s->explain.select = influxql_parse_select(p, TARGET_MAY);
	return s->explain.select != NULL ? 0 : -1;
}

/*
 * delete = "DELETE" ( from [ where ] | where ) .
 * drop_series = "DROP" "SERIES" ( from [ where ] | where ) .
 */
int
influxql_parse_delete(struct parser *p, struct statement *s)
{
	struct delete *d = &s->delete;
	struct token token = influxql_parser_next(p);

	if (token.kind != TOKEN_FROM && token.kind != TOKEN_WHERE)
		return influxql_parser_found(p, &token, "FROM, WHERE");
	if (token.kind == TOKEN_WHERE)
		influxql_parser_back(p, &token);
	else if (influxql_parse_sources(p, false, &d->sources, &d->n_sources) != 0)
		return -1;
	for (size_t i = 0; i < d->n_sources; i++) {
		const struct measurement *m = &d->sources[i].measurement;

		if (m->rp.n > 0)
			return influxql_parser_fail_at(p, (struct position){ 0, 0 },
			    "retention policy not supported");
		if (m->database.n > 0)
			return influxql_parser_fail_at(p, (struct position){ 0, 0 },
			    "database not supported");
	}
	return influxql_parse_where(p, &d->where);
}
