/*
 * admin/resolve.c - from db and rp to a bucket, and the making of one by a write
 *
 *     1  the stored mapping of (db, rp), or db's default one when there is no rp
 *     2  rp given:  bucket db/rp; for rp autogen or default, bucket db
 *     3  no rp:     bucket db, bucket db/autogen, the only bucket of the form db/...
 *     4  a write of an all-access token: bucket db/rp and a mapping to it are made
 *
 * Making looks again inside its own transaction, and the store runs one at a time: of two writers
 * that race the second finds what the first has made.
 *
 * What is said to a token that may not use every bucket must not tell whether a name exists; so it
 * is "forbidden" for both, and a name is complained about only where no bucket could have it.
 */
#include "admin/admin_priv.h"

#include "base/utf8.h"

struct search {
	struct slice	 database;
	struct slice	 policy;		/* "" = the default one */
	struct slice	 with_policy;		/* database/policy, or database/autogen */
	struct slice	 with_slash;		/* database/ */
	struct store_bucket bucket;
	bool		 found;
	bool		 has_others;		/* the database exists, by another policy */
};

static void
search_begin(struct search *search, struct arena *arena, struct slice database, struct slice policy)
{
	memset(search, 0, sizeof(*search));
	if (slice_eq(policy, SLICE("''")))
		policy = SLICE("");
	search->database = database;
	search->policy = policy;
	search->with_slash = arena_printf(arena, SLICE_FMT "/", SLICE_ARG(database));
	search->with_policy = arena_printf(arena, SLICE_FMT SLICE_FMT,
	    SLICE_ARG(search->with_slash), SLICE_ARG(policy.n != 0 ? policy : SLICE("autogen")));
}

/* 0 also when there is none: then search->found stays false. */
static int
try_bucket(struct txn *txn, struct search *search, struct slice name, struct err *err)
{
	if (search->found || !admin_names_known(name))
		return 0;
	search->found = store_bucket_find(txn, name, &search->bucket, err) == 0;
	return search->found || err->code == ERR_NOT_FOUND ? 0 : -1;
}

