/*
 * store/tag_table.c - values of tags, and which series have them
 *
 *     'v' measurement key text            -> record 1: varint value id
 *     'p' measurement key value-id first  -> record 1: the series ids from `first` on, as varints
 *                                            of the differences
 *     'w' measurement key value-id        -> record 1: text
 *
 * The id of a value is that of the series which brought it. That series has the text
 * (series_table.c) and is not in the posting list, so a value that one series has, a host's name
 * nearly always, takes one record. When it goes before the value does, a 'w' record takes over.
 *
 * A posting list is cut into blocks of at most POSTING_BYTES, so that adding a series rewrites one
 * small record however many series have the value.
 */
#include <stdlib.h>

#include "codec/codec.h"
#include "store/tag_table.h"

#define POSTING_BYTES 900

/* ---- texts and ids ---- */

struct key
tag_value_prefix(struct arena *arena, uint32_t measurement_id, uint32_t key_id)
{
	struct key key = key_begin(arena, 'v');

	key_short(&key, measurement_id);
	key_short(&key, key_id);
	return key;
}

static struct key
value_key(struct txn *txn, uint32_t measurement_id, uint32_t key_id, struct slice text)
{
	struct key key = tag_value_prefix(txn->arena, measurement_id, key_id);

	key_text(&key, text);
	return key;
}

static struct key
id_key(struct arena *arena, char kind, uint32_t measurement_id, uint32_t key_id, uint64_t id)
{
	struct key key = key_begin(arena, kind);

	key_short(&key, measurement_id);
	key_short(&key, key_id);
	key_short(&key, id);
	return key;
}

int
value_decode(struct slice value, uint64_t *id, struct err *err)
{
	struct record_reader r;

	if (record_open(&r, value, 1, "tag value", err) != 0)
		return -1;
	r.bad = codec_varint_get(&r.rest, id) != 0;
	return record_close(&r, "tag value", err);
}

int
value_find(struct txn *txn, uint32_t measurement_id, uint32_t key_id, struct slice text,
    uint64_t *id, struct err *err)
{
	struct arena_mark mark = arena_mark(txn->arena);
	struct key key = value_key(txn, measurement_id, key_id, text);
	struct slice value;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);

	if (found == 0 && value_decode(value, id, err) != 0)
		return -1;
	arena_rewind(txn->arena, mark);
	return found;
}

int
value_add(struct txn *txn, uint32_t measurement_id, uint32_t key_id, struct slice text,
    uint64_t id, struct err *err)
{
	struct arena_mark mark = arena_mark(txn->arena);
	struct key key = value_key(txn, measurement_id, key_id, text);
	struct record r;
	int result;

	record_begin(&r, 1);
	codec_varint_put(&r.buf, id);
	result = txn_put(txn, DB_SERIES, key_slice(&key), record_end(&r), err);
	record_free(&r);
	arena_rewind(txn->arena, mark);
	return result;
}

static int
left_text(struct txn *txn, uint32_t measurement_id, uint32_t key_id, uint64_t id,
    struct slice *text, struct err *err)
{
	struct key key = id_key(txn->arena, 'w', measurement_id, key_id, id);
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);

	if (found != 0)
		return found;
	if (record_open(&r, value, 1, "tag text", err) != 0)
		return -1;
	*text = r.rest;
	return 0;
}

int
value_text(struct txn *txn, uint32_t measurement_id, uint32_t key_id, uint64_t id,
    struct series_block *block, struct slice *text, struct err *err)
{
	struct series_entry entry;
	struct series_tag tag;
	int found = series_get(txn, measurement_id, id, block, &entry, err);

	if (found < 0)
		return -1;
	while (found == 0 && entry.tags.n > 0) {
		if (series_take_tag(&entry, &tag, err) != 0)
			return -1;
		if (tag.key == key_id && tag.value == id) {
			*text = arena_copy(txn->arena, tag.text);
			return 0;
		}
	}
	return left_text(txn, measurement_id, key_id, id, text, err);
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

static int
is_posted(struct txn *txn, uint32_t measurement_id, const struct series_tag *tag, bool *any,
    struct err *err)
{
	struct key prefix = posting_prefix(txn->arena, measurement_id, tag->key, tag->value);

	*any = false;
	return txn_each(txn, DB_SERIES, key_slice(&prefix), any_record, any, err);
}

int
tag_key_is_used(struct txn *txn, uint32_t measurement_id, uint32_t key_id, bool *used,
    struct err *err)
{
	struct key prefix = tag_value_prefix(txn->arena, measurement_id, key_id);

