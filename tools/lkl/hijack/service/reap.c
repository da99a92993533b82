// SPDX-License-Identifier: GPL-2.0
/*
 * reap.c - a parent that was told of its child's end finds the child's sockets closed
 *
 * Layer:   tools/lkl/hijack/service.
 * Users:   the program (wait() and its like).
 * Context: any thread, signal handlers too.
 *
 * On a host, a process's descriptors are closed before its parent can reap it; a
 * server that has waited for its worker may bind the worker's port. Here the owner
 * closes them when it sees the client's control connection hang up, which is a
 * moment later.
 */
#include <sys/wait.h>

#include "kernel.h"
#include "preload.h"
#include "real.h"
#include "service.h"

static void reaped(pid_t pid, int status)
{
	int saved = errno;

	if (pid <= 0 || !kernel_is_up() || WIFSTOPPED(status) || WIFCONTINUED(status))
		return;
	if (client_is())
		client_reaped(pid);
	else
		server_reaped(pid);
	errno = saved;
}

HIJACK pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int own;
	pid_t ret = real.wait4(pid, &own, options, usage);

	if (ret > 0 && status)
		*status = own;
	reaped(ret, own);
	return ret;
}

HIJACK pid_t waitpid(pid_t pid, int *status, int options)
{
	return wait4(pid, status, options, NULL);
}

HIJACK pid_t wait(int *status)
{
	return wait4(-1, status, 0, NULL);
}

HIJACK pid_t wait3(int *status, int options, struct rusage *usage)
{
	return wait4(-1, status, options, usage);
}

HIJACK int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	int ret;

	if (info)
		info->si_pid = 0;
	ret = real.waitid(type, id, info, options);
	if (!ret && info && info->si_pid && options & WEXITED && !(options & WNOWAIT))
		reaped(info->si_pid, 0);
	return ret;
}
