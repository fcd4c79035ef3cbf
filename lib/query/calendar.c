/*
 * query/calendar.c - windows of whole months
 *
 * A window begins where the zone's clock first shows midnight of the first of its first month; where
 * that midnight is skipped, when the clock is put forward. The number of a time's window is guessed
 * from what the clock shows and put right by comparing with the starts, so the windows divide all
 * time even where a month's first hour is shown twice.
 */
#include "query/calendar.h"

#include "model/precision.h"

#define DAY_NS	(INT64_C(86400) * 1000000000)

/* Days of any year by month, and of four centuries, which begin with a leap year here: 1600, 2000. */
#define DAYS_OF_400_YEARS	146097
#define DAYS_FROM_1600_TO_1970	135140

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days from 1600-01-01 to the first of a month that is so many months after January 1600.
 */
static int64_t
days_before(int64_t month)
{
	static const int days[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t era = floor_div(month, 4800), m = month - era * 4800;
	int64_t years = m / 12;
	bool leap = years % 4 == 0 && (years % 100 != 0 || years == 0);
	/* leap days of the years before this one; year 0 has one, 100, 200 and 300 have none */
	int64_t leaps = years == 0 ? 0 : (years - 1) / 4 - (years - 1) / 100 + 1;

	return era * DAYS_OF_400_YEARS + years * 365 + leaps + days[m % 12] +
	    (leap && m % 12 >= 2 ? 1 : 0);
}

/*
 * The month of a day, both counted from January 1600.
 */
static int64_t
month_of(int64_t day)
{
	int64_t month = floor_div(day * 4800, DAYS_OF_400_YEARS);

	while (days_before(month) > day)
		month--;
	while (days_before(month + 1) <= day)
		month++;
	return month;
}

/*
 * The first instant at which a zone's clock shows a midnight, by the offsets of the day before and
 * the day after. One that is skipped is read with the offset before: there the clock is changed.
 */
static int64_t
first_showing(const struct zone *zone, int64_t local)
{
	int64_t about, offset, first, second;
	bool is_first, is_second;

	if (zone == NULL)
		return local;
	about = local - zone_offset_ns(zone, local);
	offset = zone_offset_ns(zone, about - DAY_NS);
	first = local - offset;
	is_first = zone_offset_ns(zone, first) == offset;
	offset = zone_offset_ns(zone, about + DAY_NS);
	second = local - offset;
	is_second = zone_offset_ns(zone, second) == offset;
	return is_second && (!is_first || second < first) ? second : first;
}

int64_t
query_calendar_start(const struct window *w, int64_t number)
{
	const int64_t months_max = 12 * 1000;	/* further from 1970 than time goes */
	int64_t day;

	if (number < -months_max || number * w->months < -months_max)
		return TIME_MIN;
	if (number > months_max || number * w->months > months_max)
		return TIME_MAX;
	day = days_before(number * w->months + 370 * 12) - DAYS_FROM_1600_TO_1970;
	if (day <= TIME_MIN / DAY_NS + 2)
		return TIME_MIN;
	if (day >= TIME_MAX / DAY_NS - 2)
		return TIME_MAX;
	return first_showing(w->zone, day * DAY_NS);
}

int64_t
query_calendar_number(const struct window *w, int64_t t)
{
	int64_t seconds = floor_div(t, 1000000000) + (w->zone != NULL ? zone_offset(w->zone, t) : 0);
	int64_t month = month_of(floor_div(seconds, 86400) + DAYS_FROM_1600_TO_1970) - 370 * 12;
	int64_t number = floor_div(month, w->months);

	if (t < query_calendar_start(w, number))
		return number - 1;
	if (t >= query_calendar_start(w, number + 1) && t < TIME_MAX)
		return number + 1;
	return number;
}
