/* SPDX-License-Identifier: GPL-2.0 */
/*
 * walk.h - the state of fs2tar's walk, and what is done with each file
 *
 * Layer:   tools; shared by pack.c, pack_attrs.c and pack_contents.c.
 * Context: one thread.
 */
#ifndef TAR_WALK_H
#define TAR_WALK_H

#include <archive_entry.h>

#include "pack.h"

#define WALK_BUFFER	(1024 * 1024)

/**
 * struct walk - the state of a run
 * @p: what is wanted
 * @ops: of the tree
 * @out: the archive
 * @entry: used again for each file
 * @path: of the file at hand
 * @len: its length
 * @room: allocated for it
 * @depth: directories that are open
 * @links: tree of struct link, by tsearch()
 * @buf: WALK_BUFFER bytes
 * @zeros: WALK_BUFFER zero bytes
 * @failed: files that are not in the archive, or not as they are
 * @broken: the archive cannot be written any more
 */
struct walk {
	const struct pack *p;
	const struct tree_ops *ops;
	struct archive *out;
	struct archive_entry *entry;
	char *path;
	size_t len, room;
	unsigned int depth;
	void *links;
	char *buf;
	char *zeros;
	unsigned long failed;
	bool broken;
};

/**
 * struct file - a file that is being packed
 * @dir: the directory it is in
 * @name: its name there
 * @fd: it, if open, else -1
 * @st: what fstat() says
 */
struct file {
	int dir;
	const char *name;
	int fd;
	struct stat st;
};

/* Is it of no use to go on? */
static inline bool walk_ended(const struct walk *w)
{
	return w->broken || *w->p->stop;
}

/* Report a failure of the file at hand; returns @err. */
int walk_error(struct walk *w, int err);
/* Report that the archive cannot be written any more; returns -EIO. */
int walk_archive_failed(struct walk *w);

/*
 * attrs_put - put extended attributes and ACLs of @f into the entry
 *
 * Return: 0 or a negative errno.
 */
int attrs_put(struct walk *w, const struct file *f);

/*
 * contents_announce - put the pieces of a sparse file into the entry
 *
 * None are put if the file system knows no holes.
 *
 * Return: 0 or a negative errno.
 */
int contents_announce(struct walk *w, const struct file *f);

/*
 * contents_write - write what is in the open file @f
 *
 * @sparse says that contents_announce() put pieces. A file that cannot be read
 * is filled with zeros, as the archive has its size already.
 *
 * Return: 0 or a negative errno, reported.
 */
int contents_write(struct walk *w, const struct file *f, bool sparse);

#endif /* TAR_WALK_H */
