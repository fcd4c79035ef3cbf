/*
 * query/plan_calls.c - is a field something that can be computed? Function by function
 *
 * What all functions have in common, the number of arguments and that the first one is a field,
 * comes from the table; below that, each family has its own rules and its own words for them.
 */
#include "query/plan.h"

static int
refuse_count(const struct expr_call *call, int min, int max, struct err *err)
{
	if (max < 0)
		return err_set(err, ERR_INVALID,
		    "invalid number of arguments for " SLICE_FMT ", expected at least %d, got %zu",
		    SLICE_ARG(call->name), min, call->n_args);
	if (min == max)
		return err_set(err, ERR_INVALID,
		    "invalid number of arguments for " SLICE_FMT ", expected %d, got %zu",
		    SLICE_ARG(call->name), min, call->n_args);
	return err_set(err, ERR_INVALID, "invalid number of arguments for " SLICE_FMT
	    ", expected at least %d but no more than %d, got %zu", SLICE_ARG(call->name), min, max,
	    call->n_args);
}

/*
 * The argument that must name a field, or stand for some: `*`, a regex.
 */
static int
check_field_name(struct plan_checks *checks, struct slice name, const struct expr *e,
    struct err *err)
{
	switch (e->kind) {
	case EXPR_REF:
		return 0;
	case EXPR_WILDCARD:
		if (!checks->allow_wildcard)
			return err_set(err, ERR_INVALID,
			    "unsupported expression with wildcard: " SLICE_FMT "()",
			    SLICE_ARG(name));
		checks->only_selectors = false;
		return 0;
	case EXPR_REGEX:
		if (!checks->allow_wildcard)
			return err_set(err, ERR_INVALID,
			    "unsupported expression with regex field: " SLICE_FMT "()",
			    SLICE_ARG(name));
		checks->only_selectors = false;
		return 0;
	default:
		return err_set(err, ERR_INVALID, "expected field argument in " SLICE_FMT "()",
		    SLICE_ARG(name));
	}
}

static int
check_distinct(struct plan_checks *checks, const struct expr_call *call, bool nested,
    struct err *err)
{
	if (call->n_args == 0)
		return err_set(
		    err, ERR_INVALID, "distinct function requires at least one argument");
	if (call->n_args != 1)
		return err_set(err, ERR_INVALID, "distinct function can only have one argument");
	if (call->args[0]->kind != EXPR_REF)
		return err_set(err, ERR_INVALID, "expected field argument in distinct()");
	if (!nested)
		checks->has_distinct = true;
	checks->only_selectors = false;
	return 0;
}

static bool
is_distinct(const struct expr *e)
{
	return e->kind == EXPR_CALL && slice_eq(e->call.name, SLICE("distinct"));
}

static int
check_nested(struct plan_checks *checks, const struct expr *e, struct err *err)
{
	if (is_distinct(e))
		return check_distinct(checks, &e->call, true, err);
	return query_plan_check_field(checks, e, err);
}

static int
check_unit(const struct expr *arg, struct err *err)
{
	struct buf text = { 0 };

	if (arg->duration > 0)
		return 0;
	influxql_print_duration(&text, arg->duration);
	err_set(err, ERR_INVALID, "duration argument must be positive, got " SLICE_FMT,
	    SLICE_ARG(buf_slice(&text)));
	buf_free(&text);
	return -1;
}

/* ---- selectors with a number ---- */

static int
check_percentile(struct plan_checks *checks, const struct expr_call *call, struct err *err)
{
	if (call->args[1]->kind != EXPR_INTEGER && call->args[1]->kind != EXPR_NUMBER)
		return err_set(err, ERR_INVALID, "expected float argument in percentile()");
	return check_field_name(checks, call->name, call->args[0], err);
}

