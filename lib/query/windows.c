/*
 * query/windows.c - the windows of a group, finished one after the other
 *
 * A window in a block probably has as many rows as the one before. Else its end is found by
 * comparing with the window's end for the first rows, and by growing steps when it goes on: short
 * windows cost a comparison a row, long ones a few for the whole piece. A table that would grow too large, because the windows are short and the
 * points far apart, is given up, and the inputs are merged after all.
 */
#include "query/windows.h"

#include <stdlib.h>

#include "base/memory.h"

#define TABLE_BYTES_MAX	(64 << 20)	/* then windows are merged one at a time instead */

struct windows {
	struct windows_spec spec;
	struct reader	*reader;
	size_t		*offsets;	/* of the calls' states */
	size_t		 state_bytes;	/* of a window */
	bool		 descending;

	/* merged by time: one window at a time */
	struct runs	*runs;
	struct run	 run;
	struct finished	*present;
	int64_t		 present_end;
	struct finished	*spare;		/* released: the next ones */

	/* one input behind the other: a table of windows */
	bool		 filled;
	unsigned char	*table;
	int64_t		 base;		/* start of the first window in the table */
	size_t		 n_table, cap_table;
	size_t		 n_rows;	/* of the window before: a guess at the next one's */
	size_t		 given;		/* how many of them have been handed out */
};

/* ---- pieces of blocks ---- */

static bool
is_inside(const struct windows *w, int64_t t, int64_t start, int64_t end)
{
	return w->descending ? t >= start : t < end;
}

static size_t
seek_end(const struct windows *w, const int64_t *times, size_t at, size_t to, int64_t start,
    int64_t end)
{
	size_t low = at + 1, high, step = 1;

	for (size_t tried = 0; tried < 8; tried++, low++)
		if (!is_inside(w, times[low], start, end))
			return low;
	while (low + step < to && is_inside(w, times[low + step], start, end)) {
		low += step;
		step *= 2;
	}
	high = low + step < to ? low + step : to;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_inside(w, times[middle], start, end))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Where the rows of a window end, from row `at`, which is inside.
 */
static size_t
end_of_window(struct windows *w, const int64_t *times, size_t at, size_t to, int64_t start,
    int64_t end)
{
	size_t guess = w->n_rows;

	if (is_inside(w, times[to - 1], start, end))
		return to;
	if (guess == 0 || guess >= to - at || !is_inside(w, times[at + guess - 1], start, end) ||
	    is_inside(w, times[at + guess], start, end))
		w->n_rows = seek_end(w, times, at, to, start, end) - at;
	return at + w->n_rows;
}

static void
step_calls(struct windows *w, unsigned char *states, const struct block *block, size_t from,
    size_t to)
{
	struct fn_input in = { .block = block, .aux = w->spec.aux, .n_aux = w->spec.n_aux };

	for (size_t i = 0; i < w->spec.n_calls; i++) {
		const struct call *call = w->spec.calls[i];

		in.column = w->spec.columns[i];
		call->function->states->step(states + w->offsets[i], call, &in, from, to);
	}
}

static void
drop_states(struct windows *w, unsigned char *states)
{
	for (size_t i = 0; i < w->spec.n_calls; i++)
		if (w->spec.calls[i]->function->states->drop != NULL)
			w->spec.calls[i]->function->states->drop(states + w->offsets[i]);
}

/*
 * A window with all it needs in one piece of memory; the states are zeroed, unless they lie
 * elsewhere.
 */
static struct finished *
new_finished(struct windows *w, int64_t start, unsigned char *states)
{
	size_t n = w->spec.n_calls, own = states == NULL ? w->state_bytes : 0;
	size_t head = (sizeof(struct finished) + 15) / 16 * 16;
	size_t bytes = head + own +
	    n * (sizeof(struct point) + sizeof(struct point *) + sizeof(size_t));
	struct finished *f = w->spare;
	unsigned char *p;

	if (f != NULL) {
		w->spare = f->next;
		memset(f, 0, bytes);
	} else {
		f = memory_zalloc(bytes);
	}
	p = (unsigned char *)f;
	f->start = start;
	f->owns_states = states == NULL;
	f->states = states != NULL ? states : p + head;
	p += head + own;
	f->ones = (struct point *)p;
	p += n * sizeof(struct point);
	f->points = (struct point **)p;
	p += n * sizeof(struct point *);
	f->n = (size_t *)p;
	return f;
}

