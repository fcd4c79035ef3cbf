/*
 * cgi-bin/weir_import.c - files that weir export or InfluxDB's influx_inspect export has written
 *
 * A file is read line by line as line protocol is, so that nothing inside a string is taken for a
 * comment. Comments say where the points behind them go; each change of place is a write of its own:
 *
 *     comments, CREATE statements ─► where to ─► write_points ◄─ lines, up to the next place
 *
 * With --db or --bucket all goes there, whatever the comments say.
 */
#include "weir.h"

#include <stdlib.h>

#include "influxql/influxql.h"
#include "line/line.h"

#define STATEMENT_MAX (64 << 10)

struct import {
	struct weir	*weir;
	struct weir_input in;
	struct slice	 rest;		/* of the piece in hand: not looked at yet */
	uint64_t	 line;		/* the number of the line in hand */
	struct line_stream at;		/* in the line in hand */
	bool		 inside;	/* it has begun */
	bool		 ended;		/* the file has */
	bool		 definitions;	/* behind "# DDL": statements, not points */
	bool		 fixed;		/* the options say where to */
	bool		 moved;		/* the place has changed since the write began */
	struct buf	 word;		/* a comment or a statement, as far as it is read */
	char		 database[ADMIN_NAME_MAX + 1], policy[ADMIN_NAME_MAX + 1];
	char		 bucket[ADMIN_NAME_MAX + 1];	/* of the next statement; "": by its policy */
	bool		 refused;	/* a statement was */
	struct write_report total;
};

/* ---- statements ---- */

/*
 * CREATE DATABASE x WITH NAME p is what influx_inspect has for every policy of x, not for the first
 * alone: so both statements are taken for what they tell of.
 */
static int
make_policy(struct store *store, struct arena *arena, const struct statement *statement,
    struct slice bucket, struct err *err)
{
	const struct create_database *create = &statement->create_database;
	bool is_database = statement->kind == STATEMENT_CREATE_DATABASE;
	const struct policy *policy = is_database ? &create->policy : &statement->policy;
	struct admin_policy_spec spec = { .database = is_database ? create->name : policy->database };

	if (!is_database || create->has_with) {
		spec.name = policy->name;
		spec.retention_ns = policy->has_duration ? &policy->duration : NULL;
		spec.is_default = policy->is_default;
	}
	return admin_policy_restore(store, arena, &spec, bucket, err);
}

static int
make_all(struct import *m, struct store *store, struct arena *arena, struct slice text,
    struct err *err)
{
	struct influxql_query *query;

	if (influxql_parse(text, NULL, arena, &query, err) != 0)
		return -1;
	for (size_t i = 0; i < query->n_statements; i++)
		if (query->statements[i].kind != STATEMENT_CREATE_DATABASE &&
		    query->statements[i].kind != STATEMENT_CREATE_RETENTION_POLICY)
			return err_set(err, ERR_INVALID, "expected CREATE DATABASE or CREATE "
			    "RETENTION POLICY, found " SLICE_FMT, SLICE_ARG(text));
	for (size_t i = 0; i < query->n_statements; i++)
		if (make_policy(store, arena, &query->statements[i], slice_from(m->bucket), err) != 0)
			return -1;
	return 0;
}

/*
 * What the store refuses is told, and the points come in nevertheless.
 */
static int
run_statement(struct import *m, struct store *store, struct slice text, struct err *err)
{
	struct arena *arena = arena_new(4096);
	int result = make_all(m, store, arena, text, err);

	arena_free(arena);
	m->bucket[0] = '\0';
	if (result == 0 || (err->code != ERR_CONFLICT && err->code != ERR_NOT_FOUND))
		return result;
	fprintf(stderr, "weir: %s: line %llu: ", m->in.name, (unsigned long long)m->line);
	weir_print_text(slice_from(err->text), stderr);
	putc('\n', stderr);
	m->refused = true;
	return 0;
}

/* ---- comments ---- */

static int
set_name(char name[ADMIN_NAME_MAX + 1], struct slice text, struct err *err)
{
	if (text.n > ADMIN_NAME_MAX)
		return err_set(err, ERR_INVALID, "a name has at most %d bytes: " SLICE_FMT,
		    ADMIN_NAME_MAX, SLICE_ARG(text));
	memcpy(name, text.p, text.n);
	name[text.n] = '\0';
	return 0;
}

