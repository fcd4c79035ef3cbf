/*
 * tests/property/random_query.c - random statements that mean something
 *
 * A statement is made from the inside out: the sources first, then their columns are known, and
 * references, functions and conditions are chosen to suit their types. So hardly any statement is
 * refused, and most of them have an answer.
 */
#include "naive.h"

struct maker {
	const struct data *data;
	struct dice *dice;
	struct arena *arena;
	struct statement *s;
	struct table_column *columns; /* what the sources have to offer */
	size_t n_columns;
	bool over_subquery;
};

enum type_class { ANY_FIELD, NUMERIC, NUMERIC_OR_BOOLEAN, TAGS };

static struct statement *make_statement(const struct maker *outer, unsigned depth, bool descending);

static unsigned
below(struct maker *m, unsigned n)
{
	return dice_below(m->dice, n);
}

static bool
chance(struct maker *m, unsigned percent)
{
	return dice_chance(m->dice, percent);
}

/* ---- nodes ---- */

static struct node *
new_node(struct maker *m, enum node_kind kind, const char *text)
{
	struct node *e = arena_zalloc(m->arena, sizeof(*e));

	e->kind = kind;
	e->text = text;
	return e;
}

static struct node *
integer(struct maker *m, int64_t i)
{
	struct node *e = new_node(m, NODE_INTEGER, NULL);

	e->i = i;
	return e;
}

static struct node *
number(struct maker *m, unsigned to)
{
	struct node *e = integer(m, below(m, to));

	if (chance(m, 40)) {
		e->kind = NODE_FLOAT;
		e->f = (double)e->i + 0.25 * below(m, 4);
	}
	return e;
}

static struct node *
duration(struct maker *m)
{
	struct node *e = new_node(m, NODE_DURATION, NULL);

	e->i = (1 + below(m, 20)) * SECOND;
	return e;
}

static struct node *
call(struct maker *m, const char *name, struct node *arg)
{
	struct node *e = new_node(m, NODE_CALL, name);

	e->args[e->n_args++] = arg;
	return e;
}

static struct node *
binary(struct maker *m, const char *op, struct node *a, struct node *b)
{
	struct node *e = new_node(m, NODE_BINARY, op);

	e->args[0] = a;
	e->args[1] = b;
	e->n_args = 2;
	return e;
}

static bool
is_of_class(enum value_type type, enum type_class class)
{
	bool numeric = type == VALUE_FLOAT || type == VALUE_INTEGER;

	switch (class) {
	case NUMERIC:
		return numeric;
	case NUMERIC_OR_BOOLEAN:
		return numeric || type == VALUE_BOOLEAN;
	case TAGS:
		return type == VALUE_TAG;
	default:
		return type != VALUE_TAG && type != VALUE_NULL;
	}
}

/*
 * A column of a class; NULL when the sources have none.
 */
static const struct table_column *
choose_column(struct maker *m, enum type_class class)
{
	size_t n = 0;
	unsigned which;

	for (size_t i = 0; i < m->n_columns; i++)
		n += is_of_class(m->columns[i].type, class);
	if (n == 0)
		return NULL;
	which = below(m, (unsigned)n);
	for (size_t i = 0;; i++)
		if (is_of_class(m->columns[i].type, class) && which-- == 0)
			return &m->columns[i];
}

static struct node *
reference(struct maker *m, enum type_class class)
{
	const struct table_column *c = choose_column(m, class);
	struct node *e = c != NULL ? new_node(m, NODE_REF, c->name) : NULL;

	if (e != NULL && !m->over_subquery && class == NUMERIC && chance(m, 4))
		e->cast = chance(m, 50) ? "float" : "integer";
	return e;
}

/* ---- fields ---- */

static const char *const operators[] = { "+", "-", "*", "/", "%" };

static struct node *
mathematics(struct maker *m, struct node *arg)
{
	static const char *const names[] = { "abs", "ceil", "floor", "round", "sqrt", "pow" };
	const char *name = names[below(m, PROPERTY_N(names))];
	struct node *e = call(m, name, arg);

	if (strcmp(name, "pow") == 0)
		e->args[e->n_args++] = integer(m, 1 + below(m, 3));
	return e;
}

static struct node *
raw_expression(struct maker *m, unsigned depth)
{
	struct node *e = reference(m, NUMERIC);

	if (e == NULL)
		return reference(m, ANY_FIELD);
	if (depth > 0 && chance(m, 50))
		e = binary(m, operators[below(m, PROPERTY_N(operators))], e,
		    chance(m, 50) ? raw_expression(m, depth - 1) : number(m, 9));
	if (chance(m, 15))
		e = mathematics(m, e);
	return e;
}

