/*
 * base/err.h - what went wrong, in words a client may read
 *
 * A function that can be refused by the world takes a `struct err *` last and returns 0 or -1.
 * The text has a fixed size, so that reporting an error cannot itself fail.
 */
#ifndef WEIR_BASE_ERR_H
#define WEIR_BASE_ERR_H

enum err_code {
#define ERR_ROW(name, status, word) name,
#include "base/err_codes.h"
#undef ERR_ROW
	ERR_N_CODES
};

#define ERR_TEXT_MAX 1024

struct err {
	enum err_code	 code;
	char		 text[ERR_TEXT_MAX];	/* NUL-terminated, cut at a whole UTF-8 character */
};

/*
 * err_set - fill `err` (which may be NULL: then nothing is kept) and return -1
 */
int		 err_set(struct err *err, enum err_code code, const char *fmt, ...)
		     __attribute__((format(printf, 3, 4)));

/*
 * err_come_back - ERR_UNAVAILABLE in the words that clients of the API know: "this service is
 *                 overloaded, please try again later"; returns -1
 */
#define ERR_COME_BACK_TEXT "this service is overloaded, please try again later"
int		 err_come_back(struct err *err);

/*
 * err_status - the HTTP status of a code; err_word - its "code" word in an error body
 */
int		 err_status(enum err_code code);
const char	*err_word(enum err_code code);

#endif
