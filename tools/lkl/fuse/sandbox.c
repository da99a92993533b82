// SPDX-License-Identifier: GPL-2.0
/*
 * sandbox.c - give up what serving an image does not need, before it is read
 *
 * Layer:   tools; called by worker.c.
 * Context: one thread.
 *
 * DOC: What an image could do
 *
 * An image is parsed by a kernel that runs in this process. Should a hostile
 * one take that kernel over, it has the process. What is left to it then: the
 * descriptors of the image and of /dev/fuse, memory, threads and time. It has
 * no capability and cannot get one (no_new_privs). Landlock refuses it every
 * file and, where the host's kernel is new enough, TCP, abstract sockets and
 * signals to others; so it does for io_uring, which seccomp cannot look into.
 * seccomp refuses every system call that is not in the list below, among them
 * all that open or execute a file, make a socket, or concern another process.
 *
 * What needs more than that, mounting and unmounting, is done by the process
 * that has started this one (supervisor.c), which never reads the image.
 */
#include "sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <lkl.h>

#include "../cp/diag.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- Landlock ---- */

/* Rights by the version that brought them; headers may be older. */
#define RIGHT(n)		(1ULL << (n))
#define RIGHT_READ_FILE		RIGHT(2)
#define RIGHT_READ_DIR		RIGHT(3)
#define RIGHTS_V1		(RIGHT(13) - 1)
#define RIGHT_REFER		RIGHT(13)	/* 2: move between directories */
#define RIGHT_TRUNCATE		RIGHT(14)	/* 3 */
#define RIGHTS_NET		3ULL		/* 4: bind, connect */
#define RIGHT_IOCTL_DEV		RIGHT(15)	/* 5 */
#define SCOPES			3ULL		/* 6: sockets, signals */

/* struct landlock_ruleset_attr as of version 6. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static struct ruleset rights_of(int version)
{
	struct ruleset rights = { .fs = RIGHTS_V1 };

	if (version >= 2)
		rights.fs |= RIGHT_REFER;
	if (version >= 3)
		rights.fs |= RIGHT_TRUNCATE;
	if (version >= 4)
		rights.net = RIGHTS_NET;
	if (version >= 5)
		rights.fs |= RIGHT_IOCTL_DEV;
	if (version >= 6)
		rights.scoped = SCOPES;
	return rights;
}

static void allow_reading(int ruleset, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (rule.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0);
	close(rule.parent_fd);
}

/* The library maps the kernel from its own file, which it looks up. */
static void allow_library(int ruleset)
{
	Dl_info info;

	if (dladdr((void *)lkl_init, &info) && info.dli_fname)
		allow_reading(ruleset, info.dli_fname, RIGHT_READ_FILE);
	allow_reading(ruleset, "/proc/self",
		      RIGHT_READ_FILE | RIGHT_READ_DIR);
}

static int enter_landlock(void)
{
	int version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			      LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rights;
	int ruleset, err = 0;

	if (version < 1)
		return 0;
	rights = rights_of(version);
	ruleset = syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights),
			  0);
	if (ruleset < 0)
		return -errno;
	allow_library(ruleset);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0))
		err = -errno;
	close(ruleset);
	return err;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

static int report(const char *what, int err)
{
	if (err)
		diag_error("cannot confine the process (%s): %s; --no-sandbox does without",
			   what, diag_cause(err));
	return err;
}

int sandbox_prepare(void)
{
	int err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return report("no_new_privs", -errno);
	err = report("capabilities", drop_capabilities());
	return err ? err : report("landlock", enter_landlock());
}

/* ---- seccomp ---- */

static const int allowed[] = {
	/* requests, and the image */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(preadv2),
	SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(pwritev2),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range),
	SCMP_SYS(fallocate), SCMP_SYS(lseek), SCMP_SYS(fstat),
	SCMP_SYS(ftruncate), SCMP_SYS(fadvise64), SCMP_SYS(close),
	SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(splice), SCMP_SYS(vmsplice),
	SCMP_SYS(pipe2),
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	/* the supervisor, and servers of images */
	SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
	SCMP_SYS(recvfrom), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(wait4), SCMP_SYS(waitid),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2), SCMP_SYS(futex), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(restart_syscall),
	/* memory */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(memfd_create), SCMP_SYS(getrandom), SCMP_SYS(membarrier),
	/* threads */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(gettid),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity), SCMP_SYS(getcpu),
	SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(prlimit64), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(setsid),
};

#define REFUSE	SCMP_ACT_ERRNO(EPERM)

/* Memory is never made executable from now on. */
static int allow_memory(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp no_exec =
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int err;

	err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec);
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect),
				       1, no_exec);
	return err;
}

