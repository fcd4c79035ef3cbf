/*
 * cgi-bin/weir_data.c - points in and out: write, query
 *
 * Both go the way of a request: write_points takes the pieces of a file as it takes those of a
 * body, and query_run pushes into a format, or into tables.
 */
#include "weir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "format/format.h"
#include "query/query.h"
#include "write/write.h"

#define PIECE_BYTES	(1 << 20)
#define PROGRESS_NS	200000000
#define QUERY_MAX	(1 << 20)

static const struct grants owner = { true, 0, 3, admin_all_access };

/* ---- write ---- */

struct input {
	const char	*name;
	int		 fd;
	char		*piece;		/* PIECE_BYTES and slack */
	uint64_t	 n_read;
	uint64_t	 size;		/* 0 = not known */
	int64_t		 begun_ns;
	int64_t		 shown_ns;
	bool		 progress;	/* somebody watches */
};

/* "cpu.lp: 120 of 480 MB, 35 MB/s", over and over on one line of a terminal */
static void
show_progress(struct input *in)
{
	int64_t now = clock_monotonic_ns();
	double seconds = (double)(now - in->begun_ns) / 1e9;
	unsigned long long mb = in->n_read / 1000000;

	if (!in->progress || now - in->shown_ns < PROGRESS_NS)
		return;
	in->shown_ns = now;
	fputs("\r\033[K", stderr);
	weir_print_text(slice_from(in->name), stderr);
	fprintf(stderr, ": %llu", mb);
	if (in->size > 0)
		fprintf(stderr, " of %llu", (unsigned long long)in->size / 1000000);
	fprintf(stderr, " MB, %.0f MB/s", seconds > 0 ? (double)mb / seconds : 0.0);
}

static void
end_progress(const struct input *in)
{
	if (in->progress && in->shown_ns != in->begun_ns)
		fputs("\r\033[K", stderr);
}

static int
next_piece(void *from, struct slice *piece, struct err *err)
{
	struct input *in = from;
	ssize_t n;

	show_progress(in);
	do
		n = read(in->fd, in->piece, PIECE_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, ERR_IO, "%s: %s", in->name, strerror(errno));
	*piece = slice_make(in->piece, (size_t)n);
	in->n_read += (uint64_t)n;
	return 0;
}

static int
open_input(struct input *in, const char *name, struct err *err)
{
	bool standard = strcmp(name, "-") == 0;
	struct stat st;

	*in = (struct input){ .name = standard ? "standard input" : name };
	in->fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
	if (fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode))
		in->size = (uint64_t)st.st_size;
	in->piece = memory_alloc(PIECE_BYTES + BUF_SLACK);
	in->progress = isatty(STDERR_FILENO);
	in->begun_ns = in->shown_ns = clock_monotonic_ns();
	return 0;
}

static void
close_input(struct input *in)
{
	free(in->piece);
	if (in->fd != STDIN_FILENO)
		close(in->fd);
}

/* The text quotes lines of the file, which may hold anything: each of its own lines is escaped. */
static void
print_rejects(const struct input *in, struct slice text)
{
	fprintf(stderr, "weir: %s: ", in->name);
	while (text.n > 0) {
		size_t n = slice_find(text, '\n');

		weir_print_text(slice_make(text.p, n), stderr);
		putc('\n', stderr);
		n += n < text.n;
		text = slice_make(text.p + n, text.n - n);
	}
}

static void
print_report(struct weir *weir, const struct input *in, const struct write_report *report)
{
	static const struct slice columns[] = {
		SLICE("file"), SLICE("stored"), SLICE("rejected"), SLICE("line"), SLICE("message"),
	};
	const struct value values[] = {
		weir_text(slice_from(in->name)),
		{ .type = VALUE_UNSIGNED, .u = report->n_stored },
		{ .type = VALUE_UNSIGNED, .u = report->n_rejected },
		{ .type = report->line != 0 ? VALUE_UNSIGNED : VALUE_NULL, .u = report->line },
		report->text.n > 0 ? weir_text(report->text) : (struct value){ .type = VALUE_NULL },
	};
	struct weir_table table;

	if (weir_flag(weir, "json")) {
		weir_table_begin(&table, weir->arena, columns,
		    sizeof(columns) / sizeof(columns[0]));
		weir_table_add(&table, values, PRECISION_AUTO);
		weir_table_print_object(&table, stdout);
		return;
	}
	if (report->n_rejected > 0)
		print_rejects(in, report->text);
	weir_print_text(slice_from(in->name), stdout);
	printf(": %llu points stored", (unsigned long long)report->n_stored);
	if (report->n_rejected > 0)
		printf(", %llu lines refused", (unsigned long long)report->n_rejected);
	putchar('\n');
}

static int
write_file(struct weir *weir, struct write_request *request, const char *name, struct err *err)
{
	struct write_report report;
	struct input in;
	int result;

	if (open_input(&in, name, err) != 0)
		return -1;
	request->next = next_piece;
	request->from = &in;
	result = write_points(request, &report, err);
	end_progress(&in);
	if (result == 0)
		print_report(weir, &in, &report);
	store_maintain(request->store, STORE_PAUSE, NULL, NULL);
	close_input(&in);
	if (result != 0)
		return -1;
	return report.code == ERR_NONE ? WEIR_OK : WEIR_PARTLY;
}

