/*
 * query/show_keys.c - SHOW TAG KEYS, SHOW FIELD KEYS
 *
 * With WHERE the tag keys are those of the series that satisfy it, so their tags are read until
 * every key has been seen. Fields belong to the measurement: FIELD KEYS has no WHERE.
 */
#include "query/show_priv.h"

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

int
query_show_tag_keys_where(struct query_context *ctx, const struct store_measurement *m,
    const struct expr *where, bool **present, size_t *n, struct err *err)
{
	uint32_t *ids = arena_array(ctx->arena, uint32_t, m->n_tags + 1);
	struct store_series_list list;
	struct arena *scratch;
	int result = -1;

	*present = arena_zalloc(ctx->arena, m->n_tags + 1);
	*n = 0;
	for (size_t k = 0; k < m->n_tags; k++) {
		ids[k] = m->tags[k].id;
		(*present)[k] = where == NULL;
	}
	if (where == NULL || m->n_tags == 0) {
		*n = m->n_tags;
		return 0;
	}
	if (query_show_where_series(ctx, m, where, &list, err) != 0)
		return -1;
	scratch = arena_new(65536);
	for (size_t from = 0; from < list.n && *n < m->n_tags; from += TAG_BATCH) {
		size_t batch = list.n - from < TAG_BATCH ? list.n - from : TAG_BATCH;
		struct slice *values;

		if (query_context_check(ctx, err) != 0 ||
		    store_series_tags(ctx->store, m, list.ids + from, batch, ids, m->n_tags, scratch,
		    &values, err) != 0)
			goto done;
		*n = note_present(values, batch, m->n_tags, *present);
		arena_reset(scratch);
	}
	result = 0;
done:
	arena_free(scratch);
	return result;
}

static int
show_tags_of(struct query_context *ctx, const struct show *show, const struct store_measurement *m,
    void *arg, struct err *err)
{
	static const struct slice columns[] = { { "tagKey", 6 } };
	struct rows_series series = { .name = m->name, .columns = columns, .n_columns = 1 };
	struct show_page page;
	bool *present;
	size_t n;

	(void)arg;
	query_show_page(&page, show);
	if (query_show_tag_keys_where(ctx, m, show->where, &present, &n, err) != 0)
		return -1;
	for (size_t k = 0; k < m->n_tags; k++) {
		struct value value = { .type = VALUE_STRING, .s = m->tags[k].name };

		if (!present[k] || !query_show_page_take(&page))
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

static int
show_fields_of(struct query_context *ctx, const struct show *show,
    const struct store_measurement *m, void *arg, struct err *err)
{
	static const struct slice columns[] = { { "fieldKey", 8 }, { "fieldType", 9 } };
	struct rows_series series = { .name = m->name, .columns = columns, .n_columns = 2 };
	struct show_page page;

	(void)arg;
	query_show_page(&page, show);
	for (size_t i = 0; i < m->n_fields; i++) {
		struct value row[2] = { { .type = VALUE_STRING, .s = m->fields[i].name },
		    { .type = VALUE_STRING, .s = slice_from(value_type_name(m->fields[i].type)) } };

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
