/*
 * tests/unit/http_fcgi_test.c - the room behind a FastCGI socket, with the test as web server
 *
 * The program runs in a process of its own with the listening socket as descriptor 0. A second
 * socket lets handlers report to the test and wait for it.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "http_memory.h"

enum record_type {		/* of the FastCGI specification, 8 */
	BEGIN_REQUEST = 1,
	END_REQUEST = 3,
	PARAMS = 4,
	STDIN = 5,
	STDOUT = 6,
	STDERR = 7,
};

/* ---- the program ---- */

static int talk;		/* the program's end of the second socket */

static void
report(char word)
{
	assert_int_equal(write(talk, &word, 1), 1);
}

static void
wait_for_word(void)
{
	char c;

	if (read(talk, &c, 1) != 1)
		_exit(3);
}

static int
answer_body(struct http_request *req, struct err *err)
{
	struct slice body;

	if (http_body_whole(req, 1 << 20, &body, err) != 0) {
		report(err->code == ERR_GONE ? 'g' : 'e');
		return -1;
	}
	http_reply_bytes(req, 200, "text/plain", body);
	return 0;
}

static int
answer_later(struct http_request *req, struct err *err)
{
	report('b');
	wait_for_word();
	return answer_body(req, err);
}

static int
answer_unread(struct http_request *req, struct err *err)
{
	(void)err;
	http_reply_bytes(req, 200, "text/plain", SLICE("unread"));
	return 0;
}

static int
answer_for_ever(struct http_request *req, struct err *err)
{
	struct out *out = http_reply_begin(req, 200, "text/plain");

	(void)err;
	do
		buf_puts(&out->buf, "and so on\n");
	while (out_ready(out));
	report(http_request_gone(req) ? 'f' : 'n');
	return 0;
}

static int
answer_when_gone(struct http_request *req, struct err *err)
{
	(void)err;
	report('b');
	for (int i = 0; i < 500 && !http_request_gone(req); i++)
		usleep(10000);
	report(http_request_gone(req) ? 'g' : 'n');
	http_reply_empty(req, 204);
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/ping", answer_unread, 0, 0, 0 },
	{ HTTP_POST, "/echo", answer_body, 0, 0, 0 },
	{ HTTP_POST, "/later", answer_later, 0, 0, 0 },
	{ HTTP_POST, "/unread", answer_unread, 0, 0, 0 },
	{ HTTP_POST, "/ever", answer_for_ever, 0, 0, 0 },
	{ HTTP_POST, "/gone", answer_when_gone, 0, 0, 0 },
};

static void
run_program(int listening, int its_talk)
{
	const struct http_program program = {
		.name = "weir-test", .routes = routes, .n_routes = UNIT_N(routes),
	};
	struct err err;

	dup2(listening, 0);
	talk = its_talk;
	for (int fd = 3; fd < 64; fd++)
		if (fd != talk)
			close(fd);
	_exit(http_serve(&program, &err) == 0 && http_stopping() ? 0 : 1);
}

/* ---- the web server ---- */

struct server {
	pid_t		 pid;
	struct sockaddr_un address;
	int		 talk;
};

static void
start(struct server *s)
{
	int listening = socket(AF_UNIX, SOCK_STREAM, 0), pair[2];

	s->address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(s->address.sun_path, sizeof(s->address.sun_path), "/tmp/weir-fcgi-test-%d",
	    (int)getpid());
	unlink(s->address.sun_path);
	assert_int_equal(bind(listening, (struct sockaddr *)&s->address, sizeof(s->address)), 0);
	assert_int_equal(listen(listening, 16), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0)
		run_program(listening, pair[1]);
	close(listening);
	close(pair[1]);
	s->talk = pair[0];
}

/*
 * finish - the program was told to end, or is told now; its exit status
 */
static int
finish(struct server *s, int signo)
{
	int status;

	if (signo != 0)
		kill(s->pid, signo);
	assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
	close(s->talk);
	unlink(s->address.sun_path);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
connect_to(const struct server *s)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&s->address, sizeof(s->address)), 0);
	return fd;
}

static char
heard(const struct server *s)
{
	char word = '?';

	assert_int_equal(read(s->talk, &word, 1), 1);
	return word;
}

static void
say(const struct server *s)
{
	assert_int_equal(write(s->talk, "x", 1), 1);
}

static void
put_record(struct buf *b, enum record_type type, struct slice content)
{
	const char header[8] = {
		1, (char)type, 0, 1, (char)(content.n >> 8), (char)content.n, 0, 0,
	};

	buf_put(b, header, sizeof(header));
	buf_put_slice(b, content);
}

static void
put_begin(struct buf *b, bool keep)
{
	const char content[8] = { 0, 1, keep };		/* a responder */

	put_record(b, BEGIN_REQUEST, slice_make(content, sizeof(content)));
}

