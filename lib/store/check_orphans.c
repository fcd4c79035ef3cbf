/*
 * store/check_orphans.c - rows of buckets, measurements and series whose records are gone
 *
 * A repair drops no row because a name is lost. Keys of chunks, and frames of the journal after
 * pages were lost, say of which bucket, measurement and series there are rows; what of these the
 * catalogue and the index do not have is made again, under names that say so.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "store/check.h"
#include "store/chunk_table.h"
#include "store/drop.h"
#include "store/reindex.h"
#include "store/series_count.h"

#define SECTION_SERIES 1024

struct owners {			/* of rows, on the heap */
	struct chunk_place *list;
	size_t		 n, cap;
};

void
check_note_id(struct check_ids *ids, uint32_t id)
{
	if (ids->n > 0 && ids->list[ids->n - 1] == id)
		return;
	if (ids->n == ids->cap) {
		ids->cap = ids->cap == 0 ? 64 : ids->cap * 2;
		ids->list = memory_grow(ids->list, ids->cap, sizeof(*ids->list));
	}
	ids->list[ids->n++] = id;
}

bool
check_has_id(const struct check_ids *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->list[i] == id)
			return true;
	return false;
}

static void
note_owner(struct owners *o, const struct chunk_place *place)
{
	if (o->n == o->cap) {
		o->cap = o->cap == 0 ? 1024 : o->cap * 2;
		o->list = memory_grow(o->list, o->cap, sizeof(*o->list));
	}
	o->list[o->n++] = *place;
}

/* ---- who has rows ---- */

struct hop {			/* from series to series over the chunks */
	struct chunk_place *list;	/* in the arena */
	size_t		 n;
	struct chunk_place next;	/* where to go on */
	bool		 more;
};

static int
hop_body(struct txn *txn, void *arg, struct err *err)
{
	struct hop *hop = arg;
	struct chunk_place at = hop->next;
	struct txn_cursor *cursor;
	bool found = true;
	int r = 0;

	hop->n = 0;
	hop->list = arena_array(txn->arena, struct chunk_place, SECTION_SERIES);
	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	while (r == 0 && found && hop->n < SECTION_SERIES) {
		struct key key = chunk_key(txn->arena, &at, INT64_MIN);
		struct slice there;
		int64_t first;

		if ((r = txn_cursor_from(cursor, key_slice(&key), SLICE(""), &found, err)) != 0 || !found ||
		    (r = txn_cursor_key(cursor, &there, err)) != 0)
			break;
		if (chunk_key_parse(there, &at, &first) != 0) {
			found = false;	/* told when chunks are read */
			break;
		}
		hop->list[hop->n++] = at;
		at.series++;
	}
	txn_cursor_close(cursor);
	hop->more = found;
	hop->next = at;
	return r;
}

static int
owners_of_chunks(struct check *c, struct owners *o, struct err *err)
{
	struct hop hop = { .more = true };

	while (hop.more) {
		struct chunk_place from = hop.next;

		arena_reset(c->step);
		if (store_txn(c->store, STORE_READ, c->step, hop_body, &hop, err) != 0)
			return -1;
		for (size_t i = 0; i < hop.n; i++)
			note_owner(o, &hop.list[i]);
		if (hop.more && hop.next.bucket_id == from.bucket_id &&
		    hop.next.measurement_id == from.measurement_id && hop.next.series == from.series)
			break;
	}
	return 0;
}

struct frames_job {
	struct check	*c;
	struct owners	*o;
};

static int
owners_of_frame(void *arg, const struct journal_frame *frame, struct err *err)
{
	struct frames_job *job = arg;
	struct chunk_place place = { frame->bucket_id, frame->measurement_id, 0 };
	struct codec_batch batch;
	struct err why;

	(void)err;
	arena_reset(job->c->step);
	if (frame->kind != JOURNAL_RECORD ||
	    codec_batch_open(frame->record, job->c->step, &batch, &why) != 0)
		return 0;
	for (uint32_t i = 0; i < batch.n_series; i++) {
		place.series = codec_frame_get(&batch.series, i);
		note_owner(job->o, &place);
	}
	return 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct chunk_place *x = a, *y = b;

	if (x->bucket_id != y->bucket_id)
		return x->bucket_id < y->bucket_id ? -1 : 1;
	if (x->measurement_id != y->measurement_id)
		return x->measurement_id < y->measurement_id ? -1 : 1;
	return (x->series > y->series) - (x->series < y->series);
}

