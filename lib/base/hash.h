/*
 * base/hash.h - a fast seeded hash of bytes
 *
 * One 64 x 64 -> 128 bit product per 16 bytes, as wyhash does (Wang Yi, 2019). Seed it per process
 * (hash_seed) where keys come from outside, so that nobody can choose keys that collide.
 */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t	 hash_bytes(const void *p, size_t n, uint64_t seed);
uint64_t	 hash_seed(void);		/* random, the same for the life of the process */

/*
 * hash_stable - the same for every process, machine and byte order: for keys on disk
 */
uint64_t	 hash_stable(const void *p, size_t n);

#endif
