/*
 * tests/unit/store_readers_test.c - readers miss nothing while others write, compact and delete
 *
 * Writers append rows, some of them late and some very late, and note in shared memory what is
 * acknowledged. Their journals are compacted after every few writes, one process compacts all of it
 * now and then, another takes away rows of one series by time, and whole series that come and go.
 * Readers go over all series forward and backward: times rise (or fall) strictly, each row has its
 * value, every row that was acknowledged before the scan is there unless somebody deleted it, and
 * none is there that was deleted before.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "store_home.h"

#define RUN_NS INT64_C(3000000000)
#define WRITERS 2
#define SERIES (2 * WRITERS)	/* two a writer; rows of the first are deleted */
#define SLOTS 30000		/* of a series: the row's time, and its value */
#define STEP 20			/* slots of one write */
#define LATE 1000
#define VERY_LATE 7000

struct board {			/* in shared memory */
	_Atomic bool	 stop;
	_Atomic uint8_t	 acked[SERIES][SLOTS];
	_Atomic uint8_t	 condemned[SLOTS];	/* of series 0: a DELETE may take it */
	_Atomic uint8_t	 deleted[SLOTS];	/* was there before a DELETE that has returned */
	_Atomic uint32_t scans, deletes;
};

static struct board *board;
static struct series_ref *refs[SERIES];

static struct series_ref *
series_of(const char *kind, unsigned number)
{
	char name[32];
	struct tag tag = { SLICE("host"), { name, 0 } };

	tag.value.n = (size_t)snprintf(name, sizeof(name), "%s%u", kind, number);
	return home_ref(&tag, 1);
}

static void
rest(long ns)
{
	nanosleep(&(struct timespec){ 0, ns }, NULL);
}

static void
put_slot(struct home *h, struct series_ref *ref, int slot)
{
	home_put(h, home_point(h, "m", ref, slot, 1), "v",
	    (struct value){ .type = VALUE_INTEGER, .i = slot });
}

/*
 * The slots that a write at `base` brings: most at once, every seventh late, every eleventh later.
 */
static bool
comes_with(int base, int slot)
{
	int delay = slot % 7 == 3 ? LATE : slot % 11 == 5 ? VERY_LATE : 0;

	return slot >= 0 && slot < SLOTS && (slot + delay) / STEP == base / STEP;
}

static const int delays[] = { VERY_LATE, LATE, 0 };

static void
write_step(struct home *h, unsigned writer, int base)
{
	struct err err;

	for (unsigned s = writer * 2; s < writer * 2 + 2; s++)
		for (size_t d = 0; d < 3; d++)
			for (int slot = base - delays[d]; slot < base - delays[d] + STEP; slot++)
				if (comes_with(base, slot))
					put_slot(h, refs[s], slot);
	home_append(h);
	if (store_sync(h->store, &err) != 0)
		home_die("sync", &err);
	for (unsigned s = writer * 2; s < writer * 2 + 2; s++)
		for (size_t d = 0; d < 3; d++)
			for (int slot = base - delays[d]; slot < base - delays[d] + STEP; slot++)
				if (comes_with(base, slot))
					board->acked[s][slot] = 1;
}

static void
writer_main(struct home *h, unsigned writer)
{
	for (int base = 0; base < SLOTS && !board->stop; base += STEP) {
		write_step(h, writer, base);
		store_maintain(h->store, STORE_PAUSE, NULL, NULL);
		rest(500000);
	}
}

static void
compactor_main(struct home *h, unsigned unused)
{
	struct err err;

	(void)unused;
	while (!board->stop) {
		if (store_compact(h->store, &(struct store_compact_spec){ 0 }, &err) != 0 &&
		    err.code != ERR_UNAVAILABLE)
			home_die("compact", &err);
		rest(50000000);
	}
}

/*
 * A series that comes and goes, so that readers of the index meet one that is half gone.
 */
static void
come_and_go(struct home *h, unsigned number)
{
	struct series_ref *ref = series_of("guest", number);
	struct err err;
	uint64_t n_rows;

	put_slot(h, ref, 1);
	home_append(h);
	if (store_delete_rows(h->store, home_measurement(h, "m"), &ref->id, 1, INT64_MIN, INT64_MAX,
	    &n_rows, &err) != 0)
		home_die("delete a series", &err);
	home_ref_free(ref);
}

static void
deleter_main(struct home *h, unsigned unused)
{
	static uint8_t before[SLOTS];

	(void)unused;
	srand(7);
	for (unsigned round = 0; !board->stop; round++) {
		int from = 1 + rand() % (SLOTS / 4), to = from + rand() % 300;
		struct err err;
		uint64_t n_rows;

		arena_reset(h->arena);
		for (int slot = from; slot <= to; slot++) {
			before[slot] = board->acked[0][slot];
			board->condemned[slot] = 1;
		}
		if (store_delete_rows(h->store, home_measurement(h, "m"), &refs[0]->id, 1, from, to,
		    &n_rows, &err) != 0)
			home_die("delete", &err);
		for (int slot = from; slot <= to; slot++)
			if (before[slot])
				board->deleted[slot] = 1;
		come_and_go(h, round);
		board->deletes++;
		rest(20000000);
	}
}

