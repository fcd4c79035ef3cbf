/*
 * codec/huffman.c - unsigned numbers as Huffman codes of their class, and the bits within it
 *
 *     first class (1)  number of classes (1)  lengths of their codes, a nibble each
 *     lengths of the four streams of codes and of the bits (varints)
 *     four streams of codes, each for one quarter of the numbers       bits
 *
 * The class of v is v itself below 16; else, b being the place of its highest bit, the class tells b
 * and the bit below it, and the other b - 1 bits stand apart. The idea is that of JPEG's DC
 * coefficients (ITU-T T.81, F.1.2). Codes are canonical (Moffat and Turpin, 1997), at most 10 bits
 * long, so that one table of 1024 rows decodes them and five come out of one 64-bit load; four
 * streams side by side hide each other's waiting, as in zstd (RFC 8878, 4.2).
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "codec/bits.h"

#define CLASSES		136
#define LENGTH_MAX	10
#define TABLE		(1u << LENGTH_MAX)
#define STREAMS		4
#define A_LOAD		5	/* codes that one load of 57 bits holds for certain */

/* ---- classes ---- */

static inline unsigned
class_of(uint64_t v)
{
	unsigned b;

	if (v < 16)
		return (unsigned)v;
	b = 63 - (unsigned)__builtin_clzll(v);
	return 16 + 2 * (b - 4) + (unsigned)(v >> (b - 1) & 1);
}

static inline unsigned
class_bits(unsigned class)
{
	return class < 16 ? 0 : (class - 16) / 2 + 3;
}

static inline uint64_t
class_base(unsigned class)
{
	return class < 16 ? class : (UINT64_C(2) | (class & 1)) << class_bits(class);
}

/* ---- codes ---- */

struct code {
	uint8_t		 length[CLASSES];	/* 0 = the class does not occur */
	uint16_t	 bits[CLASSES];		/* the first bit of the code lowest */
};

static uint16_t
reverse(unsigned bits, unsigned length)
{
	unsigned r = 0;

	for (; length > 0; length--, bits >>= 1)
		r = r << 1 | (bits & 1);
	return (uint16_t)r;
}

/*
 * Codes from their lengths, shorter ones first, of equal length the lower class first.
 */
static void
number_codes(struct code *code)
{
	unsigned count[LENGTH_MAX + 1] = { 0 }, next[LENGTH_MAX + 1] = { 0 };

	for (unsigned c = 0; c < CLASSES; c++)
		count[code->length[c]]++;
	count[0] = 0;
	for (unsigned length = 1; length <= LENGTH_MAX; length++)
		next[length] = (next[length - 1] + count[length - 1]) << 1;
	for (unsigned c = 0; c < CLASSES; c++)
		if (code->length[c] != 0)
			code->bits[c] = reverse(next[code->length[c]]++, code->length[c]);
}

/*
 * Classes that occur, rarest first: frequency << 8 | class.
 */
static unsigned
sort_classes(const uint32_t *frequency, uint64_t *sorted)
{
	unsigned n = 0;

	for (unsigned c = 0; c < CLASSES; c++) {
		uint64_t key = (uint64_t)frequency[c] << 8 | c;
		unsigned i;

		if (frequency[c] == 0)
			continue;
		for (i = n++; i > 0 && sorted[i - 1] > key; i--)
			sorted[i] = sorted[i - 1];
		sorted[i] = key;
	}
	return n;
}

/*
 * Huffman's algorithm with two queues: leaves are sorted, and the nodes above them come into being
 * in order of weight.
 */
