/*
 * store/delete.c - rows taken away by series and time
 *
 * Under the right to compact: first all that the journal had when the call began goes into chunks,
 * then the chunks that the range touches are deleted or written again without its rows, in steps.
 * Rows that are written meanwhile stay in the journal and are not touched. Last, series without a
 * chunk and without a row in the journal leave the index, a tag key without series its measurement,
 * and a measurement without series its bucket.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "store/compact_priv.h"
#include "store/drop.h"
#include "store/register.h"
#include "store/tag_table.h"

#define STEP_BYTES (1u << 20)
#define GROUP_SERIES 64			/* cut at once, if they have no more to read than: */
#define GROUP_BYTES (256u << 10)

struct deletion {
	struct store	*store;
	const struct store_measurement *m;
	struct store_field *fields;	/* ascending by id: all that its chunks may have */
	uint32_t	*field_ids;
	uint32_t	 n_fields, cap_fields;
	int64_t		 from, to;
	const struct store_points *points;	/* NULL: all rows from `from` to `to` */
	const struct store_points *chosen;	/* those of the present series */
	bool		 (*wanted)(void *arg);	/* asked between steps of a range; NULL: never */
	void		*wanted_arg;
	struct arena	*arena;		/* of a step */
	struct arena	*fields_arena;
	uint64_t	 n_rows;
};

