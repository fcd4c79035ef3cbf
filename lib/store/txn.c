/*
 * store/txn.c - one transaction with its retry, and the only calls that get and put
 *
 * A body that fails leaves nothing: its transaction is aborted. Where the system refused something
 * to a transaction that writes, recovery does that, by whoever comes next; reading changes nothing,
 * and may fail again and again where a disk is bad. When the library says that the environment must
 * be recovered, the section is left with the mark set; the next entry, here or in
 * another process, recovers, and the body runs again. A commit that fails in that way is in doubt,
 * and running it again is harmless: rows of the same series and time merge, and every other body
 * looks before it puts.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/page_hook.h"
#include "store/store_priv.h"

#define TRIES 4

int
txn_fail(struct txn *txn, int r, const char *doing, struct err *err)
{
	if (r == EBADMSG && page_trouble() != NULL)
		return err_set(err, ERR_CORRUPT, "%s", page_trouble());
	if (r == DB_RUNRECOVERY)
		txn->fate = TXN_RECOVER;
	else if (txn->db != NULL && r > 0 && r != ENOMEM)
		txn->fate = TXN_SICK;
	if (txn->store != NULL)		/* recovery has none */
		room_refused(&txn->store->env, r);
	return err_set(err, ERR_UNAVAILABLE, "the store could not %s: %s", doing, db_strerror(r));
}

static DBT
dbt_of(struct slice s)
{
	DBT t;

	memset(&t, 0, sizeof(t));
	t.data = (void *)(uintptr_t)s.p;
	t.size = (uint32_t)s.n;
	return t;
}

int
txn_get(struct txn *txn, enum store_db db, struct slice key, struct slice *value, struct err *err)
{
	DBT k = dbt_of(key), v = { 0 };
	int r = txn->h->db[db]->get(txn->h->db[db], txn->db, &k, &v, 0);

	if (r == DB_NOTFOUND)
		return 1;
	if (r != 0)
		return txn_fail(txn, r, "read", err);
	*value = arena_copy(txn->arena, slice_make(v.data, v.size));
	return 0;
}

int
txn_put(struct txn *txn, enum store_db db, struct slice key, struct slice value, struct err *err)
{
	DBT k = dbt_of(key), v = dbt_of(value);
	int r = txn->h->db[db]->put(txn->h->db[db], txn->db, &k, &v, 0);

	return r == 0 ? 0 : txn_fail(txn, r, "write", err);
}

int
txn_delete(struct txn *txn, enum store_db db, struct slice key, struct err *err)
{
	DBT k = dbt_of(key);
	int r = txn->h->db[db]->del(txn->h->db[db], txn->db, &k, 0);

	return r == 0 || r == DB_NOTFOUND ? 0 : txn_fail(txn, r, "delete", err);
}

static int
open_cursor(struct txn *txn, enum store_db db, DBC **cursor, struct err *err)
{
	int r = txn->h->db[db]->cursor(txn->h->db[db], txn->db, cursor, 0);

	return r == 0 ? 0 : txn_fail(txn, r, "read", err);
}

int
txn_each_from(struct txn *txn, enum store_db db, struct slice prefix, struct slice from,
    int (*visit)(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err),
    void *arg, struct err *err)
{
	DBT k = dbt_of(from), v = { 0 };
	DBC *cursor;
	int r, done = 0;

	if (open_cursor(txn, db, &cursor, err) != 0)
		return -1;
	for (r = cursor->get(cursor, &k, &v, DB_SET_RANGE); r == 0 && done == 0;
	    r = done == 0 ? cursor->get(cursor, &k, &v, DB_NEXT) : 0) {
		struct slice key = slice_make(k.data, k.size);

		if (!slice_starts(key, prefix))
			break;
		done = visit(txn, key, slice_make(v.data, v.size), arg, err);
	}
	cursor->close(cursor);
	if (r != 0 && r != DB_NOTFOUND)
		return txn_fail(txn, r, "read", err);
	return done < 0 ? -1 : 0;
}

int
txn_each(struct txn *txn, enum store_db db, struct slice prefix,
    int (*visit)(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err),
    void *arg, struct err *err)
{
	return txn_each_from(txn, db, prefix, prefix, visit, arg, err);
}

int
txn_delete_some(struct txn *txn, enum store_db db, struct slice prefix, size_t *left,
    struct err *err)
{
	DBT k = dbt_of(prefix), v = { 0 };
	DBC *cursor;
	int r;

