/*
 * query/pack.c - the rows of a block that a condition has left over, and columns as other types
 */
#include "query/pack.h"

#include <string.h>

#include "query/eval.h"

void
query_pack_all(uint64_t *bits, size_t n)
{
	memset(bits, 0, BLOCK_ROWS_MAX / 8);
	memset(bits, 0xff, n / 64 * 8);
	if (n % 64 != 0)
		bits[n / 64] = (UINT64_C(1) << (n % 64)) - 1;
}

size_t
query_pack_count(const uint64_t *bits)
{
	size_t n = 0;

	for (size_t i = 0; i < BLOCK_ROWS_MAX / 64; i++)
		n += (size_t)__builtin_popcountll(bits[i]);
	return n;
}

/*
 * The rows move together. In place is fine: no row moves up.
 */
void
query_pack_column(struct pack_room *to, struct column *c, const uint64_t *bits, size_t n)
{
	size_t at = 0;

	memset(to->present, 0, sizeof(to->present));
	for (size_t word = 0; word < (n + 63) / 64; word++)
		for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
			size_t row = word * 64 + (size_t)__builtin_ctzll(left);

			to->cells[at] = c->cells[row];
			if (column_has(c, row))
				to->present[at >> 6] |= UINT64_C(1) << (at & 63);
			at++;
		}
	c->cells = to->cells;
	c->present = c->present != NULL ? to->present : NULL;
}

void
query_pack_times(int64_t *to, const int64_t *times, const uint64_t *bits, size_t n)
{
	for (size_t word = 0; word < (n + 63) / 64; word++)
		for (uint64_t left = bits[word]; left != 0; left &= left - 1)
			*to++ = times[word * 64 + (size_t)__builtin_ctzll(left)];
}

void
query_pack_convert(struct pack_room *to, struct column *c, enum value_type as, size_t n)
{
	for (size_t row = 0; row < n; row++) {
		struct value v = { .type = c->type, .i = c->cells[row].i };

		if (column_has(c, row))
			to->cells[row].i = query_eval_convert(v, as).i;
	}
	c->cells = to->cells;
	c->type = as;
}
