// SPDX-License-Identifier: GPL-2.0
/*
 * whiteout.c - files of a container layer that take others away
 *
 * Layer:   tools; see whiteout.h.
 * Context: one thread.
 */
#include "whiteout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lkl.h>

#define PREFIX		".wh."
#define BOOKKEEPING	".wh..wh."
#define OPAQUE		".wh..wh..opq"
#define DENTS_SIZE	(32 * 1024)
#define DEPTH_MAX	4096	/* stack is taken for each level */

static int remove_tree(struct unpack *u, int dir, const char *name,
		       unsigned int depth);

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Return: how many there were, or a negative errno. */
static int remove_dents(struct unpack *u, int dir, const char *buf, ssize_t len,
			unsigned int depth)
{
	int err = 0, count = 0;

	while (len > 0 && !err) {
		const struct tree_dirent *d = (const void *)buf;

		if (!is_dot(d->name)) {
			err = remove_tree(u, dir, d->name, depth);
			count++;
		}
		buf += d->reclen;
		len -= d->reclen;
	}
	return err ? err : count;
}

/* From the beginning again until nothing is left: removing moves what follows. */
static int remove_children(struct unpack *u, int dir, unsigned int depth)
{
	const struct tree_ops *ops = u->tree->ops;
	char *buf = malloc(DENTS_SIZE);
	int count = buf ? 1 : -ENOMEM;

	while (count > 0) {
		ssize_t len;

		ops->lseek(dir, 0, SEEK_SET);
		for (count = 0; (len = ops->getdents(dir, buf, DENTS_SIZE)) > 0;) {
			int n = remove_dents(u, dir, buf, len, depth);

			count = n < 0 ? n : count + n;
			if (n < 0)
				break;
		}
		if (len < 0)
			count = (int)len;
	}
	free(buf);
	return count;
}

static int remove_directory(struct unpack *u, int dir, const char *name,
			    unsigned int depth)
{
	int fd, err;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	fd = u->tree->ops->openat(dir, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	err = remove_children(u, fd, depth + 1);
	u->tree->ops->close(fd);
	return err ? err : (int)lkl_sys_unlinkat(dir, name, AT_REMOVEDIR);
}

static int remove_tree(struct unpack *u, int dir, const char *name,
		       unsigned int depth)
{
	struct stat st;
	int err = u->tree->ops->fstatat(dir, name, &st);

	if (err)
		return err == -ENOENT ? 0 : err;
	if (S_ISDIR(st.st_mode))
		return remove_directory(u, dir, name, depth);
	return u->tree->ops->unlinkat(dir, name);
}

static bool is_overlay_whiteout(struct unpack *u)
{
	return archive_entry_filetype(u->entry) == AE_IFCHR &&
	       !archive_entry_rdevmajor(u->entry) &&
	       !archive_entry_rdevminor(u->entry);
}

int whiteout_apply(struct unpack *u, int dir, const char *name)
{
	int err = 0;

	if (!strcmp(name, OPAQUE))
		err = remove_children(u, dir, 0);
	else if (is_overlay_whiteout(u))
		err = remove_tree(u, dir, name, 0);
	else if (strncmp(name, PREFIX, strlen(PREFIX)))
		return 0;
	else if (strncmp(name, BOOKKEEPING, strlen(BOOKKEEPING)))
		err = is_dot(name + strlen(PREFIX)) || !name[strlen(PREFIX)] ?
		      -EINVAL : remove_tree(u, dir, name + strlen(PREFIX), 0);
	/* What is kept open may be gone. */
	dirs_forget(&u->dirs);
	return err ? err : 1;
}
