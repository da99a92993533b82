// SPDX-License-Identifier: GPL-2.0
/*
 * tree_host.c - the host's file tree
 *
 * Layer:   tools; implements struct tree_ops with the host's system calls.
 * Context: one thread; the working directory of the process is changed by the
 *          extended attribute operations (see at_entry()).
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static int host_resolve(int base, const char *path, int flags)
{
	return result(openat(base, path, flags | O_CLOEXEC));
}

static int host_openat(int dir, const char *name, int flags, mode_t mode)
{
	return result(openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode));
}

static int host_close(int fd)
{
	return result(close(fd));
}

static ssize_t host_pread(int fd, void *buf, size_t len, off_t pos)
{
	return result(pread(fd, buf, len, pos));
}

static ssize_t host_pwrite(int fd, const void *buf, size_t len, off_t pos)
{
	return result(pwrite(fd, buf, len, pos));
}

static off_t host_lseek(int fd, off_t pos, int whence)
{
	return result(lseek(fd, pos, whence));
}

static int host_ftruncate(int fd, off_t size)
{
	return result(ftruncate(fd, size));
}

static ssize_t host_getdents(int fd, void *buf, size_t len)
{
	return result(syscall(SYS_getdents64, fd, buf, len));
}

static int host_fstat(int fd, struct stat *st)
{
	return result(fstat(fd, st));
}

static int host_fstatat(int dir, const char *name, struct stat *st)
{
	return result(fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW));
}

static int host_mkdirat(int dir, const char *name, mode_t mode)
{
	return result(mkdirat(dir, name, mode));
}

static int host_mknodat(int dir, const char *name, mode_t mode, dev_t dev)
{
	return result(mknodat(dir, name, mode, dev));
}

static int host_symlinkat(const char *target, int dir, const char *name)
{
	return result(symlinkat(target, dir, name));
}

static ssize_t host_readlinkat(int dir, const char *name, char *buf, size_t len)
{
	return result(readlinkat(dir, name, buf, len));
}

static int host_linkat(int old_dir, const char *old_name, int dir,
		       const char *name)
{
	return result(linkat(old_dir, old_name, dir, name, 0));
}

static int host_unlinkat(int dir, const char *name)
{
	return result(unlinkat(dir, name, 0));
}

static int host_fchown(int fd, uid_t uid, gid_t gid)
{
	return result(fchown(fd, uid, gid));
}

static int host_fchownat(int dir, const char *name, uid_t uid, gid_t gid)
{
	return result(fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

static int host_fchmod(int fd, mode_t mode)
{
	return result(fchmod(fd, mode));
}

static int host_futimens(int fd, const struct timespec times[2])
{
	return result(futimens(fd, times));
}

static int host_utimensat(int dir, const char *name,
			  const struct timespec times[2])
{
	return result(utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW));
}

/*
 * There is no system call that reaches the extended attributes of a symbolic
 * link or a device node through a directory's descriptor before Linux 6.13.
 * Going into the directory and naming the entry is as safe against exchanged
 * path components, and needs no /proc.
 */
static int at_entry(int dir)
{
	return result(fchdir(dir));
}

static ssize_t host_listxattr(int fd, const char *name, char *list, size_t len)
{
	int err;

	if (!name)
		return result(flistxattr(fd, list, len));
	err = at_entry(fd);
	return err ? err : result(llistxattr(name, list, len));
}

static ssize_t host_getxattr(int fd, const char *name, const char *attr,
			     void *value, size_t len)
{
	int err;

	if (!name)
		return result(fgetxattr(fd, attr, value, len));
	err = at_entry(fd);
	return err ? err : result(lgetxattr(name, attr, value, len));
}

static int host_setxattr(int fd, const char *name, const char *attr,
			 const void *value, size_t len)
{
	int err;

	if (!name)
		return result(fsetxattr(fd, attr, value, len, 0));
	err = at_entry(fd);
	return err ? err : result(lsetxattr(name, attr, value, len, 0));
}

static int host_removexattr(int fd, const char *name, const char *attr)
{
	int err;

	if (!name)
		return result(fremovexattr(fd, attr));
	err = at_entry(fd);
	return err ? err : result(lremovexattr(name, attr));
}

static void host_advise(int fd)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

/* What the host keeps cached is for all its users to decide. */
static void host_forget(int fd, off_t pos, off_t len)
{
}

static int host_write_behind(int fd, off_t done, off_t begun, off_t pos)
{
	return 0;
}

const struct tree_ops tree_host_ops = {
	.resolve = host_resolve,
	.openat = host_openat,
	.close = host_close,
	.pread = host_pread,
	.pwrite = host_pwrite,
	.lseek = host_lseek,
	.ftruncate = host_ftruncate,
	.getdents = host_getdents,
	.fstat = host_fstat,
	.fstatat = host_fstatat,
	.mkdirat = host_mkdirat,
	.mknodat = host_mknodat,
	.symlinkat = host_symlinkat,
	.readlinkat = host_readlinkat,
	.linkat = host_linkat,
	.unlinkat = host_unlinkat,
	.fchown = host_fchown,
	.fchownat = host_fchownat,
	.fchmod = host_fchmod,
	.futimens = host_futimens,
	.utimensat = host_utimensat,
	.listxattr = host_listxattr,
	.getxattr = host_getxattr,
	.setxattr = host_setxattr,
	.removexattr = host_removexattr,
	.advise = host_advise,
	.forget = host_forget,
	.write_behind = host_write_behind,
};
