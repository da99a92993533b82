// SPDX-License-Identifier: GPL-2.0
/*
 * space.c - what descriptors of files are told and asked besides their bytes, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 */
#include <dirent.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "real.h"
#include "table.h"

static long call(struct use *use, long nr, long b, long c, long d)
{
	long ret = kernel_call(nr, use->file->lib, b, c, d, 0, 0);

	use_end(use);
	return ret;
}

HIJACK int fallocate(int fd, int mode, off_t from, off_t len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fallocate(fd, mode, from, len);
	return (int)result(call(&use, SYS_fallocate, mode, from, len));
}

HIJACK int fallocate64(int fd, int mode, off64_t from, off64_t len)
	__attribute__((alias("fallocate")));

/* Those of posix return their error. */
HIJACK int posix_fallocate(int fd, off_t from, off_t len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.posix_fallocate(fd, from, len);
	return (int)-call(&use, SYS_fallocate, 0, from, len);
}

HIJACK int posix_fallocate64(int fd, off64_t from, off64_t len)
	__attribute__((alias("posix_fallocate")));

HIJACK int posix_fadvise(int fd, off_t from, off_t len, int advice)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.posix_fadvise(fd, from, len, advice);
	return (int)-call(&use, SYS_fadvise64, from, len, advice);
}

HIJACK int posix_fadvise64(int fd, off64_t from, off64_t len, int advice)
	__attribute__((alias("posix_fadvise")));

HIJACK ssize_t readahead(int fd, off64_t from, size_t len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.readahead(fd, from, len);
	return result(call(&use, SYS_readahead, from, (long)len, 0));
}

HIJACK int sync_file_range(int fd, off64_t from, off64_t len, unsigned int flags)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.sync_file_range(fd, from, len, flags);
	return (int)result(call(&use, SYS_sync_file_range, from, len, flags));
}

HIJACK int syncfs(int fd)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.syncfs(fd);
	return (int)result(call(&use, SYS_syncfs, 0, 0, 0));
}

HIJACK ssize_t getdents64(int fd, void *buf, size_t size)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.getdents64(fd, buf, size);
	return result(call(&use, SYS_getdents64, (long)buf, (long)size, 0));
}

/* lockf() is made of fcntl(), as libc does it. */

static int lock_test(int fd, struct flock *lock)
{
	lock->l_type = F_RDLCK;
	if (fcntl(fd, F_GETLK, lock) < 0)
		return -1;
	if (lock->l_type == F_UNLCK || lock->l_pid == getpid())
		return 0;
	errno = EACCES;
	return -1;
}

HIJACK int lockf(int fd, int command, off_t len)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_len = len };

	if (likely(!file_peek(fd)))
		return real.lockf(fd, command, len);
	switch (command) {
	case F_TEST:
		return lock_test(fd, &lock);
	case F_ULOCK:
		lock.l_type = F_UNLCK;
		return fcntl(fd, F_SETLK, &lock);
	case F_LOCK:
		return fcntl(fd, F_SETLKW, &lock);
	case F_TLOCK:
		return fcntl(fd, F_SETLK, &lock);
	default:
		errno = EINVAL;
		return -1;
	}
}

HIJACK int lockf64(int fd, int command, off64_t len)
	__attribute__((alias("lockf")));
