/*
 * base/log.c - one line to standard error per real problem
 *
 * A line goes out by one write, so that lines of several processes do not mix. Control characters,
 * which a client may have sent, become question marks: a line stays one line. A trouble that every
 * request meets would fill the log, and with it perhaps the disk that is full already: a line that
 * a process has said is not said again for a minute.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"

#define LINE_MAX_BYTES 2048
#define N_SAID 16
#define SAY_AGAIN_NS (INT64_C(60) * 1000000000)

static const char *name = "weir";

static struct said {			/* the lines that were said last */
	uint64_t	 hash;
	int64_t		 at_ns;
	unsigned	 n_since;	/* so often it would have been said again */
} said[N_SAID];

/*
 * May a line go out? *n_since: how often it did not since the last time.
 */
static bool
is_due(const char *line, size_t n, unsigned *n_since)
{
	uint64_t hash = hash_stable(line, n);
	int64_t now = clock_monotonic_ns();
	struct said *oldest = said;

	for (size_t i = 0; i < N_SAID; i++) {
		if (said[i].at_ns != 0 && said[i].hash == hash) {
			oldest = &said[i];
			if (now - oldest->at_ns < SAY_AGAIN_NS) {
				oldest->n_since++;
				return false;
			}
			break;
		}
		if (said[i].at_ns < oldest->at_ns)
			oldest = &said[i];
	}
	*n_since = oldest->hash == hash ? oldest->n_since : 0;
	*oldest = (struct said){ hash, now, 0 };
	return true;
}

static void	 put(const char *kind, const char *fmt, va_list args)
		     __attribute__((format(printf, 2, 0)));

static void
put(const char *kind, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES + 64];
	int saved = errno;
	unsigned n_since;
	size_t n;

	snprintf(line, LINE_MAX_BYTES, "%s: %s: ", name, kind);
	n = strlen(line);
	vsnprintf(line + n, LINE_MAX_BYTES - n, fmt, args);
	for (n = 0; line[n] != '\0'; n++)
		if ((unsigned char)line[n] < ' ' || line[n] == 0x7F)
			line[n] = '?';
	if (!is_due(line, n, &n_since)) {
		errno = saved;
		return;
	}
	if (n_since > 0)
		n += (size_t)snprintf(line + n, 64, " (and %u times more since it was said)", n_since);
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
