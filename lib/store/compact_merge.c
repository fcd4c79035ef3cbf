/*
 * store/compact_merge.c - the rows of one series into its chunks
 *
 * Rows that come behind all chunks, the usual case, become chunks of their own. So that a series
 * which gets few rows at a time does not end in crumbs, a small chunk before them is taken in when
 * it is not much larger than what is there already, so each row is written a few times in all, not
 * each time. A chunk of CRUMB_ROWS is packed nearly as well as a full one and stays: taking it in
 * would log it twice more. A full compaction goes further back.
 *
 * Late rows are merged into the chunks whose times they fall into; chunks that they only pass by
 * stay as they are.
 */
#include <stdlib.h>

#include "store/compact_priv.h"

#define ENOUGH_BYTES (2u << 20)	/* of chunks put in one step */
#define SLIGHTLY 3		/* a chunk before is taken in up to so many times the rows there */
#define CRUMB_ROWS 1024
#define BEFORE_BYTES (64u << 10)	/* of chunks before, read in one section */
#define FULL_ROWS (CODEC_CHUNK_ROWS / 2)	/* the same for a full compaction */

void
chunk_changes_add(struct chunk_changes *ch, uint64_t series, int64_t first_time, struct slice bytes)
{
	if (ch->n == ch->cap) {
		size_t cap = ch->cap == 0 ? 32 : ch->cap * 2;

		ch->list = arena_grow(ch->arena, ch->list, ch->cap, cap);
		ch->cap = cap;
	}
	ch->list[ch->n++] = (struct chunk_change){ series, first_time, bytes };
	ch->bytes += bytes.n;
}

/*
 * Deletes before puts: a chunk that is made anew may have the key of an old one.
 */
static int
deletes_first(const void *a, const void *b)
{
	const struct chunk_change *x = a, *y = b;

	if (x->series != y->series)
		return x->series < y->series ? -1 : 1;
	if (x->first_time != y->first_time)
		return x->first_time < y->first_time ? -1 : 1;
	return (x->bytes.n > 0) - (y->bytes.n > 0);
}

void
chunk_changes_sort(struct chunk_changes *ch)
{
	if (ch->n > 0)
		qsort(ch->list, ch->n, sizeof(*ch->list), deletes_first);
}

int
chunk_changes_put(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
    const struct chunk_changes *ch, struct err *err)
{
	for (size_t i = 0; i < ch->n; i++) {
		const struct chunk_change *c = &ch->list[i];
		struct chunk_place place = { bucket_id, measurement_id, c->series };

		if ((c->bytes.n > 0 ? chunk_put(txn, &place, c->first_time, c->bytes, err)
		    : chunk_delete(txn, &place, c->first_time, err)) != 0)
			return -1;
	}
	return 0;
}

/* ---- what comes out ---- */

struct writer {
	const struct merge_spec *spec;
	struct chunk_changes *changes;
	struct rowset	 rows;		/* not yet a chunk */
};

static void
emit(struct writer *w, uint32_t first, uint32_t n)
{
	chunk_changes_add(w->changes, w->spec->series, w->rows.times[first],
	    rowset_encode(&w->rows, first, n));
}

static void
emit_full(struct writer *w)
{
	struct rowset rest;
	uint32_t first = 0;

	while (w->rows.n - first >= CODEC_CHUNK_ROWS) {
		emit(w, first, CODEC_CHUNK_ROWS);
		first += CODEC_CHUNK_ROWS;
	}
	if (first == 0)
		return;
	rowset_init(&rest, w->rows.arena, w->spec->fields, w->spec->n_fields);
	rowset_add(&rest, &w->rows, first, w->rows.n - first);
	w->rows = rest;
}

static void
flush(struct writer *w)
{
	emit_full(w);
	if (w->rows.n > 0)
		emit(w, 0, w->rows.n);
	rowset_clear(&w->rows);
}

static void
put_rows(struct writer *w, const struct rowset *from, uint32_t first, uint32_t n)
{
	while (n > 0 && from->times[first] < w->spec->oldest) {
		first++;
		n--;
	}
	rowset_add(&w->rows, from, first, n);
}

/*
 * Two sets of rows, each in order: on the same time the newer one's fields stand.
 */
