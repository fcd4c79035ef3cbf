/*
 * influxql/ast.h - the statement tree: what a query text says, and nothing of what it means
 *
 * influxql_parse makes these structs in its caller's arena; slices borrow from the query text, from
 * the parameters, or from the arena. Who executes a statement may change the tree and add nodes from
 * the same arena (wildcards expanded, names given types). The whole language of InfluxDB 1.x is here,
 * also the statements that weir parses only in order to refuse them by name.
 *
 *     query ── statement ─┬─ select ─┬─ fields ──► expr, alias
 *              statement  │          ├─ sources ─► measurement, or a select again
 *              ...        ├─ show    ├─ where ───► expr
 *                         ├─ policy  ├─ dimensions ► expr
 *                         └─ ...     └─ fill, order, limits, tz
 */
#ifndef WEIR_INFLUXQL_AST_H
#define WEIR_INFLUXQL_AST_H

#include "base/slice.h"

/* Where a token began. Both count from 0; error texts show them from 1. */
struct position {
	uint32_t	 line;
	uint32_t	 column;	/* in characters, not bytes */
};

/* ---- expressions ---- */

enum expr_op {
	OP_NONE,
	OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_BIT_AND, OP_BIT_OR, OP_BIT_XOR,
	OP_EQ, OP_NEQ, OP_LT, OP_LTE, OP_GT, OP_GTE, OP_EQ_REGEX, OP_NEQ_REGEX,
	OP_AND, OP_OR,
};

/* What may follow `::`, and, after names were looked up, the type of a reference. */
enum expr_cast {
	CAST_NONE,
	CAST_FLOAT, CAST_INTEGER, CAST_UNSIGNED, CAST_STRING, CAST_BOOLEAN,
	CAST_FIELD,			/* ::field - any field, no tag */
	CAST_TAG,			/* ::tag */
};

enum expr_kind {
	EXPR_BINARY,		/* binary */
	EXPR_PAREN,		/* inner */
	EXPR_CALL,		/* call */
	EXPR_REF,		/* ref: a field or tag, e.f counts as the one name "e.f" */
	EXPR_WILDCARD,		/* wildcard: CAST_NONE, CAST_FIELD or CAST_TAG */
	EXPR_REGEX,		/* regex */
	EXPR_DISTINCT,		/* distinct: DISTINCT v; `distinct(v)` is an EXPR_CALL */
	EXPR_NUMBER,		/* number: a float */
	EXPR_INTEGER,		/* integer */
	EXPR_UNSIGNED,		/* unsigned_: above the greatest int64 only */
	EXPR_STRING,		/* string */
	EXPR_BOOLEAN,		/* boolean */
	EXPR_DURATION,		/* duration, ns */
	EXPR_CALENDAR,		/* months: 1mo, 1y, in GROUP BY time() alone; weir's own */
	EXPR_TIME,		/* time, ns since 1970 UTC: made by whoever resolves strings to times */
	EXPR_NIL,		/* no value: made by whoever simplifies */
};

struct expr_binary {
	enum expr_op	 op;
	struct expr	*left;
	struct expr	*right;
};

struct expr_call {
	struct slice	 name;		/* in lower case */
	struct expr	**args;
	size_t		 n_args;
};

struct expr_ref {
	struct slice	 name;		/* unquoted; of e.f the whole "e.f" */
	enum expr_cast	 cast;
};

/*
 * The parser bounds the depth of what it builds, so that functions may recurse over a tree. Chains of
 * AND and of OR, which may be long, come as balanced trees: their order is kept, their shape is free.
 */
#define EXPR_DEPTH_MAX	1024

/*
 * Signs are folded as the language says: -5 is the literal -5, -v is -1 * v (a binary), +v is
 * 1 * v; -(v) and -f(v) likewise.
 */