static void
add_field(struct maker *m, struct node *e)
{
	static const char *const aliases[] = { "p", "q", "f", "mean_1", "v" };
	struct field *field;

	if (e == NULL || m->s->n_fields == PROPERTY_N(m->s->fields))
		return;
	field = &m->s->fields[m->s->n_fields++];
	field->expr = e;
	if (e->kind != NODE_STAR && e->kind != NODE_REGEX && chance(m, 15))
		field->alias = aliases[below(m, PROPERTY_N(aliases))];
}

static void
raw_fields(struct maker *m)
{
	static const char *const patterns[] = { "^f", "[ij]", "a|g", "." };

	if (chance(m, 20))
		add_field(m, chance(m, 70) ? new_node(m, NODE_STAR, NULL)
					   : new_node(m, NODE_REGEX,
						 patterns[below(m, PROPERTY_N(patterns))]));
	else
		add_field(m, reference(m, ANY_FIELD));
	for (unsigned i = below(m, 4); i > 0; i--) {
		if (chance(m, 40))
			add_field(m, raw_expression(m, 2));
		else
			add_field(m, reference(m, chance(m, 30) ? TAGS : ANY_FIELD));
	}
}

static struct node *
aggregate(struct maker *m, bool numeric_result)
{
	static const char *const numeric[] = { "sum", "mean", "median", "spread", "stddev",
		"integral", "sum", "mean" };
	static const char *const any[] = { "count", "mode", "first", "last" };
	static const char *const ordered[] = { "min", "max" };
	struct node *e, *arg;

	switch (below(m, 6)) {
	case 0:
		arg = reference(m, numeric_result ? NUMERIC : ANY_FIELD);
		return arg != NULL ? call(m, any[below(m, PROPERTY_N(any))], arg) : NULL;
	case 1:
		arg = reference(m, ANY_FIELD);
		if (arg == NULL || !chance(m, 30))
			return arg != NULL ? call(m, "count", arg) : NULL;
		return call(m, "count", call(m, "distinct", arg));
	case 2:
		arg = reference(m, numeric_result ? NUMERIC : NUMERIC_OR_BOOLEAN);
		return arg != NULL ? call(m, ordered[below(m, 2)], arg) : NULL;
	case 3:
		arg = reference(m, NUMERIC);
		if (arg == NULL)
			return NULL;
		e = call(m, "percentile", arg);
		e->args[e->n_args++] = number(m, 101);
		return e;
	default:
		arg = reference(m, NUMERIC);
		return arg != NULL ? call(m, numeric[below(m, PROPERTY_N(numeric))], arg) : NULL;
	}
}

static struct node *
transformation(struct maker *m, struct node *arg)
{
	static const char *const names[] = { "derivative", "non_negative_derivative", "difference",
		"non_negative_difference", "elapsed", "moving_average", "cumulative_sum" };
	const char *name = names[below(m, PROPERTY_N(names))];
	struct node *e;

	if (arg == NULL)
		return NULL;
	e = call(m, name, arg);
	if (strcmp(name, "moving_average") == 0)
		e->args[e->n_args++] = integer(m, 2 + below(m, 3));
	else if ((strstr(name, "derivative") != NULL || strcmp(name, "elapsed") == 0) &&
		 chance(m, 50))
		e->args[e->n_args++] = duration(m);
	return e;
}

static struct node *
aggregate_expression(struct maker *m)
{
	struct node *e, *other;

	if (chance(m, 70))
		return aggregate(m, false);
	e = aggregate(m, true);
	if (e == NULL)
		return NULL;
	if (chance(m, 20))
		return mathematics(m, e);
	other = chance(m, 50) ? aggregate(m, true) : NULL;
	return binary(
	    m, operators[below(m, PROPERTY_N(operators))], e, other != NULL ? other : number(m, 9));
}

static void
aggregate_fields(struct maker *m)
{
	static const char *const of_all[] = { "count", "mean", "sum", "max", "last", "first",
		"min" };

	if (chance(m, 12)) {
		add_field(m, call(m, of_all[below(m, PROPERTY_N(of_all))],
				 chance(m, 60) ? new_node(m, NODE_STAR, NULL)
					       : new_node(m, NODE_REGEX, "[fi]")));
		return;
	}
	for (unsigned i = 1 + below(m, chance(m, 50) ? 1 : 4); i > 0; i--)
		add_field(m, aggregate_expression(m));
}

