/*
 * influxql/parser.c - from a query text to its statements
 *
 * Here: the tokens as the productions want them, the messages, and the first words of a statement,
 * which choose the function that reads the rest. Messages list what was expected in the order of
 * the table, as InfluxDB 1.x does.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "influxql/influxql_priv.h"

#define FOUND_MAX 200		/* bytes of a token shown in a message */

/* ---- messages ---- */

int
influxql_parser_fail(struct parser *p, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(p->err, ERR_SYNTAX, "error parsing query: %s", text);
}

int
influxql_parser_fail_at(struct parser *p, struct position at, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return influxql_parser_fail(p, "%.*s at line %u, char %u", ERR_TEXT_MAX - 100, text,
	    at.line + 1, at.column + 1);
}

int
influxql_parser_found(struct parser *p, const struct token *token, const char *expected)
{
	struct slice text = token->text.n == 0 ? slice_from(influxql_token_name(token->kind)) :
	    p->secret ? SLICE("[REDACTED]") : token->text;
	struct slice cut = utf8_cut(text, FOUND_MAX);

	return influxql_parser_fail_at(p, token->at, "found " SLICE_FMT "%s, expected %s",
	    SLICE_ARG(cut), cut.n < text.n ? "..." : "", expected);
}

int
influxql_parser_enter(struct parser *p)
{
	if (p->depth >= INFLUXQL_DEPTH_MAX)
		return influxql_parser_fail_at(p, p->lexer.last, "nested deeper than %d levels",
		    INFLUXQL_DEPTH_MAX);
	p->depth++;
	return 0;
}

void
influxql_parser_leave(struct parser *p)
{
	p->depth--;
}

struct expr *
influxql_parser_node(struct parser *p, enum expr_kind kind, struct position at)
{
	struct expr *e = influxql_new_expr(p->arena, kind);

	e->at = at;
	return e;
}

/* ---- tokens ---- */

static int
by_name(const void *name, const void *param)
{
	return slice_cmp(*(const struct slice *)name, ((const struct influxql_param *)param)->name);
}

/* A text may have a hundred thousand of them, and name each. */
static const struct influxql_param *
find_param(const struct parser *p, struct slice name)
{
	if (p->params == NULL || p->params->n == 0)
		return NULL;
	return bsearch(&name, p->params->list, p->params->n, sizeof(*p->params->list), by_name);
}

/* Turns a TOKEN_PARAM into the token it stands for; one that stands for none is left as it is. */
static void
substitute(struct parser *p, struct token *token)
{
	const struct influxql_param *param = find_param(p, slice_make(token->text.p + 1,
	    token->text.n - 1));

	if (param == NULL || param->kind == PARAM_BAD)
		return;
	token->text = param->text;
	switch (param->kind) {
	case PARAM_STRING:
		token->kind = TOKEN_STRING;
		break;
	case PARAM_FLOAT:
		token->kind = TOKEN_NUMBER;
		break;
	case PARAM_INTEGER:
		token->kind = TOKEN_INTEGER;
		break;
	case PARAM_BOOLEAN:
		token->kind = slice_eq_nocase(param->text, SLICE("true")) ? TOKEN_TRUE : TOKEN_FALSE;
		break;
	case PARAM_DURATION:
		token->kind = TOKEN_DURATION_VALUE;
		break;
	case PARAM_IDENTIFIER:
		token->kind = TOKEN_IDENT;
		break;
	case PARAM_REGEX:
		token->kind = TOKEN_REGEX;
		break;
	case PARAM_BAD:
		break;
	}
}

struct token
influxql_parser_scan(struct parser *p)
{
	struct token token = influxql_lexer_token(&p->lexer, p->arena);

	if (token.kind == TOKEN_PARAM)
		substitute(p, &token);
	return token;
}

struct token
influxql_parser_next(struct parser *p)
{
	struct token token;

	do
		token = influxql_parser_scan(p);
	while (token.kind == TOKEN_BLANK || token.kind == TOKEN_COMMENT);
	return token;
}

void
influxql_parser_back(struct parser *p, const struct token *token)
{
	p->lexer = token->before;
}

