/*
 * store/page_hook.h - between Berkeley DB and the disk
 */
#ifndef WEIR_STORE_PAGE_HOOK_H
#define WEIR_STORE_PAGE_HOOK_H

#include <stdbool.h>

/*
 * page_hook - have Berkeley DB read and write pages through here; once in a process
 * page_inside - what holds for the section that begins: do pages get checksums when written? Those
 *     that are read are verified by what they are
 * page_recovering - a recovery, which may meet pages that were never written, begins or ends
 * page_forgive - a page that is damaged is read as an empty leaf, so that a recovery passes it by;
 *     for who salvages the rest and throws the file away
 * page_trouble - which page could not be read in this section, in words; NULL: none
 */
void		 page_hook(void);
void		 page_inside(bool sums);
void		 page_recovering(bool is_on);
void		 page_forgive(bool is_on);
const char	*page_trouble(void);

#endif
