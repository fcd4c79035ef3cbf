/*
 * model/batch.c - points on their way in: columns by measurement
 *
 * Clients write the same measurements and fields in the same order again and again. So a name is
 * first compared with the one asked for last and the one that follows it; only then is it looked
 * for, among few by comparing all, among many by a table of hashes. Arrays double in the arena.
 */
#include "model/batch.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/utf8.h"

#define ROWS_LEAST	16
#define NAMES_FEW	8		/* up to here all are compared */
#define REJECT_TEXT_MAX	512

/* What a batch_index is of: names by number, and how two of them are told apart. */
struct names {
	const void	*of;
	struct slice	(*name)(const void *of, uint32_t i, unsigned *kind);
};

static uint64_t
hash_name(struct slice name, unsigned kind)
{
	return hash_bytes(name.p, name.n, hash_seed() + kind);
}

static bool
is_named(const struct names *names, uint32_t i, struct slice name, unsigned kind)
{
	unsigned its_kind;

	return slice_eq(names->name(names->of, i, &its_kind), name) && its_kind == kind;
}

/*
 * index_put - note that number i, the newest, has this name
 */
static void
index_put(struct batch_index *index, struct slice name, unsigned kind, uint32_t i)
{
	uint32_t mask = index->n_slots - 1;
	uint32_t slot = (uint32_t)hash_name(name, kind) & mask;

	while (index->slots[slot] != 0)
		slot = (slot + 1) & mask;
	index->slots[slot] = i + 1;
}

/*
 * index_add - the same, once there are many of n; room is made first, at most half of it filled
 */
static void
index_add(struct batch_index *index, const struct names *names, uint32_t n, struct arena *arena)
{
	uint32_t from = n - 1;

	if (n <= NAMES_FEW)
		return;
	if (index->n_slots < 2 * (size_t)n) {
		index->n_slots = index->n_slots != 0 ? index->n_slots * 2 : 8 * NAMES_FEW;
		index->slots = arena_zalloc(arena, index->n_slots * sizeof(*index->slots));
		from = 0;
	}
	for (uint32_t i = from; i < n; i++) {
		unsigned kind;
		struct slice name = names->name(names->of, i, &kind);

		index_put(index, name, kind, i);
	}
}

/*
 * find - the number of a name among n, or n; `last` is the one found before
 */
static uint32_t
find(const struct batch_index *index, const struct names *names, uint32_t n, uint32_t last,
    struct slice name, unsigned kind)
{
	uint32_t next = last + 1 < n ? last + 1 : 0;
	uint32_t mask;

	if (n == 0)
		return n;
	if (is_named(names, last, name, kind))
		return last;
	if (is_named(names, next, name, kind))
		return next;
	if (n <= NAMES_FEW) {
		for (uint32_t i = 0; i < n; i++)
			if (is_named(names, i, name, kind))
				return i;
		return n;
	}
	mask = index->n_slots - 1;
	for (uint32_t slot = (uint32_t)hash_name(name, kind) & mask; index->slots[slot] != 0;
	    slot = (slot + 1) & mask)
		if (is_named(names, index->slots[slot] - 1, name, kind))
			return index->slots[slot] - 1;
	return n;
}

static struct slice
table_name(const void *of, uint32_t i, unsigned *kind)
{
	*kind = 0;
	return ((const struct batch *)of)->tables[i]->name;
}

static struct slice
column_name(const void *of, uint32_t i, unsigned *kind)
{
	const struct batch_column *column = &((const struct batch_table *)of)->columns[i];

	*kind = column->type;
	return column->name;
}

void
batch_init(struct batch *batch, struct arena *arena, struct batch_rejects *rejects)
{
	static uint64_t number;

	*batch = (struct batch){ .arena = arena, .number = ++number, .rejects = rejects };
}

static struct batch_table *
add_table(struct batch *batch, struct slice name)
{
	struct batch_table *table = arena_zalloc(batch->arena, sizeof(*table));
	const struct names names = { batch, table_name };

	if (batch->n_tables == batch->cap_tables) {
		uint32_t cap = batch->cap_tables != 0 ? batch->cap_tables * 2 : NAMES_FEW;

		batch->tables = arena_grow(batch->arena, batch->tables, batch->cap_tables, cap);
		batch->cap_tables = cap;
	}
	table->name = arena_copy(batch->arena, name);
	batch->tables[batch->n_tables++] = table;
	index_add(&batch->index, &names, batch->n_tables, batch->arena);
	return table;
}

struct batch_table *
batch_table(struct batch *batch, struct slice name)
{
	const struct names names = { batch, table_name };
	uint32_t i = find(&batch->index, &names, batch->n_tables, batch->last_table, name, 0);

	batch->last_table = i;
	return i < batch->n_tables ? batch->tables[i] : add_table(batch, name);
}

static size_t
words(uint32_t rows)
{
	return ((size_t)rows + 63) / 64;
}

/*
 * grow_column - room for `cap` rows where there was room for `old`; what is new is zero
 */
static void
grow_column(struct arena *arena, struct batch_column *column, uint32_t old, uint32_t cap)
{
	column->cells = arena_grow(arena, column->cells, old, cap);
	memset(column->cells + old, 0, (cap - old) * sizeof(*column->cells));
	if (words(cap) == words(old))
		return;
	column->present = arena_grow(arena, column->present, words(old), words(cap));
	memset(column->present + words(old), 0, (words(cap) - words(old)) * sizeof(uint64_t));
}

