/*
 * store/shrink.h - free pages of a database back to the file system
 */
#ifndef WEIR_STORE_SHRINK_H
#define WEIR_STORE_SHRINK_H

#include "store/store_priv.h"

/*
 * shrink_database - cut it to about what it holds, in short sections
 */
int	 shrink_database(struct store *store, enum store_db which, struct err *err);

#endif
