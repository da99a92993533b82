/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parents.h - the directories that sources are in, made at the destination
 *
 * Layer:   tools; called by run.c where sources keep their whole path.
 * Context: one thread.
 */
#ifndef CP_PARENTS_H
#define CP_PARENTS_H

#include "entry.h"

struct made_parent;

/**
 * struct parents - the directories made so far
 * @root: the destination
 * @shown: how the user named it
 * @src: path of the directory that was entered last, ends with a slash unless
 *	empty; from malloc()
 * @dir: the same one at the destination; @root, or a descriptor of ours
 * @entry: the same one, for what is copied into it
 * @dst: its path below @root, and @dst_shown with the destination before it
 * @dst_shown: see @dst
 * @src_failed: it was the source that could not be reached
 * @made: those that were not there before, the last one first
 */
struct parents {
	int root;
	const char *shown;
	char *src;
	int dir;
	struct entry entry;
	char *dst;
	char *dst_shown;
	bool src_failed;
	struct made_parent *made;
};

/** parents_init - begin in the open directory @root */
void parents_init(struct parents *p, int root, const char *shown);

/**
 * parents_enter - go to where a source belongs
 * @c: the run
 * @p: state
 * @src: path of the directory that the source is in
 *
 * Missing directories are made. Slashes at the beginning and "." do not count.
 *
 * Return: 0, and @p->dir and @p->entry are set; -EXDEV if @src has "..";
 * another negative errno.
 */
int parents_enter(struct copy *c, struct parents *p, const char *src);

/**
 * parents_finish - give what was made the attributes it has at the source
 * @c: the run
 * @p: as parents_init() left it afterwards
 */
void parents_finish(struct copy *c, struct parents *p);

#endif /* CP_PARENTS_H */
