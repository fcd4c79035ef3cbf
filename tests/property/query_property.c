/*
 * tests/property/query_property.c - random statements, answered by the query room and naively
 *
 *     query_property [--queries N] [--seed S] [--differences N] [--verbose]
 *     query_property --data S
 *
 * Some two hundred statements are asked of each random set of data, which in every other store lies
 * partly in chunks and partly in the journal. Without arguments 1,500 statements come from a fixed
 * seed and 1,500 from a new one. The seed is printed first: the same seed brings the same data and
 * statements. On a difference the statement is made smaller as long as the difference stays, both
 * answers are printed, and the program ends with 1 (--differences: after so many); --data prints
 * the data of a seed, as line protocol. A statement whose answer the language leaves open (two
 * points of one time, and the answer depends on which comes first) is asked, but not compared.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "property.h"
#include "query/query.h"
#include "../unit/store_lines.h"

#define QUERIES_OF_DATA 200

struct run {
	struct rows_sink sink; /* first: it is cast back */
	struct lines_home home;
	struct data data;
	int64_t now;
	struct grant grant;
	struct grants grants;
	struct arena *arena; /* of one statement */
	struct answer *answer; /* that is being collected */
	bool verbose;
	uint64_t n_asked, n_unsure, n_empty, n_rows, n_failed;
};

static void
die(const char *what, const char *text)
{
	fprintf(stderr, "query_property: %s: %s\n", what, text);
	exit(2);
}

/* ---- the answer of the query room ---- */

static void
result_begin(struct rows_sink *sink, unsigned id)
{
	(void)sink;
	(void)id;
}

static void
series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct run *run = (struct run *)sink;
	struct answer *a = run->answer;
	struct answer_series *s;

	if (a->n_series == a->cap_series) {
		a->series = arena_grow(run->arena, a->series, a->n_series, a->cap_series * 2 + 8);
		a->cap_series = a->cap_series * 2 + 8;
	}
	s = &a->series[a->n_series++];
	memset(s, 0, sizeof(*s));
	s->name = arena_string(run->arena, series->name);
	s->n_tags = series->n_tags;
	s->keys = arena_array(run->arena, const char *, s->n_tags);
	s->tags = arena_array(run->arena, const char *, s->n_tags);
	for (size_t i = 0; i < s->n_tags; i++) {
		s->keys[i] = arena_string(run->arena, series->tags[i].key);
		s->tags[i] = arena_string(run->arena, series->tags[i].value);
	}
	a->n_columns = series->n_columns - 1;
	a->columns = arena_array(run->arena, struct table_column, a->n_columns);
	for (size_t i = 0; i < a->n_columns; i++)
		a->columns[i].name = arena_string(run->arena, series->columns[i + 1]);
}

static bool
row(struct rows_sink *sink, const struct value *values)
{
	struct run *run = (struct run *)sink;
	struct answer *a = run->answer;
	struct answer_series *s = &a->series[a->n_series - 1];
	struct row *r;

	if (s->n_rows == s->cap_rows) {
		s->rows = arena_grow(run->arena, s->rows, s->n_rows, s->cap_rows * 2 + 8);
		s->cap_rows = s->cap_rows * 2 + 8;
	}
	r = &s->rows[s->n_rows++];
	r->time = values[0].i;
	r->values = arena_array(run->arena, struct value, a->n_columns);
	memcpy(r->values, values + 1, a->n_columns * sizeof(*values));
	for (size_t i = 0; i < a->n_columns; i++)
		if (r->values[i].type == VALUE_STRING || r->values[i].type == VALUE_TAG)
			r->values[i].s = arena_copy(run->arena, r->values[i].s);
	return true;
}

/*
 * Every other statement is answered by rows, the others by blocks where the engine has them.
 */
