// SPDX-License-Identifier: GPL-2.0
/*
 * sandbox.c - give up what copying does not need, before an image is looked at
 *
 * Layer:   tools; called by main.c.
 * Context: the only thread.
 *
 * DOC: What an image could do
 *
 * An image is parsed by a kernel that runs in this process. Should a hostile
 * one take that kernel over, it has the process. What is left to it then:
 * Landlock lets cptofs write no file of the host, and cpfromfs read and write
 * nothing but its destination; seccomp refuses new programs, sockets, signals
 * to others, and what only an administrator needs, should one run the tool.
 * The image itself is an open descriptor, read-only for cpfromfs.
 */
#include "sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lkl.h>

/* ---- Landlock ---- */

/* Rights by the version that brought them; headers may be older. */
#define RIGHT(n)		(1ULL << (n))
#define RIGHT_EXECUTE		RIGHT(0)
#define RIGHTS_READ		(RIGHT(2) | RIGHT(3))
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

/* A path that is not there is no loss: the copy will say so. */
static void allow(int ruleset, const char *path, uint64_t rights)
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

/* The destination if it is a directory, else the one it will be made in. */
static void allow_destination(int ruleset, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *parent, *slash;

	if (fd >= 0) {
		close(fd);
		allow(ruleset, path, rights);
		return;
	}
	parent = strdup(path);
	if (!parent)
		return;
	slash = parent + strlen(parent);
	while (slash > parent + 1 && slash[-1] == '/')
		*--slash = '\0';
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	allow(ruleset, slash ? parent : ".", rights);
	free(parent);
}

/* The library maps the kernel from its own file, which it looks up. */
static void allow_library(int ruleset)
{
	Dl_info info;

	if (dladdr((void *)lkl_init, &info) && info.dli_fname)
		allow(ruleset, info.dli_fname, RIGHT(2));
	allow(ruleset, "/proc/self", RIGHTS_READ);
}

static void enter_landlock(const char *destination)
{
	int version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			      LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset rights;
	int ruleset;

	if (version < 1)
		return;
	rights = rights_of(version);
	ruleset = syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights),
			  0);
	if (ruleset < 0)
		return;
	if (destination) {
		allow_destination(ruleset, destination,
				  rights.fs & ~RIGHT_EXECUTE);
		allow_library(ruleset);
	} else {
		allow(ruleset, "/", RIGHTS_READ);
	}
	syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
}

/* ---- seccomp ---- */

static const uint16_t refused[] = {
	/* other programs and processes */
	SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
	SYS_process_vm_writev, SYS_kill, SYS_rt_sigqueueinfo,
	SYS_pidfd_send_signal, SYS_pidfd_getfd, SYS_kcmp,
	/* the network */
	SYS_socket, SYS_connect, SYS_bind, SYS_listen,
	/* the host as a whole */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns,
	SYS_unshare, SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsmount,
	SYS_open_by_handle_at, SYS_quotactl, SYS_swapon, SYS_swapoff,
	SYS_acct, SYS_reboot, SYS_kexec_load, SYS_kexec_file_load,
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_bpf,
	SYS_perf_event_open, SYS_userfaultfd, SYS_fanotify_init, SYS_syslog,
	SYS_add_key, SYS_request_key, SYS_keyctl, SYS_settimeofday,
	SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname,
	SYS_setdomainname, SYS_personality, SYS_setuid, SYS_setgid,
	SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
	SYS_setgroups, SYS_setfsuid, SYS_setfsgid, SYS_capset,
};

#define REFUSED		(sizeof(refused) / sizeof(refused[0]))
#define HEAD		5
#define TAIL		2

#if defined(__x86_64__)
#define ARCH		AUDIT_ARCH_X86_64
#define FIRST_FOREIGN	0x40000000	/* system calls of the x32 ABI */
#else
#define ARCH		AUDIT_ARCH_AARCH64
#define FIRST_FOREIGN	0x7fffffff
#endif

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value)	BPF_STMT(BPF_RET | BPF_K, value)

static void enter_seccomp(void)
{
	struct sock_filter code[HEAD + REFUSED + TAIL] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_FOREIGN, REFUSED + 1,
			 0),
	};
	const struct sock_fprog filter = {
		.len = HEAD + REFUSED + TAIL,
		.filter = code,
	};
	size_t i;

	for (i = 0; i < REFUSED; i++)
		code[HEAD + i] = (struct sock_filter)
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i],
				 REFUSED - i, 0);
	code[HEAD + REFUSED] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	code[HEAD + REFUSED + 1] = (struct sock_filter)
		RETURN(SECCOMP_RET_ERRNO | EPERM);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

void sandbox_enter(const char *destination)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return;
	enter_landlock(destination);
	enter_seccomp();
}
