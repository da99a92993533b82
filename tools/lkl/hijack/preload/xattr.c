// SPDX-License-Identifier: GPL-2.0
/*
 * xattr.c - extended attributes of files, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 *
 * These calls take no directory. So a path of the library that starts at one is said
 * by way of the descriptor that it is opened as.
 */
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "kernel.h"
#include "paths.h"
#include "real.h"

/* An absolute path of the library: the call is made as it is. Others are opened. */
static long on_path(struct where *where, bool follow, long nr, long b, long c, long d,
		    long e)
{
	char link[40];
	long lib, ret;

	if (where->err || where->dir == AT_FDCWD) {
		ret = where->err;
		if (!ret)
			ret = kernel_call(nr, (long)where->path, b, c, d, e, 0);
		return path_host(where, ret);
	}
	lib = path_call(where, SYS_openat, O_PATH | O_CLOEXEC |
			(follow ? 0 : O_NOFOLLOW), 0, 0);
	if (lib < 0)
		return lib;
	snprintf(link, sizeof(link), "/proc/self/fd/%ld", lib);
	ret = kernel_call(nr, (long)link, b, c, d, e, 0);
	kernel_call(SYS_close, lib, 0, 0, 0, 0, 0);
	return ret;
}

static long on_fd(struct use *use, long nr, long b, long c, long d, long e)
{
	long ret = kernel_call(nr, use->file->lib, b, c, d, e, 0);

	use_end(use);
	return result(ret);
}

HIJACK ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.getxattr(path, name, value, size);
	if (where->host)
		return path_host(where, real.getxattr(where->path, name, value, size));
	return result(on_path(where, true, SYS_getxattr, (long)name, (long)value,
			      (long)size, 0));
}

HIJACK ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.lgetxattr(path, name, value, size);
	if (where->host)
		return path_host(where, real.lgetxattr(where->path, name, value, size));
	return result(on_path(where, false, SYS_lgetxattr, (long)name, (long)value,
			      (long)size, 0));
}

HIJACK ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fgetxattr(fd, name, value, size);
	return on_fd(&use, SYS_fgetxattr, (long)name, (long)value, (long)size, 0);
}

HIJACK int setxattr(const char *path, const char *name, const void *value,
		    size_t size, int flags)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.setxattr(path, name, value, size, flags);
	if (where->host)
		return (int)path_host(where, real.setxattr(where->path, name, value,
							   size, flags));
	return (int)result(on_path(where, true, SYS_setxattr, (long)name, (long)value,
				   (long)size, flags));
}

HIJACK int lsetxattr(const char *path, const char *name, const void *value,
		     size_t size, int flags)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.lsetxattr(path, name, value, size, flags);
	if (where->host)
		return (int)path_host(where, real.lsetxattr(where->path, name, value,
							    size, flags));
	return (int)result(on_path(where, false, SYS_lsetxattr, (long)name, (long)value,
				   (long)size, flags));
}

HIJACK int fsetxattr(int fd, const char *name, const void *value, size_t size,
		     int flags)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fsetxattr(fd, name, value, size, flags);
	return (int)on_fd(&use, SYS_fsetxattr, (long)name, (long)value, (long)size, flags);
}

HIJACK ssize_t listxattr(const char *path, char *list, size_t size)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.listxattr(path, list, size);
	if (where->host)
		return path_host(where, real.listxattr(where->path, list, size));
	return result(on_path(where, true, SYS_listxattr, (long)list, (long)size, 0, 0));
}

HIJACK ssize_t llistxattr(const char *path, char *list, size_t size)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.llistxattr(path, list, size);
	if (where->host)
		return path_host(where, real.llistxattr(where->path, list, size));
	return result(on_path(where, false, SYS_llistxattr, (long)list, (long)size, 0, 0));
}

HIJACK ssize_t flistxattr(int fd, char *list, size_t size)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.flistxattr(fd, list, size);
	return on_fd(&use, SYS_flistxattr, (long)list, (long)size, 0, 0);
}

HIJACK int removexattr(const char *path, const char *name)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.removexattr(path, name);
	if (where->host)
		return (int)path_host(where, real.removexattr(where->path, name));
	return (int)result(on_path(where, true, SYS_removexattr, (long)name, 0, 0, 0));
}

HIJACK int lremovexattr(const char *path, const char *name)
{
	struct where *where = path_begin(AT_FDCWD, path);

	if (likely(!where))
		return real.lremovexattr(path, name);
	if (where->host)
		return (int)path_host(where, real.lremovexattr(where->path, name));
	return (int)result(on_path(where, false, SYS_lremovexattr, (long)name, 0, 0, 0));
}

HIJACK int fremovexattr(int fd, const char *name)
{
	struct use use;

	if (!use_begin(&use, fd, true))
		return real.fremovexattr(fd, name);
	return (int)on_fd(&use, SYS_fremovexattr, (long)name, 0, 0, 0);
}