static int
fill_request(struct weir *weir, struct write_request *request, struct err *err)
{
	const struct settings *settings = &weir->program.settings;
	struct slice precision = weir_option(weir, "precision");

	request->bucket = weir_option(weir, "bucket");
	request->database = weir_option(weir, "db");
	request->policy = weir_option(weir, "rp");
	request->to = request->bucket.n > 0 ? WRITE_TO_BUCKET : WRITE_TO_DATABASE;
	request->grants = &owner;
	request->retention_ns = settings->auto_bucket_retention;
	request->max_columns = settings->max_columns < UINT32_MAX ?
	    (uint32_t)settings->max_columns : UINT32_MAX;
	if (precision_of_write(precision, true, &request->precision) != 0)
		return weir_usage(weir, "--precision: found \"" SLICE_FMT "\", expected one of "
		    "ns us ms s m h", SLICE_ARG(precision));
	return weir_store(weir, &request->store, err);
}

int
weir_write(struct weir *weir, struct err *err)
{
	struct write_request request = { .arena = arena_new(65536) };
	int status;

	if ((weir_option(weir, "bucket").n > 0) == (weir_option(weir, "db").n > 0)) {
		arena_free(request.arena);
		return weir_usage(weir, "write needs --bucket or --db, one of the two");
	}
	request.memory = write_memory_new(weir->program.settings.memo_size);
	status = fill_request(weir, &request, err);
	for (size_t i = 0; i < weir->n_args && (status == WEIR_OK || status == WEIR_PARTLY); i++) {
		int one = write_file(weir, &request, weir->args[i], err);

		arena_reset(request.arena);
		status = one != WEIR_OK ? one : status;
	}
	write_memory_free(request.memory);
	arena_free(request.arena);
	return status;
}

/* ---- query ---- */

static int
to_stdout(void *to, const char *p, size_t n)
{
	(void)to;
	return fwrite(p, 1, n, stdout) == n ? 0 : -1;
}

static int
read_text(struct weir *weir, struct slice *text, struct err *err)
{
	char *all;
	size_t n;

	*text = slice_from(weir->args[0]);
	if (!slice_eq(*text, SLICE("-")))
		return 0;
	all = arena_alloc(weir->arena, QUERY_MAX);
	n = fread(all, 1, QUERY_MAX, stdin);
	if (ferror(stdin))
		return err_set(err, ERR_IO, "standard input: %s", strerror(errno));
	if (!feof(stdin))
		return err_set(err, ERR_TOO_LARGE, "a query has at most %d bytes", QUERY_MAX - 1);
	*text = slice_make(all, n);
	return 0;
}

static int
fill_query(struct weir *weir, struct query_request *request, struct err *err)
{
	const struct settings *settings = &weir->program.settings;

	request->grants = &owner;
	request->database = weir_option(weir, "db");
	if (request->database.n == 0)
		request->database = weir_option(weir, "bucket");
	request->policy = weir_option(weir, "rp");
	request->management = settings->influxql_management;
	request->users = settings->influxql_users;
	request->delete_by_field = settings->influxql_delete_by_field;
	request->now_ns = clock_now_ns();
	request->limits.max_rows = settings->query_max_rows;
	request->limits.max_series = settings->query_max_series;
	request->limits.max_windows = settings->query_max_windows;
	request->limits.max_memory_bytes = settings->query_max_memory;
	request->limits.max_time_ms = (uint64_t)settings->query_timeout / 1000000;
	request->arena = weir->arena;
	if (read_text(weir, &request->text, err) != 0)
		return -1;
	return weir_store(weir, &request->store, err);
}

static int
read_epoch(struct weir *weir, enum precision *epoch)
{
	struct slice word = weir_option(weir, "epoch");

	*epoch = PRECISION_AUTO;
	if (word.n > 0 && precision_of_epoch(word, epoch) != 0)
		return weir_usage(weir, "--epoch: found \"" SLICE_FMT "\", expected one of "
		    "ns us ms s m h", SLICE_ARG(word));
	return WEIR_OK;
}

static int
answer(struct weir *weir, struct query *query, enum precision epoch)
{
	struct format_options options = {
		.epoch = epoch, .pretty = weir_flag(weir, "pretty"),
		.n_results = query_n_statements(query),
	};
	bool machine = weir_flag(weir, "json") || weir_flag(weir, "csv");
	struct rows_sink *sink;
	struct out out;
	size_t n_errors;

	out_init(&out, to_stdout, NULL);
	if (machine)
		sink = format_sink(format_by_name(weir_flag(weir, "csv") ? "csv" : "json"),
		    weir->arena, &out, &options);
	else
		sink = weir_answer_begin(weir->arena, stdout, epoch);
	(void)query_run(query, weir_answer_watch(weir->arena, sink, &n_errors));
	out_flush(&out);
	out_free(&out);
	return n_errors > 0 ? WEIR_PARTLY : WEIR_OK;
}

int
weir_query(struct weir *weir, struct err *err)
{
	struct query_request request = { 0 };
	enum precision epoch;
	struct query *query;
	int status;

	if (weir_flag(weir, "json") && weir_flag(weir, "csv"))
		return weir_usage(weir, "--json or --csv, not both");
	if (read_epoch(weir, &epoch) != WEIR_OK)
		return WEIR_USAGE;
	if (fill_query(weir, &request, err) != 0 ||
	    query_prepare(&request, &query, err) != 0)
		return -1;
	status = answer(weir, query, epoch);
	query_end(query);
	return status;
}
