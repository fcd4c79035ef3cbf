/*
 * format/msgpack.c - rows as MessagePack, http-api 4.6
 *
 * What InfluxDB 1.x sends and influxdb-python, whose default it is, expects: maps with the keys of
 * the JSON answer, times as extension type 5 (seconds and nanoseconds, big-endian).
 *
 * Maps and arrays begin with the number of their items, which is not known when they begin. Room
 * for it is left in the stream's buffer and filled in later; so a result stays in the buffer until
 * it ends. A statement that would hold more than options.hold_bytes is taken back and answered with
 * an error; a chunked answer begins a new document instead. The number of results heads the whole
 * answer: where the caller cannot tell it (n_results), everything stays until the end.
 */
#include "format/format_priv.h"

#include "base/utf8.h"

struct msgpack_sink {
	struct rows_sink sink;
	struct arena	*arena;
	struct out	*out;
	struct buf	*b;		/* &out->buf */
	struct format_options options;

	unsigned	 statement_id;
	uint64_t	 n_results;	/* begun */
	uint64_t	 n_documents;

	/* Offsets into the buffer, of what is open. */
	size_t		 document_at;
	size_t		 results_at;	/* array of 32-bit length */
	size_t		 result_at;	/* a map of one byte, as are all maps here but tags */
	size_t		 series_list_at;
	size_t		 series_at;
	size_t		 values_at;
	size_t		 messages_at;
	unsigned	 n_result_keys, n_series_keys;
	uint32_t	 n_series, n_rows, n_messages;
	size_t		 n_columns;
	bool		 whole;		/* the series is not cut at chunk_size */

	bool		 document, result, series, messages;
	bool		 series_done;	/* a series of this statement stands in the document */
	bool		 dropped;	/* this statement was too much */
	struct format_kept head;	/* of the open series, for its next chunk */
};

/* ---- the encoding ---- */

static void
pack_be(struct buf *b, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0)
		buf_putc(b, (char)(v >> (8 * bytes)));
}

static void
pack_tagged(struct buf *b, unsigned tag, uint64_t v, unsigned bytes)
{
	buf_putc(b, (char)tag);
	pack_be(b, v, bytes);
}

static void
pack_uint(struct buf *b, uint64_t v)
{
	if (v < 0x80)
		buf_putc(b, (char)v);
	else if (v <= 0xff)
		pack_tagged(b, 0xcc, v, 1);
	else if (v <= 0xffff)
		pack_tagged(b, 0xcd, v, 2);
	else if (v <= 0xffffffff)
		pack_tagged(b, 0xce, v, 4);
	else
		pack_tagged(b, 0xcf, v, 8);
}

static void
pack_int(struct buf *b, int64_t v)
{
	if (v >= 0)
		pack_uint(b, (uint64_t)v);
	else if (v >= -32)
		buf_putc(b, (char)v);
	else if (v >= INT8_MIN)
		pack_tagged(b, 0xd0, (uint64_t)v, 1);
	else if (v >= INT16_MIN)
		pack_tagged(b, 0xd1, (uint64_t)v, 2);
	else if (v >= INT32_MIN)
		pack_tagged(b, 0xd2, (uint64_t)v, 4);
	else
		pack_tagged(b, 0xd3, (uint64_t)v, 8);
}

static void
pack_float(struct buf *b, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	pack_tagged(b, 0xcb, bits, 8);
}

static void
pack_string(struct buf *b, struct slice s)
{
	size_t n = s.n, begin = b->n;

	if (!utf8_valid(s)) {			/* a bad byte becomes three */
		format_put_utf8(b, s);
		n = b->n - begin;
		b->n = begin;
	}
	if (n < 32)
		buf_putc(b, (char)(0xa0 | n));
	else if (n <= 0xff)
		pack_tagged(b, 0xd9, n, 1);
	else if (n <= 0xffff)
		pack_tagged(b, 0xda, n, 2);
	else
		pack_tagged(b, 0xdb, n, 4);
	if (n == s.n)
		buf_put_slice(b, s);
	else
		format_put_utf8(b, s);
}

