/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dirs.h - from a path in an archive to a directory in the image, safely
 *
 * Layer:   tools; called by unpack.c.
 * Context: one thread.
 *
 * DOC: Paths from strangers
 *
 * A path in an archive is taken apart first: an absolute one or one with ".."
 * is refused as a whole. The directories are then opened one by one, each from
 * the one before, and a symbolic link among them is refused, whether it was
 * there before or came with the archive. What was opened for one file serves
 * the next one in the same directory.
 */
#ifndef TAR_DIRS_H
#define TAR_DIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "../cp/tree.h"

/**
 * struct parts - a path, taken apart
 * @names: its components without "."; point into @text
 * @count: how many; 0 is the root
 * @text: a copy of the path
 */
struct parts {
	char **names;
	size_t count;
	char *text;
};

/**
 * parts_split - take a path apart
 * @parts: result; to be freed if 0 is returned
 * @path: from an archive
 *
 * Return: 0, -ENOMEM, or -EXDEV if it would lead out of the root.
 */
int parts_split(struct parts *parts, const char *path);

/** parts_free - free what parts_split() allocated */
void parts_free(struct parts *parts);

struct level;

/**
 * struct dirs - the directories that are open
 * @ops: of the tree
 * @root: its root directory
 * @levels: below the root, one in the other
 * @depth: how many
 * @room: allocated in @levels
 * @root_acl: does the root have a default ACL? -1: not looked yet
 */
struct dirs {
	const struct tree_ops *ops;
	int root;
	struct level *levels;
	size_t depth;
	size_t room;
	int root_acl;
};

/** dirs_init - begin at @root, which stays the caller's */
void dirs_init(struct dirs *d, const struct tree_ops *ops, int root);

/** dirs_free - close all */
void dirs_free(struct dirs *d);

/** dirs_forget - close all but the root: some may have been removed */
void dirs_forget(struct dirs *d);

/**
 * dirs_enter - open a directory
 * @d: state
 * @names: components from the root on
 * @count: how many
 * @create: make those that are missing, with mode 0755
 *
 * Return: its descriptor, valid until the next call, or a negative errno;
 * -ELOOP if a component is a symbolic link.
 */
int dirs_enter(struct dirs *d, char *const *names, size_t count, bool create);

/** dirs_has_acl - has the directory entered last a default ACL? */
bool dirs_has_acl(struct dirs *d);

/** dirs_acl_changed - forget what dirs_has_acl() knows */
void dirs_acl_changed(struct dirs *d);

#endif /* TAR_DIRS_H */
