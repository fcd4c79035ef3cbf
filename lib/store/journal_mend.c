/*
 * store/journal_mend.c - frames of which one bit has been flipped
 *
 * Head and record have a CRC-32 each, and it tells which bit it was. What a power failure leaves of
 * a frame differs in more than one. In a long record a CRC cannot tell one bit from some others, so
 * that what it finds there is believed only of records that are not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/journal_priv.h"

#define MOST_BYTES (256u << 10)

struct flipped {
	uint64_t	 at;		/* in the file */
	unsigned	 bit;
};

static bool
has_one_bit(uint32_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

static unsigned
bit_of(uint32_t v)
{
	return (unsigned)__builtin_ctz(v);
}

/*
 * The flipped bit of bytes whose little-endian CRC of all behind it stands first: false, none.
 */
static bool
find_flip(const char *p, size_t n, struct flipped *f)
{
	uint32_t change = wide_load32(p) ^ codec_crc32(p + 4, n - 4);
	size_t byte;

	if (has_one_bit(change)) {
		*f = (struct flipped){ bit_of(change) / 8, bit_of(change) % 8 };
		return true;
	}
	if (!codec_crc32_flip(change, n - 4, &byte, &f->bit))
		return false;
	f->at = byte + 4;
	return true;
}

static bool
head_is_of(const char *head, uint32_t number, uint64_t at)
{
	return wide_load32(head + 4) == JOURNAL_MAGIC && wide_load64(head + 24) == number &&
	    wide_load64(head + 32) == at &&
	    wide_load32(head) == codec_crc32(head + 4, JOURNAL_HEAD_BYTES - 4);
}

/*
 * A frame begins here, but for one bit of its head or its record: which one?
 */
static bool
find_in_frame(const char *p, size_t n, uint32_t number, uint64_t at, struct flipped *f)
{
	char head[JOURNAL_HEAD_BYTES];
	size_t record;

	if (n < JOURNAL_HEAD_BYTES)
		return false;
	memcpy(head, p, sizeof(head));
	if (!head_is_of(head, number, at)) {
		if (!find_flip(head, sizeof(head), f))
			return false;
		head[f->at] = (char)(head[f->at] ^ 1 << f->bit);
		return head_is_of(head, number, at);
	}
	record = wide_load32(head + 8);
	if (record < 8 || record > MOST_BYTES || record > n - JOURNAL_HEAD_BYTES ||
	    wide_load32(p + JOURNAL_HEAD_BYTES) == codec_crc32(p + JOURNAL_HEAD_BYTES + 4, record - 4) ||
	    !find_flip(p + JOURNAL_HEAD_BYTES, record, f))
		return false;
	f->at += JOURNAL_HEAD_BYTES;
	return true;
}

static int
turn_back(int fd, char *byte, uint64_t at, unsigned bit)
{
	*byte = (char)(*byte ^ 1 << bit);
	return pwrite(fd, byte, 1, (off_t)at) == 1 ? 0 : -1;
}

/*
 * From frame to frame; where there is none and none can be made, all that follows is left alone, but
 * for frames whose heads say of themselves that they belong there.
 */
static int
mend_bytes(int fd, uint32_t number, char *p, uint64_t n, uint64_t *n_mended)
{
	uint64_t at = 0;

	while (at + JOURNAL_HEAD_BYTES <= n) {
		struct flipped f;

		while (find_in_frame(p + at, (size_t)(n - at), number, at, &f)) {
			if (turn_back(fd, p + at + f.at, at + f.at, f.bit) != 0)
				return -1;
			++*n_mended;
		}
		at += head_is_of(p + at, number, at) ? journal_frame_bytes(wide_load32(p + at + 8)) : 8;
	}
	return 0;
}

int
journal_mend(const struct env *env, uint32_t number, uint64_t *n_mended, struct err *err)
{
	char name[JOURNAL_NAME_BYTES], *p = NULL;
	struct stat st;
	int fd, r = -1;

	*n_mended = 0;
	journal_name(name, number);
	fd = openat(env->home_fd, name, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0 && fstat(fd, &st) == 0) {
		p = memory_alloc((size_t)st.st_size + CODEC_SLACK);
		if (pread(fd, p, (size_t)st.st_size, 0) == st.st_size)
			r = mend_bytes(fd, number, p, (uint64_t)st.st_size, n_mended);
		if (r == 0 && *n_mended > 0)
			r = fdatasync(fd);
	}
	if (r != 0)
		err_set(err, ERR_IO, "%s cannot be mended: %s", name, strerror(errno));
	else if (*n_mended > 0)
		log_error("%s: %s had %llu flipped bits, which are turned back", env->home, name,
		    (unsigned long long)*n_mended);
	if (fd >= 0)
		close(fd);
	free(p);
	return r;
}
