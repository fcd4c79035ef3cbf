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
 * (they come in ascending order). `body` runs walk_body.
 */
static int
walk_on(struct store *store, struct walk *w,
    int (*body)(struct txn *txn, void *arg, struct err *err), void *arg, struct err *err)
{
	do {
		if (store_txn(store, STORE_READ, store->scratch, body, arg, err) != 0)
			return -1;
		w->from = w->next;
	} while (w->more);
	return 0;
}

static int
walk_all(struct store *store, enum store_db db, struct slice prefix,
    int (*take)(void *to, struct slice key, struct slice value, struct err *err), void *to,
    struct err *err)
{
	struct walk w = { .db = db, .prefix = prefix, .from = prefix, .take = take, .to = to };

	return walk_on(store, &w, walk_body, &w, err);
}

/* ---- series of a measurement, of a tag value ---- */

struct id_list {
	struct arena	*arena;
	struct store_series_list list;
	size_t		 cap;
};

static void
take_id(void *to, uint64_t id)
{
	struct id_list *l = to;

	if (l->list.n > 0 && id <= l->list.ids[l->list.n - 1])
		return;
	if (l->list.n == l->cap) {
		size_t cap = l->cap == 0 ? 256 : l->cap * 2;

		l->list.ids = arena_grow(l->arena, l->list.ids, l->cap, cap);
		l->cap = cap;
	}
	l->list.ids[l->list.n++] = id;
}

static int
take_series(void *to, struct slice key, struct slice value, struct err *err)
{
	return series_ids(key, value, take_id, to, err);
}

int
store_series_all(struct store *store, const struct store_measurement *m, struct arena *arena,
    struct store_series_list *out, struct err *err)
{
	struct id_list l = { .arena = arena };
	struct key prefix;
	int r;

	arena_reset(store->scratch);
	prefix = series_prefix(store->scratch, m->id);
	r = walk_all(store, DB_SERIES, key_slice(&prefix), take_series, &l, err);
	*out = l.list;
	return r;
}

/*
 * The series that brought a value has it, if it is there, and is before all others.
 */
struct posting_walk {
	struct walk	 walk;
	struct id_list	 l;
	uint32_t	 measurement_id;
	uint64_t	 value_id;
};

static int
take_posting(void *to, struct slice key, struct slice value, struct err *err)
{
	struct posting_walk *w = to;
	uint64_t first;

	if (posting_first(w->walk.prefix, key, &first, err) != 0)
		return -1;
	if (w->l.list.n > 0 && first <= w->l.list.ids[w->l.list.n - 1])
		return 0;
	return posting_decode(first, value, w->l.arena, &w->l.list, &w->l.cap, err);
}

static int
postings_body(struct txn *txn, void *arg, struct err *err)
{
	struct posting_walk *w = arg;
	struct series_block block = { 0 };
	struct series_entry bringer;
	int found = 1;

	if (w->l.list.n == 0)
		found = series_get(txn, w->measurement_id, w->value_id, &block, &bringer, err);
	series_block_free(&block);
	if (found < 0)
		return -1;
	if (found == 0)
		take_id(&w->l, w->value_id);
	return walk_body(txn, &w->walk, err);
}

int
store_series_with(struct store *store, const struct store_measurement *m, uint32_t tag_key_id,
    uint64_t value_id, struct arena *arena, struct store_series_list *out, struct err *err)
{
	struct posting_walk w = { .l = { .arena = arena }, .measurement_id = m->id,
		.value_id = value_id };
	struct key prefix;
	int r;

	arena_reset(store->scratch);
	prefix = posting_prefix(store->scratch, m->id, tag_key_id, value_id);
	w.walk = (struct walk){ .db = DB_SERIES, .prefix = key_slice(&prefix),
		.from = key_slice(&prefix), .take = take_posting, .to = &w };
	r = walk_on(store, &w.walk, postings_body, &w, err);
	*out = w.l.list;
	return r;
}

/* ---- values of a tag key ---- */

struct value_list {
	struct arena	*arena;
	size_t		 prefix_bytes;	/* of keys, in front of the text */
	struct store_tag_value *list;
	size_t		 n, cap;
};

static int
take_value(void *to, struct slice key, struct slice value, struct err *err)
{
	struct value_list *l = to;
	struct slice text = slice_make(key.p + l->prefix_bytes, key.n - l->prefix_bytes);
	uint64_t id;

	if (l->n > 0 && slice_cmp(text, l->list[l->n - 1].value) <= 0)
		return 0;
	if (value_decode(value, &id, err) != 0)
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
	prefix = tag_value_prefix(store->scratch, m->id, tag_key_id);
	l.prefix_bytes = prefix.n;
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

	job->found = value_find(txn, job->m->id, job->key, job->value, &job->id, err);
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
	struct series_tag *tags;	/* n * n_keys; value 0 = the series lacks the tag */
};

