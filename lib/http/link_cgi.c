/*
 * http/link_cgi.c - the one request of a CGI program (RFC 3875)
 *
 * The body is read to the end of standard input, or, where that is a socket, up to CONTENT_LENGTH
 * if there is one, since a server need not close a socket behind the body. A body of unknown
 * length that ends while SIGTERM is pending was cut by the web server: its client has left. Apache's
 * mod_cgid gives one socket for both directions: closing it with some of the body unread would take
 * the answer along, so there the body comes first.
 *
 * Once the answer is written, standard output is closed, and standard error too when it is a pipe
 * that the web server may be reading to its end. Whatever the program does after that keeps nobody
 * waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "http/http_priv.h"

extern char **environ;

struct cgi_link {
	struct http_link link;		/* first: the link is cast back */
	bool		 bounded;	/* `left` is all that may be read */
	bool		 unknown;	/* no CONTENT_LENGTH */
	uint64_t	 left;
	struct buf	 out;
};

static const char *
cgi_env(struct http_link *link, const char *name)
{
	(void)link;
	return FCGX_GetParam(name, environ);
}

static void
open_body(struct cgi_link *cgi)
{
	const char *length = cgi_env(&cgi->link, "CONTENT_LENGTH");
	struct stat st;

	cgi->link.body_first = fstat(STDIN_FILENO, &st) == 0 && S_ISSOCK(st.st_mode);
	if (slice_to_u64(slice_trim(slice_from(length)), &cgi->left) != 0)
		cgi->unknown = true;
	else
		cgi->bounded = cgi->link.body_first;
}

static ssize_t
cgi_read(struct http_link *link, char *p, size_t n)
{
	struct cgi_link *cgi = (struct cgi_link *)link;
	ssize_t got;

	if (cgi->bounded && n > cgi->left)
		n = (size_t)cgi->left;
	if (n == 0)
		return 0;
	do
		got = read(STDIN_FILENO, p, n);
	while (got == -1 && errno == EINTR);
	if (got > 0 && cgi->bounded)
		cgi->left -= (uint64_t)got;
	if (got == 0 && cgi->unknown && http_signals_pending())
		return -1;
	return got;
}

static int
write_all(const char *p, size_t n)
{
	while (n != 0) {
		ssize_t put = write(STDOUT_FILENO, p, n);

		if (put == -1 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

static int
cgi_flush(struct http_link *link)
{
	struct cgi_link *cgi = (struct cgi_link *)link;
	int rc = write_all(cgi->out.p, cgi->out.n);

	buf_reset(&cgi->out);
	return rc;
}

static int
cgi_write(struct http_link *link, const char *p, size_t n)
{
	struct cgi_link *cgi = (struct cgi_link *)link;

	if (cgi->out.n + n > OUT_PIECE_BYTES && cgi_flush(link) != 0)
		return -1;
	if (n > OUT_PIECE_BYTES)
		return write_all(p, n);
	buf_put(&cgi->out, p, n);
	return 0;
}

static void
cgi_last(struct http_link *link, const char *p, size_t n)
{
	(void)link;
	(void)write_all(p, n);
}

static bool
cgi_gone(struct http_link *link)
{
	struct pollfd fd = { .fd = STDOUT_FILENO };

	(void)link;
	return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/*
 * let_go - leave the web server nothing to wait for
 */
static void
let_go(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st;

	if (null == -1) {
		close(STDOUT_FILENO);
		return;
	}
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (fstat(STDERR_FILENO, &st) == 0 && S_ISFIFO(st.st_mode))
		dup2(null, STDERR_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

int
http_link_cgi_serve(struct http_server *server, struct err *err)
{
	struct cgi_link cgi = {
		.link = { cgi_env, cgi_read, cgi_write, cgi_flush, cgi_gone, false, cgi_last },
	};

	(void)err;
	open_body(&cgi);
	http_server_answer(server, &cgi.link);
	cgi_flush(&cgi.link);
	buf_free(&cgi.out);
	let_go();
	if (server->program.after_reply != NULL)
		server->program.after_reply(server->program.ctx);
	return 0;
}
