// SPDX-License-Identifier: GPL-2.0
/*
 * measure.c - how much there is to copy
 *
 * Layer:   tools; see measure.h.
 * Context: one thread.
 */
#include "measure.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define DENTS_SIZE	(32 * 1024)
#define DEPTH_MAX	256	/* deeper files are not worth the estimate */

struct count {
	struct tree *tree;
	volatile bool *stop;
	uint64_t files;
	uint64_t bytes;
};

static void count_directory(struct count *n, int fd, unsigned int depth);

static void count_regular(struct count *n, const struct stat *st)
{
	uint64_t used = (uint64_t)st->st_blocks * 512;

	n->bytes += used < (uint64_t)st->st_size ? used :
						   (uint64_t)st->st_size;
}

static void count_entry(struct count *n, int dir, const char *name, int type,
			unsigned int depth)
{
	struct stat st;
	int fd;

	n->files++;
	if (type == DT_DIR) {
		fd = n->tree->ops->openat(dir, name, O_RDONLY | O_DIRECTORY, 0);
		if (fd < 0)
			return;
		count_directory(n, fd, depth);
		n->tree->ops->close(fd);
	} else if (type == DT_REG || type == DT_UNKNOWN) {
		if (n->tree->ops->fstatat(dir, name, &st))
			return;
		if (S_ISREG(st.st_mode))
			count_regular(n, &st);
	}
}

static void count_dents(struct count *n, int fd, const char *buf, ssize_t len,
			unsigned int depth)
{
	while (len > 0 && !*n->stop) {
		const struct tree_dirent *d = (const void *)buf;

		if (strcmp(d->name, ".") && strcmp(d->name, ".."))
			count_entry(n, fd, d->name, d->type, depth + 1);
		buf += d->reclen;
		len -= d->reclen;
	}
}

static void count_directory(struct count *n, int fd, unsigned int depth)
{
	char *buf;
	ssize_t len;

	if (depth > DEPTH_MAX)
		return;
	buf = malloc(DENTS_SIZE);
	if (!buf)
		return;
	while ((len = n->tree->ops->getdents(fd, buf, DENTS_SIZE)) > 0)
		count_dents(n, fd, buf, len, depth);
	free(buf);
}

static void count_source(struct count *n, const char *path)
{
	struct stat st;
	int fd, err;

	fd = n->tree->ops->resolve(n->tree->base, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return;
	n->files++;
	err = n->tree->ops->fstat(fd, &st);
	n->tree->ops->close(fd);
	if (err)
		return;
	if (S_ISREG(st.st_mode))
		count_regular(n, &st);
	if (!S_ISDIR(st.st_mode))
		return;
	fd = n->tree->ops->resolve(n->tree->base, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return;
	count_directory(n, fd, 0);
	n->tree->ops->close(fd);
}

void measure(struct tree *tree, char *const *sources, int count,
	     volatile bool *stop, uint64_t *files, uint64_t *bytes)
{
	struct count n = { .tree = tree, .stop = stop };
	int i;

	for (i = 0; i < count && !*stop; i++)
		count_source(&n, sources[i]);
	*files = n.files;
	*bytes = n.bytes;
}
