/*
 * base/memory.h - malloc that returns or ends the process
 *
 * Sizes that a client sends meet a limit long before memory runs out. When it does run out, a line
 * goes to the log and the process ends by _exit: the store recovers by itself from any death. Whoever
 * has somebody waiting may say a last word before.
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
 * memory_last_words - what is called with `arg` when memory runs out, just before the process ends; it
 *     may allocate nothing. NULL: nothing.
 * memory_gone - memory has run out, says somebody else: the same end
 */
void	 memory_last_words(void (*say)(void *arg), void *arg);
void	 memory_gone(const char *why) __attribute__((noreturn, cold));

/*
 * memory_release - give back to the system what malloc holds free, when that is more than `keep`
 *     bytes: for a program that stays up, between two requests
 */
void	 memory_release(size_t keep);

#endif
