/*
 * store/series_table.c - series: a tag set of a measurement has an id
 *
 *     'n' measurement           -> record 1: u64 the last id that was given
 *     'z' measurement first-id  -> record 1: a block of series in order of their ids; per series
 *                                  varint id - the one before (at first: - the key's),
 *                                  varint bytes of its tags, its tags
 *     'h' measurement last hash -> record 1: varint ids; nearly always one
 *
 * Tags are in order of the keys' names, each a varint column id and a varint value id. The id of a
 * value, under its key, is that of the series with which it came first. That series has 0 in its
 * place, a varint length and the text.
 *
 * So a series that brings a value with it (a new host, nearly always) needs no further index: of
 * the values of a tag set, the one with the greatest id leads to the only series that can have
 * brought one of them. A series that brings none, because all its values were there, has a place
 * under that greatest id and a hash of all its ids. The hash finds; the tags decide. What comes anew
 * mostly has values that came a short while ago, so that here, too, neighbours in time are
 * neighbours in the tree.
 *
 * New series go behind all others: a block is filled up and then left alone. A block takes no more
 * once it has BLOCK_BYTES: four of them share a page. Berkeley DB leaves a page full only at the
 * right edge of a tree, elsewhere half full, so the blocks have the last of the letters.
 */
#include "base/hash.h"
#include "codec/codec.h"
#include "store/series_table.h"

#define BLOCK_BYTES 930

/* ---- ids ---- */

int
series_next_id(struct txn *txn, uint32_t measurement_id, uint64_t *id, struct err *err)
{
	struct key key = key_begin(txn->arena, 'n');
	struct record_reader r;
	struct slice value;
	int found;

	key_short(&key, measurement_id);
	*id = 1;
	if ((found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err)) != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&r, value, 1, "series counter", err) != 0)
		return -1;
	*id = record_get_u64(&r) + 1;
	return record_close(&r, "series counter", err);
}