static void
grow_rows(struct arena *arena, struct batch_table *table)
{
	uint32_t old = table->cap_rows, cap = old != 0 ? old * 2 : ROWS_LEAST;

	table->times = arena_grow(arena, table->times, old, cap);
	table->series = arena_grow(arena, table->series, old, cap);
	table->lines = arena_grow(arena, table->lines, old, cap);
	for (uint32_t i = 0; i < table->n_columns; i++)
		grow_column(arena, &table->columns[i], old, cap);
	table->cap_rows = cap;
}

uint32_t
batch_table_add_row(struct batch *batch, struct batch_table *table, int64_t time, uint32_t ref,
    uint32_t line)
{
	uint32_t row = table->n_rows;

	if (row == table->cap_rows)
		grow_rows(batch->arena, table);
	table->times[row] = time;
	table->series[row] = ref;
	table->lines[row] = line;
	table->n_rows++;
	batch->n_rows++;
	return row;
}

void
batch_table_drop_row(struct batch *batch, struct batch_table *table)
{
	uint32_t row = --table->n_rows;

	batch->n_rows--;
	for (uint32_t i = 0; i < table->n_columns; i++) {
		struct batch_column *column = &table->columns[i];

		if (!batch_has(column, row))
			continue;
		column->present[row >> 6] &= ~(UINT64_C(1) << (row & 63));
		column->n_present--;
		if (column->type == VALUE_STRING && column->cells[row].u + 1 == column->n_strings)
			column->n_strings--;
		column->cells[row].u = 0;
	}
}

/*
 * A mark holds the batch's number and the index the ref was given. That the ref stands at that
 * index of this table is what proves it; the number only keeps most other refs from being tried.
 */
uint32_t
batch_table_add_ref(struct batch *batch, struct batch_table *table, struct series_ref *ref)
{
	uint32_t i = (uint32_t)ref->mark;

	if (ref->mark >> 32 == (uint32_t)batch->number && i < table->n_refs &&
	    table->refs[i] == ref)
		return i;
	if (table->n_refs == table->cap_refs) {
		uint32_t cap = table->cap_refs != 0 ? table->cap_refs * 2 : ROWS_LEAST;

		table->refs = arena_grow(batch->arena, table->refs, table->cap_refs, cap);
		table->cap_refs = cap;
	}
	i = table->n_refs++;
	table->refs[i] = ref;
	ref->mark = batch->number << 32 | i;
	return i;
}

static struct batch_column *
add_column(struct batch *batch, struct batch_table *table, struct slice name, enum value_type type)
{
	const struct names names = { table, column_name };
	struct batch_column *column;

	if (table->n_columns == table->cap_columns) {
		uint32_t cap = table->cap_columns != 0 ? table->cap_columns * 2 : NAMES_FEW;

		table->columns = arena_grow(batch->arena, table->columns, table->cap_columns, cap);
		table->cap_columns = cap;
	}
	column = &table->columns[table->n_columns++];
	*column = (struct batch_column){ .name = arena_copy(batch->arena, name), .type = type };
	if (table->cap_rows != 0)
		grow_column(batch->arena, column, 0, table->cap_rows);
	index_add(&table->index, &names, table->n_columns, batch->arena);
	return column;
}

struct batch_column *
batch_column(struct batch *batch, struct batch_table *table, struct slice name,
    enum value_type type)
{
	const struct names names = { table, column_name };
	uint32_t i = find(&table->index, &names, table->n_columns, table->last_column, name, type);

	table->last_column = i;
	return i < table->n_columns ? &table->columns[i] : add_column(batch, table, name, type);
}

uint32_t
batch_column_add_string(struct batch *batch, struct batch_column *column, struct slice text)
{
	if (column->n_strings == column->cap_strings) {
		uint32_t cap = column->cap_strings != 0 ? column->cap_strings * 2 : ROWS_LEAST;

		column->strings = arena_grow(batch->arena, column->strings, column->cap_strings, cap);
		column->cap_strings = cap;
	}
	column->strings[column->n_strings] = text;
	return column->n_strings++;
}

void
batch_rejects_init(struct batch_rejects *rejects, struct arena *arena)
{
	*rejects = (struct batch_rejects){ .arena = arena };
}

/*
 * place_of - where a line belongs among those kept; BATCH_REJECTS_KEPT when it does not
 */
static size_t
place_of(const struct batch_rejects *rejects, uint64_t line)
{
	size_t at = rejects->n_kept;

	while (at != 0 && rejects->kept[at - 1].line > line)
		at--;
	return at;
}

void
batch_reject(struct batch_rejects *rejects, enum batch_reject_kind kind, uint64_t line,
    const char *fmt, ...)
{
	char text[REJECT_TEXT_MAX + 4];		/* 4 more, to see whether the cut splits a character */
	size_t at = place_of(rejects, line);
	struct slice kept;
	va_list args;
	int n;

	rejects->n++;
	rejects->n_of[kind]++;
	if (at == BATCH_REJECTS_KEPT)
		return;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kept = utf8_cut(slice_make(text, n < 0 ? 0 : strlen(text)), REJECT_TEXT_MAX);
	if (rejects->n_kept < BATCH_REJECTS_KEPT)
		rejects->n_kept++;
	memmove(&rejects->kept[at + 1], &rejects->kept[at],
	    (rejects->n_kept - 1 - at) * sizeof(rejects->kept[0]));
	rejects->kept[at] = (struct batch_reject){ line, kind, arena_copy(rejects->arena, kept) };
}
