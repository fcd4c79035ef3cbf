/*
 * tests/property/naive.h - what the files of the naive evaluator share
 *
 * A statement is answered in the plainest way: every source is a table in memory (a subquery's is
 * its answer), every point is held against the condition and put into the group of its tags, every
 * call turns the points of a group into a stream of samples, and streams are joined by their times.
 */
#ifndef WEIR_TESTS_NAIVE_H
#define WEIR_TESTS_NAIVE_H

#include "property.h"

#define MIN_TIME	INT64_C(-9223372036854775806)
#define MAX_TIME	INT64_C(9223372036854775806)
#define MAX_FIELDS	64
#define MAX_TABLES	8
#define MAX_TAGS	8

struct naive_field {
	const struct node *expr;
	const char	*name;
	const char	*plain_name;	/* as a subquery gives it: not told apart from others */
	enum value_type	 type;
};

struct naive {			/* a statement at work */
	struct arena	*arena;
	const struct data *data;
	int64_t		 now;
	const char	**unsure;	/* of the whole answer */
	const struct statement *s;
	struct table	 tables[MAX_TABLES];
	size_t		 n_tables;
	struct naive_field fields[MAX_FIELDS];
	size_t		 n_fields;
	const char	*dimensions[MAX_TAGS];	/* in order of name, with those from outside */
	size_t		 n_dimensions;
	size_t		 n_own_dimensions;	/* of the statement itself */
	const char	*own_dimensions[MAX_TAGS];
	int64_t		 from, to;	/* both included */
	int64_t		 interval, offset;
	bool		 own_interval;
	bool		 inner;		/* a subquery */
	enum fill_kind	 fill;
};

struct sample {
	int64_t		 time;
	struct value	 value;
	const struct table *table;	/* where it was taken from; NULL: made of several points */
	const struct point *point;
	bool		 filled;
};

struct stream {
	struct sample	*samples;
	size_t		 n, cap;
};

struct group {
	const char	*name;
	const char	*tags[MAX_TAGS];
	struct stream	 points;	/* all that meet the condition, in order of time */
};

/* ---- naive_columns.c ---- */

/*
 * naive_type_of - the type of a name over all tables; VALUE_NULL = there is none
 * naive_expr_type - the type of an expression
 * naive_expand - fill fields: wildcards spelt out, each with its name and type
 * naive_all_names - every name that `*` may mean, in order
 */
enum value_type	 naive_type_of(const struct naive *n, const char *name);
enum value_type	 naive_expr_type(const struct naive *n, const struct node *e);
void		 naive_expand(struct naive *n);
size_t		 naive_all_names(const struct naive *n, const char *names[MAX_FIELDS]);

/* ---- naive_eval.c ---- */

struct naive_memory {		/* of references: what they were in the rows before */
	const struct node *refs[MAX_FIELDS];
	struct value	 values[MAX_FIELDS];
	size_t		 n;
};

struct naive_env {		/* what an expression may look at */
	const struct table *table;	/* of the point for its references; NULL = all are null */
	const struct point *point;
	const struct node *const *calls;	/* that have been worked out */
	const struct value *results;
	size_t		 n_calls;
	struct naive_memory *memory;	/* NULL: not for a row of the answer */
};

bool		 naive_is_math(const struct node *e);
bool		 naive_same_node(const struct node *a, const struct node *b);
struct value	 naive_fill_number(const struct naive *n, enum value_type type);
struct value	 naive_convert(struct value v, enum value_type type);
struct value	 naive_eval(const struct naive *n, const struct node *e,
		     const struct naive_env *env);
bool		 naive_holds(const struct naive *n, const struct node *condition,
		     const struct table *table, const struct point *point);
bool		 naive_matches(const char *pattern, struct slice text);
int		 naive_compare(const struct value *a, const struct value *b);	/* of one type */

/* ---- naive_reduce.c ---- */

/*
 * naive_reduce - what a function makes of the points of one window, in order of time
 *   the times of the samples are those of their points; stamp is used where there is no such
 */
void		 naive_reduce(struct naive *n, const struct node *call, const struct stream *points,
		     int64_t stamp, struct stream *out);
void		 naive_push(const struct naive *n, struct stream *stream, struct sample sample);

/* ---- naive_streams.c ---- */

int64_t		 naive_window(const struct naive *n, int64_t time);
bool		 naive_is_transformation(const char *name);
bool		 naive_is_selector(const char *name);

/*
 * naive_stream - the samples of a call over a group, in the direction of the statement
 *   in     alone    it is the only call: a selector may tell its point's own time
 */
struct stream	 naive_stream(struct naive *n, const struct node *call, const struct group *group,
		     bool alone);

#endif
