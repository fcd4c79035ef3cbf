/*
 * tests/property/naive_eval.c - expressions and conditions over one point
 */
#include <math.h>
#include <regex.h>

#include "naive.h"

static const struct value null_value = { .type = VALUE_NULL };

bool
naive_is_math(const struct node *e)
{
	static const char *const names[] = { "abs", "ceil", "floor", "round", "sqrt", "pow", "exp",
		"sin" };

	for (size_t i = 0; i < PROPERTY_N(names); i++)
		if (strcmp(e->text, names[i]) == 0)
			return true;
	return false;
}

static bool
is_number(const struct value *v)
{
	return v->type == VALUE_FLOAT || v->type == VALUE_INTEGER;
}

static double
as_float(const struct value *v)
{
	return v->type == VALUE_FLOAT ? v->f : (double)v->i;
}

static struct value
float_value(double f)
{
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

static struct value
integer_value(int64_t i)
{
	return (struct value){ .type = VALUE_INTEGER, .i = i };
}

/*
 * A value as one of another type: numbers convert, all else is lost.
 */
struct value
naive_convert(struct value v, enum value_type type)
{
	if (v.type == type)
		return v;
	if (is_number(&v) && type == VALUE_FLOAT)
		return float_value((double)v.i);
	if (is_number(&v) && type == VALUE_INTEGER)
		return integer_value((int64_t)v.f);
	return null_value;
}

int
naive_compare(const struct value *a, const struct value *b)
{
	switch (a->type) {
	case VALUE_FLOAT:
		return (a->f > b->f) - (a->f < b->f);
	case VALUE_INTEGER:
		return (a->i > b->i) - (a->i < b->i);
	case VALUE_BOOLEAN:
		return a->b - b->b;
	default:
		return slice_cmp(a->s, b->s);
	}
}

bool
naive_same_node(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->i != b->i || a->f != b->f || a->n_args != b->n_args ||
	    (a->text != NULL && strcmp(a->text, b->text) != 0) ||
	    (a->cast == NULL) != (b->cast == NULL) ||
	    (a->cast != NULL && strcmp(a->cast, b->cast) != 0))
		return false;
	for (size_t i = 0; i < a->n_args; i++)
		if (!naive_same_node(a->args[i], b->args[i]))
			return false;
	return true;
}

/*
 * What fill(N) puts into the place of a null: N itself where the column has no numbers.
 */
struct value
naive_fill_number(const struct naive *n, enum value_type type)
{
	if (type == VALUE_INTEGER)
		return integer_value((int64_t)n->s->fill_number);
	return float_value(n->s->fill_number);
}

/* ---- arithmetic ---- */

static struct value
of_integers(char op, int64_t a, int64_t b)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	switch (op) {
	case '+':
		return integer_value((int64_t)(x + y));
	case '-':
		return integer_value((int64_t)(x - y));
	case '*':
		return integer_value((int64_t)(x * y));
	case '/':
		return float_value(b == 0 ? 0 : (double)a / (double)b);
	case '%':
		return integer_value(b == 0 || b == -1 ? 0 : a % b);
	case '&':
		return integer_value((int64_t)(x & y));
	case '|':
		return integer_value((int64_t)(x | y));
	default:
		return integer_value((int64_t)(x ^ y));
	}
}

static struct value
of_floats(char op, double a, double b)
{
	switch (op) {
	case '+':
		return float_value(a + b);
	case '-':
		return float_value(a - b);
	case '*':
		return float_value(a * b);
	case '/':
		return float_value(b == 0 ? 0 : a / b);
	default:
		return float_value(fmod(a, b));
	}
}

static struct value
arithmetic(char op, const struct value *a, const struct value *b)
{
	if (!is_number(a) || !is_number(b))
		return null_value;
	if (a->type == VALUE_INTEGER && b->type == VALUE_INTEGER)
		return of_integers(op, a->i, b->i);
	return of_floats(op, as_float(a), as_float(b));
}

static struct value
mathematics(const char *name, const struct value *args)
{
	double x;

	if (!is_number(&args[0]))
		return null_value;
	if (strchr("acfr", name[0]) != NULL && args[0].type == VALUE_INTEGER)
		return integer_value(name[0] == 'a' && args[0].i < 0 ? -args[0].i : args[0].i);
	x = as_float(&args[0]);
	switch (name[0]) {
	case 'a':
		return float_value(fabs(x));
	case 'c':
		return float_value(ceil(x));
	case 'f':
		return float_value(floor(x));
	case 'r':
		return float_value(round(x));
	case 'e':
		return float_value(exp(x));
	case 'p':
		return is_number(&args[1]) ? float_value(pow(x, as_float(&args[1]))) : null_value;
	default:
		return float_value(name[1] == 'q' ? sqrt(x) : sin(x));
	}
}

static struct value
read_point(const struct naive *n, const struct node *e, const struct naive_env *env)
{
	int c = env->table != NULL ? table_find(env->table, e->text) : -1;
	struct value v;

	if (c < 0)
		return null_value;
	v = env->point->values[c];
	if (v.type == VALUE_TAG) /* missing: null, or '' when a subquery was grouped by it */
		return (v.s.n != 0 || env->table->name == NULL) &&
			       naive_type_of(n, e->text) == VALUE_TAG
			   ? v
			   : null_value;
	v = naive_convert(v, naive_type_of(n, e->text));
	return e->cast != NULL ? naive_convert(v, naive_expr_type(n, e)) : v;
}

/*
 * In a row of the answer fill(N) and fill(previous) replace what the point does not have.
 */
