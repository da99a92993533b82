// SPDX-License-Identifier: GPL-2.0
/*
 * nftw.c - ftw() and nftw() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread; the current directory changes if FTW_CHDIR says so.
 *
 * libc's reads directories by functions of its own. So a walk that can come to the
 * library is made here, by the interposed ones, which find the side of each file; all
 * others are libc's. An entry that is the library's (/proc/sys/net) may lie in a
 * directory of the host.
 */
#include <ftw.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cwd.h"
#include "preload.h"
#include "real.h"

typedef int walk_function(const char *path, const struct stat *st, int what,
			  struct FTW *at);

/**
 * struct walk - a walk under way
 * @fn: the program's function; NULL for ftw()
 * @plain: ftw()'s
 * @flags: of nftw()
 * @dev: device of the start, for FTW_MOUNT
 * @seen: directories that have been entered, when links are followed
 * @path: of the file that is looked at
 * @len: its length
 */
struct walk {
	walk_function *fn;
	__ftw_func_t plain;
	int flags;
	dev_t dev;
	void *seen;
	char path[PATH_MAX];
	size_t len;
};

static int call(struct walk *walk, const struct stat *st, int what, int level,
		size_t base)
{
	struct FTW at = { (int)base, level };

	if (walk->fn)
		return walk->fn(walk->path, st, what, &at);
	return walk->plain(walk->path, st, what == FTW_SLN ? FTW_NS : what);
}

/* What a file is, as nftw() has it. */
static int look(const struct walk *walk, const char *name, struct stat *st)
{
	if (walk->flags & FTW_PHYS ? !lstat(name, st) : !stat(name, st))
		return S_ISDIR(st->st_mode) ? FTW_D :
		       S_ISLNK(st->st_mode) ? FTW_SL : FTW_F;
	if (errno != EACCES && errno != ENOENT)
		return -1;
	memset(st, 0, sizeof(*st));
	return !(walk->flags & FTW_PHYS) && !lstat(name, st) &&
	       S_ISLNK(st->st_mode) ? FTW_SLN : FTW_NS;
}

/* Directories that were entered */

struct identity {
	dev_t dev;
	ino_t ino;
};

static int identity_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct identity));
}

/* Return: 1 if it had been entered before, 0 if not, -1 without memory. */
static int enter(struct walk *walk, const struct stat *st)
{
	struct identity *identity = calloc(1, sizeof(*identity));
	void **node;

	if (!identity)
		return -1;
	identity->dev = st->st_dev;
	identity->ino = st->st_ino;
	node = tsearch(identity, &walk->seen, identity_compare);
	if (node && *node == identity)
		return 0;
	free(identity);
	return node ? 1 : -1;
}

static int walk_file(struct walk *walk, size_t base, int level);

/* All names of a directory first: it is closed when the walk goes down. */
static int names_read(DIR *dir, char ***names, size_t *count)
{
	struct dirent *entry;
	char **more;

	*names = NULL;
	*count = 0;
	errno = 0;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		more = realloc(*names, (*count + 1) * sizeof(*more));
		if (!more)
			return -1;
		*names = more;
		more[*count] = strdup(entry->d_name);
		if (!more[*count])
			return -1;
		++*count;
	}
	return errno ? -1 : 0;
}

