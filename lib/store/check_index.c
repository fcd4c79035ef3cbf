/*
 * store/check_index.c - the tag index against the series
 *
 * Every series says which values it has; every value's list says which series have it. The two must
 * be the same. Asked by the questions that queries ask, so whatever a query could miss is found.
 *
 * Others go on meanwhile, and a series that leaves between two questions looks like damage. So what
 * is found is looked at again under the right to compact, without which no series leaves.
 */
#include "codec/codec.h"
#include "store/check.h"
#include "store/compact_priv.h"
#include "store/series_count.h"
#include "store/tag_table.h"

#define STEP_SERIES 4096

struct index_check {
	struct check	*c;
	const struct check_measurement *of;
	const struct store_tag_key *tag;
	struct arena	*arena;		/* of the measurement */
	struct arena	*step;		/* of some series */
	struct store_series_list all;
	uint64_t	 listed;	/* series in the lists of the key's values */
	uint64_t	 n_unfound, n_wrong;	/* of its values: by their text, with a wrong list */
	bool		 miscounted;	/* fewer series are there than are counted */
	bool		 there;		/* it was not dropped meanwhile */
	struct buf	 found;		/* what is wrong: texts, each with its NUL */
};

/*
 * Noted, to be told unless it was only the moment.
 */
static void
note(struct index_check *k, const char *what)
{
	if (k->tag != NULL)
		buf_printf(&k->found, "tag \"" SLICE_FMT "\": ", SLICE_ARG(k->tag->name));
	buf_puts(&k->found, what);
	buf_putc(&k->found, '\0');
}

static void
tell(struct index_check *k)
{
	check_note_id(&k->c->ill, k->of->m->id);
	for (size_t at = 0; at < k->found.n; at += strlen(k->found.p + at) + 1)
		check_found(k->c, &(struct store_damage){ .where = "index", .bucket = k->of->bucket,
		    .measurement = k->of->m->name, .from = 1, .what = k->found.p + at });
}

/*
 * How many series of a list have another value than they should.
 */
