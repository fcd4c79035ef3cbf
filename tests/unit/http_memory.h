/*
 * tests/unit/http_memory.h - requests without a web server: the link is plain memory
 *
 * A test names the variables and the body, and reads the answer as text.
 */
#ifndef WEIR_TESTS_HTTP_MEMORY_H
#define WEIR_TESTS_HTTP_MEMORY_H

#include <stdlib.h>

#include "http/http_priv.h"
#include "unit.h"

#define MEMORY_ENV_MAX 16

struct memory_link {
	struct http_link link;		/* first: the link is cast back */
	const char	*env[2 * MEMORY_ENV_MAX + 1];	/* name, value, name, value, NULL */
	struct slice	 body;
	size_t		 step;		/* bytes a read gives at most; 0 = as many as asked for */
	bool		 broken;	/* the end of the body is a broken connection */
	int		 writes_left;	/* -1 = any number, then the client has gone */
	struct buf	 answer;
	int		 n_flushes;
};

static inline const char *
memory_env(struct http_link *link, const char *name)
{
	struct memory_link *m = (struct memory_link *)link;

	for (size_t i = 0; m->env[i] != NULL; i += 2)
		if (strcmp(m->env[i], name) == 0)
			return m->env[i + 1];
	return NULL;
}

static inline ssize_t
memory_read(struct http_link *link, char *p, size_t n)
{
	struct memory_link *m = (struct memory_link *)link;

	if (m->step != 0 && n > m->step)
		n = m->step;
	if (n > m->body.n)
		n = m->body.n;
	if (n == 0)
		return m->broken ? -1 : 0;
	memcpy(p, m->body.p, n);
	m->body = slice_make(m->body.p + n, m->body.n - n);
	return (ssize_t)n;
}

static inline int
memory_write(struct http_link *link, const char *p, size_t n)
{
	struct memory_link *m = (struct memory_link *)link;

	if (m->writes_left == 0)
		return -1;
	m->writes_left -= m->writes_left > 0;
	buf_put(&m->answer, p, n);
	return 0;
}

static inline int
memory_flush(struct http_link *link)
{
	((struct memory_link *)link)->n_flushes++;
	return 0;
}

static inline bool
memory_gone(struct http_link *link)
{
	return ((struct memory_link *)link)->writes_left == 0;
}

static inline void
memory_open(struct memory_link *m)
{
	*m = (struct memory_link){
		.link = { memory_env, memory_read, memory_write, memory_flush, memory_gone, false },
		.body = SLICE(""),
		.writes_left = -1,
	};
}

static inline void
memory_set(struct memory_link *m, const char *name, const char *value)
{
	size_t i = 0;

	while (m->env[i] != NULL)
		i += 2;
	assert_true(i < 2 * MEMORY_ENV_MAX);
	m->env[i] = name;
	m->env[i + 1] = value;
	m->env[i + 2] = NULL;
}

/*
 * memory_ask - let a program answer; m->answer is then a text
 */
static inline const char *
memory_ask(struct memory_link *m, const struct http_program *program)
{
	struct http_server server;

	http_server_open(&server, program);
	http_server_answer(&server, &m->link);
	http_server_close(&server);
	buf_putc(&m->answer, '\0');
	m->answer.n--;
	return m->answer.p;
}

static inline void
memory_close(struct memory_link *m)
{
	buf_free(&m->answer);
}

static inline struct slice
memory_answer_body(const struct memory_link *m)
{
	const char *at = strstr(m->answer.p, "\r\n\r\n");

	assert_non_null(at);
	at += 4;
	return slice_make(at, m->answer.n - (size_t)(at - m->answer.p));
}

static inline void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static inline void
assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("\"%s\" in:\n%s", part, text);
}

#endif
