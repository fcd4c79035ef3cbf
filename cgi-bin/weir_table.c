/*
 * cgi-bin/weir_table.c - rows in aligned columns, or as JSON
 *
 * Widths are counted in characters. They are those of the first page; a later cell that is wider
 * pushes its row to the right, which costs less than holding an answer of any size in memory.
 */
#include "weir.h"

#include <stdlib.h>

#include "base/number.h"
#include "base/utf8.h"
#include "format/format.h"
#include "model/rfc3339.h"

struct value
weir_text(struct slice text)
{
	return (struct value){ .type = VALUE_STRING, .s = text };
}

struct value
weir_bool(bool b)
{
	return (struct value){ .type = VALUE_BOOLEAN, .b = b };
}

struct value
weir_id(struct arena *arena, uint64_t id)
{
	char text[ADMIN_ID_CHARS + 1];

	admin_id_format(text, id);
	return weir_text(arena_copy(arena, slice_make(text, ADMIN_ID_CHARS)));
}

struct value
weir_time(int64_t ns)
{
	return (struct value){
		.type = ns != 0 ? VALUE_TIME : VALUE_NULL, .i = ns - ns % 1000000000,
	};
}

struct value
weir_duration(struct arena *arena, int64_t ns)
{
	struct buf text = { 0 };
	struct value v;

	settings_put_duration(&text, ns);
	v = weir_text(arena_copy(arena, buf_slice(&text)));
	buf_free(&text);
	return v;
}

/* ---- texts ---- */

static void
put_text(struct buf *out, struct slice s)
{
	while (s.n > 0) {
		uint32_t rune;
		size_t n = utf8_next(s, &rune);

		if (s.p[0] == '\n')
			buf_puts(out, "\\n");
		else if (s.p[0] == '\t')
			buf_puts(out, "\\t");
		else if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0) ||
		    (n == 1 && (unsigned char)s.p[0] >= 0x80))
			buf_printf(out, "\\x%02x", n == 1 ? (unsigned char)s.p[0] : rune);
		else
			buf_put(out, s.p, n);
		s = slice_make(s.p + n, s.n - n);
	}
}

void
weir_print_text(struct slice text, FILE *to)
{
	struct buf out = { 0 };

	put_text(&out, text);
	fwrite(out.p != NULL ? out.p : "", 1, out.n, to);
	buf_free(&out);
}

static void
put_cell(struct buf *out, const struct value *v, enum precision epoch)
{
	struct rfc3339_day day = { 0 };

	switch (v->type) {
	case VALUE_NULL:
		return;
	case VALUE_FLOAT:
		if (v->f != v->f || v->f - v->f != 0)
			buf_puts(out, v->f != v->f ? "NaN" : v->f > 0 ? "+Inf" : "-Inf");
		else
			number_put_float(out, v->f);
		return;
	case VALUE_INTEGER:
		number_put_int(out, v->i);
		return;
	case VALUE_UNSIGNED:
		number_put_uint(out, v->u);
		return;
	case VALUE_BOOLEAN:
		buf_puts(out, v->b ? "true" : "false");
		return;
	case VALUE_TIME:
		if (epoch != PRECISION_AUTO)
			number_put_int(out, v->i / precision_ns(epoch));
		else
			rfc3339_put(out, &day, v->i, 0);
		return;
	case VALUE_STRING:
	case VALUE_TAG:
		put_text(out, v->s);
		return;
	}
}

/* ---- the table ---- */

void
weir_table_begin(struct weir_table *table, struct arena *arena, const struct slice *columns,
    size_t n_columns)
{
	*table = (struct weir_table){ .arena = arena, .columns = columns, .n_columns = n_columns };
	table->widths = arena_zalloc(arena, (n_columns + 1) * sizeof(*table->widths));
	table->right = arena_zalloc(arena, n_columns + 1);
}

void
weir_table_add(struct weir_table *table, const struct value *values, enum precision epoch)
{
	size_t n = table->n_columns, at = table->n_rows * n;
	struct buf text = { 0 };

	if (table->n_rows == table->cap_rows) {
		size_t cap = table->cap_rows == 0 ? 16 : table->cap_rows * 2;

		table->cells = arena_grow(table->arena, table->cells, at, cap * n);
		table->values = arena_grow(table->arena, table->values, at, cap * n);
		table->cap_rows = cap;
	}
	for (size_t i = 0; i < n; i++) {
		buf_reset(&text);
		put_cell(&text, &values[i], epoch);
		table->cells[at + i] = arena_copy(table->arena, buf_slice(&text));
		table->values[at + i] = values[i];
	}
	table->n_rows++;
	buf_free(&text);
}