	v.flags = DB_DBT_PARTIAL;	/* keys alone */
	if (open_cursor(txn, db, &cursor, err) != 0)
		return -1;
	for (r = cursor->get(cursor, &k, &v, DB_SET_RANGE); r == 0 && *left > 0;
	    r = cursor->get(cursor, &k, &v, DB_NEXT)) {
		if (!slice_starts(slice_make(k.data, k.size), prefix))
			break;
		if ((r = cursor->del(cursor, 0)) != 0)
			break;
		--*left;
	}
	cursor->close(cursor);
	return r == 0 || r == DB_NOTFOUND ? 0 : txn_fail(txn, r, "delete", err);
}

int
txn_delete_all(struct txn *txn, enum store_db db, struct slice prefix, struct err *err)
{
	size_t left = SIZE_MAX;

	return txn_delete_some(txn, db, prefix, &left, err);
}

/*
 * Position at the last record below `end`, or at the very last one when no key is above.
 */
static int
seek_before(DBC *cursor, struct slice end, DBT *k, DBT *v)
{
	int r;

	*k = dbt_of(end);
	r = cursor->get(cursor, k, v, DB_SET_RANGE);
	if (r == 0)
		return cursor->get(cursor, k, v, DB_PREV);
	return r == DB_NOTFOUND ? cursor->get(cursor, k, v, DB_LAST) : r;
}

int
txn_before(struct txn *txn, enum store_db db, struct slice prefix, struct slice limit,
    struct slice *key, struct slice *value, struct err *err)
{
	struct slice above = arena_copy(txn->arena, limit);
	DBT k, v = { 0 };
	DBC *cursor;
	int r;

	above.n++;		/* arena_copy put a NUL there: the least key above `limit` */
	if (open_cursor(txn, db, &cursor, err) != 0)
		return -1;
	r = seek_before(cursor, above, &k, &v);
	if (r == 0 && slice_starts(slice_make(k.data, k.size), prefix)) {
		*key = arena_copy(txn->arena, slice_make(k.data, k.size));
		*value = arena_copy(txn->arena, slice_make(v.data, v.size));
	} else if (r == 0) {
		r = DB_NOTFOUND;
	}
	cursor->close(cursor);
	if (r != 0 && r != DB_NOTFOUND)
		return txn_fail(txn, r, "read", err);
	return r == 0 ? 0 : 1;
}

/*
 * End the transaction as its body did: commit or abort.
 */
static int
finish(struct txn *txn, int result, struct err *err)
{
	struct env *env = &txn->store->env;
	int r;

	if (txn->db == NULL)
		return result;
	if (result != 0) {
		if (txn->fate == TXN_WELL && (r = txn->db->abort(txn->db)) != 0)
			txn->fate = TXN_RECOVER;
		return result;
	}
	if ((r = txn->db->commit(txn->db, DB_TXN_WRITE_NOSYNC)) != 0) {
		txn->fate = TXN_SICK;	/* what of it is in the log nobody knows */
		return txn_fail(txn, r, "commit", err);
	}
	if (txn->auth_changed)
		atomic_fetch_add(&env->mark->auth_generation, 1);
	if (txn->schema_changed)
		atomic_fetch_add(&env->mark->schema_generation, 1);
	if (txn->journal_first != 0)
		atomic_store(&env->mark->journal_first, txn->journal_first);
	return env_note_written(env, err);
}

static int
run_once(struct txn *txn, enum store_access access,
    int (*body)(struct txn *txn, void *arg, struct err *err), void *arg, struct err *err)
{
	DB_ENV *env = txn->h->env;
	int r;

	if (access != STORE_READ && (r = env->txn_begin(env, NULL, &txn->db, 0)) != 0)
		return txn_fail(txn, r, "begin", err);
	return finish(txn, body(txn, arg, err), err);
}

int
store_txn(struct store *store, enum store_access access, struct arena *arena,
    int (*body)(struct txn *txn, void *arg, struct err *err), void *arg, struct err *err)
{
	struct arena_mark mark = arena_mark(arena);

	if (access != STORE_READ && room_check(&store->env, access, err) != 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		struct txn txn = { .store = store, .arena = arena, .h = &store->env.handles };
		int r;

		if (env_enter(&store->env, err) != 0)
			return -1;
		r = run_once(&txn, access, body, arg, err);
		if (txn.fate == TXN_WELL) {
			env_leave(&store->env);
			return r;
		}
		env_abandon(&store->env);
		if (txn.fate == TXN_SICK)
			return -1;
		arena_rewind(arena, mark);
	}
	return err_set(err, ERR_UNAVAILABLE, "the store had to be recovered %d times in a row", TRIES);
}