static int
count_wrong(struct index_check *k, const struct store_series_list *list, struct slice value,
    uint64_t *wrong, struct err *err)
{
	*wrong = 0;
	for (size_t at = 0; at < list->n; at += STEP_SERIES) {
		size_t n = list->n - at < STEP_SERIES ? list->n - at : STEP_SERIES;
		struct slice *values;

		arena_reset(k->step);
		if (store_series_tags(k->c->store, k->of->m, list->ids + at, n, &k->tag->id, 1, k->step,
		    &values, err) != 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			*wrong += !slice_eq(values[i], value);
	}
	return 0;
}

static int
check_value(struct index_check *k, const struct store_tag_value *value, struct err *err)
{
	struct arena_mark mark = arena_mark(k->arena);
	struct store_series_list list;
	uint64_t wrong, id;
	bool found;

	if (store_tag_value_find(k->c->store, k->of->m, k->tag->id, value->value, &id, &found,
	    err) != 0 || store_series_with(k->c->store, k->of->m, k->tag->id, value->id, k->arena,
	    &list, err) != 0 || count_wrong(k, &list, value->value, &wrong, err) != 0)
		return -1;
	k->c->checked->records++;
	k->listed += list.n;
	k->n_unfound += !found || id != value->id;
	k->n_wrong += wrong > 0;
	arena_rewind(k->arena, mark);
	return 0;
}

/*
 * How many series have the key at all.
 */
static int
count_tagged(struct index_check *k, uint64_t *tagged, struct err *err)
{
	uint64_t without;

	if (count_wrong(k, &k->all, SLICE(""), &without, err) != 0)
		return -1;
	*tagged = without;	/* those that have another value than none */
	return 0;
}

static int
check_key(struct index_check *k, struct err *err)
{
	struct store_tag_value *values;
	uint64_t tagged;
	size_t n;

	k->listed = k->n_unfound = k->n_wrong = 0;
	if (store_tag_values(k->c->store, k->of->m, k->tag->id, k->arena, &values, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (check_value(k, &values[i], err) != 0)
			return -1;
	if (count_tagged(k, &tagged, err) != 0)
		return -1;
	if (k->n_unfound > 0)
		note(k, "values cannot be found by their texts");
	if (k->n_wrong > 0)
		note(k, "lists of its values have series that have another value");
	if (k->listed < tagged)
		note(k, "series are missing from the lists of its values");
	return 0;
}

/* ---- hashes and counts ---- */

struct hash_step {		/* some series, or some records of hashes, in one section */
	struct index_check *k;
	const uint64_t	*ids;
	size_t		 n;
	struct slice	 from;		/* key to begin with */
	struct slice	 next;		/* where the next step begins; .n 0: at the end */
	uint64_t	 n_wrong;
};

/*
 * The tags of a series as its record has them; *brings: it brought one of the values.
 *   returns  0, 1 when there is no such series, -1
 */
static int
name_of(struct txn *txn, uint32_t measurement_id, uint64_t id, struct series_block *block,
    struct series_name *name, bool *brings, struct err *err)
{
	struct series_entry entry;
	struct series_tag *tags;
	size_t n = 0;
	int r = series_get(txn, measurement_id, id, block, &entry, err);

	*brings = false;
	if (r != 0)
		return r;
	tags = arena_array(txn->arena, struct series_tag, entry.tags.n / 2 + 1);
	for (; entry.tags.n > 0; n++) {
		if (series_take_tag(&entry, &tags[n], err) != 0)
			return -1;
		*brings = *brings || tags[n].value == id;
	}
	*name = series_name_of(txn->arena, tags, n);
	return 0;
}

static int
has_hash(struct txn *txn, uint32_t measurement_id, uint64_t id, const struct series_name *name,
    struct err *err)
{
	struct slice ids;
	uint64_t other;
	int r;

	if (series_named(txn, measurement_id, name, &ids, err) != 0)
		return -1;
	while ((r = series_named_take(&ids, &other, err)) == 0)
		if (other == id)
			return 1;
	return r < 0 ? -1 : 0;
}

static int
series_body(struct txn *txn, void *arg, struct err *err)
{
	struct hash_step *step = arg;
	struct series_block block = { 0 };
	int r = 0;

	step->n_wrong = 0;
	for (size_t i = 0; i < step->n && r >= 0; i++) {
		struct arena_mark mark = arena_mark(txn->arena);
		struct series_name name;
		bool brings;

		r = name_of(txn, step->k->of->m->id, step->ids[i], &block, &name, &brings, err);
		if (r == 0 && !brings && (r = has_hash(txn, step->k->of->m->id, step->ids[i], &name,
		    err)) == 0)
			step->n_wrong++;
		arena_rewind(txn->arena, mark);
	}
	series_block_free(&block);
	return r < 0 ? -1 : 0;
}

struct hash_walk {
	struct hash_step *step;
	struct series_block block;
	size_t		 n;
};

/*
 * Does every series of a record have the hash that the record has in its key?
 */
static int
check_hash(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct hash_walk *walk = arg;
	uint32_t measurement_id = walk->step->k->of->m->id;
	struct record_reader r;
	struct slice rest = slice_make(key.p + 1, key.n - 1);
	uint64_t id, last;
	int end;

	if (walk->n++ == STEP_SERIES) {
		walk->step->next = arena_copy(txn->arena, key);
		return 1;
	}
	if (record_open(&r, value, 1, "series hash", err) != 0)
		return -1;
	if (key_take_short(&rest, &id) != 0 || key_take_short(&rest, &last) != 0 || rest.n != 4)
		return err_set(err, ERR_CORRUPT, "a series hash key has %zu bytes", key.n);
	while ((end = series_named_take(&r.rest, &id, err)) == 0) {
		struct series_name name;
		bool brings;
		int found = name_of(txn, measurement_id, id, &walk->block, &name, &brings, err);

		if (found < 0)
			return -1;
		walk->step->n_wrong += found > 0 || brings || name.last != last ||
		    (uint32_t)(name.hash >> 32) != key_get_u32(rest.p);
	}
	return end < 0 ? -1 : 0;
}

static int
hashes_body(struct txn *txn, void *arg, struct err *err)
{
	struct hash_step *step = arg;
	struct hash_walk walk = { .step = step };
	struct key prefix = key_begin(txn->arena, 'h');
	int r;

	key_short(&prefix, step->k->of->m->id);
	step->n_wrong = 0;
	step->next = (struct slice){ NULL, 0 };
	r = txn_each_from(txn, DB_SERIES, key_slice(&prefix), step->from.n > 0 ? step->from :
	    key_slice(&prefix), check_hash, &walk, err);
	series_block_free(&walk.block);
	return r;
}

static int
check_hashes(struct index_check *k, struct err *err)
{
	struct hash_step step = { .k = k };
	struct buf from = { 0 };
	uint64_t missing = 0, wrong = 0;
	int r = 0;

	for (size_t at = 0; at < k->all.n && r == 0; at += STEP_SERIES) {
		step.ids = k->all.ids + at;
		step.n = k->all.n - at < STEP_SERIES ? k->all.n - at : STEP_SERIES;
		arena_reset(k->step);
		r = store_txn(k->c->store, STORE_READ, k->step, series_body, &step, err);
		missing += step.n_wrong;
	}
	do {
		arena_reset(k->step);
		step.from = buf_slice(&from);
		if (r == 0)
			r = store_txn(k->c->store, STORE_READ, k->step, hashes_body, &step, err);
		wrong += step.n_wrong;
		buf_reset(&from);
		buf_put_slice(&from, step.next);
	} while (r == 0 && step.next.n > 0);
	buf_free(&from);
	if (r == 0 && missing > 0)
		note(k, "series cannot be found by their tags");
	if (r == 0 && wrong > 0)
		note(k, "hashes lead to series that have other tags");
	return r;
}

struct counts {
	struct index_check *k;
	uint64_t	 counted, found;
	bool		 repair, wrong;
};

static void
count_id(void *to, uint64_t id)
{
	(void)id;
	++*(uint64_t *)to;
}

static int
count_block(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct counts *counts = arg;

	(void)txn;
	return series_ids(key, value, count_id, &counts->found, err);
}

/*
 * All in one section, since writers go on. A store may have series from before they were counted.
 */
static int
counts_body(struct txn *txn, void *arg, struct err *err)
{
	struct counts *counts = arg;
	const struct store_measurement *m = counts->k->of->m;
	struct key prefix = series_prefix(txn->arena, m->id);

	counts->found = 0;
	if (txn_each(txn, DB_SERIES, key_slice(&prefix), count_block, counts, err) != 0 ||
	    series_count_get(txn, m->bucket_id, m->id, &counts->counted, err) != 0)
		return -1;
	counts->wrong = counts->counted > counts->found;
	if (!counts->repair || counts->counted == counts->found)
		return 0;
	return series_count_set(txn, m->bucket_id, m->id, counts->found, err);
}

static int
check_count(struct index_check *k, struct err *err)
{
	struct counts counts = { .k = k, .repair = k->c->spec->repair };

	arena_reset(k->step);
	if (store_txn(k->c->store, counts.repair ? STORE_RELIEVE : STORE_READ, k->step, counts_body,
	    &counts, err) != 0)
		return -1;
	k->miscounted = k->miscounted || counts.wrong;	/* seen in one section: sure, and perhaps mended */
	return 0;
}

/*
 * A record of it that cannot be read ends what is looked at of a measurement.
 */
static int
look(struct index_check *k, struct err *err)
{
	struct err why;
	int r;

	buf_reset(&k->found);
	arena_reset(k->arena);
	k->tag = NULL;
	r = store_series_all(k->c->store, k->of->m, k->arena, &k->all, &why);

	k->c->checked->records += r == 0 ? k->all.n : 0;
	for (size_t i = 0; r == 0 && i < k->of->m->n_tags; i++) {
		k->tag = &k->of->m->tags[i];
		r = check_key(k, &why);
	}
	k->tag = NULL;
	if (r == 0)
		r = check_hashes(k, &why);
	if (r == 0)
		r = check_count(k, &why);
	if (r == 0)
		return 0;
	if (why.code != ERR_CORRUPT) {
		*err = why;
		return -1;
	}
	note(k, why.text);
	return 0;
}

static int
is_there_body(struct txn *txn, void *arg, struct err *err)
{
	struct index_check *k = arg;
	uint32_t id = 0;
	int found = measurement_find(txn, k->of->m->bucket_id, k->of->m->name, &id, err);

	k->there = found == 0 && id == k->of->m->id;
	return found < 0 ? -1 : 0;
}

/*
 * Once more, while nobody takes a series away; a measurement that was dropped meanwhile is no damage.
 */
static int
look_again(struct index_check *k, struct err *err)
{
	struct store *store = k->c->store;
	int lock_fd = -1, r;

	if (!k->c->spec->repair && compact_lock(store, &lock_fd, err) != 0)
		return -1;
	r = look(k, err);
	arena_reset(k->step);
	if (r == 0)
		r = store_txn(store, STORE_READ, k->step, is_there_body, k, err);
	if (lock_fd >= 0)
		compact_unlock(store, lock_fd);
	return r;
}

static int
check_measurement(struct index_check *k, struct err *err)
{
	uint64_t records = k->c->checked->records;

	k->there = true;
	if (look(k, err) != 0)
		return -1;
	if (k->found.n > 0) {
		k->c->checked->records = records;
		if (look_again(k, err) != 0)
			return -1;
	}
	if (k->there && k->miscounted)
		note(k, "fewer series are there than are counted");
	if (k->there && k->found.n > 0)
		tell(k);
	return 0;
}

int
check_index(struct check *c, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < c->n && r == 0; i++) {
		struct index_check k = { .c = c, .of = &c->list[i], .arena = arena_new(4096),
			.step = arena_new(4096) };

		r = check_measurement(&k, err);
		arena_free(k.arena);
		arena_free(k.step);
		buf_free(&k.found);
	}
	return r;
}
