/*
 * tests/unit/store_room_test.c - room on the disk: quotas that are told, and those that are not
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

#include "store/store_priv.h"
#include "store_home.h"

#define MIB (UINT64_C(1) << 20)

static struct dqblk quota;		/* what quotactl_fd tells of users; a limit of 0 is none */
static int refuses;			/* what fallocate fails with */
static uid_t who = 1000;

uid_t
geteuid(void)
{
	return who;
}

#ifdef SYS_quotactl_fd
long
syscall(long number, ...)
{
	static long (*real)(long, ...);
	long args[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_quotactl_fd) {
		if ((unsigned)args[1] != ((unsigned)Q_GETQUOTA << SUBCMDSHIFT | USRQUOTA) ||
		    (uid_t)args[2] != who) {
			errno = ESRCH;
			return -1;
		}
		*(struct dqblk *)args[3] = quota;
		return 0;
	}
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}
#endif

int
fallocate(int fd, int mode, off_t at, off_t n)
{
	(void)fd;
	(void)mode;
	(void)at;
	(void)n;
	errno = refuses;
	return refuses == 0 ? 0 : -1;
}

static void
begin(struct home *h)
{
	who = 1000;
	refuses = 0;
	quota = (struct dqblk){ 0 };
	home_new(h);
	h->store->env.options.reserve_bytes = MIB;
}

static void
a_quota_that_is_told_keeps_the_reserve(void **unused)
{
	struct home h;
	struct err err;

	(void)unused;
#ifndef SYS_quotactl_fd
	skip();
#endif
	begin(&h);
	quota.dqb_bhardlimit = 100 * 1024;		/* KiB: 100 MiB */
	quota.dqb_curspace = 98 * MIB;
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), 0);
	quota.dqb_curspace = 100 * MIB - MIB * 3 / 4;
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), -1);
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "disk full: "));
	/* what makes room may have half of it */
	assert_int_equal(room_check(&h.store->env, STORE_RELIEVE, &err), 0);
	quota.dqb_curspace = 200 * MIB;			/* was made smaller */
	assert_int_equal(room_check(&h.store->env, STORE_RELIEVE, &err), -1);
	/* a soft limit counts when its time is over */
	quota = (struct dqblk){ .dqb_bsoftlimit = 50 * 1024, .dqb_curspace = 60 * MIB,
		.dqb_btime = (uint64_t)time(NULL) + 3600 };
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), 0);
	quota.dqb_btime = (uint64_t)time(NULL) - 3600;
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), -1);
	who = 0;					/* no quota binds root */
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), 0);
	home_free(&h);
}

static void
after_a_refusal_a_trial_decides(void **unused)
{
	struct home h;
	struct err err;

	(void)unused;
	begin(&h);
	refuses = EDQUOT;
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), 0);	/* nothing is known yet */
	room_refused(&h.store->env, EIO);		/* is not about room */
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), 0);
	room_refused(&h.store->env, EDQUOT);
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), -1);
	assert_non_null(strstr(err.text, "Disk quota exceeded"));
	assert_int_equal(room_for_recovery(&h.store->env, (off_t)MIB), EDQUOT);
	refuses = 0;
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), 0);
	refuses = EDQUOT;				/* forgotten: no trial any more */
	assert_int_equal(room_check(&h.store->env, STORE_WRITE, &err), 0);
	home_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quota_that_is_told_keeps_the_reserve),
		cmocka_unit_test(after_a_refusal_a_trial_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
