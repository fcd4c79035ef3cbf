/*
 * tests/bench/series_bench.c - very many series: registered, written again, counted
 *
 *     series_bench [--series N] [--batch LINES] [--writers N] [--pairs] [--shuffle] [--keep]
 *
 * Ten tags and ten fields a series and one point each; `hostname` is another one in each series, or
 * with --pairs one of a thousand, as `rack` is, and all pairs of them occur.
 * Writers are processes, as behind a web server. Figures: series a second when all are new, the
 * last tenth beside the first; points a second when the same come again, by processes that remember
 * none of them (--shuffle: once more, in another order); bytes of series.db a series, after a
 * compaction; two queries over all series; and the most private memory that a process has had.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "base/memory.h"
#include "query/query.h"
#include "write/write.h"

#define MEMO_BYTES	((size_t)32 << 20)
#define MOST_WRITERS	16

struct bench {
	const char	*home;
	unsigned	 n_series, batch, n_writers;
	bool		 pairs;
	struct buf	*bodies;
	unsigned	 n_bodies;
	int64_t		*took;		/* [n_bodies] ns, shared with the writers */
	int64_t		*behind;	/* [n_bodies] ns after the answer: checkpoints, compaction */
	size_t		*private_kib;	/* [n_writers + 1] likewise */
};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "series_bench: %s: %s\n", what, why);
	exit(1);
}

static void *
shared(size_t n)
{
	void *p = mmap(NULL, n + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("memory", "there is not enough");
	return p;
}

/* ---- lines ---- */

#define ONE_OF(list) (list)[(size_t)random() % (sizeof(list) / sizeof((list)[0]))]

static void
put_line(struct buf *out, unsigned host, unsigned rack)
{
	static const char *const regions[] = { "us-east-1", "us-west-1", "us-west-2", "eu-west-1",
		"eu-central-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1" };
	static const char *const systems[] = { "Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10" };
	static const char *const stages[] = { "production", "staging", "test" };
	static const char *const teams[] = { "SF", "NYC", "LON", "CHI" };
	static const char *const fields[] = { "usage_user", "usage_system", "usage_idle", "usage_nice",
		"usage_iowait", "usage_irq", "usage_softirq", "usage_steal", "usage_guest",
		"usage_guest_nice" };
	const char *region = ONE_OF(regions);

	buf_printf(out, "cpu,arch=%s,datacenter=%s%c,hostname=host_%u,os=%s,rack=%u,region=%s,"
	    "service=%ld,service_environment=%s,service_version=%ld,team=%s ",
	    random() % 2 == 0 ? "x64" : "x86", region, "abc"[random() % 3], host, ONE_OF(systems),
	    rack, region, random() % 20, ONE_OF(stages), random() % 2, ONE_OF(teams));
	for (unsigned f = 0; f < 10; f++)
		buf_printf(out, "%s%s=%ldi", f == 0 ? "" : ",", fields[f], random() % 101);
	buf_printf(out, " 1451606400000000000\n");
}

static void
make_bodies(struct bench *b)
{
	b->n_bodies = (b->n_series + b->batch - 1) / b->batch;
	b->bodies = memory_array(b->n_bodies, sizeof(*b->bodies));
	memset(b->bodies, 0, b->n_bodies * sizeof(*b->bodies));
	for (unsigned i = 0; i < b->n_series; i++)
		if (b->pairs)
			put_line(&b->bodies[i / b->batch], i % 1000, i / 1000);
		else
			put_line(&b->bodies[i / b->batch], i, (unsigned)random() % 100);
}

/*
 * The same lines in bodies that have nothing to do with the order in which they came first.
 */
static void
shuffle(struct bench *b)
{
	struct slice *lines = memory_array(b->n_series, sizeof(*lines));
	struct buf *bodies = memory_array(b->n_bodies, sizeof(*bodies));
	unsigned n = 0;

	memset(bodies, 0, b->n_bodies * sizeof(*bodies));
	for (unsigned i = 0; i < b->n_bodies; i++)
		for (const char *p = b->bodies[i].p; p < b->bodies[i].p + b->bodies[i].n;) {
			const char *end = memchr(p, '\n', (size_t)(b->bodies[i].p + b->bodies[i].n - p));

			lines[n++] = slice_make(p, (size_t)(end + 1 - p));
			p = end + 1;
		}
	for (unsigned i = n; i-- > 1;) {
		unsigned other = (unsigned)random() % (i + 1);
		struct slice line = lines[i];

		lines[i] = lines[other];
		lines[other] = line;
	}
	for (unsigned i = 0; i < n; i++)
		buf_put_slice(&bodies[i / b->batch], lines[i]);
	for (unsigned i = 0; i < b->n_bodies; i++)
		buf_free(&b->bodies[i]);
	free(b->bodies);
	free(lines);
	b->bodies = bodies;
}

/* ---- writing ---- */

static struct store *
open_store(const struct bench *b)
{
	struct store_options options;
	struct store *store;
	struct err err;

	store_default_options(&options);
	options.home = b->home;
	if (store_open(&store, &options, &err) != 0)
		die("store", err.text);
	return store;
}

static int
next_piece(void *from, struct slice *piece, struct err *err)
{
	struct slice *rest = from;

	(void)err;
	*piece = *rest;
	rest->n = 0;
	return 0;
}

/*
 * The line of /proc/self/smaps_rollup that counts pages nobody else has.
 */
static size_t
private_kib(void)
{
	FILE *in = fopen("/proc/self/smaps_rollup", "r");
	char line[128];
	size_t kib = 0;

	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "Private_Dirty:", 14) == 0)
			kib = (size_t)atol(line + 14);
	if (in != NULL)
		fclose(in);
	return kib;
}

