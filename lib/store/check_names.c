/*
 * store/check_names.c - mappings, buckets and measurements: does what is named exist?
 *
 * Grants are left out: those on a bucket that is gone mean nothing, as its id comes never again.
 */
#include "store/check.h"

enum { NAMES_MOST = 64 };	/* told in one section; a repair begins again until there are none */

struct names {
	struct check	*c;
	const char	*told[NAMES_MOST];
	size_t		 n;
	uint64_t	 last_bucket;	/* of the measurement before */
	struct slice	 orphan_key;
};

static void
note(struct names *names, struct slice what)
{
	if (names->n < NAMES_MOST)
		names->told[names->n++] = what.p;
}

/* ---- mappings ---- */

static int
bucket_is_there(struct txn *txn, uint64_t id, bool *there, struct err *err)
{
	struct store_bucket bucket;
	int r = store_bucket_get(txn, id, &bucket, err);

	*there = r == 0;
	return r != 0 && err->code != ERR_NOT_FOUND ? -1 : 0;
}

static int
check_targets(struct txn *txn, struct names *names, const struct store_dbrp *list, size_t n,
    struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		bool there;

		if (bucket_is_there(txn, list[i].bucket_id, &there, err) != 0)
			return -1;
		if (there)
			continue;
		note(names, arena_printf(txn->arena, "a DBRP mapping of database \"" SLICE_FMT
		    "\" leads to no bucket", SLICE_ARG(list[i].database)));
		if (names->c->spec->repair && store_dbrp_delete(txn, list[i].id, err) != 0)
			return -1;
	}
	return 0;
}

/*
 * Exactly one mapping of a database is its default.
 */
static int
check_default(struct txn *txn, struct names *names, struct store_dbrp *list, size_t n,
    struct err *err)
{
	size_t n_default = 0;

	for (size_t i = 0; i < n; i++)
		n_default += list[i].is_default;
	if (n_default == 1)
		return 0;
	note(names, arena_printf(txn->arena, "database \"" SLICE_FMT "\" has not one default "
	    "retention policy", SLICE_ARG(list[0].database)));
	if (!names->c->spec->repair)
		return 0;
	list[0].is_default = true;
	if (store_dbrp_update(txn, &list[0], err) != 0)
		return -1;
	for (size_t i = 1; i < n; i++) {
		if (!list[i].is_default)
			continue;
		list[i].is_default = false;
		if (store_dbrp_update(txn, &list[i], err) != 0)
			return -1;
	}
	return 0;
}

static int
check_mappings(struct txn *txn, struct names *names, struct err *err)
{
	struct store_dbrp *list;
	size_t n;

	if (store_dbrp_list(txn, &list, &n, err) != 0 ||
	    check_targets(txn, names, list, n, err) != 0 ||
	    store_dbrp_list(txn, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0, same; i < n; i += same) {
		for (same = 1; i + same < n && slice_eq(list[i + same].database, list[i].database); same++)
			continue;
		if (check_default(txn, names, list + i, same, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- buckets of measurements ---- */

static int
check_bucket(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct names *names = arg;
	bool there;
	uint64_t id;

	(void)value;
	if (key.n < 1 + sizeof(uint64_t))
		return 0;
	id = key_get_u64(key.p + 1);
	if (id == names->last_bucket)
		return 0;
	names->last_bucket = id;
	if (bucket_is_there(txn, id, &there, err) != 0)
		return -1;
	if (!there && names->orphan_key.n == 0)
		names->orphan_key = arena_copy(txn->arena, key);
	return 0;
}

static int
check_measurements(struct txn *txn, struct names *names, struct err *err)
{
	struct slice name;
	uint64_t id;

	names->last_bucket = 0;
	names->orphan_key = SLICE("");
	if (txn_each(txn, DB_CATALOGUE, SLICE("M"), check_bucket, names, err) != 0)
		return -1;
	if (names->orphan_key.n == 0)
		return 0;
	id = key_get_u64(names->orphan_key.p + 1);
	name = arena_printf(txn->arena, "recovered-%016llx", (unsigned long long)id);
	note(names, arena_printf(txn->arena, "measurements have no bucket; a repair makes \"" SLICE_FMT
	    "\" of it", SLICE_ARG(name)));
	return names->c->spec->repair ? bucket_restore(txn, id, name, err) : 0;
}

static int
body(struct txn *txn, void *arg, struct err *err)
{
	struct names *names = arg;

	names->n = 0;
	return check_mappings(txn, names, err) != 0 ? -1 : check_measurements(txn, names, err);
}

int
check_names(struct check *c, struct err *err)
{
	struct names names = { .c = c };

	do {
		arena_reset(c->step);
		if (store_txn(c->store, c->spec->repair ? STORE_RELIEVE : STORE_READ, c->step, body, &names,
		    err) != 0)
			return -1;
		for (size_t i = 0; i < names.n; i++)
			check_found(c, &(struct store_damage){ .where = "catalogue", .from = 1,
			    .what = names.told[i] });
	} while (c->spec->repair && names.n > 0);
	return 0;
}
