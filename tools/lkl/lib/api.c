// SPDX-License-Identifier: GPL-2.0
/*
 * api.c - life cycle and system calls as lkl.h has them
 *
 * Layer:   tools/lkl/lib, the C API.
 * Users:   applications. Every function is documented in lkl.h.
 * Locking: none here; instance.c locks.
 */
#include "kernel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* As much as the kernel keeps of a command line. */
#define CMDLINE_MAX	2048

/*
 * The kernel that this thread has selected; NULL is the default one. On the
 * path of every system call, hence the model that costs one load.
 */
static __thread struct lkl_kernel *selected
	__attribute__((tls_model("initial-exec")));

struct lkl_kernel *kernel_selected(void)
{
	return selected ? selected : &default_kernel;
}

static long kernel_call(struct lkl_kernel *kernel, long no, long *params)
{
	return __atomic_load_n(&kernel->syscall, __ATOMIC_ACQUIRE)(no, params);
}

long lkl_syscall(long no, long *params)
{
	return kernel_call(kernel_selected(), no, params);
}

long lkl_kernel_syscall(struct lkl_kernel *kernel, long no, long *params)
{
	return kernel_call(kernel, no, params);
}

struct lkl_kernel *lkl_kernel_use(struct lkl_kernel *kernel)
{
	struct lkl_kernel *before = selected;

	selected = kernel == &default_kernel ? NULL : kernel;
	return before;
}

struct lkl_kernel *lkl_kernel_default(void)
{
	return &default_kernel;
}

struct lkl_kernel *lkl_kernel_new(struct lkl_host_operations *ops)
{
	return ops ? kernel_create(ops) : NULL;
}

void lkl_kernel_free(struct lkl_kernel *kernel)
{
	if (!kernel)
		return;
	if (selected == kernel)
		selected = NULL;
	if (kernel == &default_kernel)
		kernel_cleanup(kernel);
	else
		kernel_destroy(kernel);
}

static int start(struct lkl_kernel *kernel, const char *fmt, va_list args)
{
	char cmdline[CMDLINE_MAX];
	int len;

	if (!fmt)
		return -EINVAL;
	len = vsnprintf(cmdline, sizeof(cmdline), fmt, args);
	if (len < 0 || (size_t)len >= sizeof(cmdline))
		return -EINVAL;
	return kernel_start(kernel, cmdline);
}

int lkl_start_kernel(const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = start(kernel_selected(), fmt, args);
	va_end(args);
	return err;
}

int lkl_kernel_start(struct lkl_kernel *kernel, const char *fmt, ...)
{
	va_list args;
	int err;

	va_start(args, fmt);
	err = start(kernel, fmt, args);
	va_end(args);
	return err;
}

int lkl_init(struct lkl_host_operations *ops)
{
	int err = 0;

	if (!ops)
		return -EINVAL;
	pthread_mutex_lock(&default_kernel.lock);
	if (kernel_running(&default_kernel))
		err = -EBUSY;
	else
		default_kernel.user_ops = ops;
	pthread_mutex_unlock(&default_kernel.lock);
	return err;
}

void lkl_cleanup(void)
{
	kernel_cleanup(&default_kernel);
}

int lkl_is_running(void)
{
	return kernel_running(kernel_selected());
}

long lkl_sys_halt(void)
{
	return kernel_halt(kernel_selected());
}

int lkl_kernel_halt(struct lkl_kernel *kernel)
{
	return kernel_halt(kernel);
}

int lkl_create_syscall_thread(void)
{
	return 0;
}

int lkl_stop_syscall_thread(void)
{
	return 0;
}
