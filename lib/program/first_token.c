/*
 * program/first_token.c - the first token of a store whose owner has no shell
 *
 * On shared hosting there is nobody to type `weir init` and `weir token create`, and a page that
 * made the first token would give it to whoever comes first. So the owner makes a token at home,
 * by `weir token first FILE`, and uploads that file beside weir-write. It holds a hash of the token
 * and not the token, so that nobody who reads it has gained anything; and only who can put a file
 * into that folder can have a token made, who could put any other program there as well.
 *
 * The file must belong to the folder's owner, and be writable for nobody else: a folder that is open
 * to all customers of a host, whose programs run as one user, lets no stranger in.
 *
 * It is deleted when it is used. Some hosts run programs as a user that may not delete it; then it
 * is good for the first token of the store alone, so that a token that was deleted later does not
 * rise again. Where it can be deleted, a file uploaded later makes a further token, for an owner who
 * has lost the first.
 */
#include "program/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/conf.h"
#include "base/log.h"

#define HASH_DIGITS (2 * STORE_TOKEN_HASH_BYTES)

struct first_token {
	const char	*path;
	uint8_t		 hash[STORE_TOKEN_HASH_BYTES];
	bool		 found;		/* a hash in the file */
};

void
first_token_text(struct buf *out, struct slice token)
{
	uint8_t hash[STORE_TOKEN_HASH_BYTES];

	auth_token_hash(token, hash);
	buf_puts(out, "# Upload this beside weir-write. Its first request makes the token of which\n"
	    "# this is the hash, with all access, and deletes this file.\nhash = ");
	for (size_t i = 0; i < sizeof(hash); i++)
		buf_printf(out, "%02x", hash[i]);
	buf_putc(out, '\n');
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
set(void *to, struct slice name, struct slice value, struct err *err)
{
	struct first_token *first = to;

	if (!slice_eq(name, SLICE("hash")))
		return err_set(err, ERR_INVALID, "found \"" SLICE_FMT "\", expected \"hash\"",
		    SLICE_ARG(slice_make(name.p, name.n < 100 ? name.n : 100)));
	for (size_t i = 0; value.n == HASH_DIGITS && i < HASH_DIGITS; i += 2) {
		int high = digit(value.p[i]), low = digit(value.p[i + 1]);

		if (high < 0 || low < 0)
			break;
		first->hash[i / 2] = (uint8_t)(high << 4 | low);
		first->found = i + 2 == HASH_DIGITS;
	}
	if (!first->found)
		return err_set(err, ERR_INVALID, "hash: expected %d hexadecimal digits, as `weir token "
		    "first` writes them", (int)HASH_DIGITS);
	return 0;
}

static int
check_file(const char *path, const struct stat *file, const char *folder_path, struct err *err)
{
	struct stat folder;

	if (!S_ISREG(file->st_mode))
		return err_set(err, ERR_INVALID, "%s is no file of its own", path);
	if (stat(folder_path, &folder) != 0 || file->st_uid != folder.st_uid)
		return err_set(err, ERR_INVALID, "%s does not belong to the owner of its folder", path);
	if ((file->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(err, ERR_INVALID, "%s can be written by others: its mode should be 600 "
		    "or 644", path);
	return 0;
}

/*
 * guard - a home that came to lie in a folder of a web site is not for visitors. Apache serves
 *         nothing of it then, and if it does not even know RewriteRule, nothing either. A file that
 *         somebody has written stays; one that is empty is of a program that was killed
 */
static int
guard(const char *home, struct arena *arena, struct err *err)
{
	static const char text[] = "# Nothing in here is for visitors of a web site.\n"
	    "RewriteEngine On\nRewriteRule ^ - [F]\n";
	const char *path = arena_printf(arena, "%s/.htaccess", home).p;
	struct stat file;
	int fd, r = 0;

	if (stat(path, &file) == 0 && file.st_size > 0)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
		r = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

static int
adopt(struct store *store, const struct first_token *first, const char *home, struct arena *arena,
    struct err *err)
{
	struct store_token *list, token;
	uint64_t made;
	bool is_first;
	size_t n;

	if (admin_token_list(store, arena, &list, &n, err) != 0 ||
	    admin_tokens_made(store, arena, &made, err) != 0)
		return -1;
	is_first = n == 0 && made == 0;
	for (size_t i = 0; i < n; i++) {
		if (memcmp(list[i].hash, first->hash, sizeof(first->hash)) == 0) {
			unlink(first->path);
			return 0;
		}
	}
	if (is_first && guard(home, arena, err) != 0)
		return -1;
	if (!is_first && unlink(first->path) != 0)
		return err_set(err, ERR_UNAVAILABLE, "%s is not taken, since there are tokens, or were, "
		    "and it cannot be deleted: %s", first->path, strerror(errno));
	if (admin_token_adopt(store, arena, SLICE("first token, by file"), first->hash, &token,
	    err) != 0 && err->code != ERR_CONFLICT)
		return -1;
	if (is_first && unlink(first->path) != 0 && errno != ENOENT)
		log_error("%s has done its work and cannot be deleted from here: %s", first->path,
		    strerror(errno));
	return 0;
}

static int
take(struct first_token *first, const struct store_options *options, struct arena *arena,
    struct err *err)
{
	struct store *store;
	int result;

	if (store_create(options, err) != 0 && err->code != ERR_CONFLICT)
		return -1;
	if (store_open(&store, options, err) != 0)
		return -1;
	result = adopt(store, first, options->home, arena, err);
	store_close(store);
	return result;
}

int
first_token_take(struct program *program, const struct store_options *options, struct err *err)
{
	struct arena *arena = arena_new(4096);
	struct first_token first = {
		.path = arena_printf(arena, "%s/" FIRST_TOKEN_FILE, program->folder).p,
	};
	struct stat file;
	int result = 0;

	if (lstat(first.path, &file) == 0) {
		result = check_file(first.path, &file, program->folder, err);
		if (result == 0 && conf_read(first.path, set, &first, err) < 0)
			result = -1;
		if (result == 0 && first.found)
			result = take(&first, options, arena, err);
	}
	arena_free(arena);
	return result;
}
