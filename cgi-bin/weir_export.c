/*
 * cgi-bin/weir_export.c - what is stored, as a file that weir import and InfluxDB's influx -import read
 *
 *     # DDL
 *     # BUCKET:b                                       where that is not its name by d and autogen
 *     CREATE DATABASE "d" WITH DURATION 720h0m0s REPLICATION 1 NAME "autogen"
 *     # DML
 *     # CONTEXT-DATABASE:d
 *     # CONTEXT-RETENTION-POLICY:autogen
 *     cpu,host=a v=1 1700000000000000000
 *
 * A file that is to be written is one of another name until it is whole.
 */
#include "weir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "export/export.h"
#include "influxql/influxql.h"
#include "model/rfc3339.h"

#define PROGRESS_NS	200000000

struct exporting {
	struct weir	*weir;
	struct store	*store;
	const char	*name;		/* of the file; NULL: standard output */
	const char	*temporary;
	int		 fd;
	int		 error;		/* errno of a write that failed */
	struct out	 out;
	struct export_spec spec;
	struct export_counts counts;
	struct admin_policy *policies;	/* a bucket each */
	size_t		 n_policies;
	struct admin_policy *others;	/* that lead to the same buckets */
	size_t		 n_others;
	bool		 lines_only;
	size_t		 n_left_out;	/* buckets to which no database leads */
	bool		 watched;
	int64_t		 shown_ns;
};

/* ---- where to ---- */

static const char *volatile unfinished;

static void
drop_unfinished(int signal_number)
{
	unlink(unfinished);
	raise(signal_number);	/* it is blocked, and no longer caught: the program ends with it */
}

/*
 * A file that is not whole does not stay behind. What is ignored, as by nohup, stays so.
 */
