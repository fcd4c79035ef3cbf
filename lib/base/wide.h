/*
 * base/wide.h - products of 128 bits, and words in little-endian order
 */
#ifndef WEIR_BASE_WIDE_H
#define WEIR_BASE_WIDE_H

#include <stdint.h>
#include <string.h>

/*
 * wide_mul - the 128 bits of a * b: the low half is returned, the high half goes to *high
 */
#ifdef __SIZEOF_INT128__
static inline uint64_t
wide_mul(uint64_t a, uint64_t b, uint64_t *high)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	*high = (uint64_t)(product >> 64);
	return (uint64_t)product;
}
#else
static inline uint64_t
wide_mul(uint64_t a, uint64_t b, uint64_t *high)
{
	uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
	uint64_t low = a0 * b0;
	uint64_t middle = a1 * b0 + (low >> 32);
	uint64_t other = a0 * b1 + (uint32_t)middle;

	*high = a1 * b1 + (middle >> 32) + (other >> 32);
	return other << 32 | (uint32_t)low;
}
#endif

static inline uint64_t
wide_load64(const void *p)		/* little-endian, unaligned */
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static inline void
wide_store64(void *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(p, &v, sizeof(v));
}

static inline uint32_t
wide_load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static inline void
wide_store32(void *p, uint32_t v)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	memcpy(p, &v, sizeof(v));
}

#endif
