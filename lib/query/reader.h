/*
 * query/reader.h - the rows of a group, as runs of column blocks in the order of the answer
 *
 *     reader ── a set of columns and a range of times, for all groups of a plan
 *       feed ── one input of a group: a series of the store, or a group of a subquery
 *       runs ── all inputs of a group, merged by time
 */
#ifndef WEIR_QUERY_READER_H
#define WEIR_QUERY_READER_H

#include "query/plan.h"

struct reader;
struct feed;
struct runs;

/*
 * Summaries in place of rows are wanted, where a stretch of them lies in one window.
 */
enum reader_summaries {
	READER_ROWS, READER_SUMMARIES,
	READER_SUMMARIES_WITH_ENDS,	/* with the times of the first and the last value */
	READER_SUMMARIES_WITH_TIMES,	/* and of the least and the greatest */
};

/*
 * query_reader_get - what reads some refs; the same for every group, so that a scan begins once
 *   in     refs     the columns of every block, in this order
 *          from, to both included
 *   owns   the plan, until query_reader_free_all, which must come after all feeds are closed
 * query_reader_free_all - also those of the subqueries, and what is kept of closed pipelines
 */
struct reader	*query_reader_get(struct plan *plan, const struct refs *refs, int64_t from,
		     int64_t to, enum reader_summaries summaries);
void		 query_reader_free_all(struct plan *plan);
bool		 query_reader_descending(const struct reader *reader);

/*
 * query_feed_open - the rows of one input; NULL when it can have none
 * query_feed_next - the next block; *block is NULL at the end. It is the feed's until the next call
 */
int		 query_feed_open(struct reader *reader, struct plan_input input, struct feed **feed,
		     struct err *err);
int		 query_feed_next(struct feed *feed, const struct block **block, struct err *err);
void		 query_feed_close(struct feed *feed);

/*
 * query_merge_open - the rows of all inputs of a group in order of time; equal times in order of
 *     input
 * query_merge_next - the next run; run->block is NULL at the end
 */
int		 query_merge_open(struct reader *reader, const struct plan_group *group,
		     struct runs **runs, struct err *err);
int		 query_merge_next(struct runs *runs, struct run *run, struct err *err);
void		 query_merge_close(struct runs *runs);

#endif
