/*
 * store/compact.c - a sealed file of the journal into chunks, in short steps
 *
 *     begin   read the oldest file; its frames in order of bucket, measurement and age
 *     merge   series by series: rows of these frames into chunks; with each step the catalogue
 *             notes up to which series the file is drained
 *     finish  note that the next file is the oldest; once that is on disk, unlink this one
 *
 * A step computes outside and enters once to put what it made. A process that is killed between
 * steps, the usual fate of a CGI program after its reply, leaves the note; the next one goes on
 * from there. Rows that are in a chunk and still in the journal are the same rows twice, and the
 * journal's, which are never older, stand.
 *
 * Frames that are damaged are told in the log and passed over, and their file is not unlinked but
 * set aside under another name, before anything is noted as drained that was passed over: whoever
 * goes on from the note does not come by there again.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/compact_priv.h"

#define STEP_NS 15000000
#define STEP_BYTES (1u << 20)
#define GROUP_SERIES 64		/* whose chunks are read in one section, unless they have many rows: */
#define GROUP_ROWS 4096

struct compaction {
	struct store	*store;
	int		 lock_fd;	/* of the right to compact; -1: somebody above holds it */
	struct arena	*arena;		/* of the file */
	struct arena	*measurement_arena, *step_arena;
	struct journal_state state;	/* as it was committed last */
	struct journal_frame *frames;
	size_t		 n_frames;
	size_t		 at, end;	/* the frames of the present measurement */
	struct store_measurement m;
	struct store_field *fields;	/* ascending by id */
	uint32_t	*field_ids;
	uint32_t	 n_fields, cap_fields;
	int64_t		 oldest;	/* what the bucket's retention keeps */
	struct store_scan *scan;	/* NULL: the measurement is to be begun */
	size_t		 next;		/* of scan->spec.series */
	int64_t		 next_time;	/* of its rows: those before are in chunks already */
	uint64_t	 last_series;	/* of the measurement: those above it had no chunk */
	bool		 full;
	bool		 gone;		/* another process went on with it */
	bool		 damaged;	/* something of the file could not be read */
	bool		 tried, aside;	/* to give it a second name; it has that */
	bool		 done;
};

/* ---- the file ---- */

static int
by_measurement(const void *a, const void *b)
{
	const struct journal_frame *x = a, *y = b;

	if (x->bucket_id != y->bucket_id)
		return x->bucket_id < y->bucket_id ? -1 : 1;
	if (x->measurement_id != y->measurement_id)
		return x->measurement_id < y->measurement_id ? -1 : 1;
	return (x->position > y->position) - (x->position < y->position);
}

/*
 * Is all of a frame's measurement in chunks already?
 */
static bool
is_drained(const struct journal_state *state, const struct journal_frame *frame)
{
	if (frame->bucket_id != state->bucket_id)
		return frame->bucket_id < state->bucket_id;
	if (frame->measurement_id != state->measurement_id)
		return frame->measurement_id < state->measurement_id;
	return state->series == UINT64_MAX;
}

static void
note_damage(struct compaction *c, uint64_t position, const char *what)
{
	log_error("%s: journal file %u, byte %llu: %s", c->store->env.home, journal_number(position),
	    (unsigned long long)journal_offset(position), what);
	c->damaged = true;
}

/*
 * Of records that wait to be drained the scan says whether they are damaged.
 */
static bool
has_bad_record(const struct journal_frame *frame)
{
	struct slice record = frame->record;

	return frame->kind == JOURNAL_RECORD && (record.n < 4 ||
	    wide_load32(record.p) != codec_crc32(record.p + 4, record.n - 4));
}

static void
sort_frames(struct compaction *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_frames; i++) {
		const struct journal_frame *frame = &c->frames[i];

		if (frame->kind == JOURNAL_DAMAGED || frame->kind == JOURNAL_GAP)
			note_damage(c, frame->position, "no whole frame is here");
		else if (frame->kind == JOURNAL_RECORD && !is_drained(&c->state, frame))
			c->frames[kept++] = *frame;
		else if (has_bad_record(frame))
			note_damage(c, frame->position, "a record is damaged");
	}
	c->n_frames = kept;
	if (kept > 0)
		qsort(c->frames, kept, sizeof(*c->frames), by_measurement);
}

