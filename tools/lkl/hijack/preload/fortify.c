// SPDX-License-Identifier: GPL-2.0
/*
 * fortify.c - the names that programs built with _FORTIFY_SOURCE call
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 *
 * Each looks whether the buffer is large enough, as libc's does, and is then
 * the plain function.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "real.h"
#include "preload.h"

void __chk_fail(void) __attribute__((noreturn));

ssize_t __read_chk(int fd, void *buf, size_t len, size_t size);
ssize_t __pread_chk(int fd, void *buf, size_t len, off_t pos, size_t size);
ssize_t __pread64_chk(int fd, void *buf, size_t len, off_t pos, size_t size);
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t size, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t size, int flags,
		       __SOCKADDR_ARG addr, socklen_t *addr_len);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		const sigset_t *mask, size_t size);

static void check(size_t len, size_t size)
{
	if (len > size)
		__chk_fail();
}

HIJACK ssize_t __read_chk(int fd, void *buf, size_t len, size_t size)
{
	check(len, size);
	return read(fd, buf, len);
}

HIJACK ssize_t __pread_chk(int fd, void *buf, size_t len, off_t pos, size_t size)
{
	check(len, size);
	return pread(fd, buf, len, pos);
}

HIJACK ssize_t __pread64_chk(int fd, void *buf, size_t len, off_t pos,
			     size_t size)
{
	return __pread_chk(fd, buf, len, pos, size);
}

HIJACK ssize_t __recv_chk(int fd, void *buf, size_t len, size_t size, int flags)
{
	check(len, size);
	return recv(fd, buf, len, flags);
}

HIJACK ssize_t __recvfrom_chk(int fd, void *buf, size_t len, size_t size,
			      int flags, __SOCKADDR_ARG addr,
			      socklen_t *addr_len)
{
	check(len, size);
	return recvfrom(fd, buf, len, flags, addr, addr_len);
}

HIJACK int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
	check(count, size / sizeof(*fds));
	return poll(fds, count, timeout);
}

HIJACK int __ppoll_chk(struct pollfd *fds, nfds_t count,
		       const struct timespec *timeout, const sigset_t *mask,
		       size_t size)
{
	check(count, size / sizeof(*fds));
	return ppoll(fds, count, timeout, mask);
}
