// SPDX-License-Identifier: GPL-2.0
/*
 * sandbox_probe.c - what could an image do that has taken the kernel over?
 *
 * Layer:   tests; preloaded into cptofs, cpfromfs and lklfuse by sandbox.sh and
 *          fuse_safety.sh. Stands in for the library's mount(), the moment before the file
 *          system is parsed, and prints what the process is still permitted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "permitted");
	fflush(stdout);
}

static void try_open(const char *what, const char *variable, int flags)
{
	const char *path = getenv(variable);

	if (path)
		tell(what, open(path, flags, 0600));
}

long lkl_syscall(long no, long *params);

/* Only once: the tool goes on as if nothing had happened. */
static void try_all(void)
{
	char *const arguments[] = { "true", NULL };
	char ring[120] = { 0 };	/* struct io_uring_params */

	try_open("read a file outside", "PROBE_SECRET", O_RDONLY);
	try_open("make a file outside", "PROBE_OUTSIDE", O_WRONLY | O_CREAT);
	try_open("append to a file outside", "PROBE_SECRET", O_WRONLY | O_APPEND);
	try_open("make a file inside", "PROBE_INSIDE", O_WRONLY | O_CREAT);
	try_open("read what is copied", "PROBE_SOURCE", O_RDONLY);
	try_open("change what is copied", "PROBE_SOURCE", O_WRONLY);
	tell("open a socket", socket(AF_INET, SOCK_STREAM, 0));
	tell("open a Unix socket", socket(AF_UNIX, SOCK_DGRAM, 0));
	tell("make a ring", (int)syscall(SYS_io_uring_setup, 1, ring));
	tell("trace another process",
	     (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
	tell("signal another process", kill(getppid(), 0));
	tell("make a process", (int)fork());
	tell("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	tell("start a program", execv("/bin/true", arguments));
}

long lkl_syscall(long no, long *params)
{
	static bool tried;
	long (*real)(long n, long *p) = dlsym(RTLD_NEXT, "lkl_syscall");

	if (no == SYS_mount && !tried) {
		tried = true;
		try_all();
	}
	return real(no, params);
}
