/*
 * query/show_priv.h - what the files of SHOW share
 *
 *     show.c               which measurements, LIMIT and OFFSET, and who runs what
 *     show_where.c         WHERE: a condition on tags to the series that satisfy it
 *     show_names.c         DATABASES, RETENTION POLICIES, MEASUREMENTS
 *     show_series.c        SERIES
 *     show_keys.c          TAG KEYS, FIELD KEYS
 *     show_values.c        TAG VALUES
 *     show_cardinality.c   the counts of all these
 */
#ifndef WEIR_QUERY_SHOW_PRIV_H
#define WEIR_QUERY_SHOW_PRIV_H

#include "query/query_priv.h"

/* ---- show.c ---- */

struct show_target {		/* a measurement that may be there */
	uint64_t	 bucket_id;
	struct slice	 name;
};

struct show_targets {
	struct show_target *list;	/* by name, each once */
	size_t		 n;
};

/*
 * query_show_targets - the measurements of FROM, or all of the database
 *   errs   ERR_NOT_FOUND  those of query_destination
 * query_show_measurement - one of them with its fields and tags; *m is NULL when there is none
 */
int	 query_show_targets(struct query_context *ctx, const struct show *show,
	     struct show_targets *targets, struct err *err);
int	 query_show_measurement(struct query_context *ctx, const struct show_target *target,
	     struct store_measurement **m, struct err *err);

/*
 * query_show_each - call `run` for every measurement there is; what it takes from ctx->arena is given
 *                   back after each, so a series that names the measurement must have ended by then
 */
int	 query_show_each(struct query_context *ctx, const struct show *show,
	     int (*run)(struct query_context *ctx, const struct show *show,
	     const struct store_measurement *m, void *arg, struct err *err), void *arg,
	     struct err *err);

/* LIMIT and OFFSET, counted down. */
struct show_page {
	uint64_t	 skip;
	uint64_t	 left;
};

/*
 * query_show_page - a fresh one; LIMIT 0 is no limit
 * query_show_page_take - does the next row belong to it?
 */
void	 query_show_page(struct show_page *page, const struct show *show);
bool	 query_show_page_take(struct show_page *page);

/*
 * query_show_count - a series of one row with one integer
 */
int	 query_show_count(struct query_context *ctx, struct slice name, struct slice column,
	     uint64_t count, struct err *err);

/* ---- show_where.c ---- */

#define SHOW_TIME_ERROR "%s doesn't support time in WHERE clause"

/*
 * query_show_where_series - the series of a measurement that satisfy a condition on tags
 *
 *   in     where   NULL: all of them. Comparisons with time are left out of it, as they restrict
 *                  rows; one with a field holds for every series
 *   out    *list   ascending ids, in memory of ctx->arena
 *   errs   ERR_LIMIT  more series than the limit allows
 * query_show_where_has_time - does a condition name time?
 * query_show_where_check_operators - only = != =~ !~ AND OR
 *   errs   ERR_INVALID  invalid tag comparison operator
 */
int	 query_show_where_series(struct query_context *ctx, const struct store_measurement *m,
	     const struct expr *where, struct store_series_list *list, struct err *err);
bool	 query_show_where_has_time(const struct expr *where);
int	 query_show_where_check_operators(const struct expr *where, struct err *err);

/* ---- show_keys.c ---- */

/*
 * query_show_tag_keys_where - which tag keys do the series of a condition have?
 *   out    *present  [m->n_tags]; *n how many are true
 */
int	 query_show_tag_keys_where(struct query_context *ctx, const struct store_measurement *m,
	     const struct expr *where, bool **present, size_t *n, struct err *err);

/* ---- show_values.c ---- */

/*
 * query_show_key_chosen - does WITH KEY choose this tag key?
 * query_show_values_of - the values of a tag key that the series of a condition have, in byte order
 *   in     series   NULL: every series of the measurement
 */
int	 query_show_key_chosen(struct query_context *ctx, const struct show *show, struct slice key,
	     bool *chosen, struct err *err);
int	 query_show_values_of(struct query_context *ctx, const struct store_measurement *m,
	     const struct store_series_list *series, uint32_t key_id, struct slice **values,
	     size_t *n, struct err *err);

/* ---- one function for each statement ---- */

int	 query_show_databases(struct query_context *ctx, struct err *err);
int	 query_show_policies(struct query_context *ctx, const struct show *show, struct err *err);
int	 query_show_measurements(struct query_context *ctx, const struct show *show,
	     struct err *err);
int	 query_show_series(struct query_context *ctx, const struct show *show, struct err *err);
int	 query_show_tag_keys(struct query_context *ctx, const struct show *show, struct err *err);
int	 query_show_field_keys(struct query_context *ctx, const struct show *show, struct err *err);
int	 query_show_tag_values(struct query_context *ctx, const struct show *show, struct err *err);
int	 query_show_series_cardinality(struct query_context *ctx, const struct show *show,
	     struct err *err);
int	 query_show_measurement_cardinality(struct query_context *ctx, const struct show *show,
	     struct err *err);
int	 query_show_tag_key_cardinality(struct query_context *ctx, const struct show *show,
	     struct err *err);
int	 query_show_tag_values_cardinality(struct query_context *ctx, const struct show *show,
	     struct err *err);
int	 query_show_field_key_cardinality(struct query_context *ctx, const struct show *show,
	     struct err *err);

#endif
