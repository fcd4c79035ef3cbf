/*
 * format/csv.c - rows as comma-separated values, http-api 4.5
 *
 *     name,tags,time,v
 *     cpu,"dc=a,host=b",1500000000000000000,1.5
 *
 * A header for each statement that has series, and again where the columns change, an empty line
 * before all but the first. Times are integers, floats never have an exponent. Quoting is that of
 * Go's encoding/csv, which InfluxDB 1.x prints with. Chunking changes nothing.
 */
#include "format/format_priv.h"

#include <math.h>

#include "base/number.h"

struct csv_sink {
	struct rows_sink sink;
	struct arena	*arena;
	struct out	*out;
	struct buf	*b;		/* &out->buf */
	struct format_options options;
	bool		 any;		/* something is printed already */
	bool		 headed;	/* a header of this statement is */
	size_t		 n_columns;
	struct format_kept header;	/* the newest header line */
	struct format_kept prefix;	/* name,tags of the open series */
};

/* As Go: `\.` is an end of data elsewhere, and a leading blank is lost by some readers. */
static bool
csv_needs_quotes(struct slice s)
{
	if (s.n == 0)
		return false;
	if (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\v' || s.p[0] == '\f' ||
	    slice_eq(s, SLICE("\\.")))
		return true;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\r' || s.p[i] == '\n')
			return true;
	}
	return false;
}

static void
csv_cell(struct buf *b, struct slice s)
{
	if (!csv_needs_quotes(s)) {
		buf_put_slice(b, s);
		return;
	}
	buf_putc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i]);
	}
	buf_putc(b, '"');
}

static void
csv_put_tag_part(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ',' || s.p[i] == '=' || s.p[i] == ' ')
			buf_putc(b, '\\');
		buf_putc(b, s.p[i]);
	}
}

/* k=v,k=v with the escapes of line protocol; a tag the series lacks is left out, as 1.x does. */
static void
csv_put_tags(struct buf *b, const struct rows_series *series)
{
	bool first = true;

	for (size_t i = 0; i < series->n_tags; i++) {
		if (series->tags[i].value.n == 0)
			continue;
		if (!first)
			buf_putc(b, ',');
		first = false;
		csv_put_tag_part(b, series->tags[i].key);
		buf_putc(b, '=');
		csv_put_tag_part(b, series->tags[i].value);
	}
}

static void
csv_value(struct csv_sink *c, const struct value *v)
{
	switch (v->type) {
	case VALUE_FLOAT:
		if (isfinite(v->f))
			number_put_fixed(c->b, v->f);
		return;
	case VALUE_INTEGER:
		number_put_int(c->b, v->i);
		return;
	case VALUE_UNSIGNED:
		number_put_uint(c->b, v->u);
		return;
	case VALUE_STRING:
	case VALUE_TAG:
		csv_cell(c->b, v->s);
		return;
	case VALUE_BOOLEAN:
		buf_put_slice(c->b, v->b ? SLICE("true") : SLICE("false"));
		return;
	case VALUE_TIME:
		number_put_int(c->b, format_time_in(v->i, c->options.epoch));
		return;
	case VALUE_NULL:
		return;
	}
}

/* ---- the sink ---- */

static void
csv_result_begin(struct rows_sink *sink, unsigned statement_id)
{
	struct csv_sink *c = (struct csv_sink *)sink;

	(void)statement_id;
	c->headed = false;
}

/* Print a header, and take it back when it is the one that stands above already. */
static void
csv_header(struct csv_sink *c, const struct rows_series *series)
{
	size_t begin = c->b->n, line;

	if (c->any)
		buf_putc(c->b, '\n');
	line = c->b->n;
	buf_put_slice(c->b, SLICE("name,tags"));
	for (size_t i = 0; i < series->n_columns; i++) {
		buf_putc(c->b, ',');
		csv_cell(c->b, series->columns[i]);
	}
	buf_putc(c->b, '\n');
	if (c->headed && format_kept_eq(&c->header, slice_make(c->b->p + line, c->b->n - line))) {
		c->b->n = begin;
		return;
	}
	format_keep(c->arena, &c->header, slice_make(c->b->p + line, c->b->n - line));
	c->any = c->headed = true;
}

static void
csv_series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct csv_sink *c = (struct csv_sink *)sink;
	struct format_kept tags = { 0 };
	struct arena_mark mark;
	size_t begin;

	csv_header(c, series);
	c->n_columns = series->n_columns;
	begin = c->b->n;
	csv_put_tags(c->b, series);
	mark = arena_mark(c->arena);
	format_keep(c->arena, &tags, slice_make(c->b->p + begin, c->b->n - begin));
	c->b->n = begin;
	csv_cell(c->b, series->name);
	buf_putc(c->b, ',');
	csv_cell(c->b, slice_make(tags.p, tags.n));
	arena_rewind(c->arena, mark);
	format_keep(c->arena, &c->prefix, slice_make(c->b->p + begin, c->b->n - begin));
	c->b->n = begin;
}

static bool
csv_row(struct rows_sink *sink, const struct value *values)
{
	struct csv_sink *c = (struct csv_sink *)sink;

	buf_put(c->b, c->prefix.p, c->prefix.n);
	for (size_t i = 0; i < c->n_columns; i++) {
		buf_putc(c->b, ',');
		csv_value(c, &values[i]);
	}
	buf_putc(c->b, '\n');
	return out_ready(c->out);
}

static void
csv_series_end(struct rows_sink *sink)
{
	out_ready(((struct csv_sink *)sink)->out);
}

static void
csv_message(struct rows_sink *sink, const char *level, struct slice text)
{
	(void)sink, (void)level, (void)text;	/* has no place in a table of rows */
}

static void
csv_request_error(struct out *out, const struct format_options *options, struct slice text)
{
	(void)options;
	buf_put_slice(&out->buf, SLICE("error\n"));
	csv_cell(&out->buf, text);
	buf_putc(&out->buf, '\n');
}

static void
csv_error(struct rows_sink *sink, struct slice text)
{
	struct csv_sink *c = (struct csv_sink *)sink;

	if (c->any)
		buf_putc(c->b, '\n');
	csv_request_error(c->out, &c->options, text);
	c->any = true;
}

static void
csv_result_end(struct rows_sink *sink)
{
	out_ready(((struct csv_sink *)sink)->out);
}

static void
csv_end(struct rows_sink *sink)
{
	(void)sink;
}

static struct rows_sink *
csv_begin(struct arena *arena, struct out *out, const struct format_options *options)
{
	struct csv_sink *c = arena_zalloc(arena, sizeof(*c));

	c->sink = (struct rows_sink){
		csv_result_begin, csv_series_begin, csv_row, csv_series_end,
		csv_message, csv_error, csv_result_end, csv_end, NULL,
	};
	c->arena = arena;
	c->out = out;
	c->b = &out->buf;
	c->options = *options;
	return &c->sink;
}

const struct format format_csv = {
	"csv", "application/csv", csv_begin, csv_request_error,
};
