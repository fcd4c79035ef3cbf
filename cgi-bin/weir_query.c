/*
 * cgi-bin/weir_query.c - InfluxQL from the command line
 *
 * A statement goes the way of a request; its rows are pushed into a format, or into tables.
 */
#include "weir.h"

#include <errno.h>

#include "format/format.h"
#include "query/query.h"

#define QUERY_MAX	(1 << 20)

static int
to_stdout(void *to, const char *p, size_t n)
{
	(void)to;
	return fwrite(p, 1, n, stdout) == n ? 0 : -1;
}

static int
read_text(struct weir *weir, struct slice *text, struct err *err)
{
	char *all;
	size_t n;

	*text = slice_from(weir->args[0]);
	if (!slice_eq(*text, SLICE("-")))
		return 0;
	all = arena_alloc(weir->arena, QUERY_MAX);
	n = fread(all, 1, QUERY_MAX, stdin);
	if (ferror(stdin))
		return err_set(err, ERR_IO, "standard input: %s", strerror(errno));
	if (!feof(stdin))
		return err_set(err, ERR_TOO_LARGE, "a query has at most %d bytes", QUERY_MAX - 1);
	*text = slice_make(all, n);
	return 0;
}

static int
fill_query(struct weir *weir, struct query_request *request, struct err *err)
{
	request->grants = &weir_owner;
	request->database = weir_option(weir, "db");
	if (request->database.n == 0)
		request->database = weir_option(weir, "bucket");
	request->policy = weir_option(weir, "rp");
	program_allow_statements(&weir->program.settings, request);
	request->arena = weir->arena;
	if (read_text(weir, &request->text, err) != 0)
		return -1;
	return weir_store(weir, &request->store, err);
}

static int
read_epoch(struct weir *weir, enum precision *epoch)
{
	struct slice word = weir_option(weir, "epoch");

	*epoch = PRECISION_AUTO;
	if (word.n > 0 && precision_of_epoch(word, epoch) != 0)
		return weir_usage(weir, "--epoch: found \"" SLICE_FMT "\", expected one of "
		    "ns us ms s m h", SLICE_ARG(word));
	return WEIR_OK;
}

static int
answer(struct weir *weir, struct query *query, enum precision epoch, struct err *err)
{
	struct format_options options = {
		.epoch = epoch, .pretty = weir_flag(weir, "pretty"),
		.n_results = query_n_statements(query),
	};
	bool machine = weir_flag(weir, "json") || weir_flag(weir, "csv");
	struct rows_sink *sink;
	struct out out;
	size_t n_errors;

	out_init(&out, to_stdout, NULL);
	if (machine)
		sink = format_sink(format_by_name(weir_flag(weir, "csv") ? "csv" : "json"),
		    weir->arena, &out, &options);
	else
		sink = weir_answer_begin(weir->arena, stdout, epoch);
	(void)query_run(query, weir_answer_watch(weir->arena, sink, &n_errors));
	out_flush(&out);
	out_free(&out);
	if (ferror(stdout))
		return err_set(err, ERR_IO, "standard output cannot be written");
	return n_errors > 0 ? WEIR_PARTLY : WEIR_OK;
}

int
weir_query(struct weir *weir, struct err *err)
{
	struct query_request request = { 0 };
	enum precision epoch;
	struct query *query;
	int status;

	if (weir_flag(weir, "json") && weir_flag(weir, "csv"))
		return weir_usage(weir, "--json or --csv, not both");
	if (read_epoch(weir, &epoch) != WEIR_OK)
		return WEIR_USAGE;
	if (fill_query(weir, &request, err) != 0 ||
	    query_prepare(&request, &query, err) != 0)
		return -1;
	status = answer(weir, query, epoch, err);
	query_end(query);
	return status;
}
