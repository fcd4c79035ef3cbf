/*
 * query/select.h - the SELECT engine, as the rest of the room sees it
 *
 * A statement becomes a plan, the plan a stream of rows, and the rows go to the context's sink as
 * they come: what is kept in memory is a group's (or a window's) state, not the answer.
 */
#ifndef WEIR_QUERY_SELECT_H
#define WEIR_QUERY_SELECT_H

#include "base/err.h"
#include "influxql/influxql.h"

struct query_context;

/*
 * query_select_run - answer one SELECT statement
 *
 *   in     ctx     the store, who asks, the limits, and the sink: series_begin, row and series_end
 *                  are called on it; result_begin, error and result_end are the caller's
 *          select  may be rewritten in place: names get types, wildcards are expanded
 *   errs   the statement's error, worded for the client. Series may have been sent before it; one
 *          that is open was ended.
 */
int	 query_select_run(struct query_context *ctx, struct select *select, struct err *err);

#endif
