/*
 * store/shrink.h - free pages of a database back to the file system
 */
#ifndef WEIR_STORE_SHRINK_H
#define WEIR_STORE_SHRINK_H

#include "store/store_priv.h"

#define SHRINK_SLACK (256u << 20)

/*
 * shrink_database - cut it to about what it holds, in short sections
 * shrink_is_worth_it - is its file over SHRINK_SLACK and four times what it holds?
 */
int	 shrink_database(struct store *store, enum store_db which, struct err *err);
bool	 shrink_is_worth_it(const struct store *store, const char *file, uint64_t holds);

#endif
