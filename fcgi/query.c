/*
 * fcgi/query.c - weir-query: InfluxQL in, rows out
 *
 * NAME
 *     weir-query - answer InfluxQL over HTTP, as FastCGI or CGI
 *
 * SYNOPSIS
 *     weir-query
 *
 * DESCRIPTION
 *     Started by a web server. Answers
 *
 *         GET, POST  /query           InfluxQL, as InfluxDB 1.x (query_v1.c)
 *         GET, POST  /?q=...          the same
 *         GET, POST  /api/v2/query    501: Flux is not spoken here
 *         GET, HEAD  /ping            204
 *         GET        /health          200, or 503 when the store cannot be opened
 *
 *     The endpoint is found from the end of the path, so it may be mounted anywhere. Settings come
 *     from weir.conf and WEIR_NAME in the environment; `weir settings` lists them.
 *
 * EXIT STATUS
 *     0 when told to stop (SIGTERM, SIGUSR1) or, as CGI, when the request is answered; 1 when no
 *     request can be accepted.
 */
#include "program/program.h"
#include "query_v1.h"

#define BODY_BYTES (4 << 20)	/* of a form: the text in it has a limit of its own */

/*
 * /api/v2/query speaks Flux in InfluxDB 2. 404 would make clients try again for ever.
 */
static int
handle_flux(struct http_request *req, struct err *err)
{
	struct grants grants;

	if (program_identify(req, &grants, err) != 0)
		return -1;
	return err_set(err, ERR_NOT_IMPLEMENTED,
	    "/api/v2/query is not supported; send InfluxQL to /query");
}

/*
 * The root is /query for those who leave the path out, and nothing for all others.
 */
static int
handle_root(struct http_request *req, struct err *err)
{
	if (http_param(req, "q").n == 0)
		return err_set(err, ERR_NOT_FOUND, "path not found");
	return query_v1_handle(req, err);
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_POST, "/query", query_v1_handle,
	    HTTP_V1 | HTTP_CREDENTIAL | HTTP_FORM | HTTP_GZIP, BODY_BYTES, BODY_BYTES },
	{ HTTP_GET | HTTP_POST, "/", handle_root,
	    HTTP_V1 | HTTP_FORM | HTTP_GZIP, BODY_BYTES, BODY_BYTES },
	{ HTTP_GET | HTTP_POST, "/api/v2/query", handle_flux, HTTP_CREDENTIAL, 0, 0 },
	PROGRAM_HEALTH_ROUTES
};

int
main(int argc, char **argv)
{
	struct program program;

	program_begin(&program, "weir-query", argc > 0 ? argv[0] : "");
	return program_serve(&program, routes, sizeof(routes) / sizeof(routes[0]));
}
