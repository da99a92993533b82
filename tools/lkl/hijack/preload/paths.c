// SPDX-License-Identifier: GPL-2.0
/*
 * paths.c - which files are the library's
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see paths.h.
 * Context: any thread, signal handlers too; but booting, which takes a while.
 *
 * Names decide, not what they lead to: a symbolic link of the host into /proc/net
 * leads to the host's. A relative path starts at a name too: that of the current
 * directory, or of a descriptor's. To ask for it costs a call, so it is done for such
 * paths only as may cross the border between the two.
 */
#include "paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "cwd.h"
#include "kernel.h"
#include "pathname.h"
#include "pool.h"
#include "real.h"

/*
 * File-scope state: paths that are not the program's own words. Not on the stack, which
 * may be a handler's small one.
 */
static struct where wheres[256];
static struct pool where_pool = POOL(wheres);

/* When all are in use. */
static struct where no_where = { .err = -ENOMEM };

/* Whose an absolute path is, that the program has not said itself. */
static void take_absolute(struct where *where)
{
	char text[PATH_MAX];
	const char *found = pathname_library(where->text, text);

	where->dir = AT_FDCWD;
	where->path = where->text;
	where->host = !found;
	if (found == text)
		strcpy(where->text, text);
}

/* If that is too long it has to fail somewhere: then in the library's name. */
static void take_joined(struct where *where, const char *base, const char *path)
{
	where->err = pathname_join(where->text, base, path);
	if (!where->err)
		take_absolute(where);
}

/* What starts in a directory of the library stays there unless it climbs out. */
static void from_library(struct where *where, const char *base, const char *path)
{
	char text[PATH_MAX];

	if (pathname_climbs(path) && pathname_library(base, text)) {
		take_joined(where, base, path);
		return;
	}
	if (snprintf(where->text, PATH_MAX, "%s/%s", base, path) >= PATH_MAX)
		where->err = -ENAMETOOLONG;
	where->dir = AT_FDCWD;
	where->path = where->text;
}

/* A descriptor of the library: by its name only if the path climbs. */
static void from_descriptor(struct where *where, const char *path)
{
	char base[PATH_MAX];
	int lib = where->use.file->lib;

	where->used = true;
	where->dir = lib;
	if (likely(!path || !pathname_climbs(path)))
		return;
	where->err = cwd_name_of(lib, base);
	if (!where->err)
		from_library(where, base, path);
}

/* A directory of the host: the path may lead to the library's all the same. */
static void from_host(struct where *where, int dir, const char *path)
{
	char base[PATH_MAX];

	where->host = true;
	if (!cwd_host_name(dir, base))
		take_joined(where, base, path);
	if (!where->err && !where->host)
		return;
	where->err = 0;
	where->host = true;
	where->dir = dir;
	where->path = path;
}

/* Apart, for the same reason: path_begin() needs little of the stack itself. */
static __attribute__((noinline))
void relative_begin(struct where *where, int dir, const char *path)
{
	char base[PATH_MAX];

	if (where->used)
		from_descriptor(where, path);
	else if (dir == AT_FDCWD && cwd_is_library() && cwd_library_name(base))
		from_library(where, base, path);
	else
		from_host(where, dir, path);
}

static struct where *where_begin(int dir, const char *path)
{
	struct where *where = pool_get(&where_pool);

	if (!where)
		return &no_where;
	where->used = false;
	where->host = false;
	where->err = 0;
	where->dir = dir;
	where->path = path;
	return where;
}

/* The library is needed, unless it turned out that it is not. */
static struct where *where_ready(struct where *where)
{
	if (!where->host && !where->err && !kernel_up())
		where->err = -errno;
	return where;
}

static struct where *absolute(const char *path)
{
	struct where *where = where_begin(AT_FDCWD, path);

	if (where->err)
		return where;
	where->path = pathname_library(path, where->text);
	if (where->path)
		return where_ready(where);
	path_end(where);
	return NULL;
}

static struct where *relative(int dir, const char *path)
{
	struct where *where;
	struct use use;
	bool used = dir != AT_FDCWD && use_begin(&use, dir, true);

	if (!used && (dir != AT_FDCWD || !*path || !cwd_is_library()) &&
	    !pathname_may_cross(path))
		return NULL;
	where = where_begin(dir, path);
	if (where->err) {
		if (used)
			use_end(&use);
		return where;
	}
	where->use = use;
	where->used = used;
	relative_begin(where, dir, path);
	return where_ready(where);
}

/* With a descriptor and no path, the descriptor is meant. */
struct where *path_begin(int dir, const char *path)
{
	const char *given = path;
	struct where *where;

	if (unlikely(!path))
		path = "";
	if (*path != '/') {
		if (likely((dir == AT_FDCWD ? !cwd_is_library() : !file_peek(dir)) &&
			   !pathname_may_cross(path)))
			return NULL;
	} else if (likely(!pathname_candidate(path))) {
		return NULL;
	}
	if (kernel_busy())
		return NULL;
	if (*path == '/')
		return absolute(path);
	where = relative(dir, path);
	if (where && where->path == path)
		where->path = given;
	return where;
}

void path_end(struct where *where)
{
	if (where == &no_where)
		return;
	if (where->used)
		use_end(&where->use);
	pool_put(&where_pool, where);
}

long path_call(struct where *where, long nr, long c, long d, long e)
{
	long ret = where->err;

	if (!ret)
		ret = kernel_call(nr, where->dir, (long)where->path, c, d, e, 0);
	path_end(where);
	return ret;
}
