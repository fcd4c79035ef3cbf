/*
 * store/store.c - making a store, and opening one
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/page_file.h"
#include "store/store_priv.h"

void
store_default_options(struct store_options *options)
{
	*options = (struct store_options){
		.cache_bytes = 8u << 20,
		.checkpoint_bytes = 8u << 20,
		.compact_bytes = 8u << 20,
		.backlog_bytes = 64u << 20,
		.reserve_bytes = 64u << 20,
		.wait_ms = 30000,
		.max_columns = 1000,
	};
}

/*
 * Berkeley DB's regions are shared memory in files; on these file systems that is not safe, and
 * two machines would corrupt each other's store.
 */
static const char *
unsafe_file_system(int fd)
{
	static const struct { long type; const char *name; } unsafe[] = {
		{ 0x6969, "NFS" }, { 0x517b, "SMB" }, { (long)0xff534d42, "CIFS" },
		{ (long)0xfe534d42, "SMB2" }, { 0x65735546, "FUSE" }, { 0x01021997, "9P" },
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(*unsafe); i++)
		if ((unsigned)fs.f_type == (unsigned)unsafe[i].type)
			return unsafe[i].name;
	return NULL;
}

static int
check_home(const char *home, struct err *err)
{
	int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *name;

	if (fd < 0)
		return err_set(err, ERR_UNAVAILABLE, "there is no store in %s: %s (make one with "
		    "`weir --home %s init`)", home, strerror(errno), home);
	name = unsafe_file_system(fd);
	close(fd);
	if (name != NULL)
		return err_set(err, ERR_UNAVAILABLE, "%s is on %s, where processes cannot share "
		    "memory safely; choose a home on a local disk", home, name);
	return 0;
}

static int
attach(struct store **out, const struct store_options *options, struct err *err)
{
	struct store *store = memory_zalloc(sizeof(*store));

	store->scratch = arena_new(65536);
	schema_init(&store->schema);
	if (env_attach(&store->env, options, err) != 0) {
		store_close(store);
		return -1;
	}
	*out = store;
	return 0;
}

static int
write_body(struct txn *txn, void *arg, struct err *err)
{
	(void)arg;
	return format_write(txn, err);
}

static int
check_body(struct txn *txn, void *arg, struct err *err)
{
	(void)arg;
	return format_check(txn, err);
}

/*
 * A store that is made now has checksums on its pages from the first one on, and a file that says
 * so: programs of before would not understand them.
 */
static int
note_format(const char *home, struct err *err)
{
	int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return err_set(err, ERR_IO, "%s cannot be opened: %s", home, strerror(errno));
	if (faccessat(fd, "catalogue.db", F_OK, 0) != 0)
		r = store_note_format(fd, err);
	close(fd);
	return r;
}

/*
 * The library writes a new file's first pages past its own reads and writes of pages.
 */
static int
seal_pages(struct env *env, struct err *err)
{
	int r = 0;

	if (!env->page_sums || env_hold(env, err) != 0)
		return env->page_sums ? -1 : 0;
	for (int i = 0; r == 0 && i < N_STORE_DBS; i++)
		r = page_file_seal(env->home_fd, env_database((enum store_db)i), err);
	env_unlock(env);
	return r;
}

int
store_create(const struct store_options *options, struct err *err)
{
	struct store *store;
	int r;

	if (mkdir(options->home, 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_IO, "%s cannot be made: %s", options->home, strerror(errno));
	if (check_home(options->home, err) != 0 || note_format(options->home, err) != 0 ||
	    attach(&store, options, err) != 0) {
		err->code = ERR_IO;
		return -1;
	}
	r = store_txn(store, STORE_WRITE, store->scratch, write_body, NULL, err);
	if (r == 0)
		r = store_sync(store, err);
	if (r == 0)
		r = seal_pages(&store->env, err);
	store_close(store);
	return r;
}

/*
 * A directory without a catalogue is left alone: opening must not make a store by accident.
 */
static int
has_catalogue(const char *home, struct err *err)
{
	int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return check_home(home, err);
	r = faccessat(fd, "catalogue.db", F_OK, 0);
	if (r != 0)
		r = faccessat(fd, "log.0000000001", F_OK, 0);	/* made, and killed at once */
	close(fd);
	if (r != 0)
		return err_set(err, ERR_UNAVAILABLE, "there is no store in %s (make one with "
		    "`weir --home %s init`)", home, home);
	return 0;
}

int
store_open(struct store **store, const struct store_options *options, struct err *err)
{
	*store = NULL;
	if (check_home(options->home, err) != 0 || has_catalogue(options->home, err) != 0 ||
	    attach(store, options, err) != 0)
		return -1;
	if (store_txn(*store, STORE_READ, (*store)->scratch, check_body, NULL, err) != 0) {
		store_close(*store);
		*store = NULL;
		return -1;
	}
	arena_reset((*store)->scratch);
	return 0;
}

int
store_open_unread(struct store **store, const struct store_options *options, struct err *err)
{
	*store = NULL;
	if (check_home(options->home, err) != 0 || has_catalogue(options->home, err) != 0)
		return -1;
	return attach(store, options, err);
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	compact_abandon(store);
	if (store->env.home != NULL)
		env_detach(&store->env);
	schema_free(&store->schema);
	arena_free(store->scratch);
	buf_free(&store->frames);
	free(store);
}

int
store_sync(struct store *store, struct err *err)
{
	if (env_sync(&store->env, SYNC_LOG, err) != 0)
		return -1;
	return env_sync(&store->env, SYNC_JOURNAL, err);
}

int
store_excuse(struct err *err, const struct err *why)
{
	if (why->code != ERR_UNAVAILABLE && why->code != ERR_IO)
		return err_set(err, why->code, "%s", why->text);
	log_error("%s", why->text);
	return err_come_back(err);
}

uint64_t
store_auth_generation(struct store *store)
{
	return atomic_load(&store->env.mark->auth_generation);
}
