/*
 * store/record.c - small records: a version, fields, a checksum
 *
 *     version (1)   fields: u64 = 8 bytes big-endian, text = varint length and bytes   CRC-32 (4)
 *
 * Berkeley DB's own page checksums would turn one flipped bit into a dead environment; with these
 * a bad record is one bad record.
 */
#include "codec/codec.h"
#include "store/store_priv.h"

#define CRC_BYTES 4

void
record_begin(struct record *r, uint8_t version)
{
	memset(r, 0, sizeof(*r));
	buf_putc(&r->buf, (char)version);
}

void
record_u64(struct record *r, uint64_t v)
{
	buf_put_be64(&r->buf, v);
}

void
record_text(struct record *r, struct slice s)
{
	codec_varint_put(&r->buf, s.n);
	buf_put_slice(&r->buf, s);
}

void
record_bytes(struct record *r, const void *p, size_t n)
{
	buf_put(&r->buf, p, n);
}

struct slice
record_end(struct record *r)
{
	buf_put_be32(&r->buf, codec_crc32(r->buf.p, r->buf.n));
	return buf_slice(&r->buf);
}

void
record_free(struct record *r)
{
	buf_free(&r->buf);
}

int
record_open(struct record_reader *r, struct slice value, uint8_t newest, const char *what,
    struct err *err)
{
	if (value.n < 1 + CRC_BYTES || key_get_u32(value.p + value.n - CRC_BYTES) !=
	    codec_crc32(value.p, value.n - CRC_BYTES))
		return err_set(err, ERR_CORRUPT, "a %s record fails its checksum", what);
	if ((uint8_t)value.p[0] == 0 || (uint8_t)value.p[0] > newest)
		return err_set(err, ERR_CORRUPT, "a %s record has version %u; this program knows "
		    "those up to %u", what, (uint8_t)value.p[0], newest);
	r->rest = slice_make(value.p + 1, value.n - 1 - CRC_BYTES);
	r->bad = false;
	return 0;
}

void
record_get_bytes(struct record_reader *r, void *p, size_t n)
{
	if (r->bad || r->rest.n < n) {
		r->bad = true;
		memset(p, 0, n);
		return;
	}
	memcpy(p, r->rest.p, n);
	r->rest.p += n;
	r->rest.n -= n;
}

uint64_t
record_get_u64(struct record_reader *r)
{
	char b[8];

	record_get_bytes(r, b, sizeof(b));
	return key_get_u64(b);
}

struct slice
record_get_text(struct record_reader *r)
{
	uint64_t n;
	struct slice s;

	if (r->bad || codec_varint_get(&r->rest, &n) != 0 || n > r->rest.n) {
		r->bad = true;
		return (struct slice){ NULL, 0 };
	}
	s = slice_make(r->rest.p, n);
	r->rest.p += n;
	r->rest.n -= n;
	return s;
}

int
record_close(struct record_reader *r, const char *what, struct err *err)
{
	if (r->bad || r->rest.n != 0)
		return err_set(err, ERR_CORRUPT, "a %s record does not have the fields it should",
		    what);
	return 0;
}