static void
selector_fields(struct maker *m)
{
	static const char *const names[] = { "min", "max", "first", "last", "percentile" };
	struct node *arg = reference(m, NUMERIC), *e;

	if (arg == NULL)
		return;
	e = call(m, names[below(m, PROPERTY_N(names))], arg);
	if (strcmp(e->text, "percentile") == 0)
		e->args[e->n_args++] = number(m, 101);
	add_field(m, e);
	for (unsigned i = 1 + below(m, 2); i > 0; i--)
		add_field(m, reference(m, chance(m, 40) ? TAGS : ANY_FIELD));
}

static void
top_fields(struct maker *m)
{
	struct node *arg = reference(m, NUMERIC), *e, *tag;

	if (arg == NULL)
		return;
	arg->cast = NULL;
	e = call(m, chance(m, 50) ? "top" : "bottom", arg);
	tag = chance(m, 40) && !m->over_subquery ? reference(m, TAGS) : NULL;
	if (tag != NULL)
		e->args[e->n_args++] = tag;
	e->args[e->n_args++] = integer(m, 1 + below(m, 6));
	add_field(m, e);
	if (chance(m, 30))
		add_field(m, reference(m, chance(m, 40) ? TAGS : ANY_FIELD));
}

static void
distinct_fields(struct maker *m)
{
	struct node *arg = reference(m, ANY_FIELD);

	if (arg != NULL)
		add_field(m, call(m, "distinct", arg));
}

/* ---- clauses ---- */

static struct node *
tag_condition(struct maker *m)
{
	static const char *const ops[] = { "=", "!=", "=~", "!~" };
	static const char *const values[] = { "x", "y", "z", "xy", "", "nosuch" };
	static const char *const patterns[] = { "x", "^(x|z)$", "y$", "^$", "q" };
	struct node *tag = reference(m, TAGS);
	unsigned op = below(m, 4);

	if (tag == NULL)
		return NULL;
	return binary(m, ops[op], tag,
	    op < 2 ? new_node(m, NODE_STRING, values[below(m, PROPERTY_N(values))])
		   : new_node(m, NODE_REGEX, patterns[below(m, PROPERTY_N(patterns))]));
}

static struct node *
field_condition(struct maker *m)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=" };
	static const char *const sums[] = { "+", "-", "*" };
	const struct table_column *c = choose_column(m, ANY_FIELD);
	struct node *left, *right;

	if (c == NULL)
		return NULL;
	left = new_node(m, NODE_REF, c->name);
	switch (c->type) {
	case VALUE_STRING:
		if (chance(m, 40))
			return binary(
			    m, chance(m, 50) ? "=~" : "!~", left, new_node(m, NODE_REGEX, "e"));
		return binary(m, ops[below(m, 2)], left, new_node(m, NODE_STRING, "red"));
	case VALUE_BOOLEAN:
		right = new_node(m, NODE_BOOLEAN, NULL);
		right->i = below(m, 2);
		return binary(m, ops[below(m, 2)], left, right);
	default:
		if (chance(m, 20))
			left = binary(m, sums[below(m, 3)], left, number(m, 5));
		right = chance(m, 20) ? reference(m, NUMERIC) : NULL;
		if (right != NULL)
			right->cast = NULL;
		return binary(m, ops[below(m, 6)], left, right != NULL ? right : number(m, 12));
	}
}

static struct node *
condition(struct maker *m, unsigned depth)
{
	struct node *a, *b;

	if (depth > 0 && chance(m, 40)) {
		a = condition(m, depth - 1);
		b = condition(m, depth - 1);
		if (a != NULL && b != NULL)
			return binary(m, chance(m, 50) ? "AND" : "OR", a, b);
	}
	a = chance(m, 50) ? tag_condition(m) : NULL;
	return a != NULL ? a : field_condition(m);
}

static void
times(struct maker *m, bool windows, bool whole)
{
	int64_t span = (m->data->last - m->data->first + 1) / SECOND;
	int64_t step = whole ? 60 : 1;
	int64_t a = (int64_t)below(m, (unsigned)span) / step * step;
	int64_t b = (int64_t)below(m, (unsigned)span + 60) / step * step;

	if (chance(m, windows ? 85 : 35)) {
		m->s->has_from = true;
		m->s->from = m->data->first + (a < b ? a : b) * SECOND;
		if (chance(m, 30))
			m->s->from = m->data->first;
	}
	if (chance(m, windows ? 97 : 35)) {
		m->s->has_to = true;
		m->s->to = m->data->first + (a < b ? b : a) * SECOND;
	}
}

