/*
 * line/memo.c - what earlier lines taught
 *
 * Names and keys are kept in the spelling in which they came, so that a line is recognised without
 * being unescaped; each spelling points to what it means. All of it is a cache: forgetting costs
 * time, never truth. Nothing is forgotten piece by piece: once it has grown too large, between two
 * batches, all of it goes and the lines teach it again.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "line/line_priv.h"

#define LIMIT_LEAST_BYTES	((size_t)1 << 18)
#define BLOCK_BYTES		16384
#define ENTRY_BYTES		(2 * sizeof(struct table_entry))	/* slots and slack included */
#define MEASUREMENT_BYTES	512

struct line_memo *
line_memo_new(size_t limit_bytes)
{
	struct line_memo *memo = memory_zalloc(sizeof(*memo));

	memo->limit_bytes = limit_bytes > LIMIT_LEAST_BYTES ? limit_bytes : LIMIT_LEAST_BYTES;
	memo->arena = arena_new(BLOCK_BYTES);
	line_memo_more_cells(memo);
	line_memo_more_tags(memo);
	return memo;
}

static void
free_tables(struct line_memo *memo)
{
	for (size_t i = 0; i < memo->n_list; i++) {
		table_free(&memo->list[i]->fields);
		table_free(&memo->list[i]->columns);
	}
	table_free(&memo->aliases);
	table_free(&memo->series);
	table_free(&memo->measurements);
}

void
line_memo_free(struct line_memo *memo)
{
	if (memo == NULL)
		return;
	free_tables(memo);
	arena_free(memo->arena);
	free(memo->list);
	free(memo->cells);
	free(memo->tags);
	buf_free(&memo->names);
	buf_free(&memo->canonical);
	free(memo);
}

void
line_memo_forget(struct line_memo *memo)
{
	free_tables(memo);
	arena_reset(memo->arena);
	memo->aliases = memo->series = memo->measurements = (struct table){ 0 };
	memo->n_list = 0;
	memo->table_bytes = 0;
	memo->last = NULL;
	memo->grew = false;
}

size_t
line_memo_bytes(const struct line_memo *memo)
{
	return arena_bytes(memo->arena) + memo->table_bytes;
}

bool
line_memo_is_full(const struct line_memo *memo)
{
	return line_memo_bytes(memo) > memo->limit_bytes;
}

/*
 * learn - what stands for a key in a table: known already, or `bytes` zeroed for it
 */
static void *
learn(struct line_memo *memo, struct table *table, struct slice key, size_t bytes, bool *made)
{
	struct table_entry *entry = table_get(table, key);
	void *new;

	*made = entry == NULL;
	if (entry != NULL)
		return (void *)(uintptr_t)entry->value;
	new = arena_zalloc(memo->arena, bytes);
	key = arena_copy(memo->arena, key);
	entry = table_put(table, key, NULL);
	entry->value = (uintptr_t)new;
	memo->table_bytes += ENTRY_BYTES;
	memo->grew = true;
	return new;
}

/*
 * key_of - the bytes under which `learn` has just put something
 */
static struct slice
key_of(const struct table *table)
{
	return table->entries[table->n - 1].key;
}

struct line_measurement *
line_memo_measurement(struct line_memo *memo, struct slice name)
{
	bool made;
	struct line_measurement *m = learn(memo, &memo->measurements, name, sizeof(*m), &made);

	if (!made)
		return m;
	m->name = key_of(&memo->measurements);
	m->number = (uint32_t)memo->n_list;
	if (memo->n_list == memo->cap_list) {
		memo->cap_list = memo->cap_list * 2 + 16;
		memo->list = memory_grow(memo->list, memo->cap_list, sizeof(memo->list[0]));
	}
	memo->list[memo->n_list++] = m;
	memo->table_bytes += MEASUREMENT_BYTES;
	return m;
}

struct series_ref *
line_memo_ref(struct line_memo *memo, struct line_measurement *measurement,
    const struct tag *tags, size_t n)
{
	struct slice key;
	struct series_ref *ref;
	bool made;

	buf_reset(&memo->canonical);
	buf_put_be32(&memo->canonical, measurement->number);
	tag_set_encode(tags, n, &memo->canonical);
	ref = learn(memo, &memo->series, buf_slice(&memo->canonical), sizeof(*ref), &made);
	if (made) {
		key = key_of(&memo->series);
		ref->tags = slice_make(key.p + 4, key.n - 4);
		ref->hash = hash_stable(ref->tags.p, ref->tags.n);
	}
	return ref;
}

struct line_series *
line_memo_alias(struct line_memo *memo, struct slice raw, struct line_measurement *measurement,
    struct series_ref *ref)
{
	struct line_series *s = arena_zalloc(memo->arena, sizeof(*s) + raw.n + LINE_SLACK);

	memcpy(s->raw, raw.p, raw.n);
	s->n = raw.n;
	s->measurement = measurement;
	s->ref = ref;
	table_put(&memo->aliases, slice_make(s->raw, s->n), NULL)->value = (uintptr_t)s;
	memo->table_bytes += ENTRY_BYTES;
	memo->grew = true;
	return s;
}

static struct line_column *
learn_column(struct line_memo *memo, struct line_measurement *measurement, struct slice name)
{
	bool made;
	struct line_column *column = learn(memo, &measurement->columns, name, sizeof(*column), &made);

	if (made) {
		column->name = key_of(&measurement->columns);
		column->is_time = slice_eq(name, SLICE("time"));
	}
	return column;
}

struct line_field *
line_memo_field(struct line_memo *memo, struct line_measurement *measurement, struct slice raw)
{
	bool made;
	struct line_field *f = learn(memo, &measurement->fields, raw, sizeof(*f), &made);
	char bytes[16] = { 0 }, mask[16] = { 0 };
	struct slice name = { raw.p, raw.n - 1 };

	if (!made)
		return f;
	f->raw = key_of(&measurement->fields).p;
	f->n = raw.n;
	if (raw.n <= sizeof(bytes)) {
		memcpy(bytes, raw.p, raw.n);
		memset(mask, 0xff, raw.n);
		memcpy(f->word, bytes, sizeof(bytes));
		memcpy(f->mask, mask, sizeof(mask));
	}
	buf_reset(&memo->names);
	buf_reserve(&memo->names, name.n);
	f->column = learn_column(memo, measurement, line_unescape(name, ",= \\", &memo->names));
	return f;
}

void
line_memo_more_cells(struct line_memo *memo)
{
	memo->cap_cells = memo->cap_cells * 2 + 64;
	memo->cells = memory_grow(memo->cells, memo->cap_cells, sizeof(memo->cells[0]));
}

void
line_memo_more_tags(struct line_memo *memo)
{
	memo->cap_tags = memo->cap_tags * 2 + 32;
	memo->tags = memory_grow(memo->tags, memo->cap_tags, sizeof(memo->tags[0]));
}
