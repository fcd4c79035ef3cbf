/*
 * export/export.c - from the store to lines
 *
 *     measurement ─► series, a batch of them ─► key of each, printed once ┐
 *                        └─► scan ─► cursor ─► blocks of rows ────────────┴─► a line a row
 *
 * Memory goes by a batch of series and by a block of rows, whatever the bucket holds.
 */
#include "export/export.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "line/line.h"

#define SERIES_AT_ONCE ((size_t)1024)

struct exporting {
	struct store	*store;
	const struct export_spec *spec;
	struct arena	*names;		/* of counts->unsaid */
	struct arena	*arena;		/* of the measurement in hand */
	struct arena	*batch;		/* of the batch of series */
	struct out	*out;
	struct export_counts *counts;
	const struct store_measurement *m;
	uint32_t	*fields, *tags;	/* ids */
	struct slice	*field_texts;	/* "name=", with escapes; n 0: it cannot be said */
	struct buf	 key;		/* of the series in hand */
};

/*
 * Something that line protocol has no words for: its points, or this field of them, stay behind.
 */
static void
leave_out(struct exporting *e, const char *what, struct slice name)
{
	if (e->counts->n_unsaid++ == 0)
		e->counts->unsaid = arena_printf(e->names, "measurement \"" SLICE_FMT "\": %s \""
		    SLICE_FMT "\"", SLICE_ARG(e->m->name), what, SLICE_ARG(name));
}

static int
put_key(struct exporting *e, const struct slice *values)
{
	buf_reset(&e->key);
	if (line_print_measurement(&e->key, e->m->name) != 0) {
		leave_out(e, "its name", e->m->name);
		return -1;
	}
	for (size_t t = 0; t < e->m->n_tags; t++) {
		if (values[t].n == 0)
			continue;
		buf_putc(&e->key, ',');
		if (line_print_name(&e->key, e->m->tags[t].name) != 0) {
			leave_out(e, "the tag", e->m->tags[t].name);
			return -1;
		}
		buf_putc(&e->key, '=');
		if (line_print_name(&e->key, values[t]) != 0) {
			leave_out(e, "the tag value", values[t]);
			return -1;
		}
	}
	buf_putc(&e->key, ' ');
	return 0;
}

static bool
put_field(struct exporting *e, const struct store_block *block, size_t field, size_t row, bool first)
{
	struct buf *line = &e->out->buf;
	struct value v = store_block_value(block, field, row);

	if (v.type == VALUE_NULL || e->field_texts[field].n == 0)
		return false;
	if (v.type == VALUE_FLOAT && !isfinite(v.f))
		return false;
	if (!first)
		buf_putc(line, ',');
	buf_put_slice(line, e->field_texts[field]);
	line_print_value(line, &v);
	return true;
}

static void
put_row(struct exporting *e, const struct store_block *block, size_t row)
{
	struct buf *line = &e->out->buf;
	size_t begin = line->n;
	bool any = false;

	buf_put_slice(line, buf_slice(&e->key));
	for (size_t f = 0; f < e->m->n_fields; f++)
		any |= put_field(e, block, f, row, !any);
	if (!any) {
		line->n = begin;
		return;
	}
	buf_putc(line, ' ');
	number_put_int(line, block->times[row]);
	buf_putc(line, '\n');
	e->counts->n_points++;
}

static int
put_series(struct exporting *e, struct store_cursor *cursor, struct err *err)
{
	const struct store_block *block;

	for (;;) {
		if (store_cursor_next(cursor, &block, err) != 0)
			return -1;
		if (block == NULL)
			return 0;
		for (size_t row = 0; row < block->n_rows; row++) {
			put_row(e, block, row);
			if (!out_ready(e->out))
				return err_set(err, ERR_IO, "the lines cannot be written");
		}
	}
}

