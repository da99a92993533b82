// SPDX-License-Identifier: GPL-2.0
/*
 * crash.c - end as a power failure would, with one file safely written
 *
 * Layer:   tests; preloaded into cptofs by scripts of tests/tools. When the tool
 *          is about to write everything back, $CRASH_FILE, a path inside the
 *          image, is synchronised, and the process is killed.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

long lkl_syscall(long no, long *params);

static void synchronise(long (*call)(long no, long *params))
{
	char path[256];
	long how[6] = { AT_FDCWD, (long)path, O_RDONLY };
	long fd[6] = { 0 };

	snprintf(path, sizeof(path), "/image%s", getenv("CRASH_FILE"));
	fd[0] = call(SYS_openat, how);
	if (fd[0] < 0 || call(SYS_fsync, fd))
		_exit(99);
}

long lkl_syscall(long no, long *params)
{
	long (*real)(long n, long *p) = dlsym(RTLD_NEXT, "lkl_syscall");

	if (no == SYS_syncfs && getenv("CRASH_FILE")) {
		synchronise(real);
		kill(getpid(), SIGKILL);
		_exit(99);
	}
	return real(no, params);
}
