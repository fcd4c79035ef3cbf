/*
 * tests/bench/ingest_bench.c - parse, store and sync without a web server
 *
 *     ingest_bench [--hosts N] [--steps N] [--batch LINES] [--floats] [FILE...]
 *
 * Bodies are made here (or read from files), then written to a store in a temporary home one after
 * another, each as a request would be: parsed, registered, appended, synced. What is left between
 * this and the figure behind a web server is the web server and the client.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "base/memory.h"
#include "write/write.h"

struct bodies {
	struct buf	*list;
	size_t		 n, cap;
	uint64_t	 lines;
};

struct one_piece {
	struct slice	 piece;
};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "ingest_bench: %s: %s\n", what, why);
	exit(1);
}

static struct buf *
add_body(struct bodies *b)
{
	if (b->n == b->cap) {
		b->cap = b->cap * 2 + 16;
		b->list = memory_grow(b->list, b->cap, sizeof(*b->list));
	}
	b->list[b->n] = (struct buf){ 0 };
	return &b->list[b->n++];
}

static void
put_line(struct buf *out, unsigned host, unsigned step, double *walk, bool floats)
{
	static const char *const fields[] = { "usage_user", "usage_system", "usage_idle", "usage_nice",
		"usage_iowait", "usage_irq", "usage_softirq", "usage_steal", "usage_guest",
		"usage_guest_nice" };

	buf_printf(out, "cpu,arch=x64,datacenter=eu-west-1a,hostname=host_%u,os=Ubuntu16.10,rack=%u,"
	    "region=eu-west-1,service=%u,service_environment=test,service_version=0,team=LON ", host,
	    host * 7 % 100, host % 20);
	for (unsigned f = 0; f < 10; f++) {
		walk[f] += (double)random() / (double)RAND_MAX * 2 - 1;
		walk[f] = walk[f] < 0 ? 0 : walk[f] > 100 ? 100 : walk[f];
		if (floats)
			buf_printf(out, "%s%s=%.10g", f == 0 ? "" : ",", fields[f], walk[f]);
		else
			buf_printf(out, "%s%s=%di", f == 0 ? "" : ",", fields[f], (int)walk[f]);
	}
	buf_printf(out, " %lld\n", 1451606400000000000LL + (long long)step * 10000000000LL);
}

static void
make_bodies(struct bodies *b, unsigned hosts, unsigned steps, unsigned batch, bool floats)
{
	double *walks = memory_array((size_t)hosts * 10, sizeof(*walks));
	struct buf *body = NULL;

	for (size_t i = 0; i < (size_t)hosts * 10; i++)
		walks[i] = 50;
	for (unsigned step = 0; step < steps; step++)
		for (unsigned host = 0; host < hosts; host++, b->lines++) {
			if (b->lines % batch == 0)
				body = add_body(b);
			put_line(body, host, step, walks + (size_t)host * 10, floats);
		}
	free(walks);
}

static void
read_body(struct bodies *b, const char *path)
{
	struct buf *body = add_body(b);
	FILE *in = fopen(path, "r");
	size_t n;

	if (in == NULL)
		die(path, "cannot be opened");
	do {
		buf_reserve(body, 1 << 16);
		n = fread(body->p + body->n, 1, 1 << 16, in);
		body->n += n;
	} while (n > 0);
	fclose(in);
	for (size_t i = 0; i < body->n; i++)
		b->lines += body->p[i] == '\n';
}

static int
next_piece(void *from, struct slice *piece, struct err *err)
{
	struct one_piece *p = from;

	(void)err;
	*piece = p->piece;
	p->piece.n = 0;
	return 0;
}

static void
write_bodies(struct store *store, const struct bodies *b)
{
	struct grant all = { GRANT_READ | GRANT_WRITE, GRANT_BUCKETS, 0 };
	struct grants grants = { true, 1, 1, &all };
	struct write_memory *memory = write_memory_new(64 << 20);
	struct arena *arena = arena_new(65536);

	for (size_t i = 0; i < b->n; i++) {
		struct one_piece piece = { buf_slice(&b->list[i]) };
		struct write_request request = { .store = store, .memory = memory, .arena = arena,
			.grants = &grants, .to = WRITE_TO_BUCKET, .bucket = SLICE("bench"),
			.max_columns = 1000, .next = next_piece, .from = &piece };
		struct write_report report;
		struct err err;

		if (write_points(&request, &report, &err) != 0)
			die("write", err.text);
		if (report.code != ERR_NONE)
			die("refused", "a line");
		store_maintain(store, STORE_PAUSE, NULL, NULL);
		arena_reset(arena);
	}
	arena_free(arena);
	write_memory_free(memory);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "hosts", 1, NULL, 'h' }, { "steps", 1, NULL, 's' },
		{ "batch", 1, NULL, 'b' }, { "floats", 0, NULL, 'f' }, { NULL, 0, NULL, 0 } };
	unsigned hosts = 100, steps = 2000, batch = 5000;
	char home[] = "/tmp/weir-bench-XXXXXX", command[64];
	struct store_options store_options;
	struct bodies bodies = { 0 };
	struct store_bucket bucket;
	struct store *store;
	struct arena *arena = arena_new(4096);
	struct err err;
	int64_t began, took;
	bool floats = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			hosts = (unsigned)atoi(optarg);
		else if (c == 's')
			steps = (unsigned)atoi(optarg);
		else if (c == 'b')
			batch = (unsigned)atoi(optarg);
		else if (c == 'f')
			floats = true;
		else
			return 2;
	}
	for (int i = optind; i < argc; i++)
		read_body(&bodies, argv[i]);
	if (bodies.n == 0)
		make_bodies(&bodies, hosts, steps, batch, floats);
	if (mkdtemp(home) == NULL)
		die(home, "cannot be made");
	store_default_options(&store_options);
	store_options.home = home;
	if (store_create(&store_options, &err) != 0 || store_open(&store, &store_options, &err) != 0 ||
	    admin_bucket_create(store, arena, SLICE("bench"), SLICE(""), 0, &bucket, &err) != 0)
		die("store", err.text);
	began = clock_monotonic_ns();
	write_bodies(store, &bodies);
	took = clock_monotonic_ns() - began;
	printf("%llu points in %zu bodies: %.0f points/s, %.0f ns a point\n",
	    (unsigned long long)bodies.lines, bodies.n,
	    (double)bodies.lines * 1e9 / (double)took, (double)took / (double)bodies.lines);
	store_close(store);
	snprintf(command, sizeof(command), "rm -rf %s", home);
	c = system(command);
	for (size_t i = 0; i < bodies.n; i++)
		buf_free(&bodies.list[i]);
	free(bodies.list);
	arena_free(arena);
	return c;
}
