/*
 * query/reader.c - one input's rows as blocks of the columns that somebody wants
 *
 *     store cursor ─┐
 *                   ├─► raw block ─► condition ─► rows that hold ─► types as wanted
 *     subquery ─────┘      (subquery.c)
 *
 * A column that is wanted as it is stored, in a block whose rows all hold, is passed on where it
 * is. The store is asked once per field, also when it is read as two types and compared besides.
 */
#include "query/reader.h"

#include <stdlib.h>

#include "base/memory.h"
#include "query/pack.h"
#include "query/subquery.h"

/*
 * Where a column comes from in one source.
 */
enum origin_kind { ORIGIN_NONE, ORIGIN_FIELD, ORIGIN_TAG, ORIGIN_EMPTY };

struct origin {
	enum origin_kind kind;
	size_t		 index;		/* of the raw block's columns; of source->tag_keys */
	enum value_type	 as;		/* as wanted */
	bool		 null_if_empty;	/* a missing tag: null in an answer, '' in a condition */
};

struct reader_source {
	bool		 ready;
	bool		 is_empty;	/* nothing of it is wanted */
	struct store_scan *scan;
	struct origin	*wanted, *where;
	struct eval	*filter;
	size_t		 n_where;
	size_t		*raw;		/* fields of the measurement, columns of the subquery */
	size_t		 n_raw;
	bool		 must_have_one;	/* rows may lack what is wanted */
	bool		 as_stored;	/* no column is converted, no row is left out */
	struct feed	*spare;		/* one that was closed: the next one */
};

struct reader {
	struct plan	*plan;
	const struct refs *refs;
	int64_t		 from, to;
	enum reader_summaries summaries;
	struct reader_source *sources;
	struct reader	*next;		/* of the plan */
};

struct feed {
	struct reader	*reader;
	const struct plan_source *plan_source;
	struct reader_source *source;
	const struct slice *tags;
	struct store_cursor *cursor;
	struct subquery	*subquery;
	struct column	*raw;		/* of the present raw block */
	struct column	*where_columns;
	struct value	*slots;
	struct block	 block;
	struct block_summary summary;
	bool		 has_summary;	/* the present raw block is one */
	struct pack_room **made;		/* by wanted column, then by where_columns, when needed */
	int64_t		*times;
};

/* ---- preparing a source ---- */

static size_t
raw_column(struct reader_source *s, size_t of)
{
	for (size_t i = 0; i < s->n_raw; i++)
		if (s->raw[i] == of)
			return i;
	s->raw[s->n_raw] = of;
	return s->n_raw++;
}

static bool
find_stored(const struct plan_source *source, struct slice name, size_t *index,
    enum value_type *type)
{
	const struct store_measurement *m = source->measurement;
	size_t n = m != NULL ? m->n_fields : source->inner->n_columns;

	for (size_t i = 0; i < n; i++) {
		struct slice known =
		    m != NULL ? m->fields[i].name : source->inner->columns[i].plain;

		if (!slice_eq(known, name))
			continue;
		*index = i;
		*type = m != NULL ? m->fields[i].type : source->inner->columns[i].type;
		return true;
	}
	return false;
}

static bool
is_number(enum value_type type)
{
	return type == VALUE_FLOAT || type == VALUE_INTEGER || type == VALUE_UNSIGNED;
}

static struct origin
find_origin(const struct plan_source *source, struct reader_source *s, struct ref ref,
    bool condition)
{
	struct origin o = { .kind = ORIGIN_NONE, .as = ref.type };
	enum value_type stored;
	size_t index;

	if (ref.type == VALUE_NULL)
		return o;
	if ((ref.type != VALUE_TAG || source->measurement == NULL) &&
	    find_stored(source, ref.name, &index, &stored)) {
		if (stored != ref.type && !(is_number(stored) && is_number(ref.type)) &&
		    stored != VALUE_TAG && stored != VALUE_NULL)
			return o;
		o.kind = ORIGIN_FIELD;
		o.index = raw_column(s, index);
		return o;
	}
	if (ref.type != VALUE_TAG)
		return o;
	for (size_t i = 0; i < source->n_tag_keys; i++)
		if (slice_eq(source->tag_keys[i], ref.name)) {
			o.kind = ORIGIN_TAG;
			o.index = i;
			o.null_if_empty = condition ? ref.null_if_missing :
			    source->measurement != NULL;
		}
	if (o.kind == ORIGIN_NONE && source->inner != NULL && condition && !ref.null_if_missing)
		o.kind = ORIGIN_EMPTY;	/* a name that the subquery does not show */
	return o;
}