static int
check_sample(struct plan_checks *checks, const struct expr_call *call, struct err *err)
{
	if (call->args[1]->kind != EXPR_INTEGER)
		return err_set(err, ERR_INVALID, "expected integer argument in sample()");
	if (call->args[1]->integer <= 0)
		return err_set(err, ERR_INVALID, "sample window must be greater than 1, got %lld",
		    (long long)call->args[1]->integer);
	return check_field_name(checks, call->name, call->args[0], err);
}

static int
check_top(struct plan_checks *checks, const struct expr_call *call, struct err *err)
{
	struct plan *plan = (struct plan *)checks->plan;
	const struct expr *last = call->args[call->n_args - 1];

	if (last->kind != EXPR_INTEGER)
		return err_set(err, ERR_INVALID,
		    "expected integer as last argument in " SLICE_FMT "(), found %s",
		    SLICE_ARG(call->name), query_plan_text(plan, last));
	if (last->integer <= 0)
		return err_set(err, ERR_INVALID,
		    "limit (%lld) in " SLICE_FMT " function must be at least 1",
		    (long long)last->integer, SLICE_ARG(call->name));
	if (checks->limit > 0 && last->integer > checks->limit)
		return err_set(err, ERR_INVALID,
		    "limit (%lld) in " SLICE_FMT " function can not be "
		    "larger than the LIMIT (%lld) in the select statement",
		    (long long)last->integer, SLICE_ARG(call->name), (long long)checks->limit);
	if (call->args[0]->kind != EXPR_REF)
		return err_set(err, ERR_INVALID,
		    "expected first argument to be a field in " SLICE_FMT "(), found %s",
		    SLICE_ARG(call->name), query_plan_text(plan, call->args[0]));
	for (size_t i = 1; i + 1 < call->n_args; i++)
		if (call->args[i]->kind != EXPR_REF)
			return err_set(err, ERR_INVALID,
			    "only fields or tags are allowed in " SLICE_FMT "(), found %s",
			    SLICE_ARG(call->name), query_plan_text(plan, call->args[i]));
	checks->top_bottom = call->name;
	return 0;
}

/* ---- transformations ---- */

/*
 * What a transformation works on: a field, raw, or the windows of another call.
 */
static int
check_sequence_source(struct plan_checks *checks, const struct expr_call *call, struct err *err)
{
	const struct plan *plan = checks->plan;
	const struct expr *e = call->args[0];

	checks->only_selectors = false;
	if (e->kind == EXPR_CALL) {
		if (plan->window.interval == 0)
			return err_set(err, ERR_INVALID,
			    SLICE_FMT " aggregate requires a GROUP BY interval",
			    SLICE_ARG(call->name));
		return check_nested(checks, e, err);
	}
	if (plan->window.interval != 0 && !plan->inherited_window)
		return err_set(err, ERR_INVALID,
		    "aggregate function required inside the call to " SLICE_FMT,
		    SLICE_ARG(call->name));
	return check_field_name(checks, call->name, e, err);
}

static int
check_derivative(const struct plan *plan, const struct expr_call *call, struct err *err)
{
	if (call->n_args < 2 && plan->window.months != 0 && call->args[0]->kind == EXPR_CALL)
		return err_set(err, ERR_INVALID, SLICE_FMT " over calendar windows needs a unit, as in "
		    SLICE_FMT "(mean(v), 1d)", SLICE_ARG(call->name), SLICE_ARG(call->name));
	if (call->n_args < 2)
		return 0;
	if (call->args[1]->kind != EXPR_DURATION)
		return err_set(err, ERR_INVALID,
		    "second argument to " SLICE_FMT " must be a duration, got %s",
		    SLICE_ARG(call->name), influxql_node_name(call->args[1]->kind));
	return check_unit(call->args[1], err);
}

static int
check_moving_average(const struct expr_call *call, struct err *err)
{
	const struct expr *n = call->args[1];

	if (n->kind != EXPR_INTEGER)
		return err_set(err, ERR_INVALID,
		    "second argument for moving_average must be an integer, got %s",
		    influxql_node_name(n->kind));
	if (n->integer <= 1)
		return err_set(err, ERR_INVALID,
		    "moving_average window must be greater than 1, got %lld",
		    (long long)n->integer);
	return 0;
}

