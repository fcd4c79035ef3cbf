/*
 * store/chunk_table.h - chunks: rows of one series, packed
 *
 * The chunks of a series do not overlap in time. Only the compactor (compact.c) changes them.
 */
#ifndef WEIR_STORE_CHUNK_TABLE_H
#define WEIR_STORE_CHUNK_TABLE_H

#include "codec/codec.h"
#include "store/store_priv.h"

struct chunk_place {
	uint64_t	 bucket_id;
	uint32_t	 measurement_id;
	uint64_t	 series;
};

struct chunk_copy {		/* what was copied out of one chunk */
	struct codec_chunk head;
	struct slice	 times;
	struct slice	*columns;	/* by field asked for; .p NULL = the chunk has none, or not read */
	bool		 whole;		/* the columns were read */

	/* chunk_times.c's */
	uint64_t	 step;		/* from one row to the next; 0 = it is not always the same */
	int64_t		*decoded;	/* times of all rows, when somebody wanted them; or NULL */
};

struct chunk_reading {
	struct chunk_place place;
	int64_t		 from, to;	/* both included */
	bool		 descending;
	const uint32_t	*fields;
	size_t		 n_fields;
	size_t		 most_bytes;	/* stop after about so many; one chunk at least is read */
	bool		(*wants_columns)(void *arg, const struct codec_chunk *head);	/* NULL: yes */
	void		*arg;
	bool		(*ends_before)(void *arg, const struct codec_chunk *head);	/* NULL: no */
};

struct chunk_batch {
	struct chunk_copy *chunks;	/* in the order asked for; in txn->arena */
	size_t		 n;
	size_t		 n_bytes;	/* read for them */
	bool		 more;		/* there is another behind the last one */
	int64_t		 next_min, next_max;	/* its span of times */
	uint32_t	 next_rows;
};

/*
 * chunk_read - the chunks of one series
 * chunk_read_by - the same through a cursor of DB_CHUNKS that is open already, anywhere
 */
int	 chunk_read(struct txn *txn, const struct chunk_reading *reading, struct chunk_batch *batch,
	     struct err *err);
int	 chunk_read_by(struct txn *txn, struct txn_cursor *cursor,
	     const struct chunk_reading *reading, struct chunk_batch *batch, struct err *err);
int	 chunk_put(struct txn *txn, const struct chunk_place *place, int64_t first_time,
	     struct slice bytes, struct err *err);
int	 chunk_delete(struct txn *txn, const struct chunk_place *place, int64_t first_time,
	     struct err *err);

/*
 * chunk_last_series - the greatest series id that has a chunk; 0: none has
 */
int	 chunk_last_series(struct txn *txn, uint64_t bucket_id, uint32_t measurement_id,
	     uint64_t *series, struct err *err);

/*
 * chunk_head_at - the head of the chunk that a cursor of DB_CHUNKS is at
 */
int	 chunk_head_at(struct txn *txn, struct txn_cursor *cursor, struct codec_chunk *head,
	     struct err *err);

/*
 * chunk_key - of a chunk; chunk_prefix - of all chunks of a measurement
 * chunk_key_parse - the parts of a key; -1 when it is none
 */
#define CHUNK_KEY_BYTES 28
struct key chunk_key(struct arena *arena, const struct chunk_place *place, int64_t first_time);
struct key chunk_prefix(struct arena *arena, uint64_t bucket_id, uint32_t measurement_id);
int	 chunk_key_parse(struct slice key, struct chunk_place *place, int64_t *first_time);

#endif
