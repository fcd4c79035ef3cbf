/*
 * store/chunk_times.c - the times of a chunk's rows
 *
 * What is written on a steady beat has times that follow from the row's number, so nothing is
 * decoded to find a row or to tell its time. Other times are decoded once, when a part of them is
 * asked for; all of them go straight to where they are wanted.
 */
#include "store/scan_priv.h"

void
chunk_times_prepare(struct chunk_copy *chunk)
{
	chunk->decoded = NULL;
	if (!codec_chunk_steady(&chunk->head, chunk->times, &chunk->step))
		chunk->step = 0;
}

static int
decode(struct chunk_copy *chunk, struct arena *arena, struct err *err)
{
	if (chunk->decoded != NULL)
		return 0;
	chunk->decoded = arena_array(arena, int64_t, chunk->head.n_rows);
	return codec_chunk_times(&chunk->head, chunk->times, chunk->decoded, err);
}

int
chunk_times_get(struct chunk_copy *chunk, uint32_t first, uint32_t n, struct arena *arena,
    int64_t *times, struct err *err)
{
	if (chunk->step != 0) {
		uint64_t at = (uint64_t)chunk->head.min_time + first * chunk->step;

		for (uint32_t i = 0; i < n; i++, at += chunk->step)
			times[i] = (int64_t)at;
		return 0;
	}
	if (n == chunk->head.n_rows && chunk->decoded == NULL)
		return codec_chunk_times(&chunk->head, chunk->times, times, err);
	if (decode(chunk, arena, err) != 0)
		return -1;
	memcpy(times, chunk->decoded + first, n * sizeof(*times));
	return 0;
}

/*
 * How many rows come before time t.
 */
static uint32_t
rows_before(const struct chunk_copy *chunk, int64_t t)
{
	uint32_t low = 0, high = chunk->head.n_rows;

	if (t <= chunk->head.min_time)
		return 0;
	if (t > chunk->head.max_time)
		return chunk->head.n_rows;
	if (chunk->step != 0)
		return (uint32_t)(((uint64_t)t - (uint64_t)chunk->head.min_time - 1) / chunk->step) + 1;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (chunk->decoded[middle] < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
chunk_times_clip(struct chunk_copy *chunk, int64_t from, int64_t to, struct arena *arena,
    uint32_t *first, uint32_t *n, struct err *err)
{
	uint32_t end;

	if (chunk->step == 0 && decode(chunk, arena, err) != 0)
		return -1;
	*first = rows_before(chunk, from);
	end = to == INT64_MAX ? chunk->head.n_rows : rows_before(chunk, to + 1);
	*n = end > *first ? end - *first : 0;
	return 0;
}
