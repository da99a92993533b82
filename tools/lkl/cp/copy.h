/* SPDX-License-Identifier: GPL-2.0 */
/*
 * copy.h - copy files and trees of files from one struct tree to another
 *
 * Layer:   tools; called by main.c and, host to host, by tests/tools.
 * Context: one thread.
 */
#ifndef CP_COPY_H
#define CP_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mode.h"
#include "tree.h"

#define COPY_KEEP	((uid_t)-1)	/* keep the source's owner or group */
#define COPY_BUFFER	(1024 * 1024)	/* bytes moved by one read and write */

struct links;
struct progress;

/**
 * struct copy_options - what is to be different at the destination
 * @uid: owner of everything copied, or COPY_KEEP
 * @gid: group of everything copied, or COPY_KEEP
 * @mode: change of the permissions of everything but symbolic links
 * @selinux: security context of everything copied, or NULL to keep
 * @repeatable: names are taken in order, and no time is later than @epoch
 * @epoch: seconds since 1970
 */
struct copy_options {
	uid_t uid;
	gid_t gid;
	struct mode_change mode;
	const char *selinux;
	bool repeatable;
	int64_t epoch;
};

/* What a destination cannot store, once the user has been told. */
enum copy_warned {
	WARNED_OWNER = 1 << 0,
	WARNED_MODE = 1 << 1,
	WARNED_XATTR = 1 << 2,
	WARNED_ACL = 1 << 3,
	WARNED_LINK = 1 << 4,
	WARNED_TIMES = 1 << 5,
};

/**
 * struct copy - one run
 * @src: where files come from
 * @dst: where they go
 * @options: see struct copy_options
 * @parents: sources keep their whole path below the destination
 * @no_recursion: directories are made, but not gone into
 * @progress: told of files and bytes, or NULL
 * @stop: set from outside (a signal) or inside (the destination is full or
 *	gone) to end the run at the next file or buffer
 *
 * The rest is private to copy.c, contents.c, meta.c, links.c and parents.c.
 * @failed: files that could not be copied, or not wholly
 * @dst_root: the directory that everything goes under
 * @buf: COPY_BUFFER bytes
 * @links: hard links seen in this run
 * @warned: bits of enum copy_warned
 */
struct copy {
	struct tree *src;
	struct tree *dst;
	struct copy_options options;
	bool parents;
	bool no_recursion;
	struct progress *progress;
	volatile bool *stop;

	unsigned long failed;
	int dst_root;
	char *buf;
	struct links *links;
	unsigned int warned;
};

/**
 * copy_run - copy @sources to @destination
 * @c: the run; public members set, the rest zero
 * @sources: paths in c->src
 * @count: how many, at least 1
 * @destination: path in c->dst: an existing directory, or with one source the
 *	name the copy shall have
 *
 * Messages about single files are printed as they arise.
 *
 * Return: 0 if everything was copied, else -EIO.
 */
int copy_run(struct copy *c, char *const *sources, int count,
	     const char *destination);

#endif /* CP_COPY_H */