static bool
block(struct rows_sink *sink, const struct rows_block *block)
{
	struct run *run = (struct run *)sink;
	size_t n = run->answer->n_columns;
	struct value *values = arena_array(run->arena, struct value, n + 1);

	for (size_t i = block->from; i < block->to; i++) {
		values[0] = (struct value){ .type = VALUE_TIME, .i = block->times[i] };
		for (size_t k = 0; k < n; k++)
			values[k + 1] = column_value(&block->columns[k], i);
		row(sink, values);
	}
	return true;
}

static void
series_end(struct rows_sink *sink)
{
	(void)sink;
}

static void
message(struct rows_sink *sink, const char *level, struct slice text)
{
	(void)sink;
	(void)level;
	(void)text;
}

static void
error(struct rows_sink *sink, struct slice text)
{
	struct run *run = (struct run *)sink;

	run->answer->error = arena_string(run->arena, text);
}

static void
result_end(struct rows_sink *sink)
{
	(void)sink;
}

static struct answer *
ask(struct run *run, const char *text)
{
	struct query_request request = { .store = run->home.store,
		.grants = &run->grants,
		.text = slice_from(text),
		.database = SLICE("d"),
		.now_ns = run->now };
	struct query *query;
	struct err err = { .code = ERR_NONE };

	run->answer = arena_zalloc(run->arena, sizeof(*run->answer));
	run->sink.block = run->n_asked % 2 == 0 ? block : NULL;
	request.arena = arena_new(4096);
	if (query_prepare(&request, &query, &err) != 0) {
		run->answer->error = arena_string(run->arena, slice_from(err.text));
	} else {
		query_run(query, &run->sink);
		query_end(query);
	}
	arena_free(request.arena);
	return run->answer;
}

/* ---- a store with the data in it ---- */

static void
open_store(struct run *run)
{
	uint64_t bucket;

	lines_open(&run->home);
	bucket = lines_bucket(&run->home, "d");
	for (size_t i = 0; i < run->data.n_writes; i++) {
		lines_write(
		    &run->home, bucket, run->data.writes[i], PRECISION_NS, run->now);
		if (run->data.seed % 2 == 0 && i % 16 == 9)
			lines_compact(&run->home);
	}
}

/* ---- one statement ---- */

static const char *
text_of(struct run *run, const struct statement *s)
{
	struct buf text = { 0 };
	const char *copy;

	statement_text(s, &text);
	copy = arena_string(run->arena, buf_slice(&text));
	buf_free(&text);
	return copy;
}

/*
 * The deviation of a single value is not a number, and as a row of a subquery it is one that the
 * naive evaluator does not always keep.
 */
static bool
has_deviation_inside(const char *text)
{
	const char *inner = strstr(text, "FROM (SELECT");

	return inner != NULL && strstr(inner, "stddev(") != NULL;
}

static const char *
difference(struct run *run, const struct statement *s, struct answer **got, struct answer **want)
{
	const char *text = text_of(run, s);

	*got = ask(run, text);
	*want = naive_answer(&run->data, s, run->now, run->arena);
	if ((*want)->unsure == NULL && has_deviation_inside(text))
		(*want)->unsure = "a deviation in a subquery";
	if ((*want)->unsure != NULL)
		return NULL;
	return answer_same(*got, *want, run->arena);
}

static const struct statement *
shrunk(struct run *run, const struct statement *s)
{
	struct answer *got, *want;

	for (unsigned step = 0; step < STATEMENT_SHRINK_STEPS; step++) {
		struct statement *smaller = statement_shrink(s, step, run->arena);

		if (smaller == NULL || difference(run, smaller, &got, &want) == NULL)
			continue;
		if (got->error != NULL) /* as good as any, but seldom the same difference */
			continue;
		s = smaller;
		step = UINT32_MAX;
	}
	return s;
}

