/*
 * store/series_count.c - how many series a bucket has, and where most of them are
 *
 *     'S' bucket measurement  -> record 1: u64 number of series; measurement 0: of the bucket
 *
 * A tag whose values never come again (a request's id, a user's) makes a series of every point. So
 * a bucket has a bound, and who meets it wants to know which tag it was. That is looked for only
 * then: the measurement by its number, the tag by counting values, some thousand in a section, up
 * to a bound that tells culprits from others.
 */
#include "store/series_count.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "store/ids.h"
#include "store/tag_table.h"

#define STEP_VALUES	4096		/* counted in one section */
#define MOST_VALUES	200000		/* of a tag that are counted */
#define REMEMBER_NS	(INT64_C(30) * 1000000000)

static struct key
count_key(struct arena *arena, uint64_t bucket_id)
{
	struct key key = key_begin(arena, 'S');

	key_u64(&key, bucket_id);
	return key;
}

static int
get(struct txn *txn, const struct key *key, uint64_t *n, struct err *err)
{
	int found = ids_get(txn, key, n, err);

	if (found > 0)
		*n = 0;
	return found < 0 ? -1 : 0;
}

/* Below zero is none: a store may have series from before they were counted. */
static int
add(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, int64_t n, struct err *err)
{
	struct key key = count_key(txn->arena, bucket_id);
	uint64_t count;

	key_u32(&key, measurement_id);
	if (get(txn, &key, &count, err) != 0)
		return -1;
	count = n < 0 && count < (uint64_t)-n ? 0 : count + (uint64_t)n;
	if (count == 0)
		return txn_delete(txn, DB_CATALOGUE, key_slice(&key), err);
	return ids_put(txn, &key, count, err);
}

int
series_count_add(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, int64_t n,
    struct err *err)
{
	if (add(txn, bucket_id, measurement_id, n, err) != 0)
		return -1;
	return add(txn, bucket_id, 0, n, err);
}

int
series_count_get(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, uint64_t *n,
    struct err *err)
{
	struct key key = count_key(txn->arena, bucket_id);

	key_u32(&key, measurement_id);
	return get(txn, &key, n, err);
}

int
series_count_set(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, uint64_t n,
    struct err *err)
{
	uint64_t now;

	if (series_count_get(txn, bucket_id, measurement_id, &now, err) != 0)
		return -1;
	return now == n ? 0 : series_count_add(txn, bucket_id, measurement_id, (int64_t)(n - now), err);
}

int
series_count_forget(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, struct err *err)
{
	struct key key = count_key(txn->arena, bucket_id);
	uint64_t n;

	key_u32(&key, measurement_id);
	if (get(txn, &key, &n, err) != 0)
		return -1;
	return n == 0 ? 0 : series_count_add(txn, bucket_id, measurement_id, -(int64_t)n, err);
}

int
series_count_room(struct txn *txn, uint64_t bucket_id, uint64_t *room, struct err *err)
{
	uint64_t most = txn->store->env.options.max_series, n;
	struct key key = count_key(txn->arena, bucket_id);

	*room = UINT64_MAX;
	if (most == 0)
		return 0;
	key_u32(&key, 0);
	if (get(txn, &key, &n, err) != 0)
		return -1;
	*room = n < most ? most - n : 0;
	return 0;
}

/* ---- the culprit ---- */

struct search {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	uint64_t	 n_series;
	struct slice	 measurement, tag;
	uint64_t	 n_values;		/* of the tag */
	struct column	*columns;
	size_t		 n_columns, cap_columns;
	struct arena	*arena;
};

static int
take_greatest(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct search *s = arg;
	struct record_reader r;
	uint64_t n;

	(void)txn;
	if (key.n != 13 || record_open(&r, value, 1, "series count", err) != 0)
		return -1;
	n = record_get_u64(&r);
	if (key_get_u32(key.p + 9) != 0 && n > s->n_series) {
		s->measurement_id = key_get_u32(key.p + 9);
		s->n_series = n;
	}
	return record_close(&r, "series count", err);
}

