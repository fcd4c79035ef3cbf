/*
 * format/json.c - rows as JSON documents, http-api 4.4
 *
 *     {"results":[{"statement_id":0,"series":[{"name":..,"tags":{..},"columns":[..],
 *         "values":[[..],[..]],"partial":true}],"messages":[..],"partial":true,"error":".."}]}
 *
 * Everything is printed as it comes. What may be left out (series, values) is opened by the first
 * thing that stands in it. A chunked answer is a document for each series and every chunk_size
 * rows, and a document says "partial" when more of its statement follows: so it is left open, its
 * series closed, until the next call tells. A series that is continued needs its head again; the
 * head's text is kept for that.
 *
 * Pretty printing follows Go's MarshalIndent: a line an item, four spaces a level, [] and {} when
 * empty.
 */
#include "format/format_priv.h"

#include <math.h>

#include "base/number.h"
#include "base/utf8.h"
#include "base/wide.h"
#include "model/rfc3339.h"
#include "model/zone.h"

struct json_sink {
	struct rows_sink sink;
	struct arena	*arena;
	struct out	*out;
	struct buf	*b;		/* &out->buf */
	struct format_options options;

	/* the printer */
	unsigned	 depth;
	bool		 fresh;		/* nothing stands in the innermost [ or { yet */

	/* where the document has got to */
	unsigned	 statement_id;
	bool		 document;	/* { "results": [ is out */
	bool		 result;	/* the object of this statement is open */
	bool		 series_list;	/* its "series": [ */
	bool		 series;	/* the object of a series */
	bool		 values;	/* "values": [ of the series */
	bool		 messages;	/* "messages": [ */
	uint64_t	 n_documents;
	uint64_t	 n_rows;	/* of the series, in this document */
	size_t		 n_columns;
	bool		 whole;		/* the series is not cut */

	const struct zone *zone;
	struct rfc3339_day day;
	struct format_kept head;	/* of the open series, for its next chunk */
};

/* ---- the printer ---- */

static void
json_newline(struct json_sink *j)
{
	static const char spaces[] = "                                ";

	buf_putc(j->b, '\n');
	for (unsigned left = j->depth * 4; left > 0;) {
		unsigned n = left < sizeof(spaces) - 1 ? left : (unsigned)sizeof(spaces) - 1;

		buf_put(j->b, spaces, n);
		left -= n;
	}
}

static inline void
json_next(struct json_sink *j)
{
	if (!j->fresh)
		buf_putc(j->b, ',');
	j->fresh = false;
	if (j->options.pretty)
		json_newline(j);
}

static inline void
json_open(struct json_sink *j, char bracket)
{
	buf_putc(j->b, bracket);
	j->depth++;
	j->fresh = true;
}

static inline void
json_close(struct json_sink *j, char bracket)
{
	j->depth--;
	if (j->options.pretty && !j->fresh)
		json_newline(j);
	buf_putc(j->b, bracket);
	j->fresh = false;
}

/* Bytes that cannot stand in a string as they are: controls, quote, backslash, all beyond ASCII. */
static inline bool
json_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Eight of them at once: no byte has its high bit, is below 0x20, or becomes 0 by an XOR. */
static inline bool
json_is_plain_word(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';

	return ((w | (w - ones * 0x20) | (quote - ones) | (slash - ones)) & high) == 0;
}

static void
json_put_special(struct buf *b, struct slice *s)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)s->p[0];
	size_t n = 1;

	if (c >= 0x80) {
		uint32_t rune;

		n = utf8_next(*s, &rune);
		if (n == 1)
			buf_put_slice(b, SLICE("\\ufffd"));
		else
			buf_put(b, s->p, n);
	} else if (c == '"' || c == '\\') {
		buf_putc(b, '\\');
		buf_putc(b, (char)c);
	} else if (c == '\n' || c == '\r' || c == '\t') {
		buf_putc(b, '\\');
		buf_putc(b, c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
	} else {
		buf_put_slice(b, SLICE("\\u00"));
		buf_putc(b, hex[c >> 4]);
		buf_putc(b, hex[c & 15]);
	}
	*s = slice_make(s->p + n, s->n - n);
}

void
format_put_json_string(struct buf *b, struct slice s)
{
	buf_putc(b, '"');
	while (s.n > 0) {
		size_t plain = 0;

		while (plain + 8 <= s.n && json_is_plain_word(wide_load64(s.p + plain)))
			plain += 8;
		while (plain < s.n && json_is_plain((unsigned char)s.p[plain]))
			plain++;
		buf_put(b, s.p, plain);
		s = slice_make(s.p + plain, s.n - plain);
		if (s.n > 0)
			json_put_special(b, &s);
	}
	buf_putc(b, '"');
}

static void
json_key(struct json_sink *j, const char *key)
{
	json_next(j);
	format_put_json_string(j->b, slice_from(key));
	buf_putc(j->b, ':');
	if (j->options.pretty)
		buf_putc(j->b, ' ');
}

