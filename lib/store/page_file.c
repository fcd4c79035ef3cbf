/*
 * store/page_file.c - a database's file read page by page, past Berkeley DB
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/page_file.h"

int
page_file_open(struct page_file *f, int home_fd, const char *name, bool sums, bool write,
    struct err *err)
{
	struct stat st;

	*f = (struct page_file){ .sums = sums };
	f->fd = openat(home_fd, name, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (f->fd < 0 && errno == ENOENT)
		return 1;
	if (f->fd < 0 || fstat(f->fd, &st) != 0) {
		page_file_close(f);
		return err_set(err, ERR_IO, "%s cannot be opened: %s", name, strerror(errno));
	}
	f->n_pages = (uint32_t)((uint64_t)st.st_size / PAGE_BYTES);
	return 0;
}

void
page_file_close(struct page_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

enum page_state
page_file_read(const struct page_file *f, uint32_t number, char page[PAGE_BYTES])
{
	if (pread(f->fd, page, PAGE_BYTES, (off_t)number * PAGE_BYTES) != PAGE_BYTES)
		return PAGE_DAMAGED;
	return page_open(page, number);
}

int
page_file_write(const struct page_file *f, uint32_t number, const char page[PAGE_BYTES],
    struct err *err)
{
	char copy[PAGE_BYTES];

	memcpy(copy, page, PAGE_BYTES);
	if (f->sums)
		page_seal(copy, number);
	if (pwrite(f->fd, copy, PAGE_BYTES, (off_t)number * PAGE_BYTES) != PAGE_BYTES)
		return err_set(err, ERR_IO, "a page cannot be written: %s", strerror(errno));
	return 0;
}

/*
 * The page beside a damaged one, if it is well.
 */
static bool
read_neighbour(const struct page_file *f, uint32_t number, char page[PAGE_BYTES])
{
	enum page_state state = page_file_read(f, number, page);

	return (state == PAGE_WELL || state == PAGE_PLAIN) && page_type(page) == PAGE_OVERFLOW;
}

bool
page_file_is_data(const struct page_file *f, uint32_t number, char page[PAGE_BYTES])
{
	char other[PAGE_BYTES];
	uint32_t before = page_before(page), next = page_next(page);

	/* of all but the last page of a chain the neighbours tell all that its head says */
	if (page_type(page) != PAGE_OVERFLOW || page[24] != 0 || page_items(page) != 1 || before == 0 ||
	    next == 0 || before == number || next == number ||
	    page_piece(page).n != PAGE_BYTES - PAGE_HEAD_BYTES)
		return false;
	if (!read_neighbour(f, before, other) || page_next(other) != number ||
	    !read_neighbour(f, next, other) || page_before(other) != number)
		return false;
	page_set_number(page, number);
	return true;
}

bool
page_file_chain(const struct page_file *f, const struct page_item *item, struct buf *out,
    uint32_t *bad)
{
	char page[PAGE_BYTES];
	size_t before = out->n;

	for (uint32_t number = item->overflow; number != 0; number = page_next(page)) {
		enum page_state state = page_file_read(f, number, page);

		*bad = number;
		if (state == PAGE_DAMAGED && !page_mend(page, number) &&
		    !page_file_is_data(f, number, page))
			return false;
		if (state == PAGE_BLANK || page_type(page) != PAGE_OVERFLOW)
			return false;
		buf_put_slice(out, page_piece(page));
		if (out->n - before > item->n_bytes)
			return false;
	}
	return out->n - before == item->n_bytes;
}

bool
page_file_key(const struct page_file *f, const char *leaf, uint32_t i, struct buf *out)
{
	struct page_item item;
	uint32_t bad;

	buf_reset(out);
	if (!page_item(leaf, 2 * i, &item))
		return false;
	if (item.overflow != 0)
		return page_file_chain(f, &item, out, &bad);
	buf_put_slice(out, item.bytes);
	return true;
}

int
page_file_seal(int home_fd, const char *name, struct err *err)
{
	char page[PAGE_BYTES];
	struct page_file f;
	int r = page_file_open(&f, home_fd, name, true, true, err);

	for (uint32_t i = 0; r == 0 && i < f.n_pages; i++)
		if (page_file_read(&f, i, page) == PAGE_PLAIN)
			r = page_file_write(&f, i, page, err);
	if (r == 0 && fdatasync(f.fd) != 0)
		r = err_set(err, ERR_IO, "%s cannot be synced: %s", name, strerror(errno));
	page_file_close(&f);
	return r < 0 ? -1 : 0;
}