/*
 * A column that is not there at all needs no rows either.
 */
static bool
is_as_stored(const struct plan_source *source, const struct reader_source *s,
    const struct origin *o)
{
	if (o->kind == ORIGIN_NONE)
		return true;
	return o->kind == ORIGIN_FIELD && source->measurement != NULL &&
	    source->measurement->fields[s->raw[o->index]].type == o->as;
}

/*
 * The series of a source as the groups will ask for them.
 */
static void
tell_order(const struct plan *plan, const struct plan_source *source, struct store_scan_spec *spec)
{
	size_t *order = arena_alloc_items(plan->arena, source->n_inputs + 1, sizeof(*order));

	spec->order = order;
	for (size_t i = 0; i < plan->n_groups; i++)
		for (size_t k = 0; k < plan->groups[i].n_inputs; k++) {
			struct plan_input input = plan->groups[i].inputs[k];

			if (&plan->sources[input.source] == source && spec->n_order < source->n_inputs)
				order[spec->n_order++] = input.index;
		}
}

static int
begin_scan(struct reader *reader, const struct plan_source *source, struct reader_source *s,
    struct err *err)
{
	const struct window *window = &reader->plan->window;
	uint32_t *fields = arena_array(reader->plan->arena, uint32_t, s->n_raw + 1);
	struct store_scan_spec spec = {
		.measurement = source->measurement, .series = source->series,
		.n_series = source->n_inputs, .fields = fields, .n_fields = s->n_raw,
		.from = reader->from, .to = reader->to, .descending = reader->plan->descending,
	};

	for (size_t i = 0; i < s->n_raw; i++)
		fields[i] = source->measurement->fields[s->raw[i]].id;
	spec.summaries = reader->summaries != READER_ROWS && s->as_stored;
	spec.summary_times = reader->summaries == READER_SUMMARIES_WITH_TIMES ? STORE_TIMES_ALL
	    : reader->summaries == READER_SUMMARIES_WITH_ENDS ? STORE_TIMES_ENDS : STORE_TIMES_NONE;
	tell_order(reader->plan, source, &spec);
	if (reader->plan->n_calls == 0 && reader->plan->limit > 0 && source->where == NULL &&
	    !s->must_have_one)
		spec.limit_rows = (uint64_t)reader->plan->limit + (uint64_t)reader->plan->offset;
	spec.window_ns = window->interval;	/* calendar windows read rows: windows.c */
	if (window->interval != 0)
		spec.window_phase = (window->offset % window->interval + window->interval) %
		    window->interval;
	return store_scan_begin(reader->plan->ctx->store, &spec, &s->scan, err);
}

static int
prepare(struct reader *reader, const struct plan_source *source, struct reader_source *s,
    struct err *err)
{
	struct arena *arena = reader->plan->arena;
	struct refs where = { 0 };
	bool any_wanted = false;
	size_t n_wanted_raw;

	s->as_stored = source->where == NULL;

