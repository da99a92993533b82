// SPDX-License-Identifier: GPL-2.0
/*
 * changes.c - making, removing and renaming files, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread, signal handlers too.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "kernel.h"
#include "pathname.h"
#include "paths.h"
#include "real.h"
#include "unix.h"

HIJACK int mkdirat(int dir, const char *path, mode_t mode)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.mkdirat(dir, path, mode);
	if (where->host)
		return (int)path_host(where, real.mkdirat(where->dir, where->path, mode));
	return (int)result(path_call(where, SYS_mkdirat, (long)mode, 0, 0));
}

HIJACK int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

HIJACK int mknodat(int dir, const char *path, mode_t mode, dev_t dev)
{
	struct where *where = path_begin(dir, path);

	if (likely(!where))
		return real.mknodat(dir, path, mode, dev);
	if (where->host)
		return (int)path_host(where, real.mknodat(where->dir, where->path,
							  mode, dev));
	return (int)result(path_call(where, SYS_mknodat, (long)mode, (long)dev, 0));
}

HIJACK int mknod(const char *path, mode_t mode, dev_t dev)
{
	return mknodat(AT_FDCWD, path, mode, dev);
}

HIJACK int mkfifoat(int dir, const char *path, mode_t mode)
{
	return mknodat(dir, path, mode | S_IFIFO, 0);
}

HIJACK int mkfifo(const char *path, mode_t mode)
{
	return mkfifoat(AT_FDCWD, path, mode);
}

/* The names that programs built before libc 2.33 call. */

int __xmknod(int version, const char *path, mode_t mode, dev_t *dev);
int __xmknodat(int version, int dir, const char *path, mode_t mode, dev_t *dev);

HIJACK int __xmknod(int version, const char *path, mode_t mode, dev_t *dev)
{
	(void)version;
	return mknod(path, mode, *dev);
}

HIJACK int __xmknodat(int version, int dir, const char *path, mode_t mode,
		      dev_t *dev)
{
	(void)version;
	return mknodat(dir, path, mode, *dev);
}

/* A socket of the host that is in the way of the library's is not the program's. */
static bool host_socket(const char *path)
{
	return unlikely(path && *path == '/' && unix_name(path) == UNIX_HOST);
}

HIJACK int unlinkat(int dir, const char *path, int flags)
{
	struct where *where = path_begin(dir, path);

	if (where && !where->host)
		return (int)result(path_call(where, SYS_unlinkat, flags, 0, 0));
	if (host_socket(where ? where->path : path)) {
		errno = ENOENT;
		return where ? (int)path_host(where, -1) : -1;
	}
	if (likely(!where))
		return real.unlinkat(dir, path, flags);
	return (int)path_host(where, real.unlinkat(where->dir, where->path, flags));
}

HIJACK int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

HIJACK int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

HIJACK int remove(const char *path)
{
	int ret = unlink(path);

	return ret && (errno == EISDIR || errno == EPERM) ? rmdir(path) : ret;
}

/* Two paths */

/**
 * struct pair - what a call on two paths is to have
 * @from: the first, NULL if it is the host's as it is
 * @to: the second
 */
struct pair {
	struct where *from;
	struct where *to;
};

static bool of_library(const struct where *where)
{
	return where && !where->host;
}

static long pair_end(struct pair *pair, long ret)
{
	if (pair->to)
		path_end(pair->to);
	if (pair->from)
		path_end(pair->from);
	return ret;
}

/* Both are the library's, or the call has failed with EXDEV. */
static long pair_call(struct pair *pair, long nr, long flags)
{
	const struct where *from = pair->from, *to = pair->to;
	long ret = -EXDEV;

	if (of_library(from) && of_library(to)) {
		ret = from->err ? from->err : to->err;
		if (!ret)
			ret = kernel_call(nr, from->dir, (long)from->path, to->dir,
					  (long)to->path, flags, 0);
	}
	return pair_end(pair, result(ret));
}

/* Is there more to it than what the program said? */
static bool pair_begin(struct pair *pair, int *from_dir, const char **from,
		       int *to_dir, const char **to)
{
	pair->from = path_begin(*from_dir, *from);
	pair->to = path_begin(*to_dir, *to);
	if (pair->from && pair->from->host) {
		*from_dir = pair->from->dir;
		*from = pair->from->path;
	}
	if (pair->to && pair->to->host) {
		*to_dir = pair->to->dir;
		*to = pair->to->path;
	}
	return of_library(pair->from) || of_library(pair->to);
}

