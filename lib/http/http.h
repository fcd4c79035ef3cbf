/*
 * http/http.h - one request loop for FastCGI and CGI; knows nothing of time series
 *
 * A program fills in a table of routes and calls http_serve. For each request the loop finds the
 * route from the end of the path, answers what needs no program (unknown paths, wrong methods,
 * OPTIONS, missing credentials), reads a form where the route has one, and calls the handler. The
 * handler answers by one of the http_reply_* functions, or returns -1 with *err filled, which the
 * loop turns into an error answer in the shape of that path. Everything a request needs lives in
 * its arena, which is emptied after the reply.
 *
 *     static int
 *     handle_ping(struct http_request *req, struct err *err)
 *     {
 *             (void)err;
 *             http_reply_empty(req, 204);
 *             return 0;
 *     }
 *
 *     static const struct http_route routes[] = {
 *             { HTTP_GET | HTTP_HEAD, "/ping", handle_ping, 0, 0, 0 },
 *             { HTTP_POST, "/write", handle_write, HTTP_V1 | HTTP_CREDENTIAL, 0, 0 },
 *             { HTTP_GET | HTTP_POST, "/query", handle_query,
 *                 HTTP_V1 | HTTP_CREDENTIAL | HTTP_FORM | HTTP_GZIP, 16 << 20, 16 << 20 },
 *     };
 */
#ifndef WEIR_HTTP_HTTP_H
#define WEIR_HTTP_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/out.h"
#include "base/slice.h"

enum http_method {		/* or-ed in a route's mask */
	HTTP_GET = 1,
	HTTP_HEAD = 2,
	HTTP_POST = 4,
	HTTP_PUT = 8,
	HTTP_PATCH = 16,
	HTTP_DELETE = 32,
	HTTP_OPTIONS = 64,	/* answered by the loop, on every path */
	HTTP_OTHER = 128,
};

enum http_route_flag {
	HTTP_V1 = 1,		/* errors carry "error" too; `p` and `Token user:T` count; 401 asks
				   for Basic, else for Bearer */
	HTTP_CREDENTIAL = 2,	/* 401 unless a credential was sent; whether it is good, auth says */
	HTTP_FORM = 4,		/* a POST's form, multipart or query-text body is read before the
				   handler runs and its values beat those of the URL */
	HTTP_GZIP = 8,		/* 200 answers are compressed for those who ask */
};

struct http_request;

struct http_route {
	unsigned	 methods;	/* of enum http_method; a path may have several rows */
	const char	*path;		/* end of a path: "/api/v2/write"; "/" is the root. A last
					   segment of "*" is any one, found in req->segment */
	int		(*handle)(struct http_request *req, struct err *err);
	unsigned	 flags;		/* of enum http_route_flag */
	uint64_t	 sent_bytes;	/* limits of the body; 0 = those of the program */
	uint64_t	 inflated_bytes;
};

struct http_program {
	const char	*name;		/* "weir-write": its own name in a path is the root */
	const struct http_route *routes;
	size_t		 n_routes;

	/* hooks, each may be NULL */
	void		(*before)(void *ctx);		/* a request has come */
	void		(*after_reply)(void *ctx);	/* its answer is out and the client is let go:
							   the time for work of one's own */
	unsigned	(*idle)(void *ctx);		/* FastCGI: no request for idle_ms. Returns after
							   how many ms more it wants to be called again
							   if none comes; 0: not until the next one */
	unsigned	 idle_ms;
	void		*ctx;

	/* limits; 0 or NULL is the default in brackets */
	uint64_t	 sent_bytes;		/* a body as it is sent [50 MB] */
	uint64_t	 inflated_bytes;	/* and after gunzip [250 MB] */
	size_t		 spool_bytes;		/* of a body kept in memory [1 MiB]; what is longer goes */
	const char	*spool_dir;		/* to an unnamed file in this folder ["/tmp"] */
	const char	*too_large;		/* message of a 413 ["request body is too large"] */
	bool		 plain;			/* never compress: the web server does */
};

struct http_credential {	/* as sent, not yet judged */
	bool		 present;	/* a secret was found */
	bool		 ambient;	/* by the Basic scheme: a browser may have sent it unasked */
	struct slice	 user;		/* often empty; mostly ignored */
	struct slice	 secret;	/* token or password; never empty when present */
};

struct http_request {
	struct arena	*arena;		/* emptied after the reply */
	void		*ctx;		/* of the program */
	const struct http_program *program;
	const struct http_route *route;
	enum http_method method;
	struct slice	 path;		/* as the server gave it, no slash at the end */
	struct slice	 segment;	/* what the "*" of the route stands for */
	struct slice	 id;		/* the request's id, as echoed */
	struct http_credential credential;
	struct http_inside *inside;	/* of lib/http alone */
};

/*
 * http_serve - answer requests until told to stop: one as CGI, as FastCGI until SIGTERM or SIGUSR1
 *   returns  0 when all is done; -1 with ERR_IO when no request can be accepted
 *
 * Both signals are blocked while a request is in hand, so it is finished first, and SIGPIPE is
 * ignored. http_stopping tells work between requests that such a signal has come.
 */
