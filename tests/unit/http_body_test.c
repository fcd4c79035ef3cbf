/*
 * tests/unit/http_body_test.c - bodies of any length and coding, whole and right or not at all
 */
#include <sys/resource.h>

#include "http_gzip.h"

/* what a handler saw */
static struct buf seen;
static size_t n_pieces;
static size_t longest;
static size_t held;		/* bytes in the buffers of the body, at most */

static void
note(struct http_request *req, struct slice piece)
{
	struct http_body *b = &req->inside->body;
	size_t now = b->sent.cap + b->chunk.cap + b->plain.cap;
	volatile char slack = 0;

	for (size_t i = 0; i < BUF_SLACK; i++)
		slack ^= piece.p[piece.n + i];
	assert_int_equal(slack, 0);
	n_pieces++;
	longest = piece.n > longest ? piece.n : longest;
	held = now > held ? now : held;
}

static int
take_body(struct http_request *req, struct err *err)
{
	struct slice piece;

	for (;;) {
		if (http_body_window(req, &piece, err) != 0)
			return -1;
		if (piece.n == 0)
			break;
		note(req, piece);
		if (piece.n < (32u << 20) - seen.n)
			buf_put_slice(&seen, piece);
	}
	http_reply_empty(req, 204);
	return 0;
}

static int
take_whole(struct http_request *req, struct err *err)
{
	struct slice body;

	if (http_body_whole(req, 100, &body, err) != 0)
		return -1;
	note(req, body);
	buf_put_slice(&seen, body);
	http_reply_empty(req, 204);
	return 0;
}

static const struct http_route routes[] = {
	{ HTTP_POST, "/write", take_body, 0, 0, 0 },
	{ HTTP_POST, "/small", take_body, 0, 100, 200 },
	{ HTTP_POST, "/whole", take_whole, 0, 0, 0 },
};

static const struct http_program program = {
	.name = "weir-test", .routes = routes, .n_routes = UNIT_N(routes), .too_large = "too much",
};

static void
post(struct memory_link *m, const char *path, const char *coding, const char *length,
    struct slice body)
{
	buf_reset(&seen);
	n_pieces = longest = held = 0;
	memory_set(m, "REQUEST_METHOD", "POST");
	memory_set(m, "SCRIPT_NAME", path);
	if (coding != NULL)
		memory_set(m, "HTTP_CONTENT_ENCODING", coding);
	if (length != NULL)
		memory_set(m, "CONTENT_LENGTH", length);
	m->body = body;
	memory_ask(m, &program);
}

/*
 * check_post - the status of one request, and with 204 that all of `plain` arrived, else nothing
 */
static void
check_post(const char *path, const char *coding, const char *length, struct slice body,
    const char *expected, struct slice plain)
{
	struct memory_link m;

	memory_open(&m);
	post(&m, path, coding, length, body);
	if (strstr(m.answer.p, expected) == NULL)
		fail_msg("%s %s %s: %s", path, coding, length, m.answer.p);
	assert_true(slice_eq(buf_slice(&seen), plain));
	memory_close(&m);
}

/*
 * The first test of this program, since a process's peak is never forgotten: 250 bodies of a MB as
 * members of one, more than memory may hold, come through.
 */
struct repeating_link {
	struct memory_link memory;
	struct slice	 member;
	int		 left;
};

static ssize_t
repeating_read(struct http_link *link, char *p, size_t n)
{
	struct repeating_link *r = (struct repeating_link *)link;

	if (r->memory.body.n == 0 && r->left > 0) {
		r->memory.body = r->member;
		r->left--;
	}
	return memory_read(link, p, n);
}

#define MEMBER_LINES 25000

static void
put_lines(struct buf *out, int n)
{
	uint32_t x = 1;

	for (int i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		buf_printf(out, "cpu,host=h%04u,region=eu-central-1 usage_user=%ui,usage_idle=9i "
		    "1500%06u000000000\n", x >> 20, x >> 16, (unsigned)i);
	}
}

static uint64_t plain_total;

static int
count_body(struct http_request *req, struct err *err)
{
	struct slice piece;

	plain_total = 0;
	do {
		if (http_body_window(req, &piece, err) != 0)
			return -1;
		if (piece.n != 0)
			note(req, piece);
		plain_total += piece.n;
	} while (piece.n != 0);
	http_reply_empty(req, 204);
	return 0;
}

