/*
 * fcgi/query_v1.c - /query as InfluxDB 1.x has it: parameters in, a streamed answer out
 *
 *     q db rp params         to the query room
 *     epoch pretty chunked chunk_size, Accept     to the format
 *
 * Everything that can refuse the request as a whole (credential, parameters, syntax, permission)
 * happens before the answer begins, so that it has its status. Parameters that are not known are
 * ignored, and an empty one is an absent one. Of `chunked` and `pretty` the word `true` alone
 * counts, and a chunk_size that is no number above zero is the default.
 */
#include "query_v1.h"

#include "format/format.h"
#include "program/program.h"
#include "query/query.h"

static int
read_options(struct http_request *req, const struct settings *settings,
    struct format_options *options, struct err *err)
{
	struct slice epoch = http_param(req, "epoch");
	uint64_t size;

	memset(options, 0, sizeof(*options));
	options->epoch = PRECISION_AUTO;
	if (epoch.n != 0 && precision_of_epoch(epoch, &options->epoch) != 0)
		return err_set(err, ERR_INVALID, "invalid epoch \"" SLICE_FMT "\"",
		    (int)(epoch.n < 64 ? epoch.n : 64), epoch.p);
	options->pretty = slice_eq(http_param(req, "pretty"), SLICE("true"));
	options->chunked = slice_eq(http_param(req, "chunked"), SLICE("true"));
	options->chunk_size = settings->chunk_size;
	if (slice_to_u64(http_param(req, "chunk_size"), &size) == 0 && size != 0)
		options->chunk_size = size;
	options->hold_bytes = settings->query_max_memory;
	return 0;
}

static bool
is_gone(void *req)
{
	return http_request_gone(req);
}

static void
fill_request(struct http_request *req, const struct settings *settings,
    struct query_request *request)
{
	request->text = http_param(req, "q");
	request->database = http_param(req, "db");
	request->policy = http_param(req, "rp");
	request->params = http_param(req, "params");
	request->read_only = req->method == HTTP_GET;
	request->forbid_change = program_forbids_change(req);
	program_allow_statements(settings, request);
	request->is_gone = is_gone;
	request->is_gone_arg = req;
	request->arena = req->arena;
}

static void
answer(struct http_request *req, struct query *query, struct format_options *options)
{
	struct format_choice choice = format_by_accept(http_env(req, "HTTP_ACCEPT"));
	struct out *out = http_reply_begin(req, 200, choice.content_type);

	options->n_results = query_n_statements(query);
	(void)query_run(query, format_sink(choice.format, req->arena, out, options));
}

/*
 * Under a web server that starts a CGI program for everybody nothing else bounds how many run.
 */
static int
take_turn(const struct settings *settings, struct store *store, struct store_turn *turn,
    struct err *err)
{
	turn->fd = -1;
	if (settings->query_max_running == 0)
		return 0;
	return store_turn_take(store, STORE_TURN_QUERY, settings->query_max_running,
	    (uint64_t)settings->lock_wait / 1000000, turn, err);
}

int
query_v1_handle(struct http_request *req, struct err *err)
{
	const struct settings *settings = &program_of(req)->settings;
	struct query_request request = { 0 };
	struct format_options options;
	struct grants grants;
	struct store_turn turn;
	struct query *query;

	if (program_identify(req, &grants, err) != 0 ||
	    read_options(req, settings, &options, err) != 0)
		return -1;
	fill_request(req, settings, &request);
	request.grants = &grants;
	if (program_store(program_of(req), &request.store, err) != 0 ||
	    query_prepare(&request, &query, err) != 0)
		return -1;
	if (take_turn(settings, request.store, &turn, err) != 0) {
		query_end(query);
		return -1;
	}
	answer(req, query, &options);
	query_end(query);
	store_turn_end(&turn);
	return 0;
}