static int
find_owners(struct check *c, struct owners *o, struct err *err)
{
	struct frames_job job = { c, o };
	size_t kept = 0;
	int r = owners_of_chunks(c, o, err);

	/* of a measurement that is well, frames may have series that are deleted */
	while (r == 0 && c->remade && (r = journal_each(&c->store->env, 0, journal_end(&c->store->env),
	    owners_of_frame, &job, err)) > 0)
		r = 0;
	if (o->n > 0)
		qsort(o->list, o->n, sizeof(*o->list), by_place);
	for (size_t i = 0; i < o->n; i++)
		if (kept == 0 || by_place(&o->list[i], &o->list[kept - 1]) != 0)
			o->list[kept++] = o->list[i];
	o->n = kept;
	return r;
}

/* ---- buckets and measurements ---- */

struct name_job {
	struct chunk_place place;
	bool		 garbage, made;
};

static int
name_body(struct txn *txn, void *arg, struct err *err)
{
	struct name_job *job = arg;
	const struct chunk_place *p = &job->place;
	struct store_bucket bucket;
	struct slice name;

	job->made = false;
	if (drop_is_garbage(txn, p->bucket_id, p->measurement_id, &job->garbage, err) != 0)
		return -1;
	if (job->garbage)
		return 0;
	if (store_bucket_get(txn, p->bucket_id, &bucket, err) != 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		name = arena_printf(txn->arena, "recovered-%016llx", (unsigned long long)p->bucket_id);
		if (bucket_restore(txn, p->bucket_id, name, err) != 0)
			return -1;
	}
	name = arena_printf(txn->arena, "recovered-%u", p->measurement_id);
	job->made = txn->schema_changed = true;
	return measurement_put(txn, p->bucket_id, name, p->measurement_id, err);
}

static int
name_measurement(struct check *c, const struct chunk_place *place, struct err *err)
{
	struct name_job job = { .place = *place };
	const struct check_measurement *of;

	arena_reset(c->step);
	if (store_txn(c->store, STORE_RELIEVE, c->step, name_body, &job, err) != 0)
		return -1;
	if (!job.made)
		return 0;
	if (check_schema(c, err) != 0)
		return -1;
	of = check_measurement_of(c, place->measurement_id);
	check_found(c, &(struct store_damage){ .where = "catalogue", .from = 1,
	    .bucket = of == NULL ? SLICE("") : of->bucket,
	    .measurement = of == NULL ? SLICE("") : of->m->name,
	    .what = "the name of a measurement that has rows is lost: it has another now" });
	return 0;
}

/* ---- series ---- */

static size_t
count_missing(const struct chunk_place *list, size_t n, const struct store_series_list *known)
{
	size_t missing = 0, k = 0;

	for (size_t i = 0; i < n; i++) {
		while (k < known->n && known->ids[k] < list[i].series)
			k++;
		missing += k == known->n || known->ids[k] != list[i].series;
	}
	return missing;
}

static void
tell_series(struct check *c, const struct check_measurement *of, const struct reindex *job)
{
	struct store_damage damage = { .where = "index", .bucket = of->bucket,
		.measurement = of->m->name, .from = 1 };
	struct slice text;

	if (job->n_recovered > 0) {
		text = arena_printf(c->step, "the records of %llu series were lost; the lists of their tags "
		    "had all that is needed", (unsigned long long)job->n_recovered);
		damage.what = text.p;
		check_found(c, &damage);
		damage.dropped = false;
	}
	if (job->nameless_tag != 0) {
		text = arena_printf(c->step, "the name of a tag is lost: it is \"recovered-%u\" now",
		    job->nameless_tag);
		damage.what = text.p;
		damage.dropped = true;
		check_found(c, &damage);
	}
	if (job->n_nameless > 0) {
		text = arena_printf(c->step, "tags of %llu series are lost: their rows are there, and have the "
		    "tag \"recovered\"", (unsigned long long)job->n_nameless);
		damage.what = text.p;
		damage.dropped = true;
		check_found(c, &damage);
	}
}