static void
write_some(const struct bench *b, unsigned writer)
{
	struct grant all = { GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 };
	struct grants grants = { true, 1, 1, &all };
	struct write_memory *memory = write_memory_new(MEMO_BYTES);
	struct arena *arena = arena_new(65536);
	struct store *store = open_store(b);
	size_t kib = 0;

	for (unsigned i = writer; i < b->n_bodies; i += b->n_writers) {
		struct slice body = buf_slice(&b->bodies[i]);
		struct write_request request = { .store = store, .memory = memory, .arena = arena,
			.grants = &grants, .to = WRITE_TO_BUCKET, .bucket = SLICE("bench"),
			.max_columns = 1000, .next = next_piece, .from = &body };
		struct write_report report;
		int64_t began = clock_monotonic_ns();
		struct err err;

		if (write_points(&request, &report, &err) != 0)
			die("write", err.text);
		if (report.code != ERR_NONE)
			die("refused", "a line");
		b->took[i] = clock_monotonic_ns() - began;
		store_maintain(store, STORE_BUSY, NULL, NULL);
		b->behind[i] = clock_monotonic_ns() - began - b->took[i];
		arena_reset(arena);
		if (i / b->n_writers % 16 == 0 && (kib = private_kib()) > b->private_kib[writer])
			b->private_kib[writer] = kib;
	}
	store_close(store);
	arena_free(arena);
	write_memory_free(memory);
}

static int64_t
pace(const struct bench *b, bool last)
{
	unsigned tenth = b->n_bodies < 10 ? 1 : b->n_bodies / 10;
	int64_t sum = 0;

	for (unsigned i = 0; i < tenth; i++)
		sum += b->took[last ? b->n_bodies - 1 - i : i];
	return sum / tenth;
}

static void
write_all(const struct bench *b, const char *what)
{
	int64_t began = clock_monotonic_ns(), took, answered = 0, behind = 0;
	size_t kib = 0;
	int status;

	memset(b->private_kib, 0, b->n_writers * sizeof(*b->private_kib));
	for (unsigned w = 0; w < b->n_writers; w++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork", "there is no room for another process");
		if (pid == 0) {
			write_some(b, w);
			_exit(0);
		}
	}
	for (unsigned w = 0; w < b->n_writers; w++)
		if (wait(&status) < 0 || status != 0)
			die("a writer", "has failed");
	took = clock_monotonic_ns() - began;
	for (unsigned w = 0; w < b->n_writers; w++)
		kib = b->private_kib[w] > kib ? b->private_kib[w] : kib;
	for (unsigned i = 0; i < b->n_bodies; i++) {
		answered += b->took[i];
		behind += b->behind[i];
	}
	printf("%-6s %8.0f points/s, %5.2f us each (of a writer's time %2.0f %% after the answers); a body "
	    "of the last tenth took %.2f times one of the first; private memory %zu MiB\n", what,
	    (double)b->n_series * 1e9 / (double)took, (double)took / 1e3 / b->n_series,
	    (double)behind * 100 / (double)(answered + behind),
	    (double)pace(b, true) / (double)pace(b, false), kib >> 10);
	fflush(stdout);
}

/* ---- reading ---- */

struct counter {
	struct rows_sink sink;
	uint64_t	 n_series, n_rows;
	size_t		 n_columns;
	double		 first;		/* last column of the first row */
};

static void
result(struct rows_sink *sink, unsigned id)
{
	(void)sink;
	(void)id;
}

static void
series(struct rows_sink *sink, const struct rows_series *s)
{
	struct counter *c = (struct counter *)sink;

	c->n_series++;
	c->n_columns = s->n_columns;
}

static bool
row(struct rows_sink *sink, const struct value *values)
{
	struct counter *c = (struct counter *)sink;
	const struct value *last = &values[c->n_columns - 1];

	if (c->n_rows++ == 0)
		c->first = last->type == VALUE_FLOAT ? last->f : (double)last->i;
	return true;
}

static void
message(struct rows_sink *sink, const char *level, struct slice text)
{
	(void)sink;
	(void)level;
	(void)text;
}

static void
failed(struct rows_sink *sink, struct slice text)
{
	(void)sink;
	fprintf(stderr, "series_bench: query: " SLICE_FMT "\n", SLICE_ARG(text));
	exit(1);
}

static void
nothing(struct rows_sink *sink)
{
	(void)sink;
}