static struct value
reference(const struct naive *n, const struct node *e, const struct naive_env *env)
{
	struct value v = read_point(n, e, env);
	struct naive_memory *m = env->memory;
	size_t i = 0;

	if (m == NULL)
		return v;
	if (n->fill == FILL_NUMBER)
		return v.type == VALUE_NULL ? naive_fill_number(n, naive_expr_type(n, e)) : v;
	while (i < m->n && !naive_same_node(m->refs[i], e))
		i++;
	if (i == m->n) {
		m->refs[m->n++] = e;
		m->values[i] = null_value;
	}
	if (v.type != VALUE_NULL || n->fill != FILL_PREVIOUS)
		m->values[i] = v;
	return m->values[i];
}

/*
 * A quarter of a whole number: then sums, and remainders too, are exact.
 */
static bool
is_exact(const struct value *v)
{
	return v->type != VALUE_FLOAT || v->f * 4 == floor(v->f * 4);
}

struct value
naive_eval(const struct naive *n, const struct node *e, const struct naive_env *env)
{
	struct value args[2], v;

	switch (e->kind) {
	case NODE_INTEGER:
		return integer_value(e->i);
	case NODE_FLOAT:
		return float_value(e->f);
	case NODE_REF:
		return reference(n, e, env);
	case NODE_CALL:
		if (!naive_is_math(e)) {
			for (size_t i = 0; i < env->n_calls; i++)
				if (naive_same_node(env->calls[i], e))
					return env->results[i];
			return null_value;
		}
		for (size_t i = 0; i < e->n_args; i++)
			args[i] = naive_eval(n, e->args[i], env);
		return mathematics(e->text, args);
	case NODE_BINARY:
		args[0] = naive_eval(n, e->args[0], env);
		args[1] = naive_eval(n, e->args[1], env);
		v = arithmetic(e->text[0], &args[0], &args[1]);
		if (e->text[0] == '%' && (!is_exact(&args[0]) || !is_exact(&args[1])))
			*n->unsure = "a remainder is a matter of last digits";
		return v;
	default:
		return null_value;
	}
}

/* ---- conditions ---- */

bool
naive_matches(const char *pattern, struct slice text)
{
	char copy[64];
	regex_t regex;
	bool matches;

	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	matches = regexec(&regex, copy, 0, NULL, 0) == 0;
	regfree(&regex);
	return matches;
}

/*
 * An operand of a comparison: a value of the point as it is, whatever the name is elsewhere.
 */
static struct value
operand(const struct node *e, const struct table *table, const struct point *point)
{
	struct value a, b;
	int c;

	switch (e->kind) {
	case NODE_INTEGER:
		return integer_value(e->i);
	case NODE_FLOAT:
		return float_value(e->f);
	case NODE_BOOLEAN:
		return (struct value){ .type = VALUE_BOOLEAN, .b = e->i != 0 };
	case NODE_STRING:
		return (struct value){ .type = VALUE_STRING, .s = slice_from(e->text) };
	case NODE_REF:
		c = table_find(table, e->text);
		if (c < 0)
			return (struct value){ .type = VALUE_TAG, .s = SLICE("") };
		return point->values[c];
	case NODE_BINARY:
		a = operand(e->args[0], table, point);
		b = operand(e->args[1], table, point);
		return arithmetic(e->text[0], &a, &b);
	default:
		return null_value;
	}
}

static bool
order_holds(const char *op, int order)
{
	if (strcmp(op, "=") == 0)
		return order == 0;
	if (strcmp(op, "!=") == 0)
		return order != 0;
	if (op[0] == '<')
		return order < 0 || (op[1] == '=' && order == 0);
	return order > 0 || (op[1] == '=' && order == 0);
}

static bool
floats_hold(const char *op, double a, double b)
{
	return isnan(a) || isnan(b) ? strcmp(op, "!=") == 0 : order_holds(op, (a > b) - (a < b));
}

static bool
is_no_field(const struct naive *n, const char *name)
{
	enum value_type type = naive_type_of(n, name);

	return type == VALUE_TAG || type == VALUE_NULL;
}

/*
 * Of two names of which a measurement lacks one, != holds when both are tags. A subquery has '' in
 * place of a name that it does not show.
 */
static bool
comparison(const struct naive *n, const struct node *e, const struct table *table,
    const struct point *point)
{
	struct value a = operand(e->args[0], table, point), b;

	if (e->args[0]->kind == NODE_REF && e->args[1]->kind == NODE_REF && table->name != NULL &&
	    (table_find(table, e->args[0]->text) < 0 || table_find(table, e->args[1]->text) < 0))
		return strcmp(e->text, "!=") == 0 && is_no_field(n, e->args[0]->text) &&
		       is_no_field(n, e->args[1]->text);
	if (e->args[1]->kind == NODE_REGEX) {
		if (a.type != VALUE_TAG && a.type != VALUE_STRING)
			return false;
		return naive_matches(e->args[1]->text, a.s) == (e->text[0] == '=');
	}
	b = operand(e->args[1], table, point);
	if (is_number(&a) && is_number(&b))
		return floats_hold(e->text, as_float(&a), as_float(&b));
	if (a.type == VALUE_TAG)
		a.type = VALUE_STRING;
	if (b.type == VALUE_TAG)
		b.type = VALUE_STRING;
	if (a.type != b.type || a.type == VALUE_NULL || is_number(&a) || e->text[0] == '<' ||
	    e->text[0] == '>')
		return false;
	return order_holds(e->text, naive_compare(&a, &b));
}

bool
naive_holds(const struct naive *n, const struct node *e, const struct table *table,
    const struct point *point)
{
	if (strcmp(e->text, "AND") == 0)
		return naive_holds(n, e->args[0], table, point) &&
		       naive_holds(n, e->args[1], table, point);
	if (strcmp(e->text, "OR") == 0)
		return naive_holds(n, e->args[0], table, point) ||
		       naive_holds(n, e->args[1], table, point);
	return comparison(n, e, table, point);
}
