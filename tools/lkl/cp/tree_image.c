// SPDX-License-Identifier: GPL-2.0
/*
 * tree_image.c - the file tree of the library's kernel
 *
 * Layer:   tools; implements struct tree_ops with the library's system calls,
 *          which return negative errno by value.
 * Context: one thread, the one that mounted the image; its working directory
 *          inside the library is changed by the extended attribute operations.
 */
#include "tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <lkl.h>

/*
 * A path that the user gave is looked up as if the image were the root, so
 * that absolute symbolic links and ".." in it stay inside the image.
 */
static int inner_resolve(int base, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return lkl_sys_openat2(base, path, &how, sizeof(how));
}

static int inner_openat(int dir, const char *name, int flags, mode_t mode)
{
	return lkl_sys_openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

static int inner_close(int fd)
{
	return lkl_sys_close(fd);
}

static ssize_t inner_pread(int fd, void *buf, size_t len, off_t pos)
{
	return lkl_sys_pread64(fd, buf, len, pos);
}

static ssize_t inner_pwrite(int fd, const void *buf, size_t len, off_t pos)
{
	return lkl_sys_pwrite64(fd, buf, len, pos);
}

static off_t inner_lseek(int fd, off_t pos, int whence)
{
	return lkl_sys_lseek(fd, pos, whence);
}

static int inner_ftruncate(int fd, off_t size)
{
	return lkl_sys_ftruncate(fd, size);
}

static ssize_t inner_getdents(int fd, void *buf, size_t len)
{
	return lkl_sys_getdents64(fd, buf, len);
}

static int inner_fstat(int fd, struct stat *st)
{
	return lkl_sys_fstat(fd, st);
}

static int inner_fstatat(int dir, const char *name, struct stat *st)
{
	return lkl_sys_newfstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
}

static int inner_mkdirat(int dir, const char *name, mode_t mode)
{
	return lkl_sys_mkdirat(dir, name, mode);
}

static int inner_mknodat(int dir, const char *name, mode_t mode, dev_t dev)
{
	/* A dev_t with a 12 bit major is the kernel's encoding already. */
	return lkl_sys_mknodat(dir, name, mode, dev);
}

static int inner_symlinkat(const char *target, int dir, const char *name)
{
	return lkl_sys_symlinkat(target, dir, name);
}

static ssize_t inner_readlinkat(int dir, const char *name, char *buf, size_t len)
{
	return lkl_sys_readlinkat(dir, name, buf, len);
}

static int inner_linkat(int old_dir, const char *old_name, int dir,
		const char *name)
{
	return lkl_sys_linkat(old_dir, old_name, dir, name, 0);
}

static int inner_unlinkat(int dir, const char *name)
{
	return lkl_sys_unlinkat(dir, name, 0);
}

static int inner_fchown(int fd, uid_t uid, gid_t gid)
{
	return lkl_sys_fchown(fd, uid, gid);
}

static int inner_fchownat(int dir, const char *name, uid_t uid, gid_t gid)
{
	return lkl_sys_fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

static int inner_fchmod(int fd, mode_t mode)
{
	return lkl_sys_fchmod(fd, mode);
}

static int inner_futimens(int fd, const struct timespec times[2])
{
	return lkl_sys_utimensat(fd, NULL, (struct timespec *)times, 0);
}

static int inner_utimensat(int dir, const char *name,
		const struct timespec times[2])
{
	return lkl_sys_utimensat(dir, name, (struct timespec *)times,
				 AT_SYMLINK_NOFOLLOW);
}

/* As in tree_host.c: go into the directory and name the entry. */
static ssize_t inner_listxattr(int fd, const char *name, char *list, size_t len)
{
	long err;

	if (!name)
		return lkl_sys_flistxattr(fd, list, len);
	err = lkl_sys_fchdir(fd);
	return err ? err : lkl_sys_llistxattr(name, list, len);
}

static ssize_t inner_getxattr(int fd, const char *name, const char *attr,
			    void *value, size_t len)
{
	long err;

	if (!name)
		return lkl_sys_fgetxattr(fd, attr, value, len);
	err = lkl_sys_fchdir(fd);
	return err ? err : lkl_sys_lgetxattr(name, attr, value, len);
}

static int inner_setxattr(int fd, const char *name, const char *attr,
			const void *value, size_t len)
{
	long err;

	if (!name)
		return lkl_sys_fsetxattr(fd, attr, value, len, 0);
	err = lkl_sys_fchdir(fd);
	return err ? err : lkl_sys_lsetxattr(name, attr, value, len, 0);
}

static int inner_removexattr(int fd, const char *name, const char *attr)
{
	long err;

	if (!name)
		return lkl_sys_fremovexattr(fd, attr);
	err = lkl_sys_fchdir(fd);
	return err ? err : lkl_sys_lremovexattr(name, attr);
}

static void inner_advise(int fd)
{
	lkl_sys_fadvise64(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

/* The same few pages over and over stay in the processor's caches. */
static void inner_forget(int fd, off_t pos, off_t len)
{
	lkl_sys_fadvise64(fd, pos, len, POSIX_FADV_DONTNEED);
}

/*
 * Left to itself, the kernel first fills its memory with what is written and
 * then waits for the disk. This way both go on side by side, in memory that
 * stays in the processor's caches, and an error finds the file it is about.
 */
static int inner_write_behind(int fd, off_t done, off_t begun, off_t pos)
{
	long err = lkl_sys_sync_file_range(fd, begun, pos - begun,
					   SYNC_FILE_RANGE_WRITE);

	if (err || done == begun)
		return err;
	err = lkl_sys_sync_file_range(fd, done, begun - done,
				      SYNC_FILE_RANGE_WAIT_BEFORE |
				      SYNC_FILE_RANGE_WRITE |
				      SYNC_FILE_RANGE_WAIT_AFTER);
	if (!err)
		inner_forget(fd, done, begun - done);
	return err;
}

const struct tree_ops tree_image_ops = {
	.resolve = inner_resolve,
	.openat = inner_openat,
	.close = inner_close,
	.pread = inner_pread,
	.pwrite = inner_pwrite,
	.lseek = inner_lseek,
	.ftruncate = inner_ftruncate,
	.getdents = inner_getdents,
	.fstat = inner_fstat,
	.fstatat = inner_fstatat,
	.mkdirat = inner_mkdirat,
	.mknodat = inner_mknodat,
	.symlinkat = inner_symlinkat,
	.readlinkat = inner_readlinkat,
	.linkat = inner_linkat,
	.unlinkat = inner_unlinkat,
	.fchown = inner_fchown,
	.fchownat = inner_fchownat,
	.fchmod = inner_fchmod,
	.futimens = inner_futimens,
	.utimensat = inner_utimensat,
	.listxattr = inner_listxattr,
	.getxattr = inner_getxattr,
	.setxattr = inner_setxattr,
	.removexattr = inner_removexattr,
	.advise = inner_advise,
	.forget = inner_forget,
	.write_behind = inner_write_behind,
};
