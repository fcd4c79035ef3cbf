/*
 * query/bounds.h - constants folded, and the range of times taken out of a condition
 */
#ifndef WEIR_QUERY_BOUNDS_H
#define WEIR_QUERY_BOUNDS_H

#include "base/arena.h"
#include "base/err.h"
#include "influxql/influxql.h"
#include "model/zone.h"

struct fold {			/* what folding may know */
	struct arena	*arena;
	bool		 has_now;	/* now() is a time; else it stays a call */
	bool		 math;		/* mathematical functions of literals are computed */
	int64_t		 now_ns;
	const struct zone *zone;	/* of time literals without one */
};

/*
 * query_fold - an expression with operations on literals carried out, changed in place
 *   errs   ERR_INVALID  a string that is nearly a time
 */
int	 query_fold(const struct fold *fold, struct expr **expr, struct err *err);

struct bounds {			/* both included; unset is TIME_MIN and TIME_MAX */
	bool		 has_from, has_to;
	int64_t		 from, to;
};

/*
 * query_bounds_split - take the comparisons with `time` out of a condition
 *   in     where    NULL is allowed
 *   out    *rest    what is left, or NULL
 *          *bounds  the intersection of all of them, also of those under OR
 *   errs   ERR_INVALID  invalid condition expression, invalid time comparison operator, ...
 */
int	 query_bounds_split(const struct fold *fold, struct expr *where, struct expr **rest,
	     struct bounds *bounds, struct err *err);

/*
 * query_bounds_has_or - does OR stand between comparisons with `time`, where it acts as AND?
 *   in     where    as parsed; NULL is allowed
 */
bool	 query_bounds_has_or(const struct expr *where);

/*
 * query_bounds_time_literal - a string as a time
 *   returns  1 it is one; 0 it has not the shape; -1 with *err: it has, but is none
 */
int	 query_bounds_time_literal(const struct fold *fold, struct slice text, int64_t *ns,
	     struct err *err);

#endif
