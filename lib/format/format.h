/*
 * format/format.h - an answer's rows as JSON, CSV or MessagePack
 *
 * A format is a rows_sink (model/rows.h) that prints what is pushed into it to a `struct out`.
 * Pure: no input or output but that stream, no state but the sink's own. How the bytes look is
 * http-api 4.4 to 4.6; each format's file tells it.
 *
 *     query -- rows --> struct rows_sink (json.c, csv.c, msgpack.c) -- bytes --> struct out
 *
 * How much is held in memory before it goes out:
 *
 *     JSON, CSV             about a piece (OUT_PIECE_BYTES), whatever the answer's size
 *     any of them, chunked  the same, and at most a document for MessagePack
 *     MessagePack           one statement's answer, as its maps are counted before their content;
 *                           all statements' where n_results is not told; hold_bytes bounds it
 */
#ifndef WEIR_FORMAT_FORMAT_H
#define WEIR_FORMAT_FORMAT_H

#include "base/arena.h"
#include "base/out.h"
#include "model/precision.h"
#include "model/rows.h"

#define FORMAT_CHUNK_ROWS 10000		/* of a chunked document, where no number is given */

struct format_options {
	enum precision	 epoch;		/* unit of times; PRECISION_AUTO: RFC 3339, CSV: ns */
	bool		 pretty;	/* JSON: four spaces a level, as Go's MarshalIndent */
	bool		 chunked;	/* a document for every chunk_size rows and every series */
	uint64_t	 chunk_size;	/* rows; 0 = FORMAT_CHUNK_ROWS */
	uint64_t	 n_results;	/* how many will come, one a statement; 0 = not known */
	uint64_t	 hold_bytes;	/* what MessagePack may hold of one statement; 0 = any. One
					   that is longer becomes an error result. */
};

struct format {
	const char	*name;			/* "json", "csv", "msgpack" */
	const char	*content_type;		/* what it is answered with */

	struct rows_sink *(*begin)(struct arena *arena, struct out *out,
			     const struct format_options *options);
	void		(*error)(struct out *out, const struct format_options *options,
			     struct slice text);
};

/* A format, and the media type under which it was asked for. */
struct format_choice {
	const struct format *format;
	const char	*content_type;
};

/*
 * format_by_accept - the first media type of an Accept header that we know; JSON for wildcards and
 *                    when there is none. "text/csv" is answered as "text/csv".
 * format_by_name - "json", "csv", "msgpack"; NULL for anything else
 */
struct format_choice	 format_by_accept(struct slice accept);
const struct format	*format_by_name(const char *name);

/*
 * format_sink - a sink that prints to `out`
 *   in     options   copied
 *   owns   the sink is the arena's; there is nothing to free. Whoever opened `out` flushes the rest
 *          of it after the sink's end, and asks out->failed. Chunked documents are flushed as they
 *          are done.
 * format_error - an answer that is nothing but an error (a request that was refused): JSON
 *                {"error":"text"}, CSV two lines, MessagePack a map
 */
struct rows_sink	*format_sink(const struct format *format, struct arena *arena,
			     struct out *out, const struct format_options *options);
void			 format_error(const struct format *format, struct out *out,
			     const struct format_options *options, struct slice text);

/*
 * format_put_json_string - append a JSON string with its quotes; a byte that is no UTF-8 becomes
 *                          \ufffd
 */
void			 format_put_json_string(struct buf *out, struct slice text);

#endif
