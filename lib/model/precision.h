/*
 * model/precision.h - units of time
 */
#ifndef WEIR_MODEL_PRECISION_H
#define WEIR_MODEL_PRECISION_H

#include "base/slice.h"

enum precision {
	PRECISION_AUTO = 0,	/* by magnitude, each point by itself */
	PRECISION_NS,
	PRECISION_US,
	PRECISION_MS,
	PRECISION_S,
	PRECISION_M,
	PRECISION_H,
};

/* The first and last time a point may have: one inside int64 at each end, as InfluxDB has it. */
#define TIME_MIN (-INT64_C(9223372036854775806))
#define TIME_MAX (INT64_C(9223372036854775806))

/*
 * precision_of_write - the unit named by the precision parameter of a write: ns n nanosecond, us
 *     microsecond, ms millisecond, s second, m, h, auto; "" is auto; `u` only if u_is_us
 *   returns  0, or -1 for any other word
 * precision_of_epoch - the unit named by the epoch parameter of a query: ns n u us µ µs ms s m h
 */
int	 precision_of_write(struct slice word, bool u_is_us, enum precision *out);
int	 precision_of_epoch(struct slice word, enum precision *out);

int64_t	 precision_ns(enum precision p);	/* ns in one unit; 1 for PRECISION_AUTO */

/*
 * precision_detect - the unit of one timestamp by its magnitude (http-api 5.6)
 */
enum precision precision_detect(int64_t t);

/*
 * precision_to_ns - t units as ns; -1 when the result is outside TIME_MIN .. TIME_MAX;
 *     PRECISION_AUTO takes the unit that precision_detect finds
 */
int	 precision_to_ns(int64_t t, enum precision p, int64_t *ns);

#endif