static int
take_tag(void *arg, const struct column *column)
{
	struct search *s = arg;

	if (column->kind != COLUMN_TAG)
		return 0;
	if (s->n_columns == s->cap_columns) {
		size_t cap = s->cap_columns * 2 + 16;

		s->columns = arena_grow(s->arena, s->columns, s->cap_columns, cap);
		s->cap_columns = cap;
	}
	s->columns[s->n_columns] = *column;
	s->columns[s->n_columns++].name = arena_copy(s->arena, column->name);
	return 0;
}

static int
find_measurement(struct txn *txn, void *arg, struct err *err)
{
	struct search *s = arg;
	struct key key = count_key(txn->arena, s->bucket_id);

	s->n_series = s->n_columns = 0;
	if (txn_each(txn, DB_CATALOGUE, key_slice(&key), take_greatest, s, err) != 0)
		return -1;
	if (s->measurement_id == 0)
		return 0;
	if (measurement_name(txn, s->bucket_id, s->measurement_id, &s->measurement, err) != 0)
		return -1;
	return column_each(txn, s->measurement_id, take_tag, s, err);
}

struct counting {		/* the values of one tag */
	struct slice	 prefix, from;
	uint64_t	 n, step;
};

static int
count_value(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct counting *c = arg;

	(void)value, (void)err;
	if (++c->step > STEP_VALUES) {
		c->from = arena_copy(txn->arena, key);
		return 1;
	}
	return 0;
}

static int
count_step(struct txn *txn, void *arg, struct err *err)
{
	struct counting *c = arg;

	c->step = 0;
	return txn_each_from(txn, DB_SERIES, c->prefix, c->from, count_value, c, err);
}

static int
count_values(struct store *store, struct search *s, const struct column *tag, struct err *err)
{
	struct key prefix = tag_value_prefix(s->arena, s->measurement_id, tag->id);
	struct counting c = { .prefix = key_slice(&prefix), .from = key_slice(&prefix) };

	do {
		if (store_txn(store, STORE_READ, s->arena, count_step, &c, err) != 0)
			return -1;
		c.n += c.step < STEP_VALUES ? c.step : STEP_VALUES;
	} while (c.step > STEP_VALUES && c.n < MOST_VALUES);
	if (c.n > s->n_values) {
		s->n_values = c.n;
		s->tag = tag->name;
	}
	return 0;
}

static int
find_culprit(struct store *store, struct search *s, struct err *err)
{
	if (store_txn(store, STORE_READ, s->arena, find_measurement, s, err) != 0)
		return -1;
	for (size_t i = 0; i < s->n_columns; i++)
		if (count_values(store, s, &s->columns[i], err) != 0)
			return -1;
	return 0;
}

const char *
series_count_culprit(struct store *store, uint64_t bucket_id)
{
	struct series_culprit *known = &store->culprit;
	struct search s = { .bucket_id = bucket_id, .arena = arena_new(65536) };
	int64_t now = clock_monotonic_ns();
	struct err err;

	if (known->bucket_id != bucket_id || now - known->found_ns > REMEMBER_NS) {
		*known = (struct series_culprit){ .bucket_id = bucket_id, .found_ns = now };
		if (find_culprit(store, &s, &err) != 0 || s.tag.n == 0)
			snprintf(known->text, sizeof(known->text), "no tag has many values");
		else
			snprintf(known->text, sizeof(known->text), "tag \"" SLICE_FMT
			    "\" of measurement \"" SLICE_FMT "\" has most values: %s%llu",
			    SLICE_ARG(utf8_cut(s.tag, 100)), SLICE_ARG(utf8_cut(s.measurement, 100)),
			    s.n_values >= MOST_VALUES ? "more than " : "",
			    (unsigned long long)s.n_values);
	}
	arena_free(s.arena);
	return known->text;
}
