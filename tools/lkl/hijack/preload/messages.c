// SPDX-License-Identifier: GPL-2.0
/*
 * messages.c - sendmsg(), recvmsg() and their plurals, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 */
#include <sys/syscall.h>

#include "kernel.h"
#include "real.h"
#include "table.h"

static inline ssize_t call(struct use *use, long nr, long b, long c, long d,
			   long e)
{
	long ret = kernel_call(nr, use->file->lib, b, c, d, e, 0);

	use_end(use);
	return result(ret);
}

HIJACK ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.sendmsg(fd, msg, flags);
	return call(&use, SYS_sendmsg, (long)msg, flags, 0, 0);
}

HIJACK ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.recvmsg(fd, msg, flags);
	return call(&use, SYS_recvmsg, (long)msg, flags, 0, 0);
}

HIJACK int sendmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.sendmmsg(fd, msgs, count, flags);
	return (int)call(&use, SYS_sendmmsg, (long)msgs, count, flags, 0);
}

HIJACK int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags,
		    struct timespec *timeout)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.recvmmsg(fd, msgs, count, flags, timeout);
	return (int)call(&use, SYS_recvmmsg, (long)msgs, count, flags,
			 (long)timeout);
}
