/*
 * query/pipeline.c - the rows of one group of the answer
 *
 * Streams are joined by time: a row has the time of the stream that is first, and the values of all
 * that have that time. What is missing is null, or what fill(number) or fill(previous) put in its
 * place. Then the columns are computed from the slots, and OFFSET and LIMIT count rows.
 */
#include "query/pipeline.h"

#include <stdlib.h>

#include "base/memory.h"
#include "query/fill.h"

struct joined {
	struct stream	*stream;
	bool		 has;		/* a point that is not used yet */
};

struct pipeline {
	struct plan	*plan;
	struct joined	*streams;
	size_t		 n_streams;
	struct call	**calls;	/* of the shared pass, in front; then the others */
	size_t		*slots;		/* of all streams, one behind the other */
	size_t		*ref_slots;
	struct value	*values;	/* slots */
	struct value	*defaults;
	struct buf	*texts;		/* fill(previous): copies of strings, by slot */
	size_t		 n_slots;
	struct value	*columns;
	bool		 direct;	/* the columns are the values of the only stream */
	bool		 begun, ended;
	int64_t		 time;		/* of the present row */
	int64_t		 to_skip, to_give;
};

/* ---- opening ---- */

static bool
is_dead(const struct plan *plan, const struct call *call)
{
	bool has_subquery = false;

	for (size_t i = 0; i < plan->n_sources; i++)
		has_subquery |= plan->sources[i].inner != NULL;
	return call->ref.type == VALUE_NULL || (call->ref.type == VALUE_TAG && !has_subquery);
}

static bool
shares_pass(const struct call *call)
{
	return call->function->states != NULL && call->function->kind != FUNCTION_MANY;
}

static struct stream **
new_stream(struct pipeline *p)
{
	return &p->streams[p->n_streams++].stream;
}

static void
number_slots(struct pipeline *p)
{
	const struct plan *plan = p->plan;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_calls; i++)
		if (!is_dead(plan, plan->calls[i]) && shares_pass(plan->calls[i])) {
			p->calls[n] = plan->calls[i];
			p->slots[n++] = i;
		}
	for (size_t i = 0; i < plan->refs.n; i++)
		p->slots[n + i] = plan->n_calls + i;
}

static int
open_calls(struct pipeline *p, const struct plan_group *group, struct err *err)
{
	struct plan *plan = p->plan;
	bool with_refs = plan->n_calls == 1;
	size_t n_shared = 0;

	number_slots(p);
	while (p->calls[n_shared] != NULL)
		n_shared++;
	if (n_shared > 0 && query_aggregate_open(plan, group, p->calls, n_shared, with_refs, 0,
				p->slots, new_stream(p), err) != 0)
		return -1;
	for (size_t i = 0; i < plan->n_calls; i++) {
		struct call *call = plan->calls[i];
		size_t *slots = &p->ref_slots[i];

		if (is_dead(plan, call) || shares_pass(call))
			continue;
		*slots = i;
		if (call->function->sequence != NULL) {
			if (query_transform_open(plan, group, call, 0, slots, new_stream(p), err) !=
			    0)
				return -1;
			continue;
		}
		for (size_t k = 0; with_refs && k < plan->refs.n; k++)
			slots[1 + k] = plan->n_calls + k;
		if (query_aggregate_open(plan, group, &plan->calls[i], 1, with_refs, 0, slots,
		    new_stream(p), err) != 0)
			return -1;
	}
	return 0;
}

/*
 * What stands where a row lacks a column: the number of fill(N) itself, unless the column has numbers
 * of its own type. (A window without a value is aggregate.c's: there a string is "".)
 */
static struct value
default_of(const struct plan *plan, enum value_type type)
{
	if (plan->fill == FILL_NUMBER && (type == VALUE_STRING || type == VALUE_BOOLEAN))
		return plan->fill_value;
	return query_fill_default(plan->fill, plan->fill_value, type);
}

