/*
 * admin/tokens.c - the verbs of tokens
 *
 * The store keeps a hash: a token is shown by the call that makes it and never again.
 */
#include "admin/admin_priv.h"

#include "base/utf8.h"

#define TEXT_MIN 8	/* of a token that somebody chooses, for tests */

const struct grant admin_all_access[] = {
	{ GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 },
	{ GRANT_READ | GRANT_WRITE, GRANT_DBRPS, 0 },
	{ GRANT_READ | GRANT_WRITE, GRANT_AUTHORIZATIONS, 0 },
};

const size_t admin_n_all_access = sizeof(admin_all_access) / sizeof(admin_all_access[0]);

/* A colon would end a user name in `Basic user:token`, a blank the header's word. */
static int
check_text(struct slice text, struct err *err)
{
	if (text.n < TEXT_MIN || text.n > AUTH_SECRET_MAX)
		return err_set(err, ERR_INVALID, "a token has %d to %d characters", TEXT_MIN,
		    AUTH_SECRET_MAX);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] <= ' ' || text.p[i] > '~' || text.p[i] == ':')
			return err_set(err, ERR_INVALID,
			    "a token has printable ASCII characters without blanks and colons");
	}
	return 0;
}

static int
check_spec(const struct admin_token_spec *spec, struct err *err)
{
	if (spec->n_grants == 0)
		return err_set(err, ERR_INVALID, "a token needs at least one permission");
	if (spec->description.n > ADMIN_DESCRIPTION_MAX || !utf8_valid(spec->description))
		return err_set(err, ERR_INVALID, "a description is at most %d bytes of UTF-8",
		    ADMIN_DESCRIPTION_MAX);
	return spec->text.n > 0 ? check_text(spec->text, err) : 0;
}

int
admin_grants_check(struct txn *txn, const struct grant *grants, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct store_bucket bucket;

		if (grants[i].resource == GRANT_BUCKETS && grants[i].id != 0 &&
		    store_bucket_get(txn, grants[i].id, &bucket, err) != 0)
			return err->code != ERR_NOT_FOUND ? -1 :
			    err_set(err, ERR_INVALID, "a permission names a bucket that is none");
	}
	return 0;
}

static int
create_body(struct txn *txn, void *arg, struct err *err)
{
	struct store_token *token = arg;

	if (admin_grants_check(txn, token->grants, token->n_grants, err) != 0)
		return -1;
	return store_token_create(txn, token, err);
}

/*
 * add - out->hash with what the spec says of it
 */
static int
add(struct store *store, struct arena *arena, const struct admin_token_spec *spec,
    struct store_token *out, struct err *err)
{
	out->description = spec->description;
	out->active = true;
	out->expires_ns = spec->expires_ns;
	out->n_grants = spec->n_grants;
	out->grants = arena_array(arena, struct grant, spec->n_grants);
	memcpy(out->grants, spec->grants, spec->n_grants * sizeof(*spec->grants));
	return admin_change(store, arena, create_body, out, err);
}

int
admin_token_create(struct store *store, struct arena *arena, const struct admin_token_spec *spec,
    struct slice *text, struct store_token *out, struct err *err)
{
	char fresh[AUTH_TOKEN_CHARS + 1];

	if (check_spec(spec, err) != 0)
		return -1;
	*text = spec->text;
	if (text->n == 0) {
		auth_token_make(fresh);
		*text = arena_copy(arena, slice_make(fresh, AUTH_TOKEN_CHARS));
	}
	memset(out, 0, sizeof(*out));
	auth_token_hash(*text, out->hash);
	return add(store, arena, spec, out, err);
}

int
admin_token_adopt(struct store *store, struct arena *arena, struct slice description,
    const uint8_t hash[STORE_TOKEN_HASH_BYTES], struct store_token *out, struct err *err)
{
	const struct admin_token_spec spec = {
		.description = description,
		.grants = admin_all_access, .n_grants = admin_n_all_access,
	};

	memset(out, 0, sizeof(*out));
	memcpy(out->hash, hash, STORE_TOKEN_HASH_BYTES);
	return add(store, arena, &spec, out, err);
}

static int
made_body(struct txn *txn, void *arg, struct err *err)
{
	return store_tokens_made(txn, arg, err);
}

int
admin_tokens_made(struct store *store, struct arena *arena, uint64_t *n, struct err *err)
{
	return store_txn(store, STORE_READ, arena, made_body, n, err);
}

struct listing {
	struct store_token *list;
	size_t		 n;
};

static int
list_body(struct txn *txn, void *arg, struct err *err)
{
	struct listing *listing = arg;

	return store_token_list(txn, &listing->list, &listing->n, err);
}

int
admin_token_list(struct store *store, struct arena *arena, struct store_token **list, size_t *n,
    struct err *err)
{
	struct listing listing = { NULL, 0 };

	if (store_txn(store, STORE_READ, arena, list_body, &listing, err) != 0)
		return -1;
	*list = listing.list;
	*n = listing.n;
	return 0;
}

struct activation {
	uint64_t	 id;
	bool		 active;
	struct store_token *out;
};

static int
activate_body(struct txn *txn, void *arg, struct err *err)
{
	const struct activation *activation = arg;

	if (store_token_get(txn, activation->id, activation->out, err) != 0)
		return -1;
	activation->out->active = activation->active;
	return store_token_update(txn, activation->out, err);
}

int
admin_token_set_active(struct store *store, struct arena *arena, uint64_t id, bool active,
    struct store_token *out, struct err *err)
{
	struct activation activation = { id, active, out };

	if (!active)		/* nor must a full disk forbid to lock somebody out */
		return admin_take_away(store, arena, activate_body, &activation, err);
	return admin_change(store, arena, activate_body, &activation, err);
}

static int
delete_body(struct txn *txn, void *arg, struct err *err)
{
	return store_token_delete(txn, *(uint64_t *)arg, err);
}

int
admin_token_delete(struct store *store, struct arena *arena, uint64_t id, struct err *err)
{
	return admin_take_away(store, arena, delete_body, &id, err);
}