static int
try_stored(struct txn *txn, struct search *search, struct err *err)
{
	struct store_dbrp dbrp;

	if (store_dbrp_find(txn, search->database, search->policy, &dbrp, err) != 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	search->found = store_bucket_get(txn, dbrp.bucket_id, &search->bucket, err) == 0;
	return search->found || err->code == ERR_NOT_FOUND ? 0 : -1;
}

/* Look at all buckets: the only one of the form db/..., and whether the database exists at all. */
static int
try_only(struct txn *txn, struct search *search, struct err *err)
{
	const struct store_bucket *only = NULL;
	struct store_bucket *list;
	struct store_dbrp *dbrps;
	size_t n, n_dbrps, n_matching = 0;

	if (store_bucket_list(txn, &list, &n, err) != 0 ||
	    store_dbrp_list(txn, &dbrps, &n_dbrps, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (slice_starts(list[i].name, search->with_slash)) {
			only = &list[i];
			n_matching++;
		}
		if (slice_eq(list[i].name, search->database))
			search->has_others = true;
	}
	for (size_t i = 0; i < n_dbrps; i++) {
		if (slice_eq(dbrps[i].database, search->database))
			search->has_others = true;
	}
	if (n_matching > 0)
		search->has_others = true;
	if (search->policy.n == 0 && n_matching == 1) {
		search->bucket = *only;
		search->found = true;
	}
	return 0;
}

static bool
means_plain(struct slice policy)
{
	return slice_eq_nocase(policy, SLICE("autogen")) ||
	       slice_eq_nocase(policy, SLICE("default"));
}

static int
search_body(struct txn *txn, void *arg, struct err *err)
{
	struct search *search = arg;
	bool given = search->policy.n > 0;

	search->found = search->has_others = false;
	if (!admin_names_known(search->database) || (given && !admin_names_known(search->policy)))
		return 0;
	if (try_stored(txn, search, err) != 0)
		return -1;
	if (!given && try_bucket(txn, search, search->database, err) != 0)
		return -1;
	if (try_bucket(txn, search, search->with_policy, err) != 0)
		return -1;
	if (means_plain(search->policy) && try_bucket(txn, search, search->database, err) != 0)
		return -1;
	return search->found ? 0 : try_only(txn, search, err);
}

/* ---- writing ---- */

static int
forbidden_write(struct err *err)
{
	return err_set(err, ERR_FORBIDDEN, "insufficient permissions for write");
}

/* The name of the bucket that a write would make: what it would be checked by. */
static int
check_new_name(const struct search *search, struct err *err)
{
	struct slice shown = search->policy.n > 0 ? search->with_policy : search->database;

	if (admin_names_written(shown, err) != 0)
		return -1;
	return admin_names_length(search->with_policy, err);
}

static int
resolve_for_write(const struct search *search, const struct grants *grants,
    struct admin_destination *out, struct err *err)
{
	bool every = grants_allow(grants, GRANT_WRITE, 0);

	if (search->found && grants_allow(grants, GRANT_WRITE, search->bucket.id))
		return 0;
	/* what is not to be known of is answered as what is not: a mapping may have any name */
	if (!every && !admin_names_impossible(search->database))
		return forbidden_write(err);
	if (admin_names_written(search->database, err) != 0)
		return -1;
	if (!grants_all_access(grants))
		return err_set(err, ERR_NOT_FOUND, "database not found: \"" SLICE_FMT "\"",
		    SLICE_ARG(search->database));
	out->create = true;
	return check_new_name(search, err);
}

/* ---- reading ---- */

static int
resolve_for_query(const struct search *search, const struct grants *grants, struct err *err)
{
	struct slice database = utf8_cut(search->database, 256);

	if (search->found ? !grants_allow(grants, GRANT_READ, search->bucket.id) :
	    !grants_allow(grants, GRANT_READ, 0))
		return err_set(err, ERR_FORBIDDEN, "requires READ on " SLICE_FMT,
		    SLICE_ARG(database));
	if (search->found)
		return 0;
	if (!search->has_others)
		return err_set(err, ERR_NOT_FOUND, "database not found: " SLICE_FMT,
		    SLICE_ARG(database));
	if (search->policy.n == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "default retention policy not set for: " SLICE_FMT, SLICE_ARG(database));
	return err_set(err, ERR_NOT_FOUND, "retention policy not found: " SLICE_FMT,
	    SLICE_ARG(utf8_cut(search->policy, 256)));
}

int
admin_dbrp_resolve(struct store *store, struct arena *arena, const struct grants *grants,
    enum admin_use use, struct slice database, struct slice policy,
    struct admin_destination *out, struct err *err)
{
	struct search search;

	memset(out, 0, sizeof(*out));
	if (use == ADMIN_QUERY && database.n == 0)
		return err_set(err, ERR_INVALID, "database name required");
	if (use == ADMIN_WRITE && admin_names_length(database, err) != 0)
		return -1;
	search_begin(&search, arena, database, policy);
	if (store_txn(store, STORE_READ, arena, search_body, &search, err) != 0)
		return -1;
	if (search.found)
		out->bucket = search.bucket;
	if (use == ADMIN_QUERY)
		return resolve_for_query(&search, grants, err);
	return resolve_for_write(&search, grants, out, err);
}

/* ---- making ---- */

struct making {
	struct search	 search;
	const struct grants *grants;
	int64_t		 retention_ns;
};

static int
make_body(struct txn *txn, void *arg, struct err *err)
{
	struct making *making = arg;
	struct search *search = &making->search;
	struct admin_destination to = { 0 };
	struct store_dbrp dbrp;

	if (search_body(txn, search, err) != 0 ||
	    resolve_for_write(search, making->grants, &to, err) != 0)
		return -1;
	if (!to.create)
		return 0;
	search->bucket = (struct store_bucket){
		.name = search->with_policy, .retention_ns = making->retention_ns,
	};
	if (store_bucket_create(txn, &search->bucket, err) != 0)
		return -1;
	dbrp = (struct store_dbrp){
		.database = search->database,
		.policy = search->policy.n > 0 ? search->policy : SLICE("autogen"),
		.bucket_id = search->bucket.id,
	};
	return store_dbrp_create(txn, &dbrp, err);
}

int
admin_dbrp_create_by_write(struct store *store, struct arena *arena, const struct grants *grants,
    struct slice database, struct slice policy, int64_t retention_ns,
    struct store_bucket *bucket, struct err *err)
{
	struct making making = { .grants = grants, .retention_ns = retention_ns };

	if (admin_names_length(database, err) != 0)
		return -1;
	search_begin(&making.search, arena, database, policy);
	if (store_txn(store, STORE_WRITE, arena, make_body, &making, err) != 0)
		return -1;
	*bucket = making.search.bucket;
	return 0;
}
