/*
 * codec/integers.c - a column of 64-bit integers as few bytes: the codec under every type
 *
 *     kind and marks (1)
 *     constant             the value (zigzag varint)
 *     runs                 number of runs (varint), column of their lengths - 1, column of values
 *     gaps                 first value, [factor (varint)], first difference, number of gaps,
 *                          column of their places, column of their second differences
 *     others               first value, [factor], [first difference or step], [bias], body
 *
 * A regular series is its first value and a step; counters and gauges are differences; times that
 * jitter about a grid are what is left of a line. What remains are small unsigned numbers, the body:
 * frames of 128 (frames.c), or class-Huffman (huffman.c) where that is enough smaller to be worth
 * its slower reading. All arithmetic is modulo 2^64, so every column comes back as it was.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/integers.h"

#define HUFFMAN_GAIN	17	/* it must save one part in so many (6 %) */
#define RUN_LEAST	4	/* rows a run, on average, for runs to be tried */
#define GAP_LEAST	32	/* rows a gap */

/* ---- writing ---- */

static void	 encode_column(const uint64_t *v, size_t n, bool nested, struct buf *out);

static size_t
count_changes(const uint64_t *v, size_t n)
{
	size_t changes = 0;

	for (size_t i = 1; i < n; i++)
		changes += v[i] != v[i - 1];
	return changes;
}

static void
put_runs(const uint64_t *v, size_t n, size_t n_runs, struct buf *out)
{
	uint64_t *lengths = memory_grow(NULL, n_runs, sizeof(*lengths));
	uint64_t *values = memory_grow(NULL, n_runs, sizeof(*values));
	size_t run = 0, start = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && v[i] == v[i - 1])
			continue;
		lengths[run] = i - start - 1;
		values[run++] = v[start];
		start = i;
	}
	codec_varint_put(out, n_runs);
	encode_column(lengths, n_runs, true, out);
	encode_column(values, n_runs, true, out);
	free(lengths);
	free(values);
}

/*
 * The numbers that a kind leaves, to `body`; *least is the smallest of them as signed numbers.
 *   returns  how many
 */
static size_t
make_body(const uint64_t *v, size_t n, enum integers_kind kind, uint64_t step, uint64_t *body,
    int64_t *least)
{
	int64_t min = INT64_MAX;
	size_t m = 0;

#define BODY(from, number)							\
	for (size_t i = (from); i < n; i++) {					\
		uint64_t x = (number);						\
										\
		min = (int64_t)x < min ? (int64_t)x : min;			\
		body[m++] = x;							\
	}
	switch (kind) {
	case INTEGERS_ORDER_0:
		BODY(0, v[i] - v[0])
		break;
	case INTEGERS_ORDER_1:
		BODY(1, v[i] - v[i - 1])
		break;
	case INTEGERS_ORDER_2:
		BODY(2, v[i] - v[i - 1] - (v[i - 1] - v[i - 2]))
		break;
	default:
		BODY(1, v[i] - v[0] - line_at(i, step))
		break;
	}
#undef BODY
	*least = min;
	return m;
}

static size_t
count_gaps(const uint64_t *v, size_t n)
{
	uint64_t step = v[1] - v[0];
	size_t gaps = 0;

	for (size_t i = 2; i < n && gaps <= n / GAP_LEAST; i++) {
		uint64_t d = v[i] - v[i - 1];

		gaps += d != step;
		step = d;
	}
	return gaps;
}

static void
put_gaps(const uint64_t *v, size_t n, size_t n_gaps, struct buf *out)
{
	uint64_t *places, *values, step = v[1] - v[0];
	size_t gap = 0;

	codec_varint_put(out, zigzag(step));
	codec_varint_put(out, n_gaps);
	if (n_gaps == 0)
		return;
	places = memory_grow(NULL, n_gaps, sizeof(*places));
	values = memory_grow(NULL, n_gaps, sizeof(*values));
	for (size_t i = 2; i < n; i++) {
		uint64_t d = v[i] - v[i - 1];

		if (d == step)
			continue;
		places[gap] = i;
		values[gap++] = d - step;
		step = d;
	}
	encode_column(places, n_gaps, true, out);
	encode_column(values, n_gaps, true, out);
	free(places);
	free(values);
}