static void
test_memory_of_a_huge_body_is_bounded(void **state)
{
	static const struct http_route count = { HTTP_POST, "/write", count_body, 0, 0, 0 };
	const struct http_program counting = { .name = "weir-test", .routes = &count, .n_routes = 1 };
	struct buf plain = { 0 }, member = { 0 };
	struct repeating_link r;
	struct rusage usage;
	uint64_t n_plain;

	(void)state;
	put_lines(&plain, MEMBER_LINES);
	gzip_put(&member, buf_slice(&plain));
	n_plain = plain.n;
	buf_free(&plain);
	memory_open(&r.memory);
	r.memory.link.read = repeating_read;
	r.member = buf_slice(&member);
	r.left = (int)(250000000 / n_plain);
	memory_set(&r.memory, "REQUEST_METHOD", "POST");
	memory_set(&r.memory, "SCRIPT_NAME", "/write");
	memory_set(&r.memory, "HTTP_CONTENT_ENCODING", "gzip");
	n_plain *= (uint64_t)r.left;
	assert_true(n_plain > 248000000);
	assert_has(memory_ask(&r.memory, &counting), "Status: 204 ");
	assert_true(plain_total == n_plain);
	getrusage(RUSAGE_SELF, &usage);
	print_message("%llu bytes inflated: %zu bytes of buffers, peak of the process %ld KiB\n",
	    (unsigned long long)n_plain, held, usage.ru_maxrss);
	assert_true(longest == HTTP_PIECE_BYTES);
	assert_true(held < 4 << 20);
#ifndef UNIT_SANITIZED
	assert_true(usage.ru_maxrss < 16 << 10);
#endif
	buf_free(&member);
	memory_close(&r.memory);
}

static void
test_lengths(void **state)
{
	struct slice body = SLICE("a b=1\nc d=2\n");

	(void)state;
	check_post("/write", NULL, NULL, body, "Status: 204 ", body);
	check_post("/write", NULL, "", body, "Status: 204 ", body);
	check_post("/write", NULL, "12", body, "Status: 204 ", body);
	check_post("/write", NULL, "5", body, "Status: 204 ", body);
	check_post("/write", NULL, "0", body, "Status: 204 ", body);
	check_post("/write", NULL, "many", body, "Status: 204 ", body);
	check_post("/write", NULL, "13", body, "Status: 503 ", SLICE(""));
	check_post("/write", NULL, "50000001", body, "too much", SLICE(""));
	check_post("/write", NULL, NULL, SLICE(""), "Status: 204 ", SLICE(""));
	check_post("/write", "gzip", NULL, SLICE(""), "Status: 204 ", SLICE(""));
	check_post("/write", "deflate", "0", SLICE(""), "Status: 204 ", SLICE(""));
	check_post("/whole", NULL, NULL, body, "Status: 204 ", body);
}

static void
test_announced_too_large_is_not_read(void **state)
{
	struct memory_link m;

	(void)state;
	memory_open(&m);
	post(&m, "/small", NULL, "101", SLICE("abc"));
	assert_has(m.answer.p, "Status: 413 ");
	assert_has(m.answer.p, "{\"code\":\"request too large\",\"message\":\"too much\"}\n");
	assert_int_equal(m.body.n, 3);
	memory_close(&m);
}

/* As mod_fcgid hands on a body that passes LimitRequestBody, and as it hands on others. */
static void
test_kept_back(void **state)
{
	static const struct {
		const char	*announced, *length, *body, *expected;
	} cases[] = {
		{ "70000000", "0", "", "Status: 413" },
		{ "70000000", "", "", "Status: 413" },
		{ "0", "0", "", "Status: 204" },
		{ "", "0", "", "Status: 204" },
		{ "7", "7", "m v=1 1", "Status: 204" },
		{ "27", "7", "m v=1 1", "Status: 204" },	/* the server has inflated it */
	};

	(void)state;
	for (size_t i = 0; i < UNIT_N(cases); i++) {
		struct memory_link m;

		memory_open(&m);
		memory_set(&m, "HTTP_CONTENT_LENGTH", cases[i].announced);
		post(&m, "/write", NULL, cases[i].length, slice_from(cases[i].body));
		assert_has(m.answer.p, cases[i].expected);
		assert_true(slice_eq(buf_slice(&seen), slice_from(cases[i].body)));
		memory_close(&m);
	}
}

