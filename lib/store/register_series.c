/*
 * store/register_series.c - series that a batch brings for the first time
 *
 * In steps of at most STEP_SERIES, a transaction each, so that a batch of thousands of new series
 * does not hold the store for long; a step ends early where pages have to come from a slow disk. In
 * a step the series are found, or get the next ids, in the order of the
 * batch; what they add to the index is put at its end, kind by kind.
 *
 * A process that does not remember a batch's series (it has begun just now, or remembers no more)
 * finds them here. Those who write the same series again and again mostly do so in one order, the
 * one in which they were registered, so the series behind the one found last is tried first: then
 * a block of the index tells some thirty series.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "store/register.h"
#include "store/series_count.h"
#include "store/tag_table.h"

#define STEP_SERIES 2048
#define STEP_NS (INT64_C(15) * 1000000)

struct new_series {
	struct series_ref *ref;
	uint32_t	 index;		/* among the refs of the table */
	struct series_tag *given;	/* [n] keys, texts, and values if the process knows them, else 0 */
	struct series_tag *tags;	/* [n] the same as far as the step has found out */
	size_t		 n;
	uint64_t	 id;
	struct series_name name;	/* if it brings no value */
	struct new_series *same;	/* the one before it in this step that has its hash */
};

struct series_job {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	struct new_series *series;
	size_t		 n, n_done;
	bool		 stale;
};

struct series_step {		/* of one run of the body */
	struct txn	*txn;
	uint32_t	 measurement_id;
	uint64_t	 first;			/* the id of the first that is made */
	uint64_t	 room;			/* series that the bucket may have still */
	struct new_series **made;
	size_t		 n_made;
	struct new_series **hashed;		/* those of them that brought no value */
	size_t		 n_hashed;
	struct series_tag *values;		/* that were brought */
	size_t		 n_values, cap_values;
	struct posting	*postings;
	size_t		 n_postings, cap_postings;
	struct table	 known;			/* be32 key, text -> id: found or made in this step */
	struct table	 hashes;		/* hash -> index into hashed */
	struct series_block block;
	uint64_t	 guess;			/* which series may come next; 0: no idea */
};

/* ---- finding ---- */

static struct slice
value_name(struct arena *arena, const struct series_tag *tag)
{
	struct key name = key_empty(arena);

	key_u32(&name, tag->key);
	key_text(&name, tag->text);
	return key_slice(&name);
}

static void
know(struct series_step *step, const struct series_tag *tag)
{
	table_put(&step->known, value_name(step->txn->arena, tag), NULL)->value = tag->value;
}

/*
 * The id of a tag's value: 0, 1 when no series has it, -1
 */
static int
find_value(struct series_step *step, struct series_tag *tag, struct err *err)
{
	struct arena_mark mark = arena_mark(step->txn->arena);
	struct table_entry *e;
	int found;

	if (tag->value != 0)
		return 0;
	e = table_get(&step->known, value_name(step->txn->arena, tag));
	arena_rewind(step->txn->arena, mark);
	if (e != NULL) {
		tag->value = e->value;
		return 0;
	}
	found = value_find(step->txn, step->measurement_id, tag->key, tag->text, &tag->value, err);
	if (found == 0)
		know(step, tag);
	return found;
}

/*
 * Has an entry these tags? Of those that it brought, or of the others: 1, 0, -1
 */
static int
has_tags(struct series_step *step, const struct new_series *s, struct series_entry entry,
    bool brought, struct err *err)
{
	struct series_tag tag;
	int found;

	for (size_t i = 0; i < s->n; i++) {
		if (entry.tags.n == 0)
			return 0;
		if (series_take_tag(&entry, &tag, err) != 0)
			return -1;
		if (tag.key != s->tags[i].key)
			return 0;
		if (brought && tag.value == entry.id && !slice_eq(tag.text, s->tags[i].text))
			return 0;
		if (brought || tag.value == entry.id)
			continue;
		if ((found = find_value(step, &s->tags[i], err)) != 0)
			return found < 0 ? -1 : 0;
		if (s->tags[i].value != tag.value)
			return 0;
	}
	return entry.tags.n == 0;
}

/*
 * Is this the series with that id on disk? 1, 0, -1
 */
