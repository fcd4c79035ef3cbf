/*
 * store/handles.c - the library's handles: opened, closed, and made anew by a recovery
 *
 * All of it happens inside (env.c). Old handles are closed only when their regions are marked as
 * panicked: then closing cannot wait for a dead process's mutex. Whoever recovers marks its own so
 * before it closes them, and by recovering those of the others.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "store/handles.h"
#include "store/journal.h"
#include "store/log_file.h"
#include "store/page.h"
#include "store/page_hook.h"

#define N_REGIONS 3			/* of an environment without locks; the cache is the last */
#define REGION_SLACK (4 << 20)

static const struct { const char *file; uint32_t page_bytes; } databases[N_STORE_DBS] = {
	[DB_CATALOGUE] = { "catalogue.db", PAGE_BYTES },
	[DB_SERIES] = { "series.db", PAGE_BYTES },
	[DB_CHUNKS] = { "chunks.db", PAGE_BYTES },
};

#define MOST_SAID 3		/* of what the library says in a section: it tells every page it cannot
				   write */

static void
library_says(const DB_ENV *handle, const char *prefix, const char *message)
{
	struct env *env = handle->app_private;

	(void)prefix;
	/* what it says of a panicked environment that is closed or replaced is expected */
	static const char *const expected[] = { "PANIC", "BDB0060", "BDB1546", "BDB1558", "BDB1581",
	    "BDB1582" };

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		if (strstr(message, expected[i]) != NULL)
			return;
	if (env->n_said++ < MOST_SAID)
		log_error("Berkeley DB: %s", message);
}

/*
 * Where the library gives up an environment, its functions return DB_RUNRECOVERY; why, it says here.
 */
static void
library_gives_up(DB_ENV *handle, uint32_t event, void *info)
{
	struct env *env = handle->app_private;

	if (event == DB_EVENT_PANIC && info != NULL && *(const int *)info > 0)
		env->panic = *(const int *)info;
}

static int
open_environment(struct env *env, DB_ENV **out, uint32_t flags)
{
	const struct store_options *o = &env->options;
	DB_ENV *handle;
	int r;

	*out = NULL;
	page_hook();
	if ((r = db_env_create(&handle, 0)) != 0)
		return r;
	handle->app_private = env;
	handle->set_errcall(handle, library_says);
	if ((r = handle->set_event_notify(handle, library_gives_up)) != 0 ||
	    (r = handle->set_cachesize(handle, (uint32_t)(o->cache_bytes >> 30),
	    (uint32_t)(o->cache_bytes & ((1u << 30) - 1)), 1)) != 0 ||
	    (r = handle->set_lg_bsize(handle, 1 << 20)) != 0 ||
	    (r = handle->set_lg_max(handle, 16 << 20)) != 0 ||
	    (r = handle->set_lg_filemode(handle, 0600)) != 0 ||
	    (r = handle->open(handle, env->home, DB_CREATE | DB_INIT_TXN | DB_INIT_LOG |
	    DB_INIT_MPOOL | flags, 0600)) != 0) {
		handle->close(handle, 0);
		return r;
	}
	*out = handle;
	return 0;
}

static int
open_database(DB_ENV *env, enum store_db which, DB **out)
{
	DB *db;
	int r;

	*out = NULL;
	if ((r = db_create(&db, env, 0)) != 0)
		return r;
	if ((r = db->set_pagesize(db, databases[which].page_bytes)) != 0 ||
	    (r = db->open(db, NULL, databases[which].file, NULL, DB_BTREE,
	    DB_CREATE | DB_AUTO_COMMIT, 0600)) != 0) {
		db->close(db, DB_NOSYNC);
		return r;
	}
	*out = db;
	return 0;
}

void
handles_close(struct env_handles *h)
{
	for (int i = 0; i < N_STORE_DBS; i++)
		if (h->db[i] != NULL)
			h->db[i]->close(h->db[i], DB_NOSYNC);
	if (h->env != NULL)
		h->env->close(h->env, 0);
	memset(h, 0, sizeof(*h));
}

static int
open_handles(struct env *env, struct env_handles *h, uint32_t flags)
{
	int r;

	memset(h, 0, sizeof(*h));
	env->page_sums = faccessat(env->home_fd, STORE_FORMAT_FILE, F_OK, 0) == 0;
	page_inside(env->page_sums);
	if ((r = open_environment(env, &h->env, flags)) != 0)
		return r;
	for (int i = 0; i < N_STORE_DBS; i++)
		if ((r = open_database(h->env, (enum store_db)i, &h->db[i])) != 0)
			return r;
	return 0;
}

/*
 * Say that their regions are broken, which is true of them: then closing the handles cannot wait for
 * a mutex that a dead process holds, and writes nothing.
 */
static void
close_broken(struct env_handles *h)
{
	if (h->env != NULL)
		h->env->set_flags(h->env, DB_PANIC_ENVIRONMENT, 1);
	handles_close(h);
}

/*
 * The library lets its region files grow as they are used, and a page that finds no room on a full
 * disk ends the process that touches it. So they get their room when they are made.
 */
static off_t
cache_bytes(const struct env *env)
{
	return (off_t)(env->options.cache_bytes + env->options.cache_bytes / 4) + REGION_SLACK;
}

static off_t
regions_bytes(const struct env *env)
{
	return cache_bytes(env) + (N_REGIONS - 1) * REGION_SLACK;
}

