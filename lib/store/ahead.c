/*
 * store/ahead.c - chunks of several series, read in one section
 *
 * A query asks for one series after the other, in an order that the scan was told. Entering the
 * store costs as much as reading a short series, so when the turn of one comes the first chunks of
 * those behind it are read as well, as far as a short section allows. Most queries find all they
 * need in these; a series that has more reads on alone.
 *
 * Which of a chunk's columns are wanted is asked inside too: none where its directory is enough.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "store/scan_priv.h"

#define AHEAD_BYTES (256u << 10)
#define AHEAD_SERIES 64

struct ahead_entry {
	struct scan_reach reach;
	struct chunk_batch batch;
};

struct scan_ahead {
	struct arena	*arena;		/* of the chunks */
	size_t		 n_users;	/* the scan, and cursors that read its chunks */
	size_t		 n, at;		/* entries; the first that nobody took */
	struct ahead_entry entries[AHEAD_SERIES];
};

/* ---- one series ---- */

/*
 * One window of the spec holds all of a span of times.
 */
static bool
in_one_window(const struct store_scan_spec *spec, int64_t min, int64_t max)
{
	uint64_t width = (uint64_t)spec->window_ns, shift, at;

	if (spec->window_ns == 0)
		return true;
	/* times are moved up by 2^63, so that none is negative, and the windows with them */
	at = (uint64_t)min ^ (UINT64_C(1) << 63);
	shift = ((UINT64_C(1) << 63) % width + (uint64_t)spec->window_phase) % width;
	if (at < shift)
		return false;
	return (at - shift) % width + ((uint64_t)max - (uint64_t)min) < width;
}

static bool
journal_touches(const struct scan_reach *reach, int64_t min, int64_t max)
{
	const struct store_scan *scan = reach->scan;
	size_t end = scan->first_segment[reach->index + 1];

	if (max < reach->journal_min || min > reach->journal_max)
		return false;
	for (size_t i = scan->first_segment[reach->index]; i < end; i++) {
		const struct scan_segment *s = &scan->segments[i];
		const struct scan_record *record = &scan->records[s->record];

		if (record_time(record, s->first) <= max &&
		    record_time(record, s->first + s->n - 1) >= min)
			return true;
	}
	return false;
}

/*
 * The one row asked for is the chunk's first or last, and the directory has all of it.
 */
static bool
edge_row_is_known(const struct store_scan *scan, const struct codec_chunk *head)
{
	const struct store_scan_spec *spec = &scan->spec;
	bool any = false;

	for (size_t i = 0; i < spec->n_fields; i++) {
		const struct codec_chunk_column *column = codec_chunk_find(head, spec->fields[i]);

		if (column == NULL || column->type != scan->types[i])
			continue;
		if (column->type == VALUE_STRING || (spec->descending
		    ? column->summary.last_row != head->n_rows - 1 : column->summary.first_row != 0))
			return false;
		any = true;
	}
	return any;
}

/*
 * Is the directory not enough?
 */
static bool
wants_columns(void *arg, const struct codec_chunk *head)
{
	const struct scan_reach *reach = arg;
	const struct store_scan_spec *spec = &reach->scan->spec;

	if (head->min_time < reach->from || head->max_time > reach->to ||
	    journal_touches(reach, head->min_time, head->max_time))
		return true;
	return spec->limit_rows == 1 ? !edge_row_is_known(reach->scan, head)
	    : !spec->summaries || !in_one_window(spec, head->min_time, head->max_time);
}

/*
 * What the journal has of the series is nearly always newer than its chunks: with its span, looking
 * through all segments for each chunk, which happens inside, is the exception.
 */
void
scan_reach_init(struct scan_reach *reach, const struct store_scan *scan, size_t index)
{
	*reach = (struct scan_reach){ scan, index, scan->spec.from, scan->spec.to, INT64_MAX,
		INT64_MIN };
	for (size_t i = scan->first_segment[index]; i < scan->first_segment[index + 1]; i++) {
		const struct scan_segment *s = &scan->segments[i];
		int64_t min = record_time(&scan->records[s->record], s->first);
		int64_t max = record_time(&scan->records[s->record], s->first + s->n - 1);

		reach->journal_min = min < reach->journal_min ? min : reach->journal_min;
		reach->journal_max = max > reach->journal_max ? max : reach->journal_max;
	}
}

int
scan_reach_read(struct txn *txn, struct txn_cursor *cursor, struct scan_reach *reach,
    size_t most_bytes, struct chunk_batch *batch, struct err *err)
{
	const struct store_scan_spec *spec = &reach->scan->spec;
	struct chunk_reading reading = {
		{ spec->measurement->bucket_id, spec->measurement->id, spec->series[reach->index] },
		reach->from, reach->to, spec->descending, spec->fields, spec->n_fields,
		spec->limit_rows == 0 ? most_bytes : 0,
		wants_columns, reach, NULL
	};

	return chunk_read_by(txn, cursor, &reading, batch, err);
}