	s->ready = true;
	s->wanted = arena_array(arena, struct origin, reader->refs->n + 1);
	s->where = arena_array(arena, struct origin, source->where_refs.n + 1);
	s->raw = arena_array(arena, size_t, reader->refs->n + source->where_refs.n + 1);
	for (size_t i = 0; i < reader->refs->n; i++) {
		s->wanted[i] = find_origin(source, s, reader->refs->list[i], false);
		s->as_stored &= is_as_stored(source, s, &s->wanted[i]);
		any_wanted |= s->wanted[i].kind == ORIGIN_FIELD ||
		    (s->wanted[i].kind == ORIGIN_TAG && source->measurement == NULL);
	}
	n_wanted_raw = s->n_raw;
	if (source->inner != NULL && reader->plan->n_calls == 0 && reader->plan->n_columns > 0)
		any_wanted = true;	/* every row of a subquery is one, be it of nulls */
	s->is_empty = !any_wanted || reader->from > reader->to;
	if (s->is_empty)
		return 0;
	s->n_where = source->where_refs.n;
	for (size_t i = 0; i < s->n_where; i++)
		s->where[i] = find_origin(source, s, source->where_refs.list[i], true);
	s->must_have_one = s->n_raw > n_wanted_raw && source->measurement != NULL;
	if (source->where != NULL &&
	    query_filter_compile(reader->plan, source->where, source, &where, &s->filter, err) != 0)
		return -1;
	return source->measurement != NULL ? begin_scan(reader, source, s, err) : 0;
}

static bool
reads_same(const struct reader *reader, const struct refs *refs, int64_t from, int64_t to,
    enum reader_summaries summaries)
{
	if (reader->from != from || reader->to != to || reader->refs->n != refs->n ||
	    reader->summaries != summaries)
		return false;
	for (size_t i = 0; i < refs->n; i++)
		if (reader->refs->list[i].type != refs->list[i].type ||
		    !slice_eq(reader->refs->list[i].name, refs->list[i].name))
			return false;
	return true;
}

struct reader *
query_reader_get(struct plan *plan, const struct refs *refs, int64_t from, int64_t to,
    enum reader_summaries summaries)
{
	struct reader *reader;
	struct refs *copy;

	from = from < TIME_MIN ? TIME_MIN : from;
	to = to > TIME_MAX ? TIME_MAX : to;
	for (reader = plan->readers; reader != NULL; reader = reader->next)
		if (reads_same(reader, refs, from, to, summaries))
			return reader;
	reader = memory_zalloc(sizeof(*reader));
	copy = arena_zalloc(plan->arena, sizeof(*copy));
	copy->list = arena_array(plan->arena, struct ref, refs->n + 1);
	copy->n = refs->n;
	for (size_t i = 0; i < refs->n; i++)
		copy->list[i] = refs->list[i];
	reader->plan = plan;
	reader->refs = copy;
	reader->from = from;
	reader->to = to;
	reader->summaries = summaries;
	reader->sources = memory_array(plan->n_sources + 1, sizeof(*reader->sources));
	reader->next = plan->readers;
	plan->readers = reader;
	return reader;
}

static void	 feed_free(struct feed *feed);

void
query_reader_free_all(struct plan *plan)
{
	struct reader *reader;

	query_pipeline_free_spare(plan);
	while ((reader = plan->readers) != NULL) {
		plan->readers = reader->next;
		for (size_t i = 0; i < plan->n_sources; i++) {
			feed_free(reader->sources[i].spare);
			store_scan_end(reader->sources[i].scan);
		}
		free(reader->sources);
		free(reader);
	}
	for (size_t i = 0; i < plan->n_sources; i++)
		if (plan->sources[i].inner != NULL)
			query_reader_free_all(plan->sources[i].inner);
}

bool
query_reader_descending(const struct reader *reader)
{
	return reader->plan->descending;
}

/* ---- a feed ---- */

static struct feed *
feed_new(struct reader *reader, const struct plan_source *source, struct reader_source *s)
{
	struct feed *feed = s->spare;

	if (feed != NULL) {
		s->spare = NULL;
		return feed;
	}
	feed = memory_zalloc(sizeof(*feed));
	feed->reader = reader;
	feed->plan_source = source;
	feed->source = s;
	feed->raw = memory_array(s->n_raw + 1, sizeof(*feed->raw));
	feed->where_columns = memory_array(s->n_where + 1, sizeof(*feed->where_columns));
	feed->slots = memory_array(s->n_where + 1, sizeof(*feed->slots));
	feed->block.columns = memory_array(reader->refs->n + 1, sizeof(*feed->block.columns));
	feed->summary.columns = memory_array(reader->refs->n + 1,
	    sizeof(*feed->summary.columns));
	feed->made = memory_array(reader->refs->n + s->n_where + 1, sizeof(*feed->made));
	return feed;
}