bool
influxql_parser_accept(struct parser *p, enum token_kind kind)
{
	struct token token = influxql_parser_next(p);

	if (token.kind == kind)
		return true;
	influxql_parser_back(p, &token);
	return false;
}

int
influxql_parser_expect(struct parser *p, enum token_kind kind, const char *name, struct token *token)
{
	*token = influxql_parser_next(p);
	return token->kind == kind ? 0 : influxql_parser_found(p, token, name);
}

int
influxql_parser_keyword(struct parser *p, enum token_kind keyword)
{
	struct token token;

	return influxql_parser_expect(p, keyword, influxql_token_name(keyword), &token);
}

void
influxql_parser_skip_blanks(struct parser *p)
{
	struct token token = influxql_parser_next(p);

	influxql_parser_back(p, &token);
}

uint32_t
influxql_parser_peek(struct parser *p)
{
	uint32_t rune = influxql_lexer_peek(&p->lexer);

	if (rune == '\0')
		influxql_lexer_pass_end(&p->lexer);
	return rune;
}

int
influxql_parser_ident(struct parser *p, struct slice *name)
{
	struct token token;

	if (influxql_parser_expect(p, TOKEN_IDENT, "identifier", &token) != 0)
		return -1;
	*name = token.text;
	return 0;
}

int
influxql_parser_string(struct parser *p, struct slice *text)
{
	struct token token;

	if (influxql_parser_expect(p, TOKEN_STRING, "string", &token) != 0)
		return -1;
	*text = token.text;
	return 0;
}

/* -1 when the digits do not fit */
static int
to_int64(struct slice digits, int64_t *value)
{
	bool minus = digits.n > 0 && digits.p[0] == '-';
	uint64_t u;

	if (slice_to_u64(slice_make(digits.p + minus, digits.n - minus), &u) != 0 ||
	    u > (uint64_t)INT64_MAX + minus)
		return -1;
	*value = minus ? (int64_t)(0 - u) : (int64_t)u;
	return 0;
}

int
influxql_parser_int(struct parser *p, int64_t min, int64_t max, int64_t *value)
{
	struct token token;

	if (influxql_parser_expect(p, TOKEN_INTEGER, "integer", &token) != 0)
		return -1;
	if (to_int64(token.text, value) != 0)
		return influxql_parser_fail_at(p, token.at,
		    "strconv.ParseInt: parsing \"" SLICE_FMT "\": value out of range",
		    SLICE_ARG(utf8_cut(token.text, FOUND_MAX)));
	if (*value < min || *value > max)
		return influxql_parser_fail_at(p, token.at,
		    "invalid value %lld: must be %lld <= n <= %lld", (long long)*value,
		    (long long)min, (long long)max);
	return 0;
}

int
influxql_parser_duration(struct parser *p, int64_t *ns)
{
	struct token token = influxql_parser_next(p);
	struct err why;

	*ns = 0;
	if (token.kind == TOKEN_INF)
		return 0;
	if (token.kind != TOKEN_DURATION_VALUE)
		return influxql_parser_found(p, &token, "duration");
	if (influxql_parse_duration(token.text, ns, &why) != 0)
		return influxql_parser_fail_at(p, token.at, "%s", why.text);
	return 0;
}

int
influxql_parser_regex(struct parser *p, struct slice *pattern, bool *found)
{
	struct token token;
	struct err why;
	uint32_t rune;

	*found = false;
	influxql_parser_skip_blanks(p);
	rune = influxql_parser_peek(p);
	if (rune != '/' && rune != '$')
		return 0;
	token = influxql_lexer_regex(&p->lexer, p->arena);
	if (token.kind == TOKEN_PARAM)
		substitute(p, &token);
	if (token.kind == TOKEN_BAD_REGEX)
		return influxql_parser_fail_at(p, token.at, "bad regex: ");
	if (token.kind != TOKEN_REGEX) {
		influxql_parser_back(p, &token);
		return 0;
	}
	if (influxql_check_regex(token.text, &why) != 0)
		return influxql_parser_fail_at(p, token.at, "%s", why.text);
	*pattern = token.text;
	*found = true;
	return 0;
}

