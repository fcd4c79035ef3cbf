/*
 * store/check_pages.c - the databases' files, page by page
 *
 * Read past Berkeley DB, so that it does not matter where in a tree a page has its place, and
 * whether the way there is damaged. One flipped bit is turned back where it is. A page of which
 * more is wrong is lost: what it had is told by the leaves beside it, or by the record whose bytes
 * it had a part of; then the database is made anew without it (salvage.c).
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/check.h"
#include "store/chunk_table.h"
#include "store/page_file.h"
#include "store/salvage.h"

#define SECTION_PAGES 256

struct bad_page {
	uint32_t	 number;
	bool		 blank;		/* never written, it seems */
	bool		 told;
	struct slice	 before, after;	/* keys beside what it had, if it was a leaf; .p NULL: not known */
};

struct page_check {
	struct check	*c;
	enum store_db	 db;
	struct page_file file;
	struct bad_page	*bad;
	size_t		 n, cap;
	bool		 mended;
	struct buf	 key, value;
};

/* ---- what is wrong, in words ---- */

/*
 * Whose rows or series a key is about, as far as it says so.
 */
static const struct check_measurement *
measurement_of_key(const struct page_check *p, struct slice key)
{
	struct chunk_place place;
	uint64_t id;
	int64_t first;

	if (p->db == DB_CHUNKS && chunk_key_parse(key, &place, &first) == 0)
		return check_measurement_of(p->c, place.measurement_id);
	if (p->db != DB_SERIES || key.n < 2)
		return NULL;
	key.p++;
	key.n--;
	return key_take_short(&key, &id) == 0 ? check_measurement_of(p->c, (uint32_t)id) : NULL;
}

static void
add_measurement(struct store_damage *damage, const struct check_measurement *of)
{
	if (of == NULL)
		return;
	damage->bucket = of->bucket;
	damage->measurement = of->m->name;
}

/*
 * Rows from the chunk before to the one behind, or as much of that as the keys agree upon.
 */
static void
add_span(struct page_check *p, struct store_damage *damage, const struct bad_page *bad)
{
	const struct check_measurement *from = NULL, *to = NULL;
	struct chunk_place a, b;
	int64_t t, u;

	if (bad->before.p != NULL)
		from = measurement_of_key(p, bad->before);
	if (bad->after.p != NULL)
		to = measurement_of_key(p, bad->after);
	/* at an end of the file, or between two measurements, nobody knows where one began */
	if (from == NULL || from != to)
		return;
	add_measurement(damage, from);
	if (p->db != DB_CHUNKS || chunk_key_parse(bad->before, &a, &t) != 0 ||
	    chunk_key_parse(bad->after, &b, &u) != 0 || a.series != b.series)
		return;
	damage->series = check_series_text(p->c, from, a.series);
	damage->from = t;
	damage->to = u;
}

static void
tell(struct page_check *p, struct store_damage *damage, uint32_t number, const char *what,
    bool dropped)
{
	struct slice text = arena_printf(p->c->step, "page %u %s", number, what);

	damage->where = env_database(p->db);
	damage->what = text.p;
	damage->dropped = dropped;
	check_found(p->c, damage);
}

/*
 * Kinds of records are in order of their letters: blocks of series are the last.
 */
static void
note_lists(struct page_check *p, const struct bad_page *bad)
{
	if (p->db == DB_SERIES && (bad->before.p == NULL || bad->before.p[0] != 'z' ||
	    (bad->after.p != NULL && bad->after.p[0] != 'z')))
		p->c->lists_lost = true;
}

static void
tell_lost(struct page_check *p, struct bad_page *bad)
{
	struct store_damage damage = { .from = 1 };

	if (bad->told)
		return;
	note_lists(p, bad);
	if (bad->before.p == NULL && bad->after.p == NULL) {
		tell(p, &damage, bad->number, "is damaged; as far as can be told it has no records",
		    p->c->spec->repair);
		return;
	}
	add_span(p, &damage, bad);
	tell(p, &damage, bad->number, "is damaged: its records cannot be read", p->c->spec->repair);
}

/*
 * A record of which a page cannot be read.
 */
static void
tell_record(struct page_check *p, struct bad_page *bad)
{
	struct store_damage damage = { .from = 1 };
	struct slice key = buf_slice(&p->key);
	const struct check_measurement *of = measurement_of_key(p, key);
	struct chunk_place place;

	add_measurement(&damage, of);
	p->c->lists_lost = p->c->lists_lost || p->db == DB_SERIES;
	if (p->db == DB_CHUNKS && chunk_key_parse(key, &place, &damage.from) == 0) {
		damage.to = damage.from;
		if (of != NULL)
			damage.series = check_series_text(p->c, of, place.series);
		else
			damage.from = damage.to + 1;
	}
	tell(p, &damage, bad->number, p->db == DB_CHUNKS ? "is damaged: the chunk that begins then cannot "
	    "be read" : "is damaged: a record cannot be read", p->c->spec->repair);
	bad->told = true;
}

