/*
 * tests/fuzz/credentials_fuzz.c - any bytes as an Authorization header
 *
 * Besides not reading past the end: a credential that is present is not empty, only Basic is one
 * that browsers send unasked, and what was found is found again when it is sent as Basic.
 */
#include <stdio.h>
#include <stdlib.h>

#include "auth/auth.h"
#include "http/http_priv.h"
#include "insist.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put_base64(struct buf *out, struct slice s)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned n_bits = 0;

	for (size_t i = 0; i < s.n; i++) {
		bits = bits << 8 | (unsigned char)s.p[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			buf_putc(out, digits[bits >> (n_bits - 6) & 63]);
	}
	if (n_bits > 0)
		buf_putc(out, digits[bits << (6 - n_bits) & 63]);
}

static void
check_again(struct arena *arena, const struct http_credential *c)
{
	struct buf pair = { 0 }, header = { 0 };
	struct http_credential again;

	buf_put_slice(&pair, c->user);
	buf_putc(&pair, ':');
	buf_put_slice(&pair, c->secret);
	buf_puts(&header, "Basic ");
	put_base64(&header, buf_slice(&pair));
	http_credentials_parse(&again, arena, buf_slice(&header), false);
	insist(again.present && again.ambient, "sent as Basic it is none");
	insist(slice_eq(again.user, c->user), "another user");
	insist(slice_eq(again.secret, c->secret), "another secret");
	buf_free(&pair);
	buf_free(&header);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice header = slice_make((const char *)data, size);
	struct arena *arena = arena_new(4096);
	uint8_t hash[STORE_TOKEN_HASH_BYTES];

	for (int with_user = 0; with_user < 2; with_user++) {
		struct http_credential c;

		http_credentials_parse(&c, arena, header, with_user != 0);
		insist(c.present == (c.secret.n != 0), "present and empty, or absent and not");
		insist(c.present || !c.ambient, "absent and ambient");
		insist(c.user.n + c.secret.n <= size, "longer than the header");
		insist(slice_find(c.user, ':') == c.user.n, "a user with a colon");
		if (!c.present)
			continue;
		auth_token_hash(c.secret, hash);
		check_again(arena, &c);
	}
	arena_free(arena);
	return 0;
}
