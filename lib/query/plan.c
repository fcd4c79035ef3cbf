/*
 * query/plan.c - what a statement says, checked before anything is looked up
 *
 * Time bounds are taken out of the condition, GROUP BY is read, the fields are checked with
 * plan_calls.c, and then the subqueries, which inherit bounds and interval. All errors here are
 * those of the statement alone; they come out even when the measurement does not exist.
 */
#include "query/plan.h"

#include "query/bounds.h"

#define SECONDS_BEFORE_1970 INT64_C(62135596800)	/* since the year 1 */

const char *
query_plan_text(struct plan *plan, const struct expr *expr)
{
	struct buf text = { 0 };
	const char *copy;

	influxql_print_expr(&text, expr);
	copy = arena_string(plan->arena, buf_slice(&text));
	buf_free(&text);
	return copy;
}

static bool
to_call(void *arg, struct expr *e)
{
	struct arena *arena = arg;
	struct slice name = e->distinct;

	if (e->kind != EXPR_DISTINCT)
		return true;
	e->kind = EXPR_CALL;
	e->call = (struct expr_call){ .name = SLICE("distinct"),
	    .args = arena_array(arena, struct expr *, 1), .n_args = 1 };
	e->call.args[0] = influxql_new_ref(arena, name, CAST_NONE);
	return false;
}

/* ---- WHERE ---- */

static int
check_condition(struct plan *plan, const struct expr *e, struct err *err)
{
	const struct function *f;

	switch (e->kind) {
	case EXPR_BINARY:
		return check_condition(plan, e->binary.left, err) != 0 ? -1 :
		    check_condition(plan, e->binary.right, err);
	case EXPR_PAREN:
		return check_condition(plan, e->inner, err);
	case EXPR_CALL:
		break;
	default:
		return 0;
	}
	f = query_functions_find(e->call.name);
	if (f == NULL || f->kind != FUNCTION_MATH)
		return err_set(err, ERR_INVALID, "invalid function call in condition: %s",
		    query_plan_text(plan, e));
	if ((int)e->call.n_args != f->min_args)
		return err_set(err, ERR_INVALID,
		    "invalid number of arguments for %s, expected %d, got %zu", f->name,
		    f->min_args, e->call.n_args);
	for (size_t i = 0; i < e->call.n_args; i++)
		if (check_condition(plan, e->call.args[i], err) != 0)
			return -1;
	return 0;
}

static int
read_where(struct plan *plan, const struct fold *fold, struct bounds *bounds, struct err *err)
{
	if (query_bounds_split(fold, plan->select->where, &plan->where, bounds, err) != 0)
		return -1;
	return plan->where != NULL ? check_condition(plan, plan->where, err) : 0;
}

/* ---- GROUP BY ---- */

/*
 * How far a time is into its interval, when intervals begin with the year 1 as Go counts them.
 */
static int64_t
since_year_one(int64_t t, int64_t interval)
{
	__int128 all = (__int128)SECONDS_BEFORE_1970 * 1000000000 + t;

	return (int64_t)(all % interval);
}

static int
read_offset(struct plan *plan, const struct fold *fold, struct expr *arg, struct err *err)
{
	int64_t interval = plan->window.interval, ns;
	int is;

	switch (arg->kind) {
	case EXPR_DURATION:
		plan->window.offset = arg->duration % interval;
		return 0;
	case EXPR_TIME:
		plan->window.offset = since_year_one(arg->time, interval);
		return 0;
	case EXPR_CALL:
		if (!slice_eq(arg->call.name, SLICE("now")))
			return err_set(err, ERR_INVALID,
			    "time dimension offset function must be now()");
		if (arg->call.n_args != 0)
			return err_set(err, ERR_INVALID,
			    "time dimension offset now() function requires no arguments");
		plan->window.offset = since_year_one(plan->ctx->now_ns, interval);
		return 0;
	case EXPR_STRING:
		is = query_bounds_time_literal(fold, arg->string, &ns, err);
		if (is < 0)
			return -1;
		if (is == 1)	/* 1.x checks this form and then cannot use it */
			return err_set(err, ERR_INVALID, "invalid time dimension offset: %s",
			    query_plan_text(plan, arg));
		break;
	default:
		break;
	}
	return err_set(err, ERR_INVALID, "time dimension offset must be duration or now()");
}

