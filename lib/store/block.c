/*
 * store/block.c - single values out of blocks, and summaries out of directories
 */
#include "store/scan_priv.h"

struct value
store_block_value(const struct store_block *block, size_t column, size_t row)
{
	const struct store_column *c = &block->columns[column];
	struct value v = { .type = c->type };

	if (c->present != NULL && !bit_get(c->present, row))
		return (struct value){ .type = VALUE_NULL };
	if (c->type == VALUE_STRING)
		v.s = c->strings[c->cells[row].u];
	else if (c->type == VALUE_BOOLEAN)
		v.b = c->cells[row].u != 0;
	else
		v.u = c->cells[row].u;
	return v;
}

static void
fill_column(const struct codec_chunk_column *from, const int64_t *times,
    struct store_summary_column *to)
{
	const struct codec_summary *s = &from->summary;

	*to = (struct store_summary_column){ .type = (enum value_type)from->type,
		.n_present = from->n_present, .min = s->min, .max = s->max, .first = s->first,
		.last = s->last, .sum = s->sum };
	if (times == NULL)
		return;
	to->min_time = times[s->min_row];
	to->max_time = times[s->max_row];
	to->first_time = times[s->first_row];
	to->last_time = times[s->last_row];
}

int
summary_fill(const struct store_scan *scan, const struct chunk_copy *chunk, struct arena *arena,
    struct store_summary *summary, struct err *err)
{
	size_t n_fields = scan->spec.n_fields;
	int64_t *times = NULL;

	summary->min_time = chunk->head.min_time;
	summary->max_time = chunk->head.max_time;
	summary->columns = arena_zalloc(arena, (n_fields + 1) * sizeof(*summary->columns));
	if (scan->spec.summary_times) {
		times = arena_array(arena, int64_t, chunk->head.n_rows);
		if (codec_chunk_times(&chunk->head, chunk->times, times, err) != 0)
			return -1;
	}
	for (size_t i = 0; i < n_fields; i++) {
		const struct codec_chunk_column *c =
		    codec_chunk_find(&chunk->head, scan->spec.fields[i]);

		if (c != NULL && c->type == scan->types[i])
			fill_column(c, times, &summary->columns[i]);
	}
	return 0;
}
