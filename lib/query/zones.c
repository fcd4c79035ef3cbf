/*
 * query/zones.c - the tz database: names of zones to what model/zone.h makes of their files
 *
 * Reads the TZif files that every Unix has; no copy of the database is carried along, so it is as
 * fresh as the machine's. A name becomes part of a path, so its shape is checked here again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "query/query_priv.h"

#define ZONE_FOLDER	"/usr/share/zoneinfo/"
#define ZONE_NAME_MAX	64
#define ZONE_FILE_MAX	(256 * 1024)

static bool
is_name(struct slice name)
{
	if (name.n == 0 || name.n > ZONE_NAME_MAX || name.p[0] == '/' || name.p[name.n - 1] == '/')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '/' ? name.p[i - 1] == '/' : !(c == '+' || c == '-' || c == '_' ||
		    (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
			return false;
	}
	return true;
}

static bool
is_utc(struct slice name)
{
	return name.n == 0 || slice_eq(name, SLICE("UTC"));
}

/*
 * The bytes of a zone's file, in memory of the arena; false when there is no such file.
 */
static bool
read_file(struct slice name, struct arena *arena, struct slice *bytes)
{
	char path[sizeof(ZONE_FOLDER) + ZONE_NAME_MAX];
	char *p;
	size_t n = 0;
	ssize_t got;
	int fd;

	if (!is_name(name))
		return false;
	snprintf(path, sizeof(path), ZONE_FOLDER SLICE_FMT, SLICE_ARG(name));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	p = arena_alloc(arena, ZONE_FILE_MAX);
	while (n < ZONE_FILE_MAX && (got = read(fd, p + n, ZONE_FILE_MAX - n)) > 0)
		n += (size_t)got;
	close(fd);
	*bytes = slice_make(p, n);
	return n != 0;
}

int
query_zone_find(struct slice name, struct arena *arena, const struct zone **out, struct err *err)
{
	struct arena *scratch;
	struct slice bytes;
	struct zone *zone = NULL;

	*out = NULL;
	if (is_utc(name))
		return 0;
	scratch = arena_new(ZONE_FILE_MAX);
	if (read_file(name, scratch, &bytes) && zone_parse(bytes, arena, &zone, NULL) != 0)
		zone = NULL;
	arena_free(scratch);
	if (zone == NULL)
		return err_set(err, ERR_INVALID, "unable to find time zone " SLICE_FMT,
		    SLICE_ARG(name));
	*out = zone;
	return 0;
}

bool
query_zone_exists(void *arg, struct slice name)
{
	struct arena *arena = arena_new(8192);
	const struct zone *zone;
	bool exists = query_zone_find(name, arena, &zone, NULL) == 0;

	(void)arg;
	arena_free(arena);
	return exists;
}