	*used = false;
	return txn_each(txn, DB_SERIES, key_slice(&prefix), any_record, used, err);
}

/* ---- posting lists ---- */

struct key
posting_prefix(struct arena *arena, uint32_t measurement_id, uint32_t key_id, uint64_t value_id)
{
	return id_key(arena, 'p', measurement_id, key_id, value_id);
}

int
posting_first(struct slice prefix, struct slice key, uint64_t *id, struct err *err)
{
	struct slice rest = slice_make(key.p + prefix.n, key.n - prefix.n);

	if (key_take_short(&rest, id) != 0 || rest.n != 0)
		return err_set(err, ERR_CORRUPT, "a posting key has %zu bytes", key.n);
	return 0;
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
 * The block of a value that would have this series.
 */
static int
find_block(struct txn *txn, struct slice prefix, uint64_t id, struct slice *key, uint64_t *first,
    struct slice *value, struct err *err)
{
	struct key limit = key_empty(txn->arena);
	int found;

	key_text(&limit, prefix);
	key_short(&limit, id);
	found = txn_before(txn, DB_SERIES, prefix, key_slice(&limit), key, value, err);
	return found == 0 ? posting_first(prefix, *key, first, err) : found;
}

/*
 * Go on in the last block of a value, when there is one with room.
 */
static int
reopen_block(struct txn *txn, struct slice prefix, struct slice *key, struct record *r,
    uint64_t *last, bool *open, struct err *err)
{
	struct record_reader old;
	struct slice value;
	uint64_t first;
	int found = find_block(txn, prefix, UINT64_MAX, key, &first, &value, err);

	*open = false;
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&old, value, 1, "posting", err) != 0)
		return -1;
	if (old.rest.n >= POSTING_BYTES)
		return 0;
	if (posting_last(old.rest, first, last, err) != 0)
		return -1;
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

			key_short(&fresh, ids[i]);
			key = key_slice(&fresh);
			record_begin(&r, 1);
			open = true;
		}
		last = ids[i];
	}
	return open ? put_block(txn, key, &r, err) : 0;
}

static int
by_value(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return (x->series > y->series) - (x->series < y->series);
}

int
posting_append_all(struct txn *txn, uint32_t measurement_id, struct posting *list, size_t n_all,
    struct err *err)
{
	uint64_t *ids = arena_array(txn->arena, uint64_t, n_all + 1);

	if (n_all == 0)
		return 0;
	qsort(list, n_all, sizeof(*list), by_value);
	for (size_t i = 0, n; i < n_all; i += n) {
		const struct posting *p = &list[i];

		for (n = 0; i + n < n_all && p[n].key == p->key && p[n].value == p->value; n++)
			ids[n] = p[n].series;
		if (posting_append(txn, measurement_id, p->key, p->value, ids, n, err) != 0)
			return -1;
	}
	return 0;
}

int
posting_decode(uint64_t first, struct slice value, struct arena *arena,
    struct store_series_list *list, size_t *cap, struct err *err)
{
	struct record_reader r;
	uint64_t id = first, delta;

	if (record_open(&r, value, 1, "posting", err) != 0)
		return -1;
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

/* ---- taken away ---- */

static int
put_posting(struct txn *txn, struct slice prefix, const struct store_series_list *list,
    struct err *err)
{
	struct key key = key_empty(txn->arena);
	struct record r;

	key_text(&key, prefix);
	key_short(&key, list->ids[0]);
	record_begin(&r, 1);
	for (size_t i = 1; i < list->n; i++)
		codec_varint_put(&r.buf, list->ids[i] - list->ids[i - 1]);
	return put_block(txn, key_slice(&key), &r, err);
}

/*
 * Take a series out of the block that has it.
 */
static int
cut_posting(struct txn *txn, uint32_t measurement_id, const struct series_tag *tag, uint64_t id,
    struct err *err)
{
	struct key prefix = posting_prefix(txn->arena, measurement_id, tag->key, tag->value);
	struct store_series_list list = { 0 };
	struct slice key, value;
	size_t cap = 0, kept = 0;
	uint64_t first;
	int found = find_block(txn, key_slice(&prefix), id, &key, &first, &value, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (posting_decode(first, value, txn->arena, &list, &cap, err) != 0 ||
	    txn_delete(txn, DB_SERIES, key, err) != 0)
		return -1;
	for (size_t i = 0; i < list.n; i++)
		if (list.ids[i] != id)
			list.ids[kept++] = list.ids[i];
	list.n = kept;
	return kept == 0 ? 0 : put_posting(txn, key_slice(&prefix), &list, err);
}

static int
drop_value(struct txn *txn, uint32_t measurement_id, uint32_t key_id, struct slice text,
    struct err *err)
{
	struct key key = value_key(txn, measurement_id, key_id, text);

	return txn_delete(txn, DB_SERIES, key_slice(&key), err);
}

int
value_leave(struct txn *txn, uint32_t measurement_id, const struct series_tag *tag, struct err *err)
{
	struct key key = id_key(txn->arena, 'w', measurement_id, tag->key, tag->value);
	struct record r;
	bool used;

	if (is_posted(txn, measurement_id, tag, &used, err) != 0)
		return -1;
	if (!used)
		return drop_value(txn, measurement_id, tag->key, tag->text, err);
	record_begin(&r, 1);
	record_bytes(&r, tag->text.p, tag->text.n);
	return put_block(txn, key_slice(&key), &r, err);
}

int
value_unpost(struct txn *txn, uint32_t measurement_id, const struct series_tag *tag, uint64_t id,
    struct err *err)
{
	struct key key = id_key(txn->arena, 'w', measurement_id, tag->key, tag->value);
	struct slice text;
	bool used;
	int found;

	if (cut_posting(txn, measurement_id, tag, id, err) != 0 ||
	    is_posted(txn, measurement_id, tag, &used, err) != 0)
		return -1;
	if (used)
		return 0;
	/* while the series that brought it is there, there is no such text */
	if ((found = left_text(txn, measurement_id, tag->key, tag->value, &text, err)) != 0)
		return found < 0 ? -1 : 0;
	if (drop_value(txn, measurement_id, tag->key, text, err) != 0)
		return -1;
	return txn_delete(txn, DB_SERIES, key_slice(&key), err);
}
