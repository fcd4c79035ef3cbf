/*
 * query/show_series.c - SHOW SERIES: the keys of series, as line protocol writes them
 *
 * Keys are in byte order inside a measurement. The store numbers series in the order of their first
 * points, so the keys of one measurement are made and sorted before its first row. With LIMIT only
 * the first ones in that order are kept, whatever the number of series.
 */
#include "query/show_priv.h"

#define TAG_BATCH 4096	/* series whose tags are read at once */

struct keys {
	struct arena	*arena;		/* of the keys that are kept */
	struct slice	*list;
	size_t		 n, cap;
	size_t		 wanted;	/* no more than that many will be shown */
};

/*
 * Forget the keys behind the wanted ones, once these are less than half of what is held.
 */
static void
prune_keys(struct keys *keys)
{
	struct keys kept = { .n = keys->wanted, .cap = keys->wanted, .wanted = keys->wanted };

	if (keys->n < 2 * TAG_BATCH || keys->wanted >= keys->n / 2)
		return;
	(void)query_show_sort(keys->list, keys->n);
	kept.arena = arena_new(65536);
	kept.list = arena_array(kept.arena, struct slice, kept.cap);
	for (size_t i = 0; i < kept.n; i++)
		kept.list[i] = arena_copy(kept.arena, keys->list[i]);
	arena_free(keys->arena);
	*keys = kept;
}

/*
 * Add the keys of n series, each with n_tags values; empty ones are no tags.
 */
static void
add_keys(struct keys *keys, const struct store_measurement *m, struct tag *tags,
    const struct slice *values, size_t n)
{
	struct buf text = { 0 };

	if (keys->n + n > keys->cap) {
		size_t cap = 2 * (keys->n + n);

		keys->list = arena_grow(keys->arena, keys->list, keys->n, cap);
		keys->cap = cap;
	}
	for (size_t i = 0; i < n; i++) {
		size_t n_tags = 0;

		for (size_t k = 0; k < m->n_tags; k++) {
			struct slice value = values[i * m->n_tags + k];

			if (value.n != 0)
				tags[n_tags++] = (struct tag){ m->tags[k].name, value };
		}
		buf_reset(&text);
		tag_put_series_key(&text, m->name, tags, n_tags);
		keys->list[keys->n++] = arena_copy(keys->arena, buf_slice(&text));
	}
	buf_free(&text);
}

/*
 * The memory limit counts what the keys take as well.
 */
static int
check_memory(struct query_context *ctx, const struct keys *keys, struct err *err)
{
	uint64_t limit = ctx->limits.max_memory_bytes;

	if (limit != 0 && arena_bytes(keys->arena) + arena_bytes(ctx->arena) > limit)
		return err_set(err, ERR_LIMIT, "max-memory limit exceeded: (%llu bytes)",
		    (unsigned long long)limit);
	return query_context_check(ctx, err);
}

static int
read_keys(struct query_context *ctx, const struct store_measurement *m,
    const struct store_series_list *list, struct keys *keys, struct err *err)
{
	uint32_t *ids = arena_array(ctx->arena, uint32_t, m->n_tags + 1);
	struct tag *tags = arena_array(ctx->arena, struct tag, m->n_tags + 1);
	struct arena *scratch = arena_new(65536);
	int result = -1;

	for (size_t k = 0; k < m->n_tags; k++)
		ids[k] = m->tags[k].id;
	for (size_t from = 0; from < list->n; from += TAG_BATCH) {
		size_t n = list->n - from < TAG_BATCH ? list->n - from : TAG_BATCH;
		struct slice *values = NULL;

		if (check_memory(ctx, keys, err) != 0 ||
		    (m->n_tags != 0 && store_series_tags(ctx->store, m, list->ids + from, n, ids,
		    m->n_tags, scratch, &values, err) != 0))
			goto done;
		add_keys(keys, m, tags, values, n);
		prune_keys(keys);
		arena_reset(scratch);
	}
	result = 0;
done:
	arena_free(scratch);
	return result;
}

static int
show_keys(struct query_context *ctx, const struct keys *keys, struct show_page *page,
    struct err *err)
{
	static const struct slice columns[] = { { "key", 3 } };
	static const struct rows_series series = { .columns = columns,
	    .n_columns = 1, .whole = true };

	for (size_t i = 0; i < keys->n && page->left != 0; i++) {
		struct value value = { .type = VALUE_STRING, .s = keys->list[i] };

		if (!query_show_page_take(page))
			continue;
		if (!ctx->series_open)
			query_answer_begin(ctx, &series);
		if (query_answer_row(ctx, &value, err) != 0)
			return -1;
	}
	return 0;
}

/*
 * Several measurements of one name may have the same series: then no key can be passed by unseen.
 */
static int
show_group(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	struct show_page *page = arg;
	struct keys keys = { .wanted = SIZE_MAX };
	int result = 0;

	if (page->left == 0)
		return 0;
	keys.arena = arena_new(65536);
	for (size_t i = 0; i < group->n && result == 0; i++) {
		struct store_series_list list;

		result = query_show_where_series(ctx, group->list[i], show->where, &list, err);
		if (result == 0 && group->n == 1 && page->skip >= list.n) {
			page->skip -= list.n;
			break;
		}
		if (group->n == 1 && page->left < SIZE_MAX - page->skip)
			keys.wanted = page->skip + page->left;
		if (result == 0)
			result = read_keys(ctx, group->list[i], &list, &keys, err);
	}
	if (result == 0) {
		keys.n = query_show_sort(keys.list, keys.n);
		result = show_keys(ctx, &keys, page, err);
	}
	arena_free(keys.arena);
	return result;
}

int
query_show_series(struct query_context *ctx, const struct show *show, struct err *err)
{
	struct show_page page;

	query_show_page(&page, show);
	return query_show_where_check_operators(show->where, err) != 0 ? -1 :
	    query_show_each(ctx, show, show_group, &page, err);
}
