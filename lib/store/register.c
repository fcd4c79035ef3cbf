/*
 * store/register.c - measurements and columns that a batch brings for the first time
 *
 * Names are sought first in what the process remembers, then in the catalogue, and made if they
 * are nowhere. Of a name that comes as two things in one batch (a tag and a field, or a field of
 * two types) the first row decides. What is made is remembered only once it is committed.
 */
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "store/register.h"
#include "store/series_count.h"

static uint64_t
generation_now(const struct store *store)
{
	return atomic_load(&store->env.mark->schema_generation);
}

bool
register_is_stale(const struct store *store)
{
	return generation_now(store) != store->schema.generation;
}

/*
 * Whatever is taken away, of any bucket, makes all writers look at their names again before they
 * write; where it goes on without pause one might never come to that.
 */
#define GIVE_WAY_NS INT64_C(1000000000)
#define WANTED_NS (GIVE_WAY_NS / 2)	/* a try that takes longer is of one that was killed */

int64_t
register_want_names(struct store *store)
{
	int64_t now = clock_monotonic_ns();

	atomic_store(&store->env.mark->names_wanted_ns, now);
	return now;
}

void
register_had_names(struct store *store, int64_t since)
{
	atomic_compare_exchange_strong(&store->env.mark->names_wanted_ns, &since, 0);
}

void
store_give_way(const struct store *store)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };
	int64_t now = clock_monotonic_ns(), until = now + GIVE_WAY_NS, since;

	while ((since = atomic_load(&store->env.mark->names_wanted_ns)) != 0 && now >= since &&
	    now - since < WANTED_NS && now < until) {
		nanosleep(&pause, NULL);
		now = clock_monotonic_ns();
	}
}

/* ---- the bucket ---- */

struct bucket_job {
	uint64_t	 id, generation, n_measurements;
	struct store_bucket bucket;
};

static int
read_bucket(struct txn *txn, void *arg, struct err *err)
{
	struct bucket_job *job = arg;

	job->generation = generation_now(txn->store);
	if (store_bucket_get(txn, job->id, &job->bucket, err) != 0)
		return -1;
	if (txn->store->env.options.max_measurements == 0)
		return 0;
	return measurement_count(txn, job->id, &job->n_measurements, err);
}

int
register_bucket(struct store *store, uint64_t bucket_id, struct schema_bucket **bucket,
    struct err *err)
{
	struct schema *schema = &store->schema;
	struct bucket_job job = { .id = bucket_id };

	if ((*bucket = schema_bucket_known(schema, bucket_id)) != NULL)
		return 0;
	if (store_txn(store, STORE_READ, store->scratch, read_bucket, &job, err) != 0)
		return -1;
	if (schema->generation != job.generation)
		schema_forget(schema);
	schema->generation = job.generation;
	*bucket = schema_add_bucket(schema, bucket_id, job.bucket.retention_ns, job.n_measurements);
	return 0;
}

/* ---- columns ---- */

struct candidate {		/* a name that this process does not know */
	struct column	 column;
	uint32_t	 first_row;
	bool		 there;		/* found or made; else a limit forbids it */
};

struct column_job {
	struct schema_bucket *bucket;
	struct slice	 name;			/* of the measurement */
	uint32_t	 measurement_id;	/* 0 = not known yet; then found or made */
	bool		 made, forbidden;	/* the measurement */
	bool		 full;			/* ... for the bucket's series are too many */
	struct candidate *candidates;
	size_t		 n, cap;
	size_t		 n_known;		/* columns that the process knows */
	struct column	*loaded;		/* all that the catalogue has */
	size_t		 n_loaded, cap_loaded;
	struct arena	*arena;
	bool		 stale;
};

static void
add_candidate(struct column_job *job, struct slice name, enum column_kind kind,
    enum value_type type, uint32_t first_row)
{
	if (job->n == job->cap) {
		size_t cap = job->cap == 0 ? 32 : job->cap * 2;

		job->candidates = arena_grow(job->arena, job->candidates, job->cap, cap);
		job->cap = cap;
	}
	job->candidates[job->n++] = (struct candidate){
		{ name, 0, kind, type }, first_row, false
	};
}

static int
by_name_then_row(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = slice_cmp(x->column.name, y->column.name);

	if (order != 0)
		return order;
	if (x->first_row != y->first_row)
		return x->first_row < y->first_row ? -1 : 1;
	return (int)x->column.kind - (int)y->column.kind;
}

static int
by_row(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->first_row != y->first_row)
		return x->first_row < y->first_row ? -1 : 1;
	return slice_cmp(x->column.name, y->column.name);
}

/*
 * One candidate a name, the first to come; then in order of their first rows.
 */
static void
settle_candidates(struct column_job *job)
{
	size_t kept = 0;

	if (job->n == 0)
		return;
	qsort(job->candidates, job->n, sizeof(*job->candidates), by_name_then_row);
	for (size_t i = 0; i < job->n; i++)
		if (kept == 0 || !slice_eq(job->candidates[kept - 1].column.name,
		    job->candidates[i].column.name))
			job->candidates[kept++] = job->candidates[i];
	job->n = kept;
	qsort(job->candidates, job->n, sizeof(*job->candidates), by_row);
}

static bool
first_live_row(const struct append_table *table, const struct batch_column *column, uint32_t *row)
{
	for (*row = column->first_row; *row < table->rows->n_rows; ++*row)
		if (batch_has(column, *row) && !bit_get(table->dead, *row))
			return true;
	return false;
}

