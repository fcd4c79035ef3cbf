/*
 * store/maintain.c - what is done when a reply is out
 *
 * A checkpoint when one is due; compaction when a file of the journal is sealed; after one, now and
 * then, what buckets do not keep leaves the disk.
 * Errors of this have nobody to be told to but the log; what was left undone is taken up again by
 * a later write.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/compact_priv.h"
#include "store/drop.h"

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
	compact_unlock(store, lock_fd);
	return r;
}

/*
 * Sealed files, one after the other. *worked: a file was drained.
 */
static int
compact_some(struct store *store, bool (*wanted)(void *arg), void *arg, bool *worked,
    struct err *err)
{
	bool done, enough = false;
	int r;

	*worked = false;
	while (!enough && (r = compact_begin(store, err)) == 0) {
		do {
			if (compact_step(store, &done, err) != 0)
				return -1;
			store_maintain_log(store);
			enough = wanted != NULL && wanted(arg);
		} while (!done && !enough);
		*worked = *worked || done;
	}
	return enough || r > 0 ? 0 : -1;
}

#define SETTLE_BYTES (128u << 10)	/* of journal; less is read as fast as chunks */

/*
 * Is compaction worth it now? When there is time what is written last is sealed for it.
 */
static int
is_worth_it(struct store *store, enum store_leisure leisure, bool *worth_it, struct err *err)
{
	uint64_t bytes = journal_bytes(&store->env);

	if (leisure == STORE_IDLE && bytes >= SETTLE_BYTES && compact_seal(store, err) != 0)
		return -1;
	*worth_it = journal_sealed(&store->env) &&
	    (leisure != STORE_BUSY || bytes >= store->env.options.backlog_bytes / 2);
	return 0;
}

static int
maintain(struct store *store, enum store_leisure leisure, bool (*wanted)(void *arg), void *arg,
    struct err *err)
{
	bool worth_it, worked;

	if (is_worth_it(store, leisure, &worth_it, err) != 0)
		return -1;
	if (worth_it && compact_some(store, wanted, arg, &worked, err) != 0)
		return -1;
	if (leisure == STORE_IDLE)
		store->unsettled = journal_sealed(&store->env);
	if (worth_it && worked && tidy_is_due(store))
		return tidy(store, wanted, arg, err);
	return 0;
}

void
store_maintain(struct store *store, enum store_leisure leisure, bool (*wanted)(void *arg),
    void *arg)
{
	struct err err;

	if (store->env.must_exit) {
		/* handles of a recovery that failed can neither be used nor closed */
		log_error("the store could not be recovered: ending, so that another process can try");
		_exit(EXIT_FAILURE);
	}
	store_maintain_log(store);
	/* who writes compacts */
	if (store->unsettled && maintain(store, leisure, wanted, arg, &err) != 0)
		log_warning("%s", err.text);
}
