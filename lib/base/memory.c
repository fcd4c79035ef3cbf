/*
 * base/memory.c - malloc that returns or ends the process
 */
#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void	 (*say_last)(void *arg);
static void	*last_arg;

static void	 out_of_memory(size_t n, size_t item_bytes) __attribute__((noreturn, cold));

void
memory_gone(const char *why)
{
	void (*say)(void *arg) = say_last;

	say_last = NULL;
	log_error("%s", why);
	if (say != NULL)
		say(last_arg);
	_exit(EXIT_FAILURE);
}

static void
out_of_memory(size_t n, size_t item_bytes)
{
	char why[96];

	snprintf(why, sizeof(why), "out of memory: %zu items of %zu bytes", n, item_bytes);
	memory_gone(why);
}

void
memory_last_words(void (*say)(void *arg), void *arg)
{
	say_last = say;
	last_arg = arg;
}

/*
 * product - n items in bytes, never 0: malloc(0) may return NULL, which would look like failure
 */
static size_t
product(size_t n, size_t item_bytes)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, item_bytes, &bytes))
		out_of_memory(n, item_bytes);
	return bytes != 0 ? bytes : 1;
}

void *
memory_alloc(size_t n)
{
	void *p = malloc(n != 0 ? n : 1);

	if (p == NULL)
		out_of_memory(n, 1);
	return p;
}

void *
memory_zalloc(size_t n)
{
	return memory_array(n, 1);
}

void *
memory_realloc(void *old, size_t n)
{
	return memory_grow(old, n, 1);
}

void *
memory_array(size_t n, size_t item_bytes)
{
	void *p = calloc(1, product(n, item_bytes));

	if (p == NULL)
		out_of_memory(n, item_bytes);
	return p;
}

void *
memory_grow(void *old, size_t n, size_t item_bytes)
{
	void *p = realloc(old, product(n, item_bytes));

	if (p == NULL)
		out_of_memory(n, item_bytes);
	return p;
}

char *
memory_string(const char *text)
{
	size_t n = strlen(text) + 1;

	return memcpy(memory_alloc(n), text, n);
}

/*
 * Memory of our own that is really there, in bytes: what was given back counts for nothing, though
 * malloc counts it among what it holds free for as long as something lies behind it.
 */
static size_t
resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long all, shared;
	size_t bytes = SIZE_MAX;

	if (file == NULL)
		return bytes;
	if (fscanf(file, "%*u %lu %lu", &all, &shared) == 2 && all >= shared)
		bytes = (all - shared) * (size_t)sysconf(_SC_PAGESIZE);
	fclose(file);
	return bytes;
}

void
memory_release(size_t keep)
{
	struct mallinfo2 info = mallinfo2();

	if (info.fordblks > keep && resident() > info.uordblks + info.hblkhd + keep)
		malloc_trim(0);
}
