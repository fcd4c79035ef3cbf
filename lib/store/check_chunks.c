/*
 * store/check_chunks.c - chunks: decoded, in order, of a known series
 */
#include <stdlib.h>

#include "store/check.h"
#include "store/drop.h"

struct chunk_check {		/* one chunk, and what was found out about it */
	struct check	*c;
	struct slice	 key, value;
	struct chunk_place place;
	int64_t		 first;
	const struct check_measurement *of;
	struct chunk_copy copy;
	struct rowset	 rows;		/* all that can be read */
	const char	*bad_column;	/* what is wrong with one; the others are well */
	uint32_t	 bad_field;
};

/* ---- whose it is ---- */

struct slice
check_series_text(struct check *c, const struct check_measurement *of, uint64_t series)
{
	const struct store_measurement *m = of->m;
	uint32_t *keys = arena_array(c->step, uint32_t, m->n_tags + 1);
	struct slice *values, text;
	struct buf out = { 0 };
	struct err err;

	for (size_t i = 0; i < m->n_tags; i++)
		keys[i] = m->tags[i].id;
	if (store_series_tags(c->store, m, &series, 1, keys, m->n_tags, c->step, &values, &err) != 0)
		return SLICE("");
	buf_put_slice(&out, m->name);
	for (size_t i = 0; i < m->n_tags; i++)
		if (values[i].n > 0)
			buf_printf(&out, "," SLICE_FMT "=" SLICE_FMT, SLICE_ARG(m->tags[i].name),
			    SLICE_ARG(values[i]));
	text = arena_copy(c->step, buf_slice(&out));
	buf_free(&out);
	return text;
}

static void
tell(struct chunk_check *k, const char *what, bool dropped)
{
	struct store_damage damage = { .where = "chunk", .from = k->first, .to = k->first,
		.what = what, .dropped = dropped };

	if (k->of != NULL) {
		damage.bucket = k->of->bucket;
		damage.measurement = k->of->m->name;
		damage.series = check_series_text(k->c, k->of, k->place.series);
	}
	if (k->copy.head.n_rows > 0)
		damage.to = k->copy.head.max_time;
	check_found(k->c, &damage);
}

/*
 * All of it is damaged.
 */
static int
lose(struct chunk_check *k, const char *what, struct err *err)
{
	bool dropped;

	if (check_drop(k->c, DB_CHUNKS, k->key, &dropped, err) != 0)
		return -1;
	tell(k, what, dropped);
	return 0;
}

/* ---- one column of it ---- */

struct put_job {
	const struct chunk_check *k;
	struct slice	 bytes;
};

static int
put_body(struct txn *txn, void *arg, struct err *err)
{
	const struct put_job *job = arg;
	const struct chunk_check *k = job->k;

	if (txn_delete(txn, DB_CHUNKS, k->key, err) != 0)
		return -1;
	return chunk_put(txn, &k->place, k->rows.times[0], job->bytes, err);
}

/*
 * The chunk without its damaged columns.
 */
static int
put_rest(struct chunk_check *k, struct err *err)
{
	struct put_job job = { .k = k };

	if (!k->c->spec->repair)
		return 0;
	job.bytes = rowset_encode(&k->rows, 0, k->rows.n);
	return store_txn(k->c->store, STORE_RELIEVE, k->c->step, put_body, &job, err);
}

/*
 * Decode one column alone: 0, or -1 with *why.
 */
static int
decode_column(struct chunk_check *k, const struct codec_chunk_column *column, struct slice bytes,
    struct err *why)
{
	uint32_t n = k->copy.head.n_rows;
	union cell *cells = arena_array(k->c->step, union cell, n);
	uint64_t *present = arena_zalloc(k->c->step, (n / 64 + 1) * sizeof(*present));
	struct slice *strings = arena_array(k->c->step, struct slice, n);
	size_t n_strings = 0;