static int
read_series(struct txn *txn, const struct tags_job *job, size_t i, struct series_block *block,
    struct err *err)
{
	struct series_tag *to = job->tags + i * job->n_keys;
	struct series_entry entry;
	int found = series_get(txn, job->m->id, job->ids[i], block, &entry, err);

	memset(to, 0, job->n_keys * sizeof(*to));
	if (found != 0)
		return found < 0 ? -1 : 0;	/* dropped meanwhile */
	while (entry.tags.n > 0) {
		struct series_tag tag;

		if (series_take_tag(&entry, &tag, err) != 0)
			return -1;
		for (size_t k = 0; k < job->n_keys; k++) {
			if (job->keys[k] != tag.key)
				continue;
			to[k] = tag;
			if (tag.value == job->ids[i])
				to[k].text = arena_copy(txn->arena, tag.text);
		}
	}
	return 0;
}

static int
tags_body(struct txn *txn, void *arg, struct err *err)
{
	const struct tags_job *job = arg;
	struct series_block block = { 0 };
	int r = 0;

	for (size_t i = 0; i < job->n && r == 0; i++)
		r = read_series(txn, job, i, &block, err);
	series_block_free(&block);
	return r;
}

struct texts_job {
	const struct store_measurement *m;
	struct series_tag *tags;	/* their texts come from txn->arena */
	size_t		 n;
};

static int
texts_body(struct txn *txn, void *arg, struct err *err)
{
	const struct texts_job *job = arg;
	struct series_block block = { 0 };
	int found = 0;

	for (size_t i = 0; i < job->n && found >= 0; i++) {
		struct series_tag *tag = &job->tags[i];

		found = value_text(txn, job->m->id, tag->key, tag->value, &block, &tag->text, err);
		if (found > 0)
			tag->text = SLICE("");	/* dropped since the ids were read */
	}
	series_block_free(&block);
	return found < 0 ? -1 : 0;
}

/*
 * A tag whose text is neither in the series nor remembered.
 */
static bool
is_missing(struct store *store, const struct tags_job *job, const struct series_tag *tag)
{
	struct slice text;

	return tag->value != 0 && tag->text.p == NULL &&
	    !schema_text_known(&store->schema, job->m->id, tag->key, tag->value, &text);
}

/*
 * Fetch the texts that the process does not remember yet, in one section.
 */
static int
learn_texts(struct store *store, const struct tags_job *job, struct err *err)
{
	size_t most = job->n * job->n_keys;
	struct texts_job texts = { job->m, arena_array(store->scratch, struct series_tag, most + 1), 0 };
	struct table seen = { 0 };

	for (size_t i = 0; i < most; i++) {
		const struct series_tag *tag = &job->tags[i];
		struct key name;
		bool made;

		if (!is_missing(store, job, tag))
			continue;
		name = key_empty(store->scratch);
		key_u32(&name, tag->key);
		key_u64(&name, tag->value);
		table_put(&seen, key_slice(&name), &made);
		if (made)
			texts.tags[texts.n++] = *tag;
	}
	table_free(&seen);
	if (texts.n == 0)
		return 0;
	if (store_txn(store, STORE_READ, store->scratch, texts_body, &texts, err) != 0)
		return -1;
	for (size_t i = 0; i < texts.n; i++)
		schema_add_text(&store->schema, job->m->id, texts.tags[i].key, texts.tags[i].value,
		    texts.tags[i].text);
	return 0;
}

static void
put_texts(struct store *store, const struct tags_job *job, struct arena *arena, struct slice *out)
{
	for (size_t i = 0; i < job->n * job->n_keys; i++) {
		const struct series_tag *tag = &job->tags[i];
		struct slice text = tag->text;

		if (tag->value == 0 || (text.p == NULL &&
		    !schema_text_known(&store->schema, job->m->id, tag->key, tag->value, &text)))
			text = SLICE("");
		if (i >= job->n_keys && slice_eq(out[i - job->n_keys], text))
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
		job.tags = arena_array(store->scratch, struct series_tag, job.n * n_keys);
		if (store_txn(store, STORE_READ, store->scratch, tags_body, &job, err) != 0 ||
		    learn_texts(store, &job, err) != 0)
			return -1;
		put_texts(store, &job, arena, *values + at * n_keys);
	}
	arena_reset(store->scratch);
	return 0;
}
