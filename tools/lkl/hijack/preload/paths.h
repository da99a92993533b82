/* SPDX-License-Identifier: GPL-2.0 */
/*
 * paths.h - which files are the library's
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   whatever takes a path: files.c, stats.c, changes.c, attributes.c,
 *	directories.c, walk.c, cwd.c.
 * Context: any thread, signal handlers too; but booting, which takes a while.
 */
#ifndef HIJACK_PATHS_H
#define HIJACK_PATHS_H

#include <linux/limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "table.h"

/**
 * struct where - a path as the library's calls, or the host's, take it
 * @next: in the pool
 * @dir: descriptor of the directory it starts in, or AT_FDCWD
 * @host: it is the host's, though the program said it in another way
 * @used: @dir is in use
 * @path: the path
 * @err: why there is none; calls of the library return it
 * @use: of the directory, if it is a descriptor of the library
 * @text: the path, if it is another one than the program's
 */
struct where {
	uint32_t next;
	int dir;
	bool host;
	bool used;
	const char *path;
	int err;
	struct use use;
	char text[PATH_MAX];
};

/**
 * path_begin - whose is a path?
 * @dir: directory for relative paths, AT_FDCWD for the current one
 * @path: the path; NULL is allowed
 *
 * Boots the library for a path that is its own.
 *
 * Return: NULL if it is the host's as it is. Otherwise what to call it: if @host is
 * set, for a call of the host and path_host(), else for path_call() or path_end().
 */
struct where *path_begin(int dir, const char *path);
void path_end(struct where *where);

/* The end of a call of the host. */
static inline long path_host(struct where *where, long ret)
{
	path_end(where);
	return ret;
}

/**
 * path_call - a system call on a path of the library
 * @where: from path_begin(), which is ended
 * @nr: number of a call that takes directory, path, and then
 * @c: third argument
 * @d: fourth argument
 * @e: fifth argument
 *
 * Return: its result or a negative errno.
 */
long path_call(struct where *where, long nr, long c, long d, long e);

#endif /* HIJACK_PATHS_H */
