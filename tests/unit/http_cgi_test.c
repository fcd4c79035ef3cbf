/*
 * tests/unit/http_cgi_test.c - the room as a CGI program, over real pipes and a process of its own
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "http_memory.h"

static int
answer_body(struct http_request *req, struct err *err)
{
	struct slice body;

	if (http_body_whole(req, 1 << 20, &body, err) != 0)
		return -1;
	http_reply_bytes(req, 200, "text/plain", body);
	return 0;
}

static int
answer_gone(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "text/plain");

	(void)err;
	for (int i = 0; i < 500 && !http_request_gone(req); i++)
		usleep(10000);
	_exit(http_request_gone(req) && !out->failed ? 7 : 8);
}

static int
answer_for_ever(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "text/plain");

	(void)err;
	do
		buf_puts(&out->buf, "and so on\n");
	while (out_ready(out));
	_exit(9);
}

static int
answer_unread(struct http_request *req, struct err *err)
{
	(void)req;
	return err_set(err, ERR_FORBIDDEN, "nobody reads this");
}

static const struct http_route routes[] = {
	{ HTTP_POST, "/unread", answer_unread, 0, 0, 0 },
	{ HTTP_GET | HTTP_POST, "/echo", answer_body, 0, 0, 0 },
	{ HTTP_GET, "/gone", answer_gone, 0, 0, 0 },
	{ HTTP_GET, "/ever", answer_for_ever, 0, 0, 0 },
};

struct child {
	pid_t		 pid;
	int		 in;		/* its standard input */
	int		 out;		/* its standard output */
	int		 talk;		/* with its after_reply */
};

/*
 * say_done - work behind the answer: wait for a word, give one back
 */
static void
say_done(void *ctx)
{
	int talk = *(int *)ctx;
	char c;

	if (read(talk, &c, 1) == 1)
		write(talk, http_stopping() ? "s" : "d", 1);
}

static void
run_child(const char *const *env, int in, int out, int talk)
{
	struct http_program program = {
		.name = "weir-test", .routes = routes, .n_routes = UNIT_N(routes),
		.after_reply = say_done, .ctx = &talk,
	};
	struct err err;

	dup2(in, 0);
	dup2(out, 1);
	for (int fd = 3; fd < 64; fd++)
		if (fd != talk)
			close(fd);
	clearenv();
	for (size_t i = 0; env[i] != NULL; i += 2)
		setenv(env[i], env[i + 1], 1);
	_exit(http_serve(&program, &err) == 0 ? 0 : 1);
}

static void
start(struct child *c, const char *const *env, bool socket_in)
{
	int in[2], out[2], talk[2];

	if (socket_in)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, in), 0);
	else
		assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, talk), 0);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0)
		run_child(env, in[0], out[1], talk[1]);
	close(in[0]);
	close(out[1]);
	close(talk[1]);
	c->in = in[1];
	c->out = out[0];
	c->talk = talk[0];
}

