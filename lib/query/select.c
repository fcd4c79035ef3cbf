/*
 * query/select.c - a SELECT from its statement to the last row
 *
 * Group by group: each is opened, read to its end and closed before the next one, so that what an
 * answer needs is what one of its series needs. A group without rows does not appear.
 */
#include "query/select.h"

#include <stdlib.h>

#include "base/memory.h"
#include "query/pipeline.h"

/*
 * A field of a type that its function cannot take is an error only where there is something to
 * read. A tag is nothing to read, unless a subquery has made a column of it.
 */
static int
check_call_types(const struct call *call, struct err *err)
{
	enum value_type type = call->in == VALUE_TAG ? VALUE_STRING : call->in;

	if (call->inner != NULL && check_call_types(call->inner, err) != 0)
		return -1;
	if (call->in == VALUE_NULL || query_functions_take(call->function, type))
		return 0;
	return err_set(err, ERR_INVALID, "unsupported %s iterator type: *query.%sInterruptIterator",
	    call->function->label, value_type_name(type));
}

static int
check_types(const struct plan *plan, struct err *err)
{
	bool has_subquery = false;

	for (size_t i = 0; i < plan->n_sources; i++) {
		has_subquery |= plan->sources[i].inner != NULL;
		if (plan->sources[i].inner != NULL && check_types(plan->sources[i].inner, err) != 0)
			return -1;
	}
	for (size_t i = 0; plan->n_groups > 0 && i < plan->n_calls; i++)
		if ((has_subquery || plan->calls[i]->ref.type != VALUE_TAG) &&
		    check_call_types(plan->calls[i], err) != 0)
			return -1;
	return 0;
}

/*
 * What all series of an answer share; tags are those of the present one.
 */
struct answer {
	struct plan	*plan;
	struct rows_series series;
	struct slice	*columns;
	struct tag	*tags;
	struct value	*row;
};

static void
answer_init(struct answer *a, struct plan *plan)
{
	size_t n = plan->n_columns + 1;

	a->plan = plan;
	a->columns = memory_array(n, sizeof(*a->columns));
	a->tags = memory_array(plan->n_dims + 1, sizeof(*a->tags));
	a->row = memory_array(n, sizeof(*a->row));
	a->columns[0] = plan->time_name;
	for (size_t i = 0; i < plan->n_columns; i++)
		a->columns[i + 1] = plan->columns[i].name;
	a->series = (struct rows_series){ .n_columns = n, .columns = a->columns,
	    .n_tags = plan->n_dims, .tags = plan->n_dims > 0 ? a->tags : NULL,
	    .zone = plan->window.zone };
}

static void
answer_free(struct answer *a)
{
	free(a->columns);
	free(a->tags);
	free(a->row);
}

static void
begin_series(struct answer *a, const struct plan_group *group)
{
	a->series.name = group->name;
	for (size_t i = 0; i < a->plan->n_dims; i++)
		a->tags[i] = (struct tag){ a->plan->dims[i], group->values[i] };
	query_answer_begin(a->plan->ctx, &a->series);
}

static int
put_row(struct answer *a, int64_t time, const struct value *values, struct err *err)
{
	a->row[0] = (struct value){ .type = VALUE_TIME, .i = time };
	for (size_t i = 0; i < a->plan->n_columns; i++)
		a->row[i + 1] = values[i];
	return query_answer_row(a->plan->ctx, a->row, err);
}

/*
 * The next row, or several where they lie in columns and the sink can take them so: 1, 0 or -1.
 */
static int
put_next(struct answer *a, const struct plan_group *group, struct pipeline *p, bool *begun,
    struct err *err)
{
	bool runs = a->plan->ctx->sink->block != NULL && query_pipeline_has_runs(p);
	const struct value *values;
	struct run run;
	int64_t time;
	int more = runs ? query_pipeline_run(p, &run, err)
	    : query_pipeline_next(p, &time, &values, err);

	if (more != 1)
		return more;
	if (!*begun)
		begin_series(a, group);
	*begun = true;
	if (runs ? query_answer_block(a->plan->ctx, (struct rows_block){ run.block->times,
	    run.block->columns, run.from, run.to }, err) != 0 : put_row(a, time, values, err) != 0)
		return -1;
	return 1;
}

static int
run_group(struct answer *a, const struct plan_group *group, struct err *err)
{
	struct pipeline *p = NULL;
	bool begun = false;
	int more = query_pipeline_open(a->plan, group, &p, err) != 0 ? -1 : 1;

	while (more == 1)
		more = put_next(a, group, p, &begun, err);
	if (begun)
		query_answer_end(a->plan->ctx);
	query_pipeline_close(p);
	return more;
}

/*
 * Names that no source knows cannot give a row.
 */
static bool
has_anything(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_calls; i++)
		if (plan->calls[i]->ref.type != VALUE_NULL)
			return true;
	for (size_t i = 0; plan->n_calls == 0 && i < plan->refs.n; i++)
		if (plan->refs.list[i].type != VALUE_NULL)
			return true;
	return false;
}

int
query_select_run(struct query_context *ctx, struct select *select, struct err *err)
{
	struct plan *plan;
	struct answer answer;
	int bad = 0;

	if (select->has_into)
		return err_set(err, ERR_NOT_IMPLEMENTED, "not implemented: SELECT INTO");
	if (query_plan_new(ctx, select, NULL, &plan, err) != 0 || query_resolve(plan, err) != 0)
		return -1;
	if (!has_anything(plan))
		return 0;
	if (query_group(plan, err) != 0 || check_types(plan, err) != 0)
		return -1;
	answer_init(&answer, plan);
	for (size_t i = 0; bad == 0 && i < plan->n_groups; i++)
		bad = run_group(&answer, &plan->groups[i], err);
	answer_free(&answer);
	query_reader_free_all(plan);
	return bad;
}
