/*
 * store/tag_table.c - tag values as ids, and which series have them
 *
 *     'v' measurement key value            -> record 1: value id
 *     'w' measurement value-id             -> record 1: value
 *     'p' measurement key value-id first   -> record 1: the series ids from `first` on, as varints
 *                                             of the differences
 *
 * A posting list is cut into blocks of at most POSTING_BYTES, so that adding a series rewrites one
 * small record however many series have the value.
 */
#include "codec/codec.h"
#include "store/ids.h"
#include "store/store_priv.h"
#include "store/tag_table.h"

#define POSTING_BYTES 900

static struct key
value_key(struct txn *txn, uint32_t measurement_id, uint32_t key_id, struct slice value)
{
	struct key key = key_begin(txn->arena, 'v');

	key_u32(&key, measurement_id);
	key_u32(&key, key_id);
	key_text(&key, value);
	return key;
}

static struct key
text_key(struct txn *txn, uint32_t measurement_id, uint64_t id)
{
	struct key key = key_begin(txn->arena, 'w');

	key_u32(&key, measurement_id);
	key_u64(&key, id);
	return key;
}

struct key
posting_prefix(struct arena *arena, uint32_t measurement_id, uint32_t key_id, uint64_t value_id)
{
	struct key key = key_begin(arena, 'p');

	key_u32(&key, measurement_id);
	key_u32(&key, key_id);
	key_u64(&key, value_id);
	return key;
}

int
tag_value_find(struct txn *txn, uint32_t measurement_id, uint32_t key_id, struct slice value,
    uint64_t *id, struct err *err)
{
	struct key key = value_key(txn, measurement_id, key_id, value);
	struct record_reader r;
	struct slice v;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &v, err);

	if (found != 0)
		return found;
	if (record_open(&r, v, 1, "tag value", err) != 0)
		return -1;
	*id = record_get_u64(&r);
	return record_close(&r, "tag value", err);
}

int
tag_value_add(struct txn *txn, uint32_t measurement_id, uint32_t key_id, struct slice value,
    uint64_t id, struct err *err)
{
	struct key by_value = value_key(txn, measurement_id, key_id, value);
	struct key by_id = text_key(txn, measurement_id, id);
	struct record r;
	int result;

	record_begin(&r, 1);
	record_u64(&r, id);
	result = txn_put(txn, DB_SERIES, key_slice(&by_value), record_end(&r), err);
	record_free(&r);
	if (result != 0)
		return -1;
	record_begin(&r, 1);
	record_bytes(&r, value.p, value.n);
	result = txn_put(txn, DB_SERIES, key_slice(&by_id), record_end(&r), err);
	record_free(&r);
	return result;
}

int
tag_value_text_find(struct txn *txn, uint32_t measurement_id, uint64_t id, struct slice *text,
    struct err *err)
{
	struct key key = text_key(txn, measurement_id, id);
	struct record_reader r;
	struct slice v;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &v, err);

	if (found != 0)
		return found;
	if (record_open(&r, v, 1, "tag text", err) != 0)
		return -1;
	*text = r.rest;
	return 0;
}

int
tag_value_text(struct txn *txn, uint32_t measurement_id, uint64_t id, struct slice *text,
    struct err *err)
{
	int found = tag_value_text_find(txn, measurement_id, id, text, err);

	if (found > 0)
		return err_set(err, ERR_CORRUPT, "tag value %llu has no text", (unsigned long long)id);
	return found;
}

static int
any_record(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	(void)txn;
	(void)key;
	(void)value;
	(void)err;
	*(bool *)arg = true;
	return 1;
}

int
tag_key_is_used(struct txn *txn, uint32_t measurement_id, uint32_t key_id, bool *used,
    struct err *err)
{
	struct key prefix = value_key(txn, measurement_id, key_id, SLICE(""));

	*used = false;
	return txn_each(txn, DB_SERIES, key_slice(&prefix), any_record, used, err);
}

int
tag_value_drop_if_unused(struct txn *txn, uint32_t measurement_id, uint32_t key_id, uint64_t id,
    struct err *err)
{
	struct key prefix = posting_prefix(txn->arena, measurement_id, key_id, id);
	struct key by_id = text_key(txn, measurement_id, id), by_value;
	struct slice text;
	bool used = false;

