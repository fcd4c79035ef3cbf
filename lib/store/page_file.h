/*
 * store/page_file.h - a database's file read page by page, past Berkeley DB
 */
#ifndef WEIR_STORE_PAGE_FILE_H
#define WEIR_STORE_PAGE_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "store/page.h"

/*
 * page_file_open - of a file in the home's directory, to read and, if it is asked for, to write
 *   out    *n_pages  how many whole pages it has
 *   returns  0; 1 when there is no such file; -1 with ERR_IO
 * page_file_read - one page, opened: what is not there or cannot be read is damaged
 * page_file_write - one opened page, sealed if pages have checksums
 * page_file_is_data - is a damaged page an overflow page whose place in its chain is what the pages
 *     beside it say? Then the damage is in its bytes, and the record has checksums of its own for
 *     them: it is opened
 * page_file_chain - the bytes of an item that lies on overflow pages: false when a page of it is
 *     damaged, and *bad says which
 */
struct page_file {
	int		 fd;
	uint32_t	 n_pages;
	bool		 sums;
};

int		 page_file_open(struct page_file *f, int home_fd, const char *name, bool sums,
		     bool write, struct err *err);
void		 page_file_close(struct page_file *f);
enum page_state	 page_file_read(const struct page_file *f, uint32_t number, char page[PAGE_BYTES]);
int		 page_file_write(const struct page_file *f, uint32_t number, const char page[PAGE_BYTES],
		     struct err *err);
bool		 page_file_is_data(const struct page_file *f, uint32_t number, char page[PAGE_BYTES]);
bool		 page_file_chain(const struct page_file *f, const struct page_item *item,
		     struct buf *out, uint32_t *bad);

/*
 * page_file_key - the key of the i-th record of a leaf: false when it cannot be read
 */
bool		 page_file_key(const struct page_file *f, const char *leaf, uint32_t i, struct buf *out);

/*
 * page_file_seal - give pages that have no checksum one, but for those that are damaged
 */
int		 page_file_seal(int home_fd, const char *name, struct err *err);

#endif
