/*
 * store/reindex.c - the index of a measurement made again
 *
 * Records of series and lists of values say the same twice, so either can be made of the other.
 * The records decide; of a series whose record is lost the lists still know the tags. Whether they
 * know all of them a hash tells, or that nothing of the lists is lost; a series of which neither is
 * sure gets one tag more, "recovered" with its number: its rows must not be taken for another's.
 *
 * All is put again in order of the series' ids, each value being brought by the first that has it.
 */
#include <stdlib.h>

#include "store/reindex.h"
#include "store/series_count.h"
#include "store/tag_table.h"

#define TAG_NAME "recovered"

struct known_series {
	uint64_t	 id;
	struct series_tag *tags;
	size_t		 n;
};

struct text {			/* of a value, by key and id */
	uint32_t	 key;
	uint64_t	 value;
	struct slice	 text;
};

struct work {
	struct txn	*txn;
	struct reindex	*job;
	struct known_series *series;
	size_t		 n, cap;
	struct text	*texts;
	size_t		 n_texts, cap_texts;
	struct posting	*lists;		/* of series without record; later of all */
	size_t		 n_lists, cap_lists;
	struct series_block block;
	uint64_t	 last_id;	/* that was given */
	bool		 lists_whole;
	uint32_t	 recovered_key;	/* column of TAG_NAME, once it is needed */
};

#define PUSH(w, list, n, cap) do { \
	if ((n) == (cap)) { \
		size_t more = (cap) == 0 ? 256 : (cap) * 2; \
		(list) = arena_grow((w)->txn->arena, (list), (n), more); \
		(cap) = more; \
	} \
} while (0)

static struct key
prefix_of(struct work *w, char kind)
{
	struct key key = key_begin(w->txn->arena, kind);

	key_short(&key, w->job->m->id);
	return key;
}

/* ---- reading ---- */

static void
take_id(void *to, uint64_t id)
{
	struct work *w = to;

	PUSH(w, w->series, w->n, w->cap);
	w->series[w->n++] = (struct known_series){ .id = id };
}

/*
 * Ids first: a block whose record is damaged gives none.
 */
static int
read_block(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct work *w = arg;
	size_t before = w->n;

	(void)txn;
	if (series_ids(key, value, take_id, w, err) != 0)
		w->n = before;
	return 0;
}

static void
note_text(struct work *w, uint32_t key, uint64_t value, struct slice text)
{
	PUSH(w, w->texts, w->n_texts, w->cap_texts);
	w->texts[w->n_texts++] = (struct text){ key, value, arena_copy(w->txn->arena, text) };
}

static int
read_tags(struct work *w, struct known_series *s, struct err *err)
{
	struct series_entry entry;
	int r = series_get(w->txn, w->job->m->id, s->id, &w->block, &entry, err);

	if (r != 0)
		return -1;
	s->tags = arena_array(w->txn->arena, struct series_tag, entry.tags.n / 2 + 2);
	for (s->n = 0; entry.tags.n > 0; s->n++) {
		struct series_tag *tag = &s->tags[s->n];

		if (series_take_tag(&entry, tag, err) != 0)
			return -1;
		if (tag->value == s->id) {
			note_text(w, tag->key, tag->value, tag->text);
			tag->text = w->texts[w->n_texts - 1].text;
		}
	}
	return 0;
}

static int
read_series(struct work *w, struct err *err)
{
	struct key prefix = prefix_of(w, 'z');
	size_t kept = 0;

	if (txn_each(w->txn, DB_SERIES, key_slice(&prefix), read_block, w, err) != 0)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		struct err why;

		if (read_tags(w, &w->series[i], &why) == 0)
			w->series[kept++] = w->series[i];
	}
	w->n = kept;
	return 0;
}

/*
 * The column in front of what is left of a key of the index.
 */
static bool
take_key(struct slice *key, uint32_t *column)
{
	uint64_t measurement_id, id;

	key->p++;
	key->n--;
	if (key_take_short(key, &measurement_id) != 0 || key_take_short(key, &id) != 0)
		return false;
	*column = (uint32_t)id;
	return true;
}

