/*
 * cgi-bin/weir_grants.c - what a token or a user may do: from options, and in words
 */
#include "weir.h"

const struct grants weir_owner = { true, 0, 3, admin_all_access };

static struct slice
name_of(const struct store_bucket *buckets, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++) {
		if (buckets[i].id == id)
			return buckets[i].name;
	}
	return SLICE("(a bucket that is gone)");
}

struct slice
weir_permissions(struct weir *weir, const struct grant *list, size_t n,
    const struct store_bucket *buckets, size_t n_buckets)
{
	static const char *const resources[] = { "", "buckets", "dbrps", "authorizations" };
	const struct grants grants = { .known = true, .n = n, .list = list };
	struct slice text = SLICE("");

	if (grants_all_access(&grants))
		return SLICE("all access");
	for (size_t i = 0; i < n; i++) {
		const struct grant *grant = &list[i];
		const char *what = grant->resource < 4 ? resources[grant->resource] : "";
		struct slice name = grant->id == 0 ? SLICE("") :
		    name_of(buckets, n_buckets, grant->id);

		text = arena_printf(weir->arena, SLICE_FMT "%s%s%s%s %s" SLICE_FMT, SLICE_ARG(text),
		    i > 0 ? ", " : "", (grant->actions & GRANT_READ) != 0 ? "read" : "",
		    grant->actions == (GRANT_READ | GRANT_WRITE) ? "+" : "",
		    (grant->actions & GRANT_WRITE) != 0 ? "write" : "",
		    grant->id == 0 ? what : "", SLICE_ARG(name));
	}
	return text;
}

/* ---- from --read, --write and --all-access ---- */

struct grant_list {
	struct arena	*arena;
	struct grant	*list;
	size_t		 n, cap;
};

/* --read and --write of one bucket make one grant. */
static void
add(struct grant_list *l, uint64_t bucket_id, uint8_t action)
{
	size_t at = 0;

	while (at < l->n && l->list[at].id != bucket_id)
		at++;
	if (at == l->cap) {
		size_t cap = l->cap * 2 + 8;

		l->list = arena_grow(l->arena, l->list, l->cap, cap);
		l->cap = cap;
	}
	if (at == l->n)
		l->list[l->n++] = (struct grant){ 0, GRANT_BUCKETS, bucket_id };
	l->list[at].actions |= action;
}

/* A bucket by its name or id; else a database, which is all the buckets that it has now. */
static int
add_named(struct store *store, struct grant_list *l, struct slice name, uint8_t action,
    struct err *err)
{
	struct admin_policy *policies;
	struct store_bucket bucket;
	struct err why;
	size_t n;

	if (admin_bucket_find(store, l->arena, name, &bucket, err) == 0) {
		add(l, bucket.id, action);
		return 0;
	}
	if (err->code != ERR_NOT_FOUND)
		return -1;
	if (admin_policies(store, l->arena, &weir_owner, name, &policies, &n, &why) != 0)
		return err_set(err, why.code, "%s", why.text);
	for (size_t i = 0; i < n; i++)
		add(l, policies[i].bucket_id, action);
	return n > 0 ? 0 : -1;
}

int
weir_read_grants(struct weir *weir, struct store *store, const struct grant **grants, size_t *n,
    struct err *err)
{
	struct grant_list l = { .arena = weir->arena };

	if (weir_flag(weir, "all-access")) {
		*grants = admin_all_access;
		*n = admin_n_all_access;
		return 0;
	}
	for (size_t i = 0; i < weir->n_given; i++) {
		bool writes = strcmp(weir->given[i].name, "write") == 0;

		if (!writes && strcmp(weir->given[i].name, "read") != 0)
			continue;
		if (add_named(store, &l, slice_from(weir->given[i].value),
		    writes ? GRANT_WRITE : GRANT_READ, err) != 0)
			return -1;
	}
	*grants = l.list;
	*n = l.n;
	return 0;
}
