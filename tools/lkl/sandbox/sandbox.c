// SPDX-License-Identifier: GPL-2.0
/*
 * sandbox.c - give up what is not needed, before an image is looked at
 *
 * Layer:   tools; see sandbox.h.
 * Context: one thread of the tool's; the library has started others.
 *
 * DOC: What an image could do
 *
 * An image is parsed by a kernel that runs in this process. Should a hostile
 * one take that kernel over, it has the process. What is left to it then: the
 * descriptors that are open (the image, the archive, /dev/fuse), memory,
 * threads, time, and by its role the files that cptofs was told to read, or
 * those below cpfromfs's destination (landlock.c). An ordinary user's process
 * has no capability and cannot get one (no_new_privs); one of root's keeps what
 * concerns files, and only if it has to do with files. Landlock refuses TCP,
 * abstract sockets and signals to others too where the host's kernel is new
 * enough, and does so for io_uring, which seccomp cannot look into. seccomp
 * refuses every system call that is not in the lists below: no program is
 * executed, no socket made, no other process touched.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../cp/diag.h"
#include "landlock.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define REFUSE		SCMP_ACT_ERRNO(EPERM)

/* ---- capabilities ---- */

#define CAPABILITY(n)	(1U << (n))	/* all of these are below 32 */

/* What reading and making anybody's files takes; trusted.* wants SYS_ADMIN. */
static uint32_t kept_capabilities(enum sandbox_role role)
{
	uint32_t reads = CAPABILITY(CAP_DAC_READ_SEARCH) |
			 CAPABILITY(CAP_DAC_OVERRIDE) |
			 CAPABILITY(CAP_SYS_ADMIN);

	switch (role) {
	case SANDBOX_READS:
		return reads;
	case SANDBOX_WRITES:
		return reads | CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_FOWNER) |
		       CAPABILITY(CAP_FSETID) | CAPABILITY(CAP_MKNOD) |
		       CAPABILITY(CAP_SETFCAP);
	default:
		return 0;
	}
}

static int drop_capabilities(enum sandbox_role role)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	uint32_t kept = kept_capabilities(role);

	if (syscall(SYS_capget, &header, caps))
		return -errno;
	caps[0].effective &= kept;
	caps[0].permitted &= kept;
	caps[0].inheritable = 0;
	caps[1] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &header, caps) ? -errno : 0;
}

static int report(const char *what, int err)
{
	if (err)
		diag_error("cannot confine the process (%s): %s; --no-sandbox does without",
			   what, diag_cause(err));
	return err;
}

int sandbox_prepare(const struct sandbox *s)
{
	int err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return report("no_new_privs", -errno);
	err = report("landlock", landlock_enter(s));
	return err ? err :
		     report("capabilities", drop_capabilities(s->role));
}

/* ---- seccomp ---- */

/* Descriptors that are open, memory, threads, time. */
static const int allowed[] = {
	/* the image, the archive, requests, messages */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(preadv2),
	SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(pwritev2),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range),
	SCMP_SYS(fallocate), SCMP_SYS(lseek), SCMP_SYS(fstat),
	SCMP_SYS(ftruncate), SCMP_SYS(fadvise64), SCMP_SYS(close),
	SCMP_SYS(dup), SCMP_SYS(fcntl), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	/* servers of images, lklfuse's supervisor */
	SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
	SCMP_SYS(recvfrom), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(wait4), SCMP_SYS(waitid),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(pipe2), SCMP_SYS(eventfd2), SCMP_SYS(futex),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(restart_syscall),
	/* memory */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(memfd_create), SCMP_SYS(getrandom), SCMP_SYS(membarrier),
	/* threads, and what a process asks about itself */
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(gettid),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_setaffinity), SCMP_SYS(getcpu),
	SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(prlimit64), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid),
};

/* Looking at files of the host. */
static const int allowed_to_read[] = {
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(getdents64),
	SCMP_SYS(readlinkat), SCMP_SYS(fchdir), SCMP_SYS(flistxattr),
	SCMP_SYS(fgetxattr), SCMP_SYS(llistxattr), SCMP_SYS(lgetxattr),
};

/* Making them. */
static const int allowed_to_write[] = {
	SCMP_SYS(openat), SCMP_SYS(mkdirat), SCMP_SYS(mknodat),
	SCMP_SYS(symlinkat), SCMP_SYS(linkat), SCMP_SYS(unlinkat),
	SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(utimensat), SCMP_SYS(fsetxattr),
	SCMP_SYS(lsetxattr), SCMP_SYS(fremovexattr), SCMP_SYS(lremovexattr),
};

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

