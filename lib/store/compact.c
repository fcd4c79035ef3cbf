/*
 * store/compact.c - from the journal to chunks, in short steps, by one process at a time
 *
 *     begin   note in the journal's head how far this compaction goes (compact_to)
 *     merge   series by series: rows of these records into chunks; after each step the head says
 *             up to which series it is done
 *     drop    delete the records, oldest first; at the end the head forgets the compaction
 *
 * A step computes outside and enters once to put what it made. A process that is killed between
 * steps, the usual fate of a CGI program after its reply, leaves the head; the next one goes on
 * from there. Rows that are in a chunk and still in the journal are the same rows twice, and the
 * journal's, which are never older, stand.
 *
 * weir.compact is the right to compact a store; whoever does not get it at once has nothing to do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/compact_priv.h"
#include "store/drop.h"
#include "store/shrink.h"

#define STEP_NS 15000000
#define STEP_BYTES (1u << 20)
#define DROP_RECORDS 16
#define RANGE_BYTES (24u << 20)		/* of journal in one compaction: it is held in memory */

enum phase { PHASE_MERGE, PHASE_DROP, PHASE_DONE };

struct compaction {
	struct store	*store;
	int		 lock_fd;
	struct arena	*arena;		/* of the compaction */
	struct arena	*step_arena;
	struct store_measurement m;
	struct store_field *fields;	/* ascending by id */
	uint32_t	*field_ids;
	uint32_t	 n_fields;
	int64_t		 oldest;	/* what the bucket's retention keeps */
	struct journal_head head;
	struct store_scan *scan;
	size_t		 next;		/* of scan->spec.series */
	int64_t		 next_time;	/* of its rows: those before are in chunks already */
	bool		 full;
	bool		 gone;		/* the measurement was dropped, or another went on with it */
	enum phase	 phase;
};

/* ---- beginning ---- */