static void
measure_lengths(const uint64_t *sorted, unsigned n, unsigned *length)
{
	uint64_t weight[2 * CLASSES];
	uint16_t parent[2 * CLASSES], depth[2 * CLASSES];
	unsigned leaf = 0, inner = n;

	for (unsigned i = 0; i < n; i++)
		weight[i] = sorted[i] >> 8;
	for (unsigned node = n; node < 2 * n - 1; node++) {
		weight[node] = 0;
		for (int child = 0; child < 2; child++) {
			unsigned least = leaf < n && (inner == node || weight[leaf] <= weight[inner])
			    ? leaf++ : inner++;

			weight[node] += weight[least];
			parent[least] = (uint16_t)node;
		}
	}
	depth[2 * n - 2] = 0;
	for (unsigned i = 2 * n - 2; i-- > 0;)
		depth[i] = (uint16_t)(depth[parent[i]] + 1);
	for (unsigned i = 0; i < n; i++)
		length[i] = depth[i];
}

/*
 * Cut the lengths at LENGTH_MAX. The sum of 2^-length is then too great; the rarest codes that can
 * be longer are made so, and what this leaves over goes to the most frequent ones that fit. A rest
 * is a multiple of the longest code's share, so it always goes.
 */
static void
limit_lengths(unsigned *length, unsigned n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		length[i] = length[i] > LENGTH_MAX ? LENGTH_MAX : length[i];
		sum += TABLE >> length[i];
	}
	while (sum > TABLE)
		for (unsigned i = 0; i < n && sum > TABLE; i++)
			if (length[i] < LENGTH_MAX)
				sum -= TABLE >> ++length[i];
	while (sum < TABLE)
		for (unsigned i = n; i-- > 0;)
			while (sum + (TABLE >> length[i]) <= TABLE)
				sum += TABLE >> length[i]--;
}

/*
 * A code for these frequencies; false when only one class occurs.
 */
static bool
make_code(const uint32_t *frequency, struct code *code)
{
	uint64_t sorted[CLASSES];
	unsigned length[CLASSES], n = sort_classes(frequency, sorted);

	if (n < 2)
		return false;
	measure_lengths(sorted, n, length);
	limit_lengths(length, n);
	memset(code, 0, sizeof(*code));
	for (unsigned i = 0; i < n; i++)
		code->length[sorted[i] & 0xff] = (uint8_t)length[i];
	number_codes(code);
	return true;
}

/* ---- writing ---- */

static size_t
quarter_of(size_t n)
{
	return (n + STREAMS - 1) / STREAMS;
}

/*
 * How often each class occurs, quarter by quarter. Two counters each, so that equal neighbours do
 * not wait for each other.
 */
static void
count_classes(const uint8_t *classes, size_t n, uint32_t count[STREAMS][CLASSES])
{
	size_t quarter = quarter_of(n), i = 0;

	for (unsigned s = 0; s < STREAMS; s++) {
		size_t end = i + quarter < n ? i + quarter : n;
		uint32_t odd[CLASSES] = { 0 };

		memset(count[s], 0, sizeof(count[s]));
		for (; i + 2 <= end; i += 2) {
			count[s][classes[i]]++;
			odd[classes[i + 1]]++;
		}
		for (; i < end; i++)
			odd[classes[i]]++;
		for (unsigned c = 0; c < CLASSES; c++)
			count[s][c] += odd[c];
	}
}

static void
classify(const uint64_t *v, size_t n, uint8_t *classes)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= v[i];
	if (all < 16)
		for (size_t i = 0; i < n; i++)
			classes[i] = (uint8_t)v[i];
	else
		for (size_t i = 0; i < n; i++)
			classes[i] = (uint8_t)class_of(v[i]);
}

static void
put_lengths(const struct code *code, struct buf *out)
{
	unsigned first = 0, end = CLASSES;

	while (code->length[first] == 0)
		first++;
	while (code->length[end - 1] == 0)
		end--;
	buf_putc(out, (char)first);
	buf_putc(out, (char)(end - first));
	for (unsigned c = first; c < end; c += 2)
		buf_putc(out, (char)(code->length[c] | (c + 1 < end ? code->length[c + 1] << 4 : 0)));
}

