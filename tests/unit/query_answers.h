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
#include "line/line.h"
#include "query/query.h"
#include "store/store.h"

#define N_OF(array)	(sizeof(array) / sizeof((array)[0]))
#define ANSWERS_NOW	INT64_C(1700000000000000000)

struct answers {
	struct rows_sink sink;		/* first: it is cast back */
	char		 home[128];
	struct store	*store;
	struct arena	*arena;
	struct line_memo *memo;
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

static inline int
answers_make_bucket(struct txn *txn, void *arg, struct err *err)
{
	return store_bucket_create(txn, arg, err);
}

/*
 * answers_bucket - a new bucket; one named d is what the database d of a query is
 */
static inline uint64_t
answers_bucket(struct answers *a, const char *name)
{
	struct store_bucket bucket = { .name = slice_from(name) };
	struct err err = { .code = ERR_NONE };

	if (store_txn(a->store, STORE_WRITE, a->arena, answers_make_bucket, &bucket, &err) != 0)
		fail_msg("%s", err.text);
	return bucket.id;
}

static inline void
answers_open(struct answers *a)
{
	const char *folder = getenv("TMPDIR");
	struct store_options options;
	struct err err = { .code = ERR_NONE };

	memset(a, 0, sizeof(*a));
	a->sink = (struct rows_sink){ answers_result_begin, answers_series_begin, answers_row,
	    answers_series_end, answers_message, answers_error, answers_result_end, answers_end,
	    answers_block };
	snprintf(a->home, sizeof(a->home), "%s/weir-unit.XXXXXX", folder != NULL ? folder : "/tmp");
	assert_non_null(mkdtemp(a->home));
	store_default_options(&options);
	options.home = a->home;
	if (store_create(&options, &err) != 0 || store_open(&a->store, &options, &err) != 0)
		fail_msg("%s", err.text);
	a->arena = arena_new(65536);
	a->memo = line_memo_new(1 << 20);
	a->rows_left = -1;
	a->grant = (struct grant){ GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 };
	a->grants = (struct grants){ .known = true, .n = 1, .list = &a->grant };
}

static inline void
answers_close(struct answers *a)
{
	char command[256];

	store_close(a->store);
	line_memo_free(a->memo);
	arena_free(a->arena);
	buf_free(&a->text);
	snprintf(command, sizeof(command), "rm -rf '%s'", a->home);
	assert_int_equal(system(command), 0);
}

/*
 * answers_write - lines with times in seconds
 */
static inline void
answers_write(struct answers *a, uint64_t bucket_id, const char *lines)
{
	struct line_stream stream = { .line = 1 };
	struct line_options options;
	struct batch_rejects rejects = { .arena = a->arena };
	struct buf body = { 0 };
	struct slice rest;
	enum line_stop stop;
	struct err err = { .code = ERR_NONE };

	line_memo_free(a->memo);	/* what it remembers is of one bucket */
	a->memo = line_memo_new(1 << 20);
	line_default_options(&options);
	options.precision = PRECISION_S;
	options.now_ns = ANSWERS_NOW;
	buf_puts(&body, lines);
	buf_reserve(&body, LINE_SLACK);
	rest = buf_slice(&body);
	do {
		struct batch batch;
		size_t consumed;
		uint64_t stored;

		batch_init(&batch, a->arena, &rejects);
		stop = line_parse(a->memo, &stream, &options, rest, true, &batch, &consumed);
		rest = slice_make(rest.p + consumed, rest.n - consumed);
		if (store_append(a->store, bucket_id, &batch, &stored, &err) != 0 ||
		    store_sync(a->store, &err) != 0)
			fail_msg("%s", err.text);
		if (rejects.n != 0)
			fail_msg(SLICE_FMT, SLICE_ARG(rejects.kept[0].text));
	} while (stop == LINE_BATCH_FULL);
	buf_free(&body);
	arena_reset(a->arena);
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

	request.store = a->store;
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
