/*
 * query/into.c - SELECT ... INTO: the rows of an answer written as points
 *
 *     engine ─► series, rows ─► this sink ─► batch ─► store_append, whenever a batch is full
 *
 * The engine answers as it always does, into a sink that keeps nothing but the batch: the columns
 * become fields, with the types that the rows have, and the tags of GROUP BY become tags. A null is
 * no field, and a row without one is no point. The statement's own answer is how many were written.
 */
#include <math.h>

#include "base/hash.h"
#include "base/table.h"
#include "model/batch.h"
#include "model/tag.h"
#include "query/query_priv.h"
#include "query/select.h"

#define BATCH_ROWS	20000
#define BATCH_BYTES	((size_t)8 << 20)

struct into {
	struct rows_sink sink;		/* first: it is cast back */
	struct query_context *ctx;
	const struct select *select;
	uint64_t	 bucket_id;
	struct arena	*arena;		/* of the batch */
	struct batch	 batch;
	struct batch_rejects rejects;
	struct table	 refs;		/* of the batch: series by measurement and tags */

	struct buf	 name;		/* of the measurement that is written to */
	struct buf	 tags;		/* of the present series, canonical */
	struct series_ref *ref;		/* of it in this batch; NULL = not yet */
	const struct slice *columns;
	size_t		 n_columns;

	uint64_t	 n_written;
	bool		 failed;
	struct err	 err;
};

/* ---- the batch ---- */

static void
begin_batch(struct into *into)
{
	arena_reset(into->arena);
	table_clear(&into->refs);
	batch_init(&into->batch, into->arena, &into->rejects);
	into->ref = NULL;
}

static int
flush(struct into *into, struct err *err)
{
	uint64_t stored;
	int result = 0;

	if (into->batch.n_rows > 0)
		result = store_append(into->ctx->store, into->bucket_id, &into->batch, &stored,
		    err);
	begin_batch(into);
	return result;
}

/*
 * The present series as this batch knows it: one ref for a measurement and tags.
 */
static struct series_ref *
present_ref(struct into *into)
{
	struct table_entry *entry;
	struct buf key = { 0 };
	bool made;

	if (into->ref != NULL)
		return into->ref;
	buf_printf(&key, "%zu ", into->name.n);
	buf_put_slice(&key, buf_slice(&into->name));
	buf_put_slice(&key, buf_slice(&into->tags));
	entry = table_put(&into->refs, arena_copy(into->arena, buf_slice(&key)), &made);
	buf_free(&key);
	if (made) {
		struct series_ref *ref = arena_zalloc(into->arena, sizeof(*ref));

		ref->tags = arena_copy(into->arena, buf_slice(&into->tags));
		ref->hash = hash_stable(ref->tags.p, ref->tags.n);
		entry->value = (uintptr_t)ref;
	}
	into->ref = (void *)(uintptr_t)entry->value;
	return into->ref;
}

/* ---- one row ---- */

/*
 * Has a column a value that a point can hold? Its own name for the time is not the field's.
 */
static bool
is_field(const struct into *into, size_t column, const struct value *v)
{
	if (v->type == VALUE_NULL || v->type == VALUE_TIME ||
	    slice_eq(into->columns[column], SLICE("time")))
		return false;
	return v->type != VALUE_FLOAT || isfinite(v->f);
}

static void
put_field(struct into *into, struct batch_table *table, uint32_t row, struct slice name,
    const struct value *v)
{
	enum value_type type = v->type == VALUE_TAG ? VALUE_STRING : v->type;
	struct batch_column *column = batch_column(&into->batch, table, name, type);

	switch (type) {
	case VALUE_STRING:
		column->cells[row].u = batch_column_add_string(&into->batch, column,
		    arena_copy(into->arena, v->s));
		break;
	case VALUE_BOOLEAN:
		column->cells[row].u = v->b;
		break;
	default:
		column->cells[row].u = v->u;
	}
	batch_set_present(column, row);
}

static void
put_row(struct into *into, const struct value *values)
{
	struct batch_table *table = NULL;
	uint32_t row = 0;

	for (size_t i = 1; i < into->n_columns; i++) {
		if (!is_field(into, i, &values[i]))
			continue;
		if (table == NULL) {
			table = batch_table(&into->batch, buf_slice(&into->name));
			row = batch_table_add_row(&into->batch, table, values[0].i,
			    batch_table_add_ref(&into->batch, table, present_ref(into)),
			    (uint32_t)(into->n_written + 1));
		}
		put_field(into, table, row, into->columns[i], &values[i]);
	}
	into->n_written += table != NULL;
}

