/*
 * influxql/lexer.c - query text to tokens
 *
 * One token at a time, and only when the parser asks: a slash opens a regular expression where the
 * parser wants one, and is a division elsewhere. A carriage return, alone or before a line feed,
 * counts as a line feed. The text is UTF-8 without a NUL: the character 0 is its end.
 */
#include "base/utf8.h"
#include "influxql/token.h"

#define RUNE_END 0

static uint32_t
look(const struct lexer *lexer, size_t *n_bytes)
{
	struct slice rest;
	uint32_t rune;

	*n_bytes = 0;
	if (lexer->i == lexer->text.n)
		return RUNE_END;
	rest = slice_make(lexer->text.p + lexer->i, lexer->text.n - lexer->i);
	if (rest.p[0] == '\r') {
		*n_bytes = rest.n > 1 && rest.p[1] == '\n' ? 2 : 1;
		return '\n';
	}
	*n_bytes = utf8_next(rest, &rune);
	return rune;
}

uint32_t
influxql_lexer_peek(const struct lexer *lexer)
{
	size_t n;

	return look(lexer, &n);
}

static uint32_t
take(struct lexer *lexer)
{
	size_t n;
	uint32_t rune = look(lexer, &n);

	lexer->i += n;
	lexer->last = lexer->next;
	if (rune == '\n') {
		lexer->next.line++;
		lexer->next.column = 0;
	} else if (!lexer->ended) {
		lexer->next.column++;
	}
	if (rune == RUNE_END)
		lexer->ended = true;
	return rune;
}

void
influxql_lexer_pass_end(struct lexer *lexer)
{
	take(lexer);
}

static bool
take_if(struct lexer *lexer, uint32_t rune)
{
	if (influxql_lexer_peek(lexer) != rune)
		return false;
	take(lexer);
	return true;
}

static bool
is_blank(uint32_t rune)
{
	return rune == ' ' || rune == '\t' || rune == '\n';
}

static bool
is_digit(uint32_t rune)
{
	return rune >= '0' && rune <= '9';
}

static bool
is_letter(uint32_t rune)
{
	return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
}

static bool
is_unit(uint32_t rune)
{
	return is_letter(rune) || rune == 0xB5;		/* the micro sign */
}

static bool
is_name(uint32_t rune)
{
	return is_letter(rune) || is_digit(rune) || rune == '_';
}

/* Takes characters while they are of a class; the end, when met, is read past. */
static void
take_past(struct lexer *lexer, bool (*class)(uint32_t rune))
{
	while (class(influxql_lexer_peek(lexer)))
		take(lexer);
	if (influxql_lexer_peek(lexer) == RUNE_END)
		take(lexer);
}

static void
take_while(struct lexer *lexer, bool (*class)(uint32_t rune))
{
	while (class(influxql_lexer_peek(lexer)))
		take(lexer);
}

static struct slice
since(const struct lexer *lexer, const struct lexer *start)
{
	return slice_make(start->text.p + start->i, lexer->i - start->i);
}

/* digits [ "." { digit } ] | "." digits, or digits and letters: a duration */
static void
lex_number(struct lexer *lexer, struct token *token)
{
	struct lexer start = *lexer;

	take_while(lexer, is_digit);
	if (is_unit(influxql_lexer_peek(lexer))) {
		token->kind = TOKEN_DURATION_VALUE;
		while (is_unit(influxql_lexer_peek(lexer)) || is_digit(influxql_lexer_peek(lexer)))
			take(lexer);
		token->text = since(lexer, &start);
		return;
	}
	token->text = since(lexer, &start);
	token->kind = TOKEN_INTEGER;
	if (!take_if(lexer, '.'))
		return;
	token->kind = TOKEN_NUMBER;
	if (is_digit(influxql_lexer_peek(lexer))) {
		take_while(lexer, is_digit);
		token->text = since(lexer, &start);
	}
}

