/*
 * codec/integers_decode.c - columns of integers read back
 *
 * A column inside another (of runs, of gaps) has neither runs nor gaps itself, so the reading goes
 * no deeper than two. Counts are compared before anything is allocated or written.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/integers.h"

static int	 decode_column(struct slice *in, size_t n, size_t most, bool nested, uint64_t *v);

struct head {			/* what stands before the body */
	enum integers_kind kind;
	unsigned	 marks;
	uint64_t	 first, factor, step, bias;
};

static int
read_head(struct slice *in, struct head *head)
{
	unsigned marks = head->marks;

	head->factor = 1;
	head->step = head->bias = 0;
	if (varint_get_signed(in, &head->first) != 0)
		return -1;
	if ((marks & INTEGERS_FACTOR) != 0 && codec_varint_get(in, &head->factor) != 0)
		return -1;
	if ((head->kind == INTEGERS_ORDER_2 || head->kind == INTEGERS_LINE ||
	    head->kind == INTEGERS_GAPS) && varint_get_signed(in, &head->step) != 0)
		return -1;
	return (marks & INTEGERS_BIASED) != 0 ? varint_get_signed(in, &head->bias) : 0;
}

static int
get_constant(struct slice *in, size_t n, uint64_t *v)
{
	uint64_t value;

	if (varint_get_signed(in, &value) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		v[i] = value;
	return 0;
}

static int
expand_runs(const uint64_t *lengths, const uint64_t *values, size_t n_runs, size_t n, size_t most,
    uint64_t *v)
{
	size_t at = 0;

	for (size_t run = 0; run < n_runs; run++) {
		if (lengths[run] >= n - at)
			return -1;
		for (size_t i = 0; i <= lengths[run] && at + i < most; i++)
			v[at + i] = values[run];
		at += (size_t)lengths[run] + 1;
	}
	return at == n ? 0 : -1;
}

static int
get_runs(struct slice *in, size_t n, size_t most, uint64_t *v)
{
	uint64_t n_runs, *pair;
	int result;

	if (codec_varint_get(in, &n_runs) != 0 || n_runs == 0 || n_runs > n)
		return -1;
	pair = memory_grow(NULL, 2 * n_runs, sizeof(*pair));
	result = decode_column(in, n_runs, n_runs, true, pair) != 0 ||
	    decode_column(in, n_runs, n_runs, true, pair + n_runs) != 0
	    ? -1 : expand_runs(pair, pair + n_runs, n_runs, n, most, v);
	free(pair);
	return result;
}

/*
 * Steady steps from one gap to the next.
 */
static int
expand_gaps(const struct head *head, const uint64_t *places, const uint64_t *values, size_t n_gaps,
    size_t n, size_t most, uint64_t *v)
{
	uint64_t step = head->step * head->factor, at = head->first;
	size_t i = 0;

	for (size_t gap = 0; gap <= n_gaps; gap++) {
		size_t end = gap < n_gaps && places[gap] < n ? (size_t)places[gap] : n;

		if (gap < n_gaps && (places[gap] >= n || end <= i || end < 2))
			return -1;
		for (; i < end && i < most; i++, at += step)
			v[i] = at;
		i = end;
		if (gap < n_gaps) {
			at += values[gap] * head->factor;
			step += values[gap] * head->factor;
		}
	}
	return 0;
}

static int
get_gaps(struct slice *in, const struct head *head, size_t n, size_t most, uint64_t *v)
{
	uint64_t n_gaps, *pair;
	int result;

	if (codec_varint_get(in, &n_gaps) != 0 || n_gaps > n)
		return -1;
	if (n_gaps == 0)
		return expand_gaps(head, NULL, NULL, 0, n, most, v);
	pair = memory_grow(NULL, 2 * n_gaps, sizeof(*pair));
	result = decode_column(in, n_gaps, n_gaps, true, pair) != 0 ||
	    decode_column(in, n_gaps, n_gaps, true, pair + n_gaps) != 0
	    ? -1 : expand_gaps(head, pair, pair + n_gaps, n_gaps, n, most, v);
	free(pair);
	return result;
}

/*
 * How many numbers of the column stand before its body.
 */
static size_t
without_body(enum integers_kind kind)
{
	return kind == INTEGERS_ORDER_0 ? 0 : kind == INTEGERS_ORDER_2 ? 2 : 1;
}

/*
 * From the body, which stands in v from without_body() on, to the values, in place. `number` is
 * what was folded into x.
 */
#define UNFOLD(number)								\
	switch (head->kind) {							\
	case INTEGERS_ORDER_0:							\
		for (size_t i = 0; i < n; i++) {				\
			uint64_t x = v[i];					\
			v[i] = at + (number) * factor;				\
		}								\
		break;								\
	case INTEGERS_ORDER_1:							\
		for (size_t i = 1; i < n; i++) {				\
			uint64_t x = v[i];					\
			v[i] = at += (number) * factor;				\
		}								\
		break;								\
	case INTEGERS_ORDER_2:							\
		for (size_t i = 2; i < n; i++) {				\
			uint64_t x = v[i];					\
			step += (number) * factor;				\
			v[i] = at += step;					\
		}								\
		break;								\
	default:								\
		for (size_t i = 1; i < n; i++) {				\
			uint64_t x = v[i];					\
			v[i] = at + ((number) + line_at(i, head->step)) * factor; \
		}								\
		break;								\
	}

static void
unfold(const struct head *head, size_t n, uint64_t *v)
{
	uint64_t at = head->first, factor = head->factor, step = head->step * factor;
	bool biased = (head->marks & INTEGERS_BIASED) != 0;

	if (head->kind != INTEGERS_ORDER_0)
		v[0] = at;
	if (head->kind == INTEGERS_ORDER_2)
		v[1] = at += step;
	if (biased) {
		UNFOLD(x + head->bias)
	} else {
		UNFOLD(unzigzag(x))
	}
}

static int
read_marks(struct slice *in, struct head *head)
{
	if (in->n == 0)
		return -1;
	head->marks = (unsigned char)in->p[0];
	head->kind = (enum integers_kind)(head->marks & INTEGERS_KIND);
	in->p++;
	in->n--;
	return head->marks >= 2 * INTEGERS_BIASED || head->kind >= INTEGERS_N_KINDS ? -1 : 0;
}

/*
 * The first `most` numbers of n, or some more, which v has room for too.
 */
static int
decode_column(struct slice *in, size_t n, size_t most, bool nested, uint64_t *v)
{
	struct head head;
	size_t before;

	if (read_marks(in, &head) != 0)
		return -1;
	if (head.marks == INTEGERS_CONSTANT)
		return get_constant(in, most, v);
	if (head.marks == INTEGERS_RUNS)
		return nested ? -1 : get_runs(in, n, most, v);
	if (head.kind == INTEGERS_CONSTANT || head.kind == INTEGERS_RUNS || read_head(in, &head) != 0)
		return -1;
	if (head.kind == INTEGERS_GAPS)
		return nested || (head.marks & ~INTEGERS_FACTOR) != INTEGERS_GAPS
		    ? -1 : get_gaps(in, &head, n, most, v);
	before = without_body(head.kind);
	if (n <= before)
		return -1;
	most = most > before ? most : before + 1;
	if (((head.marks & INTEGERS_HUFFMAN) != 0
	    ? huffman_decode(in, n - before, most - before, v + before)
	    : frames_decode(in, n - before, most - before, v + before)) != 0)
		return -1;
	unfold(&head, most, v);
	return 0;
}

int
codec_integers_decode(struct slice *in, size_t n, uint64_t *v, struct err *err)
{
	return integers_decode_some(in, n, n, v, err);
}

int
integers_decode_some(struct slice *in, size_t n, size_t most, uint64_t *v, struct err *err)
{
	if (n == 0 || decode_column(in, n, most, false, v) != 0)
		return err_set(err, ERR_CORRUPT, "a column of %zu integers cannot be read", n);
	return 0;
}

bool
integers_steady(struct slice in, uint64_t *first, uint64_t *step)
{
	struct head head;
	uint64_t n_gaps;

	if (read_marks(&in, &head) != 0 || (head.marks & ~INTEGERS_FACTOR) != INTEGERS_GAPS ||
	    read_head(&in, &head) != 0 || codec_varint_get(&in, &n_gaps) != 0 || n_gaps != 0 ||
	    in.n != 0)
		return false;
	*first = head.first;
	*step = head.step * head.factor;
	return true;
}
