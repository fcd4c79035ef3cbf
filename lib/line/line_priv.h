/*
 * line/line_priv.h - what the files of this room share
 *
 *     memo ── aliases: raw key ──► line_series ── ref ──► series_ref (canonical tags)
 *                                      │  └ next: the series of the line after
 *                                      └── measurement ── names: raw name ──► line_field
 *                                                                │              │  └ next
 *                                                                └ table        └ column
 *
 * Everything a memo holds is in its arena and is forgotten at once (memo.c).
 */
#ifndef WEIR_LINE_PRIV_H
#define WEIR_LINE_PRIV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/table.h"
#include "line/line.h"
#include "model/tag.h"

#define LINE_N_TYPES (VALUE_BOOLEAN + 1)

/*
 * line_column - one field of a measurement
 */
struct line_column {
	struct slice	 name;			/* unescaped */
	uint64_t	 line;			/* memo->serial of the last line that had it */
	uint32_t	 place;			/* where in that line's cells */
	bool		 is_time;		/* is called time: read, but not stored */
	uint64_t	 batch;			/* in which batch index[] is good */
	uint32_t	 index[LINE_N_TYPES];	/* into table->columns, by type; or NO_INDEX */
};

#define NO_INDEX UINT32_MAX

/*
 * line_field - one spelling of a field's name, with the = that ends it
 *
 * Up to sixteen bytes are compared as two masked words.
 */
struct line_field {
	uint64_t	 word[2], mask[2];
	const char	*raw;
	size_t		 n;			/* with the = */
	struct line_field *next;		/* what followed it last time, or NULL */
	struct line_column *column;
};

struct line_measurement {
	uint32_t	 number;
	struct slice	 name;			/* unescaped */
	struct table	 fields;		/* raw name with = -> line_field */
	struct table	 columns;		/* name -> line_column */
	struct line_field *first;		/* what a line began with last time; NULL: none known */
	uint64_t	 batch;			/* in which batch `table` is good */
	struct batch_table *table;
};

/*
 * line_series - one spelling of a series key
 */
struct line_series {
	struct line_series *next;		/* the series of the line after, last time, or NULL */
	struct line_measurement *measurement;
	struct series_ref *ref;
	size_t		 n;
	char		 raw[];
};

/*
 * line_cell - a field of the line in hand
 */
struct line_cell {
	struct line_column *column;
	enum value_type	 type;
	uint32_t	 index;			/* of its column in the table, known last of all */
	union {
		union cell	 cell;
		struct slice	 string;	/* unescaped; borrowed from the window or the arena */
	};
};

struct line_memo {
	size_t		 limit_bytes;
	size_t		 table_bytes;		/* about what the tables take, outside the arena */
	struct arena	*arena;
	struct table	 aliases;		/* raw key -> line_series */
	struct table	 series;		/* measurement number and canonical tags -> series_ref */
	struct table	 measurements;		/* name -> line_measurement */
	struct line_measurement **list;		/* all of them, to free their tables */
	size_t		 n_list, cap_list;
	struct line_series *last;		/* of the line before; NULL: none */
	uint64_t	 batch;			/* the number of the batch in hand */
	uint64_t	 serial;		/* counts lines, for line_column.line */
	bool		 grew;			/* something was learnt: is it too much now? */

	/* scratch of the line in hand */
	struct line_cell *cells;
	size_t		 n_cells, cap_cells;
	struct tag	*tags;
	size_t		 n_tags, cap_tags;
	struct buf	 names;			/* unescaped measurement, keys and values */
	struct buf	 canonical;
};

/*
 * line_context - a call of line_parse
 */
struct line_context {
	struct line_memo *memo;
	const struct line_options *options;
	struct batch	*batch;
	struct line_stream *stream;
	bool		 ascii;			/* no byte of the window has its high bit set */
	bool		 last;			/* what is not ended by `end` never will be */
	enum batch_reject_kind kind;		/* why the line in hand is refused, and in words */
	char		 why[256];
};

/*
 * What became of a part of a line.
 */
enum line_result {
	LINE_OK,
	LINE_BAD,		/* context->kind and why tell */
	LINE_OPEN,		/* a string is still open where the window ends */
	LINE_FULL,		/* the batch or the memo has no room for the line */
};

/*
 * memo.c
 *
 * line_memo_forget - everything; no batch may be in hand that has rows
 * line_memo_measurement, line_memo_ref, line_memo_field - what is known by that name, learnt when
 *     it was not; all bytes are copied
 * line_memo_alias - a new spelling of a series key
 * line_memo_more_cells, line_memo_more_tags - room for one more in the scratch at least
 */
void	 line_memo_forget(struct line_memo *memo);
bool	 line_memo_is_full(const struct line_memo *memo);
struct line_measurement *line_memo_measurement(struct line_memo *memo, struct slice name);
struct series_ref *line_memo_ref(struct line_memo *memo, struct line_measurement *measurement,
	     const struct tag *tags, size_t n);
struct line_series *line_memo_alias(struct line_memo *memo, struct slice raw,
	     struct line_measurement *measurement, struct series_ref *ref);
struct line_field *line_memo_field(struct line_memo *memo, struct line_measurement *measurement,
	     struct slice raw);
void	 line_memo_more_cells(struct line_memo *memo);
void	 line_memo_more_tags(struct line_memo *memo);

/*
 * key.c: measurement and tags
 *
 * line_key_end - the first unescaped space, or the LF, at or after p
 * line_key_learn - read and check a key that the memo does not know, and make it known
 *   returns  the series, or NULL with a reason
 */
const char *line_key_end(const char *p);
struct line_series *line_key_learn(struct line_context *ctx, struct slice raw);

/*
 * line_fields - (fields.c) what follows the key and its spaces
 *   in     p         the first byte of the field part
 *          end       behind the last LF there is
 *   out    memo->cells, n_cells
 *          *at_lf    where the LF is that ends the line
 *          *time     ns
 *          *n_lines  how many LF the strings had
 */
enum line_result line_fields(struct line_context *ctx, struct line_measurement *measurement,
	     const char *p, const char *end, const char **at_lf, int64_t *time, uint64_t *n_lines);

/*
 * text.c: escapes, and where a line ends that is not parsed
 *
 * line_unescape - a name without its escapes: raw itself, or in `out` (which has room enough)
 *   in     escaped   the characters that a backslash takes their meaning from
 * line_unescape_string - a string value without its escapes, in the arena
 */
struct slice line_unescape(struct slice raw, const char *escaped, struct buf *out);
struct slice line_unescape_string(struct slice raw, struct arena *arena);

/*
 * line_why - (text.c) the reason why the line in hand is refused: returns LINE_BAD
 */
enum line_result line_why(struct line_context *ctx, const char *fmt, ...)
	     __attribute__((format(printf, 2, 3)));

/* ---- words of eight bytes ---- */

#define WORD_ONES	UINT64_C(0x0101010101010101)
#define WORD_HIGHS	UINT64_C(0x8080808080808080)

static inline uint64_t
word_load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/*
 * word_load_le - the byte at p is the lowest of the word, on every machine
 */
static inline uint64_t
word_load_le(const char *p)
{
	uint64_t w = word_load(p);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/*
 * word_has - high bits at the bytes that equal c; those above the lowest such bit may be wrong
 */
static inline uint64_t
word_has(uint64_t w, char c)
{
	uint64_t x = w ^ WORD_ONES * (unsigned char)c;

	return (x - WORD_ONES) & ~x & WORD_HIGHS;
}

static inline size_t
word_first(uint64_t high_bits)
{
	return (size_t)__builtin_ctzll(high_bits) / 8;
}

#endif
