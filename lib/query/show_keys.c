/*
 * query/show_keys.c - SHOW TAG KEYS, SHOW FIELD KEYS
 *
 * With WHERE the tag keys are those of the series that satisfy it, so their tags are read until
 * every key has been seen. Fields belong to the measurement: FIELD KEYS has no WHERE.
 */
#include "query/show_priv.h"

#include <stdlib.h>

#define TAG_BATCH 4096	/* series whose tags are read at once */

static size_t
note_present(const struct slice *values, size_t n_series, size_t n_keys, bool *present)
{
	size_t n = 0;

	for (size_t i = 0; i < n_series; i++)
		for (size_t k = 0; k < n_keys; k++)
			if (values[i * n_keys + k].n != 0)
				present[k] = true;
	for (size_t k = 0; k < n_keys; k++)
		n += present[k];
	return n;
}

/*
 * Which tag keys of one measurement do the series of a condition have?
 */
static int
find_present(struct query_context *ctx, const struct store_measurement *m, const struct expr *where,
    bool *present, struct err *err)
{
	uint32_t *ids = arena_array(ctx->arena, uint32_t, m->n_tags + 1);
	struct store_series_list list;
	struct arena *scratch;
	size_t found = 0;
	int result = -1;

	for (size_t k = 0; k < m->n_tags; k++)
		ids[k] = m->tags[k].id;
	if (query_show_where_series(ctx, m, where, &list, err) != 0)
		return -1;
	scratch = arena_new(65536);
	for (size_t from = 0; from < list.n && found < m->n_tags; from += TAG_BATCH) {
		size_t n = list.n - from < TAG_BATCH ? list.n - from : TAG_BATCH;
		struct slice *values;

		if (query_context_check(ctx, err) != 0 ||
		    store_series_tags(ctx->store, m, list.ids + from, n, ids, m->n_tags, scratch,
		    &values, err) != 0)
			goto done;
		found = note_present(values, n, m->n_tags, present);
		arena_reset(scratch);
	}
	result = 0;
done:
	arena_free(scratch);
	return result;
}

int
query_show_tag_keys_of(struct query_context *ctx, const struct show_group *group,
    const struct expr *where, struct slice **names, size_t *n, struct err *err)
{
	size_t n_all = 0;

	for (size_t i = 0; i < group->n; i++)
		n_all += group->list[i]->n_tags;
	*names = arena_array(ctx->arena, struct slice, n_all + 1);
	*n = 0;
	for (size_t i = 0; i < group->n; i++) {
		const struct store_measurement *m = group->list[i];
		bool *present = arena_zalloc(ctx->arena, m->n_tags + 1);

		if (where != NULL && m->n_tags != 0 &&
		    find_present(ctx, m, where, present, err) != 0)
			return -1;
		for (size_t k = 0; k < m->n_tags; k++)
			if (where == NULL || present[k])
				(*names)[(*n)++] = m->tags[k].name;
	}
	*n = query_show_sort(*names, *n);
	return 0;
}

static int
show_tags_of(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	static const struct slice columns[] = { { "tagKey", 6 } };
	struct rows_series series = { .name = group->name, .columns = columns,
	    .n_columns = 1, .whole = true };
	struct show_page page;
	struct slice *names;
	size_t n;

	(void)arg;
	query_show_page(&page, show);
	if (query_show_tag_keys_of(ctx, group, show->where, &names, &n, err) != 0)
		return -1;
	for (size_t k = 0; k < n; k++) {
		struct value value = { .type = VALUE_STRING, .s = names[k] };

		if (!query_show_page_take(&page))
			continue;
		if (!ctx->series_open)
			query_answer_begin(ctx, &series);
		if (query_answer_row(ctx, &value, err) != 0)
			return -1;
	}
	query_answer_end(ctx);
	return 0;
}

int
query_show_tag_keys(struct query_context *ctx, const struct show *show, struct err *err)
{
	return query_show_each(ctx, show, show_tags_of, NULL, err);
}

/* ---- fields ---- */

static int
compare_fields(const void *a, const void *b)
{
	const struct store_field *x = a, *y = b;
	int order = slice_cmp(x->name, y->name);

	return order != 0 ? order : (x->type > y->type) - (x->type < y->type);
}

size_t
query_show_fields_of(struct query_context *ctx, const struct show_group *group,
    struct store_field **fields)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < group->n; i++)
		n += group->list[i]->n_fields;
	*fields = arena_array(ctx->arena, struct store_field, n + 1);
	if (n == 0)
		return 0;
	n = 0;
	for (size_t i = 0; i < group->n; i++)
		for (size_t k = 0; k < group->list[i]->n_fields; k++)
			(*fields)[n++] = group->list[i]->fields[k];
	qsort(*fields, n, sizeof(**fields), compare_fields);
	for (size_t i = 1; i < n; i++)
		if (compare_fields(&(*fields)[kept], &(*fields)[i]) != 0)
			(*fields)[++kept] = (*fields)[i];
	return kept + 1;
}

static int
show_fields_of(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	static const struct slice columns[] = { { "fieldKey", 8 }, { "fieldType", 9 } };
	struct rows_series series = { .name = group->name, .columns = columns,
	    .n_columns = 2, .whole = true };
	struct store_field *fields;
	size_t n = query_show_fields_of(ctx, group, &fields);
	struct show_page page;

	(void)arg;
	query_show_page(&page, show);
	for (size_t i = 0; i < n; i++) {
		struct value row[2] = { { .type = VALUE_STRING, .s = fields[i].name },
		    { .type = VALUE_STRING, .s = slice_from(value_type_name(fields[i].type)) } };

		if (!query_show_page_take(&page))
			continue;
		if (!ctx->series_open)
			query_answer_begin(ctx, &series);
		if (query_answer_row(ctx, row, err) != 0)
			return -1;
	}
	query_answer_end(ctx);
	return 0;
}

int
query_show_field_keys(struct query_context *ctx, const struct show *show, struct err *err)
{
	return query_show_each(ctx, show, show_fields_of, NULL, err);
}
