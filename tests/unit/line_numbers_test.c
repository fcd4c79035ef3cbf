/*
 * tests/unit/line_numbers_test.c - numbers of every shape, beside strtod and strtoll
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "unit.h"
#include "base/buf.h"
#include "line/line.h"

#define LINES	400
#define ROUNDS	250

struct shape {
	const char	*name;
	unsigned	 whole, fraction, exponent;	/* most digits; exponent: largest */
};

static const struct shape shapes[] = {
	{ "integers", 6, 0, 0 },
	{ "percentages", 2, 17, 0 },
	{ "few decimals", 4, 3, 0 },
	{ "nineteen digits", 9, 10, 0 },
	{ "many digits", 30, 30, 0 },
	{ "exponents", 3, 16, 30 },
	{ "all of a double", 1, 17, 330 },
	{ "very many digits", 200, 200, 400 },
};

static uint64_t seed = 1;

static size_t
put_digits(char *out, unsigned most)
{
	size_t n = most != 0 ? 1 + unit_random(&seed) % most : 0;

	for (size_t i = 0; i < n; i++)
		out[i] = (char)('0' + (unit_random(&seed) % 4 == 0 ? 0 : unit_random(&seed) % 10));
	return n;
}

static void
make_number(const struct shape *shape, char *out)
{
	size_t n = 0;

	if (unit_random(&seed) % 2)
		out[n++] = '-';
	n += put_digits(out + n, shape->whole);
	if (shape->fraction != 0 && unit_random(&seed) % 8) {
		out[n++] = '.';
		n += put_digits(out + n, shape->fraction);
	}
	out[n] = '\0';
	if (shape->exponent != 0 && unit_random(&seed) % 4)
		sprintf(out + n, "%c%s%u", unit_random(&seed) % 2 ? 'e' : 'E',
		    unit_random(&seed) % 3 == 0 ? "-" : unit_random(&seed) % 2 ? "+" : "",
		    (unsigned)(unit_random(&seed) % shape->exponent));
}

static uint64_t
parse(struct line_memo *memo, const struct buf *body, struct batch *batch, struct arena *arena,
    struct batch_rejects *rejects)
{
	struct line_stream stream = { .line = 1 };
	struct line_options options;
	size_t consumed;

	line_default_options(&options);
	options.precision = PRECISION_NS;
	batch_rejects_init(rejects, arena);
	batch_init(batch, arena, rejects);
	assert_int_equal(line_parse(memo, &stream, &options, buf_slice(body), true, batch, &consumed),
	    LINE_WANTS_MORE);
	return rejects->n;
}

static void
check_floats(const struct shape *shape, struct line_memo *memo, struct arena *arena)
{
	static char texts[LINES][512];
	struct batch_rejects rejects;
	struct batch batch;
	struct buf body = { 0 };
	uint64_t n_infinite = 0;
	uint32_t row = 0;

	for (size_t i = 0; i < LINES; i++) {
		make_number(shape, texts[i]);
		buf_printf(&body, "m v=%s %zu\n", texts[i], i);
		n_infinite += isinf(strtod(texts[i], NULL)) != 0;
	}
	buf_reserve(&body, LINE_SLACK);
	UNIT_CHECK(shape->name, parse(memo, &body, &batch, arena, &rejects) == n_infinite);
	for (size_t i = 0; i < LINES; i++) {
		double want = strtod(texts[i], NULL), got;

		if (isinf(want))
			continue;
		got = batch.tables[0]->columns[0].cells[row++].f;
		if (memcmp(&got, &want, sizeof(got)) != 0)
			fail_msg("%s: %s: got %.17g, want %.17g", shape->name, texts[i], got, want);
	}
	arena_reset(arena);
	buf_free(&body);
}

static void
floats(void **state)
{
	struct line_memo *memo = line_memo_new(0);
	struct arena *arena = arena_new(1 << 16);

	(void)state;
	for (size_t i = 0; i < UNIT_N(shapes); i++)
		for (int round = 0; round < ROUNDS; round++)
			check_floats(&shapes[i], memo, arena);
	line_memo_free(memo);
	arena_free(arena);
}

static void
integers(void **state)
{
	static char texts[LINES][64];
	struct line_memo *memo = line_memo_new(0);
	struct arena *arena = arena_new(1 << 16);

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct batch_rejects rejects;
		struct batch batch;
		struct buf body = { 0 };
		uint64_t n_bad = 0;
		uint32_t row = 0;

		for (size_t i = 0; i < LINES; i++) {
			make_number(&(struct shape){ "", 21, 0, 0 }, texts[i]);
			buf_printf(&body, "m v=%si %zu\n", texts[i], i);
			errno = 0;
			(void)strtoll(texts[i], NULL, 10);
			n_bad += errno == ERANGE;
		}
		buf_reserve(&body, LINE_SLACK);
		assert_int_equal(parse(memo, &body, &batch, arena, &rejects), n_bad);
		for (size_t i = 0; i < LINES; i++) {
			int64_t want;

			errno = 0;
			want = strtoll(texts[i], NULL, 10);
			if (errno != ERANGE)
				assert_int_equal(batch.tables[0]->columns[0].cells[row++].i, want);
		}
		arena_reset(arena);
		buf_free(&body);
	}
	line_memo_free(memo);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floats),
		cmocka_unit_test(integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