int
query_feed_open(struct reader *reader, struct plan_input input, struct feed **out, struct err *err)
{
	const struct plan_source *source = &reader->plan->sources[input.source];
	struct reader_source *s = &reader->sources[input.source];
	struct feed *feed;

	*out = NULL;
	if (!s->ready && prepare(reader, source, s, err) != 0)
		return -1;
	if (s->is_empty)
		return 0;
	feed = feed_new(reader, source, s);
	*out = feed;
	feed->tags = source->tags + (size_t)input.index * source->n_tag_keys;
	if (source->measurement != NULL) {
		feed->cursor = store_scan_cursor(s->scan, input.index);
		return 0;
	}
	if (query_subquery_open(source->inner, &source->inner->groups[input.index], s->raw,
		s->n_raw, &feed->subquery, err) == 0)
		return 0;
	query_feed_close(feed);
	*out = NULL;
	return -1;
}

static void
feed_free(struct feed *feed)
{
	if (feed == NULL)
		return;
	for (size_t i = 0; i < feed->reader->refs->n + feed->source->n_where; i++)
		free(feed->made[i]);
	free(feed->made);
	free(feed->times);
	free(feed->block.columns);
	free(feed->summary.columns);
	free(feed->slots);
	free(feed->where_columns);
	free(feed->raw);
	free(feed);
}

/*
 * Feeds of one source need the same memory, and most groups are read one behind the other.
 */
void
query_feed_close(struct feed *feed)
{
	if (feed == NULL)
		return;
	store_cursor_close(feed->cursor);
	feed->cursor = NULL;
	query_subquery_close(feed->subquery);
	feed->subquery = NULL;
	if (feed->source->spare == NULL)
		feed->source->spare = feed;
	else
		feed_free(feed);
}

static void
take_summary(struct feed *feed, const struct store_summary *stored)
{
	feed->summary.time = stored->min_time;
	for (size_t i = 0; i < feed->reader->refs->n; i++) {
		const struct origin *o = &feed->source->wanted[i];

		feed->summary.columns[i] = o->kind == ORIGIN_FIELD &&
		    stored->columns[o->index].n_present > 0 ? &stored->columns[o->index] : NULL;
	}
}

static int
check_limits(const struct plan *plan, struct err *err)
{
	uint64_t limit = plan->ctx->limits.max_memory_bytes;

	if (limit != 0 && plan->held_bytes > limit)
		return err_set(err, ERR_LIMIT, "max-memory limit exceeded: (%llu bytes)",
		    (unsigned long long)limit);
	return query_context_check(plan->ctx, err);
}

/*
 * The next block as it comes: *n is 0 at the end, or when it is a summary.
 */
static int
next_raw(struct feed *feed, size_t *n, const int64_t **times, struct err *err)
{
	const struct store_block *stored;

	if (check_limits(feed->reader->plan, err) != 0)
		return -1;
	if (feed->subquery != NULL)
		return query_subquery_next(feed->subquery, n, times, feed->raw, err);
	if (store_cursor_next(feed->cursor, &stored, err) != 0)
		return -1;
	feed->has_summary = stored != NULL && stored->summary != NULL;
	if (feed->has_summary) {
		take_summary(feed, stored->summary);
		*n = 0;
		return 0;
	}
	*n = stored != NULL ? stored->n_rows : 0;
	if (*n == 0)
		return 0;
	*times = stored->times;
	for (size_t i = 0; i < feed->source->n_raw; i++) {
		const struct store_column *c = &stored->columns[i];

		feed->raw[i] = (struct column){ .type = c->type, .cells = c->cells,
		    .present = c->present, .strings = c->strings };
	}
	return 0;
}

