/*
 * store/salvage.h - what can still be read of a damaged database into a new one
 */
#ifndef WEIR_STORE_SALVAGE_H
#define WEIR_STORE_SALVAGE_H

#include "store/store_priv.h"

/*
 * salvage - databases whose pages cannot all be read are made anew of those that can; others wait
 *   in     broken   which of them
 *   out    *whole   all that was committed is in the files; false: what was committed since the
 *                   last checkpoint is lost, as the log could not be replayed
 *   errs   ERR_IO, ERR_UNAVAILABLE  there is no room for the copy, or nothing can be written
 *   from   needs the right to compact; killed on the way, what there was is there, or all is done
 */
int	 salvage(struct store *store, const bool broken[N_STORE_DBS], bool *whole, struct err *err);

#endif
