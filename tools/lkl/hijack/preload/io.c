// SPDX-License-Identifier: GPL-2.0
/*
 * io.c - reading and writing descriptors, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too. No lock, no allocation.
 */
#include <sys/syscall.h>

#include "cancel.h"
#include "real.h"
#include "table.h"
#include "unix.h"

/* The call with the number exchanged, and the use of the file ended. */
static inline ssize_t call(struct use *use, long nr, long b, long c, long d,
			   long e, long f)
{
	long ret = sleeping_call(nr, use->file->lib, b, c, d, e, f);

	use_end(use);
	return result(ret);
}

HIJACK ssize_t read(int fd, void *buf, size_t len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.read(fd, buf, len);
	return call(&use, SYS_read, (long)buf, (long)len, 0, 0, 0);
}

HIJACK ssize_t write(int fd, const void *buf, size_t len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.write(fd, buf, len);
	return call(&use, SYS_write, (long)buf, (long)len, 0, 0, 0);
}

HIJACK ssize_t readv(int fd, const struct iovec *iov, int count)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.readv(fd, iov, count);
	return call(&use, SYS_readv, (long)iov, count, 0, 0, 0);
}

HIJACK ssize_t writev(int fd, const struct iovec *iov, int count)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.writev(fd, iov, count);
	return call(&use, SYS_writev, (long)iov, count, 0, 0, 0);
}

HIJACK ssize_t pread(int fd, void *buf, size_t len, off_t pos)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.pread(fd, buf, len, pos);
	return call(&use, SYS_pread64, (long)buf, (long)len, pos, 0, 0);
}

HIJACK ssize_t pwrite(int fd, const void *buf, size_t len, off_t pos)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.pwrite(fd, buf, len, pos);
	return call(&use, SYS_pwrite64, (long)buf, (long)len, pos, 0, 0);
}

HIJACK ssize_t preadv(int fd, const struct iovec *iov, int count, off_t pos)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.preadv(fd, iov, count, pos);
	return call(&use, SYS_preadv, (long)iov, count, pos, 0, 0);
}

HIJACK ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t pos)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.pwritev(fd, iov, count, pos);
	return call(&use, SYS_pwritev, (long)iov, count, pos, 0, 0);
}

HIJACK ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t pos,
		       int flags)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.preadv2(fd, iov, count, pos, flags);
	return call(&use, SYS_preadv2, (long)iov, count, pos, 0, flags);
}

HIJACK ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t pos,
			int flags)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.pwritev2(fd, iov, count, pos, flags);
	return call(&use, SYS_pwritev2, (long)iov, count, pos, 0, flags);
}

/* Sockets */

HIJACK ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.send(fd, buf, len, flags);
	return call(&use, SYS_sendto, (long)buf, (long)len, flags, 0, 0);
}

HIJACK ssize_t recv(int fd, void *buf, size_t len, int flags)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.recv(fd, buf, len, flags);
	return call(&use, SYS_recvfrom, (long)buf, (long)len, flags, 0, 0);
}

HIJACK ssize_t sendto(int fd, const void *buf, size_t len, int flags,
		      __CONST_SOCKADDR_ARG addr, socklen_t addr_len)
{
	struct unix_address to;
	struct use use;
	int err;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.sendto(fd, buf, len, flags, addr, addr_len);
	err = unix_address_take(&to, addr.__sockaddr__, addr_len);
	if (unlikely(err)) {
		use_end(&use);
		return result(err);
	}
	return call(&use, SYS_sendto, (long)buf, (long)len, flags, (long)to.addr,
		    to.len);
}

HIJACK ssize_t recvfrom(int fd, void *buf, size_t len, int flags,
			__SOCKADDR_ARG addr, socklen_t *addr_len)
{
	struct use use;

	if (!use_begin(&use, fd, !(flags & MSG_DONTWAIT)))
		return real.recvfrom(fd, buf, len, flags, addr, addr_len);
	return call(&use, SYS_recvfrom, (long)buf, (long)len, flags,
		    (long)addr.__sockaddr__, (long)addr_len);
}

HIJACK ssize_t __send(int fd, const void *buf, size_t len, int flags)
	__attribute__((alias("send")));

HIJACK ssize_t __recv(int fd, void *buf, size_t len, int flags)
	__attribute__((alias("recv")));

/*
 * Other names of the same functions: off_t has 64 bits either way.
 */

HIJACK ssize_t __read(int fd, void *buf, size_t len)
	__attribute__((alias("read")));
HIJACK ssize_t __write(int fd, const void *buf, size_t len)
	__attribute__((alias("write")));
HIJACK ssize_t pread64(int fd, void *buf, size_t len, off64_t pos)
	__attribute__((alias("pread")));
HIJACK ssize_t __pread64(int fd, void *buf, size_t len, off64_t pos)
	__attribute__((alias("pread")));
HIJACK ssize_t pwrite64(int fd, const void *buf, size_t len, off64_t pos)
	__attribute__((alias("pwrite")));
HIJACK ssize_t __pwrite64(int fd, const void *buf, size_t len, off64_t pos)
	__attribute__((alias("pwrite")));
HIJACK ssize_t preadv64(int fd, const struct iovec *iov, int count, off64_t pos)
	__attribute__((alias("preadv")));
HIJACK ssize_t pwritev64(int fd, const struct iovec *iov, int count, off64_t pos)
	__attribute__((alias("pwritev")));
HIJACK ssize_t preadv64v2(int fd, const struct iovec *iov, int count,
			  off64_t pos, int flags)
	__attribute__((alias("preadv2")));
HIJACK ssize_t pwritev64v2(int fd, const struct iovec *iov, int count,
			   off64_t pos, int flags)
	__attribute__((alias("pwritev2")));
