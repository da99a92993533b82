// SPDX-License-Identifier: GPL-2.0
/*
 * attributes.c - modes, owners, sizes and times of files, interposed; and what cannot be
 * done to files of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 */
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

#include "kernel.h"
#include "paths.h"
#include "real.h"

/* Linux 6.6; the first of its kind that minds its flags. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

HIJACK int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.fchmodat(dir, path, mode, flags);
	if (where->host)
		return (int)path_host(where, real.fchmodat(where->dir, where->path,
							   mode, flags));
	return (int)result(path_call(where, SYS_fchmodat2, (long)mode, flags, 0));
}

HIJACK int chmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, 0);
}

HIJACK int lchmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW);
}

HIJACK int fchownat(int dir, const char *path, uid_t user, gid_t group, int flags)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.fchownat(dir, path, user, group, flags);
	if (where->host)
		return (int)path_host(where, real.fchownat(where->dir, where->path,
							   user, group, flags));
	return (int)result(path_call(where, SYS_fchownat, (long)user, (long)group,
				     flags));
}

HIJACK int chown(const char *path, uid_t user, gid_t group)
{
	return fchownat(AT_FDCWD, path, user, group, 0);
}

HIJACK int lchown(const char *path, uid_t user, gid_t group)
{
	return fchownat(AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
}

/* There is no system call of it that takes a directory. */
static long truncate_library(struct where *where, off_t len)
{
	long lib = path_call(where, SYS_openat, O_WRONLY | O_CLOEXEC, 0, 0), ret = lib;

	if (lib >= 0) {
		ret = kernel_call(SYS_ftruncate, lib, len, 0, 0, 0, 0);
		kernel_call(SYS_close, lib, 0, 0, 0, 0, 0);
	}
	return ret;
}

HIJACK int truncate(const char *path, off_t len)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.truncate(path, len);
	if (where->host)
		return (int)path_host(where, real.truncate(where->path, len));
	return (int)result(truncate_library(where, len));
}

HIJACK int truncate64(const char *path, off64_t len)
	__attribute__((alias("truncate")));

/* Times */

HIJACK int utimensat(int dir, const char *path, const struct timespec times[2],
		     int flags)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.utimensat(dir, path, times, flags);
	if (where->host)
		return (int)path_host(where, real.utimensat(where->dir, where->path,
							    times, flags));
	return (int)result(path_call(where, SYS_utimensat, (long)times, flags, 0));
}

HIJACK int futimens(int fd, const struct timespec times[2])
{
	struct use use;
	long ret;

	if (!use_begin(&use, fd, true))
		return real.futimens(fd, times);
	ret = kernel_call(SYS_utimensat, use.file->lib, 0, (long)times, 0, 0, 0);
	use_end(&use);
	return (int)result(ret);
}

/* Microseconds, wrong ones left to be found wrong. */
static const struct timespec *times_of(const struct timeval *from,
				       struct timespec *to)
{
	if (!from)
		return NULL;
	for (int i = 0; i < 2; i++) {
		to[i].tv_sec = from[i].tv_sec;
		to[i].tv_nsec = from[i].tv_usec < 0 || from[i].tv_usec > 999999 ?
				-1 : from[i].tv_usec * 1000;
	}
	return to;
}

HIJACK int futimesat(int dir, const char *path, const struct timeval times[2])
{
	struct timespec fine[2];

	return utimensat(dir, path, times_of(times, fine), 0);
}

HIJACK int utimes(const char *path, const struct timeval times[2])
{
	return futimesat(AT_FDCWD, path, times);
}

HIJACK int lutimes(const char *path, const struct timeval times[2])
{
	struct timespec fine[2];

	return utimensat(AT_FDCWD, path, times_of(times, fine), AT_SYMLINK_NOFOLLOW);
}

HIJACK int futimes(int fd, const struct timeval times[2])
{
	struct timespec fine[2];

	return futimens(fd, times_of(times, fine));
}

HIJACK int utime(const char *path, const struct utimbuf *times)
{
	struct timespec fine[2];

	if (!times)
		return utimensat(AT_FDCWD, path, NULL, 0);
	fine[0] = (struct timespec){ times->actime, 0 };
	fine[1] = (struct timespec){ times->modtime, 0 };
	return utimensat(AT_FDCWD, path, fine, 0);
}

/*
 * What cannot be done: the descriptor is of the host's kernel, or the call needs a
 * privilege over the host. It is said, so that no file of the host is meant instead.
 */

static int refuse(struct where *where)
{
	path_end(where);
	errno = EOPNOTSUPP;
	return -1;
}

HIJACK int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.inotify_add_watch(fd, path, mask);
	return !where->host ? refuse(where) :
	       (int)path_host(where, real.inotify_add_watch(fd, where->path, mask));
}

HIJACK int fanotify_mark(int fd, unsigned int flags, uint64_t mask, int dir,
			 const char *path)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.fanotify_mark(fd, flags, mask, dir, path);
	return !where->host ? refuse(where) :
	       (int)path_host(where, real.fanotify_mark(fd, flags, mask, where->dir,
							where->path));
}

HIJACK int name_to_handle_at(int dir, const char *path, struct file_handle *handle,
			     int *mount, int flags)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.name_to_handle_at(dir, path, handle, mount, flags);
	return !where->host ? refuse(where) :
	       (int)path_host(where, real.name_to_handle_at(where->dir, where->path,
							    handle, mount, flags));
}

HIJACK int chroot(const char *path)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.chroot(path);
	return !where->host ? refuse(where) :
	       (int)path_host(where, real.chroot(where->path));
}

HIJACK int mount(const char *source, const char *path, const char *type,
		 unsigned long flags, const void *data)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.mount(source, path, type, flags, data);
	return !where->host ? refuse(where) :
	       (int)path_host(where, real.mount(source, where->path, type, flags,
						data));
}

HIJACK int umount2(const char *path, int flags)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.umount2(path, flags);
	return !where->host ? refuse(where) :
	       (int)path_host(where, real.umount2(where->path, flags));
}

HIJACK int umount(const char *path)
{
	return umount2(path, 0);
}
