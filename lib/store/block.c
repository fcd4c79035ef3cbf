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

/*
 * The time of one row: the first and the last stand in the head.
 */
static int
time_of(struct chunk_copy *chunk, uint32_t row, struct arena *arena, int64_t *time, struct err *err)
{
	if (row == 0 || row == chunk->head.n_rows - 1) {
		*time = row == 0 ? chunk->head.min_time : chunk->head.max_time;
		return 0;
	}
	return chunk_times_get(chunk, row, 1, arena, time, err);
}

static int
fill_times(struct chunk_copy *chunk, const struct codec_summary *s, struct arena *arena,
    enum store_summary_times which, struct store_summary_column *to, struct err *err)
{
	if (which == STORE_TIMES_ALL &&
	    (time_of(chunk, s->min_row, arena, &to->min_time, err) != 0 ||
	    time_of(chunk, s->max_row, arena, &to->max_time, err) != 0))
		return -1;
	return which != STORE_TIMES_NONE &&
	    (time_of(chunk, s->first_row, arena, &to->first_time, err) != 0 ||
	    time_of(chunk, s->last_row, arena, &to->last_time, err) != 0) ? -1 : 0;
}

static void
fill_column(const struct codec_chunk_column *from, struct store_summary_column *to)
{
	const struct codec_summary *s = &from->summary;

	*to = (struct store_summary_column){ .type = (enum value_type)from->type,
		.n_present = from->n_present, .min = s->min, .max = s->max, .first = s->first,
		.last = s->last, .sum = s->sum };
}

int
summary_fill(const struct store_scan *scan, struct chunk_copy *chunk, struct arena *arena,
    struct store_summary *summary, struct err *err)
{
	size_t n_fields = scan->spec.n_fields;

	summary->min_time = chunk->head.min_time;
	summary->max_time = chunk->head.max_time;
	summary->columns = arena_zalloc(arena, (n_fields + 1) * sizeof(*summary->columns));
	for (size_t i = 0; i < n_fields; i++) {
		const struct codec_chunk_column *c =
		    codec_chunk_find(&chunk->head, scan->spec.fields[i]);

		if (c == NULL || c->type != scan->types[i])
			continue;
		fill_column(c, &summary->columns[i]);
		if (fill_times(chunk, &c->summary, arena, scan->spec.summary_times,
		    &summary->columns[i], err) != 0)
			return -1;
	}
	return 0;
}
