/*
 * influxql/parse_show.c - the SHOW statements that are answered
 *
 * They are lists of the same clauses, each with its own choice; the parser takes the clauses of one
 * statement in their only order and leaves what does not belong to it for the caller to refuse.
 */
#include "influxql/influxql_priv.h"

static struct show *
new_show(struct parser *p, struct statement *s)
{
	s->show = arena_zalloc(p->arena, sizeof(*s->show));
	return s->show;
}

/* on = "ON" ident . */
static int
parse_on(struct parser *p, struct show *show)
{
	if (!influxql_parser_accept(p, TOKEN_ON))
		return 0;
	return influxql_parser_ident(p, &show->database);
}

static int
parse_from(struct parser *p, struct show *show)
{
	if (!influxql_parser_accept(p, TOKEN_FROM))
		return 0;
	return influxql_parse_sources(p, false, &show->sources, &show->n_sources);
}

/* paging = [ order_by ] [ limit ] [ offset_clause ] . */
static int
parse_paging(struct parser *p, struct show *show)
{
	if (influxql_parse_order_by(p, &show->has_order, &show->descending) != 0 ||
	    influxql_parse_count(p, TOKEN_LIMIT, &show->limit) != 0)
		return -1;
	return influxql_parse_count(p, TOKEN_OFFSET, &show->offset);
}

static int
parse_key_regex(struct parser *p, struct show *show)
{
	bool found;

	if (influxql_parser_regex(p, &show->with_regex, &found) != 0)
		return -1;
	if (!found) {
		struct token token = influxql_parser_next(p);

		return influxql_parser_found(p, &token, "regex");
	}
	return 0;
}

static int
parse_key_list(struct parser *p, struct show *show)
{
	struct token token;
	size_t cap = 0;

	if (influxql_parser_expect(p, TOKEN_LPAREN, "(", &token) != 0)
		return -1;
	show->with_op = OP_EQ;
	show->with_in = true;
	do {
		if (show->n_with_keys == cap) {
			size_t new_cap = cap == 0 ? 4 : 4 * cap;

			show->with_keys = arena_grow(p->arena, show->with_keys, cap, new_cap);
			cap = new_cap;
		}
		if (influxql_parser_ident(p, &show->with_keys[show->n_with_keys]) != 0)
			return -1;
		show->n_with_keys++;
	} while (influxql_parser_accept(p, TOKEN_COMMA));
	return influxql_parser_expect(p, TOKEN_RPAREN, ")", &token);
}

/*
 * with_key = "WITH" "KEY" ( ( "=" | "!=" ) ident | ( "=~" | "!~" ) regex
 *          | "IN" "(" ident { "," ident } ")" ) .
 */
static int
parse_with_key(struct parser *p, struct show *show)
{
	struct token token;

	if (influxql_parser_keyword(p, TOKEN_WITH) != 0 || influxql_parser_keyword(p, TOKEN_KEY) != 0)
		return -1;
	token = influxql_parser_next(p);
	if (token.kind == TOKEN_IN)
		return parse_key_list(p, show);
	show->with_op = influxql_op_of_token(token.kind);
	switch (show->with_op) {
	case OP_EQ_REGEX:
	case OP_NEQ_REGEX:
		return parse_key_regex(p, show);
	case OP_EQ:
	case OP_NEQ:
		show->with_keys = arena_array(p->arena, struct slice, 1);
		show->n_with_keys = 1;
		return influxql_parser_ident(p, &show->with_keys[0]);
	default:
		return influxql_parser_found(p, &token, "IN, =, =~");
	}
}

/* show_databases = "SHOW" "DATABASES" . */
int
influxql_parse_show_databases(struct parser *p, struct statement *s)
{
	new_show(p, s);
	return 0;
}

/* show_policies = "SHOW" "RETENTION" "POLICIES" [ on ] . */
int
influxql_parse_show_policies(struct parser *p, struct statement *s)
{
	return parse_on(p, new_show(p, s));
}

/*
 * show_measurements = "SHOW" "MEASUREMENTS" [ on ]
 *                     [ "WITH" "MEASUREMENT" ( "=" | "=~" ) measurement ] [ where ] paging .
 */
int
influxql_parse_show_measurements(struct parser *p, struct statement *s)
{
	struct show *show = new_show(p, s);
	struct source source;
	struct token token;

	if (parse_on(p, show) != 0)
		return -1;
	if (influxql_parser_accept(p, TOKEN_WITH)) {
		if (influxql_parser_keyword(p, TOKEN_MEASUREMENT) != 0)
			return -1;
		token = influxql_parser_next(p);
		if (token.kind != TOKEN_EQ && token.kind != TOKEN_EQ_REGEX)
			return influxql_parser_found(p, &token, "=, =~");
		if (influxql_parse_source(p, false, &source) != 0)
			return -1;
		show->with_measurement = source.measurement;
		show->with_op = source.measurement.is_regex ? OP_EQ_REGEX : OP_EQ;
	}
	if (influxql_parse_where(p, &show->where) != 0)
		return -1;
	return parse_paging(p, show);
}

