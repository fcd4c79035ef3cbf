/*
 * query/query_priv.h - what the files of the room share: the context of a statement
 *
 *     execute.c ── struct query_context ──► select.c, show_*.c, manage.c
 *
 * A statement is run by one function that gets the context and the statement, pushes series through
 * query_answer_*, and returns 0, or -1 with the text of its error; the frame around it
 * (result_begin, the error, result_end) is execute.c's alone.
 */
#ifndef WEIR_QUERY_QUERY_PRIV_H
#define WEIR_QUERY_QUERY_PRIV_H

#include "influxql/influxql.h"
#include "model/zone.h"
#include "query/query.h"
#include "query/regex.h"
#include "store/store.h"

struct query_context {
	const struct query_request *request;	/* database, policy, management and so on */
	struct store	*store;
	const struct grants *grants;
	struct arena	*arena;		/* of this statement: emptied when it is done. What the tree
					   needs may be taken from it too: a statement runs once */
	int64_t		 now_ns;	/* one for all statements of a text */
	int64_t		 deadline_ns;	/* by clock_monotonic_ns; 0 = none */
	int64_t		 asked_ns;	/* when the client was last looked for */
	struct query_limits limits;
	struct query_regexes *regexes;	/* of this statement */
	struct query_destinations *destinations;	/* databases found so far */

	/* the answer, kept by answer.c */
	struct rows_sink *sink;
	bool		 series_open;
	bool		 gone;		/* nobody listens any more */
	uint64_t	 n_rows;	/* pushed by this statement */
};

/* ---- context.c ---- */

/*
 * query_context_check - may this statement go on? To be asked once a block of rows, or as often as
 *                       memory grows
 *   errs   ERR_LIMIT  query-timeout limit exceeded; max-memory limit exceeded; a regular expression
 *                     that took too long
 *          ERR_GONE   nobody listens
 */
int	 query_context_check(struct query_context *ctx, struct err *err);

/* ---- answer.c: series and rows on their way out ---- */

/*
 * query_answer_begin - a new series; one that is still open is ended first
 * query_answer_row - one row of it: as many values as the series has columns
 *   errs   ERR_LIMIT  max-row-limit exceeded: what is pushed stays
 *          ERR_GONE   nobody listens
 * query_answer_block - rows as they lie in columns, for a sink that has `block`; errors likewise
 * query_answer_end - the series is whole; without an open one nothing happens. On the way out with
 *                    an error it need not be called
 */
void	 query_answer_begin(struct query_context *ctx, const struct rows_series *series);
int	 query_answer_row(struct query_context *ctx, const struct value *values, struct err *err);
int	 query_answer_block(struct query_context *ctx, struct rows_block block, struct err *err);
void	 query_answer_end(struct query_context *ctx);

/* ---- params.c: bound parameters ---- */

/*
 * query_params_read - the list of a JSON object
 *   out    *params  list and n are filled, unless there is no text; all else is left alone
 *   errs   ERR_INVALID  error parsing query parameters: ...; error parsing json value: ...
 */
int	 query_params_read(struct slice text, struct arena *arena, struct influxql_params *params,
	     struct err *err);

/* ---- destinations.c: database and retention policy to bucket ---- */

/*
 * query_destination - the bucket of a source: its own database and policy, else the request's
 *
 *   in     source   NULL: the request's default ones
 *          database what ON says; "" = not said. source->database goes before it
 *   out    *bucket_id
 *   errs   ERR_NOT_FOUND  database name required; database not found: x; retention policy not
 *                         found: x
 */
int	 query_destination(struct query_context *ctx, const struct measurement *source,
	     struct slice database, uint64_t *bucket_id, struct err *err);

/*
 * query_destination_all - the buckets of all policies of a database that may be read, or of the one
 *     that the request names: what SHOW without FROM is about
 */
int	 query_destination_all(struct query_context *ctx, struct slice on, uint64_t **bucket_ids,
	     size_t *n, struct err *err);

/*
 * query_destination_of_change - the same for a statement that takes something away: the buckets of
 *     all policies of the request's database that may be written, or of the one that it names
 *   errs   ERR_NOT_FOUND  database not found: x
 */
int	 query_destination_of_change(struct query_context *ctx, uint64_t **bucket_ids, size_t *n,
	     struct err *err);

/*
 * query_destinations_forget - what was found is not so any more
 */
void	 query_destinations_forget(struct query_destinations *destinations);

struct query_destinations *query_destinations_new(struct arena *arena);
void	 query_destinations_free(struct query_destinations *destinations);

/* ---- authorize.c ---- */

/*
 * query_authorize - may a statement be run by who asks? What does not exist is no reason to refuse
 *   errs   ERR_FORBIDDEN  error authorizing query: not authorized to execute statement 'S', requires
 *                         READ on d; ... a page of another site may change nothing
 *          ERR_UNAVAILABLE, ERR_IO, ERR_CORRUPT  from the store
 * query_authorize_changes - does it change anything that is stored?
 */
bool	 query_authorize_changes(const struct statement *statement);
int	 query_authorize(struct query_context *ctx, const struct statement *statement,
	     struct err *err);

/* ---- zones.c: the tz database ---- */

/*
 * query_zone_exists - for struct influxql_params; arg is not used
 * query_zone_find - read a zone; UTC and the empty name give NULL, which is UTC
 *   errs   ERR_INVALID  unable to find time zone X
 */
bool	 query_zone_exists(void *arg, struct slice name);
int	 query_zone_find(struct slice name, struct arena *arena, const struct zone **zone,
	     struct err *err);

/* ---- what runs a statement ---- */

/* show_*.c, by statement->kind */
int	 query_show_run(struct query_context *ctx, const struct statement *statement, struct err *err);

/* manage.c: all that is neither SELECT nor SHOW, and who may */
int	 query_manage_run(struct query_context *ctx, const struct statement *statement,
	     struct err *err);
int	 query_manage_refuse(const struct statement *statement, struct err *err);	/* by name */

/* ... and by whom: delete.c, manage_databases.c, manage_users.c, into.c, explain.c */
int	 query_delete_run(struct query_context *ctx, const struct statement *statement,
	     struct err *err);
int	 query_manage_databases(struct query_context *ctx, const struct statement *statement,
	     struct err *err);
int	 query_manage_users(struct query_context *ctx, const struct statement *statement,
	     struct err *err);
int	 query_into_run(struct query_context *ctx, const struct statement *statement,
	     struct err *err);
int	 query_explain_run(struct query_context *ctx, const struct statement *statement,
	     struct err *err);

/* select.h: int query_select_run(struct query_context *ctx, struct select *select, struct err *err); */

#endif
