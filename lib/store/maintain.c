/*
 * store/maintain.c - what is done when a reply is out
 *
 * A checkpoint when one is due; compaction when a file of the journal is sealed; after one, now and
 * then, what buckets do not keep leaves the disk.
 * Errors of this have nobody to be told to but the log; what was left undone is taken up again by
 * a later write.
 */
#include "base/clock.h"
#include "base/log.h"
#include "store/compact_priv.h"
#include "store/drop.h"

struct asked {			/* what is asked between steps */
	struct store	*store;
	bool		 (*wanted)(void *arg);
	void		*arg;
};

static bool
is_enough(void *arg)
{
	const struct asked *asked = arg;

	return (asked->wanted != NULL && asked->wanted(asked->arg)) ||
	    compact_right_is_wanted(asked->store);
}

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
tidy(struct store *store, struct asked *asked, struct err *err)
{
	int lock_fd, r = compact_try_lock(store, &lock_fd, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	r = expire_all(store, is_enough, asked, err);
	if (r == 0 && !is_enough(asked))
		r = drop_purge(store, is_enough, asked, err);
	compact_unlock(store, lock_fd);
	return r;
}

/*
 * The file under way, or the oldest sealed one. *done: it is drained.
 */
static int
compact_file(struct store *store, struct asked *asked, bool *done, struct err *err)
{
	int r = compact_begin(store, err);
	bool enough = false;

	*done = false;
	while (r == 0 && !*done && !enough) {
		r = compact_step(store, done, err);
		store_maintain_log(store);
		enough = is_enough(asked);
	}
	if (compact_right_is_wanted(store))
		compact_abandon(store);
	return r < 0 ? -1 : 0;
}

#define SETTLE_BYTES (128u << 10)	/* of journal; less is read as fast as chunks */

#define REPAIR_NS (INT64_C(600) * 1000000000)

/*
 * Rows that meet a damaged chunk only come by again: no need to hurry.
 */
static bool
waits_for_repair(const struct store *store)
{
	return store->put_back_ns != 0 && clock_monotonic_ns() - store->put_back_ns < REPAIR_NS;
}

/*
 * Is compaction worth it now? What was begun is gone on with. When there is time what was written
 * last is sealed for it, and when a reader has met damage, so that readers after it do not.
 */
static int
is_worth_it(struct store *store, enum store_leisure leisure, bool *worth_it, struct err *err)
{
	uint64_t bytes = journal_bytes(&store->env);
	bool damaged = atomic_load(&store->env.mark->journal_damaged) != 0;

	if ((damaged || (leisure == STORE_IDLE && bytes >= SETTLE_BYTES && !waits_for_repair(store))) &&
	    store->compaction == NULL && compact_seal(store, err) != 0)
		return -1;
	if (damaged && !journal_sealed(&store->env))
		atomic_store(&store->env.mark->journal_damaged, 0);
	*worth_it = store->compaction != NULL || (journal_sealed(&store->env) && (damaged ||
	    leisure != STORE_BUSY || bytes >= store->env.options.backlog_bytes / 2));
	return 0;
}

static int
maintain(struct store *store, enum store_leisure leisure, struct asked *asked, struct err *err)
{
	bool worth_it, done = true, worked = false;

	while (done) {
		if (is_worth_it(store, leisure, &worth_it, err) != 0)
			return -1;
		if (!worth_it)
			break;
		if (compact_file(store, asked, &done, err) != 0)
			return -1;
		worked = worked || done;
	}
	if (leisure == STORE_IDLE)
		store->unsettled = journal_sealed(&store->env);
	return worked && !compact_right_is_wanted(store) && tidy_is_due(store) ?
	    tidy(store, asked, err) : 0;
}

bool
store_maintain(struct store *store, enum store_leisure leisure, bool (*wanted)(void *arg),
    void *arg)
{
	struct asked asked = { store, wanted, arg };
	bool more = false;
	struct err err;

	store_maintain_log(store);
	if (leisure != STORE_BUSY)
		journal_let_go(&store->env);
	/* who writes compacts; of damage anybody gets rid */
	if (store->unsettled || atomic_load(&store->env.mark->journal_damaged) != 0) {
		if (maintain(store, leisure, &asked, &err) != 0)
			log_warning("%s", err.text);
		else
			more = leisure == STORE_IDLE && store->unsettled;
	}
	if (leisure == STORE_IDLE)
		env_let_go(&store->env);
	return more;
}
