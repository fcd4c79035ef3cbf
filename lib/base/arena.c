/*
 * base/arena.c - memory that is given back all at once
 *
 * Small pieces are cut one behind the other from blocks of one size. A piece that would waste much
 * of a block gets memory of its own, and the node that remembers it is itself a small piece:
 *
 *     block ◄─ block ◄─ block        newest first
 *      │ piece piece NODE piece ...
 *                      └──► big piece (malloc)
 *
 * So a mark, which is a place in a block, also tells which big pieces are younger than it: those
 * whose node lies behind it. Under AddressSanitizer what is not given out is poisoned.
 *
 * An arena that took more than its block learns from it: from the next reset on its blocks are as
 * large as all it held, up to a limit. Requests of a size then live in the one block that is kept,
 * whose pages are there already. (Given back and taken again, the pages of a batch of 5000 rows and
 * ten fields cost as much as filling it.)
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n)	ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n)	ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define GAP		ALIGNMENT	/* poisoned, between two pieces */
#else
#define POISON(p, n)	((void)(p))
#define UNPOISON(p, n)	((void)(p))
#define GAP		0
#endif

#define ALIGNMENT	_Alignof(max_align_t)
#define BLOCK_LEAST	1024
#define LEARN_MAX	((size_t)4 << 20)	/* no arena keeps more than this, unless told to */

struct block {
	struct block	*older;
	size_t		 size, used;
	max_align_t	 bytes[];
};

struct big {
	struct big	*older;
	void		*memory;
	size_t		 n;
};

struct arena {
	struct block	*newest;
	struct big	*bigs;		/* newest first */
	size_t		 block_bytes;	/* of the next block */
	size_t		 held;		/* bytes in all blocks and big pieces */
	size_t		 taken;		/* those of them that were given out */
};

static char *
block_start(struct block *b)
{
	return (char *)b->bytes;
}

static bool
block_has(const struct block *b, const void *p, size_t from, size_t to)
{
	uintptr_t start = (uintptr_t)b->bytes;

	return (uintptr_t)p >= start + from && (uintptr_t)p < start + to;
}

struct arena *
arena_new(size_t block_bytes)
{
	struct arena *a = memory_zalloc(sizeof(*a));

	if (block_bytes < BLOCK_LEAST)
		block_bytes = BLOCK_LEAST;
	a->block_bytes = (block_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return a;
}

static void
add_block(struct arena *a)
{
	struct block *b = memory_alloc(sizeof(*b) + a->block_bytes);

	b->older = a->newest;
	b->size = a->block_bytes;
	b->used = 0;
	POISON(block_start(b), b->size);
	a->newest = b;
	a->held += sizeof(*b) + b->size;
}

/*
 * drop_bigs - free the big pieces whose nodes lie in the newest block at `from` or behind
 */
static void
drop_bigs(struct arena *a, size_t from)
{
	while (a->bigs != NULL && block_has(a->newest, a->bigs, from, a->newest->used)) {
		struct big *big = a->bigs;

		a->bigs = big->older;
		a->held -= big->n;
		a->taken -= big->n;
		free(big->memory);
	}
}

static void
drop_block(struct arena *a)
{
	struct block *b = a->newest;

	drop_bigs(a, 0);
	a->taken -= b->used;
	a->newest = b->older;
	a->held -= sizeof(*b) + b->size;
	UNPOISON(block_start(b), b->size);
	free(b);
}

/*
 * cut_block - forget what was taken from the newest block at `used` or behind
 */
static void
cut_block(struct arena *a, size_t used)
{
	struct block *b = a->newest;

	drop_bigs(a, used);
	a->taken -= b->used - used;
	b->used = used;
	POISON(block_start(b) + used, b->size - used);
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	while (a->newest != NULL)
		drop_block(a);
	free(a);
}

/*
 * learn - whether blocks should be larger from now on; makes them so
 */
static bool
learn(struct arena *a)
{
	size_t size = a->block_bytes;

	if (a->held <= sizeof(struct block) + size)
		return false;
	while (size < a->held && size * 2 <= LEARN_MAX)
		size *= 2;
	if (size == a->block_bytes)
		return false;
	a->block_bytes = size;
	return true;
}

void
arena_reset(struct arena *a)
{
	if (learn(a))
		while (a->newest != NULL)
			drop_block(a);
	else
		arena_rewind(a, (struct arena_mark){ 0 });
}

/*
 * alloc_big - a piece with memory of its own; room for n has been checked not to overflow
 */
static void *
alloc_big(struct arena *a, size_t n)
{
	struct big *big = arena_alloc(a, sizeof(*big));

	big->memory = memory_alloc(n);
	big->n = n;
	big->older = a->bigs;
	a->bigs = big;
	a->held += n;
	a->taken += n;
	return big->memory;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	size_t room;
	char *p;

	if (n > a->block_bytes / 4)
		return alloc_big(a, n);
	room = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + GAP;
	if (a->newest == NULL || a->newest->size - a->newest->used < room)
		add_block(a);
	p = block_start(a->newest) + a->newest->used;
	a->newest->used += room;
	a->taken += room;
	UNPOISON(p, n);
	return p;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

void *
arena_alloc_items(struct arena *a, size_t n, size_t item_bytes)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, item_bytes, &bytes))
		return memory_grow(NULL, n, item_bytes);	/* which ends the process */
	return arena_alloc(a, bytes);
}

void *
arena_grow_items(struct arena *a, void *old, size_t old_n, size_t new_n, size_t item_bytes)
{
	void *p = arena_alloc_items(a, new_n, item_bytes);
	size_t n = old_n < new_n ? old_n : new_n;

	if (n != 0)
		memcpy(p, old, n * item_bytes);
	return p;
}

struct slice
arena_copy(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n != 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return slice_make(p, s.n);
}

char *
arena_string(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n != 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct slice
arena_printf(struct arena *a, const char *fmt, ...)
{
	char text[512];
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0)
		n = 0;
	if ((size_t)n < sizeof(text))
		return arena_copy(a, slice_make(text, (size_t)n));
	p = arena_alloc(a, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return slice_make(p, (size_t)n);
}

struct arena_mark
arena_mark(struct arena *a)
{
	struct arena_mark mark = { a->newest, a->newest != NULL ? a->newest->used : 0 };

	return mark;
}

void
arena_rewind(struct arena *a, struct arena_mark mark)
{
	while (a->newest != mark.block && a->newest->older != NULL)
		drop_block(a);
	if (a->newest != NULL)
		cut_block(a, a->newest == mark.block ? mark.used : 0);
}

size_t
arena_bytes(const struct arena *a)
{
	return a->taken;
}
