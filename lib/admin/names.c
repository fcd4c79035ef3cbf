/*
 * admin/names.c - which names are names (http-api 6.2), and ids as text
 *
 * The owner of a store may use a few characters more for a bucket than a write that makes one:
 * blanks and dots, which InfluxDB 2 has in bucket names. What stands in a mapping is freer still.
 */
#include "admin/admin_priv.h"

#include <stdio.h>

#include "base/utf8.h"

int
admin_id_parse(struct slice text, uint64_t *id)
{
	uint64_t v = 0;

	if (text.n != ADMIN_ID_CHARS)
		return -1;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return -1;
	}
	*id = v;
	return v != 0 ? 0 : -1;
}

void
admin_id_format(char out[ADMIN_ID_CHARS + 1], uint64_t id)
{
	snprintf(out, ADMIN_ID_CHARS + 1, "%016llx", (unsigned long long)id);
}

static bool
is_written(uint32_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '/' ||
	    c == '_' || c == '-';
}

static bool
is_owned(uint32_t c)
{
	return is_written(c) || c == '.' || c == ' ';
}

/* The number of the first character that is not allowed, from 0; -1 when all are. */
static long
find_bad(struct slice name, bool (*allowed)(uint32_t c))
{
	for (long number = 0; name.n > 0; number++) {
		uint32_t rune;
		size_t n = utf8_next(name, &rune);

		if (!allowed(rune))
			return number;
		name = slice_make(name.p + n, name.n - n);
	}
	return -1;
}

int
admin_names_length(struct slice name, struct err *err)
{
	if (name.n == 0 || name.n > ADMIN_NAME_MAX)
		return err_set(err, ERR_INVALID,
		    "namespace name length must be between 1 and 64 characters");
	return 0;
}

static int
bad_character(struct slice name, long number, struct err *err)
{
	return err_set(err, ERR_INVALID,
	    "namespace name '" SLICE_FMT "' contains invalid character, "
	    "character number %ld is not allowed",
	    SLICE_ARG(utf8_cut(name, 256)), number);
}

int
admin_names_written(struct slice name, struct err *err)
{
	long bad = find_bad(name, is_written);

	return bad < 0 ? 0 : bad_character(name, bad, err);
}

bool
admin_names_impossible(struct slice name)
{
	return find_bad(name, is_owned) >= 0;
}

int
admin_names_bucket(struct slice name, struct err *err)
{
	long bad;

	if (name.n == 0 || name.n > ADMIN_NAME_MAX)
		return err_set(err, ERR_INVALID, "a bucket's name has 1 to %d bytes, found %zu",
		    ADMIN_NAME_MAX, name.n);
	bad = find_bad(name, is_owned);
	if (bad >= 0)
		return err_set(err, ERR_INVALID, "a bucket's name has letters, digits, / _ - . and "
		    "blanks; character %ld of \"" SLICE_FMT "\" is none of these", bad + 1,
		    SLICE_ARG(name));
	if (name.p[0] == ' ' || name.p[name.n - 1] == ' ')
		return err_set(err, ERR_INVALID,
		    "a bucket's name neither begins nor ends with a blank");
	return 0;
}

static bool
is_mappable(uint32_t c)
{
	return c >= 0x20 && c != 0x7f && c != '/' && c != '\\' && c != 0xfffd;
}

int
admin_names_mapping(const char *what, struct slice name, struct err *err)
{
	if (name.n == 0)
		return err_set(err, ERR_INVALID, "%s is missing", what);
	if (name.n > ADMIN_NAME_MAX)
		return err_set(err, ERR_INVALID, "%s has at most %d bytes, found %zu", what,
		    ADMIN_NAME_MAX, name.n);
	if (find_bad(name, is_mappable) >= 0 || slice_eq(name, SLICE(".")) ||
	    slice_eq(name, SLICE("..")))
		return err_set(err, ERR_INVALID,
		    "%s has printable characters without / and \\, and is not . or ..", what);
	return 0;
}

bool
admin_names_known(struct slice name)
{
	return name.n > 0 && name.n <= 2 * ADMIN_NAME_MAX + 1 && slice_find(name, '\0') == name.n;
}
