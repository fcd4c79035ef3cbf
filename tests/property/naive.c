/*
 * tests/property/naive.c - a statement over tables in memory: sources, groups, rows, limits
 */
#include <stdlib.h>

#include "naive.h"

struct scope { /* what a statement is given from outside */
	bool inner;
	int64_t from, to;
	int64_t interval, offset;
	const char *const *dimensions;
	size_t n_dimensions;
};

static struct answer *evaluate(const struct naive *frame, const struct statement *s,
    const struct scope *scope, struct naive *n);

static void prepare(struct naive *n, const struct statement *s, const struct scope *scope);

/* ---- sources ---- */

static const char *
string_of(const struct naive *n, const struct value *v)
{
	return v->type == VALUE_TAG ? arena_string(n->arena, v->s) : "";
}

/*
 * The answer of a subquery as a table: its columns, then the tags that it was grouped by.
 */
static void
table_of_answer(const struct naive *n, const struct naive *inner, const struct answer *answer,
    struct table *table)
{
	size_t n_points = 0;

	table->name = NULL;
	table->dimensions = arena_array(n->arena, const char *, MAX_FIELDS + MAX_TAGS);
	table->n_dimensions = 0;
	table->n_columns = answer->n_columns + inner->n_dimensions;
	table->n_selected = answer->n_columns;
	table->columns = arena_array(n->arena, struct table_column, table->n_columns);
	for (size_t i = 0; i < answer->n_columns; i++) {
		table->columns[i] =
		    (struct table_column){ inner->fields[i].plain_name, answer->columns[i].type };
	}
	for (size_t i = 0; i < inner->n_dimensions; i++)
		table->columns[answer->n_columns + i] =
		    (struct table_column){ inner->dimensions[i], VALUE_TAG };
	for (size_t i = 0; i < inner->n_own_dimensions; i++)
		table->dimensions[table->n_dimensions++] = inner->own_dimensions[i];
	for (size_t i = 0; i < answer->n_series; i++)
		n_points += answer->series[i].n_rows;
	table->points = arena_array(n->arena, struct point, n_points);
	table->n_points = 0;
	for (size_t i = 0; i < answer->n_series; i++) {
		const struct answer_series *series = &answer->series[i];

		for (size_t r = 0; r < series->n_rows; r++) {
			struct point *p = &table->points[table->n_points++];

			p->name = series->name;
			p->time = series->rows[r].time;
			p->values = arena_array(n->arena, struct value, table->n_columns);
			memcpy(p->values, series->rows[r].values,
			    answer->n_columns * sizeof(*p->values));
			for (size_t t = 0; t < series->n_tags; t++)
				p->values[answer->n_columns + t] =
				    (struct value){ .type = VALUE_TAG,
					    .s = slice_from(series->tags[t]) };
		}
	}
}

static void
add_measurements(struct naive *n, const struct statement_source *source)
{
	for (size_t i = 0; i < PROPERTY_N(n->data->tables); i++) {
		const struct table *table = &n->data->tables[i];

		if (table->n_points != 0 &&
		    (source->pattern != NULL
			    ? naive_matches(source->pattern, slice_from(table->name))
			    : strcmp(source->measurement, table->name) == 0))
			n->tables[n->n_tables++] = *table;
	}
}

static void
add_sources(struct naive *n, bool schema_only)
{
	for (size_t i = 0; i < n->s->n_sources; i++) {
		const struct statement *sub = n->s->sources[i].subquery;
		struct scope scope = { true, n->from, n->to, n->interval, n->offset, n->dimensions,
			n->n_dimensions };
		struct naive inner;
		struct answer *answer;

		if (sub == NULL) {
			add_measurements(n, &n->s->sources[i]);
			continue;
		}
		if (schema_only) {
			struct answer empty = { 0 };

			inner = *n;
			prepare(&inner, sub, &scope);
			empty.columns = arena_array(n->arena, struct table_column, inner.n_fields);
			empty.n_columns = inner.n_fields;
			for (size_t c = 0; c < inner.n_fields; c++)
				empty.columns[c] =
				    (struct table_column){ inner.fields[c].name, inner.fields[c].type };
			table_of_answer(n, &inner, &empty, &n->tables[n->n_tables++]);
			continue;
		}
		answer = evaluate(n, sub, &scope, &inner);
		table_of_answer(n, &inner, answer, &n->tables[n->n_tables++]);
	}
}

