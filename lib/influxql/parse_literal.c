/*
 * influxql/parse_literal.c - numbers, durations, strings, booleans, and bound parameters in their place
 */
#include "base/number.h"
#include "influxql/influxql_priv.h"

int
influxql_parse_duration(struct slice text, int64_t *ns, struct err *err)
{
	static const struct {
		const char	*name;
		int64_t		 ns;
	} units[] = {
		{ "ns", 1 }, { "us", 0 }, { "u", 1000 }, { "\xc2\xb5", 1000 }, { "ms", 1000000 },
		{ "m", INT64_C(60000000000) }, { "s", 1000000000 }, { "h", INT64_C(3600000000000) },
		{ "d", INT64_C(86400000000000) }, { "w", INT64_C(604800000000000) },
	};
	size_t n_units = sizeof(units) / sizeof(units[0]);
	bool minus = text.n > 0 && text.p[0] == '-';
	size_t i = minus;
	int64_t sum = 0;

	if (text.n < 2)
		return err_set(err, ERR_SYNTAX, "invalid duration");
	while (i < text.n) {
		size_t start = i, unit = 0;
		uint64_t count;
		int64_t part;

		while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
			i++;
		if (slice_to_u64(slice_make(text.p + start, i - start), &count) != 0)
			return err_set(err, ERR_SYNTAX, "invalid duration");
		while (unit < n_units && !slice_starts(slice_make(text.p + i, text.n - i),
		    slice_from(units[unit].name)))
			unit++;
		if (unit == n_units || units[unit].ns == 0)
			return err_set(err, ERR_SYNTAX, "invalid duration");
		if (count > INT64_MAX || __builtin_mul_overflow((int64_t)count, units[unit].ns, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return err_set(err, ERR_SYNTAX,
			    "overflowed duration %llu%s: choose a smaller duration or INF",
			    (unsigned long long)count, units[unit].name);
		i += strlen(units[unit].name);
	}
	*ns = minus ? -sum : sum;
	return 0;
}

bool
influxql_parse_calendar(struct slice text, int64_t *months)
{
	size_t i = 0;

	*months = 0;
	while (i < text.n) {
		size_t start = i;
		uint64_t count;
		bool years;

		while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
			i++;
		if (slice_to_u64(slice_make(text.p + start, i - start), &count) != 0 ||
		    count > UINT32_MAX)
			return false;
		years = slice_starts(slice_make(text.p + i, text.n - i), SLICE("y"));
		if (!years && !slice_starts(slice_make(text.p + i, text.n - i), SLICE("mo")))
			return false;
		i += years ? 1 : 2;
		*months += (int64_t)count * (years ? 12 : 1);
		if (*months > UINT32_MAX)
			return false;
	}
	return text.n > 0;
}

static struct expr *
parse_number(struct parser *p, const struct token *token)
{
	struct expr *e = influxql_parser_node(p, EXPR_NUMBER, token->at);
	const char *end = token->text.p + token->text.n;

	if (number_parse_float(token->text.p, end, &e->number) == end)
		return e;
	influxql_parser_fail_at(p, token->at, "unable to parse number");
	return NULL;
}

static struct expr *
parse_integer(struct parser *p, const struct token *token)
{
	struct expr *e = influxql_parser_node(p, EXPR_INTEGER, token->at);
	bool minus = token->text.p[0] == '-';	/* of a bound parameter */
	uint64_t u;

	if (slice_to_u64(slice_make(token->text.p + minus, token->text.n - minus), &u) != 0 ||
	    (minus && u > (uint64_t)INT64_MAX + 1)) {
		influxql_parser_fail_at(p, token->at, "unable to parse integer");
		return NULL;
	}
	if (minus) {
		e->integer = (int64_t)(0 - u);
	} else if (u <= INT64_MAX) {
		e->integer = (int64_t)u;
	} else {
		e->kind = EXPR_UNSIGNED;
		e->unsigned_ = u;
	}
	return e;
}

static struct expr *
parse_duration(struct parser *p, const struct token *token)
{
	struct expr *e = influxql_parser_node(p, EXPR_DURATION, token->at);
	struct err why;
	int64_t months;

	if (p->in_group_by && influxql_parse_calendar(token->text, &months)) {
		e->kind = EXPR_CALENDAR;
		e->months = months;
		return e;
	}
	if (influxql_parse_duration(token->text, &e->duration, &why) == 0)
		return e;
	influxql_parser_fail(p, "%s", why.text);
	return NULL;
}

/* A parameter that still is one stands for nothing: say why. */
static struct expr *
fail_param(struct parser *p, const struct token *token)
{
	struct slice name = slice_make(token->text.p + 1, token->text.n - 1);

	if (name.n == 0) {
		influxql_parser_fail(p, "empty bound parameter");
		return NULL;
	}
	for (size_t i = 0; p->params != NULL && i < p->params->n; i++)
		if (slice_eq(p->params->list[i].name, name))
			name = p->params->list[i].text;
	influxql_parser_fail(p, "missing parameter: " SLICE_FMT, SLICE_ARG(name));
	return NULL;
}

/* literal = int | float | duration | string | "true" | "false" | "$" ident . */
struct expr *
influxql_parse_literal(struct parser *p, const struct token *token)
{
	struct expr *e;

	switch (token->kind) {
	case TOKEN_STRING:
		e = influxql_parser_node(p, EXPR_STRING, token->at);
		e->string = token->text;
		return e;
	case TOKEN_NUMBER:
		return parse_number(p, token);
	case TOKEN_INTEGER:
		return parse_integer(p, token);
	case TOKEN_TRUE:
	case TOKEN_FALSE:
		e = influxql_parser_node(p, EXPR_BOOLEAN, token->at);
		e->boolean = token->kind == TOKEN_TRUE;
		return e;
	case TOKEN_DURATION_VALUE:
		return parse_duration(p, token);
	case TOKEN_PARAM:
		return fail_param(p, token);
	default:
		influxql_parser_found(p, token, "identifier, string, number, bool");
		return NULL;
	}
}
