/*
 * store/page.c - pages of the databases, each with a checksum that Berkeley DB does not see
 *
 * A flipped bit in a record is found by the record's checksum. One in the page around it - which
 * items there are, where they lie, the keys, the way down the tree - would lead a reader astray, or
 * to its death. Berkeley DB's own checksums end in a panic of the whole environment that no recovery
 * cures, so the pages get one of ours on their way to the disk and lose it on their way back. It
 * takes no room: a page says which number it has, and where it lies says that as well, so on disk
 * the number is
 *
 *     bytes 8 to 11    page number XOR CRC-32 of the page, with the number as it should be
 *
 * A page that bears its plain number has none (a store of format 2, and the first page or two of a
 * file, which the library writes past us while it makes it). Such a page is looked over, so that
 * nothing in it points outside of it.
 *
 * CRC-32 tells which bit it was when one bit of a page is wrong, and cannot take two for one.
 */
#include <string.h>

#include "codec/codec.h"
#include "store/page.h"

#define NUMBER_AT 8
#define MOST_LEVELS 254

/* ---- bytes of a page: in the machine's order, as the library has them ---- */

static uint16_t
get16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t
get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void
put32(char *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

enum page_type
page_type(const char *page)
{
	return (enum page_type)(uint8_t)page[25];
}

uint32_t
page_before(const char *page)
{
	return get32(page + 12);
}

uint32_t
page_next(const char *page)
{
	return get32(page + 16);
}

uint32_t
page_items(const char *page)
{
	return get16(page + 20);
}

static uint32_t
free_end(const char *page)
{
	return get16(page + 22);	/* where its items begin; of an overflow page: its bytes */
}

/* ---- items ---- */

#define ITEM_DELETED 0x80
#define ITEM_DATA 1
#define ITEM_OVERFLOW 3

/*
 * Where an item lies, if all that its page says of it is within the page.
 */
static const char *
item_at(const char *page, uint32_t i, size_t head)
{
	uint32_t at = get16(page + PAGE_HEAD_BYTES + 2 * i);

	return at >= free_end(page) && at + head <= PAGE_BYTES ? page + at : NULL;
}

static bool
leaf_item_is_sound(const char *page, uint32_t i)
{
	const char *p = item_at(page, i, 3);
	int type;

	if (p == NULL)
		return false;
	type = p[2] & ~ITEM_DELETED;
	if (type == ITEM_DATA)
		return p + 3 + get16(p) <= page + PAGE_BYTES;
	return type == ITEM_OVERFLOW && p + 12 <= page + PAGE_BYTES;
}

static bool
inner_item_is_sound(const char *page, uint32_t i)
{
	const char *p = item_at(page, i, 12);
	int type;

	if (p == NULL)
		return false;
	type = p[2] & ~ITEM_DELETED;
	return (type == ITEM_DATA || type == ITEM_OVERFLOW) && p + 12 + get16(p) <= page + PAGE_BYTES;
}

static bool
items_are_sound(const char *page, bool (*is_sound)(const char *page, uint32_t i))
{
	uint32_t n = page_items(page);

	if (PAGE_HEAD_BYTES + 2 * n > free_end(page) || free_end(page) > PAGE_BYTES)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!is_sound(page, i))
			return false;
	return true;
}

/*
 * Nothing in the page points outside of it.
 */
static bool
is_sound(const char *page)
{
	uint8_t level = (uint8_t)page[24];

	switch (page_type(page)) {
	case PAGE_FREE:
		return true;
	case PAGE_META:
		return get32(page + 12) == 0x053162 && get32(page + 20) == PAGE_BYTES;
	case PAGE_OVERFLOW:
		return free_end(page) <= PAGE_BYTES - PAGE_HEAD_BYTES;
	case PAGE_LEAF:
		return level == 1 && page_items(page) % 2 == 0 && items_are_sound(page, leaf_item_is_sound);
	case PAGE_INTERNAL:
		return level > 1 && level <= MOST_LEVELS && page_items(page) > 0 &&
		    items_are_sound(page, inner_item_is_sound);
	default:
		return false;
	}
}

bool
page_item(const char *page, uint32_t i, struct page_item *item)
{
	const char *p = item_at(page, i, 3);

	*item = (struct page_item){ .overflow = 0 };
	if (p == NULL || !leaf_item_is_sound(page, i) || (p[2] & ITEM_DELETED) != 0)
		return false;
	if ((p[2] & ~ITEM_DELETED) == ITEM_DATA) {
		item->n_bytes = get16(p);
		item->bytes = slice_make(p + 3, item->n_bytes);
		return true;
	}
	item->overflow = get32(p + 4);
	item->n_bytes = get32(p + 8);
	return item->overflow != 0;
}

struct slice
page_piece(const char *page)
{
	return slice_make(page + PAGE_HEAD_BYTES, free_end(page));
}

/* ---- the checksum ---- */

/*
 * With the page's right number in it. Never 0 nor a single bit, so that no flipped bit makes a page
 * look like one without a checksum.
 */
static uint32_t
sum_of(const char *page)
{
	uint32_t sum = codec_crc32(page, PAGE_BYTES);

	return (sum & (sum - 1)) == 0 ? ~sum : sum;
}

static bool
is_blank(const char *page)
{
	static const char zeros[PAGE_HEAD_BYTES];

	return memcmp(page, zeros, sizeof(zeros)) == 0;
}

enum page_state
page_open(char page[PAGE_BYTES], uint32_t number)
{
	uint32_t stored = get32(page + NUMBER_AT);

	if (is_blank(page))
		return PAGE_BLANK;
	if (stored == number)
		return is_sound(page) ? PAGE_PLAIN : PAGE_DAMAGED;
	put32(page + NUMBER_AT, number);
	if ((stored ^ number) == sum_of(page))
		return PAGE_WELL;
	put32(page + NUMBER_AT, stored);
	return PAGE_DAMAGED;
}

void
page_seal(char page[PAGE_BYTES], uint32_t number)
{
	if (get32(page + NUMBER_AT) == number)
		put32(page + NUMBER_AT, number ^ sum_of(page));
}

bool
page_mend(char page[PAGE_BYTES], uint32_t number)
{
	char copy[PAGE_BYTES];
	uint32_t stored = get32(page + NUMBER_AT), change;
	unsigned bit;
	size_t byte;

	memcpy(copy, page, PAGE_BYTES);
	put32(copy + NUMBER_AT, number);
	change = codec_crc32(copy, PAGE_BYTES) ^ stored ^ number;
	/* one bit of the number itself: all else stands */
	if (change != 0 && (change & (change - 1)) != 0) {
		if (!codec_crc32_flip(change, PAGE_BYTES, &byte, &bit) || (byte >= NUMBER_AT && byte < NUMBER_AT + 4))
			return false;
		copy[byte] = (char)(copy[byte] ^ 1 << bit);
	}
	if (!is_sound(copy))
		return false;
	memcpy(page, copy, PAGE_BYTES);
	return true;
}

void
page_set_number(char *page, uint32_t number)
{
	put32(page + NUMBER_AT, number);
}

void
page_make_leaf(char page[PAGE_BYTES], uint32_t number)
{
	uint16_t end = PAGE_BYTES;

	memset(page, 0, PAGE_BYTES);
	memset(page, 0xff, 8);		/* the place in the log that it is as new as */
	put32(page + NUMBER_AT, number);
	memcpy(page + 22, &end, sizeof(end));
	page[24] = 1;
	page[25] = PAGE_LEAF;
}

void
page_forget_log(char *page)
{
	put32(page, 0);
	put32(page + 4, 1);		/* as the library marks what was never logged */
}
