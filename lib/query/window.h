/*
 * query/window.h - GROUP BY time: which window a time falls in
 *
 * Windows begin at multiples of the interval since 1970, moved by the offset. With a zone they
 * begin where its wall clock shows such a multiple, so that days begin at midnight and a day of 23
 * or 25 hours is one window.
 */
#ifndef WEIR_QUERY_WINDOW_H
#define WEIR_QUERY_WINDOW_H

#include "model/zone.h"

struct window {
	int64_t		 interval;	/* ns; 0 = everything is one window */
	int64_t		 offset;	/* ns, less than the interval */
	const struct zone *zone;	/* or NULL */
};

/*
 * query_window_of - the window of a time
 *   out    *start, *end   start <= t < end; cut at the ends of time. Interval must not be 0
 */
void	 query_window_of(const struct window *window, int64_t t, int64_t *start, int64_t *end);

/*
 * query_window_start - where the window of a time begins
 */
int64_t	 query_window_start(const struct window *window, int64_t t);

/*
 * query_window_step - the start of the next window, or of the one before, for filling; *zone_offset
 *               is kept between calls and begins as zone_offset_ns of the first start
 */
int64_t	 query_window_step(const struct window *window, int64_t start, bool descending,
	     int64_t *zone_offset);

#endif
