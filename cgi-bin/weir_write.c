/*
 * cgi-bin/weir_write.c - files of line protocol into one bucket
 *
 * A file goes the way of a request: write_points takes its pieces as it takes those of a body.
 */
#include "weir.h"

/* The text quotes lines of the file, which may hold anything: each of its own lines is escaped. */
void
weir_print_rejects(const char *name, struct slice text)
{
	fprintf(stderr, "weir: %s: ", name);
	while (text.n > 0) {
		size_t n = slice_find(text, '\n');

		weir_print_text(slice_make(text.p, n), stderr);
		putc('\n', stderr);
		n += n < text.n;
		text = slice_make(text.p + n, text.n - n);
	}
}

void
weir_print_report(struct weir *weir, const char *name, const struct write_report *report)
{
	static const struct slice columns[] = {
		SLICE("file"), SLICE("stored"), SLICE("rejected"), SLICE("line"), SLICE("message"),
	};
	const struct value values[] = {
		weir_text(slice_from(name)),
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
	weir_print_text(slice_from(name), stdout);
	printf(": %llu points stored", (unsigned long long)report->n_stored);
	if (report->n_rejected > 0)
		printf(", %llu lines refused", (unsigned long long)report->n_rejected);
	putchar('\n');
}

static int
write_file(struct weir *weir, struct write_request *request, const char *name, struct err *err)
{
	struct write_report report;
	struct weir_input in;
	int result;

	if (weir_input_open(&in, name, err) != 0)
		return -1;
	request->next = weir_input_next;
	request->from = &in;
	result = write_points(request, &report, err);
	weir_input_end_progress(&in);
	if (result == 0 && report.n_rejected > 0 && !weir_flag(weir, "json"))
		weir_print_rejects(in.name, report.text);
	if (result == 0)
		weir_print_report(weir, in.name, &report);
	store_maintain(request->store, STORE_PAUSE, NULL, NULL);
	weir_input_close(&in);
	if (result != 0)
		return -1;
	return report.code == ERR_NONE ? WEIR_OK : WEIR_PARTLY;
}

int
weir_write_request(struct weir *weir, enum precision precision, struct write_request *request,
    struct err *err)
{
	const struct settings *settings = &weir->program.settings;
	struct slice unit = weir_option(weir, "precision");

	request->bucket = weir_option(weir, "bucket");
	request->database = weir_option(weir, "db");
	request->policy = weir_option(weir, "rp");
	request->to = request->bucket.n > 0 ? WRITE_TO_BUCKET : WRITE_TO_DATABASE;
	request->grants = &weir_owner;
	request->retention_ns = settings->auto_bucket_retention;
	request->max_columns = settings->max_columns < UINT32_MAX ?
	    (uint32_t)settings->max_columns : UINT32_MAX;
	request->precision = precision;
	if (unit.n > 0 && precision_of_write(unit, true, &request->precision) != 0)
		return weir_usage(weir, "--precision: found \"" SLICE_FMT "\", expected one of "
		    "ns us ms s m h", SLICE_ARG(unit));
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
	status = weir_write_request(weir, PRECISION_AUTO, &request, err);
	for (size_t i = 0; i < weir->n_args && (status == WEIR_OK || status == WEIR_PARTLY); i++) {
		int one = write_file(weir, &request, weir->args[i], err);

		arena_reset(request.arena);
		status = one != WEIR_OK ? one : status;
	}
	write_memory_free(request.memory);
	arena_free(request.arena);
	return status;
}
