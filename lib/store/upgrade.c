/*
 * store/upgrade.c - a store of format 2 gets checksums on its pages
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/page_file.h"
#include "store/store_priv.h"

int
store_note_format(int home_fd, struct err *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", STORE_FORMAT);
	int fd = openat(home_fd, STORE_FORMAT_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r = fd >= 0 && write(fd, text, (size_t)n) == n && fsync(fd) == 0 && fsync(home_fd) == 0 ? 0 :
	    err_set(err, ERR_IO, STORE_FORMAT_FILE " cannot be written: %s", strerror(errno));

	if (fd >= 0)
		close(fd);
	return r;
}

static int
body(struct txn *txn, void *arg, struct err *err)
{
	(void)arg;
	return format_restore(txn, err);
}

/*
 * The file first: from then on pages are written with checksums, and read with or without.
 */
static int
work(struct env *env, bool recovered, void *arg, struct err *err)
{
	int r;

	(void)arg;
	if (!recovered)
		return err_set(err, ERR_CORRUPT, "the store cannot be recovered; repair it first");
	r = store_note_format(env->home_fd, err);
	for (int i = 0; r == 0 && i < N_STORE_DBS; i++)
		r = page_file_seal(env->home_fd, env_database((enum store_db)i), err);
	return r;
}

int
store_upgrade(struct store *store, struct err *err)
{
	arena_reset(store->scratch);
	if (env_offline(&store->env, work, NULL, err) != 0 ||
	    store_txn(store, STORE_RELIEVE, store->scratch, body, NULL, err) != 0)
		return -1;
	return store_sync(store, err);
}