struct expr {
	enum expr_kind	 kind;
	uint32_t	 depth;		/* nodes on the longest way down, at most EXPR_DEPTH_MAX */
	struct position	 at;		/* of its first token; 0, 0 in nodes made later */
	union {
		struct expr_binary binary;
		struct expr	*inner;
		struct expr_call call;
		struct expr_ref	 ref;
		enum expr_cast	 wildcard;
		struct slice	 regex;		/* RE2 text between the slashes, \/ turned into / */
		struct slice	 distinct;	/* the name behind DISTINCT */
		double		 number;
		int64_t		 integer;
		uint64_t	 unsigned_;
		struct slice	 string;
		bool		 boolean;
		int64_t		 duration;
		int64_t		 months;
		int64_t		 time;
	};
};

/* ---- SELECT ---- */

struct measurement {
	struct slice	 database;	/* "" = not said */
	struct slice	 rp;		/* "" = not said: the default one */
	struct slice	 name;		/* "" with is_regex */
	bool		 is_regex;
	struct slice	 regex;		/* RE2 text */
};

enum source_kind { SOURCE_MEASUREMENT, SOURCE_SUBQUERY };

struct source {
	enum source_kind kind;
	struct measurement measurement;
	struct select	*subquery;
};

struct select_field {
	struct expr	*expr;
	struct slice	 alias;		/* "" = none */
};

/*
 * What GROUP BY lists. The parser takes any expression, as 1.x does; the kind is told by the shape
 * alone, and what is wrong with a DIMENSION_OTHER or the arguments of time() is a statement error.
 */
enum dimension_kind {
	DIMENSION_TIME,		/* a call of time(...), however many and whatever arguments */
	DIMENSION_TAG,		/* an EXPR_REF (also the bare word time, which is an error) */
	DIMENSION_WILDCARD,
	DIMENSION_REGEX,
	DIMENSION_OTHER,	/* another call, arithmetic, a literal */
};

struct dimension {
	enum dimension_kind kind;
	struct expr	*expr;
};

enum select_fill { FILL_NULL, FILL_NONE, FILL_PREVIOUS, FILL_LINEAR, FILL_NUMBER };

struct select {
	struct select_field *fields;
	size_t		 n_fields;
	bool		 has_into;
	struct measurement into;	/* name "" with into_same_name */
	bool		 into_same_name;	/* INTO db.rp.:MEASUREMENT */
	struct source	*sources;
	size_t		 n_sources;
	struct expr	*where;		/* or NULL */
	struct dimension *dimensions;
	size_t		 n_dimensions;
	enum select_fill fill;		/* FILL_NULL when there is no fill() */
	struct expr	*fill_number;	/* FILL_NUMBER: EXPR_INTEGER or EXPR_NUMBER, else NULL */
	bool		 has_order;	/* ORDER BY was said */
	bool		 descending;
	int64_t		 limit;		/* 0 = none, as LIMIT 0 means none */
	int64_t		 offset;
	int64_t		 slimit;
	int64_t		 soffset;
	struct slice	 tz;		/* "" = none; its existence was asked through the params */
};

/* ---- the other statements ---- */

struct show {				/* every SHOW that is answered; what is absent is 0 */
	struct slice	 database;	/* ON; "" = not said */
	bool		 exact;		/* EXACT, of the cardinality forms */
	struct source	*sources;	/* FROM: measurements only */
	size_t		 n_sources;
	struct expr	*where;
	struct dimension *dimensions;	/* the cardinality forms take GROUP BY */
	size_t		 n_dimensions;
	bool		 has_order;
	bool		 descending;
	int64_t		 limit, offset, slimit, soffset;
	enum expr_op	 with_op;	/* OP_NONE without WITH; OP_EQ, OP_NEQ, OP_EQ_REGEX, OP_NEQ_REGEX */
	bool		 with_in;	/* WITH KEY IN (...): with_op is OP_EQ */
	struct slice	*with_keys;	/* WITH KEY = one, IN (many); for the regex operators none */
	size_t		 n_with_keys;
	struct slice	 with_regex;
	struct measurement with_measurement;	/* WITH MEASUREMENT = or =~, of SHOW MEASUREMENTS */
};

struct delete {				/* DELETE and DROP SERIES */
	struct source	*sources;	/* names or regexes; none: all */
	size_t		 n_sources;
	struct expr	*where;		/* or NULL */
};

