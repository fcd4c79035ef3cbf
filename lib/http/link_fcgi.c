/*
 * http/link_fcgi.c - requests that come over FastCGI
 *
 * The multi-thread calls of libfcgi are used, by one thread: they keep no state of their own and
 * leave the environment alone. Where the web server keeps the connection for the next request, the
 * body of this one must be out of the way: of a GET its empty end is taken in here, and after a
 * body that nobody wanted to read the connection is closed all the same.
 *
 * Answers leave in records made here, as long as the protocol allows: libfcgi's own hold 8 KB, and
 * each of them wakes the web server.
 */
#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "base/log.h"
#include "http/http_priv.h"

#define RECORD_BYTES	65528		/* of content: the most that needs no padding */
#define PENDING_BYTES	4096		/* heads and other small things wait for what follows */

struct fcgi_link {
	struct http_link link;		/* first: the link is cast back */
	FCGX_Request	 request;
	char		 pending[PENDING_BYTES];
	size_t		 n_pending;
};

static FCGX_Request *
request_of(struct http_link *link)
{
	return &((struct fcgi_link *)link)->request;
}

static const char *
fcgi_env(struct http_link *link, const char *name)
{
	return FCGX_GetParam(name, request_of(link)->envp);
}

static ssize_t
fcgi_read(struct http_link *link, char *p, size_t n)
{
	FCGX_Request *r = request_of(link);
	int got = FCGX_GetStr(p, n < INT_MAX ? (int)n : INT_MAX, r->in);

	if (got <= 0 && FCGX_GetError(r->in) != 0)
		return -1;
	return got;
}

/*
 * All of some pieces, however many calls it takes.
 */
static int
send_all(int fd, struct iovec *pieces, int n)
{
	while (n > 0) {
		ssize_t sent = writev(fd, pieces, n);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		for (; n > 0 && (size_t)sent >= pieces->iov_len; pieces++, n--)
			sent -= (ssize_t)pieces->iov_len;
		if (n > 0) {
			pieces->iov_base = (char *)pieces->iov_base + sent;
			pieces->iov_len -= (size_t)sent;
		}
	}
	return 0;
}

static FCGI_Header
head_of(const struct fcgi_link *l, unsigned char type, size_t content)
{
	return (FCGI_Header){
		.version = FCGI_VERSION_1, .type = type,
		.requestIdB1 = (unsigned char)(l->request.requestId >> 8),
		.requestIdB0 = (unsigned char)l->request.requestId,
		.contentLengthB1 = (unsigned char)(content >> 8),
		.contentLengthB0 = (unsigned char)content, .paddingLength = -content & 7,
	};
}

/*
 * One record of standard output: what is pending, then n bytes, RECORD_BYTES at most together. And
 * with it the end of the request, if this is the last one: a web server that has read a whole answer
 * closes the connection, and more would come too late.
 */
static int
send_record(struct fcgi_link *l, const char *p, size_t n, bool last)
{
	static char zeros[8];
	size_t content = l->n_pending + n;
	FCGI_Header head = head_of(l, FCGI_STDOUT, content);
	struct {
		FCGI_Header	 no_more;
		FCGI_EndRequestRecord request;
	} end = { head_of(l, FCGI_STDOUT, 0), { head_of(l, FCGI_END_REQUEST,
	    sizeof(FCGI_EndRequestBody)), { .protocolStatus = FCGI_REQUEST_COMPLETE } } };
	struct iovec pieces[] = {
		{ &head, content == 0 ? 0 : sizeof(head) }, { l->pending, l->n_pending },
		{ (void *)(uintptr_t)p, n }, { zeros, -content & 7 }, { &end, last ? sizeof(end) : 0 },
	};

	l->n_pending = 0;
	return content == 0 && !last ? 0 : send_all(l->request.ipcFd, pieces, 5);
}

static int
fcgi_write(struct http_link *link, const char *p, size_t n)
{
	struct fcgi_link *l = (struct fcgi_link *)link;

	while (n > PENDING_BYTES - l->n_pending) {
		size_t room = RECORD_BYTES - l->n_pending, part = n < room ? n : room;

		if (send_record(l, p, part, false) != 0)
			return -1;
		p += part;
		n -= part;
	}
	if (n != 0)		/* nothing to say may come without a pointer */
		memcpy(l->pending + l->n_pending, p, n);
	l->n_pending += n;
	return 0;
}

static int
fcgi_flush(struct http_link *link)
{
	return send_record((struct fcgi_link *)link, NULL, 0, false);
}

