/*
 * tests/fuzz/params_fuzz.c - any bytes as a query string, as a header with attributes, as what a
 * client accepts
 *
 * Besides not reading past the end: every name and value has its NUL, none is longer than its
 * source, and written again with every byte as %XX they are read as the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include "http/http_priv.h"
#include "insist.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put_encoded(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_printf(out, "%%%02X", (unsigned char)s.p[i]);
}

static void
check_params(struct arena *arena, struct slice text)
{
	struct http_params params = { 0 }, again = { 0 };
	struct buf encoded = { 0 };
	size_t total = 0;

	http_params_parse(&params, arena, text);
	insist(params.n <= HTTP_PARAMS_MAX, "too many");
	for (size_t i = 0; i < params.n; i++) {
		const struct http_pair *pair = &params.list[i];

		insist(pair->value.n == 0 || pair->value.p[pair->value.n] == '\0', "no NUL");
		total += pair->name.n + pair->value.n;
		put_encoded(&encoded, pair->name);
		buf_putc(&encoded, '=');
		put_encoded(&encoded, pair->value);
		buf_putc(&encoded, '&');
	}
	insist(total <= text.n, "longer than the source");
	http_params_parse(&again, arena, buf_slice(&encoded));
	insist(again.n == params.n, "another number");
	for (size_t i = 0; i < params.n; i++)
		insist(slice_eq(again.list[i].name, params.list[i].name) &&
		    slice_eq(again.list[i].value, params.list[i].value), "another value");
	buf_free(&encoded);
}

static void
check_headers(struct arena *arena, struct slice text)
{
	static const char *const types[] = { "application/json", "text/csv", "*" };
	struct slice value;

	if (http_header_attribute(arena, text, "boundary", &value))
		insist(value.n < text.n, "an attribute is longer than its header");
	insist(http_media_type(text).n <= text.n, "a type is longer than its header");
	insist(http_negotiate_type(text, types, 3) <= 3, "a type that was not offered");
	(void)http_negotiate_gzip(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(4096);
	struct slice text = slice_make((const char *)data, size);

	check_params(arena, text);
	check_headers(arena, text);
	insist(arena_bytes(arena) < 65536 + 40 * size, "more memory than the text can want");
	arena_free(arena);
	return 0;
}
