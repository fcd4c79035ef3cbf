/*
 * influxql/influxql_priv.h - what the files of the parser share
 *
 * A parser reads forward through a lexer that can be set back. Functions that read a production
 * return it, or NULL, or -1, once p->err is filled; then everybody above just returns.
 */
#ifndef WEIR_INFLUXQL_INFLUXQL_PRIV_H
#define WEIR_INFLUXQL_INFLUXQL_PRIV_H

#include "influxql/influxql.h"
#include "influxql/token.h"

struct parser {
	struct lexer	 lexer;
	const struct influxql_params *params;	/* or NULL */
	struct arena	*arena;
	struct err	*err;
	unsigned	 depth;			/* parentheses, calls, subqueries open now */
	bool		 in_group_by;		/* where 1mo and 1y are durations */
	bool		 secret;		/* PASSWORD was read: show no word of the text behind it */
};

/* ---- parser.c: tokens ---- */

/*
 * influxql_parser_scan - the next token, blank or not; a bound parameter as what it stands for
 * influxql_parser_next - the next one that is neither blank nor comment
 * influxql_parser_back - read `token`, and all after it, again
 * influxql_parser_accept - take the next token if it is of a kind
 * influxql_parser_expect - the next token must be of a kind; -1 says `name` was expected instead
 * influxql_parser_skip_blanks - what stands before a place where a regex may begin
 * influxql_parser_peek - the next character; looking at the end reads past it
 */
struct token	 influxql_parser_scan(struct parser *p);
struct token	 influxql_parser_next(struct parser *p);
void		 influxql_parser_back(struct parser *p, const struct token *token);
bool		 influxql_parser_accept(struct parser *p, enum token_kind kind);
int		 influxql_parser_expect(struct parser *p, enum token_kind kind, const char *name,
		     struct token *token);
int		 influxql_parser_keyword(struct parser *p, enum token_kind keyword);
void		 influxql_parser_skip_blanks(struct parser *p);
uint32_t	 influxql_parser_peek(struct parser *p);

/*
 * influxql_parser_ident, _string, _int, _duration - one token with a value
 *   in     min, max   of the integer; an INF as duration is 0
 */
int		 influxql_parser_ident(struct parser *p, struct slice *name);
int		 influxql_parser_string(struct parser *p, struct slice *text);
int		 influxql_parser_int(struct parser *p, int64_t min, int64_t max, int64_t *value);
int		 influxql_parser_duration(struct parser *p, int64_t *ns);

/*
 * influxql_parser_regex - a regex if one stands next, checked
 *   out    *found   false: nothing was taken but blanks
 */
int		 influxql_parser_regex(struct parser *p, struct slice *pattern, bool *found);

/*
 * influxql_parser_found - "found X, expected A, B at line L, char C"; returns -1
 * influxql_parser_fail_at - a message with a position; _fail - without one
 * influxql_parser_enter - one level deeper; -1 when that is too deep. influxql_parser_leave - back
 */
int		 influxql_parser_found(struct parser *p, const struct token *token,
		     const char *expected);
int		 influxql_parser_fail_at(struct parser *p, struct position at, const char *fmt, ...)
		     __attribute__((format(printf, 3, 4)));
int		 influxql_parser_fail(struct parser *p, const char *fmt, ...)
		     __attribute__((format(printf, 2, 3)));
int		 influxql_parser_enter(struct parser *p);
void		 influxql_parser_leave(struct parser *p);

/*
 * influxql_parser_node - a new expression that began at `at`
 */
struct expr	*influxql_parser_node(struct parser *p, enum expr_kind kind, struct position at);

/* ---- parse_expr.c ---- */

struct expr	*influxql_parse_expr(struct parser *p);

/* ---- parse_literal.c, parse_name.c ---- */

/*
 * influxql_parse_literal - what a token stands for; any other token is an error here
 * influxql_parse_ref - a reference, from its first name
 */
struct expr	*influxql_parse_literal(struct parser *p, const struct token *token);
struct expr	*influxql_parse_ref(struct parser *p, struct position at);

/*
 * influxql_parse_names - up to three names with dots between; in a..c the second is ""
 *   out    names[3], *n     more are an error
 *          *open            the text goes on behind a last dot with a `/` or `:`
 */
