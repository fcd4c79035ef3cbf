/*
 * tests/fuzz/line_fuzz.c - any bytes as a body of line protocol
 *
 * The first byte chooses the precision and how long a line may be, the second the size of the pieces
 * in which the body comes, and of batches.
 * Besides not reading past a window, the parser has to give the same points and reasons for the
 * body as a whole, in pieces, with small batches, and with a memo that knows it already.
 */
#include "../unit/line_dump.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_same(const struct line_dump *a, const struct line_dump *b)
{
	if (a->sum != b->sum || !slice_eq(buf_slice(&a->rejected), buf_slice(&b->rejected)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line_dump whole = { 0 }, pieces = { 0 };
	struct slice body;

	if (size < 2)
		return 0;
	body = slice_make((const char *)data + 2, size - 2);
	whole.memo = line_memo_new(0);
	whole.piece = size;
	line_default_options(&whole.options);
	whole.options.precision = (enum precision)(data[0] % (PRECISION_H + 1));
	if (data[0] >= 128)
		whole.options.max_line_bytes = data[0];
	whole.options.now_ns = INT64_C(1700000000123456789);
	pieces.memo = line_memo_new(0);
	pieces.piece = data[1] % 128 + (size_t)1 + size / 256;
	pieces.options = whole.options;
	pieces.options.batch_bytes = data[1] >= 128 ? 4096 : pieces.options.batch_bytes;

	line_dump_run(&whole, body);
	line_dump_run(&pieces, body);
	check_same(&whole, &pieces);
	line_dump_run(&pieces, body);
	check_same(&whole, &pieces);
	line_dump_free(&whole);
	line_dump_free(&pieces);
	return 0;
}
