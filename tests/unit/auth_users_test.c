/*
 * tests/unit/auth_users_test.c - users with passwords: who gets in, and what is paid once
 */
#include "unit.h"
#include "store_home.h"

#include <sys/wait.h>

#include <signal.h>
#include <time.h>

#include "admin/admin.h"

static void
make_user(struct home *h, const char *name, const char *password)
{
	const struct grant grant = { GRANT_READ, GRANT_BUCKETS, h->bucket };
	struct err err;

	if (admin_user_create(h->store, h->arena, slice_from(name), slice_from(password), &grant, 1,
	    &err) != 0)
		home_die("user", &err);
}

static enum err_code
identify(struct home *h, struct auth *auth, const char *user, const char *secret,
    struct grants *grants)
{
	const struct auth_credential credential = { slice_from(user), slice_from(secret) };
	struct err err;

	if (auth_identify(auth, h->store, &credential, 5, h->arena, grants, &err) == 0)
		return ERR_NONE;
	assert_false(grants->known);
	if (err.code == ERR_UNAUTHORIZED)
		assert_string_equal(err.text, "unauthorized access");
	return err.code;
}

static void
test_pairs(void **state)
{
	static const struct {
		const char	*user, *secret;
		enum err_code	 want;
	} pairs[] = {
		{ "ann", "right horse", ERR_NONE },
		{ "ann", "Right horse", ERR_UNAUTHORIZED },
		{ "ann", "right hors", ERR_UNAUTHORIZED },
		{ "ann", "right horse ", ERR_UNAUTHORIZED },
		{ "Ann", "right horse", ERR_UNAUTHORIZED },
		{ "annr", "ight horse", ERR_UNAUTHORIZED },
		{ "", "right horse", ERR_UNAUTHORIZED },
		{ "bob", "right horse", ERR_UNAUTHORIZED },
		{ "bob", "bobs own: with a colon", ERR_NONE },
		{ "nobody", "bobs own: with a colon", ERR_UNAUTHORIZED },
		{ "ann", "", ERR_UNAUTHORIZED },
	};
	struct auth *auth = auth_new();
	struct grants grants;
	struct home h;

	(void)state;
	home_new(&h);
	make_user(&h, "ann", "right horse");
	make_user(&h, "bob", "bobs own: with a colon");
	for (int round = 0; round < 2; round++) {	/* from the store, then from memory */
		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
			assert_int_equal(identify(&h, auth, pairs[i].user, pairs[i].secret,
			    &grants), pairs[i].want);
			if (pairs[i].want == ERR_NONE)
				assert_true(grants_allow(&grants, GRANT_READ, h.bucket) &&
				    !grants_allow(&grants, GRANT_WRITE, h.bucket));
		}
	}
	auth_free(auth);
	home_free(&h);
}

/* What a process remembers is not true any more as soon as it is changed. */
static void
test_changes(void **state)
{
	const struct admin_user_change revoke = { .how = ADMIN_GRANT_REMOVE,
		.database = SLICE("b"), .actions = GRANT_READ };
	struct auth *auth = auth_new();
	struct grants grants;
	struct home h;
	struct err err;

	(void)state;
	home_new(&h);
	make_user(&h, "ann", "first one");
	assert_int_equal(identify(&h, auth, "ann", "first one", &grants), ERR_NONE);
	assert_int_equal(identify(&h, auth, "ann", "second one", &grants), ERR_UNAUTHORIZED);
	assert_int_equal(admin_user_set_password(h.store, h.arena, SLICE("ann"),
	    SLICE("second one"), &err), 0);
	assert_int_equal(identify(&h, auth, "ann", "first one", &grants), ERR_UNAUTHORIZED);
	assert_int_equal(identify(&h, auth, "ann", "second one", &grants), ERR_NONE);
	assert_true(grants_allow(&grants, GRANT_READ, h.bucket));
	assert_int_equal(admin_user_change(h.store, h.arena, SLICE("ann"), &revoke, &err), 0);
	assert_int_equal(identify(&h, auth, "ann", "second one", &grants), ERR_NONE);
	assert_false(grants_allow(&grants, GRANT_READ, h.bucket));
	assert_int_equal(admin_user_delete(h.store, h.arena, SLICE("ann"), &err), 0);
	assert_int_equal(identify(&h, auth, "ann", "second one", &grants), ERR_UNAUTHORIZED);
	auth_free(auth);
	home_free(&h);
}