static int
check_warmup(const struct expr_call *call, bool none, struct err *err)
{
	const struct expr *word = call->args[3];

	if (word->kind != EXPR_STRING)
		return err_set(err, ERR_INVALID, SLICE_FMT " warmup type must be a string",
		    SLICE_ARG(call->name));
	if (slice_eq(word->string, SLICE("exponential")) ||
	    slice_eq(word->string, SLICE("simple")) ||
	    (none && slice_eq(word->string, SLICE("none"))))
		return 0;
	return err_set(err, ERR_INVALID, SLICE_FMT " warmup type must be one of: %s'exponential' "
	    "'simple'", SLICE_ARG(call->name), none ? "'none' " : "");
}

static int
check_smoothing(const struct expr_call *call, struct err *err)
{
	int64_t least_hold = slice_eq(call->name, SLICE("triple_exponential_derivative")) ? 1 : 0;
	bool none = slice_eq(call->name, SLICE("chande_momentum_oscillator"));

	if (call->args[1]->kind != EXPR_INTEGER)
		return err_set(err, ERR_INVALID, SLICE_FMT " period must be an integer",
		    SLICE_ARG(call->name));
	if (call->args[1]->integer < 1)
		return err_set(err, ERR_INVALID,
		    SLICE_FMT " period must be greater than or equal to 1", SLICE_ARG(call->name));
	if (call->n_args < 3)
		return 0;
	if (call->args[2]->kind != EXPR_INTEGER)
		return err_set(err, ERR_INVALID, SLICE_FMT " hold period must be an integer",
		    SLICE_ARG(call->name));
	if (call->args[2]->integer < least_hold && call->args[2]->integer != -1)
		return err_set(err, ERR_INVALID,
		    SLICE_FMT " hold period must be greater than or equal to %lld",
		    SLICE_ARG(call->name), (long long)least_hold);
	return call->n_args == 4 ? check_warmup(call, none, err) : 0;
}

static int
check_holt_winters(struct plan_checks *checks, const struct expr_call *call, struct err *err)
{
	static const char *const nth[] = { "", "second", "third" };

	for (int i = 1; i <= 2; i++)
		if (call->args[i]->kind != EXPR_INTEGER)
			return err_set(err, ERR_INVALID,
			    "expected integer argument as %s arg in " SLICE_FMT, nth[i],
			    SLICE_ARG(call->name));
		else if (i == 1 && call->args[i]->integer <= 0)
			return err_set(err, ERR_INVALID,
			    "second arg to " SLICE_FMT " must be greater than 0, got %lld",
			    SLICE_ARG(call->name), (long long)call->args[i]->integer);
		else if (call->args[i]->integer < 0)
			return err_set(err, ERR_INVALID,
			    "third arg to " SLICE_FMT " cannot be negative, got %lld",
			    SLICE_ARG(call->name), (long long)call->args[i]->integer);
	if (call->args[0]->kind != EXPR_CALL)
		return err_set(err, ERR_INVALID, "must use aggregate function with " SLICE_FMT,
		    SLICE_ARG(call->name));
	return check_sequence_source(checks, call, err);
}

static int
check_transform(struct plan_checks *checks, const struct function *f,
    const struct expr_call *call, struct err *err)
{
	int bad = 0;

	if (f->sequence == &fn_holt_winters)
		return check_holt_winters(checks, call, err);
	if (f->max_args == 2 && f->min_args == 1)
		bad = check_derivative(checks->plan, call, err);
	else if (f->sequence == &fn_moving_average)
		bad = check_moving_average(call, err);
	else if (f->max_args > 2)
		bad = check_smoothing(call, err);
	return bad != 0 ? -1 : check_sequence_source(checks, call, err);
}

/* ---- all calls ---- */

