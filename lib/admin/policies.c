/*
 * admin/policies.c - databases and their retention policies, as far as somebody may read them
 *
 * Stored mappings and virtual ones make one list, in the order of database and policy. Of several
 * entries of one pair the first stays: a stored one hides a virtual one, and bucket a/autogen hides
 * bucket a, as resolve.c looks for them.
 */
#include "admin/admin_priv.h"

#include <stdlib.h>

struct catalogue {
	struct store_bucket *buckets;
	size_t		 n_buckets;
	struct store_dbrp *dbrps;
	size_t		 n_dbrps;
};

static int
by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct store_bucket *)a)->id, y = ((const struct store_bucket *)b)->id;

	return (x > y) - (x < y);
}

static int
by_pair(const void *a, const void *b)
{
	const struct admin_policy *x = a, *y = b;
	int order = slice_cmp(x->database, y->database);

	if (order == 0)
		order = slice_cmp(x->name, y->name);
	if (order == 0)
		order = (int)x->is_virtual - (int)y->is_virtual;
	if (order == 0)
		order = (x->bucket_name.n < y->bucket_name.n) -
		    (x->bucket_name.n > y->bucket_name.n);
	return order;
}

static struct admin_policy
stored_policy(const struct store_dbrp *dbrp, const struct store_bucket *bucket)
{
	return (struct admin_policy){
		.id = dbrp->id, .database = dbrp->database, .name = dbrp->policy,
		.bucket_id = bucket->id, .bucket_name = bucket->name,
		.retention_ns = bucket->retention_ns, .is_default = dbrp->is_default,
	};
}

static struct admin_policy
virtual_policy(const struct store_bucket *bucket)
{
	size_t slash = slice_find(bucket->name, '/');
	struct slice rest = slash + 1 < bucket->name.n ?
	    slice_make(bucket->name.p + slash + 1, bucket->name.n - slash - 1) : SLICE("autogen");

	return (struct admin_policy){
		.id = bucket->id, .database = slice_make(bucket->name.p, slash), .name = rest,
		.bucket_id = bucket->id, .bucket_name = bucket->name,
		.retention_ns = bucket->retention_ns, .is_virtual = true,
	};
}

static size_t
collect(const struct catalogue *c, struct admin_policy *list)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_buckets; i++) {
		if (c->buckets[i].name.n > 0 && c->buckets[i].name.p[0] != '/')
			list[n++] = virtual_policy(&c->buckets[i]);
	}
	if (c->n_buckets == 0)		/* no array, either */
		return 0;
	qsort(c->buckets, c->n_buckets, sizeof(*c->buckets), by_id);
	for (size_t i = 0; i < c->n_dbrps; i++) {
		struct store_bucket key = { .id = c->dbrps[i].bucket_id };
		const struct store_bucket *bucket = bsearch(&key, c->buckets, c->n_buckets,
		    sizeof(key), by_id);

		if (bucket != NULL)
			list[n++] = stored_policy(&c->dbrps[i], bucket);
	}
	return n;
}

int
admin_policies_read(struct txn *txn, struct arena *arena, struct admin_policy **list, size_t *n,
    struct err *err)
{
	struct catalogue c = { 0 };

	if (store_bucket_list(txn, &c.buckets, &c.n_buckets, err) != 0 ||
	    store_dbrp_list(txn, &c.dbrps, &c.n_dbrps, err) != 0)
		return -1;
	*list = arena_array(arena, struct admin_policy, c.n_buckets + c.n_dbrps);
	*n = collect(&c, *list);
	if (*n > 1)
		qsort(*list, *n, sizeof(**list), by_pair);
	return 0;
}

static size_t
drop_doubles(struct admin_policy *list, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && slice_eq(list[kept - 1].database, list[i].database) &&
		    slice_eq(list[kept - 1].name, list[i].name))
			continue;
		list[kept++] = list[i];
	}
	return kept;
}

/* A database of virtual policies alone: autogen is its default, or the only one it has. */
static void
choose_default(struct admin_policy *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].is_default)
			return;
	}
	for (size_t i = 0; i < n; i++) {
		if (n == 1 || slice_eq(list[i].name, SLICE("autogen"))) {
			list[i].is_default = true;
			return;
		}
	}
}

size_t
admin_policies_visible(struct admin_policy *list, size_t n)
{
	n = drop_doubles(list, n);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && slice_eq(list[end].database, list[i].database); end++)
			;
		choose_default(&list[i], end - i);
	}
	return n;
}

struct reading {
	struct arena	*arena;
	struct admin_policy *list;
	size_t		 n;
};

static int
read_body(struct txn *txn, void *arg, struct err *err)
{
	struct reading *r = arg;

	return admin_policies_read(txn, r->arena, &r->list, &r->n, err);
}

int
admin_policies(struct store *store, struct arena *arena, const struct grants *grants,
    struct slice database, struct admin_policy **out, size_t *n_out, struct err *err)
{
	struct reading r = { .arena = arena };
	size_t n, kept = 0;

	if (store_txn(store, STORE_READ, arena, read_body, &r, err) != 0)
		return -1;
	n = admin_policies_visible(r.list, r.n);
	for (size_t i = 0; i < n; i++) {
		if (grants_allow(grants, GRANT_READ, r.list[i].bucket_id) &&
		    (database.n == 0 || slice_eq(r.list[i].database, database)))
			r.list[kept++] = r.list[i];
	}
	*out = r.list;
	*n_out = kept;
	return 0;
}

int
admin_databases(struct store *store, struct arena *arena, const struct grants *grants,
    struct slice **names, size_t *n, struct err *err)
{
	struct admin_policy *list;
	size_t n_list, kept = 0;

	if (admin_policies(store, arena, grants, SLICE(""), &list, &n_list, err) != 0)
		return -1;
	*names = arena_array(arena, struct slice, n_list);
	for (size_t i = 0; i < n_list; i++) {
		if (kept == 0 || !slice_eq((*names)[kept - 1], list[i].database))
			(*names)[kept++] = list[i].database;
	}
	*n = kept;
	return 0;
}
