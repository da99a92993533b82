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
#include "pass.h"
#include "real.h"
#include "table.h"

static inline ssize_t call(struct use *use, long nr, long b, long c, long d,
			   long e)
{
	long ret = kernel_call(nr, use->file->lib, b, c, d, e, 0);

	use_end(use);
	return result(ret);
}

/* Over the host: numbers of the library in it are taken care of. */
static ssize_t host_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	int err = pass_send(msg);

	return err ? result(err) : real.sendmsg(fd, msg, flags);
}

static ssize_t host_recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t got = real.recvmsg(fd, msg, flags);

	if (got >= 0)
		pass_receive(msg);
	return got;
}

HIJACK ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_sendmsg(fd, msg, flags);
	return call(&use, SYS_sendmsg, (long)msg, flags, 0, 0);
}

HIJACK ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_recvmsg(fd, msg, flags);
	return call(&use, SYS_recvmsg, (long)msg, flags, 0, 0);
}

static int host_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int count,
			 int flags)
{
	int err;

	for (unsigned int i = 0; i < count; i++) {
		err = pass_send(&msgs[i].msg_hdr);
		if (err)
			return (int)result(err);
	}
	return real.sendmmsg(fd, msgs, count, flags);
}

static int host_recvmmsg(int fd, struct mmsghdr *msgs, unsigned int count,
			 int flags, struct timespec *timeout)
{
	int got = real.recvmmsg(fd, msgs, count, flags, timeout);

	for (int i = 0; i < got; i++)
		pass_receive(&msgs[i].msg_hdr);
	return got;
}

HIJACK int sendmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_sendmmsg(fd, msgs, count, flags);
	return (int)call(&use, SYS_sendmmsg, (long)msgs, count, flags, 0);
}

HIJACK int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags,
		    struct timespec *timeout)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_recvmmsg(fd, msgs, count, flags, timeout);
	return (int)call(&use, SYS_recvmmsg, (long)msgs, count, flags,
			 (long)timeout);
}
