/*
 * auth/identify.c - from a secret to what its owner may do
 *
 * The store is asked for the hash of the secret, and what it says is remembered under that hash. A
 * process forgets everything as soon as the store's auth generation is not the one under which it
 * learnt it: tokens and buckets change seldom. The generation is read before the store is asked, so
 * a change that comes in between is seen by the next request.
 *
 * Looking for a hash takes a time that depends on the hash alone, of which a caller cannot choose a
 * single bit without knowing the token; the last comparison is constant in time all the same.
 */
#include "auth/auth_priv.h"

#include <sodium.h>

#include <stdlib.h>

#include "base/memory.h"
#include "base/table.h"

#define REMEMBERED_MAX 1024

struct remembered {
	uint8_t		 hash[STORE_TOKEN_HASH_BYTES];
	uint64_t	 id;
	bool		 active;
	int64_t		 expires_ns;
	size_t		 n_grants;
	struct grant	 grants[];
};

struct auth {
	uint64_t	 generation;	/* of the store, under which all this is true */
	struct table	 by_hash;	/* -> struct remembered * */
};

struct auth *
auth_new(void)
{
	return memory_zalloc(sizeof(struct auth));
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
	free(auth);
}

static struct slice
hash_slice(const uint8_t hash[STORE_TOKEN_HASH_BYTES])
{
	return slice_make((const char *)hash, STORE_TOKEN_HASH_BYTES);
}

static struct remembered *
recall(const struct auth *auth, const uint8_t hash[STORE_TOKEN_HASH_BYTES])
{
	struct table_entry *entry = table_get(&auth->by_hash, hash_slice(hash));
	struct remembered *known = entry != NULL ? (void *)(uintptr_t)entry->value : NULL;

	if (known == NULL || sodium_memcmp(known->hash, hash, STORE_TOKEN_HASH_BYTES) != 0)
		return NULL;
	return known;
}

static struct remembered *
remember(struct auth *auth, const struct store_token *token)
{
	size_t grants_bytes = token->n_grants * sizeof(struct grant);
	struct remembered *known = memory_alloc(sizeof(*known) + grants_bytes);

	if (auth->by_hash.n >= REMEMBERED_MAX)
		forget(auth);
	memcpy(known->hash, token->hash, sizeof(known->hash));
	known->id = token->id;
	known->active = token->active;
	known->expires_ns = token->expires_ns;
	known->n_grants = token->n_grants;
	if (grants_bytes > 0)
		memcpy(known->grants, token->grants, grants_bytes);
	table_put(&auth->by_hash, hash_slice(known->hash), NULL)->value = (uintptr_t)known;
	return known;
}

/* ---- asking the store ---- */

struct find {
	uint8_t		 hash[STORE_TOKEN_HASH_BYTES];
	struct store_token token;
	bool		 found;
};

static int
find_body(struct txn *txn, void *arg, struct err *err)
{
	struct find *find = arg;

	find->found = false;
	if (store_token_find(txn, find->hash, &find->token, err) == 0)
		find->found = true;
	else if (err->code != ERR_NOT_FOUND)
		return -1;
	return 0;
}

static int
unauthorized(struct err *err)
{
	return err_set(err, ERR_UNAUTHORIZED, "unauthorized access");
}

static int
look_up(struct auth *auth, struct store *store, struct arena *arena, struct find *find,
    struct remembered **known, struct err *err)
{
	uint64_t generation = store_auth_generation(store);

	if (generation != auth->generation) {
		forget(auth);
		auth->generation = generation;
	}
	*known = recall(auth, find->hash);
	if (*known != NULL)
		return 0;
	if (store_txn(store, STORE_READ, arena, find_body, find, err) != 0)
		return -1;
	if (!find->found || sodium_memcmp(find->token.hash, find->hash, sizeof(find->hash)) != 0)
		return unauthorized(err);
	*known = remember(auth, &find->token);
	return 0;
}

int
auth_identify(struct auth *auth, struct store *store, const struct auth_credential *credential,
    int64_t now_ns, struct arena *arena, struct grants *grants, struct err *err)
{
	struct remembered *known;
	struct find find;
	struct grant *list;

	memset(grants, 0, sizeof(*grants));
	if (credential->secret.n == 0 || credential->secret.n > AUTH_SECRET_MAX)
		return unauthorized(err);
	auth_token_hash(credential->secret, find.hash);
	if (look_up(auth, store, arena, &find, &known, err) != 0)
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