static void
json_key_string(struct json_sink *j, const char *key, struct slice text)
{
	json_key(j, key);
	format_put_json_string(j->b, text);
}

static void
json_key_true(struct json_sink *j, const char *key)
{
	json_key(j, key);
	buf_put_slice(j->b, SLICE("true"));
}

static void
json_time(struct json_sink *j, int64_t ns)
{
	if (j->options.epoch != PRECISION_AUTO) {
		number_put_int(j->b, format_time_in(ns, j->options.epoch));
		return;
	}
	buf_putc(j->b, '"');
	rfc3339_put(j->b, &j->day, ns, j->zone != NULL ? zone_offset(j->zone, ns) : 0);
	buf_putc(j->b, '"');
}

static inline void
json_float(struct json_sink *j, double v)
{
	if (isfinite(v))
		number_put_float(j->b, v);
	else
		buf_put_slice(j->b, SLICE("null"));
}

static void
json_value(struct json_sink *j, const struct value *v)
{
	switch (v->type) {
	case VALUE_FLOAT:
		json_float(j, v->f);
		return;
	case VALUE_INTEGER:
		number_put_int(j->b, v->i);
		return;
	case VALUE_UNSIGNED:
		number_put_uint(j->b, v->u);
		return;
	case VALUE_STRING:
	case VALUE_TAG:
		format_put_json_string(j->b, v->s);
		return;
	case VALUE_BOOLEAN:
		buf_put_slice(j->b, v->b ? SLICE("true") : SLICE("false"));
		return;
	case VALUE_TIME:
		json_time(j, v->i);
		return;
	case VALUE_NULL:
		break;
	}
	buf_put_slice(j->b, SLICE("null"));
}

/*
 * One cell of a column: the numbers that most are without the detour of a value.
 */
static inline void
json_cell(struct json_sink *j, const struct column *c, size_t row)
{
	struct value v;

	if (c->cells != NULL && column_has(c, row)) {
		if (c->type == VALUE_FLOAT) {
			json_float(j, c->cells[row].f);
			return;
		}
		if (c->type == VALUE_INTEGER) {
			number_put_int(j->b, c->cells[row].i);
			return;
		}
	}
	v = column_value(c, row);
	json_value(j, &v);
}

/* ---- documents, results and what stands in them ---- */

static void
json_result_open(struct json_sink *j)
{
	if (j->result)
		return;
	if (!j->document) {
		j->depth = 0;
		json_open(j, '{');
		json_key(j, "results");
		json_open(j, '[');
		j->document = true;
		j->n_documents++;
	}
	json_next(j);
	json_open(j, '{');
	json_key(j, "statement_id");
	number_put_uint(j->b, j->statement_id);
	j->result = true;
}

static void
json_document_end(struct json_sink *j)
{
	json_close(j, ']');
	json_close(j, '}');
	buf_putc(j->b, '\n');
	j->document = false;
}

static void
json_series_close(struct json_sink *j, bool partial)
{
	if (!j->series)
		return;
	if (j->values)
		json_close(j, ']');
	j->values = false;
	if (partial)
		json_key_true(j, "partial");
	json_close(j, '}');
	j->series = false;
	j->n_rows = 0;
}

static void
json_lists_close(struct json_sink *j)
{
	json_series_close(j, false);
	if (j->series_list || j->messages)
		json_close(j, ']');
	j->series_list = j->messages = false;
}

static void
json_result_close(struct json_sink *j, bool partial)
{
	json_lists_close(j);
	if (partial)
		json_key_true(j, "partial");
	json_close(j, '}');
	j->result = false;
	if (j->options.chunked) {
		json_document_end(j);
		out_flush(j->out);
	}
}

static void
json_series_list(struct json_sink *j)
{
	json_result_open(j);
	if (!j->series_list) {
		json_key(j, "series");
		json_open(j, '[');
		j->series_list = true;
	}
	json_next(j);
}

static void
json_series_head(struct json_sink *j, const struct rows_series *series)
{
	json_open(j, '{');
	if (series->name.n > 0)
		json_key_string(j, "name", series->name);
	if (series->n_tags > 0) {
		json_key(j, "tags");
		json_open(j, '{');
		for (size_t i = 0; i < series->n_tags; i++) {
			json_next(j);
			format_put_json_string(j->b, series->tags[i].key);
			buf_putc(j->b, ':');
			if (j->options.pretty)
				buf_putc(j->b, ' ');
			format_put_json_string(j->b, series->tags[i].value);
		}
		json_close(j, '}');
	}
	if (series->n_columns > 0) {
		json_key(j, "columns");
		json_open(j, '[');
		for (size_t i = 0; i < series->n_columns; i++) {
			json_next(j);
			format_put_json_string(j->b, series->columns[i]);
		}
		json_close(j, ']');
	}
}