int
series_put_last_id(struct txn *txn, uint32_t measurement_id, uint64_t id, struct err *err)
{
	struct key key = key_begin(txn->arena, 'n');
	struct record r;
	int result;

	key_short(&key, measurement_id);
	record_begin(&r, 1);
	record_u64(&r, id);
	result = txn_put(txn, DB_SERIES, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

/* ---- blocks ---- */

struct key
series_prefix(struct arena *arena, uint32_t measurement_id)
{
	struct key key = key_begin(arena, 'z');

	key_short(&key, measurement_id);
	return key;
}

static struct key
block_key(struct arena *arena, uint32_t measurement_id, uint64_t id)
{
	struct key key = series_prefix(arena, measurement_id);

	key_short(&key, id);
	return key;
}

void
series_block_free(struct series_block *block)
{
	buf_free(&block->bytes);
	*block = (struct series_block){ .measurement_id = 0 };
}

/*
 * The entry at the front of `rest`, in front of which stands the id before it.
 */
static int
take_entry(struct slice *rest, uint64_t before, struct series_entry *entry, struct err *err)
{
	uint64_t step, n;

	if (codec_varint_get(rest, &step) != 0 || codec_varint_get(rest, &n) != 0 || n > rest->n)
		return err_set(err, ERR_CORRUPT, "a series record is cut short");
	*entry = (struct series_entry){ before + step, slice_make(rest->p, (size_t)n) };
	rest->p += n;
	rest->n -= (size_t)n;
	return 0;
}

/*
 * first-id of a block's key, which is cut to what stands behind the measurement.
 */
static int
first_id(struct slice key, uint64_t *id, struct err *err)
{
	uint64_t measurement_id;

	key.p++;
	key.n--;
	if (key_take_short(&key, &measurement_id) != 0 || key_take_short(&key, id) != 0)
		return err_set(err, ERR_CORRUPT, "a series key has %zu bytes", key.n);
	return 0;
}

int
series_ids(struct slice key, struct slice value, void (*take)(void *to, uint64_t id), void *to,
    struct err *err)
{
	struct series_entry entry = { 0 };
	struct record_reader r;

	if (first_id(key, &entry.id, err) != 0 || record_open(&r, value, 1, "series", err) != 0)
		return -1;
	while (r.rest.n > 0) {
		if (take_entry(&r.rest, entry.id, &entry, err) != 0)
			return -1;
		take(to, entry.id);
	}
	return 0;
}

static void
rewind_block(struct series_block *block)
{
	block->at = (struct series_entry){ 0 };
	block->rest = buf_slice(&block->bytes);
}

static int
next_entry(struct series_block *block, struct err *err)
{
	uint64_t before = block->at.id == 0 ? block->first : block->at.id;

	return take_entry(&block->rest, before, &block->at, err);
}

/*
 * Have the block that would have this id: 0, 1 when there is none, -1
 */
static int
load_block(struct txn *txn, uint32_t measurement_id, uint64_t id, struct series_block *block,
    struct err *err)
{
	struct arena_mark mark = arena_mark(txn->arena);
	struct key prefix = series_prefix(txn->arena, measurement_id);
	struct key limit = block_key(txn->arena, measurement_id, id);
	struct record_reader r;
	struct slice key, value;
	int found = txn_before(txn, DB_SERIES, key_slice(&prefix), key_slice(&limit), &key, &value, err);

	block->measurement_id = 0;
	if (found != 0)
		return found;
	if (first_id(key, &block->first, err) != 0 || record_open(&r, value, 1, "series", err) != 0)
		return -1;
	buf_reset(&block->bytes);
	buf_put_slice(&block->bytes, r.rest);
	arena_rewind(txn->arena, mark);
	rewind_block(block);
	while (block->rest.n > 0)
		if (next_entry(block, err) != 0)
			return -1;
	block->last = block->at.id;
	block->measurement_id = measurement_id;
	rewind_block(block);
	return 0;
}

int
series_get(struct txn *txn, uint32_t measurement_id, uint64_t id, struct series_block *block,
    struct series_entry *entry, struct err *err)
{
	int found;

	if (block->measurement_id != measurement_id || id < block->first || id > block->last) {
		if ((found = load_block(txn, measurement_id, id, block, err)) != 0)
			return found;
	} else if (block->at.id >= id) {
		rewind_block(block);
	}
	do {
		if (block->rest.n == 0)
			return 1;
		if (next_entry(block, err) != 0)
			return -1;
	} while (block->at.id < id);
	*entry = block->at;
	return block->at.id != id;
}

int
series_take_tag(struct series_entry *entry, struct series_tag *tag, struct err *err)
{
	struct slice *rest = &entry->tags;
	uint64_t key, n;

	if (codec_varint_get(rest, &key) != 0 || codec_varint_get(rest, &tag->value) != 0 ||
	    key > UINT32_MAX)
		return err_set(err, ERR_CORRUPT, "the tags of series %llu are cut short",
		    (unsigned long long)entry->id);
	tag->key = (uint32_t)key;
	tag->text = (struct slice){ NULL, 0 };
	if (tag->value != 0)
		return 0;
	if (codec_varint_get(rest, &n) != 0 || n > rest->n)
		return err_set(err, ERR_CORRUPT, "the tags of series %llu are cut short",
		    (unsigned long long)entry->id);
	tag->value = entry->id;
	tag->text = slice_make(rest->p, (size_t)n);
	rest->p += n;
	rest->n -= (size_t)n;
	return 0;
}

void
series_put_tags(struct buf *out, uint64_t id, const struct series_tag *tags, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		codec_varint_put(out, tags[i].key);
		if (tags[i].value != id) {
			codec_varint_put(out, tags[i].value);
			continue;
		}
		codec_varint_put(out, 0);
		codec_varint_put(out, tags[i].text.n);
		buf_put_slice(out, tags[i].text);
	}
}

static void
put_entry(struct record *r, uint64_t before, const struct series_entry *entry)
{
	codec_varint_put(&r->buf, entry->id - before);
	codec_varint_put(&r->buf, entry->tags.n);
	buf_put_slice(&r->buf, entry->tags);
}

static int
put_block(struct txn *txn, struct slice key, struct record *r, struct err *err)
{
	int result = txn_put(txn, DB_SERIES, key, record_end(r), err);

	record_free(r);
	return result;
}

/*
 * Go on in the last block of a measurement when it has room for more.
 */
static int
reopen_block(struct txn *txn, uint32_t measurement_id, size_t more, struct slice *key,
    struct record *r, uint64_t *last, bool *open, struct err *err)
{
	struct key prefix = series_prefix(txn->arena, measurement_id);
	struct key limit = block_key(txn->arena, measurement_id, UINT64_MAX);
	struct series_entry entry = { 0 };
	struct record_reader old;
	struct slice value, rest;
	int found = txn_before(txn, DB_SERIES, key_slice(&prefix), key_slice(&limit), key, &value, err);

	*open = false;
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (first_id(*key, last, err) != 0 || record_open(&old, value, 1, "series", err) != 0)
		return -1;
	if (old.rest.n + more > BLOCK_BYTES)
		return 0;
	for (rest = old.rest; rest.n > 0; *last = entry.id)
		if (take_entry(&rest, *last, &entry, err) != 0)
			return -1;
	record_begin(r, 1);
	record_bytes(r, old.rest.p, old.rest.n);
	*open = true;
	return 0;
}

int
series_append(struct txn *txn, uint32_t measurement_id, const struct series_entry *list, size_t n,
    struct err *err)
{
	struct slice key;
	struct record r;
	uint64_t last = 0;
	bool open;

	if (n == 0)
		return 0;
	if (reopen_block(txn, measurement_id, list[0].tags.n, &key, &r, &last, &open, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (open && r.buf.n + list[i].tags.n > BLOCK_BYTES) {
			if (put_block(txn, key, &r, err) != 0)
				return -1;
			open = false;
		}
		if (!open) {
			struct key fresh = block_key(txn->arena, measurement_id, list[i].id);

			key = key_slice(&fresh);
			record_begin(&r, 1);
			last = list[i].id;
			open = true;
		}
		put_entry(&r, last, &list[i]);
		last = list[i].id;
	}
	if (put_block(txn, key, &r, err) != 0)
		return -1;
	return series_put_last_id(txn, measurement_id, last, err);
}

int
series_remove(struct txn *txn, uint32_t measurement_id, uint64_t id, struct err *err)
{
	struct key prefix = series_prefix(txn->arena, measurement_id);
	struct key limit = block_key(txn->arena, measurement_id, id);
	struct series_entry entry = { 0 };
	struct record_reader old;
	struct slice key, value;
	struct record r;
	uint64_t last;
	int found = txn_before(txn, DB_SERIES, key_slice(&prefix), key_slice(&limit), &key, &value, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	if (first_id(key, &last, err) != 0 || record_open(&old, value, 1, "series", err) != 0)
		return -1;
	entry.id = last;
	record_begin(&r, 1);
	while (old.rest.n > 0) {
		if (take_entry(&old.rest, entry.id, &entry, err) != 0) {
			record_free(&r);
			return -1;
		}
		if (entry.id == id)
			continue;
		put_entry(&r, last, &entry);
		last = entry.id;
	}
	if (r.buf.n > 1)
		return put_block(txn, key, &r, err);
	record_free(&r);
	return txn_delete(txn, DB_SERIES, key, err);
}

/* ---- by hash ---- */

struct series_name
series_name_of(struct arena *arena, const struct series_tag *tags, size_t n)
{
	struct arena_mark mark = arena_mark(arena);
	struct key bytes = key_empty(arena);
	struct series_name name = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		key_short(&bytes, tags[i].key);
		key_short(&bytes, tags[i].value);
		if (tags[i].value > name.last)
			name.last = tags[i].value;
	}
	name.hash = hash_stable(bytes.p, bytes.n);
	arena_rewind(arena, mark);
	return name;
}

static struct key
name_key(struct txn *txn, uint32_t measurement_id, const struct series_name *name)
{
	struct key key = key_begin(txn->arena, 'h');

	key_short(&key, measurement_id);
	key_short(&key, name->last);
	key_u32(&key, (uint32_t)(name->hash >> 32));
	return key;
}

int
series_named(struct txn *txn, uint32_t measurement_id, const struct series_name *name,
    struct slice *ids, struct err *err)
{
	struct key key = name_key(txn, measurement_id, name);
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);

	*ids = (struct slice){ NULL, 0 };
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&r, value, 1, "series hash", err) != 0)
		return -1;
	*ids = r.rest;
	return 0;
}