/*
 * The results of all calls: does any have one?
 */
static bool
finish(struct windows *w, struct finished *f)
{
	bool any = false;

	for (size_t i = 0; i < w->spec.n_calls; i++) {
		const struct call *call = w->spec.calls[i];

		f->points[i] = &f->ones[i];
		f->n[i] = call->function->states->finish(f->states + w->offsets[i], call,
		    &f->points[i]);
		any |= f->n[i] > 0;
	}
	return any;
}

void
query_windows_release(struct windows *w, struct finished *f)
{
	if (f == NULL)
		return;
	if (f->owns_states)
		drop_states(w, f->states);
	f->next = w->spare;
	w->spare = f;
}

/* ---- merged by time ---- */

static int
open_merge(struct windows *w, struct err *err)
{
	w->reader = query_reader_get(w->spec.plan, w->spec.refs, w->spec.from, w->spec.to,
	    READER_ROWS);
	return query_merge_open(w->reader, w->spec.group, &w->runs, err);
}

static void
bounds_of(const struct windows *w, int64_t t, int64_t *start, int64_t *end)
{
	const struct window *window = &w->spec.plan->window;

	if (window->interval != 0) {
		query_window_of(window, t, start, end);
		return;
	}
	*start = TIME_MIN;
	*end = INT64_MAX;
}

static int
next_merged(struct windows *w, struct finished **out, struct err *err)
{
	int64_t start;

	for (;;) {
		const int64_t *times;
		size_t end;

		if (w->run.from == w->run.to) {
			if (query_merge_next(w->runs, &w->run, err) != 0)
				return -1;
			if (w->run.block == NULL)
				break;
		}
		times = w->run.block->times;
		if (w->present == NULL) {
			bounds_of(w, times[w->run.from], &start, &w->present_end);
			w->present = new_finished(w, start, NULL);
		} else if (times[w->run.from] < w->present->start ||
		    times[w->run.from] >= w->present_end) {
			break;
		}
		end = end_of_window(w, times, w->run.from, w->run.to, w->present->start,
		    w->present_end);
		step_calls(w, w->present->states, w->run.block, w->run.from, end);
		w->run.from = end;
	}
	*out = w->present;
	w->present = NULL;
	return 0;
}

/* ---- one input behind the other ---- */

/*
 * Windows in front of one that comes in front of all: as many again as there are, as far as the
 * range goes, so that a table that is filled from its end is not moved for every window.
 *   returns  how many; *front, *start changed by them
 */
static uint64_t
more_in_front(const struct windows *w, int64_t start, uint64_t n, uint64_t *front, int64_t *first)
{
	int64_t interval = w->spec.plan->window.interval;
	uint64_t more = ((uint64_t)start - (uint64_t)w->spec.from) / (uint64_t)interval;

	if (start <= w->spec.from)
		return 0;
	more = more < n ? more : n;
	if (n + more > TABLE_BYTES_MAX / (w->state_bytes + 1))
		return 0;
	*front += more;
	*first -= (int64_t)more * interval;
	return more;
}

/*
 * Room for a window's states, in front of the table or behind it; false: it would be too large.
 */
static bool
make_room(struct windows *w, int64_t start)
{
	int64_t interval = w->spec.plan->window.interval;
	uint64_t front = 0, n;

	if (interval == 0)
		interval = 1;		/* one window for all times, which is the base */
	if (w->n_table == 0)
		w->base = start;
	if (start < w->base)
		front = ((uint64_t)w->base - (uint64_t)start) / (uint64_t)interval;
	n = start < w->base ? front + w->n_table :
	    ((uint64_t)start - (uint64_t)w->base) / (uint64_t)interval + 1;
	if (n > TABLE_BYTES_MAX / (w->state_bytes + 1))
		return false;
	if (front > 0)
		n += more_in_front(w, start, n, &front, &start);
	if (n > w->cap_table) {
		size_t cap = n > w->cap_table * 2 ? n : w->cap_table * 2;

		w->table = memory_grow(w->table, cap, w->state_bytes);
		w->cap_table = cap;
	}
	if (front > 0) {
		memmove(w->table + front * w->state_bytes, w->table, w->n_table * w->state_bytes);
		memset(w->table, 0, front * w->state_bytes);
		w->base = start;
	} else {
		memset(
		    w->table + w->n_table * w->state_bytes, 0, (n - w->n_table) * w->state_bytes);
	}
	w->n_table = n;
	return true;
}