static char *
put_codes(const struct code *code, const uint8_t *classes, size_t n, char *p)
{
	struct bit_writer w = { p, 0, 0 };
	uint32_t rows[CLASSES];
	size_t i = 0;

	for (unsigned c = 0; c < CLASSES; c++)
		rows[c] = code->bits[c] | (uint32_t)code->length[c] << 16;
	for (; i + A_LOAD <= n; i += A_LOAD) {
		for (unsigned j = 0; j < A_LOAD; j++) {
			uint32_t row = rows[classes[i + j]];

			bits_push(&w, row & 0xffff, row >> 16);
		}
		bits_flush(&w);
	}
	for (; i < n; i++)
		bits_put(&w, code->bits[classes[i]], code->length[classes[i]]);
	return bits_end(&w);
}

static char *
put_bits(const uint64_t *v, const uint8_t *classes, size_t n, bool wide, char *p)
{
	struct bit_writer w = { p, 0, 0 };
	uint8_t widths[CLASSES];
	uint64_t masks[CLASSES];

	for (unsigned c = 0; c < CLASSES; c++) {
		widths[c] = (uint8_t)class_bits(c);
		masks[c] = (UINT64_C(1) << widths[c]) - 1;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned width = widths[classes[i]];
		uint64_t bits = v[i] & masks[classes[i]];

		if (wide && width > 32) {
			bits_put(&w, bits & 0xffffffff, 32);
			bits >>= 32;
			width -= 32;
		}
		bits_put(&w, bits, width);
	}
	return bits_end(&w);
}

/*
 * How many bytes the bits take; *wide when some class has more of them than one put allows.
 */
static size_t
measure_bits(const uint32_t *frequency, bool *wide)
{
	uint64_t bits = 0;

	*wide = false;
	for (unsigned c = 16; c < CLASSES; c++) {
		bits += (uint64_t)frequency[c] * class_bits(c);
		*wide = *wide || (frequency[c] != 0 && class_bits(c) > 56);
	}
	return (size_t)((bits + 7) / 8);
}

static size_t
measure_codes(const struct code *code, const uint32_t *frequency)
{
	uint64_t bits = 0;

	for (unsigned c = 0; c < CLASSES; c++)
		bits += (uint64_t)frequency[c] * code->length[c];
	return (size_t)((bits + 7) / 8);
}

static void
put_streams(const struct code *code, const uint8_t *classes, const uint64_t *v, size_t n,
    uint32_t count[STREAMS][CLASSES], const uint32_t *frequency, struct buf *out)
{
	size_t quarter = quarter_of(n), n_bits;
	bool wide;
	char *p;

	for (unsigned s = 0; s < STREAMS; s++)
		codec_varint_put(out, measure_codes(code, count[s]));
	n_bits = measure_bits(frequency, &wide);
	codec_varint_put(out, n_bits);
	buf_reserve(out, n + n / 2 + n_bits);	/* a code is ten bits at most */
	p = out->p + out->n;
	for (size_t at = 0; at < n; at += quarter)
		p = put_codes(code, classes + at, n - at < quarter ? n - at : quarter, p);
	if (n_bits > 0)
		p = put_bits(v, classes, n, wide, p);
	out->n = (size_t)(p - out->p);
}

bool
huffman_encode(const uint64_t *v, size_t n, struct buf *out)
{
	uint8_t *classes = memory_alloc(n);
	uint32_t count[STREAMS][CLASSES], frequency[CLASSES];
	struct code code;
	bool made;

	classify(v, n, classes);
	count_classes(classes, n, count);
	for (unsigned c = 0; c < CLASSES; c++)
		frequency[c] = count[0][c] + count[1][c] + count[2][c] + count[3][c];
	made = make_code(frequency, &code);
	if (made) {
		put_lengths(&code, out);
		put_streams(&code, classes, v, n, count, frequency, out);
	}
	free(classes);
	return made;
}

