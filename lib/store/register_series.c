/*
 * store/register_series.c - series that a batch brings for the first time
 *
 * In steps of STEP_SERIES, a transaction each, so that a batch of thousands of new series does not
 * hold the store for long. New ids rise and the additions to the tag index are sorted, so that
 * most of them go to the ends of pages that were just touched.
 */
#include <stdlib.h>

#include "store/register.h"

#define STEP_SERIES 512

struct new_series {
	struct series_ref *ref;
	struct slice	*values;	/* [n] texts, and tags[i].key; tags[i].value is sought */
	struct series_tag *tags;
	size_t		 n;
	uint64_t	 id;
};

struct posting {
	uint32_t	 key;
	uint64_t	 value, series;
};

struct series_job {
	uint32_t	 measurement_id;
	struct new_series *series;
	size_t		 n;
	bool		 stale;
};

struct series_step {		/* of one run of the body */
	uint64_t	 next_series, n_series;
	uint64_t	 next_value, n_values;
	struct posting	*postings;
	size_t		 n, cap;
	struct table	 values;	/* found or made in this step: be32 key, value -> id */
};

/*
 * The id of a tag value: remembered, found, or new (then no series has it yet).
 */
static int
value_id(struct txn *txn, struct series_step *step, uint32_t measurement_id, uint32_t key,
    struct slice value, uint64_t *id, bool *made, struct err *err)
{
	struct key name = key_empty(txn->arena);
	struct table_entry *e;
	int found;

	*made = false;
	if (schema_value_known(&txn->store->schema, measurement_id, key, value, id))
		return 0;
	key_u32(&name, key);
	key_text(&name, value);
	e = table_put(&step->values, key_slice(&name), NULL);
	if (e->value != 0) {
		*id = e->value;
		return 0;
	}
	found = tag_value_find(txn, measurement_id, key, value, id, err);
	if (found > 0) {
		*made = true;
		*id = step->next_value + step->n_values++;
		if (tag_value_add(txn, measurement_id, key, value, *id, err) != 0)
			return -1;
	}
	e->value = *id;
	return found < 0 ? -1 : 0;
}

static void
add_postings(struct txn *txn, struct series_step *step, const struct new_series *s)
{
	if (step->n + s->n > step->cap) {
		size_t cap = (step->cap + s->n) * 2;

		step->postings = arena_grow(txn->arena, step->postings, step->cap, cap);
		step->cap = cap;
	}
	for (size_t i = 0; i < s->n; i++)
		step->postings[step->n++] =
		    (struct posting){ s->tags[i].key, s->tags[i].value, s->id };
}

static int
find_or_add(struct txn *txn, struct series_step *step, uint32_t measurement_id,
    struct new_series *s, struct err *err)
{
	bool made, any_made = false;
	int found = 1;

	for (size_t i = 0; i < s->n; i++) {
		if (value_id(txn, step, measurement_id, s->tags[i].key, s->values[i],
		    &s->tags[i].value, &made, err) != 0)
			return -1;
		any_made = any_made || made;
	}
	if (!any_made)
		found = series_find(txn, measurement_id, s->ref->hash, s->tags, s->n, &s->id, err);
	if (found <= 0)
		return found;
	s->id = step->next_series + step->n_series++;
	add_postings(txn, step, s);
	return series_add(txn, measurement_id, s->ref->hash, s->tags, s->n, s->id, err);
}

static int
by_value(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->series > y->series) - (x->series < y->series);
}

static int
put_postings(struct txn *txn, struct series_step *step, uint32_t measurement_id, struct err *err)
{
	uint64_t *ids = arena_array(txn->arena, uint64_t, step->n + 1);

	if (step->n == 0)
		return 0;
	qsort(step->postings, step->n, sizeof(*step->postings), by_value);
	for (size_t i = 0, n; i < step->n; i += n) {
		const struct posting *p = &step->postings[i];

		for (n = 0; i + n < step->n && p[n].key == p->key && p[n].value == p->value; n++)
			ids[n] = p[n].series;
		if (posting_append(txn, measurement_id, p->key, p->value, ids, n, err) != 0)
			return -1;
	}
	return 0;
}

