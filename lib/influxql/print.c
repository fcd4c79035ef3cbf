/*
 * influxql/print.c - expressions and SELECT back to text
 *
 * The forms are InfluxDB's, since they stand in messages: one space around operators, floats with
 * three decimals, durations in the greatest unit that divides them. Parentheses of the text are nodes
 * of the tree and print as such; where a tree made otherwise needs some, they are added.
 */
#include "base/number.h"
#include "influxql/influxql_priv.h"
#include "model/rfc3339.h"

/* ---- words ---- */

static void
put_quoted(struct buf *out, struct slice s, char quote)
{
	buf_putc(out, quote);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (s.p[i] == '\\' || s.p[i] == quote)
			buf_putc(out, '\\');
		buf_putc(out, s.p[i]);
	}
	buf_putc(out, quote);
}

void
influxql_print_ident(struct buf *out, struct slice name)
{
	if (influxql_token_plain(name))
		buf_put_slice(out, name);
	else
		put_quoted(out, name, '"');
}

void
influxql_print_string(struct buf *out, struct slice s)
{
	put_quoted(out, s, '\'');
}

static void
put_regex(struct buf *out, struct slice pattern)
{
	buf_putc(out, '/');
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '\n') {		/* of a bound parameter */
			buf_puts(out, "\\n");
			continue;
		}
		if (pattern.p[i] == '/')
			buf_putc(out, '\\');
		buf_putc(out, pattern.p[i]);
	}
	buf_putc(out, '/');
}

void
influxql_print_duration(struct buf *out, int64_t ns)
{
	static const struct {
		int64_t		 ns;
		const char	*unit;
	} units[] = {
		{ INT64_C(604800000000000), "w" }, { INT64_C(86400000000000), "d" },
		{ INT64_C(3600000000000), "h" }, { INT64_C(60000000000), "m" },
		{ 1000000000, "s" }, { 1000000, "ms" }, { 1000, "u" }, { 1, "ns" },
	};
	size_t i = 0;

	if (ns == 0) {
		buf_puts(out, "0s");
		return;
	}
	while (ns % units[i].ns != 0)
		i++;
	number_put_int(out, ns / units[i].ns);
	buf_puts(out, units[i].unit);
}

void
influxql_print_calendar(struct buf *out, int64_t months)
{
	number_put_int(out, months % 12 == 0 ? months / 12 : months);
	buf_puts(out, months % 12 == 0 ? "y" : "mo");
}

/* n units of 10^9 parts, without trailing zeros: 1.5 */
static void
put_decimal(struct buf *out, uint64_t whole, uint64_t part, int digits)
{
	number_put_uint(out, whole);
	if (part == 0)
		return;
	while (part % 10 == 0) {
		part /= 10;
		digits--;
	}
	buf_printf(out, ".%0*llu", digits, (unsigned long long)part);
}

void
influxql_print_go_duration(struct buf *out, int64_t ns)
{
	uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	uint64_t seconds = u / 1000000000;

	if (ns < 0)
		buf_putc(out, '-');
	if (u == 0) {
		buf_puts(out, "0s");
	} else if (u < 1000) {
		buf_printf(out, "%lluns", (unsigned long long)u);
	} else if (u < 1000000) {
		put_decimal(out, u / 1000, u % 1000, 3);
		buf_puts(out, "\xc2\xb5s");
	} else if (u < 1000000000) {
		put_decimal(out, u / 1000000, u % 1000000, 6);
		buf_puts(out, "ms");
	} else {
		if (seconds >= 3600)
			buf_printf(out, "%lluh", (unsigned long long)(seconds / 3600));
		if (seconds >= 60)
			buf_printf(out, "%llum", (unsigned long long)(seconds / 60 % 60));
		put_decimal(out, seconds % 60, u % 1000000000, 9);
		buf_putc(out, 's');
	}
}

/* ---- expressions ---- */

/* An operand of `op`, in parentheses when it would else be read as part of something else. */
static void
put_operand(struct buf *out, enum expr_op op, const struct expr *e, bool right)
{
	bool parens = false;

	if (e->kind == EXPR_BINARY) {
		int mine = influxql_op_precedence(op);
		int its = influxql_op_precedence(e->binary.op);
		bool chain = e->binary.op == op && (op == OP_AND || op == OP_OR);

		parens = its < mine || (right && its == mine && !chain);
	}
	if (parens)
		buf_putc(out, '(');
	influxql_print_expr(out, e);
	if (parens)
		buf_putc(out, ')');
}

static void
put_cast(struct buf *out, enum expr_cast cast)
{
	if (cast != CAST_NONE)
		buf_printf(out, "::%s", influxql_cast_name(cast));
}

static void
put_call(struct buf *out, const struct expr_call *call)
{
	if (slice_eq(call->name, SLICE("distinct")))	/* a keyword, and a call all the same */
		buf_put_slice(out, call->name);
	else
		influxql_print_ident(out, call->name);
	buf_putc(out, '(');
	for (size_t i = 0; i < call->n_args; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		influxql_print_expr(out, call->args[i]);
	}
	buf_putc(out, ')');
}

static void
put_time(struct buf *out, int64_t ns)
{
	struct rfc3339_day day = { 0 };

	buf_putc(out, '\'');
	rfc3339_put(out, &day, ns, 0);
	buf_putc(out, '\'');
}

