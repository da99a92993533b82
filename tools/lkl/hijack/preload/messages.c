// SPDX-License-Identifier: GPL-2.0
/*
 * messages.c - sendmsg(), recvmsg() and their plurals, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 */
#include <sys/syscall.h>

#include "cancel.h"
#include "pass.h"
#include "real.h"
#include "settings.h"
#include "table.h"
#include "unix.h"

static inline ssize_t call(struct use *use, long nr, long b, long c, long d,
			   long e)
{
	long ret = sleeping_call(nr, use->file->lib, b, c, d, e, 0);

	use_end(use);
	return result(ret);
}

/* Over the library: numbers in it are the library's for its kernel. */
static long library_sendmsg(struct use *use, const struct msghdr *msg, int flags)
{
	struct unix_rights rights;
	struct unix_address to;
	struct msghdr named = *msg;
	long ret = unix_address_take(&to, msg->msg_name, msg->msg_namelen);

	if (ret)
		return ret;
	named.msg_name = (void *)to.addr;
	named.msg_namelen = to.len;
	if (!unix_rights_any(msg))
		return sleeping_call(SYS_sendmsg, use->file->lib, (long)&named,
				     flags, 0, 0, 0);
	ret = unix_rights_take(&rights, &named);
	if (ret)
		return ret;
	ret = sleeping_call(SYS_sendmsg, use->file->lib, (long)&rights.msg, flags,
			    0, 0, 0);
	unix_rights_done(&rights);
	return ret;
}

static long library_sendmmsg(struct use *use, struct mmsghdr *msgs,
			     unsigned int count, int flags)
{
	unsigned int i;
	long sent = 0;

	for (i = 0; i < count && sent >= 0; i++) {
		sent = library_sendmsg(use, &msgs[i].msg_hdr, flags);
		if (sent >= 0)
			msgs[i].msg_len = (unsigned int)sent;
	}
	return sent >= 0 ? i : i > 1 ? i - 1 : sent;
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
	long ret;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_sendmsg(fd, msg, flags);
	if (unlikely(settings_unix_library())) {
		ret = library_sendmsg(&use, msg, flags);
		use_end(&use);
		return result(ret);
	}
	return call(&use, SYS_sendmsg, (long)msg, flags, 0, 0);
}

HIJACK ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct use use;
	ssize_t got;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_recvmsg(fd, msg, flags);
	got = call(&use, SYS_recvmsg, (long)msg, flags, 0, 0);
	if (unlikely(settings_unix_library()) && got >= 0)
		unix_rights_give(msg, flags);
	return got;
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
	long ret;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_sendmmsg(fd, msgs, count, flags);
	if (unlikely(settings_unix_library())) {
		ret = library_sendmmsg(&use, msgs, count, flags);
		use_end(&use);
		return (int)result(ret);
	}
	return (int)call(&use, SYS_sendmmsg, (long)msgs, count, flags, 0);
}

HIJACK int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags,
		    struct timespec *timeout)
{
	struct use use;
	int got;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return host_recvmmsg(fd, msgs, count, flags, timeout);
	got = (int)call(&use, SYS_recvmmsg, (long)msgs, count, flags,
			(long)timeout);
	if (unlikely(settings_unix_library()))
		for (int i = 0; i < got; i++)
			unix_rights_give(&msgs[i].msg_hdr, flags);
	return got;
}
