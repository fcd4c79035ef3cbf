/*
 * query/delete_points.c - DELETE by the values of fields: which points, and away with them
 *
 * The rows are found as SELECT * with the same condition finds them, by the reader of a plan made
 * for that alone. All their times are known before the first one goes, so a condition that takes
 * too long, or finds too much, changes nothing.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "query/delete.h"
#include "query/reader.h"

struct finding {
	struct query_context *ctx;
	int64_t		*times;		/* of all series, one behind the other */
	size_t		 n, cap;
	size_t		*ends;		/* by series */
};

static int
keep_times(struct finding *f, const struct block *block, struct err *err)
{
	uint64_t limit = f->ctx->limits.max_memory_bytes;

	if (f->n + block->n_rows > f->cap) {
		f->cap = 2 * (f->n + block->n_rows);
		f->times = memory_grow(f->times, f->cap, sizeof(*f->times));
	}
	memcpy(f->times + f->n, block->times, block->n_rows * sizeof(*f->times));
	f->n += block->n_rows;
	if (limit != 0 && f->cap * sizeof(*f->times) > limit)
		return err_set(err, ERR_LIMIT, "max-memory limit exceeded: (%zu/%llu), delete in "
		    "several ranges of time", f->cap * sizeof(*f->times),
		    (unsigned long long)limit);
	return 0;
}

static int
find_in_series(struct finding *f, struct reader *reader, uint32_t index, struct err *err)
{
	const struct block *block = NULL;
	struct feed *feed;
	int bad;

	if (query_feed_open(reader, (struct plan_input){ 0, index }, &feed, err) != 0)
		return -1;
	if (feed == NULL)
		return 0;
	while ((bad = query_feed_next(feed, &block, err)) == 0 && block != NULL &&
	    (bad = keep_times(f, block, err)) == 0)
		;
	query_feed_close(feed);
	return bad != 0 ? -1 : query_context_check(f->ctx, err);
}

/*
 * Every field is read, so that no row is passed over for lack of the ones that are compared.
 */
static int
find(struct finding *f, struct plan *plan, const struct delete_spec *spec, struct err *err)
{
	const struct store_measurement *m = spec->measurement;
	struct plan_source *source = &plan->sources[0];
	struct refs refs = { 0 };
	struct reader *reader;

	if (query_tagset_resolve(plan, source, err) != 0)
		return -1;
	for (size_t i = 0; i < m->n_fields; i++)
		query_columns_add_ref(&refs, plan->arena,
		    (struct ref){ .name = m->fields[i].name, .type = m->fields[i].type });
	reader = query_reader_get(plan, &refs, spec->from, spec->to, READER_ROWS);
	f->ends = memory_array(source->n_inputs + 1, sizeof(*f->ends));
	for (size_t i = 0; i < source->n_inputs; i++) {
		if (find_in_series(f, reader, (uint32_t)i, err) != 0)
			return -1;
		f->ends[i] = f->n;
	}
	return 0;
}

static int
take_away(const struct finding *f, const struct plan_source *source,
    const struct delete_spec *spec, uint64_t *n_points, struct err *err)
{
	struct store_points *points = memory_array(source->n_inputs + 1, sizeof(*points));
	size_t n = 0, at = 0;
	int bad;

	for (size_t i = 0; i < source->n_inputs; at = f->ends[i++])
		if (f->ends[i] > at)
			points[n++] = (struct store_points){ source->series[i], f->times + at,
			    f->ends[i] - at };
	bad = store_delete_points(f->ctx->store, spec->measurement, points, n, n_points, err);
	free(points);
	return bad;
}

int
query_delete_points(struct query_context *ctx, const struct delete_spec *spec, uint64_t *n_points,
    struct err *err)
{
	struct plan_source source = { .name = spec->measurement->name };
	struct plan plan = { .ctx = ctx, .arena = ctx->arena, .from = spec->from, .to = spec->to,
	    .where = spec->where, .sources = &source, .n_sources = 1 };
	struct finding f = { .ctx = ctx };
	int bad;

	*n_points = 0;
	source.measurement = (struct store_measurement *)spec->measurement;
	bad = find(&f, &plan, spec, err);
	query_reader_free_all(&plan);
	if (bad == 0)
		bad = take_away(&f, &source, spec, n_points, err);
	free(f.times);
	free(f.ends);
	return bad;
}