static void
set_defaults(struct pipeline *p)
{
	const struct plan *plan = p->plan;

	for (size_t i = 0; i < plan->n_calls; i++)
		p->defaults[i] = default_of(plan, plan->calls[i]->type);
	for (size_t i = 0; i < plan->refs.n; i++)
		p->defaults[plan->n_calls + i] = default_of(plan, plan->refs.list[i].type);
}

/*
 * Are there rows as they are, of columns that are the references and nothing else? Then neither
 * slots nor defaults are needed.
 */
static bool
is_direct(const struct pipeline *p)
{
	const struct plan *plan = p->plan;

	for (size_t i = 0; i < plan->n_columns; i++)
		if (plan->columns[i].eval->kind != EVAL_SLOT || plan->columns[i].eval->slot != i ||
		    p->defaults[i].type != VALUE_NULL || plan->fill == FILL_PREVIOUS)
			return false;
	return plan->n_calls == 0;
}

static struct pipeline *
pipeline_new(struct plan *plan)
{
	size_t n = plan->n_calls + plan->refs.n + 1;
	struct pipeline *p = plan->spare;

	if (p != NULL) {
		plan->spare = NULL;
		return p;
	}
	p = memory_zalloc(sizeof(*p));
	p->plan = plan;
	p->n_slots = n - 1;
	p->streams = memory_array(plan->n_calls + 2, sizeof(*p->streams));
	p->calls = memory_array(plan->n_calls + 1, sizeof(struct call *));
	p->slots = memory_array(n, sizeof(*p->slots));
	p->ref_slots = memory_array(n, sizeof(*p->ref_slots));
	p->values = memory_array(n, sizeof(*p->values));
	p->defaults = memory_array(n, sizeof(*p->defaults));
	p->texts = memory_array(n, sizeof(*p->texts));
	p->columns = memory_array(plan->n_columns + 1, sizeof(*p->columns));
	set_defaults(p);
	return p;
}

int
query_pipeline_open(struct plan *plan, const struct plan_group *group, struct pipeline **out,
    struct err *err)
{
	struct pipeline *p = pipeline_new(plan);

	*out = p;
	p->n_streams = 0;
	p->begun = p->ended = p->direct = false;
	p->to_skip = plan->offset;
	p->to_give = plan->limit > 0 ? plan->limit : INT64_MAX;
	if (plan->limit == 0 && plan->offset > 0 && plan->n_calls == 0)
		p->to_give = 1;		/* as in 1.x: OFFSET alone gives one row of a raw query */
	memset(p->streams, 0, (plan->n_calls + 2) * sizeof(*p->streams));
	memset(p->values, 0, (p->n_slots + 1) * sizeof(*p->values));
	if (plan->n_calls > 0)
		return open_calls(p, group, err);
	number_slots(p);
	if (query_rows_open(plan, group, &plan->refs, 0, p->slots, new_stream(p), err) != 0)
		return -1;
	p->direct = is_direct(p);
	return 0;
}

static void
pipeline_free(struct pipeline *p)
{
	for (size_t i = 0; i < p->n_slots; i++)
		buf_free(&p->texts[i]);
	free(p->streams);
	free(p->calls);
	free(p->slots);
	free(p->ref_slots);
	free(p->values);
	free(p->defaults);
	free(p->texts);
	free(p->columns);
	free(p);
}

/*
 * Groups of a plan need the same memory, and are answered one behind the other.
 */
void
query_pipeline_close(struct pipeline *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_streams; i++)
		if (p->streams[i].stream != NULL)
			p->streams[i].stream->close(p->streams[i].stream);
	if (p->plan->spare == NULL)
		p->plan->spare = p;
	else
		pipeline_free(p);
}

void
query_pipeline_free_spare(struct plan *plan)
{
	if (plan->spare != NULL)
		pipeline_free(plan->spare);
	plan->spare = NULL;
}

/* ---- rows ---- */

