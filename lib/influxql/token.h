/*
 * influxql/token.h - what the lexer makes of a query text
 *
 * Blanks and comments are tokens too: in a few places (before `::`, between a name and its opening
 * parenthesis) the grammar allows none, and clients see the message that follows from it.
 */
#ifndef WEIR_INFLUXQL_TOKEN_H
#define WEIR_INFLUXQL_TOKEN_H

#include "base/arena.h"
#include "influxql/ast.h"

enum token_kind {
	TOKEN_EOF,
	TOKEN_ILLEGAL,		/* text: the character; "" for a comment without an end */
	TOKEN_BLANK,		/* text: all of it */
	TOKEN_COMMENT,
	TOKEN_IDENT,		/* text: the name, unquoted */
	TOKEN_PARAM,		/* text: $name as written, name unquoted */
	TOKEN_NUMBER,		/* text: digits; of `2.` only "2" */
	TOKEN_INTEGER,
	TOKEN_DURATION_VALUE,	/* text: digits and letters; perhaps no duration at all */
	TOKEN_STRING,		/* text: without quotes and escapes */
	TOKEN_BAD_STRING,	/* text: what there is of it */
	TOKEN_BAD_ESCAPE,	/* text: the escape, \q */
	TOKEN_REGEX,		/* text: the pattern */
	TOKEN_BAD_REGEX,
	TOKEN_ADD, TOKEN_SUB, TOKEN_MUL, TOKEN_DIV, TOKEN_MOD,
	TOKEN_BIT_AND, TOKEN_BIT_OR, TOKEN_BIT_XOR,
	TOKEN_EQ, TOKEN_NEQ, TOKEN_EQ_REGEX, TOKEN_NEQ_REGEX,
	TOKEN_LT, TOKEN_LTE, TOKEN_GT, TOKEN_GTE,
	TOKEN_LPAREN, TOKEN_RPAREN, TOKEN_COMMA, TOKEN_COLON, TOKEN_DOUBLE_COLON, TOKEN_SEMICOLON,
	TOKEN_DOT,
#define KEYWORD_ROW(token, text) token,
#include "influxql/keywords.h"
#undef KEYWORD_ROW
	TOKEN_N_KINDS
};

/*
 * The whole state of reading, small enough to be copied: going back is assigning an old one.
 *
 * Positions are those of InfluxDB's reader, which shows in messages: it counts the end of the text
 * as one more character once something has read past it, and it places quoted strings and regular
 * expressions at the character before them.
 */
struct lexer {
	struct slice	 text;		/* UTF-8, without a NUL */
	size_t		 i;		/* byte of the next character */
	struct position	 next;		/* its position */
	struct position	 last;		/* of the character taken last */
	bool		 ended;		/* the end was read past */
};

struct token {
	enum token_kind	 kind;
	struct position	 at;
	struct slice	 text;		/* borrowed from the query or, with escapes, the arena */
	struct lexer	 before;	/* to read it again */
};

/*
 * influxql_lexer_token - the next token
 * influxql_lexer_regex - the next token, where a regular expression may stand: one when the next
 *     character is a slash, else the token as it is
 * influxql_lexer_peek - the next character without taking it; 0 at the end
 * influxql_lexer_pass_end - read past the end, as looking for a regular expression there does
 */
struct token	 influxql_lexer_token(struct lexer *lexer, struct arena *arena);
struct token	 influxql_lexer_regex(struct lexer *lexer, struct arena *arena);
uint32_t	 influxql_lexer_peek(const struct lexer *lexer);
void		 influxql_lexer_pass_end(struct lexer *lexer);

/*
 * influxql_token_name - a kind in messages: "EOF", "SELECT", "="
 * influxql_token_keyword - the keyword that a name is, in any case, or TOKEN_IDENT
 * influxql_token_plain - may the name stand without quotes?
 */
const char	*influxql_token_name(enum token_kind kind);
enum token_kind	 influxql_token_keyword(struct slice name);
bool		 influxql_token_plain(struct slice name);

#endif
