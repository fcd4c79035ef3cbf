/*
 * tests/fuzz/base_fuzz.c - any bytes as a number, as UTF-8, as a time and as a tag set
 *
 * Besides not reading past the end: numbers are what the C library reads, what is printed reads
 * back equal, valid text stays valid where it is cut, canonical bytes come out again.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/utf8.h"
#include "model/rfc3339.h"
#include "model/tag.h"
#include "insist.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_printed(double v)
{
	char text[NUMBER_TEXT_MAX];
	size_t n = number_format_float(text, v);
	struct buf fixed = { 0 };
	double back = 0;

	insist(n <= NUMBER_TEXT_MAX, "a number is too long");
	insist(number_parse_float(text, text + n, &back) == text + n, "a number does not read back");
	insist(memcmp(&back, &v, sizeof(v)) == 0, "a number reads back as another");
	number_put_fixed(&fixed, v);
	insist(slice_find(buf_slice(&fixed), 'e') == fixed.n, "an exponent in a fixed number");
	insist(number_parse_float(fixed.p, fixed.p + fixed.n, &back) == fixed.p + fixed.n &&
	    memcmp(&back, &v, sizeof(v)) == 0, "a fixed number reads back as another");
	buf_free(&fixed);
}

static void
check_number(struct slice s)
{
	double v, want;
	const char *stop = number_parse_float(s.p, s.p + s.n, &v);

	if (s.n >= sizeof(v)) {
		memcpy(&want, s.p, sizeof(want));
		if (isfinite(want))
			check_printed(want);
	}
	if (stop != NULL) {
		char *text = strndup(s.p, (size_t)(stop - s.p));

		want = strtod(text, NULL);
		insist(memcmp(&v, &want, sizeof(v)) == 0, "not what strtod reads");
		check_printed(v);
		free(text);
	}
}

static void
check_utf8(struct slice s)
{
	struct slice rest = s;
	bool valid = true, ascii = true;

	while (rest.n != 0) {
		uint32_t rune;
		size_t n = utf8_next(rest, &rune);

		insist(n >= 1 && n <= 4 && n <= rest.n, "a character past the end");
		valid = valid && (rune != 0xFFFD || n == 3);
		ascii = ascii && (rest.p[0] & 0x80) == 0;
		rest = slice_make(rest.p + n, rest.n - n);
	}
	insist(utf8_valid(s) == valid, "valid as a whole, but not by character");
	insist(utf8_is_ascii(s) == ascii, "ASCII as a whole, but not by byte");
	for (size_t n = 0; n < s.n && n < 40; n++) {
		struct slice cut = utf8_cut(s, n);

		insist(cut.n <= n && cut.n + 3 >= n, "cut too far");
		insist(!valid || utf8_valid(cut), "a character cut in two");
	}
}

static void
check_time(struct slice s)
{
	struct rfc3339_day day = { 0 };
	struct buf b = { 0 };
	int64_t ns, back;
	bool has_zone;

	if (rfc3339_parse(s, &ns, &has_zone) == RFC3339_OK) {
		rfc3339_put(&b, &day, ns, 0);
		insist(rfc3339_parse(buf_slice(&b), &back, &has_zone) == RFC3339_OK,
		    "a time does not read back");
		insist(back == ns && has_zone, "a time reads back as another");
	}
	if (s.n >= sizeof(ns)) {
		memcpy(&ns, s.p, sizeof(ns));
		buf_reset(&b);
		rfc3339_put(&b, &day, ns, (int)(ns % 86400));
		rfc3339_put(&b, &day, ns, 0);
	}
	buf_free(&b);
}

static void
check_tags(struct slice s)
{
	struct arena *a = arena_new(4096);
	struct buf again = { 0 };
	struct tag *tags;
	int n = tag_set_decode(s, a, &tags);

	if (n >= 0) {
		tag_set_encode(tags, (size_t)n, &again);
		insist(slice_eq(buf_slice(&again), s), "a tag set has other bytes when encoded again");
		insist(tag_set_sort(tags, (size_t)n) == 0, "a tag set has a key twice");
		tag_put_series_key(&again, SLICE("m"), tags, (size_t)n);
	}
	buf_free(&again);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_make((const char *)data, size);

	check_number(s);
	check_utf8(s);
	check_time(s);
	check_tags(s);
	return 0;
}
