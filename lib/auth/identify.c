/*
 * auth/identify.c - from a secret to what its owner may do
 *
 * The store is asked for the hash of the secret; where that is no token's, the secret may be the
 * password of the user named with it. What comes out is remembered: a token under its hash, a pair
 * of user and password under a hash keyed by this process alone, and pairs that were wrong, because
 * a client that has the wrong password sends it again and again. A process forgets everything as
 * soon as the store's auth generation is not the one under which it learnt it: tokens, users and
 * buckets change seldom. The generation is read before the store is asked, so a change that comes
 * in between is seen by the next request.
 *
 * Looking for a hash takes a time that depends on the hash alone, of which a caller cannot choose a
 * single bit without knowing the secret (or, of a pair, the key); the last comparison is constant in
 * time all the same.
 */
#include "auth/auth_priv.h"

#include <sodium.h>

#include <stdlib.h>

#include "base/memory.h"
#include "base/table.h"

#define REMEMBERED_MAX	1024
#define REFUSED_MAX	256
#define HASH_BYTES	STORE_TOKEN_HASH_BYTES
#define DEFAULT_TURNS	4
#define DEFAULT_WAIT_MS	1000

struct remembered {
	uint8_t		 hash[HASH_BYTES];	/* of a token, or of a pair of user and password */
	uint64_t	 id;			/* of the token or user */
	bool		 active;
	int64_t		 expires_ns;
	size_t		 n_grants;
	struct grant	 grants[];
};

struct auth {
	uint64_t	 generation;	/* of the store, under which all this is true */
	struct table	 by_hash;	/* -> struct remembered * */
	struct table	 refused;	/* wrong pairs */
	uint8_t		 refused_hashes[REFUSED_MAX][HASH_BYTES];	/* its keys */
	uint8_t		 key[crypto_generichash_KEYBYTES];	/* of pairs */
	struct auth_hashing hashing;
};

struct auth *
auth_new(void)
{
	struct auth *auth = memory_zalloc(sizeof(*auth));

	auth_sodium();
	randombytes_buf(auth->key, sizeof(auth->key));
	auth_limit(auth, DEFAULT_TURNS, DEFAULT_WAIT_MS);
	return auth;
}

void
auth_limit(struct auth *auth, uint64_t n_at_a_time, uint64_t wait_ms)
{
	auth->hashing = (struct auth_hashing){ n_at_a_time, wait_ms };
}

static void
forget(struct auth *auth)
{
	for (size_t i = 0; i < auth->by_hash.n; i++)
		free((void *)(uintptr_t)auth->by_hash.entries[i].value);
	table_clear(&auth->by_hash);
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	forget(auth);
	table_free(&auth->by_hash);
	table_free(&auth->refused);
	sodium_memzero(auth->key, sizeof(auth->key));
	free(auth);
}

static struct slice
hash_slice(const uint8_t hash[HASH_BYTES])
{
	return slice_make((const char *)hash, HASH_BYTES);
}

static struct remembered *
recall(const struct auth *auth, const uint8_t hash[HASH_BYTES])
{
	struct table_entry *entry = table_get(&auth->by_hash, hash_slice(hash));
	struct remembered *known = entry != NULL ? (void *)(uintptr_t)entry->value : NULL;

	if (known == NULL || sodium_memcmp(known->hash, hash, HASH_BYTES) != 0)
		return NULL;
	return known;
}

static struct remembered *
remember(struct auth *auth, const uint8_t hash[HASH_BYTES], const struct store_token *token)
{
	size_t grants_bytes = token->n_grants * sizeof(struct grant);
	struct remembered *known = memory_alloc(sizeof(*known) + grants_bytes);

	if (auth->by_hash.n >= REMEMBERED_MAX)
		forget(auth);
	memcpy(known->hash, hash, sizeof(known->hash));
	known->id = token->id;
	known->active = token->active;
	known->expires_ns = token->expires_ns;
	known->n_grants = token->n_grants;
	if (grants_bytes > 0)
		memcpy(known->grants, token->grants, grants_bytes);
	table_put(&auth->by_hash, hash_slice(known->hash), NULL)->value = (uintptr_t)known;
	return known;
}

static int
unauthorized(struct err *err)
{
	return err_set(err, ERR_UNAUTHORIZED, "unauthorized access");
}

/*
 * The pair is told from all others by the length of its first half.
 */
static void
hash_pair(const struct auth *auth, const struct auth_credential *c, uint8_t hash[HASH_BYTES])
{
	crypto_generichash_state state;
	uint64_t n = c->user.n;

	crypto_generichash_init(&state, auth->key, sizeof(auth->key), HASH_BYTES);
	crypto_generichash_update(&state, (const unsigned char *)&n, sizeof(n));
	crypto_generichash_update(&state, (const unsigned char *)c->user.p, n);
	crypto_generichash_update(&state, (const unsigned char *)c->secret.p, c->secret.n);
	crypto_generichash_final(&state, hash, HASH_BYTES);
}

