/*
 * http/signals.c - SIGTERM and SIGUSR1 end the program between two requests
 *
 * So does SIGXCPU: a host that allows a process so much time has the web server start another.
 *
 * SIGBUS comes where a page of a mapped file is touched for which a full disk, a quota or a
 * bad disk has no answer. Nothing can go on from there, but the request is told so.
 * While a request is in hand both are blocked, so nothing is interrupted. They are let through
 * around the accept alone. A signal that comes after the last look at the flag and before the
 * accept must not be lost until the next request, so the handler also puts /dev/null in the place
 * of the listening socket: accept, begun or not yet begun, then fails at once. The socket itself
 * stays with the other processes that listen on it. A connection that the web server keeps open
 * from an earlier request is shut for reading, which ends a wait there. System calls are restarted
 * (SA_RESTART), so a request whose first bytes are just coming in is not lost either.
 */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "http/http_priv.h"

#define LISTENING 0		/* the descriptor on which a FastCGI program is born */

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t null_fd = -1;
static volatile sig_atomic_t connection_fd = -1;

static void
stop(int signo)
{
	(void)signo;
	stopping = 1;
	if (null_fd != -1)
		dup2(null_fd, LISTENING);
	if (connection_fd != -1)
		shutdown(connection_fd, SHUT_RD);
}

static void
page_is_gone(int signo)
{
	(void)signo;
	memory_gone("a page of a mapped file found no room on its disk, or cannot be read");
}

static void
ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGXCPU);
}

void
http_signals_begin(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction gone = { .sa_handler = page_is_gone };
	struct sigaction end = { .sa_handler = stop, .sa_flags = SA_RESTART };
	sigset_t set;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&gone.sa_mask);
	sigaction(SIGBUS, &gone, NULL);
	ending_signals(&end.sa_mask);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGUSR1, &end, NULL);
	sigaction(SIGXCPU, &end, NULL);
	stopping = 0;
}

void
http_signals_open(int connection)
{
	sigset_t set;

	if (null_fd == -1)
		null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	connection_fd = connection;
	ending_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void
http_signals_close(void)
{
	sigset_t set;

	ending_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	connection_fd = -1;
}

bool
http_signals_pending(void)
{
	sigset_t set;

	if (stopping)
		return true;
	sigemptyset(&set);
	sigpending(&set);
	return sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGUSR1) == 1 ||
	    sigismember(&set, SIGXCPU) == 1;
}

bool
http_stopping(void)
{
	return null_fd != -1 && http_signals_pending();	/* a CGI program ends by itself */
}
