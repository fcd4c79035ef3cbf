/*
 * model/zone.c - when a zone's clock was changed, and by how much
 *
 * A TZif file (RFC 8536) holds the same data twice, first with times of 32 bits and then, from
 * version 2 on, with times of 64 bits and a footer: a rule as POSIX writes TZ, which tells the
 * offset after the last change listed.
 *
 *     "TZif" version counts ── changes[n] ── kind of each[n] ── kinds (offset, dst, name)
 *     "TZif" version counts ── the same with wider times ── "\n" rule "\n"
 *
 * A lookup gives an offset and the span of instants for which it holds, from <= t < to, in seconds
 * since 1970 UTC; what is asked of a zone is answered from that.
 */
#include "model/zone.h"

#include <stdlib.h>

#define HEADER_BYTES	44
#define CHANGES_MAX	65536
#define SECONDS_A_DAY	86400
#define NS_A_SECOND	INT64_C(1000000000)

enum rule_kind {
	RULE_JULIAN,		/* Jn: 1 .. 365, February 29 never counted */
	RULE_DAY,		/* n: 0 .. 365 */
	RULE_MONTH,		/* Mm.w.d: the w-th day d of the month, 5 = the last */
};

struct rule_date {
	enum rule_kind	 kind;
	int		 day, week, month;
	int		 seconds;	/* after midnight, by the clock before the change */
};

struct zone {
	int64_t		*changes;	/* seconds since 1970 UTC, rising */
	int32_t		*offsets;	/* from changes[i] on */
	size_t		 n;
	int32_t		 before;	/* the first change */
	bool		 has_rule;	/* for what follows the last change */
	bool		 rule_has_dst;
	int32_t		 standard, dst;
	struct rule_date start, end;	/* of dst, in a year */
};

struct span {
	int32_t		 offset;
	int64_t		 from, to;
};

/* ---- dates ---- */

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/*
 * Days from 1970-01-01 to the first of a month (Hinnant, days_from_civil).
 */
static int64_t
days_to_month(int64_t year, int month)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
year_of(int64_t seconds)
{
	int64_t z = floor_div(seconds, SECONDS_A_DAY) + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);

	return yoe + era * 400 + (doy >= 306);	/* the era's years begin in March */
}

/*
 * When a rule strikes in a year: seconds since 1970 on the zone's own clock.
 */
static int64_t
rule_time(const struct rule_date *rule, int64_t year)
{
	int64_t day;

	if (rule->kind == RULE_MONTH) {
		int64_t first = days_to_month(year, rule->month);
		int64_t next = rule->month == 12 ? days_to_month(year + 1, 1) :
		    days_to_month(year, rule->month + 1);
		int64_t weekday = ((first + 4) % 7 + 7) % 7;	/* 1970-01-01 was a Thursday */

		day = first + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
		if (day >= next)
			day -= 7;
	} else {
		day = days_to_month(year, 1) + rule->day;
		if (rule->kind == RULE_JULIAN)
			day += is_leap(year) && rule->day >= 60 ? 0 : -1;
	}
	return day * SECONDS_A_DAY + rule->seconds;
}

/* ---- lookup ---- */

/*
 * The span of a rule around t: two changes a year, so those of the years before and after are the
 * nearest that can matter.
 */
static struct span
rule_span(const struct zone *zone, int64_t t)
{
	struct span span = { zone->standard, INT64_MIN, INT64_MAX };
	int64_t year;

	if (!zone->rule_has_dst)
		return span;
	year = year_of(t);
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t starts = rule_time(&zone->start, y) - zone->standard;
		int64_t ends = rule_time(&zone->end, y) - zone->dst;

		if (starts <= t && starts >= span.from) {
			span.from = starts;
			span.offset = zone->dst;
		}
		if (ends <= t && ends >= span.from) {
			span.from = ends;
			span.offset = zone->standard;
		}
		if (starts > t && starts < span.to)
			span.to = starts;
		if (ends > t && ends < span.to)
			span.to = ends;
	}
	return span;
}

