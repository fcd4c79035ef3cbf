/*
 * http/http_priv.h - what the files of this room share
 *
 * A request comes over a link, which is FastCGI, CGI or, in tests, plain memory. The buffers of
 * body and reply stay with the server from one request to the next.
 */
#ifndef WEIR_HTTP_PRIV_H
#define WEIR_HTTP_PRIV_H

#include <sys/types.h>

#include <zlib.h>

#include "base/buf.h"
#include "http/http.h"

/* ---- link_fcgi.c, link_cgi.c: the connection to the web server ---- */

struct http_link {
	const char	*(*env)(struct http_link *link, const char *name);	/* or NULL */
	ssize_t		(*read)(struct http_link *link, char *p, size_t n);	/* 0 end, -1 broken */
	int		(*write)(struct http_link *link, const char *p, size_t n);
	int		(*flush)(struct http_link *link);
	bool		(*gone)(struct http_link *link);
	bool		 body_first;	/* no answer gets through before the body is taken in */
	void		(*last)(struct http_link *link, const char *p, size_t n);	/* a whole answer,
					   without memory of its own; or NULL */
};

/*
 * http_link_*_serve - open the link, hand every request to `answer`, run the hook after each
 */
struct http_server;
int	 http_link_fcgi_serve(struct http_server *server, struct err *err);
int	 http_link_cgi_serve(struct http_server *server, struct err *err);

/* ---- signals.c ---- */

void	 http_signals_begin(void);	/* SIGTERM and SIGUSR1 blocked, SIGPIPE ignored */
void	 http_signals_open(int connection);	/* they end an accept, or a read of `connection` */
void	 http_signals_close(void);
bool	 http_signals_pending(void);

/* ---- params.c ---- */

#define HTTP_PARAMS_MAX 256		/* of one source; what comes after is not looked at */

struct http_pair {
	struct slice	 name;
	struct slice	 value;
};

struct http_params {
	struct http_pair *list;
	size_t		 n, cap;
};

enum http_params_source {		/* the first beats the others */
	HTTP_FROM_PARTS,
	HTTP_FROM_FORM,
	HTTP_FROM_URL,
	HTTP_N_SOURCES,
};

void	 http_params_add(struct http_params *params, struct arena *arena, struct slice name,
	     struct slice value);
void	 http_params_parse(struct http_params *params, struct arena *arena, struct slice text);
bool	 http_params_find(const struct http_params *params, const char *name, struct slice *value);

/* ---- multipart.c ---- */

int	 http_multipart_parse(struct http_params *params, struct arena *arena,
	     struct slice content_type, struct slice body, struct err *err);

/*
 * http_header_attribute - an attribute of a header value, such as `boundary` of
 *                         `multipart/form-data; boundary="x"`
 */
bool	 http_header_attribute(struct arena *arena, struct slice header, const char *name,
	     struct slice *value);

/* ---- negotiate.c ---- */

struct slice	 http_media_type(struct slice header);	/* without attributes and blanks */
size_t		 http_negotiate_type(struct slice accept, const char *const *types, size_t n);
bool		 http_negotiate_gzip(struct slice accept_encoding);

/* ---- credentials.c ---- */

/*
 * http_credentials_parse - what an Authorization header says
 *   in     with_user  `Token user:secret` is split, as the v1 paths want it
 */
void	 http_credentials_parse(struct http_credential *c, struct arena *arena,
	     struct slice header, bool with_user);
void	 http_credentials_find(struct http_request *req);

/* ---- route.c ---- */

enum http_method	 http_method_from(struct slice name);

/*
 * http_route_find - the route of a request
 *   returns  0 found; ERR_NOT_FOUND; ERR_METHOD: the path is known, and *allow lists its methods
 *   out      req->route also when the method is wrong: the shape of errors depends on it
 */
enum err_code	 http_route_find(struct http_request *req, unsigned *allow);
struct slice	 http_route_allow(struct arena *arena, unsigned methods);

/* ---- gunzip.c, inflate_zlib.c or inflate_deflate.c ---- */

#define HTTP_PIECE_BYTES	(1u << 20)	/* of a body that is not handed out whole */
#define HTTP_WHOLE_BYTES	(8u << 20)	/* a gzip body up to this is inflated in one go */
#define HTTP_CHUNK_BYTES	(64u << 10)	/* read from the spool file at a time */

/*
 * http_inflate_whole - inflate a gzip body in memory, all members
 *   in     hint     room to begin with: as much as it will probably need, at most max
 *   out    *out     replaced
 *   returns         false when it does not fit into `max` or anything is wrong with it: then
 *                   http_gunzip_read finds out what
 */
