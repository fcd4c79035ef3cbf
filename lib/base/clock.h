/*
 * base/clock.h - the time now, in nanoseconds
 */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdint.h>

int64_t	 clock_now_ns(void);		/* since 1970-01-01T00:00:00Z */
int64_t	 clock_monotonic_ns(void);	/* for durations; never goes back */

#endif