size_t
huffman_cost(const uint64_t *v, size_t n)
{
	uint32_t frequency[CLASSES] = { 0 };
	double total = (double)((n + 3) / 4), bits = 0;
	unsigned n_classes = 0;

	for (size_t i = 0; i < n; i += 4)
		frequency[class_of(v[i])]++;
	for (unsigned c = 0; c < CLASSES; c++) {
		if (frequency[c] == 0)
			continue;
		n_classes++;
		bits += frequency[c] * (log2(total / frequency[c]) + class_bits(c));
	}
	bits = bits < total ? total : bits;
	return (size_t)(bits / total * (double)n / 8) + 10 + n_classes / 2;
}

/* ---- reading ---- */

struct decoder {
	uint16_t	 rows[TABLE];	/* class | length << 8, by the next ten bits */
	const char	*stream[STREAMS + 1];
	size_t		 n_bytes[STREAMS + 1];	/* the last one: of bits */
	unsigned	 end;		/* one more than the highest class */
};

static int
read_lengths(struct slice *in, struct decoder *d)
{
	struct code code = { { 0 }, { 0 } };
	unsigned first, count, sum = 0;

	if (in->n < 2)
		return -1;
	first = (unsigned char)in->p[0];
	count = (unsigned char)in->p[1];
	if (first + count > CLASSES || (count + 1) / 2 > in->n - 2)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		unsigned length = (unsigned char)in->p[2 + i / 2] >> 4 * (i % 2) & 15;

		if (length > LENGTH_MAX)
			return -1;
		code.length[first + i] = (uint8_t)length;
		sum += length != 0 ? TABLE >> length : 0;
	}
	if (sum != TABLE)	/* so every row of the table is filled, and none twice */
		return -1;
	number_codes(&code);
	for (unsigned c = first; c < first + count; c++)
		for (unsigned row = code.bits[c]; code.length[c] != 0 && row < TABLE;
		    row += 1u << code.length[c])
			d->rows[row] = (uint16_t)(c | (unsigned)code.length[c] << 8);
	d->end = first + count;
	in->p += 2 + (count + 1) / 2;
	in->n -= 2 + (count + 1) / 2;
	return 0;
}

static int
find_streams(struct slice *in, struct decoder *d)
{
	uint64_t length;

	for (unsigned s = 0; s <= STREAMS; s++) {
		if (codec_varint_get(in, &length) != 0 || length > in->n)
			return -1;
		d->n_bytes[s] = (size_t)length;
	}
	for (unsigned s = 0; s <= STREAMS; s++) {
		if (d->n_bytes[s] > in->n)
			return -1;
		d->stream[s] = in->p;
		in->p += d->n_bytes[s];
		in->n -= d->n_bytes[s];
	}
	return 0;
}

/*
 * The codes of one stream from bit `at` on; -1 when they do not end where the stream does.
 */
static int
read_stream(const struct decoder *d, unsigned s, uint64_t at, uint8_t *classes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint16_t row;

		if (at >= (uint64_t)d->n_bytes[s] * 8)
			return -1;
		row = d->rows[wide_load64(d->stream[s] + (at >> 3)) >> (at & 7) & (TABLE - 1)];
		classes[i] = (uint8_t)row;
		at += row >> 8;
	}
	return (at + 7) / 8 == d->n_bytes[s] ? 0 : -1;
}

#define NEXT(w, used, to) do {							\
	uint16_t row_ = rows[(w) & (TABLE - 1)];				\
	(to) = (uint8_t)row_;							\
	(w) >>= row_ >> 8;							\
	(used) += row_ >> 8;							\
} while (0)

/*
 * All four streams as far as all of them have five more codes, then each to its end. A position is
 * looked at before each load, five codes apart, so a load never begins behind its stream's end.
 */
