/*
 * query/query.h - the door of the room: run a query text, push its rows
 *
 * In two steps, because an HTTP status must be known before the first byte of the answer is sent:
 *
 *     query_prepare    parse, bind parameters, find the buckets, check the grants
 *                      -> refused as a whole: 400, 401, 403, 503, and nothing was pushed
 *     query_run        every statement in turn, each its own result or error, into a rows_sink
 *                      -> always an answer; a failed statement does not stop the others
 */
#ifndef WEIR_QUERY_QUERY_H
#define WEIR_QUERY_QUERY_H

#include "base/arena.h"
#include "base/err.h"
#include "model/grants.h"
#include "model/rows.h"

struct store;
struct query;

struct query_limits {		/* of one statement; 0 = none */
	uint64_t	 max_rows;	/* in its answer */
	uint64_t	 max_series;	/* it may look at */
	uint64_t	 max_windows;	/* of GROUP BY time, in one series of the answer */
	uint64_t	 max_memory_bytes;
	uint64_t	 max_time_ms;	/* of the whole text */
};

struct query_request {
	struct store	*store;
	const struct grants *grants;
	struct slice	 text;		/* the statements */
	struct slice	 database;	/* the db parameter; "" = none */
	struct slice	 policy;	/* the rp parameter; "" = the default one */
	struct slice	 params;	/* a JSON object; "" = none */
	bool		 read_only;	/* asked by GET: a statement that changes something runs, and warns */
	bool		 forbid_change;	/* asked by a page of another site: nothing may be changed */
	bool		 management;	/* management statements are run for an all-access token */
	bool		 users;		/* those about users are among them */
	bool		 delete_by_field;	/* DELETE may ask for values of fields */
	int64_t		 now_ns;	/* what now() is */
	struct query_limits limits;
	bool		(*is_gone)(void *arg);	/* has the client left? May be NULL */
	void		*is_gone_arg;
	struct arena	*arena;		/* for what lives as long as the query */
};

/*
 * query_prepare - read a query text and find out whether it may be run
 *
 *   in     request  borrowed, with all that it points to, until query_end
 *   out    *query   good until query_end; NULL when refused
 *   errs   ERR_SYNTAX, ERR_INVALID  the text, the parameters, or no statement in the text
 *          ERR_FORBIDDEN    error authorizing query: not authorized to execute statement 'S',
 *                           requires READ on d; ... a page of another site may change nothing
 *          ERR_UNAVAILABLE, ERR_IO, ERR_CORRUPT  from the store
 */
int	 query_prepare(const struct query_request *request, struct query **query, struct err *err);

/*
 * query_n_statements - how many results there will be
 */
size_t	 query_n_statements(const struct query *query);

/*
 * query_run - run all statements; once at most
 *
 *   in     sink     gets a result for every statement, then its end
 *   returns         0, also when statements failed; -1 when nobody listens any more
 */
int	 query_run(struct query *query, struct rows_sink *sink);

/*
 * query_end - give back what the query holds outside the arena; NULL is allowed
 */
void	 query_end(struct query *query);

#endif
