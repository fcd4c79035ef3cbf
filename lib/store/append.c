/*
 * store/append.c - a batch's rows into the journal
 *
 *     reject what the bucket does not keep ─► find or make columns ─► reject conflicts
 *       ─► find or make series ─► sort, encode (outside) ─► names on disk ─► append (inside)
 *
 * All that computes happens outside the store's section; the last step only checks that nothing
 * was taken away meanwhile (the schema generation), and writes bytes. When something was, all of it
 * is done again from the start.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "codec/codec.h"
#include "store/journal.h"
#include "store/register.h"
#include "store/series_count.h"

#define RECORD_ROWS 8192
#define RECORD_BYTES (1u << 20)
#define FRAMES_KEPT (2u << 20)
#define TRIES 5			/* at least; more until lock_wait is over */
#define TRIES_AT_WILL 2		/* then others are asked to leave the schema alone */

/* ---- which rows may go in ---- */

static void
kill_row(struct append_table *table, uint32_t row)
{
	bit_set(table->dead, row);
	table->n_live--;
}

static void
reject_old_rows(struct batch *batch, struct append_table *table, int64_t retention_ns)
{
	const struct batch_table *rows = table->rows;
	int64_t oldest;

	if (retention_ns <= 0)
		return;
	oldest = clock_now_ns() - retention_ns;
	for (uint32_t row = 0; row < rows->n_rows; row++)
		if (rows->times[row] < oldest) {
			kill_row(table, row);
			batch_reject(batch->rejects, BATCH_REJECT_RETENTION, rows->lines[row],
			    "points beyond retention policy");
		}
}

static void
reject_for_column(struct store *store, struct batch *batch, struct append_table *table,
    uint32_t row, const struct batch_column *c, const struct column *known)
{
	const struct batch_table *rows = table->rows;
	uint64_t most = store->env.options.max_columns;

	kill_row(table, row);
	if (known == NULL)
		batch_reject(batch->rejects, BATCH_REJECT_LIMIT, rows->lines[row],
		    "couldn't create columns in table `" SLICE_FMT "`; table contains %zu existing "
		    "columns, applying this write would result in %zu columns, limit is %llu",
		    SLICE_ARG(rows->name), table->m->n + 1, table->m->n + 2, (unsigned long long)most);
	else if (known->kind == COLUMN_TAG)
		batch_reject(batch->rejects, BATCH_REJECT_CONFLICT, rows->lines[row],
		    "tag and field conflict: input field \"" SLICE_FMT "\" on measurement \""
		    SLICE_FMT "\" already exists as a tag", SLICE_ARG(c->name), SLICE_ARG(rows->name));
	else
		batch_reject(batch->rejects, BATCH_REJECT_CONFLICT, rows->lines[row],
		    "field type conflict: input field \"" SLICE_FMT "\" on measurement \"" SLICE_FMT
		    "\" is type %s, already exists as type %s", SLICE_ARG(c->name),
		    SLICE_ARG(rows->name), value_type_name(c->type), value_type_name(known->type));
}

static void
reject_field_conflicts(struct store *store, struct batch *batch, struct append_table *table)
{
	const struct batch_table *rows = table->rows;

	for (uint32_t i = 0; i < rows->n_columns; i++) {
		const struct batch_column *c = &rows->columns[i];
		const struct column *known = schema_column_known(table->m, c->name);

		table->columns[i] = NULL;
		if (known != NULL && known->kind == COLUMN_FIELD && known->type == c->type) {
			table->columns[i] = known;
			continue;
		}
		for (uint32_t row = c->first_row; row < rows->n_rows; row++)
			if (batch_has(c, row) && !bit_get(table->dead, row))
				reject_for_column(store, batch, table, row, c, known);
	}
}

/*
 * Does a series have a tag whose name is a field's, or one that there is no room for?
 */
static int
bad_tag(struct store *store, const struct append_table *table, const struct series_ref *ref,
    struct slice *name, const struct column **known, struct err *err)
{
	struct tag *tags;
	int n = tag_set_decode(ref->tags, store->scratch, &tags);

