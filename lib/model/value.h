/*
 * model/value.h - one value of a field, a tag or a time
 */
#ifndef WEIR_MODEL_VALUE_H
#define WEIR_MODEL_VALUE_H

#include "base/slice.h"

enum value_type {		/* the first six are on disk: never renumber */
	VALUE_NULL = 0,
	VALUE_FLOAT = 1,
	VALUE_INTEGER = 2,
	VALUE_UNSIGNED = 3,
	VALUE_STRING = 4,
	VALUE_BOOLEAN = 5,
	VALUE_TAG = 6,		/* a string that is a tag's value: in queries alone */
	VALUE_TIME = 7,		/* ns since 1970 UTC in .i: in answers alone */
};

struct value {
	enum value_type	 type;
	union {
		double		 f;
		int64_t		 i;	/* VALUE_INTEGER, VALUE_TIME */
		uint64_t	 u;
		bool		 b;
		struct slice	 s;	/* VALUE_STRING, VALUE_TAG; borrowed */
	};
};

/*
 * A column's cell without its type: 8 bytes. Strings are kept beside (batch_column.strings), the
 * cell then being their index in .u.
 */
union cell {
	double		 f;
	int64_t		 i;
	uint64_t	 u;		/* VALUE_UNSIGNED, or 0/1 of a VALUE_BOOLEAN */
};

/*
 * value_type_name - "float", "integer", "unsigned", "string", "boolean", "tag", "time", "null"
 */
const char	*value_type_name(enum value_type type);

#endif
