/*
 * store/journal_priv.h - what the files of the journal share
 */
#ifndef WEIR_STORE_JOURNAL_PRIV_H
#define WEIR_STORE_JOURNAL_PRIV_H

#include "store/journal.h"

#define JOURNAL_MAGIC UINT32_C(0x314a5257)	/* "WRJ1" */

/*
 * A frame of a record of n bytes, padded.
 */
static inline size_t
journal_frame_bytes(size_t n)
{
	return (JOURNAL_HEAD_BYTES + n + 7) & ~(size_t)7;
}

/*
 * journal_state_recover - the state, read while the environment is being opened
 *   returns  0, or an error number
 */
int	 journal_state_recover(struct env *env, struct journal_state *state);

#endif