static int
state_body(struct txn *txn, void *arg, struct err *err)
{
	return journal_state_get(txn, arg, err);
}

static bool
any_damage(const struct compaction *c)
{
	for (size_t i = 0; i < c->n_frames; i++)
		if (c->frames[i].kind == JOURNAL_DAMAGED || has_bad_record(&c->frames[i]))
			return true;
	return false;
}

static int
read_frames(struct compaction *c, struct err *err)
{
	return journal_file(&c->store->env, c->state.first, c->arena, &c->frames, &c->n_frames, err);
}

static int
read_file(struct compaction *c, struct err *err)
{
	struct env *env = &c->store->env;
	uint64_t n_mended;
	struct err why;
	int r;

	if (store_txn(c->store, STORE_READ, c->step_arena, state_body, &c->state, err) != 0)
		return -1;
	c->done = !journal_sealed(env);
	if (c->done)
		return 0;
	r = read_frames(c, err);
	if (r == 0 && any_damage(c) && journal_mend(env, c->state.first, &n_mended, &why) == 0 &&
	    n_mended > 0)
		r = read_frames(c, err);
	if (r < 0)
		return -1;
	if (r > 0)
		log_error("%s: journal file %u is missing", env->home, c->state.first);
	sort_frames(c);
	return 0;
}

/* ---- a measurement ---- */

