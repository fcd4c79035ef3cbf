/*
 * cgi-bin/weir_check.c - every byte of a store read back
 */
#include <unistd.h>

#include "model/rfc3339.h"
#include "weir.h"

struct checking {
	struct weir	*weir;
	bool		 json, watched;
};

static void
show_progress(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
	(void)arg;
	fprintf(stderr, "\r\033[Kchecking: %llu of %llu MB", (unsigned long long)done_bytes / 1000000,
	    (unsigned long long)total_bytes / 1000000);
}

static const struct slice columns[] = {
	SLICE("where"), SLICE("bucket"), SLICE("measurement"), SLICE("series"), SLICE("from"),
	SLICE("to"), SLICE("what"), SLICE("dropped"),
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static struct value
text_or_null(struct slice text)
{
	return text.n == 0 ? (struct value){ .type = VALUE_NULL } : weir_text(text);
}

static void
found_json(struct checking *c, const struct store_damage *d)
{
	const struct value none = { .type = VALUE_NULL };
	bool timed = d->from <= d->to;
	const struct value values[N_COLUMNS] = {
		weir_text(slice_from(d->where)), text_or_null(d->bucket), text_or_null(d->measurement),
		text_or_null(d->series), timed ? weir_time(d->from) : none, timed ? weir_time(d->to) : none,
		weir_text(slice_from(d->what)), weir_bool(d->dropped),
	};
	struct weir_table table;

	weir_table_begin(&table, c->weir->arena, columns, N_COLUMNS);
	weir_table_add(&table, values, PRECISION_AUTO);
	weir_table_print_object(&table, stdout);
}

static void
print_name(const char *what, struct slice name)
{
	if (name.n == 0)
		return;
	printf(", %s ", what);
	weir_print_text(name, stdout);
}

static void
print_span(int64_t from, int64_t to)
{
	struct rfc3339_day day = { 0 };
	struct buf text = { 0 };

	buf_puts(&text, ", ");
	rfc3339_put(&text, &day, from, 0);
	buf_puts(&text, " to ");
	rfc3339_put(&text, &day, to, 0);
	fwrite(text.p, 1, text.n, stdout);
	buf_free(&text);
}

static void
found(void *arg, const struct store_damage *d)
{
	struct checking *c = arg;
	struct arena_mark mark = arena_mark(c->weir->arena);

	if (c->watched)
		fputs("\r\033[K", stderr);
	if (c->json) {
		found_json(c, d);
	} else {
		printf("%s", d->where);
		print_name("bucket", d->bucket);
		print_name("measurement", d->measurement);
		print_name("series", d->series);
		if (d->from <= d->to)
			print_span(d->from, d->to);
		fputs(": ", stdout);
		weir_print_text(slice_from(d->what), stdout);
		puts(d->dropped ? " (dropped)" : "");
	}
	arena_rewind(c->weir->arena, mark);
}

int
weir_check(struct weir *weir, struct err *err)
{
	struct checking c = { weir, weir_flag(weir, "json"), isatty(STDERR_FILENO) };
	struct store_check_spec spec = { weir_flag(weir, "repair"), found,
		c.watched ? show_progress : NULL, &c };
	struct store_options options;
	struct store_checked checked;
	struct store *store;
	int r;

	settings_store_options(&weir->program.settings, &options);
	if (store_open_unread(&store, &options, err) != 0)
		return -1;
	r = store_check(store, &spec, &checked, err);
	if (r == 0 && checked.damaged == 0 && weir_flag(weir, "upgrade"))
		r = store_upgrade(store, err);
	store_close(store);
	if (c.watched)
		fputs("\r\033[K", stderr);
	if (r != 0)
		return -1;
	if (!c.json)
		printf("read %llu pages, %llu frames of the journal, %llu records of names and index, "
		    "%llu chunks; %llu rows; %llu damaged, %llu dropped\n",
		    (unsigned long long)checked.pages, (unsigned long long)checked.frames,
		    (unsigned long long)checked.records, (unsigned long long)checked.chunks,
		    (unsigned long long)checked.rows, (unsigned long long)checked.damaged,
		    (unsigned long long)checked.dropped);
	if (!c.json && checked.aside > 0)
		printf("%llu files of the journal were set aside, damaged.journal.*: not all of their rows "
		    "could be read\n", (unsigned long long)checked.aside);
	return checked.damaged == 0 ? WEIR_OK : WEIR_DAMAGED;
}