static void
field_candidates(struct column_job *job, const struct append_table *table)
{
	for (uint32_t i = 0; i < table->rows->n_columns; i++) {
		const struct batch_column *c = &table->rows->columns[i];
		uint32_t row;

		if ((table->m == NULL || schema_column_known(table->m, c->name) == NULL) &&
		    first_live_row(table, c, &row))
			add_candidate(job, c->name, COLUMN_FIELD, c->type, row);
	}
}

static int
tag_candidates(struct column_job *job, const struct append_table *table, uint64_t generation,
    struct err *err)
{
	const struct batch_table *rows = table->rows;
	uint32_t *first = arena_array(job->arena, uint32_t, rows->n_refs + 1);

	for (uint32_t k = 0; k < rows->n_refs; k++)
		first[k] = UINT32_MAX;
	for (uint32_t row = rows->n_rows; row-- > 0;)
		if (!bit_get(table->dead, row))
			first[rows->series[row]] = row;
	for (uint32_t k = 0; k < rows->n_refs; k++) {
		struct tag *tags;
		int n;

		if (first[k] == UINT32_MAX || register_is_known(rows->refs[k], generation))
			continue;
		if ((n = tag_set_decode(rows->refs[k]->tags, job->arena, &tags)) < 0)
			return err_set(err, ERR_INTERNAL, "a series has no readable tags");
		for (int i = 0; i < n; i++)
			if (table->m == NULL || schema_column_known(table->m, tags[i].key) == NULL)
				add_candidate(job, tags[i].key, COLUMN_TAG, VALUE_NULL, first[k]);
	}
	return 0;
}

static int
load_column(void *arg, const struct column *column)
{
	struct column_job *job = arg;

	if (job->n_loaded == job->cap_loaded) {
		size_t cap = job->cap_loaded == 0 ? 32 : job->cap_loaded * 2;

		job->loaded = arena_grow(job->arena, job->loaded, job->cap_loaded, cap);
		job->cap_loaded = cap;
	}
	job->loaded[job->n_loaded++] = *column;
	return 0;
}

static int
find_measurement(struct txn *txn, struct column_job *job, struct err *err)
{
	uint64_t most = txn->store->env.options.max_measurements, room;
	int found;

	if (job->measurement_id != 0)
		return 0;
	found = measurement_find(txn, job->bucket->id, job->name, &job->measurement_id, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return column_each(txn, job->measurement_id, load_column, job, err);
	if (most != 0 && job->bucket->n_measurements >= most) {
		job->forbidden = true;
		return 0;
	}
	if (series_count_room(txn, job->bucket->id, &room, err) != 0)
		return -1;
	if (room == 0) {		/* it would have no series */
		job->forbidden = job->full = true;
		return 0;
	}
	job->made = true;
	return measurement_create(txn, job->bucket->id, job->name, &job->measurement_id, err);
}

static int
find_columns(struct txn *txn, struct column_job *job, struct err *err)
{
	size_t n_columns = (job->n_known > job->n_loaded ? job->n_known : job->n_loaded) + 1;

	for (size_t i = 0; i < job->n; i++) {
		struct candidate *c = &job->candidates[i];
		struct column there;
		int found = column_find(txn, job->measurement_id, c->column.name, &there, err);

		if (found < 0)
			return -1;
		c->there = true;
		if (found == 0) {
			c->column = there;
		} else if (n_columns++ < txn->store->env.options.max_columns) {
			if (column_create(txn, job->measurement_id, &c->column, err) != 0)
				return -1;
		} else {
			c->there = false;
		}
	}
	return 0;
}

static int
column_body(struct txn *txn, void *arg, struct err *err)
{
	struct column_job *shared = arg, job = *shared;

	/* the job may be run again: work on a copy, and hand it back whole */
	job.candidates = arena_array(txn->arena, struct candidate, job.n + 1);
	if (job.n > 0)
		memcpy(job.candidates, shared->candidates, job.n * sizeof(*job.candidates));
	job.stale = register_is_stale(txn->store);
	if (!job.stale && (find_measurement(txn, &job, err) != 0 ||
	    (!job.forbidden && find_columns(txn, &job, err) != 0)))
		return -1;
	*shared = job;
	return 0;
}

static void
remember_columns(struct store *store, struct column_job *job, struct append_table *table)
{
	table->full = job->full;
	if (job->forbidden)
		return;
	if (table->m == NULL) {
		table->m = schema_add_measurement(&store->schema, job->bucket, job->name,
		    job->measurement_id);
		job->bucket->n_measurements += job->made;
	}
	for (size_t i = 0; i < job->n_loaded; i++)
		schema_add_column(&store->schema, table->m, &job->loaded[i]);
	for (size_t i = 0; i < job->n; i++)
		if (job->candidates[i].there)
			schema_add_column(&store->schema, table->m, &job->candidates[i].column);
}

int
register_columns(struct store *store, struct schema_bucket *bucket, struct append_table *table,
    bool *stale, struct err *err)
{
	struct column_job job = { .bucket = bucket, .name = table->rows->name,
		.arena = store->scratch };

	*stale = false;
	table->m = schema_measurement_known(bucket, table->rows->name);
	if (table->m != NULL) {
		job.measurement_id = table->m->id;
		job.n_known = table->m->n;
	}
	field_candidates(&job, table);
	if (tag_candidates(&job, table, store->schema.generation, err) != 0)
		return -1;
	if (job.n == 0 && table->m != NULL)
		return 0;
	if (table->n_live == 0)
		return 0;
	settle_candidates(&job);
	if (store_txn(store, STORE_WRITE, store->scratch, column_body, &job, err) != 0)
		return -1;
	if (!(*stale = job.stale))
		remember_columns(store, &job, table);
	return 0;
}
