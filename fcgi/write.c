/*
 * fcgi/write.c - weir-write: line protocol in
 *
 * NAME
 *     weir-write - take line protocol over HTTP, as FastCGI or CGI
 *
 * SYNOPSIS
 *     weir-write
 *
 * DESCRIPTION
 *     Started by a web server. Answers
 *
 *         POST       /write           db and rp, as InfluxDB 1.x (write_v1.c)
 *         POST       /api/v2/write    bucket, as InfluxDB 2 (write_v2.c)
 *         GET, HEAD  /ping            204
 *         GET        /health          200, or 503 when the store cannot be opened
 *
 *     The endpoint is found from the end of the path, so it may be mounted anywhere. 204 means that
 *     every point is on disk. Lines that cannot be stored are named in a 400, and all others are
 *     stored. 503 comes with Retry-After: the disk is full, or the store is busy.
 *
 *     Whether it is FastCGI is told by standard input: a socket that listens. Then it answers one
 *     request after the other; a web server starts as many processes as are to work at a time.
 *
 * EXIT STATUS
 *     0    told to stop (SIGTERM, SIGUSR1) or, as CGI, the request is answered
 *     1    no request can be accepted
 *
 * SIGNALS
 *     SIGTERM, SIGUSR1 and SIGXCPU end the program after the request in hand. SIGKILL loses nothing that was
 *     acknowledged; the next process puts the store in order.
 *
 * ENVIRONMENT
 *     WEIR_HOME    the store's directory; without it `home` in a weir.conf beside the program, else
 *                  /var/lib/weir
 *     WEIR_NAME    the setting of that name, in capitals here; it goes before every weir.conf
 *
 *     As CGI also REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, REQUEST_URI, QUERY_STRING,
 *     CONTENT_LENGTH and HTTP_ variables, as RFC 3875 has them; HTTP_AUTHORIZATION must be among
 *     them, or REDIRECT_HTTP_AUTHORIZATION.
 *
 * FILES
 *     HOME/weir.conf    settings of this store
 *     weir.conf         beside the program: settings that go before those
 *
 *     Settings are read when the program starts.
 *
 * EXAMPLES
 *     Two processes behind lighttpd:
 *
 *         fastcgi.server = ( "/write" => ((
 *           "bin-path" => "/usr/libexec/weir/weir-write", "max-procs" => 2,
 *           "socket" => "/run/lighttpd/weir-write", "check-local" => "disable" )) )
 *
 *     A request as CGI, by hand:
 *
 *         echo 'home,room=attic temp=30' | env GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST \
 *           PATH_INFO=/write QUERY_STRING="db=mydb&p=$TOKEN" CONTENT_LENGTH=24 \
 *           /usr/libexec/weir/weir-write
 *
 * SEE ALSO
 *     weir(1), weir.conf(5), weir-query(8)
 */
#include "program/program.h"
#include "write_paths.h"

/*
 * write_program - the program and what it keeps between requests
 */
struct write_program {
	struct program	 program;	/* first: program_of returns it */
	struct write_memory *memory;
};

int
write_precision(struct http_request *req, const char *names, enum precision *precision,
    struct err *err)
{
	struct slice word = http_param(req, "precision");
	bool u_is_us = program_of(req)->settings.precision_u_is_us;

	if (precision_of_write(word, u_is_us, precision) == 0)
		return 0;
	return err_set(err, ERR_INVALID, "failed to deserialize %s in request: unknown variant "
	    "`%.*s`, expected one of `s`, `ms`, `us`, `ns`", names,
	    (int)(word.n < 64 ? word.n : 64), word.p);
}

static int
next_piece(void *req, struct slice *piece, struct err *err)
{
	return http_body_window(req, piece, err);
}

int
write_answer(struct http_request *req, struct write_request *request, const struct grants *grants,
    struct err *err)
{
	struct write_program *self = (struct write_program *)program_of(req);
	const struct settings *settings = &self->program.settings;
	struct write_report report;

	if (self->memory == NULL)
		self->memory = write_memory_new(settings->memo_size);
	request->memory = self->memory;
	request->arena = req->arena;
	request->grants = grants;
	request->retention_ns = settings->auto_bucket_retention;
	request->max_columns = settings->max_columns < UINT32_MAX ?
	    (uint32_t)settings->max_columns : UINT32_MAX;
	request->next = next_piece;
	request->from = req;
	if (program_store(&self->program, &request->store, err) != 0 ||
	    write_points(request, &report, err) != 0)
		return -1;
	if (report.code == ERR_NONE)
		http_reply_empty(req, 204);
	else
		http_reply_error_text(req, report.code, report.text, report.line);
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_POST, "/write", write_v1_handle, HTTP_V1 | HTTP_CREDENTIAL, 0, 0 },
	{ HTTP_POST, "/api/v2/write", write_v2_handle, HTTP_CREDENTIAL, 0, 0 },
	PROGRAM_HEALTH_ROUTES
};

int
main(int argc, char **argv)
{
	struct write_program self = { .memory = NULL };
	int status;

	program_begin(&self.program, "weir-write", argc > 0 ? argv[0] : "");
	self.program.too_large = "cannot read data: points in batch is too large";
	status = program_serve(&self.program, routes, sizeof(routes) / sizeof(routes[0]));
	write_memory_free(self.memory);
	return status;
}
