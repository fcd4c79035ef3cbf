/*
 * tests/crash/fail_shim.c - calls on a store's files that fail as a plan says
 *
 * Preloaded into weir's programs. FAIL_HOME is a home, FAIL_PLAN a file of rules beside it, read at
 * every call, so that programs that stay up go into failure when it is written and out of it when it
 * is removed. A rule is a line
 *
 *     CALLS  ERRNO  FROM  TO  FILES
 *
 * CALLS are names of the table below between commas; open with O_CREAT is "create". FILES is a pattern of names in the
 * home, "." being the home itself. Calls that meet a rule are numbered from 1 on, over all processes,
 * in FAIL_PLAN.count; those from FROM to TO fail (TO 0: all), and are told in FAIL_PLAN.log. With a +
 * behind the ERRNO a write that fails has brought half of its bytes to the file.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shim.h"

enum call { WRITE, SYNC, TRUNCATE, ALLOCATE, CREATE, OPEN, MAP, RENAME, UNLINK, READ, N_CALLS };

static const char *const call_names[N_CALLS] = {
	"write", "sync", "truncate", "allocate", "create", "open", "map", "rename", "unlink", "read",
};

static const struct { const char *name; int number; } errors[] = {
	{ "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "EROFS", EROFS },
	{ "EACCES", EACCES }, { "EMFILE", EMFILE }, { "ENFILE", ENFILE }, { "ENOMEM", ENOMEM },
	{ "EFBIG", EFBIG }, { "EINTR", EINTR },
};

struct rule {
	char		 calls[64], error[16], files[64];
	long		 from, to;
};

/* ---- which file is it? ---- */

static int
path_at(int directory, const char *name, char path[PATH_MAX])
{
	size_t n = 0;

	if (name[0] != '/' && directory != AT_FDCWD) {
		if (shim_path(directory, path) != 0)
			return -1;
		n = strlen(path);
		path[n++] = '/';
	}
	if (n + strlen(name) >= PATH_MAX)
		return -1;
	strcpy(path + n, strcmp(name, ".") == 0 && n > 0 ? "" : name);
	if (n > 0 && path[n] == '\0')
		path[n - 1] = '\0';
	return 0;
}

/* ---- the plan ---- */

static int
is_among(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (strcmp(list, "*") == 0)
		return 1;
	for (const char *p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
			return 1;
	return 0;
}

/*
 * The text of the plan, none when there is no such file.
 */
static int
read_plan(char text[2048])
{
	const char *path = getenv("FAIL_PLAN");
	int fd = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = syscall(SYS_read, fd, text, 2047);
	syscall(SYS_close, fd);
	text[n < 0 ? 0 : n] = '\0';
	return n > 0 ? 0 : -1;
}

static int
open_beside(const char *suffix, int flags)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", getenv("FAIL_PLAN"), suffix);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CREAT | O_CLOEXEC, 0600);
}

static long
next_number(void)
{
	char text[32] = "";
	int fd = open_beside(".count", O_RDWR), n;
	long number;

	if (fd < 0)
		abort();
	syscall(SYS_flock, fd, LOCK_EX);
	if (syscall(SYS_pread64, fd, text, sizeof(text) - 1, 0) < 0)
		abort();
	number = atol(text) + 1;
	n = snprintf(text, sizeof(text), "%ld\n", number);
	if (syscall(SYS_pwrite64, fd, text, n, 0) != n)
		abort();
	syscall(SYS_close, fd);
	return number;
}

static void
tell(enum call call, const char *name, const char *error, long number)
{
	char line[256];
	int fd = open_beside(".log", O_WRONLY | O_APPEND), n;

	n = snprintf(line, sizeof(line), "%ld %s %s %s %d\n", number, call_names[call], name, error,
	    (int)getpid());
	if (fd < 0 || syscall(SYS_write, fd, line, n) != n)
		abort();
	syscall(SYS_close, fd);
}

/*
 * Must this call fail? The error's number, negative when half of a write is to be done; or 0.
 */
