/*
 * model/batch.h - points on their way in: columns by measurement
 *
 * The line parser fills a batch, the store takes it. Rows of one measurement form a table: a time,
 * a series and, per field, a cell. A field that comes with two types in one batch has two columns
 * of one name; the store decides which type stands and rejects the rows of the other.
 *
 *     batch ── table "cpu" ── times[row]  series[row] ──► refs[k] ──► series_ref (canonical tags)
 *                         └── columns[c]: name, type, cells[row], present[row]
 *
 * All memory is the batch's arena's, except the series_refs, which live in the parser's memo so
 * that the store's answer (the series id) is still there for the next request.
 */
#ifndef WEIR_MODEL_BATCH_H
#define WEIR_MODEL_BATCH_H

#include "base/arena.h"
#include "base/slice.h"
#include "model/value.h"

/*
 * series_ref - one tag set of one measurement, as a process remembers it
 *
 * `id` is the store's, good while `generation` equals the store's schema generation; 0 = unknown.
 */
struct series_ref {
	struct slice	 tags;		/* canonical bytes, see model/tag.h */
	uint64_t	 hash;		/* hash_stable(tags) */
	uint64_t	 id;
	uint64_t	 generation;
	uint64_t	 mark;		/* the parser's: which batch numbered it, and as what */
};

struct batch_index {		/* of names, once there are many; batch.c's own */
	uint32_t	*slots;
	uint32_t	 n_slots;
};

struct batch_column {
	struct slice	 name;
	enum value_type	 type;		/* float, integer, unsigned, string or boolean */
	union cell	*cells;		/* [cap_rows]; meaningless where absent; strings: index */
	uint64_t	*present;	/* bit per row; zero from n_rows on */
	uint32_t	 n_present;	/* kept by batch_set_present; may be 0 after a dropped row */
	uint32_t	 first_row;	/* the first row that has it, when any has */
	struct slice	*strings;	/* VALUE_STRING only: borrowed from the body or the arena */
	uint32_t	 n_strings, cap_strings;
};

struct batch_table {
	struct slice	 name;		/* measurement, unescaped */
	uint32_t	 n_rows, cap_rows;
	int64_t		*times;		/* ns since 1970 UTC */
	uint32_t	*series;	/* row -> index into refs */
	uint32_t	*lines;		/* row -> line of the body, from 1 */
	struct series_ref **refs;	/* the distinct series of these rows */
	uint32_t	 n_refs, cap_refs;
	struct batch_column *columns;	/* may move when one is made: keep indexes, not pointers */
	uint32_t	 n_columns, cap_columns;
	uint32_t	 last_column;	/* the one asked for last */
	struct batch_index index;
};

enum batch_reject_kind {
	BATCH_REJECT_SYNTAX,		/* the line could not be read */
	BATCH_REJECT_CONFLICT,		/* type, or tag and field of one name */
	BATCH_REJECT_RETENTION,		/* older than the bucket keeps */
	BATCH_REJECT_LIMIT,		/* too many columns, tables or series */
};

#define BATCH_REJECTS_KEPT 100		/* texts; all are counted */

struct batch_reject {
	uint64_t	 line;		/* of the body, from 1 */
	enum batch_reject_kind kind;
	struct slice	 text;		/* 1.x wording, e.g. unable to parse 'x': missing fields */
};

/*
 * A list of rejected lines that outlives the batches of one request.
 */
struct batch_rejects {
	struct arena	*arena;
	struct batch_reject kept[BATCH_REJECTS_KEPT];	/* those of the lowest lines, in order of line */
	size_t		 n_kept;
	uint64_t	 n;				/* all */
	uint64_t	 n_of[4];			/* by kind */
};

struct batch {
	struct arena	*arena;		/* borrowed; the caller resets it when the batch is stored */
	struct batch_table **tables;	/* some may have no rows, after a dropped one */
	uint32_t	 n_tables, cap_tables;
	uint32_t	 last_table;	/* the one asked for last */
	struct batch_index index;
	uint64_t	 n_rows;	/* in all tables */
	uint64_t	 number;	/* differs for each batch of a process: for series_ref.mark */
	struct batch_rejects *rejects;	/* borrowed */
};

/*
 * batch_init - an empty batch that takes its memory from `arena`
 * batch_table - the table of a measurement, made when it is not there; `name` is copied then
 * batch_table_add_row - room for one more row: its number; no field is present in it yet
 * batch_table_add_ref - the index of a series in this table, by ref->mark
 * batch_column - the column of a name and type, made when it is not there; `name` is copied then
 * batch_column_add_string - keep a text (borrowed) in a VALUE_STRING column: the index for its cell
 * batch_table_drop_row - take the newest row out again (a line that turned out bad half-way)
 */
void		 batch_init(struct batch *batch, struct arena *arena, struct batch_rejects *rejects);
struct batch_table *batch_table(struct batch *batch, struct slice name);
uint32_t	 batch_table_add_row(struct batch *batch, struct batch_table *table, int64_t time,
		     uint32_t ref, uint32_t line);
void		 batch_table_drop_row(struct batch *batch, struct batch_table *table);
uint32_t	 batch_table_add_ref(struct batch *batch, struct batch_table *table,
		     struct series_ref *ref);
struct batch_column *batch_column(struct batch *batch, struct batch_table *table, struct slice name,
		     enum value_type type);
uint32_t	 batch_column_add_string(struct batch *batch, struct batch_column *column,
		     struct slice text);

/*
 * batch_rejects_init - an empty list whose texts are taken from `arena`
 * batch_reject - note a line that is not stored; the text is copied, cut at 512 bytes
 */
void		 batch_rejects_init(struct batch_rejects *rejects, struct arena *arena);
void		 batch_reject(struct batch_rejects *rejects, enum batch_reject_kind kind,
		     uint64_t line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static inline bool
batch_has(const struct batch_column *column, uint32_t row)
{
	return column->present[row >> 6] >> (row & 63) & 1;
}

/*
 * batch_set_present - the cell of this row holds a value; counts it, once
 */
static inline void
batch_set_present(struct batch_column *column, uint32_t row)
{
	if (batch_has(column, row))
		return;
	if (column->n_present++ == 0)
		column->first_row = row;
	column->present[row >> 6] |= UINT64_C(1) << (row & 63);
}

#endif
