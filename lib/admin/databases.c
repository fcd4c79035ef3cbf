/*
 * admin/databases.c - databases and retention policies made, changed and dropped
 *
 * What InfluxDB 1.x calls a retention policy is a bucket here, and a mapping that leads to it; a
 * database is the policies that have its name. Some of them are virtual: a bucket a/b is policy b of
 * database a though nobody has mapped it. So every verb first reads all pairs there are, in the
 * transaction that changes them, and where it adds the first stored mapping to a database of
 * virtual ones it also stores what was the default until then.
 */
#include "admin/admin_priv.h"

#define HOUR_NS		(INT64_C(3600) * 1000000000)
#define DAY_NS		(24 * HOUR_NS)

struct verb {
	const struct admin_policy_spec *spec;
	struct slice	 name;		/* of the policy */
	struct slice	 bucket_name;	/* "" = DATABASE/POLICY */
	bool		 with_policy;
	struct arena	*arena;
	struct admin_policy *all;	/* those of every database, hidden ones too */
	size_t		 n_all;
	struct admin_policy *list;	/* those of this database that count */
	size_t		 n;
};

/* ---- what is there ---- */

static int
read_policies(struct txn *txn, struct verb *v, struct err *err)
{
	struct admin_policy *copy;
	size_t n;

	if (admin_policies_read(txn, v->arena, &v->all, &v->n_all, err) != 0)
		return -1;
	copy = arena_array(v->arena, struct admin_policy, v->n_all + 1);
	for (size_t i = 0; i < v->n_all; i++)
		copy[i] = v->all[i];
	n = admin_policies_visible(copy, v->n_all);
	v->list = copy;
	v->n = 0;
	for (size_t i = 0; i < n; i++)
		if (slice_eq(copy[i].database, v->spec->database))
			v->list[v->n++] = copy[i];
	return 0;
}

static const struct admin_policy *
find_policy(const struct verb *v, struct slice name)
{
	for (size_t i = 0; i < v->n; i++)
		if (slice_eq(v->list[i].name, name))
			return &v->list[i];
	return NULL;
}

static const struct admin_policy *
default_policy(const struct verb *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].is_default)
			return &v->list[i];
	return NULL;
}

/* ---- checks ---- */

/*
 * The length of a shard that InfluxDB would choose.
 */
static int64_t
shard_of(int64_t retention_ns)
{
	if (retention_ns == 0 || retention_ns > 180 * DAY_NS)
		return 7 * DAY_NS;
	return retention_ns < 2 * DAY_NS ? HOUR_NS : DAY_NS;
}

static int
check_durations(int64_t retention_ns, const int64_t *shard_ns, struct err *err)
{
	int64_t shard = shard_ns == NULL || *shard_ns == 0 ? shard_of(retention_ns) :
	    *shard_ns < HOUR_NS ? HOUR_NS : *shard_ns;

	if (retention_ns < 0 || (retention_ns > 0 && retention_ns < HOUR_NS))
		return err_set(err, ERR_INVALID,
		    "retention policy duration must be at least 1h0m0s");
	if (retention_ns != 0 && shard > retention_ns)
		return err_set(err, ERR_INVALID,
		    "retention policy duration must be greater than the shard duration");
	return 0;
}

static int64_t
retention_of(const struct verb *v)
{
	return v->spec->retention_ns != NULL ? *v->spec->retention_ns : 0;
}

static int
check_name(struct slice name, struct err *err)
{
	return admin_names_mapping("a name", name, NULL) == 0 ? 0 :
	    err_set(err, ERR_INVALID, "invalid name");
}

static int
no_database(const struct verb *v, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "database not found: " SLICE_FMT,
	    SLICE_ARG(v->spec->database));
}

/* ---- making ---- */

static int
map(struct txn *txn, struct slice database, struct slice name, uint64_t bucket_id, bool is_default,
    struct err *err)
{
	struct store_dbrp dbrp = { .database = database, .policy = name, .bucket_id = bucket_id,
	    .is_default = is_default };

	return store_dbrp_create(txn, &dbrp, err);
}

/*
 * The first stored mapping of a database becomes its default: let it be the one that is.
 */
static int
keep_default(struct txn *txn, const struct verb *v, struct err *err)
{
	const struct admin_policy *now = default_policy(v);

	if (now == NULL || !now->is_virtual)
		return 0;
	return map(txn, now->database, now->name, now->bucket_id, true, err);
}

