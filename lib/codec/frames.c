/*
 * codec/frames.c - unsigned numbers in frames of 128, each with a bit width of its own
 *
 *     width (1 byte)  128 numbers of that many bits      and again; the last frame may be shorter
 *
 * Eight numbers of w bits are w bytes, so a group of eight always begins at a byte, and with w known
 * to the compiler every shift in a group is a constant: there is one copy of the loop per width.
 */
#include "codec/bits.h"

#define FRAME 128

#define EIGHT(X)	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define WIDTHS(X)	X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) \
	X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) \
	X(30) X(31) X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39) X(40) X(41) X(42) X(43) X(44) \
	X(45) X(46) X(47) X(48) X(49) X(50) X(51) X(52) X(53) X(54) X(55) X(56) X(57) X(58) X(59) \
	X(60) X(61) X(62) X(63) X(64)

#define ALWAYS_INLINE	static inline __attribute__((always_inline))

static uint64_t
or_all(const uint64_t *v, size_t n)
{
	uint64_t a = 0, b = 0;
	size_t i = 0;

	for (; i + 2 <= n; i += 2) {
		a |= v[i];
		b |= v[i + 1];
	}
	return i < n ? a | b | v[i] : a | b;
}

static size_t
bytes_of(size_t n, unsigned width)
{
	return (n * width + 7) / 8;
}

/*
 * Groups of eight of constant width `w`. A word is stored as soon as it is full; the last store of
 * a group may write past its w bytes, where the next one begins.
 */
ALWAYS_INLINE void
pack_groups(const uint64_t *v, size_t n_groups, char *p, const unsigned w)
{
	for (; n_groups > 0; n_groups--, v += 8, p += w) {
		uint64_t acc = 0;

#define PACK(j)									\
		acc |= v[j] << (j * w & 63);					\
		if ((j * w & 63) + w >= 64) {					\
			wide_store64(p + (j * w >> 6) * 8, acc);			\
			acc = (j * w & 63) + w == 64 ? 0			\
			    : v[j] >> ((64 - (j * w & 63)) & 63);		\
		}
		EIGHT(PACK)
#undef PACK
		if ((8 * w & 63) != 0)
			wide_store64(p + (8 * w >> 6) * 8, acc);
	}
}

ALWAYS_INLINE void
unpack_groups(uint64_t *v, size_t n_groups, const char *p, const unsigned w)
{
	const uint64_t mask = UINT64_MAX >> (64 - w);

	for (; n_groups > 0; n_groups--, v += 8, p += w) {
#define UNPACK(j) {								\
		uint64_t x = wide_load64(p + (j * w >> 3)) >> (j * w & 7);	\
		if ((j * w & 7) + w > 64)					\
			x |= (uint64_t)(unsigned char)p[(j * w >> 3) + 8]	\
			    << ((64 - (j * w & 7)) & 63);			\
		v[j] = x & mask;						\
	}
		EIGHT(UNPACK)
#undef UNPACK
	}
}

/*
 * The last few of a frame, less than eight.
 */
static void
pack_rest(const uint64_t *v, size_t n, char *p, unsigned width)
{
	struct bit_writer w = { p, 0, 0 };

	for (size_t i = 0; i < n; i++) {
		bits_put(&w, v[i] & 0xffffffff, width < 32 ? width : 32);
		if (width > 32)
			bits_put(&w, v[i] >> 32, width - 32);
	}
}

static void
pack(const uint64_t *v, size_t n, char *p, unsigned width)
{
	switch (width) {
#define ROW(w) case w:								\
		pack_groups(v, n / 8, p, w);					\
		break;
	WIDTHS(ROW)
#undef ROW
	default:
		return;
	}
	pack_rest(v + n / 8 * 8, n % 8, p + n / 8 * width, width);
}

static void
unpack_rest(uint64_t *v, size_t n, const char *p, unsigned width)
{
	const uint64_t mask = UINT64_MAX >> (64 - width);

	for (size_t i = 0; i < n; i++) {
		size_t at = i * width;
		uint64_t x = wide_load64(p + (at >> 3)) >> (at & 7);

		if ((at & 7) + width > 64)
			x |= (uint64_t)(unsigned char)p[(at >> 3) + 8] << (64 - (at & 7));
		v[i] = x & mask;
	}
}

static void
unpack(uint64_t *v, size_t n, const char *p, unsigned width)
{
	switch (width) {
#define ROW(w) case w:								\
		unpack_groups(v, n / 8, p, w);					\
		break;
	WIDTHS(ROW)
#undef ROW
	default:
		memset(v, 0, n * sizeof(*v));
		return;
	}
	unpack_rest(v + n / 8 * 8, n % 8, p + n / 8 * width, width);
}

size_t
frames_cost(const uint64_t *v, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i += FRAME) {
		size_t m = n - i < FRAME ? n - i : FRAME;

		bytes += 1 + bytes_of(m, bits_of(or_all(v + i, m)));
	}
	return bytes;
}

void
frames_encode(const uint64_t *v, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i += FRAME) {
		size_t m = n - i < FRAME ? n - i : FRAME;
		unsigned width = bits_of(or_all(v + i, m));

		buf_putc(out, (char)width);
		pack(v + i, m, buf_extend(out, bytes_of(m, width)), width);
	}
}

int
frames_decode(struct slice *in, size_t n, size_t most, uint64_t *v)
{
	for (size_t i = 0; i < most; i += FRAME) {
		size_t m = n - i < FRAME ? n - i : FRAME;
		unsigned width;

		if (in->n == 0)
			return -1;
		width = (unsigned char)in->p[0];
		if (width > 64 || bytes_of(m, width) > in->n - 1)
			return -1;
		unpack(v + i, m, in->p + 1, width);
		in->p += 1 + bytes_of(m, width);
		in->n -= 1 + bytes_of(m, width);
	}
	return 0;
}
