/*
 * tests/unit/base_memory_test.c - arenas, buffers and output streams
 */
#include "unit.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/out.h"

static void
test_arena_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 255, 256, 257, 1000, 5000, 100000 };
	struct arena *a = arena_new(1024);
	char *pieces[200];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < UNIT_N(pieces); i++) {
		size_t size = sizes[i % UNIT_N(sizes)];

		pieces[i] = arena_alloc(a, size);
		assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
		memset(pieces[i], (int)i, size);
	}
	for (size_t i = 0; i < UNIT_N(pieces); i++)
		for (size_t k = 0; k < sizes[i % UNIT_N(sizes)]; k++)
			n += (unsigned char)pieces[i][k] != i % 256;
	assert_int_equal(n, 0);
	arena_free(a);
	arena_free(NULL);
}

static void
test_arena_rewind(void **state)
{
	struct arena *a = arena_new(1024);
	struct arena_mark empty = arena_mark(a), mark;
	size_t held;
	char *before;

	(void)state;
	before = arena_alloc(a, 5000);		/* before the mark: must live */
	memset(before, 'b', 5000);
	arena_alloc(a, 100);
	mark = arena_mark(a);
	held = arena_bytes(a);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 50; i++) {
			memset(arena_alloc(a, 200), 'x', 200);
			memset(arena_alloc(a, 4000), 'y', 4000);
		}
		assert_true(arena_bytes(a) > held + 50 * 4200);
		arena_rewind(a, mark);
		assert_int_equal(arena_bytes(a), held);
		for (int i = 0; i < 5000; i++)
			assert_int_equal(before[i], 'b');
	}
	arena_rewind(a, empty);
	assert_int_equal(arena_bytes(a), 0);
	for (int i = 0; i < 50; i++)
		arena_alloc(a, 500);
	arena_reset(a);
	assert_int_equal(arena_bytes(a), 0);
	arena_free(a);
}

/*
 * Requests of many sizes one after the other: blocks grow, nothing is lost, a mark still holds.
 */
static void
test_arena_learns(void **state)
{
	struct arena *a = arena_new(1024);

	(void)state;
	for (size_t round = 0; round < 30; round++) {
		size_t n = round * round * 7000;
		struct arena_mark mark;
		char *kept;

		memset(arena_alloc(a, n), 'x', n);
		kept = memset(arena_alloc(a, 300), 'k', 300);
		mark = arena_mark(a);
		for (size_t i = 0; i < round * 10; i++)
			memset(arena_alloc(a, 100 * i), 'y', 100 * i);
		arena_rewind(a, mark);
		for (int i = 0; i < 300; i++)
			assert_int_equal(kept[i], 'k');
		assert_in_range(arena_bytes(a), n + 300, n + 1000);
		arena_reset(a);
		assert_int_equal(arena_bytes(a), 0);
	}
	arena_free(a);
}

static void
test_arena_text(void **state)
{
	struct arena *a = arena_new(0);
	struct slice copy = arena_copy(a, SLICE("a\0b"));
	struct slice text;
	int *items = arena_array(a, int, 3);

	(void)state;
	UNIT_SAME("copy", copy, SLICE("a\0b"));
	assert_int_equal(copy.p[3], '\0');
	assert_string_equal(arena_string(a, SLICE("text")), "text");
	assert_string_equal(arena_string(a, slice_make(NULL, 0)), "");
	UNIT_SAME("printf", arena_printf(a, "%d %s", 7, "x"), SLICE("7 x"));
	text = arena_printf(a, "%3000d|", 1);
	assert_int_equal(text.n, 3001);
	assert_int_equal(text.p[3001], '\0');
	assert_int_equal(*(char *)arena_zalloc(a, 9), 0);
	for (int i = 0; i < 3; i++)
		items[i] = i;
	items = arena_grow(a, items, 3, 3000);
	assert_int_equal(items[2], 2);
	assert_non_null(arena_grow(a, (int *)NULL, 0, 2));
	arena_free(a);
}

static void
test_buf(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_slice(&b).n, 0);
	buf_put(&b, NULL, 0);
	buf_puts(&b, "");
	assert_null(b.p);
	buf_putc(&b, 'a');
	buf_puts(&b, "bc");
	buf_put_slice(&b, SLICE("d\0e"));
	buf_printf(&b, "%d", 12);
	buf_put_be32(&b, 0x01020304);
	buf_put_be64(&b, UINT64_C(0xF102030405060708));
	UNIT_SAME("all", buf_slice(&b),
	    SLICE("abcd\0e12\1\2\3\4\xF1\2\3\4\5\6\7\x08"));
	buf_reset(&b);
	buf_printf(&b, "%5000d", 1);
	assert_int_equal(b.n, 5000);
	assert_int_equal(b.p[4999], '1');
	buf_reset(&b);
	for (int i = 0; i < 100000; i++)
		buf_putc(&b, (char)i);
	assert_int_equal(b.n, 100000);
	memset(b.p + b.n, 'x', BUF_SLACK);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(b.p[i], (char)i);
	buf_free(&b);
	buf_free(&b);
	assert_null(b.p);
	assert_non_null(buf_extend(&b, 0));
	buf_free(&b);
}

struct drain {
	size_t	 n, calls, until;	/* bytes, calls; the call that fails */
};

static int
drain_flush(void *to, const char *p, size_t n)
{
	struct drain *d = to;

	(void)p;
	d->n += n;
	return ++d->calls == d->until ? -1 : 0;
}

static void
test_out(void **state)
{
	struct drain d = { .until = 3 };
	struct out o;

	(void)state;
	out_init(&o, drain_flush, &d);
	out_flush(&o);
	assert_int_equal(d.calls, 0);		/* there was nothing to hand on */
	buf_puts(&o.buf, "abc");
	assert_true(out_ready(&o));
	assert_int_equal(d.calls, 0);		/* not a piece yet */
	out_flush(&o);
	assert_int_equal(o.passed, 3);
	buf_extend(&o.buf, OUT_PIECE_BYTES);
	assert_true(out_ready(&o));
	assert_int_equal(d.calls, 2);
	buf_extend(&o.buf, OUT_PIECE_BYTES);
	assert_false(out_ready(&o));
	assert_true(o.failed);
	assert_int_equal(o.passed, 3 + OUT_PIECE_BYTES);
	buf_extend(&o.buf, OUT_PIECE_BYTES);
	assert_false(out_ready(&o));
	assert_int_equal(d.calls, 3);		/* nobody is asked again */
	assert_int_equal(o.buf.n, 0);
	out_free(&o);
}

static void
test_memory(void **state)
{
	char *text = memory_string("text");
	unsigned char *zeros = memory_array(3, 5);
	void *grown = memory_grow(memory_alloc(0), 10, 10);

	(void)state;
	assert_string_equal(text, "text");
	for (int i = 0; i < 15; i++)
		assert_int_equal(zeros[i], 0);
	assert_non_null(grown);
	free(text);
	free(zeros);
	free(grown);
	free(memory_zalloc(0));
	free(memory_realloc(NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_pieces),
		cmocka_unit_test(test_arena_rewind),
		cmocka_unit_test(test_arena_learns),
		cmocka_unit_test(test_arena_text),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
