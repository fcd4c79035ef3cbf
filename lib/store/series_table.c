/*
 * store/series_table.c - series: a tag set of a measurement has an id
 *
 *     'h' measurement hash(canonical tags)  -> record 1: ids, 8 bytes each; nearly always one
 *     's' measurement id                    -> record 1: per tag varint key id, varint value id
 *
 * Strings are kept once, by the tag tables. The hash finds, the ids decide: two tag sets of one
 * hash are told apart by their 's' records.
 */
#include "base/hash.h"
#include "codec/codec.h"
#include "model/tag.h"
#include "store/store_priv.h"

struct key
series_key(struct arena *arena, uint32_t measurement_id, uint64_t id)
{
	struct key key = key_begin(arena, 's');

	key_u32(&key, measurement_id);
	if (id != 0)
		key_u64(&key, id);
	return key;
}

static struct key
hash_key(struct txn *txn, uint32_t measurement_id, uint64_t hash)
{
	struct key key = key_begin(txn->arena, 'h');

	key_u32(&key, measurement_id);
	key_u64(&key, hash);
	return key;
}

int
series_hash_known(struct txn *txn, uint32_t measurement_id, uint64_t hash, struct err *err)
{
	struct key key = hash_key(txn, measurement_id, hash);
	struct slice value;

	return txn_get(txn, DB_SERIES, key_slice(&key), &value, err);
}

int
series_decode(struct slice value, struct arena *arena, struct series_tag **tags, size_t *n,
    struct err *err)
{
	struct record_reader r;
	uint64_t key, id;

	if (record_open(&r, value, 1, "series", err) != 0)
		return -1;
	*tags = arena_array(arena, struct series_tag, r.rest.n / 2 + 1);
	for (*n = 0; r.rest.n > 0; ++*n) {
		if (codec_varint_get(&r.rest, &key) != 0 || codec_varint_get(&r.rest, &id) != 0 ||
		    key > UINT32_MAX)
			return err_set(err, ERR_CORRUPT, "a series record is cut short");
		(*tags)[*n] = (struct series_tag){ (uint32_t)key, id };
	}
	return 0;
}

/*
 * The names of the columns that a series' ids stand for.
 */
struct column_names {
	struct arena	*arena;
	const struct series_tag *ids;
	struct tag	*tags;
	size_t		 n;
};

static int
take_name(void *arg, const struct column *column)
{
	const struct column_names *names = arg;

	for (size_t i = 0; i < names->n; i++)
		if (names->ids[i].key == column->id)
			names->tags[i].key = column->name;
	return 0;
}

static bool
same_tags(const struct series_tag *a, size_t n, const struct series_tag *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (a[i].key != b[i].key || a[i].value != b[i].value)
			return false;
	return true;
}

static int
series_is(struct txn *txn, uint32_t measurement_id, uint64_t id, const struct series_tag *tags,
    size_t n, struct err *err)
{
	struct key key = series_key(txn->arena, measurement_id, id);
	struct series_tag *others;
	struct slice value;
	size_t m;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);

	if (found > 0)
		return err_set(err, ERR_CORRUPT, "series %llu of measurement %u has no record",
		    (unsigned long long)id, measurement_id);
	if (found < 0 || series_decode(value, txn->arena, &others, &m, err) != 0)
		return -1;
	return same_tags(tags, n, others, m);
}

int
series_find(struct txn *txn, uint32_t measurement_id, uint64_t hash,
    const struct series_tag *tags, size_t n, uint64_t *id, struct err *err)
{
	struct key key = hash_key(txn, measurement_id, hash);
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);

	if (found != 0)
		return found;
	if (record_open(&r, value, 1, "series hash", err) != 0)
		return -1;
	while (r.rest.n > 0 && !r.bad) {
		int is;

		*id = record_get_u64(&r);
		if (!r.bad && (is = series_is(txn, measurement_id, *id, tags, n, err)) != 0)
			return is < 0 ? -1 : 0;
	}
	return record_close(&r, "series hash", err) != 0 ? -1 : 1;
}

static int
add_to_hash(struct txn *txn, uint32_t measurement_id, uint64_t hash, uint64_t id, struct err *err)
{
	struct key key = hash_key(txn, measurement_id, hash);
	struct slice value;
	struct record_reader old;
	struct record r;
	int result, found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);

	if (found < 0 || (found == 0 && record_open(&old, value, 1, "series hash", err) != 0))
		return -1;
	record_begin(&r, 1);
	if (found == 0)
		record_bytes(&r, old.rest.p, old.rest.n);
	record_u64(&r, id);
	result = txn_put(txn, DB_SERIES, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

int
series_add(struct txn *txn, uint32_t measurement_id, uint64_t hash, const struct series_tag *tags,
    size_t n, uint64_t id, struct err *err)
{
	struct key key = series_key(txn->arena, measurement_id, id);
	struct record r;
	int result;

	record_begin(&r, 1);
	for (size_t i = 0; i < n; i++) {
		codec_varint_put(&r.buf, tags[i].key);
		codec_varint_put(&r.buf, tags[i].value);
	}
	result = txn_put(txn, DB_SERIES, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result != 0 ? -1 : add_to_hash(txn, measurement_id, hash, id, err);
}

/*
 * The canonical bytes of a series, whose hash finds it, from its ids.
 */
static int
hash_of(struct txn *txn, uint32_t measurement_id, const struct series_tag *ids, size_t n,
    uint64_t *hash, struct err *err)
{
	struct tag *tags = arena_array(txn->arena, struct tag, n + 1);
	struct column_names names = { txn->arena, ids, tags, n };
	struct buf bytes = { 0 };

	memset(tags, 0, n * sizeof(*tags));
	if (column_each(txn, measurement_id, take_name, &names, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (tag_value_text(txn, measurement_id, ids[i].value, &tags[i].value, err) != 0)
			return -1;
	tag_set_encode(tags, n, &bytes);
	*hash = hash_stable(bytes.p, bytes.n);
	buf_free(&bytes);
	return 0;
}

int
series_unhash(struct txn *txn, uint32_t measurement_id, const struct series_tag *tags, size_t n,
    uint64_t id, struct err *err)
{
	struct record_reader old;
	struct slice value;
	struct record r;
	struct key key;
	uint64_t hash, other;
	int result, found;

	if (hash_of(txn, measurement_id, tags, n, &hash, err) != 0)
		return -1;
	key = hash_key(txn, measurement_id, hash);
	found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&old, value, 1, "series hash", err) != 0)
		return -1;
	record_begin(&r, 1);
	while (old.rest.n > 0 && !old.bad)
		if ((other = record_get_u64(&old)) != id)
			record_u64(&r, other);
	result = r.buf.n > 1 ? txn_put(txn, DB_SERIES, key_slice(&key), record_end(&r), err)
	    : txn_delete(txn, DB_SERIES, key_slice(&key), err);
	record_free(&r);
	return result;
}