void
influxql_print_expr(struct buf *out, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_BINARY:
		put_operand(out, e->binary.op, e->binary.left, false);
		buf_printf(out, " %s ", influxql_op_text(e->binary.op));
		put_operand(out, e->binary.op, e->binary.right, true);
		break;
	case EXPR_PAREN:
		buf_putc(out, '(');
		influxql_print_expr(out, e->inner);
		buf_putc(out, ')');
		break;
	case EXPR_CALL:
		put_call(out, &e->call);
		break;
	case EXPR_REF:
		influxql_print_ident(out, e->ref.name);
		put_cast(out, e->ref.cast);
		break;
	case EXPR_WILDCARD:
		buf_putc(out, '*');
		put_cast(out, e->wildcard);
		break;
	case EXPR_REGEX:
		put_regex(out, e->regex);
		break;
	case EXPR_DISTINCT:
		buf_puts(out, "DISTINCT ");
		influxql_print_ident(out, e->distinct);
		break;
	case EXPR_NUMBER:
		buf_printf(out, "%.3f", e->number);
		break;
	case EXPR_INTEGER:
		number_put_int(out, e->integer);
		break;
	case EXPR_UNSIGNED:
		number_put_uint(out, e->unsigned_);
		break;
	case EXPR_STRING:
		influxql_print_string(out, e->string);
		break;
	case EXPR_BOOLEAN:
		buf_puts(out, e->boolean ? "true" : "false");
		break;
	case EXPR_DURATION:
		influxql_print_duration(out, e->duration);
		break;
	case EXPR_CALENDAR:
		influxql_print_calendar(out, e->months);
		break;
	case EXPR_TIME:
		put_time(out, e->time);
		break;
	case EXPR_NIL:
		buf_puts(out, "nil");
		break;
	}
}

/* ---- SELECT ---- */

void
influxql_print_measurement(struct buf *out, const struct measurement *m)
{
	if (m->database.n > 0) {
		influxql_print_ident(out, m->database);
		buf_putc(out, '.');
	}
	if (m->rp.n > 0)
		influxql_print_ident(out, m->rp);
	if (m->database.n > 0 || m->rp.n > 0)
		buf_putc(out, '.');
	if (m->is_regex)
		put_regex(out, m->regex);
	else
		influxql_print_ident(out, m->name);
}

void
influxql_print_sources(struct buf *out, const struct source *sources, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i == 0 ? " FROM " : ", ");
		if (sources[i].kind == SOURCE_SUBQUERY) {
			buf_putc(out, '(');
			influxql_print_select(out, sources[i].subquery);
			buf_putc(out, ')');
		} else {
			influxql_print_measurement(out, &sources[i].measurement);
		}
	}
}

void
influxql_print_where(struct buf *out, const struct expr *where)
{
	if (where == NULL)
		return;
	buf_puts(out, " WHERE ");
	influxql_print_expr(out, where);
}

void
influxql_print_group_by(struct buf *out, const struct dimension *dimensions, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_puts(out, i == 0 ? " GROUP BY " : ", ");
		influxql_print_expr(out, dimensions[i].expr);
	}
}

void
influxql_print_count(struct buf *out, const char *keyword, int64_t value)
{
	if (value > 0)
		buf_printf(out, " %s %lld", keyword, (long long)value);
}

void
influxql_print_order_by(struct buf *out, bool has_order, bool descending)
{
	if (has_order)
		buf_puts(out, descending ? " ORDER BY time DESC" : " ORDER BY time ASC");
}

static void
put_into(struct buf *out, const struct select *s)
{
	struct measurement m = s->into;

	if (!s->has_into)
		return;
	buf_puts(out, " INTO ");
	if (!s->into_same_name) {
		influxql_print_measurement(out, &m);
		return;
	}
	if (m.database.n > 0) {
		influxql_print_ident(out, m.database);
		buf_putc(out, '.');
	}
	if (m.rp.n > 0)
		influxql_print_ident(out, m.rp);
	buf_puts(out, ".:MEASUREMENT");
}

/* Shortest, as Go's %v; a whole one beyond the integers keeps a point, or it would be none. */
static void
put_number(struct buf *out, const struct expr *e)
{
	if (e->kind == EXPR_INTEGER) {
		number_put_int(out, e->integer);
		return;
	}
	number_put_fixed(out, e->number);
	if (e->number >= 0x1p53 || e->number <= -0x1p53)
		buf_puts(out, ".0");
}

static void
put_fill(struct buf *out, const struct select *s)
{
	switch (s->fill) {
	case FILL_NULL:
		break;
	case FILL_NONE:
		buf_puts(out, " fill(none)");
		break;
	case FILL_PREVIOUS:
		buf_puts(out, " fill(previous)");
		break;
	case FILL_LINEAR:
		buf_puts(out, " fill(linear)");
		break;
	case FILL_NUMBER:
		buf_puts(out, " fill(");
		put_number(out, s->fill_number);
		buf_putc(out, ')');
		break;
	}
}

void
influxql_print_select(struct buf *out, const struct select *s)
{
	for (size_t i = 0; i < s->n_fields; i++) {
		buf_puts(out, i == 0 ? "SELECT " : ", ");
		influxql_print_expr(out, s->fields[i].expr);
		if (s->fields[i].alias.n > 0) {
			buf_puts(out, " AS ");
			influxql_print_ident(out, s->fields[i].alias);
		}
	}
	put_into(out, s);
	influxql_print_sources(out, s->sources, s->n_sources);
	influxql_print_where(out, s->where);
	influxql_print_group_by(out, s->dimensions, s->n_dimensions);
	put_fill(out, s);
	influxql_print_order_by(out, s->has_order, s->descending);
	influxql_print_count(out, "LIMIT", s->limit);
	influxql_print_count(out, "OFFSET", s->offset);
	influxql_print_count(out, "SLIMIT", s->slimit);
	influxql_print_count(out, "SOFFSET", s->soffset);
	if (s->tz.n > 0) {
		buf_puts(out, " TZ(");
		influxql_print_string(out, s->tz);
		buf_putc(out, ')');
	}
}
