/*
 * query/plan.h - what a SELECT has become, shared by the files of the engine
 *
 *     text ── influxql ──► struct select
 *        plan.c        what is said: names checked, functions and their arguments, time bounds
 *        resolve.c     what is there: measurements, types of names, * and regexes spelled out
 *        tagset.c      tag conditions to series, by the tag index
 *        group.c       series to groups, in the order of the answer
 *     struct plan
 *        reader.c      one group's rows as runs of column blocks (from the store, or a subquery)
 *        aggregate.c   windows and the states of calls;  transform.c   sequences of values
 *        pipeline.c    streams joined by time, expressions, limits
 *        select.c      rows to the sink
 *
 * A subquery is a plan whose groups' pipelines feed the reader of the plan around it.
 */
#ifndef WEIR_QUERY_PLAN_H
#define WEIR_QUERY_PLAN_H

#include "model/precision.h"
#include "query/eval.h"
#include "query/functions.h"
#include "query/query_priv.h"
#include "query/window.h"

/* ---- what is read ---- */

/*
 * A name as it is to be read: `v::float`. The same field read as two types is two refs. VALUE_TAG
 * is a tag; VALUE_NULL is known nowhere.
 */
struct ref {
	struct slice	 name;
	enum value_type	 type;
	bool		 null_if_missing;	/* a tag in a condition; else it is '' there */
};

struct refs {
	struct ref	*list;
	size_t		 n, cap;
};

/* ---- sources, and the groups of the answer ---- */

struct plan_source {
	struct slice	 name;		/* of the measurement: what its series are called */
	struct store_measurement *measurement;	/* NULL: a subquery */
	struct plan	*inner;
	const struct expr *where;	/* what the tag index did not settle, or NULL */
	struct refs	 where_refs;

	struct slice	*tag_keys;	/* whose values are known of every input */
	uint32_t	*tag_key_ids;
	size_t		 n_tag_keys;
	struct slice	*tags;		/* n_inputs * n_tag_keys */
	uint64_t	*series;	/* measurement: ids, ascending */
	size_t		 n_inputs;	/* series, or groups of the inner plan */
};

struct plan_input {
	uint32_t	 source;	/* of plan->sources */
	uint32_t	 index;		/* of its inputs */
};

struct plan_group {		/* one series of the answer */
	struct slice	 name;
	const struct slice *values;	/* of plan->dims */
	const struct plan_input *inputs;
	size_t		 n_inputs;
};

/* ---- the plan ---- */

/*
 * One call of an aggregate, selector or transformation; equal ones are one.
 */
struct call {
	const struct function *function;
	const struct expr *expr;
	struct slice	 text;		/* as printed: what equal calls have in common */
	struct ref	 ref;		/* the field read by the innermost call */
	bool		 distinct;	/* count(distinct(f)) */
	struct call	*inner;		/* of a transformation; NULL: it takes raw values */
	enum value_type	 in, type;	/* of what goes in, and of the result */

	/* arguments, where the function has them */
	double		 number;	/* percentile */
	int64_t		 n;		/* points, windows, period: what the number says */
	int64_t		 unit;		/* derivative, elapsed, integral: ns */
	int64_t		 hold, season;
	enum warmup	 warmup;
	bool		 with_fit;
	size_t		 n_tags;	/* top, bottom: that many of the aux values are its tags */
	bool		 ascending;
	const struct window *window;	/* of the plan */
	int64_t		 bound;		/* the time of a result without windows */
	uint64_t	*held_bytes;	/* of the plan: what states have taken */
};

struct plan_column {
	struct slice	 name;		/* in the answer: unique but for equal aliases */
	struct slice	 plain;		/* the field's own name, by which an outer query finds it */
	const struct expr *expr;
	enum value_type	 type;
	const struct eval *eval;	/* slots: calls, then refs */
};

struct plan {
	struct query_context *ctx;
	struct arena	*arena;
	struct select	*select;
	struct plan	*outer;
	bool		 descending;

	int64_t		 from, to;	/* both included */
	struct window	 window;	/* interval 0: none */
	bool		 inherited_window;
	enum select_fill fill;
	struct value	 fill_value;	/* FILL_NUMBER: float or integer */
	struct expr	*where;		/* without its time conditions, or NULL */