/* ---- the sink ---- */

static void
ignore_begin(struct rows_sink *sink, unsigned id)
{
	(void)sink;
	(void)id;
}

static void
series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct into *into = (struct into *)sink;
	const struct measurement *target = &into->select->into;

	buf_reset(&into->name);
	buf_put_slice(&into->name, into->select->into_same_name ? series->name : target->name);
	buf_reset(&into->tags);
	tag_set_encode(series->tags, series->tags != NULL ? series->n_tags : 0, &into->tags);
	into->columns = series->columns;
	into->n_columns = series->n_columns;
	into->ref = NULL;
}

static bool
row(struct rows_sink *sink, const struct value *values)
{
	struct into *into = (struct into *)sink;

	put_row(into, values);
	if (into->batch.n_rows < BATCH_ROWS && arena_bytes(into->arena) < BATCH_BYTES)
		return true;
	into->failed = flush(into, &into->err) != 0;
	return !into->failed;
}

static void
ignore(struct rows_sink *sink)
{
	(void)sink;
}

static void
ignore_message(struct rows_sink *sink, const char *level, struct slice text)
{
	(void)sink;
	(void)level;
	(void)text;
}

static void
ignore_error(struct rows_sink *sink, struct slice text)
{
	(void)sink;
	(void)text;
}

/* ---- the statement ---- */

/*
 * Run the engine with this sink. A limit on the rows of an answer is not one on those written.
 */
static int
read_rows(struct into *into, struct select *select, struct err *err)
{
	struct query_context *ctx = into->ctx;
	struct rows_sink *sink = ctx->sink;
	uint64_t max_rows = ctx->limits.max_rows;
	int result;

	ctx->sink = &into->sink;
	ctx->limits.max_rows = 0;
	select->has_into = false;
	result = query_select_run(ctx, select, err);
	query_answer_end(ctx);
	select->has_into = true;
	ctx->limits.max_rows = max_rows;
	ctx->n_rows = 0;
	ctx->sink = sink;
	if (!into->failed)
		return result;
	ctx->gone = false;	/* it was the store that could not go on */
	return err_set(err, into->err.code, "%s", into->err.text);
}

static int
answer(struct into *into, struct err *err)
{
	static const struct slice columns[] = { { "time", 4 }, { "written", 7 } };
	struct rows_series series = { .name = SLICE("result"), .columns = columns,
	    .n_columns = 2 };
	struct value values[2] = { { .type = VALUE_TIME, .i = 0 },
	    { .type = VALUE_INTEGER, .i = (int64_t)into->n_written } };
	int result;

	if (into->rejects.n > 0)
		return err_set(err, ERR_CONFLICT, "partial write: " SLICE_FMT " dropped=%llu",
		    SLICE_ARG(into->rejects.kept[0].text), (unsigned long long)into->rejects.n);
	query_answer_begin(into->ctx, &series);
	result = query_answer_row(into->ctx, values, err);
	query_answer_end(into->ctx);
	return result;
}

static int
write_rows(struct into *into, struct select *select, struct err *err)
{
	struct err why;
	int result = read_rows(into, select, err);

	/* what was read before an error is written, as it would have been answered */
	if (!into->failed && flush(into, &why) != 0 && result == 0)
		result = err_set(err, why.code, "%s", why.text);
	if (into->n_written > 0 && store_sync(into->ctx->store, &why) != 0 && result == 0)
		result = err_set(err, why.code, "%s", why.text);
	return result == 0 ? answer(into, err) : -1;
}

int
query_into_run(struct query_context *ctx, const struct statement *statement, struct err *err)
{
	struct into into = { .ctx = ctx, .select = statement->select };
	int result;

	into.sink = (struct rows_sink){ ignore_begin, series_begin, row, ignore, ignore_message,
	    ignore_error, ignore, ignore, NULL };
	if (query_destination(ctx, &statement->select->into, SLICE(""), &into.bucket_id, err) != 0)
		return -1;
	into.arena = arena_new(65536);
	batch_rejects_init(&into.rejects, ctx->arena);
	begin_batch(&into);
	result = write_rows(&into, statement->select, err);
	buf_free(&into.name);
	buf_free(&into.tags);
	table_free(&into.refs);
	arena_free(into.arena);
	return result;
}