static size_t
width_of(struct slice s)
{
	size_t width = 0;

	for (size_t i = 0; i < s.n; i++)
		width += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return width;
}

static void
measure(struct weir_table *table)
{
	for (size_t c = 0; c < table->n_columns; c++) {
		table->widths[c] = width_of(table->columns[c]);
		table->right[c] = table->n_rows > 0;
		for (size_t r = 0; r < table->n_rows; r++) {
			size_t at = r * table->n_columns + c, width = width_of(table->cells[at]);
			enum value_type type = table->values[at].type;

			if (width > table->widths[c])
				table->widths[c] = width;
			if (type != VALUE_FLOAT && type != VALUE_INTEGER &&
			    type != VALUE_UNSIGNED && type != VALUE_NULL)
				table->right[c] = false;
		}
	}
}

static void
pad(size_t n, char c, FILE *to)
{
	while (n-- > 0)
		putc(c, to);
}

static void
print_row(const struct weir_table *table, const struct slice *cells, FILE *to)
{
	size_t n = table->n_columns;

	while (n > 1 && cells[n - 1].n == 0)		/* no blanks at the end of a line */
		n--;
	for (size_t c = 0; c < n; c++) {
		size_t width = width_of(cells[c]);
		size_t missing = width < table->widths[c] ? table->widths[c] - width : 0;

		pad(c > 0 ? 2 : 0, ' ', to);
		if (table->right[c])
			pad(missing, ' ', to);
		fwrite(cells[c].p != NULL ? cells[c].p : "", 1, cells[c].n, to);
		if (!table->right[c] && c + 1 < n)
			pad(missing, ' ', to);
	}
	putc('\n', to);
}

void
weir_table_more(struct weir_table *table, FILE *to)
{
	for (size_t r = 0; r < table->n_rows; r++)
		print_row(table, &table->cells[r * table->n_columns], to);
}

void
weir_table_print(struct weir_table *table, FILE *to)
{
	struct slice *names = arena_array(table->arena, struct slice, table->n_columns + 1);
	const struct slice *columns = table->columns;

	for (size_t c = 0; c < table->n_columns; c++) {
		struct buf text = { 0 };

		put_text(&text, columns[c]);
		names[c] = arena_copy(table->arena, buf_slice(&text));
		buf_free(&text);
	}
	table->columns = names;
	measure(table);
	print_row(table, names, to);
	for (size_t c = 0; c < table->n_columns; c++) {
		pad(c > 0 ? 2 : 0, ' ', to);
		pad(table->widths[c], '-', to);
	}
	putc('\n', to);
	table->columns = columns;
	weir_table_more(table, to);
}

/* ---- JSON ---- */

static void
put_json_value(struct buf *out, const struct value *v)
{
	struct rfc3339_day day = { 0 };

	switch (v->type) {
	case VALUE_INTEGER:
		number_put_int(out, v->i);
		return;
	case VALUE_UNSIGNED:
		number_put_uint(out, v->u);
		return;
	case VALUE_BOOLEAN:
		buf_puts(out, v->b ? "true" : "false");
		return;
	case VALUE_TIME:
		buf_putc(out, '"');
		rfc3339_put(out, &day, v->i, 0);
		buf_putc(out, '"');
		return;
	case VALUE_STRING:
	case VALUE_TAG:
		format_put_json_string(out, v->s);
		return;
	case VALUE_FLOAT:
	case VALUE_NULL:
		break;
	}
	buf_puts(out, "null");
}

static void
print_object(const struct weir_table *table, size_t row, FILE *to)
{
	struct buf out = { 0 };

	buf_putc(&out, '{');
	for (size_t c = 0; c < table->n_columns; c++) {
		if (c > 0)
			buf_putc(&out, ',');
		format_put_json_string(&out, table->columns[c]);
		buf_putc(&out, ':');
		put_json_value(&out, &table->values[row * table->n_columns + c]);
	}
	buf_putc(&out, '}');
	fwrite(out.p, 1, out.n, to);
	buf_free(&out);
}

void
weir_table_print_json(const struct weir_table *table, FILE *to)
{
	putc('[', to);
	for (size_t r = 0; r < table->n_rows; r++) {
		fputs(r > 0 ? ",\n " : "", to);
		print_object(table, r, to);
	}
	fputs("]\n", to);
}

void
weir_table_print_object(const struct weir_table *table, FILE *to)
{
	print_object(table, 0, to);
	putc('\n', to);
}

void
weir_table_show(const struct weir *weir, struct weir_table *table)
{
	if (weir_flag(weir, "json"))
		weir_table_print_json(table, stdout);
	else
		weir_table_print(table, stdout);
}
