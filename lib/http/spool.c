/*
 * http/spool.c - a file without a name for a body too long for memory
 *
 * It is gone when its descriptor is closed, however the process ends.
 */
#define _GNU_SOURCE		/* O_TMPFILE, mkostemp */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "http/http_priv.h"

static int
open_named(const char *dir)
{
	char path[4096];
	int fd;

	if (snprintf(path, sizeof(path), "%s/weir-body-XXXXXX", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd != -1)
		unlink(path);
	return fd;
}

static int
refuse(struct err *err, const char *doing, const char *what)
{
	log_error("%s %s: %s", doing, what, strerror(errno));
	return err_come_back(err);
}

int
http_spool_open(const char *dir, struct err *err)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd == -1)
		fd = open_named(dir);	/* not every file system knows O_TMPFILE */
	return fd != -1 ? fd : refuse(err, "making a spool file in", dir);
}

int
http_spool_append(int fd, const char *p, size_t n, struct err *err)
{
	while (n != 0) {
		ssize_t put = write(fd, p, n);

		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return refuse(err, "writing", "a spool file");
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

int
http_spool_read(int fd, uint64_t at, char *p, size_t n, struct err *err)
{
	while (n != 0) {
		ssize_t got = pread(fd, p, n, (off_t)at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_set(err, ERR_IO, "a spool file cannot be read back");
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}
