/*
 * store/env.c - one process at a time inside Berkeley DB, and recovery by whoever finds it broken
 *
 * Web servers kill CGI programs with SIGKILL, and the mutexes in Berkeley DB's regions do not
 * survive that: a process that dies inside leaves them locked for ever. So every call into the
 * library happens under one flock, and the mark page says who is inside:
 *
 *                  flock(weir.lock, EX)
 *    OUTSIDE ─────────────────────────────► LOCKED ── mark set, other boot, or no regions ──► RECOVER
 *       ▲                                     │
 *       │ inside = 0, unlock                  ├── generation is not mine ──► REJOIN
 *       └───────────────────── INSIDE ◄───────┘
 *
 * Whoever gets the lock and finds the mark set knows that the holder before died inside; it is
 * alone, and recovers. Killed during that, the mark stays set and the next one starts afresh. A
 * death anywhere else, which is nearly all of them, costs nothing.
 *
 * The mark is set before the first call and cleared after the last. What is done with the library's
 * handles meanwhile stands in handles.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/handles.h"
#include "store/journal.h"
#include "store/page_hook.h"

#define MARK_BYTES 4096
#define STUCK_NS (INT64_C(60) * 1000000000)
#define SURE_NS INT64_C(1000000000)
#define TICKS 10			/* while one waits; of MOST_TICK_MS at most */
#define MOST_TICK_MS 1000

/* ---- the lock ---- */

static void
tick(int signal_number)
{
	(void)signal_number;
}

void
env_ticks_start(struct env_ticks *ticks, uint64_t wait_ms)
{
	struct sigaction action = { .sa_handler = tick };
	uint64_t ms = wait_ms / TICKS < MOST_TICK_MS ? wait_ms / TICKS + 1 : MOST_TICK_MS;
	struct timeval period = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
	struct itimerval every = { period, period };

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, &ticks->old);
	setitimer(ITIMER_REAL, &every, NULL);
}

void
env_ticks_stop(const struct env_ticks *ticks)
{
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &ticks->old, NULL);
}

struct holder {
	uint32_t	 pid;
	int64_t		 entered_ns;
	int64_t		 seen_ns;	/* first, by who waits */
};

/*
 * A holder that has been inside for a minute hangs by a fault of ours or of its disk; nobody would
 * ever get in again. Ended, it is like any other that died inside. What the mark says may be of one
 * that was killed long ago, whose number another program has by now, while the next one has the lock
 * and has not said so yet: so it must not have changed for a while.
 */
static void
end_stuck_holder(const struct env *env, struct holder *last)
{
	struct holder now = { atomic_load(&env->mark->holder), atomic_load(&env->mark->entered_ns),
		clock_monotonic_ns() };
	int64_t half_ns = (int64_t)env->options.wait_ms * 500000;	/* of what one waits at all */
	int64_t sure_ns = half_ns < SURE_NS ? half_ns : SURE_NS;

	if (now.pid != last->pid || now.entered_ns != last->entered_ns) {
		*last = now;
	} else if (now.pid != 0 && now.pid != (uint32_t)getpid() &&
	    now.seen_ns - now.entered_ns > STUCK_NS && now.seen_ns - last->seen_ns > sure_ns) {
		log_error("process %u has held the store for a minute: ending it", now.pid);
		kill((pid_t)now.pid, SIGKILL);
	}
}