/* The character that an escape stands for, or 0. */
static char
unescape(uint32_t rune)
{
	switch (rune) {
	case 'n':
		return '\n';
	case '\\':
	case '"':
	case '\'':
		return (char)rune;
	default:
		return 0;
	}
}

/* The text of a quoted piece whose escapes are known to be good. */
static struct slice
unescaped(struct slice raw, struct arena *arena)
{
	char *copy = arena_alloc(arena, raw.n);
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\')
			copy[n++] = unescape((unsigned char)raw.p[++i]);
		else
			copy[n++] = raw.p[i];
	}
	return slice_make(copy, n);
}

/* Takes what stands between quotes, on one line. */
static void
lex_quoted(struct lexer *lexer, struct token *token, struct arena *arena)
{
	uint32_t quote = take(lexer);
	struct lexer start = *lexer;
	bool escapes = false;

	for (;;) {
		struct lexer here = *lexer;
		uint32_t rune = take(lexer);

		if (rune == quote || rune == RUNE_END || rune == '\n') {
			token->kind = rune == quote ? TOKEN_STRING : TOKEN_BAD_STRING;
			token->text = since(&here, &start);
			if (escapes)
				token->text = unescaped(token->text, arena);
			return;
		}
		if (rune == '\\') {
			escapes = true;
			if (unescape(take(lexer)) == 0) {
				token->kind = TOKEN_BAD_ESCAPE;
				token->at = lexer->last;
				token->text = since(lexer, &here);
				return;
			}
		}
	}
}

static void
lex_name(struct lexer *lexer, struct token *token)
{
	struct lexer start = *lexer;

	take_past(lexer, is_name);
	token->text = since(lexer, &start);
	token->kind = influxql_token_keyword(token->text);
	if (token->kind != TOKEN_IDENT)
		token->text = slice_make(NULL, 0);
}

/* "$" ( name | quoted name ) */
static void
lex_param(struct lexer *lexer, struct token *token, struct arena *arena)
{
	struct lexer start = *lexer;

	token->kind = TOKEN_PARAM;
	take(lexer);
	if (influxql_lexer_peek(lexer) != '"') {
		take_past(lexer, is_name);
		token->text = since(lexer, &start);
		return;
	}
	lex_quoted(lexer, token, arena);
	if (token->kind == TOKEN_STRING) {
		token->kind = TOKEN_PARAM;
		token->text = arena_printf(arena, "$" SLICE_FMT, SLICE_ARG(token->text));
	}
}

static void
skip_line(struct lexer *lexer)
{
	uint32_t rune;

	do
		rune = take(lexer);
	while (rune != '\n' && rune != RUNE_END);
}

static bool
skip_block(struct lexer *lexer)
{
	for (;;) {
		uint32_t rune = take(lexer);

		while (rune == '*') {
			rune = take(lexer);
			if (rune == '/')
				return true;
		}
		if (rune == RUNE_END)
			return false;
	}
}

static enum token_kind
lex_operator(struct lexer *lexer)
{
	switch (take(lexer)) {
	case '+':
		return TOKEN_ADD;
	case '*':
		return TOKEN_MUL;
	case '%':
		return TOKEN_MOD;
	case '&':
		return TOKEN_BIT_AND;
	case '|':
		return TOKEN_BIT_OR;
	case '^':
		return TOKEN_BIT_XOR;
	case '(':
		return TOKEN_LPAREN;
	case ')':
		return TOKEN_RPAREN;
	case ',':
		return TOKEN_COMMA;
	case ';':
		return TOKEN_SEMICOLON;
	case '.':
		return TOKEN_DOT;
	case '-':
		if (!take_if(lexer, '-'))
			return TOKEN_SUB;
		skip_line(lexer);
		return TOKEN_COMMENT;
	case '/':
		if (!take_if(lexer, '*'))
			return TOKEN_DIV;
		return skip_block(lexer) ? TOKEN_COMMENT : TOKEN_ILLEGAL;
	case '=':
		return take_if(lexer, '~') ? TOKEN_EQ_REGEX : TOKEN_EQ;
	case '!':
		if (take_if(lexer, '='))
			return TOKEN_NEQ;
		return take_if(lexer, '~') ? TOKEN_NEQ_REGEX : TOKEN_ILLEGAL;
	case '>':
		return take_if(lexer, '=') ? TOKEN_GTE : TOKEN_GT;
	case '<':
		if (take_if(lexer, '='))
			return TOKEN_LTE;
		return take_if(lexer, '>') ? TOKEN_NEQ : TOKEN_LT;
	case ':':
		return take_if(lexer, ':') ? TOKEN_DOUBLE_COLON : TOKEN_COLON;
	default:
		return TOKEN_ILLEGAL;
	}
}

