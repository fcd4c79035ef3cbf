/*
 * auth/auth_priv.h - what the files of the room share
 */
#ifndef WEIR_AUTH_AUTH_PRIV_H
#define WEIR_AUTH_AUTH_PRIV_H

#include "auth/auth.h"

/*
 * auth_sodium - libsodium must be initialised before its first use; it may be asked again
 */
void	 auth_sodium(void);

struct auth_hashing {
	uint64_t	 turns;		/* over all processes of the home; 0 = any number */
	uint64_t	 wait_ms;
};

/*
 * auth_password_check - is this the password of a hash?
 *   in     hash    NULL: there is no such user; it takes as long, and *right is false
 *   errs   ERR_UNAVAILABLE  no turn, or no memory
 */
int	 auth_password_check(const struct auth_hashing *hashing, struct store *store,
	     const struct slice *hash, struct slice password, bool *right, struct err *err);

#endif
