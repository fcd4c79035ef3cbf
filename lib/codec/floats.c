/*
 * codec/floats.c - a column of doubles: as decimals, as a dictionary, or as bits, all of them
 * integers in the end
 *
 *     form (1)
 *     decimals     k (1), number of exceptions, per exception: rows since the last one (varint) and
 *                  the double (8); column of whole numbers: value = number / 10^k
 *     dictionary   number of entries (varint), column of them in order, column of indexes
 *     bits         column of the doubles' bits as ordered integers
 *
 * Numbers written with at most 15 digits are whole numbers divided by a power of ten, bit by bit
 * (decimals.c); a few that are not are kept beside. Otherwise the bits become an integer that rises
 * with the number, of which differences are as telling as the XOR of Gorilla (Pelkonen et al.,
 * VLDB 2015): their class is the exponent, and that is entropy coded. The signed form keeps the low
 * zeros of widened 32-bit floats zero on both sides of 0, but has no -0.0; the flipped one has.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "codec/integers.h"

enum form {			/* on disk: never renumber */
	FORM_SIGNED = 0,
	FORM_FLIPPED = 1,
	FORM_DICTIONARY = 2,
	FORM_DECIMALS = 3,
};

#define SAMPLES		48
#define SAMPLES_BAD	1	/* of them may have no decimals, or more than the others */
#define EXCEPTIONS	32	/* one row in so many may be an exception */
#define DISTINCT	8	/* one row in so many may be new to a dictionary */
#define MAGNITUDE	UINT64_C(0x7fffffffffffffff)