/*
 * A body as unsigned numbers: less its least, or zigzag where that is negative and the numbers lie
 * about 0.
 */
static bool
fold_body(uint64_t *body, size_t n, bool biased, int64_t least)
{
	if (biased && least != 0)
		for (size_t i = 0; i < n; i++)
			body[i] -= (uint64_t)least;
	if (!biased)
		for (size_t i = 0; i < n; i++)
			body[i] = zigzag(body[i]);
	return biased;
}

/*
 *   returns  the mark of the form taken
 */
static unsigned
put_body(const uint64_t *body, size_t n, struct buf *out)
{
	size_t frames = frames_cost(body, n);

	/* a code is a bit at least, so frames that take no more need no rival */
	if (n >= HUFFMAN_LEAST && frames > n / 8 + n / 64 &&
	    huffman_cost(body, n) < frames - frames / HUFFMAN_GAIN && huffman_encode(body, n, out))
		return INTEGERS_HUFFMAN;
	frames_encode(body, n, out);
	return 0;
}

/*
 * Columns that are neither constant nor runs. The first byte is known only at the end.
 */
static void
put_differences(const uint64_t *v, size_t n, bool nested, uint64_t *u, uint64_t *body,
    struct buf *out)
{
	size_t first = out->n, m, n_gaps = n;
	uint64_t factor, step = 0;
	enum integers_kind kind;
	unsigned marks;
	int64_t least;

	buf_putc(out, 0);
	codec_varint_put(out, zigzag(v[0]));
	factor = integers_factor(v, n, u);
	if (factor > 1) {
		codec_varint_put(out, factor);
		v = u;
	}
	marks = factor > 1 ? INTEGERS_FACTOR : 0;
	kind = n > 2 ? integers_order(v, n) : INTEGERS_ORDER_1;
	if (!nested && n > 2)
		n_gaps = count_gaps(v, n);
	if (n_gaps <= n / GAP_LEAST) {
		put_gaps(v, n, n_gaps, out);
		out->p[first] = (char)(INTEGERS_GAPS | marks);
		return;
	}
	if (kind == INTEGERS_ORDER_2)
		codec_varint_put(out, zigzag(v[1] - v[0]));
	if (kind == INTEGERS_LINE)
		codec_varint_put(out, zigzag(step = integers_step(v, n)));
	m = make_body(v, n, kind, step, body, &least);
	if (fold_body(body, m, kind == INTEGERS_ORDER_0 || least >= 0, least)) {
		codec_varint_put(out, zigzag((uint64_t)least));
		marks |= INTEGERS_BIASED;
	}
	marks |= put_body(body, m, out);
	out->p[first] = (char)((unsigned)kind | marks);
}

static void
encode_column(const uint64_t *v, size_t n, bool nested, struct buf *out)
{
	size_t changes = count_changes(v, n);

	if (changes == 0) {
		buf_putc(out, INTEGERS_CONSTANT);
		codec_varint_put(out, zigzag(v[0]));
	} else if (!nested && changes < n / RUN_LEAST) {
		buf_putc(out, INTEGERS_RUNS);
		put_runs(v, n, changes + 1, out);
	} else {
		uint64_t *u = memory_grow(NULL, n, sizeof(*u));
		uint64_t *body = memory_grow(NULL, n, sizeof(*body));

		put_differences(v, n, nested, u, body, out);
		free(u);
		free(body);
	}
}

void
codec_integers_encode(const uint64_t *v, size_t n, struct buf *out)
{
	encode_column(v, n, false, out);
}
