/*
 * influxql/parse_refused.c - statements that weir knows by name alone, and those about users
 *
 * Users, grants, subscriptions, continuous queries, shards, running queries: each is read to its end,
 * so that a mistake in it is told as InfluxDB tells it and so that the statements behind it are
 * found, and kept as its text. Those about users are run where a site allows it, so their words are
 * kept too. A password is in no text; and because one that was quoted wrongly goes on behind its
 * quotes, no message shows a word of what follows PASSWORD.
 */
#include "influxql/influxql_priv.h"

/* The text so far is in `text`, which lives in the parser's arena once it is finished here. */
static int
finish(struct parser *p, struct statement *s, struct buf *text, int result)
{
	s->refused.text = arena_copy(p->arena, buf_slice(text));
	buf_free(text);
	return result;
}

/* A name that `before` (a keyword or nothing) announces. */
static int
take_name(struct parser *p, struct buf *text, enum token_kind before, struct slice *name)
{
	if (before != TOKEN_EOF) {
		if (influxql_parser_keyword(p, before) != 0)
			return -1;
		buf_printf(text, " %s", influxql_token_name(before));
	}
	if (influxql_parser_ident(p, name) != 0)
		return -1;
	buf_putc(text, ' ');
	influxql_print_ident(text, *name);
	return 0;
}

static int
add_name(struct parser *p, struct buf *text, enum token_kind before)
{
	struct slice name;

	return take_name(p, text, before, &name);
}

/* show_words = "SHOW" ( "CONTINUOUS" "QUERIES" | "QUERIES" | "SHARD" "GROUPS" | "SHARDS"
 *            | "SUBSCRIPTIONS" | "USERS" ) . */
int
influxql_parse_refused_words(struct parser *p, struct statement *s)
{
	(void)p;
	s->refused.text = slice_from(s->words);
	if (slice_eq(s->refused.text, SLICE("SHOW USERS")))
		s->refused.user.verb = USER_SHOW;
	return 0;
}

/* show_module = "SHOW" ( "STATS" | "DIAGNOSTICS" ) [ "FOR" string ] . */
int
influxql_parse_refused_module(struct parser *p, struct statement *s)
{
	struct buf text = { 0 };
	struct slice module;

	buf_puts(&text, s->words);
	if (influxql_parser_accept(p, TOKEN_FOR)) {
		if (influxql_parser_string(p, &module) != 0)
			return finish(p, s, &text, -1);
		buf_puts(&text, " FOR ");
		influxql_print_string(&text, module);
	}
	return finish(p, s, &text, 0);
}

/*
 * show_grants = "SHOW" "GRANTS" "FOR" ident .
 * drop_user = "DROP" "USER" ident .
 */
int
influxql_parse_refused_name(struct parser *p, struct statement *s)
{
	struct user_words *user = &s->refused.user;
	struct buf text = { 0 };

	buf_puts(&text, s->words);
	user->verb = USER_DROP;
	if (slice_eq(slice_from(s->words), SLICE("SHOW GRANTS"))) {
		buf_puts(&text, " FOR");
		user->verb = USER_SHOW_GRANTS;
	}
	return finish(p, s, &text, take_name(p, &text, TOKEN_EOF, &user->name));
}

/*
 * drop_shard = "DROP" "SHARD" int .
 * kill_query = "KILL" "QUERY" int [ "ON" ident ] .
 */
int
influxql_parse_refused_number(struct parser *p, struct statement *s)
{
	struct buf text = { 0 };
	int64_t number;
	bool kill = slice_eq(slice_from(s->words), SLICE("KILL QUERY"));
	int result;

	if (influxql_parser_int(p, 0, INT64_MAX, &number) != 0)
		return -1;
	buf_printf(&text, "%s %lld", s->words, (long long)number);
	result = kill && influxql_parser_accept(p, TOKEN_ON) ? 1 : 0;
	if (result == 1) {
		buf_puts(&text, " ON");
		result = add_name(p, &text, TOKEN_EOF);
	}
	return finish(p, s, &text, result);
}

/* The second half of a policy's name. */
static int
parse_dotted(struct parser *p, struct buf *text)
{
	struct token dot = influxql_parser_scan(p);
	struct slice name;

	if (dot.kind != TOKEN_DOT)
		return influxql_parser_found(p, &dot, ".");
	if (influxql_parser_ident(p, &name) != 0)
		return -1;
	buf_putc(text, '.');
	influxql_print_ident(text, name);
	return 0;
}

