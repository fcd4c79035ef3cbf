/*
 * query/show_cardinality.c - how many series, measurements, keys and values there are
 *
 * InfluxDB keeps sketches, and answers without EXACT from them where nothing narrows the question;
 * the answers differ in shape. weir's counts are exact either way; a series that two policies have
 * is two. A measurement that counts nothing is left out.
 */
#include "base/table.h"
#include "query/show_priv.h"

static const struct slice count_column = { "count", 5 };
static const struct slice estimation_column = { "cardinality estimation", 22 };

static bool
is_estimation(const struct show *show)
{
	return !show->exact && show->n_sources == 0 && show->where == NULL &&
	    show->n_dimensions == 0 && show->limit == 0 && show->offset == 0;
}

/*
 * What the counts cannot be asked for.
 */
static int
check(const struct show *show, const char *words, struct err *err)
{
	if (query_show_where_has_time(show->where))
		return err_set(err, ERR_INVALID, SHOW_TIME_ERROR, words);
	if (show->n_dimensions != 0)
		return err_set(err, ERR_NOT_IMPLEMENTED, "%s doesn't support GROUP BY", words);
	return 0;
}

/*
 * Each answer is one row of its series, so any OFFSET passes it by.
 */
static int
put_count(struct query_context *ctx, const struct show *show, struct slice name, uint64_t count,
    struct err *err)
{
	if (count == 0 || show->offset > 0)
		return 0;
	return query_show_count(ctx, name, count_column, count, err);
}

/* ---- series and measurements ---- */

static int
add_series(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	uint64_t *n = arg;

	for (size_t i = 0; i < group->n; i++) {
		struct store_series_list list;

		if (query_show_where_series(ctx, group->list[i], show->where, &list, err) != 0)
			return -1;
		*n += list.n;
	}
	return 0;
}

static int
add_measurement(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	uint64_t n_series = 0;

	if (show->where != NULL && add_series(ctx, show, group, &n_series, err) != 0)
		return -1;
	*(uint64_t *)arg += show->where == NULL || n_series != 0;
	return 0;
}

static int
count_series_of(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	uint64_t n = 0;

	(void)arg;
	return add_series(ctx, show, group, &n, err) != 0 ? -1 :
	    put_count(ctx, show, group->name, n, err);
}

int
query_show_series_cardinality(struct query_context *ctx, const struct show *show, struct err *err)
{
	uint64_t n = 0;

	if (check(show, "SHOW SERIES EXACT CARDINALITY", err) != 0)
		return -1;
	if (!is_estimation(show))
		return query_show_each(ctx, show, count_series_of, NULL, err);
	return query_show_each(ctx, show, add_series, &n, err) != 0 ? -1 :
	    query_show_count(ctx, SLICE(""), estimation_column, n, err);
}

int
query_show_measurement_cardinality(struct query_context *ctx, const struct show *show,
    struct err *err)
{
	uint64_t n = 0;

	if (check(show, "SHOW MEASUREMENT EXACT CARDINALITY", err) != 0 ||
	    query_show_each(ctx, show, add_measurement, &n, err) != 0)
		return -1;
	if (is_estimation(show))
		return query_show_count(ctx, SLICE(""), estimation_column, n, err);
	return put_count(ctx, show, SLICE(""), n, err);
}

/* ---- keys and values ---- */

static int
count_tag_keys_of(struct query_context *ctx, const struct show *show,
    const struct show_group *group, void *arg, struct err *err)
{
	struct slice *names;
	size_t n;

	(void)arg;
	return query_show_tag_keys_of(ctx, group, show->where, &names, &n, err) != 0 ? -1 :
	    put_count(ctx, show, group->name, n, err);
}

int
query_show_tag_key_cardinality(struct query_context *ctx, const struct show *show, struct err *err)
{
	if (check(show, "SHOW TAG KEY EXACT CARDINALITY", err) != 0)
		return -1;
	return query_show_each(ctx, show, count_tag_keys_of, NULL, err);
}

/*
 * Values are counted as such: one that two of the chosen keys have counts once.
 */
static int
count_values(struct query_context *ctx, const struct show *show, const struct show_group *group,
    struct table *seen, struct err *err)
{
	struct show_values in;
	struct slice *keys;
	size_t n_keys;

	if (query_show_keys_chosen(ctx, show, group, &keys, &n_keys, err) != 0 ||
	    (n_keys != 0 && query_show_values_in(ctx, show, group, &in, err) != 0))
		return -1;
	for (size_t k = 0; k < n_keys; k++) {
		struct slice *values;
		size_t n;

		if (query_show_values_of(ctx, &in, keys[k], &values, &n, err) != 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			table_put(seen, values[i], NULL);
	}
	return 0;
}

static int
count_values_of(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	struct table seen = { 0 };
	int result = count_values(ctx, show, group, &seen, err);

	(void)arg;
	if (result == 0)
		result = put_count(ctx, show, group->name, seen.n, err);
	table_free(&seen);
	return result;
}

int
query_show_tag_values_cardinality(struct query_context *ctx, const struct show *show,
    struct err *err)
{
	if (check(show, "SHOW TAG VALUES EXACT CARDINALITY", err) != 0)
		return -1;
	return query_show_each(ctx, show, count_values_of, NULL, err);
}

static int
count_fields_of(struct query_context *ctx, const struct show *show, const struct show_group *group,
    void *arg, struct err *err)
{
	struct store_field *fields;
	uint64_t n_series = 0;

	(void)arg;
	if (show->where != NULL && add_series(ctx, show, group, &n_series, err) != 0)
		return -1;
	if (show->where != NULL && n_series == 0)
		return 0;
	return put_count(ctx, show, group->name, query_show_fields_of(ctx, group, &fields), err);
}

int
query_show_field_key_cardinality(struct query_context *ctx, const struct show *show,
    struct err *err)
{
	if (check(show, "SHOW FIELD KEY EXACT CARDINALITY", err) != 0)
		return -1;
	return query_show_each(ctx, show, count_fields_of, NULL, err);
}
