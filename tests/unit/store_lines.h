/*
 * tests/unit/store_lines.h - a store in a folder of its own, filled with line protocol
 *
 * What cannot be done ends the program with words on standard error: no test goes on without its
 * data.
 */
#ifndef WEIR_TESTS_STORE_LINES_H
#define WEIR_TESTS_STORE_LINES_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "line/line.h"
#include "store/store.h"

struct lines_home {
	char		 path[128];
	struct store	*store;
	struct line_memo *memo;		/* NULL = none yet */
	uint64_t	 memo_bucket;	/* what it remembers is of one bucket */
};

static inline void
lines_die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	abort();
}

/*
 * lines_open - a new store, below TMPDIR; lines_close takes it away again
 */
static inline void
lines_open(struct lines_home *home)
{
	const char *folder = getenv("TMPDIR");
	struct store_options options;
	struct err err = { .code = ERR_NONE };

	memset(home, 0, sizeof(*home));
	snprintf(home->path, sizeof(home->path), "%s/weir-lines.XXXXXX",
	    folder != NULL && strlen(folder) < 100 ? folder : "/tmp");
	if (mkdtemp(home->path) == NULL)
		lines_die("mkdtemp", home->path);
	store_default_options(&options);
	options.home = home->path;
	options.reserve_bytes = 0;
	if (store_create(&options, &err) != 0 || store_open(&home->store, &options, &err) != 0)
		lines_die("a new store", err.text);
}

static inline void
lines_close(struct lines_home *home)
{
	char command[160];

	store_close(home->store);
	line_memo_free(home->memo);
	snprintf(command, sizeof(command), "rm -rf '%s'", home->path);
	if (system(command) != 0)
		lines_die("cannot remove", home->path);
}

static inline int
lines_make_bucket(struct txn *txn, void *arg, struct err *err)
{
	return store_bucket_create(txn, arg, err);
}

/*
 * lines_bucket - a new bucket, its id; one named d is what the database d of a query is
 */
static inline uint64_t
lines_bucket(struct lines_home *home, const char *name)
{
	struct store_bucket bucket = { .name = slice_from(name) };
	struct arena *arena = arena_new(4096);
	struct err err = { .code = ERR_NONE };

	if (store_txn(home->store, STORE_WRITE, arena, lines_make_bucket, &bucket, &err) != 0)
		lines_die("a new bucket", err.text);
	arena_free(arena);
	return bucket.id;
}

/*
 * lines_write - all lines, none of which may be refused; a line without a time is of now_ns
 */
static inline void
lines_write(struct lines_home *home, uint64_t bucket_id, struct slice lines,
    enum precision precision, int64_t now_ns)
{
	struct arena *arena = arena_new(65536);
	struct line_stream stream = { .line = 1 };
	struct line_options options;
	struct batch_rejects rejects = { .arena = arena };
	struct buf body = { 0 };
	struct slice rest;
	enum line_stop stop;
	struct err err = { .code = ERR_NONE };

	if (home->memo == NULL || home->memo_bucket != bucket_id) {
		line_memo_free(home->memo);
		home->memo = line_memo_new(1 << 20);
		home->memo_bucket = bucket_id;
	}
	line_default_options(&options);
	options.precision = precision;
	options.now_ns = now_ns;
	buf_put_slice(&body, lines);
	buf_reserve(&body, LINE_SLACK);
	rest = buf_slice(&body);
	do {
		struct batch batch;
		size_t consumed;
		uint64_t stored;

		batch_init(&batch, arena, &rejects);
		stop = line_parse(home->memo, &stream, &options, rest, true, &batch, &consumed);
		rest = slice_make(rest.p + consumed, rest.n - consumed);
		if (store_append(home->store, bucket_id, &batch, &stored, &err) != 0)
			lines_die("writing", err.text);
		if (rejects.n != 0)
			lines_die("refused", arena_string(arena, rejects.kept[0].text));
	} while (stop == LINE_BATCH_FULL);
	buf_free(&body);
	arena_free(arena);
}

/*
 * lines_compact - all of it into chunks
 */
static inline void
lines_compact(struct lines_home *home)
{
	struct err err = { .code = ERR_NONE };

	if (store_compact(home->store, &(struct store_compact_spec){ 0 }, &err) != 0)
		lines_die("compacting", err.text);
}

#endif
