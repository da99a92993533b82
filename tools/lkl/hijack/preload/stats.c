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
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "paths.h"
#include "real.h"

/* With AT_EMPTY_PATH, the descriptor itself is meant. */
HIJACK int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.fstatat(dir, path, st, flags);
	if (where->host)
		return (int)path_host(where, real.fstatat(where->dir, where->path,
							  st, flags));
	return (int)result(path_call(where, SYS_newfstatat, (long)st, flags, 0));
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
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.statx(dir, path, flags, mask, st);
	if (where->host)
		return (int)path_host(where, real.statx(where->dir, where->path,
							flags, mask, st));
	return (int)result(path_call(where, SYS_statx, flags, mask, (long)st));
}

HIJACK int faccessat(int dir, const char *path, int mode, int flags)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.faccessat(dir, path, mode, flags);
	if (where->host)
		return (int)path_host(where, real.faccessat(where->dir, where->path,
							    mode, flags));
	return (int)result(path_call(where, SYS_faccessat2, mode, flags, 0));
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
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.readlinkat(dir, path, buf, size);
	if (where->host)
		return path_host(where, real.readlinkat(where->dir, where->path,
							buf, size));
	return result(path_call(where, SYS_readlinkat, (long)buf, (long)size, 0));
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

/* Where a system call takes no directory: an open file's can do it. */
static long statfs_library(struct where *where, struct statfs *st)
{
	long lib = path_call(where, SYS_openat, O_PATH | O_CLOEXEC, 0, 0), ret = lib;

	if (lib >= 0) {
		ret = kernel_call(SYS_fstatfs, lib, (long)st, 0, 0, 0, 0);
		kernel_call(SYS_close, lib, 0, 0, 0, 0, 0);
	}
	return ret;
}

HIJACK int statfs(const char *path, struct statfs *st)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.statfs(path, st);
	if (where->host)
		return (int)path_host(where, real.statfs(where->path, st));
	return (int)result(statfs_library(where, st));
}

int __statfs(const char *path, struct statfs *st);

HIJACK int __statfs(const char *path, struct statfs *st)
{
	return statfs(path, st);
}

HIJACK int statfs64(const char *path, struct statfs64 *st)
{
	return statfs(path, (struct statfs *)st);
}

/* statvfs() is made of statfs(), as libc does it. */
static void statvfs_fill(struct statvfs *to, const struct statfs *from)
{
	memset(to, 0, sizeof(*to));
	to->f_bsize = (unsigned long)from->f_bsize;
	to->f_frsize = (unsigned long)(from->f_frsize ? from->f_frsize : from->f_bsize);
	to->f_blocks = from->f_blocks;
	to->f_bfree = from->f_bfree;
	to->f_bavail = from->f_bavail;
	to->f_files = from->f_files;
	to->f_ffree = from->f_ffree;
	to->f_favail = from->f_ffree;
	memcpy(&to->f_fsid, &from->f_fsid, sizeof(to->f_fsid));
	to->f_namemax = (unsigned long)from->f_namelen;
	/* ST_VALID is the kernel's own. */
	to->f_flag = (unsigned long)from->f_flags & ~0x20UL;
}

HIJACK int statvfs(const char *path, struct statvfs *st)
{
	struct where *where = path_begin(AT_FDCWD, path);
	struct statfs fs;
	long ret;

	if (likely(!where))
		return real.statvfs(path, st);
	if (where->host)
		return (int)path_host(where, real.statvfs(where->path, st));
	ret = statfs_library(where, &fs);
	if (!ret)
		statvfs_fill(st, &fs);
	return (int)result(ret);
}

HIJACK int statvfs64(const char *path, struct statvfs64 *st)
{
	return statvfs(path, (struct statvfs *)st);
}

HIJACK int fstatvfs(int fd, struct statvfs *st)
{
	struct statfs fs;
	int ret;

	if (likely(!file_peek(fd)))
		return real.fstatvfs(fd, st);
	ret = fstatfs(fd, &fs);
	if (!ret)
		statvfs_fill(st, &fs);
	return ret;
}

HIJACK int fstatvfs64(int fd, struct statvfs64 *st)
{
	return fstatvfs(fd, (struct statvfs *)st);
}