/* ---- what a statement is about ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_dimension(const char **list, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i], name) == 0)
			return;
	list[(*n)++] = name;
	qsort(list, *n, sizeof(*list), by_name);
}

static void
set_dimensions(struct naive *n, const struct scope *scope)
{
	n->n_own_dimensions = n->n_dimensions = 0;
	for (size_t i = 0; i < n->s->n_dimensions; i++)
		add_dimension(n->own_dimensions, &n->n_own_dimensions, n->s->dimensions[i]);
	for (size_t t = 0; n->s->all_dimensions && t < n->n_tables; t++)
		for (size_t i = 0; i < n->tables[t].n_dimensions; i++)
			add_dimension(
			    n->own_dimensions, &n->n_own_dimensions, n->tables[t].dimensions[i]);
	for (size_t i = 0; i < n->n_own_dimensions; i++)
		add_dimension(n->dimensions, &n->n_dimensions, n->own_dimensions[i]);
	for (size_t i = 0; i < scope->n_dimensions; i++)
		add_dimension(n->dimensions, &n->n_dimensions, scope->dimensions[i]);
}

static void
set_times(struct naive *n, const struct scope *scope)
{
	const struct statement *s = n->s;

	n->from = s->has_from && s->from > scope->from ? s->from : scope->from;
	n->to = s->has_to && s->to - 1 < scope->to ? s->to - 1 : scope->to;
	n->interval = s->interval != 0 ? s->interval : scope->interval;
	n->offset = s->interval != 0 ? s->offset : scope->offset;
	n->own_interval = s->interval != 0;
	n->inner = scope->inner;
	n->fill = s->fill == FILL_DEFAULT ? FILL_NULL : s->fill;
	if (n->interval != 0 && n->to == MAX_TIME)
		n->to = n->now;
	if (n->inner && n->own_interval && n->fill == FILL_NULL)
		n->fill = FILL_NONE;
}

/*
 * Everything but the rows. What GROUP BY * means is known only with the tables of the sources, and
 * their rows only with the dimensions that are passed to them: so the schema is worked out first.
 */
static void
prepare(struct naive *n, const struct statement *s, const struct scope *scope)
{
	n->s = s;
	n->n_tables = 0;
	set_times(n, scope);
	n->n_dimensions = 0;
	add_sources(n, true);
	set_dimensions(n, scope);
	naive_expand(n);
}

/* ---- groups ---- */

static const char *
group_tag(const struct naive *n, const struct sample *s, const char *name)
{
	for (size_t c = s->table->n_columns; c-- > 0;)
		if (strcmp(s->table->columns[c].name, name) == 0 &&
		    s->table->columns[c].type == VALUE_TAG)
			return string_of(n, &s->point->values[c]);
	return "";
}

static void
add_to_group(struct naive *n, struct group *groups, size_t *n_groups, struct sample s)
{
	struct group *g = NULL;

	for (size_t i = 0; i < *n_groups && g == NULL; i++) {
		g = &groups[i];
		if (strcmp(g->name, s.point->name) != 0)
			g = NULL;
		for (size_t t = 0; g != NULL && t < n->n_dimensions; t++)
			if (strcmp(g->tags[t], group_tag(n, &s, n->dimensions[t])) != 0)
				g = NULL;
	}
	if (g == NULL) {
		g = &groups[(*n_groups)++];
		memset(g, 0, sizeof(*g));
		g->name = s.point->name;
		for (size_t t = 0; t < n->n_dimensions; t++)
			g->tags[t] = group_tag(n, &s, n->dimensions[t]);
	}
	naive_push(n, &g->points, s);
}

