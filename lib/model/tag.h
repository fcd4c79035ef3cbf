/*
 * model/tag.h - tags, tag sets and series keys
 *
 * A tag set is canonical when its keys are in byte order, each once, with no empty value. Its
 * canonical bytes are what the series cache compares and hashes: per tag
 * varint(key length) key varint(value length) value, in key order.
 */
#ifndef WEIR_MODEL_TAG_H
#define WEIR_MODEL_TAG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"

struct tag {
	struct slice	 key;
	struct slice	 value;		/* "" where a series lacks the tag */
};

/*
 * tag_set_encode - append the canonical bytes of tags that are in key order; those without a value
 *     are left out
 * tag_set_decode - the tags of canonical bytes; they borrow from `bytes`
 *   returns  the number of tags, or -1 when the bytes are none of ours
 */
void		 tag_set_encode(const struct tag *tags, size_t n, struct buf *out);
int		 tag_set_decode(struct slice bytes, struct arena *arena, struct tag **tags);

/*
 * tag_set_sort - put tags in key order in place; returns -1 when a key occurs twice
 */
int		 tag_set_sort(struct tag *tags, size_t n);

/*
 * tag_put_series_key - a series key as line protocol writes it, measurement,k=v,... with its
 *     escapes; tags without a value are left out
 */
void		 tag_put_series_key(struct buf *out, struct slice measurement, const struct tag *tags,
		     size_t n);

#endif
