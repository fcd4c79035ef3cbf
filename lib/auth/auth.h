/*
 * auth/auth.h - who is asking, and what may they do?
 *
 * A secret is a token: 64 random bytes, shown once, of which the store keeps a hash alone. Where the
 * secret is no token it may be the password of the user named with it. What a process has proven it
 * remembers, under a hash of it, for as long as the store's auth generation stands still; so a
 * program that stays up hardly ever enters the store for a credential, or hashes a password.
 * auth_identify is the one place to ask.
 */
#ifndef WEIR_AUTH_AUTH_H
#define WEIR_AUTH_AUTH_H

#include "base/arena.h"
#include "base/err.h"
#include "model/grants.h"
#include "store/store.h"

struct auth;

struct auth_credential {
	struct slice	 user;		/* often empty; says nothing about a token */
	struct slice	 secret;	/* "" = none was shown */
};

#define AUTH_TOKEN_CHARS	86	/* 64 bytes in base64url, without padding */
#define AUTH_SECRET_MAX		4096	/* a longer secret is an unknown one */
#define AUTH_USER_MAX		255	/* of a user's name */
#define AUTH_PASSWORD_HASH_CHARS 127	/* at most: $argon2id$... */

/*
 * auth_new - an empty memory of proven credentials, one a process
 * auth_limit - how many passwords may be checked at a time, over all processes of a home (0: any
 *     number), and how long the others wait before they are refused
 */
struct auth	*auth_new(void);
void		 auth_free(struct auth *auth);
void		 auth_limit(struct auth *auth, uint64_t n_at_a_time, uint64_t wait_ms);

/*
 * auth_identify - the grants of a credential
 *
 *   in     now_ns   for tokens that expire
 *   out    *grants  the list lives in `arena`
 *   errs   ERR_UNAUTHORIZED  unauthorized access: none shown, unknown, expired, a wrong password.
 *                            One text for all, and as long for a user that is none as for a wrong
 *                            password, so that a caller learns nothing
 *          ERR_FORBIDDEN     the token is inactive
 *          ERR_UNAVAILABLE, ERR_IO, ERR_CORRUPT  from the store; too many passwords at a time
 */
int		 auth_identify(struct auth *auth, struct store *store,
		     const struct auth_credential *credential, int64_t now_ns, struct arena *arena,
		     struct grants *grants, struct err *err);

/*
 * auth_token_make - a new token, NUL-terminated; its only copy
 * auth_token_hash - what the store keeps of a token: BLAKE2b-256 under a context of our own
 * auth_password_hash - what it keeps of a password: argon2id as text, salted
 *   errs   ERR_UNAVAILABLE  the 19 MiB that it takes are not to be had
 */
void		 auth_token_make(char token[AUTH_TOKEN_CHARS + 1]);
void		 auth_token_hash(struct slice token, uint8_t hash[STORE_TOKEN_HASH_BYTES]);
int		 auth_password_hash(struct slice password, char hash[AUTH_PASSWORD_HASH_CHARS + 1],
		     struct err *err);

#endif