static uint64_t
bits_of_double(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

/* ---- bits as integers; both ways of each map are the same ---- */

static uint64_t
map_signed(uint64_t bits)
{
	uint64_t sign = 0 - (bits >> 63);

	return ((bits & MAGNITUDE) ^ sign) - sign;
}

static uint64_t
unmap_signed(uint64_t v)
{
	uint64_t sign = 0 - (v >> 63);

	return ((v ^ sign) - sign) | (v & ~MAGNITUDE);
}

static uint64_t
map_flipped(uint64_t bits)
{
	return bits ^ ((uint64_t)((int64_t)bits >> 63) & MAGNITUDE);
}

/* ---- decimals ---- */

/*
 * v * 10^k to the nearest whole number, by pushing the fraction out of a double's 53 bits.
 */
static inline bool
whole(double v, double power, double *r)
{
	const double shifter = 6755399441055744.0;	/* 1.5 * 2^52 */
	double t = v * power;

	if (fabs(t) < 2.2e15)
		*r = (t + shifter) - shifter;
	else if (fabs(t) < 9e15)
		*r = rint(t);
	else
		return false;
	return bits_of_double(*r / power) == bits_of_double(v);
}

static int
fewest_decimals(double v)
{
	double r;

	for (int k = 0; k <= CODEC_DECIMALS_MAX; k++)
		if (whole(v, codec_decimals_power((unsigned)k), &r))
			return k;
	return CODEC_DECIMALS_MAX + 1;
}

/*
 * The least k that all but a few samples have; more than CODEC_DECIMALS_MAX: there is none.
 */
static int
guess_decimals(const double *v, size_t n)
{
	size_t stride = n / SAMPLES + 1, n_samples = 0, bad;
	unsigned count[CODEC_DECIMALS_MAX + 2] = { 0 };
	int k = CODEC_DECIMALS_MAX + 1;

	for (size_t i = 0; i < n && count[k] <= SAMPLES_BAD; i += stride, n_samples++)
		count[fewest_decimals(v[i])]++;
	bad = n_samples / SAMPLES * SAMPLES_BAD;
	while (k > 0 && count[k] <= bad)
		bad -= count[k--];
	return k;
}

/*
 * Whole numbers of all values with k decimals; where there is none the one before is repeated and
 * the row noted.
 *   out    rows     those noted, n / EXCEPTIONS at most
 *   returns         how many, or SIZE_MAX for more of them
 */
static size_t
make_decimals(const double *v, size_t n, int k, uint64_t *ints, uint32_t *rows)
{
	double power = codec_decimals_power((unsigned)k), r = 0;
	uint64_t last = 0;
	size_t n_rows = 0;

	for (size_t i = 0; i < n; i++) {
		if (whole(v[i], power, &r)) {
			last = (uint64_t)(int64_t)r;
		} else {
			if (n_rows >= n / EXCEPTIONS)
				return SIZE_MAX;
			rows[n_rows++] = (uint32_t)i;
		}
		ints[i] = last;
	}
	return n_rows;
}

static bool
put_decimals(const double *v, size_t n, uint64_t *ints, struct buf *out)
{
	uint32_t *rows = memory_grow(NULL, n / EXCEPTIONS + 1, sizeof(*rows)), before = 0;
	size_t n_rows = SIZE_MAX;
	int k = guess_decimals(v, n);

	while (k <= CODEC_DECIMALS_MAX &&
	    (n_rows = make_decimals(v, n, k, ints, rows)) == SIZE_MAX)
		k++;
	if (n_rows != SIZE_MAX) {
		buf_putc(out, FORM_DECIMALS);
		buf_putc(out, (char)k);
		codec_varint_put(out, n_rows);
		for (size_t i = 0; i < n_rows; i++) {
			codec_varint_put(out, rows[i] - before);
			wide_store64(buf_extend(out, 8), bits_of_double(v[rows[i]]));
			before = rows[i];
		}
		codec_integers_encode(ints, n, out);
	}
	free(rows);
	return n_rows != SIZE_MAX;
}

/* ---- dictionary ---- */

static int
by_order(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/*
 * The high half of a product of two halves' mixture: bits of doubles differ in the highest places
 * alone, or in the lowest.
 */
static size_t
slot_of(uint64_t v, size_t n_slots)
{
	return (size_t)((v ^ v >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (n_slots - 1);
}

/*
 * Distinct values of v to `entries`, at most `most` of them, in order; 0 when there are more.
 * `slots` holds index + 1 into `entries`, by hash; 4 times as many as entries, a power of two.
 */
static size_t
find_entries(const uint64_t *v, size_t n, size_t most, uint64_t *entries, uint32_t *slots,
    size_t n_slots)
{
	size_t n_entries = 0;

	memset(slots, 0, n_slots * sizeof(*slots));
	for (size_t i = 0; i < n; i++) {
		size_t slot = slot_of(v[i], n_slots);

		while (slots[slot] != 0 && entries[slots[slot] - 1] != v[i])
			slot = (slot + 1) & (n_slots - 1);
		if (slots[slot] != 0)
			continue;
		if (n_entries == most)
			return 0;
		entries[n_entries] = v[i];
		slots[slot] = (uint32_t)++n_entries;
	}
	return n_entries;
}

static size_t
index_of(uint64_t v, const uint64_t *entries, const uint32_t *slots, size_t n_slots)
{
	size_t slot = slot_of(v, n_slots);

	while (entries[slots[slot] - 1] != v)
		slot = (slot + 1) & (n_slots - 1);
	return slots[slot] - 1;
}

static bool
put_dictionary(const double *v, size_t n, uint64_t *ints, struct buf *out)
{
	size_t most = n / DISTINCT, n_slots = 16, n_entries;
	uint64_t *entries = memory_grow(NULL, most + 1, sizeof(*entries));
	uint32_t *slots;

	while (n_slots < 4 * most)
		n_slots *= 2;
	slots = memory_grow(NULL, n_slots, sizeof(*slots));
	for (size_t i = 0; i < n; i++)
		ints[i] = map_flipped(bits_of_double(v[i]));
	n_entries = find_entries(ints, n, most, entries, slots, n_slots);
	if (n_entries > 0) {
		qsort(entries, n_entries, sizeof(*entries), by_order);
		find_entries(entries, n_entries, n_entries, entries, slots, n_slots);
		buf_putc(out, FORM_DICTIONARY);
		codec_varint_put(out, n_entries);
		codec_integers_encode(entries, n_entries, out);
		for (size_t i = 0; i < n; i++)
			ints[i] = index_of(ints[i], entries, slots, n_slots);
		codec_integers_encode(ints, n, out);
	}
	free(slots);
	free(entries);
	return n_entries > 0;
}

/* ---- bits ---- */

static void
put_bits(const double *v, size_t n, uint64_t *ints, struct buf *out)
{
	bool negative_zero = false;

	for (size_t i = 0; i < n; i++)
		negative_zero = negative_zero || bits_of_double(v[i]) == ~MAGNITUDE;
	for (size_t i = 0; i < n; i++)
		ints[i] = negative_zero ? map_flipped(bits_of_double(v[i]))
		    : map_signed(bits_of_double(v[i]));
	buf_putc(out, negative_zero ? FORM_FLIPPED : FORM_SIGNED);
	codec_integers_encode(ints, n, out);
}

void
codec_floats_encode(const double *v, size_t n, struct buf *out)
{
	uint64_t *ints = memory_grow(NULL, n, sizeof(*ints));

	if (!put_decimals(v, n, ints, out) && !put_dictionary(v, n, ints, out))
		put_bits(v, n, ints, out);
	free(ints);
}

/* ---- reading ---- */

/*
 * Which of a column's n values are wanted, and where they go. The whole numbers that they come of
 * are in `ints`, which is `out` itself where all are wanted.
 */
struct wanted {
	size_t		 n, first, count;
	union cell	*ints, *out;
};

/*
 * Numbers of the column as far as they are wanted.
 */
static int
get_ints(struct slice *in, const struct wanted *w, struct err *err)
{
	return integers_decode_some(in, w->n, w->first + w->count, &w->ints[0].u, err);
}

/*
 * Exceptions into the rows that are wanted.
 */
static int
patch_exceptions(struct slice rows, uint64_t n_rows, const struct wanted *w)
{
	uint64_t row = 0, more;

	for (; n_rows > 0; n_rows--) {
		if (codec_varint_get(&rows, &more) != 0 || rows.n < 8 || more >= w->n - row)
			return -1;
		row += more;
		if (row >= w->first && row - w->first < w->count)
			w->out[row - w->first].u = wide_load64(rows.p);
		rows = slice_make(rows.p + 8, rows.n - 8);
	}
	return 0;
}

/*
 * Step over the exceptions; they are put in their rows once these are there.
 */
static int
skip_exceptions(struct slice *in, uint64_t n_rows)
{
	uint64_t more;

	for (; n_rows > 0; n_rows--) {
		if (codec_varint_get(in, &more) != 0 || in->n < 8)
			return -1;
		*in = slice_make(in->p + 8, in->n - 8);
	}
	return 0;
}

typedef double two_doubles __attribute__((vector_size(16)));

/*
 * out = ints / 10^k: division costs most here, and two of them cost as much as one.
 */
static void
divide_all(const union cell *ints, size_t n, unsigned k, union cell *out)
{
	double power = codec_decimals_power(k);
	const two_doubles powers = { power, power };
	size_t i = 0;

	for (; i + 2 <= n; i += 2) {
		two_doubles two = { (double)ints[i].i, (double)ints[i + 1].i };

		two /= powers;
		out[i].f = two[0];
		out[i + 1].f = two[1];
	}
	if (i < n)
		out[i].f = (double)ints[i].i / power;
}

static int
get_decimals(struct slice *in, const struct wanted *w, struct err *err)
{
	struct slice exceptions;
	uint64_t n_rows;
	unsigned k;

	if (in->n == 0)
		return -1;
	k = (unsigned char)in->p[0];
	*in = slice_make(in->p + 1, in->n - 1);
	if (k > CODEC_DECIMALS_MAX || codec_varint_get(in, &n_rows) != 0 || n_rows > w->n)
		return -1;
	exceptions = *in;
	if (skip_exceptions(in, n_rows) != 0 || get_ints(in, w, err) != 0)
		return -1;
	divide_all(w->ints + w->first, w->count, k, w->out);
	return patch_exceptions(exceptions, n_rows, w);
}

static int
get_dictionary(struct slice *in, const struct wanted *w, struct err *err)
{
	const union cell *indexes = w->ints + w->first;
	uint64_t n_entries, *entries, greatest = 0;
	int result = -1;

	if (codec_varint_get(in, &n_entries) != 0 || n_entries == 0 || n_entries > w->n)
		return -1;
	entries = memory_grow(NULL, n_entries, sizeof(*entries));
	if (codec_integers_decode(in, n_entries, entries, err) == 0 && get_ints(in, w, err) == 0) {
		for (size_t i = 0; i < w->count; i++)
			greatest = indexes[i].u > greatest ? indexes[i].u : greatest;
		if (greatest < n_entries) {
			for (size_t i = 0; i < w->count; i++)
				w->out[i].u = map_flipped(entries[indexes[i].u]);
			result = 0;
		}
	}
	free(entries);
	return result;
}

static int
get_bits(struct slice *in, enum form form, const struct wanted *w, struct err *err)
{
	const union cell *ints = w->ints + w->first;

	if (get_ints(in, w, err) != 0)
		return -1;
	if (form == FORM_SIGNED)
		for (size_t i = 0; i < w->count; i++)
			w->out[i].u = unmap_signed(ints[i].u);
	else
		for (size_t i = 0; i < w->count; i++)
			w->out[i].u = map_flipped(ints[i].u);
	return 0;
}

static int
decode(struct slice *in, const struct wanted *w, struct err *err)
{
	unsigned form;
	int result = -1;

	if (in->n == 0 || w->n == 0)
		return err_set(err, ERR_CORRUPT, "a column of floats is cut short");
	form = (unsigned char)in->p[0];
	*in = slice_make(in->p + 1, in->n - 1);
	if (form == FORM_DECIMALS)
		result = get_decimals(in, w, err);
	else if (form == FORM_DICTIONARY)
		result = get_dictionary(in, w, err);
	else if (form <= FORM_FLIPPED)
		result = get_bits(in, (enum form)form, w, err);
	if (result != 0)
		return err_set(err, ERR_CORRUPT, "a column of %zu floats cannot be read", w->n);
	return 0;
}

int
codec_floats_decode(struct slice *in, size_t n, double *v, struct err *err)
{
	union cell *cells = (union cell *)(void *)v;

	return decode(in, &(struct wanted){ n, 0, n, cells, cells }, err);
}

int
floats_decode_part(struct slice *in, size_t n, size_t first, size_t count, union cell *ints,
    union cell *out, struct err *err)
{
	return decode(in, &(struct wanted){ n, first, count, ints, out }, err);
}