static void
group_by(struct maker *m, bool windows, bool nested)
{
	static const int intervals[] = { 7, 10, 13, 30, 60, 100, 300 };
	static const int even[] = { 5, 10, 15, 30, 60 };

	if (windows && nested) {
		m->s->interval = even[below(m, PROPERTY_N(even))] * SECOND;
	} else if (windows) {
		m->s->interval = intervals[below(m, PROPERTY_N(intervals))] * SECOND;
		if (chance(m, 25))
			m->s->offset = ((int64_t)below(m, 40) - 20) * SECOND;
	}
	if (chance(m, 10)) {
		m->s->all_dimensions = true;
		return;
	}
	while (m->s->n_dimensions < 3 && chance(m, 30)) {
		const struct table_column *c = choose_column(m, TAGS);
		bool known = c == NULL;

		for (size_t i = 0; c != NULL && i < m->s->n_dimensions; i++)
			known |= strcmp(m->s->dimensions[i], c->name) == 0;
		if (!known)
			m->s->dimensions[m->s->n_dimensions++] = c->name;
	}
}

static void
limits(struct maker *m, bool top, bool nested)
{
	if (chance(m, 15))
		m->s->limit = 1 + below(m, 6) + (top ? 6 : 0);
	if (chance(m, 10))
		m->s->skip = 1 + below(m, 3);
	if (nested)
		return;
	if (chance(m, 8))
		m->s->slimit = 1 + below(m, 3);
	if (chance(m, 5))
		m->s->sskip = 1 + below(m, 2);
}

static void
choose_fill(struct maker *m, bool windows)
{
	static const double numbers[] = { 0, 100, 2.75, 7 };

	if (!windows || chance(m, 35))
		return;
	m->s->fill = (enum fill_kind)(1 + below(m, 5));
	if (m->s->fill == FILL_NUMBER)
		m->s->fill_number = numbers[below(m, PROPERTY_N(numbers))];
}

static void
choose_zone(struct maker *m)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} zones[] = { { "Asia/Kolkata", 19800 }, { "Etc/GMT+5", -18000 }, { "Etc/GMT-14", 50400 } };
	unsigned which = below(m, PROPERTY_N(zones));

	m->s->zone = zones[which].name;
	m->s->zone_ns = zones[which].seconds * SECOND;
}

/* ---- sources ---- */

static void
add_source(struct maker *m, struct statement_source source)
{
	m->s->sources[m->s->n_sources++] = source;
}

static void
sources(struct maker *m, unsigned depth)
{
	static const char *const patterns[] = { "^m", "m", "[02]$", "." };

	if (depth > 0 && chance(m, 35)) {
		m->over_subquery = true;
		add_source(m, (struct statement_source){
				  .subquery = make_statement(m, depth - 1, m->s->descending) });
		return;
	}
	if (chance(m, 10))
		add_source(m, (struct statement_source){
				  .pattern = patterns[below(m, PROPERTY_N(patterns))] });
	else
		for (unsigned i = chance(m, 15) ? 2 : 1; i > 0; i--)
			add_source(m, (struct statement_source){
					  .measurement = m->data->tables[below(m, 3)].name });
}

static struct statement *
make_statement(const struct maker *outer, unsigned depth, bool descending)
{
	struct maker maker = *outer, *m = &maker;
	bool windows, nested, top = false;
	unsigned kind;

	m->s = arena_zalloc(m->arena, sizeof(*m->s));
	m->s->descending = descending;
	m->over_subquery = false;
	sources(m, depth);
	nested = outer->s != NULL || m->over_subquery;
	m->columns = naive_source_columns(m->data, m->s, &m->n_columns, m->arena);
	kind = below(m, 100);
	windows = kind >= 30 && kind < 94 && chance(m, 60);
	if (kind < 22)
		raw_fields(m);
	else if (kind < 30)
		add_field(m, transformation(m, reference(m, NUMERIC)));
	else if (kind < 62)
		aggregate_fields(m);
	else if (kind < 72)
		selector_fields(m);
	else if (kind < 82 && windows) {
		add_field(m, transformation(m, aggregate(m, true)));
		if (chance(m, 15))
			add_field(m, transformation(m, transformation(m, aggregate(m, true))));
	} else if ((top = kind < 90 && !(nested && m->s->descending)))
		top_fields(m);
	else
		distinct_fields(m);
	if (m->s->n_fields == 0) {
		windows = false;
		add_field(m, new_node(m, NODE_STAR, NULL));
	}
	times(m, windows, nested);
	if (chance(m, 45))
		m->s->where = condition(m, 2);
	group_by(m, windows, nested);
	choose_fill(m, windows);
	limits(m, top, nested);
	if (!nested && windows && chance(m, 10))
		choose_zone(m);
	return m->s;
}

struct statement *
statement_random(const struct data *data, struct dice *dice, struct arena *arena)
{
	struct maker maker = { .data = data, .dice = dice, .arena = arena };

	return make_statement(&maker, 2, dice_chance(dice, 20));
}