	return codec_chunk_cells(&k->copy.head, column, bytes, k->c->step, 0, cells, present, strings,
	    &n_strings, why);
}

/*
 * Columns that can be read, as fields of copy; k->bad_column tells of one that cannot.
 */
static struct store_field *
good_columns(struct chunk_check *k, uint32_t *n)
{
	const struct codec_chunk *head = &k->copy.head;
	struct store_field *fields = arena_array(k->c->step, struct store_field, head->n_columns + 1);

	*n = 0;
	k->copy.columns = arena_zalloc(k->c->step, (head->n_columns + 1) * sizeof(struct slice));
	for (uint32_t i = 0; i < head->n_columns; i++) {
		const struct codec_chunk_column *column = &head->columns[i];
		struct slice bytes = { k->value.p + column->offset, column->length };
		struct err why;

		if (decode_column(k, column, bytes, &why) != 0) {
			k->bad_column = arena_string(k->c->step, slice_from(why.text));
			k->bad_field = column->field;
			continue;
		}
		k->copy.columns[*n] = bytes;
		fields[(*n)++] = (struct store_field){ .id = column->field, .type = column->type };
	}
	return fields;
}

static const char *
field_name(const struct chunk_check *k)
{
	for (size_t i = 0; i < k->of->m->n_fields; i++)
		if (k->of->m->fields[i].id == k->bad_field)
			return arena_string(k->c->step, k->of->m->fields[i].name);
	return "?";
}

static int
check_columns(struct chunk_check *k, struct err *err)
{
	struct store_field *fields;
	struct slice text;
	struct err why;
	uint32_t n;

	for (uint32_t i = 0; i < k->copy.head.n_columns; i++)
		if (check_field(k->c, k->of, k->copy.head.columns[i].field, k->copy.head.columns[i].type,
		    err) != 0)
			return -1;
	fields = good_columns(k, &n);
	if (k->bad_column != NULL && n == 0)
		return lose(k, k->bad_column, err);
	if (merge_decode_chunk(&k->copy, fields, n, k->c->step, &k->rows, &why) != 0)
		return lose(k, why.text, err);
	k->c->checked->rows += k->rows.n;
	if (k->rows.n != k->copy.head.n_rows || k->rows.times[0] != k->first ||
	    k->rows.times[k->rows.n - 1] != k->copy.head.max_time)
		return lose(k, "its times are not those of its head", err);
	if (k->bad_column == NULL)
		return 0;
	if (put_rest(k, err) != 0)
		return -1;
	text = arena_printf(k->c->step, "field \"%s\": %s", field_name(k), k->bad_column);
	tell(k, text.p, k->c->spec->repair);
	return 0;
}

/* ---- all of it ---- */

/*
 * Read again which series the measurement has: it may have got some since.
 */