static int
by_series(const void *a, const void *b)
{
	const struct known_series *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static bool
has_record(const struct work *w, uint64_t id)
{
	struct known_series key = { .id = id };

	return w->n > 0 && bsearch(&key, w->series, w->n, sizeof(key), by_series) != NULL;
}

static void
note_member(struct work *w, uint64_t series, uint32_t key, uint64_t value)
{
	if (has_record(w, series))
		return;
	PUSH(w, w->lists, w->n_lists, w->cap_lists);
	w->lists[w->n_lists++] = (struct posting){ key, value, series };
}

static int
read_value(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct work *w = arg;
	uint32_t column;
	uint64_t id;

	(void)txn;
	if (!take_key(&key, &column) || value_decode(value, &id, err) != 0) {
		w->lists_whole = false;
		return 0;
	}
	note_text(w, column, id, key);
	note_member(w, id, column, id);
	return 0;
}

static int
read_left_text(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct work *w = arg;
	struct record_reader r;
	uint32_t column;
	uint64_t id;

	(void)txn;
	if (take_key(&key, &column) && key_take_short(&key, &id) == 0 &&
	    record_open(&r, value, 1, "tag text", err) == 0)
		note_text(w, column, id, r.rest);
	return 0;
}

static int
read_list(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct store_series_list list = { 0 };
	struct work *w = arg;
	struct arena *own = arena_new(16384);
	uint32_t column;
	uint64_t id, first;
	size_t cap = 0;

	(void)txn;
	if (!take_key(&key, &column) || key_take_short(&key, &id) != 0 ||
	    key_take_short(&key, &first) != 0 || posting_decode(first, value, own, &list, &cap, err) != 0)
		w->lists_whole = false;
	else
		for (size_t i = 0; i < list.n; i++)
			note_member(w, list.ids[i], column, id);
	arena_free(own);
	return 0;
}

static int
by_text(const void *a, const void *b)
{
	const struct text *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

static int
by_member(const void *a, const void *b)
{
	const struct posting *x = a, *y = b;

	if (x->series != y->series)
		return x->series < y->series ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static int
read_all(struct work *w, struct err *err)
{
	struct key v = prefix_of(w, 'v'), l = prefix_of(w, 'w'), p = prefix_of(w, 'p');
	struct err why;

	if (series_next_id(w->txn, w->job->m->id, &w->last_id, &why) != 0)
		w->last_id = 1;
	w->last_id--;
	if (read_series(w, err) != 0 ||
	    txn_each(w->txn, DB_SERIES, key_slice(&v), read_value, w, err) != 0 ||
	    txn_each(w->txn, DB_SERIES, key_slice(&l), read_left_text, w, err) != 0 ||
	    txn_each(w->txn, DB_SERIES, key_slice(&p), read_list, w, err) != 0)
		return -1;
	if (w->n_texts > 0)
		qsort(w->texts, w->n_texts, sizeof(*w->texts), by_text);
	if (w->n_lists > 0)
		qsort(w->lists, w->n_lists, sizeof(*w->lists), by_member);
	return 0;
}

/* ---- what is to be there ---- */

static struct slice
text_of(struct work *w, const struct series_tag *tag)
{
	struct text key = { .key = tag->key, .value = tag->value }, *found;

	if (tag->text.p != NULL)
		return tag->text;
	found = w->n_texts == 0 ? NULL : bsearch(&key, w->texts, w->n_texts, sizeof(key), by_text);
	return found != NULL ? found->text : arena_printf(w->txn->arena, TAG_NAME "-%llu",
	    (unsigned long long)tag->value);
}

static struct slice
column_name(const struct work *w, uint32_t key)
{
	for (size_t i = 0; i < w->job->m->n_tags; i++)
		if (w->job->m->tags[i].id == key)
			return w->job->m->tags[i].name;
	return key == w->recovered_key ? SLICE(TAG_NAME) : arena_printf(w->txn->arena, TAG_NAME "-%u", key);
}

static bool
has_column(const struct work *w, uint32_t key)
{
	for (size_t i = 0; i < w->job->m->n_tags; i++)
		if (w->job->m->tags[i].id == key)
			return true;
	return key == w->recovered_key;
}

static void
sort_tags(const struct work *w, struct known_series *s)
{
	for (size_t i = 1; i < s->n; i++)
		for (size_t k = i; k > 0 && slice_cmp(column_name(w, s->tags[k - 1].key),
		    column_name(w, s->tags[k].key)) > 0; k--) {
			struct series_tag tag = s->tags[k];

			s->tags[k] = s->tags[k - 1];
			s->tags[k - 1] = tag;
		}
}

/*
 * Tag keys whose names are lost get others.
 */
static int
name_columns(struct work *w, struct err *err)
{
	struct column column = { .kind = COLUMN_TAG, .type = VALUE_STRING };
	uint32_t before = 0;

	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->series[i].n; k++) {
			column.id = w->series[i].tags[k].key;
			if (column.id == before || has_column(w, column.id))
				continue;
			before = column.id;
			column.name = column_name(w, column.id);
			if (column_put(w->txn, w->job->m->id, &column, err) != 0)
				return -1;
			w->job->nameless_tag = column.id;
		}
	for (size_t i = 0; i < w->n && w->job->nameless_tag != 0; i++)
		sort_tags(w, &w->series[i]);
	return 0;
}

/*
 * Is the hash of these tags in the index under this id?
 */
static bool
is_named(struct work *w, const struct known_series *s)
{
	struct series_name name = series_name_of(w->txn->arena, s->tags, s->n);
	struct slice ids;
	struct err why;
	uint64_t id;

	if (series_named(w->txn, w->job->m->id, &name, &ids, &why) != 0)
		return false;
	while (series_named_take(&ids, &id, &why) == 0)
		if (id == s->id)
			return true;
	return false;
}

/*
 * The tag key that recovered series have.
 */
static int
have_key(struct work *w, struct err *err)
{
	struct column column = { .name = SLICE(TAG_NAME) };
	int found;

	if (w->recovered_key != 0)
		return 0;
	found = column_find(w->txn, w->job->m->id, column.name, &column, err);
	if (found < 0)
		return -1;
	if (found == 0 && column.kind != COLUMN_TAG) {
		column.name = SLICE(TAG_NAME "-series");
		found = column_find(w->txn, w->job->m->id, column.name, &column, err);
	}
	if (found < 0)
		return -1;
	column.kind = COLUMN_TAG;
	column.type = VALUE_STRING;
	if (found > 0 && column_create(w->txn, w->job->m->id, &column, err) != 0)
		return -1;
	w->recovered_key = column.id;
	return 0;
}

static int
recover_series(struct work *w, uint64_t id, struct err *err)
{
	struct known_series s = { .id = id };
	size_t first = 0, n = 0;
	bool brings = false;

	while (first < w->n_lists && w->lists[first].series < id)
		first++;
	while (first + n < w->n_lists && w->lists[first + n].series == id)
		n++;
	s.tags = arena_array(w->txn->arena, struct series_tag, n + 2);
	for (s.n = 0; s.n < n; s.n++) {
		s.tags[s.n] = (struct series_tag){ .key = w->lists[first + s.n].key,
			.value = w->lists[first + s.n].value };
		brings = brings || s.tags[s.n].value == id;
	}
	sort_tags(w, &s);
	if (n > 0 && ((w->lists_whole && w->job->lists_whole) || (!brings && is_named(w, &s)))) {
		w->job->n_recovered++;
	} else {
		if (have_key(w, err) != 0)
			return -1;
		s.tags[s.n++] = (struct series_tag){ .key = w->recovered_key, .value = UINT64_MAX,
			.text = arena_printf(w->txn->arena, "%llu", (unsigned long long)id) };
		sort_tags(w, &s);
		w->job->n_nameless++;
	}
	PUSH(w, w->series, w->n, w->cap);
	w->series[w->n++] = s;
	return 0;
}

static int
recover_all(struct work *w, struct err *err)
{
	size_t n = w->n;

	for (size_t i = 0; i < w->job->n_rows_of; i++) {
		struct known_series key = { .id = w->job->rows_of[i] };

		if (n > 0 && bsearch(&key, w->series, n, sizeof(key), by_series) != NULL)
			continue;
		if (recover_series(w, key.id, err) != 0)
			return -1;
	}
	if (w->n > 0)
		qsort(w->series, w->n, sizeof(*w->series), by_series);
	return 0;
}

/* ---- putting it again ---- */

static struct slice
value_name(struct arena *arena, uint32_t key, struct slice text)
{
	struct key name = key_empty(arena);

	key_u32(&name, key);
	key_text(&name, text);
	return key_slice(&name);
}

/*
 * New ids for a series' values: those that it brings get its own.
 */
static int
give_values(struct work *w, struct known_series *s, struct table *known, bool *brings,
    struct err *err)
{
	*brings = false;
	for (size_t i = 0; i < s->n; i++) {
		struct series_tag *tag = &s->tags[i];
		struct slice text = text_of(w, tag);
		bool made;
		struct table_entry *e = table_put(known, value_name(w->txn->arena, tag->key, text), &made);

		if (made)
			e->value = s->id;
		tag->value = e->value;
		tag->text = made ? text : (struct slice){ NULL, 0 };
		*brings = *brings || made;
		if (made && value_add(w->txn, w->job->m->id, tag->key, text, s->id, err) != 0)
			return -1;
	}
	return 0;
}

static int
put_entry(struct work *w, const struct known_series *s, bool brings, struct err *err)
{
	struct series_name name = series_name_of(w->txn->arena, s->tags, s->n);
	struct series_entry entry = { .id = s->id };
	struct buf tags = { 0 };
	int r;

	series_put_tags(&tags, s->id, s->tags, s->n);
	entry.tags = buf_slice(&tags);
	r = series_append(w->txn, w->job->m->id, &entry, 1, err);
	buf_free(&tags);
	if (r == 0 && !brings)
		r = series_named_add(w->txn, w->job->m->id, &name, s->id, err);
	return r;
}

static int
put_all(struct work *w, struct err *err)
{
	struct table known = { 0 };
	int r = 0;

	for (const char *kind = "hnpvwz"; *kind != '\0' && r == 0; kind++) {
		struct key prefix = prefix_of(w, *kind);

		r = txn_delete_all(w->txn, DB_SERIES, key_slice(&prefix), err);
	}
	w->n_lists = 0;
	for (size_t i = 0; i < w->n && r == 0; i++) {
		struct known_series *s = &w->series[i];
		bool brings;

		r = give_values(w, s, &known, &brings, err);
		for (size_t k = 0; k < s->n && r == 0; k++)
			if (s->tags[k].value != s->id) {
				PUSH(w, w->lists, w->n_lists, w->cap_lists);
				w->lists[w->n_lists++] = (struct posting){ s->tags[k].key,
					s->tags[k].value, s->id };
			}
		if (r == 0)
			r = put_entry(w, s, brings, err);
	}
	table_free(&known);
	return r == 0 ? posting_append_all(w->txn, w->job->m->id, w->lists, w->n_lists, err) : -1;
}

static int
body(struct txn *txn, void *arg, struct err *err)
{
	struct work w = { .txn = txn, .job = arg, .lists_whole = true };
	uint64_t last;
	int r;

	w.job->n_recovered = w.job->n_nameless = w.job->nameless_tag = 0;
	txn->schema_changed = true;
	r = read_all(&w, err);
	if (r == 0)
		r = recover_all(&w, err);
	if (r == 0)
		r = name_columns(&w, err);
	if (r == 0)
		r = put_all(&w, err);
	last = w.n > 0 ? w.series[w.n - 1].id : 0;
	if (r == 0 && w.last_id > last)
		r = series_put_last_id(txn, w.job->m->id, w.last_id, err);
	if (r == 0)
		r = series_count_set(txn, w.job->m->bucket_id, w.job->m->id, w.n, err);
	w.job->n_series = w.n;
	series_block_free(&w.block);
	return r;
}

int
reindex(struct reindex *job, struct err *err)
{
	struct arena *arena = arena_new(1u << 20);
	int r = store_txn(job->store, STORE_RELIEVE, arena, body, job, err);

	arena_free(arena);
	return r;
}
