/*
 * tests/unit/codec_strings_test.c - columns of texts come back as they were, and stay small
 */
#include <stdlib.h>

#include "base/memory.h"
#include "codec/codec.h"
#include "codec_samples.h"

#define ROWS 4096

/*
 * Columns of texts, made into one piece of memory.
 */
struct shape {
	const char	*name;
	unsigned	 distinct;	/* 0: every one is new */
	unsigned	 longest;
	size_t		 most;		/* bytes for 4096 */
};

static const struct shape shapes[] = {
	{ "one word", 1, 20, 40 },
	{ "all empty", 1, 0, 12 },
	{ "few words", 5, 30, 1700 },
	{ "many words", 300, 60, 13000 },
	{ "all distinct, short", 0, 12, 50000 },
	{ "all distinct, long", 0, 200, 500000 },
};

static const size_t sizes[] = { 1, 2, 3, 4, 100, 1000, ROWS };

static void
fill(const struct shape *shape, size_t n, uint64_t seed, struct buf *memory, struct slice *v)
{
	uint64_t state = seed * 2 + 1, text_state;

	buf_reset(memory);
	buf_reserve(memory, n * (shape->longest + 1));
	for (size_t i = 0; i < n; i++) {
		uint64_t r = unit_random(&state);
		size_t from = memory->n, length;

		text_state = shape->distinct != 0 ? r % shape->distinct + 1 : r | 1;
		unit_random(&text_state);
		length = shape->longest != 0 ? unit_random(&text_state) % shape->longest : 0;
		for (size_t k = 0; k < length; k++)
			buf_putc(memory, (char)(k % 20 == 0 ? 0 : 'a' + (char)(unit_random(&text_state) % 26)));
		v[i] = slice_make(memory->p + from, length);
	}
}

static struct slice
tight(struct slice s)
{
	char *p = memory_alloc(s.n + CODEC_SLACK);

	memcpy(p, s.p, s.n);
	memset(p + s.n, 0x5a, CODEC_SLACK);
	return slice_make(p, s.n);
}

static void
every_shape(void **unused)
{
	struct slice *v = memory_array(ROWS, sizeof(*v)), *back = memory_array(ROWS, sizeof(*back));
	struct buf memory = { 0 }, out = { 0 };
	struct err err;

	(void)unused;
	for (size_t k = 0; k < UNIT_N(shapes); k++)
		for (size_t i = 0; i < UNIT_N(sizes); i++) {
			struct arena *arena = arena_new(4096);
			struct slice bytes, in;

			fill(&shapes[k], sizes[i], i, &memory, v);
			buf_reset(&out);
			codec_strings_encode(v, sizes[i], &out);
			bytes = in = tight(buf_slice(&out));
			assert_int_equal(codec_strings_decode(&in, sizes[i], back, arena, &err), 0);
			assert_int_equal(in.n, 0);
			for (size_t row = 0; row < sizes[i]; row++)
				UNIT_SAME(shapes[k].name, back[row], v[row]);
			if (sizes[i] == ROWS && out.n > shapes[k].most)
				fail_msg("%s: %zu bytes, want %zu at most", shapes[k].name, out.n,
				    shapes[k].most);
			free((void *)(uintptr_t)bytes.p);
			arena_free(arena);
		}
	buf_free(&out);
	buf_free(&memory);
	free(v);
	free(back);
}

static void
damage(void **unused)
{
	struct slice *v = memory_array(ROWS, sizeof(*v)), *back = memory_array(ROWS, sizeof(*back));
	struct buf memory = { 0 }, out = { 0 };
	uint64_t state = 3;
	struct err err;

	(void)unused;
	for (size_t k = 0; k < UNIT_N(shapes); k++) {
		struct arena *arena = arena_new(4096);

		fill(&shapes[k], 100, 9, &memory, v);
		buf_reset(&out);
		codec_strings_encode(v, 100, &out);
		for (size_t n = 0; n < out.n; n += 1 + n / 16) {
			struct slice bytes = tight(slice_make(out.p, n)), in = bytes;

			assert_int_equal(codec_strings_decode(&in, 100, back, arena, &err), -1);
			assert_int_equal(err.code, ERR_CORRUPT);
			free((void *)(uintptr_t)bytes.p);
		}
		for (int round = 0; round < 1000; round++) {
			struct slice bytes = tight(buf_slice(&out)), in = bytes;
			char *p = (char *)(uintptr_t)bytes.p;
			size_t near = round % 2 == 0 && out.n > 20 ? 20 : out.n;

			p[unit_random(&state) % near] = (char)unit_random(&state);
			if (codec_strings_decode(&in, 100, back, arena, &err) == 0)
				for (size_t row = 0; row < 100; row++)
					if (back[row].n > 0)
						state ^= (unsigned char)back[row].p[back[row].n - 1];
			state += state == 0;
			free(p);
			arena_reset(arena);
		}
		arena_free(arena);
	}
	buf_free(&out);
	buf_free(&memory);
	free(v);
	free(back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