int	 http_serve(const struct http_program *program, struct err *err);
bool	 http_stopping(void);

/*
 * http_wanted - should work between requests make way: is a connection waiting on the FastCGI
 *     socket, or has a signal come? As CGI nobody waits: false
 */
bool	 http_wanted(void);
bool	 http_is_cgi(void);		/* one request and then the end? */

/*
 * http_param - the decoded value of a parameter, empty when absent: both mean the same
 * http_param_raw - is it there at all, and with which value?
 *
 * A multipart field comes before a urlencoded body and that before the URL. On a repeated name the
 * first counts. Values are borrowed from the request and NUL-terminated one byte past their end.
 */
struct slice	 http_param(struct http_request *req, const char *name);
bool		 http_param_raw(struct http_request *req, const char *name, struct slice *value);

/*
 * http_form_read - take in the body of a POST as parameters; a second call does nothing
 *
 * multipart/form-data: fields and file parts; urlencoded: pairs; application/vnd.influxql or no
 * type: the whole is `q`, unless the URL has one; other types: ignored. Routes with HTTP_FORM have
 * it done before their handler runs, within the body limits of the route.
 *   errs   those of http_body_read; ERR_INVALID for a multipart body that is none
 */
int	 http_form_read(struct http_request *req, struct err *err);

/*
 * http_env - a variable of the request ("HTTP_ACCEPT", "CONTENT_TYPE"), empty when unset; a name
 *            that was given twice has its first value
 */
struct slice	 http_env(struct http_request *req, const char *name);

/*
 * http_choose_type - which of our types does the request's Accept header name first?
 *   in     types    n media types, best first; as Accept of "text/csv" is asked for by "text/csv"
 *   returns         its index; 0 for wildcards and when none of ours is named
 */
size_t	 http_choose_type(struct http_request *req, const char *const *types, size_t n);

/*
 * http_body_read - take in the whole body and check it, before anything of it is used
 *
 * It is read to its end whatever CONTENT_LENGTH says. A gzip body (any number of members) is
 * inflated once to see that every byte and checksum is right and the size within its limit. Done
 * by the first http_body_window or http_body_whole when not before.
 *   errs   ERR_TOO_LARGE    a limit of the route is passed, as sent or inflated
 *          ERR_INVALID      unknown Content-Encoding, broken gzip stream
 *          ERR_GONE         it ended before CONTENT_LENGTH, or the connection broke
 *          ERR_UNAVAILABLE  the spool file cannot be written
 */
int	 http_body_read(struct http_request *req, struct err *err);

/*
 * http_body_window - the next piece of the decoded body, in order
 *   out    *piece   empty at the end; a small body is one piece, others come in pieces of about a
 *                   MiB, cut anywhere. BUF_SLACK bytes after it may be read. Good until the next
 *                   call.
 *   errs   those of http_body_read; ERR_IO  the spool file cannot be read back
 * http_body_whole - all of it at once, in memory of the request: for small things such as JSON
 *   in     max      ERR_TOO_LARGE when it is longer
 */
int	 http_body_window(struct http_request *req, struct slice *piece, struct err *err);
int	 http_body_whole(struct http_request *req, size_t max, struct slice *body, struct err *err);

/*
 * http_reply_header - one more header line, before the answer begins; control bytes become spaces
 * http_reply_empty - no body (204)
 * http_reply_bytes - a body that is there in full
 * http_reply_error - an error body, http-api 4.2; err->code gives status and "code". The text of a
 *                    401 is always the same. Returning -1 from a handler does this.
 * http_reply_error_line - the same with "line":N, the first bad line of the body
 * http_reply_error_text - the same with a text that is longer than a struct err can hold
 */
void	 http_reply_header(struct http_request *req, const char *name, struct slice value);
void	 http_reply_empty(struct http_request *req, int status);
void	 http_reply_bytes(struct http_request *req, int status, const char *content_type,
	     struct slice body);
void	 http_reply_error(struct http_request *req, const struct err *err);
void	 http_reply_error_line(struct http_request *req, const struct err *err, uint64_t line);
void	 http_reply_error_text(struct http_request *req, enum err_code code, struct slice text,
	     uint64_t line);

/*
 * http_reply_begin - begin a streamed answer; the loop ends it when the handler has returned
 *   returns         where to write. out_flush sends what is there at once (after each document of
 *                   a chunked answer); an answer that was never flushed gets a Content-Length. Once
 *                   nobody listens, failed is set.
 *
 * As long as nothing was flushed, returning -1 drops what was written and answers with the error.
 * After that an error can only cut the answer short.
 */
struct out	*http_reply_begin(struct http_request *req, int status, const char *content_type);

/*
 * http_request_gone - has the client left, as far as the web server lets us know? For long work
 *                     that has nothing to write yet.
 */
bool	 http_request_gone(struct http_request *req);

#endif
