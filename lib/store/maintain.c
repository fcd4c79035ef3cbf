/*
 * store/maintain.c - what is done when a reply is out
 *
 * A checkpoint when one is due; compaction of the measurement whose journal has grown long; after a
 * compaction, now and then, what buckets do not keep leaves the disk and the journal's file is cut.
 * Errors of this have nobody to be told to but the log; what was left undone is taken up again by
 * a later write.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/compact_priv.h"
#include "store/drop.h"
#include "store/shrink.h"

#define TIDY_NS (INT64_C(600) * 1000000000)

/*
 * Once in TIDY_NS, by whoever comes first.
 */
static bool
tidy_is_due(struct store *store)
{
	int64_t now = clock_now_ns(), last = atomic_load(&store->env.mark->tidied_ns);

	return (now - last > TIDY_NS || now < last) &&
	    atomic_compare_exchange_strong(&store->env.mark->tidied_ns, &last, now);
}

static int
tidy(struct store *store, bool (*wanted)(void *arg), void *arg, struct err *err)
{
	int lock_fd, r = compact_try_lock(store, &lock_fd, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	r = expire_all(store, wanted, arg, err);
	if (r == 0)
		r = drop_purge(store, err);
	if (r == 0 && shrink_is_worth_it(store, "journal.db", store->env.options.compact_bytes))
		r = shrink_database(store, DB_JOURNAL, err);
	compact_unlock(store, lock_fd);
	return r;
}

static int
compact_some(struct store *store, bool (*wanted)(void *arg), void *arg, bool *done, struct err *err)
{
	int r = compact_begin(store, err);

	*done = false;
	if (r != 0)
		return r < 0 ? -1 : 0;
	do {
		if (compact_step(store, done, err) != 0)
			return -1;
		store_maintain_log(store);
	} while (!*done && (wanted == NULL || !wanted(arg)));
	return 0;
}

void
store_maintain(struct store *store, bool (*wanted)(void *arg), void *arg)
{
	struct err err;
	bool done;

	if (store->env.must_exit) {
		/* handles of a recovery that failed can neither be used nor closed */
		log_error("the store could not be recovered: ending, so that another process can try");
		_exit(EXIT_FAILURE);
	}
	store_maintain_log(store);
	if (compact_some(store, wanted, arg, &done, &err) != 0 ||
	    (done && tidy_is_due(store) && tidy(store, wanted, arg, &err) != 0))
		log_warning("%s", err.text);
}

#define SETTLE_BYTES (128u << 10)	/* of journal; less is read as fast as chunks */

static int
settle_all(struct store *store, struct arena *arena, bool (*wanted)(void *arg), void *arg,
    struct err *err)
{
	struct store_backlog *list;
	bool done = true;
	size_t n;

	if (store_backlogs(store, arena, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n && done; i++) {
		if (list[i].bytes < SETTLE_BYTES)
			continue;
		store->due = list[i];
		if (compact_some(store, wanted, arg, &done, err) != 0)
			return -1;
	}
	store->unsettled = !done;
	return 0;
}

void
store_settle(struct store *store, bool (*wanted)(void *arg), void *arg)
{
	struct arena *arena;
	struct err err;

	store_maintain(store, wanted, arg);
	if (!store->unsettled || (wanted != NULL && wanted(arg)))
		return;
	arena = arena_new(4096);
	if (settle_all(store, arena, wanted, arg, &err) != 0)
		log_warning("%s", err.text);
	arena_free(arena);
}
