/*
 * tests/crash/stop_at.c - runs a program up to one of its system calls, and kills it there
 *
 *     stop_at FD CALL STEPS PROGRAM [ARGUMENT]...
 *
 * Traces the program and counts its calls of the list below: those that change what other processes
 * can see. Before call number CALL (from 1 on), and STEPS instructions later, the program is stopped:
 * "at NAME" goes to FD, and when a byte or the end has come from there the program gets SIGKILL. One
 * that ends before is told as "ended STATUS CALLS". With CALL 0 it runs to its end, and every call is
 * told on a line of its own, "call NAME".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct { long number; const char *name; } telling[] = {
	{ SYS_write, "write" }, { SYS_pwrite64, "pwrite" }, { SYS_pwritev, "pwritev" },
	{ SYS_fsync, "fsync" }, { SYS_fdatasync, "fdatasync" }, { SYS_ftruncate, "ftruncate" },
	{ SYS_fallocate, "fallocate" }, { SYS_unlinkat, "unlinkat" }, { SYS_renameat2, "renameat2" },
	{ SYS_mkdirat, "mkdirat" }, { SYS_linkat, "linkat" }, { SYS_flock, "flock" },
	{ SYS_futex, "futex" }, { SYS_munmap, "munmap" }, { SYS_openat, "openat" },
	{ SYS_mmap, "mmap" }, { SYS_fcntl, "fcntl" }, { SYS_exit_group, "exit_group" },
#ifdef SYS_unlink
	{ SYS_unlink, "unlink" }, { SYS_rename, "rename" }, { SYS_mkdir, "mkdir" },
	{ SYS_link, "link" },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, "renameat" },
#endif
};

static void
give_up(const char *what)
{
	perror(what);
	exit(2);
}

/*
 * The call's name, or NULL when it changes nothing for others.
 */
static const char *
tells(const struct __ptrace_syscall_info *info)
{
	const unsigned long long *args = (const unsigned long long *)info->entry.args;
	long number = (long)info->entry.nr;

	if ((number == SYS_openat && (args[2] & O_CREAT) == 0) ||
	    (number == SYS_mmap && (args[3] & MAP_SHARED) == 0) ||
	    (number == SYS_fcntl && args[1] != F_OFD_SETLK && args[1] != F_OFD_SETLKW))
		return NULL;
	for (size_t i = 0; i < sizeof(telling) / sizeof(*telling); i++)
		if (telling[i].number == number)
			return telling[i].name;
	return NULL;
}

static int fd;
static long wanted, steps, n_calls;

static void
say(const char *format, const char *name, long a, long b)
{
	char line[128];
	int n = name != NULL ? snprintf(line, sizeof(line), format, name) :
	    snprintf(line, sizeof(line), format, a, b);

	if (write(fd, line, (size_t)n) != n)
		give_up("write");
}

static void
end_if_over(int status)
{
	if (WIFSTOPPED(status))
		return;
	say("ended %ld %ld\n", NULL, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	    n_calls);
	exit(0);
}

static int
go_on(pid_t pid, enum __ptrace_request how, int signal_number)
{
	int status;

	if (ptrace(how, pid, NULL, (void *)(long)signal_number) != 0 ||
	    waitpid(pid, &status, 0) != pid)
		give_up("ptrace");
	end_if_over(status);
	return status;
}

static void
kill_here(pid_t pid, const char *name)
{
	int status;
	char byte;

	for (long i = 0; i < steps; i++)
		go_on(pid, PTRACE_SINGLESTEP, 0);
	say("at %s\n", name, 0, 0);
	if (read(fd, &byte, 1) < 0)
		give_up("read");
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		;
	exit(0);
}

static void
trace(pid_t pid)
{
	int signal_number = 0;

	for (;;) {
		struct __ptrace_syscall_info info;
		int status = go_on(pid, PTRACE_SYSCALL, signal_number);
		const char *name;

		signal_number = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			signal_number = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
			continue;
		}
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			give_up("ptrace");
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY || (name = tells(&info)) == NULL)
			continue;
		n_calls++;
		if (wanted == 0)
			say("call %s\n", name, 0, 0);
		else if (n_calls == wanted)
			kill_here(pid, name);
	}
}

int
main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 5)
		return 2;
	fd = atoi(argv[1]);
	wanted = atol(argv[2]);
	steps = atol(argv[3]);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			give_up("ptrace");
		raise(SIGSTOP);
		execv(argv[4], argv + 4);
		give_up(argv[4]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		give_up("fork");
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)(PTRACE_O_TRACESYSGOOD |
	    PTRACE_O_EXITKILL)) != 0)
		give_up("ptrace");
	trace(pid);
}
