/*
 * store/rowset.c - rows of one series in memory, on their way into chunks
 */
#include "store/rowset.h"

void
rowset_init(struct rowset *set, struct arena *arena, const struct store_field *fields,
    uint32_t n_fields)
{
	*set = (struct rowset){ .arena = arena, .n_fields = n_fields, .fields = fields };
	set->columns = arena_zalloc(arena, (n_fields + 1) * sizeof(*set->columns));
	set->n_strings = arena_zalloc(arena, (n_fields + 1) * sizeof(*set->n_strings));
	set->cap_strings = arena_zalloc(arena, (n_fields + 1) * sizeof(*set->cap_strings));
	for (uint32_t i = 0; i < n_fields; i++)
		set->columns[i].type = fields[i].type;
}

void
rowset_clear(struct rowset *set)
{
	set->n = 0;
	for (uint32_t i = 0; i < set->n_fields; i++) {
		set->n_strings[i] = 0;
		if (set->cap > 0)
			memset(set->columns[i].present, 0, set->cap / 64 * sizeof(uint64_t));
	}
}

/*
 * Capacities are multiples of 64, so that a bitmap's words are whole.
 */
static void
make_room(struct rowset *set, uint32_t more)
{
	uint32_t cap = (set->n + more > set->cap * 2 ? set->n + more : set->cap * 2);

	if (set->n + more <= set->cap)
		return;
	cap = (cap + 63) / 64 * 64;
	set->times = arena_grow(set->arena, set->times, set->cap, cap);
	for (uint32_t i = 0; i < set->n_fields; i++) {
		struct store_column *c = &set->columns[i];

		c->cells = arena_grow(set->arena, c->cells, set->cap, cap);
		c->present = arena_grow(set->arena, c->present, set->cap / 64, cap / 64);
		memset(c->present + set->cap / 64, 0, (cap - set->cap) / 64 * sizeof(*c->present));
	}
	set->cap = cap;
}

static void
put_cell(struct rowset *set, uint32_t field, uint32_t row, const struct store_column *from,
    union cell cell)
{
	struct store_column *c = &set->columns[field];

	if (c->type == VALUE_STRING) {
		if (set->n_strings[field] == set->cap_strings[field]) {
			uint32_t cap = set->cap_strings[field] * 2 + 64;

			c->strings = arena_grow(set->arena, c->strings, set->n_strings[field], cap);
			set->cap_strings[field] = cap;
		}
		c->strings[set->n_strings[field]] = from->strings[cell.u];
		cell.u = set->n_strings[field]++;
	}
	c->cells[row] = cell;
	bit_set(c->present, row);
}

/*
 * Cells [first, first + n) of a column of another set or block; present NULL: all of them.
 */
static void
add_column(struct rowset *set, uint32_t field, const struct store_column *from, uint32_t first,
    uint32_t n)
{
	struct store_column *c = &set->columns[field];

	if (from->present == NULL && c->type != VALUE_STRING) {
		memcpy(c->cells + set->n, from->cells + first, n * sizeof(*c->cells));
		for (uint32_t i = 0; i < n; i++)
			bit_set(c->present, set->n + i);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		if (from->present == NULL || bit_get(from->present, first + i))
			put_cell(set, field, set->n + i, from, from->cells[first + i]);
}

void
rowset_add(struct rowset *set, const struct rowset *from, uint32_t first, uint32_t n)
{
	if (n == 0)
		return;
	make_room(set, n);
	memcpy(set->times + set->n, from->times + first, n * sizeof(*set->times));
	for (uint32_t i = 0; i < set->n_fields; i++)
		add_column(set, i, &from->columns[i], first, n);
	set->n += n;
}

void
rowset_add_block(struct rowset *set, const struct store_block *block)
{
	uint32_t n = (uint32_t)block->n_rows;

	make_room(set, n);
	memcpy(set->times + set->n, block->times, n * sizeof(*set->times));
	for (uint32_t i = 0; i < set->n_fields; i++)
		add_column(set, i, &block->columns[i], 0, n);
	set->n += n;
}

void
rowset_add_folded(struct rowset *set, const struct rowset *older, uint32_t a,
    const struct rowset *newer, uint32_t b)
{
	make_room(set, 1);
	set->times[set->n] = newer->times[b];
	for (uint32_t i = 0; i < set->n_fields; i++) {
		const struct store_column *x = &older->columns[i], *y = &newer->columns[i];

		if (bit_get(y->present, b))
			put_cell(set, i, set->n, y, y->cells[b]);
		else if (bit_get(x->present, a))
			put_cell(set, i, set->n, x, x->cells[a]);
	}
	set->n++;
}

uint32_t
rowset_seek(const struct rowset *set, int64_t t)
{
	uint32_t low = 0, high = set->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (set->times[middle] < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t
count_present(const uint64_t *present, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i + 64 <= n; i += 64)
		count += (uint32_t)__builtin_popcountll(present[i / 64]);
	for (uint32_t i = n / 64 * 64; i < n; i++)
		count += bit_get(present, i);
	return count;
}

/*
 * The bits of rows [first, first + n), the first of them at bit 0.
 */
static const uint64_t *
shifted_bits(struct arena *arena, const uint64_t *present, uint32_t first, uint32_t n)
{
	uint64_t *out;

	if (first % 64 == 0)
		return present + first / 64;
	out = arena_zalloc(arena, (n / 64 + 1) * sizeof(*out));
	for (uint32_t i = 0; i < n; i++)
		if (bit_get(present, first + i))
			bit_set(out, i);
	return out;
}

struct slice
rowset_encode(const struct rowset *set, uint32_t first, uint32_t n)
{
	struct codec_column *columns = arena_alloc_items(set->arena, set->n_fields + 1,
	    sizeof(*columns));
	struct codec_chunk_rows rows = { n, set->times + first, 0, columns };
	struct buf bytes = { 0 };
	struct slice copy;

	for (uint32_t i = 0; i < set->n_fields; i++) {
		const struct store_column *c = &set->columns[i];
		const uint64_t *present = shifted_bits(set->arena, c->present, first, n);
		uint32_t there = count_present(present, n);

		if (there > 0)
			columns[rows.n_columns++] = (struct codec_column){ set->fields[i].id, c->type,
				c->cells + first, there == n ? NULL : present, c->strings };
	}
	codec_chunk_encode(&rows, &bytes);
	copy = arena_copy(set->arena, buf_slice(&bytes));
	buf_free(&bytes);
	return copy;
}