/*
 * Looking at the character behind an operator reads past the end in InfluxDB's reader without the
 * end counting twice, so that needs nothing here; a name, a blank and a line comment do count it.
 */
struct token
influxql_lexer_token(struct lexer *lexer, struct arena *arena)
{
	struct token token = { .at = lexer->next, .before = *lexer };
	uint32_t rune = influxql_lexer_peek(lexer);
	struct lexer behind = *lexer;

	take(&behind);
	if (rune == RUNE_END) {
		token.kind = TOKEN_EOF;
		take(lexer);
	} else if (is_blank(rune)) {
		token.kind = TOKEN_BLANK;
		take_past(lexer, is_blank);
		token.text = since(lexer, &token.before);
	} else if (is_letter(rune) || rune == '_') {
		lex_name(lexer, &token);
	} else if (is_digit(rune) || (rune == '.' && is_digit(influxql_lexer_peek(&behind)))) {
		lex_number(lexer, &token);
	} else if (rune == '"') {
		lex_quoted(lexer, &token, arena);
		if (token.kind == TOKEN_STRING)
			token.kind = TOKEN_IDENT;
		else if (token.kind == TOKEN_BAD_STRING)
			token.at = token.before.last;
	} else if (rune == '\'') {
		lex_quoted(lexer, &token, arena);
		if (token.kind != TOKEN_BAD_ESCAPE)
			token.at = token.before.last;
	} else if (rune == '$') {
		lex_param(lexer, &token, arena);
	} else {
		token.kind = lex_operator(lexer);
		if (token.kind == TOKEN_ILLEGAL && rune != '/')
			token.text = since(&behind, &token.before);
	}
	return token;
}

/*
 * "/" { character | "\/" } "/" - on one line. Any other backslash stays in the pattern, and so does
 * the first of two, of which the second still guards a slash.
 */
struct token
influxql_lexer_regex(struct lexer *lexer, struct arena *arena)
{
	struct token token = { .at = lexer->last, .before = *lexer };
	struct lexer start;
	bool escapes = false;

	if (influxql_lexer_peek(lexer) != '/')
		return influxql_lexer_token(lexer, arena);
	take(lexer);
	start = *lexer;
	for (;;) {
		struct lexer here = *lexer;
		uint32_t rune = take(lexer);

		if (rune == '/' || rune == RUNE_END || rune == '\n') {
			token.kind = rune == '/' ? TOKEN_REGEX : TOKEN_BAD_REGEX;
			token.text = rune == '/' ? since(&here, &start) : slice_make(NULL, 0);
			break;
		}
		if (rune == '\\' && take_if(lexer, '/'))
			escapes = true;
	}
	if (escapes) {
		char *copy = arena_alloc(arena, token.text.n);
		size_t n = 0;

		for (size_t i = 0; i < token.text.n; i++) {
			if (token.text.p[i] == '\\' && i + 1 < token.text.n && token.text.p[i + 1] == '/')
				continue;
			copy[n++] = token.text.p[i];
		}
		token.text = slice_make(copy, n);
	}
	return token;
}
