// SPDX-License-Identifier: GPL-2.0
/*
 * attempts.c - try what the sandbox is to refuse
 *
 * Layer:   tools; behind --sandbox-self-test, for tests and for who wants to
 *          know what the host's kernel enforces.
 * Context: one thread, in the sandbox.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long try_read(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long try_write(void)
{
	return open("/tmp/lkl-escaped", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
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

static long try_trace(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static long try_connect(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long try_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static long try_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long try_ring(void)
{
	char params[120] = { 0 };	/* struct io_uring_params */

	return syscall(SYS_io_uring_setup, 1, params);
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
	{ "trace another process", try_trace },
	{ "make a socket", try_connect },
	{ "make a Unix socket", try_unix },
	{ "make memory executable", try_code },
	{ "make a namespace", try_namespace },
	{ "mount", try_mount },
	{ "make a ring of io_uring", try_ring },
	/* Last, since nothing comes after it if it succeeds. */
	{ "execute a program", try_execute },
};

int sandbox_test(void)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		bool refused = attempts[i].try() < 0 &&
			       (errno == EPERM || errno == EACCES);

		dprintf(STDOUT_FILENO, "%s: %s\n",
			refused ? "refused" : "NOT REFUSED", attempts[i].what);
		failed += !refused;
	}
	return failed;
}