static void
drop_when_ended(const char *name)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	struct sigaction action = { .sa_handler = drop_unfinished, .sa_flags = (int)SA_RESETHAND };
	struct sigaction old;

	unfinished = name;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigaction(ends[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(ends[i], &action, NULL);
}

static int
to_file(void *to, const char *p, size_t n)
{
	struct exporting *e = to;

	while (n > 0) {
		ssize_t done = write(e->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			e->error = errno;
			return -1;
		}
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/*
 * Only a file that is none yet, or a regular one, is written aside and renamed; a device or a pipe gets
 * the bytes as they come.
 */
static int
open_output(struct exporting *e, struct err *err)
{
	struct slice name = weir_option(e->weir, "output");
	struct stat st;

	e->fd = STDOUT_FILENO;
	if (name.n == 0 || slice_eq(name, SLICE("-")))
		return 0;
	e->name = name.p;
	if (stat(name.p, &st) == 0 && !S_ISREG(st.st_mode)) {
		e->fd = open(name.p, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		return e->fd >= 0 ? 0 : err_set(err, ERR_IO, "%s: %s", name.p, strerror(errno));
	}
	e->temporary = arena_printf(e->weir->arena, "%s.%ld.part", name.p, (long)getpid()).p;
	e->fd = open(e->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (e->fd < 0)
		return err_set(err, ERR_IO, "%s: %s", e->temporary, strerror(errno));
	drop_when_ended(e->temporary);
	return 0;
}

static int
cannot_write(struct exporting *e, struct err *err)
{
	return err_set(err, ERR_IO, "%s: %s", e->name != NULL ? e->name : "standard output",
	    strerror(e->error != 0 ? e->error : errno));
}

static int
close_output(struct exporting *e, int result, struct err *err)
{
	if (result == 0)
		out_flush(&e->out);
	if (e->out.failed)
		result = cannot_write(e, err);
	out_free(&e->out);
	if (e->name == NULL)
		return result;
	if (result == 0 && e->temporary != NULL &&
	    (fsync(e->fd) != 0 || rename(e->temporary, e->name) != 0))
		result = cannot_write(e, err);
	close(e->fd);
	if (result != 0 && e->temporary != NULL)
		unlink(e->temporary);
	return result;
}

static void
show_progress(void *arg, const struct export_counts *counts)
{
	struct exporting *e = arg;
	int64_t now = clock_monotonic_ns();

	if (!e->watched || now - e->shown_ns < PROGRESS_NS)
		return;
	e->shown_ns = now;
	fprintf(stderr, "\r\033[K%llu points of %llu series, %llu MB",
	    (unsigned long long)counts->n_points, (unsigned long long)counts->n_series,
	    (unsigned long long)(e->out.passed / 1000000));
}

/* ---- what the options ask for ---- */

static int
read_time(const struct weir *weir, const char *option, int64_t otherwise, int64_t *ns)
{
	struct slice text = weir_option(weir, option);
	bool has_zone;
	char *end;

	*ns = otherwise;
	if (text.n == 0 || rfc3339_parse(text, ns, &has_zone) == RFC3339_OK)
		return WEIR_OK;
	errno = 0;
	*ns = strtoll(text.p, &end, 10);
	if (errno == 0 && end == text.p + text.n)
		return WEIR_OK;
	return weir_usage(weir, "--%s: found \"" SLICE_FMT "\", expected a time such as "
	    "2026-01-31T12:00:00Z, or nanoseconds since 1970", option, SLICE_ARG(text));
}

static const struct admin_policy *
of_bucket(const struct admin_policy *list, size_t n, uint64_t bucket_id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].bucket_id == bucket_id)
			return &list[i];
	return NULL;
}

/*
 * The policies that are meant stay in the list: all of a database, or one, or that of a bucket. Where
 * several lead to one bucket its points are written once, and the others are told by themselves.
 */
static void
keep_policies(struct exporting *e, struct slice database, struct slice policy, uint64_t bucket_id)
{
	size_t kept = 0;

	e->others = arena_array(e->weir->arena, struct admin_policy, e->n_policies);
	for (size_t i = 0; i < e->n_policies; i++) {
		const struct admin_policy p = e->policies[i];

		if ((bucket_id != 0 && p.bucket_id != bucket_id) ||
		    (database.n > 0 && !slice_eq(p.database, database)) ||
		    (policy.n > 0 && !slice_eq(p.name, policy)))
			continue;
		if (of_bucket(e->policies, kept, p.bucket_id) != NULL)
			e->others[e->n_others++] = p;
		else
			e->policies[kept++] = p;
	}
	e->n_policies = kept;
}

/*
 * A bucket to which no pair leads (its own is another's by a mapping, or its name begins with a slash)
 * has no place in the file. Asked for by its name it gives its lines.
 */
static int
find_others(struct exporting *e, const struct store_bucket *named, struct err *err)
{
	struct store_bucket *list;
	size_t n;

	if (e->n_policies == 0 && named->id != 0) {
		e->policies = arena_zalloc(e->weir->arena, sizeof(*e->policies));
		e->policies->bucket_id = named->id;
		e->n_policies = 1;
		e->lines_only = true;
		return 0;
	}
	if (named->id != 0 || weir_option(e->weir, "db").n > 0)
		return 0;
	if (admin_bucket_list(e->store, e->weir->arena, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (of_bucket(e->policies, e->n_policies, list[i].id) != NULL)
			continue;
		fputs("weir: left out, since no database leads to it (--bucket gives its lines): ", stderr);
		weir_print_text(list[i].name, stderr);
		putc('\n', stderr);
		e->n_left_out++;
	}
	return 0;
}

static int
find_policies(struct exporting *e, struct err *err)
{
	struct slice database = weir_option(e->weir, "db"), policy = weir_option(e->weir, "rp");
	struct slice name = weir_option(e->weir, "bucket");
	struct arena *arena = e->weir->arena;
	struct store_bucket bucket = { .id = 0 };

	if (name.n > 0 && admin_bucket_find(e->store, arena, name, &bucket, err) != 0)
		return -1;
	if (admin_policies(e->store, arena, &weir_owner, SLICE(""), &e->policies, &e->n_policies,
	    err) != 0)
		return -1;
	keep_policies(e, database, policy, bucket.id);
	if (find_others(e, &bucket, err) != 0)
		return -1;
	if (e->n_policies > 0 || database.n == 0)
		return 0;
	if (policy.n > 0)
		return err_set(err, ERR_NOT_FOUND, "there is no retention policy \"" SLICE_FMT
		    "\" of a database \"" SLICE_FMT "\"", SLICE_ARG(policy), SLICE_ARG(database));
	return err_set(err, ERR_NOT_FOUND, "there is no database \"" SLICE_FMT "\"",
	    SLICE_ARG(database));
}

/* ---- the file ---- */

static void
put_quoted(struct buf *out, struct slice name)
{
	buf_putc(out, '"');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, name.p[i]);
	}
	buf_putc(out, '"');
}

static void
put_duration(struct buf *out, int64_t ns)
{
	buf_puts(out, " DURATION ");
	if (ns == 0)
		buf_puts(out, "INF");
	else
		influxql_print_go_duration(out, ns);
	buf_puts(out, " REPLICATION 1");
}

static bool
is_first_of_database(const struct exporting *e, size_t at)
{
	return at == 0 || !slice_eq(e->policies[at].database, e->policies[at - 1].database);
}

/* The default policy comes with its database. Where it is not among them, the first one does. */
static size_t
default_policy(const struct exporting *e, size_t first)
{
	for (size_t i = first; i < e->n_policies &&
	    slice_eq(e->policies[i].database, e->policies[first].database); i++)
		if (e->policies[i].is_default)
			return i;
	return first;
}

/*
 * What database and policy do not tell: a bucket of another name than DATABASE/POLICY.
 */
static void
put_bucket(struct buf *out, const struct admin_policy *p)
{
	size_t slash = p->database.n;

	if (p->bucket_name.n != slash + 1 + p->name.n || p->bucket_name.p[slash] != '/' ||
	    memcmp(p->bucket_name.p, p->database.p, slash) != 0 ||
	    memcmp(p->bucket_name.p + slash + 1, p->name.p, p->name.n) != 0)
		buf_printf(out, "# BUCKET:" SLICE_FMT "\n", SLICE_ARG(p->bucket_name));
}

static void
put_definitions(struct exporting *e)
{
	struct buf *out = &e->out.buf;
	size_t with_database = 0;

	buf_puts(out, "# INFLUXDB EXPORT\n# DDL\n");
	for (size_t i = 0; i < e->n_policies; i++) {
		const struct admin_policy *p = &e->policies[i];

		if (is_first_of_database(e, i)) {
			with_database = default_policy(e, i);
			p = &e->policies[with_database];
			put_bucket(out, p);
			buf_puts(out, "CREATE DATABASE ");
			put_quoted(out, p->database);
			buf_puts(out, " WITH");
			put_duration(out, p->retention_ns);
			buf_puts(out, " NAME ");
			put_quoted(out, p->name);
			buf_putc(out, '\n');
		}
		if (i == with_database)
			continue;
		p = &e->policies[i];
		put_bucket(out, p);
		buf_puts(out, "CREATE RETENTION POLICY ");
		put_quoted(out, p->name);
		buf_puts(out, " ON ");
		put_quoted(out, p->database);
		put_duration(out, p->retention_ns);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < e->n_others; i++) {
		const struct admin_policy *p = &e->others[i];
		const struct admin_policy *same = of_bucket(e->policies, e->n_policies, p->bucket_id);

		buf_printf(out, "# " SLICE_FMT " " SLICE_FMT " is the bucket of " SLICE_FMT " "
		    SLICE_FMT "\n", SLICE_ARG(p->database), SLICE_ARG(p->name),
		    SLICE_ARG(same->database), SLICE_ARG(same->name));
	}
	buf_puts(out, "# DML\n");
}

static int
put_policy(struct exporting *e, size_t at, struct err *err)
{
	const struct admin_policy *p = &e->policies[at];

	if (!e->lines_only)
		buf_printf(&e->out.buf, "# CONTEXT-DATABASE:" SLICE_FMT "\n# CONTEXT-RETENTION-POLICY:"
		    SLICE_FMT "\n", SLICE_ARG(p->database), SLICE_ARG(p->name));
	e->spec.bucket_id = p->bucket_id;
	return export_bucket(e->store, &e->spec, e->weir->arena, &e->out, &e->counts, err);
}

static int
put_file(struct exporting *e, struct err *err)
{
	int result = 0;

	if (!e->lines_only)
		put_definitions(e);
	for (size_t i = 0; i < e->n_policies && result == 0; i++)
		result = put_policy(e, i, err);
	if (e->watched && e->shown_ns != 0)
		fputs("\r\033[K", stderr);
	return result;
}

static void
report(const struct exporting *e)
{
	if (e->name != NULL) {
		weir_print_text(slice_from(e->name), stdout);
		printf(": %llu points of %llu series, %llu measurements\n",
		    (unsigned long long)e->counts.n_points, (unsigned long long)e->counts.n_series,
		    (unsigned long long)e->counts.n_measurements);
	}
	if (e->counts.n_unsaid == 0)
		return;
	fprintf(stderr, "weir: line protocol cannot say all: %llu series or fields are left out, first ",
	    (unsigned long long)e->counts.n_unsaid);
	weir_print_text(e->counts.unsaid, stderr);
	putc('\n', stderr);
}

int
weir_export(struct weir *weir, struct err *err)
{
	struct exporting e = { .weir = weir };
	int result;

	if (weir_option(weir, "bucket").n > 0 && weir_option(weir, "db").n > 0)
		return weir_usage(weir, "--bucket or --db, not both");
	if (weir_option(weir, "rp").n > 0 && weir_option(weir, "db").n == 0)
		return weir_usage(weir, "--rp needs --db");
	if (read_time(weir, "from", TIME_MIN, &e.spec.from) != WEIR_OK ||
	    read_time(weir, "to", TIME_MAX, &e.spec.to) != WEIR_OK)
		return WEIR_USAGE;
	e.lines_only = weir_flag(weir, "lines-only");
	e.spec.measurement = weir_option(weir, "measurement");
	e.spec.progress = show_progress;
	e.spec.arg = &e;
	if (weir_store(weir, &e.store, err) != 0 || find_policies(&e, err) != 0 ||
	    open_output(&e, err) != 0)
		return -1;
	e.watched = isatty(STDERR_FILENO) && !isatty(e.fd);
	out_init(&e.out, to_file, &e);
	result = close_output(&e, put_file(&e, err), err);
	if (result != 0)
		return -1;
	report(&e);
	return e.counts.n_unsaid > 0 || e.n_left_out > 0 ? WEIR_PARTLY : WEIR_OK;
}
