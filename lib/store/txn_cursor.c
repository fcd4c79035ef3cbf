/*
 * store/txn_cursor.c - a cursor that steps over keys and reads parts of values
 *
 * For large values of which a reader wants some bytes: positions read no value at all.
 */
#include "store/store_priv.h"

#define KEY_MOST 64

struct kept_key {
	size_t		 n;		/* 0: not known */
	char		 bytes[KEY_MOST];
};

struct txn_cursor {
	struct txn	*txn;
	DBC		*dbc;
	struct kept_key	 before, here;	/* after a step: the key it was at, and the next one */
	void		*peek_to;
	size_t		 peek_most;	/* 0: moves read keys alone */
	bool		 peeked;
	size_t		 n_peeked;
};

int
txn_cursor_open(struct txn *txn, enum store_db db, struct txn_cursor **out, struct err *err)
{
	struct txn_cursor *c = arena_alloc(txn->arena, sizeof(*c));
	int r = txn->h->db[db]->cursor(txn->h->db[db], txn->db, &c->dbc, 0);

	if (r != 0)
		return txn_fail(txn, r, "read", err);
	c->txn = txn;
	c->peek_most = 0;
	c->peeked = false;
	c->before.n = c->here.n = 0;
	*out = c;
	return 0;
}

void
txn_cursor_close(struct txn_cursor *c)
{
	c->dbc->close(c->dbc);
}

void
txn_cursor_peek(struct txn_cursor *c, void *to, size_t n)
{
	c->peek_to = to;
	c->peek_most = n;
	c->peeked = false;
}

bool
txn_cursor_peeked(const struct txn_cursor *c, size_t *got)
{
	*got = c->n_peeked;
	return c->peeked;
}

/*
 * Move, reading the key, and what is peeked at; *at tells whether the key begins with the prefix.
 */
static int
move(struct txn_cursor *c, DBT *key, uint32_t how, struct slice prefix, bool *at, struct err *err)
{
	DBT value = { .flags = DB_DBT_PARTIAL };
	int r;

	if (c->peek_most > 0) {
		value.data = c->peek_to;
		value.ulen = value.dlen = (uint32_t)c->peek_most;
		value.flags |= DB_DBT_USERMEM;
	}
	r = c->dbc->get(c->dbc, key, &value, how);
	c->peeked = r == 0 && c->peek_most > 0;
	c->n_peeked = value.size;
	if (r != 0 && r != DB_NOTFOUND)
		return txn_fail(c->txn, r, "read", err);
	*at = r == 0 && slice_starts(slice_make(key->data, key->size), prefix);
	return 0;
}

static void
keep_key(struct kept_key *kept, const DBT *key, bool is_there)
{
	kept->n = is_there && key->size <= KEY_MOST ? key->size : 0;
	if (kept->n > 0)
		memcpy(kept->bytes, key->data, kept->n);
}

/*
 * Series are often read in the order in which they lie: the step that found the end of one has led
 * to the next. Asked only of who peeks, that is reads and changes nothing.
 */
static bool
is_there_already(const struct txn_cursor *c, struct slice key)
{
	return c->peek_most > 0 && c->before.n > 0 && c->here.n > 0 &&
	    slice_cmp(slice_make(c->before.bytes, c->before.n), key) < 0 &&
	    slice_cmp(key, slice_make(c->here.bytes, c->here.n)) <= 0;
}

int
txn_cursor_from(struct txn_cursor *c, struct slice key, struct slice prefix, bool *at,
    struct err *err)
{
	DBT k = { .data = (void *)(uintptr_t)key.p, .size = (uint32_t)key.n };
	int r;

	if (is_there_already(c, key)) {
		c->peeked = false;
		*at = slice_starts(slice_make(c->here.bytes, c->here.n), prefix);
		return 0;
	}
	r = move(c, &k, DB_SET_RANGE, prefix, at, err);
	c->before.n = 0;
	keep_key(&c->here, &k, r == 0 && *at);
	return r;
}

int
txn_cursor_before(struct txn_cursor *c, struct slice key, struct slice prefix, bool *at,
    struct err *err)
{
	DBT k = { .data = (void *)(uintptr_t)key.p, .size = (uint32_t)key.n }, none = { 0 };
	int r;

	none.flags = DB_DBT_PARTIAL;
	c->peeked = false;
	c->before.n = c->here.n = 0;
	r = c->dbc->get(c->dbc, &k, &none, DB_SET_RANGE);
	if (r == 0 && slice_eq(slice_make(k.data, k.size), key)) {
		*at = true;
		return 0;
	}
	if (r != 0 && r != DB_NOTFOUND)
		return txn_fail(c->txn, r, "read", err);
	memset(&k, 0, sizeof(k));
	return move(c, &k, r == 0 ? DB_PREV : DB_LAST, prefix, at, err);
}

int
txn_cursor_step(struct txn_cursor *c, bool back, struct slice prefix, bool *at, struct err *err)
{
	DBT k = { 0 };
	int r = move(c, &k, back ? DB_PREV : DB_NEXT, prefix, at, err);

	c->before = c->here;
	keep_key(&c->here, &k, r == 0 && !back && k.size > 0);
	return r;
}

int
txn_cursor_key(struct txn_cursor *c, struct slice *key, struct err *err)
{
	DBT k = { 0 }, none = { .flags = DB_DBT_PARTIAL };
	int r = c->dbc->get(c->dbc, &k, &none, DB_CURRENT);

	if (r != 0)
		return txn_fail(c->txn, r, "read", err);
	*key = arena_copy(c->txn->arena, slice_make(k.data, k.size));
	return 0;
}

int
txn_cursor_part(struct txn_cursor *c, size_t offset, void *to, size_t n, size_t *got,
    struct err *err)
{
	DBT k = { 0 }, v = { 0 };
	int r;

	v.data = to;
	v.ulen = v.dlen = (uint32_t)n;
	v.doff = (uint32_t)offset;
	v.flags = DB_DBT_PARTIAL | DB_DBT_USERMEM;
	r = c->dbc->get(c->dbc, &k, &v, DB_CURRENT);
	if (r != 0)
		return txn_fail(c->txn, r, "read", err);
	*got = v.size;
	return 0;
}
