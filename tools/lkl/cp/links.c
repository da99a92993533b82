// SPDX-License-Identifier: GPL-2.0
/*
 * links.c - hard links among the files of one run
 *
 * Layer:   tools; called by copy.c for files with more than one name.
 * Context: one thread.
 *
 * A hash table from (device, inode) of the source to the path of the first
 * copy. The path is used again component by component, never as a whole, so
 * that its length has no limit and a symbolic link in it is refused.
 */
#include "entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS	1024

struct link {
	struct link *next;
	dev_t dev;
	ino_t ino;
	char *path;
};

struct links {
	size_t count;
	size_t buckets;		/* a power of two */
	struct link **table;
};

struct links *links_new(void)
{
	struct links *links = calloc(1, sizeof(*links));

	if (!links)
		return NULL;
	links->buckets = FIRST_BUCKETS;
	links->table = calloc(links->buckets, sizeof(struct link *));
	if (!links->table) {
		free(links);
		return NULL;
	}
	return links;
}

void links_free(struct links *links)
{
	size_t i;

	if (!links)
		return;
	for (i = 0; i < links->buckets; i++) {
		struct link *link = links->table[i];

		while (link) {
			struct link *next = link->next;

			free(link->path);
			free(link);
			link = next;
		}
	}
	free(links->table);
	free(links);
}

static size_t bucket_of(dev_t dev, ino_t ino, size_t buckets)
{
	uint64_t key = ((uint64_t)dev << 48 ^ ino) * 0x9e3779b97f4a7c15ULL;

	return (key >> 20) & (buckets - 1);
}

static struct link *find(struct links *links, const struct stat *st)
{
	struct link *link;

	link = links->table[bucket_of(st->st_dev, st->st_ino, links->buckets)];
	while (link && (link->dev != st->st_dev || link->ino != st->st_ino))
		link = link->next;
	return link;
}

/* Keep chains short; if memory for that is missing they just grow longer. */
static void grow(struct links *links)
{
	size_t i, buckets = links->buckets * 2;
	struct link **table = calloc(buckets, sizeof(*table));

	if (!table)
		return;
	for (i = 0; i < links->buckets; i++) {
		struct link *link = links->table[i];

		while (link) {
			struct link *next = link->next;
			size_t b = bucket_of(link->dev, link->ino, buckets);

			link->next = table[b];
			table[b] = link;
			link = next;
		}
	}
	free(links->table);
	links->table = table;
	links->buckets = buckets;
}

int links_add(struct copy *c, const struct entry *e, const struct stat *st)
{
	struct links *links = c->links;
	struct link *link = malloc(sizeof(*link));
	size_t b;

	if (!link)
		return entry_dst_error(c, e, -ENOMEM);
	link->path = entry_dst_path(e);
	if (!link->path) {
		free(link);
		return entry_dst_error(c, e, -ENOMEM);
	}
	if (links->count >= links->buckets)
		grow(links);
	link->dev = st->st_dev;
	link->ino = st->st_ino;
	b = bucket_of(link->dev, link->ino, links->buckets);
	link->next = links->table[b];
	links->table[b] = link;
	links->count++;
	return 0;
}

/*
 * Go from the destination's root down to the directory that holds the last
 * component of @path, which is modified. Return a descriptor; *@name is the
 * last component. The root itself is returned if it is that directory.
 */
static int open_parent(struct copy *c, char *path, char **name)
{
	const struct tree_ops *ops = c->dst->ops;
	int dir = c->dst_root;
	char *slash;

	while ((slash = strchr(path, '/'))) {
		int next;

		*slash = '\0';
		next = ops->openat(dir, path, O_PATH | O_DIRECTORY, 0);
		*slash = '/';
		if (dir != c->dst_root)
			ops->close(dir);
		if (next < 0)
			return next;
		dir = next;
		path = slash + 1;
	}
	*name = path;
	return dir;
}

static int make_link(struct copy *c, struct link *link, const struct entry *e)
{
	const struct tree_ops *ops = c->dst->ops;
	char *name;
	int dir, err;

	dir = open_parent(c, link->path, &name);
	if (dir < 0)
		return dir;
	err = ops->linkat(dir, name, e->dst_dir, e->dst_name);
	if (err == -EEXIST) {
		err = ops->unlinkat(e->dst_dir, e->dst_name);
		if (!err)
			err = ops->linkat(dir, name, e->dst_dir, e->dst_name);
	}
	if (dir != c->dst_root)
		ops->close(dir);
	return err;
}

/* Has an earlier run left exactly this link? Then unlinking would lose it. */
static bool is_same_file(struct copy *c, struct link *link,
			 const struct entry *e)
{
	const struct tree_ops *ops = c->dst->ops;
	struct stat one, two;
	char *name;
	int dir, err;

	if (ops->fstatat(e->dst_dir, e->dst_name, &two))
		return false;
	dir = open_parent(c, link->path, &name);
	if (dir < 0)
		return false;
	err = ops->fstatat(dir, name, &one);
	if (dir != c->dst_root)
		ops->close(dir);
	return !err && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

int links_try(struct copy *c, const struct entry *e, const struct stat *st)
{
	struct link *link = find(c->links, st);
	int err;

	if (!link)
		return 0;
	if (is_same_file(c, link, e))
		return 1;
	err = make_link(c, link, e);
	switch (err) {
	case 0:
		return 1;
	case -EMLINK:	/* this copy has all the names it can have */
	case -EXDEV:
		return 0;
	case -EPERM:
	case -EOPNOTSUPP:
		entry_warn_once(c, e, WARNED_LINK, "hard links");
		return 0;
	default:
		return entry_dst_error(c, e, err);
	}
}