static void
pack_text(struct buf *b, const char *text)
{
	pack_string(b, slice_from(text));
}

static void
pack_array(struct buf *b, size_t n)
{
	if (n < 16)
		buf_putc(b, (char)(0x90 | n));
	else if (n <= 0xffff)
		pack_tagged(b, 0xdc, n, 2);
	else
		pack_tagged(b, 0xdd, n, 4);
}

static void
pack_map(struct buf *b, size_t n)
{
	if (n < 16)
		buf_putc(b, (char)(0x80 | n));
	else if (n <= 0xffff)
		pack_tagged(b, 0xde, n, 2);
	else
		pack_tagged(b, 0xdf, n, 4);
}

/* Leave room for an array's length; where it is. */
static size_t
pack_open_array(struct buf *b)
{
	size_t at = b->n;

	pack_tagged(b, 0xdd, 0, 4);
	return at;
}

static void
pack_close_array(struct buf *b, size_t at, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		b->p[at + 1 + i] = (char)(n >> (24 - 8 * i));
}

/* The same for a map of a few keys. */
static size_t
pack_open_map(struct buf *b)
{
	size_t at = b->n;

	buf_putc(b, (char)0x80);
	return at;
}

static void
pack_close_map(struct buf *b, size_t at, unsigned n)
{
	b->p[at] = (char)(0x80 | n);
}

/* Seconds round down, so that the nanoseconds are never negative: -1 ns is second -1, 999999999. */
static void
pack_time(struct buf *b, int64_t ns, enum precision epoch)
{
	int64_t s = ns / 1000000000, rest = ns % 1000000000;

	if (epoch != PRECISION_AUTO) {
		pack_int(b, format_time_in(ns, epoch));
		return;
	}
	if (rest < 0) {
		s--;
		rest += 1000000000;
	}
	buf_put_slice(b, SLICE("\xc7\x0c\x05"));
	pack_be(b, (uint64_t)s, 8);
	pack_be(b, (uint64_t)rest, 4);
}

static void
pack_value(struct msgpack_sink *m, const struct value *v)
{
	switch (v->type) {
	case VALUE_FLOAT:
		pack_float(m->b, v->f);
		return;
	case VALUE_INTEGER:
		pack_int(m->b, v->i);
		return;
	case VALUE_UNSIGNED:
		pack_uint(m->b, v->u);
		return;
	case VALUE_STRING:
	case VALUE_TAG:
		pack_string(m->b, v->s);
		return;
	case VALUE_BOOLEAN:
		buf_putc(m->b, (char)(v->b ? 0xc3 : 0xc2));
		return;
	case VALUE_TIME:
		pack_time(m->b, v->i, m->options.epoch);
		return;
	case VALUE_NULL:
		break;
	}
	buf_putc(m->b, (char)0xc0);
}

/* ---- documents and results ---- */

static void
document_open(struct msgpack_sink *m)
{
	if (m->document)
		return;
	m->document = true;
	m->n_documents++;
	m->document_at = m->b->n;
	pack_map(m->b, 1);
	pack_text(m->b, "results");
	m->results_at = pack_open_array(m->b);
	pack_close_array(m->b, m->results_at,
	    m->options.chunked ? 1 : (uint32_t)m->options.n_results);
}

static void
result_open(struct msgpack_sink *m)
{
	if (m->result)
		return;
	document_open(m);
	m->result = true;
	m->result_at = pack_open_map(m->b);
	pack_text(m->b, "statement_id");
	pack_uint(m->b, m->statement_id);
	pack_text(m->b, "series");
	m->series_list_at = pack_open_array(m->b);
	m->n_result_keys = 2;
	m->n_series = 0;
	m->series_done = false;
}

