/*
 * base/table.c - a hash table from bytes to a 64-bit number
 *
 * Open addressing: a slot holds 1 + the index of an entry, a key is looked for from the slot of its
 * hash onward until a free slot comes. At most half the slots are taken.
 */
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

#define TABLE_LEAST 16

/*
 * find - the slot of a key: that of its entry, or the free one where it belongs
 */
static size_t
find(const struct table *t, struct slice key, uint64_t hash)
{
	size_t mask = t->n_slots - 1;
	size_t slot = (size_t)hash & mask;

	for (; t->slots[slot] != 0; slot = (slot + 1) & mask) {
		const struct table_entry *entry = &t->entries[t->slots[slot] - 1];

		if (entry->hash == hash && slice_eq(entry->key, key))
			break;
	}
	return slot;
}

static void
grow(struct table *t)
{
	size_t n_slots = t->n_slots != 0 ? t->n_slots * 2 : TABLE_LEAST * 2;

	assert(n_slots / 2 < UINT32_MAX);
	t->cap = n_slots / 2;
	t->entries = memory_grow(t->entries, t->cap, sizeof(*t->entries));
	free(t->slots);
	t->slots = memory_array(n_slots, sizeof(*t->slots));
	t->n_slots = n_slots;
	for (size_t i = 0; i < t->n; i++) {
		size_t slot = (size_t)t->entries[i].hash & (n_slots - 1);

		while (t->slots[slot] != 0)
			slot = (slot + 1) & (n_slots - 1);
		t->slots[slot] = (uint32_t)i + 1;
	}
}

struct table_entry *
table_get(const struct table *t, struct slice key)
{
	size_t slot;

	if (t->n == 0)
		return NULL;
	slot = find(t, key, hash_bytes(key.p, key.n, hash_seed()));
	return t->slots[slot] != 0 ? &t->entries[t->slots[slot] - 1] : NULL;
}

struct table_entry *
table_put(struct table *t, struct slice key, bool *made)
{
	uint64_t hash = hash_bytes(key.p, key.n, hash_seed());
	size_t slot;
	bool is_new;

	if (t->n == t->cap)
		grow(t);
	slot = find(t, key, hash);
	is_new = t->slots[slot] == 0;
	if (is_new) {
		t->entries[t->n++] = (struct table_entry){ .key = key, .hash = hash };
		t->slots[slot] = (uint32_t)t->n;
	}
	if (made != NULL)
		*made = is_new;
	return &t->entries[t->slots[slot] - 1];
}

void
table_clear(struct table *t)
{
	if (t->n != 0)
		memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
	t->n = 0;
}

void
table_free(struct table *t)
{
	free(t->entries);
	free(t->slots);
	*t = (struct table){ 0 };
}
