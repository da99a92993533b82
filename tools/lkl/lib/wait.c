// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - waiting for the library and the host at once; working for others
 *
 * Layer:   tools/lkl/lib, the C API; documented in lkl_host.h.
 * Users:   the hijack; applications.
 * Locking: none. The kernel must be running throughout, except that a kernel which
 *	does not run when a function begins is refused.
 */
#include <lkl.h>
#include <lkl_host.h>
#include <sys/syscall.h>

#include "host/posix/posix.h"
#include "kernel.h"

int lkl_watch_add(int fd, void (*ready)(void *arg, uint32_t events), void *arg,
		  struct lkl_watch **watch)
{
	struct lkl_kernel *kernel = kernel_selected();
	struct posix_watch *w;
	int err;

	if (!kernel_running(kernel))
		return -LKL_ENOTCONN;
	if (!kernel->poller)
		return -LKL_ENOSYS;
	err = posix_watch_add(kernel->poller, fd, ready, arg, &w);
	if (err)
		return err;
	kernel->calls->look();
	*watch = (struct lkl_watch *)w;
	return 0;
}

void lkl_watch_remove(struct lkl_watch *watch)
{
	posix_watch_remove((struct posix_watch *)watch);
}

int lkl_waker_self(struct lkl_waker *waker)
{
	struct lkl_kernel *kernel = kernel_selected();
	long params[6] = { 0 };
	long ret;

	/* Its first call makes the thread known. */
	ret = lkl_kernel_syscall(kernel, SYS_getpid, params);
	if (ret < 0)
		return (int)ret;
	waker->kernel = kernel;
	waker->thread = kernel->calls->thread_self();
	return 0;
}

void lkl_waker_interrupt(const struct lkl_waker *waker)
{
	waker->kernel->calls->thread_interrupt(waker->thread);
}

long lkl_waker_syscall(long no, long *params)
{
	struct lkl_kernel *kernel = kernel_selected();

	if (!kernel_running(kernel))
		return lkl_kernel_syscall(kernel, no, params);
	return kernel->calls->syscall_interruptible(no, params);
}

void lkl_signal_handled(int restarts)
{
	struct lkl_kernel *kernel = kernel_selected();

	if (kernel_running(kernel))
		kernel->calls->signal_handled(restarts);
}

long lkl_fd_users(int fd)
{
	struct lkl_kernel *kernel = kernel_selected();

	if (!kernel_running(kernel))
		return -LKL_ENOTCONN;
	return kernel->calls->fd_users(fd);
}

int lkl_peer_set(int pid)
{
	struct lkl_kernel *kernel = kernel_selected();

	if (pid < 0)
		return -LKL_EINVAL;
	if (!kernel_running(kernel))
		return -LKL_ENOTCONN;
	return kernel->calls->peer_set((__u64)pid);
}
