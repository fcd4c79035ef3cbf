/*
 * line/line.h - line protocol: bytes in, rows in columns out
 *
 * A body comes as windows that hold whole lines (and, mostly, the beginning of one more). Each
 * window is parsed into the tables of a batch; what a line must not do is said to the batch's list
 * of rejects in the words of InfluxDB 1.x, and leaves nothing of itself in the batch.
 *
 * Data repeats: the series of a line are those of the lines before, its fields come in the same
 * order. A line_memo keeps what earlier lines taught, so that most of a line is compared with a
 * guess instead of being looked at byte by byte (key.c and fields.c tell how).
 */
#ifndef WEIR_LINE_LINE_H
#define WEIR_LINE_LINE_H

#include "base/buf.h"
#include "model/batch.h"
#include "model/precision.h"

#define LINE_SLACK 32		/* readable bytes that must follow a window; their values do not matter */

struct line_memo;

/*
 * line_memo_new - what the lines of one bucket teach a process; a memo per bucket
 *   in     limit_bytes  once it holds more, all is forgotten before the next batch begins
 *   owns   the series_refs of every batch parsed with it: store the batch before the next one is
 *          begun, and free the memo after that
 * line_memo_bytes - about how much it holds
 */
struct line_memo	*line_memo_new(size_t limit_bytes);
void			 line_memo_free(struct line_memo *memo);
size_t			 line_memo_bytes(const struct line_memo *memo);

struct line_options {
	enum precision	 precision;
	int64_t		 now_ns;		/* for lines without a time; one reading a request */
	size_t		 max_line_bytes;	/* longer lines are rejected and skipped */
	size_t		 max_key_bytes;		/* of a series key, and of one name */
	size_t		 max_string_bytes;	/* of a string value */
	uint32_t	 max_fields;		/* of a line */
	size_t		 batch_bytes;		/* about how much memory a batch may take */
};

/*
 * line_default_options - the limits of http-api section 6; precision by magnitude, now_ns 0
 */
void	 line_default_options(struct line_options *options);

enum line_skip { LINE_SKIP_NONE, LINE_SKIP_COMMENT, LINE_SKIP_KEY, LINE_SKIP_FIELDS, LINE_SKIP_STRING };

/*
 * Where a body has got to. `{ .line = 1 }` to begin with; line_parse moves it.
 */
struct line_stream {
	uint64_t	 line;		/* the number of the line that comes next */
	enum line_skip	 skip;		/* inside a line that was too long: which part of it */
	bool		 escaped;	/* a backslash ended the last window */
	bool		 after_equals;	/* an = did */
};

/*
 * line_skip - follow lines without parsing them: the LF that ends the one in hand, or `end`
 *   in     stream    skip: the part of the line that p stands in, LINE_SKIP_KEY at its first byte
 *                    that is no blank (LINE_SKIP_COMMENT where that is a #)
 *   out    stream    where it has got to at `end`; its line counts the LFs inside strings
 */
const char	*line_skip(struct line_stream *stream, const char *p, const char *end);

enum line_stop {
	LINE_WANTS_MORE,	/* every complete line of the window is parsed */
	LINE_BATCH_FULL,	/* store the batch, begin another, call again for the rest */
};

/*
 * line_parse - parse the complete lines of a window
 *
 *   in     window    followed by LINE_SLACK readable bytes
 *          final     nothing follows the window: its last line needs no LF
 *   out    batch     one row a line; strings are borrowed from the window, or are the arena's
 *          *consumed bytes of the window that are dealt with; the caller brings the others again,
 *                   followed by more. All of it when `final` and LINE_WANTS_MORE is returned.
 *          batch->rejects  a text for each line that is not one of line protocol (http-api 5.8)
 */
enum line_stop	 line_parse(struct line_memo *memo, struct line_stream *stream,
		     const struct line_options *options, struct slice window, bool final,
		     struct batch *batch, size_t *consumed);

/* ---- print.c: the other way ---- */

/*
 * line_print_measurement, line_print_name - a measurement; a tag key, a tag value, a field's name
 *   returns  -1, and nothing is put, for what line protocol cannot say: an LF, a tab or a NUL, no
 *            name, a measurement that begins with a #. A write never brings such a name, but
 *            SELECT INTO can.
 * line_print_value - a field's value, with the mark of its type; a float is finite
 */
int	 line_print_measurement(struct buf *out, struct slice name);
int	 line_print_name(struct buf *out, struct slice name);
void	 line_print_value(struct buf *out, const struct value *v);

#endif
