// SPDX-License-Identifier: GPL-2.0
/*
 * expand.c - patterns in the names of sources inside an image
 *
 * Layer:   tools; see expand.h.
 * Context: one thread.
 */
#include "expand.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#define DENTS_SIZE	(32 * 1024)

static int add_path(struct expand *list, char *path)
{
	char **paths;

	if (!path)
		return -ENOMEM;
	paths = realloc(list->paths, (list->count + 1) * sizeof(*paths));
	if (!paths) {
		free(path);
		return -ENOMEM;
	}
	paths[list->count++] = path;
	list->paths = paths;
	return 0;
}

static bool exists(struct tree *tree, const char *path)
{
	int fd = tree->ops->resolve(tree->base, path, O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return false;
	tree->ops->close(fd);
	return true;
}

static int match_dents(struct expand *list, const char *path, size_t dir_len,
		       const char *buf, ssize_t len)
{
	while (len > 0) {
		const struct tree_dirent *d = (const void *)buf;
		char *found;
		int err;

		if (!fnmatch(path + dir_len, d->name, FNM_PERIOD) &&
		    strcmp(d->name, ".") && strcmp(d->name, "..")) {
			if (asprintf(&found, "%.*s%s", (int)dir_len, path,
				     d->name) < 0)
				found = NULL;
			err = add_path(list, found);
			if (err)
				return err;
		}
		buf += d->reclen;
		len -= d->reclen;
	}
	return 0;
}

static int match_directory(struct expand *list, struct tree *tree, int fd,
			   const char *path, size_t dir_len)
{
	char *buf = malloc(DENTS_SIZE);
	ssize_t len;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	while (!err &&
	       (len = tree->ops->getdents(fd, buf, DENTS_SIZE)) != 0)
		err = len < 0 ? (int)len :
				match_dents(list, path, dir_len, buf, len);
	free(buf);
	return err;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Length of the directory part of @path, with its slash. */
static size_t directory_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static int expand_pattern(struct expand *list, struct tree *tree,
			  const char *path)
{
	size_t dir_len = directory_length(path);
	char *dir = dir_len ? strndup(path, dir_len) : strdup(".");
	int first = list->count;
	int fd, err;

	if (!dir)
		return -ENOMEM;
	fd = tree->ops->resolve(tree->base, dir, O_RDONLY | O_DIRECTORY);
	free(dir);
	if (fd < 0)
		return fd;
	err = match_directory(list, tree, fd, path, dir_len);
	tree->ops->close(fd);
	if (err)
		return err;
	if (list->count == first)
		return -ENOENT;
	qsort(list->paths + first, list->count - first, sizeof(char *),
	      compare);
	return 0;
}

static int expand_one(struct expand *list, struct tree *tree, const char *path,
		      bool patterns)
{
	const char *base = path + directory_length(path);

	if (!patterns || !strpbrk(base, "*?[") || exists(tree, path))
		return add_path(list, strdup(path));
	return expand_pattern(list, tree, path);
}

int expand_sources(struct expand *list, struct tree *tree, char *const *sources,
		   int count, bool patterns)
{
	int i, err, ret = 0;

	for (i = 0; i < count; i++) {
		err = expand_one(list, tree, sources[i], patterns);
		if (!err)
			continue;
		diag_error("%s%s: %s", tree->label, sources[i],
			   diag_cause(err));
		ret = err;
	}
	return ret;
}

void expand_free(struct expand *list)
{
	int i;

	for (i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
}
