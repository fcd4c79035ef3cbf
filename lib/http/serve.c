/*
 * http/serve.c - the request loop: what happens to every request, in this order
 *
 * OPTIONS is answered before anything else, on every path. Then path (404), method (405),
 * credential (401), form (400, 413), and the program's handler.
 */
#include <fcgiapp.h>

#include "base/log.h"
#include "base/memory.h"
#include "http/http_priv.h"

#define ARENA_BLOCK_BYTES	(16u << 10)
#define SPOOL_BYTES_MAX		(64u << 20)

static void
fill_in_limits(struct http_program *p)
{
	if (p->sent_bytes == 0)
		p->sent_bytes = 50 * 1000 * 1000;
	if (p->inflated_bytes == 0)
		p->inflated_bytes = 250 * 1000 * 1000;
	if (p->spool_bytes == 0)
		p->spool_bytes = 1 << 20;
	if (p->spool_bytes > SPOOL_BYTES_MAX)
		p->spool_bytes = SPOOL_BYTES_MAX;
	if (p->spool_dir == NULL)
		p->spool_dir = "/tmp";
	if (p->too_large == NULL)
		p->too_large = "request body is too large";
}

void
http_server_open(struct http_server *server, const struct http_program *program)
{
	*server = (struct http_server){ .program = *program };
	fill_in_limits(&server->program);
	server->arena = arena_new(ARENA_BLOCK_BYTES);
	server->inside.body.spool_fd = -1;
}

void
http_server_close(struct http_server *server)
{
	http_body_free(&server->inside.body);
	http_reply_free(&server->inside.reply);
	arena_free(server->arena);
}

/*
 * check_credential - find it, in the form too where there is one
 */
static int
check_credential(struct http_request *req, struct err *err)
{
	int rc = 0;

	if ((req->route->flags & HTTP_FORM) != 0)
		rc = http_form_read(req, err);
	http_credentials_find(req);
	if ((req->route->flags & HTTP_CREDENTIAL) != 0 && !req->credential.present)
		return err_set(err, ERR_UNAUTHORIZED, "unauthorized access");
	return rc;
}

static int
refuse_method(struct http_request *req, unsigned allow, struct err *err)
{
	struct slice list = http_route_allow(req->arena, allow);

	http_reply_header(req, "Allow", list);
	return err_set(err, ERR_METHOD, "allow: " SLICE_FMT, SLICE_ARG(list));
}

static int
handle(struct http_request *req, struct err *err)
{
	unsigned allow;
	enum err_code code = http_route_find(req, &allow);

	if (code == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, "path not found");
	if (code == ERR_METHOD)
		return refuse_method(req, allow, err);
	http_request_limits(req);
	if (check_credential(req, err) != 0 || req->route->handle(req, err) != 0)
		return -1;
	if (!req->inside->reply.begun) {
		log_error("no answer was made for " SLICE_FMT, SLICE_ARG(req->path));
		return err_set(err, ERR_INTERNAL, "no answer was made");
	}
	return 0;
}

void
http_server_answer(struct http_server *server, struct http_link *link)
{
	struct http_request req;
	struct err err = { ERR_INTERNAL, "" };

	if (server->program.before != NULL)
		server->program.before(server->program.ctx);
	http_request_open(&req, server, link);
	memory_last_words(http_reply_last_words, &req);
	if (req.method == HTTP_OPTIONS)
		http_reply_options(&req);
	else if (handle(&req, &err) != 0)
		http_reply_error(&req, &err);
	http_reply_end(&req);
	memory_last_words(NULL, NULL);
	http_body_end(&server->inside.body);
	http_reply_close(&server->inside.reply);
	arena_reset(server->arena);
}

int
http_serve(const struct http_program *program, struct err *err)
{
	struct http_server server;
	int rc;

	if (FCGX_Init() != 0)
		return err_set(err, ERR_IO, "libfcgi cannot be set up");
	http_signals_begin();	/* after libfcgi, which brings handlers of its own */
	http_server_open(&server, program);
	if (FCGX_IsCGI())
		rc = http_link_cgi_serve(&server, err);
	else
		rc = http_link_fcgi_serve(&server, err);
	http_server_close(&server);
	return rc;
}
