// SPDX-License-Identifier: GPL-2.0
/*
 * files.c - opening files, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 */
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "fd.h"
#include "kernel.h"
#include "limits.h"
#include "paths.h"
#include "real.h"
#include "streams.h"

static int open_library(struct where *where, int flags, mode_t mode)
{
	long lib = path_call(where, SYS_openat, flags | O_CLOEXEC, (long)mode, 0);

	return fd_new(lib, flags & O_CLOEXEC, false);
}

/*
 * A number that the host gave out means nothing of ours, whatever it did, and is
 * one that the program may have: the host's limit is higher.
 */
static int host_number(int fd)
{
	struct file *stale;

	if (unlikely(!limits_allow(fd))) {
		real.close(fd);
		errno = EMFILE;
		return -1;
	}
	if (unlikely(fd >= 0 && file_peek(fd) && !fd_internal(fd))) {
		stale = file_withdraw(fd);
		if (stale)
			fd_release(stale);
	}
	return fd;
}

static int open_any(int dir, const char *path, int flags, mode_t mode)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return host_number(real.openat(dir, path, flags, mode));
	if (where->host)
		return (int)path_host(where, host_number(real.openat(where->dir,
						where->path, flags, mode)));
	return (int)result(open_library(where, flags, mode));
}

/* The mode is there only for those that make files. */
#define MODE_ARGUMENT(flags, mode) do { \
	va_list args; \
	va_start(args, flags); \
	mode = (flags) & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0; \
	va_end(args); \
} while (0)

HIJACK int open(const char *path, int flags, ...)
{
	mode_t mode;

	MODE_ARGUMENT(flags, mode);
	return open_any(AT_FDCWD, path, flags, mode);
}

HIJACK int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode;

	MODE_ARGUMENT(flags, mode);
	return open_any(dir, path, flags, mode);
}

HIJACK int open64(const char *path, int flags, ...)
	__attribute__((alias("open")));
HIJACK int __open(const char *path, int flags, ...)
	__attribute__((alias("open"), nonnull(1)));
HIJACK int __open64(const char *path, int flags, ...)
	__attribute__((alias("open"), nonnull(1)));
HIJACK int openat64(int dir, const char *path, int flags, ...)
	__attribute__((alias("openat")));

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

HIJACK int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

HIJACK int __open64_2(const char *path, int flags)
	__attribute__((alias("__open_2")));

HIJACK int __openat_2(int dir, const char *path, int flags)
{
	return open_any(dir, path, flags, 0);
}

HIJACK int __openat64_2(int dir, const char *path, int flags)
	__attribute__((alias("__openat_2")));

HIJACK int creat(const char *path, mode_t mode)
{
	return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

HIJACK int creat64(const char *path, mode_t mode)
	__attribute__((alias("creat")));

/* Streams */

static int stream_flags(const char *mode)
{
	int flags = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;

	if (*mode == 'w')
		flags |= O_CREAT | O_TRUNC;
	else if (*mode == 'a')
		flags |= O_CREAT | O_APPEND;
	return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0) |
	       (strchr(mode, 'x') ? O_EXCL : 0);
}

static FILE *stream_open(int fd, const char *mode)
{
	FILE *file;
	int saved_errno;

	if (fd < 0)
		return NULL;
	file = stdio_open(fd, mode);
	if (file)
		return file;
	saved_errno = errno;
	close(fd);
	errno = saved_errno;
	return NULL;
}

HIJACK FILE *fopen(const char *path, const char *mode)
{
	struct where *where = path_begin(AT_FDCWD, path);
	int fd;

	if (likely(!where))
		return real.fopen(path, mode);
	if (where->host)
		return (FILE *)path_host(where, (long)real.fopen(where->path, mode));
	fd = open_library(where, stream_flags(mode), 0666);
	return stream_open((int)result(fd), mode);
}

HIJACK FILE *fopen64(const char *path, const char *mode)
	__attribute__((alias("fopen")));

/* libc's stream becomes one of a file: of the library's only if it is a standard one. */
static FILE *freopen_library(struct where *where, const char *mode, FILE *file)
{
	int standard = fileno(file), fd;

	if (standard < STDIN_FILENO || standard > STDERR_FILENO) {
		path_end(where);
		errno = EOPNOTSUPP;
		return NULL;
	}
	fd = (int)result(open_library(where, stream_flags(mode), 0666));
	if (fd < 0)
		return NULL;
	fflush(file);
	dup2(fd, standard);
	close(fd);
	return standard == STDIN_FILENO ? stdin :
	       standard == STDOUT_FILENO ? stdout : stderr;
}

HIJACK FILE *freopen(const char *path, const char *mode, FILE *file)
{
	struct where *where = path ? path_begin(AT_FDCWD, path) : NULL;

	if (likely(!where))
		return real.freopen(path, mode, file);
	if (where->host)
		return (FILE *)path_host(where, (long)real.freopen(where->path, mode,
								    file));
	return freopen_library(where, mode, file);
}

HIJACK FILE *freopen64(const char *path, const char *mode, FILE *file)
	__attribute__((alias("freopen")));
