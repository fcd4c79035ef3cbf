/*
 * query/subquery.c - a group of a subquery read as if it were a series
 *
 * The rows of the inner pipeline are put into columns, some hundred at a time, each column with the
 * type that the inner plan found for it. A value of another type is converted, or counts as
 * missing.
 */
#include "query/subquery.h"

#include <stdlib.h>

#include "base/memory.h"

#define SUBQUERY_ROWS 512

struct inner_column {
	enum value_type	 type;
	union cell	 cells[SUBQUERY_ROWS];
	struct slice	 strings[SUBQUERY_ROWS];
	uint64_t	 present[BLOCK_ROWS_MAX / 64];
};

struct subquery {
	struct pipeline	*pipeline;
	const size_t	*wanted;
	size_t		 n_columns;
	struct inner_column *columns;
	int64_t		 times[SUBQUERY_ROWS];
	struct arena	*strings;	/* of the present rows */
};

int
query_subquery_open(struct plan *inner, const struct plan_group *group, const size_t *columns,
    size_t n_columns, struct subquery **out, struct err *err)
{
	struct subquery *s = memory_zalloc(sizeof(*s));

	*out = s;
	s->wanted = columns;
	s->n_columns = n_columns;
	s->columns = memory_array(n_columns + 1, sizeof(*s->columns));
	for (size_t i = 0; i < n_columns; i++)
		s->columns[i].type = inner->columns[columns[i]].type;
	return query_pipeline_open(inner, group, &s->pipeline, err);
}

static void
put_value(struct subquery *s, struct inner_column *c, size_t row, struct value v)
{
	if (c->type == VALUE_NULL && v.type != VALUE_NULL)
		c->type = v.type;
	v = query_eval_convert(v, c->type);
	if (v.type == VALUE_NULL)
		return;
	c->present[row >> 6] |= UINT64_C(1) << (row & 63);
	if (!value_is_text(v)) {
		c->cells[row].i = v.type == VALUE_BOOLEAN ? v.b : v.i;
		return;
	}
	if (s->strings == NULL)
		s->strings = arena_new(4096);
	c->cells[row].u = row;
	c->strings[row] = arena_copy(s->strings, v.s);
}

int
query_subquery_next(struct subquery *s, size_t *n, const int64_t **times, struct column *columns,
    struct err *err)
{
	const struct value *values;
	size_t row = 0;
	int more = 1;

	if (s->strings != NULL)
		arena_reset(s->strings);
	for (size_t i = 0; i < s->n_columns; i++)
		memset(s->columns[i].present, 0, sizeof(s->columns[i].present));
	while (row < SUBQUERY_ROWS &&
	    (more = query_pipeline_next(s->pipeline, &s->times[row], &values, err)) == 1) {
		for (size_t i = 0; i < s->n_columns; i++)
			put_value(s, &s->columns[i], row, values[s->wanted[i]]);
		row++;
	}
	if (more < 0)
		return -1;
	for (size_t i = 0; i < s->n_columns; i++) {
		const struct inner_column *c = &s->columns[i];

		columns[i] = (struct column){
		    .type = c->type == VALUE_TAG ? VALUE_STRING : c->type, .cells = c->cells,
		    .present = c->present, .strings = c->strings };
	}
	*n = row;
	*times = s->times;
	return 0;
}

void
query_subquery_close(struct subquery *s)
{
	if (s == NULL)
		return;
	query_pipeline_close(s->pipeline);
	if (s->strings != NULL)
		arena_free(s->strings);
	free(s->columns);
	free(s);
}
