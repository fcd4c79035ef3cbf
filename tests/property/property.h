/*
 * tests/property/property.h - random data, random statements, and a second way to answer them
 *
 *     seed ─► data.c ─────────► points: into a store, and as tables in memory
 *          └► random_query.c ─► a statement tree ── query_text.c ──► its text
 *
 *     text ─► lib/query over the store ─► answer ┐
 *     tree ─► naive*.c over the tables ─► answer ┴► compare.c: the same?  else shrink.c, and say so
 *
 * The naive side shares nothing with lib/query: its trees come from the generator, not from the
 * parser, and it loops over all the rows for everything it wants to know.
 */
#ifndef WEIR_TESTS_PROPERTY_H
#define WEIR_TESTS_PROPERTY_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/value.h"

#define PROPERTY_N(array)	(sizeof(array) / sizeof((array)[0]))
#define SECOND			INT64_C(1000000000)

/* ---- random numbers ---- */

struct dice {
	uint64_t	 state;		/* not 0 */
};

uint64_t	 dice_roll(struct dice *dice);
unsigned	 dice_below(struct dice *dice, unsigned n);	/* 0 .. n - 1 */
bool		 dice_chance(struct dice *dice, unsigned percent);

/* ---- tables: what the rows of a source look like ---- */

struct table_column {
	const char	*name;
	enum value_type	 type;		/* VALUE_TAG for a tag */
};

struct point {
	const char	*name;		/* of its measurement */
	int64_t		 time;
	struct value	*values;	/* one for each column */
};

struct table {
	struct table_column	*columns;
	size_t		 n_columns;
	size_t		 n_selected;	/* of a subquery: the others are tags from GROUP BY */
	struct point	*points;
	size_t		 n_points;
	const char	**dimensions;	/* the tags that GROUP BY * means */
	size_t		 n_dimensions;
	const char	*name;		/* of a measurement; NULL for a subquery */
};

int		 table_find(const struct table *table, const char *name);	/* or -1 */

/* ---- data.c ---- */

struct data {
	struct arena	*arena;
	uint64_t	 seed;
	int64_t		 first, last;	/* no point is outside */
	bool		 shared_times;	/* two series may have points at one time */
	struct table	 tables[3];
	struct slice	*writes;	/* line protocol, in the order of writing */
	size_t		 n_writes;
};

void		 data_make(struct data *data, uint64_t seed);
void		 data_free(struct data *data);

/* ---- statements ---- */

enum node_kind {
	NODE_INTEGER,
	NODE_FLOAT,
	NODE_STRING,
	NODE_BOOLEAN,
	NODE_DURATION,
	NODE_REF,
	NODE_STAR,
	NODE_REGEX,
	NODE_CALL,
	NODE_BINARY,
};

struct node {
	enum node_kind	 kind;
	const char	*text;		/* name, operator, string or pattern */
	int64_t		 i;		/* NODE_INTEGER, NODE_BOOLEAN, NODE_DURATION */
	double		 f;
	const char	*cast;		/* of a NODE_REF; NULL = none */
	struct node	*args[4];
	size_t		 n_args;
};

struct field {
	struct node	*expr;
	const char	*alias;		/* NULL = none */
};

struct statement_source {
	const char	*measurement;	/* or */
	const char	*pattern;	/* or */
	struct statement *subquery;
};

enum fill_kind { FILL_DEFAULT, FILL_NULL, FILL_NONE, FILL_PREVIOUS, FILL_LINEAR, FILL_NUMBER };

struct statement {
	struct field	 fields[8];
	size_t		 n_fields;
	struct statement_source sources[3];
	size_t		 n_sources;
	bool		 has_from, has_to;
	int64_t		 from, to;	/* time >= from AND time < to */
	struct node	*where;
	int64_t		 interval;	/* 0 = no GROUP BY time */
	int64_t		 offset;
	const char	*dimensions[4];
	size_t		 n_dimensions;
	bool		 all_dimensions;
	enum fill_kind	 fill;
	double		 fill_number;
	bool		 descending;
	unsigned	 limit, skip, slimit, sskip;
	const char	*zone;
	int64_t		 zone_ns;	/* its offset, which never changes */
};

void		 statement_text(const struct statement *s, struct buf *out);

/*
 * statement_random - a statement that is allowed over this data
 * statement_shrink - a smaller statement to try; NULL when this step changes nothing
 */
#define STATEMENT_SHRINK_STEPS 180

struct statement *statement_random(const struct data *data, struct dice *dice, struct arena *arena);
struct statement *statement_shrink(const struct statement *s, unsigned step, struct arena *arena);

/* ---- answers ---- */

struct row {
	int64_t		 time;
	struct value	*values;
};

struct answer_series {
	const char	*name;
	const char	**keys;
	const char	**tags;
	size_t		 n_tags;
	struct row	*rows;
	size_t		 n_rows, cap_rows;
};

struct answer {
	const char	*error;		/* NULL = none */
	const char	*unsure;	/* why it may be another one as well; NULL = it may not */
	struct table_column	*columns;	/* without time */
	size_t		 n_columns;
	struct answer_series *series;
	size_t		 n_series, cap_series;
};

/*
 * naive_answer - what the rules of the language say
 * naive_source_columns - what the sources of a statement have to offer; it needs no fields yet
 */
struct answer	*naive_answer(const struct data *data, const struct statement *s, int64_t now,
		     struct arena *arena);
struct table_column	*naive_source_columns(const struct data *data, const struct statement *s,
		     size_t *n, struct arena *arena);

/*
 * answer_same - NULL, or how two answers differ
 * answer_print - an answer to read
 */
const char	*answer_same(const struct answer *got, const struct answer *want,
		     struct arena *arena);
void		 answer_print(const struct answer *answer, struct buf *out);

#endif
