/*
 * admin/users.c - the verbs of users: who has a password, and what they may do
 *
 * A user has grants as a token has, on buckets. InfluxQL grants on databases; there a grant is one
 * on every bucket that the database has at that time. Passwords are hashed before the store is
 * entered: nothing slow happens inside. What locks somebody out is done on a full disk too.
 */
#include "admin/admin_priv.h"

#include "base/utf8.h"

static int
check_name(struct slice name, struct err *err)
{
	if (name.n == 0 || name.n > AUTH_USER_MAX)
		return err_set(err, ERR_INVALID, "a user's name has 1 to %d bytes, found %zu",
		    AUTH_USER_MAX, name.n);
	if (!utf8_valid(name))
		return err_set(err, ERR_INVALID, "a user's name is UTF-8");
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c < ' ' || c == 0x7f || c == ':')
			return err_set(err, ERR_INVALID, "a user's name has printable characters "
			    "without a colon, which ends it in `Basic user:password`");
	}
	return 0;
}

static int
check_password(struct slice password, struct err *err)
{
	if (password.n == 0 || password.n > AUTH_SECRET_MAX ||
	    slice_find(password, '\0') < password.n)
		return err_set(err, ERR_INVALID, "a password has 1 to %d bytes, none of them NUL",
		    AUTH_SECRET_MAX);
	return 0;
}

static int
hash(struct arena *arena, struct slice password, struct slice *out, struct err *err)
{
	char text[AUTH_PASSWORD_HASH_CHARS + 1];

	if (check_password(password, err) != 0 || auth_password_hash(password, text, err) != 0)
		return -1;
	*out = arena_copy(arena, slice_from(text));
	return 0;
}

/* ---- create, delete, password ---- */

static int
create_body(struct txn *txn, void *arg, struct err *err)
{
	struct store_user *user = arg;

	if (admin_grants_check(txn, user->grants, user->n_grants, err) != 0)
		return -1;
	return store_user_create(txn, user, err);
}

int
admin_user_create(struct store *store, struct arena *arena, struct slice name,
    struct slice password, const struct grant *grants, size_t n_grants, struct err *err)
{
	struct store_user user = { .name = name, .n_grants = n_grants };

	if (check_name(name, err) != 0 || hash(arena, password, &user.hash, err) != 0)
		return -1;
	user.grants = arena_array(arena, struct grant, n_grants + 1);
	if (n_grants > 0)
		memcpy(user.grants, grants, n_grants * sizeof(*grants));
	return admin_change(store, arena, create_body, &user, err);
}

static int
delete_body(struct txn *txn, void *arg, struct err *err)
{
	return store_user_delete(txn, *(struct slice *)arg, err);
}

int
admin_user_delete(struct store *store, struct arena *arena, struct slice name, struct err *err)
{
	return admin_take_away(store, arena, delete_body, &name, err);
}

struct new_password {
	struct slice	 name, hash;
};

static int
password_body(struct txn *txn, void *arg, struct err *err)
{
	const struct new_password *new = arg;
	struct store_user user;

	if (store_user_find(txn, new->name, &user, err) != 0)
		return -1;
	user.hash = new->hash;
	return store_user_update(txn, &user, err);
}

int
admin_user_set_password(struct store *store, struct arena *arena, struct slice name,
    struct slice password, struct err *err)
{
	struct new_password new = { .name = name };

	if (hash(arena, password, &new.hash, err) != 0)
		return -1;
	return admin_take_away(store, arena, password_body, &new, err);
}

/* ---- what they may do ---- */

struct changing {
	struct slice	 name;
	const struct admin_user_change *change;
	struct arena	*arena;
};

/* In a body: the grants that a change is about. */
static int
list_grants(struct txn *txn, const struct changing *c, struct grant **grants, size_t *n,
    struct err *err)
{
	const struct admin_user_change *change = c->change;
	struct admin_policy *policies;
	size_t n_policies;

	if (change->database.n == 0) {
		*grants = arena_array(c->arena, struct grant, change->n_grants + 1);
		*n = change->n_grants;
		if (*n > 0)
			memcpy(*grants, change->grants, *n * sizeof(**grants));
		return admin_grants_check(txn, *grants, *n, err);
	}
	if (admin_policies_read(txn, c->arena, &policies, &n_policies, err) != 0)
		return -1;
	*grants = arena_array(c->arena, struct grant, n_policies + 1);
	*n = 0;
	for (size_t i = 0; i < n_policies; i++)
		if (slice_eq(policies[i].database, change->database))
			(*grants)[(*n)++] = (struct grant){ change->actions, GRANT_BUCKETS,
				policies[i].bucket_id };
	return *n > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "database not found: " SLICE_FMT,
	    SLICE_ARG(utf8_cut(change->database, 256)));
}