static int
read_calendar(struct plan *plan, const struct expr_call *call, struct err *err)
{
	int64_t months = call->args[0]->months;

	if (months < 1 || months > WINDOW_MONTHS_MAX)
		return err_set(err, ERR_INVALID,
		    "calendar windows of time() must be between 1mo and %dy",
		    WINDOW_MONTHS_MAX / 12);
	if (call->n_args == 2)
		return err_set(err, ERR_INVALID, "calendar windows of time() begin with a month and "
		    "cannot have an offset");
	plan->window.months = months;
	if (__builtin_mul_overflow(months, WINDOW_MONTH_NS, &plan->window.interval))
		plan->window.interval = INT64_MAX;
	return 0;
}

static int
read_time_dimension(struct plan *plan, const struct fold *fold, struct expr *e, struct err *err)
{
	if (e->call.n_args < 1 || e->call.n_args > 2)
		return err_set(err, ERR_INVALID, "time dimension expected 1 or 2 arguments");
	if (e->call.args[0]->kind != EXPR_DURATION && e->call.args[0]->kind != EXPR_CALENDAR)
		return err_set(err, ERR_INVALID, "time dimension must have duration argument");
	if (plan->window.interval != 0)
		return err_set(err, ERR_INVALID, "multiple time dimensions not allowed");
	if (e->call.args[0]->kind == EXPR_CALENDAR)
		return read_calendar(plan, &e->call, err);
	plan->window.interval = e->call.args[0]->duration;
	if (plan->window.interval < 0)
		plan->window.interval = 0;	/* as good as none */
	if (e->call.n_args == 2 && plan->window.interval > 0)
		return read_offset(plan, fold, e->call.args[1], err);
	return 0;
}

static int
read_dimensions(struct plan *plan, const struct fold *fold, struct err *err)
{
	struct fold still = { .arena = fold->arena };

	for (size_t i = 0; i < plan->select->n_dimensions; i++) {
		struct dimension *d = &plan->select->dimensions[i];

		if (query_fold(&still, &d->expr, err) != 0)
			return -1;
		switch (d->expr->kind) {
		case EXPR_REF:
			if (slice_eq_nocase(d->expr->ref.name, SLICE("time")))
				return err_set(err, ERR_INVALID,
				    "time() is a function and expects at least one argument");
			break;
		case EXPR_CALL:
			if (!slice_eq(d->expr->call.name, SLICE("time")))
				return err_set(err, ERR_INVALID,
				    "only time() calls allowed in dimensions");
			if (read_time_dimension(plan, fold, d->expr, err) != 0)
				return -1;
			break;
		case EXPR_WILDCARD:
		case EXPR_REGEX:
			break;
		default:
			return err_set(err, ERR_INVALID, "only time and tag dimensions allowed");
		}
	}
	return 0;
}

/* ---- the range of times ---- */

static void
set_range(struct plan *plan, const struct bounds *bounds)
{
	plan->from = bounds->has_from ? bounds->from : TIME_MIN;
	plan->to = bounds->has_to               ? bounds->to
		   : plan->window.interval != 0 ? plan->ctx->now_ns
						: TIME_MAX;
}

static void
inherit(struct plan *plan, const struct plan *outer)
{
	if (outer->from > plan->from)
		plan->from = outer->from;
	if (outer->to < plan->to)
		plan->to = outer->to;
	if (plan->window.interval != 0 && plan->fill == FILL_NULL)
		plan->fill = FILL_NONE;
	if (plan->window.interval == 0 && outer->window.interval != 0) {
		plan->window = outer->window;
		plan->inherited_window = true;
	}
}

static int
read_order(struct plan *plan, struct err *err)
{
	const struct select *select = plan->select;

	plan->descending = select->descending;
	if (plan->outer == NULL)
		return 0;
	if (select->has_order && select->descending != plan->outer->descending)
		return err_set(err, ERR_INVALID,
		    "subqueries must be ordered in the same direction as the query itself");
	plan->descending = plan->outer->descending;
	return 0;
}

static void
read_fill(struct plan *plan)
{
	const struct expr *n = plan->select->fill_number;

	plan->fill = plan->select->fill;
	if (plan->fill != FILL_NUMBER || n == NULL)
		return;
	plan->fill_value =
	    n->kind == EXPR_INTEGER ? value_integer(n->integer) : value_float(n->number);
}

/* ---- fields ---- */

/*
 * `time` among the fields only renames the column of times.
 */
