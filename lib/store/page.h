/*
 * store/page.h - pages of the databases, each with a checksum that Berkeley DB does not see
 *
 *     page.c       what a page is, and is it whole
 *     page_file.c  a file of pages, read past Berkeley DB
 *     page_hook.c  between Berkeley DB and the disk
 */
#ifndef WEIR_STORE_PAGE_H
#define WEIR_STORE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define PAGE_BYTES 4096
#define PAGE_HEAD_BYTES 26

enum page_type {		/* of Berkeley DB's btrees, on disk */
	PAGE_FREE = 0,
	PAGE_INTERNAL = 3,
	PAGE_LEAF = 5,
	PAGE_OVERFLOW = 7,
	PAGE_META = 9,
};

enum page_state {
	PAGE_WELL,		/* its checksum is right */
	PAGE_BLANK,		/* its head is zeros: never written, as far as recovery is concerned */
	PAGE_PLAIN,		/* it has no checksum, and its structure is sound */
	PAGE_DAMAGED,
};

/*
 * page_open - judge what lies at page `number` of a file, and make of it what Berkeley DB wrote
 * page_seal - make of what Berkeley DB wrote what is to lie on disk
 * page_mend - find the one flipped bit of a page that page_open has called damaged, and turn it
 *             back: true, and the page is well and opened
 */
enum page_state	 page_open(char page[PAGE_BYTES], uint32_t number);
void		 page_seal(char page[PAGE_BYTES], uint32_t number);
bool		 page_mend(char page[PAGE_BYTES], uint32_t number);

/*
 * page_type, page_before, page_next, page_items - of an opened page: what it is, the pages beside
 *     it (0: none), how many items it has
 * page_item - one item of a leaf: its bytes, or where on overflow pages they begin
 *   returns  false  it is deleted, or none that a btree of ours has
 * page_piece - the bytes that an overflow page has
 * page_set_number - its number, as it should be
 * page_make_leaf - an empty leaf that is newer than all of the log
 * page_forget_log - nothing that stands in a log is older than this page
 */
struct page_item {
	struct slice	 bytes;		/* where overflow is 0 */
	uint32_t	 overflow;	/* the first page of n_bytes */
	uint32_t	 n_bytes;
};

enum page_type	 page_type(const char *page);
uint32_t	 page_before(const char *page);
uint32_t	 page_next(const char *page);
uint32_t	 page_items(const char *page);
bool		 page_item(const char *page, uint32_t i, struct page_item *item);
struct slice	 page_piece(const char *page);
void		 page_set_number(char *page, uint32_t number);
void		 page_make_leaf(char page[PAGE_BYTES], uint32_t number);
void		 page_forget_log(char *page);

#endif
