/*
 * tests/property/naive_columns.c - the columns of a statement: wildcards, names, types
 */
#include <stdlib.h>

#include "naive.h"

enum value_type
naive_type_of(const struct naive *n, const char *name)
{
	enum value_type best = VALUE_NULL;

	for (size_t i = 0; i < n->n_tables; i++) {
		int c = table_find(&n->tables[i], name);

		if (c >= 0 && (best == VALUE_NULL || n->tables[i].columns[c].type < best) &&
		    n->tables[i].columns[c].type != VALUE_NULL)
			best = n->tables[i].columns[c].type;
	}
	return best;
}

static bool
is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static enum value_type
call_type(const struct naive *n, const struct node *e)
{
	static const char *const integers[] = { "count", "elapsed", NULL };
	static const char *const floats[] = { "mean", "median", "stddev", "integral", "derivative",
		"non_negative_derivative", "moving_average", "sqrt", "pow", "exp", "sin", NULL };

	if (is_one_of(e->text, integers))
		return naive_expr_type(n, e->args[0]) == VALUE_NULL ? VALUE_NULL : VALUE_INTEGER;
	if (is_one_of(e->text, floats))
		return naive_expr_type(n, e->args[0]) == VALUE_NULL ? VALUE_NULL : VALUE_FLOAT;
	return naive_expr_type(n, e->args[0]);
}

enum value_type
naive_expr_type(const struct naive *n, const struct node *e)
{
	enum value_type a, b;

	switch (e->kind) {
	case NODE_INTEGER:
		return VALUE_INTEGER;
	case NODE_FLOAT:
		return VALUE_FLOAT;
	case NODE_STRING:
		return VALUE_STRING;
	case NODE_BOOLEAN:
		return VALUE_BOOLEAN;
	case NODE_REF:
		if (e->cast != NULL)
			return e->cast[0] == 'f' ? VALUE_FLOAT : VALUE_INTEGER;
		return naive_type_of(n, e->text);
	case NODE_CALL:
		return call_type(n, e);
	case NODE_BINARY:
		a = naive_expr_type(n, e->args[0]);
		b = naive_expr_type(n, e->args[1]);
		if (a == VALUE_NULL || b == VALUE_NULL)
			return VALUE_NULL;
		if (a == VALUE_FLOAT || b == VALUE_FLOAT || e->text[0] == '/')
			return VALUE_FLOAT;
		return a;
	default:
		return VALUE_NULL;
	}
}

/* ---- names ---- */

static void
put_name(const struct node *e, struct buf *out)
{
	if (e->kind == NODE_REF || e->kind == NODE_CALL) {
		if (out->n != 0)
			buf_putc(out, '_');
		buf_puts(out, e->text);
	} else if (e->kind == NODE_BINARY) {
		put_name(e->args[0], out);
		put_name(e->args[1], out);
	}
}

static const char *
plain_name(const struct naive *n, const struct node *e)
{
	struct buf out = { 0 };
	const char *name;

	put_name(e, &out);
	name = arena_string(n->arena, buf_slice(&out));
	buf_free(&out);
	return name;
}

static bool
name_is_taken(const struct naive *n, const char *name)
{
	for (size_t i = 0; i < n->n_fields; i++)
		if (n->fields[i].name != NULL && strcmp(n->fields[i].name, name) == 0)
			return true;
	return false;
}

/*
 * Aliases stand where they are; each other column takes its own name or the first free one.
 */
static void
give_names(struct naive *n)
{
	for (size_t i = 0; i < n->n_fields; i++) {
		const char *own, *name;

		n->fields[i].plain_name = n->fields[i].name;
		if (n->fields[i].name != NULL)
			continue;
		own = name = plain_name(n, n->fields[i].expr);
		for (unsigned k = 1; name_is_taken(n, name); k++)
			name = arena_printf(n->arena, "%s_%u", own, k).p;
		n->fields[i].name = name;
		n->fields[i].plain_name = own;
	}
}

/* ---- wildcards ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_name(const char **names, size_t *n_names, const char *name)
{
	for (size_t i = 0; i < *n_names; i++)
		if (strcmp(names[i], name) == 0)
			return;
	names[(*n_names)++] = name;
}

/*
 * Every name that `*` may mean: what is only grouped by from above is none.
 */
