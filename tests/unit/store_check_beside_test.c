/*
 * tests/unit/store_check_beside_test.c - a check finds nothing in a store where others drop and delete
 *
 * One process makes measurements of two series, has them in chunks, cuts a part of one out and drops
 * them. Another checks the store again and again: what it has read is gone or another a moment later,
 * and is no damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "store_home.h"

#define CHUNKS 3000		/* seen by all checks together, before it is enough */
#define MOST_CHECKS 20000
#define ROWS 500

static _Atomic bool *stop;

static void
put_rows(struct home *h, const char *measurement, struct series_ref *refs[2])
{
	for (int row = 0; row < ROWS; row++)
		for (int s = 0; s < 2; s++)
			home_put(h, home_point(h, measurement, refs[s], row, 1), "v",
			    (struct value){ .type = VALUE_INTEGER, .i = row * row });
	home_append(h);
}

/*
 * What was there in the middle goes, then all of it.
 */
static void
take_away(struct home *h, const char *measurement, const struct series_ref *ref)
{
	struct err err;
	uint64_t n_rows;

	if (store_delete_rows(h->store, home_measurement(h, measurement), &ref->id, 1, ROWS / 4,
	    ROWS / 2, &n_rows, &err) != 0)
		home_die("delete", &err);
	if (store_drop_measurement(h->store, h->bucket, slice_from(measurement), &err) != 0)
		home_die("drop", &err);
}

static void
disturb(struct home *h, pid_t parent)
{
	while (!*stop && getppid() == parent) {
		struct tag tags[] = { { SLICE("host"), SLICE("a") }, { SLICE("host"), SLICE("b") } };
		struct series_ref *refs[] = { home_ref(&tags[0], 1), home_ref(&tags[1], 1) };

		put_rows(h, "m", refs);
		take_away(h, "m", refs[0]);
		arena_reset(h->arena);
		home_ref_free(refs[0]);
		home_ref_free(refs[1]);
	}
}

static void
found(void *arg, const struct store_damage *damage)
{
	(void)arg;
	print_error("%s: %s\n", damage->where, damage->what);
}

static void
test_nothing_is_found(void **unused)
{
	struct store_check_spec spec = { .found = found };
	struct store_checked checked;
	uint64_t chunks = 0;
	struct home h;
	struct err err;
	int status;
	pid_t pid, parent = getpid();

	(void)unused;
	stop = mmap(NULL, sizeof(*stop), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(stop != MAP_FAILED);
	home_new(&h);
	store_close(h.store);
	if ((pid = fork()) == 0) {
		home_open(&h);
		disturb(&h, parent);
		store_close(h.store);
		_exit(0);
	}
	home_open(&h);
	for (int i = 0; i < MOST_CHECKS && chunks < CHUNKS; i++) {
		assert_int_equal(store_check(h.store, &spec, &checked, &err), 0);
		assert_int_equal(checked.damaged, 0);
		chunks += checked.chunks;
	}
	*stop = true;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(chunks >= CHUNKS);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
