/*
 * line/fields.c - fields and time of a line
 *
 * The fields of a measurement mostly come in the order of the line before, so each field's name is
 * first compared with the one that followed its predecessor last time: two masked words, the equal
 * sign included. Only what does not match is searched for its end and looked up by name.
 *
 * A number is read once, digits into one 64-bit word; what follows them tells its type. With at
 * most 53 bits and a power of ten up to 22 the division is exact (Clinger, PLDI 1990); the rest is
 * base/number's.
 */
#include <math.h>

#include "base/number.h"
#include "line/line_priv.h"
#include "line/value.h"

static inline bool
field_matches(const struct line_field *f, const char *p, const char *end)
{
	if (f->n <= 16)
		return (((word_load(p) ^ f->word[0]) & f->mask[0]) |
		    ((word_load(p + 8) ^ f->word[1]) & f->mask[1])) == 0;
	return (size_t)(end - p) > f->n && memcmp(p, f->raw, f->n) == 0;
}

/*
 * name_end - the = behind a field's name, or NULL with a reason
 */
static const char *
name_end(struct line_context *ctx, const char *p, bool first)
{
	const char *start = p;

	for (;; p++) {
		if (*p == '\\' && p[1] != '\n')
			p++;
		else if (*p == '=' || *p == ',' || *p == ' ' || *p == '\n')
			break;
		else if (*p == '\t')
			return line_why(ctx, "a tab in a name must be escaped"), NULL;
		if (*p == '\0')
			return line_why(ctx, "a name must not hold a NUL"), NULL;
	}
	if (*p == '=' && p == start)
		line_why(ctx, "missing field key");
	else if (*p == '=')
		return p;
	else if (first && (p == start || *start == '\r'))
		line_why(ctx, "missing fields");
	else
		line_why(ctx, "invalid field format");
	return NULL;
}

static struct line_field *
find_field(struct line_context *ctx, struct line_measurement *measurement, const char *p, bool first)
{
	const char *at = name_end(ctx, p, first);
	size_t n;

	if (at == NULL)
		return NULL;
	n = (size_t)(at - p);
	if (n > ctx->options->max_key_bytes) {
		line_why(ctx, "input field name is too long, %zu > %zu", n,
		    ctx->options->max_key_bytes);
		return NULL;
	}
	return line_memo_field(ctx->memo, measurement, slice_make(p, n + 1));
}

/*
 * string_end - the quote that ends a string, or NULL when it is open at `end`
 */
static const char *
string_end(const char *p, const char *end, bool *escapes)
{
	*escapes = false;
	while (p < end) {
		uint64_t w = word_load_le(p);
		uint64_t found = word_has(w, '"') | word_has(w, '\\');

		if (found == 0) {
			p += 8;
			continue;
		}
		p += word_first(found);
		if (p >= end)
			return NULL;
		if (*p == '"')
			return p;
		*escapes = true;
		p += 2;
	}
	return NULL;
}

static uint64_t
count_lf(const char *p, const char *end)
{
	uint64_t n = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		n++;
		p++;
	}
	return n;
}

/*
 * read_string - p is behind the opening quote; *p moves behind the closing one
 */
static enum line_result
read_string(struct line_context *ctx, const char **p, const char *end, struct line_cell *cell,
    uint64_t *n_lines)
{
	bool escapes;
	const char *start = *p, *quote = string_end(start, end, &escapes);

	if (quote == NULL)
		return ctx->last ? line_why(ctx, "unbalanced quotes") : LINE_OPEN;
	cell->type = VALUE_STRING;
	cell->string = slice_make(start, (size_t)(quote - start));
	*n_lines += count_lf(start, quote);
	*p = quote + 1;
	if (escapes)
		cell->string = line_unescape_string(cell->string, ctx->batch->arena);
	return LINE_OK;
}

/*
 * read_value - the value at *p, which moves behind it
 */
static inline enum line_result
read_value(struct line_context *ctx, const char **p, const char *end, struct line_cell *cell,
    uint64_t *n_lines)
{
	char c = **p;

	if (value_begins_number(c))
		return value_number(ctx, p, cell);
	if (c == '"') {
		++*p;
		return read_string(ctx, p, end, cell, n_lines);
	}
	if (c == ',' || c == ' ' || c == '\n' || (c == '\r' && (*p)[1] == '\n'))
		return line_why(ctx, "missing field value");
	return value_boolean(ctx, p, cell);
}

