/*
 * write/write_priv.h - what the files of this room share
 */
#ifndef WEIR_WRITE_PRIV_H
#define WEIR_WRITE_PRIV_H

#include "base/buf.h"
#include "line/line.h"
#include "write/write.h"

#define WRITE_BUCKETS_KEPT 16

struct write_known {
	uint64_t	 bucket_id;	/* 0: of a bucket that is not made yet */
	uint64_t	 used;		/* when, in writes */
	struct line_memo *memo;		/* NULL: a free place */
};

struct write_memory {
	size_t		 limit_bytes;
	uint64_t	 n_writes;
	struct write_known known[WRITE_BUCKETS_KEPT];
	struct arena	*batch;		/* of the batch in hand */
	struct buf	 window;	/* of the body: what is not parsed yet */
};

/*
 * memory.c
 *
 * write_memory_of - what is known of a bucket, or of the one that may be made (0); good until
 *     write_memory_trim
 * write_memory_name - the one that was 0 is this bucket
 * write_memory_trim - a write is done: give back what passes the limits
 */
struct write_known *write_memory_of(struct write_memory *memory, uint64_t bucket_id);
void	 write_memory_name(struct write_memory *memory, struct write_known *known,
	     uint64_t bucket_id);
void	 write_memory_trim(struct write_memory *memory);

/*
 * write_report_fill - (report.c) the words for what was refused, http-api 5.8
 */
void	 write_report_fill(struct write_report *report, const struct batch_rejects *rejects,
	     uint64_t n_stored, struct arena *arena);

#endif