static void
put_merged(struct writer *w, const struct rowset *older, const struct rowset *newer, uint32_t from,
    uint32_t to)
{
	uint32_t a = 0, b = from;

	while (a < older->n || b < to) {
		uint32_t run = 0;

		if (b >= to || (a < older->n && older->times[a] < newer->times[b])) {
			while (a + run < older->n && (b >= to || older->times[a + run] < newer->times[b]))
				run++;
			put_rows(w, older, a, run);
			a += run;
		} else if (a >= older->n || newer->times[b] < older->times[a]) {
			while (b + run < to && (a >= older->n || newer->times[b + run] < older->times[a]))
				run++;
			put_rows(w, newer, b, run);
			b += run;
		} else {
			if (newer->times[b] >= w->spec->oldest)
				rowset_add_folded(&w->rows, older, a, newer, b);
			a++;
			b++;
		}
	}
}

/* ---- what is there ---- */

struct look {
	const struct merge_spec *spec;
	const struct rowset *rows;
	struct chunk_reading reading;
	struct chunk_batch batch;
	struct arena	*arena;
	/* of chunks before: rows that there are, then with those to be taken in; so large a chunk is */
	uint32_t	 begun, total, most_rows;
};

struct merge_seen {
	struct chunk_batch before, met;
};

/*
 * Do any of the rows fall into this chunk?
 */
static bool
is_touched(void *arg, const struct codec_chunk *head)
{
	const struct look *look = arg;
	uint32_t at = rowset_seek(look->rows, head->min_time);

	return at < look->rows->n && look->rows->times[at] <= head->max_time;
}

/*
 * How large a chunk before may be to be taken in.
 */
static uint32_t
rows_worth_taking(const struct merge_spec *spec, uint32_t total, bool is_next)
{
	if (spec->full)
		return is_next ? CODEC_CHUNK_ROWS - 1 : FULL_ROWS;
	return total * SLIGHTLY < CRUMB_ROWS ? total * SLIGHTLY : CRUMB_ROWS - 1;
}

/*
 * Is a chunk before to be taken in? Then there are its rows, too, for the one before it; else no
 * other is.
 */
static bool
take_in(void *arg, const struct codec_chunk *head)
{
	struct look *look = arg;

	if (head->n_rows > look->most_rows || head->max_time >= look->rows->times[0]) {
		look->most_rows = 0;
		return false;
	}
	look->total += head->n_rows;
	look->most_rows = rows_worth_taking(look->spec, look->total, false);
	return true;
}

static bool
is_too_large(void *arg, const struct codec_chunk *head)
{
	return head->n_rows > ((const struct look *)arg)->most_rows;
}

static void
look_restart(struct look *look)
{
	look->total = look->begun;
	look->most_rows = rows_worth_taking(look->spec, look->total, look->total == look->rows->n);
}

static int
look_body(struct txn *txn, void *arg, struct err *err)
{
	struct look *look = arg;

	look_restart(look);
	return chunk_read(txn, &look->reading, &look->batch, err);
}

static void
look_begin(struct look *look, const struct merge_job *job, struct arena *arena)
{
	const struct merge_spec *spec = &job->spec;
	uint32_t *ids = arena_array(arena, uint32_t, spec->n_fields + 1);

	for (uint32_t i = 0; i < spec->n_fields; i++)
		ids[i] = spec->fields[i].id;
	*look = (struct look){ .spec = spec, .rows = &job->rows, .arena = arena };
	look->reading = (struct chunk_reading){
		.place = { spec->m->bucket_id, spec->m->id, spec->series },
		.fields = ids, .n_fields = spec->n_fields, .arg = look,
	};
}

static int
look_run(struct look *look, struct err *err)
{
	return store_txn(look->spec->store, STORE_READ, look->arena, look_body, look, err);
}

int
merge_decode_chunk(const struct chunk_copy *chunk, const struct store_field *fields,
    uint32_t n_fields, struct arena *arena, struct rowset *out, struct err *err)
{
	uint32_t rows = chunk->head.n_rows;
	struct store_block block = { .n_rows = rows };

	rowset_init(out, arena, fields, n_fields);
	block.times = arena_array(arena, int64_t, rows);
	block.columns = arena_zalloc(arena, (n_fields + 1) * sizeof(*block.columns));
	if (codec_chunk_times(&chunk->head, chunk->times, block.times, err) != 0)
		return -1;
	for (uint32_t i = 0; i < n_fields; i++) {
		const struct codec_chunk_column *c = codec_chunk_find(&chunk->head, fields[i].id);
		struct store_column *to = &block.columns[i];
		size_t n_strings = 0;

		to->type = fields[i].type;
		to->cells = arena_array(arena, union cell, rows);
		to->present = arena_zalloc(arena, (rows / 64 + 1) * sizeof(*to->present));
		if (to->type == VALUE_STRING)
			to->strings = arena_array(arena, struct slice, rows);
		if (c != NULL && c->type == to->type && codec_chunk_cells(&chunk->head, c,
		    chunk->columns[i], arena, 0, to->cells, to->present, to->strings, &n_strings,
		    err) != 0)
			return -1;
	}
	rowset_add_block(out, &block);
	return 0;
}