static int
verdict(enum call call, const char *path)
{
	const char *name = shim_name("FAIL_HOME", path);
	char text[2048], *line, *next;
	struct rule r;
	int half;
	long number;

	if (name == NULL || read_plan(text) != 0)
		return 0;
	for (line = text; line != NULL && *line != '\0'; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (sscanf(line, "%63s %15s %ld %ld %63s", r.calls, r.error, &r.from, &r.to, r.files) != 5)
			abort();
		if (!is_among(r.calls, call_names[call]) || fnmatch(r.files, name, 0) != 0)
			continue;
		number = next_number();
		if (number < r.from || (r.to != 0 && number > r.to))
			return 0;
		tell(call, name, r.error, number);
		half = r.error[strlen(r.error) - 1] == '+';
		r.error[strlen(r.error) - (size_t)half] = '\0';
		for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
			if (strcmp(errors[i].name, r.error) == 0)
				return half ? -errors[i].number : errors[i].number;
		abort();
	}
	return 0;
}

static int
refused(enum call call, int fd)
{
	char path[PATH_MAX];
	int saved = errno, error = shim_path(fd, path) == 0 ? verdict(call, path) : 0;

	errno = saved;
	return error;
}

static int
refused_at(enum call call, int directory, const char *name)
{
	char path[PATH_MAX];
	int saved = errno, error = path_at(directory, name, path) == 0 ? verdict(call, path) : 0;

	errno = saved;
	return error;
}

static int
fail(int error)
{
	errno = error < 0 ? -error : error;
	return -1;
}

/* ---- in place of the C library's ---- */

ssize_t
write(int fd, const void *p, size_t n)
{
	int error = fd > 2 ? refused(WRITE, fd) : 0;

	if (error < 0)
		syscall(SYS_write, fd, p, n / 2);
	return error != 0 ? fail(error) : syscall(SYS_write, fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	int error = refused(WRITE, fd);

	if (error < 0)
		syscall(SYS_pwrite64, fd, p, n / 2, at);
	return error != 0 ? fail(error) : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return pwrite(fd, p, n, at);
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
	int error = refused(WRITE, fd);

	return error != 0 ? fail(error) : syscall(SYS_writev, fd, v, n);
}

ssize_t
read(int fd, void *p, size_t n)		/* the library's second try, where pread fails */
{
	int error = fd > 2 ? refused(READ, fd) : 0;

	return error != 0 ? fail(error) : syscall(SYS_read, fd, p, n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	int error = refused(READ, fd);

	return error != 0 ? fail(error) : syscall(SYS_pread64, fd, p, n, at);
}

ssize_t
pread64(int fd, void *p, size_t n, off64_t at)
{
	return pread(fd, p, n, at);
}

int
fdatasync(int fd)
{
	int error = refused(SYNC, fd);

	return error != 0 ? fail(error) : (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	int error = refused(SYNC, fd);

	return error != 0 ? fail(error) : (int)syscall(SYS_fsync, fd);
}

int
ftruncate(int fd, off_t n)
{
	int error = refused(TRUNCATE, fd);

	return error != 0 ? fail(error) : (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate64(int fd, off64_t n)
{
	return ftruncate(fd, n);
}

int
fallocate(int fd, int mode, off_t at, off_t n)
{
	int error = refused(ALLOCATE, fd);

	return error != 0 ? fail(error) : (int)syscall(SYS_fallocate, fd, mode, at, n);
}

int
fallocate64(int fd, int mode, off64_t at, off64_t n)
{
	return fallocate(fd, mode, at, n);
}

int
openat(int directory, const char *name, int flags, ...)
{
	int making = flags & (O_CREAT | __O_TMPFILE);
	int error = refused_at(making ? CREATE : OPEN, directory, name);
	mode_t mode = 0;
	va_list args;

	if (making) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return error != 0 ? fail(error) : (int)syscall(SYS_openat, directory, name, flags, mode);
}

int
open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return openat(AT_FDCWD, name, flags, mode);
}

int	 open64(const char *name, int flags, ...) __attribute__((alias("open")));

void *
mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	int error = flags & MAP_ANONYMOUS ? 0 : refused(MAP, fd);

	if (error != 0) {
		fail(error);
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

int
rename(const char *from, const char *to)
{
	int error = refused_at(RENAME, AT_FDCWD, from);

	return error != 0 ? fail(error) : (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int
renameat(int from_directory, const char *from, int to_directory, const char *to)
{
	int error = refused_at(RENAME, from_directory, from);

	return error != 0 ? fail(error) :
	    (int)syscall(SYS_renameat, from_directory, from, to_directory, to);
}

int
unlinkat(int directory, const char *name, int flags)
{
	int error = refused_at(UNLINK, directory, name);

	return error != 0 ? fail(error) : (int)syscall(SYS_unlinkat, directory, name, flags);
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}