/* ---- asking the store ---- */

struct find {
	struct slice	 user;
	uint8_t		 hash[HASH_BYTES];	/* of the secret as a token */
	uint8_t		 pair[HASH_BYTES];
	struct store_token token;
	struct store_user owner;
	bool		 is_token, is_user, any_user;
};

static int
find_user(struct txn *txn, struct find *find, struct err *err)
{
	if (store_user_any(txn, &find->any_user, err) != 0)
		return -1;
	if (!find->any_user || find->user.n > AUTH_USER_MAX)
		return 0;
	find->is_user = store_user_find(txn, find->user, &find->owner, err) == 0;
	return find->is_user || err->code == ERR_NOT_FOUND ? 0 : -1;
}

static int
find_body(struct txn *txn, void *arg, struct err *err)
{
	struct find *find = arg;

	find->is_user = find->any_user = false;
	find->is_token = store_token_find(txn, find->hash, &find->token, err) == 0 &&
	    sodium_memcmp(find->token.hash, find->hash, HASH_BYTES) == 0;
	if (find->is_token)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	return find->user.n > 0 ? find_user(txn, find, err) : 0;
}

static void
refuse(struct auth *auth, const uint8_t pair[HASH_BYTES])
{
	uint8_t *kept;

	if (auth->refused.n >= REFUSED_MAX)
		table_clear(&auth->refused);
	kept = auth->refused_hashes[auth->refused.n];
	memcpy(kept, pair, HASH_BYTES);
	table_put(&auth->refused, hash_slice(kept), NULL);
}

/*
 * Where there is a user, every name is checked as if it were one; where there is none, no time is
 * spent on clients that send a name beside a token.
 */
static int
check_user(struct auth *auth, struct store *store, const struct find *find, struct slice secret,
    struct remembered **known, struct err *err)
{
	const struct store_token as_token = {
		.id = find->owner.id, .active = true,
		.grants = find->owner.grants, .n_grants = find->owner.n_grants,
	};
	bool right;

	if (!find->any_user)
		return unauthorized(err);
	if (auth_password_check(&auth->hashing, store, find->is_user ? &find->owner.hash : NULL,
	    secret, &right, err) != 0)
		return -1;
	if (!right) {
		refuse(auth, find->pair);
		return unauthorized(err);
	}
	*known = remember(auth, find->pair, &as_token);
	return 0;
}

static int
look_up(struct auth *auth, struct store *store, struct slice secret, struct arena *arena,
    struct find *find, struct remembered **known, struct err *err)
{
	uint64_t generation = store_auth_generation(store);

	if (generation != auth->generation) {
		forget(auth);
		table_clear(&auth->refused);
		auth->generation = generation;
	}
	*known = recall(auth, find->hash);
	if (*known == NULL && find->user.n > 0)
		*known = recall(auth, find->pair);
	if (*known != NULL)
		return 0;
	if (find->user.n > 0 && table_get(&auth->refused, hash_slice(find->pair)) != NULL)
		return unauthorized(err);
	if (store_txn(store, STORE_READ, arena, find_body, find, err) != 0)
		return -1;
	if (!find->is_token)
		return check_user(auth, store, find, secret, known, err);
	*known = remember(auth, find->hash, &find->token);
	return 0;
}

int
auth_identify(struct auth *auth, struct store *store, const struct auth_credential *credential,
    int64_t now_ns, struct arena *arena, struct grants *grants, struct err *err)
{
	struct find find = { .user = credential->user };
	struct remembered *known;
	struct grant *list;

	memset(grants, 0, sizeof(*grants));
	if (credential->secret.n == 0 || credential->secret.n > AUTH_SECRET_MAX)
		return unauthorized(err);
	auth_token_hash(credential->secret, find.hash);
	hash_pair(auth, credential, find.pair);
	if (look_up(auth, store, credential->secret, arena, &find, &known, err) != 0)
		return -1;
	if (known->expires_ns != 0 && now_ns >= known->expires_ns)
		return unauthorized(err);
	if (!known->active)
		return err_set(err, ERR_FORBIDDEN, "the token is inactive");
	list = arena_array(arena, struct grant, known->n_grants);
	if (known->n_grants > 0)
		memcpy(list, known->grants, known->n_grants * sizeof(*list));
	grants->known = true;
	grants->owner_id = known->id;
	grants->n = known->n_grants;
	grants->list = list;
	return 0;
}
