/*
 * store/log_file.h - Berkeley DB's log, read past it
 */
#ifndef WEIR_STORE_LOG_FILE_H
#define WEIR_STORE_LOG_FILE_H

#include "store/store_priv.h"

struct log_damage {
	const char	*file;
	uint64_t	 at;		/* byte */
	bool		 mended;	/* it is one flipped bit, and if that was asked for, it is turned back */
};

/*
 * log_look - verify every record of every file of the log
 *   in     mend     turn back what one flipped bit has damaged
 *          found    is told of damage: of more than one bit only where whole records follow it, as
 *                   that is where the log of a machine that stopped may end as well
 *   errs   ERR_IO
 *   from   with the lock, or where nobody is inside
 */
int	 log_look(const struct env *env, bool mend, void (*found)(void *arg,
	     const struct log_damage *damage), void *arg, struct err *err);

#endif