	struct slice	 time_name;
	struct plan_column *columns;	/* time not counted */
	size_t		 n_columns;
	struct call	**calls;	/* those whose results are in the columns */
	size_t		 n_calls;
	struct refs	 refs;		/* plain references, beside calls or alone */
	bool		 selector;	/* one call, of a selector: rows have its time */
	bool		 has_tag_dims;	/* GROUP BY named tags: the answer's series have some */

	struct slice	*own_dims;	/* what GROUP BY says, sorted */
	size_t		 n_own_dims;
	struct slice	*dims;		/* with those of the plans around it */
	size_t		 n_dims;

	struct plan_source *sources;
	size_t		 n_sources;
	struct plan_group *groups;	/* in the order of the answer */
	size_t		 n_groups;
	int64_t		 limit, offset;
	uint64_t	 held_bytes;	/* by states of calls, outside the arena */
	struct reader	*readers;	/* reader.c's: kept for the next group */
	struct pipeline	*spare;		/* pipeline.c's: one that was closed, for the next group */
};

/* ---- plan.c, plan_calls.c ---- */

/*
 * query_plan_new - check a statement and the subqueries in it, before anything is looked up
 *   in     outer   the plan around it, whose bounds and interval it inherits; or NULL
 *   errs   ERR_INVALID  all that is wrong with the statement itself
 */
int	 query_plan_new(struct query_context *ctx, struct select *select, struct plan *outer,
	     struct plan **plan, struct err *err);

/*
 * What the fields of a statement have been found to hold.
 */
struct plan_checks {
	const struct plan *plan;
	bool		 only_selectors;
	bool		 has_distinct;
	bool		 has_refs;
	bool		 allow_wildcard;	/* in the present field */
	struct slice	 top_bottom;		/* the name of a top or bottom, or "" */
	size_t		 n_calls;
	size_t		 n_extra;		/* columns that top and bottom add */
	int64_t		 limit;
};

/*
 * query_plan_check_field - is this a field that can be computed?
 */
int	 query_plan_check_field(struct plan_checks *checks, const struct expr *expr,
	     struct err *err);

/* ---- resolve.c, rewrite.c, columns.c ---- */

/*
 * query_resolve - find the sources, give names their types, spell out wildcards, make the columns
 */
int	 query_resolve(struct plan *plan, struct err *err);

/*
 * query_resolve_type - the type of a name over all sources of a plan
 * query_resolve_expr_type - the type of an expression whose names have theirs
 *   errs   ERR_INVALID  type error: ...
 */
enum value_type query_resolve_type(const struct plan *plan, struct slice name);
int	 query_resolve_expr_type(const struct expr *expr, enum value_type *type, struct err *err);

int	 query_rewrite(struct plan *plan, struct err *err);
int	 query_columns_make(struct plan *plan, struct err *err);

enum value_type query_resolve_cast_type(enum expr_cast cast);
enum expr_cast query_resolve_type_cast(enum value_type type);

/* ---- tagset.c, group.c ---- */

/*
 * query_tagset_resolve - settle a measurement's tag conditions: source->series, tags, where,
 *     where_refs
 * query_group - the inputs of all sources, in groups
 */
int	 query_tagset_resolve(struct plan *plan, struct plan_source *source, struct err *err);
int	 query_group(struct plan *plan, struct err *err);

/* ---- filter.c ---- */

/*
 * query_filter_compile - a condition over the rows of one source
 *   out    *refs   what it reads, appended: a field as its own type, any other name as a tag; slots
 *                  are numbered in this order
 */
int	 query_filter_compile(struct plan *plan, const struct expr *e,
	     const struct plan_source *source, struct refs *refs, struct eval **eval,
	     struct err *err);

/*
 * query_filter_block - which rows of a block hold
 *   in     slots   room for n_refs values
 *   out    bits    bit per row
 *   returns        how many do
 */
size_t	 query_filter_block(const struct eval *eval, const struct block *block, size_t n_refs,
	     struct value *slots, uint64_t *bits);

enum value_type query_resolve_type_in(const struct plan_source *source, struct slice name);
size_t	 query_columns_add_ref(struct refs *refs, struct arena *arena, struct ref ref);

/*
 * query_plan_text - an expression as error texts show it; NUL-terminated
 */
const char *query_plan_text(struct plan *plan, const struct expr *expr);

#endif
