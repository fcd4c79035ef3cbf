/*
 * write/write.h - a body of line protocol into a bucket, and what to tell about it
 *
 * Conductor: finds the destination, takes the body piece by piece, has each window parsed and
 * stored, makes sure at the end that all of it is on disk, and words the report of the lines that
 * were refused. It knows nothing of HTTP: a request says where the bytes come from.
 */
#ifndef WEIR_WRITE_WRITE_H
#define WEIR_WRITE_WRITE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "model/grants.h"
#include "model/precision.h"
#include "store/store.h"

struct write_memory;

/*
 * write_memory_new - what a process keeps between writes: series it has seen, and buffers
 *   in     limit_bytes  of the series of all buckets; those of a bucket long unused go first
 */
struct write_memory	*write_memory_new(size_t limit_bytes);
void			 write_memory_free(struct write_memory *memory);

enum write_to {
	WRITE_TO_DATABASE,	/* database and policy, mapped; made if need be (http-api 7.1, 7.2) */
	WRITE_TO_BUCKET,	/* a bucket's name or id */
};

struct write_request {
	struct store	*store;
	struct write_memory *memory;
	struct arena	*arena;		/* of the request; the report's text is taken from it */
	const struct grants *grants;
	enum write_to	 to;
	struct slice	 database, policy;	/* WRITE_TO_DATABASE */
	struct slice	 bucket;		/* WRITE_TO_BUCKET */
	int64_t		 retention_ns;	/* of a bucket that is made; 0 = for ever */
	enum precision	 precision;
	uint32_t	 max_columns;	/* of a measurement, time included */
	uint64_t	 first_line;	/* the number of the body's first line, for the report; 0: 1 */
	int		(*next)(void *from, struct slice *piece, struct err *err);
					/* the next piece of the body, cut anywhere; empty at the end.
					   LINE_SLACK readable bytes follow it */
	void		*from;
};

struct write_report {
	enum err_code	 code;		/* ERR_NONE: every line is stored. ERR_INVALID: some or none;
					   ERR_UNPROCESSABLE: the others are older than the bucket
					   keeps */
	struct slice	 text;		/* for the client, unless ERR_NONE */
	uint64_t	 line;		/* the first line that was refused */
	uint64_t	 n_stored, n_rejected;
};

/*
 * write_points - store a body
 *   errs   those of admin_bucket_resolve and admin_dbrp_resolve, before anything of the body is read
 *          those of request->next
 *          ERR_NOT_FOUND    the bucket is gone
 *          ERR_UNAVAILABLE  the store is busy, the disk is full or failed; a part may be stored, and
 *                           the same body may be sent again
 *   when it returns 0, what is stored is on disk
 */
int	 write_points(const struct write_request *request, struct write_report *report,
	     struct err *err);

#endif
