/*
 * store/check.c - every byte read back: one database or file after the other
 *
 * Records are copied out in short sections and judged outside, so that others hardly notice. What
 * belongs together is compared by looking at it again inside one section before it is called
 * damaged: writers and the compactor go on meanwhile.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "codec/codec.h"
#include "store/check.h"
#include "store/log_file.h"

#define SECTION_BYTES (256u << 10)

void
check_found(struct check *c, const struct store_damage *damage)
{
	c->checked->damaged++;
	c->checked->dropped += damage->dropped;
	c->spec->found(c->spec->arg, damage);
}

void
check_progress(struct check *c)
{
	if (c->spec->progress != NULL)
		c->spec->progress(c->spec->arg, c->done < c->total ? c->done : c->total, c->total);
}

struct drop_job {
	enum store_db	 db;
	struct slice	 key;
};

static int
drop_body(struct txn *txn, void *arg, struct err *err)
{
	const struct drop_job *job = arg;

	txn->schema_changed = txn->auth_changed = job->db != DB_CHUNKS;
	return txn_delete(txn, job->db, job->key, err);
}

int
check_drop(struct check *c, enum store_db db, struct slice key, bool *dropped, struct err *err)
{
	struct drop_job job = { db, key };

	*dropped = c->spec->repair;
	if (!c->spec->repair)
		return 0;
	return store_txn(c->store, STORE_RELIEVE, c->step, drop_body, &job, err);
}

/* ---- walking over a database ---- */

struct raw_record {
	struct slice	 key, value;
};

struct walk {
	enum store_db	 db;
	struct slice	 from;
	struct raw_record *list;
	size_t		 n, cap, bytes;
	bool		 more;
};

static int
take(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct walk *w = arg;
	char *copy;

	(void)err;
	if (w->bytes >= SECTION_BYTES) {
		w->more = true;
		return 1;
	}
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 64 : w->cap * 2;

		w->list = arena_grow(txn->arena, w->list, w->cap, cap);
		w->cap = cap;
	}
	copy = arena_alloc(txn->arena, value.n + CODEC_SLACK);
	memset(copy + value.n, 0, CODEC_SLACK);
	if (value.n > 0)
		memcpy(copy, value.p, value.n);
	w->list[w->n++] = (struct raw_record){ arena_copy(txn->arena, key),
		slice_make(copy, value.n) };
	w->bytes += key.n + value.n;
	return 0;
}

static int
walk_body(struct txn *txn, void *arg, struct err *err)
{
	struct walk *shared = arg, w = { .db = shared->db, .from = shared->from };

	if (txn_each_from(txn, w.db, SLICE(""), w.from, take, &w, err) != 0)
		return -1;
	*shared = w;
	return 0;
}

int
check_walk(struct check *c, enum store_db db, const char *where,
    int (*visit)(struct check *c, struct slice key, struct slice value, struct err *err),
    struct err *err)
{
	struct buf last = { 0 };
	struct walk w = { .db = db, .more = true };
	int r = 0;

	while (r == 0 && w.more) {
		arena_reset(c->step);
		w.from = buf_slice(&last);
		r = store_txn(c->store, STORE_READ, c->step, walk_body, &w, err);
		for (size_t i = 0; r == 0 && i < w.n; i++) {
			if (last.n > 0 && slice_cmp(w.list[i].key, slice_make(last.p, last.n - 1)) <= 0) {
				/* the key of a page is broken, and what follows cannot be found by keys */
				check_found(c, &(struct store_damage){ .where = where, .from = 1,
				    .what = "keys are not in order: some of the database cannot be reached" });
				w.more = false;
				break;
			}
			buf_reset(&last);
			buf_put_slice(&last, w.list[i].key);
			buf_putc(&last, '\0');	/* the least key above it */
			r = visit(c, w.list[i].key, w.list[i].value, err);
		}
		if (r != 0 && err->code == ERR_CORRUPT) {
			/* nobody gets further by keys; which page it is was told, if it is one */
			if (!c->broken[db])
				check_found(c, &(struct store_damage){ .where = where, .from = 1,
				    .what = err->text });
			c->broken[db] = true;
			w.more = false;
			r = 0;
		}
		c->done += w.bytes;
		check_progress(c);
	}
	buf_free(&last);
	return r;
}

/* ---- what is known of the schema ---- */

static int
add_measurements(struct txn *txn, struct check *c, const struct store_bucket *bucket,
    struct err *err)
{
	struct slice *names;
	size_t n;