static int
make_bucket(struct txn *txn, const struct verb *v, struct store_bucket *bucket, struct err *err)
{
	*bucket = (struct store_bucket){ .name = v->bucket_name, .retention_ns = retention_of(v) };
	if (bucket->name.n == 0)
		bucket->name = arena_printf(v->arena, SLICE_FMT "/" SLICE_FMT,
		    SLICE_ARG(v->spec->database), SLICE_ARG(v->name));
	return admin_names_bucket(bucket->name, err) != 0 ? -1 :
	    store_bucket_create(txn, bucket, err);
}

static int
make_policy(struct txn *txn, struct verb *v, bool is_default, struct err *err)
{
	struct store_bucket bucket;

	if (make_bucket(txn, v, &bucket, err) != 0 || keep_default(txn, v, err) != 0)
		return -1;
	return map(txn, v->spec->database, v->name, bucket.id, is_default, err);
}

static int
conflict(struct err *err)
{
	return err_set(err, ERR_CONFLICT, "retention policy conflicts with an existing policy");
}

static int
create_database_body(struct txn *txn, void *arg, struct err *err)
{
	struct verb *v = arg;
	const struct admin_policy *same;

	if (read_policies(txn, v, err) != 0)
		return -1;
	if (v->n == 0)
		return make_policy(txn, v, true, err);
	if (!v->with_policy)
		return 0;
	same = find_policy(v, v->name);
	if (same == NULL || !same->is_default || same->retention_ns != retention_of(v))
		return conflict(err);
	return 0;
}

static int
create_policy_body(struct txn *txn, void *arg, struct err *err)
{
	struct verb *v = arg;
	const struct admin_policy *same;

	if (read_policies(txn, v, err) != 0)
		return -1;
	if (v->n == 0)
		return no_database(v, err);
	same = find_policy(v, v->name);
	if (same == NULL)
		return make_policy(txn, v, v->spec->is_default, err);
	if (same->retention_ns != retention_of(v))
		return err_set(err, ERR_CONFLICT, "retention policy already exists");
	return v->spec->is_default && !same->is_default ? conflict(err) : 0;
}

/*
 * A bucket a/b/c is policy b/c of database a by its name, and by nothing else.
 */
static int
restore_body(struct txn *txn, void *arg, struct err *err)
{
	struct verb *v = arg;
	const int64_t *retention_ns = v->spec->retention_ns;
	const struct admin_policy *same;
	struct store_bucket bucket;

	if (read_policies(txn, v, err) != 0)
		return -1;
	same = find_policy(v, v->name);
	if (same != NULL && retention_ns != NULL && same->retention_ns != *retention_ns)
		return err_set(err, ERR_CONFLICT, "retention policy already exists");
	if (same != NULL || (v->n > 0 && v->spec->name.n == 0 && retention_ns == NULL))
		return 0;
	if (check_name(v->name, NULL) == 0)
		return make_policy(txn, v, v->n == 0 || v->spec->is_default, err);
	return make_bucket(txn, v, &bucket, err);
}

static void
begin(struct verb *v, struct arena *arena, const struct admin_policy_spec *spec)
{
	*v = (struct verb){ .spec = spec, .arena = arena,
	    .name = spec->name.n > 0 ? spec->name : SLICE("autogen") };
}

int
admin_database_create(struct store *store, struct arena *arena,
    const struct admin_policy_spec *spec, bool with_policy, struct err *err)
{
	struct verb v;

	begin(&v, arena, spec);
	v.with_policy = with_policy;
	if (check_name(spec->database, err) != 0 || check_name(v.name, err) != 0 ||
	    check_durations(retention_of(&v), spec->shard_ns, err) != 0)
		return -1;
	return admin_change(store, arena, create_database_body, &v, err);
}

int
admin_policy_create(struct store *store, struct arena *arena,
    const struct admin_policy_spec *spec, struct err *err)
{
	struct verb v;

	begin(&v, arena, spec);
	if (check_name(spec->name, err) != 0 ||
	    check_durations(retention_of(&v), spec->shard_ns, err) != 0)
		return -1;
	return admin_change(store, arena, create_policy_body, &v, err);
}

int
admin_policy_restore(struct store *store, struct arena *arena,
    const struct admin_policy_spec *spec, struct slice bucket_name, struct err *err)
{
	struct verb v;

	begin(&v, arena, spec);
	v.bucket_name = bucket_name;
	if (check_name(spec->database, err) != 0)
		return -1;
	return admin_change(store, arena, restore_body, &v, err);
}

/* ---- changing ---- */

