/*
 * influxql/print_statement.c - whole statements back to text
 */
#include "influxql/influxql_priv.h"

static void
put_with_key(struct buf *out, const struct show *show)
{
	struct expr regex = { .kind = EXPR_REGEX, .regex = show->with_regex };

	if (show->with_op == OP_NONE)
		return;
	buf_puts(out, " WITH KEY ");
	if (show->with_op == OP_EQ_REGEX || show->with_op == OP_NEQ_REGEX) {
		buf_printf(out, "%s ", influxql_op_text(show->with_op));
		influxql_print_expr(out, &regex);
		return;
	}
	buf_puts(out, show->with_in ? "IN (" : influxql_op_text(show->with_op));
	if (!show->with_in)
		buf_putc(out, ' ');
	for (size_t i = 0; i < show->n_with_keys; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		influxql_print_ident(out, show->with_keys[i]);
	}
	if (show->with_in)
		buf_putc(out, ')');
}

static void
put_with_measurement(struct buf *out, const struct show *show)
{
	if (show->with_op == OP_NONE)
		return;
	buf_printf(out, " WITH MEASUREMENT %s ", influxql_op_text(show->with_op));
	influxql_print_measurement(out, &show->with_measurement);
}

/* The cardinality forms have EXACT before their last word. */
static void
put_show_words(struct buf *out, const struct statement *s)
{
	struct slice words = slice_from(s->words), last = SLICE("CARDINALITY");

	if (s->kind == STATEMENT_SHOW_DATABASES || !s->show->exact || !slice_ends(words, last)) {
		buf_put_slice(out, words);
		return;
	}
	buf_put_slice(out, slice_make(words.p, words.n - last.n));
	buf_puts(out, "EXACT CARDINALITY");
}

static void
put_show(struct buf *out, const struct statement *s)
{
	const struct show *show = s->show;

	put_show_words(out, s);
	if (show->database.n > 0) {
		buf_puts(out, " ON ");
		influxql_print_ident(out, show->database);
	}
	if (s->kind == STATEMENT_SHOW_MEASUREMENTS)
		put_with_measurement(out, show);
	influxql_print_sources(out, show->sources, show->n_sources);
	if (s->kind != STATEMENT_SHOW_MEASUREMENTS)
		put_with_key(out, show);
	influxql_print_where(out, show->where);
	influxql_print_group_by(out, show->dimensions, show->n_dimensions);
	influxql_print_order_by(out, show->has_order, show->descending);
	influxql_print_count(out, "LIMIT", show->limit);
	influxql_print_count(out, "OFFSET", show->offset);
	influxql_print_count(out, "SLIMIT", show->slimit);
	influxql_print_count(out, "SOFFSET", show->soffset);
}

static void
put_policy_options(struct buf *out, const struct policy *policy)
{
	if (policy->has_duration) {
		buf_puts(out, " DURATION ");
		influxql_print_duration(out, policy->duration);
	}
	influxql_print_count(out, "REPLICATION", policy->replication);
	if (policy->has_shard_duration) {
		buf_puts(out, " SHARD DURATION ");
		influxql_print_duration(out, policy->shard_duration);
	}
	if (policy->is_default)
		buf_puts(out, " DEFAULT");
}

static void
put_policy(struct buf *out, const struct statement *s)
{
	buf_printf(out, "%s ", s->words);
	influxql_print_ident(out, s->policy.name);
	buf_puts(out, " ON ");
	influxql_print_ident(out, s->policy.database);
	put_policy_options(out, &s->policy);
}

static void
put_create_database(struct buf *out, const struct create_database *c)
{
	buf_puts(out, "CREATE DATABASE ");
	influxql_print_ident(out, c->name);
	if (!c->has_with)
		return;
	buf_puts(out, " WITH");
	put_policy_options(out, &c->policy);
	if (c->policy.name.n > 0) {
		buf_puts(out, " NAME ");
		influxql_print_ident(out, c->policy.name);
	}
}

static void
put_drop(struct buf *out, const struct statement *s)
{
	buf_printf(out, "%s ", s->words);
	influxql_print_ident(out, s->drop.name);
	if (s->drop.database.n > 0) {
		buf_puts(out, " ON ");
		influxql_print_ident(out, s->drop.database);
	}
}

void
influxql_print_statement(struct buf *out, const struct statement *s)
{
	switch (s->kind) {
	case STATEMENT_SELECT:
		influxql_print_select(out, s->select);
		break;
	case STATEMENT_EXPLAIN:
		buf_puts(out, s->explain.analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ");
		influxql_print_select(out, s->explain.select);
		break;
	case STATEMENT_SHOW_DATABASES:
	case STATEMENT_SHOW_RETENTION_POLICIES:
	case STATEMENT_SHOW_MEASUREMENTS:
	case STATEMENT_SHOW_SERIES:
	case STATEMENT_SHOW_TAG_KEYS:
	case STATEMENT_SHOW_TAG_VALUES:
	case STATEMENT_SHOW_FIELD_KEYS:
	case STATEMENT_SHOW_SERIES_CARDINALITY:
	case STATEMENT_SHOW_MEASUREMENT_CARDINALITY:
	case STATEMENT_SHOW_TAG_KEY_CARDINALITY:
	case STATEMENT_SHOW_TAG_VALUES_CARDINALITY:
	case STATEMENT_SHOW_FIELD_KEY_CARDINALITY:
		put_show(out, s);
		break;
	case STATEMENT_DELETE:
	case STATEMENT_DROP_SERIES:
		buf_puts(out, s->words);
		influxql_print_sources(out, s->delete.sources, s->delete.n_sources);
		influxql_print_where(out, s->delete.where);
		break;
	case STATEMENT_DROP_MEASUREMENT:
	case STATEMENT_DROP_DATABASE:
	case STATEMENT_DROP_RETENTION_POLICY:
		put_drop(out, s);
		break;
	case STATEMENT_CREATE_DATABASE:
		put_create_database(out, &s->create_database);
		break;
	case STATEMENT_CREATE_RETENTION_POLICY:
	case STATEMENT_ALTER_RETENTION_POLICY:
		put_policy(out, s);
		break;
	case STATEMENT_REFUSED:
		buf_put_slice(out, s->refused.text);
		break;
	}
}