static void
series_close(struct msgpack_sink *m, bool partial)
{
	if (!m->series)
		return;
	pack_close_array(m->b, m->values_at, m->n_rows);
	if (partial) {
		pack_text(m->b, "partial");
		buf_putc(m->b, (char)0xc3);
		m->n_series_keys++;
	}
	pack_close_map(m->b, m->series_at, m->n_series_keys);
	m->n_series++;
	m->series = false;
	m->series_done = true;
}

static void
series_list_close(struct msgpack_sink *m)
{
	series_close(m, false);
	pack_close_array(m->b, m->series_list_at, m->n_series);
}

static void
result_close(struct msgpack_sink *m, bool partial)
{
	series_list_close(m);
	if (m->messages)
		pack_close_array(m->b, m->messages_at, m->n_messages);
	m->messages = false;
	if (partial) {
		pack_text(m->b, "partial");
		buf_putc(m->b, (char)0xc3);
		m->n_result_keys++;
	}
	pack_close_map(m->b, m->result_at, m->n_result_keys);
	m->result = false;
	if (m->options.chunked) {
		m->document = false;
		out_flush(m->out);
	}
}

/* A result that is nothing but an error. */
static void
result_error(struct msgpack_sink *m, struct slice text)
{
	pack_map(m->b, 2);
	pack_text(m->b, "statement_id");
	pack_uint(m->b, m->statement_id);
	pack_text(m->b, "error");
	pack_string(m->b, text);
}

/* Take the open result back: only its error will be told. */
static void
result_drop(struct msgpack_sink *m)
{
	struct slice text = arena_printf(m->arena,
	    "max-memory limit exceeded: more than %llu bytes of MessagePack, ask for chunked=true",
	    (unsigned long long)m->options.hold_bytes);

	m->b->n = m->result_at;
	m->result = m->series = m->messages = false;
	m->dropped = true;
	result_error(m, text);
}

/* A map of name, tags, columns and the open array of values. */
static void
series_head(struct msgpack_sink *m, const struct rows_series *series)
{
	m->n_series_keys = 2u + (series->name.n > 0) + (series->n_tags > 0);
	m->series_at = pack_open_map(m->b);
	if (series->name.n > 0) {
		pack_text(m->b, "name");
		pack_string(m->b, series->name);
	}
	if (series->n_tags > 0) {
		pack_text(m->b, "tags");
		pack_map(m->b, series->n_tags);
		for (size_t i = 0; i < series->n_tags; i++) {
			pack_string(m->b, series->tags[i].key);
			pack_string(m->b, series->tags[i].value);
		}
	}
	pack_text(m->b, "columns");
	pack_array(m->b, series->n_columns);
	for (size_t i = 0; i < series->n_columns; i++)
		pack_string(m->b, series->columns[i]);
	pack_text(m->b, "values");
	m->values_at = pack_open_array(m->b);
	m->n_columns = series->n_columns;
	m->n_rows = 0;
	m->series = true;
}

/* One more row has come for a document that is full. */
static void
series_continue(struct msgpack_sink *m)
{
	unsigned n_keys = m->n_series_keys;

	series_close(m, true);
	result_close(m, true);
	result_open(m);
	m->series_at = m->b->n;
	buf_put(m->b, m->head.p, m->head.n);
	m->values_at = m->b->n - 5;
	m->n_series_keys = n_keys;
	m->n_rows = 0;
	m->series = true;
}

/* ---- the sink ---- */

static void
msgpack_result_begin(struct rows_sink *sink, unsigned statement_id)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;

	m->statement_id = statement_id;
	m->n_results++;
	m->dropped = false;
	if (!m->options.chunked)
		result_open(m);
}

