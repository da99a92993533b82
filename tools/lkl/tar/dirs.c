// SPDX-License-Identifier: GPL-2.0
/*
 * dirs.c - from a path in an archive to a directory in the image, safely
 *
 * Layer:   tools; see dirs.h.
 * Context: one thread.
 */
#include "dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "acl.h"

/**
 * struct level - one open directory
 * @name: in the one above
 * @fd: descriptor
 * @acl: has it a default ACL? -1: not looked yet
 */
struct level {
	char *name;
	int fd;
	int acl;
};

int parts_split(struct parts *parts, const char *path)
{
	char *name, *rest;

	if (*path == '/')
		return -EXDEV;
	parts->count = 0;
	parts->text = strdup(path);
	parts->names = calloc(strlen(path) / 2 + 1, sizeof(*parts->names));
	if (!parts->text || !parts->names) {
		parts_free(parts);
		return -ENOMEM;
	}
	for (name = strtok_r(parts->text, "/", &rest); name;
	     name = strtok_r(NULL, "/", &rest)) {
		if (!strcmp(name, "..")) {
			parts_free(parts);
			return -EXDEV;
		}
		if (strcmp(name, "."))
			parts->names[parts->count++] = name;
	}
	return 0;
}

void parts_free(struct parts *parts)
{
	free(parts->names);
	free(parts->text);
}

void dirs_init(struct dirs *d, const struct tree_ops *ops, int root)
{
	*d = (struct dirs){ .ops = ops, .root = root, .root_acl = -1 };
}

static void leave_to(struct dirs *d, size_t depth)
{
	while (d->depth > depth) {
		struct level *l = &d->levels[--d->depth];

		d->ops->close(l->fd);
		free(l->name);
	}
}

void dirs_forget(struct dirs *d)
{
	leave_to(d, 0);
}

void dirs_free(struct dirs *d)
{
	leave_to(d, 0);
	free(d->levels);
}

static int current_fd(const struct dirs *d)
{
	return d->depth ? d->levels[d->depth - 1].fd : d->root;
}

static int open_directory(struct dirs *d, int dir, const char *name)
{
	int fd = d->ops->openat(dir, name, O_RDONLY | O_DIRECTORY, 0);
	struct stat st;

	if (fd == -ENOTDIR && !d->ops->fstatat(dir, name, &st) &&
	    S_ISLNK(st.st_mode))
		return -ELOOP;
	return fd;
}

static int grow(struct dirs *d)
{
	size_t room = d->room ? 2 * d->room : 16;
	struct level *levels = realloc(d->levels, room * sizeof(*levels));

	if (!levels)
		return -ENOMEM;
	d->levels = levels;
	d->room = room;
	return 0;
}

static int add_level(struct dirs *d, const char *name, int fd)
{
	struct level *l;

	if (d->depth == d->room && grow(d))
		goto err_close;
	l = &d->levels[d->depth];
	l->fd = fd;
	l->acl = -1;
	l->name = strdup(name);
	if (!l->name)
		goto err_close;
	d->depth++;
	return 0;
err_close:
	d->ops->close(fd);
	return -ENOMEM;
}

static int enter_one(struct dirs *d, const char *name, bool create)
{
	int dir = current_fd(d);
	int fd = open_directory(d, dir, name);

	if (fd == -ENOENT && create) {
		int err = d->ops->mkdirat(dir, name, 0755);

		if (err)
			return err;
		fd = open_directory(d, dir, name);
	}
	return fd < 0 ? fd : add_level(d, name, fd);
}

int dirs_enter(struct dirs *d, char *const *names, size_t count, bool create)
{
	size_t same = 0;
	int err = 0;

	while (same < d->depth && same < count &&
	       !strcmp(d->levels[same].name, names[same]))
		same++;
	leave_to(d, same);
	while (d->depth < count && !err)
		err = enter_one(d, names[d->depth], create);
	return err ? err : current_fd(d);
}

bool dirs_has_acl(struct dirs *d)
{
	int *acl = d->depth ? &d->levels[d->depth - 1].acl : &d->root_acl;

	if (*acl < 0)
		*acl = d->ops->getxattr(current_fd(d), NULL, ACL_DEFAULT, NULL,
					0) > 0;
	return *acl;
}

void dirs_acl_changed(struct dirs *d)
{
	size_t i;

	d->root_acl = -1;
	for (i = 0; i < d->depth; i++)
		d->levels[i].acl = -1;
}