static int
is_stored_as(struct series_step *step, struct new_series *s, uint64_t id, struct err *err)
{
	struct series_entry entry;
	int r = series_get(step->txn, step->measurement_id, id, &step->block, &entry, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	if ((r = has_tags(step, s, entry, true, err)) == 1)
		r = has_tags(step, s, entry, false, err);
	if (r == 1)
		s->id = id;
	return r;
}

static bool
same_values(const struct new_series *a, const struct new_series *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->tags[i].key != b->tags[i].key || a->tags[i].value != b->tags[i].value)
			return false;
	return true;
}

static bool
is_made_as(struct new_series *s, const struct new_series *other)
{
	if (!same_values(s, other))
		return false;
	s->id = other->id;
	return true;
}

static struct slice
hash_name(const struct new_series *s)
{
	return slice_make((const char *)&s->name.hash, sizeof(s->name.hash));
}

static int
find_by_hash(struct series_step *step, struct new_series *s, struct err *err)
{
	struct table_entry *e = table_get(&step->hashes, hash_name(s));
	struct slice ids;
	uint64_t id;
	int r;

	for (const struct new_series *o = e == NULL ? NULL : step->hashed[e->value]; o != NULL;
	    o = o->same)
		if (is_made_as(s, o))
			return 1;
	if (series_named(step->txn, step->measurement_id, &s->name, &ids, err) != 0)
		return -1;
	while ((r = series_named_take(&ids, &id, err)) == 0)
		if ((r = is_stored_as(step, s, id, err)) != 0)
			return r;
	return r < 0 ? -1 : 0;
}

/*
 * A series all of whose values are there: 1 found, 0 not there, -1
 */
static int
find_series(struct series_step *step, struct new_series *s, struct err *err)
{
	struct arena_mark mark = arena_mark(step->txn->arena);
	int r = 0;

	s->name = series_name_of(step->txn->arena, s->tags, s->n);
	if (s->name.last >= step->first)
		r = is_made_as(s, step->made[s->name.last - step->first]);
	else if (s->name.last != 0)
		r = is_stored_as(step, s, s->name.last, err);
	if (r == 0)
		r = find_by_hash(step, s, err);
	arena_rewind(step->txn->arena, mark);
	return r;
}

/* ---- making ---- */

static void
bring_value(struct series_step *step, struct series_tag *tag, uint64_t id)
{
	if (step->n_values == step->cap_values) {
		size_t cap = step->cap_values == 0 ? 256 : step->cap_values * 2;

		step->values = arena_grow(step->txn->arena, step->values, step->n_values, cap);
		step->cap_values = cap;
	}
	tag->value = id;
	step->values[step->n_values++] = *tag;
	know(step, tag);
}

static void
post(struct series_step *step, const struct series_tag *tag, uint64_t id)
{
	if (step->n_postings == step->cap_postings) {
		size_t cap = step->cap_postings == 0 ? 4096 : step->cap_postings * 2;

		step->postings = arena_grow(step->txn->arena, step->postings, step->n_postings, cap);
		step->cap_postings = cap;
	}
	step->postings[step->n_postings++] = (struct posting){ tag->key, tag->value, id };
}

static void
make_series(struct series_step *step, struct new_series *s)
{
	size_t n_before = step->n_values;

	s->id = step->first + step->n_made;
	step->made[step->n_made++] = s;
	for (size_t i = 0; i < s->n; i++) {
		if (s->tags[i].value == 0)
			bring_value(step, &s->tags[i], s->id);
		else
			post(step, &s->tags[i], s->id);
	}
	if (step->n_values == n_before) {
		bool is_first;
		struct table_entry *e = table_put(&step->hashes, hash_name(s), &is_first);

		s->same = is_first ? NULL : step->hashed[e->value];
		e->value = step->n_hashed;
		step->hashed[step->n_hashed++] = s;
	}
}

