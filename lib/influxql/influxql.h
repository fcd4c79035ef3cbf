/*
 * influxql/influxql.h - the door of the room: query text to statement tree, and back
 *
 * Pure: no input or output, no state. The parser is a recursive descent; its messages are those of
 * InfluxDB 1.x, character for character, because clients and people read them.
 */
#ifndef WEIR_INFLUXQL_INFLUXQL_H
#define WEIR_INFLUXQL_INFLUXQL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "influxql/ast.h"

#define INFLUXQL_TEXT_MAX	(1 << 20)	/* bytes of a query text */
#define INFLUXQL_DEPTH_MAX	64		/* parentheses, calls and subqueries inside one another */

/*
 * One bound parameter. It takes the place of `$name` as a token of its kind, wherever such a token
 * may stand.
 */
enum influxql_param_kind {
	PARAM_STRING,
	PARAM_FLOAT,		/* text: a decimal number, exponent allowed */
	PARAM_INTEGER,		/* text: decimal digits, a minus allowed */
	PARAM_BOOLEAN,		/* text: true or false */
	PARAM_DURATION,		/* text: 1h30m, or digits alone: ns */
	PARAM_IDENTIFIER,
	PARAM_REGEX,		/* text: RE2, without slashes */
	PARAM_BAD,		/* text: why it cannot stand for anything; an error where it is used */
};

struct influxql_param {
	struct slice	 name;		/* without the $ */
	enum influxql_param_kind kind;
	struct slice	 text;
};

struct influxql_params {
	const struct influxql_param *list;	/* in byte order of names */
	size_t		 n;
	/* Is there a time zone of this name? NULL: every name passes. The name has the shape of one
	   (letters, digits, + - _ and single slashes inside), so it is safe in a path. */
	bool		(*zone_exists)(void *arg, struct slice name);
	void		*zone_arg;
};

/*
 * influxql_parse - all statements of a query text
 *
 *   in     text     UTF-8 without NUL, at most INFLUXQL_TEXT_MAX bytes; the tree borrows from it. Positions
 *                   count from the first character that is no blank
 *          params   may be NULL: no parameters, every zone exists
 *          arena    owns the tree; parameters must live as long as it does
 *   out    *query   the statements in their order; none is no error here
 *   errs   ERR_SYNTAX  "error parsing query: ..." with line and char as 1.x words it. The first
 *                   one ends the reading: nothing of a text with a syntax error is to be run
 */
int	 influxql_parse(struct slice text, const struct influxql_params *params, struct arena *arena,
	     struct influxql_query **query, struct err *err);

/*
 * influxql_print_* - append the canonical text, as InfluxDB prints a tree: names quoted where they
 *     must be, floats with three decimals, durations in the greatest units that fit, a reference
 *     with its ::type when it has one. What is printed parses to an equal tree, but for floats of
 *     more than three decimals.
 */
void	 influxql_print_expr(struct buf *out, const struct expr *expr);
void	 influxql_print_measurement(struct buf *out, const struct measurement *m);
void	 influxql_print_select(struct buf *out, const struct select *select);
void	 influxql_print_statement(struct buf *out, const struct statement *statement);

/*
 * influxql_print_duration - 1h30m as InfluxQL prints it: 90m, 0s
 * influxql_print_calendar - a number of months: 3mo, 2y
 * influxql_print_go_duration - as Go prints one: 168h0m0s, 1m30s, 1.5ms, 0s
 * influxql_print_ident - a name, in double quotes unless it is a plain word and no keyword
 * influxql_print_string - in single quotes, with escapes
 */
void	 influxql_print_duration(struct buf *out, int64_t ns);
void	 influxql_print_calendar(struct buf *out, int64_t months);
void	 influxql_print_go_duration(struct buf *out, int64_t ns);
void	 influxql_print_ident(struct buf *out, struct slice name);
void	 influxql_print_string(struct buf *out, struct slice s);

/*
 * influxql_column_name - what heads the column of a field: its alias, else the name of a reference
 *     or of the outermost call, else the names in an arithmetic expression joined with _
 *     (duplicates are not numbered here); "" for a literal
 */
void	 influxql_column_name(struct buf *out, const struct select_field *field);

/*
 * influxql_node_name - a kind of node in error texts: "*influxql.StringLiteral"
 * influxql_op_text - "+", "=~", "AND"
 * influxql_cast_name - "float", "field", "tag"; "" for CAST_NONE
 */
const char *influxql_node_name(enum expr_kind kind);
const char *influxql_op_text(enum expr_op op);
const char *influxql_cast_name(enum expr_cast cast);

/*
 * influxql_new_expr - a zeroed node of a kind
 * influxql_new_ref, influxql_new_binary - the nodes that rewriting needs most
 * influxql_copy_expr - a deep copy; names and texts stay shared
 * influxql_walk - call `visit` for a node and, while it answers true, for all below it, left to right
 */
struct expr	*influxql_new_expr(struct arena *arena, enum expr_kind kind);
struct expr	*influxql_new_ref(struct arena *arena, struct slice name, enum expr_cast cast);
struct expr	*influxql_new_binary(struct arena *arena, enum expr_op op, struct expr *left,
		     struct expr *right);
struct expr	*influxql_copy_expr(struct arena *arena, const struct expr *expr);
void		 influxql_walk(struct expr *expr, bool (*visit)(void *arg, struct expr *expr), void *arg);

/*
 * influxql_check_regex - is this an RE2 pattern?
 *   errs   ERR_SYNTAX  "error parsing regexp: missing closing ]: `[`" and its like, Go's words
 *   The parser has asked this already for every regex of the tree.
 */
int	 influxql_check_regex(struct slice pattern, struct err *err);

/*
 * influxql_pcre_regex - an RE2 pattern that passed the check, in PCRE2's words
 *   out    *out     appended: compile it with PCRE2_UTF | PCRE2_DOLLAR_ENDONLY |
 *                   PCRE2_MATCH_INVALID_UTF, and not PCRE2_UCP: \d \w \s \b are ASCII, as in RE2
 */
void	 influxql_pcre_regex(struct buf *out, struct slice pattern);

#endif
