/*
 * store/page_hook.c - between Berkeley DB and the disk
 *
 * The library lets a program have its own functions for reading and writing. They give pages their
 * checksum on the way out, and take it off on the way in. What they do depends on the section that a
 * process is in, since several stores may be open; nobody calls the library outside of one.
 */
#define _GNU_SOURCE
#include <db.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/page_file.h"
#include "store/page_hook.h"

static struct {
	bool		 sums;		/* pages written get one */
	bool		 recovering;	/* blank pages may be read */
	bool		 forgive;	/* damaged ones are empty leaves */
	int		 told_fd;	/* of a flipped bit, last */
	uint32_t	 told_page;
	bool		 refuse;	/* the seek that follows a failed read fails as well */
	char		 trouble[320];
} hook;

void
page_inside(bool sums)
{
	hook.sums = sums;
	hook.trouble[0] = '\0';
}

void
page_recovering(bool is_on)
{
	hook.recovering = is_on;
}

void
page_forgive(bool is_on)
{
	hook.forgive = is_on;
}

const char *
page_trouble(void)
{
	return hook.trouble[0] == '\0' ? NULL : hook.trouble;
}

/*
 * The name of an open file.
 */
static void
name_of(int fd, char name[64])
{
	char link[64], path[4096] = "a database";
	const char *base;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n > 0)
		path[n] = '\0';
	base = strrchr(path, '/');
	snprintf(name, 64, "%.63s", base == NULL ? path : base + 1);
}

static void
note_trouble(int fd, uint32_t number)
{
	char name[64];

	name_of(fd, name);
	snprintf(hook.trouble, sizeof(hook.trouble), "page %u of %s is damaged: `weir check --repair` "
	    "saves what is around it", number, name);
}

/*
 * One flipped bit is no reason to refuse anything. It is told once, and stays on disk until the page
 * is written again or a repair comes by.
 */
static bool
is_mended(int fd, uint32_t number, char page[PAGE_BYTES])
{
	char name[64];

	if (!page_mend(page, number))
		return false;
	if (hook.told_page != number || hook.told_fd != fd) {
		name_of(fd, name);
		log_warning("page %u of %s has one flipped bit, which was turned back in memory; `weir check "
		    "--repair` does it on disk", number, name);
		hook.told_page = number;
		hook.told_fd = fd;
	}
	return true;
}

/*
 * Can Berkeley DB have what was read?
 */
static bool
is_fit(int fd, uint32_t number, char page[PAGE_BYTES])
{
	const struct page_file file = { .fd = fd };

	switch (page_open(page, number)) {
	case PAGE_WELL:
	case PAGE_PLAIN:
		return true;
	case PAGE_BLANK:
		return hook.recovering;
	default:
		return is_mended(fd, number, page) || page_file_is_data(&file, number, page);
	}
}

/*
 * The library tries a read that failed once more, by seek and read, past this function: so that seek
 * must fail, too. EBADMSG is an error that it knows nothing about, and hands on.
 */
static ssize_t
hooked_pread(int fd, void *to, size_t n, off_t at)
{
	ssize_t got = pread(fd, to, n, at);
	uint32_t number = (uint32_t)(at / PAGE_BYTES);

	if (got != PAGE_BYTES || n != PAGE_BYTES || at % PAGE_BYTES != 0)
		return got;
	if (is_fit(fd, number, to))
		return got;
	if (hook.forgive && number != 0) {
		page_make_leaf(to, number);
		return got;
	}
	note_trouble(fd, number);
	hook.refuse = true;
	errno = EBADMSG;
	return -1;
}

static int
hooked_seek(int fd, off_t at, int whence)
{
	if (hook.refuse) {
		hook.refuse = false;
		errno = EBADMSG;
		return EBADMSG;
	}
	return lseek(fd, at, whence) < 0 ? errno : 0;
}

static ssize_t
hooked_pwrite(int fd, const void *from, size_t n, off_t at)
{
	char page[PAGE_BYTES];

	if (!hook.sums || n != PAGE_BYTES || at % PAGE_BYTES != 0)
		return pwrite(fd, from, n, at);
	memcpy(page, from, PAGE_BYTES);
	page_seal(page, (uint32_t)(at / PAGE_BYTES));
	return pwrite(fd, page, n, at);
}

void
page_hook(void)
{
	db_env_set_func_pread(hooked_pread);
	db_env_set_func_pwrite(hooked_pwrite);
	db_env_set_func_seek(hooked_seek);
}