static void
ask(const struct bench *b, const char *text)
{
	struct counter c = { .sink = { result, series, row, nothing, message, failed, nothing, nothing } };
	struct grant all = { GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 };
	struct grants grants = { true, 1, 1, &all };
	struct arena *arena = arena_new(65536);
	struct store *store = open_store(b);
	struct query_request request = { .store = store, .grants = &grants, .text = slice_from(text),
		.database = SLICE("bench"), .policy = SLICE("autogen"), .arena = arena };
	int64_t began = clock_monotonic_ns();
	struct query *query;
	struct err err;

	request.limits.max_memory_bytes = UINT64_C(1) << 30;
	if (query_prepare(&request, &query, &err) != 0)
		die(text, err.text);
	query_run(query, &c.sink);
	printf("%7.2f s, private memory %zu MiB, %llu series, %llu rows, first value %g: %s\n",
	    (double)(clock_monotonic_ns() - began) / 1e9, private_kib() >> 10,
	    (unsigned long long)c.n_series, (unsigned long long)c.n_rows, c.first, text);
	fflush(stdout);
	query_end(query);
	store_close(store);
	arena_free(arena);
}

static void
ask_all(const struct bench *b)
{
	static const char *const texts[] = { "SELECT count(usage_user) FROM cpu",
		"SELECT mean(usage_user) FROM cpu GROUP BY rack",
		"SELECT usage_user FROM cpu WHERE hostname = 'host_77'",
		"SHOW SERIES EXACT CARDINALITY ON bench", "SELECT max(usage_user) FROM cpu GROUP BY hostname" };
	int status;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			ask(b, texts[i]);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
			die(texts[i], "has failed");
	}
}

static double
bytes_a_series(const struct bench *b, const char *file)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", b->home, file);
	return stat(path, &st) != 0 ? 0 : (double)st.st_blocks * 512 / b->n_series;
}

static void
compact(const struct bench *b)
{
	struct store_compact_spec spec = { NULL, NULL };
	struct store *store = open_store(b);
	double before = bytes_a_series(b, "series.db");
	int64_t began = clock_monotonic_ns();
	struct err err;

	if (store_compact(store, &spec, &err) != 0)
		die("compaction", err.text);
	store_close(store);
	printf("compacted in %.2f s; series.db %.0f bytes a series, before it %.0f; chunks.db %.0f\n",
	    (double)(clock_monotonic_ns() - began) / 1e9, bytes_a_series(b, "series.db"), before,
	    bytes_a_series(b, "chunks.db"));
	fflush(stdout);
}

static void
make_store(const struct bench *b)
{
	struct store_options options;
	struct store_bucket bucket;
	struct arena *arena = arena_new(4096);
	struct store *store;
	struct err err;

	store_default_options(&options);
	options.home = b->home;
	if (store_create(&options, &err) != 0)
		die("store", err.text);
	store = open_store(b);
	if (admin_bucket_create(store, arena, SLICE("bench"), SLICE(""), 0, &bucket, &err) != 0)
		die("bucket", err.text);
	store_close(store);
	arena_free(arena);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "series", 1, NULL, 's' }, { "batch", 1, NULL, 'b' },
		{ "writers", 1, NULL, 'w' }, { "pairs", 0, NULL, 'p' }, { "shuffle", 0, NULL, 'x' }, { "keep", 0, NULL, 'k' },
		{ NULL, 0, NULL, 0 } };
	struct bench b = { .n_series = 200000, .batch = 5000, .n_writers = 2 };
	char home[] = "/tmp/weir-series-XXXXXX", command[64];
	bool keep = false, other_order = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			b.n_series = (unsigned)atoi(optarg);
		else if (c == 'b')
			b.batch = (unsigned)atoi(optarg);
		else if (c == 'w')
			b.n_writers = (unsigned)atoi(optarg);
		else if (c == 'p')
			b.pairs = true;
		else if (c == 'x')
			other_order = true;
		else if (c == 'k')
			keep = true;
		else
			return 2;
	}
	if (b.n_series == 0 || b.batch == 0 || b.n_writers == 0 || b.n_writers > MOST_WRITERS)
		return 2;
	if ((b.home = mkdtemp(home)) == NULL)
		die(home, "cannot be made");
	make_bodies(&b);
	b.took = shared(b.n_bodies * sizeof(*b.took));
	b.behind = shared(b.n_bodies * sizeof(*b.behind));
	b.private_kib = shared(b.n_writers * sizeof(*b.private_kib));
	make_store(&b);
	write_all(&b, "new");
	write_all(&b, "again");
	if (other_order) {
		shuffle(&b);
		write_all(&b, "mixed");
	}
	compact(&b);
	for (unsigned i = 0; i < b.n_bodies; i++)
		buf_free(&b.bodies[i]);
	free(b.bodies);
	ask_all(&b);
	if (keep) {
		printf("the store is kept in %s\n", b.home);
		return 0;
	}
	snprintf(command, sizeof(command), "rm -rf %s", home);
	return system(command);
}