/*
 * drop_continuous = "DROP" "CONTINUOUS" "QUERY" ident "ON" ident .
 * drop_subscription = "DROP" "SUBSCRIPTION" ident "ON" ident "." ident .
 */
int
influxql_parse_drop_on(struct parser *p, struct statement *s)
{
	struct buf text = { 0 };
	int result;

	buf_puts(&text, s->words);
	result = add_name(p, &text, TOKEN_EOF);
	if (result == 0)
		result = add_name(p, &text, TOKEN_ON);
	if (result == 0 && slice_eq(slice_from(s->words), SLICE("DROP SUBSCRIPTION")))
		result = parse_dotted(p, &text);
	return finish(p, s, &text, result);
}

static int
parse_password(struct parser *p, struct slice *password)
{
	p->secret = true;
	return influxql_parser_string(p, password);
}

/* create_user = "CREATE" "USER" ident "WITH" "PASSWORD" string [ "WITH" "ALL" "PRIVILEGES" ] . */
int
influxql_parse_create_user(struct parser *p, struct statement *s)
{
	struct user_words *user = &s->refused.user;
	struct buf text = { 0 };
	int result;

	user->verb = USER_CREATE;
	buf_puts(&text, s->words);
	result = take_name(p, &text, TOKEN_EOF, &user->name);
	if (result != 0 || influxql_parser_keyword(p, TOKEN_WITH) != 0 ||
	    influxql_parser_keyword(p, TOKEN_PASSWORD) != 0 ||
	    parse_password(p, &user->password) != 0)
		return finish(p, s, &text, -1);
	buf_puts(&text, " WITH PASSWORD [REDACTED]");
	user->all = influxql_parser_accept(p, TOKEN_WITH);
	if (user->all) {
		if (influxql_parser_keyword(p, TOKEN_ALL) != 0 ||
		    influxql_parser_keyword(p, TOKEN_PRIVILEGES) != 0)
			return finish(p, s, &text, -1);
		buf_puts(&text, " WITH ALL PRIVILEGES");
	}
	return finish(p, s, &text, 0);
}

/* set_password = "SET" "PASSWORD" "FOR" ident "=" string . */
int
influxql_parse_set_password(struct parser *p, struct statement *s)
{
	struct user_words *user = &s->refused.user;
	struct buf text = { 0 };
	struct token token;

	user->verb = USER_SET_PASSWORD;
	buf_puts(&text, "SET PASSWORD FOR");
	if (take_name(p, &text, TOKEN_EOF, &user->name) != 0 ||
	    influxql_parser_expect(p, TOKEN_EQ, "=", &token) != 0 ||
	    parse_password(p, &user->password) != 0)
		return finish(p, s, &text, -1);
	buf_puts(&text, " = [REDACTED]");
	return finish(p, s, &text, 0);
}

/*
 * grant = "GRANT" privilege "ON" ident "TO" ident | "GRANT" "ALL" [ "PRIVILEGES" ] "TO" ident .
 * revoke = "REVOKE" privilege "ON" ident "FROM" ident | "REVOKE" "ALL" [ "PRIVILEGES" ] "FROM" ident .
 * privilege = "READ" | "WRITE" | "ALL" [ "PRIVILEGES" ] .
 */