static int
mend_series(struct check *c, const struct check_measurement *of, const struct chunk_place *list,
    size_t n, struct err *err)
{
	struct arena *arena = arena_new(65536);
	struct store_series_list known = { 0 };
	uint64_t *ids = arena_array(arena, uint64_t, n + 1);
	struct reindex job = { .store = c->store, .m = of->m, .rows_of = ids, .n_rows_of = n,
		.lists_whole = !c->lists_lost };
	bool ill = c->remade || check_has_id(&c->ill, of->m->id);
	struct err why;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		ids[i] = list[i].series;
	if (!ill && store_series_all(c->store, of->m, arena, &known, &why) == 0)
		ill = count_missing(list, n, &known) > 0;
	if (ill) {
		r = reindex(&job, err);
		arena_reset(c->step);
		if (r == 0)
			tell_series(c, of, &job);
	}
	arena_free(arena);
	return r;
}

/* ---- fields ---- */

struct field_job {
	uint32_t	 measurement_id;
	struct column	 column;
};

static int
field_body(struct txn *txn, void *arg, struct err *err)
{
	const struct field_job *job = arg;

	txn->schema_changed = true;
	return column_put(txn, job->measurement_id, &job->column, err);
}

int
check_field(struct check *c, const struct check_measurement *of, uint32_t id,
    enum value_type type, struct err *err)
{
	struct field_job job = { of->m->id, { .id = id, .kind = COLUMN_FIELD, .type = type } };
	struct store_damage damage = { .where = "catalogue", .bucket = of->bucket,
		.measurement = of->m->name, .from = 1, .what = "a field that rows have has no name" };
	struct slice text;

	if (id > c->last_column)
		c->last_column = id;
	for (size_t i = 0; i < of->m->n_fields; i++)
		if (of->m->fields[i].id == id)
			return 0;
	if (check_has_id(&c->nameless_fields, id))
		return 0;
	check_note_id(&c->nameless_fields, id);
	if (c->spec->repair) {
		job.column.name = arena_printf(c->step, "recovered-%u", id);
		text = arena_printf(c->step, "the name of a field is lost: it is \"recovered-%u\" now", id);
		if (store_txn(c->store, STORE_RELIEVE, c->step, field_body, &job, err) != 0)
			return -1;
		damage.what = text.p;
		c->schema_is_stale = damage.dropped = true;
	}
	check_found(c, &damage);
	return 0;
}

/* ---- numbers that are given ---- */

static int
numbers_body(struct txn *txn, void *arg, struct err *err)
{
	struct check *c = arg;
	struct journal_state state;
	struct err why;

	if (counter_raise(txn, COUNTER_MEASUREMENT, c->last_measurement, err) != 0 ||
	    counter_raise(txn, COUNTER_COLUMN, c->last_column, err) != 0)
		return -1;
	if (format_check(txn, &why) != 0 && format_restore(txn, err) != 0)
		return -1;
	if (journal_state_get(txn, &state, &why) == 0 &&
	    state.first >= atomic_load(&c->store->env.mark->journal_first))
		return 0;
	state = (struct journal_state){ .first =
	    (uint32_t)atomic_load(&c->store->env.mark->journal_first) };
	return journal_state_put(txn, &state, err);
}

/* ---- all of it ---- */

int
check_orphans(struct check *c, struct err *err)
{
	struct check_ids with_rows = { 0 };
	struct owners o = { 0 };
	int r;

	if (!c->spec->repair)
		return 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].m->id > c->last_measurement)
			c->last_measurement = c->list[i].m->id;
	r = find_owners(c, &o, err);
	for (size_t i = 0, n; i < o.n && r == 0; i += n) {
		const struct chunk_place *p = &o.list[i];
		const struct check_measurement *of;

		for (n = 0; i + n < o.n && p[n].bucket_id == p->bucket_id &&
		    p[n].measurement_id == p->measurement_id; n++)
			continue;
		if (p->measurement_id > c->last_measurement)
			c->last_measurement = p->measurement_id;
		check_note_id(&with_rows, p->measurement_id);
		if (check_measurement_of(c, p->measurement_id) == NULL)
			r = name_measurement(c, p, err);
		of = check_measurement_of(c, p->measurement_id);
		if (r == 0 && of != NULL && of->m->bucket_id == p->bucket_id)
			r = mend_series(c, of, p, n, err);
	}
	for (size_t i = 0; i < c->n && r == 0; i++)	/* those without rows */
		if (!check_has_id(&with_rows, c->list[i].m->id))
			r = mend_series(c, &c->list[i], NULL, 0, err);
	free(with_rows.list);
	free(o.list);
	arena_reset(c->step);
	if (r == 0)
		r = store_txn(c->store, STORE_RELIEVE, c->step, numbers_body, c, err);
	return r == 0 ? check_schema(c, err) : r;
}