/* ---- statements ---- */

/*
 * A word that may come next, and what it leads to: more words, or a function that reads the rest.
 */
struct branch {
	enum token_kind	 word;
	const struct branch *next;		/* ends with a row of TOKEN_EOF */
	int		(*parse)(struct parser *p, struct statement *s);
	enum statement_kind kind;
	const char	*words;
};

#define END_OF_BRANCHES { .word = TOKEN_EOF }
#define BRANCHES(...) ((const struct branch[]){ __VA_ARGS__, END_OF_BRANCHES })

static int
parse_select_statement(struct parser *p, struct statement *s)
{
	s->select = influxql_parse_select(p, TARGET_MAY);
	if (s->select == NULL)
		return -1;
	if (s->select->has_into)
		s->words = "SELECT INTO";
	return 0;
}

/*
 * show = show_databases | show_policies | show_measurements | show_series | show_tag_keys
 *      | show_tag_values | show_field_keys | show_grants | show_module | show_words
 *      | "SHOW" ( "MEASUREMENT" | "TAG" "KEY" | "FIELD" "KEY" ) cardinality .
 */
static const struct branch show_branches[] = {
	{ TOKEN_CONTINUOUS, BRANCHES({ TOKEN_QUERIES, NULL, influxql_parse_refused_words,
	    STATEMENT_REFUSED, "SHOW CONTINUOUS QUERIES" }), NULL, 0, NULL },
	{ TOKEN_DATABASES, NULL, influxql_parse_show_databases, STATEMENT_SHOW_DATABASES,
	    "SHOW DATABASES" },
	{ TOKEN_DIAGNOSTICS, NULL, influxql_parse_refused_module, STATEMENT_REFUSED,
	    "SHOW DIAGNOSTICS" },
	{ TOKEN_FIELD, BRANCHES(
	    { TOKEN_KEY, NULL, influxql_parse_show_cardinality,
		STATEMENT_SHOW_FIELD_KEY_CARDINALITY, "SHOW FIELD KEY CARDINALITY" },
	    { TOKEN_KEYS, NULL, influxql_parse_show_field_keys, STATEMENT_SHOW_FIELD_KEYS,
		"SHOW FIELD KEYS" }), NULL, 0, NULL },
	{ TOKEN_GRANTS, BRANCHES({ TOKEN_FOR, NULL, influxql_parse_refused_name, STATEMENT_REFUSED,
	    "SHOW GRANTS" }), NULL, 0, NULL },
	{ TOKEN_MEASUREMENT, NULL, influxql_parse_show_cardinality,
	    STATEMENT_SHOW_MEASUREMENT_CARDINALITY, "SHOW MEASUREMENT CARDINALITY" },
	{ TOKEN_MEASUREMENTS, NULL, influxql_parse_show_measurements, STATEMENT_SHOW_MEASUREMENTS,
	    "SHOW MEASUREMENTS" },
	{ TOKEN_QUERIES, NULL, influxql_parse_refused_words, STATEMENT_REFUSED, "SHOW QUERIES" },
	{ TOKEN_RETENTION, BRANCHES({ TOKEN_POLICIES, NULL, influxql_parse_show_policies,
	    STATEMENT_SHOW_RETENTION_POLICIES, "SHOW RETENTION POLICIES" }), NULL, 0, NULL },
	{ TOKEN_SERIES, NULL, influxql_parse_show_series, STATEMENT_SHOW_SERIES, "SHOW SERIES" },
	{ TOKEN_SHARD, BRANCHES({ TOKEN_GROUPS, NULL, influxql_parse_refused_words,
	    STATEMENT_REFUSED, "SHOW SHARD GROUPS" }), NULL, 0, NULL },
	{ TOKEN_SHARDS, NULL, influxql_parse_refused_words, STATEMENT_REFUSED, "SHOW SHARDS" },
	{ TOKEN_STATS, NULL, influxql_parse_refused_module, STATEMENT_REFUSED, "SHOW STATS" },
	{ TOKEN_SUBSCRIPTIONS, NULL, influxql_parse_refused_words, STATEMENT_REFUSED,
	    "SHOW SUBSCRIPTIONS" },
	{ TOKEN_TAG, BRANCHES(
	    { TOKEN_KEY, NULL, influxql_parse_show_cardinality, STATEMENT_SHOW_TAG_KEY_CARDINALITY,
		"SHOW TAG KEY CARDINALITY" },
	    { TOKEN_KEYS, NULL, influxql_parse_show_tag_keys, STATEMENT_SHOW_TAG_KEYS,
		"SHOW TAG KEYS" },
	    { TOKEN_VALUES, NULL, influxql_parse_show_tag_values, STATEMENT_SHOW_TAG_VALUES,
		"SHOW TAG VALUES" }), NULL, 0, NULL },
	{ TOKEN_USERS, NULL, influxql_parse_refused_words, STATEMENT_REFUSED, "SHOW USERS" },
	END_OF_BRANCHES
};

