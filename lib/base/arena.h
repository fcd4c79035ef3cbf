/*
 * base/arena.h - memory that is given back all at once
 *
 * A request owns an arena; what lives as long as the request is taken from it and never freed
 * alone. Memory that runs out ends the process (base/memory.h), so nothing here fails.
 */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include "base/slice.h"

struct arena;

struct arena_mark {		/* a point to go back to; filled by arena_mark */
	void	*block;
	size_t	 used;
};

/*
 * arena_new - an empty arena whose blocks hold at least `block_bytes`; owned by the caller
 * arena_reset - give everything back but one block, kept for the next request; blocks grow, up to
 *     4 MiB, to what requests turn out to need
 */
struct arena	*arena_new(size_t block_bytes);
void		 arena_free(struct arena *a);
void		 arena_reset(struct arena *a);

/*
 * arena_alloc - n bytes, aligned for any type, uninitialised; arena_zalloc - zeroed
 * arena_array - n items of a type, uninitialised; the product is checked for overflow
 * arena_grow - a larger copy of an array taken from this arena (old_n and new_n in items)
 */
void		*arena_alloc(struct arena *a, size_t n);
void		*arena_zalloc(struct arena *a, size_t n);
void		*arena_alloc_items(struct arena *a, size_t n, size_t item_bytes);
void		*arena_grow_items(struct arena *a, void *old, size_t old_n, size_t new_n,
		     size_t item_bytes);
#define arena_array(a, type, n)		((type *)arena_alloc_items((a), (n), sizeof(type)))
#define arena_grow(a, old, old_n, new_n) \
	arena_grow_items((a), (old), (old_n), (new_n), sizeof(*(old)))

/*
 * arena_copy - a copy of a slice, followed by a NUL that does not count
 * arena_string - the same as a C string; arena_printf - formatted text
 */
struct slice	 arena_copy(struct arena *a, struct slice s);
char		*arena_string(struct arena *a, struct slice s);
struct slice	 arena_printf(struct arena *a, const char *fmt, ...)
		     __attribute__((format(printf, 2, 3)));

/*
 * arena_mark, arena_rewind - forget all that was taken since the mark
 * arena_bytes - bytes taken and not yet forgotten, for limits on memory
 */
struct arena_mark arena_mark(struct arena *a);
void		 arena_rewind(struct arena *a, struct arena_mark mark);
size_t		 arena_bytes(const struct arena *a);

#endif