static int
add_field(void *arg, const struct column *column)
{
	struct compaction *c = arg;

	if (column->kind != COLUMN_FIELD)
		return 0;
	if (c->n_fields == c->cap_fields) {
		uint32_t cap = c->cap_fields == 0 ? 32 : c->cap_fields * 2;

		c->fields = arena_grow(c->measurement_arena, c->fields, c->cap_fields, cap);
		c->cap_fields = cap;
	}
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
 * A measurement or bucket that was dropped leaves no fields.
 */
static int
measurement_body(struct txn *txn, void *arg, struct err *err)
{
	struct compaction *c = arg;
	struct store_bucket bucket;

	c->fields = NULL;
	c->n_fields = c->cap_fields = 0;
	if (store_bucket_get(txn, c->m.bucket_id, &bucket, err) != 0)
		return err->code == ERR_NOT_FOUND ? 0 : -1;
	c->m.oldest = INT64_MIN;	/* the merge sorts out what is too old */
	c->oldest = bucket.retention_ns > 0 ? clock_now_ns() - bucket.retention_ns : INT64_MIN;
	if (chunk_last_series(txn, c->m.bucket_id, c->m.id, &c->last_series, err) != 0)
		return -1;
	return column_each(txn, c->m.id, add_field, c, err);
}

static void
set_fields(struct compaction *c)
{
	qsort(c->fields, c->n_fields, sizeof(*c->fields), by_id);
	c->field_ids = arena_array(c->measurement_arena, uint32_t, c->n_fields);
	for (uint32_t i = 0; i < c->n_fields; i++)
		c->field_ids[i] = c->fields[i].id;
	c->m.fields = c->fields;
	c->m.n_fields = c->n_fields;
}

/*
 * Up to which series the present measurement is drained already.
 */
static uint64_t
drained_series(const struct compaction *c)
{
	bool begun = c->state.bucket_id == c->m.bucket_id && c->state.measurement_id == c->m.id;

	return begun ? c->state.series : 0;
}

static int
begin_measurement(struct compaction *c, struct err *err)
{
	struct store_scan_spec spec = { .measurement = &c->m, .from = INT64_MIN, .to = INT64_MAX };
	const struct journal_frame *first = &c->frames[c->at];

	arena_reset(c->measurement_arena);
	for (c->end = c->at; c->end < c->n_frames && c->frames[c->end].bucket_id == first->bucket_id &&
	    c->frames[c->end].measurement_id == first->measurement_id; c->end++)
		continue;
	c->m = (struct store_measurement){ .bucket_id = first->bucket_id,
		.id = first->measurement_id };
	if (store_txn(c->store, STORE_READ, c->measurement_arena, measurement_body, c, err) != 0)
		return -1;
	if (c->n_fields == 0) {
		c->at = c->end;
		return 0;
	}
	set_fields(c);
	spec.fields = c->field_ids;
	spec.n_fields = c->n_fields;
	c->next = 0;
	c->next_time = INT64_MIN;
	scan_begin_frames(c->store, &spec, c->frames + c->at, c->end - c->at, drained_series(c),
	    &c->scan);
	for (size_t i = 0; i < c->scan->n_damaged; i++)
		note_damage(c, c->scan->damaged[i], "a record is damaged");
	return 0;
}

/* ---- steps ---- */

struct step {
	struct compaction *c;
	const struct chunk_changes *changes;	/* NULL: none */
	struct journal_state state;	/* as it will be */
};

static bool
same_state(const struct journal_state *a, const struct journal_state *b)
{
	return a->first == b->first && a->bucket_id == b->bucket_id &&
	    a->measurement_id == b->measurement_id && a->series == b->series;
}

static int
any_column(void *arg, const struct column *column)
{
	(void)column;
	*(bool *)arg = true;
	return 1;
}

static int
put_step(struct txn *txn, void *arg, struct err *err)
{
	const struct step *s = arg;
	struct compaction *c = s->c;
	struct journal_state now;
	bool there = false;

	if (journal_state_get(txn, &now, err) != 0)
		return -1;
	c->gone = !same_state(&now, &c->state) ||
	    now.first >= journal_number(journal_end(&c->store->env));
	if (c->gone)
		return 0;
	/* one that was dropped meanwhile is perhaps purged already */
	if (s->changes != NULL && column_each(txn, c->m.id, any_column, &there, err) != 0)
		return -1;
	if (there && chunk_changes_put(txn, c->m.bucket_id, c->m.id, s->changes, err) != 0)
		return -1;
	txn->journal_first = s->state.first;
	return journal_state_put(txn, &s->state, err);
}

/*
 * A second name for somebody to look at. It is given while the file is still needed, so that whoever
 * is killed meanwhile does not take the file away unseen. Where there are no second names, or no room
 * for one, the file gets another name in place of its own, once it is drained.
 */
static void
set_aside(struct compaction *c, uint32_t number, bool is_drained)
{
	const struct env *env = &c->store->env;
	char name[JOURNAL_NAME_BYTES], kept[JOURNAL_NAME_BYTES];
	int r;

	if (!c->damaged || c->aside || (c->tried && !is_drained))
		return;
	journal_name(name, number);
	journal_aside_name(kept, number);
	c->tried = true;
	r = is_drained ? renameat(env->home_fd, name, env->home_fd, kept)
	    : linkat(env->home_fd, name, env->home_fd, kept, 0);
	if (r == 0)
		r = fsync(env->home_fd);
	c->aside = r == 0 || errno == EEXIST || errno == ENOENT;
	if (r == 0)
		log_error("%s/%s is damaged: what can be read of it goes into chunks, and the file is kept as %s", env->home, name, kept);
	else if (!c->aside && is_drained)
		log_error("%s/%s is damaged and cannot be kept: %s", env->home, name, strerror(errno));
}

static int
commit_step(struct step *s, struct err *err)
{
	struct compaction *c = s->c;

	set_aside(c, c->state.first, false);
	if (store_txn(c->store, STORE_RELIEVE, c->step_arena, put_step, s, err) != 0)
		return -1;
	if (c->gone)
		c->done = true;
	else
		c->state = s->state;
	return 0;
}

/*
 * The rows of one series, from c->next_time on if it is the one that was begun.
 */
static int
gather(struct compaction *c, size_t index, struct merge_job *job, struct err *err)
{
	int64_t from = index == c->next ? c->next_time : INT64_MIN;
	uint64_t series = c->scan->spec.series[index];
	struct store_cursor *cursor = store_scan_cursor(c->scan, index);
	const struct store_block *block;
	struct rowset all;
	uint32_t first;
	int r;

	*job = (struct merge_job){ .spec = { c->store, &c->m, c->fields, c->n_fields, series, c->full,
		c->oldest, series > c->last_series && from == INT64_MIN } };
	rowset_init(&all, c->step_arena, c->fields, c->n_fields);
	rowset_init(&job->rows, c->step_arena, c->fields, c->n_fields);
	while ((r = store_cursor_next(cursor, &block, err)) == 0 && block != NULL)
		rowset_add_block(&all, block);
	first = rowset_seek(&all, from);
	if (first > 0)
		rowset_add(&job->rows, &all, first, all.n - first);
	else
		job->rows = all;
	store_cursor_close(cursor);
	return r;
}

/*
 * A chunk that cannot be read must not keep others' rows in the journal, nor may rows that meet it
 * be hidden from readers: those of its series go to the journal's end, and come by again. Once a
 * repair has dropped the chunk they find their way into chunks. They come to stand behind rows of the
 * same times that were written meanwhile, of which the older values are seen then.
 */
static int
put_back(struct compaction *c, const struct merge_job *job, struct err *err)
{
	struct err why = *err;

	log_error("%s: rows of series %llu of measurement %u go back to the journal until `weir check "
	    "--repair` has dropped a damaged chunk: %s", c->store->env.home,
	    (unsigned long long)job->spec.series, c->m.id, why.text);
	c->store->put_back_ns = clock_monotonic_ns();
	return journal_put_back(c->store, c->m.bucket_id, c->m.id, job->spec.series, &job->rows,
	    err);
}

/*
 * The rows of one series, or as many as are enough for a step; those that are done are merged again
 * when another process goes on with it, which changes nothing.
 */
static int
merge_one(struct compaction *c, const struct merge_job *job, struct chunk_changes *changes,
    bool *done, struct err *err)
{
	size_t before = changes->n;
	uint32_t n_done = 0;
	int r = merge_series(job, &n_done, changes, err);

	if (r != 0 && err->code == ERR_CORRUPT) {
		changes->n = before;
		r = put_back(c, job, err);
		n_done = job->rows.n;
	}
	*done = n_done == job->rows.n;
	c->next_time = r == 0 && !*done ? job->rows.times[n_done] : INT64_MIN;
	return r;
}

/*
 * Rows of the file that cannot be read after all.
 */
static void
pass_over(struct compaction *c, struct chunk_changes *changes, size_t n_before,
    const struct err *why)
{
	char text[ERR_TEXT_MAX + 64];

	snprintf(text, sizeof(text), "rows of series %llu are left out: %s",
	    (unsigned long long)c->scan->spec.series[c->next], why->text);
	note_damage(c, c->frames[c->at].position, text);
	changes->n = n_before;
	c->next_time = INT64_MIN;
}

/*
 * Is there time, and room for more changes?
 */
static bool
has_room(const struct chunk_changes *changes, int64_t until)
{
	return changes->bytes < STEP_BYTES && clock_monotonic_ns() < until;
}

/*
 * Some series at once, whose chunks are read together: as many of them as there is time for, and
 * one at least. *done: the last one that was begun is.
 */
static int
merge_group(struct compaction *c, const struct merge_job *jobs, size_t n, int64_t until,
    struct chunk_changes *changes, bool *done, struct err *err)
{
	for (size_t i = 0; i < n && *done && (i == 0 || has_room(changes, until)); i++) {
		size_t before = changes->n;

		if (merge_one(c, &jobs[i], changes, done, err) != 0) {
			if (err->code != ERR_CORRUPT)
				return -1;
			pass_over(c, changes, before, err);
			*done = true;
		}
		c->next += *done;
	}
	return 0;
}

static int
look_ahead(struct compaction *c, struct merge_job *jobs, size_t n, size_t *n_seen, struct err *err)
{
	if (merge_look_ahead(jobs, n, n_seen, c->step_arena, err) == 0)
		return 0;
	if (err->code != ERR_CORRUPT)
		return -1;
	for (size_t i = 0; i < n; i++)	/* each looks for itself, and one fails alone */
		jobs[i].seen = NULL;
	*n_seen = n;
	return 0;
}

/*
 * Some series whose rows are gathered together.
 */
static int
merge_some(struct compaction *c, int64_t until, struct chunk_changes *changes, bool *done,
    struct err *err)
{
	struct merge_job *jobs = arena_array(c->step_arena, struct merge_job, GROUP_SERIES);
	size_t first = c->next, n = 0, n_rows = 0, n_seen;

	for (; n < GROUP_SERIES && first + n < c->scan->spec.n_series && n_rows < GROUP_ROWS; n++) {
		if (gather(c, first + n, &jobs[n], err) != 0) {
			if (err->code != ERR_CORRUPT)
				return -1;
			break;
		}
		n_rows += jobs[n].rows.n;
	}
	*done = true;
	if (n == 0) {
		pass_over(c, changes, changes->n, err);
		c->next++;
		return 0;
	}
	for (size_t at = 0; at < n && *done && (at == 0 || has_room(changes, until));
	    at = c->next - first)
		if (look_ahead(c, jobs + at, n - at, &n_seen, err) != 0 ||
		    merge_group(c, jobs + at, n_seen, until, changes, done, err) != 0)
			return -1;
	return 0;
}

static int
merge_step(struct compaction *c, struct err *err)
{
	struct chunk_changes changes = { .arena = c->step_arena };
	struct step step = { .c = c, .changes = &changes, .state = c->state };
	int64_t until = clock_monotonic_ns() + STEP_NS;
	bool done = true;

	while (done && c->next < c->scan->spec.n_series && has_room(&changes, until))
		if (merge_some(c, until, &changes, &done, err) != 0)
			return -1;
	chunk_changes_sort(&changes);
	step.state.series = c->next == c->scan->spec.n_series ? UINT64_MAX :
	    c->next > 0 ? c->scan->spec.series[c->next - 1] : drained_series(c);
	step.state.bucket_id = c->m.bucket_id;
	step.state.measurement_id = c->m.id;
	if (commit_step(&step, err) != 0)
		return -1;
	if (c->state.series == UINT64_MAX) {
		store_scan_end(c->scan);
		c->scan = NULL;
		c->at = c->end;
	}
	return 0;
}

/*
 * The chunks, and the note that the file is not needed, are on disk before it goes.
 */
static int
finish_step(struct compaction *c, struct err *err)
{
	struct env *env = &c->store->env;
	uint32_t number = c->state.first;
	struct step step = { .c = c, .state = { .first = number + 1 } };

	if (commit_step(&step, err) != 0)
		return -1;
	if (c->gone)
		return 0;
	c->done = true;
	if (env_sync(env, SYNC_LOG, err) != 0)
		return -1;
	set_aside(c, number, true);
	journal_unlink_drained(env);
	return 0;
}

/* ---- from begin to end ---- */

static void
finish(struct compaction *c)
{
	if (c == NULL)
		return;
	store_scan_end(c->scan);
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	arena_free(c->arena);
	arena_free(c->measurement_arena);
	arena_free(c->step_arena);
	c->store->compaction = NULL;
	free(c);
}

int
compact_start(struct store *store, bool full, int lock_fd, struct err *err)
{
	struct compaction *c = memory_zalloc(sizeof(*c));

	assert(store->compaction == NULL);
	c->store = store;
	c->full = full;
	c->arena = arena_new(65536);
	c->measurement_arena = arena_new(16384);
	c->step_arena = arena_new(65536);
	c->lock_fd = lock_fd;
	store->compaction = c;
	if (read_file(c, err) == 0)
		return 0;
	finish(c);
	return -1;
}

int
compact_step(struct store *store, bool *done, struct err *err)
{
	struct compaction *c = store->compaction;
	int r = 0;

	arena_reset(c->step_arena);
	while (r == 0 && !c->done && c->scan == NULL && c->at < c->n_frames)
		r = begin_measurement(c, err);
	if (r == 0 && !c->done)
		r = c->scan != NULL ? merge_step(c, err) : finish_step(c, err);
	*done = r != 0 || c->done;
	if (*done)
		finish(c);
	return r;
}

void
compact_abandon(struct store *store)
{
	finish(store->compaction);
}

double
compact_done_part(const struct store *store)
{
	const struct compaction *c = store->compaction;
	double part = 0;

	if (c == NULL || c->n_frames == 0)
		return 0;
	if (c->scan != NULL && c->scan->spec.n_series > 0)
		part = (double)c->next / (double)c->scan->spec.n_series * (double)(c->end - c->at);
	return ((double)c->at + part) / (double)c->n_frames;
}