static bool
begins_with(struct slice *text, struct slice word)
{
	if (text->n < word.n || memcmp(text->p, word.p, word.n) != 0)
		return false;
	*text = slice_trim(slice_make(text->p + word.n, text->n - word.n));
	return true;
}

static int
take_comment(struct import *m, struct slice text, struct err *err)
{
	if (begins_with(&text, SLICE("# DDL"))) {
		m->definitions = m->moved = true;
	} else if (begins_with(&text, SLICE("# DML"))) {
		m->definitions = false;
	} else if (begins_with(&text, SLICE("# BUCKET:"))) {
		return set_name(m->bucket, text, err);
	} else if (begins_with(&text, SLICE("# CONTEXT-DATABASE:"))) {
		m->moved = true;
		m->policy[0] = '\0';
		return set_name(m->database, text, err);
	} else if (begins_with(&text, SLICE("# CONTEXT-RETENTION-POLICY:"))) {
		m->moved = true;
		return set_name(m->policy, text, err);
	}
	return 0;
}

static int
take_word(struct import *m, struct store *store, struct err *err)
{
	struct slice text = slice_trim(buf_slice(&m->word));
	struct err why;
	int result = 0;

	if (text.n > 0 && text.p[0] == '#')
		result = take_comment(m, text, &why);
	else if (text.n > 0 && !m->fixed)
		result = run_statement(m, store, text, &why);
	buf_reset(&m->word);
	if (result != 0)
		return err_set(err, why.code, "%s: line %llu: %s", m->in.name,
		    (unsigned long long)m->line, why.text);
	return 0;
}

/* ---- lines ---- */

static int
more(struct import *m, struct err *err)
{
	bool first = m->in.n_read == 0;

	if (m->rest.n > 0 || m->ended)
		return 0;
	if (weir_input_next(&m->in, &m->rest, err) != 0)
		return -1;
	if (first && m->rest.n >= 2 && memcmp(m->rest.p, "\x1f\x8b", 2) == 0)
		return err_set(err, ERR_INVALID, "%s is gzipped: zcat FILE | weir import -",
		    m->in.name);
	m->ended = m->rest.n == 0;
	return 0;
}

static void
step(struct import *m, size_t n)
{
	m->rest = slice_make(m->rest.p + n, m->rest.n - n);
}

/* A comment or a statement up to its LF, which stays: it ends an empty line of the write. */
static int
read_word(struct import *m, struct store *store, struct err *err)
{
	while (!m->ended) {
		size_t n = slice_find(m->rest, '\n');

		if (m->word.n + n <= STATEMENT_MAX)
			buf_put_slice(&m->word, slice_make(m->rest.p, n));
		step(m, n);
		if (m->rest.n > 0)
			break;
		if (more(m, err) != 0)
			return -1;
	}
	return take_word(m, store, err);
}

/* Does a comment or a statement begin here, and not a point? */
static bool
is_word(const struct import *m, char c)
{
	return !m->inside && (c == '#' || (m->definitions && c != '\n'));
}

/*
 * How much of the piece in hand is lines of points, or empty: up to a comment, a statement or its end.
 */
static size_t
find_lines(struct import *m)
{
	const char *p = m->rest.p, *end = p + m->rest.n;

	while (p < end) {
		if (!m->inside && (*p == ' ' || *p == '\t' || *p == '\r')) {
			p++;
			continue;
		}
		if (is_word(m, *p))
			break;
		if (!m->inside)
			m->at = (struct line_stream){ .skip = LINE_SKIP_KEY };
		m->inside = true;
		p = line_skip(&m->at, p, end);
		if (p == end)
			break;
		m->line += m->at.line + 1;
		m->inside = false;
		p++;
	}
	return (size_t)(p - m->rest.p);
}

/* The next piece of a write: what lies in hand, with comments left out. */
static int
next_piece(void *from, struct slice *piece, struct err *err)
{
	struct import *m = from;
	size_t n = 0;

	*piece = SLICE("");
	while (!m->moved && n == 0) {
		if (more(m, err) != 0)
			return -1;
		if (m->ended)
			return 0;
		n = find_lines(m);
		if (n == 0 && read_word(m, NULL, err) != 0)
			return -1;
	}
	*piece = slice_make(m->rest.p, n);
	step(m, n);
	return 0;
}

