/*
 * query/pipeline.h - the rows of one group of the answer, one after the other
 *
 *     stream ── points in time order: the values of some slots
 *       rows.c       rows as they are            aggregate.c  windows of calls
 *       transform.c  a sequence to another
 *     pipeline ── streams joined by time, then the columns' expressions, then OFFSET and LIMIT
 */
#ifndef WEIR_QUERY_PIPELINE_H
#define WEIR_QUERY_PIPELINE_H

#include "query/reader.h"

struct stream;

/*
 * What every stream begins with.
 *   next   the time of the next point, and n_slots values in `values`, which are the stream's until
 *          the next call. Returns 1, 0 at the end, -1 with *err
 *   run    the next points as they lie in columns, a column a slot, in place of `next`; or NULL
 */
struct stream {
	int		(*next)(struct stream *stream, struct err *err);
	int		(*run)(struct stream *stream, struct run *run, struct err *err);
	void		(*close)(struct stream *stream);
	int64_t		 time;
	struct value	*values;
	size_t		 n_slots;
	const size_t	*slots;		/* of the plan: where the values belong */
};

/*
 * query_rows_open - some references row by row: those of a plan without calls, or a
 *     transformation's field
 * query_aggregate_open - calls that share a pass over the rows; slots are those of the calls, and
 *                  behind them those of the plan's references when the points carry them
 *                  (with_refs)
 *   in     extra   windows to read before the range, for what is made of the result
 * query_transform_open - a transformation, and what is inside it
 *   all    on an error *stream is to be closed too; slots are borrowed, and all else but the group
 *          is the plan's
 */
int	 query_rows_open(struct plan *plan, const struct plan_group *group, const struct refs *refs,
	     int64_t extra, const size_t *slots, struct stream **stream, struct err *err);
int	 query_aggregate_open(struct plan *plan, const struct plan_group *group,
	     struct call *const *calls, size_t n_calls, bool with_refs, int64_t extra,
	     const size_t *slots, struct stream **stream, struct err *err);
int	 query_transform_open(struct plan *plan, const struct plan_group *group, struct call *call,
	     int64_t extra, const size_t *slot, struct stream **stream, struct err *err);

/*
 * query_rows_range - the range of a plan, with `extra` windows in front of it (behind it in a
 *     descending one)
 */
void	 query_rows_range(const struct plan *plan, int64_t extra, int64_t *from, int64_t *to);

/*
 * query_pipeline_open - begin a group; on an error *pipeline is to be closed too
 * query_pipeline_next - its next row: 1, 0 at the end, -1 with *err
 *   out    *time, *values   n_columns of them, good until the next call
 */
struct pipeline;

int	 query_pipeline_open(struct plan *plan, const struct plan_group *group,
	     struct pipeline **pipeline, struct err *err);
int	 query_pipeline_next(struct pipeline *p, int64_t *time, const struct value **values,
	     struct err *err);

/*
 * query_pipeline_has_runs - are its rows nothing but columns of blocks?
 * query_pipeline_run - then the next rows, in place of query_pipeline_next; 1, 0 or -1
 */
bool	 query_pipeline_has_runs(const struct pipeline *p);
int	 query_pipeline_run(struct pipeline *p, struct run *run, struct err *err);
void	 query_pipeline_close(struct pipeline *p);
void	 query_pipeline_free_spare(struct plan *plan);

#endif
