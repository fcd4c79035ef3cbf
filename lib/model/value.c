/*
 * model/value.c - one value of a field, a tag or a time
 */
#include "model/value.h"

const char *
value_type_name(enum value_type type)
{
	switch (type) {
	case VALUE_NULL:
		return "null";
	case VALUE_FLOAT:
		return "float";
	case VALUE_INTEGER:
		return "integer";
	case VALUE_UNSIGNED:
		return "unsigned";
	case VALUE_STRING:
		return "string";
	case VALUE_BOOLEAN:
		return "boolean";
	case VALUE_TAG:
		return "tag";
	case VALUE_TIME:
		return "time";
	}
	return "unknown";
}
