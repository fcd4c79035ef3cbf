/*
 * line/line.c - a window of a body, line by line
 *
 * A line's series key is first compared with the one that followed its predecessor's last time;
 * what matches and is followed by a space is that series, with nothing scanned, hashed or unescaped.
 * Otherwise the key's end is searched and its spelling looked up, and only a new one is read.
 *
 * The fields go to a scratch array, and into the batch only when the whole line has turned out
 * good: a line that is refused leaves nothing there. When the batch has no room for a line, the
 * parse stops before it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memrchr */
#endif

#include "base/utf8.h"
#include "line/line_priv.h"

#define SHOWN_BYTES 64		/* of a line that is refused */

void
line_default_options(struct line_options *options)
{
	*options = (struct line_options){
		.precision = PRECISION_AUTO,
		.max_line_bytes = (size_t)16 << 20,
		.max_key_bytes = 65535,
		.max_string_bytes = (size_t)1 << 20,
		.max_fields = 1000,
		.batch_bytes = (size_t)64 << 20,
	};
}

/* ---- the series ---- */

/*
 * same_bytes - are the n bytes at a and b the same? Both can be read for LINE_SLACK more
 */
static inline bool
same_bytes(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	if (n < 8)
		return memcmp(a, b, n) == 0;
	for (; i + 32 <= n; i += 32)
		if (((word_load(a + i) ^ word_load(b + i)) |
		    (word_load(a + i + 8) ^ word_load(b + i + 8)) |
		    (word_load(a + i + 16) ^ word_load(b + i + 16)) |
		    (word_load(a + i + 24) ^ word_load(b + i + 24))) != 0)
			return false;
	for (; i + 8 <= n; i += 8)
		if (word_load(a + i) != word_load(b + i))
			return false;
	return word_load(a + n - 8) == word_load(b + n - 8);
}

/*
 * find_series - the series whose key begins at p, when the guess was wrong
 *   out    *at  the byte behind the key: a space, or the LF when the line has no more
 */
static struct line_series *
find_series(struct line_context *ctx, const char *p, const char **at)
{
	struct line_memo *memo = ctx->memo;
	const char *key_end = line_key_end(p);
	struct slice raw = { p, (size_t)(key_end - p) };
	struct table_entry *entry;
	struct line_series *s;

	*at = key_end;
	if (*key_end == '\n' && raw.n != 0 && raw.p[raw.n - 1] == '\r')
		raw.n--;
	entry = table_get(&memo->aliases, raw);
	s = entry != NULL ? (struct line_series *)(uintptr_t)entry->value : line_key_learn(ctx, raw);
	if (s != NULL && *key_end == '\n')
		return line_why(ctx, "missing fields"), NULL;
	if (s != NULL && memo->last != NULL)
		memo->last->next = s;
	return s;
}

/*
 * read_series - the series whose key begins at *p, which moves behind the spaces after it
 */
static inline struct line_series *
read_series(struct line_context *ctx, const char **at, const char *end)
{
	const char *p = *at;
	struct line_series *s = ctx->memo->last != NULL ? ctx->memo->last->next : NULL;

	if (s != NULL && (size_t)(end - p) > s->n && p[s->n] == ' ' && same_bytes(p, s->raw, s->n))
		p += s->n;
	else
		s = find_series(ctx, p, &p);
	ctx->memo->last = s != NULL ? s : ctx->memo->last;
	while (*p == ' ')
		p++;
	*at = p;
	return s;
}

/* ---- into the batch ---- */

static struct batch_table *
table_of(struct line_context *ctx, const struct line_measurement *measurement)
{
	return measurement->batch == ctx->batch->number ? measurement->table : NULL;
}

/*
 * is_too_much - would the batch pass its limit with the line in hand? One line it always takes
 */
static bool
is_too_much(const struct line_context *ctx, const struct batch_table *table, size_t n_new)
{
	const size_t row = 3 * sizeof(uint64_t), cell = sizeof(union cell) + 1;
	size_t more = n_new * (sizeof(struct batch_column) * 2 + 64);

	if (ctx->batch->n_rows == 0)
		return false;
	if (table == NULL)
		more += 1024 + n_new * 16 * cell;
	else if (table->n_rows == table->cap_rows)
		more += table->cap_rows * 2 * (row + (table->n_columns + n_new) * cell);
	else
		more += table->cap_rows * n_new * cell;
	return arena_bytes(ctx->batch->arena) + more > ctx->options->batch_bytes;
}

/*
 * find_columns - the columns of the cells that are known in this batch; returns how many are not
 */
static size_t
find_columns(struct line_context *ctx)
{
	struct line_memo *memo = ctx->memo;
	size_t n_new = 0;

	for (size_t i = 0; i < memo->n_cells; i++) {
		struct line_cell *cell = &memo->cells[i];
		struct line_column *column = cell->column;

		if (column->batch != memo->batch) {
			column->batch = memo->batch;
			memset(column->index, 0xff, sizeof(column->index));
		}
		cell->index = column->index[cell->type];
		n_new += cell->index == NO_INDEX;
	}
	return n_new;
}