static int
take_lock(struct store *store, int *fd, struct err *err)
{
	*fd = openat(store->env.home_fd, "weir.compact", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_set(err, ERR_IO, "weir.compact cannot be opened: %s", strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		close(*fd);
		*fd = -1;
		return 1;
	}
	return 0;
}

static int
add_field(void *arg, const struct column *column)
{
	struct compaction *c = arg;

	if (column->kind != COLUMN_FIELD)
		return 0;
	c->fields = arena_grow(c->arena, c->fields, c->n_fields, c->n_fields + 1);
	c->fields[c->n_fields++] = (struct store_field){ column->name, column->id, column->type };
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	const struct store_field *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/*
 * Up to where: all records there are, or as many as make RANGE_BYTES by the average.
 */
static uint64_t
choose_end(struct journal_head *head)
{
	uint64_t n = head->next - head->first;

	if (head->bytes > RANGE_BYTES && n > 1) {
		uint64_t part = n * RANGE_BYTES / head->bytes;

		n = part < 1 ? 1 : part;
	}
	head->compact_bytes = head->bytes * n / (head->next - head->first);
	return head->first + n;
}

static int
begin_body(struct txn *txn, void *arg, struct err *err)
{
	struct compaction *c = arg;
	struct store_bucket bucket;

	c->fields = NULL;
	c->n_fields = 0;
	c->head = (struct journal_head){ 0 };
	if (store_bucket_get(txn, c->m.bucket_id, &bucket, err) != 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;	/* deleted; what it had is garbage */
	if (journal_head_get(txn, c->m.bucket_id, c->m.id, &c->head, err) != 0 ||
	    column_each(txn, c->m.id, add_field, c, err) != 0)
		return -1;
	c->m.oldest = INT64_MIN;	/* the merge sorts out what is too old */
	c->oldest = bucket.retention_ns > 0 ? clock_now_ns() - bucket.retention_ns : INT64_MIN;
	if (c->head.compact_to != 0 || c->head.next == c->head.first)
		return 0;
	c->head.compact_to = choose_end(&c->head);
	c->head.compact_series = 0;
	return journal_head_put(txn, c->m.bucket_id, c->m.id, &c->head, err);
}

static int
begin(struct compaction *c, struct err *err)
{
	struct store_scan_spec spec = { .measurement = &c->m, .from = INT64_MIN, .to = INT64_MAX };

	if (store_txn(c->store, STORE_RELIEVE, c->arena, begin_body, c, err) != 0)
		return -1;
	if (c->head.compact_to == 0) {
		c->phase = PHASE_DONE;
		return 0;
	}
	if (c->n_fields > 0)
		qsort(c->fields, c->n_fields, sizeof(*c->fields), by_id);
	c->field_ids = arena_array(c->arena, uint32_t, c->n_fields + 1);
	for (uint32_t i = 0; i < c->n_fields; i++)
		c->field_ids[i] = c->fields[i].id;
	c->m.fields = c->fields;
	c->m.n_fields = c->n_fields;
	spec.fields = c->field_ids;
	spec.n_fields = c->n_fields;
	if (c->head.compact_series == UINT64_MAX) {
		c->phase = PHASE_DROP;
		return 0;
	}
	return scan_begin_journal(c->store, &spec, c->head.compact_to, c->head.compact_series, &c->scan,
	    err);
}

/* ---- steps ---- */

struct step {
	struct compaction *c;
	struct chunk_changes *changes;
	struct journal_head head;	/* as it will be */
	uint64_t	 drop_from, drop_to;
};

static int
put_step(struct txn *txn, void *arg, struct err *err)
{
	struct step *s = arg;
	struct compaction *c = s->c;
	struct journal_head now;

	if (journal_head_get(txn, c->m.bucket_id, c->m.id, &now, err) != 0)
		return -1;
	c->gone = now.compact_to != c->head.compact_to || now.first != c->head.first;
	if (c->gone)
		return 0;
	if (s->changes != NULL &&
	    chunk_changes_put(txn, c->m.bucket_id, c->m.id, s->changes, err) != 0)
		return -1;
	for (uint64_t at = s->drop_from; at < s->drop_to; at++) {
		struct key key = journal_key(txn->arena, c->m.bucket_id, c->m.id, at);

		if (txn_delete(txn, DB_JOURNAL, key_slice(&key), err) != 0)
			return -1;
	}
	s->head.next = now.next;	/* writers go on meanwhile */
	s->head.bytes = now.bytes - (c->head.bytes - s->head.bytes);
	return journal_head_put(txn, c->m.bucket_id, c->m.id, &s->head, err);
}

static int
commit_step(struct step *s, struct err *err)
{
	struct compaction *c = s->c;

	if (store_txn(c->store, STORE_RELIEVE, c->step_arena, put_step, s, err) != 0)
		return -1;
	if (c->gone)
		c->phase = PHASE_DONE;
	else
		c->head = s->head;
	return 0;
}

/*
 * The rows of one series, or as many as are enough for a step; those that are done are merged again
 * when another process goes on with it, which changes nothing.
 */
static int
merge_one(struct compaction *c, struct chunk_changes *changes, bool *done, struct err *err)
{
	struct merge_spec spec = { c->store, &c->m, c->fields, c->n_fields,
		c->scan->spec.series[c->next], c->full, c->oldest };
	struct store_cursor *cursor = store_scan_cursor(c->scan, c->next);
	const struct store_block *block;
	struct rowset all, rows;
	uint32_t first, n_done = 0;
	int r;

	rowset_init(&all, c->step_arena, c->fields, c->n_fields);
	rowset_init(&rows, c->step_arena, c->fields, c->n_fields);
	while ((r = store_cursor_next(cursor, &block, err)) == 0 && block != NULL)
		rowset_add_block(&all, block);
	first = rowset_seek(&all, c->next_time);
	if (first > 0)
		rowset_add(&rows, &all, first, all.n - first);
	else
		rows = all;
	if (r == 0)
		r = merge_series(&spec, &rows, &n_done, changes, err);
	*done = n_done == rows.n;
	c->next_time = r == 0 && !*done ? rows.times[n_done] : INT64_MIN;
	store_cursor_close(cursor);
	return r;
}

static int
merge_step(struct compaction *c, struct err *err)
{
	struct chunk_changes changes = { .arena = c->step_arena };
	struct step step = { .c = c, .changes = &changes };
	int64_t until = clock_monotonic_ns() + STEP_NS;
	bool done = true;

	while (done && c->next < c->scan->spec.n_series && changes.bytes < STEP_BYTES) {
		if (merge_one(c, &changes, &done, err) != 0)
			return -1;
		c->next += done;
		if (clock_monotonic_ns() > until)
			break;
	}
	chunk_changes_sort(&changes);
	step.head = c->head;
	if (c->next == c->scan->spec.n_series)
		step.head.compact_series = UINT64_MAX;
	else if (c->next > 0)
		step.head.compact_series = c->scan->spec.series[c->next - 1];
	if (step.head.compact_series == UINT64_MAX)
		c->phase = PHASE_DROP;
	return commit_step(&step, err);
}

static int
drop_step(struct compaction *c, struct err *err)
{
	struct step step = { .c = c, .head = c->head, .drop_from = c->head.first };

	store_scan_end(c->scan);
	c->scan = NULL;
	step.drop_to = c->head.compact_to - c->head.first > DROP_RECORDS
	    ? c->head.first + DROP_RECORDS : c->head.compact_to;
	step.head.first = step.drop_to;
	if (step.drop_to == c->head.compact_to) {
		step.head.bytes -= c->head.compact_bytes;
		step.head.compact_to = step.head.compact_series = step.head.compact_bytes = 0;
		c->phase = PHASE_DONE;
	}
	return commit_step(&step, err);
}

/* ---- one measurement ---- */

static void
finish(struct compaction *c)
{
	if (c == NULL)
		return;
	store_scan_end(c->scan);
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	arena_free(c->arena);
	arena_free(c->step_arena);
	c->store->compaction = NULL;
	free(c);
}

/*
 * Begin to compact a measurement. lock_fd is given up with it; -1: somebody above holds the right.
 */
static int
start(struct store *store, const struct store_backlog *which, bool full, int lock_fd,
    struct err *err)
{
	struct compaction *c = memory_zalloc(sizeof(*c));
	int r;

	c->store = store;
	c->full = full;
	c->arena = arena_new(16384);
	c->step_arena = arena_new(65536);
	c->m.bucket_id = which->bucket_id;
	c->m.id = which->measurement_id;
	c->next_time = INT64_MIN;
	c->lock_fd = lock_fd;
	store->compaction = c;
	if ((r = begin(c, err)) != 0)
		finish(c);
	return r;
}

static int
run_to_end(struct store *store, struct err *err)
{
	bool done = store->compaction == NULL;
	int r = 0;

	while (!done && r == 0) {
		r = compact_step(store, &done, err);
		store_maintain_log(store);
	}
	return r;
}

int
compact_step(struct store *store, bool *done, struct err *err)
{
	struct compaction *c = store->compaction;
	int r = 0;

	*done = false;
	arena_reset(c->step_arena);
	if (c->phase == PHASE_MERGE)
		r = merge_step(c, err);
	else if (c->phase == PHASE_DROP)
		r = drop_step(c, err);
	if (r != 0 || c->phase == PHASE_DONE) {
		finish(c);
		*done = true;
	}
	return r;
}

void
compact_abandon(struct store *store)
{
	finish(store->compaction);
}

/*
 * Go on with the compaction under way, or begin the one that is due most.
 *   returns  1 when there is nothing to do
 */
int
compact_begin(struct store *store, struct err *err)
{
	struct store_backlog which = store->due;
	int lock_fd, r;

	if (store->compaction != NULL)
		return 0;
	if (which.measurement_id == 0)
		return 1;
	store->due = (struct store_backlog){ 0 };
	if ((r = take_lock(store, &lock_fd, err)) != 0)
		return r;
	return start(store, &which, false, lock_fd, err);
}

int
compact_measurement(struct store *store, uint64_t bucket_id, uint32_t measurement_id, bool full,
    struct err *err)
{
	struct store_backlog which = { bucket_id, measurement_id, 0, 0 };
	struct journal_head head;
	uint64_t until = 0;
	int r;

	/* one compaction takes in no more than RANGE_BYTES: again until the first look's end */
	do {
		if (start(store, &which, full, -1, err) != 0)
			return -1;
		head = store->compaction->head;
		until = until == 0 ? head.next : until;
		if ((r = run_to_end(store, err)) != 0)
			return r;
	} while (head.compact_to != 0 && head.compact_to < until);
	return 0;
}

int
compact_try_lock(struct store *store, int *fd, struct err *err)
{
	compact_abandon(store);
	return take_lock(store, fd, err);
}

int
compact_lock(struct store *store, int *fd, struct err *err)
{
	int64_t until = clock_monotonic_ns() + (int64_t)store->env.options.wait_ms * 1000000;
	struct timespec pause = { 0, 2000000 };
	int r;

	compact_abandon(store);
	while ((r = take_lock(store, fd, err)) > 0) {
		if (clock_monotonic_ns() > until)
			return err_set(err, ERR_UNAVAILABLE, "another process has been compacting for %llu "
			    "ms", (unsigned long long)store->env.options.wait_ms);
		nanosleep(&pause, NULL);
	}
	return r;
}

void
compact_unlock(struct store *store, int fd)
{
	compact_abandon(store);
	close(fd);
}

#define RELIEF_STEPS 10
#define RELIEF_PAUSE_NS 20000000

void
compact_relieve(struct store *store)
{
	struct timespec pause = { 0, RELIEF_PAUSE_NS };
	struct err err;
	bool done = false;
	int r = compact_begin(store, &err);

	if (r > 0)
		nanosleep(&pause, NULL);	/* another process is at it */
	for (int i = 0; r == 0 && !done && i < RELIEF_STEPS; i++) {
		r = compact_step(store, &done, &err);
		store_maintain_log(store);
	}
	if (r < 0)
		log_warning("compaction: %s", err.text);
}

/* ---- all of a store ---- */

int
store_compact(struct store *store, const struct store_compact_spec *spec, struct err *err)
{
	struct arena *arena = arena_new(16384);
	struct store_backlog *list;
	uint64_t total = 0, before = 0;
	int lock_fd, r;
	size_t n;

	if ((r = compact_lock(store, &lock_fd, err)) != 0) {
		arena_free(arena);
		return r;
	}
	r = store_backlogs(store, arena, &list, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		total += list[i].bytes;
	for (size_t i = 0; r == 0 && i < n; before += list[i++].bytes) {
		if (list[i].records == 0)
			continue;
		if (spec->progress != NULL)
			spec->progress(spec->arg, before, total);
		r = compact_measurement(store, list[i].bucket_id, list[i].measurement_id, true, err);
	}
	if (r == 0)
		r = expire_all(store, NULL, NULL, err);
	if (r == 0)
		r = drop_purge(store, err);
	if (r == 0)
		r = shrink_database(store, DB_JOURNAL, err);
	if (r == 0)
		r = shrink_database(store, DB_CHUNKS, err);
	if (r == 0 && spec->progress != NULL)
		spec->progress(spec->arg, total, total);
	compact_unlock(store, lock_fd);
	arena_free(arena);
	return r;
}
