/*
 * cgi-bin/weir_answer.c - a query's answer as tables for people
 *
 *     name: cpu
 *     tags: host=a
 *     time                  usage
 *     --------------------  -----
 *     2017-07-14T02:40:00Z    1.5
 *
 * A page of rows is kept to find the widths of its columns; what follows is printed page by page
 * with the same widths, so that an answer of any size streams. Errors go to standard error.
 */
#include "weir.h"

#define PAGE_ROWS 1000

struct tables {
	struct rows_sink sink;
	struct arena	*arena;
	FILE		*to;
	enum precision	 epoch;
	bool		 any;		/* a series is printed already */

	struct weir_table table;	/* of the open series */
	struct arena	*page;		/* its rows */
	bool		 headed;
};

static void
result_begin(struct rows_sink *sink, unsigned statement_id)
{
	(void)sink, (void)statement_id;
}

static void
print_tags(struct tables *t, const struct rows_series *series)
{
	fputs("tags: ", t->to);
	for (size_t i = 0; i < series->n_tags; i++) {
		fputs(i > 0 ? ", " : "", t->to);
		weir_print_text(series->tags[i].key, t->to);
		putc('=', t->to);
		weir_print_text(series->tags[i].value, t->to);
	}
	putc('\n', t->to);
}

static void
series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct tables *t = (struct tables *)sink;
	struct slice *columns;

	if (t->any)
		putc('\n', t->to);
	t->any = true;
	if (series->name.n > 0) {
		fputs("name: ", t->to);
		weir_print_text(series->name, t->to);
		putc('\n', t->to);
	}
	if (series->n_tags > 0)
		print_tags(t, series);
	arena_reset(t->arena);
	arena_reset(t->page);
	columns = arena_array(t->arena, struct slice, series->n_columns);
	for (size_t i = 0; i < series->n_columns; i++)
		columns[i] = arena_copy(t->arena, series->columns[i]);
	weir_table_begin(&t->table, t->arena, columns, series->n_columns);
	t->table.arena = t->page;
	t->headed = false;
}

static void
print_page(struct tables *t)
{
	if (t->headed)
		weir_table_more(&t->table, t->to);
	else
		weir_table_print(&t->table, t->to);
	t->headed = true;
	t->table.cells = NULL;
	t->table.values = NULL;
	t->table.n_rows = t->table.cap_rows = 0;
	arena_reset(t->page);
}

static bool
row(struct rows_sink *sink, const struct value *values)
{
	struct tables *t = (struct tables *)sink;

	weir_table_add(&t->table, values, t->epoch);
	if (t->table.n_rows == PAGE_ROWS)
		print_page(t);
	return !ferror(t->to);
}

static void
series_end(struct rows_sink *sink)
{
	struct tables *t = (struct tables *)sink;

	if (t->table.n_rows > 0 || !t->headed)
		print_page(t);
}

static void
message(struct rows_sink *sink, const char *level, struct slice text)
{
	(void)sink;
	fprintf(stderr, "weir: %s: ", level);
	weir_print_text(text, stderr);
	putc('\n', stderr);
}

static void
error(struct rows_sink *sink, struct slice text)
{
	struct tables *t = (struct tables *)sink;

	fflush(t->to);
	fputs("weir: ", stderr);
	weir_print_text(text, stderr);
	putc('\n', stderr);
}

static void
result_end(struct rows_sink *sink)
{
	(void)sink;
}

static void
end(struct rows_sink *sink)
{
	struct tables *t = (struct tables *)sink;

	arena_free(t->arena);
	arena_free(t->page);
	t->arena = t->page = NULL;
}

struct rows_sink *
weir_answer_begin(struct arena *arena, FILE *to, enum precision epoch)
{
	struct tables *t = arena_zalloc(arena, sizeof(*t));

	t->sink = (struct rows_sink){
		result_begin, series_begin, row, series_end, message, error, result_end, end, NULL,
	};
	t->arena = arena_new(4096);
	t->page = arena_new(65536);
	t->to = to;
	t->epoch = epoch;
	return &t->sink;
}

/* ---- watching for errors ---- */

struct watch {
	struct rows_sink sink;
	struct rows_sink *to;
	size_t		*n_errors;
};

static struct watch *
watch_of(struct rows_sink *sink)
{
	return (struct watch *)sink;
}

static void
watch_result_begin(struct rows_sink *sink, unsigned statement_id)
{
	watch_of(sink)->to->result_begin(watch_of(sink)->to, statement_id);
}

static void
watch_series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	watch_of(sink)->to->series_begin(watch_of(sink)->to, series);
}

static bool
watch_row(struct rows_sink *sink, const struct value *values)
{
	return watch_of(sink)->to->row(watch_of(sink)->to, values);
}

static void
watch_series_end(struct rows_sink *sink)
{
	watch_of(sink)->to->series_end(watch_of(sink)->to);
}

static void
watch_message(struct rows_sink *sink, const char *level, struct slice text)
{
	watch_of(sink)->to->message(watch_of(sink)->to, level, text);
}

static void
watch_error(struct rows_sink *sink, struct slice text)
{
	++*watch_of(sink)->n_errors;
	watch_of(sink)->to->error(watch_of(sink)->to, text);
}

static void
watch_result_end(struct rows_sink *sink)
{
	watch_of(sink)->to->result_end(watch_of(sink)->to);
}

static void
watch_end(struct rows_sink *sink)
{
	watch_of(sink)->to->end(watch_of(sink)->to);
}

struct rows_sink *
weir_answer_watch(struct arena *arena, struct rows_sink *sink, size_t *n_errors)
{
	struct watch *watch = arena_zalloc(arena, sizeof(*watch));

	watch->sink = (struct rows_sink){
		watch_result_begin, watch_series_begin, watch_row, watch_series_end,
		watch_message, watch_error, watch_result_end, watch_end, NULL,
	};
	watch->to = sink;
	watch->n_errors = n_errors;
	*n_errors = 0;
	return &watch->sink;
}
