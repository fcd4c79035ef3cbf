/*
 * cgi-bin/weir_dbrp.c - mappings of databases and retention policies to buckets
 *
 * The list has the virtual ones too (a bucket is a database by its name), because those are what a
 * client of the 1.x API sees.
 */
#include "weir.h"

static const struct slice columns[] = {
	SLICE("id"), SLICE("database"), SLICE("retention_policy"), SLICE("default"),
	SLICE("virtual"), SLICE("bucketID"), SLICE("bucket"),
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
add(struct weir *weir, struct weir_table *table, const struct admin_policy *policy)
{
	const struct value values[N_COLUMNS] = {
		weir_id(weir->arena, policy->id),
		weir_text(policy->database),
		weir_text(policy->name),
		weir_bool(policy->is_default),
		weir_bool(policy->is_virtual),
		weir_id(weir->arena, policy->bucket_id),
		weir_text(policy->bucket_name),
	};

	weir_table_add(table, values, PRECISION_AUTO);
}

int
weir_dbrp_create(struct weir *weir, struct err *err)
{
	struct slice database = weir_option(weir, "db"), policy = weir_option(weir, "rp");
	struct slice which = weir_option(weir, "bucket");
	struct store_bucket bucket;
	struct weir_table table;
	struct store_dbrp dbrp;
	struct store *store;

	if (database.n == 0 || which.n == 0)
		return weir_usage(weir, "dbrp create needs --db and --bucket");
	if (policy.n == 0)
		policy = SLICE("autogen");
	if (weir_store(weir, &store, err) != 0 ||
	    admin_dbrp_create(store, weir->arena, database, policy, which,
	    weir_flag(weir, "default"), &dbrp, err) != 0 ||
	    admin_bucket_find(store, weir->arena, which, &bucket, err) != 0)
		return -1;
	weir_table_begin(&table, weir->arena, columns, N_COLUMNS);
	add(weir, &table, &(struct admin_policy){
		.id = dbrp.id, .database = database, .name = policy, .bucket_id = bucket.id,
		.bucket_name = bucket.name, .is_default = dbrp.is_default,
	});
	if (weir_flag(weir, "json"))
		weir_table_print_object(&table, stdout);
	else
		weir_table_print(&table, stdout);
	return WEIR_OK;
}

int
weir_dbrp_list(struct weir *weir, struct err *err)
{
	struct admin_policy *list;
	struct weir_table table;
	struct store *store;
	size_t n;

	if (weir_store(weir, &store, err) != 0 ||
	    admin_policies(store, weir->arena, &weir_owner, weir_option(weir, "db"), &list, &n, err) != 0)
		return -1;
	weir_table_begin(&table, weir->arena, columns, N_COLUMNS);
	for (size_t i = 0; i < n; i++)
		add(weir, &table, &list[i]);
	weir_table_show(weir, &table);
	return WEIR_OK;
}

int
weir_dbrp_delete(struct weir *weir, struct err *err)
{
	struct slice database = weir_option(weir, "db"), policy = weir_option(weir, "rp");
	struct store *store;
	uint64_t id;

	if (weir->n_args == 0) {
		if (database.n == 0 || policy.n == 0)
			return weir_usage(weir, "dbrp delete needs an id, or --db and --rp");
		if (weir_store(weir, &store, err) != 0)
			return -1;
		return admin_dbrp_delete_pair(store, weir->arena, database, policy, err);
	}
	if (admin_id_parse(slice_from(weir->args[0]), &id) != 0)
		return weir_usage(weir, "\"%s\" is no id: 16 hexadecimal digits", weir->args[0]);
	if (weir_store(weir, &store, err) != 0)
		return -1;
	return admin_dbrp_delete(store, weir->arena, id, err);
}
