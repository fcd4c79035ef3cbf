/*
 * store/shrink.c - free pages of a database back to the file system
 *
 * Deleted records leave free pages, which later ones use again; a file that has become much larger
 * than what it holds is cut. The library moves pages towards the front and truncates, a bounded
 * number of pages in a section. It also syncs the file for nearly every page it cuts off, so this
 * is for files that have grown far too large, and for when somebody asks.
 */
#include <errno.h>

#include "store/page_hook.h"
#include "store/shrink.h"

#define STEP_PAGES 512
#define MOST_STEPS 4096

static int
step(struct env *env, enum store_db which, uint32_t *truncated, struct err *err)
{
	DB_COMPACT c = { .compact_pages = STEP_PAGES };
	DB *db;
	int r;

	if (env_enter(env, err) != 0)
		return -1;
	db = env->handles.db[which];
	r = db->compact(db, NULL, NULL, NULL, &c, DB_FREE_SPACE, NULL);
	if (r == EBADMSG && page_trouble() != NULL) {
		env_leave(env);
		return err_set(err, ERR_CORRUPT, "%s", page_trouble());
	}
	if (r != 0) {
		env_abandon(env);
		return err_set(err, ERR_IO, "a database could not be made smaller: %s", db_strerror(r));
	}
	*truncated = c.compact_pages_truncated;
	r = env_note_written(env, err);
	env_leave(env);
	return r;
}

int
shrink_database(struct store *store, enum store_db which, struct err *err)
{
	uint32_t truncated = 1;

	for (int i = 0; i < MOST_STEPS && truncated > 0; i++) {
		if (step(&store->env, which, &truncated, err) != 0)
			return -1;
		store_maintain_log(store);
	}
	return 0;
}