static void
send_text(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/*
 * receive - all that the child says until it closes its standard output
 */
static const char *
receive(struct child *c)
{
	static char text[65536];
	size_t n = 0;
	ssize_t got;

	while ((got = read(c->out, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return text;
}

static int
finish(struct child *c)
{
	int status;

	close(c->in);
	close(c->out);
	close(c->talk);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define GET(path)	"REQUEST_METHOD", "GET", "SCRIPT_NAME", path
#define POST(path)	"REQUEST_METHOD", "POST", "SCRIPT_NAME", path

static const char *const post_unknown[] = { POST("/echo"), NULL };
static const char *const post_known[] = { POST("/echo"), "CONTENT_LENGTH", "12", NULL };

static void
test_body_to_the_end(void **state)
{
	struct child c;

	(void)state;
	start(&c, post_unknown, false);
	send_text(c.in, "hello ");
	usleep(20000);
	send_text(c.in, "world\n");
	close(c.in);
	c.in = -1;
	assert_has(receive(&c), "\r\nContent-Length: 12\r\n");
	assert_int_equal(finish(&c), 0);
}

static void
test_answer_is_out_before_the_work_behind_it(void **state)
{
	struct child c;
	char word = '?';

	(void)state;
	start(&c, post_unknown, false);
	close(c.in);
	c.in = -1;
	assert_has(receive(&c), "Status: 200 OK\r\n");	/* to the end of file, that is */
	assert_int_equal(waitpid(c.pid, NULL, WNOHANG), 0);
	kill(c.pid, SIGTERM);
	send_text(c.talk, "x");
	assert_int_equal(read(c.talk, &word, 1), 1);
	assert_int_equal(word, 'd');
	assert_int_equal(finish(&c), 0);
}

static void
test_socket_that_stays_open(void **state)
{
	struct child c;

	(void)state;
	start(&c, post_known, true);
	send_text(c.in, "hello world\n");
	assert_has(receive(&c), "\r\n\r\nhello world\n");
	assert_int_equal(finish(&c), 0);
}

/*
 * One socket for both directions, and a server that sends all of the body before it reads.
 */
static void
test_unread_body_on_one_socket(void **state)
{
	static const char *const unread[] = {
		POST("/unread"), "HTTP_TRANSFER_ENCODING", "chunked", NULL
	};
	static char text[65536];
	const int no_talk = -1;
	struct child c = { .talk = no_talk };
	int both[2];
	ssize_t got;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
	c.pid = fork();
	if (c.pid == 0)
		run_child(unread, both[0], both[0], no_talk);
	close(both[0]);
	for (int i = 0; i < 100; i++)
		assert_int_equal(send(both[1], text, sizeof(text), MSG_NOSIGNAL), sizeof(text));
	shutdown(both[1], SHUT_WR);
	c.in = -1;
	c.out = both[1];
	got = read(c.out, text, sizeof(text) - 1);
	assert_true(got > 0);
	text[got] = '\0';
	assert_has(text, "Status: 403 ");
	assert_int_equal(finish(&c), 0);
}

static void
test_client_leaves_in_mid_body(void **state)
{
	struct child c;

	(void)state;
	start(&c, post_known, false);
	send_text(c.in, "hello");
	close(c.in);
	c.in = -1;
	assert_has(receive(&c), "Status: 503 ");
	assert_int_equal(finish(&c), 0);
}

/*
 * The web server ends a program whose client has left: of an endless body that is all to be seen.
 */
static void
test_sigterm_in_mid_body(void **state)
{
	struct child c;

	(void)state;
	start(&c, post_unknown, false);
	send_text(c.in, "hello");
	usleep(50000);
	kill(c.pid, SIGTERM);
	close(c.in);
	c.in = -1;
	assert_has(receive(&c), "Status: 503 ");
	assert_int_equal(finish(&c), 0);
}

static void
test_sigterm_with_the_body_known(void **state)
{
	struct child c;

	(void)state;
	start(&c, post_known, false);
	send_text(c.in, "hello ");
	usleep(50000);
	kill(c.pid, SIGTERM);
	send_text(c.in, "world\n");
	close(c.in);
	c.in = -1;
	assert_has(receive(&c), "\r\n\r\nhello world\n");
	assert_int_equal(finish(&c), 0);
}

static void
test_client_leaves_in_mid_answer(void **state)
{
	static const char *const gone[] = { GET("/gone"), NULL };
	static const char *const ever[] = { GET("/ever"), NULL };
	struct child c;
	char text[100];

	(void)state;
	start(&c, gone, false);
	usleep(20000);
	close(c.out);
	c.out = -1;
	assert_int_equal(finish(&c), 7);
	start(&c, ever, false);
	assert_true(read(c.out, text, sizeof(text)) > 0);
	close(c.out);
	c.out = -1;
	assert_int_equal(finish(&c), 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_body_to_the_end),
		cmocka_unit_test(test_answer_is_out_before_the_work_behind_it),
		cmocka_unit_test(test_socket_that_stays_open),
		cmocka_unit_test(test_unread_body_on_one_socket),
		cmocka_unit_test(test_client_leaves_in_mid_body),
		cmocka_unit_test(test_sigterm_in_mid_body),
		cmocka_unit_test(test_sigterm_with_the_body_known),
		cmocka_unit_test(test_client_leaves_in_mid_answer),
	};

	alarm(60);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