static void
fcgi_last(struct http_link *link, const char *p, size_t n)
{
	struct fcgi_link *l = (struct fcgi_link *)link;

	l->n_pending = 0;
	send_record(l, p, n, true);
}

/*
 * The request is over; libfcgi, which has nothing of the answer, need not say so again.
 */
static void
end_request(struct fcgi_link *l)
{
	send_record(l, NULL, 0, true);
	l->request.out->wasFCloseCalled = l->request.err->wasFCloseCalled = 1;
}

static bool
fcgi_gone(struct http_link *link)
{
	struct pollfd fd = { .fd = request_of(link)->ipcFd };

	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/*
 * The connection that the web server keeps for the next request, or -1. There is one at a time, and
 * whoever asks http_wanted has no request in hand.
 */
static int kept_fd = -1;

/*
 * comes_within - does the next request, where it has to come from, or a signal come in that time?
 */
static bool
comes_within(unsigned ms)
{
	struct pollfd fd = { .fd = kept_fd != -1 ? kept_fd : FCGI_LISTENSOCK_FILENO, .events = POLLIN };

	return http_signals_pending() || poll(&fd, 1, (int)ms) != 0;
}

/*
 * is_short - of what a machine may have too little for a while; whoever ended for it would only be
 *            started again at once, by all the servers of the machine
 */
#define SHORT_PAUSE_NS 100000000

static bool
is_short(int error)
{
	struct timespec pause = { 0, SHORT_PAUSE_NS };

	if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
		return false;
	log_error("no request can be accepted now: %s", strerror(error));
	nanosleep(&pause, NULL);
	return true;
}

/*
 * accept_next - 1 with a request in hand, 0 when told to stop, -1 when none can be accepted
 */
static int
accept_next(struct http_server *server, FCGX_Request *request, struct err *err)
{
	unsigned wait_ms = server->program.idle != NULL ? server->program.idle_ms : 0;

	for (;;) {
		int rc;

		http_signals_open(request->ipcFd);
		if (wait_ms != 0 && !comes_within(wait_ms)) {
			http_signals_close();
			wait_ms = server->program.idle(server->program.ctx);
			continue;
		}
		rc = http_signals_pending() ? -EINTR : FCGX_Accept_r(request);
		http_signals_close();
		if (rc == 0)
			return 1;	/* even when a signal came meanwhile: it is in hand */
		if (http_signals_pending())
			return 0;
		if (rc != -EINTR && rc != -EAGAIN && rc != -ECONNABORTED && rc != -EPROTO &&
		    !is_short(-rc))
			return err_set(err, ERR_IO, "accept: %s", strerror(-rc));
	}
}

bool
http_is_cgi(void)
{
	return FCGX_IsCGI();
}

bool
http_wanted(void)
{
	return http_stopping() || (!FCGX_IsCGI() && comes_within(0));
}

/*
 * is_all_read - has the whole request been read, so that the next one may follow it?
 */
static bool
is_all_read(struct http_server *server, struct fcgi_link *link)
{
	const char *method = fcgi_env(&link->link, "REQUEST_METHOD");
	char c;

	if (server->inside.body.at_end)
		return true;
	if (!link->request.keepConnection)
		return false;
	if (http_method_from(slice_trim(slice_from(method))) & (HTTP_POST | HTTP_PUT | HTTP_PATCH))
		return false;		/* reading on might wait for a slow client */
	return fcgi_read(&link->link, &c, 1) == 0;
}

static void
serve_one(struct http_server *server, struct fcgi_link *link)
{
	bool all_read;

	link->n_pending = 0;
	http_server_answer(server, &link->link);
	end_request(link);
	all_read = is_all_read(server, link);
	FCGX_Finish_r(&link->request);
	if (!all_read && link->request.ipcFd != -1)
		FCGX_Free(&link->request, 1);
	kept_fd = link->request.ipcFd;
	if (server->program.after_reply != NULL)
		server->program.after_reply(server->program.ctx);
}

int
http_link_fcgi_serve(struct http_server *server, struct err *err)
{
	struct fcgi_link link = {
		.link = { fcgi_env, fcgi_read, fcgi_write, fcgi_flush, fcgi_gone, false, fcgi_last },
	};
	int rc;

	if (FCGX_InitRequest(&link.request, 0, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return err_set(err, ERR_IO, "libfcgi cannot be set up");
	while ((rc = accept_next(server, &link.request, err)) == 1)
		serve_one(server, &link);
	FCGX_Free(&link.request, 1);
	return rc;
}