static int
put_batch(struct exporting *e, const uint64_t *ids, size_t n, struct err *err)
{
	struct store_scan_spec spec = { .measurement = e->m, .series = ids, .n_series = n,
		.fields = e->fields, .n_fields = e->m->n_fields, .from = e->spec->from,
		.to = e->spec->to };
	struct store_scan *scan;
	struct slice *values;
	int result = 0;

	if (store_series_tags(e->store, e->m, ids, n, e->tags, e->m->n_tags, e->batch, &values,
	    err) != 0 || store_scan_begin(e->store, &spec, &scan, err) != 0)
		return -1;
	for (size_t i = 0; i < n && result == 0; i++) {
		struct store_cursor *cursor = store_scan_cursor(scan, i);

		if (put_key(e, values + i * e->m->n_tags) == 0)
			result = put_series(e, cursor, err);
		store_cursor_close(cursor);
		e->counts->n_series++;
		if (e->spec->progress != NULL)
			e->spec->progress(e->spec->arg, e->counts);
	}
	store_scan_end(scan);
	arena_reset(e->batch);
	return result;
}

static void
name_fields(struct exporting *e)
{
	e->fields = arena_array(e->arena, uint32_t, e->m->n_fields);
	e->field_texts = arena_array(e->arena, struct slice, e->m->n_fields);
	for (size_t f = 0; f < e->m->n_fields; f++) {
		buf_reset(&e->key);
		e->fields[f] = e->m->fields[f].id;
		if (line_print_name(&e->key, e->m->fields[f].name) != 0) {
			e->field_texts[f] = SLICE("");
			leave_out(e, "the field", e->m->fields[f].name);
			continue;
		}
		buf_putc(&e->key, '=');
		e->field_texts[f] = arena_copy(e->arena, buf_slice(&e->key));
	}
}

static int
put_measurement(struct exporting *e, struct err *err)
{
	struct store_series_list all;

	name_fields(e);
	e->tags = arena_array(e->arena, uint32_t, e->m->n_tags);
	for (size_t t = 0; t < e->m->n_tags; t++)
		e->tags[t] = e->m->tags[t].id;
	if (store_series_all(e->store, e->m, e->arena, &all, err) != 0)
		return -1;
	e->counts->n_measurements++;
	for (size_t done = 0; done < all.n; done += SERIES_AT_ONCE) {
		size_t n = all.n - done < SERIES_AT_ONCE ? all.n - done : SERIES_AT_ONCE;

		if (put_batch(e, all.ids + done, n, err) != 0)
			return -1;
	}
	return 0;
}

/* ---- which measurements ---- */

struct wanted {
	uint64_t	 bucket_id;
	struct slice	 name;
	struct slice	*names;
	size_t		 n_names;
	struct store_measurement *measurement;
};

static int
list_names(struct txn *txn, void *arg, struct err *err)
{
	struct wanted *w = arg;

	return store_measurements(txn, w->bucket_id, &w->names, &w->n_names, err);
}

static int
get_one(struct txn *txn, void *arg, struct err *err)
{
	struct wanted *w = arg;

	return store_measurement_get(txn, w->bucket_id, w->name, &w->measurement, err);
}

static int
put_named(struct exporting *e, struct slice name, bool required, struct err *err)
{
	struct wanted w = { .bucket_id = e->spec->bucket_id, .name = name };
	int result = store_txn(e->store, STORE_READ, e->arena, get_one, &w, err);

	e->m = w.measurement;
	if (result == 0 && e->m != NULL)
		result = put_measurement(e, err);
	else if (result == 0 && required)
		result = err_set(err, ERR_NOT_FOUND, "measurement \"" SLICE_FMT "\" not found",
		    SLICE_ARG(name));
	arena_reset(e->arena);
	return result;
}

static int
put_all(struct exporting *e, struct err *err)
{
	struct wanted w = { .bucket_id = e->spec->bucket_id };
	struct arena *arena = arena_new(4096);
	int result = store_txn(e->store, STORE_READ, arena, list_names, &w, err);

	for (size_t i = 0; i < w.n_names && result == 0; i++)
		result = put_named(e, w.names[i], false, err);
	arena_free(arena);
	return result;
}

int
export_bucket(struct store *store, const struct export_spec *spec, struct arena *arena,
    struct out *out, struct export_counts *counts, struct err *err)
{
	struct exporting e = { .store = store, .spec = spec, .names = arena, .out = out,
		.counts = counts, .arena = arena_new(65536), .batch = arena_new(65536) };
	int result = spec->measurement.n > 0 ? put_named(&e, spec->measurement, true, err)
	    : put_all(&e, err);

	buf_free(&e.key);
	arena_free(e.arena);
	arena_free(e.batch);
	return result;
}