	if (txn_each(txn, DB_SERIES, key_slice(&prefix), any_record, &used, err) != 0)
		return -1;
	if (used)
		return 0;
	if (tag_value_text(txn, measurement_id, id, &text, err) != 0)
		return -1;
	by_value = value_key(txn, measurement_id, key_id, text);
	if (txn_delete(txn, DB_SERIES, key_slice(&by_value), err) != 0)
		return -1;
	return txn_delete(txn, DB_SERIES, key_slice(&by_id), err);
}

/*
 * The last id of a block; its first is in the key.
 */
static int
posting_last(struct slice deltas, uint64_t first, uint64_t *last, struct err *err)
{
	uint64_t delta;

	for (*last = first; deltas.n > 0; *last += delta)
		if (codec_varint_get(&deltas, &delta) != 0)
			return err_set(err, ERR_CORRUPT, "a posting record is cut short");
	return 0;
}

static int
put_block(struct txn *txn, struct slice key, struct record *r, struct err *err)
{
	int result = txn_put(txn, DB_SERIES, key, record_end(r), err);

	record_free(r);
	return result;
}

/*
 * Go on in the last block of a value, when there is one with room.
 */
static int
reopen_block(struct txn *txn, struct slice prefix, struct slice *key, struct record *r,
    uint64_t *last, bool *open, struct err *err)
{
	struct slice value;
	struct record_reader old;
	struct key above = key_empty(txn->arena);
	int found;

	key_text(&above, prefix);
	key_u64(&above, UINT64_MAX);
	found = txn_before(txn, DB_SERIES, prefix, key_slice(&above), key, &value, err);
	*open = false;
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&old, value, 1, "posting", err) != 0)
		return -1;
	if (posting_last(old.rest, key_get_u64(key->p + key->n - 8), last, err) != 0)
		return -1;
	if (old.rest.n >= POSTING_BYTES)
		return 0;
	record_begin(r, 1);
	record_bytes(r, old.rest.p, old.rest.n);
	*open = true;
	return 0;
}

int
posting_append(struct txn *txn, uint32_t measurement_id, uint32_t key_id, uint64_t value_id,
    const uint64_t *ids, size_t n, struct err *err)
{
	struct key prefix = posting_prefix(txn->arena, measurement_id, key_id, value_id);
	struct slice key;
	struct record r;
	uint64_t last = 0;
	bool open;

	if (reopen_block(txn, key_slice(&prefix), &key, &r, &last, &open, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (open && r.buf.n >= POSTING_BYTES) {
			if (put_block(txn, key, &r, err) != 0)
				return -1;
			open = false;
		}
		if (open) {
			codec_varint_put(&r.buf, ids[i] - last);
		} else {
			struct key fresh = posting_prefix(txn->arena, measurement_id, key_id, value_id);

			key_u64(&fresh, ids[i]);
			key = key_slice(&fresh);
			record_begin(&r, 1);
			open = true;
		}
		last = ids[i];
	}
	return open ? put_block(txn, key, &r, err) : 0;
}

int
posting_decode(struct slice key, struct slice value, struct arena *arena,
    struct store_series_list *list, size_t *cap, struct err *err)
{
	struct record_reader r;
	uint64_t id, delta;

	if (key.n < 8 || record_open(&r, value, 1, "posting", err) != 0)
		return -1;
	id = key_get_u64(key.p + key.n - 8);
	for (;;) {
		if (list->n == *cap) {
			size_t more = *cap == 0 ? 256 : *cap * 2;

			list->ids = arena_grow(arena, list->ids, *cap, more);
			*cap = more;
		}
		list->ids[list->n++] = id;
		if (r.rest.n == 0)
			return 0;
		if (codec_varint_get(&r.rest, &delta) != 0)
			return err_set(err, ERR_CORRUPT, "a posting record is cut short");
		id += delta;
	}
}

int
posting_put_block(struct txn *txn, uint32_t measurement_id, uint32_t key_id, uint64_t value_id,
    const uint64_t *ids, size_t n, struct err *err)
{
	struct key key = posting_prefix(txn->arena, measurement_id, key_id, value_id);
	struct record r;

	key_u64(&key, ids[0]);
	record_begin(&r, 1);
	for (size_t i = 1; i < n; i++)
		codec_varint_put(&r.buf, ids[i] - ids[i - 1]);
	return put_block(txn, key_slice(&key), &r, err);
}