static int
run_step(struct txn *txn, struct series_job *job, struct series_step *step, struct err *err)
{
	uint64_t first;

	if (counter_get(txn, COUNTER_SERIES, &step->next_series, err) != 0 ||
	    counter_get(txn, COUNTER_TAG_VALUE, &step->next_value, err) != 0)
		return -1;
	step->next_series++;
	step->next_value++;
	for (size_t i = 0; i < job->n; i++)
		if (find_or_add(txn, step, job->measurement_id, &job->series[i], err) != 0)
			return -1;
	if (put_postings(txn, step, job->measurement_id, err) != 0)
		return -1;
	if (step->n_series != 0 &&
	    counter_next(txn, COUNTER_SERIES, step->n_series, &first, err) != 0)
		return -1;
	if (step->n_values != 0 &&
	    counter_next(txn, COUNTER_TAG_VALUE, step->n_values, &first, err) != 0)
		return -1;
	return 0;
}

static int
series_body(struct txn *txn, void *arg, struct err *err)
{
	struct series_job *job = arg;
	struct series_step step = { 0 };
	int r = 0;

	job->stale = register_is_stale(txn->store);
	if (!job->stale)
		r = run_step(txn, job, &step, err);
	table_free(&step.values);
	return r;
}

static void
remember_series(struct store *store, const struct series_job *job)
{
	struct schema *schema = &store->schema;

	for (size_t i = 0; i < job->n; i++) {
		const struct new_series *s = &job->series[i];

		s->ref->id = s->id;
		s->ref->generation = schema->generation;
		for (size_t k = 0; k < s->n; k++)
			schema_add_value(schema, job->measurement_id, s->tags[k].key, s->values[k],
			    s->tags[k].value);
	}
}

/*
 * The tags of a series as column ids; register_columns has made sure that all of them are known.
 */
static int
describe(struct store *store, const struct schema_measurement *m, struct series_ref *ref,
    struct new_series *s, struct err *err)
{
	struct tag *tags;
	int n = tag_set_decode(ref->tags, store->scratch, &tags);

	if (n < 0)
		return err_set(err, ERR_INTERNAL, "a series has no readable tags");
	*s = (struct new_series){ ref, arena_array(store->scratch, struct slice, (size_t)n + 1),
		arena_array(store->scratch, struct series_tag, (size_t)n + 1), (size_t)n, 0 };
	for (int i = 0; i < n; i++) {
		const struct column *column = schema_column_known(m, tags[i].key);

		if (column == NULL || column->kind != COLUMN_TAG)
			return err_set(err, ERR_INTERNAL, "a tag is not known as one");
		s->tags[i].key = column->id;
		s->values[i] = tags[i].value;
	}
	return 0;
}

int
register_series(struct store *store, const struct append_table *table, bool *stale,
    struct err *err)
{
	const struct batch_table *rows = table->rows;
	uint64_t *wanted = arena_zalloc(store->scratch, (rows->n_refs / 64 + 1) * sizeof(*wanted));
	struct new_series *list = arena_array(store->scratch, struct new_series,
	    rows->n_refs < STEP_SERIES ? rows->n_refs + 1 : STEP_SERIES);

	*stale = false;
	for (uint32_t row = 0; row < rows->n_rows; row++)
		if (!bit_get(table->dead, row))
			bit_set(wanted, rows->series[row]);
	for (uint32_t k = 0; k < rows->n_refs && !*stale;) {
		struct series_job job = { .measurement_id = table->m->id, .series = list };

		for (; k < rows->n_refs && job.n < STEP_SERIES; k++)
			if (bit_get(wanted, k) &&
			    !register_is_known(rows->refs[k], store->schema.generation) &&
			    describe(store, table->m, rows->refs[k], &list[job.n++], err) != 0)
				return -1;
		if (job.n == 0)
			break;
		if (store_txn(store, STORE_WRITE, store->scratch, series_body, &job, err) != 0)
			return -1;
		if (!(*stale = job.stale))
			remember_series(store, &job);
	}
	return 0;
}
