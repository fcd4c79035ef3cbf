/*
 * base/conf.h - a file of lines `name = value`
 *
 * Blank lines and lines whose first character is # are skipped; blanks around name and value go;
 * a value may stand in double quotes.
 */
#ifndef WEIR_BASE_CONF_H
#define WEIR_BASE_CONF_H

#include "base/err.h"
#include "base/slice.h"

/*
 * conf_read - call `set` for every line of a file
 *   in     set      returns 0, or -1 with *err filled, which ends the reading; conf_read puts
 *                   "PATH:LINE: " before that text
 *   returns         0; 1 when there is no such file; -1 with *err: unreadable, no `=`, refused by
 *                   set
 */
int	 conf_read(const char *path,
	     int (*set)(void *to, struct slice name, struct slice value, struct err *err), void *to,
	     struct err *err);

#endif
