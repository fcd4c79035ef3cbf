/*
 * store/salvage.c - what can still be read of a damaged database into a new one
 *
 * The tree's way down to a record may be damaged; the leaves that have the records tell themselves
 * apart. So all leaves are looked for, page by page, put in order of their first keys, and their
 * records copied into a new file, which then takes the old one's place.
 *
 * The log speaks of pages that are not there any more. It is brought into the files before, as far
 * as that can be done, then pages forget where in it they were changed last, and it is taken away.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/page_file.h"
#include "store/salvage.h"

#define REST_PAGES 256		/* between two signs of life */

struct leaf {
	uint32_t	 page;
	struct slice	 first;		/* key */
};

struct copying {
	struct env	*env;
	struct page_file from;
	DB		*to;
	struct arena	*arena;
	struct leaf	*leaves;
	size_t		 n, cap;
	struct buf	 key, value;
};

/* ---- leaves in order ---- */

static void
note_leaf(struct copying *c, uint32_t number, const char *page)
{
	if (!page_file_key(&c->from, page, 0, &c->key)) {
		/* its first key is deleted or lies on a damaged page; any other orders it as well */
		uint32_t i = 1;

		while (2 * i < page_items(page) && !page_file_key(&c->from, page, i, &c->key))
			i++;
		if (2 * i >= page_items(page))
			return;
	}
	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 256 : c->cap * 2;
		c->leaves = memory_grow(c->leaves, c->cap, sizeof(*c->leaves));
	}
	c->leaves[c->n++] = (struct leaf){ number, arena_copy(c->arena, buf_slice(&c->key)) };
}

static int
by_first(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	return slice_cmp(x->first, y->first);
}

static void
find_leaves(struct copying *c)
{
	char page[PAGE_BYTES];

	for (uint32_t i = 0; i < c->from.n_pages; i++) {
		enum page_state state = page_file_read(&c->from, i, page);

		if ((state == PAGE_WELL || state == PAGE_PLAIN) && page_type(page) == PAGE_LEAF)
			note_leaf(c, i, page);
		if (i % REST_PAGES == 0)
			env_still_here(c->env);
	}
	if (c->n > 0)
		qsort(c->leaves, c->n, sizeof(*c->leaves), by_first);
}

/* ---- records ---- */

static bool
read_value(struct copying *c, const char *page, uint32_t i)
{
	struct page_item item;
	uint32_t bad;

	buf_reset(&c->value);
	if (!page_item(page, 2 * i + 1, &item))
		return false;
	if (item.overflow != 0)
		return page_file_chain(&c->from, &item, &c->value, &bad);
	buf_put_slice(&c->value, item.bytes);
	return true;
}

static int
copy_leaf(struct copying *c, uint32_t number, struct err *err)
{
	char page[PAGE_BYTES];
	enum page_state state = page_file_read(&c->from, number, page);

	if (state != PAGE_WELL && state != PAGE_PLAIN)
		return 0;
	for (uint32_t i = 0; 2 * i + 1 < page_items(page); i++) {
		DBT k = { 0 }, v = { 0 };
		int r;

		if (!page_file_key(&c->from, page, i, &c->key) || !read_value(c, page, i))
			continue;
		k.data = c->key.p;
		k.size = (uint32_t)c->key.n;
		v.data = c->value.p;
		v.size = (uint32_t)c->value.n;
		if ((r = c->to->put(c->to, NULL, &k, &v, 0)) != 0)
			return err_set(err, ERR_IO, "a new database cannot be written: %s", db_strerror(r));
	}
	return 0;
}

static void
library_says(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)env;
	(void)prefix;
	log_error("Berkeley DB: %s", message);
}

static int
open_new(DB **out, const char *path)
{
	DB *db;
	int r = db_create(&db, NULL, 0);

	*out = NULL;
	if (r != 0)
		return r;
	db->set_errcall(db, library_says);
	if ((r = db->set_pagesize(db, PAGE_BYTES)) != 0 || (r = db->set_cachesize(db, 0, 8 << 20, 1)) != 0 ||
	    (r = db->open(db, NULL, path, NULL, DB_BTREE, DB_CREATE, 0600)) != 0) {
		db->close(db, DB_NOSYNC);
		return r;
	}
	*out = db;
	return 0;
}

static int
copy_all(struct copying *c, const char *path, struct err *err)
{
	int r = open_new(&c->to, path), closed;

	if (r != 0)
		return err_set(err, ERR_IO, "%s cannot be made: %s", path, db_strerror(r));
	for (size_t i = 0; r == 0 && i < c->n; i++) {
		r = copy_leaf(c, c->leaves[i].page, err);
		if (i % REST_PAGES == 0)
			env_still_here(c->env);
	}
	closed = c->to->close(c->to, 0);
	if (r == 0 && closed != 0)
		r = err_set(err, ERR_IO, "%s cannot be written: %s", path, db_strerror(closed));
	return r;
}

