/*
 * http/request.c - what is known of a request before anybody works on it
 */
#include <sys/random.h>

#include "base/clock.h"
#include "base/hash.h"
#include "http/http_priv.h"

#define ID_MAX 128		/* of a client's id that is echoed */

struct slice
http_env(struct http_request *req, const char *name)
{
	const char *value = req->inside->link->env(req->inside->link, name);

	return value != NULL ? slice_from(value) : SLICE("");
}

/*
 * random_id - 122 random bits, laid out as a version 4 UUID (RFC 9562, 5.4)
 */
static struct slice
random_id(struct arena *arena)
{
	uint64_t bits[2];

	if (getrandom(bits, sizeof(bits), GRND_NONBLOCK) != (ssize_t)sizeof(bits)) {
		bits[0] = (uint64_t)clock_now_ns();
		bits[1] = hash_bytes(&bits[0], sizeof(bits[0]), hash_seed());
	}
	bits[0] = (bits[0] & ~UINT64_C(0xf000)) | 0x4000;
	bits[1] = (bits[1] & ~(UINT64_C(3) << 62)) | UINT64_C(2) << 62;
	return arena_printf(arena, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(bits[0] >> 32),
	    (unsigned)(bits[0] >> 16 & 0xffff), (unsigned)(bits[0] & 0xffff),
	    (unsigned)(bits[1] >> 48), (unsigned long long)(bits[1] & 0xffffffffffffULL));
}

/*
 * clean_id - what of a client's id may stand in a header line
 */
static struct slice
clean_id(struct arena *arena, struct slice sent)
{
	size_t n = 0, max = sent.n < ID_MAX ? sent.n : ID_MAX;
	char *p = arena_alloc(arena, max + 1);

	for (size_t i = 0; i < sent.n && n < max; i++)
		if (sent.p[i] > ' ' && sent.p[i] < 0x7f)
			p[n++] = sent.p[i];
	p[n] = '\0';
	return slice_make(p, n);
}

static struct slice
request_id(struct http_request *req)
{
	struct slice id = clean_id(req->arena, http_env(req, "HTTP_X_REQUEST_ID"));

	if (id.n == 0)
		id = clean_id(req->arena, http_env(req, "HTTP_REQUEST_ID"));
	return id.n != 0 ? id : random_id(req->arena);
}

void
http_request_open(struct http_request *req, struct http_server *server, struct http_link *link)
{
	struct http_inside *inside = &server->inside;

	*req = (struct http_request){
		.arena = server->arena,
		.ctx = server->program.ctx,
		.program = &server->program,
		.segment = SLICE(""),
		.inside = inside,
	};
	inside->link = link;
	memset(inside->params, 0, sizeof(inside->params));
	inside->form_read = false;
	inside->form_trouble.code = ERR_NONE;
	http_body_begin(&inside->body);
	inside->body.sent_max = server->program.sent_bytes;
	inside->body.inflated_max = server->program.inflated_bytes;
	req->id = request_id(req);
	req->method = http_method_from(slice_trim(http_env(req, "REQUEST_METHOD")));
	http_params_parse(&inside->params[HTTP_FROM_URL], req->arena, http_env(req, "QUERY_STRING"));
	http_reply_open(req);
}

void
http_request_limits(struct http_request *req)
{
	struct http_body *body = &req->inside->body;

	if (req->route->sent_bytes != 0)
		body->sent_max = req->route->sent_bytes;
	if (req->route->inflated_bytes != 0)
		body->inflated_max = req->route->inflated_bytes;
}

bool
http_request_gone(struct http_request *req)
{
	return req->inside->reply.out.failed || req->inside->link->gone(req->inside->link);
}
