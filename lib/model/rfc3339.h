/*
 * model/rfc3339.h - times as text (RFC 3339), years 1677 to 2262
 *
 * Days are turned into dates by Hinnant's algorithm ("chrono-Compatible Low-Level Date
 * Algorithms", 2013); the text of a day is kept while the day is the same.
 */
#ifndef WEIR_MODEL_RFC3339_H
#define WEIR_MODEL_RFC3339_H

#include "base/buf.h"

struct rfc3339_day {		/* { 0 } to begin with; kept by whoever prints many times */
	bool	 known;
	int64_t	 day;
	char	 text[16];	/* 2020-01-31T */
};

/*
 * rfc3339_put - 2020-01-31T15:04:05.5Z: as many decimals as needed, no trailing zeros
 *   in     offset_s  seconds east of UTC: 0 prints Z, others +01:00
 */
void	 rfc3339_put(struct buf *b, struct rfc3339_day *day, int64_t ns, int offset_s);

enum rfc3339_result { RFC3339_OK, RFC3339_NOT_A_TIME, RFC3339_BAD_TIME, RFC3339_OVERFLOW };

/*
 * rfc3339_parse - a time literal of InfluxQL: date, date time, with up to 9 decimals, or RFC 3339
 *   out    *ns       ns since 1970 UTC, the text read as UTC when it has no zone
 *          *has_zone whether it had one
 *   returns          NOT_A_TIME when it has not the shape of a time at all, BAD_TIME when it has
 *                    but is none (month 13), OVERFLOW when int64 ns cannot hold it: *ns is then
 *                    INT64_MIN or INT64_MAX, whichever it is beyond
 */
enum rfc3339_result rfc3339_parse(struct slice text, int64_t *ns, bool *has_zone);

#endif
