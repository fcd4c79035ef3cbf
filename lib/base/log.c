/*
 * base/log.c - one line to standard error per real problem
 *
 * A line goes out by one write, so that lines of several processes do not mix. Control characters,
 * which a client may have sent, become question marks: a line stays one line.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *name = "weir";

static void	 put(const char *kind, const char *fmt, va_list args)
		     __attribute__((format(printf, 2, 0)));

static void
put(const char *kind, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES];
	int saved = errno;
	size_t n;

	snprintf(line, sizeof(line) - 1, "%s: %s: ", name, kind);
	n = strlen(line);
	vsnprintf(line + n, sizeof(line) - 1 - n, fmt, args);
	for (n = 0; line[n] != '\0'; n++)
		if ((unsigned char)line[n] < ' ' || line[n] == 0x7F)
			line[n] = '?';
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		n = 0;			/* there is nobody left to tell */
	errno = saved;
}

void
log_name(const char *program)
{
	name = program;
}

void
log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put("error", fmt, args);
	va_end(args);
}

void
log_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put("warning", fmt, args);
	va_end(args);
}