static const struct branch create_branches[] = {
	{ TOKEN_CONTINUOUS, BRANCHES({ TOKEN_QUERY, NULL, influxql_parse_create_continuous,
	    STATEMENT_REFUSED, "CREATE CONTINUOUS QUERY" }), NULL, 0, NULL },
	{ TOKEN_DATABASE, NULL, influxql_parse_create_database, STATEMENT_CREATE_DATABASE,
	    "CREATE DATABASE" },
	{ TOKEN_USER, NULL, influxql_parse_create_user, STATEMENT_REFUSED, "CREATE USER" },
	{ TOKEN_RETENTION, BRANCHES({ TOKEN_POLICY, NULL, influxql_parse_create_policy,
	    STATEMENT_CREATE_RETENTION_POLICY, "CREATE RETENTION POLICY" }), NULL, 0, NULL },
	{ TOKEN_SUBSCRIPTION, NULL, influxql_parse_create_subscription, STATEMENT_REFUSED,
	    "CREATE SUBSCRIPTION" },
	END_OF_BRANCHES
};

/*
 * drop = drop_name | drop_policy | drop_series | drop_shard | drop_user | drop_continuous
 *      | drop_subscription .
 */
static const struct branch drop_branches[] = {
	{ TOKEN_CONTINUOUS, BRANCHES({ TOKEN_QUERY, NULL, influxql_parse_drop_on, STATEMENT_REFUSED,
	    "DROP CONTINUOUS QUERY" }), NULL, 0, NULL },
	{ TOKEN_DATABASE, NULL, influxql_parse_drop_name, STATEMENT_DROP_DATABASE, "DROP DATABASE" },
	{ TOKEN_MEASUREMENT, NULL, influxql_parse_drop_name, STATEMENT_DROP_MEASUREMENT,
	    "DROP MEASUREMENT" },
	{ TOKEN_RETENTION, BRANCHES({ TOKEN_POLICY, NULL, influxql_parse_drop_policy,
	    STATEMENT_DROP_RETENTION_POLICY, "DROP RETENTION POLICY" }), NULL, 0, NULL },
	{ TOKEN_SERIES, NULL, influxql_parse_delete, STATEMENT_DROP_SERIES, "DROP SERIES" },
	{ TOKEN_SHARD, NULL, influxql_parse_refused_number, STATEMENT_REFUSED, "DROP SHARD" },
	{ TOKEN_SUBSCRIPTION, NULL, influxql_parse_drop_on, STATEMENT_REFUSED, "DROP SUBSCRIPTION" },
	{ TOKEN_USER, NULL, influxql_parse_refused_name, STATEMENT_REFUSED, "DROP USER" },
	END_OF_BRANCHES
};

