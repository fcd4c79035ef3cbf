/*
 * store/journal_table.c - the journal: one record per write and measurement, in order of arrival
 *
 *     bucket (8) measurement (4) 0 (8)         ->  record 1: the head, which numbers the others
 *     bucket (8) measurement (4) sequence (8)  ->  a batch, as codec/batch_encode.c writes it
 */
#include "codec/codec.h"
#include "store/store_priv.h"

#define SECTION_BYTES (256u << 10)

struct key
journal_prefix(struct arena *arena, uint64_t bucket_id, uint32_t measurement_id)
{
	struct key key = key_empty(arena);

	key_u64(&key, bucket_id);
	key_u32(&key, measurement_id);
	return key;
}

struct key
journal_key(struct arena *arena, uint64_t bucket_id, uint32_t measurement_id, uint64_t sequence)
{
	struct key key = journal_prefix(arena, bucket_id, measurement_id);

	key_u64(&key, sequence);
	return key;
}

int
journal_head_get(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
    struct journal_head *head, struct err *err)
{
	struct key key = journal_key(txn->arena, bucket_id, measurement_id, 0);
	struct record_reader r;
	struct slice value;
	int found = txn_get(txn, DB_JOURNAL, key_slice(&key), &value, err);

	*head = (struct journal_head){ .first = 1, .next = 1 };
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (record_open(&r, value, 1, "journal head", err) != 0)
		return -1;
	head->first = record_get_u64(&r);
	head->next = record_get_u64(&r);
	head->bytes = record_get_u64(&r);
	head->compact_to = record_get_u64(&r);
	head->compact_series = record_get_u64(&r);
	return record_close(&r, "journal head", err);
}

int
journal_head_put(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
    const struct journal_head *head, struct err *err)
{
	struct key key = journal_key(txn->arena, bucket_id, measurement_id, 0);
	struct record r;
	int result;

	record_begin(&r, 1);
	record_u64(&r, head->first);
	record_u64(&r, head->next);
	record_u64(&r, head->bytes);
	record_u64(&r, head->compact_to);
	record_u64(&r, head->compact_series);
	result = txn_put(txn, DB_JOURNAL, key_slice(&key), record_end(&r), err);
	record_free(&r);
	return result;
}

int
journal_append(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, struct slice record,
    struct err *err)
{
	struct journal_head head;
	struct key key;

	if (journal_head_get(txn, bucket_id, measurement_id, &head, err) != 0)
		return -1;
	key = journal_key(txn->arena, bucket_id, measurement_id, head.next++);
	head.bytes += record.n;
	if (txn_put(txn, DB_JOURNAL, key_slice(&key), record, err) != 0)
		return -1;
	return journal_head_put(txn, bucket_id, measurement_id, &head, err);
}

struct reading {
	int64_t		 from, to;
	struct journal_record *records;
	size_t		 n, cap, n_bytes;
	uint64_t	 next;
	bool		 full;
};

static int
take(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct reading *r = arg;
	int64_t least, most;
	char *copy;

	if (key.n != JOURNAL_PREFIX_BYTES + 8)
		return err_set(err, ERR_CORRUPT, "a journal key has %zu bytes", key.n);
	if (r->n_bytes >= SECTION_BYTES) {
		r->full = true;
		return 1;
	}
	r->next = key_get_u64(key.p + JOURNAL_PREFIX_BYTES) + 1;
	r->n_bytes += 256;
	if (codec_batch_span(value, &least, &most) == 0 && (most < r->from || least > r->to))
		return 0;
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 32 : r->cap * 2;

		r->records = arena_grow(txn->arena, r->records, r->cap, cap);
		r->cap = cap;
	}
	copy = arena_alloc(txn->arena, value.n + CODEC_SLACK);
	memcpy(copy, value.p, value.n);
	memset(copy + value.n, 0, CODEC_SLACK);
	r->records[r->n++] = (struct journal_record){ r->next - 1, slice_make(copy, value.n) };
	r->n_bytes += value.n;
	return 0;
}

int
journal_read(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id, uint64_t *sequence,
    int64_t from, int64_t to, struct journal_record **records, size_t *n, bool *more,
    struct err *err)
{
	struct key prefix = journal_prefix(txn->arena, bucket_id, measurement_id);
	uint64_t begin = *sequence == 0 ? 1 : *sequence;	/* 0 is the head */
	struct key first = journal_key(txn->arena, bucket_id, measurement_id, begin);
	struct reading r = { .from = from, .to = to, .next = begin };

	if (txn_each_from(txn, DB_JOURNAL, key_slice(&prefix), key_slice(&first), take, &r, err) != 0)
		return -1;
	*records = r.records;
	*n = r.n;
	*sequence = r.next;
	*more = r.full;
	return 0;
}