	if (n < 0)
		return err_set(err, ERR_INTERNAL, "a series has no readable tags");
	for (int i = 0; i < n; i++) {
		*known = schema_column_known(table->m, tags[i].key);
		*name = tags[i].key;
		if (*known == NULL || (*known)->kind != COLUMN_TAG)
			return 1;
	}
	return 0;
}

static void
reject_series(struct store *store, struct batch *batch, struct append_table *table, uint32_t ref,
    struct slice name, const struct column *known)
{
	const struct batch_table *rows = table->rows;

	for (uint32_t row = 0; row < rows->n_rows; row++) {
		if (rows->series[row] != ref || bit_get(table->dead, row))
			continue;
		if (known == NULL) {
			struct batch_column tag = { .name = name };

			reject_for_column(store, batch, table, row, &tag, NULL);
			continue;
		}
		kill_row(table, row);
		batch_reject(batch->rejects, BATCH_REJECT_CONFLICT, rows->lines[row],
		    "tag and field conflict: input tag \"" SLICE_FMT "\" on measurement \"" SLICE_FMT
		    "\" already exists as a field of type %s", SLICE_ARG(name), SLICE_ARG(rows->name),
		    value_type_name(known->type));
	}
}

static int
reject_tag_conflicts(struct store *store, struct batch *batch, struct append_table *table,
    struct err *err)
{
	const struct batch_table *rows = table->rows;

	for (uint32_t k = 0; k < rows->n_refs; k++) {
		const struct column *known = NULL;
		struct slice name = { NULL, 0 };
		int bad;

		if (register_is_known(rows->refs[k], store->schema.generation))
			continue;
		if ((bad = bad_tag(store, table, rows->refs[k], &name, &known, err)) < 0)
			return -1;
		if (bad)
			reject_series(store, batch, table, k, name, known);
	}
	return 0;
}

static void
reject_table(struct store *store, struct batch *batch, struct append_table *table,
    const struct schema_bucket *bucket)
{
	for (uint32_t row = 0; row < table->rows->n_rows; row++)
		if (!bit_get(table->dead, row))
			batch_reject(batch->rejects, BATCH_REJECT_LIMIT, table->rows->lines[row],
			    "dml handler error: service limit reached: couldn't create new table; "
			    "namespace contains %llu existing tables, limit is %llu",
			    (unsigned long long)bucket->n_measurements,
			    (unsigned long long)store->env.options.max_measurements);
	table->n_live = 0;
}

/*
 * Rows whose series is one too many for the bucket; those of others stay.
 */
static void
reject_too_many_series(struct store *store, struct batch *batch, struct append_table *table,
    const struct schema_bucket *bucket)
{
	const struct batch_table *rows = table->rows;
	const char *culprit = series_count_culprit(store, bucket->id);

	for (uint32_t row = 0; row < rows->n_rows; row++) {
		if (bit_get(table->dead, row) || (table->m != NULL && register_is_known(
		    rows->refs[rows->series[row]], store->schema.generation)))
			continue;
		kill_row(table, row);
		batch_reject(batch->rejects, BATCH_REJECT_LIMIT, rows->lines[row],
		    "max-series-per-database limit exceeded: (%llu): this would be one more; %s",
		    (unsigned long long)store->env.options.max_series, culprit);
	}
}

/*
 * 0, 1 when the schema has moved, -1
 */
static int
prepare_table(struct store *store, struct schema_bucket *bucket, struct batch *batch,
    struct append_table *table, struct err *err)
{
	const struct batch_table *rows = table->rows;
	bool stale;

