/*
 * store/scan.c - what there is to read: segments of journal records, by series
 *
 * The records of a measurement that overlap the range of times are read from the journal's files,
 * verified, and asked for the series wanted. What is found is a list of segments (record, first
 * row, rows) per series; cursors make blocks of them without entering the store again, so a scan
 * sees one state of the journal however long it is read.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "store/scan_priv.h"

/* ---- finding series in a record ---- */

/*
 * The first index whose id is not below `id`, from `low` on.
 */
static uint32_t
seek_series(const struct codec_batch *batch, uint32_t low, uint64_t id)
{
	uint32_t high = batch->n_series;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (codec_frame_get(&batch->series, middle) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
add_segment(struct store_scan *scan, uint32_t series, uint32_t index,
    const struct scan_record *record, uint32_t k)
{
	uint32_t first = k == 0 ? 0 : (uint32_t)codec_frame_get(&record->batch.ends, k - 1);
	uint32_t n = (uint32_t)codec_frame_get(&record->batch.ends, k) - first;

	record_clip(record, scan->spec.from, scan->spec.to, &first, &n);
	if (n == 0)
		return;
	if (scan->n_segments == scan->cap_segments) {
		scan->cap_segments = scan->cap_segments == 0 ? 256 : scan->cap_segments * 2;
		scan->segments = memory_grow(scan->segments, scan->cap_segments,
		    sizeof(*scan->segments));
	}
	scan->segments[scan->n_segments++] =
	    (struct scan_segment){ series, index, first, n };
}

/*
 * Both lists of ids rise. Few wanted series are sought one by one, many are merged.
 */
static void
match_series(struct store_scan *scan, uint32_t index, const struct scan_record *record)
{
	const struct codec_batch *batch = &record->batch;
	bool few = scan->spec.n_series < batch->n_series / 8;
	uint32_t k = 0;

	for (size_t i = 0; i < scan->spec.n_series && k < batch->n_series; i++) {
		uint64_t id = scan->spec.series[i];

		if (few)
			k = seek_series(batch, k, id);
		else
			while (k < batch->n_series && codec_frame_get(&batch->series, k) < id)
				k++;
		if (k < batch->n_series && codec_frame_get(&batch->series, k) == id)
			add_segment(scan, (uint32_t)i, index, record, k++);
	}
}

/* ---- reading the journal ---- */

static bool
find_columns(const struct store_scan *scan, struct scan_record *record)
{
	bool any = false;

	record->columns = arena_alloc_items(scan->arena, scan->spec.n_fields + 1,
	    sizeof(*record->columns));
	for (size_t i = 0; i < scan->spec.n_fields; i++) {
		const struct codec_batch_column *c =
		    codec_batch_find(&record->batch, scan->spec.fields[i]);

		record->columns[i] = c != NULL && c->type == scan->types[i] ? c : NULL;
		any = any || record->columns[i] != NULL;
	}
	return any;
}

static int
corrupt(const struct store_scan *scan, uint64_t position, struct err *err)
{
	struct err why = *err;

	return err_set(err, ERR_CORRUPT, "%s (bucket %016llx, measurement \"" SLICE_FMT
	    "\", journal file %u, byte %llu)", why.text,
	    (unsigned long long)scan->spec.measurement->bucket_id,
	    SLICE_ARG(scan->spec.measurement->name), journal_number(position),
	    (unsigned long long)journal_offset(position));
}

/*
 * Keep a record when it has rows of interest; else what memory it took is given back at once.
 */
static int
consider(struct store_scan *scan, uint64_t position, struct slice bytes, struct err *err)
{
	struct arena_mark mark = arena_mark(scan->arena);
	struct scan_record record = { .position = position };
	size_t before = scan->n_segments;
	bool keep;

	if (!scan->journal_only) {
		char *copy = arena_alloc(scan->arena, bytes.n + CODEC_SLACK);

		memcpy(copy, bytes.p, bytes.n + CODEC_SLACK);
		bytes.p = copy;
	}
	if (codec_batch_open(bytes, scan->arena, &record.batch, err) != 0) {
		atomic_store(&scan->store->env.mark->journal_damaged, 1);
		return corrupt(scan, position, err);
	}
	keep = find_columns(scan, &record);
	if (keep && !scan->journal_only) {
		match_series(scan, (uint32_t)scan->n_records, &record);
		keep = scan->n_segments > before;
	}
	if (!keep) {
		arena_rewind(scan->arena, mark);
		return 0;
	}
	if (scan->n_records == scan->cap_records) {
		scan->cap_records = scan->cap_records == 0 ? 64 : scan->cap_records * 2;
		scan->records = memory_grow(scan->records, scan->cap_records, sizeof(*scan->records));
	}
	scan->records[scan->n_records++] = record;
	return 0;
}

static int
visit_frame(void *arg, const struct journal_frame *frame, struct err *err)
{
	struct store_scan *scan = arg;
	const struct store_measurement *m = scan->spec.measurement;
	int64_t least, most;

	if (frame->kind == JOURNAL_DAMAGED || (frame->kind == JOURNAL_GAP &&
	    (frame->measurement_id == 0 || (frame->bucket_id == m->bucket_id &&
	    frame->measurement_id == m->id)))) {
		atomic_store(&scan->store->env.mark->journal_damaged, 1);
		return err_set(err, ERR_CORRUPT, "journal file %u is damaged at byte %llu; compaction "
		    "sets it aside", journal_number(frame->position),
		    (unsigned long long)journal_offset(frame->position));
	}
	if (frame->kind != JOURNAL_RECORD)
		return 0;
	if (frame->bucket_id != m->bucket_id || frame->measurement_id != m->id)
		return 0;
	if (codec_batch_span(frame->record, &least, &most) == 0 &&
	    (most < scan->spec.from || least > scan->spec.to))
		return 0;
	return consider(scan, frame->position, frame->record, err);
}

/*
 * A file that was drained before we came to it makes what was read no state of the journal: rows of
 * the files before it could be older than what chunks have by now. Then all is read again.
 */
static int
read_journal(struct store_scan *scan, struct err *err)
{
	const struct env *env = &scan->store->env;
	struct arena_mark mark = arena_mark(scan->arena);
	int r;

	do {
		arena_rewind(scan->arena, mark);
		scan->n_records = scan->n_segments = 0;
		r = journal_each(env, 0, journal_end(env), visit_frame, scan, err);
	} while (r > 0);
	return r;
}

/*
 * Segments were found record by record; bring those of each series together, oldest first.
 */
static void
sort_segments(struct store_scan *scan)
{
	struct scan_segment *sorted = memory_array(scan->n_segments + 1, sizeof(*sorted));
	size_t n = scan->spec.n_series, *next = memory_array(n + 1, sizeof(*next));

	scan->first_segment = memory_array(n + 1, sizeof(*scan->first_segment));
	for (size_t i = 0; i < scan->n_segments; i++)
		scan->first_segment[scan->segments[i].series + 1]++;
	for (size_t i = 0; i < n; i++)
		scan->first_segment[i + 1] += scan->first_segment[i];
	memcpy(next, scan->first_segment, (n + 1) * sizeof(*next));
	for (size_t i = 0; i < scan->n_segments; i++)
		sorted[next[scan->segments[i].series]++] = scan->segments[i];
	free(next);
	free(scan->segments);
	scan->segments = sorted;
}

static enum value_type
field_type(const struct store_measurement *m, uint32_t id)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (m->fields[i].id == id)
			return m->fields[i].type;
	return VALUE_NULL;
}

static struct store_scan *
scan_new(struct store *store, const struct store_scan_spec *spec)
{
	struct store_scan *scan = memory_zalloc(sizeof(*scan));

	scan->store = store;
	scan->spec = *spec;
	if (scan->spec.from < spec->measurement->oldest)
		scan->spec.from = spec->measurement->oldest;
	scan->arena = arena_new(65536);
	scan->types = arena_alloc_items(scan->arena, spec->n_fields + 1, sizeof(*scan->types));
	for (size_t i = 0; i < spec->n_fields; i++)
		scan->types[i] = field_type(spec->measurement, spec->fields[i]);
	return scan;
}

int
store_scan_begin(struct store *store, const struct store_scan_spec *spec, struct store_scan **out,
    struct err *err)
{
	struct store_scan *scan = scan_new(store, spec);

	*out = scan;
	if (spec->n_series > 0 && spec->n_fields > 0 && scan->spec.from <= spec->to &&
	    read_journal(scan, err) != 0) {
		store_scan_end(scan);
		*out = NULL;
		return -1;
	}
	sort_segments(scan);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/*
 * The series above `after` that the records hold.
 */
static void
find_series(struct store_scan *scan, uint64_t after)
{
	uint64_t *ids, total = 0;
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < scan->n_records; i++)
		total += scan->records[i].batch.n_series;
	ids = arena_array(scan->arena, uint64_t, total + 1);
	for (size_t i = 0; i < scan->n_records; i++)
		for (uint32_t k = 0; k < scan->records[i].batch.n_series; k++) {
			ids[n] = codec_frame_get(&scan->records[i].batch.series, k);
			n += ids[n] > after;
		}
	if (n > 0)
		qsort(ids, n, sizeof(*ids), by_number);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	scan->spec.series = ids;
	scan->spec.n_series = kept;
}

void
scan_begin_frames(struct store *store, const struct store_scan_spec *spec,
    const struct journal_frame *frames, size_t n, uint64_t after, struct store_scan **out)
{
	struct store_scan *scan = scan_new(store, spec);
	struct err why;

	*out = scan;
	scan->journal_only = true;
	scan->damaged = arena_array(scan->arena, uint64_t, n + 1);
	for (size_t i = 0; i < n; i++)
		if (consider(scan, frames[i].position, frames[i].record, &why) != 0)
			scan->damaged[scan->n_damaged++] = frames[i].position;
	find_series(scan, after);
	for (size_t i = 0; i < scan->n_records; i++)
		match_series(scan, (uint32_t)i, &scan->records[i]);
	sort_segments(scan);
}

void
store_scan_end(struct store_scan *scan)
{
	if (scan == NULL)
		return;
	while (scan->cursors != NULL)
		store_cursor_close(scan->cursors);
	cursor_free(scan->spare);
	scan_ahead_release(scan->ahead);
	free(scan->records);
	free(scan->segments);
	free(scan->first_segment);
	arena_free(scan->arena);
	free(scan);
}
