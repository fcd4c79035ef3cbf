/*
 * tests/fuzz/chunk_fuzz.c - chunks of any bytes, and columns of any bytes
 *
 * The checksums would stop nearly every input at the door, so they are made right first: that of
 * the head in its bytes, those of times and columns in the opened directory. Whatever then opens
 * must be readable without a step outside its bytes, which are handed over column by column, each in
 * a block of its very size. The input is also taken as a bare column of each type.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS	CODEC_CHUNK_ROWS

static union cell cells[ROWS];
static uint64_t present[ROWS / 64 + 1];
static struct slice strings[ROWS];

/*
 * Bytes in a block of their size and the slack that decoders may ask for.
 */
static struct slice
tight(const void *p, size_t n)
{
	char *copy = memory_alloc(n + CODEC_SLACK);

	if (n > 0)
		memcpy(copy, p, n);
	memset(copy + n, 0xff, CODEC_SLACK);
	return slice_make(copy, n);
}

static void
release(struct slice s)
{
	free((void *)(uintptr_t)s.p);
}

static void
touch(size_t n_strings)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n_strings; i++)
		for (size_t k = 0; k < strings[i].n; k += 1 + strings[i].n / 8)
			sum += (unsigned char)strings[i].p[k];
	if (sum == UINT64_MAX)
		abort();	/* so that reading the texts is not optimised away */
}

static void
read_bare_columns(const uint8_t *data, size_t size, size_t n, struct arena *arena)
{
	struct slice bytes = tight(data, size), in;
	struct err err;

	in = bytes;
	codec_integers_decode(&in, n, &cells[0].u, &err);
	in = bytes;
	codec_floats_decode(&in, n, &cells[0].f, &err);
	in = bytes;
	if (codec_strings_decode(&in, n, strings, arena, &err) == 0)
		touch(n);
	release(bytes);
}

static void
make_head_right(char *record, size_t size)
{
	size_t n = codec_chunk_head_bytes(slice_make(record, size));
	uint32_t crc;

	if (n < 4 || n > size)
		return;
	crc = codec_crc32(record + 4, n - 4);
	for (int i = 0; i < 4; i++)
		record[i] = (char)(crc >> 8 * i);
}

static void
read_column(const struct codec_chunk *chunk, struct codec_chunk_column *column, const char *record,
    struct arena *arena)
{
	struct slice bytes = tight(record + column->offset, column->length);
	size_t n_strings = 0;
	struct err err;

	column->crc = codec_crc32(bytes.p, bytes.n);
	if (codec_chunk_cells(chunk, column, bytes, arena, 0, cells, present, strings, &n_strings,
	    &err) == 0)
		touch(n_strings);
	if (column->type != VALUE_STRING && column->n_present == chunk->n_rows)
		codec_chunk_part(chunk, column, bytes, chunk->n_rows / 3, chunk->n_rows / 3 + 1, cells,
		    &err);
	release(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4096);
	struct slice record = tight(data, size);
	struct codec_chunk chunk;
	struct err err;

	if (size > 0)
		read_bare_columns(data + 1, size - 1, data[0] % 16 == 0 ? ROWS : data[0] + 1u, arena);
	arena_reset(arena);
	make_head_right((char *)(uintptr_t)record.p, size);
	codec_chunk_open_some(record, &(struct codec_chunk_fields){ (const uint32_t[]){ 3 }, 1 }, arena,
	    &chunk, &err);
	if (codec_chunk_open(record, arena, &chunk, &err) == 0 && chunk.total_bytes <= size) {
		struct slice bytes = tight(record.p + chunk.times_offset, chunk.times_length);

		chunk.times_crc = codec_crc32(bytes.p, bytes.n);
		codec_chunk_times(&chunk, bytes, &cells[0].i, &err);
		codec_chunk_steady(&chunk, bytes, &(uint64_t){ 0 });
		release(bytes);
		for (uint32_t i = 0; i < chunk.n_columns; i++)
			read_column(&chunk, &chunk.columns[i], record.p, arena);
	}
	release(record);
	arena_free(arena);
	return 0;
}
