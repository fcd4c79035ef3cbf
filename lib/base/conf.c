/*
 * base/conf.c - a file of lines `name = value`
 */
#include "base/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 65536

static int
unquote(struct slice *value, struct err *err)
{
	if (value->n == 0 || value->p[0] != '"')
		return 0;
	if (value->n < 2 || value->p[value->n - 1] != '"')
		return err_set(err, ERR_INVALID, "the quoted value has no end");
	*value = slice_make(value->p + 1, value->n - 2);
	return 0;
}

static int
take_line(struct slice line, int (*set)(void *to, struct slice name, struct slice value,
    struct err *err), void *to, struct err *err)
{
	struct slice name, value;
	size_t equals;

	if (line.n > LINE_BYTES_MAX)
		return err_set(err, ERR_INVALID, "the line is too long");
	if (slice_find(line, '\0') != line.n)
		return err_set(err, ERR_INVALID, "the line holds a NUL byte");
	line = slice_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	equals = slice_find(line, '=');
	if (equals == line.n)
		return err_set(err, ERR_INVALID, "expected NAME = VALUE");
	name = slice_trim(slice_make(line.p, equals));
	value = slice_trim(slice_make(line.p + equals + 1, line.n - equals - 1));
	if (name.n == 0)
		return err_set(err, ERR_INVALID, "expected a name before the equals sign");
	if (unquote(&value, err) != 0)
		return -1;
	return set(to, name, value, err);
}

static int
read_lines(FILE *file, const char *path, int (*set)(void *to, struct slice name,
    struct slice value, struct err *err), void *to, struct err *err)
{
	struct err why = { .code = ERR_INVALID };
	char *line = NULL;
	size_t room = 0;
	unsigned long number = 0;
	ssize_t n;
	int result = 0;

	while (result == 0 && (n = getline(&line, &room, file)) >= 0) {
		number++;
		if (take_line(slice_make(line, (size_t)n), set, to, &why) != 0)
			result = err_set(err, why.code, "%s:%lu: %s", path, number, why.text);
	}
	if (result == 0 && ferror(file))
		result = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	free(line);
	return result;
}

int
conf_read(const char *path, int (*set)(void *to, struct slice name, struct slice value,
    struct err *err), void *to, struct err *err)
{
	FILE *file = fopen(path, "re");
	int result;

	if (file == NULL) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 1;
		return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	}
	result = read_lines(file, path, set, to, err);
	fclose(file);
	return result;
}