struct policy {				/* CREATE and ALTER RETENTION POLICY, WITH of CREATE DATABASE */
	struct slice	 name;		/* of CREATE DATABASE ... WITH: "" when no NAME was said */
	struct slice	 database;
	bool		 has_duration;
	int64_t		 duration;	/* ns; 0 = for ever (INF) */
	bool		 has_replication;
	int64_t		 replication;
	bool		 has_shard_duration;
	int64_t		 shard_duration; /* ns; 0 = INF or as the duration suggests */
	bool		 is_default;
};

struct create_database {
	struct slice	 name;
	bool		 has_with;
	struct policy	 policy;	/* good with has_with */
};

struct drop {				/* DROP MEASUREMENT, DATABASE, RETENTION POLICY */
	struct slice	 name;
	struct slice	 database;	/* of a retention policy: ON */
};

struct explain {
	bool		 analyze;
	struct select	*select;
};

enum user_verb {			/* what a statement about users does with one */
	USER_NONE,			/* it is about something else */
	USER_SHOW,
	USER_SHOW_GRANTS,
	USER_CREATE,
	USER_DROP,
	USER_SET_PASSWORD,
	USER_GRANT,
	USER_REVOKE,
};

struct user_words {
	enum user_verb	 verb;
	struct slice	 name;
	struct slice	 password;
	struct slice	 database;	/* of GRANT and REVOKE; "" = of all: ALL PRIVILEGES */
	bool		 read, write;	/* what is granted or revoked on it */
	bool		 all;		/* CREATE USER ... WITH ALL PRIVILEGES */
};

struct refused {			/* read in full; refused by name unless it is about users */
	struct slice	 text;		/* as InfluxDB prints it; passwords are [REDACTED] */
	struct user_words user;
};

enum statement_kind {
	STATEMENT_SELECT,			/* select */
	STATEMENT_EXPLAIN,			/* explain */
	STATEMENT_SHOW_DATABASES,		/* nothing */
	STATEMENT_SHOW_RETENTION_POLICIES,	/* show: database alone */
	STATEMENT_SHOW_MEASUREMENTS,		/* show, and so on */
	STATEMENT_SHOW_SERIES,
	STATEMENT_SHOW_TAG_KEYS,
	STATEMENT_SHOW_TAG_VALUES,
	STATEMENT_SHOW_FIELD_KEYS,
	STATEMENT_SHOW_SERIES_CARDINALITY,
	STATEMENT_SHOW_MEASUREMENT_CARDINALITY,
	STATEMENT_SHOW_TAG_KEY_CARDINALITY,
	STATEMENT_SHOW_TAG_VALUES_CARDINALITY,
	STATEMENT_SHOW_FIELD_KEY_CARDINALITY,
	STATEMENT_DELETE,			/* delete */
	STATEMENT_DROP_SERIES,			/* delete */
	STATEMENT_DROP_MEASUREMENT,		/* drop */
	STATEMENT_DROP_DATABASE,		/* drop */
	STATEMENT_DROP_RETENTION_POLICY,	/* drop */
	STATEMENT_CREATE_DATABASE,		/* create_database */
	STATEMENT_CREATE_RETENTION_POLICY,	/* policy */
	STATEMENT_ALTER_RETENTION_POLICY,	/* policy */
	STATEMENT_REFUSED,			/* refused: users, grants, shards, queries, ... */
};

struct statement {
	enum statement_kind kind;
	const char	*words;		/* "SELECT", "SELECT INTO", "SHOW TAG KEYS", "CREATE USER", "GRANT ALL",
					   ...: what follows `not implemented: ` where it is refused */
	union {
		struct select	*select;
		struct explain	 explain;
		struct show	*show;
		struct delete	 delete;
		struct drop	 drop;
		struct create_database create_database;
		struct policy	 policy;
		struct refused	 refused;
	};
};

struct influxql_query {
	struct statement *statements;
	size_t		 n_statements;	/* 0 for a text of blanks, comments and semicolons */
};

#endif