/* Only with these values of the argument. */
static int allow_ioctls(scmp_filter_ctx ctx, const unsigned int *commands,
			size_t count)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < count; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff,
					       commands[i]));
	return err;
}

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
 * cannot be looked at; libc does without if it is not there. Signals to
 * ourselves, by one of which a run that was interrupted ends.
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
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				       SCMP_A0(SCMP_CMP_EQ, getpid()));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				       SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	return err;
}

/* What is asked of an image that is a device. */
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
	int err = allow_ioctls(ctx, commands, ARRAY_SIZE(commands));

	/* How libc does fstat(). */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
				       SCMP_SYS(newfstatat), 1,
				       SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH));
	return err;
}

/* Showing progress on a terminal; what the tar tools' library asks. */
static int allow_progress(scmp_filter_ctx ctx)
{
	static const unsigned int commands[] = { TCGETS, TIOCGWINSZ };
	int err = allow_ioctls(ctx, commands, ARRAY_SIZE(commands));

	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				       SCMP_A0(SCMP_CMP_EQ, PR_SET_TIMERSLACK));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(umask), 0);
	return err;
}

/* And the terminal's echo off and on. */
static int allow_unlocking(scmp_filter_ctx ctx)
{
	static const unsigned int commands[] = {
		TCGETS, TCSETS, TCSETSW, TCSETSF,
	};
	int err = allow_ioctls(ctx, commands, ARRAY_SIZE(commands));

	return err ? err : allow_all(ctx, allowed_to_unlock,
				     ARRAY_SIZE(allowed_to_unlock));
}

/* Opening for reading: nothing is made or emptied by it. */
static int allow_opening(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ,
					O_ACCMODE | O_CREAT | O_TRUNC, 0));
}

/* That a thread of ours takes time only when nobody else wants it. */
static int allow_idling(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
				SCMP_SYS(sched_setscheduler), 2,
				SCMP_A0(SCMP_CMP_EQ, 0),
				SCMP_A1(SCMP_CMP_EQ, SCHED_IDLE));
}

static int allow_role(scmp_filter_ctx ctx, enum sandbox_role role)
{
	bool files = role == SANDBOX_READS || role == SANDBOX_WRITES;
	int err = 0;

	if (role == SANDBOX_SERVES)
		err = allow_idling(ctx);
	else
		err = allow_progress(ctx);
	if (!err && files)
		err = allow_all(ctx, allowed_to_read,
				ARRAY_SIZE(allowed_to_read));
	if (!err && role == SANDBOX_READS)
		err = allow_opening(ctx);
	if (!err && role == SANDBOX_WRITES)
		err = allow_all(ctx, allowed_to_write,
				ARRAY_SIZE(allowed_to_write));
	return err;
}

/* What sandbox_seal() takes back. */
static const int allowed_until_sealed[] = {
	SCMP_SYS(io_uring_setup), SCMP_SYS(seccomp),
};

static int make_filter(scmp_filter_ctx ctx, const struct sandbox *s)
{
	int err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);

	if (!err)
		err = allow_all(ctx, allowed, ARRAY_SIZE(allowed));
	if (!err)
		err = allow_all(ctx, allowed_until_sealed,
				ARRAY_SIZE(allowed_until_sealed));
	if (!err && s->unlock)
		err = allow_unlocking(ctx);
	if (!err)
		err = allow_role(ctx, s->role);
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

static int load_filter(scmp_filter_ctx ctx, int err)
{
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return report("seccomp", err);
}

int sandbox_enter(const struct sandbox *s)
{
	scmp_filter_ctx ctx = seccomp_init(REFUSE);

	if (!ctx)
		return report("seccomp", -ENOMEM);
	return load_filter(ctx, make_filter(ctx, s));
}

/* A second filter, which the kernel asks as well as the first. */
int sandbox_seal(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	size_t i;
	int err;

	if (!ctx)
		return report("seccomp", -ENOMEM);
	err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	/* no_new_privs is set, and setting it refused. */
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	for (i = 0; !err && i < ARRAY_SIZE(allowed_until_sealed); i++)
		err = seccomp_rule_add(ctx, REFUSE, allowed_until_sealed[i], 0);
	return load_filter(ctx, err);
}