static void
make_columns(struct line_context *ctx, struct batch_table *table)
{
	for (size_t i = 0; i < ctx->memo->n_cells; i++) {
		struct line_cell *cell = &ctx->memo->cells[i];

		if (cell->index != NO_INDEX)
			continue;
		cell->index = (uint32_t)(batch_column(ctx->batch, table, cell->column->name,
		    cell->type) - table->columns);
		cell->column->index[cell->type] = cell->index;
	}
}

static void
put_cells(struct line_context *ctx, struct batch_table *table, uint32_t row)
{
	for (size_t i = 0; i < ctx->memo->n_cells; i++) {
		const struct line_cell *cell = &ctx->memo->cells[i];
		struct batch_column *column = &table->columns[cell->index];

		if (cell->type == VALUE_STRING)
			column->cells[row].u = batch_column_add_string(ctx->batch, column,
			    cell->string);
		else
			column->cells[row] = cell->cell;
		batch_set_present(column, row);
	}
}

/*
 * store_line - the line in hand is good: a row of the batch
 */
static enum line_result
store_line(struct line_context *ctx, struct line_series *series, int64_t time)
{
	struct line_measurement *measurement = series->measurement;
	struct batch_table *table = table_of(ctx, measurement);
	struct batch *batch = ctx->batch;
	uint64_t line = ctx->stream->line;
	size_t n_new = find_columns(ctx);
	uint32_t row, ref;

	if ((n_new != 0 || table == NULL || table->n_rows == table->cap_rows) &&
	    is_too_much(ctx, table, n_new))
		return LINE_FULL;
	if (table == NULL) {
		table = measurement->table = batch_table(batch, measurement->name);
		measurement->batch = batch->number;
	}
	if (n_new != 0)
		make_columns(ctx, table);
	ref = batch_table_add_ref(batch, table, series->ref);
	row = batch_table_add_row(batch, table, time, ref,
	    line < UINT32_MAX ? (uint32_t)line : UINT32_MAX);
	put_cells(ctx, table, row);
	return LINE_OK;
}

/* ---- lines ---- */

/*
 * put_clean - the characters of s at `out`, which has room for three bytes for each of s, and a NUL;
 *             what is no UTF-8 becomes U+FFFD
 */
static void
put_clean(struct slice s, char *out)
{
	size_t take;
	uint32_t rune;

	for (; s.n != 0; s.p += take, s.n -= take) {
		take = utf8_next(s, &rune);
		if (rune == 0xFFFD || rune == 0) {
			memcpy(out, "\xEF\xBF\xBD", 3);
			out += 3;
		} else {
			memcpy(out, s.p, take);
			out += take;
		}
	}
	*out = '\0';
}

/*
 * reject - note that the line at p, which may go on to `end`, is refused for ctx->why
 */
static void
reject(struct line_context *ctx, const char *p, const char *end)
{
	struct slice shown = { p, (size_t)(end - p) };
	char line[SHOWN_BYTES * 3 + 1], why[sizeof(ctx->why) * 3];
	struct batch_rejects *rejects = ctx->batch->rejects;

	if (rejects->n_kept == BATCH_REJECTS_KEPT) {	/* lines come in order: counted, not kept */
		batch_reject(rejects, ctx->kind, UINT64_MAX, "%s", "");
		return;
	}
	if (shown.n != 0 && shown.p[shown.n - 1] == '\r')
		shown.n--;
	put_clean(utf8_cut(shown, SHOWN_BYTES), line);
	put_clean(slice_from(ctx->why), why);
	batch_reject(rejects, ctx->kind, ctx->stream->line, "unable to parse '%s': %s", line, why);
}

static enum line_result
too_long(struct line_context *ctx)
{
	return line_why(ctx, "line is longer than %zu bytes", ctx->options->max_line_bytes);
}

/*
 * refuse - step over a line that is refused
 *   out    *at  its LF, or `end` when it goes on to the end of all
 *   returns     LINE_OPEN when its end is not in sight yet
 */
static enum line_result
refuse(struct line_context *ctx, const char *p, const char *end, const char **at)
{
	struct line_stream skip = { .skip = LINE_SKIP_KEY };
	const char *line_end;

	*at = line_skip(&skip, p, end);
	if (*at == end && !ctx->last)
		return LINE_OPEN;
	line_end = *at == end ? end - 1 : *at;
	if ((size_t)(line_end - p) > ctx->options->max_line_bytes)
		too_long(ctx);
	reject(ctx, p, line_end);
	ctx->stream->line += skip.line;
	return LINE_BAD;
}

/*
 * one_line - the line that begins at p, blanks before it skipped
 *   out    *at  where its LF is, when LINE_OK or LINE_BAD is returned
 */
