/*
 * model/zone.h - a time zone: what a clock on its walls shows
 *
 * A zone is made from the bytes of a TZif file (RFC 8536): a list of instants at which the offset
 * changes, and a rule ("CET-1CEST,M3.5.0,M10.5.0/3") for all later times. Offsets are seconds east
 * of UTC. Where a zone may be NULL, NULL is UTC.
 */
#ifndef WEIR_MODEL_ZONE_H
#define WEIR_MODEL_ZONE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct zone;

/*
 * zone_parse - a zone from the bytes of a TZif file
 *   owns   the zone is the arena's and borrows nothing
 *   errs   ERR_CORRUPT  not a TZif file
 */
int	 zone_parse(struct slice bytes, struct arena *arena, struct zone **zone, struct err *err);

/*
 * zone_offset - seconds east of UTC at an instant (ns since 1970 UTC)
 * zone_offset_ns - the same in ns
 */
int	 zone_offset(const struct zone *zone, int64_t ns);
int64_t	 zone_offset_ns(const struct zone *zone, int64_t ns);

/*
 * zone_to_utc - the instant at which the zone's clock shows a local time (ns since 1970 as if it
 *     were UTC). Where the clock was changed, Go's time.Date is followed, as InfluxDB does: a time
 *     that is skipped is read with the offset before the gap; of a time shown twice the later one
 *     is taken east of Greenwich, the first one west of it. Saturates at the ends of int64.
 */
int64_t	 zone_to_utc(const struct zone *zone, int64_t local_ns);

#endif
