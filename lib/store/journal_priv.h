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

#define JOURNAL_GAP_MAGIC UINT32_C(0x304a5257)	/* "WRJ0" */
#define JOURNAL_HOLE_MAGIC UINT32_C(0x2d4a5257)	/* "WRJ-" */

struct journal_gap {		/* bytes of a file where no whole frame is */
	uint64_t	 from, to;
	uint64_t	 bucket_id;	/* 0: whose they were is not known */
	uint32_t	 measurement_id;
	bool		 zeros;		/* never written */
};

/*
 * journal_append_any - journal_append whatever became of the schema
 */
int	 journal_append_any(struct store *store, struct buf *frames, struct err *err);

/*
 * journal_fill_head - a head that makes a gap a frame which readers pass over
 * journal_find_end - read a file: where its last whole frame ends; `gap` is told of gaps before it
 */
void	 journal_fill_head(char head[JOURNAL_HEAD_BYTES], uint32_t number,
	     const struct journal_gap *gap);
int	 journal_find_end(const struct env *env, uint32_t number,
	     int (*gap)(void *arg, const struct journal_gap *gap, struct err *err), void *arg,
	     uint64_t *end, struct err *err);

/*
 * journal_state_recover - the state, read while the environment is being opened
 *   returns  0, or an error number
 */
int	 journal_state_recover(struct env *env, struct journal_state *state);

#endif