bool	 http_inflate_whole(struct slice in, size_t hint, size_t max, struct buf *out);

struct http_body;

struct http_gunzip {
	z_stream	 z;
	bool		 open;
	bool		 between;	/* a member has ended, another may follow */
	bool		 done;
};

void	 http_gunzip_begin(struct http_gunzip *g);
void	 http_gunzip_end(struct http_gunzip *g);

/*
 * http_gunzip_read - the next n bytes; fewer only at the end
 */
int	 http_gunzip_read(struct http_gunzip *g, struct http_body *body, char *p, size_t n,
	     size_t *got, struct err *err);

/* ---- body.c, spool.c ---- */

struct http_body {
	bool		 read;		/* taken in and checked, or that has failed */
	bool		 at_end;	/* nothing of it is left in the link */
	struct err	 trouble;	/* code ERR_NONE when all is well */
	uint64_t	 sent_max;
	uint64_t	 inflated_max;

	struct buf	 sent;		/* as sent, when spool_fd is -1 */
	int		 spool_fd;
	uint64_t	 n_sent;
	uint64_t	 raw_at;	/* how far http_body_raw has come */
	struct buf	 chunk;		/* piece of the spool file */

	bool		 gzip;
	uint64_t	 n_plain;	/* decoded size, known once it is read */
	struct buf	 plain;		/* the whole of it, or the window */
	bool		 whole;
	uint64_t	 plain_at;	/* bytes handed out */
	struct http_gunzip gunzip;
};

/*
 * http_body_discard - take in what was not read of the body, for nothing
 */
void	 http_body_begin(struct http_body *body);
void	 http_body_discard(struct http_request *req);
void	 http_body_end(struct http_body *body);		/* keeps modest buffers for the next one */
void	 http_body_free(struct http_body *body);

/*
 * http_body_raw - the next bytes as they were sent, empty at the end
 * http_body_rewind - from the start again
 */
int	 http_body_raw(struct http_body *body, struct slice *piece, struct err *err);
void	 http_body_rewind(struct http_body *body);

int	 http_spool_open(const char *dir, struct err *err);
int	 http_spool_append(int fd, const char *p, size_t n, struct err *err);
int	 http_spool_read(int fd, uint64_t at, char *p, size_t n, struct err *err);

/* ---- reply.c, headers.c, reply_error.c ---- */

struct http_reply {
	bool		 begun;
	bool		 head_sent;
	bool		 cut;		/* an error came after the head */
	int		 status;
	const char	*content_type;	/* NULL: no body */
	struct buf	 extra;		/* header lines of http_reply_header */
	struct out	 out;
	bool		 vary;		/* might have been compressed */
	bool		 gzip;
	bool		 deflating;
	z_stream	 z;
	struct buf	 packed;
};

void	 http_reply_open(struct http_request *req);
void	 http_reply_end(struct http_request *req);	/* writes what is left; the link flushes at its end */
void	 http_reply_close(struct http_reply *reply);	/* keeps modest buffers for the next one */
void	 http_reply_free(struct http_reply *reply);
void	 http_reply_options(struct http_request *req);
void	 http_reply_drop(struct http_request *req);	/* forget what was not sent yet */
void	 http_reply_last_words(void *req);	/* memory has run out, and the program ends */

/*
 * http_headers_put - the whole head, from the status to the empty line
 *   in     length   of the body that follows, or -1: unknown
 */
void	 http_headers_put(struct http_request *req, int64_t length, struct buf *out);
void	 http_headers_line(struct buf *out, const char *name, struct slice value);

/* ---- request.c, serve.c ---- */

struct http_inside {
	struct http_link *link;
	struct http_params params[HTTP_N_SOURCES];
	bool		 form_read;
	struct err	 form_trouble;
	struct http_body body;
	struct http_reply reply;
};

struct http_server {
	struct http_program program;	/* with the defaults filled in */
	struct arena	*arena;
	struct http_inside inside;
};

void	 http_server_open(struct http_server *server, const struct http_program *program);
void	 http_server_close(struct http_server *server);

/*
 * http_server_answer - one request, from its first variable to the last byte of the answer
 */
void	 http_server_answer(struct http_server *server, struct http_link *link);

void	 http_request_open(struct http_request *req, struct http_server *server,
	     struct http_link *link);
void	 http_request_limits(struct http_request *req);	/* those of the route found */

#endif
