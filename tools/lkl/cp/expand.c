// SPDX-License-Identifier: GPL-2.0
/*
 * expand.c - what is to be copied: patterns in names, and lists of files
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
#define MATCHES_MAX	(1 << 24)

/* @path from malloc(), or NULL. */
static int add_path(struct expand *list, char *path)
{
	if (!path)
		return -ENOMEM;
	if (list->count == list->room) {
		int room = list->room ? 2 * list->room : 64;
		char **paths = reallocarray(list->paths, room, sizeof(*paths));

		if (!paths || room > MATCHES_MAX) {
			free(path);
			return -ENOMEM;
		}
		list->paths = paths;
		list->room = room;
	}
	list->paths[list->count++] = path;
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

static bool is_pattern(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr("*?[", text[i]))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- the names in a directory ---- */

static int match_dents(struct expand *names, const char *pattern,
		       const char *buf, ssize_t len)
{
	int err = 0;

	while (len > 0 && !err) {
		const struct tree_dirent *d = (const void *)buf;

		if (!fnmatch(pattern, d->name, FNM_PERIOD) &&
		    strcmp(d->name, ".") && strcmp(d->name, "..") &&
		    !strchr(d->name, '/'))
			err = add_path(names, strdup(d->name));
		buf += d->reclen;
		len -= d->reclen;
	}
	return err;
}

/* Those of directory @dir that @pattern matches, sorted. */
static int match_directory(struct expand *names, struct tree *tree,
			   const char *dir, const char *pattern)
{
	char *buf = malloc(DENTS_SIZE);
	int fd, err = 0;
	ssize_t len = 0;

	if (!buf)
		return -ENOMEM;
	fd = tree->ops->resolve(tree->base, *dir ? dir : ".",
				O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		err = fd;
	while (!err && (len = tree->ops->getdents(fd, buf, DENTS_SIZE)) != 0)
		err = len < 0 ? (int)len :
				match_dents(names, pattern, buf, len);
	if (fd >= 0)
		tree->ops->close(fd);
	free(buf);
	if (!err && names->count)
		qsort(names->paths, names->count, sizeof(char *), compare);
	return err;
}

/* ---- the components of a path ---- */

static int expand_below(struct expand *list, struct tree *tree,
			const char *dir, const char *rest);

/* @name in @dir, and on with @rest, which begins with a slash or is empty. */
static int expand_name(struct expand *list, struct tree *tree, const char *dir,
		       const char *name, const char *rest)
{
	size_t slashes = strspn(rest, "/");
	char *path;
	int err;

	if (asprintf(&path, "%s%s%.*s", dir, name, (int)slashes, rest) < 0)
		return -ENOMEM;
	if (rest[slashes]) {
		err = expand_below(list, tree, path, rest + slashes);
		free(path);
		return err;
	}
	if (!exists(tree, path)) {
		free(path);
		return 0;
	}
	return add_path(list, path);
}

/* What is no directory has nothing below it that could match. */
static bool is_no_match(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EACCES;
}

static int expand_pattern(struct expand *list, struct tree *tree,
			  const char *dir, const char *pattern,
			  const char *rest)
{
	struct expand names = { 0 };
	int i, err = match_directory(&names, tree, dir, pattern);

	for (i = 0; !err && i < names.count; i++)
		err = expand_name(list, tree, dir, names.paths[i], rest);
	expand_free(&names);
	return is_no_match(err) ? 0 : err;
}

/* All paths that begin with @dir and go on as @rest says. */
static int expand_below(struct expand *list, struct tree *tree,
			const char *dir, const char *rest)
{
	size_t len = strcspn(rest, "/");
	char *part = strndup(rest, len);
	int err;

	if (!part)
		return -ENOMEM;
	if (is_pattern(part, len))
		err = expand_pattern(list, tree, dir, part, rest + len);
	else
		err = expand_name(list, tree, dir, part, rest + len);
	free(part);
	return err;
}

static int expand_one(struct expand *list, struct tree *tree, const char *path)
{
	int err, before = list->count;
	size_t slashes;
	char *root;

	if (!is_pattern(path, strlen(path)) || exists(tree, path))
		return add_path(list, strdup(path));
	slashes = strspn(path, "/");
	root = strndup(path, slashes);
	if (!root)
		return -ENOMEM;
	err = expand_below(list, tree, root, path + slashes);
	free(root);
	return err || list->count > before ? err : -ENOENT;
}

int expand_sources(struct expand *list, struct tree *tree, char *const *sources,
		   int count)
{
	int i, err, ret = 0;

	for (i = 0; i < count; i++) {
		err = expand_one(list, tree, sources[i]);
		if (!err)
			continue;
		diag_error("%s%s: %s", tree->label, sources[i],
			   diag_cause(err));
		ret = err;
	}
	return ret;
}

/* ---- lists ---- */

static int read_list(struct expand *list, FILE *in, bool null)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int err = 0;

	errno = 0;
	while (!err && (len = getdelim(&line, &room, null ? '\0' : '\n',
				       in)) > 0) {
		if (!null && line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (*line)
			err = add_path(list, strdup(line));
	}
	free(line);
	if (!err && ferror(in))
		err = errno ? -errno : -EIO;
	return err;
}

int expand_list(struct expand *list, const char *path, bool null)
{
	bool standard = !strcmp(path, "-");
	FILE *in = standard ? stdin : fopen(path, "re");
	int err;

	err = in ? read_list(list, in, null) : -errno;
	if (err)
		diag_error("%s: %s", standard ? "standard input" : path,
			   diag_cause(err));
	if (in && !standard)
		fclose(in);
	return err;
}

void expand_free(struct expand *list)
{
	int i;

	for (i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct expand){ 0 };
}