static void
tell(struct run *run, const struct statement *s)
{
	const struct statement *small = shrunk(run, s);
	struct answer *got, *want;
	const char *how = difference(run, small, &got, &want);
	struct buf out = { 0 };

	buf_printf(&out,
	    "\ndata %" PRIu64 ", first time %" PRId64 ", now %" PRId64 "\n%s\n  at first: %s\n"
	    "  %s\n  weir answers\n",
	    run->data.seed, run->data.first, run->now, text_of(run, small), text_of(run, s), how);
	answer_print(got, &out);
	buf_puts(&out, "  by the rules\n");
	answer_print(want, &out);
	printf(SLICE_FMT, SLICE_ARG(buf_slice(&out)));
	fflush(stdout);
	buf_free(&out);
}

static bool
try_statement(struct run *run, struct dice *dice)
{
	struct statement *s = statement_random(&run->data, dice, run->arena);
	struct answer *got, *want;
	const char *how = difference(run, s, &got, &want);

	if (run->verbose)
		printf("%s%s\n", text_of(run, s),
		    want->unsure != NULL ? "  -- open"
		    : got->error != NULL ? "  -- error"
		    : got->n_series == 0 ? "  -- empty"
					 : "");
	run->n_asked++;
	run->n_unsure += want->unsure != NULL;
	run->n_empty += got->n_series == 0;
	for (size_t i = 0; i < got->n_series; i++)
		run->n_rows += got->series[i].n_rows;
	if (how != NULL)
		tell(run, s);
	arena_reset(run->arena);
	return how == NULL;
}

static void
try_data(struct run *run, uint64_t seed, uint64_t n_queries, uint64_t max_failed)
{
	struct dice dice = { seed * 2 + 1 };

	data_make(&run->data, seed);
	run->now = run->data.last + 20 * SECOND;
	open_store(run);
	dice_roll(&dice);
	for (uint64_t i = 0; i < n_queries && run->n_failed < max_failed; i++)
		run->n_failed += !try_statement(run, &dice);
	lines_close(&run->home);
	data_free(&run->data);
}

static int
print_data(uint64_t seed)
{
	struct data data;

	data_make(&data, seed);
	for (size_t i = 0; i < data.n_writes; i++)
		printf(SLICE_FMT, SLICE_ARG(data.writes[i]));
	data_free(&data);
	return 0;
}

static void
try_seeds(struct run *run, uint64_t seed, uint64_t n_queries, uint64_t max_failed)
{
	uint64_t end = run->n_asked + n_queries;

	printf("seed %" PRIu64 "\n", seed);
	fflush(stdout);
	for (uint64_t k = 0; run->n_asked < end && run->n_failed < max_failed; k++) {
		uint64_t left = end - run->n_asked;

		try_data(
		    run, seed + k, left < QUERIES_OF_DATA ? left : QUERIES_OF_DATA, max_failed);
	}
}

int
main(int argc, char **argv)
{
	struct run run = { .sink = { result_begin, series_begin, row, series_end, message, error,
			       result_end, result_end, NULL } };
	uint64_t n_queries = 0, seed = 0, max_failed = 1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--queries") == 0 && i + 1 < argc)
			n_queries = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--differences") == 0 && i + 1 < argc)
			max_failed = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--data") == 0 && i + 1 < argc)
			return print_data(strtoull(argv[++i], NULL, 10));
		else if (strcmp(argv[i], "--verbose") == 0)
			run.verbose = true;
		else
			die("unknown argument", argv[i]);
	}
	run.grant = (struct grant){ GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 };
	run.grants = (struct grants){ .known = true, .n = 1, .list = &run.grant };
	run.arena = arena_new(1 << 20);
	if (seed == 0 && n_queries == 0)
		try_seeds(&run, 1, 1500, max_failed);
	if (seed == 0)
		seed = (uint64_t)time(NULL) * 1000;
	try_seeds(&run, seed, n_queries != 0 ? n_queries : 1500, max_failed);
	printf("%" PRIu64 " statements, %" PRIu64 " rows, %" PRIu64 " empty answers, %" PRIu64
	       " not compared, %" PRIu64 " differences\n",
	    run.n_asked, run.n_rows, run.n_empty, run.n_unsure, run.n_failed);
	arena_free(run.arena);
	return run.n_failed != 0;
}