HIJACK int renameat2(int from_dir, const char *from, int to_dir, const char *to,
		     unsigned int flags)
{
	struct pair pair;

	if (pair_begin(&pair, &from_dir, &from, &to_dir, &to))
		return (int)pair_call(&pair, SYS_renameat2, flags);
	return (int)pair_end(&pair, flags ?
			     real.renameat2(from_dir, from, to_dir, to, flags) :
			     real.renameat(from_dir, from, to_dir, to));
}

HIJACK int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat2(from_dir, from, to_dir, to, 0);
}

HIJACK int rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

HIJACK int linkat(int from_dir, const char *from, int to_dir, const char *to,
		  int flags)
{
	struct pair pair;

	if (pair_begin(&pair, &from_dir, &from, &to_dir, &to))
		return (int)pair_call(&pair, SYS_linkat, flags);
	return (int)pair_end(&pair, real.linkat(from_dir, from, to_dir, to, flags));
}

HIJACK int link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* What a link says is a text; only where it lies matters. */
HIJACK int symlinkat(const char *text, int dir, const char *path)
{
	struct where *where = path_begin(dir, path);
	long ret;

	if (likely(!where))
		return real.symlinkat(text, dir, path);
	if (where->host)
		return (int)path_host(where, real.symlinkat(text, where->dir,
							    where->path));
	ret = where->err;
	if (!ret)
		ret = kernel_call(SYS_symlinkat, (long)text, where->dir,
				  (long)where->path, 0, 0, 0);
	return (int)path_host(where, result(ret));
}

HIJACK int symlink(const char *text, const char *path)
{
	return symlinkat(text, AT_FDCWD, path);
}

/* Files with names that nobody has */

#define NAME_TRIES	100

/* The X's of a template, NULL if there are not six before @suffix bytes. */
static char *template_part(char *template, int suffix)
{
	size_t len = strlen(template);
	char *part;

	if (suffix < 0 || len < 6 + (size_t)suffix)
		return NULL;
	part = template + len - 6 - suffix;
	return strncmp(part, "XXXXXX", 6) ? NULL : part;
}

static void part_fill(char *part)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char bytes[6] = { 0 };

	(void)!getrandom(bytes, sizeof(bytes), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		part[i] = letters[bytes[i] % (sizeof(letters) - 1)];
}

/* A file, or with @flags of -1 a directory. */
static int template_make(char *template, int suffix, int flags)
{
	char *part = template_part(template, suffix);
	int ret;

	if (!part) {
		errno = EINVAL;
		return -1;
	}
	for (int try = 0; try < NAME_TRIES; try++) {
		part_fill(part);
		ret = flags < 0 ? mkdir(template, 0700) :
		      open(template, O_RDWR | O_CREAT | O_EXCL |
			   (flags & ~O_ACCMODE), 0600);
		if (ret >= 0 || errno != EEXIST)
			return ret;
	}
	return -1;
}

/* libc's opens by a system call of its own, so only what is the host's is left to it. */
static bool template_special(const char *template)
{
	struct where *where = path_begin(AT_FDCWD, template);

	if (likely(!where))
		return false;
	path_end(where);
	return true;
}

HIJACK int mkostemps(char *template, int suffix, int flags)
{
	return template_special(template) ? template_make(template, suffix, flags) :
	       real.mkostemps(template, suffix, flags);
}

HIJACK int mkostemps64(char *template, int suffix, int flags)
	__attribute__((alias("mkostemps")));

HIJACK int mkostemp(char *template, int flags)
{
	return mkostemps(template, 0, flags);
}

HIJACK int mkostemp64(char *template, int flags)
	__attribute__((alias("mkostemp")));

HIJACK int mkstemps(char *template, int suffix)
{
	return mkostemps(template, suffix, 0);
}

HIJACK int mkstemps64(char *template, int suffix)
	__attribute__((alias("mkstemps")));

HIJACK int mkstemp(char *template)
{
	return mkostemps(template, 0, 0);
}

HIJACK int mkstemp64(char *template)
	__attribute__((alias("mkstemp")));

HIJACK char *mkdtemp(char *template)
{
	if (likely(!template_special(template)))
		return real.mkdtemp(template);
	return template_make(template, 0, -1) ? NULL : template;
}