/* One name below the directory; the path is as before afterwards. */
static int walk_name(struct walk *walk, const char *name, int level)
{
	size_t len = walk->len, base;
	bool slash = !len || walk->path[len - 1] != '/';
	int ret;

	base = len + slash;
	if (base + strlen(name) >= sizeof(walk->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (slash)
		walk->path[len] = '/';
	strcpy(walk->path + base, name);
	walk->len = base + strlen(name);
	ret = walk_file(walk, base, level);
	walk->len = len;
	walk->path[len] = '\0';
	return ret;
}

/* With FTW_ACTIONRETVAL, 2 and 3 are FTW_SKIP_SUBTREE and FTW_SKIP_SIBLINGS. */
static int walk_names(struct walk *walk, char **names, size_t count, int level)
{
	bool actions = walk->flags & FTW_ACTIONRETVAL;
	int ret = 0;

	for (size_t i = 0; i < count && !ret; i++) {
		ret = walk_name(walk, names[i], level);
		if (actions && ret == FTW_SKIP_SUBTREE)
			ret = 0;
		if (actions && ret == FTW_SKIP_SIBLINGS)
			return 0;
	}
	return ret;
}

/* The directory is closed, and the current one if the walk changes it. */
static int walk_inside(struct walk *walk, DIR *dir, int level)
{
	char **names;
	size_t count;
	int err = names_read(dir, &names, &count), ret = -1;

	if (!err && walk->flags & FTW_CHDIR)
		err = fchdir(dirfd(dir));
	closedir(dir);
	if (!err)
		ret = walk_names(walk, names, count, level + 1);
	while (count)
		free(names[--count]);
	free(names);
	return ret;
}

static const char *name_now(const struct walk *walk, size_t base)
{
	return walk->flags & FTW_CHDIR && base && walk->path[base] ?
	       walk->path + base : walk->path;
}

/* Down and up again: by a descriptor of where it came from. */
static int walk_directory(struct walk *walk, size_t base, int level, int *unreadable)
{
	int back = -1, ret;
	DIR *dir = opendir(name_now(walk, base));

	*unreadable = !dir && errno == EACCES;
	if (!dir)
		return -1;
	if (walk->flags & FTW_CHDIR)
		back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = walk_inside(walk, dir, level);
	if (back >= 0) {
		if (fchdir(back) && !ret)
			ret = -1;
		close(back);
	}
	return ret;
}

/* A directory: before or after what is in it. */
static int walk_down(struct walk *walk, const struct stat *st, size_t base, int level)
{
	int ret = 0, unreadable, seen;

	seen = walk->flags & FTW_PHYS ? 0 : enter(walk, st);
	if (seen)
		return seen < 0 ? -1 : 0;
	if (!(walk->flags & FTW_DEPTH)) {
		if (access(name_now(walk, base), R_OK | X_OK))
			return call(walk, st, FTW_DNR, level, base);
		ret = call(walk, st, FTW_D, level, base);
		if (walk->flags & FTW_ACTIONRETVAL && ret == FTW_SKIP_SUBTREE)
			return 0;
		if (ret)
			return ret;
	}
	ret = walk_directory(walk, base, level, &unreadable);
	if (unreadable)
		return call(walk, st, FTW_DNR, level, base);
	if (!ret && walk->flags & FTW_DEPTH)
		ret = call(walk, st, FTW_DP, level, base);
	return ret;
}

static int walk_file(struct walk *walk, size_t base, int level)
{
	struct stat st;
	int what = look(walk, name_now(walk, base), &st);

	if (what < 0)
		return -1;
	if (walk->flags & FTW_MOUNT && what != FTW_NS && st.st_dev != walk->dev)
		return 0;
	if (what != FTW_D)
		return call(walk, &st, what, level, base);
	return walk_down(walk, &st, base, level);
}

static int walk_start(struct walk *walk, const char *path)
{
	const char *slash;
	struct stat st;
	size_t base;

	walk->len = strlen(path);
	if (!walk->len || walk->len >= sizeof(walk->path)) {
		errno = walk->len ? ENAMETOOLONG : ENOENT;
		return -1;
	}
	strcpy(walk->path, path);
	while (walk->len > 1 && walk->path[walk->len - 1] == '/')
		walk->path[--walk->len] = '\0';
	slash = strrchr(walk->path, '/');
	base = slash && slash[1] ? (size_t)(slash + 1 - walk->path) : 0;
	path = name_now(walk, base);
	if ((walk->flags & FTW_PHYS || stat(path, &st)) && lstat(path, &st))
		return -1;
	walk->dev = st.st_dev;
	return walk_file(walk, base, 0);
}

/* To the directory that the start lies in. */
static int parent_enter(const char *path)
{
	size_t len = strlen(path);
	char parent[PATH_MAX];

	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len && path[len - 1] != '/')
		len--;
	if (len >= sizeof(parent)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(parent, path, len);
	parent[len] = '\0';
	return len ? chdir(parent) : 0;
}

/* The current directory is what it was afterwards. */
static int walk_changing(struct walk *walk, const char *path)
{
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret, saved;

	if (back < 0)
		return -1;
	ret = parent_enter(path);
	if (!ret)
		ret = walk_start(walk, path);
	saved = errno;
	if (fchdir(back) && !ret)
		ret = -1;
	else
		errno = saved;
	close(back);
	return ret;
}

static int walk_from(struct walk *walk, const char *path)
{
	int ret = walk->flags & FTW_CHDIR ? walk_changing(walk, path) :
		  walk_start(walk, path), saved = errno;

	tdestroy(walk->seen, free);
	errno = saved;
	return ret;
}

HIJACK int nftw(const char *path, walk_function *fn, int open_max, int flags)
{
	struct walk walk = { .fn = fn, .flags = flags };

	if (likely(!cwd_leads_to_library(path)))
		return real.nftw(path, fn, open_max, flags);
	return walk_from(&walk, path);
}

HIJACK int nftw64(const char *path, __nftw64_func_t fn, int open_max, int flags)
{
	return nftw(path, (walk_function *)fn, open_max, flags);
}

HIJACK int ftw(const char *path, __ftw_func_t fn, int open_max)
{
	struct walk walk = { .plain = fn };

	if (likely(!cwd_leads_to_library(path)))
		return real.ftw(path, fn, open_max);
	return walk_from(&walk, path);
}

HIJACK int ftw64(const char *path, __ftw64_func_t fn, int open_max)
{
	return ftw(path, (__ftw_func_t)fn, open_max);
}