/* ---- chunks before the rows ---- */

struct before {			/* chunks to be taken in, nearest first */
	struct rowset	 rows;
	struct before	*next;
};

static void
look_before(struct look *look, const struct merge_job *job, struct arena *arena)
{
	look_begin(look, job, arena);
	look->begun = job->rows.n;
	look->reading.descending = true;
	look->reading.from = INT64_MIN;
	look->reading.to = job->rows.times[0] - 1;
	look->reading.most_bytes = BEFORE_BYTES;
	look->reading.wants_columns = take_in;
	look->reading.ends_before = is_too_large;
}

/*
 * Some of a batch of chunks, nearest first: those that were to be taken in. One that is damaged stays
 * as it is, and rows go behind it.
 */
static void
take_batch(struct writer *w, struct look *look, struct before **list)
{
	const struct merge_spec *spec = w->spec;

	for (size_t i = 0; i < look->batch.n && look->batch.chunks[i].whole; i++) {
		const struct chunk_copy *chunk = &look->batch.chunks[i];
		struct before *b = arena_alloc(w->changes->arena, sizeof(*b));

		if (merge_decode_chunk(chunk, spec->fields, spec->n_fields, w->changes->arena, &b->rows,
		    NULL) != 0) {
			look->batch.more = false;
			return;
		}
		b->next = *list;
		*list = b;
		chunk_changes_add(w->changes, spec->series, chunk->head.min_time, SLICE(""));
		look->begun += chunk->head.n_rows;
		look->reading.to = chunk->head.min_time - (chunk->head.min_time > INT64_MIN);
	}
}

/*
 * Take in chunks before the first row while they are not much larger than what there is.
 */
static int
take_before(struct writer *w, const struct merge_job *job, struct err *err)
{
	struct before *list = NULL;
	struct look look;
	bool more = job->rows.times[0] > INT64_MIN;

	if (more)
		look_before(&look, job, w->changes->arena);
	while (more) {
		if (list == NULL && job->seen != NULL)
			look.batch = job->seen->before;
		else if (look_run(&look, err) != 0)
			return -1;
		take_batch(w, &look, &list);
		look_restart(&look);
		more = look.batch.more && look.batch.chunks[look.batch.n - 1].whole &&
		    look.batch.next_rows <= look.most_rows;
	}
	for (; list != NULL; list = list->next)
		put_rows(w, &list->rows, 0, list->rows.n);
	return 0;
}

/* ---- chunks that the rows meet ---- */

static int
meet_chunk(struct writer *w, const struct chunk_copy *chunk, const struct rowset *rows,
    uint32_t *at, struct err *err)
{
	uint32_t before = rowset_seek(rows, chunk->head.min_time), end;
	struct rowset old;

	if (before > *at) {
		put_rows(w, rows, *at, before - *at);
		*at = before;
	}
	if (!chunk->whole) {
		flush(w);
		return 0;
	}
	end = chunk->head.max_time == INT64_MAX ? rows->n
	    : rowset_seek(rows, chunk->head.max_time + 1);
	if (merge_decode_chunk(chunk, w->spec->fields, w->spec->n_fields, w->changes->arena, &old,
	    err) != 0)
		return -1;
	chunk_changes_add(w->changes, w->spec->series, chunk->head.min_time, SLICE(""));
	put_merged(w, &old, rows, *at, end);
	*at = end;
	emit_full(w);
	return 0;
}

static void
look_met(struct look *look, const struct merge_job *job, struct arena *arena)
{
	look_begin(look, job, arena);
	look->reading.from = job->rows.times[0];
	look->reading.to = job->rows.times[job->rows.n - 1];
	look->reading.most_bytes = 1u << 20;
	look->reading.wants_columns = is_touched;
}