int
influxql_parse_grant(struct parser *p, struct statement *s)
{
	bool grant = slice_eq(slice_from(s->words), SLICE("GRANT"));
	struct user_words *user = &s->refused.user;
	enum token_kind to = grant ? TOKEN_TO : TOKEN_FROM;
	struct buf text = { 0 };
	struct token token = influxql_parser_next(p);
	bool all = token.kind == TOKEN_ALL;
	int result;

	if (!all && token.kind != TOKEN_READ && token.kind != TOKEN_WRITE)
		return influxql_parser_found(p, &token, "READ, WRITE, ALL [PRIVILEGES]");
	if (all)
		influxql_parser_accept(p, TOKEN_PRIVILEGES);
	user->verb = grant ? USER_GRANT : USER_REVOKE;
	user->read = all || token.kind == TOKEN_READ;
	user->write = all || token.kind == TOKEN_WRITE;
	buf_printf(&text, "%s %s", s->words, all ? "ALL PRIVILEGES" : influxql_token_name(token.kind));
	token = influxql_parser_next(p);
	if (token.kind == TOKEN_ON) {
		buf_puts(&text, " ON");
		result = take_name(p, &text, TOKEN_EOF, &user->database);
		if (result == 0)
			result = take_name(p, &text, to, &user->name);
	} else if (token.kind == to && all) {
		s->words = grant ? "GRANT ALL" : "REVOKE ALL";
		buf_printf(&text, " %s", influxql_token_name(to));
		result = take_name(p, &text, TOKEN_EOF, &user->name);
	} else {
		result = influxql_parser_found(p, &token, !all ? "ON" : grant ? "ON, TO" : "ON, FROM");
	}
	return finish(p, s, &text, result);
}

/* resample = "RESAMPLE" ( "EVERY" duration [ "FOR" duration ] | "FOR" duration ) . - behind the word */
static int
parse_resample(struct parser *p, struct buf *text)
{
	static const enum token_kind words[] = { TOKEN_EVERY, TOKEN_FOR };
	struct token token;
	bool any = false;

	buf_puts(text, " RESAMPLE");
	for (size_t i = 0; i < 2; i++) {
		int64_t ns;

		if (!influxql_parser_accept(p, words[i]))
			continue;
		if (influxql_parser_duration(p, &ns) != 0)
			return -1;
		buf_printf(text, " %s ", influxql_token_name(words[i]));
		influxql_print_duration(text, ns);
		any = true;
	}
	if (any)
		return 0;
	token = influxql_parser_next(p);
	return influxql_parser_found(p, &token, "EVERY, FOR");
}

/*
 * create_continuous = "CREATE" "CONTINUOUS" "QUERY" ident "ON" ident [ resample ] "BEGIN" select "END" .
 */
int
influxql_parse_create_continuous(struct parser *p, struct statement *s)
{
	struct buf text = { 0 };
	struct select *select = NULL;
	int result;

	buf_puts(&text, s->words);
	result = add_name(p, &text, TOKEN_EOF);
	if (result == 0)
		result = add_name(p, &text, TOKEN_ON);
	if (result == 0 && influxql_parser_accept(p, TOKEN_RESAMPLE))
		result = parse_resample(p, &text);
	if (result == 0)
		result = influxql_parser_keyword(p, TOKEN_BEGIN);
	if (result == 0)
		result = influxql_parser_keyword(p, TOKEN_SELECT);
	if (result == 0)
		select = influxql_parse_select(p, TARGET_MUST);
	if (select == NULL || influxql_parser_keyword(p, TOKEN_END) != 0)
		return finish(p, s, &text, -1);
	buf_puts(&text, " BEGIN ");
	influxql_print_select(&text, select);
	buf_puts(&text, " END");
	return finish(p, s, &text, 0);
}

/* create_subscription = "CREATE" "SUBSCRIPTION" ident "ON" ident "." ident "DESTINATIONS"
 *                       ( "ALL" | "ANY" ) string { "," string } . */
int
influxql_parse_create_subscription(struct parser *p, struct statement *s)
{
	struct buf text = { 0 };
	struct slice place;
	struct token token;
	const char *before = " ";

	buf_puts(&text, s->words);
	if (add_name(p, &text, TOKEN_EOF) != 0 || add_name(p, &text, TOKEN_ON) != 0 ||
	    parse_dotted(p, &text) != 0 || influxql_parser_keyword(p, TOKEN_DESTINATIONS) != 0)
		return finish(p, s, &text, -1);
	token = influxql_parser_next(p);
	if (token.kind != TOKEN_ALL && token.kind != TOKEN_ANY)
		return finish(p, s, &text, influxql_parser_found(p, &token, "ALL, ANY"));
	buf_printf(&text, " DESTINATIONS %s", influxql_token_name(token.kind));
	do {
		if (influxql_parser_string(p, &place) != 0)
			return finish(p, s, &text, -1);
		buf_puts(&text, before);
		influxql_print_string(&text, place);
		before = ", ";
	} while (influxql_parser_accept(p, TOKEN_COMMA));
	return finish(p, s, &text, 0);
}