static void
test_broken_connection(void **state)
{
	struct memory_link m;

	(void)state;
	memory_open(&m);
	m.broken = true;
	post(&m, "/write", NULL, NULL, SLICE("a b=1\n"));
	assert_has(m.answer.p, "Status: 503 ");
	assert_int_equal(seen.n, 0);
	memory_close(&m);
}

static void
test_codings(void **state)
{
	struct slice plain = SLICE("a b=1\nc d=2\n");
	struct buf one = { 0 }, two = { 0 };
	struct slice twice = SLICE("a b=1\nc d=2\na b=1\nc d=2\n");

	(void)state;
	gzip_put(&one, plain);
	gzip_put(&two, plain);
	gzip_put(&two, SLICE(""));
	gzip_put(&two, plain);
	check_post("/write", "gzip", NULL, buf_slice(&one), "Status: 204 ", plain);
	check_post("/write", " GZip ", NULL, buf_slice(&one), "Status: 204 ", plain);
	check_post("/write", "x-gzip", NULL, buf_slice(&two), "Status: 204 ", twice);
	check_post("/whole", "gzip", NULL, buf_slice(&two), "Status: 204 ", twice);
	check_post("/write", "identity", NULL, buf_slice(&one), "Status: 204 ", buf_slice(&one));
	check_post("/write", "", NULL, plain, "Status: 204 ", plain);
	check_post("/write", "deflate", NULL, plain,
	    "{\"code\":\"invalid\",\"message\":\"unacceptable content-encoding: deflate\"}\n",
	    SLICE(""));
	check_post("/write", "gzip", NULL, plain,
	    "\"message\":\"error decoding gzip stream: incorrect header check\"", SLICE(""));
	buf_puts(&two, "x");
	check_post("/write", "gzip", NULL, buf_slice(&two),
	    "\"message\":\"error decoding gzip stream: ", SLICE(""));
	buf_free(&one);
	buf_free(&two);
}

static void
test_gzip_cut_anywhere(void **state)
{
	struct slice plain = SLICE("a b=1\nc d=2\n");
	struct buf body = { 0 };
	size_t n_first;

	(void)state;
	gzip_put(&body, plain);
	n_first = body.n;
	gzip_put(&body, plain);
	for (size_t n = 1; n < body.n; n++)
		if (n == n_first)
			check_post("/write", "gzip", NULL, slice_make(body.p, n), "Status: 204 ",
			    plain);
		else
			check_post("/write", "gzip", NULL, slice_make(body.p, n),
			    "error decoding gzip stream: unexpected EOF", SLICE(""));
	buf_free(&body);
}

static void
test_gzip_with_any_byte_wrong(void **state)
{
	struct slice plain = SLICE("cpu,host=a v=1\ncpu,host=b v=1\ncpu,host=c v=1\n");
	struct buf body = { 0 };

	(void)state;
	gzip_put(&body, plain);
	for (size_t i = 0; i < 8 * body.n; i++) {
		struct memory_link m;

		body.p[i / 8] ^= (char)(1 << i % 8);
		memory_open(&m);
		post(&m, "/write", "gzip", NULL, buf_slice(&body));
		if (strstr(m.answer.p, "Status: 204 ") != NULL)
			assert_true(slice_eq(buf_slice(&seen), plain));
		else
			assert_true(strstr(m.answer.p, "Status: 400 ") != NULL && seen.n == 0);
		memory_close(&m);
		body.p[i / 8] ^= (char)(1 << i % 8);
	}
	buf_free(&body);
}

static void
test_limits(void **state)
{
	char bytes[300];
	struct slice plain = slice_make(bytes, 200);
	struct buf body = { 0 };

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	check_post("/small", NULL, NULL, slice_make(bytes, 100), "Status: 204 ",
	    slice_make(bytes, 100));
	check_post("/small", NULL, NULL, slice_make(bytes, 101), "Status: 413 ", SLICE(""));
	gzip_put(&body, plain);
	check_post("/small", "gzip", NULL, buf_slice(&body), "Status: 204 ", plain);
	buf_reset(&body);
	gzip_put(&body, slice_make(bytes, 201));
	check_post("/small", "gzip", NULL, buf_slice(&body), "Status: 413 ", SLICE(""));
	buf_reset(&body);
	gzip_put(&body, slice_make(bytes, 100));
	gzip_put(&body, slice_make(bytes, 101));
	check_post("/small", "gzip", NULL, buf_slice(&body), "Status: 413 ", SLICE(""));
	check_post("/whole", NULL, NULL, slice_make(bytes, 101), "Status: 413 ", SLICE(""));
	buf_free(&body);
}

