/*
 * tests/property/compare.c - are two answers the same?
 *
 * Rows of one time may come in any order: they are put into the order of their values first. Floats
 * are the same to 1e-9 of the larger one; what is not a number is null.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "property.h"

static size_t sorted_columns; /* of the rows that are being sorted: qsort has no argument */

static bool
is_null(const struct value *v)
{
	return v->type == VALUE_NULL || (v->type == VALUE_FLOAT && isnan(v->f));
}

static int
compare_values(const struct value *a, const struct value *b)
{
	if (is_null(a) || is_null(b))
		return is_null(b) - is_null(a);
	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	switch (a->type) {
	case VALUE_FLOAT:
		return (a->f > b->f) - (a->f < b->f);
	case VALUE_INTEGER:
	case VALUE_UNSIGNED:
		return (a->i > b->i) - (a->i < b->i);
	case VALUE_BOOLEAN:
		return a->b - b->b;
	default:
		return slice_cmp(a->s, b->s);
	}
}

static int
compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = 0;

	for (size_t i = 0; order == 0 && i < sorted_columns; i++)
		order = compare_values(&x->values[i], &y->values[i]);
	return order;
}

static void
sort_ties(struct answer_series *series, size_t n_columns)
{
	sorted_columns = n_columns;
	for (size_t i = 0, next; i < series->n_rows; i = next) {
		for (next = i;
		     next < series->n_rows && series->rows[next].time == series->rows[i].time;)
			next++;
		qsort(&series->rows[i], next - i, sizeof(*series->rows), compare_rows);
	}
}

static bool
is_number(const struct value *v)
{
	return v->type == VALUE_FLOAT || v->type == VALUE_INTEGER;
}

/*
 * A number is the same as integer and as float, as it is in JSON.
 */
static bool
same_value(const struct value *a, const struct value *b)
{
	double x, y, larger;

	if (is_null(a) || is_null(b))
		return is_null(a) && is_null(b);
	if ((a->type == VALUE_TAG || a->type == VALUE_STRING) &&
	    (b->type == VALUE_TAG || b->type == VALUE_STRING))
		return slice_eq(a->s, b->s);
	if (is_number(a) && is_number(b) && a->type + b->type != 2 * VALUE_INTEGER) {
		x = a->type == VALUE_FLOAT ? a->f : (double)a->i;
		y = b->type == VALUE_FLOAT ? b->f : (double)b->i;
		larger = fmax(fabs(x), fabs(y));
		return x == y || larger < 1e-9 || fabs(x - y) <= 1e-9 * larger;
	}
	return a->type == b->type && compare_values(a, b) == 0;
}

static const char *
same_series(const struct answer_series *a, const struct answer_series *b, size_t n_columns,
    struct arena *arena)
{
	if (strcmp(a->name, b->name) != 0 || a->n_tags != b->n_tags)
		return "names or tags of series";
	for (size_t i = 0; i < a->n_tags; i++)
		if (strcmp(a->keys[i], b->keys[i]) != 0 || strcmp(a->tags[i], b->tags[i]) != 0)
			return "tags of series";
	if (a->n_rows != b->n_rows)
		return arena_printf(
		    arena, "%zu rows, not %zu, in a series of %s", a->n_rows, b->n_rows, a->name)
		    .p;
	for (size_t r = 0; r < a->n_rows; r++) {
		if (a->rows[r].time != b->rows[r].time)
			return arena_printf(arena, "time of row %zu in a series of %s", r, a->name)
			    .p;
		for (size_t i = 0; i < n_columns; i++)
			if (!same_value(&a->rows[r].values[i], &b->rows[r].values[i]))
				return arena_printf(arena, "row %zu, column %zu in a series of %s",
				    r, i + 1, a->name)
				    .p;
	}
	return NULL;
}

const char *
answer_same(const struct answer *got, const struct answer *want, struct arena *arena)
{
	if (got->error != NULL)
		return "it failed";
	if (got->n_series != want->n_series)
		return arena_printf(arena, "%zu series, not %zu", got->n_series, want->n_series).p;
	if (got->n_series == 0)
		return NULL;
	if (got->n_columns != want->n_columns)
		return "number of columns";
	for (size_t i = 0; i < got->n_columns; i++)
		if (strcmp(got->columns[i].name, want->columns[i].name) != 0)
			return "names of columns";
	for (size_t i = 0; i < got->n_series; i++) {
		const char *difference;

		sort_ties(&got->series[i], got->n_columns);
		sort_ties(&want->series[i], got->n_columns);
		difference = same_series(&got->series[i], &want->series[i], got->n_columns, arena);
		if (difference != NULL)
			return difference;
	}
	return NULL;
}

/* ---- to read ---- */

static void
print_value(const struct value *v, struct buf *out)
{
	if (is_null(v)) {
		buf_puts(out, "null");
		return;
	}
	switch (v->type) {
	case VALUE_FLOAT:
		buf_printf(out, "%.12g", v->f);
		break;
	case VALUE_INTEGER:
	case VALUE_UNSIGNED:
		buf_printf(out, "%" PRId64 "i", v->i);
		break;
	case VALUE_BOOLEAN:
		buf_puts(out, v->b ? "true" : "false");
		break;
	default:
		buf_printf(out, "'" SLICE_FMT "'", SLICE_ARG(v->s));
	}
}

void
answer_print(const struct answer *answer, struct buf *out)
{
	if (answer->error != NULL)
		buf_printf(out, "    error: %s\n", answer->error);
	for (size_t i = 0; i < answer->n_series; i++) {
		const struct answer_series *series = &answer->series[i];

		buf_printf(out, "    %s", series->name);
		for (size_t t = 0; t < series->n_tags; t++)
			buf_printf(out, ",%s=%s", series->keys[t], series->tags[t]);
		buf_puts(out, " (time");
		for (size_t c = 0; c < answer->n_columns; c++)
			buf_printf(out, ", %s", answer->columns[c].name);
		buf_puts(out, ")\n");
		for (size_t r = 0; r < series->n_rows && r < 1000; r++) {
			buf_printf(out, "        %" PRId64, series->rows[r].time);
			for (size_t c = 0; c < answer->n_columns; c++) {
				buf_puts(out, ", ");
				print_value(&series->rows[r].values[c], out);
			}
			buf_putc(out, '\n');
		}
	}
}
