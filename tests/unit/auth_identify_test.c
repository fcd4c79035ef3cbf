/*
 * tests/unit/auth_identify_test.c - who gets in: known, unknown, expired, inactive, deleted
 */
#include "unit.h"
#include "store_home.h"

#include "admin/admin.h"

static struct slice
make_token(struct home *h, int64_t expires_ns, uint64_t *id)
{
	struct admin_token_spec spec = {
		.grants = admin_all_access,
		.n_grants = admin_n_all_access,
		.expires_ns = expires_ns,
	};
	struct store_token token;
	struct slice text;
	struct err err;

	if (admin_token_create(h->store, h->arena, &spec, &text, &token, &err) != 0)
		home_die("token", &err);
	*id = token.id;
	return text;
}

static enum err_code
identify(
    struct home *h, struct auth *auth, struct slice secret, int64_t now_ns, struct grants *grants)
{
	const struct auth_credential credential = { SLICE("someone"), secret };
	struct err err;

	if (auth_identify(auth, h->store, &credential, now_ns, h->arena, grants, &err) == 0)
		return ERR_NONE;
	assert_false(grants->known);
	if (err.code == ERR_UNAUTHORIZED)
		assert_string_equal(err.text, "unauthorized access");
	return err.code;
}

static void
test_identify(void **state)
{
	struct auth *auth = auth_new();
	struct slice good, expiring, longer;
	struct grants grants;
	uint64_t good_id, expiring_id;
	struct store_token token;
	struct home h;
	struct err err;

	(void)state;
	home_new(&h);
	good = make_token(&h, 0, &good_id);
	expiring = make_token(&h, 1000, &expiring_id);
	longer = arena_printf(h.arena, SLICE_FMT "x", SLICE_ARG(good));
	for (int round = 0; round < 2; round++) {	/* from the store, then from memory */
		assert_int_equal(identify(&h, auth, good, 5, &grants), ERR_NONE);
		assert_true(grants_all_access(&grants) && grants.owner_id == good_id);
		assert_int_equal(identify(&h, auth, SLICE("nobody"), 5, &grants), ERR_UNAUTHORIZED);
		assert_int_equal(identify(&h, auth, SLICE(""), 5, &grants), ERR_UNAUTHORIZED);
		assert_int_equal(identify(&h, auth, longer, 5, &grants), ERR_UNAUTHORIZED);
		assert_int_equal(identify(&h, auth, slice_make(good.p, good.n - 1), 5, &grants),
		    ERR_UNAUTHORIZED);
		assert_int_equal(identify(&h, auth, expiring, 999, &grants), ERR_NONE);
		assert_int_equal(identify(&h, auth, expiring, 1000, &grants), ERR_UNAUTHORIZED);
	}
	assert_int_equal(admin_token_set_active(h.store, h.arena, good_id, false, &token, &err), 0);
	assert_int_equal(identify(&h, auth, good, 5, &grants), ERR_FORBIDDEN);
	assert_int_equal(identify(&h, auth, good, 5, &grants), ERR_FORBIDDEN);
	assert_int_equal(admin_token_set_active(h.store, h.arena, good_id, true, &token, &err), 0);
	assert_int_equal(identify(&h, auth, good, 5, &grants), ERR_NONE);
	assert_int_equal(admin_token_delete(h.store, h.arena, good_id, &err), 0);
	assert_int_equal(identify(&h, auth, good, 5, &grants), ERR_UNAUTHORIZED);
	auth_free(auth);
	home_free(&h);
}

/* More tokens than are remembered: all are still known. */
static void
test_many_tokens(void **state)
{
	enum { N = 1100 };
	struct auth *auth = auth_new();
	struct slice *tokens;
	struct grants grants;
	struct home h;
	uint64_t id;

	(void)state;
	home_new(&h);
	tokens = arena_array(h.arena, struct slice, N);
	for (size_t i = 0; i < N; i++)
		tokens[i] = make_token(&h, 0, &id);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(identify(&h, auth, tokens[i], 5, &grants), ERR_NONE);
	assert_int_equal(identify(&h, auth, tokens[0], 5, &grants), ERR_NONE);
	auth_free(auth);
	home_free(&h);
}

/* Fixed for ever: the store keeps these hashes. */
static void
test_hash(void **state)
{
	uint8_t a[STORE_TOKEN_HASH_BYTES], b[STORE_TOKEN_HASH_BYTES];
	char text[2 * STORE_TOKEN_HASH_BYTES + 1];

	(void)state;
	auth_token_hash(SLICE("a-token-for-tests"), a);
	auth_token_hash(SLICE("a-token-for-testt"), b);
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++)
		snprintf(&text[2 * i], 3, "%02x", a[i]);
	assert_string_equal(text, 
	    "7d64c248b6d17a1edd8679d8a4c14fc54c505f099e270ae950382720100bd3d0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identify),
		cmocka_unit_test(test_many_tokens),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
