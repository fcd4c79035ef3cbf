/*
 * base/err.c - what went wrong, in words a client may read
 *
 * The text is formatted aside and copied, so that an error may be wrapped into itself:
 * err_set(err, err->code, "reading x: %s", err->text).
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/slice.h"
#include "base/utf8.h"

struct err_row {
	int		 status;
	const char	*word;
};

static const struct err_row rows[ERR_N_CODES] = {
#define ERR_ROW(name, status, word) [name] = { status, word },
#include "base/err_codes.h"
#undef ERR_ROW
};

int
err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX + 4];	/* 4 more, to see whether the cut splits a character */
	struct slice kept;
	va_list args;
	int n;

	if (err == NULL)
		return -1;
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kept = slice_make(text, n < 0 ? 0 : strlen(text));
	kept = utf8_cut(kept, ERR_TEXT_MAX - 1);
	memcpy(err->text, text, kept.n);
	err->text[kept.n] = '\0';
	err->code = code;
	return -1;
}

int
err_come_back(struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, ERR_COME_BACK_TEXT);
}

static const struct err_row *
row_of(enum err_code code)
{
	return &rows[(unsigned)code < ERR_N_CODES ? code : ERR_INTERNAL];
}

int
err_status(enum err_code code)
{
	return row_of(code)->status;
}

const char *
err_word(enum err_code code)
{
	return row_of(code)->word;
}