int
series_named_take(struct slice *ids, uint64_t *id, struct err *err)
{
	if (ids->n == 0)
		return 1;
	if (codec_varint_get(ids, id) != 0)
		return err_set(err, ERR_CORRUPT, "a series hash record is cut short");
	return 0;
}

static int
put_named(struct txn *txn, uint32_t measurement_id, const struct series_name *name,
    struct record *r, struct err *err)
{
	struct key key = name_key(txn, measurement_id, name);
	int result = r->buf.n > 1 ? txn_put(txn, DB_SERIES, key_slice(&key), record_end(r), err)
	    : txn_delete(txn, DB_SERIES, key_slice(&key), err);

	record_free(r);
	return result;
}

int
series_named_add(struct txn *txn, uint32_t measurement_id, const struct series_name *name,
    uint64_t id, struct err *err)
{
	struct arena_mark mark = arena_mark(txn->arena);
	struct slice old;
	struct record r;
	int result;

	if (series_named(txn, measurement_id, name, &old, err) != 0)
		return -1;
	record_begin(&r, 1);
	record_bytes(&r, old.p, old.n);
	codec_varint_put(&r.buf, id);
	result = put_named(txn, measurement_id, name, &r, err);
	arena_rewind(txn->arena, mark);
	return result;
}

int
series_named_remove(struct txn *txn, uint32_t measurement_id, const struct series_name *name,
    uint64_t id, struct err *err)
{
	struct slice ids;
	struct record r;
	uint64_t other;
	int end;

	if (series_named(txn, measurement_id, name, &ids, err) != 0)
		return -1;
	record_begin(&r, 1);
	while ((end = series_named_take(&ids, &other, err)) == 0)
		if (other != id)
			codec_varint_put(&r.buf, other);
	if (end < 0) {
		record_free(&r);
		return -1;
	}
	return put_named(txn, measurement_id, name, &r, err);
}