static const struct branch statement_branches[] = {
	{ TOKEN_SELECT, NULL, parse_select_statement, STATEMENT_SELECT, "SELECT" },
	{ TOKEN_DELETE, NULL, influxql_parse_delete, STATEMENT_DELETE, "DELETE" },
	{ TOKEN_SHOW, show_branches, NULL, 0, NULL },
	{ TOKEN_CREATE, create_branches, NULL, 0, NULL },
	{ TOKEN_DROP, drop_branches, NULL, 0, NULL },
	{ TOKEN_EXPLAIN, NULL, influxql_parse_explain, STATEMENT_EXPLAIN, "EXPLAIN" },
	{ TOKEN_GRANT, NULL, influxql_parse_grant, STATEMENT_REFUSED, "GRANT" },
	{ TOKEN_REVOKE, NULL, influxql_parse_grant, STATEMENT_REFUSED, "REVOKE" },
	{ TOKEN_ALTER, BRANCHES({ TOKEN_RETENTION, BRANCHES({ TOKEN_POLICY, NULL,
	    influxql_parse_alter_policy, STATEMENT_ALTER_RETENTION_POLICY,
	    "ALTER RETENTION POLICY" }), NULL, 0, NULL }), NULL, 0, NULL },
	{ TOKEN_SET, BRANCHES({ TOKEN_PASSWORD, BRANCHES({ TOKEN_FOR, NULL,
	    influxql_parse_set_password, STATEMENT_REFUSED, "SET PASSWORD" }), NULL, 0, NULL }),
	    NULL, 0, NULL },
	{ TOKEN_KILL, BRANCHES({ TOKEN_QUERY, NULL, influxql_parse_refused_number,
	    STATEMENT_REFUSED, "KILL QUERY" }), NULL, 0, NULL },
	END_OF_BRANCHES
};

static int
fail_branches(struct parser *p, const struct token *token, const struct branch *branches)
{
	char expected[ERR_TEXT_MAX / 2];
	size_t n = 0;

	for (const struct branch *b = branches; b->word != TOKEN_EOF; b++)
		n += (size_t)snprintf(expected + n, sizeof(expected) - n, "%s%s", n > 0 ? ", " : "",
		    influxql_token_name(b->word));
	return influxql_parser_found(p, token, expected);
}

/*
 * statement = select | show | delete | drop | explain | management .
 * management = create_database | create_policy | alter_policy | create_user | create_continuous
 *            | create_subscription | grant | revoke | set_password | kill_query .
 */
int
influxql_parse_statement(struct parser *p, struct statement *s)
{
	const struct branch *branches = statement_branches;

	for (;;) {
		struct token token = influxql_parser_next(p);
		const struct branch *b = branches;

		while (b->word != TOKEN_EOF && b->word != token.kind)
			b++;
		if (b->word == TOKEN_EOF)
			return fail_branches(p, &token, branches);
		if (b->next == NULL) {
			s->kind = b->kind;
			s->words = b->words;
			return b->parse(p, s);
		}
		branches = b->next;
	}
}

/* query = [ statement ] { ";" [ statement ] } . */
int
influxql_parse(struct slice text, const struct influxql_params *params, struct arena *arena,
    struct influxql_query **query, struct err *err)
{
	struct parser parser = { .lexer = { .text = slice_trim(text) }, .params = params, .arena = arena,
	    .err = err };
	struct influxql_query *q = arena_zalloc(arena, sizeof(*q));
	size_t cap = 0;
	bool separated = true;

	if (text.n > INFLUXQL_TEXT_MAX)
		return influxql_parser_fail(&parser, "the text is longer than %d bytes",
		    INFLUXQL_TEXT_MAX);
	if (!utf8_valid(text) || (text.n > 0 && memchr(text.p, '\0', text.n) != NULL))
		return influxql_parser_fail(&parser, "the text is not UTF-8, or holds a NUL");
	for (;;) {
		struct token token = influxql_parser_next(&parser);

		if (token.kind == TOKEN_EOF)
			break;
		if (token.kind == TOKEN_SEMICOLON) {
			separated = true;
			continue;
		}
		if (!separated)
			return influxql_parser_found(&parser, &token, ";");
		separated = false;
		influxql_parser_back(&parser, &token);
		if (q->n_statements == cap) {
			size_t new_cap = cap == 0 ? 4 : 2 * cap;

			q->statements = arena_grow(arena, q->statements, cap, new_cap);
			cap = new_cap;
		}
		q->statements[q->n_statements] = (struct statement){ 0 };
		if (influxql_parse_statement(&parser, &q->statements[q->n_statements]) != 0)
			return -1;
		q->n_statements++;
	}
	*query = q;
	return 0;
}
