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
 * The measurements of one name: one, or one for each policy that has it. They are answered as one.
 */
struct show_group {
	struct slice	 name;
	struct store_measurement **list;
	size_t		 n;		/* at least one */
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
 * query_show_each - call `run` for the measurements of every name; what it takes from ctx->arena is
 *                   given back after each, so a series that names them must have ended by then
 */
int	 query_show_each(struct query_context *ctx, const struct show *show,
	     int (*run)(struct query_context *ctx, const struct show *show,
	     const struct show_group *group, void *arg, struct err *err), void *arg,
	     struct err *err);

/*
 * query_show_sort - names or values in byte order; returns how many are left, each once
 */
size_t	 query_show_sort(struct slice *list, size_t n);

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
 * query_show_tag_keys_of - the tag keys of the series that satisfy a condition, in byte order
 */
int	 query_show_tag_keys_of(struct query_context *ctx, const struct show_group *group,
	     const struct expr *where, struct slice **names, size_t *n, struct err *err);

/*
 * query_show_fields_of - the fields of the measurements of a name, by name; where policies disagree
 *     about a type, once with each
 */
size_t	 query_show_fields_of(struct query_context *ctx, const struct show_group *group,
	     struct store_field **fields);

/* ---- show_values.c ---- */

/*
 * Where values are looked for: the series of each measurement that satisfy WHERE.
 */
struct show_values {
	const struct show_group *group;
	struct store_series_list *series;	/* [group->n]; NULL without WHERE */
};

/*
 * query_show_values_in - prepare to look for values
 * query_show_keys_chosen - the tag keys that WITH KEY chooses, in byte order
 * query_show_values_of - the values of a tag key, in byte order, each once
 */
int	 query_show_values_in(struct query_context *ctx, const struct show *show,
	     const struct show_group *group, struct show_values *in, struct err *err);
int	 query_show_keys_chosen(struct query_context *ctx, const struct show *show,
	     const struct show_group *group, struct slice **keys, size_t *n, struct err *err);
int	 query_show_values_of(struct query_context *ctx, const struct show_values *in,
	     struct slice key, struct slice **values, size_t *n, struct err *err);

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
