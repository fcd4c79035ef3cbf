/*
 * query/window.h - GROUP BY time: which window a time falls in
 *
 * Windows begin at multiples of the interval since 1970, moved by the offset. With a zone they
 * begin where its wall clock shows such a multiple, so that days begin at midnight and a day of 23
 * or 25 hours is one window.
 *
 * Calendar windows, which are weir's own, are whole months of the zone's calendar: time(1mo),
 * time(3mo), time(1y). They are counted from January 1970, so quarters and years begin as usual.
 */
#ifndef WEIR_QUERY_WINDOW_H
#define WEIR_QUERY_WINDOW_H

#include "model/zone.h"

#define WINDOW_MONTHS_MAX	12000
#define WINDOW_MONTH_NS		(INT64_C(28) * 86400 * 1000000000)	/* the shortest */

struct window {
	int64_t		 interval;	/* ns; 0 = everything is one window. With months: the least
					   that they may last */
	int64_t		 offset;	/* ns, less than the interval */
	const struct zone *zone;	/* or NULL */
	int64_t		 months;	/* of a calendar window, at most WINDOW_MONTHS_MAX; else 0 */
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

/*
 * query_window_number - how many windows after the one of 1970 that of a time is
 * query_window_at - where the window of a number begins; only for calendar windows
 * query_window_back - the start of the window `n` before that of a time; n may be negative. Only
 *                     for calendar windows
 */
int64_t	 query_window_number(const struct window *window, int64_t t);
int64_t	 query_window_at(const struct window *window, int64_t number);
int64_t	 query_window_back(const struct window *window, int64_t t, int64_t n);

#endif
