/*
 * query/delete.c - DELETE, DROP SERIES and DROP MEASUREMENT
 *
 *     condition ─► range of times + what is left ─► per measurement: a condition on tags ─► series
 *
 * As in InfluxDB 1.x they are about all retention policies of the database, unless the request names
 * one. A condition is checked against every measurement before the first row goes, so that one that
 * cannot be carried out changes nothing. What it says of anything but tags and time cannot, unless
 * delete_by_field allows it: then delete_points.c looks at the rows. On disk when the statement is
 * answered.
 */
#include "query/delete.h"
#include "query/bounds.h"
#include "query/show_priv.h"

struct removal {
	struct query_context *ctx;
	struct expr	*where;		/* without its times, or NULL */
	bool		 every_time;
	int64_t		 from, to;	/* unless every_time */
	struct show_target *targets;
	size_t		 n_targets, cap_targets;
	bool		 by_field;	/* fields may be compared */
	bool		 has_fields;	/* and are, in the present condition */
	bool		 any_fields;	/* or in some: the points are counted */
	uint64_t	 n_points;
};

/* ---- which measurements ---- */

static void
add_target(struct removal *r, uint64_t bucket_id, struct slice name)
{
	if (r->n_targets == r->cap_targets) {
		size_t cap = r->cap_targets == 0 ? 16 : 2 * r->cap_targets;

		r->targets = arena_grow(r->ctx->arena, r->targets, r->n_targets, cap);
		r->cap_targets = cap;
	}
	r->targets[r->n_targets++] = (struct show_target){ bucket_id, name };
}

struct names_job {
	uint64_t	 bucket_id;
	struct slice	*names;
	size_t		 n;
};

static int
names_body(struct txn *txn, void *arg, struct err *err)
{
	struct names_job *job = arg;

	return store_measurements(txn, job->bucket_id, &job->names, &job->n, err);
}

/*
 * All measurements of a bucket, or those that a regular expression matches.
 */
static int
add_names(struct removal *r, uint64_t bucket_id, const struct measurement *source, struct err *err)
{
	struct query_context *ctx = r->ctx;
	struct names_job job = { .bucket_id = bucket_id };
	struct query_regex *regex = NULL;

	if (source != NULL && query_regex_get(ctx->regexes, source->regex, &regex, err) != 0)
		return -1;
	if (store_txn(ctx->store, STORE_READ, ctx->arena, names_body, &job, err) != 0)
		return -1;
	for (size_t i = 0; i < job.n; i++)
		if (regex == NULL || query_regex_match(regex, job.names[i]))
			add_target(r, bucket_id, job.names[i]);
	return query_context_check(ctx, err);
}

static int
find_targets(struct removal *r, const struct source *sources, size_t n_sources, struct err *err)
{
	uint64_t *bucket_ids;
	size_t n;

	if (query_destination_of_change(r->ctx, &bucket_ids, &n, err) != 0)
		return -1;
	for (size_t b = 0; b < n; b++) {
		if (n_sources == 0 && add_names(r, bucket_ids[b], NULL, err) != 0)
			return -1;
		for (size_t i = 0; i < n_sources; i++) {
			const struct measurement *source = &sources[i].measurement;

			if (!source->is_regex)
				add_target(r, bucket_ids[b], source->name);
			else if (add_names(r, bucket_ids[b], source, err) != 0)
				return -1;
		}
	}
	return 0;
}

/* ---- the condition, as one measurement understands it ---- */

static bool
is_field(const struct store_measurement *m, const struct expr *e)
{
	if (e->kind != EXPR_REF || e->ref.cast == CAST_TAG)
		return false;
	if (e->ref.cast != CAST_NONE)
		return true;
	for (size_t i = 0; i < m->n_fields; i++)
		if (slice_eq(m->fields[i].name, e->ref.name))
			return true;
	return false;
}

static bool
has_tag(const struct store_measurement *m, struct slice name)
{
	for (size_t i = 0; i < m->n_tags; i++)
		if (slice_eq(m->tags[i].name, name))
			return true;
	return false;
}

static int
not_by_tags(struct err *err)
{
	return err_set(err, ERR_INVALID, "fields not supported in WHERE clause during deletion");
}

/*
 * `_name` is the measurement's own name: a comparison with it is true or false.
 */
