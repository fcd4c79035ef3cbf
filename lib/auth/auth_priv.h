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

#endif
