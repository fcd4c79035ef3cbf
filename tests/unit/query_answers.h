/*
 * tests/unit/query_answers.h - a store of its own, points in it, and answers as text
 *
 * An answer is a line for each series, and for each error or warning:
 *
 *     0 cpu{host=a}(time,v): 10,1; 20,null;
 *     1
 *     2 !database not found: x
 *     3 ~deprecated use of ...
 *
 * The store lies in a folder of its own under TMPDIR and goes with answers_close.
 */
#ifndef WEIR_TESTS_QUERY_ANSWERS_H
#define WEIR_TESTS_QUERY_ANSWERS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/number.h"
#include "query/query.h"
#include "store_lines.h"

#define N_OF(array)	(sizeof(array) / sizeof((array)[0]))
#define ANSWERS_NOW	INT64_C(1700000000000000000)

struct answers {
	struct rows_sink sink;		/* first: it is cast back */
	struct lines_home home;
	struct arena	*arena;
	struct grant	 grant;
	struct grants	 grants;	/* all-access, until a test changes it */
	struct query_request request;	/* what all queries have: limits, management */
	int		 rows_left;	/* then nobody listens; -1 = any number */
	struct buf	 text;		/* the last answer */
	unsigned	 id;
	size_t		 n_columns;
	bool		 any;
};

static inline void
answers_put_value(struct buf *out, const struct value *v)
{
	switch (v->type) {
	case VALUE_NULL:
		buf_puts(out, "null");
		break;
	case VALUE_FLOAT:
		if (isfinite(v->f))
			number_put_float(out, v->f);
		else
			buf_puts(out, "null");
		break;
	case VALUE_INTEGER:
		number_put_int(out, v->i);
		break;
	case VALUE_UNSIGNED:
		number_put_uint(out, v->u);
		break;
	case VALUE_STRING:
	case VALUE_TAG:
		buf_put_slice(out, v->s);
		break;
	case VALUE_BOOLEAN:
		buf_puts(out, v->b ? "true" : "false");
		break;
	case VALUE_TIME:	/* in seconds, with a fraction where there is one */
		number_put_float(out, (double)v->i / 1e9);
		break;
	}
}

static inline void
answers_result_begin(struct rows_sink *sink, unsigned id)
{
	struct answers *a = (struct answers *)sink;

	a->id = id;
	a->any = false;
}

static inline void
answers_series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct answers *a = (struct answers *)sink;

	a->any = true;
	a->n_columns = series->n_columns;
	buf_printf(&a->text, "%u " SLICE_FMT, a->id, SLICE_ARG(series->name));
	for (size_t i = 0; series->tags != NULL && i < series->n_tags; i++)
		buf_printf(&a->text, "%s" SLICE_FMT "=" SLICE_FMT "%s", i == 0 ? "{" : ",",
		    SLICE_ARG(series->tags[i].key), SLICE_ARG(series->tags[i].value),
		    i + 1 == series->n_tags ? "}" : "");
	for (size_t i = 0; i < series->n_columns; i++)
		buf_printf(&a->text, "%s" SLICE_FMT, i == 0 ? "(" : ",",
		    SLICE_ARG(series->columns[i]));
	buf_puts(&a->text, "):");
}

static inline bool
answers_row(struct rows_sink *sink, const struct value *values)
{
	struct answers *a = (struct answers *)sink;

	if (a->rows_left == 0)
		return false;
	if (a->rows_left > 0)
		a->rows_left--;
	for (size_t i = 0; i < a->n_columns; i++) {
		buf_putc(&a->text, i == 0 ? ' ' : ',');
		answers_put_value(&a->text, &values[i]);
	}
	buf_putc(&a->text, ';');
	return true;
}

static inline bool
answers_block(struct rows_sink *sink, const struct rows_block *block)
{
	struct answers *a = (struct answers *)sink;
	struct value values[64];

	assert_true(a->n_columns <= 64 && block->from < block->to);
	for (size_t row = block->from; row < block->to; row++) {
		values[0] = (struct value){ .type = VALUE_TIME, .i = block->times[row] };
		for (size_t i = 1; i < a->n_columns; i++)
			values[i] = column_value(&block->columns[i - 1], row);
		if (!answers_row(sink, values))
			return false;
	}
	return true;
}

static inline void
answers_series_end(struct rows_sink *sink)
{
	buf_putc(&((struct answers *)sink)->text, '\n');
}

static inline void
answers_message(struct rows_sink *sink, const char *level, struct slice text)
{
	struct answers *a = (struct answers *)sink;

	(void)level;
	a->any = true;
	buf_printf(&a->text, "%u ~" SLICE_FMT "\n", a->id, SLICE_ARG(text));
}

static inline void
answers_error(struct rows_sink *sink, struct slice text)
{
	struct answers *a = (struct answers *)sink;

	a->any = true;
	buf_printf(&a->text, "%u !" SLICE_FMT "\n", a->id, SLICE_ARG(text));
}

static inline void
answers_result_end(struct rows_sink *sink)
{
	struct answers *a = (struct answers *)sink;

	if (!a->any)
		buf_printf(&a->text, "%u\n", a->id);
}

static inline void
answers_end(struct rows_sink *sink)
{
	(void)sink;
}

/* ---- the store ---- */

/*
 * answers_bucket - a new bucket; one named d is what the database d of a query is
 */
static inline uint64_t
answers_bucket(struct answers *a, const char *name)
{
	return lines_bucket(&a->home, name);
}

static inline void
answers_open(struct answers *a)
{
	memset(a, 0, sizeof(*a));
	a->sink = (struct rows_sink){ answers_result_begin, answers_series_begin, answers_row,
	    answers_series_end, answers_message, answers_error, answers_result_end, answers_end,
	    answers_block };
	lines_open(&a->home);
	a->arena = arena_new(65536);
	a->rows_left = -1;
	a->grant = (struct grant){ GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 };
	a->grants = (struct grants){ .known = true, .n = 1, .list = &a->grant };
}

static inline void
answers_close(struct answers *a)
{
	lines_close(&a->home);
	arena_free(a->arena);
	buf_free(&a->text);
}

/*
 * answers_write - lines with times in seconds
 */
static inline void
answers_write(struct answers *a, uint64_t bucket_id, const char *lines)
{
	lines_write(&a->home, bucket_id, slice_from(lines), PRECISION_S, ANSWERS_NOW);
}

/*
 * answers_query - run a text; its answer, or "refused CODE: text" when it was refused as a whole
 */
static inline const char *
answers_query(struct answers *a, const char *database, const char *text)
{
	struct query_request request = a->request;
	struct query *query;
	struct err err = { .code = ERR_NONE };

	request.store = a->home.store;
	request.grants = &a->grants;
	request.text = slice_from(text);
	request.database = slice_from(database);
	request.now_ns = ANSWERS_NOW;
	request.arena = a->arena;
	buf_reset(&a->text);
	if (query_prepare(&request, &query, &err) != 0) {
		buf_printf(&a->text, "refused %d: %s\n", err_status(err.code), err.text);
	} else {
		if (query_run(query, &a->sink) != 0)
			buf_puts(&a->text, "gone\n");
		query_end(query);
	}
	arena_reset(a->arena);
	buf_putc(&a->text, '\0');
	return a->text.p;
}

#endif