/* ---- finding them ---- */

static void
note_bad(struct page_check *p, uint32_t number, bool blank)
{
	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? 16 : p->cap * 2;
		p->bad = memory_grow(p->bad, p->cap, sizeof(*p->bad));
	}
	p->bad[p->n++] = (struct bad_page){ .number = number, .blank = blank };
}

/*
 * Bytes of a record are damaged: which ones its own checksums tell, once it can be read again.
 */
static int
look_at_data(struct page_check *p, uint32_t number, char page[PAGE_BYTES], struct err *err)
{
	struct store_damage damage = { .from = 1 };

	if (!page_file_is_data(&p->file, number, page)) {
		note_bad(p, number, false);
		return 0;
	}
	tell(p, &damage, number, "is damaged where it has bytes of a chunk", false);
	p->mended = true;
	return p->c->spec->repair ? page_file_write(&p->file, number, page, err) : 0;
}

/*
 * A page that is damaged by one bit is whole again, in memory and, if that was asked for, on disk.
 */
static int
try_to_mend(struct page_check *p, uint32_t number, char page[PAGE_BYTES], struct err *err)
{
	struct store_damage damage = { .from = 1 };

	if (!page_mend(page, number))
		return look_at_data(p, number, page, err);
	if (p->c->spec->repair && page_file_write(&p->file, number, page, err) != 0)
		return -1;
	p->mended = true;
	tell(p, &damage, number, p->c->spec->repair ? "had one flipped bit, which is turned back: nothing "
	    "is lost" : "has one flipped bit, which a repair turns back: nothing is lost", false);
	return 0;
}

/*
 * With the lock: some pages, judged.
 */
static int
look_at(struct page_check *p, uint32_t from, uint32_t to, char *block, struct err *err)
{
	size_t n = (size_t)(to - from) * PAGE_BYTES;
	ssize_t got = pread(p->file.fd, block, n, (off_t)from * PAGE_BYTES);

	for (uint32_t i = from; i < to; i++) {
		char *page = block + (size_t)(i - from) * PAGE_BYTES;
		enum page_state state;

		/* where the disk refuses a stretch its pages are read alone */
		state = got == (ssize_t)n ? page_open(page, i) : page_file_read(&p->file, i, page);
		p->c->checked->pages++;
		if (state == PAGE_BLANK)
			note_bad(p, i, true);
		else if (state == PAGE_DAMAGED && try_to_mend(p, i, page, err) != 0)
			return -1;
	}
	return 0;
}

static int
look_at_all(struct page_check *p, struct err *err)
{
	char *block = memory_alloc((size_t)SECTION_PAGES * PAGE_BYTES);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->file.n_pages; i += SECTION_PAGES) {
		uint32_t to = p->file.n_pages - i < SECTION_PAGES ? p->file.n_pages : i + SECTION_PAGES;

		arena_reset(p->c->step);
		if ((r = env_hold(&p->c->store->env, err)) != 0)
			break;
		r = look_at(p, i, to, block, err);
		env_unlock(&p->c->store->env);
		p->c->done += (uint64_t)(to - i) * PAGE_BYTES;
		check_progress(p->c);
	}
	if (r == 0 && p->mended && p->c->spec->repair && fdatasync(p->file.fd) != 0)
		r = err_set(err, ERR_IO, "%s cannot be synced", env_database(p->db));
	free(block);
	return r;
}

/*
 * Pages that are new are blank until the cache is written out. After that they are none; of a store
 * that cannot be entered for that nothing is known.
 */
static int
settle_blanks(struct page_check *p, struct err *err)
{
	struct env *env = &p->c->store->env;
	char page[PAGE_BYTES];
	size_t kept = 0;
	bool any = false, known = false;
	struct err why;

	for (size_t i = 0; i < p->n; i++)
		any = any || p->bad[i].blank;
	if (!any)
		return 0;
	if (env_enter(env, &why) == 0) {
		known = env->handles.env->txn_checkpoint(env->handles.env, 0, 0, DB_FORCE) == 0;
		env_leave(env);
	}
	if (env_hold(env, err) != 0)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (!p->bad[i].blank || (known &&
		    page_file_read(&p->file, p->bad[i].number, page) == PAGE_BLANK))
			p->bad[kept++] = p->bad[i];
	env_unlock(env);
	p->n = kept;
	return 0;
}

/* ---- what they had ---- */

