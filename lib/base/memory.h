/*
 * base/memory.h - malloc that returns or ends the process
 *
 * Sizes that a client sends meet a limit long before memory runs out. When it does run out, a line
 * goes to the log and the process ends by _exit: the store recovers by itself from any death.
 */
#ifndef WEIR_BASE_MEMORY_H
#define WEIR_BASE_MEMORY_H

#include <stddef.h>

void	*memory_alloc(size_t n);
void	*memory_zalloc(size_t n);
void	*memory_realloc(void *old, size_t n);
void	*memory_array(size_t n, size_t item_bytes);		/* product checked; zeroed */
void	*memory_grow(void *old, size_t n, size_t item_bytes);	/* realloc, product checked */
char	*memory_string(const char *text);

/*
 * memory_release - give back to the system what malloc holds free, when that is more than `keep`
 *     bytes: for a program that stays up, between two requests
 */
void	 memory_release(size_t keep);

#endif
