/*
 * store/room.c - is there disk to write on?
 *
 * Berkeley DB does not live well on a full disk: a log write that fails must be recovered from, and
 * that needs room too. So writes stop while a reserve is left. How much is free statvfs tells, and of
 * the quota of a user or group quotactl. Other quotas nobody tells. There the first write that is
 * refused, mostly one of the journal, which is none the worse for it, is remembered in the mark
 * page; from then on a trial shows whether there is a reserve again. On btrfs that would be too late,
 * for it wants room even for a page of a mapped file that is written again, and ends the process that
 * touches one where there is none; there a trial costs little, and is made now and then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store_priv.h"

#define BTRFS 0x9123683Eu
#define TRY_AGAIN_NS 200000000
#define GET_QUOTA ((unsigned)Q_GETQUOTA << SUBCMDSHIFT)	/* QCMD shifts a signed number */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* ---- what is told ---- */

static uint64_t
free_of_disk(const struct env *env)
{
	struct statvfs vfs;

	return fstatvfs(env->home_fd, &vfs) == 0 ? (uint64_t)vfs.f_bavail * vfs.f_frsize : UINT64_MAX;
}

#ifdef SYS_quotactl_fd
/*
 * A soft limit counts once its time of grace is over.
 */
static uint64_t
free_of_quota(const struct env *env, unsigned kind, uint32_t id)
{
	struct dqblk q = { 0 };
	uint64_t limit;

	if (syscall(SYS_quotactl_fd, env->home_fd, GET_QUOTA | kind, id, &q) != 0)
		return UINT64_MAX;
	limit = q.dqb_bhardlimit;
	if (q.dqb_bsoftlimit != 0 && q.dqb_btime != 0 && (uint64_t)time(NULL) > q.dqb_btime)
		limit = q.dqb_bsoftlimit;
	if (limit == 0)
		return UINT64_MAX;
	limit *= 1024;
	return limit > q.dqb_curspace ? limit - q.dqb_curspace : 0;
}

static uint64_t
free_of_quotas(const struct env *env)
{
	if (geteuid() == 0)		/* whom no quota binds */
		return UINT64_MAX;
	return least(free_of_quota(env, USRQUOTA, geteuid()), free_of_quota(env, GRPQUOTA, getegid()));
}
#else
static uint64_t
free_of_quotas(const struct env *env)
{
	(void)env;
	return UINT64_MAX;
}
#endif

/* ---- what a trial shows ---- */

/*
 * 0 also where it cannot be tried: then what is to be written will tell.
 */
static int
try_room(const struct env *env, off_t n)
{
	int fd = openat(env->home_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), r;

	r = fd >= 0 ? fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, n) : -1;
	r = r == 0 ? 0 : errno;
	if (fd >= 0)
		close(fd);
	return r == ENOSPC || r == EDQUOT || r == EIO || r == EROFS ? r : 0;
}

/*
 * Is it time for a trial that nothing has given cause for?
 */
static bool
is_due(const struct env *env)
{
	int64_t now = clock_monotonic_ns(), last = atomic_load(&env->mark->roomy_ns);
	struct statfs fs;

	return (now - last > TRY_AGAIN_NS || now < last) && fstatfs(env->home_fd, &fs) == 0 &&
	    (unsigned)fs.f_type == BTRFS;
}

/*
 * Tried only where there is a reason to doubt: it takes a file system some milliseconds.
 */
int
room_for_recovery(const struct env *env, off_t n)
{
	bool doubt = atomic_load(&env->mark->refused) != 0 ||
	    least(free_of_disk(env), free_of_quotas(env)) < (uint64_t)n;

	return doubt ? try_room(env, n) : 0;
}

/* ---- the doors ---- */

void
room_refused(struct env *env, int error)
{
	if (error == ENOSPC || error == EDQUOT)
		atomic_store(&env->mark->refused, (uint32_t)error);
}

int
room_check(struct env *env, enum store_access access, struct err *err)
{
	uint64_t reserve = env->options.reserve_bytes / (access == STORE_RELIEVE ? 2 : 1);
	uint64_t free_bytes = least(free_of_disk(env), free_of_quotas(env));
	int refused = (int)atomic_load(&env->mark->refused), r;

	if (free_bytes < reserve)
		return err_set(err, ERR_UNAVAILABLE, "disk full: %s has %llu MiB free, and writes "
		    "stop at %llu", env->home, (unsigned long long)(free_bytes >> 20),
		    (unsigned long long)(reserve >> 20));
	if (reserve == 0 || (refused == 0 && !is_due(env)))
		return 0;
	if ((r = try_room(env, (off_t)reserve)) != 0)
		return err_set(err, ERR_UNAVAILABLE, "disk full: %s cannot have %llu MiB more: %s",
		    env->home, (unsigned long long)(reserve >> 20), strerror(r));
	atomic_store(&env->mark->roomy_ns, clock_monotonic_ns());
	if (access != STORE_RELIEVE)
		atomic_store(&env->mark->refused, 0);
	return 0;
}
