// SPDX-License-Identifier: GPL-2.0
/*
 * stats.c - what there is at a path, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "paths.h"
#include "real.h"

static long call(struct where *where, long nr, const char *path, long c, long d,
		 long e)
{
	long ret = kernel_call(nr, where->dir, (long)path, c, d, e, 0);

	path_end(where);
	return result(ret);
}

/* With AT_EMPTY_PATH, the descriptor itself is meant. */
HIJACK int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	struct where where;

	if (likely(!path_begin(&where, dir, path)))
		return real.fstatat(dir, path, st, flags);
	return (int)call(&where, SYS_newfstatat, path, (long)st, flags, 0);
}

HIJACK int stat(const char *path, struct stat *st)
{
	return fstatat(AT_FDCWD, path, st, 0);
}

HIJACK int lstat(const char *path, struct stat *st)
{
	return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

HIJACK int fstatat64(int dir, const char *path, struct stat64 *st, int flags)
{
	return fstatat(dir, path, (struct stat *)st, flags);
}

HIJACK int stat64(const char *path, struct stat64 *st)
{
	return fstatat(AT_FDCWD, path, (struct stat *)st, 0);
}

HIJACK int lstat64(const char *path, struct stat64 *st)
{
	return fstatat(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW);
}

/* The names that programs built before libc 2.33 call. */

int __xstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstatat(int version, int dir, const char *path, struct stat *st, int flags);
int __fxstatat64(int version, int dir, const char *path, struct stat64 *st,
		 int flags);

HIJACK int __xstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return stat(path, st);
}

HIJACK int __xstat64(int version, const char *path, struct stat64 *st)
{
	(void)version;
	return stat64(path, st);
}

HIJACK int __lxstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return lstat(path, st);
}

HIJACK int __lxstat64(int version, const char *path, struct stat64 *st)
{
	(void)version;
	return lstat64(path, st);
}

HIJACK int __fxstatat(int version, int dir, const char *path, struct stat *st,
		      int flags)
{
	(void)version;
	return fstatat(dir, path, st, flags);
}

HIJACK int __fxstatat64(int version, int dir, const char *path,
			struct stat64 *st, int flags)
{
	(void)version;
	return fstatat64(dir, path, st, flags);
}

HIJACK int statx(int dir, const char *path, int flags, unsigned int mask,
		 struct statx *st)
{
	struct where where;

	if (likely(!path_begin(&where, dir, path)))
		return real.statx(dir, path, flags, mask, st);
	return (int)call(&where, SYS_statx, path, flags, mask, (long)st);
}

HIJACK int faccessat(int dir, const char *path, int mode, int flags)
{
	struct where where;

	if (likely(!path_begin(&where, dir, path)))
		return real.faccessat(dir, path, mode, flags);
	return (int)call(&where, SYS_faccessat2, path, mode, flags, 0);
}

HIJACK int access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

HIJACK int euidaccess(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

HIJACK int eaccess(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

HIJACK ssize_t readlinkat(int dir, const char *path, char *buf, size_t size)
{
	struct where where;

	if (likely(!path_begin(&where, dir, path)))
		return real.readlinkat(dir, path, buf, size);
	return call(&where, SYS_readlinkat, path, (long)buf, (long)size, 0);
}

HIJACK ssize_t readlink(const char *path, char *buf, size_t size)
{
	return readlinkat(AT_FDCWD, path, buf, size);
}

ssize_t __readlink_chk(const char *path, char *buf, size_t len, size_t size);
ssize_t __readlinkat_chk(int dir, const char *path, char *buf, size_t len,
			 size_t size);

HIJACK ssize_t __readlink_chk(const char *path, char *buf, size_t len,
			      size_t size)
{
	return len > size ? (abort(), 0) : readlink(path, buf, len);
}

HIJACK ssize_t __readlinkat_chk(int dir, const char *path, char *buf, size_t len,
				size_t size)
{
	return len > size ? (abort(), 0) : readlinkat(dir, path, buf, len);
}

HIJACK int statfs(const char *path, struct statfs *st)
{
	struct where where;
	long ret;

	if (likely(!path_begin(&where, AT_FDCWD, path)))
		return real.statfs(path, st);
	ret = kernel_call(SYS_statfs, (long)path, (long)st, 0, 0, 0, 0);
	path_end(&where);
	return (int)result(ret);
}

HIJACK int statfs64(const char *path, struct statfs64 *st)
{
	return statfs(path, (struct statfs *)st);
}