/*
 * Threads, but no processes. clone3() has its flags in memory, where they
 * cannot be looked at; libc does without if it is not there.
 */
static int allow_threads(scmp_filter_ctx ctx)
{
	int err;

	err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			       SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
				       CLONE_THREAD));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
				       SCMP_SYS(clone3), 0);
	/* Signals to ourselves, by which threads are made to end. */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				       SCMP_A0(SCMP_CMP_EQ, getpid()));
	return err;
}

/* What is asked of files: the image, which may be a device. */
static int allow_questions(scmp_filter_ctx ctx)
{
	static const unsigned int commands[] = {
		0x1260,		/* BLKGETSIZE */
		0x80081272,	/* BLKGETSIZE64 */
		0x1268,		/* BLKSSZGET */
		0x127b,		/* BLKPBSZGET */
		0x1278,		/* BLKIOMIN */
		0x1279,		/* BLKIOOPT */
		0x125e,		/* BLKROGET */
		0x1277,		/* BLKDISCARD */
		0x127f,		/* BLKZEROOUT */
		0x1261,		/* BLKFLSBUF */
	};
	size_t i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(commands); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff,
					       commands[i]));
	/* How libc does fstat(). */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
				       SCMP_SYS(newfstatat), 1,
				       SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH));
	/* All of prctl() is of no use to an intruder but the name of a thread. */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				       SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	return err;
}

/* Reading a passphrase, and the header of the disk with libcryptsetup. */
static const int allowed_to_unlock[] = {
	SCMP_SYS(openat), SCMP_SYS(flock), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(access), SCMP_SYS(faccessat2),
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(getdents64), SCMP_SYS(mlock),
	SCMP_SYS(munlock), SCMP_SYS(mlockall), SCMP_SYS(munlockall),
	SCMP_SYS(getpriority), SCMP_SYS(setpriority), SCMP_SYS(uname),
};

static int allow_all(scmp_filter_ctx ctx, const int *calls, size_t count)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < count; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

/* Turning the terminal's echo off and on. */
static int allow_terminal(scmp_filter_ctx ctx)
{
	static const unsigned int commands[] = {
		TCGETS, TCSETS, TCSETSW, TCSETSF,
	};
	size_t i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(commands); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff,
					       commands[i]));
	return err;
}

static int make_filter(scmp_filter_ctx ctx, bool unlock)
{
	int err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);

	if (!err)
		err = allow_all(ctx, allowed, ARRAY_SIZE(allowed));
	if (!err && unlock)
		err = allow_all(ctx, allowed_to_unlock,
				ARRAY_SIZE(allowed_to_unlock));
	if (!err && unlock)
		err = allow_terminal(ctx);
	if (!err)
		err = allow_memory(ctx);
	if (!err)
		err = allow_threads(ctx);
	if (!err)
		err = allow_questions(ctx);
	/* A binary tree, so that the length of the list does not matter. */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return err;
}

int sandbox_enter(bool unlock)
{
	scmp_filter_ctx ctx = seccomp_init(REFUSE);
	int err;

	if (!ctx)
		return report("seccomp", -ENOMEM);
	err = make_filter(ctx, unlock);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return report("seccomp", err);
}

/* ---- proof ---- */

static long try_read(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long try_write(void)
{
	return open("/tmp/lklfuse-escaped", O_WRONLY | O_CREAT | O_CLOEXEC,
		    0600);
}

static long try_execute(void)
{
	char *const argv[] = { "true", NULL };

	return execve("/bin/true", argv, NULL);
}

static long try_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);

	if (!pid)
		_exit(0);
	return pid;
}

static long try_signal(void)
{
	return kill(getppid(), 0);
}

/* Where nothing is, so that it does no harm: then the address is wrong. */
static long try_memory(void)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { NULL, 1 };

	return syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0);
}

static long try_connect(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static const struct {
	const char *what;
	long (*try)(void);
} attempts[] = {
	{ "open a file of the host for reading", try_read },
	{ "open a file of the host for writing", try_write },
	{ "make a process", try_process },
	{ "signal another process", try_signal },
	{ "look into another process", try_memory },
	{ "make a socket", try_connect },
	{ "make memory executable", try_code },
	/* Last, since nothing comes after it if it succeeds. */
	{ "execute a program", try_execute },
};

int sandbox_test(void)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attempts); i++) {
		bool refused = attempts[i].try() < 0 &&
			       (errno == EPERM || errno == EACCES);

		dprintf(STDOUT_FILENO, "%s: %s\n",
			refused ? "refused" : "NOT REFUSED", attempts[i].what);
		failed += !refused;
	}
	return failed;
}