/*
 * show_series = "SHOW" "SERIES" ( [ "EXACT" ] [ on ] [ from ] [ where ] paging | cardinality ) .
 * EXACT alone says nothing, and 1.x lets it pass.
 */
int
influxql_parse_show_series(struct parser *p, struct statement *s)
{
	struct lexer start = p->lexer;
	struct show *show;

	influxql_parser_accept(p, TOKEN_EXACT);
	if (influxql_parser_accept(p, TOKEN_CARDINALITY)) {
		p->lexer = start;
		s->kind = STATEMENT_SHOW_SERIES_CARDINALITY;
		s->words = "SHOW SERIES CARDINALITY";
		return influxql_parse_show_cardinality(p, s);
	}
	show = new_show(p, s);
	if (parse_on(p, show) != 0 || parse_from(p, show) != 0 ||
	    influxql_parse_where(p, &show->where) != 0)
		return -1;
	return parse_paging(p, show);
}

/* show_tag_keys = "SHOW" "TAG" "KEYS" [ on ] [ from ] [ where ] paging [ slimit ] [ soffset ] . */
int
influxql_parse_show_tag_keys(struct parser *p, struct statement *s)
{
	struct show *show = new_show(p, s);

	if (parse_on(p, show) != 0 || parse_from(p, show) != 0 ||
	    influxql_parse_where(p, &show->where) != 0 || parse_paging(p, show) != 0 ||
	    influxql_parse_count(p, TOKEN_SLIMIT, &show->slimit) != 0)
		return -1;
	return influxql_parse_count(p, TOKEN_SOFFSET, &show->soffset);
}

/* show_tag_values = "SHOW" "TAG" "VALUES" ( [ on ] [ from ] with_key [ where ] paging | cardinality ) . */
int
influxql_parse_show_tag_values(struct parser *p, struct statement *s)
{
	struct token token = influxql_parser_next(p);
	struct show *show;

	influxql_parser_back(p, &token);
	if (token.kind == TOKEN_EXACT || token.kind == TOKEN_CARDINALITY) {
		s->kind = STATEMENT_SHOW_TAG_VALUES_CARDINALITY;
		s->words = "SHOW TAG VALUES CARDINALITY";
		return influxql_parse_show_cardinality(p, s);
	}
	show = new_show(p, s);
	if (parse_on(p, show) != 0 || parse_from(p, show) != 0 || parse_with_key(p, show) != 0 ||
	    influxql_parse_where(p, &show->where) != 0)
		return -1;
	return parse_paging(p, show);
}

/* show_field_keys = "SHOW" "FIELD" "KEYS" [ on ] [ from ] paging . */
int
influxql_parse_show_field_keys(struct parser *p, struct statement *s)
{
	struct show *show = new_show(p, s);

	if (parse_on(p, show) != 0 || parse_from(p, show) != 0)
		return -1;
	return parse_paging(p, show);
}

/*
 * cardinality = [ "EXACT" ] "CARDINALITY" [ on ] [ from ] [ with_key ] [ where ] [ group_by ]
 *               [ limit ] [ offset_clause ] . - with_key: TAG VALUES alone, and always there
 */
int
influxql_parse_show_cardinality(struct parser *p, struct statement *s)
{
	struct show *show = new_show(p, s);
	struct token token = influxql_parser_next(p);

	show->exact = token.kind == TOKEN_EXACT;
	if (show->exact) {
		if (influxql_parser_keyword(p, TOKEN_CARDINALITY) != 0)
			return -1;
	} else if (token.kind != TOKEN_CARDINALITY) {
		return influxql_parser_found(p, &token, "EXACT, CARDINALITY");
	}
	if (parse_on(p, show) != 0 || parse_from(p, show) != 0)
		return -1;
	if (s->kind == STATEMENT_SHOW_TAG_VALUES_CARDINALITY && parse_with_key(p, show) != 0)
		return -1;
	if (influxql_parse_where(p, &show->where) != 0 ||
	    influxql_parse_group_by(p, &show->dimensions, &show->n_dimensions) != 0 ||
	    influxql_parse_count(p, TOKEN_LIMIT, &show->limit) != 0)
		return -1;
	return influxql_parse_count(p, TOKEN_OFFSET, &show->offset);
}
