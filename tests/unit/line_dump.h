/*
 * tests/unit/line_dump.h - a body parsed in pieces, and its points as text
 *
 * One line a point, in the order of measurements and rows, fields by name:
 *
 *     measurement|tag=value|field=1.5f,other="text"s|time
 *
 * then `! LINE: text` for each line that was refused, and the number of all lines. What the dump of
 * a body is must not depend on the windows in which it came.
 */
#ifndef WEIR_TESTS_LINE_DUMP_H
#define WEIR_TESTS_LINE_DUMP_H

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "line/line.h"
#include "model/tag.h"

struct line_dump {
	struct line_memo *memo;
	struct line_options options;
	size_t		 piece;		/* bytes that come at a time */
	size_t		 n_batches;
	struct buf	 points, rejected;
	uint64_t	 sum;		/* of the points, whatever their order */
};

static void
line_dump_cell(struct buf *out, const struct batch_column *c, uint32_t row)
{
	buf_printf(out, "%.*s=", SLICE_ARG(c->name));
	switch (c->type) {
	case VALUE_FLOAT:
		buf_printf(out, "%.17gf", c->cells[row].f);
		break;
	case VALUE_INTEGER:
		buf_printf(out, "%" PRId64 "i", c->cells[row].i);
		break;
	case VALUE_UNSIGNED:
		buf_printf(out, "%" PRIu64 "u", c->cells[row].u);
		break;
	case VALUE_STRING:
		buf_putc(out, '"');
		buf_put_slice(out, c->strings[c->cells[row].u]);
		buf_puts(out, "\"s");
		break;
	default:
		assert(c->type == VALUE_BOOLEAN);
		buf_puts(out, c->cells[row].u != 0 ? "true" : "false");
	}
}

static int
line_dump_order(const void *a, const void *b)
{
	const struct batch_column *one = *(struct batch_column *const *)a;
	const struct batch_column *two = *(struct batch_column *const *)b;
	int order = slice_cmp(one->name, two->name);

	return order != 0 ? order : (int)one->type - (int)two->type;
}

static void
line_dump_row(struct buf *out, const struct batch_table *t, uint32_t row, struct arena *arena)
{
	struct tag *tags;
	int n = tag_set_decode(t->refs[t->series[row]]->tags, arena, &tags);
	struct batch_column **columns = arena_array(arena, struct batch_column *, t->n_columns);
	const char *comma = "";

	assert(n >= 0);
	buf_printf(out, "%.*s|", SLICE_ARG(t->name));
	for (int i = 0; i < n; i++)
		buf_printf(out, "%s%.*s=%.*s", i != 0 ? "," : "", SLICE_ARG(tags[i].key),
		    SLICE_ARG(tags[i].value));
	buf_putc(out, '|');
	for (uint32_t i = 0; i < t->n_columns; i++)
		columns[i] = &t->columns[i];
	qsort(columns, t->n_columns, sizeof(columns[0]), line_dump_order);
	for (uint32_t i = 0; i < t->n_columns; i++) {
		if (!batch_has(columns[i], row))
			continue;
		buf_puts(out, comma);
		comma = ",";
		line_dump_cell(out, columns[i], row);
	}
	buf_printf(out, "|%" PRId64 "\n", t->times[row]);
}

static void
line_dump_batch(struct line_dump *dump, struct batch *batch)
{
	uint64_t n_rows = 0;

	for (uint32_t t = 0; t < batch->n_tables; t++) {
		struct batch_table *table = batch->tables[t];

		n_rows += table->n_rows;
		for (uint32_t i = 0; i < table->n_columns; i++) {
			uint32_t n = 0;

			for (uint32_t row = 0; row < table->n_rows; row++)
				n += batch_has(&table->columns[i], row);
			assert(n == table->columns[i].n_present && n != 0);
			assert(batch_has(&table->columns[i], table->columns[i].first_row));
		}
		for (uint32_t row = 0; row < table->n_rows; row++) {
			size_t start = dump->points.n;

			line_dump_row(&dump->points, table, row, batch->arena);
			dump->sum += hash_stable(dump->points.p + start, dump->points.n - start);
		}
	}
	assert(n_rows == batch->n_rows);
	dump->n_batches += n_rows != 0;
}

/*
 * line_dump_run - parse a body, dump->piece bytes at a time, and dump it
 */
static void
line_dump_run(struct line_dump *dump, struct slice body)
{
	struct arena *arena = arena_new(4096), *kept = arena_new(4096);
	struct batch_rejects rejects;
	struct line_stream stream = { .line = 1 };
	size_t start = 0, end = 0;
	bool final = false;

	batch_rejects_init(&rejects, kept);
	dump->n_batches = 0;
	dump->sum = 0;
	buf_reset(&dump->points);
	buf_reset(&dump->rejected);
	while (!final || start < end) {
		struct batch batch;
		size_t consumed, n;
		char *window;

		end = body.n - end > dump->piece ? end + dump->piece : body.n;
		final = end == body.n;
		n = end - start;
		window = malloc(n + LINE_SLACK);
		memcpy(window, body.p + start, n);
		memset(window + n, '7', LINE_SLACK);
		do {
			struct slice rest = { window + (n - (end - start)), end - start };
			enum line_stop stop;

			batch_init(&batch, arena, &rejects);
			stop = line_parse(dump->memo, &stream, &dump->options, rest, final, &batch,
			    &consumed);
			assert(consumed <= rest.n);
			assert(stop == LINE_WANTS_MORE || batch.n_rows != 0);
			start += consumed;
			line_dump_batch(dump, &batch);
			arena_reset(arena);
			if (stop == LINE_WANTS_MORE)
				break;
		} while (true);
		assert(!final || start == end);
		free(window);
	}
	for (size_t i = 0; i < rejects.n_kept; i++)
		buf_printf(&dump->rejected, "! %" PRIu64 ": %.*s\n", rejects.kept[i].line,
		    SLICE_ARG(rejects.kept[i].text));
	arena_free(arena);
	arena_free(kept);
}

static void
line_dump_free(struct line_dump *dump)
{
	line_memo_free(dump->memo);
	buf_free(&dump->points);
	buf_free(&dump->rejected);
}

#endif