static int
lock(struct env *env, struct err *err)
{
	struct holder holder = { 0 };
	struct env_ticks ticks;
	int64_t until;
	int r;

	if (flock(env->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	until = clock_monotonic_ns() + (int64_t)env->options.wait_ms * 1000000;
	env_ticks_start(&ticks, env->options.wait_ms);
	while ((r = flock(env->lock_fd, LOCK_EX)) != 0 && errno == EINTR &&
	    clock_monotonic_ns() < until)
		end_stuck_holder(env, &holder);
	env_ticks_stop(&ticks);
	if (r != 0)
		return err_set(err, ERR_UNAVAILABLE, "the store has been busy for %llu ms",
		    (unsigned long long)env->options.wait_ms);
	return 0;
}

/*
 * Whoever has the lock says so, for those who wait. Of use also where a recovery has failed.
 */
int
env_hold(struct env *env, struct err *err)
{
	if (lock(env, err) != 0)
		return -1;
	atomic_store(&env->mark->entered_ns, clock_monotonic_ns());
	atomic_store(&env->mark->holder, (uint32_t)getpid());
	return 0;
}

static void
let_go(struct env *env)
{
	atomic_store(&env->mark->holder, 0);
	flock(env->lock_fd, LOCK_UN);
}

static bool
is_dirty(const struct env *env)
{
	const struct env_mark *m = env->mark;

	return atomic_load(&m->inside) != 0 || atomic_load(&m->generation) == 0 ||
	    atomic_load(&m->sync[SYNC_LOG].lost_to) != 0 ||
	    m->magic != ENV_MARK_MAGIC || memcmp(m->boot, env->boot, sizeof(env->boot)) != 0;
}

/*
 * With the lock: the mark goes in, and the handles are of the present generation.
 */
static int
go_inside(struct env *env, bool dirty, struct err *err)
{
	int r = 0;

	env->n_said = 0;
	page_inside(env->page_sums);
	atomic_store(&env->mark->inside, (uint32_t)getpid());
	if (dirty || env->generation != atomic_load(&env->mark->generation)) {
		r = dirty ? handles_recover(env) : handles_rejoin(env);
		if (r == DB_RUNRECOVERY && !dirty)
			r = handles_recover(env);
	}
	if (r != 0) {
		/* the mark stays set and the next one tries again; what this process alone has too
		 * little of, others need not recover from */
		if (!dirty && (r == EMFILE || r == ENFILE || r == ENOMEM))
			atomic_store(&env->mark->inside, 0);
		let_go(env);
		if (page_trouble() != NULL)
			return err_set(err, ERR_CORRUPT, "the store cannot be opened: %s", page_trouble());
		log_error("the store in %s cannot be opened: %s", env->home, db_strerror(r));
		return err_set(err, ERR_UNAVAILABLE, "the store cannot be opened: %s", db_strerror(r));
	}
	return 0;
}

int
env_enter(struct env *env, struct err *err)
{
	return env_hold(env, err) == 0 ? go_inside(env, is_dirty(env), err) : -1;
}

int
env_lock(struct env *env, struct err *err)
{
	if (env_hold(env, err) != 0)
		return -1;
	if (!is_dirty(env))
		return 0;
	if (go_inside(env, true, err) != 0)
		return -1;
	atomic_store(&env->mark->inside, 0);
	return 0;
}

void
env_unlock(struct env *env)
{
	let_go(env);
}

/*
 * What processes have of the present regions is useless afterwards: they open anew.
 */
int
env_offline(struct env *env, int (*work)(struct env *env, bool recovered, void *arg,
    struct err *err), void *arg, struct err *err)
{
	bool recovered;
	int r;

	if (env_hold(env, err) != 0)
		return -1;
	page_inside(env->page_sums);
	atomic_store(&env->mark->inside, (uint32_t)getpid());
	recovered = handles_bring_log_in(env) == 0;
	env->generation = 0;
	r = work(env, recovered, arg, err);
	if (r == 0 && (r = handles_recover(env)) != 0)
		r = err_set(err, ERR_UNAVAILABLE, "the store cannot be opened: %s", page_trouble() != NULL ?
		    page_trouble() : db_strerror(r));
	if (r != 0)
		let_go(env);	/* the mark stays set */
	else
		env_leave(env);
	return r;
}

void
env_still_here(struct env *env)
{
	atomic_store(&env->mark->entered_ns, clock_monotonic_ns());
}

void
env_leave(struct env *env)
{
	atomic_store(&env->mark->inside, 0);
	let_go(env);
}

void
env_abandon(struct env *env)
{
	let_go(env);
}

/* ---- attaching ---- */

static int
open_file(struct env *env, const char *name, int *fd, struct err *err)
{
	*fd = openat(env->home_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return err_set(err, ERR_UNAVAILABLE, "%s/%s cannot be opened: %s", env->home, name,
		    strerror(errno));
	return 0;
}

static int
map_mark(struct env *env, struct err *err)
{
	struct stat st;
	int fd;
	void *page;

	if (open_file(env, "weir.mark", &fd, err) != 0)
		return -1;
	if (fstat(fd, &st) != 0 || (st.st_size < MARK_BYTES && ftruncate(fd, MARK_BYTES) != 0) ||
	    (page = mmap(NULL, MARK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) {
		close(fd);
		return err_set(err, ERR_UNAVAILABLE, "%s/weir.mark cannot be mapped: %s", env->home,
		    strerror(errno));
	}
	close(fd);
	env->mark = page;
	return 0;
}

/*
 * After a reboot the regions on disk are of another life; the kernel's boot id tells.
 */
static void
read_boot_id(uint8_t boot[16])
{
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	unsigned n = 0, byte;

	memset(boot, 0, 16);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0)
		for (const char *p = text; n < 16 && *p != '\0'; p++)
			if (*p != '-' && sscanf(p, "%2x", &byte) == 1) {
				boot[n++] = (uint8_t)byte;
				if (*++p == '\0')
					break;
			}
	close(fd);
}

int
env_attach(struct env *env, const struct store_options *options, struct err *err)
{
	char resolved[4096];

	memset(env, 0, sizeof(*env));
	env->home_fd = env->lock_fd = env->journal_fd = -1;
	for (int i = 0; i < N_SYNCS; i++)
		env->sync[i].lock_fd = env->sync[i].fd = -1;
	env->options = *options;
	if (realpath(options->home, resolved) == NULL)
		return err_set(err, ERR_UNAVAILABLE, "there is no store in %s: %s (make one with "
		    "`weir --home %s init`)", options->home, strerror(errno), options->home);
	env->home = memory_string(resolved);
	env->options.home = env->home;
	env->home_fd = open(env->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (env->home_fd < 0)
		return err_set(err, ERR_UNAVAILABLE, "%s cannot be opened: %s", env->home,
		    strerror(errno));
	read_boot_id(env->boot);
	env->page_sums = faccessat(env->home_fd, STORE_FORMAT_FILE, F_OK, 0) == 0;
	if (open_file(env, "weir.lock", &env->lock_fd, err) != 0 ||
	    open_file(env, "weir.sync", &env->sync[SYNC_LOG].lock_fd, err) != 0 ||
	    open_file(env, "weir.journal", &env->sync[SYNC_JOURNAL].lock_fd, err) != 0 ||
	    map_mark(env, err) != 0)
		return -1;
	return 0;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void
env_detach(struct env *env)
{
	struct err err;

	if (env->generation != 0 && env_hold(env, &err) == 0) {
		/* a mark that is set, or another generation: the handles' regions are poisoned or
		 * panicked, and closing could wait for ever; the kernel closes them at the exit */
		if (!is_dirty(env) && env->generation == atomic_load(&env->mark->generation)) {
			page_inside(env->page_sums);
			atomic_store(&env->mark->inside, (uint32_t)getpid());
			handles_close(&env->handles);
			env_leave(env);
		} else {
			env_abandon(env);
		}
	}
	if (env->mark != NULL)
		munmap(env->mark, MARK_BYTES);
	close_if_open(env->home_fd);
	close_if_open(env->lock_fd);
	close_if_open(env->journal_fd);
	for (int i = 0; i < N_SYNCS; i++) {
		close_if_open(env->sync[i].lock_fd);
		close_if_open(env->sync[i].fd);
	}
	free(env->home);
	memset(env, 0, sizeof(*env));
}