static int
read_codes(const struct decoder *d, uint8_t *classes, size_t n)
{
	size_t quarter = quarter_of(n), common = n - (STREAMS - 1) * quarter, i = 0;
	const uint16_t *rows = d->rows;
	uint8_t *c0 = classes, *c1 = c0 + quarter, *c2 = c1 + quarter, *c3 = c2 + quarter;
	const char *p0 = d->stream[0], *p1 = d->stream[1], *p2 = d->stream[2], *p3 = d->stream[3];
	uint64_t at0 = 0, at1 = 0, at2 = 0, at3 = 0;
	const uint64_t end0 = (uint64_t)d->n_bytes[0] * 8, end1 = (uint64_t)d->n_bytes[1] * 8,
	    end2 = (uint64_t)d->n_bytes[2] * 8, end3 = (uint64_t)d->n_bytes[3] * 8;

	for (; i + A_LOAD <= common; i += A_LOAD) {
		uint64_t w0, w1, w2, w3;

		if (((end0 - at0) | (end1 - at1) | (end2 - at2) | (end3 - at3)) >> 63 != 0)
			return -1;
		w0 = wide_load64(p0 + (at0 >> 3)) >> (at0 & 7);
		w1 = wide_load64(p1 + (at1 >> 3)) >> (at1 & 7);
		w2 = wide_load64(p2 + (at2 >> 3)) >> (at2 & 7);
		w3 = wide_load64(p3 + (at3 >> 3)) >> (at3 & 7);
#define ROUND(j)								\
		NEXT(w0, at0, c0[i + j]);					\
		NEXT(w1, at1, c1[i + j]);					\
		NEXT(w2, at2, c2[i + j]);					\
		NEXT(w3, at3, c3[i + j]);
		ROUND(0) ROUND(1) ROUND(2) ROUND(3) ROUND(4)
#undef ROUND
	}
	return read_stream(d, 0, at0, c0 + i, quarter - i) != 0 ||
	    read_stream(d, 1, at1, c1 + i, quarter - i) != 0 ||
	    read_stream(d, 2, at2, c2 + i, quarter - i) != 0 ||
	    read_stream(d, 3, at3, c3 + i, common - i) != 0 ? -1 : 0;
}

/*
 * Numbers from classes and bits, without a branch; whether there are as many bits as the classes
 * want is known before.
 */
static int
read_bits(const struct decoder *d, const uint8_t *classes, size_t n, size_t most, uint64_t *v)
{
	struct {
		uint64_t	 base, mask;
	} rows[CLASSES];
	uint8_t widths[256] = { 0 };
	const char *p = d->stream[STREAMS];
	uint64_t want = 0, at = 0;

	for (unsigned c = 0; c < d->end; c++) {
		widths[c] = (uint8_t)class_bits(c);
		rows[c].base = class_base(c);
		rows[c].mask = (UINT64_C(1) << widths[c]) - 1;
	}
	for (size_t i = 0; i < n; i++)
		want += widths[classes[i]];
	if ((want + 7) / 8 != d->n_bytes[STREAMS])
		return -1;
	if (class_bits(d->end - 1) <= 57) {
		for (size_t i = 0; i < most; i++) {
			unsigned c = classes[i];

			v[i] = rows[c].base + (wide_load64(p + (at >> 3)) >> (at & 7) & rows[c].mask);
			at += widths[c];
		}
		return 0;
	}
	for (size_t i = 0; i < most; i++) {
		unsigned c = classes[i];
		uint64_t bits = wide_load64(p + (at >> 3)) >> (at & 7);

		if ((at & 7) + widths[c] > 64)
			bits |= (uint64_t)(unsigned char)p[(at >> 3) + 8] << (64 - (at & 7));
		v[i] = rows[c].base + (bits & rows[c].mask);
		at += widths[c];
	}
	return 0;
}

int
huffman_decode(struct slice *in, size_t n, size_t most, uint64_t *v)
{
	struct decoder d;
	uint8_t *classes;
	int result;

	if (n < HUFFMAN_LEAST || read_lengths(in, &d) != 0 || find_streams(in, &d) != 0)
		return -1;
	classes = memory_alloc(n);
	result = read_codes(&d, classes, n);
	if (result == 0 && d.end > 16)
		result = read_bits(&d, classes, n, most, v);
	else if (result == 0)
		for (size_t i = 0; i < most; i++)
			v[i] = classes[i];
	free(classes);
	return result;
}
