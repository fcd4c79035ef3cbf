/*
 * tests/fuzz/query_fuzz.c - any bytes as a query text, answered over real data
 *
 * The store is made once, one half of it in chunks and one in the journal: five measurements, every
 * type of field, numbers at the ends of their types, times before and after 1970, tags that some
 * series lack. There is a grant to read and none to write, so every input sees the same data. What
 * must hold, besides that nothing breaks: the calls of an answer come in their order, with values
 * that can be read to their last byte, and no more rows than allowed.
 */
#include "../unit/store_lines.h"
#include "insist.h"
#include "query/query.h"

int		 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MAX	20000

static const char lines[] =
    "m,h=a,d=x f=0.5,i=1i,t=true,s=\"one\" -20\n"
    "m,h=a,d=x f=-7,i=9223372036854775807i,t=false,s=\"two\" 0\n"
    "m,h=b f=1e300,i=-9223372036854775808i,s=\"\" 10\n"
    "m,h=b f=-1e300,i=3i,t=true 20\n"
    "m,d=y f=1e-300,s=\"a b\" 25\n"
    "m f=12,i=12i,t=false,s=\"one\" 3600\n"
    "n,h=a used=5i,f=\"text\" 10\n"
    "n,h=b used=7i,free=2.25 86400\n"
    "n,h=c free=3 86400\n"
    "odd\\ name,k\\ 1=v\\,1 f\\ 1=1 40\n"
    "odd\\ name,k\\ 1=v\\=2 f\\ 1=2,time_of=3i 50\n"
    "old f=1 -9000000000\n"
    "new f=2 9000000000\n";

struct watched {
	struct rows_sink sink;		/* first: it is cast back */
	bool		 in_result, in_series;
	size_t		 n_columns;
	uint64_t	 n_rows;
	size_t		 n_read;	/* bytes of texts: each is looked at */
};

static struct watched *
watch(struct rows_sink *sink, bool in_result, bool in_series)
{
	struct watched *w = (struct watched *)sink;

	insist(w->in_result == in_result, "a call out of its result");
	insist(w->in_series == in_series, "a call out of its series");
	return w;
}

static void
result_begin(struct rows_sink *sink, unsigned id)
{
	(void)id;
	watch(sink, false, false)->in_result = true;
}

static void
series_begin(struct rows_sink *sink, const struct rows_series *series)
{
	struct watched *w = watch(sink, true, false);

	w->in_series = true;
	w->n_columns = series->n_columns;
	insist(series->n_columns > 0, "a series without a column");
}

static bool
row(struct rows_sink *sink, const struct value *values)
{
	struct watched *w = watch(sink, true, true);

	for (size_t i = 0; i < w->n_columns; i++) {
		insist(values[i].type <= VALUE_TIME, "a value of no type");
		if (values[i].type == VALUE_STRING || values[i].type == VALUE_TAG)
			for (size_t k = 0; k < values[i].s.n; k++)
				w->n_read += values[i].s.p[k] != 0;
	}
	insist(++w->n_rows <= ROWS_MAX, "more rows than allowed");
	return true;
}

static bool
block(struct rows_sink *sink, const struct rows_block *block)
{
	struct watched *w = watch(sink, true, true);
	struct value values[64] = { { .type = VALUE_TIME } };

	insist(block->from < block->to, "a block without rows");
	for (size_t at = block->from; w->n_columns <= 64 && at < block->to; at++) {
		values[0].i = block->times[at];
		for (size_t i = 1; i < w->n_columns; i++)
			values[i] = column_value(&block->columns[i - 1], at);
		row(sink, values);
	}
	return true;
}

static void
series_end(struct rows_sink *sink)
{
	watch(sink, true, true)->in_series = false;
}

static void
message(struct rows_sink *sink, const char *level, struct slice text)
{
	watch(sink, true, false);
	insist(level[0] != '\0' && text.n > 0, "a message without words");
}

static void
error(struct rows_sink *sink, struct slice text)
{
	watch(sink, true, false);
	insist(text.n > 0, "an error without words");
}

static void
result_end(struct rows_sink *sink)
{
	watch(sink, true, false)->in_result = false;
}

static void
end(struct rows_sink *sink)
{
	watch(sink, false, false);
}

static const struct rows_sink calls = { result_begin, series_begin, row, series_end, message, error,
	result_end, end, NULL };

static struct lines_home home;

static void
leave(void)
{
	lines_close(&home);
}

static void
fill(void)
{
	struct buf later = { 0 };
	uint64_t bucket;

	lines_open(&home);
	atexit(leave);
	bucket = lines_bucket(&home, "d");
	for (int i = 0; i < 2000; i++)
		buf_printf(&later, "m,h=h%d f=%d.25,i=%di,s=\"w%d\" %d\n", i % 3, i % 97, i * i,
		    i % 5, 100 + i * 7);
	lines_write(&home, bucket, slice_from(lines), PRECISION_S, 0);
	lines_write(&home, bucket, buf_slice(&later), PRECISION_S, 0);
	lines_compact(&home);
	lines_write(&home, bucket, SLICE("m,h=a,d=x f=2,i=2i 5\nm,h=h1 f=0 800\n"
	    "n,h=d used=1i 11\n"), PRECISION_S, 0);
	buf_free(&later);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grant grant = { GRANT_READ, GRANT_BUCKETS, 0 };
	struct grants grants = { .known = true, .n = 1, .list = &grant };
	struct watched w = { .sink = calls };
	struct query_request request = { .grants = &grants,
		.text = slice_make((const char *)data, size),
		.database = SLICE("d"),
		.now_ns = INT64_C(20000000000000),
		.limits = { ROWS_MAX, 1000, 20000, 64 << 20, 2000 } };
	struct query *query;
	struct err err;

	if (home.store == NULL)
		fill();
	request.store = home.store;
	request.arena = arena_new(4096);
	w.sink.block = size % 2 == 0 ? block : NULL;
	if (query_prepare(&request, &query, &err) == 0) {
		insist(query_run(query, &w.sink) == 0, "nobody listens");
		insist(!w.in_result, "a result without an end");
		query_end(query);
	}
	arena_free(request.arena);
	return 0;
}
