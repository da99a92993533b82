/* SPDX-License-Identifier: GPL-2.0 */
/*
 * expand.h - what is to be copied: patterns in names, and lists of files
 *
 * Layer:   tools; called by main.c. A shell cannot expand a pattern for files it
 *          does not see, and need not for those it does.
 */
#ifndef CP_EXPAND_H
#define CP_EXPAND_H

#include <stdbool.h>

#include "tree.h"

/**
 * struct expand - a list of paths
 * @count: how many
 * @room: allocated in @paths
 * @paths: each from malloc()
 */
struct expand {
	int count;
	int room;
	char **paths;
};

/**
 * expand_sources - replace patterns by what they match
 * @list: what they match is added; free it with expand_free() in any case
 * @tree: where the sources are
 * @sources: as the user gave them
 * @count: how many
 *
 * Each component of a path is a pattern as of fnmatch(3) if it has one of "*?["
 * and nothing exists that has the path as its name. Matches are sorted; a
 * leading dot has to be matched explicitly.
 *
 * Return: 0, or a negative errno, already reported, if memory is short or a
 * pattern matches nothing.
 */
int expand_sources(struct expand *list, struct tree *tree, char *const *sources,
		   int count);

/**
 * expand_list - add what a file of the host lists
 * @list: gets it
 * @path: the file; "-" is standard input
 * @null: paths end with a zero byte, not a newline
 *
 * An empty line is no path. The paths are taken as they are.
 *
 * Return: 0, or a negative errno, already reported.
 */
int expand_list(struct expand *list, const char *path, bool null);

/** expand_free - free the paths */
void expand_free(struct expand *list);

#endif /* CP_EXPAND_H */