/* One grant into a list that has room for it. */
static void
apply(struct store_user *user, const struct grant *grant, const struct admin_user_change *change)
{
	size_t at = 0;

	while (at < user->n_grants && (user->grants[at].resource != grant->resource ||
	    user->grants[at].id != grant->id))
		at++;
	if (at == user->n_grants && change->how == ADMIN_GRANT_REMOVE)
		return;
	if (at == user->n_grants)
		user->grants[user->n_grants++] = (struct grant){ 0, grant->resource, grant->id };
	if (change->how == ADMIN_GRANT_ADD)
		user->grants[at].actions |= grant->actions;
	else if (change->how == ADMIN_GRANT_SET)
		user->grants[at].actions = grant->actions;
	else
		user->grants[at].actions &= (uint8_t)~grant->actions;
	if (user->grants[at].actions == 0)
		user->grants[at] = user->grants[--user->n_grants];
}

static int
change_body(struct txn *txn, void *arg, struct err *err)
{
	const struct changing *c = arg;
	struct store_user user;
	struct grant *grants, *room;
	size_t n;

	if (store_user_find(txn, c->name, &user, err) != 0 ||
	    list_grants(txn, c, &grants, &n, err) != 0)
		return -1;
	room = arena_array(c->arena, struct grant, user.n_grants + n + 1);
	if (user.n_grants > 0)
		memcpy(room, user.grants, user.n_grants * sizeof(*room));
	user.grants = room;
	for (size_t i = 0; i < n; i++)
		apply(&user, &grants[i], c->change);
	return store_user_update(txn, &user, err);
}

int
admin_user_change(struct store *store, struct arena *arena, struct slice name,
    const struct admin_user_change *change, struct err *err)
{
	struct changing c = { name, change, arena };

	if (change->how == ADMIN_GRANT_REMOVE)
		return admin_take_away(store, arena, change_body, &c, err);
	return admin_change(store, arena, change_body, &c, err);
}

/* ---- list ---- */

struct listing {
	struct store_user *list;
	size_t		 n;
};

static int
list_body(struct txn *txn, void *arg, struct err *err)
{
	struct listing *listing = arg;

	return store_user_list(txn, &listing->list, &listing->n, err);
}

int
admin_user_list(struct store *store, struct arena *arena, struct store_user **list, size_t *n,
    struct err *err)
{
	struct listing listing = { NULL, 0 };

	if (store_txn(store, STORE_READ, arena, list_body, &listing, err) != 0)
		return -1;
	*list = listing.list;
	*n = listing.n;
	return 0;
}

struct looking {
	struct slice	 name;
	struct arena	*arena;
	struct store_user user;
	struct admin_policy *policies;
	size_t		 n_policies;
};

static int
databases_body(struct txn *txn, void *arg, struct err *err)
{
	struct looking *l = arg;

	if (store_user_find(txn, l->name, &l->user, err) != 0)
		return -1;
	return admin_policies_read(txn, l->arena, &l->policies, &l->n_policies, err);
}

static uint8_t
actions_on(const struct store_user *user, uint64_t bucket_id)
{
	uint8_t actions = 0;

	for (size_t i = 0; i < user->n_grants; i++)
		if (user->grants[i].resource == GRANT_BUCKETS && user->grants[i].id == bucket_id)
			actions |= user->grants[i].actions;
	return actions;
}

int
admin_user_databases(struct store *store, struct arena *arena, struct slice name,
    struct admin_user_database **list, size_t *n, struct err *err)
{
	struct looking l = { .name = name, .arena = arena };

	if (store_txn(store, STORE_READ, arena, databases_body, &l, err) != 0)
		return -1;
	*list = arena_array(arena, struct admin_user_database, l.n_policies + 1);
	*n = 0;
	for (size_t i = 0; i < l.n_policies; i++) {	/* in the order of databases */
		const struct admin_policy *policy = &l.policies[i];
		uint8_t actions = actions_on(&l.user, policy->bucket_id);

		if (actions == 0)
			continue;
		if (*n == 0 || !slice_eq((*list)[*n - 1].database, policy->database))
			(*list)[(*n)++] = (struct admin_user_database){ policy->database, 0 };
		(*list)[*n - 1].actions |= actions;
	}
	return 0;
}