static int
pull(struct joined *j, struct err *err)
{
	int more = j->stream->next(j->stream, err);

	j->has = more == 1;
	return more < 0 ? -1 : 0;
}

/*
 * What a slot shows when its stream has nothing for this row.
 */
static void
put_slot(struct pipeline *p, size_t slot, struct value v)
{
	if (p->plan->fill != FILL_PREVIOUS) {
		p->values[slot] = v.type != VALUE_NULL ? v : p->defaults[slot];
		return;
	}
	if (v.type == VALUE_NULL)
		return;
	p->values[slot] = v;
	if (value_is_text(v)) {
		buf_reset(&p->texts[slot]);
		buf_put_slice(&p->texts[slot], v.s);
		p->values[slot].s = buf_slice(&p->texts[slot]);
	}
}

static bool
first_time(const struct pipeline *p, int64_t *time)
{
	bool any = false;

	for (size_t i = 0; i < p->n_streams; i++) {
		const struct joined *j = &p->streams[i];

		if (!j->has)
			continue;
		if (!any ||
		    (p->plan->descending ? j->stream->time > *time : j->stream->time < *time))
			*time = j->stream->time;
		any = true;
	}
	return any;
}

static int
next_direct(struct pipeline *p, int64_t *time, const struct value **values, struct err *err)
{
	struct stream *s = p->streams[0].stream;
	int more = s->next(s, err);

	*time = s->time;
	*values = s->values;
	return more;
}

/*
 * The slots of the next row. A stream's point is used up only when the row after it is asked for,
 * since its strings go with it.
 */
static int
next_slots(struct pipeline *p, int64_t *time, struct err *err)
{
	for (size_t i = 0; i < p->n_streams; i++)
		if ((!p->begun || (p->streams[i].has && p->streams[i].stream->time == *time)) &&
		    pull(&p->streams[i], err) != 0)
			return -1;
	p->begun = true;
	if (!first_time(p, time))
		return 0;
	for (size_t i = 0; i < p->n_slots && p->plan->fill != FILL_PREVIOUS; i++)
		p->values[i] = p->defaults[i];
	for (size_t i = 0; i < p->n_streams; i++) {
		const struct stream *s = p->streams[i].stream;

		if (!p->streams[i].has || s->time != *time)
			continue;
		for (size_t k = 0; k < s->n_slots; k++)
			put_slot(p, s->slots[k], s->values[k]);
	}
	return 1;
}

int
query_pipeline_next(struct pipeline *p, int64_t *time, const struct value **values, struct err *err)
{
	const struct plan *plan = p->plan;

	*values = p->columns;
	while (!p->ended && p->to_give > 0) {
		int more = p->direct ? next_direct(p, &p->time, values, err)
		    : next_slots(p, &p->time, err);

		if (more < 0)
			return -1;
		if (more == 0)
			break;
		if (p->to_skip > 0) {
			p->to_skip--;
			continue;
		}
		p->to_give--;
		*time = p->time;
		for (size_t i = 0; !p->direct && i < plan->n_columns; i++)
			p->columns[i] = query_eval(plan->columns[i].eval, p->values);
		return 1;
	}
	p->ended = true;
	return 0;
}

bool
query_pipeline_has_runs(const struct pipeline *p)
{
	return p->direct && p->streams[0].stream->run != NULL;
}

int
query_pipeline_run(struct pipeline *p, struct run *run, struct err *err)
{
	struct stream *s = p->streams[0].stream;

	while (p->to_give > 0) {
		int more = s->run(s, run, err);
		int64_t n = (int64_t)(run->to - run->from);

		if (more != 1)
			return more;
		if (p->to_skip >= n) {
			p->to_skip -= n;
			continue;
		}
		run->from += (size_t)p->to_skip;
		n -= p->to_skip;
		p->to_skip = 0;
		if (n > p->to_give)
			run->to = run->from + (size_t)p->to_give;
		p->to_give -= n > p->to_give ? p->to_give : n;
		return 1;
	}
	return 0;
}
