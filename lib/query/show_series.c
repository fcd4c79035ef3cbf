/*
 * query/show_series.c - SHOW SERIES: the keys of series, as line protocol writes them
 *
 * Keys are in byte order inside a measurement. The store numbers series in the order of their first
 * points, so the keys of one measurement are made and sorted before its first row.
 */
#include "query/show_priv.h"

#include <stdlib.h>

#define TAG_BATCH 4096	/* series whose tags are read at once */

static int
compare_slices(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/*
 * The keys of n series, each with n_tags values; empty ones are no tags.
 */
static void
make_keys(struct query_context *ctx, const struct store_measurement *m, const struct slice *values,
    size_t n, struct slice *keys)
{
	struct tag *tags = arena_array(ctx->arena, struct tag, m->n_tags + 1);
	struct buf text = { 0 };

	for (size_t i = 0; i < n; i++) {
		size_t n_tags = 0;

		for (size_t k = 0; k < m->n_tags; k++) {
			struct slice value = values[i * m->n_tags + k];

			if (value.n != 0)
				tags[n_tags++] = (struct tag){ m->tags[k].name, value };
		}
		buf_reset(&text);
		tag_put_series_key(&text, m->name, tags, n_tags);
		keys[i] = arena_copy(ctx->arena, buf_slice(&text));
	}
	buf_free(&text);
}

static int
read_keys(struct query_context *ctx, const struct store_measurement *m,
    const struct store_series_list *list, struct slice *keys, struct err *err)
{
	uint32_t *ids = arena_array(ctx->arena, uint32_t, m->n_tags + 1);
	struct arena *scratch = arena_new(65536);
	int result = -1;

	for (size_t k = 0; k < m->n_tags; k++)
		ids[k] = m->tags[k].id;
	for (size_t from = 0; from < list->n; from += TAG_BATCH) {
		size_t n = list->n - from < TAG_BATCH ? list->n - from : TAG_BATCH;
		struct slice *values = NULL;

		if (query_context_check(ctx, err) != 0 ||
		    (m->n_tags != 0 && store_series_tags(ctx->store, m, list->ids + from, n, ids,
		    m->n_tags, scratch, &values, err) != 0))
			goto done;
		make_keys(ctx, m, values, n, keys + from);
		arena_reset(scratch);
	}
	qsort(keys, list->n, sizeof(*keys), compare_slices);
	result = 0;
done:
	arena_free(scratch);
	return result;
}

static int
show_measurement(struct query_context *ctx, const struct show *show,
    const struct store_measurement *m, void *arg, struct err *err)
{
	static const struct slice columns[] = { { "key", 3 } };
	static const struct rows_series series = { .columns = columns, .n_columns = 1 };
	struct show_page *page = arg;
	struct store_series_list list;
	struct slice *keys;

	if (page->left == 0)
		return 0;
	if (query_show_where_series(ctx, m, show->where, &list, err) != 0)
		return -1;
	if (page->skip >= list.n) {
		page->skip -= list.n;
		return 0;
	}
	keys = arena_array(ctx->arena, struct slice, list.n);
	if (read_keys(ctx, m, &list, keys, err) != 0)
		return -1;
	for (size_t i = 0; i < list.n && page->left != 0; i++) {
		struct value value = { .type = VALUE_STRING, .s = keys[i] };

		if (!query_show_page_take(page))
			continue;
		if (!ctx->series_open)
			query_answer_begin(ctx, &series);
		if (query_answer_row(ctx, &value, err) != 0)
			return -1;
	}
	return 0;
}

int
query_show_series(struct query_context *ctx, const struct show *show, struct err *err)
{
	struct show_page page;

	query_show_page(&page, show);
	return query_show_where_check_operators(show->where, err) != 0 ? -1 :
	    query_show_each(ctx, show, show_measurement, &page, err);
}
