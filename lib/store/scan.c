/*
 * store/scan.c - what there is to read: segments of journal records, by series
 *
 * The records of a measurement that overlap the range of times are copied out in short sections,
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

struct read_job {
	struct store_scan *scan;
	uint64_t	 first, next, end;
	uint64_t	 oldest;	/* the journal's: what came before is all in chunks */
	struct journal_record *records;
	size_t		 n;
	bool		 more;
};

static int
read_body(struct txn *txn, void *arg, struct err *err)
{
	struct read_job *job = arg;
	const struct store_scan_spec *spec = &job->scan->spec;
	struct journal_head head;

	if (journal_head_get(txn, spec->measurement->bucket_id, spec->measurement->id, &head,
	    err) != 0)
		return -1;
	job->oldest = head.first;
	job->next = job->first;
	job->end = job->scan->journal_end;
	return journal_read(txn, spec->measurement->bucket_id, spec->measurement->id, &job->next,
	    job->end, spec->from, spec->to, &job->records, &job->n, &job->more, err);
}

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
corrupt(const struct store_scan *scan, uint64_t sequence, struct err *err)
{
	struct err why = *err;

	return err_set(err, ERR_CORRUPT, "%s (bucket %016llx, measurement \"" SLICE_FMT
	    "\", journal record %llu)", why.text,
	    (unsigned long long)scan->spec.measurement->bucket_id,
	    SLICE_ARG(scan->spec.measurement->name), (unsigned long long)sequence);
}

/*
 * Keep a record when it has rows of interest; else its memory is given back at once.
 */
static int
consider(struct store_scan *scan, const struct journal_record *from, struct err *err)
{
	struct arena_mark mark = arena_mark(scan->arena);
	struct scan_record record = { .sequence = from->sequence };
	size_t before = scan->n_segments;
	bool keep;
	char *copy = arena_alloc(scan->arena, from->bytes.n + CODEC_SLACK);

	memcpy(copy, from->bytes.p, from->bytes.n + CODEC_SLACK);
	if (codec_batch_open(slice_make(copy, from->bytes.n), scan->arena, &record.batch, err) != 0)
		return corrupt(scan, from->sequence, err);
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

/*
 * The compactor drops the oldest records, between two of our sections too. Those that we have while
 * a later one is gone may be older than what chunks have, and would be taken for newer: they go, and
 * the rest is one state of the journal, that of the last section.
 */
static void
forget_dropped(struct store_scan *scan, uint64_t oldest)
{
	size_t gone = 0, kept = 0;

	while (gone < scan->n_records && scan->records[gone].sequence < oldest)
		gone++;
	if (gone == 0)
		return;
	scan->n_records -= gone;
	memmove(scan->records, scan->records + gone, scan->n_records * sizeof(*scan->records));
	for (size_t i = 0; i < scan->n_segments; i++) {
		struct scan_segment segment = scan->segments[i];

		if (segment.record < gone)
			continue;
		segment.record -= (uint32_t)gone;
		scan->segments[kept++] = segment;
	}
	scan->n_segments = kept;
}

static int
read_journal(struct store_scan *scan, struct err *err)
{
	struct store *store = scan->store;
	struct read_job job = { .scan = scan, .more = true };

	while (job.more) {
		arena_reset(store->scratch);
		if (store_txn(store, STORE_READ, store->scratch, read_body, &job, err) != 0)
			return -1;
		forget_dropped(scan, job.oldest);
		for (size_t i = 0; i < job.n; i++)
			if (consider(scan, &job.records[i], err) != 0)
				return -1;
		job.first = job.next;
	}
	arena_reset(store->scratch);
	return 0;
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

int
scan_begin_journal(struct store *store, const struct store_scan_spec *spec, uint64_t end,
    uint64_t after, struct store_scan **out, struct err *err)
{
	struct store_scan *scan = scan_new(store, spec);

	*out = scan;
	scan->journal_only = true;
	scan->journal_end = end;
	if (read_journal(scan, err) != 0) {
		store_scan_end(scan);
		*out = NULL;
		return -1;
	}
	find_series(scan, after);
	for (size_t i = 0; i < scan->n_records; i++)
		match_series(scan, (uint32_t)i, &scan->records[i]);
	sort_segments(scan);
	return 0;
}

void
store_scan_end(struct store_scan *scan)
{
	if (scan == NULL)
		return;
	while (scan->cursors != NULL)
		store_cursor_close(scan->cursors);
	free(scan->records);
	free(scan->segments);
	free(scan->first_segment);
	arena_free(scan->arena);
	free(scan);
}