static int
fit_name(struct removal *r, const struct store_measurement *m, struct expr *e,
    const struct expr *value, struct err *err)
{
	bool negate = e->binary.op == OP_NEQ || e->binary.op == OP_NEQ_REGEX, holds;
	struct query_regex *regex;

	if (value->kind == EXPR_STRING) {
		holds = slice_eq(m->name, value->string);
	} else {
		if (query_regex_get(r->ctx->regexes, value->regex, &regex, err) != 0)
			return -1;
		holds = query_regex_match(regex, m->name);
	}
	e->kind = EXPR_BOOLEAN;
	e->boolean = holds != negate;
	return 0;
}

static bool
is_value(const struct expr *e)
{
	return e->kind == EXPR_NUMBER || e->kind == EXPR_INTEGER || e->kind == EXPR_UNSIGNED ||
	    e->kind == EXPR_STRING || e->kind == EXPR_BOOLEAN || e->kind == EXPR_REGEX;
}

/*
 * A field and a value. A measurement that has neither a field nor a tag of the name has no such
 * point.
 */
static bool
fit_field(struct removal *r, const struct store_measurement *m, struct expr *e,
    const struct expr *ref, const struct expr *value)
{
	if (!r->by_field || ref->kind != EXPR_REF || !is_value(value))
		return false;
	if (is_field(m, ref)) {
		r->has_fields = true;
		return true;
	}
	if (has_tag(m, ref->ref.name) || value->kind == EXPR_STRING || value->kind == EXPR_REGEX)
		return false;
	e->kind = EXPR_BOOLEAN;
	e->boolean = false;
	return true;
}

static int
fit_comparison(struct removal *r, const struct store_measurement *m, struct expr *e,
    struct err *err)
{
	const struct expr *ref = e->binary.left, *value = e->binary.right;

	if (ref->kind != EXPR_REF) {
		ref = e->binary.right;
		value = e->binary.left;
	}
	if (fit_field(r, m, e, ref, value))
		return 0;
	if (ref->kind != EXPR_REF || is_field(m, ref) || is_field(m, value))
		return not_by_tags(err);
	if (value->kind != EXPR_STRING && value->kind != EXPR_REGEX && value->kind != EXPR_REF)
		return not_by_tags(err);
	switch (e->binary.op) {
	case OP_EQ:
	case OP_NEQ:
	case OP_EQ_REGEX:
	case OP_NEQ_REGEX:
		break;
	default:
		return err_set(err, ERR_INVALID, "invalid tag comparison operator");
	}
	if (value->kind != EXPR_REF && slice_eq(ref->ref.name, SLICE("_name")) &&
	    !has_tag(m, SLICE("_name")))
		return fit_name(r, m, e, value, err);
	return 0;
}

/*
 * Is the condition about tags alone? Changed in place where it names the measurement.
 */
static int
fit(struct removal *r, const struct store_measurement *m, struct expr *e, struct err *err)
{
	switch (e->kind) {
	case EXPR_PAREN:
		return fit(r, m, e->inner, err);
	case EXPR_BOOLEAN:
		return 0;
	case EXPR_BINARY:
		if (e->binary.op < OP_EQ)
			return not_by_tags(err);
		if (e->binary.op != OP_AND && e->binary.op != OP_OR)
			return fit_comparison(r, m, e, err);
		return fit(r, m, e->binary.left, err) != 0 ? -1 :
		    fit(r, m, e->binary.right, err);
	default:
		return not_by_tags(err);
	}
}

/*
 * A measurement and the condition for it; *m is NULL when there is none of the name.
 */
static int
open_target(struct removal *r, const struct show_target *target, struct store_measurement **m,
    struct expr **where, struct err *err)
{
	*where = NULL;
	r->has_fields = false;
	if (query_show_measurement(r->ctx, target, m, err) != 0)
		return -1;
	if (*m == NULL || r->where == NULL)
		return 0;
	*where = influxql_copy_expr(r->ctx->arena, r->where);
	return fit(r, *m, *where, err);
}

/* ---- taking away ---- */

