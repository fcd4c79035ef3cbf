/*
 * tests/crash/shim.h - which file a call is about, for what is preloaded into weir's programs
 */
#ifndef WEIR_TESTS_CRASH_SHIM_H
#define WEIR_TESTS_CRASH_SHIM_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * shim_name - the name of what lies directly in the folder that the variable names; "." of the folder
 *             itself, NULL of all else
 */
static inline const char *
shim_name(const char *variable, const char *path)
{
	const char *home = getenv(variable);
	size_t n = home == NULL ? 0 : strlen(home);

	if (n == 0 || strncmp(path, home, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return ".";
	return path[n] == '/' && strchr(path + n + 1, '/') == NULL ? path + n + 1 : NULL;
}

/*
 * shim_path - the path of an open file; 0 or -1
 */
static inline int
shim_path(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return -1;
	path[n] = '\0';
	return 0;
}

#endif