/*
 * Late rows may meet any number of chunks: once there is much to put, and chunks to come, the rest
 * of the rows waits for another step.
 */
static int
meet_all(struct writer *w, const struct merge_job *job, uint32_t *n_done, struct err *err)
{
	const struct rowset *rows = &job->rows;
	const struct merge_seen *seen = job->seen;
	struct look look;
	uint32_t at = 0;

	look_met(&look, job, w->changes->arena);
	do {
		if (seen != NULL)
			look.batch = seen->met;
		else if (look_run(&look, err) != 0)
			return -1;
		seen = NULL;
		for (size_t i = 0; i < look.batch.n; i++)
			if (meet_chunk(w, &look.batch.chunks[i], rows, &at, err) != 0)
				return -1;
		look.reading.from = look.batch.next_min;
		*n_done = at;
		if (look.batch.more && at > 0 && w->changes->bytes >= ENOUGH_BYTES)
			return 0;
	} while (look.batch.more);
	put_rows(w, rows, at, rows->n - at);
	*n_done = rows->n;
	return 0;
}

/* ---- several series ---- */

#define AHEAD_BYTES (256u << 10)	/* read ahead in one section */
#define AHEAD_CELLS (256u << 10)	/* ... which may take a few bytes, and long to decode */

struct ahead {
	struct merge_job *jobs;
	size_t		 n, n_seen;
	size_t		 bytes, cells;
};

static size_t
cells_of(const struct chunk_batch *batch, uint32_t n_fields)
{
	size_t rows = 0;

	for (size_t i = 0; i < batch->n; i++)
		if (batch->chunks[i].whole)
			rows += batch->chunks[i].head.n_rows;
	return rows * n_fields;
}

static int
see(struct txn *txn, struct merge_job *job, struct ahead *ahead, struct err *err)
{
	struct merge_seen *seen = arena_zalloc(txn->arena, sizeof(*seen));
	struct look look;

	if (job->rows.times[0] > INT64_MIN) {
		look_before(&look, job, txn->arena);
		look_restart(&look);
		if (chunk_read(txn, &look.reading, &seen->before, err) != 0)
			return -1;
	}
	look_met(&look, job, txn->arena);
	if (chunk_read(txn, &look.reading, &seen->met, err) != 0)
		return -1;
	ahead->bytes += seen->before.n_bytes + seen->met.n_bytes;
	ahead->cells += cells_of(&seen->before, job->spec.n_fields) +
	    cells_of(&seen->met, job->spec.n_fields);
	job->seen = seen;
	return 0;
}

static int
ahead_body(struct txn *txn, void *arg, struct err *err)
{
	struct ahead *ahead = arg;

	ahead->bytes = ahead->cells = ahead->n_seen = 0;
	for (size_t i = 0; i < ahead->n && ahead->bytes < AHEAD_BYTES && ahead->cells < AHEAD_CELLS;
	    i++) {
		struct merge_job *job = &ahead->jobs[i];

		job->seen = NULL;
		ahead->n_seen++;
		if (!job->spec.fresh && job->rows.n > 0 && see(txn, job, ahead, err) != 0 &&
		    err->code != ERR_CORRUPT)
			return -1;
	}
	return 0;
}

int
merge_look_ahead(struct merge_job *jobs, size_t n, size_t *n_seen, struct arena *arena,
    struct err *err)
{
	struct ahead ahead = { .jobs = jobs, .n = n, .n_seen = n };
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		any = any || !jobs[i].spec.fresh;
	if (any)
		r = store_txn(jobs[0].spec.store, STORE_READ, arena, ahead_body, &ahead, err);
	*n_seen = ahead.n_seen;
	return r;
}

int
merge_series(const struct merge_job *job, uint32_t *n_done, struct chunk_changes *changes,
    struct err *err)
{
	struct writer w = { .spec = &job->spec, .changes = changes };

	*n_done = 0;
	if (job->rows.n == 0)
		return 0;
	rowset_init(&w.rows, changes->arena, job->spec.fields, job->spec.n_fields);
	if (job->spec.fresh) {
		put_rows(&w, &job->rows, 0, job->rows.n);
		*n_done = job->rows.n;
	} else if (take_before(&w, job, err) != 0 || meet_all(&w, job, n_done, err) != 0)
		return -1;
	flush(&w);
	return 0;
}
