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
 *     The endpoint is found from the end of the path, so it may be mounted anywhere. Answers are
 *     JSON, CSV or MessagePack as Accept asks, made while they are sent; a client that leaves ends
 *     the query, and so do query_timeout and the other limits of weir.conf(5).
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
 *     Two processes behind lighttpd, for all that is not /write:
 *
 *         fastcgi.server = ( "/" => ((
 *           "bin-path" => "/usr/libexec/weir/weir-query", "max-procs" => 2,
 *           "socket" => "/run/lighttpd/weir-query", "check-local" => "disable" )) )
 *
 *     A request as CGI, by hand:
 *
 *         env GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET PATH_INFO=/query \
 *           QUERY_STRING="db=mydb&p=$TOKEN&q=SHOW+MEASUREMENTS" /usr/libexec/weir/weir-query
 *
 * SEE ALSO
 *     weir(1), weir.conf(5), weir-write(8)
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