static int
load_series(struct chunk_check *k, struct err *err)
{
	struct check *c = k->c;

	arena_reset(c->series_arena);
	c->series_of = 0;
	if (store_series_all(c->store, k->of->m, c->series_arena, &c->series, err) != 0)
		return -1;
	c->series_of = k->of->m->id;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool
series_is_known(const struct chunk_check *k)
{
	const struct store_series_list *list = &k->c->series;

	return k->c->series_of == k->of->m->id && list->n > 0 &&
	    bsearch(&k->place.series, list->ids, list->n, sizeof(*list->ids), by_number) != NULL;
}

struct look {			/* the chunk and the one before it, in one section */
	const struct chunk_check *k;
	bool		 gone;		/* or to be purged, or it is another by now */
	bool		 overlaps;
};

/*
 * Others go on meanwhile: a chunk that was read may have been dropped since, or cut by a DELETE.
 */
static int
is_gone(struct txn *txn, const struct chunk_check *k, bool *gone, struct err *err)
{
	struct slice value;
	int found = txn_get(txn, DB_CHUNKS, k->key, &value, err);

	*gone = found != 0 || !slice_eq(value, k->value);
	if (found < 0 || *gone)
		return found < 0 ? -1 : 0;
	return drop_is_garbage(txn, k->place.bucket_id, k->place.measurement_id, gone, err);
}

static int
look_body(struct txn *txn, void *arg, struct err *err)
{
	struct look *look = arg;
	const struct chunk_check *k = look->k;
	struct key prefix = chunk_key(txn->arena, &k->place, 0), limit;
	struct slice key, value;
	struct chunk_place place;
	struct codec_chunk head;
	struct err why;
	int64_t first;
	int found;

	if (is_gone(txn, k, &look->gone, err) != 0)
		return -1;
	if (look->gone || k->first == INT64_MIN)
		return 0;
	prefix.n -= sizeof(int64_t);
	limit = chunk_key(txn->arena, &k->place, k->first - 1);
	found = txn_before(txn, DB_CHUNKS, key_slice(&prefix), key_slice(&limit), &key, &value, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	look->overlaps = chunk_key_parse(key, &place, &first) == 0 &&
	    codec_chunk_open(value, txn->arena, &head, &why) == 0 && head.max_time >= k->first;
	return 0;
}

/*
 * What its key says: whose it is, and that it lies behind the chunk before.
 */
static int
check_key(struct chunk_check *k, bool *well, struct err *err)
{
	struct check *c = k->c;
	struct look look = { .k = k };
	bool same = c->last.series == k->place.series &&
	    c->last.measurement_id == k->place.measurement_id;

	if ((k->of == NULL || c->schema_is_stale) && check_schema(c, err) != 0)
		return -1;
	k->of = check_measurement_of(c, k->place.measurement_id);
	if (k->of != NULL && k->of->m->bucket_id != k->place.bucket_id)
		k->of = NULL;
	if (k->of != NULL && !series_is_known(k) && load_series(k, err) != 0)
		return -1;
	*well = k->of != NULL && series_is_known(k) && (!same || c->last_max < k->first);
	if (*well)
		return 0;
	if (store_txn(c->store, STORE_READ, c->step, look_body, &look, err) != 0)
		return -1;
	if (look.gone)
		return 0;
	/* whole as far as anybody can tell: nothing to be dropped */
	if (k->of == NULL || !series_is_known(k)) {
		tell(k, k->of == NULL ? "it is of no measurement that there is" :
		    "it is of no series that the index has", false);
		return 0;
	}
	if (look.overlaps)
		return lose(k, "its times overlap those of the chunk before", err);
	*well = true;
	return 0;
}

static int
check_chunk(struct check *c, struct slice key, struct slice value, struct err *err)
{
	struct chunk_check k = { .c = c, .key = key, .value = value };
	struct err why;
	bool well;

	c->checked->chunks++;
	if (chunk_key_parse(key, &k.place, &k.first) != 0)
		return lose(&k, "its key is not that of a chunk", err);
	k.of = check_measurement_of(c, k.place.measurement_id);
	if (check_key(&k, &well, err) != 0)
		return -1;
	if (!well)
		return 0;
	if (codec_chunk_open(value, c->step, &k.copy.head, &why) != 0)
		return lose(&k, arena_string(c->step, slice_from(why.text)), err);
	if (k.copy.head.total_bytes != value.n || k.copy.head.min_time != k.first) {
		k.copy.head.n_rows = 0;
		return lose(&k, "its head is that of another chunk", err);
	}
	c->last = k.place;
	c->last_max = k.copy.head.max_time;
	k.copy.times = slice_make(value.p + k.copy.head.times_offset, k.copy.head.times_length);
	k.copy.whole = true;
	return check_columns(&k, err);
}

int
check_chunks(struct check *c, struct err *err)
{
	int r;

	c->series_arena = arena_new(4096);
	r = check_walk(c, DB_CHUNKS, "chunk", check_chunk, err);
	arena_free(c->series_arena);
	return r;
}
