/*
 * format/format_priv.h - what the files of the room share
 */
#ifndef WEIR_FORMAT_FORMAT_PRIV_H
#define WEIR_FORMAT_FORMAT_PRIV_H

#include "format/format.h"

extern const struct format format_json;
extern const struct format format_csv;
extern const struct format format_msgpack;

/*
 * Bytes kept for later in the arena. The room doubles, so that however often it is filled again the
 * arena gives no more than four times the longest content.
 */
struct format_kept {
	char	*p;
	size_t	 n, cap;
};

void	 format_keep(struct arena *arena, struct format_kept *kept, struct slice bytes);
bool	 format_kept_eq(const struct format_kept *kept, struct slice bytes);

/*
 * format_time_in - a time in the unit of an epoch parameter, truncated toward zero
 */
int64_t	 format_time_in(int64_t ns, enum precision unit);

/*
 * format_put_utf8 - a text with each byte that is no UTF-8 replaced by U+FFFD
 */
void	 format_put_utf8(struct buf *b, struct slice s);

#endif