static int
reserve_regions(const struct env *env)
{
	for (int i = 1; i <= N_REGIONS; i++) {
		char name[24];
		int fd, r;

		snprintf(name, sizeof(name), "__db.%03d", i);
		fd = openat(env->home_fd, name, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		r = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0,
		    i == N_REGIONS ? cache_bytes(env) : REGION_SLACK);
		r = r == 0 ? 0 : errno;
		close(fd);
		if (r == ENOSPC || r == EDQUOT)
			return r;
	}
	return 0;
}

/*
 * Closed handles of a panicked environment leave its deleted region files mapped.
 */
static void
unmap_stale_regions(const struct env *env)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4352], mark[4224];
	unsigned long from, to;

	if (maps == NULL)
		return;
	snprintf(mark, sizeof(mark), "%s/__db.", env->home);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (strstr(line, mark) != NULL && strstr(line, " (deleted)") != NULL &&
		    sscanf(line, "%lx-%lx", &from, &to) == 2)
			munmap((void *)from, to - from);
	fclose(maps);
}

/*
 * What the mark page says of the log and of the regions begins anew; what processes remember of
 * tokens and of the schema may have been undone.
 */
static void
reset_mark(struct env *env)
{
	struct env_mark *mark = env->mark;
	struct mark_sync *log = &mark->sync[SYNC_LOG];

	atomic_store(&log->lost_from, 0);
	atomic_store(&log->lost_to, 0);
	atomic_store(&log->synced, 0);
	atomic_store(&log->written, 0);
	atomic_store(&mark->checkpointed, 0);
	atomic_fetch_add(&mark->auth_generation, 1);
	atomic_fetch_add(&mark->schema_generation, 1);
	memcpy(mark->boot, env->boot, sizeof(env->boot));
	mark->magic = ENV_MARK_MAGIC;
}

static void
log_is_damaged(void *arg, const struct log_damage *damage)
{
	const struct env *env = arg;

	log_error("%s: byte %llu of %s is damaged: %s", env->home, (unsigned long long)damage->at,
	    damage->file, damage->mended ? "one flipped bit, which is turned back" :
	    "what follows may be lost");
}

/*
 * What nobody looked at since the machine was started may have lost a bit, and the library would
 * take that for the end of the log.
 */
static void
mend_log(struct env *env)
{
	struct err err;

	if (memcmp(env->mark->boot, env->boot, sizeof(env->boot)) != 0 &&
	    log_look(env, true, log_is_damaged, env, &err) != 0)
		log_error("%s: %s", env->home, err.text);
}

/*
 * Recover, and write all of it to the databases' files. Pages that cannot be read are passed by.
 */
static int
bring_log_in(struct env *env)
{
	struct env_handles h;
	int r;

	close_broken(&env->handles);
	page_forgive(true);
	r = open_handles(env, &h, DB_RECOVER);
	if (r == 0)
		r = h.env->txn_checkpoint(h.env, 0, 0, DB_FORCE);
	if (r == 0)
		handles_close(&h);
	else
		close_broken(&h);
	page_forgive(false);
	return r;
}

int
handles_bring_log_in(struct env *env)
{
	int r;

	mend_log(env);
	page_recovering(true);
	r = bring_log_in(env);
	page_recovering(false);
	return r;
}

/*
 * A page that cannot be read keeps others from theirs only until the log is in the files.
 */
static int
open_recovered(struct env *env)
{
	int r;

	page_recovering(true);
	r = open_handles(env, &env->handles, DB_RECOVER);
	if (r != 0 && page_trouble() != NULL && bring_log_in(env) == 0)
		r = open_handles(env, &env->handles, DB_RECOVER);
	page_recovering(false);
	return r;
}

/*
 * Was it something that this process or the disk has too little of, and no damage?
 */
static bool
is_shortage(int r)
{
	return r == ENOSPC || r == EDQUOT || r == EMFILE || r == ENFILE || r == ENOMEM || r == EIO ||
	    r == EROFS || r == EACCES;
}

/*
 * A recovery that fails, on a full disk or for want of descriptors, leaves no handles: the next one
 * to come in tries again. On a full disk it is not begun: the library would touch pages of its
 * regions for which there is no room.
 */
int
handles_recover(struct env *env)
{
	int r;

	env->generation = 0;
	close_broken(&env->handles);
	mend_log(env);
	env->panic = 0;
	if ((r = room_for_recovery(env, regions_bytes(env))) != 0 ||
	    (r = open_recovered(env)) != 0 ||
	    (r = reserve_regions(env)) != 0 || (r = journal_recover(env)) != 0) {
		r = r == DB_RUNRECOVERY && env->panic != 0 ? env->panic : r;
		close_broken(&env->handles);
		unmap_stale_regions(env);
		room_refused(env, r);
		env->is_damaged = page_trouble() != NULL || !is_shortage(r);
		return r;
	}
	env->is_damaged = false;
	reset_mark(env);
	env->generation = atomic_fetch_add(&env->mark->generation, 1) + 1;
	unmap_stale_regions(env);
	return 0;
}

int
handles_rejoin(struct env *env)
{
	int r;

	handles_close(&env->handles);
	unmap_stale_regions(env);
	if ((r = open_handles(env, &env->handles, 0)) != 0) {
		if (r != DB_RUNRECOVERY)
			handles_close(&env->handles);
		return r;
	}
	env->generation = atomic_load(&env->mark->generation);
	return 0;
}

const char *
env_database(enum store_db db)
{
	return databases[db].file;
}
