/*
 * tests/fuzz/format_fuzz.c - any answer in any format is a whole document
 *
 * The first bytes choose format and options, the others which calls come with which values. What
 * was printed is read back: JSON by jansson, MessagePack by a reader that skips items; both must
 * end where the bytes end. CSV has no wrong texts, so for it the sanitizers alone look on.
 */
#include <jansson.h>

#include <stdlib.h>

#include "format/format.h"

struct source {
	const uint8_t	*p;
	size_t		 n;
};

static unsigned
take(struct source *s)
{
	if (s->n == 0)
		return 0;
	s->n--;
	return *s->p++;
}

static struct slice
take_text(struct source *s)
{
	size_t n = take(s) % 40;
	struct slice text;

	if (n > s->n)
		n = s->n;
	text = slice_make((const char *)s->p, n);
	s->p += n;
	s->n -= n;
	return text;
}

static struct value
take_value(struct source *s)
{
	struct value v = { .type = (enum value_type)(take(s) % 8) };
	uint64_t bits = 0;

	if (v.type == VALUE_STRING || v.type == VALUE_TAG) {
		v.s = take_text(s);
		return v;
	}
	for (unsigned i = 0; i < 8; i++)
		bits = bits << 8 | take(s);
	if (v.type == VALUE_BOOLEAN)
		v.b = bits & 1;
	else
		v.u = bits;
	return v;
}

static void
push_series(struct rows_sink *sink, struct source *s)
{
	struct slice columns[20];
	struct tag tags[3];
	struct value row[20];
	struct rows_series series = {
		.name = take_text(s), .tags = tags, .n_tags = take(s) % 4,
		.columns = columns, .n_columns = take(s) % 21,
	};

	for (size_t i = 0; i < series.n_tags; i++) {
		tags[i].key = take_text(s);
		tags[i].value = take_text(s);
		if (slice_find(tags[i].key, '\0') < tags[i].key.n)
			tags[i].key = SLICE("k");	/* jansson has no such keys; nor has weir */
	}
	for (size_t i = 0; i < series.n_columns; i++)
		columns[i] = take_text(s);
	sink->series_begin(sink, &series);
	for (unsigned n = take(s) % 16; n > 0; n--) {
		for (size_t i = 0; i < series.n_columns; i++)
			row[i] = take_value(s);
		sink->row(sink, row);
	}
	if (take(s) % 8 != 0)		/* an error may come instead */
		sink->series_end(sink);
}

static void
push_answer(struct rows_sink *sink, struct source *s, unsigned n_results)
{
	for (unsigned id = 0; id < n_results; id++) {
		unsigned what = take(s);

		sink->result_begin(sink, id);
		for (unsigned n = what % 5; n > 0; n--)
			push_series(sink, s);
		if ((what & 0x20) != 0)
			sink->message(sink, "warning", take_text(s));
		if ((what & 0x40) != 0)
			sink->error(sink, take_text(s));
		sink->result_end(sink);
	}
	sink->end(sink);
}

static int
keep(void *to, const char *p, size_t n)
{
	buf_put(to, p, n);
	return 0;
}

/* ---- reading back ---- */

static void
check_json(struct slice text)
{
	while (text.n > 0) {
		json_error_t error;
		json_t *json = json_loadb(text.p, text.n,
		    JSON_DISABLE_EOF_CHECK | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
		size_t n = (size_t)error.position;

		if (json == NULL || n >= text.n || text.p[n] != '\n')
			abort();
		json_decref(json);
		text = slice_make(text.p + n + 1, text.n - n - 1);
	}
}

static uint64_t
take_be(struct source *s, unsigned bytes)
{
	uint64_t v = 0;

	if (s->n < bytes)
		abort();
	while (bytes-- > 0)
		v = v << 8 | take(s);
	return v;
}

static void
skip_bytes(struct source *s, uint64_t n)
{
	if (n > s->n)
		abort();
	s->p += n;
	s->n -= n;
}

static void
skip_item(struct source *s)
{
	unsigned c = (unsigned)take_be(s, 1);
	uint64_t items = 0;

	if (c < 0x80 || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3)
		return;
	if (c < 0x90)
		items = 2 * (c & 15);
	else if (c < 0xa0)
		items = c & 15;
	else if (c < 0xc0)
		skip_bytes(s, c & 31);
	else if (c == 0xc7)
		skip_bytes(s, take_be(s, 1) + 1);
	else if (c == 0xcb)
		skip_bytes(s, 8);
	else if (c >= 0xcc && c <= 0xd3)
		skip_bytes(s, 1u << (c & 3));
	else if (c >= 0xd9 && c <= 0xdb)
		skip_bytes(s, take_be(s, 1u << (c - 0xd9)));
	else if (c == 0xdc || c == 0xdd)
		items = take_be(s, c == 0xdc ? 2 : 4);
	else if (c == 0xde || c == 0xdf)
		items = 2 * take_be(s, c == 0xde ? 2 : 4);
	else
		abort();
	while (items-- > 0)
		skip_item(s);
}

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "json", "csv", "msgpack" };
	struct source s = { data, size };
	struct arena *arena = arena_new(1024);
	struct buf bytes = { 0 };
	unsigned which = take(&s) % 3, flags = take(&s), n_results = take(&s) % 4;
	struct format_options options = {
		.epoch = (enum precision)(take(&s) % (PRECISION_H + 1)),
		.pretty = flags & 1, .chunked = flags & 2, .chunk_size = take(&s) % 4,
		.n_results = (flags & 4) != 0 ? n_results : 0,
		.hold_bytes = (flags & 8) != 0 ? take(&s) : 0,
	};
	struct out out;

	out_init(&out, keep, &bytes);
	push_answer(format_sink(format_by_name(names[which]), arena, &out, &options), &s,
	    n_results);
	out_flush(&out);
	if (which == 0) {
		check_json(buf_slice(&bytes));
	} else if (which == 2) {
		struct source back = { (const uint8_t *)bytes.p, bytes.n };

		while (back.n > 0)
			skip_item(&back);
	}
	(void)format_by_accept(slice_make((const char *)data, size));
	out_free(&out);
	buf_free(&bytes);
	arena_free(arena);
	return 0;
}
