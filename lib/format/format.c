/*
 * format/format.c - the table of formats, and which one an Accept header asks for
 *
 * As InfluxDB 1.x reads it: the list is gone through in its order and the first type that is known
 * wins; weights are not compared, but a type with weight zero is refused by whoever sent it
 * (RFC 9110, 12.4.2). JSON answers wildcards and lists without a known type.
 */
#include "format/format_priv.h"

#include "base/utf8.h"

static const struct media_type {
	const char	*name;
	const struct format *format;
} media_types[] = {
	{ "application/json", &format_json },
	{ "application/csv", &format_csv },
	{ "text/csv", &format_csv },
	{ "application/x-msgpack", &format_msgpack },
	{ "application/*", &format_json },
	{ "text/*", &format_csv },
	{ "*/*", &format_json },
};

#define N_MEDIA_TYPES (sizeof(media_types) / sizeof(media_types[0]))

/* Cuts what comes before `c` off the front of *s, and `c` itself. */
static struct slice
cut_at(struct slice *s, char c)
{
	size_t n = slice_find(*s, c);
	struct slice head = slice_make(s->p, n);

	if (n < s->n)
		n++;
	*s = slice_make(s->n > n ? s->p + n : NULL, s->n - n);
	return slice_trim(head);
}

/* Is the weight of a media range, among its parameters, zero? */
static bool
refused(struct slice parameters)
{
	while (parameters.n > 0) {
		struct slice value = cut_at(&parameters, ';');
		struct slice name = cut_at(&value, '=');

		value = slice_trim(value);
		if (!slice_eq_nocase(name, SLICE("q")) || value.n == 0)
			continue;
		for (size_t i = 0; i < value.n; i++) {
			if (value.p[i] != '0' && value.p[i] != '.')
				return false;
		}
		return true;
	}
	return false;
}

struct format_choice
format_by_accept(struct slice accept)
{
	while (accept.n > 0) {
		struct slice range = cut_at(&accept, ',');
		struct slice name = cut_at(&range, ';');

		for (size_t i = 0; i < N_MEDIA_TYPES; i++) {
			const struct media_type *type = &media_types[i];
			bool wild = strchr(type->name, '*') != NULL;

			if (!slice_eq_nocase(name, slice_from(type->name)) || refused(range))
				continue;
			return (struct format_choice){ type->format,
			    wild ? type->format->content_type : type->name };
		}
	}
	return (struct format_choice){ &format_json, format_json.content_type };
}

const struct format *
format_by_name(const char *name)
{
	static const struct format *const all[] = { &format_json, &format_csv, &format_msgpack };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	}
	return NULL;
}

struct rows_sink *
format_sink(const struct format *format, struct arena *arena, struct out *out,
    const struct format_options *options)
{
	struct format_options own = *options;

	if (own.chunk_size == 0)
		own.chunk_size = FORMAT_CHUNK_ROWS;
	return format->begin(arena, out, &own);
}

void
format_error(const struct format *format, struct out *out, const struct format_options *options,
    struct slice text)
{
	format->error(out, options, text);
}

void
format_keep(struct arena *arena, struct format_kept *kept, struct slice bytes)
{
	if (bytes.n > kept->cap) {
		kept->cap = bytes.n < 128 ? 256 : bytes.n * 2;
		kept->p = arena_alloc(arena, kept->cap);
	}
	if (bytes.n > 0)
		memcpy(kept->p, bytes.p, bytes.n);
	kept->n = bytes.n;
}

bool
format_kept_eq(const struct format_kept *kept, struct slice bytes)
{
	return slice_eq(slice_make(kept->p, kept->n), bytes);
}

int64_t
format_time_in(int64_t ns, enum precision unit)
{
	return ns / precision_ns(unit);
}

void
format_put_utf8(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		uint32_t rune;
		size_t n = utf8_next(s, &rune);

		if (n == 1 && (unsigned char)s.p[0] >= 0x80)
			buf_put_slice(b, SLICE("\xef\xbf\xbd"));
		else
			buf_put(b, s.p, n);
		s = slice_make(s.p + n, s.n - n);
	}
}
