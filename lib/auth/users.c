/*
 * auth/users.c - passwords: hashed slowly, checked by few at a time
 *
 * A password is what people can remember, so it can be guessed, and its hash must be dear: argon2id
 * with 19 MiB and two passes, which is what OWASP asks for at the least ("Password Storage Cheat
 * Sheet"). Measured where libsodium's INTERACTIVE (64 MiB, two passes) takes 58 ms and 67 MB of
 * memory, this takes 13 ms and 21 MB: a CGI child can pay it with every request, and a small
 * machine can have a few of them at once. How many, the turns of the store say: guessing by many
 * connections takes no more memory and processors than these, and waits.
 *
 * A name that is no user's is checked against a hash that no password has, so that the time tells
 * nothing about names.
 */
#include "auth/auth_priv.h"

#include <sodium.h>

#include <errno.h>

#define PASSES		2
#define MEMORY_BYTES	((size_t)19 << 20)

_Static_assert(AUTH_PASSWORD_HASH_CHARS + 1 == crypto_pwhash_STRBYTES, "a hash as text");

/* Of the cost above; if that changes, so must this. */
static const char nobodys_hash[] = "$argon2id$v=19$m=19456,t=2,p=1$"
    "Hv4ASbWiu+uA/ZUPWy+oLg$IHc20APqGZXMVli1hOCObEipejhRPSv8PutxfPVgLpY";

int
auth_password_hash(struct slice password, char hash[AUTH_PASSWORD_HASH_CHARS + 1], struct err *err)
{
	auth_sodium();
	if (crypto_pwhash_str_alg(hash, password.p, password.n, PASSES, MEMORY_BYTES,
	    crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(err, ERR_UNAVAILABLE,
		    "there is no memory to hash a password: it takes %zu bytes", MEMORY_BYTES);
	return 0;
}

/*
 * Is it the password of this hash? libsodium says EINVAL when it is not; what else fails is memory.
 */
static int
verify(struct slice hash, struct slice password, bool *right, struct err *err)
{
	char text[AUTH_PASSWORD_HASH_CHARS + 1] = "";

	if (hash.n < sizeof(text))
		memcpy(text, hash.p, hash.n);
	errno = 0;
	*right = crypto_pwhash_str_verify(text, password.p, password.n) == 0;
	if (!*right && errno == ENOMEM)
		return err_come_back(err);
	return 0;
}

int
auth_password_check(const struct auth_hashing *hashing, struct store *store,
    const struct slice *hash, struct slice password, bool *right, struct err *err)
{
	struct store_turn turn = { -1 };
	int result;

	auth_sodium();
	if (hashing->turns != 0 && store_turn_take(store, STORE_TURN_PASSWORD, hashing->turns,
	    hashing->wait_ms, &turn, err) != 0)
		return -1;
	result = verify(hash != NULL ? *hash : slice_from(nobodys_hash), password, right, err);
	store_turn_end(&turn);
	*right = *right && hash != NULL;
	return result;
}
