/*
 * base/hash.c - a fast seeded hash of bytes
 *
 * Sixteen bytes are folded at a time: two words, each masked by something that only the seed
 * tells, are multiplied, and the halves of the product are put together by exclusive or. Two
 * lanes run side by side so that one product does not wait for the other.
 */
#include "base/hash.h"

#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wide.h"

/* Bits of the fraction of pi: numbers with nothing up their sleeve. */
#define K0 UINT64_C(0x243f6a8885a308d3)
#define K1 UINT64_C(0x13198a2e03707345)
#define K2 UINT64_C(0xa4093822299f31d1)
#define K3 UINT64_C(0x082efa98ec4e6c89)

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t high;
	uint64_t low = wide_mul(a, b, &high);

	return low ^ high;
}

/*
 * tail - the last 0 to 16 bytes as two words, which may overlap
 */
static inline void
tail(const unsigned char *p, size_t n, uint64_t *a, uint64_t *b)
{
	*a = *b = 0;
	if (n >= 8) {
		*a = wide_load64(p);
		*b = wide_load64(p + n - 8);
	} else if (n >= 4) {
		*a = wide_load32(p);
		*b = wide_load32(p + n - 4);
	} else if (n > 0) {
		*a = (uint64_t)p[0] << 16 | (uint64_t)p[n >> 1] << 8 | p[n - 1];
	}
}

uint64_t
hash_bytes(const void *bytes, size_t n, uint64_t seed)
{
	const unsigned char *p = bytes;
	uint64_t mask = mix(seed ^ K0, K1);
	uint64_t one = mix(seed ^ K2, (uint64_t)n ^ K3);
	uint64_t two = one ^ K2;
	uint64_t a, b;

	while (n > 32) {
		one = mix(wide_load64(p) ^ mask, wide_load64(p + 8) ^ one);
		two = mix(wide_load64(p + 16) ^ mask, wide_load64(p + 24) ^ two);
		p += 32;
		n -= 32;
	}
	if (n > 16) {
		one = mix(wide_load64(p) ^ mask, wide_load64(p + 8) ^ one);
		p += 16;
		n -= 16;
	}
	tail(p, n, &a, &b);
	one ^= mix(two ^ K0, mask ^ K3);
	return mix(mix(a ^ mask, b ^ one), one ^ K1);
}

uint64_t
hash_stable(const void *p, size_t n)
{
	return hash_bytes(p, n, 0);
}

uint64_t
hash_seed(void)
{
	static uint64_t seed;

	if (seed == 0 && getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed)) {
		seed = (uint64_t)clock_now_ns() ^ (uint64_t)clock_monotonic_ns() << 20 ^
		    (uint64_t)getpid() << 40;
	}
	seed |= 1;
	return seed;
}