static void
msgpack_series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;

	if (m->dropped)
		return;
	series_close(m, false);
	if (m->options.chunked && m->result && m->series_done)
		result_close(m, true);
	result_open(m);
	series_head(m, series);
	m->whole = series->whole;
	if (m->options.chunked)
		format_keep(m->arena, &m->head,
		    slice_make(m->b->p + m->series_at, m->b->n - m->series_at));
}

static bool
msgpack_row(struct rows_sink *sink, const struct value *values)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;
	uint64_t hold = m->options.hold_bytes;
	bool much;

	if (m->dropped)
		return !m->out->failed;
	much = hold != 0 && m->b->n - m->result_at > hold;
	if (much && !m->options.chunked) {
		result_drop(m);
		return !m->out->failed;
	}
	if (m->options.chunked && ((m->n_rows >= m->options.chunk_size && !m->whole) ||
	    (much && m->n_rows > 0)))
		series_continue(m);
	pack_array(m->b, m->n_columns);
	for (size_t i = 0; i < m->n_columns; i++)
		pack_value(m, &values[i]);
	m->n_rows++;
	return !m->out->failed;
}

static void
msgpack_series_end(struct rows_sink *sink)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;

	if (!m->dropped)
		series_close(m, false);
}

static void
msgpack_message(struct rows_sink *sink, const char *level, struct slice text)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;

	if (m->dropped)
		return;
	result_open(m);
	series_list_close(m);
	if (!m->messages) {
		pack_text(m->b, "messages");
		m->messages_at = pack_open_array(m->b);
		m->n_messages = 0;
		m->n_result_keys++;
		m->messages = true;
	}
	pack_map(m->b, 2);
	pack_text(m->b, "level");
	pack_text(m->b, level);
	pack_text(m->b, "text");
	pack_string(m->b, text);
	m->n_messages++;
}

/* 1.x tells a failed statement's error alone; what was read before it says nothing reliable. */
static void
msgpack_error(struct rows_sink *sink, struct slice text)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;

	if (m->dropped)
		return;
	result_open(m);
	m->b->n = m->result_at;
	m->result = m->series = m->messages = false;
	m->dropped = true;
	result_error(m, text);
}

static void
msgpack_result_end(struct rows_sink *sink)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;

	if (m->dropped) {
		if (m->options.chunked) {
			m->document = false;
			out_flush(m->out);
		}
	} else {
		result_open(m);
		result_close(m, false);
	}
	if (!m->options.chunked && m->options.n_results != 0)
		out_ready(m->out);
}

static void
msgpack_end(struct rows_sink *sink)
{
	struct msgpack_sink *m = (struct msgpack_sink *)sink;

	if (m->options.chunked) {
		if (m->n_documents == 0) {
			document_open(m);
			pack_close_array(m->b, m->results_at, 0);
		}
		return;
	}
	document_open(m);
	if (m->options.n_results == 0)
		pack_close_array(m->b, m->results_at, (uint32_t)m->n_results);
	for (; m->n_results < m->options.n_results; m->n_results++) {
		m->statement_id = (unsigned)m->n_results;
		result_error(m, SLICE("not executed"));
	}
}

static struct rows_sink *
msgpack_begin(struct arena *arena, struct out *out, const struct format_options *options)
{
	struct msgpack_sink *m = arena_zalloc(arena, sizeof(*m));

	m->sink = (struct rows_sink){
		msgpack_result_begin, msgpack_series_begin, msgpack_row, msgpack_series_end,
		msgpack_message, msgpack_error, msgpack_result_end, msgpack_end, NULL,
	};
	m->arena = arena;
	m->out = out;
	m->b = &out->buf;
	m->options = *options;
	return &m->sink;
}

static void
msgpack_request_error(struct out *out, const struct format_options *options, struct slice text)
{
	(void)options;
	pack_map(&out->buf, 1);
	pack_text(&out->buf, "error");
	pack_string(&out->buf, text);
}

const struct format format_msgpack = {
	"msgpack", "application/x-msgpack", msgpack_begin, msgpack_request_error,
};