static int
read_fields(struct plan *plan, struct plan_checks *checks, struct err *err)
{
	struct select *select = plan->select;
	struct fold fold = { .arena = plan->arena, .math = true };
	size_t n = 0;

	plan->time_name = SLICE("time");
	for (size_t i = 0; i < select->n_fields; i++) {
		struct select_field field = select->fields[i];

		if (field.expr->kind == EXPR_REF && slice_eq(field.expr->ref.name, SLICE("time"))) {
			if (field.alias.n > 0)
				plan->time_name = field.alias;
			continue;
		}
		influxql_walk(field.expr, to_call, plan->arena);
		if (query_fold(&fold, &field.expr, err) != 0)
			return -1;
		checks->allow_wildcard = true;
		if (query_plan_check_field(checks, field.expr, err) != 0)
			return -1;
		select->fields[n++] = field;
	}
	select->n_fields = n;
	return 0;
}

static int
check_fill(const struct plan *plan, struct err *err)
{
	if (plan->fill == FILL_NONE && plan->select->fill == FILL_NONE)
		return err_set(err, ERR_INVALID, "fill(none) must be used with a function");
	if (plan->fill == FILL_LINEAR)
		return err_set(err, ERR_INVALID, "fill(linear) must be used with a function");
	if (plan->window.interval != 0 && !plan->inherited_window)
		return err_set(
		    err, ERR_INVALID, "GROUP BY requires at least one aggregate function");
	return 0;
}

static int
check_fields(const struct plan *plan, const struct plan_checks *checks, struct err *err)
{
	if (plan->select->n_fields == 0)
		return err_set(err, ERR_INVALID, "at least 1 non-time field must be queried");
	if (checks->n_calls > 1 && checks->top_bottom.n > 0)
		return err_set(err, ERR_INVALID,
		    "selector function " SLICE_FMT "() cannot be combined with other functions",
		    SLICE_ARG(checks->top_bottom));
	if (checks->n_calls == 0 && check_fill(plan, err) != 0)
		return -1;
	if (checks->has_distinct && (checks->n_calls != 1 || checks->has_refs))
		return err_set(err, ERR_INVALID, "aggregate function distinct() cannot be combined "
		    "with other functions or fields");
	if (!checks->has_refs)
		return 0;
	if (!checks->only_selectors)
		return err_set(err, ERR_INVALID,
		    "mixing aggregate and non-aggregate queries is not supported");
	if (checks->n_calls > 1)
		return err_set(err, ERR_INVALID, "mixing multiple selector functions with tags or "
		    "fields is not supported");
	return 0;
}

static int
read_statement(struct plan *plan, struct err *err)
{
	struct plan_checks checks = { .plan = plan, .only_selectors = true,
	    .limit = plan->select->limit };
	struct fold fold = { .arena = plan->arena, .has_now = true, .now_ns = plan->ctx->now_ns };
	struct bounds bounds = { 0 };

	if (query_zone_find(plan->select->tz, plan->arena, &plan->window.zone, err) != 0)
		return -1;
	fold.zone = plan->window.zone;
	if (read_where(plan, &fold, &bounds, err) != 0 || read_dimensions(plan, &fold, err) != 0)
		return -1;
	read_fill(plan);
	set_range(plan, &bounds);
	if (read_order(plan, err) != 0)
		return -1;
	if (plan->outer != NULL)
		inherit(plan, plan->outer);
	if (read_fields(plan, &checks, err) != 0)
		return -1;
	return check_fields(plan, &checks, err);
}

int
query_plan_new(struct query_context *ctx, struct select *select, struct plan *outer,
    struct plan **out, struct err *err)
{
	struct plan *plan = arena_zalloc(ctx->arena, sizeof(*plan));

	plan->ctx = ctx;
	plan->arena = ctx->arena;
	plan->select = select;
	plan->outer = outer;
	plan->limit = select->limit;
	plan->offset = select->offset;
	plan->n_sources = select->n_sources;
	plan->sources = arena_zalloc(ctx->arena, select->n_sources * sizeof(*plan->sources));
	if (read_statement(plan, err) != 0)
		return -1;
	for (size_t i = 0; i < select->n_sources; i++)
		if (select->sources[i].kind == SOURCE_SUBQUERY &&
		    query_plan_new(
			ctx, select->sources[i].subquery, plan, &plan->sources[i].inner, err) != 0)
			return -1;
	*out = plan;
	return 0;
}