static void
put_param(struct buf *params, const char *name, const char *value)
{
	buf_putc(params, (char)strlen(name));
	buf_putc(params, (char)strlen(value));
	buf_puts(params, name);
	buf_puts(params, value);
}

/*
 * put_request_of - the head and the variables; the body is put by put_record
 */
static void
put_request_of(struct buf *b, const char *method, const char *path, const char *length, bool keep)
{
	struct buf params = { 0 };

	put_begin(b, keep);
	put_param(&params, "REQUEST_METHOD", method);
	put_param(&params, "SCRIPT_NAME", path);
	put_param(&params, "CONTENT_LENGTH", length);
	put_param(&params, "CONTENT_LENGTH", "999");	/* the first of a name counts */
	put_record(b, PARAMS, buf_slice(&params));
	put_record(b, PARAMS, SLICE(""));
	buf_free(&params);
}

static void
put_request(struct buf *b, const char *path, const char *length, bool keep)
{
	put_request_of(b, "POST", path, length, keep);
}

static void
send_buf(int fd, struct buf *b)
{
	assert_int_equal(send(fd, b->p, b->n, MSG_NOSIGNAL), (ssize_t)b->n);
	buf_free(b);
}

static bool
read_full(int fd, char *p, size_t n)
{
	while (n != 0) {
		ssize_t got = read(fd, p, n);

		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/*
 * receive - what one request brings on its output; false when the connection ended before
 */
static bool
receive(int fd, char *text, size_t max)
{
	unsigned char header[8];
	char content[65536 + 256];
	size_t n_text = 0;

	while (read_full(fd, (char *)header, sizeof(header))) {
		size_t n = (size_t)header[4] << 8 | header[5];

		if (!read_full(fd, content, n + header[6]))
			return false;
		if (header[1] == STDOUT && n_text + n < max) {
			memcpy(text + n_text, content, n);
			n_text += n;
		}
		text[n_text] = '\0';
		if (header[1] == END_REQUEST)
			return true;
	}
	return false;
}

static char answer[1 << 16];

static void
ask_echo(int fd, const char *text, bool keep)
{
	struct buf b = { 0 };

	put_request(&b, "/echo", "", keep);
	put_record(&b, STDIN, slice_from(text));
	put_record(&b, STDIN, SLICE(""));
	send_buf(fd, &b);
	assert_true(receive(fd, answer, sizeof(answer)));
	assert_has(answer, "Status: 200 OK\r\n");
	assert_has(answer, text);
}

static bool
is_closed(int fd)
{
	char c;

	return read(fd, &c, 1) == 0;
}

static void
test_requests_on_one_and_several_connections(void **state)
{
	struct server s;
	int fd;

	(void)state;
	start(&s);
	fd = connect_to(&s);
	ask_echo(fd, "one", false);
	assert_true(is_closed(fd));
	close(fd);
	fd = connect_to(&s);
	ask_echo(fd, "two", true);
	ask_echo(fd, "three", true);
	close(fd);
	fd = connect_to(&s);
	ask_echo(fd, "four", false);
	close(fd);
	assert_int_equal(finish(&s, SIGTERM), 0);
}

static void
test_signal_while_waiting(void **state)
{
	struct server s;
	int fd;

	(void)state;
	start(&s);
	fd = connect_to(&s);
	ask_echo(fd, "ended", false);
	close(fd);
	assert_int_equal(finish(&s, SIGUSR1), 0);
	start(&s);
	fd = connect_to(&s);
	ask_echo(fd, "kept", true);
	assert_int_equal(finish(&s, SIGTERM), 0);
	close(fd);
}

static void
test_signal_with_a_request_in_hand(void **state)
{
	struct buf b = { 0 };
	struct server s;
	int fd;

	(void)state;
	start(&s);
	fd = connect_to(&s);
	put_request(&b, "/later", "5", true);
	put_record(&b, STDIN, SLICE("he"));
	send_buf(fd, &b);
	assert_int_equal(heard(&s), 'b');
	kill(s.pid, SIGTERM);
	say(&s);
	usleep(20000);
	kill(s.pid, SIGUSR1);
	put_record(&b, STDIN, SLICE("llo"));
	put_record(&b, STDIN, SLICE(""));
	send_buf(fd, &b);
	assert_true(receive(fd, answer, sizeof(answer)));
	assert_has(answer, "\r\n\r\nhello");
	assert_int_equal(finish(&s, 0), 0);
	close(fd);
}

/*
 * Signals at random moments around many short requests: each either is answered in full or finds
 * nobody listening, and the program always ends.
 */
static void
test_signals_at_any_moment(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		struct server s;
		pid_t killer;
		int first;

		start(&s);
		first = connect_to(&s);
		ask_echo(first, "it runs", false);
		close(first);
		killer = fork();
		if (killer == 0) {
			usleep((useconds_t)(i * 137 % 4000));
			kill(s.pid, SIGTERM);
			_exit(0);
		}
		for (;;) {
			struct buf b = { 0 };
			int fd = socket(AF_UNIX, SOCK_STREAM, 0);

			if (connect(fd, (struct sockaddr *)&s.address, sizeof(s.address)) != 0) {
				close(fd);
				break;
			}
			put_request(&b, "/echo", "3", false);
			put_record(&b, STDIN, SLICE("abc"));
			put_record(&b, STDIN, SLICE(""));
			if (send(fd, b.p, b.n, MSG_NOSIGNAL) == (ssize_t)b.n) {
				answer[0] = '\0';
				if (receive(fd, answer, sizeof(answer)))
					assert_has(answer, "\r\n\r\nabc");
				else
					assert_string_equal(answer, "");
			}
			buf_free(&b);
			close(fd);
		}
		waitpid(killer, NULL, 0);
		assert_int_equal(finish(&s, 0), 0);
	}
}

static void
test_body_cut_short(void **state)
{
	struct buf b = { 0 };
	struct server s;
	int fd;

	(void)state;
	start(&s);
	fd = connect_to(&s);
	put_request(&b, "/echo", "", false);
	put_record(&b, STDIN, SLICE("hel"));
	send_buf(fd, &b);
	close(fd);
	assert_int_equal(heard(&s), 'g');
	fd = connect_to(&s);
	put_request(&b, "/echo", "4", false);
	put_record(&b, STDIN, SLICE("hel"));
	put_record(&b, STDIN, SLICE(""));
	send_buf(fd, &b);
	assert_int_equal(heard(&s), 'g');
	assert_true(receive(fd, answer, sizeof(answer)));
	assert_has(answer, "Status: 503 ");
	close(fd);
	fd = connect_to(&s);
	ask_echo(fd, "still there", false);
	close(fd);
	assert_int_equal(finish(&s, SIGTERM), 0);
}

static void
test_unread_body_ends_a_kept_connection(void **state)
{
	struct buf b = { 0 };
	struct server s;
	int fd;

	(void)state;
	start(&s);
	fd = connect_to(&s);
	put_request(&b, "/unread", "", true);
	put_record(&b, STDIN, SLICE("some"));
	send_buf(fd, &b);
	assert_true(receive(fd, answer, sizeof(answer)));
	assert_has(answer, "\r\n\r\nunread");
	assert_true(is_closed(fd));
	close(fd);
	fd = connect_to(&s);
	ask_echo(fd, "next", false);
	close(fd);
	assert_int_equal(finish(&s, SIGTERM), 0);
}

static void
test_get_leaves_a_kept_connection_open(void **state)
{
	struct server s;
	int fd;

	(void)state;
	start(&s);
	fd = connect_to(&s);
	for (int i = 0; i < 3; i++) {
		struct buf b = { 0 };

		put_request_of(&b, "GET", "/ping", "", true);
		put_record(&b, STDIN, SLICE(""));
		send_buf(fd, &b);
		assert_true(receive(fd, answer, sizeof(answer)));
		assert_has(answer, "\r\n\r\nunread");
	}
	ask_echo(fd, "after GETs", false);
	close(fd);
	assert_int_equal(finish(&s, SIGTERM), 0);
}

static void
test_client_leaves(void **state)
{
	struct buf b = { 0 };
	struct server s;
	char c;
	int fd;

	(void)state;
	start(&s);
	fd = connect_to(&s);
	put_request(&b, "/ever", "0", false);
	put_record(&b, STDIN, SLICE(""));
	send_buf(fd, &b);
	assert_int_equal(read(fd, &c, 1), 1);
	close(fd);
	assert_int_equal(heard(&s), 'f');
	fd = connect_to(&s);
	put_request(&b, "/gone", "0", false);
	put_record(&b, STDIN, SLICE(""));
	send_buf(fd, &b);
	assert_int_equal(heard(&s), 'b');
	close(fd);
	assert_int_equal(heard(&s), 'g');
	assert_int_equal(finish(&s, SIGTERM), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_on_one_and_several_connections),
		cmocka_unit_test(test_signal_while_waiting),
		cmocka_unit_test(test_signal_with_a_request_in_hand),
		cmocka_unit_test(test_signals_at_any_moment),
		cmocka_unit_test(test_body_cut_short),
		cmocka_unit_test(test_unread_body_ends_a_kept_connection),
		cmocka_unit_test(test_get_leaves_a_kept_connection_open),
		cmocka_unit_test(test_client_leaves),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