size_t
naive_all_names(const struct naive *n, const char *names[MAX_FIELDS])
{
	size_t n_names = 0;

	for (size_t t = 0; t < n->n_tables; t++) {
		const struct table *table = &n->tables[t];

		for (size_t c = 0; c < table->n_columns; c++)
			if (c < table->n_selected || (table->columns[c].type != VALUE_TAG &&
							 table->columns[c].type != VALUE_NULL))
				add_name(names, &n_names, table->columns[c].name);
		for (size_t c = 0; c < table->n_dimensions; c++)
			add_name(names, &n_names, table->dimensions[c]);
	}
	qsort(names, n_names, sizeof(*names), by_name);
	return n_names;
}

static struct node *
new_ref(const struct naive *n, const char *name)
{
	struct node *e = arena_zalloc(n->arena, sizeof(*e));

	e->kind = NODE_REF;
	e->text = name;
	return e;
}

static void
add_field(struct naive *n, const struct node *expr, const char *alias)
{
	n->fields[n->n_fields].expr = expr;
	n->fields[n->n_fields].name = alias;
	n->n_fields++;
}

/*
 * Is a name a tag that the statement is grouped by? A column of a subquery is none.
 */
static bool
is_grouped_tag(const struct naive *n, const char *name)
{
	bool grouped = false;

	for (size_t i = 0; i < n->n_own_dimensions; i++)
		grouped |= strcmp(n->own_dimensions[i], name) == 0;
	for (size_t t = 0; t < n->n_tables; t++)
		for (size_t c = 0; c < n->tables[t].n_selected; c++)
			if (strcmp(n->tables[t].columns[c].name, name) == 0)
				return false;
	return grouped && naive_type_of(n, name) == VALUE_TAG;
}

static void
expand_names(struct naive *n, const struct node *e)
{
	const char *names[MAX_FIELDS];
	size_t n_names = naive_all_names(n, names);

	for (size_t i = 0; i < n_names; i++)
		if (!is_grouped_tag(n, names[i]) &&
		    (e->kind == NODE_STAR || naive_matches(e->text, slice_from(names[i]))))
			add_field(n, new_ref(n, names[i]), NULL);
}

static bool
suits(const char *function, enum value_type type)
{
	static const char *const any[] = { "count", "first", "last", "mode", "sample", "elapsed",
		NULL };
	static const char *const booleans[] = { "min", "max", NULL };

	if (type == VALUE_FLOAT || type == VALUE_INTEGER)
		return true;
	return is_one_of(function, any) || (type == VALUE_BOOLEAN && is_one_of(function, booleans));
}

static void
expand_call(struct naive *n, const struct field *field)
{
	const struct node *e = field->expr;
	const char *names[MAX_FIELDS];
	size_t n_names = naive_all_names(n, names);

	for (size_t i = 0; i < n_names; i++) {
		enum value_type type = naive_type_of(n, names[i]);
		struct node *call;

		if (type == VALUE_TAG || !suits(e->text, type) ||
		    (e->args[0]->kind == NODE_REGEX &&
			!naive_matches(e->args[0]->text, slice_from(names[i]))))
			continue;
		call = arena_zalloc(n->arena, sizeof(*call));
		*call = *e;
		call->args[0] = new_ref(n, names[i]);
		add_field(n, call,
		    arena_printf(
			n->arena, "%s_%s", field->alias != NULL ? field->alias : e->text, names[i])
			.p);
	}
}

void
naive_expand(struct naive *n)
{
	n->n_fields = 0;
	for (size_t i = 0; i < n->s->n_fields; i++) {
		const struct field *field = &n->s->fields[i];
		const struct node *e = field->expr;

		if (e->kind == NODE_STAR || e->kind == NODE_REGEX)
			expand_names(n, e);
		else if (e->kind == NODE_CALL &&
			 (e->args[0]->kind == NODE_STAR || e->args[0]->kind == NODE_REGEX))
			expand_call(n, field);
		else
			add_field(n, e, field->alias);
		if (e->kind == NODE_CALL &&
		    (strcmp(e->text, "top") == 0 || strcmp(e->text, "bottom") == 0))
			for (size_t a = 1; a + 1 < e->n_args; a++)
				add_field(n, e->args[a], NULL);
	}
	give_names(n);
	for (size_t i = 0; i < n->n_fields; i++)
		n->fields[i].type = naive_expr_type(n, n->fields[i].expr);
}