static enum line_result
one_line(struct line_context *ctx, const char *p, const char *end, const char **at)
{
	const char *start = p;
	struct line_series *series = read_series(ctx, &p, end);
	uint64_t n_lines = 0;
	int64_t time;
	enum line_result result = LINE_BAD;

	if (series != NULL)
		result = line_fields(ctx, series->measurement, p, end, at, &time, &n_lines);
	if (result == LINE_OK && (size_t)(*at - start) > ctx->options->max_line_bytes)
		result = too_long(ctx);
	if (result == LINE_OK && !ctx->ascii && !utf8_valid(slice_make(start, (size_t)(*at - start))))
		result = line_why(ctx, "not valid UTF-8");
	if (result == LINE_OK)
		result = store_line(ctx, series, time);
	if (result == LINE_BAD)
		return refuse(ctx, start, end, at);
	if (result == LINE_OK)
		ctx->stream->line += n_lines;
	return result;
}

/*
 * has_room - may the memo learn more before the line in hand?
 */
static bool
has_room(struct line_context *ctx)
{
	if (!ctx->memo->grew)
		return true;
	ctx->memo->grew = false;
	if (!line_memo_is_full(ctx->memo))
		return true;
	if (ctx->batch->n_rows != 0) {
		ctx->memo->grew = true;
		return false;
	}
	line_memo_forget(ctx->memo);
	return true;
}

/*
 * lines - the lines from p to `end`, before which there is an LF
 *   out    *at  where it stopped: at the end, or where a line begins that is LINE_OPEN or LINE_FULL
 */
static enum line_result
lines(struct line_context *ctx, const char *p, const char *end, const char **at)
{
	while (p < end) {
		enum line_result result;

		*at = p;
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p == '#') {
			p = memchr(p, '\n', (size_t)(end - p));
		} else if (*p == '\r' && p[1] == '\n') {
			p++;
		} else if (*p != '\n') {
			result = has_room(ctx) ? one_line(ctx, p, end, &p) : LINE_FULL;
			if (result == LINE_OPEN || result == LINE_FULL)
				return result;
		}
		if (p < end)
			p++;
		ctx->stream->line++;
	}
	*at = end;
	return LINE_OK;
}

/*
 * last_line - what follows the last LF of the body, or a line whose string never ends
 */
static enum line_result
last_line(struct line_context *ctx, struct slice rest)
{
	char *copy = arena_alloc(ctx->batch->arena, rest.n + 1 + LINE_SLACK);
	const char *at;

	memcpy(copy, rest.p, rest.n);
	memset(copy + rest.n, '\n', 1 + LINE_SLACK);
	ctx->last = true;
	return lines(ctx, copy, copy + rest.n + (copy[rest.n - 1] != '\n'), &at);
}

/*
 * skip_long - a line that cannot be kept: refused as soon as that shows, a comment only passed over
 */
static void
skip_long(struct line_context *ctx, struct slice rest)
{
	const char *end = rest.p + rest.n;

	ctx->stream->skip = LINE_SKIP_COMMENT;
	if (*rest.p != '#') {
		too_long(ctx);
		reject(ctx, rest.p, end);
		ctx->stream->skip = LINE_SKIP_KEY;
	}
	line_skip(ctx->stream, rest.p, end);
}

/*
 * go_on_skipping - where the line ends that was skipped when the last window ended
 */
static const char *
go_on_skipping(struct line_stream *stream, const char *p, const char *end)
{
	p = line_skip(stream, p, end);
	if (p == end)
		return end;
	*stream = (struct line_stream){ .line = stream->line + 1 };
	return p + 1;
}

enum line_stop
line_parse(struct line_memo *memo, struct line_stream *stream, const struct line_options *options,
    struct slice window, bool final, struct batch *batch, size_t *consumed)
{
	struct line_context ctx = { .memo = memo, .options = options, .batch = batch,
	    .stream = stream };
	const char *p = window.p, *end = window.p + window.n, *lf;
	enum line_result result = LINE_OK;
	size_t rest;

	if (memo->batch != batch->number) {
		memo->batch = batch->number;
		memo->grew = true;
	}
	if (stream->skip != LINE_SKIP_NONE)
		p = go_on_skipping(stream, p, end);
	ctx.ascii = utf8_is_ascii(slice_make(p, (size_t)(end - p)));
	lf = p < end ? memrchr(p, '\n', (size_t)(end - p)) : NULL;
	if (lf != NULL)
		result = lines(&ctx, p, lf + 1, &p);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	rest = (size_t)(end - p);
	if (result != LINE_FULL && rest > options->max_line_bytes) {
		skip_long(&ctx, slice_make(p, rest));
		rest = 0;
	} else if (result != LINE_FULL && final && rest != 0) {
		result = last_line(&ctx, slice_make(p, rest));
		rest = result == LINE_FULL ? rest : 0;
	}
	*consumed = window.n - rest;
	return result == LINE_FULL ? LINE_BATCH_FULL : LINE_WANTS_MORE;
}