static int
remove_from(struct removal *r, const struct show_target *target, struct err *err)
{
	struct query_context *ctx = r->ctx;
	struct store_series_list series;
	struct store_measurement *m;
	struct expr *where;
	uint64_t n_rows;

	if (r->where == NULL && r->every_time)
		return store_drop_measurement(ctx->store, target->bucket_id, target->name, err);
	if (open_target(r, target, &m, &where, err) != 0)
		return -1;
	if (m == NULL)
		return 0;
	if (r->has_fields) {
		struct delete_spec spec = { m, where, r->from, r->to };

		if (query_delete_points(ctx, &spec, &n_rows, err) != 0)
			return -1;
		r->n_points += n_rows;
		return 0;
	}
	if (query_show_where_series(ctx, m, where, &series, err) != 0)
		return -1;
	if (r->every_time)
		return store_drop_series(ctx->store, m, series.ids, series.n, err);
	return store_delete_rows(ctx->store, m, series.ids, series.n, r->from, r->to, &n_rows,
	    err);
}

static int
check(struct removal *r, const struct show_target *target, struct err *err)
{
	struct store_measurement *m;
	struct expr *where;

	if (open_target(r, target, &m, &where, err) != 0)
		return -1;
	r->any_fields |= r->has_fields;
	if (!r->has_fields || grants_allow(r->ctx->grants, GRANT_READ, target->bucket_id))
		return 0;
	return err_set(err, ERR_FORBIDDEN, "DELETE by the values of fields requires READ");
}

static int
for_each_target(struct removal *r,
    int (*run)(struct removal *r, const struct show_target *target, struct err *err),
    struct err *err)
{
	for (size_t i = 0; i < r->n_targets; i++) {
		struct arena_mark mark = arena_mark(r->ctx->arena);

		if (run(r, &r->targets[i], err) != 0)
			return -1;
		arena_rewind(r->ctx->arena, mark);
	}
	return 0;
}

static int
read_condition(struct removal *r, const struct statement *statement, struct err *err)
{
	struct fold fold = { .arena = r->ctx->arena, .has_now = true, .now_ns = r->ctx->now_ns };
	struct bounds bounds = { .has_from = false };
	struct expr *where = statement->delete.where;

	if (statement->kind == STATEMENT_DROP_SERIES && query_show_where_has_time(where))
		return err_set(err, ERR_INVALID, SHOW_TIME_ERROR, "DROP SERIES");
	if (query_bounds_split(&fold, where, &r->where, &bounds, err) != 0)
		return -1;
	r->by_field = r->ctx->request->delete_by_field && statement->kind == STATEMENT_DELETE;
	r->every_time = !bounds.has_from && !bounds.has_to;
	r->from = bounds.has_from ? bounds.from : INT64_MIN;
	r->to = bounds.has_to ? bounds.to : INT64_MAX;
	return 0;
}

static int
delete_rows(struct removal *r, const struct statement *statement, struct err *err)
{
	const struct delete *delete = &statement->delete;

	if (find_targets(r, delete->sources, delete->n_sources, err) != 0 ||
	    read_condition(r, statement, err) != 0)
		return -1;
	if (r->where != NULL && for_each_target(r, check, err) != 0)
		return -1;
	return for_each_target(r, remove_from, err);
}

static int
drop_measurement(struct removal *r, const struct statement *statement, struct err *err)
{
	struct source source = { .kind = SOURCE_MEASUREMENT,
	    .measurement = { .name = statement->drop.name } };

	r->every_time = true;
	if (find_targets(r, &source, 1, err) != 0)
		return -1;
	return for_each_target(r, remove_from, err);
}

static void
tell_number(const struct removal *r)
{
	struct buf text = { 0 };

	buf_printf(&text, "%llu point%s deleted", (unsigned long long)r->n_points,
	    r->n_points == 1 ? "" : "s");
	r->ctx->sink->message(r->ctx->sink, "info", buf_slice(&text));
	buf_free(&text);
}

int
query_delete_run(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	struct removal r = { .ctx = ctx };
	int result = statement->kind == STATEMENT_DROP_MEASUREMENT ?
	    drop_measurement(&r, statement, err) : delete_rows(&r, statement, err);
	struct err why;

	/* a part may be gone when it failed: that is to stay so, too */
	if (r.n_targets > 0 && store_sync(ctx->store, &why) != 0 && result == 0)
		return err_set(err, why.code, "%s", why.text);
	if (result == 0 && r.any_fields)
		tell_number(&r);
	return result;
}