static void
test_lying_trailer(void **state)
{
	struct buf plain = { 0 }, body = { 0 };

	(void)state;
	put_lines(&plain, 30000);
	gzip_put(&body, buf_slice(&plain));
	gzip_put(&body, SLICE(""));	/* the last member's size is 0 */
	check_post("/write", "gzip", NULL, buf_slice(&body), "Status: 204 ", buf_slice(&plain));
	assert_int_equal(n_pieces, 1);
	buf_free(&plain);
	buf_free(&body);
}

/*
 * Sizes on both sides of every threshold, in reads of odd lengths: what comes out is what went in.
 */
static void
test_sizes(void **state)
{
	static const size_t sizes[] = {
		1, 65535, 65536, 65537, 983040, 983041, 1048576, 1048577, 2097152, 3000001, 8388608,
		8388609, 12000000,
	};
	struct buf plain = { 0 }, body = { 0 };

	(void)state;
	put_lines(&plain, 300000);
	assert_true(plain.n > 12000000);
	for (size_t i = 0; i < 2 * UNIT_N(sizes); i++) {
		struct slice expected = slice_make(plain.p, sizes[i / 2]);
		struct memory_link m;

		buf_reset(&body);
		gzip_put(&body, expected);
		memory_open(&m);
		m.step = i * 1001;
		post(&m, "/write", i % 2 == 0 ? "gzip" : NULL, NULL,
		    i % 2 == 0 ? buf_slice(&body) : expected);
		assert_has(m.answer.p, "Status: 204 ");
		assert_true(slice_eq(buf_slice(&seen), expected));
		assert_true(longest <= HTTP_WHOLE_BYTES);
		memory_close(&m);
	}
	buf_free(&plain);
	buf_free(&body);
}

/*
 * The last byte of a long body decides: nothing was handed out before it was seen.
 */
static void
test_long_body_with_a_broken_end(void **state)
{
	struct buf plain = { 0 }, body = { 0 };

	(void)state;
	put_lines(&plain, 300000);
	gzip_put(&body, buf_slice(&plain));
	assert_true(body.n > 1 << 20);
	body.p[body.n - 5] ^= 1;	/* of the checksum */
	check_post("/write", "gzip", NULL, buf_slice(&body), "incorrect data check", SLICE(""));
	check_post("/write", "gzip", NULL, slice_make(body.p, body.n - 9), "unexpected EOF",
	    SLICE(""));
	buf_free(&plain);
	buf_free(&body);
}

static void
test_no_room_for_the_spool(void **state)
{
	struct http_program nowhere = program;
	struct buf plain = { 0 };
	struct memory_link m;

	(void)state;
	nowhere.spool_dir = "/nonexistent";
	put_lines(&plain, 50000);
	memory_open(&m);
	memory_set(&m, "REQUEST_METHOD", "POST");
	memory_set(&m, "SCRIPT_NAME", "/write");
	m.body = buf_slice(&plain);
	memory_ask(&m, &nowhere);
	assert_has(m.answer.p, "Status: 503 ");
	assert_has(m.answer.p, "\r\nRetry-After: 5\r\n");
	memory_close(&m);
	buf_free(&plain);
}

static int
free_seen(void **state)
{
	(void)state;
	buf_free(&seen);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_of_a_huge_body_is_bounded),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_announced_too_large_is_not_read),
		cmocka_unit_test(test_kept_back),
		cmocka_unit_test(test_broken_connection),
		cmocka_unit_test(test_codings),
		cmocka_unit_test(test_gzip_cut_anywhere),
		cmocka_unit_test(test_gzip_with_any_byte_wrong),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lying_trailer),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_long_body_with_a_broken_end),
		cmocka_unit_test(test_no_room_for_the_spool),
	};

	return cmocka_run_group_tests(tests, NULL, free_seen);
}
