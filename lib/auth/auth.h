/*
 * auth/auth.h - who is asking, and what may they do?
 *
 * A secret is a token: 64 random bytes, shown once, of which the store keeps a hash alone. What a
 * process has proven it remembers, keyed by that hash, for as long as the store's auth generation
 * stands still; so a program that stays up hardly ever enters the store for a credential. Where the
 * secret is no token it may become the password of the user named with it: auth_identify is the
 * one place to ask.
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

/*
 * auth_new - an empty memory of proven credentials, one a process
 */
struct auth	*auth_new(void);
void		 auth_free(struct auth *auth);

/*
 * auth_identify - the grants of a credential
 *
 *   in     now_ns   for tokens that expire
 *   out    *grants  the list lives in `arena`
 *   errs   ERR_UNAUTHORIZED  unauthorized access: none shown, unknown, or expired. One text for
 *                            all, so that a caller learns nothing about tokens
 *          ERR_FORBIDDEN     the token is inactive
 *          ERR_UNAVAILABLE, ERR_IO, ERR_CORRUPT  from the store
 */
int		 auth_identify(struct auth *auth, struct store *store,
		     const struct auth_credential *credential, int64_t now_ns, struct arena *arena,
		     struct grants *grants, struct err *err);

/*
 * auth_token_make - a new token, NUL-terminated; its only copy
 * auth_token_hash - what the store keeps of a token: BLAKE2b-256 under a context of our own
 */
void		 auth_token_make(char token[AUTH_TOKEN_CHARS + 1]);
void		 auth_token_hash(struct slice token, uint8_t hash[STORE_TOKEN_HASH_BYTES]);

#endif