static int
by_id(const void *a, const void *b)
{
	const struct store_field *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int
add_field(void *arg, const struct column *column)
{
	struct deletion *d = arg;

	if (column->kind != COLUMN_FIELD)
		return 0;
	if (d->n_fields == d->cap_fields) {
		uint32_t cap = d->cap_fields == 0 ? 32 : d->cap_fields * 2;

		d->fields = arena_grow(d->fields_arena, d->fields, d->cap_fields, cap);
		d->cap_fields = cap;
	}
	d->fields[d->n_fields++] = (struct store_field){ column->name, column->id, column->type };
	return 0;
}

static int
fields_body(struct txn *txn, void *arg, struct err *err)
{
	struct deletion *d = arg;

	d->fields = NULL;
	d->n_fields = d->cap_fields = 0;
	return column_each(txn, d->m->id, add_field, d, err);
}

/*
 * Chunks are cut with all the fields they have, and the caller may have looked at the measurement
 * before some of these came. Under the right to compact none comes to a chunk any more.
 */
static int
load_fields(struct deletion *d, struct err *err)
{
	if (store_txn(d->store, STORE_READ, d->fields_arena, fields_body, d, err) != 0)
		return -1;
	if (d->n_fields > 0)
		qsort(d->fields, d->n_fields, sizeof(*d->fields), by_id);
	d->field_ids = arena_array(d->fields_arena, uint32_t, d->n_fields + 1);
	for (uint32_t i = 0; i < d->n_fields; i++)
		d->field_ids[i] = d->fields[i].id;
	return 0;
}

/* ---- chunks that the range touches ---- */

struct touched {
	struct deletion	*d;
	struct chunk_reading reading;
	struct chunk_batch batch;
};

static bool
is_cut(void *arg, const struct codec_chunk *head)
{
	const struct deletion *d = arg;

	return d->chosen != NULL || head->min_time < d->from || head->max_time > d->to;
}

static int
read_touched(struct txn *txn, void *arg, struct err *err)
{
	struct touched *t = arg;

	return chunk_read(txn, &t->reading, &t->batch, err);
}

/*
 * The first of some rising times that is not before t.
 */
static size_t
seek_time(const struct store_points *points, int64_t t)
{
	size_t low = 0, high = points->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (points->times[middle] < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * A chunk without the chosen rows; one that has none of them stays as it is.
 */
static int
cut_points(struct deletion *d, uint64_t series, const struct chunk_copy *chunk,
    struct chunk_changes *changes, struct err *err)
{
	const struct store_points *chosen = d->chosen;
	size_t at = seek_time(chosen, chunk->head.min_time);
	struct rowset rows, kept;
	uint32_t next = 0;

	if (merge_decode_chunk(chunk, d->fields, d->n_fields, d->arena, &rows, err) != 0)
		return -1;
	rowset_init(&kept, d->arena, d->fields, d->n_fields);
	for (; at < chosen->n && next < rows.n; at++) {
		uint32_t row = rowset_seek(&rows, chosen->times[at]);

		if (row == rows.n)
			break;
		if (rows.times[row] != chosen->times[at])
			continue;
		rowset_add(&kept, &rows, next, row - next);
		next = row + 1;
	}
	if (next == 0)
		return 0;
	rowset_add(&kept, &rows, next, rows.n - next);
	d->n_rows += rows.n - kept.n;
	chunk_changes_add(changes, series, chunk->head.min_time, SLICE(""));
	if (kept.n > 0)
		chunk_changes_add(changes, series, kept.times[0], rowset_encode(&kept, 0, kept.n));
	return 0;
}

static int
cut_chunk(struct deletion *d, uint64_t series, const struct chunk_copy *chunk,
    struct chunk_changes *changes, struct err *err)
{
	struct rowset rows;
	uint32_t first, end;

	if (d->chosen != NULL)
		return cut_points(d, series, chunk, changes, err);
	chunk_changes_add(changes, series, chunk->head.min_time, SLICE(""));
	if (!chunk->whole) {
		d->n_rows += chunk->head.n_rows;
		return 0;
	}
	if (merge_decode_chunk(chunk, d->fields, d->n_fields, d->arena, &rows, err) != 0)
		return -1;
	first = rowset_seek(&rows, d->from);
	end = d->to == INT64_MAX ? rows.n : rowset_seek(&rows, d->to + 1);
	d->n_rows += end - first;
	if (first > 0)
		chunk_changes_add(changes, series, rows.times[0], rowset_encode(&rows, 0, first));
	if (end < rows.n)
		chunk_changes_add(changes, series, rows.times[end],
		    rowset_encode(&rows, end, rows.n - end));
	return 0;
}

struct put_job {
	const struct deletion *d;
	const struct chunk_changes *changes;
};

static int
put_changes(struct txn *txn, void *arg, struct err *err)
{
	const struct put_job *job = arg;
	const struct store_measurement *m = job->d->m;
	uint32_t id;
	int found = measurement_find(txn, m->bucket_id, m->name, &id, err);

	if (found != 0 || id != m->id)
		return found < 0 ? -1 : 0;	/* dropped, and perhaps purged already */
	return chunk_changes_put(txn, m->bucket_id, m->id, job->changes, err);
}

static struct chunk_reading
reading_of(struct deletion *d, uint64_t series, int64_t from)
{
	return (struct chunk_reading){ { d->m->bucket_id, d->m->id, series }, from, d->to, false,
		d->field_ids, d->n_fields, STEP_BYTES, is_cut, d, NULL };
}

static int
cut_batch(struct touched *t, struct chunk_changes *changes, struct err *err)
{
	for (size_t i = 0; i < t->batch.n; i++)
		if (cut_chunk(t->d, t->reading.place.series, &t->batch.chunks[i], changes, err) != 0)
			return -1;
	return 0;
}

static int
put_step(struct deletion *d, struct chunk_changes *changes, struct err *err)
{
	struct put_job job = { d, changes };

	chunk_changes_sort(changes);
	if (changes->n > 0 && store_txn(d->store, STORE_RELIEVE, d->arena, put_changes, &job, err) != 0)
		return -1;
	store_maintain_log(d->store);
	return 0;
}

/*
 * From d->from on, or where a step left off.
 */
static int
delete_from_series(struct deletion *d, uint64_t series, int64_t from, struct err *err)
{
	struct touched t = { .d = d, .reading = reading_of(d, series, from) };

	do {
		struct chunk_changes changes = { .arena = d->arena };

		arena_reset(d->arena);
		if (store_txn(d->store, STORE_READ, d->arena, read_touched, &t, err) != 0 ||
		    cut_batch(&t, &changes, err) != 0 || put_step(d, &changes, err) != 0)
			return -1;
		t.reading.from = t.batch.next_min;
	} while (t.batch.more);
	return 0;
}

/*
 * Series with few chunks in the range, in one section for reading and one for writing.
 */
struct cut_group {
	struct deletion	*d;
	const uint64_t	*ids;
	size_t		 n_wanted, n;	/* of ids; those that were read */
	struct touched	 touched[GROUP_SERIES];
};

static int
read_group(struct txn *txn, void *arg, struct err *err)
{
	struct cut_group *g = arg;
	size_t bytes = 0;

	for (g->n = 0; g->n < g->n_wanted && bytes < GROUP_BYTES; g->n++) {
		struct touched *t = &g->touched[g->n];

		*t = (struct touched){ .d = g->d, .reading = reading_of(g->d, g->ids[g->n], g->d->from) };
		t->reading.most_bytes = GROUP_BYTES - bytes;
		if (chunk_read(txn, &t->reading, &t->batch, err) != 0)
			return -1;
		bytes += t->batch.n_bytes;
	}
	return 0;
}

/*
 * Where one has more, as the last one may, it is gone on with alone.
 */
static int
delete_from_group(struct cut_group *g, struct err *err)
{
	struct chunk_changes changes = { .arena = g->d->arena };

	arena_reset(g->d->arena);
	if (store_txn(g->d->store, STORE_READ, g->d->arena, read_group, g, err) != 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if (cut_batch(&g->touched[i], &changes, err) != 0)
			return -1;
	if (put_step(g->d, &changes, err) != 0)
		return -1;
	for (size_t i = 0; i < g->n; i++)
		if (g->touched[i].batch.more && delete_from_series(g->d, g->ids[i],
		    g->touched[i].batch.next_min, err) != 0)
			return -1;
	return 0;
}

/*
 * Of the first *n series, which become fewer when it stops early.
 */
static int
delete_range(struct deletion *d, const uint64_t *ids, size_t *n, struct err *err)
{
	struct cut_group g = { .d = d };
	size_t at = 0;

	for (; at < *n && (at == 0 || d->wanted == NULL || !d->wanted(d->wanted_arg)); at += g.n) {
		g.ids = ids + at;
		g.n_wanted = *n - at < GROUP_SERIES ? *n - at : GROUP_SERIES;
		if (delete_from_group(&g, err) != 0)
			return -1;
	}
	*n = at;
	return 0;
}

static int
delete_chosen(struct deletion *d, const uint64_t *ids, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		d->chosen = &d->points[i];
		d->from = d->chosen->times[0];
		d->to = d->chosen->times[d->chosen->n - 1];
		if (delete_from_series(d, ids[i], d->from, err) != 0)
			return -1;
	}
	d->chosen = NULL;
	return 0;
}

/* ---- what is empty then ---- */

static int
any_series(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	(void)txn;
	(void)key;
	(void)value;
	(void)err;
	*(bool *)arg = true;
	return 1;
}

/*
 * Tag keys that no series has any more go, as in a measurement that never had them.
 */
static int
drop_empty_tags(struct txn *txn, const struct deletion *d, bool *dropped, struct err *err)
{
	for (size_t i = 0; i < d->m->n_tags; i++) {
		const struct store_tag_key *tag = &d->m->tags[i];
		struct column column;
		int found = column_find(txn, d->m->id, tag->name, &column, err);
		bool used;

		if (found < 0 || tag_key_is_used(txn, d->m->id, tag->id, &used, err) != 0)
			return -1;
		if (used || found > 0 || column.id != tag->id)
			continue;
		if (column_drop(txn, d->m->id, tag->name, err) != 0)
			return -1;
		*dropped = true;
	}
	return 0;
}

/*
 * Whoever is about to add a series by what was known of the measurement is told by the generation
 * to look again.
 */
static int
drop_what_is_empty(struct txn *txn, void *arg, struct err *err)
{
	const struct deletion *d = arg;
	struct key prefix = series_prefix(txn->arena, d->m->id);
	bool any = false, dropped = false;
	uint32_t id;

	if (txn_each(txn, DB_SERIES, key_slice(&prefix), any_series, &any, err) != 0)
		return -1;
	if (measurement_find(txn, d->m->bucket_id, d->m->name, &id, err) != 0 || id != d->m->id)
		return 0;
	if (any) {
		if (drop_empty_tags(txn, d, &dropped, err) != 0)
			return -1;
	} else {
		if (measurement_forget(txn, d->m->bucket_id, d->m->name, id, err) != 0)
			return -1;
		dropped = true;
	}
	txn->schema_changed = dropped;
	return 0;
}

/* ---- the door ---- */

static int
run(struct deletion *d, const uint64_t *ids, size_t n, struct err *err)
{
	if (compact_now(d->store, err) != 0 ||
	    load_fields(d, err) != 0)
		return -1;
	if ((d->points != NULL ? delete_chosen(d, ids, n, err) : delete_range(d, ids, &n, err)) != 0)
		return -1;
	if (drop_empty_series(d->store, d->m, ids, n, d->arena, err) != 0)
		return -1;
	arena_reset(d->arena);
	store_give_way(d->store);
	if (store_txn(d->store, STORE_RELIEVE, d->arena, drop_what_is_empty, d, err) != 0)
		return -1;
	return drop_purge(d->store, d->wanted, d->wanted_arg, err);
}

static int
run_locked(struct deletion *d, const uint64_t *ids, size_t n, uint64_t *n_rows, struct err *err)
{
	int r;

	d->arena = arena_new(65536);
	d->fields_arena = arena_new(4096);
	r = run(d, ids, n, err);
	arena_free(d->arena);
	arena_free(d->fields_arena);
	*n_rows = d->n_rows;
	return r;
}

int
delete_rows_locked(struct store *store, const struct store_measurement *m, const uint64_t *ids,
    size_t n, int64_t from, int64_t to, bool (*wanted)(void *arg), void *arg, struct err *err)
{
	struct deletion d = { .store = store, .m = m, .from = from, .to = to, .wanted = wanted,
		.wanted_arg = arg };
	uint64_t n_rows;

	return run_locked(&d, ids, n, &n_rows, err);
}

int
store_delete_points(struct store *store, const struct store_measurement *m,
    const struct store_points *points, size_t n, uint64_t *n_rows, struct err *err)
{
	struct deletion d = { .store = store, .m = m, .points = points };
	uint64_t *ids;
	int lock_fd, r;

	*n_rows = 0;
	if (n == 0)
		return 0;
	if (compact_lock(store, &lock_fd, err) != 0)
		return -1;
	ids = memory_array(n, sizeof(*ids));
	for (size_t i = 0; i < n; i++)
		ids[i] = points[i].series;
	r = run_locked(&d, ids, n, n_rows, err);
	free(ids);
	compact_unlock(store, lock_fd);
	return r;
}

int
store_delete_rows(struct store *store, const struct store_measurement *m, const uint64_t *ids,
    size_t n, int64_t from, int64_t to, uint64_t *n_rows, struct err *err)
{
	struct deletion d = { .store = store, .m = m, .from = from, .to = to };
	int lock_fd, r;

	*n_rows = 0;
	if (n == 0 || from > to)
		return 0;
	if (compact_lock(store, &lock_fd, err) != 0)
		return -1;
	r = run_locked(&d, ids, n, n_rows, err);
	compact_unlock(store, lock_fd);
	return r;
}

int
store_drop_series(struct store *store, const struct store_measurement *m, const uint64_t *ids,
    size_t n, struct err *err)
{
	uint64_t n_rows;

	return store_delete_rows(store, m, ids, n, INT64_MIN, INT64_MAX, &n_rows, err);
}
