/*
 * query/show_values.c - SHOW TAG VALUES: by key, then by value, each once
 *
 * Without WHERE the tag index has the values in order. With it they are gathered from the tags of
 * the series that satisfy the condition.
 */
#include "base/table.h"
#include "query/show_priv.h"

#define TAG_BATCH 4096	/* series whose tags are read at once */

static int
is_chosen(struct query_context *ctx, const struct show *show, struct slice key, bool *chosen,
    struct err *err)
{
	bool negate = show->with_op == OP_NEQ || show->with_op == OP_NEQ_REGEX;
	struct query_regex *regex;

	*chosen = false;
	if (show->with_op == OP_EQ_REGEX || show->with_op == OP_NEQ_REGEX) {
		if (query_regex_get(ctx->regexes, show->with_regex, &regex, err) != 0)
			return -1;
		*chosen = query_regex_match(regex, key);
	} else {
		for (size_t i = 0; i < show->n_with_keys && !*chosen; i++)
			*chosen = slice_eq(show->with_keys[i], key);
	}
	*chosen = *chosen != negate;
	return 0;
}

int
query_show_keys_chosen(struct query_context *ctx, const struct show *show,
    const struct show_group *group, struct slice **keys, size_t *n, struct err *err)
{
	size_t n_all;

	if (query_show_tag_keys_of(ctx, group, NULL, keys, &n_all, err) != 0)
		return -1;
	*n = 0;
	for (size_t i = 0; i < n_all; i++) {
		bool chosen;

		if (is_chosen(ctx, show, (*keys)[i], &chosen, err) != 0)
			return -1;
		if (chosen)
			(*keys)[(*n)++] = (*keys)[i];
	}
	return 0;
}

int
query_show_values_in(struct query_context *ctx, const struct show *show,
    const struct show_group *group, struct show_values *in, struct err *err)
{
	in->group = group;
	in->series = NULL;
	if (show->where == NULL)
		return 0;
	in->series = arena_array(ctx->arena, struct store_series_list, group->n);
	for (size_t i = 0; i < group->n; i++)
		if (query_show_where_series(ctx, group->list[i], show->where, &in->series[i],
		    err) != 0)
			return -1;
	return 0;
}

/*
 * Put the values of some series into a table; what is new is copied into the statement's arena.
 */
static int
gather(struct query_context *ctx, const struct store_measurement *m,
    const struct store_series_list *series, uint32_t key_id, struct table *seen, struct err *err)
{
	struct arena *scratch = arena_new(65536);
	int result = -1;

	for (size_t from = 0; from < series->n; from += TAG_BATCH) {
		size_t n = series->n - from < TAG_BATCH ? series->n - from : TAG_BATCH;
		struct slice *values;

		if (query_context_check(ctx, err) != 0 ||
		    store_series_tags(ctx->store, m, series->ids + from, n, &key_id, 1, scratch,
		    &values, err) != 0)
			goto done;
		for (size_t i = 0; i < n; i++)
			if (values[i].n != 0 && table_get(seen, values[i]) == NULL)
				table_put(seen, arena_copy(ctx->arena, values[i]), NULL);
		arena_reset(scratch);
	}
	result = 0;
done:
	arena_free(scratch);
	return result;
}

/*
 * The values of a tag key in one measurement, in any order.
 */
static int
values_in(struct query_context *ctx, const struct store_measurement *m,
    const struct store_series_list *series, uint32_t key_id, struct slice **values, size_t *n,
    struct err *err)
{
	struct table seen = { 0 };
	struct store_tag_value *all;

	if (series == NULL) {
		if (store_tag_values(ctx->store, m, key_id, ctx->arena, &all, n, err) != 0)
			return -1;
		*values = arena_array(ctx->arena, struct slice, *n + 1);
		for (size_t i = 0; i < *n; i++)
			(*values)[i] = all[i].value;
		return query_context_check(ctx, err);
	}
	if (gather(ctx, m, series, key_id, &seen, err) != 0) {
		table_free(&seen);
		return -1;
	}
	*n = seen.n;
	*values = arena_array(ctx->arena, struct slice, seen.n + 1);
	for (size_t i = 0; i < seen.n; i++)
		(*values)[i] = seen.entries[i].key;
	table_free(&seen);
	return 0;
}

int
query_show_values_of(struct query_context *ctx, const struct show_values *in, struct slice key,
    struct slice **values, size_t *n, struct err *err)
{
	*values = NULL;
	*n = 0;
	for (size_t i = 0; i < in->group->n; i++) {
		const struct store_measurement *m = in->group->list[i];
		struct slice *some;
		size_t k = 0, n_some;

		while (k < m->n_tags && !slice_eq(m->tags[k].name, key))
			k++;
		if (k == m->n_tags)
			continue;
		if (values_in(ctx, m, in->series != NULL ? &in->series[i] : NULL, m->tags[k].id,
		    &some, &n_some, err) != 0)
			return -1;
		*values = *n == 0 ? some : arena_grow(ctx->arena, *values, *n, *n + n_some);
		if (*n != 0 && n_some != 0)
			memcpy(*values + *n, some, n_some * sizeof(*some));
		*n += n_some;
	}
	if (in->group->n > 1 || in->series != NULL)
		*n = query_show_sort(*values, *n);
	return 0;
}

static int
show_key(struct query_context *ctx, const struct show_values *in, struct slice key,
    struct show_page *page, struct err *err)
{
	static const struct slice columns[] = { { "key", 3 }, { "value", 5 } };
	struct rows_series head = { .name = in->group->name, .columns = columns,
	    .n_columns = 2, .whole = true };
	struct slice *values;
	size_t n;

	if (query_show_values_of(ctx, in, key, &values, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct value row[2] = { { .type = VALUE_STRING, .s = key },
		    { .type = VALUE_STRING, .s = values[i] } };

		if (!query_show_page_take(page))
			continue;
		if (!ctx->series_open)
			query_answer_begin(ctx, &head);
		if (query_answer_row(ctx, row, err) != 0)
			return -1;
	}
	return 0;
}

static int
show_values(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	struct show_values in;
	struct show_page page;
	struct slice *keys;
	size_t n;

	(void)arg;
	query_show_page(&page, show);
	if (query_show_keys_chosen(ctx, show, group, &keys, &n, err) != 0 ||
	    (n != 0 && query_show_values_in(ctx, show, group, &in, err) != 0))
		return -1;
	for (size_t k = 0; k < n && page.left != 0; k++)
		if (show_key(ctx, &in, keys[k], &page, err) != 0)
			return -1;
	query_answer_end(ctx);
	return 0;
}

int
query_show_tag_values(struct query_context *ctx, const struct show *show, struct err *err)
{
	return query_show_each(ctx, show, show_values, NULL, err);
}