static void
new_name(char name[64], enum store_db db)
{
	snprintf(name, 64, "%s.new", env_database(db));
}

/*
 * A copy without what cannot be read, synced, beside the file.
 */
static int
copy_database(struct env *env, enum store_db db, struct err *err)
{
	struct copying c = { .env = env, .arena = arena_new(65536) };
	char name[64], path[4200];
	int r = page_file_open(&c.from, env->home_fd, env_database(db), env->page_sums, false, err);

	new_name(name, db);
	unlinkat(env->home_fd, name, 0);
	snprintf(path, sizeof(path), "%s/%s", env->home, name);
	if (r == 0)
		find_leaves(&c);
	if (r >= 0)		/* a file that is not there has no leaves */
		r = copy_all(&c, path, err);
	if (r == 0 && env->page_sums)
		r = page_file_seal(env->home_fd, name, err);
	page_file_close(&c.from);
	arena_free(c.arena);
	free(c.leaves);
	buf_free(&c.key);
	buf_free(&c.value);
	return r;
}

/* ---- without the log ---- */

static int
forget_log(struct env *env, const char *name, struct err *err)
{
	char page[PAGE_BYTES];
	struct page_file f;
	int r = page_file_open(&f, env->home_fd, name, env->page_sums, true, err);

	for (uint32_t i = 0; r == 0 && i < f.n_pages; i++) {
		enum page_state state = page_file_read(&f, i, page);

		if (i % REST_PAGES == 0)
			env_still_here(env);
		if (state != PAGE_WELL && state != PAGE_PLAIN)
			continue;
		page_forget_log(page);
		r = page_file_write(&f, i, page, err);
	}
	if (r == 0 && fsync(f.fd) != 0)
		r = err_set(err, ERR_IO, "%s cannot be synced: %s", name, strerror(errno));
	page_file_close(&f);
	return r < 0 ? -1 : 0;
}

static int
remove_log(struct env *env, struct err *err)
{
	int fd = openat(env->home_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (directory == NULL)
		return err_set(err, ERR_IO, "%s cannot be read: %s", env->home, strerror(errno));
	while ((entry = readdir(directory)) != NULL)
		if (strncmp(entry->d_name, "log.", 4) == 0 || strncmp(entry->d_name, "__db.", 5) == 0)
			unlinkat(env->home_fd, entry->d_name, 0);
	closedir(directory);
	return fsync(env->home_fd) == 0 ? 0 : err_set(err, ERR_IO, "%s cannot be synced: %s", env->home,
	    strerror(errno));
}

/* ---- all of it ---- */

struct work {
	const bool	*broken;
	bool		*whole;
};

static int
room_for_copies(struct env *env, const bool broken[N_STORE_DBS], struct err *err)
{
	uint64_t needed = 0, there;
	struct statvfs vfs;
	struct stat st;

	for (int i = 0; i < N_STORE_DBS; i++)
		if (broken[i] && fstatat(env->home_fd, env_database((enum store_db)i), &st, 0) == 0)
			needed += (uint64_t)st.st_size;
	if (fstatvfs(env->home_fd, &vfs) != 0)
		return 0;
	there = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (there > needed + needed / 2)
		return 0;
	return err_set(err, ERR_UNAVAILABLE, "disk full: a repair needs room for a copy, %llu MiB, and %s "
	    "has %llu", (unsigned long long)((needed + needed / 2) >> 20) + 1, env->home,
	    (unsigned long long)there >> 20);
}

static int
work(struct env *env, bool recovered, void *arg, struct err *err)
{
	const struct work *w = arg;
	char name[64];

	*w->whole = recovered;
	if (room_for_copies(env, w->broken, err) != 0)
		return -1;
	for (int i = 0; i < N_STORE_DBS; i++)
		if (w->broken[i] && copy_database(env, (enum store_db)i, err) != 0)
			return -1;
	for (int i = 0; i < N_STORE_DBS; i++) {
		new_name(name, (enum store_db)i);
		if (forget_log(env, w->broken[i] ? name : env_database((enum store_db)i), err) != 0)
			return -1;
	}
	for (int i = 0; i < N_STORE_DBS; i++) {
		new_name(name, (enum store_db)i);
		if (w->broken[i] && renameat(env->home_fd, name, env->home_fd,
		    env_database((enum store_db)i)) != 0)
			return err_set(err, ERR_IO, "%s cannot be renamed: %s", name, strerror(errno));
	}
	return remove_log(env, err);
}

int
salvage(struct store *store, const bool broken[N_STORE_DBS], bool *whole, struct err *err)
{
	struct work w = { broken, whole };

	compact_abandon(store);
	schema_forget(&store->schema);
	return env_offline(&store->env, work, &w, err);
}