/* ---- readers ---- */

static void
wrong(const char *what, unsigned series, bool back, int slot)
{
	fprintf(stderr, "series %u %s, slot %d: %s\n", series, back ? "backward" : "forward", slot,
	    what);
	_exit(1);
}

static void
read_series(struct store_scan *scan, unsigned series, bool back, uint8_t *seen)
{
	struct store_cursor *cursor = store_scan_cursor(scan, series);
	int64_t last = back ? INT64_MAX : INT64_MIN;
	const struct store_block *block;
	struct err err;
	int r;

	while ((r = store_cursor_next(cursor, &block, &err)) == 0 && block != NULL)
		for (size_t i = 0; i < block->n_rows; i++) {
			int64_t t = block->times[i];

			if (back ? t >= last : t <= last)
				wrong("out of order", series, back, (int)t);
			if (t < 0 || t >= SLOTS || store_block_value(block, 0, i).i != t)
				wrong("a wrong value", series, back, (int)t);
			seen[t] = 1;
			last = t;
		}
	if (r != 0)
		home_die("cursor", &err);
	store_cursor_close(cursor);
}

static void
scan_all(struct home *h, bool back)
{
	static uint8_t acked[SERIES][SLOTS], deleted[SLOTS], seen[SERIES][SLOTS];
	struct store_scan_spec spec = { .from = INT64_MIN, .to = INT64_MAX, .descending = back };
	uint64_t ids[SERIES];
	struct store_scan *scan;
	struct err err;

	memcpy(acked, (void *)board->acked, sizeof(acked));
	memcpy(deleted, (void *)board->deleted, sizeof(deleted));
	memset(seen, 0, sizeof(seen));
	spec.measurement = home_measurement(h, "m");
	spec.fields = &spec.measurement->fields[0].id;
	spec.n_fields = 1;
	for (unsigned s = 0; s < SERIES; s++)
		ids[s] = refs[s]->id;
	spec.series = ids;
	spec.n_series = SERIES;
	if (store_scan_begin(h->store, &spec, &scan, &err) != 0)
		home_die("scan", &err);
	for (unsigned s = 0; s < SERIES; s++)
		read_series(scan, s, back, seen[s]);
	store_scan_end(scan);
	for (unsigned s = 0; s < SERIES; s++)
		for (int slot = 0; slot < SLOTS; slot++) {
			if (acked[s][slot] && !seen[s][slot] && !(s == 0 && board->condemned[slot]))
				wrong("an acknowledged row is missing", s, back, slot);
			if (s == 0 && deleted[slot] && seen[s][slot])
				wrong("a deleted row is back", s, back, slot);
		}
}

static void
list_tags(struct home *h)
{
	struct store_measurement *m = home_measurement(h, "m");
	struct store_series_list all;
	struct slice *values;
	struct err err;

	if (store_series_all(h->store, m, h->arena, &all, &err) != 0 ||
	    store_series_tags(h->store, m, all.ids, all.n, &m->tags[0].id, 1, h->arena, &values,
	    &err) != 0)
		home_die("tags", &err);
	for (unsigned s = 0; s < SERIES; s++)
		if (all.ids[s] != refs[s]->id)
			wrong("the series is not listed", s, false, 0);
}

static void
reader_main(struct home *h, unsigned reader)
{
	for (unsigned i = reader; !board->stop; i++) {
		arena_reset(h->arena);
		scan_all(h, i % 2 == 1);
		list_tags(h);
		board->scans++;
	}
}

/* ---- all of it ---- */

static pid_t
start(struct home *h, void (*main_of)(struct home *h, unsigned number), unsigned number)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	h->store = NULL;
	home_open(h);
	main_of(h, number);
	store_close(h->store);
	_exit(0);
}

static void
readers_miss_nothing_while_rows_come_move_and_go(void **unused)
{
	pid_t pids[WRITERS + 4];
	size_t n = 0;
	struct home h;
	int status;

	(void)unused;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(board, MAP_FAILED);
	home_new(&h);
	h.options.compact_bytes = 4000;
	for (unsigned s = 0; s < SERIES; s++) {
		refs[s] = series_of("h", s);
		put_slot(&h, refs[s], 0);
		home_append(&h);
	}
	store_close(h.store);
	for (unsigned i = 0; i < WRITERS; i++)
		pids[n++] = start(&h, writer_main, i);
	pids[n++] = start(&h, compactor_main, 0);
	pids[n++] = start(&h, deleter_main, 0);
	pids[n++] = start(&h, reader_main, 0);
	pids[n++] = start(&h, reader_main, 1);
	for (int64_t until = clock_monotonic_ns() + RUN_NS; clock_monotonic_ns() < until;)
		rest(10000000);
	board->stop = true;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	home_open(&h);
	scan_all(&h, false);
	scan_all(&h, true);
	print_message("%u scans beside %u deletes\n", board->scans, board->deletes);
	assert_true(board->scans >= 4 && board->deletes >= 2);
	for (unsigned s = 0; s < SERIES; s++)
		home_ref_free(refs[s]);
	home_free(&h);
	munmap(board, sizeof(*board));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_miss_nothing_while_rows_come_move_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
