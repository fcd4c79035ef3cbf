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

#define STEP_SERIES 4096

struct index_check {
	struct check	*c;
	const struct check_measurement *of;
	const struct store_tag_key *tag;
	struct arena	*arena;		/* of the measurement */
	struct arena	*step;		/* of some series */
	struct store_series_list all;
	uint64_t	 listed;	/* series in the lists of the key's values */
	struct buf	 found;		/* texts of what is wrong, each with a NUL behind it */
};

static void
note(struct index_check *k, const char *what)
{
	if (k->tag != NULL)
		buf_printf(&k->found, "tag \"" SLICE_FMT "\": ", SLICE_ARG(k->tag->name));
	buf_puts(&k->found, what);
	buf_putc(&k->found, '\0');
}

static void
tell(const struct index_check *k)
{
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
	if (!found || id != value->id)
		note(k, "a value cannot be found by its text");
	if (wrong > 0)
		note(k, "a value's list has series that do not have the value");
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

	k->listed = 0;
	if (store_tag_values(k->c->store, k->of->m, k->tag->id, k->arena, &values, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (check_value(k, &values[i], err) != 0)
			return -1;
	if (count_tagged(k, &tagged, err) != 0)
		return -1;
	if (k->listed < tagged)
		note(k, "series are missing from the lists of its values");
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
	if (r == 0)
		return 0;
	if (why.code != ERR_CORRUPT) {
		*err = why;
		return -1;
	}
	note(k, why.text);
	return 0;
}

struct there_job {
	const struct check_measurement *of;
	bool		 there;
};

static int
there_body(struct txn *txn, void *arg, struct err *err)
{
	struct there_job *job = arg;
	const struct store_measurement *m = job->of->m;
	uint32_t id;
	int found = measurement_find(txn, m->bucket_id, m->name, &id, err);

	job->there = found == 0 && id == m->id;
	return found < 0 ? -1 : 0;
}

/*
 * Once more, while nobody takes a series away; a measurement that was dropped meanwhile is no damage.
 */
static int
look_again(struct index_check *k, struct err *err)
{
	struct store *store = k->c->store;
	struct there_job job = { .of = k->of };
	int lock_fd = -1, r;

	if (!k->c->spec->repair && compact_lock(store, &lock_fd, err) != 0)
		return -1;
	r = look(k, err);
	if (r == 0 && k->found.n > 0)
		r = store_txn(store, STORE_READ, k->step, there_body, &job, err);
	if (lock_fd >= 0)
		compact_unlock(store, lock_fd);
	if (r == 0 && job.there)
		tell(k);
	return r;
}

int
check_index(struct check *c, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < c->n && r == 0; i++) {
		struct index_check k = { .c = c, .of = &c->list[i], .arena = arena_new(4096),
			.step = arena_new(4096) };
		uint64_t records = c->checked->records;

		r = look(&k, err);
		if (r == 0 && k.found.n > 0) {
			c->checked->records = records;
			r = look_again(&k, err);
		}
		arena_free(k.arena);
		arena_free(k.step);
		buf_free(&k.found);
	}
	return r;
}
