/*
 * codec/strings.c - a column of texts: each distinct one once, squeezed where that helps
 *
 *     form (1)   number of texts (varint, with a dictionary)   length of their bytes (varint)
 *     [length of the deflated bytes (varint)]   bytes          [column of indexes]
 *
 * The bytes are the texts' lengths as varints, then the texts; deflated (RFC 1951) at level 1 when
 * that saves a tenth. There is a dictionary unless more than half of the texts are distinct.
 */
#include <stdlib.h>
#include <zlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "codec/integers.h"

#define FORM_DICTIONARY	1
#define FORM_DEFLATED	2

#define DEFLATE_LEAST	256
#define DEFLATE_MOST	((size_t)1 << 30)
#define DEFLATE_RATIO	1032		/* no stream yields more bytes for one of its own */

/* ---- writing ---- */

struct dictionary {
	struct slice	*texts;
	uint64_t	*indexes;	/* per row */
	uint64_t	*hashes;	/* per text */
	uint32_t	*slots;		/* text + 1 by hash */
	size_t		 n_texts, n_slots;
};

static uint64_t
find_text(struct dictionary *d, struct slice text)
{
	uint64_t hash = hash_bytes(text.p, text.n, 0);
	size_t slot = hash & (d->n_slots - 1);

	for (; d->slots[slot] != 0; slot = (slot + 1) & (d->n_slots - 1)) {
		size_t index = d->slots[slot] - 1;

		if (d->hashes[index] == hash && slice_eq(d->texts[index], text))
			return index;
	}
	d->texts[d->n_texts] = text;
	d->hashes[d->n_texts] = hash;
	d->slots[slot] = (uint32_t)++d->n_texts;
	return d->n_texts - 1;
}

/*
 * Fill the dictionary; false once more than half of n texts are distinct.
 */
static bool
collect(struct dictionary *d, const struct slice *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && slice_eq(v[i], v[i - 1])) {
			d->indexes[i] = d->indexes[i - 1];
			continue;
		}
		if (d->n_texts >= n / 2 + 1)
			return false;
		d->indexes[i] = find_text(d, v[i]);
	}
	return d->n_texts <= n / 2;
}

/*
 *   returns  how many bytes of `to` it took, or 0 when it took more than there are
 */