static int
by_time(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

static int
by_tags(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	for (size_t t = 0; order == 0 && t < MAX_TAGS && x->tags[t] != NULL; t++)
		order = strcmp(x->tags[t], y->tags[t]);
	return order;
}

static struct group *
make_groups(struct naive *n, size_t *n_groups)
{
	size_t n_points = 0;
	struct group *groups;

	for (size_t t = 0; t < n->n_tables; t++)
		n_points += n->tables[t].n_points;
	groups = arena_array(n->arena, struct group, n_points);
	*n_groups = 0;
	for (size_t t = 0; t < n->n_tables; t++) {
		const struct table *table = &n->tables[t];

		for (size_t i = 0; i < table->n_points; i++) {
			struct sample s = { .time = table->points[i].time,
				.table = table,
				.point = &table->points[i] };

			if (n->s->where == NULL || naive_holds(n, n->s->where, table, s.point))
				add_to_group(n, groups, n_groups, s);
		}
	}
	for (size_t i = 0; i < *n_groups; i++)
		qsort(groups[i].points.samples, groups[i].points.n, sizeof(struct sample), by_time);
	qsort(groups, *n_groups, sizeof(*groups), by_tags);
	return groups;
}

/* ---- rows ---- */

static void
add_row(
    const struct naive *n, struct answer_series *series, int64_t time, const struct value *values)
{
	struct row *row;

	if (n->fill == FILL_PREVIOUS && series->n_rows != 0 &&
	    series->rows[series->n_rows - 1].time == time)
		*n->unsure = "fill(previous): rows of one time";
	if (series->n_rows == series->cap_rows) {
		size_t cap = series->cap_rows * 2 + 8;

		series->rows = arena_grow(n->arena, series->rows, series->n_rows, cap);
		series->cap_rows = cap;
	}
	row = &series->rows[series->n_rows++];
	row->time = time;
	row->values = arena_array(n->arena, struct value, n->n_fields);
	memcpy(row->values, values, n->n_fields * sizeof(*values));
}

static bool
reads_something(const struct naive *n, const struct node *e, const struct naive_env *env)
{
	if (e->kind == NODE_REF) {
		struct value v = naive_eval(n, e, env);

		return v.type != VALUE_NULL && v.type != VALUE_TAG;
	}
	for (size_t i = 0; i < e->n_args; i++)
		if (reads_something(n, e->args[i], env))
			return true;
	return false;
}

static void
raw_rows(struct naive *n, const struct group *group, struct answer_series *series)
{
	struct value values[MAX_FIELDS];
	struct naive_memory memory = { .n = 0 };

	for (size_t k = 0; k < group->points.n; k++) {
		const struct sample *s =
		    &group->points.samples[n->s->descending ? group->points.n - 1 - k : k];
		struct naive_env env = { .table = s->table, .point = s->point };
		bool any = s->table->name == NULL; /* every row of a subquery */

		if (!any && (s->time < n->from || s->time > n->to))
			continue;
		for (size_t i = 0; i < n->n_fields; i++)
			any |= reads_something(n, n->fields[i].expr, &env);
		if (!any)
			continue;
		env.memory = &memory;
		for (size_t i = 0; i < n->n_fields; i++)
			values[i] = naive_eval(n, n->fields[i].expr, &env);
		add_row(n, series, s->time, values);
	}
}

static void
collect_calls(const struct node *e, const struct node **calls, size_t *n_calls)
{
	if (e->kind == NODE_CALL && !naive_is_math(e)) {
		for (size_t i = 0; i < *n_calls; i++) /* the same call twice is one */
			if (naive_same_node(calls[i], e))
				return;
		calls[(*n_calls)++] = e;
		return;
	}
	for (size_t i = 0; i < e->n_args; i++)
		collect_calls(e->args[i], calls, n_calls);
}

static bool
next_time(const struct naive *n, const struct stream *streams, const size_t *at, size_t n_calls,
    int64_t *time)
{
	bool any = false;

	for (size_t i = 0; i < n_calls; i++) {
		if (at[i] == streams[i].n)
			continue;
		if (!any || (n->s->descending ? streams[i].samples[at[i]].time > *time
					      : streams[i].samples[at[i]].time < *time))
			*time = streams[i].samples[at[i]].time;
		any = true;
	}
	return any;
}

static void
joined_rows(struct naive *n, const struct group *group, const struct node **calls, size_t n_calls,
    struct answer_series *series)
{
	struct stream streams[MAX_FIELDS];
	struct value values[MAX_FIELDS], results[MAX_FIELDS];
	struct naive_memory memory = { .n = 0 };
	size_t at[MAX_FIELDS] = { 0 };
	int64_t time = 0;

	memset(results, 0, sizeof(results));
	for (size_t i = 0; i < n_calls; i++)
		streams[i] = naive_stream(n, calls[i], group, n_calls == 1);
	while (next_time(n, streams, at, n_calls, &time)) {
		struct naive_env env = {
			.calls = calls, .results = results, .n_calls = n_calls, .memory = &memory
		};

		for (size_t i = 0; i < n_calls; i++) {
			if (at[i] < streams[i].n && streams[i].samples[at[i]].time == time) {
				const struct sample *s = &streams[i].samples[at[i]++];

				results[i] = s->value;
				env.table = s->table;
				env.point = s->point;
			} else if (n->fill == FILL_NUMBER) {
				results[i] = naive_fill_number(n, naive_expr_type(n, calls[i]));
			} else if (n->fill != FILL_PREVIOUS) {
				results[i].type = VALUE_NULL;
			}
		}
		for (size_t i = 0; i < n->n_fields; i++)
			values[i] = naive_eval(n, n->fields[i].expr, &env);
		add_row(n, series, time, values);
	}
}

/* ---- limits, and the whole ---- */

static void
cut_rows(struct naive *n, struct answer_series *series, bool raw)
{
	size_t limit = n->s->limit == 0 && raw && n->s->skip != 0 ? 1 : n->s->limit;
	size_t skip = n->s->skip < series->n_rows ? n->s->skip : series->n_rows;
	size_t end = limit != 0 && skip + limit < series->n_rows ? skip + limit : series->n_rows;

	if ((skip > 0 && skip < series->n_rows &&
		series->rows[skip - 1].time == series->rows[skip].time) ||
	    (end > 0 && end < series->n_rows &&
		series->rows[end - 1].time == series->rows[end].time))
		*n->unsure = "a limit among rows of one time";
	series->rows += skip;
	series->n_rows = end - skip;
}

static bool
asks_of_fields(const struct naive *n, const struct node *e)
{
	if (e->kind == NODE_REF)
		return naive_type_of(n, e->text) != VALUE_TAG;
	for (size_t i = 0; i < e->n_args; i++)
		if (asks_of_fields(n, e->args[i]))
			return true;
	return false;
}

/*
 * The order in which SLIMIT counts: by the names of the tags that there are, then by their values.
 */
static int
by_present_tags(const struct naive *n, const struct group *a, const struct group *b)
{
	char keys[2][256] = { "", "" };

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < 2 * n->n_dimensions; i++) {
			size_t t = i % n->n_dimensions;
			const char *value = (side == 0 ? a : b)->tags[t];

			if (value[0] == '\0')
				continue;
			if (keys[side][0] != '\0')
				strcat(keys[side], "|");
			strcat(keys[side], i < n->n_dimensions ? n->dimensions[t] : value);
		}
	return strcmp(keys[0], keys[1]);
}