static int
find_or_make(struct series_step *step, struct new_series *s, struct err *err)
{
	bool brings = false;
	int r;

	if (step->guess != 0 && (r = is_stored_as(step, s, step->guess, err)) != 0) {
		step->guess++;
		return r < 0 ? -1 : 0;
	}
	step->guess = 0;
	for (size_t i = 0; i < s->n; i++) {
		if ((r = find_value(step, &s->tags[i], err)) < 0)
			return -1;
		brings = brings || r > 0;
	}
	if (!brings && (r = find_series(step, s, err)) != 0) {
		step->guess = s->id < step->first ? s->id + 1 : 0;
		return r < 0 ? -1 : 0;
	}
	s->id = 0;
	if (step->n_made < step->room)
		make_series(step, s);
	return 0;
}

/* ---- putting what was made ---- */

/*
 * Where records are put in ascending order, Berkeley DB leaves pages half full, but at the end of a
 * tree: it splits in halves, and nothing comes into the lower one any more. Values that come one
 * after the other, such as numbered hosts, are put scattered, which leaves pages two thirds full.
 */
static uint64_t
scattered(uint64_t id)
{
	return id * UINT64_C(0x9E3779B97F4A7C15);
}

static int
by_key_scattered(const void *a, const void *b)
{
	const struct series_tag *x = a, *y = b;
	uint64_t p = scattered(x->value), q = scattered(y->value);

	return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (p > q) - (p < q);
}

static int
put_values(struct series_step *step, struct err *err)
{
	if (step->n_values == 0)
		return 0;
	qsort(step->values, step->n_values, sizeof(*step->values), by_key_scattered);
	for (size_t i = 0; i < step->n_values; i++)
		if (value_add(step->txn, step->measurement_id, step->values[i].key,
		    step->values[i].text, step->values[i].value, err) != 0)
			return -1;
	return 0;
}

static int
put_series(struct series_step *step, struct err *err)
{
	struct series_entry *list = arena_array(step->txn->arena, struct series_entry,
	    step->n_made + 1);
	struct buf tags = { 0 };
	const char *at;
	int r;

	for (size_t i = 0; i < step->n_made; i++) {
		size_t before = tags.n;

		series_put_tags(&tags, step->made[i]->id, step->made[i]->tags, step->made[i]->n);
		list[i] = (struct series_entry){ step->made[i]->id, { NULL, tags.n - before } };
	}
	at = tags.n > 0 ? tags.p : "";
	for (size_t i = 0; i < step->n_made; at += list[i++].tags.n)
		list[i].tags.p = at;
	r = series_append(step->txn, step->measurement_id, list, step->n_made, err);
	buf_free(&tags);
	return r;
}

/*
 * By what the index begins with; then as they came, so that the hashes are in no order.
 */
