/*
 * influxql/parse_manage.c - databases and retention policies: CREATE, ALTER, DROP
 */
#include "influxql/influxql_priv.h"

#define REPLICATION_MAX INT32_MAX

/* A clause whose first word was taken: its value. */
static int
parse_policy_duration(struct parser *p, struct policy *policy)
{
	policy->has_duration = true;
	return influxql_parser_duration(p, &policy->duration);
}

static int
parse_policy_replication(struct parser *p, struct policy *policy)
{
	policy->has_replication = true;
	return influxql_parser_int(p, 1, REPLICATION_MAX, &policy->replication);
}

static int
parse_policy_shard(struct parser *p, struct policy *policy)
{
	policy->has_shard_duration = true;
	if (influxql_parser_keyword(p, TOKEN_DURATION) != 0)
		return -1;
	return influxql_parser_duration(p, &policy->shard_duration);
}

/*
 * create_database = "CREATE" "DATABASE" ident [ "WITH" [ "DURATION" duration ] [ "REPLICATION" int ]
 *                   [ "SHARD" "DURATION" duration ] [ "NAME" ident ] ] . - at least one behind WITH
 */
int
influxql_parse_create_database(struct parser *p, struct statement *s)
{
	struct create_database *c = &s->create_database;
	struct token token;

	if (influxql_parser_ident(p, &c->name) != 0)
		return -1;
	c->has_with = influxql_parser_accept(p, TOKEN_WITH);
	if (!c->has_with)
		return 0;
	c->policy.database = c->name;
	token = influxql_parser_next(p);
	if (token.kind != TOKEN_DURATION && token.kind != TOKEN_NAME &&
	    token.kind != TOKEN_REPLICATION && token.kind != TOKEN_SHARD)
		return influxql_parser_found(p, &token, "DURATION, NAME, REPLICATION, SHARD");
	influxql_parser_back(p, &token);
	if (influxql_parser_accept(p, TOKEN_DURATION) && parse_policy_duration(p, &c->policy) != 0)
		return -1;
	if (influxql_parser_accept(p, TOKEN_REPLICATION) && parse_policy_replication(p, &c->policy) != 0)
		return -1;
	if (influxql_parser_accept(p, TOKEN_SHARD) && parse_policy_shard(p, &c->policy) != 0)
		return -1;
	if (influxql_parser_accept(p, TOKEN_NAME))
		return influxql_parser_ident(p, &c->policy.name);
	return 0;
}

static int
parse_policy_database(struct parser *p, struct policy *policy)
{
	if (influxql_parser_keyword(p, TOKEN_ON) != 0)
		return -1;
	return influxql_parser_ident(p, &policy->database);
}

/*
 * create_policy = "CREATE" "RETENTION" "POLICY" ident "ON" ident "DURATION" duration
 *                 "REPLICATION" int [ "SHARD" "DURATION" duration ] [ "DEFAULT" ] .
 */
int
influxql_parse_create_policy(struct parser *p, struct statement *s)
{
	struct policy *policy = &s->policy;

	if (influxql_parser_ident(p, &policy->name) != 0 ||
	    parse_policy_database(p, policy) != 0 ||
	    influxql_parser_keyword(p, TOKEN_DURATION) != 0 ||
	    parse_policy_duration(p, policy) != 0 ||
	    influxql_parser_keyword(p, TOKEN_REPLICATION) != 0 ||
	    parse_policy_replication(p, policy) != 0)
		return -1;
	if (influxql_parser_accept(p, TOKEN_SHARD) && parse_policy_shard(p, policy) != 0)
		return -1;
	policy->is_default = influxql_parser_accept(p, TOKEN_DEFAULT);
	return 0;
}

/* The option that a word begins; *known is false when it begins none. */
static int
parse_option(struct parser *p, enum token_kind word, struct policy *policy, bool *known)
{
	*known = true;
	switch (word) {
	case TOKEN_DURATION:
		return parse_policy_duration(p, policy);
	case TOKEN_REPLICATION:
		return parse_policy_replication(p, policy);
	case TOKEN_SHARD:
		return parse_policy_shard(p, policy);
	case TOKEN_DEFAULT:
		policy->is_default = true;
		return 0;
	default:
		*known = false;
		return 0;
	}
}

static bool
has_option(const struct policy *policy, enum token_kind word)
{
	switch (word) {
	case TOKEN_DURATION:
		return policy->has_duration;
	case TOKEN_REPLICATION:
		return policy->has_replication;
	case TOKEN_SHARD:
		return policy->has_shard_duration;
	case TOKEN_DEFAULT:
		return policy->is_default;
	default:
		return false;
	}
}

/*
 * alter_policy = "ALTER" "RETENTION" "POLICY" ( ident | "DEFAULT" ) "ON" ident option { option } .
 * option = "DURATION" duration | "REPLICATION" int | "SHARD" "DURATION" duration | "DEFAULT" .
 */
int
influxql_parse_alter_policy(struct parser *p, struct statement *s)
{
	struct policy *policy = &s->policy;
	struct token token = influxql_parser_next(p);

	if (token.kind != TOKEN_IDENT && token.kind != TOKEN_DEFAULT)
		return influxql_parser_found(p, &token, "identifier");
	policy->name = token.kind == TOKEN_IDENT ? token.text : SLICE("default");
	if (parse_policy_database(p, policy) != 0)
		return -1;
	for (unsigned n = 0;; n++) {
		bool known;

		token = influxql_parser_next(p);
		if (has_option(policy, token.kind))
			return influxql_parser_fail_at(p, token.at, "found duplicate %s option",
			    influxql_token_name(token.kind));
		if (parse_option(p, token.kind, policy, &known) != 0)
			return -1;
		if (!known && n == 0)
			return influxql_parser_found(p, &token, "DURATION, REPLICATION, SHARD, DEFAULT");
		if (!known) {
			influxql_parser_back(p, &token);
			return 0;
		}
	}
}

/* drop_name = "DROP" ( "DATABASE" | "MEASUREMENT" ) ident . */
int
influxql_parse_drop_name(struct parser *p, struct statement *s)
{
	return influxql_parser_ident(p, &s->drop.name);
}

/* drop_policy = "DROP" "RETENTION" "POLICY" ident "ON" ident . */
int
influxql_parse_drop_policy(struct parser *p, struct statement *s)
{
	if (influxql_parser_ident(p, &s->drop.name) != 0 || influxql_parser_keyword(p, TOKEN_ON) != 0)
		return -1;
	return influxql_parser_ident(p, &s->drop.database);
}