static unsigned char *
states_at(struct windows *w, int64_t start)
{
	int64_t interval = w->spec.plan->window.interval;
	uint64_t at;

	if (interval == 0)
		interval = 1;
	at = ((uint64_t)start - (uint64_t)w->base) / (uint64_t)interval;
	if (w->n_table == 0 || start < w->base || at >= w->n_table) {
		if (!make_room(w, start))
			return NULL;
		at = ((uint64_t)start - (uint64_t)w->base) / (uint64_t)interval;
	}
	return w->table + at * w->state_bytes;
}

static bool
take_summary(struct windows *w, const struct block_summary *summary)
{
	int64_t start, end;
	unsigned char *states;

	bounds_of(w, summary->time, &start, &end);
	states = states_at(w, start);
	for (size_t i = 0; states != NULL && i < w->spec.n_calls; i++) {
		const struct call *call = w->spec.calls[i];
		const struct store_summary_column *c = summary->columns[w->spec.columns[i]];

		if (c != NULL)
			call->function->states->sum_up(states + w->offsets[i], call, c);
	}
	return states != NULL;
}

/*
 * A window of the table, and its states.
 */
struct place {
	int64_t		 start, end;
	unsigned char	*states;	/* NULL: there was none yet */
};

/*
 * Is time t in the window behind this one (in front of it, in descending order)?
 */
static bool
is_next(const struct windows *w, const struct place *p, int64_t t)
{
	int64_t interval = w->spec.plan->window.interval;

	if (p->states == NULL || interval == 0 || p->start <= TIME_MIN + interval ||
	    p->end >= TIME_MAX - interval)
		return false;
	return w->descending ? t < p->start && t >= p->start - interval
	    : t >= p->end && t < p->end + interval;
}

/*
 * To the window of time t, which is nearly always the next one: then nothing need be divided, but
 * where the table grows. False: it does not fit.
 */
static bool
move_to(struct windows *w, struct place *p, int64_t t)
{
	int64_t interval = w->spec.plan->window.interval;
	unsigned char *table_end;

	if (!is_next(w, p, t)) {
		bounds_of(w, t, &p->start, &p->end);
		p->states = states_at(w, p->start);
		return p->states != NULL;
	}
	p->start += w->descending ? -interval : interval;
	p->end = p->start + interval;
	table_end = w->table + w->n_table * w->state_bytes;
	if (w->descending ? p->states > w->table : p->states + w->state_bytes < table_end)
		p->states += w->descending ? -(ptrdiff_t)w->state_bytes : (ptrdiff_t)w->state_bytes;
	else
		p->states = states_at(w, p->start);
	return p->states != NULL;
}

static bool
take_block(struct windows *w, const struct block *block)
{
	struct place place = { 0, 0, NULL };
	size_t at = 0, to;

	if (block->summary != NULL)
		return take_summary(w, block->summary);
	for (; at < block->n_rows; at = to) {
		if (!move_to(w, &place, block->times[at]))
			return false;
		to = end_of_window(w, block->times, at, block->n_rows, place.start, place.end);
		step_calls(w, place.states, block, at, to);
	}
	return true;
}

/*
 * Read all inputs: 0, or 1 when the windows lie too far apart for a table.
 */
static int
fill_table(struct windows *w, struct err *err)
{
	for (size_t i = 0; i < w->spec.group->n_inputs; i++) {
		const struct block *block = NULL;
		struct feed *feed;
		bool fits = true;
		int bad;

		if (query_feed_open(w->reader, w->spec.group->inputs[i], &feed, err) != 0)
			return -1;
		if (feed == NULL)
			continue;
		while (fits && (bad = query_feed_next(feed, &block, err)) == 0 && block != NULL)
			fits = take_block(w, block);
		query_feed_close(feed);
		if (!fits)
			return 1;
		if (bad != 0)
			return -1;
	}
	w->filled = true;
	return 0;
}

