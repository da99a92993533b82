// SPDX-License-Identifier: GPL-2.0
/*
 * rawcall.c - syscall(2), interposed: what names a system call by its number
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; libraries that use calls their libc may lack (libuv sends
 *	and receives UDP this way).
 * Context: any thread, signal handlers too.
 *
 * libc's syscall() is a function like any other, and its result and errno are those
 * of the function that the call is named after. So the number leads to the interposer
 * of that name; all other numbers lead to the host. What a program does with the
 * processor's own instruction is not seen here: that is the trap's (cover.c).
 */
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "kernel.h"
#include "paths.h"
#include "preload.h"
#include "real.h"

#define RAW_ARGS	6

/* Arguments as the functions have them. */
#define FD(i)		((int)a[i])
#define INT(i)		((int)a[i])
#define LEN(i)		((size_t)a[i])
#define PTR(i)		((void *)a[i])

/* SYS_<name> is what function @name does. */
#define RAW(name, ...)	case SYS_##name: *ret = name(__VA_ARGS__); return true

/* This one has no function. Where it may go is said to the library's kernel, too. */
static long openat2_of(int dir, const char *path, struct open_how *how, size_t size)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.syscall(SYS_openat2, dir, path, how, size);
	if (where->host)
		return path_host(where, real.syscall(SYS_openat2, where->dir,
						     where->path, how, size));
	return result(fd_new(path_call(where, SYS_openat2, (long)how, (long)size, 0),
			     how->flags & O_CLOEXEC, false));
}

static bool raw_socket(long number, const long *a, long *ret)
{
	switch (number) {
	RAW(socket, INT(0), INT(1), INT(2));
	RAW(socketpair, INT(0), INT(1), INT(2), PTR(3));
	RAW(bind, FD(0), PTR(1), (socklen_t)a[2]);
	RAW(connect, FD(0), PTR(1), (socklen_t)a[2]);
	RAW(listen, FD(0), INT(1));
	RAW(accept4, FD(0), PTR(1), PTR(2), INT(3));
	RAW(getsockname, FD(0), PTR(1), PTR(2));
	RAW(getpeername, FD(0), PTR(1), PTR(2));
	RAW(getsockopt, FD(0), INT(1), INT(2), PTR(3), PTR(4));
	RAW(setsockopt, FD(0), INT(1), INT(2), PTR(3), (socklen_t)a[4]);
	RAW(shutdown, FD(0), INT(1));
	RAW(sendto, FD(0), PTR(1), LEN(2), INT(3), PTR(4), (socklen_t)a[5]);
	RAW(recvfrom, FD(0), PTR(1), LEN(2), INT(3), PTR(4), PTR(5));
	RAW(sendmsg, FD(0), PTR(1), INT(2));
	RAW(recvmsg, FD(0), PTR(1), INT(2));
	RAW(sendmmsg, FD(0), PTR(1), (unsigned int)a[2], INT(3));
	RAW(recvmmsg, FD(0), PTR(1), (unsigned int)a[2], INT(3), PTR(4));
	case SYS_accept:
		*ret = accept4(FD(0), PTR(1), PTR(2), 0);
		return true;
	default:
		return false;
	}
}

static bool raw_io(long number, const long *a, long *ret)
{
	switch (number) {
	RAW(read, FD(0), PTR(1), LEN(2));
	RAW(write, FD(0), PTR(1), LEN(2));
	RAW(readv, FD(0), PTR(1), INT(2));
	RAW(writev, FD(0), PTR(1), INT(2));
	RAW(preadv2, FD(0), PTR(1), INT(2), a[3], INT(5));
	RAW(pwritev2, FD(0), PTR(1), INT(2), a[3], INT(5));
	RAW(sendfile, FD(0), FD(1), PTR(2), LEN(3));
	RAW(splice, FD(0), PTR(1), FD(2), PTR(3), LEN(4), (unsigned int)a[5]);
	RAW(ioctl, FD(0), (unsigned long)a[1], PTR(2));
	RAW(fcntl, FD(0), INT(1), a[2]);
	RAW(close, FD(0));
	RAW(close_range, (unsigned int)a[0], (unsigned int)a[1], INT(2));
	RAW(dup, FD(0));
	RAW(dup3, FD(0), FD(1), INT(2));
	RAW(fstat, FD(0), PTR(1));
	RAW(pread64, FD(0), PTR(1), LEN(2), a[3]);
	RAW(pwrite64, FD(0), PTR(1), LEN(2), a[3]);
	RAW(preadv, FD(0), PTR(1), INT(2), a[3]);
	RAW(pwritev, FD(0), PTR(1), INT(2), a[3]);
	RAW(lseek, FD(0), a[1], INT(2));
	RAW(copy_file_range, FD(0), PTR(1), FD(2), PTR(3), LEN(4), (unsigned int)a[5]);
	RAW(getdents64, FD(0), PTR(1), LEN(2));
	/* Sockets and files would be the host's, the library's mean nothing there. */
	case SYS_io_uring_setup:
		errno = ENOSYS;
		*ret = -1;
		return true;
	default:
		return false;
	}
}

