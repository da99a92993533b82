// SPDX-License-Identifier: GPL-2.0
/*
 * walk.c - scandir() and glob() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 *
 * libc's read directories by functions of its own, which see the host's. For glob()
 * it can be told to use others.
 */
#include <dirent.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "directories.h"
#include "real.h"

/* scandir() */

/**
 * struct entries - what has been found
 * @list: copies of entries
 * @count: how many
 * @room: for how many there is room
 */
struct entries {
	struct dirent **list;
	size_t count;
	size_t room;
};

static int entry_add(struct entries *entries, const struct dirent *entry)
{
	size_t room = entries->room ? 2 * entries->room : 32;
	struct dirent **more;

	if (entries->count == entries->room) {
		more = realloc(entries->list, room * sizeof(*more));
		if (!more)
			return -1;
		entries->list = more;
		entries->room = room;
	}
	entries->list[entries->count] = malloc(entry->d_reclen);
	if (!entries->list[entries->count])
		return -1;
	memcpy(entries->list[entries->count++], entry, entry->d_reclen);
	return 0;
}

static int entries_read(DIR *dir, struct entries *entries,
			int (*select)(const struct dirent *entry))
{
	struct dirent *entry;

	errno = 0;
	while ((entry = readdir(dir))) {
		if (select && !select(entry))
			continue;
		/* Whatever the program's function did to it. */
		errno = 0;
		if (entry_add(entries, entry))
			return -1;
	}
	return errno ? -1 : 0;
}

static void entries_free(struct entries *entries)
{
	while (entries->count)
		free(entries->list[--entries->count]);
	free(entries->list);
}

static int scan(DIR *dir, struct dirent ***list,
		int (*select)(const struct dirent *entry),
		int (*compare)(const struct dirent **a, const struct dirent **b))
{
	struct entries entries = { 0 };
	int saved = errno, err;

	err = entries_read(dir, &entries, select);
	if (err)
		saved = errno;
	closedir(dir);
	errno = saved;
	if (err) {
		entries_free(&entries);
		return -1;
	}
	if (compare && entries.count)
		qsort(entries.list, entries.count, sizeof(*entries.list),
		      (int (*)(const void *, const void *))compare);
	*list = entries.list;
	return (int)entries.count;
}

HIJACK int scandirat(int at, const char *path, struct dirent ***list,
		     int (*select)(const struct dirent *entry),
		     int (*compare)(const struct dirent **a, const struct dirent **b))
{
	struct where *where = path_begin(at, path);
	DIR *dir;

	if (likely(!where))
		return real.scandirat(at, path, list, select, compare);
	if (where->host)
		return (int)path_host(where, real.scandirat(where->dir, where->path, list,
							    select, compare));
	dir = directory_open(where);
	return dir ? scan(dir, list, select, compare) : -1;
}

HIJACK int scandir(const char *path, struct dirent ***list,
		   int (*select)(const struct dirent *entry),
		   int (*compare)(const struct dirent **a, const struct dirent **b))
{
	return scandirat(AT_FDCWD, path, list, select, compare);
}

/* struct dirent64 is struct dirent where long has 64 bits. */

HIJACK int scandirat64(int at, const char *path, struct dirent64 ***list,
		       int (*select)(const struct dirent64 *entry),
		       int (*compare)(const struct dirent64 **a,
				      const struct dirent64 **b))
{
	return scandirat(at, path, (struct dirent ***)list,
			 (int (*)(const struct dirent *))select,
			 (int (*)(const struct dirent **, const struct dirent **))compare);
}

HIJACK int scandir64(const char *path, struct dirent64 ***list,
		     int (*select)(const struct dirent64 *entry),
		     int (*compare)(const struct dirent64 **a,
				    const struct dirent64 **b))
{
	return scandirat64(AT_FDCWD, path, list, select, compare);
}

/* glob() */

static void *dir_open(const char *path)
{
	return opendir(path);
}

static struct dirent *dir_read(void *dir)
{
	return readdir(dir);
}

static void dir_close(void *dir)
{
	closedir(dir);
}

static int file_stat(const char *path, struct stat *st)
{
	return stat(path, st);
}

static int file_lstat(const char *path, struct stat *st)
{
	return lstat(path, st);
}

HIJACK int glob(const char *pattern, int flags,
		int (*failed)(const char *path, int err), glob_t *found)
{
	int ret;

	if (flags & GLOB_ALTDIRFUNC)
		return real.glob(pattern, flags, failed, found);
	found->gl_opendir = dir_open;
	found->gl_readdir = dir_read;
	found->gl_closedir = dir_close;
	found->gl_stat = file_stat;
	found->gl_lstat = file_lstat;
	ret = real.glob(pattern, flags | GLOB_ALTDIRFUNC, failed, found);
	found->gl_flags &= ~GLOB_ALTDIRFUNC;
	return ret;
}

HIJACK int glob64(const char *pattern, int flags,
		  int (*failed)(const char *path, int err), glob64_t *found)
{
	return glob(pattern, flags, failed, (glob_t *)found);
}
