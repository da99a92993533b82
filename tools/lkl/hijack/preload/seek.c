// SPDX-License-Identifier: GPL-2.0
/*
 * seek.c - what concerns a file behind a descriptor, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 */
#include <sys/file.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "real.h"
#include "table.h"

static long call(struct use *use, long nr, long b, long c, long d)
{
	long ret = kernel_call(nr, use->file->lib, b, c, d, 0, 0);

	use_end(use);
	return result(ret);
}

HIJACK off_t lseek(int fd, off_t pos, int whence)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.lseek(fd, pos, whence);
	return call(&use, SYS_lseek, pos, whence, 0);
}

HIJACK off64_t lseek64(int fd, off64_t pos, int whence)
	__attribute__((alias("lseek")));

HIJACK off_t __lseek(int fd, off_t pos, int whence)
	ALIAS_LEAF("lseek");
HIJACK off64_t llseek(int fd, off64_t pos, int whence)
	ALIAS_LEAF("lseek");

HIJACK int fstat(int fd, struct stat *st)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fstat(fd, st);
	return (int)call(&use, SYS_fstat, (long)st, 0, 0);
}

HIJACK int fstat64(int fd, struct stat64 *st)
{
	return fstat(fd, (struct stat *)st);
}

int __fxstat(int version, int fd, struct stat *st);
int __fxstat64(int version, int fd, struct stat64 *st);

HIJACK int __fxstat(int version, int fd, struct stat *st)
{
	(void)version;
	return fstat(fd, st);
}

HIJACK int __fxstat64(int version, int fd, struct stat64 *st)
{
	(void)version;
	return fstat(fd, (struct stat *)st);
}

HIJACK int fstatfs(int fd, struct statfs *st)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fstatfs(fd, st);
	return (int)call(&use, SYS_fstatfs, (long)st, 0, 0);
}

HIJACK int fstatfs64(int fd, struct statfs64 *st)
{
	return fstatfs(fd, (struct statfs *)st);
}

HIJACK int fsync(int fd)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fsync(fd);
	return (int)call(&use, SYS_fsync, 0, 0, 0);
}

HIJACK int fdatasync(int fd)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fdatasync(fd);
	return (int)call(&use, SYS_fdatasync, 0, 0, 0);
}

HIJACK int ftruncate(int fd, off_t len)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.ftruncate(fd, len);
	return (int)call(&use, SYS_ftruncate, len, 0, 0);
}

HIJACK int ftruncate64(int fd, off64_t len)
	__attribute__((alias("ftruncate")));

HIJACK int flock(int fd, int operation)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.flock(fd, operation);
	return (int)call(&use, SYS_flock, operation, 0, 0);
}

HIJACK int fchmod(int fd, mode_t mode)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fchmod(fd, mode);
	return (int)call(&use, SYS_fchmod, mode, 0, 0);
}

HIJACK int fchown(int fd, uid_t user, gid_t group)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fchown(fd, user, group);
	return (int)call(&use, SYS_fchown, user, group, 0);
}