static int64_t
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int64_t
cost(struct home *h, struct auth *auth, const char *user, const char *secret)
{
	struct grants grants;
	int64_t began = cpu_ns();

	(void)identify(h, auth, user, secret, &grants);
	return cpu_ns() - began;
}

/*
 * A user that is none costs as much as a wrong password; a pair that was seen costs nothing. The
 * bounds are wide: one hash takes some hundred times what a memory takes.
 */
static void
test_costs(void **state)
{
	struct auth *auth = auth_new();
	int64_t right, wrong, unknown, again, no_users;
	struct home h;

	(void)state;
	home_new(&h);
	no_users = cost(&h, auth, "root", "root");
	make_user(&h, "ann", "right horse");
	right = cost(&h, auth, "ann", "right horse");
	wrong = cost(&h, auth, "ann", "wrong");
	unknown = cost(&h, auth, "nobody", "wrong");
	again = cost(&h, auth, "ann", "right horse") + cost(&h, auth, "ann", "wrong") +
	    cost(&h, auth, "nobody", "wrong");
	assert_true(unknown > wrong / 3 && wrong > unknown / 3 && right > wrong / 3);
	assert_true(again < wrong / 3);
	assert_true(no_users < wrong / 3);
	auth_free(auth);
	home_free(&h);
}

/* More wrong pairs than are remembered; the right one is still known. */
static void
test_many_guesses(void **state)
{
	struct auth *auth = auth_new();
	struct grants grants;
	struct home h;
	char guess[32];

	(void)state;
	home_new(&h);
	make_user(&h, "ann", "right horse");
	for (int i = 0; i < 300; i++) {
		snprintf(guess, sizeof(guess), "guess %d", i);
		assert_int_equal(identify(&h, auth, "ann", guess, &grants), ERR_UNAUTHORIZED);
	}
	assert_int_equal(identify(&h, auth, "ann", "right horse", &grants), ERR_NONE);
	auth_free(auth);
	home_free(&h);
}

/* Every turn is taken: a new pair is refused for now, one that is known is not. */
static void
test_turns(void **state)
{
	struct store_turn turns[2];
	struct auth *auth = auth_new();
	struct grants grants;
	struct home h;
	struct err err;

	(void)state;
	home_new(&h);
	make_user(&h, "ann", "right horse");
	make_user(&h, "bob", "other horse");
	auth_limit(auth, 2, 20);
	assert_int_equal(identify(&h, auth, "ann", "right horse", &grants), ERR_NONE);
	for (int i = 0; i < 2; i++)
		assert_int_equal(store_turn_take(h.store, STORE_TURN_PASSWORD, 2, 0, &turns[i],
		    &err), 0);
	assert_int_equal(identify(&h, auth, "ann", "right horse", &grants), ERR_NONE);
	assert_int_equal(identify(&h, auth, "bob", "other horse", &grants), ERR_UNAVAILABLE);
	assert_int_equal(identify(&h, auth, "nobody", "other horse", &grants), ERR_UNAVAILABLE);
	store_turn_end(&turns[1]);
	assert_int_equal(identify(&h, auth, "bob", "other horse", &grants), ERR_NONE);
	store_turn_end(&turns[0]);
	auth_free(auth);
	home_free(&h);
}

/* A turn ends with its process, however that ends. */
static void
test_turn_of_a_killed_process(void **state)
{
	struct store_turn turn;
	struct home h;
	struct err err;
	int ready[2];
	pid_t pid;
	char c;

	(void)state;
	home_new(&h);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (store_turn_take(h.store, STORE_TURN_PASSWORD, 1, 0, &turn, &err) == 0 &&
		    write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(store_turn_take(h.store, STORE_TURN_PASSWORD, 1, 0, &turn, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(store_turn_take(h.store, STORE_TURN_PASSWORD, 1, 0, &turn, &err), 0);
	store_turn_end(&turn);
	close(ready[0]);
	close(ready[1]);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_many_guesses),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_turn_of_a_killed_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
