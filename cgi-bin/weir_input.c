/*
 * cgi-bin/weir_input.c - files of lines that come in, with progress for whoever watches
 */
#include "weir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"

#define PIECE_BYTES	(1 << 20)
#define PROGRESS_NS	200000000

/* "cpu.lp: 120 of 480 MB, 35 MB/s", over and over on one line of a terminal */
static void
show_progress(struct weir_input *in)
{
	int64_t now = clock_monotonic_ns();
	double seconds = (double)(now - in->begun_ns) / 1e9;
	unsigned long long mb = in->n_read / 1000000;

	if (!in->progress || now - in->shown_ns < PROGRESS_NS)
		return;
	in->shown_ns = now;
	fputs("\r\033[K", stderr);
	weir_print_text(slice_from(in->name), stderr);
	fprintf(stderr, ": %llu", mb);
	if (in->size > 0)
		fprintf(stderr, " of %llu", (unsigned long long)in->size / 1000000);
	fprintf(stderr, " MB, %.0f MB/s", seconds > 0 ? (double)mb / seconds : 0.0);
}

void
weir_input_end_progress(const struct weir_input *in)
{
	if (in->progress && in->shown_ns != in->begun_ns)
		fputs("\r\033[K", stderr);
}

int
weir_input_next(void *from, struct slice *piece, struct err *err)
{
	struct weir_input *in = from;
	ssize_t n;

	show_progress(in);
	do
		n = read(in->fd, in->piece, PIECE_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, ERR_IO, "%s: %s", in->name, strerror(errno));
	*piece = slice_make(in->piece, (size_t)n);
	in->n_read += (uint64_t)n;
	return 0;
}

int
weir_input_open(struct weir_input *in, const char *name, struct err *err)
{
	bool standard = strcmp(name, "-") == 0;
	struct stat st;

	*in = (struct weir_input){ .name = standard ? "standard input" : name };
	in->fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
	if (fstat(in->fd, &st) == 0 && S_ISREG(st.st_mode))
		in->size = (uint64_t)st.st_size;
	in->piece = memory_alloc(PIECE_BYTES + BUF_SLACK);
	in->progress = isatty(STDERR_FILENO);
	in->begun_ns = in->shown_ns = clock_monotonic_ns();
	return 0;
}

void
weir_input_close(struct weir_input *in)
{
	free(in->piece);
	if (in->fd != STDIN_FILENO)
		close(in->fd);
}