static struct span
lookup(const struct zone *zone, int64_t t)
{
	size_t low = 0, high = zone->n;	/* changes[low - 1] <= t < changes[high] */
	struct span span;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->changes[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == zone->n && zone->has_rule) {
		span = rule_span(zone, t);
		if (zone->n != 0 && span.from < zone->changes[zone->n - 1])
			span.from = zone->changes[zone->n - 1];
		return span;
	}
	span.offset = low == 0 ? zone->before : zone->offsets[low - 1];
	span.from = low == 0 ? INT64_MIN : zone->changes[low - 1];
	span.to = low == zone->n ? INT64_MAX : zone->changes[low];
	return span;
}

int
zone_offset(const struct zone *zone, int64_t ns)
{
	return zone == NULL ? 0 : lookup(zone, floor_div(ns, NS_A_SECOND)).offset;
}

int64_t
zone_offset_ns(const struct zone *zone, int64_t ns)
{
	return zone_offset(zone, ns) * NS_A_SECOND;
}

int64_t
zone_to_utc(const struct zone *zone, int64_t local_ns)
{
	struct span span;
	int64_t local, utc, ns;

	if (zone == NULL)
		return local_ns;
	local = floor_div(local_ns, NS_A_SECOND);
	span = lookup(zone, local);
	utc = local - span.offset;
	if (utc < span.from)
		span = lookup(zone, span.from - 1);
	else if (utc >= span.to)
		span = lookup(zone, span.to);
	if (__builtin_sub_overflow(local_ns, span.offset * NS_A_SECOND, &ns))
		return local_ns < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

/* ---- the rule of the footer ---- */

/*
 * number = digit { digit }; at most `max`.
 */
static bool
read_number(struct slice *in, int max, int *out)
{
	int value = 0;
	size_t i = 0;

	while (i < in->n && in->p[i] >= '0' && in->p[i] <= '9' && i < 6)
		value = value * 10 + (in->p[i++] - '0');
	*in = slice_make(in->p + i, in->n - i);
	*out = value;
	return i != 0 && value <= max;
}

static bool
read_char(struct slice *in, char c)
{
	if (in->n == 0 || in->p[0] != c)
		return false;
	*in = slice_make(in->p + 1, in->n - 1);
	return true;
}

/*
 * time = [ "+" | "-" ] hours [ ":" minutes [ ":" seconds ] ]
 */
static bool
read_time(struct slice *in, int *seconds)
{
	bool negative = read_char(in, '-');
	int part;

	if (!negative)
		(void)read_char(in, '+');
	if (!read_number(in, 167, &part))
		return false;
	*seconds = part * 3600;
	if (read_char(in, ':')) {
		if (!read_number(in, 59, &part))
			return false;
		*seconds += part * 60;
		if (read_char(in, ':')) {
			if (!read_number(in, 59, &part))
				return false;
			*seconds += part;
		}
	}
	if (negative)
		*seconds = -*seconds;
	return true;
}

/*
 * name = letter { letter } | "<" { any } ">"
 */
static bool
read_name(struct slice *in)
{
	size_t i = 0;

	if (read_char(in, '<')) {
		i = slice_find(*in, '>');
		if (i == in->n)
			return false;
		i++;
	} else {
		while (i < in->n && ((in->p[i] | 0x20) >= 'a' && (in->p[i] | 0x20) <= 'z'))
			i++;
		if (i == 0)
			return false;
	}
	*in = slice_make(in->p + i, in->n - i);
	return true;
}

/*
 * date = ( "J" day | day | "M" month "." week "." weekday ) [ "/" time ]
 */
static bool
read_date(struct slice *in, struct rule_date *rule)
{
	rule->seconds = 2 * 3600;
	if (read_char(in, 'M')) {
		rule->kind = RULE_MONTH;
		if (!read_number(in, 12, &rule->month) || rule->month < 1 || !read_char(in, '.') ||
		    !read_number(in, 5, &rule->week) || rule->week < 1 || !read_char(in, '.') ||
		    !read_number(in, 6, &rule->day))
			return false;
	} else {
		rule->kind = read_char(in, 'J') ? RULE_JULIAN : RULE_DAY;
		if (!read_number(in, 365, &rule->day) ||
		    (rule->kind == RULE_JULIAN && rule->day < 1))
			return false;
	}
	return !read_char(in, '/') || read_time(in, &rule->seconds);
}

/*
 * rule = name offset [ name [ offset ] "," date "," date ]; offsets are seconds WEST here.
 */
static bool
read_rule(struct slice in, struct zone *zone)
{
	int west;

	if (!read_name(&in) || !read_time(&in, &west))
		return false;
	zone->standard = -west;
	if (in.n == 0)
		return true;
	if (!read_name(&in))
		return false;
	zone->dst = zone->standard + 3600;
	if (in.n != 0 && in.p[0] != ',') {
		if (!read_time(&in, &west))
			return false;
		zone->dst = -west;
	}
	zone->rule_has_dst = true;
	return read_char(&in, ',') && read_date(&in, &zone->start) &&
	    read_char(&in, ',') && read_date(&in, &zone->end) && in.n == 0;
}

/* ---- the file ---- */

struct counts {
	uint32_t	 utc, standard, leaps, changes, kinds, names;
};

static uint32_t
be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t
be64(const char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool
read_header(struct slice *in, struct counts *counts, int *version)
{
	const char *p = in->p;

	if (in->n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
		return false;
	*version = p[4] == 0 ? 1 : p[4] - '0';
	counts->utc = be32(p + 20);
	counts->standard = be32(p + 24);
	counts->leaps = be32(p + 28);
	counts->changes = be32(p + 32);
	counts->kinds = be32(p + 36);
	counts->names = be32(p + 40);
	*in = slice_make(p + HEADER_BYTES, in->n - HEADER_BYTES);
	return counts->changes <= CHANGES_MAX && counts->kinds >= 1 && counts->kinds <= 256 &&
	    counts->leaps <= CHANGES_MAX && counts->names <= CHANGES_MAX &&
	    counts->utc <= 256 && counts->standard <= 256;
}

static size_t
block_bytes(const struct counts *c, size_t time_bytes)
{
	return (size_t)c->changes * (time_bytes + 1) + (size_t)c->kinds * 6 + c->names +
	    (size_t)c->leaps * (time_bytes + 4) + c->standard + c->utc;
}

static bool
read_block(struct slice in, const struct counts *c, size_t time_bytes, struct arena *arena,
    struct zone *zone)
{
	const char *times = in.p, *kind_of = times + c->changes * time_bytes;
	const char *kinds = kind_of + c->changes;

	zone->n = c->changes;
	zone->changes = arena_array(arena, int64_t, c->changes + 1);
	zone->offsets = arena_array(arena, int32_t, c->changes + 1);
	zone->before = (int32_t)be32(kinds);
	for (size_t i = 0; i < zone->n; i++) {
		size_t kind = (unsigned char)kind_of[i];

		zone->changes[i] = time_bytes == 8 ? be64(times + 8 * i) :
		    (int32_t)be32(times + 4 * i);
		if (kind >= c->kinds || (i != 0 && zone->changes[i] <= zone->changes[i - 1]))
			return false;
		zone->offsets[i] = (int32_t)be32(kinds + 6 * kind);
		if (abs(zone->offsets[i]) > 2 * SECONDS_A_DAY)
			return false;
	}
	return abs(zone->before) <= 2 * SECONDS_A_DAY;
}

int
zone_parse(struct slice bytes, struct arena *arena, struct zone **out, struct err *err)
{
	struct zone *zone = arena_zalloc(arena, sizeof(*zone));
	struct slice in = bytes;
	struct counts counts;
	size_t time_bytes = 4, n;
	int version;

	if (!read_header(&in, &counts, &version) || (n = block_bytes(&counts, 4)) > in.n)
		goto bad;
	if (version >= 2) {
		in = slice_make(in.p + n, in.n - n);
		time_bytes = 8;
		if (!read_header(&in, &counts, &version) || (n = block_bytes(&counts, 8)) > in.n)
			goto bad;
	}
	if (!read_block(in, &counts, time_bytes, arena, zone))
		goto bad;
	in = slice_make(in.p + n, in.n - n);
	if (version >= 2 && read_char(&in, '\n')) {
		struct slice rule = slice_make(in.p, slice_find(in, '\n'));

		if (rule.n != 0 && !read_rule(rule, zone))
			goto bad;
		zone->has_rule = rule.n != 0;
	}
	*out = zone;
	return 0;
bad:
	return err_set(err, ERR_CORRUPT, "not a time zone file");
}
