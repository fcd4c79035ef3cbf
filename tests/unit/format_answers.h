/*
 * tests/unit/format_answers.h - answers to print: each is a function that pushes into a sink
 *
 * format_print runs one through a format, with the stream's pieces put together again.
 */
#ifndef WEIR_TESTS_FORMAT_ANSWERS_H
#define WEIR_TESTS_FORMAT_ANSWERS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/format.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

#define FLOAT_(x)	((struct value){ .type = VALUE_FLOAT, .f = (x) })
#define INT_(x)		((struct value){ .type = VALUE_INTEGER, .i = (x) })
#define UINT_(x)	((struct value){ .type = VALUE_UNSIGNED, .u = (x) })
#define TIME_(x)	((struct value){ .type = VALUE_TIME, .i = (x) })
#define BOOL_(x)	((struct value){ .type = VALUE_BOOLEAN, .b = (x) })
#define TEXT_(x)	((struct value){ .type = VALUE_STRING, .s = SLICE(x) })
#define NULL_		((struct value){ .type = VALUE_NULL })

#define T0 INT64_C(1500000000000000000)		/* 2017-07-14T02:40:00Z */

typedef void answer_fn(struct rows_sink *sink);

static inline void
push_series(struct rows_sink *sink, const char *name, const char *host, int n_rows)
{
	const struct slice columns[] = { SLICE("time"), SLICE("v") };
	const struct tag tags[] = { { SLICE("host"), slice_from(host) } };
	const struct rows_series series = {
		.name = slice_from(name),
		.tags = host != NULL ? tags : NULL, .n_tags = host != NULL,
		.columns = columns, .n_columns = 2,
	};

	sink->series_begin(sink, &series);
	for (int i = 0; i < n_rows; i++) {
		const struct value row[] = { TIME_(T0 + i), INT_(i) };

		sink->row(sink, row);
	}
	sink->series_end(sink);
}

static inline void
answer_nothing(struct rows_sink *sink)
{
	sink->end(sink);
}

static inline void
answer_no_series(struct rows_sink *sink)
{
	sink->result_begin(sink, 0);
	sink->result_end(sink);
	sink->end(sink);
}

static inline void
answer_no_rows(struct rows_sink *sink)
{
	sink->result_begin(sink, 0);
	push_series(sink, "m", NULL, 0);
	sink->result_end(sink);
	sink->end(sink);
}

static inline void
answer_two_hosts(struct rows_sink *sink)
{
	sink->result_begin(sink, 0);
	push_series(sink, "m", "a", 1);
	push_series(sink, "m", "b", 3);
	sink->result_end(sink);
	sink->end(sink);
}

static inline void
answer_two_statements(struct rows_sink *sink)
{
	sink->result_begin(sink, 0);
	push_series(sink, "m", NULL, 1);
	sink->result_end(sink);
	sink->result_begin(sink, 1);
	sink->error(sink, SLICE("database not found: \"x\", y"));
	sink->result_end(sink);
	sink->result_begin(sink, 2);
	push_series(sink, "n", "a b,c", 1);
	sink->message(sink, "warning", SLICE("beware"));
	sink->result_end(sink);
	sink->end(sink);
}

/* The statement fails after a row has gone out; its series is still open. */
static inline void
answer_late_error(struct rows_sink *sink)
{
	const struct slice columns[] = { SLICE("v") };
	const struct rows_series series = {
		.name = SLICE("m"), .columns = columns, .n_columns = 1,
	};
	const struct value row[] = { INT_(7) };

	sink->result_begin(sink, 0);
	sink->series_begin(sink, &series);
	sink->row(sink, row);
	sink->error(sink, SLICE("too slow"));
	sink->result_end(sink);
	sink->end(sink);
}

static inline void
answer_values(struct rows_sink *sink)
{
	const struct slice columns[] = { SLICE("time"), SLICE("a\"b"), SLICE("c,d") };
	const struct rows_series series = { .columns = columns, .n_columns = 3 };
	const struct value rows[][3] = {
		{ TIME_(-1), FLOAT_(1.5), FLOAT_(1e21) },
		{ TIME_(0), FLOAT_(1e-7), FLOAT_(-100000000000000000000.0) },
		{ TIME_(T0 + 100000000), INT_(INT64_MIN), UINT_(UINT64_MAX) },
		{ TIME_(T0 + 123456000), BOOL_(true), BOOL_(false) },
		{ NULL_, NULL_, FLOAT_(NAN) },
		{ NULL_, FLOAT_(INFINITY), FLOAT_(-INFINITY) },
		{ NULL_, TEXT_("q\"\\\n\r\t\x01<&>"), TEXT_("\xc3\xa4\xff\xe2\x82z") },
		{ NULL_, TEXT_(""), TEXT_(" x") },
	};

	sink->result_begin(sink, 0);
	sink->series_begin(sink, &series);
	for (size_t i = 0; i < N_OF(rows); i++)
		sink->row(sink, rows[i]);
	sink->series_end(sink);
	sink->result_end(sink);
	sink->end(sink);
}

/* Two series of one statement whose columns differ, and a third that is like the second. */
static inline void
answer_columns_change(struct rows_sink *sink)
{
	static const struct slice names[3][2] = {
		{ SLICE("a"), SLICE("b") }, { SLICE("a"), SLICE("c") }, { SLICE("a"), SLICE("c") },
	};
	const struct value row[] = { INT_(1), INT_(2) };

	sink->result_begin(sink, 0);
	for (size_t i = 0; i < 3; i++) {
		const struct rows_series series = {
			.name = SLICE("m"), .columns = names[i], .n_columns = 2,
		};

		sink->series_begin(sink, &series);
		sink->row(sink, row);
		sink->series_end(sink);
	}
	sink->result_end(sink);
	sink->end(sink);
}

static inline void
answer_many_rows(struct rows_sink *sink)
{
	sink->result_begin(sink, 0);
	push_series(sink, "m", "a", 200000);
	sink->result_end(sink);
	sink->end(sink);
}

struct printed {
	struct buf	 bytes;
	size_t		 n_pieces;
	size_t		 longest;
};

static inline int
printed_take(void *to, const char *p, size_t n)
{
	struct printed *printed = to;

	buf_put(&printed->bytes, p, n);
	printed->n_pieces++;
	if (n > printed->longest)
		printed->longest = n;
	return 0;
}

static inline struct printed
format_print(const char *name, const struct format_options *options, answer_fn *answer)
{
	struct printed printed = { { 0 }, 0, 0 };
	struct arena *arena = arena_new(4096);
	struct out out;

	out_init(&out, printed_take, &printed);
	answer(format_sink(format_by_name(name), arena, &out, options));
	out_flush(&out);
	assert_false(out.failed);
	out_free(&out);
	arena_free(arena);
	return printed;
}

struct format_case {
	const char	*title;
	const char	*format;
	struct format_options options;
	answer_fn	*answer;
	struct slice	 expected;
};

static inline void
format_run_cases(const struct format_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct printed printed = format_print(cases[i].format, &cases[i].options,
		    cases[i].answer);

		if (!slice_eq(buf_slice(&printed.bytes), cases[i].expected)) {
			print_error("%s:\n  expected " SLICE_FMT "\n  printed  " SLICE_FMT "\n",
			    cases[i].title, SLICE_ARG(cases[i].expected),
			    SLICE_ARG(buf_slice(&printed.bytes)));
			fail();
		}
		buf_free(&printed.bytes);
	}
}

#endif