/* The document is full and one more row has come: end it and begin the next with the same head. */
static void
json_continue(struct json_sink *j)
{
	unsigned depth = j->depth - 1;	/* of the series, "values" being open */

	json_series_close(j, true);
	json_result_close(j, true);
	json_series_list(j);
	buf_put(j->b, j->head.p, j->head.n);
	j->series = true;
	j->depth = depth;
	j->fresh = j->head.n == 1;	/* nothing but the bracket */
}

/* ---- the sink ---- */

static void
json_result_begin(struct rows_sink *sink, unsigned statement_id)
{
	struct json_sink *j = (struct json_sink *)sink;

	j->statement_id = statement_id;
	if (!j->options.chunked)
		json_result_open(j);
}

static void
json_series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct json_sink *j = (struct json_sink *)sink;
	size_t head;

	json_series_close(j, false);
	if (j->options.chunked && j->series_list)
		json_result_close(j, true);
	json_series_list(j);
	head = j->b->n;
	json_series_head(j, series);
	j->series = true;
	if (j->options.chunked)
		format_keep(j->arena, &j->head, slice_make(j->b->p + head, j->b->n - head));
	j->zone = series->zone;
	j->n_columns = series->n_columns;
	j->whole = series->whole;
}

static void
json_row_open(struct json_sink *j)
{
	if (j->options.chunked && !j->whole && j->n_rows == j->options.chunk_size)
		json_continue(j);
	if (!j->values) {
		json_key(j, "values");
		json_open(j, '[');
		j->values = true;
	}
	json_next(j);
	json_open(j, '[');
}

static bool
json_row_close(struct json_sink *j)
{
	json_close(j, ']');
	j->n_rows++;
	return out_ready(j->out);
}

static bool
json_row(struct rows_sink *sink, const struct value *values)
{
	struct json_sink *j = (struct json_sink *)sink;

	json_row_open(j);
	for (size_t i = 0; i < j->n_columns; i++) {
		json_next(j);
		json_value(j, &values[i]);
	}
	return json_row_close(j);
}

static bool
json_block(struct rows_sink *sink, const struct rows_block *block)
{
	struct json_sink *j = (struct json_sink *)sink;

	for (size_t row = block->from; row < block->to; row++) {
		json_row_open(j);
		json_next(j);
		json_time(j, block->times[row]);
		for (size_t i = 0; i + 1 < j->n_columns; i++) {
			json_next(j);
			json_cell(j, &block->columns[i], row);
		}
		if (!json_row_close(j))
			return false;
	}
	return true;
}

static void
json_series_end(struct rows_sink *sink)
{
	struct json_sink *j = (struct json_sink *)sink;

	json_series_close(j, false);
	out_ready(j->out);
}

static void
json_message(struct rows_sink *sink, const char *level, struct slice text)
{
	struct json_sink *j = (struct json_sink *)sink;

	json_result_open(j);
	if (!j->messages) {
		json_lists_close(j);
		json_key(j, "messages");
		json_open(j, '[');
		j->messages = true;
	}
	json_next(j);
	json_open(j, '{');
	json_key_string(j, "level", slice_from(level));
	json_key_string(j, "text", text);
	json_close(j, '}');
}

static void
json_error(struct rows_sink *sink, struct slice text)
{
	struct json_sink *j = (struct json_sink *)sink;

	json_result_open(j);
	json_lists_close(j);
	json_key_string(j, "error", text);
}

static void
json_result_end(struct rows_sink *sink)
{
	struct json_sink *j = (struct json_sink *)sink;

	json_result_open(j);
	json_result_close(j, false);
	out_ready(j->out);
}

static void
json_end(struct rows_sink *sink)
{
	struct json_sink *j = (struct json_sink *)sink;

	if (j->n_documents == 0) {
		json_open(j, '{');
		json_key(j, "results");
		json_open(j, '[');
		j->document = true;
	}
	if (j->document)
		json_document_end(j);
}

static struct rows_sink *
json_begin(struct arena *arena, struct out *out, const struct format_options *options)
{
	struct json_sink *j = arena_zalloc(arena, sizeof(*j));

	j->sink = (struct rows_sink){
		json_result_begin, json_series_begin, json_row, json_series_end,
		json_message, json_error, json_result_end, json_end, json_block,
	};
	j->arena = arena;
	j->out = out;
	j->b = &out->buf;
	j->options = *options;
	return &j->sink;
}

static void
json_request_error(struct out *out, const struct format_options *options, struct slice text)
{
	struct json_sink j = { .out = out, .b = &out->buf, .options = *options };

	json_open(&j, '{');
	json_key_string(&j, "error", text);
	json_close(&j, '}');
	buf_putc(j.b, '\n');
}

const struct format format_json = {
	"json", "application/json", json_begin, json_request_error,
};