static int
set_retention(struct txn *txn, const struct admin_policy *policy, int64_t retention_ns,
    struct err *err)
{
	struct store_bucket bucket;

	if (store_bucket_get(txn, policy->bucket_id, &bucket, err) != 0)
		return -1;
	bucket.retention_ns = retention_ns;
	return store_bucket_update(txn, &bucket, err);
}

static int
set_default(struct txn *txn, const struct verb *v, const struct admin_policy *policy,
    struct err *err)
{
	struct store_dbrp dbrp;

	if (policy->is_virtual) {
		if (keep_default(txn, v, err) != 0)
			return -1;
		return policy->is_default ? 0 :
		    map(txn, policy->database, policy->name, policy->bucket_id, true, err);
	}
	if (policy->is_default)
		return 0;
	if (store_dbrp_get(txn, policy->id, &dbrp, err) != 0)
		return -1;
	dbrp.is_default = true;
	return store_dbrp_update(txn, &dbrp, err);
}

static int
alter_body(struct txn *txn, void *arg, struct err *err)
{
	struct verb *v = arg;
	const struct admin_policy *policy;
	int64_t retention_ns;

	if (read_policies(txn, v, err) != 0)
		return -1;
	if (v->n == 0)
		return no_database(v, err);
	policy = find_policy(v, v->name);
	if (policy == NULL)
		return err_set(err, ERR_NOT_FOUND, "retention policy not found: " SLICE_FMT,
		    SLICE_ARG(v->name));
	retention_ns = v->spec->retention_ns != NULL ? *v->spec->retention_ns :
	    policy->retention_ns;
	if (check_durations(retention_ns, v->spec->shard_ns, err) != 0)
		return -1;
	if (retention_ns != policy->retention_ns &&
	    set_retention(txn, policy, retention_ns, err) != 0)
		return -1;
	return v->spec->is_default ? set_default(txn, v, policy, err) : 0;
}

int
admin_policy_alter(struct store *store, struct arena *arena, const struct admin_policy_spec *spec,
    struct err *err)
{
	struct verb v;

	begin(&v, arena, spec);
	return admin_change(store, arena, alter_body, &v, err);
}

/* ---- dropping ---- */

/*
 * Is a pair to be dropped? Without a name all of the database are.
 */
static bool
is_dropped(const struct verb *v, const struct admin_policy *policy)
{
	return slice_eq(policy->database, v->spec->database) &&
	    (v->spec->name.n == 0 || slice_eq(policy->name, v->spec->name));
}

static bool
has_other_way(const struct verb *v, uint64_t bucket_id)
{
	for (size_t i = 0; i < v->n_all; i++)
		if (v->all[i].bucket_id == bucket_id && !is_dropped(v, &v->all[i]))
			return true;
	return false;
}

static bool
came_before(const struct verb *v, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (v->all[i].bucket_id == v->all[at].bucket_id && is_dropped(v, &v->all[i]))
			return true;
	return false;
}

/*
 * A bucket goes with its mappings; one that stays loses those that are dropped.
 */
static int
drop_body(struct txn *txn, void *arg, struct err *err)
{
	struct verb *v = arg;

	if (read_policies(txn, v, err) != 0)
		return -1;
	for (size_t i = 0; i < v->n_all; i++) {
		const struct admin_policy *policy = &v->all[i];
		int result = 0;

		if (!is_dropped(v, policy))
			continue;
		if (has_other_way(v, policy->bucket_id))
			result = policy->is_virtual ? 0 : store_dbrp_delete(txn, policy->id, err);
		else if (!came_before(v, i))
			result = store_bucket_delete(txn, policy->bucket_id, err);
		if (result != 0)
			return -1;
	}
	return 0;
}

static int
drop(struct store *store, struct arena *arena, const struct admin_policy_spec *spec,
    struct err *err)
{
	struct verb v;

	if (spec->database.n == 0)
		return 0;
	begin(&v, arena, spec);
	store_give_way(store);
	return admin_take_away(store, arena, drop_body, &v, err);
}

int
admin_database_drop(struct store *store, struct arena *arena, struct slice database,
    struct err *err)
{
	struct admin_policy_spec spec = { .database = database };

	return drop(store, arena, &spec, err);
}

int
admin_policy_drop(struct store *store, struct arena *arena, struct slice database,
    struct slice name, struct err *err)
{
	struct admin_policy_spec spec = { .database = database, .name = name };

	return name.n == 0 ? 0 : drop(store, arena, &spec, err);
}