/*
 * after_value - may a value end here? The byte behind it is what tells
 */
static inline bool
after_value(const char *p)
{
	return *p == ',' || *p == ' ' || *p == '\n' || (*p == '\r' && p[1] == '\n');
}

static enum line_result
bad_end(struct line_context *ctx, enum value_type type)
{
	if (type == VALUE_STRING)
		return line_why(ctx, "invalid field format");
	return line_why(ctx, type == VALUE_BOOLEAN ? "invalid boolean" : "invalid number");
}

static enum line_result
too_many(struct line_context *ctx, const struct line_measurement *measurement, const char *p)
{
	size_t n = ctx->memo->n_cells;

	for (; *p != '\n'; p++)
		n += *p == '=';
	line_why(ctx, "couldn't create columns in table `%.*s`; table contains 0 existing columns, "
	    "applying this write would result in %zu columns, limit is %u",
	    (int)(measurement->name.n < 128 ? measurement->name.n : 128), measurement->name.p,
	    n + 1, ctx->options->max_fields);
	ctx->kind = BATCH_REJECT_LIMIT;
	return LINE_BAD;
}

/*
 * check_strings - values that are too long; rare, so that it is looked at once a line
 */
static enum line_result
check_strings(struct line_context *ctx, const struct line_measurement *measurement)
{
	for (size_t i = 0; i < ctx->memo->n_cells; i++) {
		const struct line_cell *cell = &ctx->memo->cells[i];
		struct slice name = cell->column->name;

		if (cell->type != VALUE_STRING || cell->string.n <= ctx->options->max_string_bytes)
			continue;
		return line_why(ctx, "input field \"%.*s\" on measurement \"%.*s\" is too long, "
		    "%zu > %zu", (int)(name.n < 64 ? name.n : 64), name.p,
		    (int)(measurement->name.n < 64 ? measurement->name.n : 64),
		    measurement->name.p, cell->string.n, ctx->options->max_string_bytes);
	}
	return LINE_OK;
}

/*
 * read_fields - the comma-separated fields at *p, which moves behind them
 */
static enum line_result
read_fields(struct line_context *ctx, struct line_measurement *measurement, const char **at,
    const char *end, uint64_t *n_lines)
{
	struct line_memo *memo = ctx->memo;
	struct line_field **guess = &measurement->first, *f;
	const char *p = *at;
	size_t n_strings = 0;

	memo->n_cells = 0;
	memo->serial++;
	for (bool first = true;; first = false) {
		struct line_cell *cell = &memo->cells[memo->n_cells];
		enum line_result result;

		f = *guess;
		if (f == NULL || !field_matches(f, p, end)) {
			f = find_field(ctx, measurement, p, first);
			if (f == NULL)
				return LINE_BAD;
			*guess = f;
		}
		guess = &f->next;
		p += f->n;
		cell->column = f->column;
		result = read_value(ctx, &p, end, cell, n_lines);
		if (result != LINE_OK)
			return result;
		if (!after_value(p))
			return bad_end(ctx, cell->type);
		n_strings += cell->type == VALUE_STRING;
		if (f->column->line == memo->serial) {		/* again: the last one counts */
			memo->cells[f->column->place] = *cell;
		} else if (!f->column->is_time) {
			f->column->line = memo->serial;
			f->column->place = (uint32_t)memo->n_cells++;
			if (memo->n_cells == memo->cap_cells)
				line_memo_more_cells(memo);
		}
		if (*p != ',')
			break;
		p++;
		if (memo->n_cells == ctx->options->max_fields)
			return too_many(ctx, measurement, p);
	}
	*at = p;
	return n_strings != 0 ? check_strings(ctx, measurement) : LINE_OK;
}

enum line_result
line_fields(struct line_context *ctx, struct line_measurement *measurement, const char *p,
    const char *end, const char **at_lf, int64_t *time, uint64_t *n_lines)
{
	enum line_result result;

	*n_lines = 0;
	result = read_fields(ctx, measurement, &p, end, n_lines);
	if (result == LINE_OK)
		result = value_time(ctx, &p, time);
	if (result != LINE_OK)
		return result;
	if (ctx->memo->n_cells == 0)
		return line_why(ctx, "invalid field name: input field \"time\" on measurement "
		    "\"%.*s\" is invalid", (int)(measurement->name.n < 64 ? measurement->name.n : 64),
		    measurement->name.p);
	*at_lf = p;
	return LINE_OK;
}
