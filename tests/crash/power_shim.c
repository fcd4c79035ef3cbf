/*
 * tests/crash/power_shim.c - what a power failure would leave, written down beside a store
 *
 * Preloaded into weir's programs by power.py. Each sync of a file of the home copies what the file
 * had when the sync began to a shadow directory, and publishes the copy when the sync has succeeded:
 * that much is on disk for sure. Files are known by their inodes, for they are renamed; a sync of the
 * home itself writes down which names they have. What is unlinked keeps a link in the shadow, so that
 * no inode is used again.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

static void
give_up(const char *what)
{
	perror(what);
	abort();
}

enum what { ELSEWHERE, HOME, IN_HOME };

/*
 * Is a path the home, or something directly in it?
 */
static enum what
what_is(const char *path)
{
	const char *name = getenv("POWER_SHADOW") == NULL ? NULL : shim_name("POWER_HOME", path);

	if (name == NULL)
		return ELSEWHERE;
	return strcmp(name, ".") == 0 ? HOME : IN_HOME;
}

static void
copy_file(int from, int to)
{
	static char block[1 << 16];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, block, sizeof(block), at)) > 0) {
		if (pwrite(to, block, (size_t)n, at) != n)
			give_up("copy");
		at += n;
	}
}

static void
copy_names(const char *home, int to)
{
	DIR *directory = opendir(home);
	struct dirent *entry;

	if (directory == NULL)
		give_up("opendir");
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			dprintf(to, "%llu %s\n", (unsigned long long)entry->d_ino, entry->d_name);
	closedir(directory);
}

static int
sync_and_tell(int fd, long call)
{
	char path[PATH_MAX], temporary[PATH_MAX + 32], final[PATH_MAX + 32];
	const char *shadow = getenv("POWER_SHADOW");
	enum what what = shim_path(fd, path) == 0 ? what_is(path) : ELSEWHERE;
	int copy, lock, r;
	struct stat st;

	if (what == ELSEWHERE || fstat(fd, &st) != 0)
		return (int)syscall(call, fd);
	if (what == HOME)
		snprintf(final, sizeof(final), "%s/.names", shadow);
	else
		snprintf(final, sizeof(final), "%s/%llu", shadow, (unsigned long long)st.st_ino);
	snprintf(temporary, sizeof(temporary), "%s/.%d", shadow, getpid());
	copy = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (copy < 0)
		give_up(temporary);
	if (what == HOME)
		copy_names(path, copy);
	else
		copy_file(fd, copy);
	close(copy);
	r = (int)syscall(call, fd);
	snprintf(path, sizeof(path), "%s/.lock", shadow);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		give_up(path);
	if (r == 0 && rename(temporary, final) != 0)
		give_up(final);
	close(lock);
	return r;
}

/*
 * Keep the inode of what is about to go.
 */
static void
keep(int directory, const char *name)
{
	char path[PATH_MAX], grave[PATH_MAX + 32];
	struct stat st;

	if (name[0] == '/')
		snprintf(path, sizeof(path), "%s", name);
	else if (shim_path(directory, path) == 0)
		strncat(strncat(path, "/", sizeof(path) - strlen(path) - 1), name,
		    sizeof(path) - strlen(path) - 2);
	else
		return;
	if (what_is(path) != IN_HOME || stat(path, &st) != 0)
		return;
	snprintf(grave, sizeof(grave), "%s/.grave.%llu", getenv("POWER_SHADOW"),
	    (unsigned long long)st.st_ino);
	link(path, grave);
}

int
unlink(const char *name)
{
	keep(AT_FDCWD, name);
	return (int)syscall(SYS_unlinkat, AT_FDCWD, name, 0);
}

int
unlinkat(int directory, const char *name, int flags)
{
	keep(directory, name);
	return (int)syscall(SYS_unlinkat, directory, name, flags);
}

int
fdatasync(int fd)
{
	return sync_and_tell(fd, SYS_fdatasync);
}

int
fsync(int fd)
{
	return sync_and_tell(fd, SYS_fsync);
}
