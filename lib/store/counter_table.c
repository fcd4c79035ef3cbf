/*
 * store/counter_table.c - numbers that only grow, and the format of the whole store
 *
 *     'N' name   -> record 1: u64
 *     'V'        -> record 1: u64 format
 */
#include "store/store_priv.h"

static int
get(struct txn *txn, const struct key *key, uint64_t *v, struct err *err)
{
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_CATALOGUE, key_slice(key), &value, err);

	*v = 0;
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&r, value, 1, "counter", err) != 0)
		return -1;
	*v = record_get_u64(&r);
	return record_close(&r, "counter", err);
}

static int
put(struct txn *txn, const struct key *key, uint64_t v, struct err *err)
{
	struct record r;
	int result;

	record_begin(&r, 1);
	record_u64(&r, v);
	result = txn_put(txn, DB_CATALOGUE, key_slice(key), record_end(&r), err);
	record_free(&r);
	return result;
}

static struct key
counter_key(struct txn *txn, const char *name)
{
	struct key key = key_begin(txn->arena, 'N');

	key_text(&key, slice_from(name));
	return key;
}

int
counter_get(struct txn *txn, const char *name, uint64_t *v, struct err *err)
{
	struct key key = counter_key(txn, name);

	return get(txn, &key, v, err);
}

int
counter_next(struct txn *txn, const char *name, uint64_t n, uint64_t *first, struct err *err)
{
	struct key key = counter_key(txn, name);
	uint64_t last;

	if (get(txn, &key, &last, err) != 0)
		return -1;
	*first = last + 1;
	return put(txn, &key, last + n, err);
}

int
counter_raise(struct txn *txn, const char *name, uint64_t least, struct err *err)
{
	struct key key = counter_key(txn, name);
	struct err why;
	uint64_t last;

	if (get(txn, &key, &last, &why) != 0)
		last = 0;
	return last >= least ? 0 : put(txn, &key, least, err);
}

static uint64_t
own_format(const struct txn *txn)
{
	return txn->store->env.page_sums ? STORE_FORMAT : STORE_FORMAT_OLDEST;
}

int
format_restore(struct txn *txn, struct err *err)
{
	struct key key = key_begin(txn->arena, 'V');

	return put(txn, &key, own_format(txn), err);
}

int
format_check(struct txn *txn, struct err *err)
{
	struct key key = key_begin(txn->arena, 'V');
	uint64_t format;

	if (get(txn, &key, &format, err) != 0)
		return -1;
	if (format == 0)
		return err_set(err, ERR_UNAVAILABLE, "there is no store in %s (make one with "
		    "`weir --home %s init`)", txn->store->env.home, txn->store->env.home);
	if (format < STORE_FORMAT_OLDEST || format > STORE_FORMAT)
		return err_set(err, ERR_CORRUPT, "the store in %s has format %llu; this program "
		    "reads and writes formats %d and %d", txn->store->env.home,
		    (unsigned long long)format, STORE_FORMAT_OLDEST, STORE_FORMAT);
	return 0;
}

int
format_write(struct txn *txn, struct err *err)
{
	struct key key = key_begin(txn->arena, 'V');
	uint64_t format;

	if (get(txn, &key, &format, err) != 0)
		return -1;
	if (format != 0)
		return err_set(err, ERR_CONFLICT, "there is a store in %s already",
		    txn->store->env.home);
	return put(txn, &key, own_format(txn), err);
}