/* To the first point behind comments, statements and empty lines, or to the end. */
static int
find_points(struct import *m, struct store *store, struct err *err)
{
	for (;;) {
		if (more(m, err) != 0)
			return -1;
		if (m->ended)
			return 0;
		if (is_word(m, *m->rest.p)) {
			if (read_word(m, store, err) != 0)
				return -1;
		} else if (strchr(" \t\r\n", *m->rest.p) != NULL) {
			m->line += *m->rest.p == '\n';
			step(m, 1);
		} else {
			return 0;
		}
	}
}

/* ---- a file ---- */

static void
add_report(struct import *m, const struct write_report *report)
{
	if (report->n_rejected > 0 && !weir_flag(m->weir, "json"))
		weir_print_rejects(m->in.name, report->text);
	if (m->total.code == ERR_NONE) {
		m->total.code = report->code;
		m->total.line = report->line;
		m->total.text = arena_copy(m->weir->arena, report->text);
	}
	m->total.n_stored += report->n_stored;
	m->total.n_rejected += report->n_rejected;
}

static int
write_place(struct import *m, struct write_request *request, struct err *err)
{
	struct write_report report;

	if (!m->fixed && m->database[0] == '\0')
		return err_set(err, ERR_INVALID, "%s: line %llu: no \"# CONTEXT-DATABASE:\" says "
		    "where this goes; --db or --bucket may", m->in.name,
		    (unsigned long long)m->line);
	if (!m->fixed) {
		/* the next place is read before the last of this one is stored */
		request->database = arena_copy(request->arena, slice_from(m->database));
		request->policy = arena_copy(request->arena, slice_from(m->policy));
	}
	m->moved = false;
	request->first_line = m->line;
	if (write_points(request, &report, err) != 0)
		return -1;
	add_report(m, &report);
	arena_reset(request->arena);
	return 0;
}

static int
import_places(struct import *m, struct write_request *request, struct err *err)
{
	for (;;) {
		if (find_points(m, request->store, err) != 0)
			return -1;
		if (m->ended)
			return 0;
		if (write_place(m, request, err) != 0)
			return -1;
		store_maintain(request->store, STORE_PAUSE, NULL, NULL);
	}
}

static int
import_file(struct weir *weir, struct write_request *request, const char *name, struct err *err)
{
	struct import m = { .weir = weir, .line = 1,
		.fixed = request->bucket.n > 0 || request->database.n > 0 };
	struct slice database = request->database, policy = request->policy;
	int result;

	if (weir_input_open(&m.in, name, err) != 0)
		return -1;
	request->next = next_piece;
	request->from = &m;
	result = import_places(&m, request, err);
	weir_input_end_progress(&m.in);
	weir_print_report(weir, m.in.name, &m.total);
	weir_input_close(&m.in);
	buf_free(&m.word);
	request->database = database;
	request->policy = policy;
	if (result != 0)
		return -1;
	return m.total.code == ERR_NONE && !m.refused ? WEIR_OK : WEIR_PARTLY;
}

int
weir_import(struct weir *weir, struct err *err)
{
	struct write_request request = { .arena = arena_new(65536) };
	int status = WEIR_OK;

	if (weir_option(weir, "bucket").n > 0 && weir_option(weir, "db").n > 0)
		status = weir_usage(weir, "--bucket or --db, not both");
	else if (weir_option(weir, "rp").n > 0 && weir_option(weir, "db").n == 0)
		status = weir_usage(weir, "--rp needs --db");
	request.memory = write_memory_new(weir->program.settings.memo_size);
	if (status == WEIR_OK)
		status = weir_write_request(weir, PRECISION_NS, &request, err);
	for (size_t i = 0; i < weir->n_args && (status == WEIR_OK || status == WEIR_PARTLY); i++) {
		int one = import_file(weir, &request, weir->args[i], err);

		status = one != WEIR_OK ? one : status;
	}
	write_memory_free(request.memory);
	arena_free(request.arena);
	return status;
}
