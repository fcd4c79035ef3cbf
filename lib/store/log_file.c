/*
 * store/log_file.c - Berkeley DB's log, read past it
 *
 * A file is a row of records, numbers in the machine's order:
 *
 *      0  u32  where the record before begins, in the file
 *      4  u32  bytes of the record, with this head
 *      8  u32  checksum of what follows, XOR the two numbers before
 *     12       the record
 *
 * and ends where the length is 0. The checksum begins with 0 and for each byte is multiplied by 33,
 * and the byte added. The library takes the first record that is damaged for the end of the log,
 * whatever follows, and then does not open databases that have pages newer than that.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/wide.h"
#include "store/log_file.h"

#define HEAD_BYTES 12
#define MOST_MENDED (1u << 20)		/* bytes of a record in which a flipped bit is looked for */

struct log_file {
	const char	*name;
	int		 fd;
	char		*p;
	size_t		 n;
	bool		 mend;
	void		(*found)(void *arg, const struct log_damage *damage);
	void		*arg;
};

/* ---- one record ---- */

static uint32_t
number_at(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t
sum_of(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	uint32_t sum = 0;

	for (; n >= 4; n -= 4, s += 4)
		sum = sum * (33u * 33 * 33 * 33) + s[0] * (33u * 33 * 33) + s[1] * (33u * 33) + s[2] * 33u + s[3];
	for (; n > 0; n--)
		sum = sum * 33 + *s++;
	return sum;
}

static bool
is_record(const char *p, size_t n)
{
	uint32_t length;

	if (n < HEAD_BYTES)
		return false;
	length = number_at(p + 4);
	return length > HEAD_BYTES && length <= n && number_at(p + 8) ==
	    (sum_of(p + HEAD_BYTES, length - HEAD_BYTES) ^ number_at(p) ^ length);
}

/*
 * A flipped bit changes a byte by a power of two, and the sum by that times 33 for each byte behind.
 */
static bool
find_in_body(char *p, size_t n, uint32_t difference)
{
	uint32_t factor = 1;

	for (size_t i = n; i-- > 0; factor *= 33)
		for (unsigned bit = 0; bit < 8; bit++) {
			bool is_set = (p[i] >> bit & 1) != 0;
			uint32_t change = factor << bit;

			if (difference == (is_set ? 0u - change : change)) {
				p[i] = (char)(p[i] ^ 1 << bit);
				return true;
			}
		}
	return false;
}

/*
 * Turn back the one bit that is wrong in a record: true, and it is whole.
 */
static bool
mend_record(char *p, size_t n, uint32_t before)
{
	uint32_t length, wrong;

	if (n <= HEAD_BYTES)
		return false;
	/* a bit of the head; that the record before is where it says tells prev from sum */
	for (unsigned i = 0; i < 8 * HEAD_BYTES; i++) {
		wrong = number_at(p) ^ before;
		if (i / 32 == 0 && wrong != UINT32_C(1) << i)
			continue;
		p[i / 8] = (char)(p[i / 8] ^ 1 << i % 8);
		if (is_record(p, n))
			return true;
		p[i / 8] = (char)(p[i / 8] ^ 1 << i % 8);
	}
	length = number_at(p + 4);
	if (length <= HEAD_BYTES || length > n || length > MOST_MENDED)
		return false;
	return find_in_body(p + HEAD_BYTES, length - HEAD_BYTES, (number_at(p + 8) ^ number_at(p) ^
	    length) - sum_of(p + HEAD_BYTES, length - HEAD_BYTES));
}

/* ---- a file ---- */

/*
 * Where the next whole record is that says of itself that it follows something from `at` on.
 */
static size_t
next_record(const struct log_file *f, size_t at)
{
	for (size_t i = at + 1; i + HEAD_BYTES < f->n; i++)
		if (number_at(f->p + i) >= at && number_at(f->p + i) < i && is_record(f->p + i, f->n - i))
			return i;
	return f->n;
}

static bool
is_end(const struct log_file *f, size_t at)
{
	static const char zeros[HEAD_BYTES];

	return at + HEAD_BYTES >= f->n || memcmp(f->p + at, zeros, HEAD_BYTES) == 0;
}

static int
write_back(const struct log_file *f, size_t at, const char *before, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (f->p[at + i] != before[i] && pwrite(f->fd, f->p + at + i, 1, (off_t)(at + i)) != 1)
			return err_set(err, ERR_IO, "%s cannot be written: %s", f->name, strerror(errno));
	return fdatasync(f->fd) == 0 ? 0 : err_set(err, ERR_IO, "%s cannot be synced: %s", f->name,
	    strerror(errno));
}

/*
 * Go over a record that is none: *at behind it, or behind what is damaged.
 */
static int
pass_damage(struct log_file *f, size_t *at, uint32_t before, struct err *err)
{
	struct log_damage damage = { f->name, *at, true };
	size_t rest = f->n - *at, n = rest < MOST_MENDED ? rest : MOST_MENDED, next;
	char *copy = memory_alloc(n);
	int r = 0;

	memcpy(copy, f->p + *at, n);
	if (mend_record(f->p + *at, rest, before)) {
		if (f->mend)
			r = write_back(f, *at, copy, n, err);
		f->found(f->arg, &damage);
	} else {
		next = next_record(f, *at);
		damage.mended = false;
		if (next < f->n)
			f->found(f->arg, &damage);
		*at = next;
	}
	free(copy);
	return r;
}

static int
look_at(struct log_file *f, struct err *err)
{
	size_t at = 0;
	uint32_t before = f->n >= HEAD_BYTES ? number_at(f->p) : 0;	/* of the file before: as it is */

	while (at < f->n && !is_end(f, at)) {
		if (!is_record(f->p + at, f->n - at)) {
			if (pass_damage(f, &at, before, err) != 0)
				return -1;
			continue;
		}
		before = (uint32_t)at;
		at += number_at(f->p + at + 4);
	}
	return 0;
}

static int
look_at_file(const struct env *env, const char *name, struct log_file *f, struct err *err)
{
	struct stat st;
	int r = -1;

	f->name = name;
	f->p = NULL;
	f->fd = openat(env->home_fd, name, O_RDWR | O_CLOEXEC);
	if (f->fd < 0 && errno == ENOENT)
		return 0;
	if (f->fd >= 0 && fstat(f->fd, &st) == 0) {
		f->n = (size_t)st.st_size;
		f->p = memory_alloc(f->n + 1);
		r = pread(f->fd, f->p, f->n, 0) == (ssize_t)f->n ? 0 : -1;
	}
	if (r != 0)
		err_set(err, ERR_IO, "%s cannot be read: %s", name, strerror(errno));
	else
		r = look_at(f, err);
	if (f->fd >= 0)
		close(f->fd);
	free(f->p);
	return r;
}

/* ---- all of them ---- */

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_log(const struct dirent *entry)
{
	return strncmp(entry->d_name, "log.", 4) == 0;
}

int
log_look(const struct env *env, bool mend, void (*found)(void *arg,
    const struct log_damage *damage), void *arg, struct err *err)
{
	struct log_file f = { .mend = mend, .found = found, .arg = arg };
	struct dirent **list;
	int n = scandirat(env->home_fd, ".", &list, is_log, by_name), r = 0;

	if (n < 0)
		return err_set(err, ERR_IO, "%s cannot be read: %s", env->home, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = look_at_file(env, list[i]->d_name, &f, err);
		free(list[i]);
	}
	free(list);
	return r;
}
