/*
 * influxql/parse_clause.c - the clauses that several statements have: FROM, WHERE, GROUP BY, ORDER BY,
 * LIMIT and its kin
 */
#include "influxql/influxql_priv.h"

/* measurement = [ [ ident ] "." [ ident ] "." | ident "." ] ( ident | regex ) . */
static int
parse_measurement(struct parser *p, struct measurement *m)
{
	struct slice names[3];
	size_t n;
	bool open;

	if (influxql_parser_regex(p, &m->regex, &m->is_regex) != 0)
		return -1;
	if (m->is_regex)
		return 0;
	if (influxql_parse_names(p, names, &n, &open) != 0)
		return -1;
	if (open && n < 3) {
		if (influxql_parser_regex(p, &m->regex, &m->is_regex) != 0)
			return -1;
		if (m->is_regex)
			names[n++] = slice_make(NULL, 0);
	}
	m->name = names[n - 1];
	if (n >= 2)
		m->rp = names[n - 2];
	if (n == 3)
		m->database = names[0];
	return 0;
}

/* source = measurement | "(" select ")" . */
int
influxql_parse_source(struct parser *p, bool subqueries, struct source *source)
{
	struct token token;

	*source = (struct source){ .kind = SOURCE_MEASUREMENT };
	if (!subqueries || !influxql_parser_accept(p, TOKEN_LPAREN))
		return parse_measurement(p, &source->measurement);
	source->kind = SOURCE_SUBQUERY;
	if (influxql_parser_keyword(p, TOKEN_SELECT) != 0 || influxql_parser_enter(p) != 0)
		return -1;
	source->subquery = influxql_parse_select(p, TARGET_IGNORED);
	if (source->subquery == NULL)
		return -1;
	influxql_parser_leave(p);
	return influxql_parser_expect(p, TOKEN_RPAREN, ")", &token);
}

/* from = "FROM" source { "," source } . - behind the word */
int
influxql_parse_sources(struct parser *p, bool subqueries, struct source **sources, size_t *n)
{
	size_t cap = 0;

	*n = 0;
	*sources = NULL;
	do {
		if (*n == cap) {
			size_t new_cap = cap == 0 ? 1 : 4 * cap;

			*sources = arena_grow(p->arena, *sources, cap, new_cap);
			cap = new_cap;
		}
		if (influxql_parse_source(p, subqueries, &(*sources)[*n]) != 0)
			return -1;
		++*n;
	} while (influxql_parser_accept(p, TOKEN_COMMA));
	return 0;
}

/* where = "WHERE" expr . */
int
influxql_parse_where(struct parser *p, struct expr **where)
{
	*where = NULL;
	if (!influxql_parser_accept(p, TOKEN_WHERE))
		return 0;
	*where = influxql_parse_expr(p);
	return *where != NULL ? 0 : -1;
}

static enum dimension_kind
dimension_kind(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_CALL:
		return slice_eq(e->call.name, SLICE("time")) ? DIMENSION_TIME : DIMENSION_OTHER;
	case EXPR_REF:
		return DIMENSION_TAG;
	case EXPR_WILDCARD:
		return DIMENSION_WILDCARD;
	case EXPR_REGEX:
		return DIMENSION_REGEX;
	default:
		return DIMENSION_OTHER;
	}
}

/*
 * dimension = "time" "(" ( duration [ "," offset ] | calendar ) ")" | ident [ "::" "tag" ] | "*"
 *           | regex .
 * calendar = int ( "mo" | "y" ) { int ( "mo" | "y" ) } . - weir's own
 * Any expression is read; what does not fit is an error of the statement, not of its syntax.
 */
static int
parse_dimension(struct parser *p, struct dimension *d)
{
	struct slice pattern;
	bool found;

	if (influxql_parser_regex(p, &pattern, &found) != 0)
		return -1;
	if (found) {
		d->expr = influxql_new_expr(p->arena, EXPR_REGEX);
		d->expr->regex = pattern;
	} else {
		p->in_group_by = true;
		d->expr = influxql_parse_expr(p);
		p->in_group_by = false;
		if (d->expr == NULL)
			return -1;
	}
	d->kind = dimension_kind(d->expr);
	return 0;
}

/* group_by = "GROUP" "BY" dimension { "," dimension } . */
int
influxql_parse_group_by(struct parser *p, struct dimension **dimensions, size_t *n)
{
	size_t cap = 0;

	*n = 0;
	*dimensions = NULL;
	if (!influxql_parser_accept(p, TOKEN_GROUP))
		return 0;
	if (influxql_parser_keyword(p, TOKEN_BY) != 0)
		return -1;
	do {
		if (*n == cap) {
			size_t new_cap = cap == 0 ? 2 : 4 * cap;

			*dimensions = arena_grow(p->arena, *dimensions, cap, new_cap);
			cap = new_cap;
		}
		if (parse_dimension(p, &(*dimensions)[*n]) != 0)
			return -1;
		++*n;
	} while (influxql_parser_accept(p, TOKEN_COMMA));
	return 0;
}

static int
fail_order(struct parser *p)
{
	return influxql_parser_fail(p, "only ORDER BY time supported at this time");
}

static void
accept_direction(struct parser *p, bool *descending)
{
	*descending = influxql_parser_accept(p, TOKEN_DESC);
	if (!*descending)
		influxql_parser_accept(p, TOKEN_ASC);
}

/*
 * order_by = "ORDER" "BY" ( [ "time" ] [ "ASC" | "DESC" ] ) .
 * More names are read, only to say that there must not be any.
 */
int
influxql_parse_order_by(struct parser *p, bool *has_order, bool *descending)
{
	struct token token;
	struct slice name;
	bool unused;

	*has_order = influxql_parser_accept(p, TOKEN_ORDER);
	*descending = false;
	if (!*has_order)
		return 0;
	if (influxql_parser_keyword(p, TOKEN_BY) != 0)
		return -1;
	token = influxql_parser_next(p);
	if (token.kind == TOKEN_IDENT) {
		accept_direction(p, descending);
		if (!slice_eq(token.text, SLICE("time")))
			return fail_order(p);
	} else if (token.kind == TOKEN_DESC) {
		*descending = true;
	} else if (token.kind != TOKEN_ASC) {
		return influxql_parser_found(p, &token, "identifier, ASC, DESC");
	}
	if (!influxql_parser_accept(p, TOKEN_COMMA))
		return 0;
	do {
		if (influxql_parser_ident(p, &name) != 0)
			return -1;
		accept_direction(p, &unused);
	} while (influxql_parser_accept(p, TOKEN_COMMA));
	return fail_order(p);
}

/*
 * limit = "LIMIT" int .
 * offset_clause = "OFFSET" int .
 * slimit = "SLIMIT" int .
 * soffset = "SOFFSET" int .
 *
 * A number that does not fit is as great as can be.
 */
int
influxql_parse_count(struct parser *p, enum token_kind keyword, int64_t *value)
{
	struct token token;
	uint64_t u;

	*value = 0;
	if (!influxql_parser_accept(p, keyword))
		return 0;
	if (influxql_parser_expect(p, TOKEN_INTEGER, "integer", &token) != 0)
		return -1;
	if (token.text.p[0] == '-')		/* of a bound parameter */
		return influxql_parser_fail_at(p, token.at, "%s must be >= 0",
		    influxql_token_name(keyword));
	if (slice_to_u64(token.text, &u) != 0 || u > INT64_MAX)
		u = INT64_MAX;
	*value = (int64_t)u;
	return 0;
}
