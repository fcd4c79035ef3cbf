/*
 * model/tag.c - tags, tag sets and series keys
 *
 * Lengths are varints: seven bits a byte, lowest first, the high bit set on all but the last. Only
 * the shortest spelling of a length is taken for ours, so that a tag set has one sequence of bytes.
 */
#include "model/tag.h"

#include <limits.h>
#include <stdlib.h>

#define FEW_TAGS 24	/* sorted by insertion: most lines come with their tags in order */

static void
put_text(struct buf *out, struct slice text)
{
	uint64_t n = text.n;

	for (; n >= 0x80; n >>= 7)
		buf_putc(out, (char)(n | 0x80));
	buf_putc(out, (char)n);
	buf_put_slice(out, text);
}

void
tag_set_encode(const struct tag *tags, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (tags[i].value.n == 0)
			continue;
		put_text(out, tags[i].key);
		put_text(out, tags[i].value);
	}
}

/*
 * take_text - the text at the beginning of *bytes, which then begins behind it; -1 when cut short
 */
static int
take_text(struct slice *bytes, struct slice *text)
{
	uint64_t n = 0;
	size_t at = 0;

	for (unsigned shift = 0;; shift += 7) {
		unsigned char byte;

		if (at == bytes->n || shift > 56)
			return -1;
		byte = (unsigned char)bytes->p[at++];
		n |= (uint64_t)(byte & 0x7F) << shift;
		if (byte == 0 && shift != 0)
			return -1;	/* not the shortest spelling */
		if (byte < 0x80)
			break;
	}
	if (n > bytes->n - at)
		return -1;
	*text = slice_make(bytes->p + at, (size_t)n);
	bytes->p += at + (size_t)n;
	bytes->n -= at + (size_t)n;
	return 0;
}

/*
 * walk - go through canonical bytes, filling `tags` unless it is NULL
 */
static int
walk(struct slice bytes, struct tag *tags)
{
	struct slice before = { 0 };
	int n = 0;

	for (; bytes.n != 0; n++) {
		struct tag tag;

		if (n == INT_MAX || take_text(&bytes, &tag.key) != 0 ||
		    take_text(&bytes, &tag.value) != 0)
			return -1;
		if (tag.value.n == 0 || (n != 0 && slice_cmp(before, tag.key) >= 0))
			return -1;
		before = tag.key;
		if (tags != NULL)
			tags[n] = tag;
	}
	return n;
}

int
tag_set_decode(struct slice bytes, struct arena *arena, struct tag **tags)
{
	int n = walk(bytes, NULL);

	*tags = NULL;
	if (n > 0) {
		*tags = arena_array(arena, struct tag, (size_t)n);
		walk(bytes, *tags);
	}
	return n;
}

static int
by_key(const void *a, const void *b)
{
	return slice_cmp(((const struct tag *)a)->key, ((const struct tag *)b)->key);
}

static void
sort_few(struct tag *tags, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct tag tag = tags[i];
		size_t at = i;

		for (; at != 0 && slice_cmp(tags[at - 1].key, tag.key) > 0; at--)
			tags[at] = tags[at - 1];
		tags[at] = tag;
	}
}

int
tag_set_sort(struct tag *tags, size_t n)
{
	if (n <= FEW_TAGS)
		sort_few(tags, n);
	else
		qsort(tags, n, sizeof(*tags), by_key);
	for (size_t i = 1; i < n; i++)
		if (slice_eq(tags[i - 1].key, tags[i].key))
			return -1;
	return 0;
}

static void
put_escaped(struct buf *out, struct slice text, bool with_equals)
{
	buf_reserve(out, text.n + 1);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == ',' || c == ' ' || (with_equals && c == '='))
			buf_putc(out, '\\');
		buf_putc(out, c);
	}
}

void
tag_put_series_key(struct buf *out, struct slice measurement, const struct tag *tags, size_t n)
{
	put_escaped(out, measurement, false);
	for (size_t i = 0; i < n; i++) {
		if (tags[i].value.n == 0)
			continue;
		buf_putc(out, ',');
		put_escaped(out, tags[i].key, true);
		buf_putc(out, '=');
		put_escaped(out, tags[i].value, true);
	}
}