static int
check_math(struct plan_checks *checks, const struct expr_call *call, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < call->n_args; i++)
		any |= call->args[i]->kind < EXPR_NUMBER;
	if (!any)
		return err_set(err, ERR_INVALID, "field must contain at least one variable");
	for (size_t i = 0; i < call->n_args; i++) {
		if (call->args[i]->kind >= EXPR_NUMBER)
			continue;
		if (query_plan_check_field(checks, call->args[i], err) != 0)
			return -1;
	}
	return 0;
}

static int
check_aggregate(struct plan_checks *checks, const struct function *f,
    const struct expr_call *call, struct err *err)
{
	if (f->sequence == &fn_integral && call->n_args == 2) {
		if (call->args[1]->kind != EXPR_DURATION)
			return err_set(err, ERR_INVALID, "second argument must be a duration");
		if (check_unit(call->args[1], err) != 0)
			return -1;
	}
	if (f->kind == FUNCTION_AGGREGATE)
		checks->only_selectors = false;
	if (f->states == &fn_count && is_distinct(call->args[0]))
		return check_distinct(checks, &call->args[0]->call, true, err);
	return check_field_name(checks, call->name, call->args[0], err);
}

static int
check_call(struct plan_checks *checks, const struct expr_call *call, struct err *err)
{
	const struct function *f = query_functions_find(call->name);

	if (f == NULL || f->states == &fn_count_distinct)
		return err_set(err, ERR_INVALID, "undefined function " SLICE_FMT "()",
		    SLICE_ARG(call->name));
	if (f->kind != FUNCTION_MATH)
		checks->n_calls++;
	if (f->states == &fn_distinct)
		return check_distinct(checks, call, false, err);
	if ((f->states == &fn_top || f->states == &fn_bottom) && checks->top_bottom.n > 0)
		return err_set(err, ERR_INVALID,
		    "selector function " SLICE_FMT "() cannot be combined with other functions",
		    SLICE_ARG(checks->top_bottom));
	if ((int)call->n_args < f->min_args ||
	    (f->max_args >= 0 && (int)call->n_args > f->max_args))
		return refuse_count(call, f->min_args, f->max_args, err);
	if (f->kind == FUNCTION_MATH)
		return check_math(checks, call, err);
	if (f->kind == FUNCTION_TRANSFORM)
		return check_transform(checks, f, call, err);
	if (f->states == &fn_percentile)
		return check_percentile(checks, call, err);
	if (f->states == &fn_sample)
		return check_sample(checks, call, err);
	if (f->states == &fn_top || f->states == &fn_bottom)
		return check_top(checks, call, err);
	return check_aggregate(checks, f, call, err);
}

static int
check_binary(struct plan_checks *checks, const struct expr_binary *b, struct err *err)
{
	bool left = b->left->kind >= EXPR_NUMBER, right = b->right->kind >= EXPR_NUMBER;

	checks->allow_wildcard = false;
	if (left && right)
		return err_set(err, ERR_INVALID,
		    "cannot perform a binary expression on two literals");
	if (!left && query_plan_check_field(checks, b->left, err) != 0)
		return -1;
	return right ? 0 : query_plan_check_field(checks, b->right, err);
}

int
query_plan_check_field(struct plan_checks *checks, const struct expr *e, struct err *err)
{
	switch (e->kind) {
	case EXPR_REF:
		checks->has_refs = true;
		return 0;
	case EXPR_WILDCARD:
	case EXPR_REGEX:
		checks->has_refs = true;
		if (!checks->allow_wildcard)
			return err_set(err, ERR_INVALID, "unable to use %s in a binary expression",
			    e->kind == EXPR_REGEX ? "regex" : "wildcard");
		return 0;
	case EXPR_CALL:
		return check_call(checks, &e->call, err);
	case EXPR_BINARY:
		return check_binary(checks, &e->binary, err);
	case EXPR_PAREN:
		return query_plan_check_field(checks, e->inner, err);
	default:
		return err_set(err, ERR_INVALID, "field must contain at least one variable");
	}
}
