// SPDX-License-Identifier: GPL-2.0
/*
 * sockets.c - making, naming and setting up sockets, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 */
#include <linux/netlink.h>
#include <sys/syscall.h>

#include "cancel.h"
#include "fd.h"
#include "kernel.h"
#include "real.h"
#include "settings.h"
#include "unix.h"

/*
 * Sockets between the host's processes, and to parts of the host's kernel that
 * have nothing to do with the network, stay the host's.
 */
static bool host_netlink(int protocol)
{
	return protocol == NETLINK_KOBJECT_UEVENT || protocol == NETLINK_AUDIT ||
	       protocol == NETLINK_SELINUX;
}

static bool host_family(int family, int protocol)
{
	switch (family) {
	case AF_UNIX:
		return !settings_unix_library();
	case AF_ALG:
	case AF_VSOCK:
		return true;
	case AF_NETLINK:
		return host_netlink(protocol);
	default:
		return false;
	}
}

HIJACK int socket(int family, int type, int protocol)
{
	long lib;

	if (host_family(family, protocol) || kernel_busy())
		return real.socket(family, type, protocol);
	if (!kernel_up())
		return -1;
	lib = kernel_call(SYS_socket, family, type | SOCK_CLOEXEC, protocol,
			  0, 0, 0);
	return (int)result(fd_new(lib, type & SOCK_CLOEXEC, type & SOCK_NONBLOCK));
}

static int socketpair_library(int family, int type, int protocol, int *ends)
{
	int libs[2] = { -1, -1 }, first, second;
	long err = kernel_call(SYS_socketpair, family, type | SOCK_CLOEXEC,
			       protocol, (long)libs, 0, 0);

	if (err)
		return (int)err;
	first = fd_new(libs[0], type & SOCK_CLOEXEC, type & SOCK_NONBLOCK);
	if (first < 0) {
		lib_close(libs[1]);
		return first;
	}
	second = fd_new(libs[1], type & SOCK_CLOEXEC, type & SOCK_NONBLOCK);
	if (second < 0) {
		fd_close(first);
		return second;
	}
	ends[0] = first;
	ends[1] = second;
	return 0;
}

HIJACK int socketpair(int family, int type, int protocol, int ends[2])
{
	if (host_family(family, protocol) || kernel_busy())
		return real.socketpair(family, type, protocol, ends);
	if (!kernel_up())
		return -1;
	return (int)result(socketpair_library(family, type, protocol, ends));
}

/* Is a connection there? Saves making a number for none. */
static bool acceptable(struct use *use)
{
	struct pollfd pfd = { .fd = use->file->lib, .events = POLLIN };

	return !use->file->nonblock ||
	       kernel_call(SYS_poll, (long)&pfd, 1, 0, 0, 0, 0) != 0;
}

/* The number first: without one the connection has to stay in the queue. */
static int accept_library(struct use *use, struct sockaddr *addr,
			  socklen_t *len, int flags)
{
	struct fd_slot slot;
	long lib;
	int err;

	if (!acceptable(use))
		return -EAGAIN;
	err = fd_reserve(&slot, flags & SOCK_CLOEXEC);
	if (err)
		return err;
	lib = sleeping_call(SYS_accept4, use->file->lib, (long)addr, (long)len,
			    flags | SOCK_CLOEXEC, 0, 0);
	if (lib >= 0)
		return fd_fill(&slot, (int)lib, flags & SOCK_NONBLOCK);
	fd_unreserve(&slot);
	return (int)lib;
}

HIJACK int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *len, int flags)
{
	struct use use;
	int ret;

	if (!use_begin(&use, fd, true))
		return real.accept4(fd, addr, len, flags);
	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		ret = -EINVAL;
	else
		ret = accept_library(&use, addr.__sockaddr__, len, flags);
	use_end(&use);
	return (int)result(ret);
}

HIJACK int accept(int fd, __SOCKADDR_ARG addr, socklen_t *len)
{
	return accept4(fd, addr, len, 0);
}

/* What is passed through, number exchanged. */
static int call(struct use *use, long nr, long b, long c, long d, long e)
{
	long ret = sleeping_call(nr, use->file->lib, b, c, d, e, 0);

	use_end(use);
	return (int)result(ret);
}

HIJACK int connect(int fd, __CONST_SOCKADDR_ARG addr, socklen_t len)
{
	struct unix_address to;
	struct use use;
	int err;

	if (!use_begin(&use, fd, true))
		return real.connect(fd, addr, len);
	err = unix_address_take(&to, addr.__sockaddr__, len);
	if (unlikely(err)) {
		use_end(&use);
		return (int)result(err);
	}
	return call(&use, SYS_connect, (long)to.addr, to.len, 0, 0);
}

HIJACK int __connect(int fd, __CONST_SOCKADDR_ARG addr, socklen_t len)
	__attribute__((alias("connect")));

HIJACK int bind(int fd, __CONST_SOCKADDR_ARG addr, socklen_t len)
{
	struct unix_address to;
	struct use use;
	long ret;

	if (!use_begin(&use, fd, true))
		return real.bind(fd, addr, len);
	ret = unix_address_take(&to, addr.__sockaddr__, len);
	if (!ret)
		ret = unix_bind(use.file->lib, &to);
	use_end(&use);
	return (int)result(ret);
}

HIJACK int listen(int fd, int backlog)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.listen(fd, backlog);
	return call(&use, SYS_listen, backlog, 0, 0, 0);
}

HIJACK int shutdown(int fd, int how)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.shutdown(fd, how);
	return call(&use, SYS_shutdown, how, 0, 0, 0);
}

HIJACK int getsockname(int fd, __SOCKADDR_ARG addr, socklen_t *len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.getsockname(fd, addr, len);
	return call(&use, SYS_getsockname, (long)addr.__sockaddr__, (long)len,
		    0, 0);
}

HIJACK int getpeername(int fd, __SOCKADDR_ARG addr, socklen_t *len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.getpeername(fd, addr, len);
	return call(&use, SYS_getpeername, (long)addr.__sockaddr__, (long)len,
		    0, 0);
}

HIJACK int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct use use;
	int ret;

	if (!use_begin(&use, fd, true))
		return real.getsockopt(fd, level, name, value, len);
	if (unlikely(level == SOL_SOCKET && name == SO_PEERCRED)) {
		ret = call(&use, SYS_getsockopt, level, name, (long)value,
			   (long)len);
		if (!ret)
			unix_peer_give(value, *len);
		return ret;
	}
	return call(&use, SYS_getsockopt, level, name, (long)value, (long)len);
}

HIJACK int setsockopt(int fd, int level, int name, const void *value,
		      socklen_t len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.setsockopt(fd, level, name, value, len);
	return call(&use, SYS_setsockopt, level, name, (long)value, len);
}
