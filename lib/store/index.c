/*
 * store/index.c - questions to the tag index, answered in short sections
 *
 * Each walk takes at most STEP_RECORDS records a section and goes on behind the last one's key.
 */
#include "store/store_priv.h"
#include "store/tag_table.h"

#define STEP_RECORDS 2048

/*
 * One walk over the keys that begin with a prefix.
 */
struct walk {
	enum store_db	 db;
	struct slice	 prefix, from;
	int		(*take)(void *to, struct slice key, struct slice value, struct err *err);
	void		*to;
	size_t		 n;
	bool		 more;
	struct slice	 next;
};

static int
take_one(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct walk *w = arg;

	if (w->n++ == STEP_RECORDS) {
		w->more = true;
		w->next = arena_copy(txn->arena, key);
		return 1;
	}
	return w->take(w->to, key, value, err);
}

static int
walk_body(struct txn *txn, void *arg, struct err *err)
{
	struct walk *w = arg;

	w->n = 0;
	w->more = false;
	return txn_each_from(txn, w->db, w->prefix, w->from, take_one, w, err);
}

/*
 * `take` allocates from the store's scratch or from an arena of its own, never from txn->arena:
 * a section that is run again takes the same records once more, so it drops those it has already
 * (they come in ascending order).
 */
static int
walk_all(struct store *store, enum store_db db, struct slice prefix,
    int (*take)(void *to, struct slice key, struct slice value, struct err *err), void *to,
    struct err *err)
{
	struct walk w = { .db = db, .prefix = prefix, .from = prefix, .take = take, .to = to };

	do {
		if (store_txn(store, STORE_READ, store->scratch, walk_body, &w, err) != 0)
			return -1;
		w.from = w.next;
	} while (w.more);
	return 0;
}

/* ---- series of a measurement, of a tag value ---- */

struct id_list {
	struct arena	*arena;
	struct store_series_list list;
	size_t		 cap;
};

static int
take_series(void *to, struct slice key, struct slice value, struct err *err)
{
	struct id_list *l = to;
	uint64_t id;

	(void)value;
	if (key.n != 13)
		return err_set(err, ERR_CORRUPT, "a series key has %zu bytes", key.n);
	id = key_get_u64(key.p + 5);
	if (l->list.n > 0 && id <= l->list.ids[l->list.n - 1])
		return 0;
	if (l->list.n == l->cap) {
		size_t cap = l->cap == 0 ? 256 : l->cap * 2;

		l->list.ids = arena_grow(l->arena, l->list.ids, l->cap, cap);
		l->cap = cap;
	}
	l->list.ids[l->list.n++] = id;
	return 0;
}

int
store_series_all(struct store *store, const struct store_measurement *m, struct arena *arena,
    struct store_series_list *out, struct err *err)
{
	struct id_list l = { .arena = arena };
	struct key prefix;
	int r;

	arena_reset(store->scratch);
	prefix = series_key(store->scratch, m->id, 0);
	r = walk_all(store, DB_SERIES, key_slice(&prefix), take_series, &l, err);
	*out = l.list;
	return r;
}

static int
take_posting(void *to, struct slice key, struct slice value, struct err *err)
{
	struct id_list *l = to;

	if (l->list.n > 0 && key.n >= 8 &&
	    key_get_u64(key.p + key.n - 8) <= l->list.ids[l->list.n - 1])
		return 0;
	return posting_decode(key, value, l->arena, &l->list, &l->cap, err);
}

int
store_series_with(struct store *store, const struct store_measurement *m, uint32_t tag_key_id,
    uint64_t value_id, struct arena *arena, struct store_series_list *out, struct err *err)
{
	struct id_list l = { .arena = arena };
	struct key prefix;
	int r;

	arena_reset(store->scratch);
	prefix = posting_prefix(store->scratch, m->id, tag_key_id, value_id);
	r = walk_all(store, DB_SERIES, key_slice(&prefix), take_posting, &l, err);
	*out = l.list;
	return r;
}

/* ---- values of a tag key ---- */

struct value_list {
	struct arena	*arena;
	struct store_tag_value *list;
	size_t		 n, cap;
};

static int
take_value(void *to, struct slice key, struct slice value, struct err *err)
{
	struct value_list *l = to;
	struct slice text = slice_make(key.p + 9, key.n - 9);
	struct record_reader r;
	uint64_t id;

	if (l->n > 0 && slice_cmp(text, l->list[l->n - 1].value) <= 0)
		return 0;
	if (record_open(&r, value, 1, "tag value", err) != 0)
		return -1;
	id = record_get_u64(&r);
	if (record_close(&r, "tag value", err) != 0)
		return -1;
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;

		l->list = arena_grow(l->arena, l->list, l->cap, cap);
		l->cap = cap;
	}
	l->list[l->n++] = (struct store_tag_value){ arena_copy(l->arena, text), id };
	return 0;
}

int
store_tag_values(struct store *store, const struct store_measurement *m, uint32_t tag_key_id,
    struct arena *arena, struct store_tag_value **values, size_t *n, struct err *err)
{
	struct value_list l = { .arena = arena };
	struct key prefix;

	arena_reset(store->scratch);
	prefix = key_begin(store->scratch, 'v');
	key_u32(&prefix, m->id);
	key_u32(&prefix, tag_key_id);
	if (walk_all(store, DB_SERIES, key_slice(&prefix), take_value, &l, err) != 0)
		return -1;
	*values = l.list;
	*n = l.n;
	return 0;
}

struct find_job {
	const struct store_measurement *m;
	uint32_t	 key;
	struct slice	 value;
	uint64_t	 id;
	int		 found;
};