static size_t
deflate_all(const char *p, size_t n, char *to, size_t room)
{
	z_stream z = { 0 };
	size_t written = 0;

	if (deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 0;
	z.next_in = (z_const Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		written = room - z.avail_out;
	deflateEnd(&z);
	return written;
}

static void
put_texts(const struct slice *v, size_t n, size_t form_at, struct buf *out)
{
	struct buf raw = { 0 };
	size_t room, n_deflated = 0;
	char *deflated = NULL;

	for (size_t i = 0; i < n; i++)
		codec_varint_put(&raw, v[i].n);
	for (size_t i = 0; i < n; i++)
		buf_put_slice(&raw, v[i]);
	codec_varint_put(out, raw.n);
	if (raw.n > DEFLATE_LEAST && raw.n <= DEFLATE_MOST) {
		room = raw.n - raw.n / 10;
		deflated = memory_alloc(room);
		n_deflated = deflate_all(raw.p, raw.n, deflated, room);
	}
	if (n_deflated > 0) {
		out->p[form_at] |= FORM_DEFLATED;
		codec_varint_put(out, n_deflated);
		buf_put(out, deflated, n_deflated);
	} else {
		buf_put_slice(out, buf_slice(&raw));
	}
	free(deflated);
	buf_free(&raw);
}

void
codec_strings_encode(const struct slice *v, size_t n, struct buf *out)
{
	struct dictionary d = { .n_slots = 16 };
	size_t form_at = out->n;

	while (d.n_slots < 2 * n)
		d.n_slots *= 2;
	d.texts = memory_grow(NULL, n / 2 + 1, sizeof(*d.texts));
	d.hashes = memory_grow(NULL, n / 2 + 1, sizeof(*d.hashes));
	d.indexes = memory_grow(NULL, n, sizeof(*d.indexes));
	d.slots = memory_array(d.n_slots, sizeof(*d.slots));
	if (collect(&d, v, n)) {
		buf_putc(out, FORM_DICTIONARY);
		codec_varint_put(out, d.n_texts);
		put_texts(d.texts, d.n_texts, form_at, out);
		codec_integers_encode(d.indexes, n, out);
	} else {
		buf_putc(out, 0);
		put_texts(v, n, form_at, out);
	}
	free(d.slots);
	free(d.indexes);
	free(d.hashes);
	free(d.texts);
}

/* ---- reading ---- */

static int
inflate_all(struct slice in, char *to, size_t n)
{
	z_stream z = { 0 };
	int result;

	if (inflateInit2(&z, -15) != Z_OK)
		return -1;
	z.next_in = (z_const Bytef *)(uintptr_t)in.p;
	z.avail_in = (uInt)in.n;
	z.next_out = (Bytef *)to;
	z.avail_out = (uInt)n;
	result = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0 && z.avail_in == 0 ? 0 : -1;
	inflateEnd(&z);
	return result;
}

/*
 * The texts' bytes, inflated into the arena if need be.
 */
static int
take_bytes(struct slice *in, bool deflated, struct arena *arena, struct slice *bytes)
{
	uint64_t n_raw, n_bytes;
	char *raw;

	if (codec_varint_get(in, &n_raw) != 0)
		return -1;
	n_bytes = n_raw;
	if (deflated && codec_varint_get(in, &n_bytes) != 0)
		return -1;
	if (n_bytes > in->n || n_raw > DEFLATE_RATIO * (uint64_t)n_bytes ||
	    (deflated && n_raw > DEFLATE_MOST))
		return -1;
	*bytes = slice_make(in->p, n_bytes);
	*in = slice_make(in->p + n_bytes, in->n - n_bytes);
	if (!deflated)
		return 0;
	raw = arena_alloc(arena, n_raw + 1);
	if (inflate_all(*bytes, raw, n_raw) != 0)
		return -1;
	*bytes = slice_make(raw, n_raw);
	return 0;
}

/*
 * Lengths, then texts: both must end where the bytes do.
 */
static int
cut_texts(struct slice bytes, size_t n, struct slice *texts)
{
	uint64_t length, sum = 0;
	const char *p;

	for (size_t i = 0; i < n; i++) {
		if (codec_varint_get(&bytes, &length) != 0 || length > bytes.n)
			return -1;
		texts[i].n = (size_t)length;
		sum += length;
	}
	if (sum != bytes.n)
		return -1;
	p = bytes.p;
	for (size_t i = 0; i < n; i++) {
		texts[i].p = p;
		p += texts[i].n;
	}
	return 0;
}

static int
get_indexed(struct slice *in, size_t n, const struct slice *texts, uint64_t n_texts,
    struct slice *v, struct err *err)
{
	uint64_t *indexes = memory_grow(NULL, n, sizeof(*indexes)), greatest = 0;
	int result = codec_integers_decode(in, n, indexes, err);

	for (size_t i = 0; result == 0 && i < n; i++)
		greatest = indexes[i] > greatest ? indexes[i] : greatest;
	if (greatest >= n_texts)
		result = -1;
	for (size_t i = 0; result == 0 && i < n; i++)
		v[i] = texts[indexes[i]];
	free(indexes);
	return result;
}

static int
decode_strings(struct slice *in, size_t n, struct slice *v, struct arena *arena, struct err *err)
{
	struct slice bytes, *texts;
	uint64_t n_texts;
	unsigned form;

	if (in->n == 0 || n == 0)
		return -1;
	form = (unsigned char)in->p[0];
	*in = slice_make(in->p + 1, in->n - 1);
	if (form > (FORM_DICTIONARY | FORM_DEFLATED))
		return -1;
	if ((form & FORM_DICTIONARY) == 0)
		return take_bytes(in, (form & FORM_DEFLATED) != 0, arena, &bytes) != 0 ||
		    cut_texts(bytes, n, v) != 0 ? -1 : 0;
	if (codec_varint_get(in, &n_texts) != 0 || n_texts == 0 || n_texts > n ||
	    take_bytes(in, (form & FORM_DEFLATED) != 0, arena, &bytes) != 0)
		return -1;
	texts = arena_array(arena, struct slice, n_texts);
	if (cut_texts(bytes, n_texts, texts) != 0)
		return -1;
	return get_indexed(in, n, texts, n_texts, v, err);
}

int
codec_strings_decode(struct slice *in, size_t n, struct slice *v, struct arena *arena,
    struct err *err)
{
	if (decode_strings(in, n, v, arena, err) != 0)
		return err_set(err, ERR_CORRUPT, "a column of %zu texts cannot be read", n);
	return 0;
}
