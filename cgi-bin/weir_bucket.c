/*
 * cgi-bin/weir_bucket.c - buckets: create, list, update, delete
 */
#include "weir.h"

static const struct slice columns[] = {
	SLICE("id"), SLICE("name"), SLICE("retention"), SLICE("created"), SLICE("description"),
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
add(struct weir *weir, struct weir_table *table, const struct store_bucket *bucket)
{
	const struct value values[N_COLUMNS] = {
		weir_id(weir->arena, bucket->id), weir_text(bucket->name),
		weir_duration(weir->arena, bucket->retention_ns), weir_time(bucket->created_ns),
		weir_text(bucket->description),
	};

	weir_table_add(table, values, PRECISION_AUTO);
}

static int
print_one(struct weir *weir, const struct store_bucket *bucket)
{
	struct weir_table table;

	weir_table_begin(&table, weir->arena, columns, N_COLUMNS);
	add(weir, &table, bucket);
	if (weir_flag(weir, "json"))
		weir_table_print_object(&table, stdout);
	else
		weir_table_print(&table, stdout);
	return WEIR_OK;
}

static int
read_retention(struct weir *weir, int64_t *ns)
{
	struct slice text = weir_option(weir, "retention");

	*ns = 0;
	if (text.n > 0 && settings_parse_duration(text, ns) != 0)
		return weir_usage(weir,
		    "--retention: found \"" SLICE_FMT "\", expected a duration, "
		    "such as 12h, 30d or 0",
		    SLICE_ARG(text));
	return WEIR_OK;
}

int
weir_bucket_create(struct weir *weir, struct err *err)
{
	struct store_bucket bucket;
	struct store *store;
	int64_t retention;

	if (read_retention(weir, &retention) != WEIR_OK)
		return WEIR_USAGE;
	if (weir_store(weir, &store, err) != 0 ||
	    admin_bucket_create(store, weir->arena, slice_from(weir->args[0]),
	    weir_option(weir, "description"), retention, &bucket, err) != 0)
		return -1;
	return print_one(weir, &bucket);
}

int
weir_bucket_list(struct weir *weir, struct err *err)
{
	struct store_bucket *list;
	struct weir_table table;
	struct store *store;
	size_t n;

	if (weir_store(weir, &store, err) != 0 ||
	    admin_bucket_list(store, weir->arena, &list, &n, err) != 0)
		return -1;
	weir_table_begin(&table, weir->arena, columns, N_COLUMNS);
	for (size_t i = 0; i < n; i++)
		add(weir, &table, &list[i]);
	weir_table_show(weir, &table);
	return WEIR_OK;
}

int
weir_bucket_update(struct weir *weir, struct err *err)
{
	struct slice name = weir_option(weir, "name");
	struct slice description = weir_option(weir, "description");
	struct admin_bucket_change change = { 0 };
	struct store_bucket bucket;
	struct store *store;
	int64_t retention;

	if (weir_flag(weir, "name"))
		change.name = &name;
	if (weir_flag(weir, "description"))
		change.description = &description;
	if (weir_flag(weir, "retention"))
		change.retention_ns = &retention;
	if (change.name == NULL && change.description == NULL && change.retention_ns == NULL)
		return weir_usage(weir, "say what to change");
	if (read_retention(weir, &retention) != WEIR_OK)
		return WEIR_USAGE;
	if (weir_store(weir, &store, err) != 0 ||
	    admin_bucket_update(store, weir->arena, slice_from(weir->args[0]), &change, &bucket,
	    err) != 0)
		return -1;
	return print_one(weir, &bucket);
}

int
weir_bucket_delete(struct weir *weir, struct err *err)
{
	struct store *store;

	if (weir_store(weir, &store, err) != 0)
		return -1;
	return admin_bucket_delete(store, weir->arena, slice_from(weir->args[0]), err);
}
