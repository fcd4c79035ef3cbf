/*
 * store/drop_empty.c - series without a row leave the index
 *
 * A series is empty when it has no chunk and no row in the journal. Under the right to compact no row
 * gets from the one to the other; writers go on, so the journal is looked at once more where the
 * series goes.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "store/chunk_table.h"
#include "store/drop.h"
#include "store/journal.h"
#include "store/register.h"

#define STEP_SERIES 64
#define LOOK_BYTES (256u << 10)	/* of journal that are looked at inside */
#define MOST_TRIES 100

struct busy {			/* series that the journal has rows of */
	uint64_t	*ids;		/* sorted, when that was asked for */
	size_t		 n, cap;
	uint64_t	 next;		/* the first position that was not looked at; 0 = none was */
};

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
busy_sort(struct busy *busy)
{
	size_t kept = 0;

	if (busy->n > 0)
		qsort(busy->ids, busy->n, sizeof(*busy->ids), by_number);
	for (size_t i = 0; i < busy->n; i++)
		if (kept == 0 || busy->ids[kept - 1] != busy->ids[i])
			busy->ids[kept++] = busy->ids[i];
	busy->n = kept;
}

static bool
busy_has(const struct busy *busy, uint64_t id)
{
	return busy->n > 0 &&
	    bsearch(&id, busy->ids, busy->n, sizeof(id), by_number) != NULL;
}

struct look {
	const struct store_measurement *m;
	struct busy	*busy;
	struct arena	*arena;
};

static int
busy_add(void *arg, const struct journal_frame *frame, struct err *err)
{
	struct look *look = arg;
	struct busy *busy = look->busy;
	struct arena_mark mark = arena_mark(look->arena);
	struct codec_batch batch;

	if (frame->kind != JOURNAL_RECORD || frame->measurement_id != look->m->id)
		return 0;
	if (codec_batch_open(frame->record, look->arena, &batch, err) != 0)
		return -1;
	if (busy->n + batch.n_series > busy->cap) {
		busy->cap = (busy->n + batch.n_series) * 2;
		busy->ids = memory_grow(busy->ids, busy->cap, sizeof(*busy->ids));
	}
	for (uint32_t k = 0; k < batch.n_series; k++)
		busy->ids[busy->n++] = codec_frame_get(&batch.series, k);
	arena_rewind(look->arena, mark);
	return 0;
}

/*
 * Look at what the journal has from `from` on; under the right to compact nothing of it goes.
 */
static int
busy_look(const struct env *env, const struct store_measurement *m, struct busy *busy, uint64_t from,
    struct arena *arena, struct err *err)
{
	struct look look = { m, busy, arena };
	uint64_t end = journal_end(env);
	int r = journal_each(env, from, end, busy_add, &look, err);

	if (r > 0)
		return err_set(err, ERR_INTERNAL, "the journal was drained by another process");
	busy->next = end;
	busy_sort(busy);
	return r;
}

/*
 * Is more there from `from` on than may be looked at inside?
 */
static bool
is_far_behind(const struct env *env, uint64_t from)
{
	uint64_t end = journal_end(env);

	return journal_number(from) != journal_number(end) || end - from > LOOK_BYTES;
}

struct empty_job {
	const struct store_measurement *m;
	const uint64_t	*ids;
	size_t		 n;
	const struct busy *busy;
	bool		 behind;	/* more was written since than can be looked at inside */
};

static bool
no_columns(void *arg, const struct codec_chunk *head)
{
	(void)arg;
	(void)head;
	return false;
}

static int
drop_if_empty(struct txn *txn, const struct empty_job *job, uint64_t id, bool *dropped,
    struct err *err)
{
	struct chunk_reading reading = { .place = { job->m->bucket_id, job->m->id, id },
		.from = INT64_MIN, .to = INT64_MAX, .wants_columns = no_columns };
	struct chunk_batch batch;

	if (chunk_read(txn, &reading, &batch, err) != 0)
		return -1;
	if (batch.n > 0)
		return 0;
	*dropped = true;
	return drop_series_record(txn, job->m->bucket_id, job->m->id, id, err);
}

/*
 * Writers go on meanwhile: the few frames that came since the last look are looked at here.
 */
static int
empty_body(struct txn *txn, void *arg, struct err *err)
{
	struct empty_job *job = arg;
	struct busy fresh = { 0 };
	bool dropped = false;
	int r;

	job->behind = is_far_behind(&txn->store->env, job->busy->next);
	if (job->behind)
		return 0;
	r = busy_look(&txn->store->env, job->m, &fresh, job->busy->next, txn->arena, err);
	for (size_t i = 0; r == 0 && i < job->n; i++)
		if (!busy_has(job->busy, job->ids[i]) && !busy_has(&fresh, job->ids[i]))
			r = drop_if_empty(txn, job, job->ids[i], &dropped, err);
	free(fresh.ids);
	txn->schema_changed = dropped;
	return r;
}

int
drop_empty_series(struct store *store, const struct store_measurement *m, const uint64_t *ids,
    size_t n, struct arena *arena, struct err *err)
{
	struct busy busy = { 0 };
	struct empty_job job = { .m = m, .busy = &busy, .behind = true };
	int r = 0, tries = 0;

	/* beside writers so fast that nobody keeps up with them, series may stay: they are only empty */
	for (size_t at = 0; at < n && r == 0 && tries < MOST_TRIES; at += job.behind ? 0 : job.n) {
		arena_reset(arena);
		tries = job.behind ? tries + 1 : 0;
		if (job.behind)
			r = busy_look(&store->env, m, &busy, busy.next, arena, err);
		job.ids = ids + at;
		job.n = n - at < STEP_SERIES ? n - at : STEP_SERIES;
		if (r == 0) {
			store_give_way(store);
			r = store_txn(store, STORE_RELIEVE, arena, empty_body, &job, err);
		}
	}
	free(busy.ids);
	return r;
}
