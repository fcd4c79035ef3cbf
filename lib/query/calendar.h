/*
 * query/calendar.h - windows of whole months, for window.c
 */
#ifndef WEIR_QUERY_CALENDAR_H
#define WEIR_QUERY_CALENDAR_H

#include "query/window.h"

/*
 * query_calendar_number - which window a time is in; number 0 begins with January 1970
 * query_calendar_start - where a window begins, cut at the ends of time
 *
 * For every t: start(number(t)) <= t < start(number(t) + 1), but at the last ns of time.
 */
int64_t	 query_calendar_number(const struct window *window, int64_t t);
int64_t	 query_calendar_start(const struct window *window, int64_t number);

#endif
