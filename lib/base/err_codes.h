/*
 * base/err_codes.h - one row per kind of error: name, HTTP status, the API's "code" word
 *
 * Expanded wherever a table of codes is needed: define ERR_ROW(name, status, word), include this
 * file, undefine it. Statuses and words are those of an InfluxDB v2 error body.
 */
ERR_ROW(ERR_NONE,		200, "ok")
ERR_ROW(ERR_INVALID,		400, "invalid")			/* bad parameter, bad line, bad encoding */
ERR_ROW(ERR_SYNTAX,		400, "invalid")			/* text that its parser refused */
ERR_ROW(ERR_UNAUTHORIZED,	401, "unauthorized")		/* no or unknown credential */
ERR_ROW(ERR_FORBIDDEN,		403, "forbidden")		/* known, but without the grant */
ERR_ROW(ERR_NOT_FOUND,		404, "not found")
ERR_ROW(ERR_METHOD,		405, "method not allowed")
ERR_ROW(ERR_TOO_LARGE,		413, "request too large")
ERR_ROW(ERR_CONFLICT,		422, "conflict")		/* exists already */
ERR_ROW(ERR_UNPROCESSABLE,	422, "unprocessable entity")	/* points outside the retention period */
ERR_ROW(ERR_TOO_MANY,		429, "too many requests")
ERR_ROW(ERR_LIMIT,		500, "internal error")		/* a limit on rows, memory or time was met */
ERR_ROW(ERR_INTERNAL,		500, "internal error")
ERR_ROW(ERR_CORRUPT,		500, "internal error")		/* a record fails its checksum or its format */
ERR_ROW(ERR_IO,			500, "internal error")
ERR_ROW(ERR_NOT_IMPLEMENTED,	501, "not implemented")
ERR_ROW(ERR_UNAVAILABLE,	503, "unavailable")		/* busy, disk full, store cannot be opened */
ERR_ROW(ERR_GONE,		499, "client closed request")	/* nobody is there to answer */