	table->dead = arena_zalloc(store->scratch, (rows->n_rows / 64 + 1) * sizeof(*table->dead));
	table->columns = arena_array(store->scratch, const struct column *, rows->n_columns + 1);
	table->n_live = rows->n_rows;
	reject_old_rows(batch, table, bucket->retention_ns);
	if (table->n_live == 0)
		return 0;
	if (register_columns(store, bucket, table, &stale, err) != 0)
		return -1;
	if (stale)
		return 1;
	if (table->m == NULL) {
		if (table->full)
			reject_too_many_series(store, batch, table, bucket);
		else
			reject_table(store, batch, table, bucket);
		return 0;
	}
	reject_field_conflicts(store, batch, table);
	if (reject_tag_conflicts(store, batch, table, err) != 0)
		return -1;
	if (table->n_live == 0)
		return 0;
	if (register_series(store, bucket, table, &stale, err) != 0)
		return -1;
	if (!stale && table->full)
		reject_too_many_series(store, batch, table, bucket);
	return stale;
}

/* ---- rows in order of series and time ---- */

struct sorted {
	uint32_t	*rows;		/* row numbers of the batch */
	uint32_t	 n;
	uint64_t	*series;	/* ids, ascending */
	uint32_t	*ends;
	uint32_t	 n_series;
};

struct ranked {
	uint64_t	 id;
	uint32_t	 ref;
};

static int
by_id(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/*
 * The refs of live rows by ascending id; ids of two refs may be equal (two spellings remembered
 * apart), and then they are one series.
 */
static uint32_t
rank_refs(struct arena *arena, const struct append_table *table, const uint32_t *count,
    uint32_t *rank, uint64_t *ids)
{
	const struct batch_table *rows = table->rows;
	struct ranked *order = arena_array(arena, struct ranked, rows->n_refs + 1);
	uint32_t n = 0, n_series = 0;
	bool in_order = true;

	for (uint32_t k = 0; k < rows->n_refs; k++) {
		if (count[k] == 0)
			continue;
		order[n] = (struct ranked){ rows->refs[k]->id, k };
		in_order = in_order && (n == 0 || order[n - 1].id <= order[n].id);
		n++;
	}
	if (!in_order)
		qsort(order, n, sizeof(*order), by_id);
	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 || order[i].id != order[i - 1].id)
			ids[n_series++] = order[i].id;
		rank[order[i].ref] = n_series - 1;
	}
	return n_series;
}

struct timed_row {
	int64_t		 time;
	uint32_t	 row;
};

