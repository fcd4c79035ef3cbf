/*
 * model/rfc3339.c - times as text (RFC 3339)
 *
 * A civil date is counted from 0000-03-01, so that the leap day is the last of its year, and in
 * eras of 400 years, which all have 146097 days (Hinnant 2013).
 */
#include "model/rfc3339.h"

#include "base/digits.h"

#define DAY_S		86400
#define ERA_DAYS	146097
#define EPOCH_DAYS	719468		/* from 0000-03-01 to 1970-01-01 */

static const unsigned char month_days[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static char *
put_two(char *p, unsigned v)
{
	p[0] = (char)('0' + v / 10);
	p[1] = (char)('0' + v % 10);
	return p + 2;
}

/*
 * put_date - the date of a day since 1970 and a T, 11 bytes
 */
static void
put_date(char *p, int64_t day)
{
	int64_t days = day + EPOCH_DAYS;
	int64_t era = floor_div(days, ERA_DAYS);
	unsigned doe = (unsigned)(days - era * ERA_DAYS);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;		/* months since March */
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	unsigned year = (unsigned)(era * 400) + yoe + (month <= 2);

	p = put_two(p, year / 100 % 100);
	p = put_two(p, year % 100);
	*p++ = '-';
	p = put_two(p, month);
	*p++ = '-';
	p = put_two(p, doy - (153 * mp + 2) / 5 + 1);
	*p = 'T';
}

/*
 * put_clock - hh:mm:ss as eight characters
 */
static char *
put_clock(char *p, unsigned second)
{
	unsigned minute = second / 60, hour = minute / 60;
	uint32_t digits = hour * 1000000 + (minute - hour * 60) * 1000 + (second - minute * 60);
	uint64_t colons = (uint64_t)(':' - '0') << 16 | (uint64_t)(':' - '0') << 40;

	wide_store64(p, digits_split(digits) + (DIGITS_ASCII + colons));
	return p + 8;
}

/*
 * put_fraction - a point and as many of nine decimals as are needed
 */
static char *
put_fraction(char *p, uint32_t ns)
{
	uint64_t eight = digits_split(ns / 10);
	uint32_t last = ns % 10;

	if (ns == 0)
		return p;
	*p = '.';
	wide_store64(p + 1, eight + DIGITS_ASCII);
	p[9] = (char)('0' + last);
	return last != 0 ? p + 10 : p + 9 - __builtin_clzll(eight) / 8;
}

static char *
put_zone(char *p, int offset_s)
{
	unsigned minutes = (unsigned)(offset_s < 0 ? -offset_s : offset_s) / 60;

	if (offset_s == 0) {
		*p = 'Z';
		return p + 1;
	}
	*p++ = offset_s < 0 && minutes != 0 ? '-' : '+';
	p = put_two(p, minutes / 60 % 100);
	*p++ = ':';
	return put_two(p, minutes % 60);
}

void
rfc3339_put(struct buf *b, struct rfc3339_day *day, int64_t ns, int offset_s)
{
	int64_t seconds = floor_div(ns, 1000000000);
	uint32_t fraction = (uint32_t)((uint64_t)ns - (uint64_t)seconds * 1000000000);
	int64_t local = seconds + offset_s;
	int64_t today = floor_div(local, DAY_S);
	unsigned second = (unsigned)(local - today * DAY_S);
	char *p;

	if (!day->known || day->day != today) {
		put_date(day->text, today);
		day->day = today;
		day->known = true;
	}
	buf_reserve(b, 48);
	p = b->p + b->n;
	memcpy(p, day->text, sizeof(day->text));	/* 16 bytes at once, 11 of them count */
	p = put_clock(p + 11, second);
	p = put_fraction(p, fraction);
	p = put_zone(p, offset_s);
	b->n = (size_t)(p - b->p);
}

struct civil {
	unsigned	 year, month, day, hour, minute, second, ns;
	int		 offset_s;
	bool		 has_zone;
};

static int64_t
days_of(const struct civil *c)
{
	int64_t year = (int64_t)c->year - (c->month <= 2);
	int64_t era = floor_div(year, 400);
	unsigned yoe = (unsigned)(year - era * 400);
	unsigned mp = c->month > 2 ? c->month - 3 : c->month + 9;
	unsigned doy = (153 * mp + 2) / 5 + c->day - 1;

	return era * ERA_DAYS + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - EPOCH_DAYS;
}

/*
 * take - from `least` to `most` digits off the front of *s; -1 when there are fewer
 */
static int
take(struct slice *s, size_t least, size_t most, unsigned *v)
{
	size_t n = 0;

	for (*v = 0; n < most && n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		*v = *v * 10 + (unsigned)(s->p[n] - '0');
	if (n < least)
		return -1;
	*s = slice_make(s->p + n, s->n - n);
	return 0;
}

static bool
skip(struct slice *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = slice_make(s->p + 1, s->n - 1);
	return true;
}

static int
take_date(struct slice *s, struct civil *c)
{
	if (take(s, 4, 4, &c->year) != 0 || !skip(s, '-') || take(s, 2, 2, &c->month) != 0 ||
	    !skip(s, '-') || take(s, 2, 2, &c->day) != 0)
		return -1;
	return 0;
}

/*
 * take_clock - h:mm:ss or hh:mm:ss, then perhaps a point and 1 to 9 decimals
 */
static int
take_clock(struct slice *s, struct civil *c)
{
	size_t before;

	if (take(s, 1, 2, &c->hour) != 0 || !skip(s, ':') || take(s, 2, 2, &c->minute) != 0 ||
	    !skip(s, ':') || take(s, 2, 2, &c->second) != 0)
		return -1;
	if (!skip(s, '.'))
		return 0;
	before = s->n;
	if (take(s, 1, 9, &c->ns) != 0)
		return -1;
	for (size_t n = before - s->n; n < 9; n++)
		c->ns *= 10;
	return 0;
}

static int
take_zone(struct slice *s, struct civil *c)
{
	unsigned hours, minutes;
	bool west;

	c->has_zone = true;
	if (skip(s, 'Z'))
		return 0;
	west = skip(s, '-');
	if ((!west && !skip(s, '+')) || take(s, 2, 2, &hours) != 0 || !skip(s, ':') ||
	    take(s, 2, 2, &minutes) != 0 || hours > 23 || minutes > 59)
		return -1;
	c->offset_s = (int)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return 0;
}

static bool
exists(const struct civil *c)
{
	bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;

	if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > month_days[c->month - 1])
		return false;
	if (c->month == 2 && c->day == 29 && !leap)
		return false;
	return c->hour < 24 && c->minute < 60 && c->second < 60;
}

static enum rfc3339_result
to_ns(const struct civil *c, int64_t *ns)
{
	int64_t seconds = days_of(c) * DAY_S + c->hour * 3600 + c->minute * 60 + c->second -
	    c->offset_s;
	int64_t fraction = c->ns;

	/* Towards zero, so that the product does not pass the end that the sum keeps clear of. */
	if (seconds < 0 && fraction != 0) {
		seconds++;
		fraction -= 1000000000;
	}
	if (__builtin_mul_overflow(seconds, INT64_C(1000000000), ns) ||
	    __builtin_add_overflow(*ns, fraction, ns)) {
		*ns = seconds < 0 ? INT64_MIN : INT64_MAX;
		return RFC3339_OVERFLOW;
	}
	return RFC3339_OK;
}

enum rfc3339_result
rfc3339_parse(struct slice text, int64_t *ns, bool *has_zone)
{
	struct civil c = { 0 };

	*has_zone = false;
	if (take_date(&text, &c) != 0 || (text.n != 0 && text.p[0] == '\n'))
		return RFC3339_NOT_A_TIME;
	if (text.n != 0) {
		bool with_zone = skip(&text, 'T');

		if ((!with_zone && !skip(&text, ' ')) || take_clock(&text, &c) != 0)
			return RFC3339_BAD_TIME;
		if (with_zone && take_zone(&text, &c) != 0)
			return RFC3339_BAD_TIME;
	}
	if (text.n != 0 || !exists(&c))
		return RFC3339_BAD_TIME;
	*has_zone = c.has_zone;
	return to_ns(&c, ns);
}
