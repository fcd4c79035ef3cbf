/*
 * query/delete.h - DELETE by the values of fields, for delete.c
 */
#ifndef WEIR_QUERY_DELETE_H
#define WEIR_QUERY_DELETE_H

#include "query/query_priv.h"

struct delete_spec {
	const struct store_measurement *measurement;
	struct expr	*where;		/* comparisons of tags and fields under AND and OR */
	int64_t		 from, to;	/* both included */
};

/*
 * query_delete_points - take away the rows of a measurement that satisfy a condition
 *   out    *n_points  how many there were
 *   errs   ERR_LIMIT  more rows than memory may hold the times of; query-timeout while they are
 *                     looked for, when none is gone yet
 */
int	 query_delete_points(struct query_context *ctx, const struct delete_spec *spec,
	     uint64_t *n_points, struct err *err);

#endif