static struct bad_page *
bad_page(const struct page_check *p, uint32_t number)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->bad[i].number == number)
			return &p->bad[i];
	return NULL;
}

/*
 * Records of a leaf that go on on a bad page.
 */
static void
follow_items(struct page_check *p, const char *page)
{
	for (uint32_t i = 0; i < page_items(page); i++) {
		struct page_item item;
		struct bad_page *bad;
		uint32_t number = 0;

		if (!page_item(page, i, &item) || item.overflow == 0)
			continue;
		buf_reset(&p->value);
		if (page_file_chain(&p->file, &item, &p->value, &number) ||
		    (bad = bad_page(p, number)) == NULL)
			continue;
		if (!page_file_key(&p->file, page, i / 2, &p->key))
			buf_reset(&p->key);
		tell_record(p, bad);
	}
}

static void
ask_leaf(struct page_check *p, const char *page)
{
	struct bad_page *before = page_before(page) == 0 ? NULL : bad_page(p, page_before(page));
	struct bad_page *next = page_next(page) == 0 ? NULL : bad_page(p, page_next(page));
	uint32_t n = page_items(page) / 2;

	if (before != NULL && n > 0 && page_file_key(&p->file, page, 0, &p->key))
		before->after = arena_copy(p->c->series_arena, buf_slice(&p->key));
	if (next != NULL && n > 0 && page_file_key(&p->file, page, n - 1, &p->key))
		next->before = arena_copy(p->c->series_arena, buf_slice(&p->key));
	follow_items(p, page);
}

static int
tell_all(struct page_check *p, struct err *err)
{
	char page[PAGE_BYTES];

	for (uint32_t i = 0; i < p->file.n_pages; i++) {
		enum page_state state;

		arena_reset(p->c->step);
		if (env_hold(&p->c->store->env, err) != 0)
			return -1;
		state = page_file_read(&p->file, i, page);
		env_unlock(&p->c->store->env);
		if ((state == PAGE_WELL || state == PAGE_PLAIN) && page_type(page) == PAGE_LEAF)
			ask_leaf(p, page);
	}
	for (size_t i = 0; i < p->n; i++)
		tell_lost(p, &p->bad[i]);
	return 0;
}

/*
 * Names of whose it was, if the catalogue is well enough to tell.
 */
static void
learn_names(struct check *c)
{
	struct err why;

	if (check_schema(c, &why) != 0)
		c->n = 0;
}

static int
check_file(struct check *c, enum store_db db, struct err *err)
{
	struct page_check p = { .c = c, .db = db };
	struct store_damage gone = { .where = env_database(db), .from = 1,
		.what = "the file is missing", .dropped = c->spec->repair };
	int r = page_file_open(&p.file, c->store->env.home_fd, env_database(db),
	    c->store->env.page_sums, c->spec->repair, err);

	if (r == 1) {
		c->broken[db] = true;
		check_found(c, &gone);
		return 0;
	}
	if (r == 0)
		r = look_at_all(&p, err);
	if (r == 0)
		r = settle_blanks(&p, err);
	if (r == 0 && p.n > 0) {
		c->broken[db] = true;
		learn_names(c);
		r = tell_all(&p, err);
	}
	page_file_close(&p.file);
	buf_free(&p.key);
	buf_free(&p.value);
	free(p.bad);
	return r;
}

/* ---- all of them ---- */

static int
make_anew(struct check *c, struct err *err)
{
	bool whole;

	if (salvage(c->store, c->broken, &whole, err) != 0)
		return -1;
	memset(c->broken, 0, sizeof(c->broken));
	c->remade = true;
	c->lists_lost = c->lists_lost || !whole;
	if (!whole)
		check_found(c, &(struct store_damage){ .where = "log", .from = 1, .dropped = true,
		    .what = "it could not be replayed: what compaction and new names changed since the last "
		    "checkpoint is lost" });
	return 0;
}

/*
 * A store whose log cannot be replayed is opened by nobody.
 */
static bool
can_enter(struct check *c)
{
	struct err why;

	if (env_enter(&c->store->env, &why) != 0)
		return !c->store->env.is_damaged;
	env_leave(&c->store->env);
	return true;
}

int
check_pages(struct check *c, struct err *err)
{
	bool any = false;
	int r = 0;

	c->series_arena = arena_new(4096);
	for (int i = 0; i < N_STORE_DBS && r == 0; i++) {
		r = check_file(c, (enum store_db)i, err);
		any = any || c->broken[i];
	}
	arena_free(c->series_arena);
	c->series_arena = NULL;
	if (r == 0 && c->spec->repair && (any || c->log_is_broken || !can_enter(c)))
		r = make_anew(c, err);
	return r;
}
