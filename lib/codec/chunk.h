/*
 * codec/chunk.h - the fixed part of a chunk's head, for those who write it and those who read it
 */
#ifndef WEIR_CODEC_CHUNK_H
#define WEIR_CODEC_CHUNK_H

#include "codec/codec_priv.h"

#define CHUNK_MAGIC	'K'
#define CHUNK_FORMAT	1
#define CHUNK_HEAD	32	/* bytes before the directory of columns */

#define CHUNK_TYPE	0x07	/* of a column's first byte in the directory */
#define CHUNK_SPARSE	0x08	/* not every row has a value */
#define CHUNK_DECIMALS	0x10	/* a float's min, max, first and last are whole numbers / 10^k */
#define CHUNK_MARKS	(CHUNK_TYPE | CHUNK_SPARSE | CHUNK_DECIMALS)

enum chunk_presence {		/* on disk: never renumber */
	CHUNK_BITMAP = 0,
	CHUNK_RUNS = 1,
};

#endif