static int
by_last_value(const void *a, const void *b)
{
	const struct new_series *x = *(struct new_series *const *)a, *y = *(struct new_series *const *)b;

	if (x->name.last != y->name.last)
		return x->name.last < y->name.last ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int
put_names(struct series_step *step, struct err *err)
{
	if (step->n_hashed == 0)
		return 0;
	qsort(step->hashed, step->n_hashed, sizeof(struct new_series *), by_last_value);
	for (size_t i = 0; i < step->n_hashed; i++)
		if (series_named_add(step->txn, step->measurement_id, &step->hashed[i]->name,
		    step->hashed[i]->id, err) != 0)
			return -1;
	return 0;
}

/* ---- a step ---- */

static int
run_step(struct series_step *step, struct series_job *job, struct err *err)
{
	struct arena *arena = step->txn->arena;
	int64_t began = clock_monotonic_ns();
	size_t i;

	if (series_count_room(step->txn, job->bucket_id, &step->room, err) != 0 ||
	    series_next_id(step->txn, job->measurement_id, &step->first, err) != 0)
		return -1;
	step->made = arena_array(arena, struct new_series *, job->n);
	step->hashed = arena_array(arena, struct new_series *, job->n);
	for (i = 0; i < job->n; i++) {
		struct new_series *s = &job->series[i];

		if (i % 64 == 63 && clock_monotonic_ns() - began > STEP_NS)
			break;
		/* this may be the second run: begin with what was known before the first */
		s->tags = arena_array(arena, struct series_tag, s->n + 1);
		if (s->n > 0)
			memcpy(s->tags, s->given, s->n * sizeof(*s->tags));
		if (find_or_make(step, s, err) != 0)
			return -1;
	}
	job->n_done = i;
	if (put_values(step, err) != 0 || put_series(step, err) != 0 || put_names(step, err) != 0)
		return -1;
	if (step->n_made > 0 && series_count_add(step->txn, job->bucket_id, job->measurement_id,
	    (int64_t)step->n_made, err) != 0)
		return -1;
	return posting_append_all(step->txn, step->measurement_id, step->postings, step->n_postings,
	    err);
}

static int
series_body(struct txn *txn, void *arg, struct err *err)
{
	struct series_job *job = arg;
	struct series_step step = { .txn = txn, .measurement_id = job->measurement_id };
	int r = 0;

	job->stale = register_is_stale(txn->store);
	if (!job->stale)
		r = run_step(&step, job, err);
	table_free(&step.known);
	table_free(&step.hashes);
	series_block_free(&step.block);
	return r;
}

/*
 * Values that a series has brought are mostly its own, and would only fill the memory.
 *   returns  was one of them refused?
 */
static bool
remember_series(struct store *store, const struct series_job *job)
{
	struct schema *schema = &store->schema;
	bool refused = false;

	for (size_t i = 0; i < job->n_done; i++) {
		const struct new_series *s = &job->series[i];

		if (s->id == 0) {
			refused = true;
			continue;
		}
		s->ref->id = s->id;
		s->ref->generation = schema->generation;
		for (size_t k = 0; k < s->n; k++)
			if (s->given[k].value == 0 && s->tags[k].value != 0 && s->tags[k].value != s->id)
				schema_add_value(schema, job->measurement_id, s->tags[k].key, s->tags[k].text,
				    s->tags[k].value);
	}
	return refused;
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
	*s = (struct new_series){ .ref = ref, .n = (size_t)n,
		.given = arena_array(store->scratch, struct series_tag, (size_t)n + 1) };
	for (int i = 0; i < n; i++) {
		const struct column *column = schema_column_known(m, tags[i].key);

		if (column == NULL || column->kind != COLUMN_TAG)
			return err_set(err, ERR_INTERNAL, "a tag is not known as one");
		s->given[i] = (struct series_tag){ column->id, 0, tags[i].value };
		schema_value_known(&store->schema, m->id, column->id, tags[i].value, &s->given[i].value);
	}
	return 0;
}

/*
 * Those of the refs from k on that are wanted and not known, at most STEP_SERIES.
 */
static int
next_job(struct store *store, const struct append_table *table, const uint64_t *wanted, uint32_t k,
    struct series_job *job, struct err *err)
{
	const struct batch_table *rows = table->rows;

	job->n = 0;
	for (; k < rows->n_refs && job->n < STEP_SERIES; k++) {
		struct new_series *s = &job->series[job->n];

		if (!bit_get(wanted, k) || register_is_known(rows->refs[k], store->schema.generation))
			continue;
		if (describe(store, table->m, rows->refs[k], s, err) != 0)
			return -1;
		s->index = k;
		job->n++;
	}
	return 0;
}

int
register_series(struct store *store, const struct schema_bucket *bucket,
    struct append_table *table, bool *stale, struct err *err)
{
	const struct batch_table *rows = table->rows;
	uint64_t *wanted = arena_zalloc(store->scratch, (rows->n_refs / 64 + 1) * sizeof(*wanted));
	struct series_job job = { .bucket_id = bucket->id, .measurement_id = table->m->id,
		.series = arena_array(store->scratch, struct new_series,
		rows->n_refs < STEP_SERIES ? rows->n_refs + 1 : STEP_SERIES) };
	struct arena_mark mark = arena_mark(store->scratch);

	*stale = false;
	for (uint32_t row = 0; row < rows->n_rows; row++)
		if (!bit_get(table->dead, row))
			bit_set(wanted, rows->series[row]);
	for (uint32_t k = 0; k < rows->n_refs && !*stale;) {
		if (next_job(store, table, wanted, k, &job, err) != 0)
			return -1;
		if (job.n == 0)
			break;
		if (store_txn(store, STORE_WRITE, store->scratch, series_body, &job, err) != 0)
			return -1;
		if (!(*stale = job.stale)) {
			table->full |= remember_series(store, &job);
			k = job.series[job.n_done - 1].index + 1;
		}
		arena_rewind(store->scratch, mark);
	}
	return 0;
}