/*
 * SLIMIT and SOFFSET count the series of a measurement, whether they will have rows or not.
 */
static size_t
cut_groups(struct naive *n, struct group *groups, size_t n_groups)
{
	bool *keep = arena_array(n->arena, bool, n_groups + 1);
	size_t kept = 0;

	if (n->s->slimit == 0 && n->s->sskip == 0)
		return n_groups;
	if (n->s->where != NULL && asks_of_fields(n, n->s->where))
		*n->unsure = "SLIMIT and a condition on fields";
	for (size_t i = 0; i < n_groups; i++) {
		size_t before = 0;

		for (size_t k = 0; k < n_groups; k++)
			before += strcmp(groups[k].name, groups[i].name) == 0 &&
				  by_present_tags(n, &groups[k], &groups[i]) < 0;
		keep[i] = before >= n->s->sskip && before < n->s->sskip + n->s->slimit;
	}
	for (size_t i = 0; i < n_groups; i++)
		if (keep[i])
			groups[kept++] = groups[i];
	return kept;
}

static void
drop_empty_series(struct answer *answer)
{
	size_t kept = 0;

	for (size_t i = 0; i < answer->n_series; i++)
		if (answer->series[i].n_rows != 0)
			answer->series[kept++] = answer->series[i];
	answer->n_series = kept;
}

