/*
 * store/measurement_table.c - measurements of a bucket and the columns of a measurement
 *
 *     'M' bucket name        -> record 1: id
 *     'C' measurement name   -> record 1: id, kind (tag or field), type (of a field)
 *
 * Tags and fields share one space of names, so that a name cannot be both.
 */
#include "base/clock.h"
#include "store/drop.h"
#include "store/ids.h"
#include "store/series_count.h"
#include "store/store_priv.h"

static struct key
measurement_key(struct txn *txn, uint64_t bucket_id, struct slice name)
{
	struct key key = key_begin(txn->arena, 'M');

	key_u64(&key, bucket_id);
	key_text(&key, name);
	return key;
}

static struct key
column_key(struct txn *txn, uint32_t measurement_id, struct slice name)
{
	struct key key = key_begin(txn->arena, 'C');

	key_u32(&key, measurement_id);
	key_text(&key, name);
	return key;
}

int
measurement_find(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t *id,
    struct err *err)
{
	struct key key = measurement_key(txn, bucket_id, name);
	uint64_t v;
	int found = ids_get(txn, &key, &v, err);

	if (found == 0)
		*id = (uint32_t)v;
	return found;
}

static int
next_id(struct txn *txn, const char *counter, uint32_t *id, struct err *err)
{
	uint64_t v;

	if (counter_next(txn, counter, 1, &v, err) != 0)
		return -1;
	if (v > UINT32_MAX)
		return err_set(err, ERR_INTERNAL, "the store has run out of %s ids", counter);
	*id = (uint32_t)v;
	return 0;
}

int
measurement_create(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t *id,
    struct err *err)
{
	struct key key = measurement_key(txn, bucket_id, name);

	if (next_id(txn, COUNTER_MEASUREMENT, id, err) != 0)
		return -1;
	return ids_put(txn, &key, *id, err);
}

int
measurement_put(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t id,
    struct err *err)
{
	struct key key = measurement_key(txn, bucket_id, name);

	return ids_put(txn, &key, id, err);
}

static int
count(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	(void)txn;
	(void)key;
	(void)value;
	(void)err;
	++*(uint64_t *)arg;
	return 0;
}

int
measurement_count(struct txn *txn, uint64_t bucket_id, uint64_t *n, struct err *err)
{
	struct key prefix = measurement_key(txn, bucket_id, SLICE(""));

	*n = 0;
	return txn_each(txn, DB_CATALOGUE, key_slice(&prefix), count, n, err);
}

struct name_search {
	uint32_t	 id;
	struct slice	 name;
};

static int
is_wanted(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct name_search *search = arg;
	struct record_reader r;
	uint64_t id;

	if (record_open(&r, value, 1, "measurement", err) != 0)
		return -1;
	id = record_get_u64(&r);
	if (record_close(&r, "measurement", err) != 0)
		return -1;
	if (id != search->id)
		return 0;
	search->name = arena_copy(txn->arena, slice_make(key.p + 9, key.n - 9));
	return 1;
}

int
measurement_name(struct txn *txn, uint64_t bucket_id, uint32_t id, struct slice *name,
    struct err *err)
{
	struct key prefix = measurement_key(txn, bucket_id, SLICE(""));
	struct name_search search = { .id = id };

	if (txn_each(txn, DB_CATALOGUE, key_slice(&prefix), is_wanted, &search, err) != 0)
		return -1;
	*name = search.name;
	return 0;
}

int
measurement_forget(struct txn *txn, uint64_t bucket_id, struct slice name, uint32_t id,
    struct err *err)
{
	struct key key = measurement_key(txn, bucket_id, name), columns = column_key(txn, id, SLICE(""));

	if (txn_delete(txn, DB_CATALOGUE, key_slice(&key), err) != 0 ||
	    txn_delete_all(txn, DB_CATALOGUE, key_slice(&columns), err) != 0 ||
	    series_count_forget(txn, bucket_id, id, err) != 0)
		return -1;
	return drop_note_garbage(txn, bucket_id, id, err);
}

struct name_listing {
	struct slice	*names;
	size_t		 n, cap;
};

static int
add_name(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct name_listing *l = arg;

	(void)value;
	(void)err;
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;

		l->names = arena_grow(txn->arena, l->names, l->cap, cap);
		l->cap = cap;
	}
	l->names[l->n++] = arena_copy(txn->arena, slice_make(key.p + 9, key.n - 9));
	return 0;
}

int
measurement_forget_all(struct txn *txn, uint64_t bucket_id, struct err *err)
{
	struct key prefix = measurement_key(txn, bucket_id, SLICE(""));
	struct name_listing l = { 0 };

	if (txn_each(txn, DB_CATALOGUE, key_slice(&prefix), add_name, &l, err) != 0)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		uint32_t id;

		if (measurement_find(txn, bucket_id, l.names[i], &id, err) != 0 ||
		    measurement_forget(txn, bucket_id, l.names[i], id, err) != 0)
			return -1;
	}
	return 0;
}

