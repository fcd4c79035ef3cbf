/*
 * write/memory.c - what a process keeps from one write to the next
 *
 * A memo for each of the buckets that were written last, and the buffers, so that a write of the
 * usual size takes no memory from the system.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "write/write_priv.h"

#define BATCH_BLOCK_BYTES	((size_t)2 << 20)	/* the columns of a usual batch fit into one */
#define WINDOW_KEPT_BYTES	((size_t)4 << 20)

struct write_memory *
write_memory_new(size_t limit_bytes)
{
	struct write_memory *memory = memory_zalloc(sizeof(*memory));

	memory->limit_bytes = limit_bytes;
	memory->batch = arena_new(BATCH_BLOCK_BYTES);
	return memory;
}

static void
forget(struct write_known *known)
{
	line_memo_free(known->memo);
	*known = (struct write_known){ 0 };
}

void
write_memory_free(struct write_memory *memory)
{
	if (memory == NULL)
		return;
	for (size_t i = 0; i < WRITE_BUCKETS_KEPT; i++)
		forget(&memory->known[i]);
	arena_free(memory->batch);
	buf_free(&memory->window);
	free(memory);
}

/*
 * oldest - the one that was used longest ago, a free place before all; NULL when there is none but
 *          the one in use
 */
static struct write_known *
oldest(struct write_memory *memory, bool taken)
{
	struct write_known *found = NULL;

	for (size_t i = 0; i < WRITE_BUCKETS_KEPT; i++) {
		struct write_known *known = &memory->known[i];

		if ((taken && known->memo == NULL) || known->used == memory->n_writes)
			continue;
		if (found == NULL || known->used < found->used)
			found = known;
	}
	return found;
}

struct write_known *
write_memory_of(struct write_memory *memory, uint64_t bucket_id)
{
	struct write_known *known;

	memory->n_writes++;
	for (size_t i = 0; i < WRITE_BUCKETS_KEPT; i++) {
		known = &memory->known[i];
		if (known->memo != NULL && known->bucket_id == bucket_id) {
			known->used = memory->n_writes;
			return known;
		}
	}
	known = oldest(memory, false);
	forget(known);
	known->bucket_id = bucket_id;
	known->used = memory->n_writes;
	known->memo = line_memo_new(memory->limit_bytes);
	return known;
}

void
write_memory_name(struct write_memory *memory, struct write_known *known, uint64_t bucket_id)
{
	for (size_t i = 0; i < WRITE_BUCKETS_KEPT; i++)
		if (&memory->known[i] != known && memory->known[i].bucket_id == bucket_id)
			forget(&memory->known[i]);
	known->bucket_id = bucket_id;
}

static size_t
bytes_known(const struct write_memory *memory)
{
	size_t n = 0;

	for (size_t i = 0; i < WRITE_BUCKETS_KEPT; i++)
		if (memory->known[i].memo != NULL)
			n += line_memo_bytes(memory->known[i].memo);
	return n;
}

void
write_memory_trim(struct write_memory *memory)
{
	struct write_known *known;

	arena_reset(memory->batch);
	buf_reset(&memory->window);
	if (memory->window.cap > WINDOW_KEPT_BYTES)
		buf_free(&memory->window);
	for (size_t i = 0; i < WRITE_BUCKETS_KEPT; i++)
		if (memory->known[i].memo != NULL && memory->known[i].bucket_id == 0)
			forget(&memory->known[i]);
	while (bytes_known(memory) > memory->limit_bytes && (known = oldest(memory, true)) != NULL)
		forget(known);
}
