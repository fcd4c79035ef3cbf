/*
 * store/check_catalogue.c - names and ids that must lead to each other
 *
 * Buckets, mappings, tokens and users have two records each: one by id, with all there is to know,
 * and one by name (or hash) with the id. Keys of the first begin with a capital letter, those of the
 * second with the small one, so a walk in order of keys sees all of the first before the second.
 * What is by name can be made again from what is by id; and of a bucket or a measurement as much as
 * its rows need: a record of a few bytes must not take all of them along.
 */
#include <ctype.h>
#include <stdlib.h>

#include "base/memory.h"
#include "store/check.h"
#include "store/ids.h"

static const struct {
	char		 letter;
	const char	*what;
	bool		 pair;		/* there is a record by name, of the small letter */
	bool		 keep;		/* the store cannot do without it: never dropped */
} kinds[] = {
	{ 'B', "a bucket", true, false },
	{ 'C', "a column", false, false },
	{ 'D', "a DBRP mapping", true, false },
	{ 'G', "what is to be purged", false, false },
	{ 'J', "the state of the journal", false, true },
	{ 'M', "a measurement", false, true },
	{ 'N', "a counter", false, true },
	{ 'S', "a number of series", false, false },	/* dropped, they are counted from 0 again */
	{ 'T', "a token", true, false },
	{ 'U', "a user", true, false },
	{ 'V', "the format of the store", false, true },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

/*
 * The kind of a key, or N_KINDS.
 */
static size_t
kind_of(char letter)
{
	size_t i = 0;

	while (i < N_KINDS && kinds[i].letter != letter)
		i++;
	return i;
}

static void
tell(struct check *c, const char *what, const char *says, bool dropped)
{
	struct slice text = arena_printf(c->step, "%s: %s", what, says);

	check_found(c, &(struct store_damage){ .where = "catalogue", .from = 1, .what = text.p,
	    .dropped = dropped });
}

static int
lose(struct check *c, struct slice key, const char *what, const char *says, bool keep,
    struct err *err)
{
	bool dropped = false;

	if (!keep && check_drop(c, DB_CATALOGUE, key, &dropped, err) != 0)
		return -1;
	tell(c, what, says, dropped);
	return 0;
}

/*
 * The key by name that a record by id asks for.
 */
static int
name_key(struct arena *arena, char letter, struct slice value, struct key *key, struct err *err)
{
	char hash[STORE_TOKEN_HASH_BYTES];
	struct record_reader r;

	*key = key_begin(arena, (char)tolower(letter));
	if (record_open(&r, value, 1, "record", err) != 0)
		return -1;
	if (letter == 'T') {
		record_get_bytes(&r, hash, sizeof(hash));
		key_bytes(key, hash, sizeof(hash));
	} else {
		key_text(key, record_get_text(&r));
	}
	if (letter == 'D') {
		key_bytes(key, "", 1);
		key_text(key, record_get_text(&r));
	}
	return r.bad ? err_set(err, ERR_CORRUPT, "a record is cut short") : 0;
}

/* ---- buckets and measurements made again ---- */

struct named {			/* the name that leads to an id */
	uint64_t	 id;
	struct slice	 name;
};

static int
match_name(struct txn *txn, struct slice key, struct slice value, void *arg, struct err *err)
{
	struct named *named = arg;
	struct record_reader r;
	struct err why;

	(void)err;
	if (record_open(&r, value, 1, "id", &why) != 0 || record_get_u64(&r) != named->id)
		return 0;
	named->name = arena_copy(txn->arena, slice_make(key.p + 1, key.n - 1));
	return 1;
}

static int
bucket_body(struct txn *txn, void *arg, struct err *err)
{
	struct slice key = *(struct slice *)arg;
	struct named named = { .id = key_get_u64(key.p + 1) };

	if (txn_each(txn, DB_CATALOGUE, SLICE("b"), match_name, &named, err) != 0)
		return -1;
	if (named.name.n == 0)
		named.name = arena_printf(txn->arena, "recovered-%016llx", (unsigned long long)named.id);
	return bucket_restore(txn, named.id, named.name, err);
}

static int
restore_bucket(struct check *c, struct slice key, struct err *err)
{
	const char *says = "it fails its checksum";

	if (c->spec->repair && key.n == 1 + sizeof(uint64_t)) {
		if (store_txn(c->store, STORE_RELIEVE, c->step, bucket_body, &key, err) != 0)
			return -1;
		says = "it fails its checksum; made again by its name, it keeps its points for ever";
	}
	tell(c, "a bucket", says, false);
	return 0;
}

struct measurement_job {
	struct slice	 key;
	uint32_t	 id;
};

static int
measurement_body(struct txn *txn, void *arg, struct err *err)
{
	const struct measurement_job *job = arg;
	struct key key = key_empty(txn->arena);

	txn->schema_changed = true;
	key_bytes(&key, job->key.p, job->key.n);
	return ids_put(txn, &key, job->id, err);
}

/*
 * Which id a damaged name led to is plain when only one has columns and no name.
 */
static int
restore_measurement(struct check *c, struct err *err)
{
	struct measurement_job job = { .key = buf_slice(&c->lost_name) };
	size_t n = 0;

	for (size_t i = 0; i < c->columned.n; i++)
		if (!check_has_id(&c->named, c->columned.list[i])) {
			job.id = c->columned.list[i];
			n++;
		}
	if (c->n_lost != 1 || n != 1 || !c->spec->repair)
		return 0;
	return store_txn(c->store, STORE_RELIEVE, c->step, measurement_body, &job, err);
}

static void
lose_measurement(struct check *c, struct slice key)
{
	buf_reset(&c->lost_name);
	buf_put_slice(&c->lost_name, key);
	c->n_lost++;
	tell(c, "a measurement", "it fails its checksum", false);
}

/* ---- pairs ---- */

struct pair {
	const struct check *c;
	struct slice	 key;		/* of the record in question */
	char		 letter;	/* capital */
	bool		 wrong, mended;
};

/*
 * A record by id: does its name lead back to it?
 */
static int
id_body(struct txn *txn, void *arg, struct err *err)
{
	struct pair *pair = arg;
	struct slice value;
	struct key name;
	uint64_t id = key_get_u64(pair->key.p + 1), there;
	int found = txn_get(txn, DB_CATALOGUE, pair->key, &value, err);
	struct err why;

	pair->wrong = pair->mended = false;
	if (found != 0)
		return found < 0 ? -1 : 0;	/* gone meanwhile */
	if (name_key(txn->arena, pair->letter, value, &name, err) != 0)
		return -1;
	found = ids_get(txn, &name, &there, &why);
	pair->wrong = found != 0 || there != id;
	if (!pair->wrong || !pair->c->spec->repair)
		return 0;
	txn->auth_changed = txn->schema_changed = pair->mended = true;
	return ids_put(txn, &name, id, err);
}

/*
 * A record by name: is there one of its id that has the name?
 */
static int
name_body(struct txn *txn, void *arg, struct err *err)
{
	struct pair *pair = arg;
	struct key own = key_empty(txn->arena), by_id, name;
	struct slice value;
	struct err why;
	uint64_t id;
	int found;

	pair->wrong = false;
	key_bytes(&own, pair->key.p, pair->key.n);
	if ((found = ids_get(txn, &own, &id, err)) != 0)
		return found < 0 ? -1 : 0;
	by_id = key_begin(txn->arena, pair->letter);
	key_u64(&by_id, id);
	found = txn_get(txn, DB_CATALOGUE, key_slice(&by_id), &value, err);
	if (found < 0)
		return -1;
	pair->wrong = found > 0 || name_key(txn->arena, pair->letter, value, &name, &why) != 0 ||
	    !slice_eq(key_slice(&name), pair->key);
	return 0;
}

static int
check_by_id(struct check *c, struct slice key, size_t kind, struct err *err)
{
	struct pair pair = { .c = c, .key = key, .letter = key.p[0] };

	if (key.n != 1 + sizeof(uint64_t))
		return lose(c, key, kinds[kind].what, "its key is none", false, err);
	if (store_txn(c->store, c->spec->repair ? STORE_RELIEVE : STORE_READ, c->step, id_body, &pair,
	    err) != 0)
		return -1;
	if (pair.wrong)
		tell(c, kinds[kind].what, pair.mended ? "it could not be found by its name; now it can" :
		    "it cannot be found by its name", false);
	return 0;
}

static int
check_by_name(struct check *c, struct slice key, size_t kind, struct err *err)
{
	struct pair pair = { .c = c, .key = key, .letter = kinds[kind].letter };

	if (store_txn(c->store, STORE_READ, c->step, name_body, &pair, err) != 0)
		return -1;
	return pair.wrong ? lose(c, key, kinds[kind].what, "a name leads to none", false, err) : 0;
}

static int
check_record(struct check *c, struct slice key, struct slice value, struct err *err)
{
	size_t kind = key.n == 0 ? N_KINDS : kind_of((char)toupper((unsigned char)key.p[0]));
	struct record_reader r = { .bad = true };	/* until it is opened */
	struct err why;
	bool by_name;
	uint64_t id;

	c->checked->records++;
	if (kind == N_KINDS)
		return lose(c, key, "a record", "its key is of no kind", false, err);
	by_name = key.p[0] != kinds[kind].letter;
	if (by_name && !kinds[kind].pair)
		return lose(c, key, "a record", "its key is of no kind", false, err);
	if (record_open(&r, value, 1, kinds[kind].what, &why) != 0 && key.p[0] == 'B')
		return restore_bucket(c, key, err);
	if (r.bad && key.p[0] == 'M') {
		lose_measurement(c, key);
		return 0;
	}
	if (r.bad)
		return lose(c, key, kinds[kind].what, "it fails its checksum", kinds[kind].keep, err);
	if (key.p[0] == 'C' && key.n > 1 + sizeof(uint32_t))
		check_note_id(&c->columned, key_get_u32(key.p + 1));
	if (key.p[0] == 'C' && (id = record_get_u64(&r)) > c->last_column)
		c->last_column = (uint32_t)id;
	if (key.p[0] == 'M')
		check_note_id(&c->named, (uint32_t)record_get_u64(&r));
	if (by_name)
		return check_by_name(c, key, kind, err);
	return kinds[kind].pair ? check_by_id(c, key, kind, err) : 0;
}

int
check_catalogue(struct check *c, struct err *err)
{
	int r = check_walk(c, DB_CATALOGUE, "catalogue", check_record, err);

	if (r == 0 && c->n_lost > 0)
		r = restore_measurement(c, err);
	free(c->columned.list);
	free(c->named.list);
	buf_free(&c->lost_name);
	return r;
}