int		 influxql_parse_names(struct parser *p, struct slice names[3], size_t *n, bool *open);

/*
 * influxql_parse_duration - 1h30m as ns; -1 with *err when it is none, or overflows
 */
int		 influxql_parse_duration(struct slice text, int64_t *ns, struct err *err);

/*
 * influxql_parse_calendar - 1y6mo as months; false when the text is none, or they are too many
 */
bool		 influxql_parse_calendar(struct slice text, int64_t *months);

/* ---- parse_clause.c: what SELECT, SHOW and DELETE have in common ---- */

int		 influxql_parse_sources(struct parser *p, bool subqueries, struct source **sources,
		     size_t *n);
int		 influxql_parse_source(struct parser *p, bool subqueries, struct source *source);
int		 influxql_parse_where(struct parser *p, struct expr **where);
int		 influxql_parse_group_by(struct parser *p, struct dimension **dimensions, size_t *n);
int		 influxql_parse_order_by(struct parser *p, bool *has_order, bool *descending);
int		 influxql_parse_count(struct parser *p, enum token_kind keyword, int64_t *value);

/* ---- statements; each is called behind the words that chose it ---- */

enum select_target { TARGET_IGNORED, TARGET_MAY, TARGET_MUST };	/* INTO; a subquery's goes nowhere */

struct select	*influxql_parse_select(struct parser *p, enum select_target target);

int		 influxql_parse_statement(struct parser *p, struct statement *s);
int		 influxql_parse_explain(struct parser *p, struct statement *s);
int		 influxql_parse_delete(struct parser *p, struct statement *s);

int		 influxql_parse_show_databases(struct parser *p, struct statement *s);
int		 influxql_parse_show_policies(struct parser *p, struct statement *s);
int		 influxql_parse_show_measurements(struct parser *p, struct statement *s);
int		 influxql_parse_show_series(struct parser *p, struct statement *s);
int		 influxql_parse_show_tag_keys(struct parser *p, struct statement *s);
int		 influxql_parse_show_tag_values(struct parser *p, struct statement *s);
int		 influxql_parse_show_field_keys(struct parser *p, struct statement *s);
int		 influxql_parse_show_cardinality(struct parser *p, struct statement *s);

int		 influxql_parse_create_database(struct parser *p, struct statement *s);
int		 influxql_parse_create_policy(struct parser *p, struct statement *s);
int		 influxql_parse_alter_policy(struct parser *p, struct statement *s);
int		 influxql_parse_drop_name(struct parser *p, struct statement *s);
int		 influxql_parse_drop_policy(struct parser *p, struct statement *s);

int		 influxql_parse_refused_words(struct parser *p, struct statement *s);
int		 influxql_parse_refused_module(struct parser *p, struct statement *s);
int		 influxql_parse_refused_name(struct parser *p, struct statement *s);
int		 influxql_parse_refused_number(struct parser *p, struct statement *s);
int		 influxql_parse_drop_on(struct parser *p, struct statement *s);
int		 influxql_parse_create_user(struct parser *p, struct statement *s);
int		 influxql_parse_create_continuous(struct parser *p, struct statement *s);
int		 influxql_parse_create_subscription(struct parser *p, struct statement *s);
int		 influxql_parse_grant(struct parser *p, struct statement *s);
int		 influxql_parse_set_password(struct parser *p, struct statement *s);

/* ---- print.c: clauses, each with a space before it ---- */

void		 influxql_print_sources(struct buf *out, const struct source *sources, size_t n);
void		 influxql_print_where(struct buf *out, const struct expr *where);
void		 influxql_print_group_by(struct buf *out, const struct dimension *dimensions, size_t n);
void		 influxql_print_order_by(struct buf *out, bool has_order, bool descending);
void		 influxql_print_count(struct buf *out, const char *keyword, int64_t value);

/* ---- ast.c ---- */

int		 influxql_op_precedence(enum expr_op op);	/* 1 OR .. 5 *; 0 for none */
enum expr_op	 influxql_op_of_token(enum token_kind kind);	/* OP_NONE: no operator */

#endif