static int
find_body(struct txn *txn, void *arg, struct err *err)
{
	struct find_job *job = arg;

	job->found = tag_value_find(txn, job->m->id, job->key, job->value, &job->id, err);
	return job->found < 0 ? -1 : 0;
}

int
store_tag_value_find(struct store *store, const struct store_measurement *m, uint32_t tag_key_id,
    struct slice value, uint64_t *id, bool *found, struct err *err)
{
	struct find_job job = { m, tag_key_id, value, 0, 1 };

	arena_reset(store->scratch);
	if (store_txn(store, STORE_READ, store->scratch, find_body, &job, err) != 0)
		return -1;
	*id = job.id;
	*found = job.found == 0;
	return 0;
}

/* ---- tags of series ---- */

#define STEP_SERIES 1024

struct tags_job {
	const struct store_measurement *m;
	const uint64_t	*ids;
	size_t		 n;
	const uint32_t	*keys;
	size_t		 n_keys;
	uint64_t	*value_ids;	/* n * n_keys; 0 = the series lacks the tag */
};

static int
read_series(struct txn *txn, const struct tags_job *job, size_t i, struct err *err)
{
	struct key key = series_key(txn->arena, job->m->id, job->ids[i]);
	struct series_tag *tags;
	struct slice value;
	size_t n;
	int found = txn_get(txn, DB_SERIES, key_slice(&key), &value, err);

	memset(job->value_ids + i * job->n_keys, 0, job->n_keys * sizeof(*job->value_ids));
	if (found != 0)
		return found < 0 ? -1 : 0;	/* dropped meanwhile */
	if (series_decode(value, txn->arena, &tags, &n, err) != 0)
		return -1;
	for (size_t t = 0; t < n; t++)
		for (size_t k = 0; k < job->n_keys; k++)
			if (job->keys[k] == tags[t].key)
				job->value_ids[i * job->n_keys + k] = tags[t].value;
	return 0;
}

static int
tags_body(struct txn *txn, void *arg, struct err *err)
{
	const struct tags_job *job = arg;

	for (size_t i = 0; i < job->n; i++)
		if (read_series(txn, job, i, err) != 0)
			return -1;
	return 0;
}

struct texts_job {
	const struct store_measurement *m;
	const uint64_t	*ids;
	struct slice	*texts;		/* in txn->arena */
	size_t		 n;
};

static int
texts_body(struct txn *txn, void *arg, struct err *err)
{
	const struct texts_job *job = arg;

	for (size_t i = 0; i < job->n; i++) {
		int found = tag_value_text_find(txn, job->m->id, job->ids[i], &job->texts[i], err);

		if (found < 0)
			return -1;
		if (found > 0)
			job->texts[i] = SLICE("");	/* dropped since the ids were read */
	}
	return 0;
}

/*
 * Fetch the texts that the process does not remember yet, in one section.
 */
static int
learn_texts(struct store *store, const struct tags_job *job, struct err *err)
{
	struct schema *schema = &store->schema;
	size_t most = job->n * job->n_keys;
	uint64_t *missing = arena_array(store->scratch, uint64_t, most + 1);
	struct texts_job texts = { .m = job->m, .ids = missing };
	struct table seen = { 0 };
	struct slice text;

	for (size_t i = 0; i < most; i++) {
		const uint64_t *id = &job->value_ids[i];
		bool made = false;

		if (*id == 0 || schema_text_known(schema, *id, &text))
			continue;
		table_put(&seen, slice_make((const char *)id, sizeof(*id)), &made);
		if (made)
			missing[texts.n++] = *id;
	}
	table_free(&seen);
	if (texts.n == 0)
		return 0;
	texts.texts = arena_array(store->scratch, struct slice, texts.n);
	if (store_txn(store, STORE_READ, store->scratch, texts_body, &texts, err) != 0)
		return -1;
	for (size_t i = 0; i < texts.n; i++)
		schema_add_text(schema, missing[i], texts.texts[i]);
	return 0;
}

static void
put_texts(struct store *store, const struct tags_job *job, struct arena *arena, struct slice *out)
{
	for (size_t i = 0; i < job->n * job->n_keys; i++) {
		struct slice text = SLICE("");

		if (job->value_ids[i] != 0 &&
		    schema_text_known(&store->schema, job->value_ids[i], &text) && i >= job->n_keys &&
		    out[i - job->n_keys].n == text.n &&
		    memcmp(out[i - job->n_keys].p, text.p, text.n) == 0)
			out[i] = out[i - job->n_keys];	/* as the series before */
		else
			out[i] = text.n == 0 ? text : arena_copy(arena, text);
	}
}

int
store_series_tags(struct store *store, const struct store_measurement *m, const uint64_t *ids,
    size_t n, const uint32_t *keys, size_t n_keys, struct arena *arena, struct slice **values,
    struct err *err)
{
	*values = arena_alloc_items(arena, n * n_keys + 1, sizeof(**values));
	for (size_t at = 0; at < n && n_keys > 0; at += STEP_SERIES) {
		struct tags_job job = { m, ids + at, n - at < STEP_SERIES ? n - at : STEP_SERIES, keys,
			n_keys, NULL };

		if (arena_bytes(store->schema.arena) > store->schema.limit_bytes)
			schema_forget(&store->schema);
		arena_reset(store->scratch);
		job.value_ids = arena_array(store->scratch, uint64_t, job.n * n_keys);
		if (store_txn(store, STORE_READ, store->scratch, tags_body, &job, err) != 0 ||
		    learn_texts(store, &job, err) != 0)
			return -1;
		put_texts(store, &job, arena, *values + at * n_keys);
	}
	arena_reset(store->scratch);
	return 0;
}