static struct answer *
new_answer(const struct naive *n, size_t n_groups)
{
	struct answer *answer = arena_zalloc(n->arena, sizeof(*answer));

	answer->n_columns = n->n_fields;
	answer->columns = arena_array(n->arena, struct table_column, n->n_fields);
	for (size_t i = 0; i < n->n_fields; i++)
		answer->columns[i] = (struct table_column){ n->fields[i].name, n->fields[i].type };
	answer->series = arena_zalloc(n->arena, (n_groups + 1) * sizeof(*answer->series));
	return answer;
}

/*
 * At least one field has to be read: tags alone give nothing, whatever they are called, but for
 * those of a subquery.
 */
static bool
has_source_of_rows(const struct naive *n)
{
	for (size_t i = 0; i < n->n_fields; i++) {
		enum value_type type = n->fields[i].type;

		if (type != VALUE_NULL && type != VALUE_TAG)
			return true;
		for (size_t t = 0; type == VALUE_TAG && t < n->n_tables; t++)
			if (n->tables[t].name == NULL &&
			    table_find(&n->tables[t], n->fields[i].expr->text) >= 0)
				return true;
	}
	return false;
}

static struct answer *
evaluate(const struct naive *frame, const struct statement *s, const struct scope *scope,
    struct naive *n)
{
	const struct node *calls[MAX_FIELDS];
	size_t n_calls = 0, n_groups;
	struct group *groups;
	struct answer *answer;

	*n = *frame;
	prepare(n, s, scope);
	n->n_tables = 0;
	add_sources(n, false);
	for (size_t i = 0; i < n->n_fields; i++)
		collect_calls(n->fields[i].expr, calls, &n_calls);
	groups = make_groups(n, &n_groups);
	n_groups = cut_groups(n, groups, n_groups);
	answer = new_answer(n, n_groups);
	for (size_t k = 0; k < n_groups && has_source_of_rows(n); k++) {
		const struct group *group = &groups[s->descending ? n_groups - 1 - k : k];
		struct answer_series *series = &answer->series[answer->n_series++];

		series->name = group->name;
		series->n_tags = n->n_dimensions;
		series->keys = n->dimensions;
		series->tags = (const char **)arena_alloc(n->arena, sizeof(group->tags));
		memcpy(series->tags, group->tags, sizeof(group->tags));
		if (n_calls != 0)
			joined_rows(n, group, calls, n_calls, series);
		else
			raw_rows(n, group, series);
	}
	drop_empty_series(answer);
	for (size_t i = 0; i < answer->n_series; i++)
		cut_rows(n, &answer->series[i], n_calls == 0);
	drop_empty_series(answer);
	return answer;
}

struct answer *
naive_answer(const struct data *data, const struct statement *s, int64_t now, struct arena *arena)
{
	const char **unsure = arena_zalloc(arena, sizeof(*unsure));
	struct naive *frame = arena_zalloc(arena, sizeof(*frame));
	struct naive *n = arena_zalloc(arena, sizeof(*n));
	struct scope scope = { .from = MIN_TIME, .to = MAX_TIME };
	struct answer *answer;

	frame->arena = arena;
	frame->data = data;
	frame->now = now;
	frame->unsure = unsure;
	answer = evaluate(frame, s, &scope, n);
	answer->unsure = *unsure;
	return answer;
}

/*
 * Names that a statement over these sources may use, each once, with its type over all of them.
 */
struct table_column *
naive_source_columns(
    const struct data *data, const struct statement *s, size_t *n_columns, struct arena *arena)
{
	struct naive *n = arena_zalloc(arena, sizeof(*n));
	struct scope scope = { .from = MIN_TIME, .to = MAX_TIME };
	struct table_column *columns = arena_array(arena, struct table_column, MAX_FIELDS);
	const char *names[MAX_FIELDS];

	n->arena = arena;
	n->data = data;
	prepare(n, s, &scope);
	*n_columns = naive_all_names(n, names);
	for (size_t i = 0; i < *n_columns; i++)
		columns[i] = (struct table_column){ names[i], naive_type_of(n, names[i]) };
	return columns;
}