static int
decode_column(struct slice value, struct column *out, struct err *err)
{
	struct record_reader r;

	if (record_open(&r, value, 1, "column", err) != 0)
		return -1;
	out->id = (uint32_t)record_get_u64(&r);
	out->kind = (enum column_kind)record_get_u64(&r);
	out->type = (enum value_type)record_get_u64(&r);
	return record_close(&r, "column", err);
}

int
column_find(struct txn *txn, uint32_t measurement_id, struct slice name, struct column *out,
    struct err *err)
{
	struct key key = column_key(txn, measurement_id, name);
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);

	if (found != 0)
		return found;
	out->name = name;
	return decode_column(value, out, err);
}

int
column_create(struct txn *txn, uint32_t measurement_id, struct column *column, struct err *err)
{
	if (next_id(txn, COUNTER_COLUMN, &column->id, err) != 0)
		return -1;
	return column_put(txn, measurement_id, column, err);
}

int
column_put(struct txn *txn, uint32_t measurement_id, const struct column *column, struct err *err)
{
	struct key key = column_key(txn, measurement_id, column->name);
	struct record r;
	int result;

	record_begin(&r, 1);
	record_u64(&r, column->id);
	record_u64(&r, column->kind);
	record_u64(&r, column->type);
	result = txn_put(txn, DB_CATALOGUE, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

int
column_drop(struct txn *txn, uint32_t measurement_id, struct slice name, struct err *err)
{
	struct key key = column_key(txn, measurement_id, name);

	return txn_delete(txn, DB_CATALOGUE, key_slice(&key), err);
}

struct column_visit {
	int	(*visit)(void *arg, const struct column *column);
	void	*arg;
};

static int
visit_column(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	const struct column_visit *v = arg;
	struct column column;

	column.name = arena_copy(txn->arena, slice_make(key.p + 5, key.n - 5));
	if (decode_column(value, &column, err) != 0)
		return -1;
	return v->visit(v->arg, &column);
}

int
column_each(struct txn *txn, uint32_t measurement_id,
    int (*visit)(void *arg, const struct column *column), void *arg, struct err *err)
{
	struct key prefix = column_key(txn, measurement_id, SLICE(""));
	struct column_visit v = { visit, arg };

	return txn_each(txn, DB_CATALOGUE, key_slice(&prefix), visit_column, &v, err);
}

/* ---- the door: schemas for queries ---- */

int
store_measurements(struct txn *txn, uint64_t bucket_id, struct slice **names, size_t *n,
    struct err *err)
{
	struct key prefix = measurement_key(txn, bucket_id, SLICE(""));
	struct name_listing l = { 0 };

	if (txn_each(txn, DB_CATALOGUE, key_slice(&prefix), add_name, &l, err) != 0)
		return -1;
	*names = l.names;
	*n = l.n;
	return 0;
}

struct schema_listing {
	struct arena	*arena;
	struct store_measurement *m;
	size_t		 cap_fields, cap_tags;
};

static int
add_column(void *arg, const struct column *column)
{
	struct schema_listing *l = arg;
	struct store_measurement *m = l->m;

	if (column->kind == COLUMN_TAG) {
		if (m->n_tags == l->cap_tags) {
			l->cap_tags = l->cap_tags == 0 ? 16 : l->cap_tags * 2;
			m->tags = arena_grow(l->arena, m->tags, m->n_tags, l->cap_tags);
		}
		m->tags[m->n_tags++] = (struct store_tag_key){ column->name, column->id };
		return 0;
	}
	if (m->n_fields == l->cap_fields) {
		l->cap_fields = l->cap_fields == 0 ? 16 : l->cap_fields * 2;
		m->fields = arena_grow(l->arena, m->fields, m->n_fields, l->cap_fields);
	}
	m->fields[m->n_fields++] = (struct store_field){ column->name, column->id, column->type };
	return 0;
}

int
store_measurement_get(struct txn *txn, uint64_t bucket_id, struct slice name,
    struct store_measurement **out, struct err *err)
{
	struct schema_listing l = { .arena = txn->arena };
	struct store_bucket bucket;
	uint32_t id;
	int found = measurement_find(txn, bucket_id, name, &id, err);

	*out = NULL;
	if (found != 0)
		return found < 0 ? -1 : 0;
	l.m = arena_zalloc(txn->arena, sizeof(*l.m));
	l.m->bucket_id = bucket_id;
	l.m->id = id;
	l.m->name = arena_copy(txn->arena, name);
	if (store_bucket_get(txn, bucket_id, &bucket, err) != 0)
		return -1;
	l.m->oldest = bucket.retention_ns > 0 ? clock_now_ns() - bucket.retention_ns : INT64_MIN;
	*out = l.m;
	return column_each(txn, id, add_column, &l, err);
}
