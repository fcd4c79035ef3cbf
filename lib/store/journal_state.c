/*
 * store/journal_state.c - what the catalogue knows of the journal's files
 *
 *     'J'  -> record 1: u64 number of the oldest file, then up to where it is drained: u64 bucket,
 *             u64 measurement, u64 series
 */
#include <errno.h>

#include "base/log.h"
#include "store/journal_priv.h"

int
journal_state_get(struct txn *txn, struct journal_state *state, struct err *err)
{
	struct key key = key_begin(txn->arena, 'J');
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(&key), &value, err);

	*state = (struct journal_state){ .first = 1 };
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&r, value, 1, "journal state", err) != 0)
		return -1;
	state->first = (uint32_t)record_get_u64(&r);
	state->bucket_id = record_get_u64(&r);
	state->measurement_id = (uint32_t)record_get_u64(&r);
	state->series = record_get_u64(&r);
	return record_close(&r, "journal state", err);
}

int
journal_state_put(struct txn *txn, const struct journal_state *state, struct err *err)
{
	struct key key = key_begin(txn->arena, 'J');
	struct record r;
	int result;

	record_begin(&r, 1);
	record_u64(&r, state->first);
	record_u64(&r, state->bucket_id);
	record_u64(&r, state->measurement_id);
	record_u64(&r, state->series);
	result = txn_put(txn, DB_CATALOGUE, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

int
journal_state_recover(struct env *env, struct journal_state *state)
{
	struct arena *arena = arena_new(1024);
	struct txn txn = { .arena = arena, .h = &env->handles };
	struct err err;
	int r = journal_state_get(&txn, state, &err);

	arena_free(arena);
	if (r != 0)
		log_error("%s: %s", env->home, err.text);
	return r == 0 ? 0 : txn.fate == TXN_RECOVER ? DB_RUNRECOVERY : EIO;
}