static bool raw_file(long number, const long *a, long *ret)
{
	switch (number) {
	RAW(fsync, FD(0));
	RAW(fdatasync, FD(0));
	RAW(syncfs, FD(0));
	RAW(ftruncate, FD(0), a[1]);
	RAW(fallocate, FD(0), INT(1), a[2], a[3]);
	RAW(sync_file_range, FD(0), a[1], a[2], (unsigned int)a[3]);
	RAW(readahead, FD(0), a[1], LEN(2));
	RAW(flock, FD(0), INT(1));
	RAW(fchmod, FD(0), (mode_t)a[1]);
	RAW(fchown, FD(0), (uid_t)a[1], (gid_t)a[2]);
	RAW(fstatfs, FD(0), PTR(1));
	RAW(fgetxattr, FD(0), PTR(1), PTR(2), LEN(3));
	RAW(fsetxattr, FD(0), PTR(1), PTR(2), LEN(3), INT(4));
	RAW(flistxattr, FD(0), PTR(1), LEN(2));
	RAW(fremovexattr, FD(0), PTR(1));
	RAW(fchdir, FD(0));
	default:
		return false;
	}
}

static bool raw_path(long number, const long *a, long *ret)
{
	switch (number) {
	RAW(openat, FD(0), PTR(1), INT(2), (mode_t)a[3]);
	RAW(statx, FD(0), PTR(1), INT(2), (unsigned int)a[3], PTR(4));
	RAW(faccessat, FD(0), PTR(1), INT(2), 0);
	RAW(readlinkat, FD(0), PTR(1), PTR(2), LEN(3));
	RAW(mkdirat, FD(0), PTR(1), (mode_t)a[2]);
	RAW(mknodat, FD(0), PTR(1), (mode_t)a[2], (dev_t)a[3]);
	RAW(unlinkat, FD(0), PTR(1), INT(2));
	RAW(renameat2, FD(0), PTR(1), FD(2), PTR(3), (unsigned int)a[4]);
	RAW(linkat, FD(0), PTR(1), FD(2), PTR(3), INT(4));
	RAW(symlinkat, PTR(0), FD(1), PTR(2));
	RAW(fchmodat, FD(0), PTR(1), (mode_t)a[2], 0);
	RAW(fchownat, FD(0), PTR(1), (uid_t)a[2], (gid_t)a[3], INT(4));
	RAW(utimensat, FD(0), PTR(1), PTR(2), INT(3));
	RAW(statfs, PTR(0), PTR(1));
	RAW(truncate, PTR(0), a[1]);
	RAW(chdir, PTR(0));
	RAW(inotify_add_watch, FD(0), PTR(1), (uint32_t)a[2]);
	case SYS_openat2:
		*ret = openat2_of(FD(0), PTR(1), PTR(2), LEN(3));
		return true;
	case SYS_faccessat2:
		*ret = faccessat(FD(0), PTR(1), INT(2), INT(3));
		return true;
	case SYS_newfstatat:
		*ret = fstatat(FD(0), PTR(1), PTR(2), INT(3));
		return true;
	default:
		return false;
	}
}

static bool raw_wait(long number, const long *a, long *ret)
{
	switch (number) {
	RAW(ppoll, PTR(0), (nfds_t)a[1], PTR(2), PTR(3));
	RAW(epoll_create1, INT(0));
	RAW(epoll_ctl, FD(0), INT(1), FD(2), PTR(3));
	RAW(epoll_pwait, FD(0), PTR(1), INT(2), INT(3), PTR(4));
#ifdef SYS_epoll_pwait2
	RAW(epoll_pwait2, FD(0), PTR(1), INT(2), PTR(3), PTR(4));
#endif
#ifdef SYS_poll
	/* The older calls, which younger processors lack. */
	RAW(poll, PTR(0), (nfds_t)a[1], INT(2));
	RAW(select, INT(0), PTR(1), PTR(2), PTR(3), PTR(4));
	RAW(epoll_wait, FD(0), PTR(1), INT(2), INT(3));
	RAW(dup2, FD(0), FD(1));
	RAW(open, PTR(0), INT(1), (mode_t)a[2]);
#endif
	default:
		return false;
	}
}

/* Given six times whatever was given: the rest is not looked at. */
HIJACK long syscall(long number, ...)
{
	long a[RAW_ARGS], ret;
	va_list args;

	va_start(args, number);
	for (int i = 0; i < RAW_ARGS; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (raw_socket(number, a, &ret) || raw_io(number, a, &ret) ||
	    raw_wait(number, a, &ret) || raw_file(number, a, &ret) ||
	    raw_path(number, a, &ret))
		return ret;
	return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
