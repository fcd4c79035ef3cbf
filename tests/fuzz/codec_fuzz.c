/*
 * tests/fuzz/codec_fuzz.c - journal records of any bytes
 *
 * The checksum would stop nearly every input at the door, so it is made right first. Whatever then
 * opens must be readable to its last row without a step outside the record.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_column(const struct codec_batch *batch, const struct codec_batch_column *column)
{
	uint32_t n = batch->n_rows, half = n / 2;
	union cell *cells = memory_array(n + 1, sizeof(*cells));
	uint64_t *present = memory_array(n / 64 + 2, sizeof(*present));
	struct slice *strings = memory_array(n + 1, sizeof(*strings));
	size_t n_strings = 0;
	uint64_t sum = 0;

	codec_batch_cells(batch, column, half, n - half, 1, cells, present, strings, &n_strings);
	n_strings = 0;
	codec_batch_cells(batch, column, 0, n, 0, cells, present, strings, &n_strings);
	for (size_t i = 0; i < n_strings; i++)
		for (size_t k = 0; k < strings[i].n; k++)
			sum += (unsigned char)strings[i].p[k];
	if (sum == UINT64_MAX)
		abort();	/* so that reading the texts is not optimised away */
	free(cells);
	free(present);
	free(strings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4096);
	char *record = memory_alloc(size + CODEC_SLACK);
	struct codec_batch batch;
	struct err err;

	if (size > 0)
		memcpy(record, data, size);
	memset(record + size, 0, CODEC_SLACK);
	if (size > 4) {
		uint32_t crc = codec_crc32(record + 4, size - 4);

		for (int i = 0; i < 4; i++)
			record[i] = (char)(crc >> 8 * i);
	}
	if (codec_batch_open(slice_make(record, size), arena, &batch, &err) == 0) {
		int64_t *times = memory_array(batch.n_rows, sizeof(*times));

		codec_batch_times(&batch, 0, batch.n_rows, times);
		for (uint32_t i = 0; i < batch.n_columns; i++)
			read_column(&batch, &batch.columns[i]);
		free(times);
	}
	free(record);
	arena_free(arena);
	return 0;
}
