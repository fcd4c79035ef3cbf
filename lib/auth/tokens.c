/*
 * auth/tokens.c - tokens: made, shown once, kept as a hash
 *
 * A token has 512 random bits, so its hash needs no salt and no slowness: there is nothing to
 * guess. The hash is keyed by a context, so that it is not one that other programs make of the same
 * text.
 */
#include "auth/auth_priv.h"

#include <sodium.h>

#include <stdlib.h>

#include "base/log.h"

#define TOKEN_BYTES 64

static const unsigned char context[] = "weir: token, version 1";

void
auth_sodium(void)
{
	if (sodium_init() < 0) {
		log_error("libsodium cannot be initialised: there are no random bytes to be had");
		abort();
	}
}

void
auth_token_make(char token[AUTH_TOKEN_CHARS + 1])
{
	unsigned char bytes[TOKEN_BYTES];

	auth_sodium();
	do {	/* one that begins with a dash would be taken for an option */
		randombytes_buf(bytes, sizeof(bytes));
		sodium_bin2base64(token, AUTH_TOKEN_CHARS + 1, bytes, sizeof(bytes),
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	} while (token[0] == '-');
	sodium_memzero(bytes, sizeof(bytes));
}

void
auth_token_hash(struct slice token, uint8_t hash[STORE_TOKEN_HASH_BYTES])
{
	auth_sodium();
	crypto_generichash(hash, STORE_TOKEN_HASH_BYTES, (const unsigned char *)token.p, token.n,
	    context, sizeof(context) - 1);
}
