/*
 * tests/property/query_text.c - a statement tree as the text of a statement
 */
#include <inttypes.h>

#include "base/number.h"
#include "property.h"

static void
put_node(const struct node *node, struct buf *out)
{
	switch (node->kind) {
	case NODE_INTEGER:
		number_put_int(out, node->i);
		break;
	case NODE_FLOAT:
		buf_printf(out, "%.2f", node->f);
		break;
	case NODE_STRING:
		buf_printf(out, "'%s'", node->text);
		break;
	case NODE_BOOLEAN:
		buf_puts(out, node->i != 0 ? "true" : "false");
		break;
	case NODE_DURATION:
		buf_printf(out, "%" PRId64 "%s", node->i % SECOND == 0 ? node->i / SECOND : node->i,
		    node->i % SECOND == 0 ? "s" : "ns");
		break;
	case NODE_REF:
		if (strcmp(node->text, "distinct") == 0) /* a keyword */
			buf_puts(out, "\"distinct\"");
		else
			buf_puts(out, node->text);
		buf_printf(out, "%s%s", node->cast != NULL ? "::" : "",
		    node->cast != NULL ? node->cast : "");
		break;
	case NODE_STAR:
		buf_putc(out, '*');
		break;
	case NODE_REGEX:
		buf_printf(out, "/%s/", node->text);
		break;
	case NODE_CALL:
		buf_printf(out, "%s(", node->text);
		for (size_t i = 0; i < node->n_args; i++) {
			if (i != 0)
				buf_puts(out, ", ");
			put_node(node->args[i], out);
		}
		buf_putc(out, ')');
		break;
	case NODE_BINARY:
		for (size_t i = 0; i < 2; i++) {
			bool inner = node->args[i]->kind == NODE_BINARY;

			if (i == 1)
				buf_printf(out, " %s ", node->text);
			if (inner)
				buf_putc(out, '(');
			put_node(node->args[i], out);
			if (inner)
				buf_putc(out, ')');
		}
	}
}

static void
put_sources(const struct statement *s, struct buf *out)
{
	buf_puts(out, " FROM ");
	for (size_t i = 0; i < s->n_sources; i++) {
		if (i != 0)
			buf_puts(out, ", ");
		if (s->sources[i].subquery != NULL) {
			buf_putc(out, '(');
			statement_text(s->sources[i].subquery, out);
			buf_putc(out, ')');
		} else if (s->sources[i].pattern != NULL) {
			buf_printf(out, "/%s/", s->sources[i].pattern);
		} else {
			buf_puts(out, s->sources[i].measurement);
		}
	}
}

static void
put_where(const struct statement *s, struct buf *out)
{
	const char *word = " WHERE ";

	if (s->has_from) {
		buf_printf(out, "%stime >= %" PRId64, word, s->from);
		word = " AND ";
	}
	if (s->has_to) {
		buf_printf(out, "%stime < %" PRId64, word, s->to);
		word = " AND ";
	}
	if (s->where != NULL) {
		buf_puts(out, word);
		buf_putc(out, '(');
		put_node(s->where, out);
		buf_putc(out, ')');
	}
}

static void
put_group_by(const struct statement *s, struct buf *out)
{
	const char *word = " GROUP BY ";

	if (s->interval != 0) {
		buf_printf(out, "%stime(%" PRId64 "s", word, s->interval / SECOND);
		if (s->offset != 0)
			buf_printf(out, ", %" PRId64 "s", s->offset / SECOND);
		buf_putc(out, ')');
		word = ", ";
	}
	for (size_t i = 0; i < s->n_dimensions; i++) {
		buf_printf(out, "%s%s", word, s->dimensions[i]);
		word = ", ";
	}
	if (s->all_dimensions)
		buf_printf(out, "%s*", word);
}

static void
put_fill(const struct statement *s, struct buf *out)
{
	static const char *const names[] = { "", " fill(null)", " fill(none)", " fill(previous)",
		" fill(linear)" };

	if (s->fill != FILL_NUMBER) {
		buf_puts(out, names[s->fill]);
		return;
	}
	buf_puts(out, " fill(");
	number_put_float(out, s->fill_number);
	buf_putc(out, ')');
}

void
statement_text(const struct statement *s, struct buf *out)
{
	buf_puts(out, "SELECT ");
	for (size_t i = 0; i < s->n_fields; i++) {
		if (i != 0)
			buf_puts(out, ", ");
		put_node(s->fields[i].expr, out);
		if (s->fields[i].alias != NULL)
			buf_printf(out, " AS %s", s->fields[i].alias);
	}
	put_sources(s, out);
	put_where(s, out);
	put_group_by(s, out);
	put_fill(s, out);
	if (s->descending)
		buf_puts(out, " ORDER BY time DESC");
	if (s->limit != 0)
		buf_printf(out, " LIMIT %u", s->limit);
	if (s->skip != 0)
		buf_printf(out, " OFFSET %u", s->skip);
	if (s->slimit != 0)
		buf_printf(out, " SLIMIT %u", s->slimit);
	if (s->sskip != 0)
		buf_printf(out, " SOFFSET %u", s->sskip);
	if (s->zone != NULL)
		buf_printf(out, " tz('%s')", s->zone);
}
