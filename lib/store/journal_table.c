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
	head->compact_bytes = record_get_u64(&r);
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
	record_u64(&r, head->compact_bytes);
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
	txn->store->unsettled = true;
	if (head.bytes >= txn->store->env.options.compact_bytes || head.compact_to != 0)
		txn->store->due = (struct store_backlog){ bucket_id, measurement_id,
			head.next - head.first, head.bytes };
	return journal_head_put(txn, bucket_id, measurement_id, &head, err);
}

/* ---- every measurement's head ---- */

struct backlog_walk {
	struct store_backlog *list;
	size_t		 n, cap;
	struct slice	 from;		/* in the caller's arena */
	bool		 more;
};

#define WALK_STEPS 256

static int
next_backlog(struct txn *txn, struct backlog_walk *w, struct txn_cursor *cursor, bool *at,
    struct err *err)
{
	struct store_backlog *b;
	struct journal_head head;
	struct slice key;
	struct key next;

	if (txn_cursor_from(cursor, w->from, SLICE(""), at, err) != 0 || !*at)
		return *at ? -1 : 0;
	if (txn_cursor_key(cursor, &key, err) != 0)
		return -1;
	if (key.n < JOURNAL_PREFIX_BYTES)
		return err_set(err, ERR_CORRUPT, "a journal key has %zu bytes", key.n);
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 64 : w->cap * 2;

		w->list = arena_grow(txn->arena, w->list, w->cap, cap);
		w->cap = cap;
	}
	b = &w->list[w->n++];
	*b = (struct store_backlog){ key_get_u64(key.p), key_get_u32(key.p + 8), 0, 0 };
	if (journal_head_get(txn, b->bucket_id, b->measurement_id, &head, err) != 0)
		return -1;
	b->records = head.next - head.first;
	b->bytes = head.bytes;
	next = journal_key(txn->arena, b->bucket_id, b->measurement_id, UINT64_MAX);
	w->from = key_slice(&next);
	return 0;
}

static int
walk_body(struct txn *txn, void *arg, struct err *err)
{
	struct backlog_walk *w = arg, mine = *w;
	struct txn_cursor *cursor;
	bool at = true;
	int r = 0;

	if (txn_cursor_open(txn, DB_JOURNAL, &cursor, err) != 0)
		return -1;
	for (int i = 0; i < WALK_STEPS && at && r == 0; i++)
		r = next_backlog(txn, &mine, cursor, &at, err);
	txn_cursor_close(cursor);
	mine.more = at;
	if (r == 0)
		*w = mine;	/* else its memory may be taken back */
	return r;
}

int
store_backlogs(struct store *store, struct arena *arena, struct store_backlog **list, size_t *n,
    struct err *err)
{
	struct backlog_walk w = { .from = SLICE("") };

	do {
		if (store_txn(store, STORE_READ, arena, walk_body, &w, err) != 0)
			return -1;
	} while (w.more);
	*list = w.list;
	*n = w.n;
	return 0;
}

struct reading {
	uint64_t	 end;		/* no record from this sequence on; 0 = all */
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
	if (r->end != 0 && key_get_u64(key.p + JOURNAL_PREFIX_BYTES) >= r->end)
		return 1;
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
    uint64_t end, int64_t from, int64_t to, struct journal_record **records, size_t *n, bool *more,
    struct err *err)
{
	struct key prefix = journal_prefix(txn->arena, bucket_id, measurement_id);
	uint64_t begin = *sequence == 0 ? 1 : *sequence;	/* 0 is the head */
	struct key first = journal_key(txn->arena, bucket_id, measurement_id, begin);
	struct reading r = { .end = end, .from = from, .to = to, .next = begin };

	if (txn_each_from(txn, DB_JOURNAL, key_slice(&prefix), key_slice(&first), take, &r, err) != 0)
		return -1;
	*records = r.records;
	*n = r.n;
	*sequence = r.next;
	*more = r.full;
	return 0;
}
