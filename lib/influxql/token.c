/*
 * influxql/token.c - the kinds of tokens and their names
 */
#include "influxql/token.h"

static const char *const token_names[TOKEN_N_KINDS] = {
	[TOKEN_EOF] = "EOF",
	[TOKEN_ILLEGAL] = "ILLEGAL",
	[TOKEN_BLANK] = "WS",
	[TOKEN_COMMENT] = "COMMENT",
	[TOKEN_IDENT] = "IDENT",
	[TOKEN_PARAM] = "BOUNDPARAM",
	[TOKEN_NUMBER] = "NUMBER",
	[TOKEN_INTEGER] = "INTEGER",
	[TOKEN_DURATION_VALUE] = "DURATIONVAL",
	[TOKEN_STRING] = "STRING",
	[TOKEN_BAD_STRING] = "BADSTRING",
	[TOKEN_BAD_ESCAPE] = "BADESCAPE",
	[TOKEN_REGEX] = "REGEX",
	[TOKEN_BAD_REGEX] = "BADREGEX",
	[TOKEN_ADD] = "+",
	[TOKEN_SUB] = "-",
	[TOKEN_MUL] = "*",
	[TOKEN_DIV] = "/",
	[TOKEN_MOD] = "%",
	[TOKEN_BIT_AND] = "&",
	[TOKEN_BIT_OR] = "|",
	[TOKEN_BIT_XOR] = "^",
	[TOKEN_EQ] = "=",
	[TOKEN_NEQ] = "!=",
	[TOKEN_EQ_REGEX] = "=~",
	[TOKEN_NEQ_REGEX] = "!~",
	[TOKEN_LT] = "<",
	[TOKEN_LTE] = "<=",
	[TOKEN_GT] = ">",
	[TOKEN_GTE] = ">=",
	[TOKEN_LPAREN] = "(",
	[TOKEN_RPAREN] = ")",
	[TOKEN_COMMA] = ",",
	[TOKEN_COLON] = ":",
	[TOKEN_DOUBLE_COLON] = "::",
	[TOKEN_SEMICOLON] = ";",
	[TOKEN_DOT] = ".",
#define KEYWORD_ROW(token, text) [token] = text,
#include "influxql/keywords.h"
#undef KEYWORD_ROW
};

const char *
influxql_token_name(enum token_kind kind)
{
	return token_names[kind];
}

enum token_kind
influxql_token_keyword(struct slice name)
{
	static const struct {
		enum token_kind	 kind;
		struct slice	 text;
	} rows[] = {
#define KEYWORD_ROW(token, text) { token, { text, sizeof(text) - 1 } },
#include "influxql/keywords.h"
#undef KEYWORD_ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].text.n == name.n && slice_eq_nocase(rows[i].text, name))
			return rows[i].kind;
	return TOKEN_IDENT;
}

bool
influxql_token_plain(struct slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		    (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return name.n > 0 && influxql_token_keyword(name) == TOKEN_IDENT;
}