int
scan_corrupt(const struct scan_reach *reach, struct err *err)
{
	const struct store_scan_spec *spec = &reach->scan->spec;
	struct err why = *err;

	if (err->code != ERR_CORRUPT)
		return -1;
	return err_set(err, ERR_CORRUPT, "%s (bucket %016llx, measurement \"" SLICE_FMT
	    "\", series %llu)", why.text, (unsigned long long)spec->measurement->bucket_id,
	    SLICE_ARG(spec->measurement->name), (unsigned long long)spec->series[reach->index]);
}

/* ---- several ---- */

static size_t
n_in_order(const struct store_scan *scan)
{
	return scan->spec.order != NULL ? scan->spec.n_order : scan->spec.n_series;
}

static size_t
in_order(const struct store_scan *scan, size_t position)
{
	return scan->spec.order != NULL ? scan->spec.order[position] : position;
}

/*
 * The series are chosen outside; how many of them a section had room for is told by ahead->n.
 */
struct ahead_job {
	struct scan_ahead *ahead;
	size_t		 n_chosen;
};

static int
read_body(struct txn *txn, void *arg, struct err *err)
{
	struct ahead_job *job = arg;
	struct scan_ahead *ahead = job->ahead;
	struct txn_cursor *cursor;
	size_t bytes = 0;
	int bad = 0;

	ahead->n = 0;
	if (txn_cursor_open(txn, DB_CHUNKS, &cursor, err) != 0)
		return -1;
	while (bad == 0 && ahead->n < job->n_chosen && bytes < AHEAD_BYTES) {
		struct ahead_entry *e = &ahead->entries[ahead->n++];

		bad = scan_reach_read(txn, cursor, &e->reach, AHEAD_BYTES - bytes, &e->batch, err);
		bytes += e->batch.n_bytes;
	}
	txn_cursor_close(cursor);
	return bad;
}

static struct scan_ahead *
ahead_new(void)
{
	struct scan_ahead *ahead = memory_alloc(sizeof(*ahead));

	ahead->arena = arena_new(65536);
	ahead->n_users = 1;
	ahead->n = ahead->at = 0;
	return ahead;
}

void
scan_ahead_release(struct scan_ahead *ahead)
{
	if (ahead == NULL || --ahead->n_users > 0)
		return;
	arena_free(ahead->arena);
	free(ahead);
}

/*
 * The memory of the last reading, when nobody needs what it has any more; else another.
 */
static struct scan_ahead *
begin_ahead(struct store_scan *scan)
{
	if (scan->ahead != NULL && scan->ahead->n_users == 1) {
		arena_reset(scan->ahead->arena);
	} else {
		scan_ahead_release(scan->ahead);
		scan->ahead = ahead_new();
	}
	return scan->ahead;
}

static int
read_ahead(struct store_scan *scan, struct err *err)
{
	struct scan_ahead *ahead = begin_ahead(scan);
	struct ahead_job job = { ahead, n_in_order(scan) - scan->n_ahead };

	if (job.n_chosen > AHEAD_SERIES)
		job.n_chosen = AHEAD_SERIES;
	for (size_t i = 0; i < job.n_chosen; i++)
		scan_reach_init(&ahead->entries[i].reach, scan, in_order(scan, scan->n_ahead + i));
	ahead->at = 0;
	if (store_txn(scan->store, STORE_READ, ahead->arena, read_body, &job, err) != 0) {
		size_t n = ahead->n;

		ahead->n = 0;
		return n > 0 ? scan_corrupt(&ahead->entries[n - 1].reach, err) : -1;
	}
	scan->n_ahead += ahead->n;
	return 0;
}

static const struct ahead_entry *
find_entry(struct scan_ahead *ahead, size_t index)
{
	for (size_t i = ahead->at; i < ahead->n; i++)
		if (ahead->entries[i].reach.index == index) {
			ahead->at = i + 1;
			return &ahead->entries[i];
		}
	return NULL;
}

int
scan_ahead_take(struct store_scan *scan, size_t index, struct scan_ahead **out,
    struct chunk_batch *batch, struct err *err)
{
	const struct ahead_entry *e = scan->ahead != NULL ? find_entry(scan->ahead, index) : NULL;

	*out = NULL;
	if (e == NULL) {
		if (scan->n_ahead == n_in_order(scan) || in_order(scan, scan->n_ahead) != index)
			return 0;
		if (read_ahead(scan, err) != 0)
			return -1;
		e = find_entry(scan->ahead, index);
	}
	*out = scan->ahead;
	scan->ahead->n_users++;
	*batch = e->batch;
	return 0;
}
