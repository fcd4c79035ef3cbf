/*
 * tests/fuzz/multipart_fuzz.c - any bytes as a multipart/form-data body
 *
 * The first line of the input is the Content-Type, all behind it the body. Besides not reading past
 * the end: no value holds a line that begins with the boundary, values are no longer than the body,
 * and the memory is in proportion to it.
 */
#define _GNU_SOURCE		/* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_priv.h"
#include "insist.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_values(struct arena *arena, const struct http_params *params, struct slice type,
    struct slice body)
{
	struct buf line = { 0 };
	struct slice boundary;
	size_t total = 0;

	insist(http_header_attribute(arena, type, "boundary", &boundary), "read without a boundary");
	buf_puts(&line, "\n--");
	buf_put_slice(&line, boundary);
	for (size_t i = 0; i < params->n; i++) {
		struct slice value = params->list[i].value;

		total += value.n;
		insist(params->list[i].name.n > 0, "a part without a name");
		insist(value.p[value.n] == '\0', "no NUL");
		insist(slice_find(boundary, '\0') < boundary.n || value.n == 0 ||
		    memmem(value.p, value.n, line.p, line.n) == NULL, "a boundary in a value");
	}
	insist(total <= body.n, "longer than the body");
	buf_free(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_make((const char *)data, size);
	struct slice type = slice_make(all.p, slice_find(all, '\n'));
	size_t from = type.n < size ? type.n + 1 : size;
	struct slice body = slice_make(all.p + from, size - from);
	struct arena *arena = arena_new(4096);
	struct http_params params = { 0 };
	struct err err;

	if (body.n > 0 && http_multipart_parse(&params, arena, type, body, &err) == 0)
		check_values(arena, &params, type, body);
	insist(params.n <= HTTP_PARAMS_MAX, "too many parts");
	insist(arena_bytes(arena) < 65536 + 16 * size, "more memory than the body can want");
	arena_free(arena);
	return 0;
}
