/*
 * query/window.c - GROUP BY time: which window a time falls in
 *
 * The remainder of a time by the interval is never negative here. With a zone the remainder is that
 * of the wall clock's time; where the clock is changed inside a window by less than the interval,
 * the window's start or end moves with it, else windows keep their length: the hour that does not
 * exist has no window, the one shown twice has two.
 */
#include "query/calendar.h"

#include "model/precision.h"

static int64_t
distance(int64_t a)
{
	return a < 0 ? -a : a;
}

static int64_t
add_cut(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? TIME_MIN : TIME_MAX;
	return sum < TIME_MIN ? TIME_MIN : sum > TIME_MAX ? TIME_MAX : sum;
}

void
query_window_of(const struct window *w, int64_t t, int64_t *start, int64_t *end)
{
	int64_t zone, rest, shift, at;

	if (w->months != 0) {
		at = query_calendar_number(w, t);
		*start = query_calendar_start(w, at);
		*end = query_calendar_start(w, at + 1);
		return;
	}
	at = add_cut(t, -w->offset);
	zone = w->zone != NULL ? zone_offset_ns(w->zone, at) : 0;
	rest = zone == 0 ? at % w->interval : (int64_t)(((__int128)at + zone) % w->interval);
	if (rest < 0)
		rest += w->interval;
	*start = add_cut(at, -rest);
	*start = *start == TIME_MIN ? TIME_MIN : add_cut(*start, w->offset);
	*end = add_cut(at, w->interval - rest);
	*end = *end == TIME_MAX ? TIME_MAX : add_cut(*end, w->offset);
	if (w->zone == NULL)
		return;
	shift = zone - zone_offset_ns(w->zone, *start);
	if (shift != 0 && distance(shift) < w->interval)
		*start = add_cut(*start, shift);
	shift = zone - zone_offset_ns(w->zone, *end);
	if (shift != 0 && distance(shift) < w->interval)
		*end = add_cut(*end, shift);
}

int64_t
query_window_start(const struct window *w, int64_t t)
{
	int64_t start, end;

	query_window_of(w, t, &start, &end);
	return start;
}

int64_t
query_window_step(const struct window *w, int64_t start, bool descending, int64_t *zone_offset)
{
	int64_t next = add_cut(start, descending ? -w->interval : w->interval);
	int64_t now, shift;

	if (w->months != 0)
		return query_window_back(w, start, descending ? 1 : -1);
	if (w->zone == NULL)
		return next;
	now = zone_offset_ns(w->zone, next - 1);
	if (now == *zone_offset)
		return next;
	shift = *zone_offset - now;
	if (distance(shift) < w->interval)
		next = add_cut(next, shift);
	*zone_offset = now;
	return next;
}

int64_t
query_window_number(const struct window *w, int64_t t)
{
	return w->months != 0 ? query_calendar_number(w, t) : t / w->interval;
}

int64_t
query_window_at(const struct window *w, int64_t number)
{
	return query_calendar_start(w, number);
}

int64_t
query_window_back(const struct window *w, int64_t t, int64_t n)
{
	int64_t number;

	if (__builtin_sub_overflow(query_calendar_number(w, t), n, &number))
		return n > 0 ? TIME_MIN : TIME_MAX;
	return query_calendar_start(w, number);
}
