// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl.c - ioctl() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 *
 * Questions about interfaces, routes and neighbours go to the library whatever
 * socket they are asked on, since any kind of socket will do for them.
 */
#include <linux/sockios.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "fd.h"
#include "kernel.h"
#include "real.h"

static long ioctl_call(int lib, unsigned long request, long arg)
{
	return kernel_call(SYS_ioctl, lib, (long)request, arg, 0, 0, 0);
}

/* FIONBIO by way of F_SETFL, which keeps file.nonblock. */
static long set_nonblock(struct use *use, const int *on)
{
	long flags = kernel_call(SYS_fcntl, use->file->lib, F_GETFL, 0, 0, 0, 0);

	if (flags < 0)
		return flags;
	return fd_set_flags(use, (int)(*on ? flags | O_NONBLOCK :
				       flags & ~O_NONBLOCK));
}

static int ioctl_library(int fd, struct use *use, unsigned long request,
			 long arg)
{
	long ret;

	switch (request) {
	case FIOCLEX:
	case FIONCLEX:
		use_end(use);
		return real.ioctl(fd, request, arg);
	case FIONBIO:
		ret = set_nonblock(use, (const int *)arg);
		break;
	default:
		ret = ioctl_call(use->file->lib, request, arg);
	}
	use_end(use);
	return (int)result(ret);
}

/* Requests of <linux/sockios.h> that are about the network, not the socket. */
static bool network_request(unsigned long request)
{
	return request >= SIOCADDRT && request <= SIOCBRDELIF &&
	       request != SIOCATMARK;
}

static bool is_socket(int fd)
{
	struct stat st;

	return !real.fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

static int ioctl_network(unsigned long request, long arg)
{
	long lib = kernel_call(SYS_socket, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
	long ret = lib;

	if (lib >= 0) {
		ret = ioctl_call((int)lib, request, arg);
		lib_close((int)lib);
	}
	return (int)result(ret);
}

HIJACK int ioctl(int fd, unsigned long request, ...)
{
	struct use use;
	va_list args;
	long arg;

	va_start(args, request);
	arg = va_arg(args, long);
	va_end(args);
	if (use_begin(&use, fd, true))
		return ioctl_library(fd, &use, request, arg);
	if (unlikely(network_request(request)) && is_socket(fd) &&
	    !kernel_busy() && kernel_up())
		return ioctl_network(request, arg);
	return real.ioctl(fd, request, arg);
}