	if (store_measurements(txn, bucket->id, &names, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct check_measurement known = { .bucket = bucket->name };

		if (store_measurement_get(txn, bucket->id, names[i], &known.m, err) != 0)
			return -1;
		if (known.m == NULL)
			continue;
		if (c->n == c->cap) {
			size_t cap = c->cap == 0 ? 64 : c->cap * 2;

			c->list = arena_grow(c->arena, c->list, c->cap, cap);
			c->cap = cap;
		}
		c->list[c->n++] = known;
	}
	return 0;
}

static int
schema_body(struct txn *txn, void *arg, struct err *err)
{
	struct check *c = arg;
	struct store_bucket *buckets;
	size_t n;

	c->list = NULL;
	c->n = c->cap = 0;
	if (store_bucket_list(txn, &buckets, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_measurements(txn, c, &buckets[i], err) != 0)
			return -1;
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	const struct check_measurement *x = a, *y = b;

	return (x->m->id > y->m->id) - (x->m->id < y->m->id);
}

int
check_schema(struct check *c, struct err *err)
{
	arena_reset(c->arena);
	c->schema_is_stale = false;
	if (store_txn(c->store, STORE_READ, c->arena, schema_body, c, err) != 0)
		return -1;
	if (c->n > 0)
		qsort(c->list, c->n, sizeof(*c->list), by_id);
	return 0;
}

const struct check_measurement *
check_measurement_of(const struct check *c, uint32_t id)
{
	struct store_measurement m = { .id = id };
	struct check_measurement key = { .m = &m };

	return c->n == 0 ? NULL : bsearch(&key, c->list, c->n, sizeof(*c->list), by_id);
}

/* ---- the journal ---- */

struct column_search {
	uint32_t	 measurement_id, id;
	bool		 found;
};

static int
match_column(void *arg, const struct column *column)
{
	struct column_search *search = arg;

	search->found = search->found || column->id == search->id;
	return search->found;
}

static int
column_body(struct txn *txn, void *arg, struct err *err)
{
	struct column_search *search = arg;

	search->found = false;
	return column_each(txn, search->measurement_id, match_column, search, err);
}

static void
frame_is_damaged(struct check *c, const struct journal_frame *frame, const char *what)
{
	const struct check_measurement *of = check_measurement_of(c, frame->measurement_id);
	struct store_damage damage = { .where = "journal", .from = 1, .what = what };

	if (of != NULL) {
		damage.bucket = of->bucket;
		damage.measurement = of->m->name;
	}
	if (of == NULL || codec_batch_span(frame->record, &damage.from, &damage.to) != 0) {
		damage.from = 1;
		damage.to = 0;
	}
	damage.dropped = c->spec->repair;	/* by the compaction that follows */
	check_found(c, &damage);
}

/*
 * What is read of the schema is older than the frame, perhaps: then it is read again, once a frame.
 */
static bool
is_new_column(struct check *c, const struct check_measurement *of, uint32_t id)
{
	struct column_search search = { of->m->id, id, false };
	struct err why;

	for (size_t i = 0; i < of->m->n_fields; i++)
		if (of->m->fields[i].id == id)
			return false;
	if (store_txn(c->store, STORE_READ, c->step, column_body, &search, &why) != 0)
		return false;
	return !search.found;
}

static int
check_frame(void *arg, const struct journal_frame *frame, struct err *err)
{
	struct check *c = arg;
	const struct check_measurement *of;
	struct codec_batch batch;
	struct err why;

	arena_reset(c->step);
	c->done += frame->record.n;
	if (frame->kind == JOURNAL_HOLE)
		return 0;
	if (frame->kind != JOURNAL_RECORD) {
		frame_is_damaged(c, frame, "bytes that are no whole frame");
		return 0;
	}
	c->checked->frames++;
	if (codec_batch_open(frame->record, c->step, &batch, &why) != 0) {
		frame_is_damaged(c, frame, why.text);
		return 0;
	}
	c->checked->rows += batch.n_rows;
	of = check_measurement_of(c, frame->measurement_id);
	for (uint32_t i = 0; of != NULL && i < batch.n_columns; i++)
		if (is_new_column(c, of, batch.columns[i].field) &&
		    check_field(c, of, batch.columns[i].field, batch.columns[i].type, err) != 0)
			return -1;
	return 0;
}

/*
 * Frames that have lost one bit are whole again; nobody drains files meanwhile.
 */
static int
mend_journal(struct check *c, struct err *err)
{
	const struct env *env = &c->store->env;
	uint32_t number = (uint32_t)atomic_load(&env->mark->journal_first);

	if (compact_seal(c->store, err) != 0)
		return -1;
	for (; number < journal_number(journal_end(env)); number++) {
		uint64_t n_mended;
		struct slice text;

		if (journal_mend(env, number, &n_mended, err) != 0)
			return -1;
		text = arena_printf(c->step, "%llu flipped bits of file %u are turned back: nothing is lost",
		    (unsigned long long)n_mended, number);
		if (n_mended > 0)
			check_found(c, &(struct store_damage){ .where = "journal", .from = 1, .what = text.p });
	}
	return 0;
}

static int
count_aside(const struct env *env, uint64_t *n, struct err *err)
{
	int fd = openat(env->home_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL)
		return err_set(err, ERR_IO, "%s cannot be read", env->home);
	while ((entry = readdir(directory)) != NULL)
		*n += strncmp(entry->d_name, "damaged.journal.", 16) == 0;
	closedir(directory);
	return 0;
}

static int
check_journal(struct check *c, struct err *err)
{
	const struct env *env = &c->store->env;
	struct store_checked before;
	int r;

	if (c->spec->repair && mend_journal(c, err) != 0)
		return -1;
	before = *c->checked;
	do {
		*c->checked = before;
		r = journal_each(env, 0, journal_end(env), check_frame, c, err);
	} while (r > 0);
	if (r == 0 && c->spec->repair && c->checked->damaged > before.damaged)
		r = compact_now(c->store, err);
	return r == 0 ? count_aside(env, &c->checked->aside, err) : r;
}

/* ---- the log ---- */

static void
log_is_damaged(void *arg, const struct log_damage *damage)
{
	struct check *c = arg;
	struct slice text = arena_printf(c->step, "byte %llu of %s: %s", (unsigned long long)damage->at,
	    damage->file, !damage->mended ? "a record is damaged, and whole ones follow it" :
	    c->spec->repair ? "one flipped bit, which is turned back" :
	    "one flipped bit, which a repair or the next start turns back");

	c->log_is_broken = c->log_is_broken || !damage->mended;
	check_found(c, &(struct store_damage){ .where = "log", .from = 1, .what = text.p,
	    .dropped = !damage->mended && c->spec->repair });
}

static int
check_log(struct check *c, struct err *err)
{
	int r;

	if (env_hold(&c->store->env, err) != 0)
		return -1;
	r = log_look(&c->store->env, c->spec->repair, log_is_damaged, c, err);
	env_unlock(&c->store->env);
	return r;
}

/* ---- the door ---- */

static uint64_t
database_bytes(const struct env *env)
{
	uint64_t sum = 0;
	struct stat st;

	for (int i = 0; i < N_STORE_DBS; i++)
		if (fstatat(env->home_fd, env_database((enum store_db)i), &st, 0) == 0)
			sum += (uint64_t)st.st_size;
	return sum;
}

/*
 * One part after the other: what keeps one from being read is told, and the next one begun.
 */
static int
check_part(struct check *c, int (*part)(struct check *c, struct err *err), struct err *err)
{
	int r = part(c, err);

	if (r == 0 || (err->code != ERR_CORRUPT && !c->store->env.is_damaged))
		return r;
	check_found(c, &(struct store_damage){ .where = "store", .from = 1, .what = err->text });
	return 0;
}

static int
check_parts(struct check *c, struct err *err)
{
	static int (*const parts[])(struct check *c, struct err *err) = {
		check_log, check_pages, check_catalogue, check_names, check_schema, check_index,
		check_orphans, check_journal, check_chunks,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(*parts) &&
	    !c->store->env.is_damaged; i++)
		r = check_part(c, parts[i], err);
	return r;
}

int
store_check(struct store *store, const struct store_check_spec *spec,
    struct store_checked *checked, struct err *err)
{
	struct check c = { .store = store, .spec = spec, .checked = checked };
	int lock_fd = -1, r;

	*checked = (struct store_checked){ 0 };
	if (spec->repair && compact_lock(store, &lock_fd, err) != 0)
		return -1;
	c.arena = arena_new(16384);
	c.step = arena_new(SECTION_BYTES);
	c.total = 2 * database_bytes(&store->env) + journal_bytes(&store->env);
	r = check_parts(&c, err);
	arena_free(c.arena);
	arena_free(c.step);
	free(c.ill.list);
	free(c.nameless_fields.list);
	if (lock_fd >= 0)
		compact_unlock(store, lock_fd);
	return r;
}
