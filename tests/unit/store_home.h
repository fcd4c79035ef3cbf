/*
 * tests/unit/store_home.h - a store in a temporary home, and points made by hand
 */
#ifndef WEIR_TESTS_STORE_HOME_H
#define WEIR_TESTS_STORE_HOME_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/memory.h"
#include "model/tag.h"
#include "store/store.h"

struct home {
	char		 path[64];
	struct store_options options;
	struct store	*store;
	struct arena	*arena;		/* of results */
	struct arena	*batch_arena;
	struct batch_rejects rejects;
	struct batch	 batch;
	uint64_t	 bucket;
};

static inline void
home_die(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	abort();
}

static inline void
home_open(struct home *h)
{
	struct err err;

	if (store_open(&h->store, &h->options, &err) != 0)
		home_die("store_open", &err);
}

static inline int
home_make_bucket(struct txn *txn, void *arg, struct err *err)
{
	struct home *h = arg;
	struct store_bucket bucket = { .name = SLICE("b"), .description = SLICE("") };
	int r = store_bucket_create(txn, &bucket, err);

	h->bucket = bucket.id;
	return r;
}

static inline void
home_new(struct home *h)
{
	struct err err;

	memset(h, 0, sizeof(*h));
	snprintf(h->path, sizeof(h->path), "/tmp/weir-test-XXXXXX");
	if (mkdtemp(h->path) == NULL)
		abort();
	store_default_options(&h->options);
	h->options.home = h->path;
	h->options.reserve_bytes = 0;
	h->arena = arena_new(4096);
	h->batch_arena = arena_new(4096);
	h->rejects.arena = h->arena;
	if (store_create(&h->options, &err) != 0)
		home_die("store_create", &err);
	home_open(h);
	if (store_txn(h->store, STORE_WRITE, h->arena, home_make_bucket, h, &err) != 0)
		home_die("bucket", &err);
	batch_init(&h->batch, h->batch_arena, &h->rejects);
}

static inline void
home_free(struct home *h)
{
	char command[128];

	store_close(h->store);
	arena_free(h->arena);
	arena_free(h->batch_arena);
	snprintf(command, sizeof(command), "rm -rf %s", h->path);
	if (system(command) != 0)
		abort();
}

/*
 * home_ref - a series that a parser would remember; the caller's memory
 */
static inline struct series_ref *
home_ref(const struct tag *tags, size_t n)
{
	struct series_ref *ref = memory_zalloc(sizeof(*ref));
	struct buf bytes = { 0 };

	tag_set_encode(tags, n, &bytes);
	ref->tags = buf_slice(&bytes);
	ref->hash = hash_stable(ref->tags.p, ref->tags.n);
	return ref;
}

static inline void
home_ref_free(struct series_ref *ref)
{
	free((void *)(uintptr_t)ref->tags.p);
	free(ref);
}

/*
 * home_point - begin a row; home_put - one field of the newest row
 */
static inline struct batch_table *
home_point(struct home *h, const char *measurement, struct series_ref *ref, int64_t time,
    uint32_t line)
{
	struct batch_table *t = batch_table(&h->batch, slice_from(measurement));

	batch_table_add_row(&h->batch, t, time, batch_table_add_ref(&h->batch, t, ref), line);
	return t;
}

static inline void
home_put(struct home *h, struct batch_table *t, const char *field, struct value v)
{
	struct batch_column *c = batch_column(&h->batch, t, slice_from(field), v.type);
	uint32_t row = t->n_rows - 1;

	if (v.type == VALUE_STRING) {
		if (c->n_strings == c->cap_strings) {
			uint32_t cap = c->cap_strings * 2 + 4;

			c->strings = arena_grow(h->batch_arena, c->strings, c->n_strings, cap);
			c->cap_strings = cap;
		}
		c->strings[c->n_strings] = arena_copy(h->batch_arena, v.s);
		c->cells[row].u = c->n_strings++;
	} else {
		c->cells[row].u = v.type == VALUE_BOOLEAN ? v.b : v.u;
	}
	batch_set_present(c, row);
}

/*
 * home_append - store the batch and begin a new one; how many rows were stored
 */
static inline uint64_t
home_append(struct home *h)
{
	struct err err;
	uint64_t stored;

	if (store_append(h->store, h->bucket, &h->batch, &stored, &err) != 0)
		home_die("store_append", &err);
	arena_reset(h->batch_arena);
	batch_init(&h->batch, h->batch_arena, &h->rejects);
	return stored;
}

/*
 * home_row - store one row of a series with the tag host=h<n>, whose field "v" is n
 */
static inline void
home_row(struct home *h, const char *measurement, unsigned n, int64_t time)
{
	char name[16];
	struct tag tag = { SLICE("host"), { name, (size_t)snprintf(name, sizeof(name), "h%u", n) } };
	struct series_ref *ref = home_ref(&tag, 1);

	home_put(h, home_point(h, measurement, ref, time, 1), "v",
	    (struct value){ .type = VALUE_INTEGER, .i = n });
	home_append(h);
	home_ref_free(ref);
}

struct home_measurement {
	struct slice	 name;
	uint64_t	 bucket;
	struct store_measurement *m;
};

static inline int
home_measurement_body(struct txn *txn, void *arg, struct err *err)
{
	struct home_measurement *job = arg;

	return store_measurement_get(txn, job->bucket, job->name, &job->m, err);
}

static inline struct store_measurement *
home_measurement(struct home *h, const char *name)
{
	struct home_measurement job = { slice_from(name), h->bucket, NULL };
	struct err err;

	if (store_txn(h->store, STORE_READ, h->arena, home_measurement_body, &job, &err) != 0)
		home_die("measurement", &err);
	return job.m;
}

/*
 * home_apart - a test in a process of its own: the library gives not all memory back when it recovers
 */
static inline void
home_apart(void (*test)(void **unused))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		test(NULL);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		abort();
}

#endif