static struct column
origin_column(const struct feed *feed, const struct origin *o)
{
	struct column c = { .type = VALUE_NULL };

	if (o->kind == ORIGIN_FIELD)
		return feed->raw[o->index];
	if (o->kind == ORIGIN_NONE || (o->null_if_empty && feed->tags[o->index].n == 0))
		return c;
	c.type = VALUE_STRING;
	c.same = value_string(o->kind == ORIGIN_EMPTY ? SLICE("") : feed->tags[o->index]);
	return c;
}

static struct pack_room *
room_of(struct feed *feed, size_t i)
{
	if (feed->made[i] == NULL)
		feed->made[i] = memory_alloc(sizeof(*feed->made[i]));
	return feed->made[i];
}

/* ---- rows that hold, columns as wanted ---- */

/*
 * Rows that have at least one of the wanted columns.
 */
static void
drop_bare(struct feed *feed, size_t n, uint64_t *bits)
{
	for (size_t word = 0; word < (n + 63) / 64; word++) {
		uint64_t any = 0;

		for (size_t i = 0; i < feed->reader->refs->n; i++) {
			const struct origin *o = &feed->source->wanted[i];
			const struct column *c = &feed->block.columns[i];

			if (c->type == VALUE_NULL || o->kind != ORIGIN_FIELD)
				continue;
			any |= c->present != NULL ? c->present[word] : ~UINT64_C(0);
		}
		bits[word] &= any;
	}
}

/*
 * A column as it was asked for; what cannot be that has no values.
 */
static void
as_wanted(struct feed *feed, size_t i, struct column *c, enum value_type as, size_t n)
{
	if (c->cells == NULL || c->type == as)
		return;
	if (is_number(c->type) && is_number(as))
		query_pack_convert(room_of(feed, i), c, as, n);
	else if (c->type != VALUE_STRING || as != VALUE_TAG)
		c->type = VALUE_NULL;
}

/*
 * Make the feed's block of a raw one: how many rows are left.
 */
static size_t
make_block(struct feed *feed, size_t n, const int64_t *times)
{
	struct reader_source *s = feed->source;
	size_t n_refs = feed->reader->refs->n, n_held = n;
	uint64_t bits[BLOCK_ROWS_MAX / 64];

	for (size_t i = 0; i < n_refs; i++)
		feed->block.columns[i] = origin_column(feed, &s->wanted[i]);
	if (s->filter != NULL || s->must_have_one) {
		struct block where = { .n_rows = n, .times = times,
		    .columns = feed->where_columns };

		for (size_t i = 0; i < s->n_where; i++) {
			feed->where_columns[i] = origin_column(feed, &s->where[i]);
			as_wanted(feed, n_refs + i, &feed->where_columns[i], s->where[i].as, n);
		}
		if (s->filter != NULL)
			query_filter_block(s->filter, &where, s->n_where, feed->slots, bits);
		else
			query_pack_all(bits, n);
		if (s->must_have_one)
			drop_bare(feed, n, bits);
		n_held = query_pack_count(bits);
	}
	if (n_held == 0)
		return 0;
	for (size_t i = 0; i < n_refs; i++) {
		struct column *c = &feed->block.columns[i];

		if (n_held < n && c->cells != NULL)
			query_pack_column(room_of(feed, i), c, bits, n);
		as_wanted(feed, i, c, s->wanted[i].as, n_held);
	}
	feed->block.times = times;
	if (n_held < n) {
		if (feed->times == NULL)
			feed->times = memory_array(BLOCK_ROWS_MAX, sizeof(*feed->times));
		query_pack_times(feed->times, times, bits, n);
		feed->block.times = feed->times;
	}
	feed->block.n_rows = n_held;
	return n_held;
}

int
query_feed_next(struct feed *feed, const struct block **block, struct err *err)
{
	const int64_t *times = NULL;
	size_t n;

	for (;;) {
		*block = NULL;
		if (next_raw(feed, &n, &times, err) != 0)
			return -1;
		feed->block.summary = NULL;
		if (feed->has_summary) {
			feed->block.summary = &feed->summary;
			feed->block.n_rows = 0;
			*block = &feed->block;
			return 0;
		}
		if (n == 0)
			return 0;
		if (make_block(feed, n, times) > 0) {
			*block = &feed->block;
			return 0;
		}
	}
}