static void
drop_table(struct windows *w)
{
	for (size_t i = 0; i < w->n_table; i++)
		drop_states(w, w->table + i * w->state_bytes);
	free(w->table);
	w->table = NULL;
	w->n_table = w->cap_table = 0;
}

static int
next_in_table(struct windows *w, struct finished **out, struct err *err)
{
	size_t at;
	int bad = w->filled ? 0 : fill_table(w, err);

	if (bad < 0)
		return -1;
	if (bad > 0) {		/* begin again, merging */
		drop_table(w);
		return open_merge(w, err) != 0 ? -1 : next_merged(w, out, err);
	}
	*out = NULL;
	if (w->given == w->n_table)
		return 0;
	at = w->descending ? w->n_table - 1 - w->given : w->given;
	w->given++;
	*out = new_finished(w, w->base + (int64_t)at * w->spec.plan->window.interval,
	    w->table + at * w->state_bytes);
	return 0;
}

/* ---- both ---- */

/*
 * Do summaries of rows do, and are the times in them needed?
 */
static enum reader_summaries
choose_summaries(const struct windows_spec *spec)
{
	bool times = spec->plan->selector && spec->plan->window.interval == 0, ends = false;

	if (spec->n_aux > 0 || spec->plan->window.zone != NULL || spec->plan->window.months != 0)
		return READER_ROWS;
	for (size_t i = 0; i < spec->n_calls; i++) {
		const struct fn_states *states = spec->calls[i]->function->states;

		if (states->sum_up == NULL ||
		    (spec->calls[i]->in == VALUE_STRING && states != &fn_count))
			return READER_ROWS;
		if (states == &fn_first || states == &fn_last)
			ends = true;
		else if (times)
			return READER_SUMMARIES_WITH_TIMES;
	}
	return ends ? READER_SUMMARIES_WITH_ENDS : READER_SUMMARIES;
}

static bool
goes_by_time(const struct windows_spec *spec)
{
	const struct plan *plan = spec->plan;

	if (plan->window.interval == 0)
		return false;
	if (plan->window.zone != NULL || plan->window.months != 0 ||
	    (spec->group->n_inputs == 1 && choose_summaries(spec) == READER_ROWS))
		return true;
	if (plan->limit > 0 && plan->fill == FILL_NONE && spec->group->n_inputs <= 256)
		return true;
	for (size_t i = 0; i < spec->n_calls; i++)
		if (spec->calls[i]->function->states->collects)
			return true;
	return false;
}

int
query_windows_open(const struct windows_spec *spec, struct windows **out, struct err *err)
{
	struct windows *w = memory_zalloc(sizeof(*w));

	*out = w;
	w->spec = *spec;
	w->descending = spec->plan->descending;
	w->offsets = memory_array(spec->n_calls + 1, sizeof(*w->offsets));
	for (size_t i = 0; i < spec->n_calls; i++) {
		w->offsets[i] = w->state_bytes;
		w->state_bytes += (spec->calls[i]->function->states->state_bytes + 15) / 16 * 16;
	}
	if (!goes_by_time(spec)) {
		w->reader = query_reader_get(spec->plan, spec->refs, spec->from, spec->to,
		    choose_summaries(spec));
		return 0;
	}
	return open_merge(w, err);
}

int
query_windows_next(struct windows *w, struct finished **out, struct err *err)
{
	for (;;) {
		if ((w->runs != NULL ? next_merged(w, out, err) : next_in_table(w, out, err)) != 0)
			return -1;
		if (*out == NULL || finish(w, *out))
			return 0;
		query_windows_release(w, *out);
	}
}

void
query_windows_close(struct windows *w)
{
	if (w == NULL)
		return;
	query_windows_release(w, w->present);
	while (w->spare != NULL) {
		struct finished *f = w->spare;

		w->spare = f->next;
		free(f);
	}
	drop_table(w);
	query_merge_close(w->runs);
	free(w->offsets);
	free(w);
}
