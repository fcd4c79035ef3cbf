/*
 * query/subquery.h - a group of a subquery read as if it were a series
 */
#ifndef WEIR_QUERY_SUBQUERY_H
#define WEIR_QUERY_SUBQUERY_H

#include "query/pipeline.h"

struct subquery;

/*
 * query_subquery_open - in     columns  of the inner plan, those that are read
 * query_subquery_next - the next rows: *n is 0 at the end; the columns are good until the next call
 * query_subquery_close - NULL is allowed
 */
int	 query_subquery_open(struct plan *inner, const struct plan_group *group,
	     const size_t *columns, size_t n_columns, struct subquery **out, struct err *err);
int	 query_subquery_next(struct subquery *s, size_t *n, const int64_t **times,
	     struct column *columns, struct err *err);
void	 query_subquery_close(struct subquery *s);

#endif