static int
by_time(const void *a, const void *b)
{
	const struct timed_row *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static void
sort_times(struct arena *arena, const int64_t *times, uint32_t *rows, uint32_t n)
{
	struct timed_row *order;
	struct arena_mark mark;
	uint32_t i = 1;

	while (i < n && times[rows[i - 1]] <= times[rows[i]])
		i++;
	if (i >= n)
		return;
	mark = arena_mark(arena);
	order = arena_array(arena, struct timed_row, n);
	for (i = 0; i < n; i++)
		order[i] = (struct timed_row){ times[rows[i]], rows[i] };
	qsort(order, n, sizeof(*order), by_time);
	for (i = 0; i < n; i++)
		rows[i] = order[i].row;
	arena_rewind(arena, mark);
}

/*
 * A counting sort by series, which keeps the order of arrival; then each series by time.
 */
static void
sort_rows(struct arena *arena, const struct append_table *table, struct sorted *out)
{
	const struct batch_table *rows = table->rows;
	uint32_t *count = arena_zalloc(arena, (rows->n_refs + 1) * sizeof(*count));
	uint32_t *rank = arena_array(arena, uint32_t, rows->n_refs + 1);
	uint32_t *next, from = 0;

	for (uint32_t row = 0; row < rows->n_rows; row++)
		if (!bit_get(table->dead, row))
			count[rows->series[row]]++;
	out->series = arena_array(arena, uint64_t, rows->n_refs + 1);
	out->n_series = rank_refs(arena, table, count, rank, out->series);
	out->ends = arena_zalloc(arena, (out->n_series + 1) * sizeof(*out->ends));
	next = arena_array(arena, uint32_t, out->n_series + 1);
	for (uint32_t k = 0; k < rows->n_refs; k++)
		if (count[k] != 0)
			out->ends[rank[k]] += count[k];
	for (uint32_t s = 0; s < out->n_series; s++) {
		next[s] = from;
		out->ends[s] = from += out->ends[s];
	}
	out->n = from;
	out->rows = arena_array(arena, uint32_t, out->n + 1);
	for (uint32_t row = 0; row < rows->n_rows; row++)
		if (!bit_get(table->dead, row))
			out->rows[next[rank[rows->series[row]]]++] = row;
	for (uint32_t s = 0; s < out->n_series; s++) {
		uint32_t begin = s == 0 ? 0 : out->ends[s - 1];

		sort_times(arena, rows->times, out->rows + begin, out->ends[s] - begin);
	}
}

/* ---- records ---- */

static size_t
row_text_bytes(const struct append_table *table, uint32_t row)
{
	size_t n = 0;

	for (uint32_t i = 0; i < table->rows->n_columns; i++) {
		const struct batch_column *c = &table->rows->columns[i];

		if (c->type == VALUE_STRING && table->columns[i] != NULL && batch_has(c, row))
			n += c->strings[c->cells[row].u].n;
	}
	return n;
}

static bool
has_strings(const struct append_table *table)
{
	for (uint32_t i = 0; i < table->rows->n_columns; i++)
		if (table->rows->columns[i].type == VALUE_STRING)
			return true;
	return false;
}

/*
 * How many of the sorted rows from `from` on make one record.
 */
static uint32_t
record_rows(const struct append_table *table, const struct sorted *sorted, uint32_t from)
{
	size_t row_bytes = 8 * ((size_t)table->rows->n_columns + 1), bytes = 0;
	uint32_t n = 0, most = sorted->n - from < RECORD_ROWS ? sorted->n - from : RECORD_ROWS;

	if (!has_strings(table)) {
		size_t fit = RECORD_BYTES / row_bytes;

		return fit < 1 ? 1 : fit < most ? (uint32_t)fit : most;
	}
	while (n < most && (n == 0 || bytes < RECORD_BYTES))
		bytes += row_bytes + row_text_bytes(table, sorted->rows[from + n++]);
	return n;
}

static bool
gather_column(struct arena *arena, const struct batch_column *c, const struct column *known,
    const uint32_t *rows, uint32_t n, struct codec_column *out)
{
	union cell *cells = arena_array(arena, union cell, n);
	uint64_t *present;
	uint32_t n_present = 0;

	for (uint32_t i = 0; i < n; i++)
		cells[i] = c->cells[rows[i]];
	*out = (struct codec_column){ known->id, known->type, cells, NULL, c->strings };
	if (c->n_present == 0)
		return false;
	present = arena_zalloc(arena, (n / 64 + 1) * sizeof(*present));
	for (uint32_t i = 0; i < n; i++) {
		uint64_t bit = batch_has(c, rows[i]);

		present[i >> 6] |= bit << (i & 63);
		n_present += (uint32_t)bit;
	}
	if (n_present < n)
		out->present = present;
	return n_present > 0;
}

static int
by_field(const void *a, const void *b)
{
	const struct codec_column *x = a, *y = b;

	return (x->field > y->field) - (x->field < y->field);
}

static void
encode_rows(struct arena *arena, const struct append_table *table, const struct sorted *sorted,
    uint32_t from, uint32_t n, struct buf *to)
{
	const struct batch_table *rows = table->rows;
	int64_t *times = arena_array(arena, int64_t, n);
	uint64_t *series = arena_array(arena, uint64_t, sorted->n_series);
	uint32_t *ends = arena_array(arena, uint32_t, sorted->n_series);
	struct codec_column *columns = arena_array(arena, struct codec_column, rows->n_columns + 1);
	struct codec_rows out = { .n_rows = n, .times = times, .series = series, .ends = ends,
		.columns = columns };

	for (uint32_t i = 0; i < n; i++)
		times[i] = rows->times[sorted->rows[from + i]];
	for (uint32_t s = 0; s < sorted->n_series; s++) {
		uint32_t begin = s == 0 ? 0 : sorted->ends[s - 1], end = sorted->ends[s];

		if (end <= from || begin >= from + n)
			continue;
		series[out.n_series] = sorted->series[s];
		ends[out.n_series++] = (end < from + n ? end : from + n) - from;
	}
	for (uint32_t i = 0; i < rows->n_columns; i++)
		if (table->columns[i] != NULL && gather_column(arena, &rows->columns[i],
		    table->columns[i], sorted->rows + from, n, &columns[out.n_columns]))
			out.n_columns++;
	qsort(columns, out.n_columns, sizeof(*columns), by_field);
	codec_batch_encode(&out, to);
}

static void
encode_table(struct store *store, uint64_t bucket_id, const struct append_table *table,
    struct buf *frames)
{
	struct sorted sorted;
	uint32_t n;

	sort_rows(store->scratch, table, &sorted);
	for (uint32_t from = 0; from < sorted.n; from += n) {
		struct arena_mark mark = arena_mark(store->scratch);
		size_t begin = journal_frame_begin(frames);

		n = record_rows(table, &sorted, from);
		encode_rows(store->scratch, table, &sorted, from, n, frames);
		journal_frame_end(frames, begin, bucket_id, table->m->id);
		arena_rewind(store->scratch, mark);
	}
}

/*
 * The names first: whoever finds rows on disk finds there whose they are. What others made and we
 * found is covered too: columns and series are sought by a writing transaction, even where nothing is
 * made, and its end notes where the log ends.
 */
static int
put_frames(struct store *store, struct buf *frames, struct err *err)
{
	bool stale;

	if (env_sync(&store->env, SYNC_LOG, err) != 0)
		return -1;
	if (frames->n > 0)
		return journal_append(store, frames, &stale, err) != 0 ? -1 : stale;
	/* rows may all have been refused for what is not true any more */
	if (env_lock(&store->env, err) != 0)
		return -1;
	stale = register_is_stale(store);
	env_unlock(&store->env);
	return stale;
}

/*
 * 0, 1 when the schema has moved meanwhile, -1
 */
static int
append_once(struct store *store, uint64_t bucket_id, struct batch *batch, uint64_t *stored,
    struct err *err)
{
	struct schema_bucket *bucket;
	struct buf *frames = &store->frames;
	int r;

	*stored = 0;
	r = register_bucket(store, bucket_id, &bucket, err);
	for (uint32_t i = 0; r == 0 && i < batch->n_tables; i++) {
		struct append_table table = { .rows = batch->tables[i] };

		if (table.rows->n_rows == 0)
			continue;
		r = prepare_table(store, bucket, batch, &table, err);
		*stored += table.n_live;
		if (r == 0 && table.n_live > 0)
			encode_table(store, bucket_id, &table, frames);
	}
	if (r == 0)
		r = put_frames(store, frames, err);
	buf_reset(frames);
	if (frames->cap > FRAMES_KEPT)
		buf_free(frames);
	return r;
}

int
store_append(struct store *store, uint64_t bucket_id, struct batch *batch, uint64_t *stored,
    struct err *err)
{
	struct batch_rejects before = *batch->rejects;
	struct schema *schema = &store->schema;
	uint64_t now = store_auth_generation(store);
	int64_t until = clock_monotonic_ns() + (int64_t)store->env.options.wait_ms * 1000000;
	int r = 1;

	if (schema->auth_generation != now || arena_bytes(schema->arena) > schema->limit_bytes)
		schema_forget(schema);
	schema->auth_generation = now;
	for (int i = 0; r > 0 && (i < TRIES || clock_monotonic_ns() < until); i++) {
		int64_t since = i < TRIES_AT_WILL ? 0 : register_want_names(store);

		arena_reset(store->scratch);
		r = append_once(store, bucket_id, batch, stored, err);
		register_had_names(store, since);
		if (r > 0) {
			schema_forget(schema);
			*batch->rejects = before;
		}
	}
	arena_reset(store->scratch);
	if (r == 0)
		compact_relieve(store);
	if (r > 0)
		return err_set(err, ERR_UNAVAILABLE, "the schema of the bucket keeps changing");
	return r;
}
