/* SPDX-License-Identifier: GPL-2.0 */
/*
 * expand.h - patterns in the names of sources inside an image
 *
 * Layer:   tools; called by main.c. A shell cannot expand a pattern for files
 *          it does not see, so cpfromfs does.
 */
#ifndef CP_EXPAND_H
#define CP_EXPAND_H

#include <stdbool.h>

#include "tree.h"

/**
 * struct expand - a list of paths
 * @count: how many
 * @paths: each from malloc()
 */
struct expand {
	int count;
	char **paths;
};

/**
 * expand_sources - replace patterns by what they match
 * @list: result; free it with expand_free() in any case
 * @tree: where the sources are
 * @sources: as the user gave them
 * @count: how many
 * @patterns: expand; else @sources are taken as they are
 *
 * The last component of a path is a pattern as of fnmatch(3) if it has one of
 * "*?[" and nothing of exactly that name exists. Matches are sorted; a leading
 * dot has to be matched explicitly.
 *
 * Return: 0, or a negative errno, already reported, if memory is short or a
 * pattern matches nothing.
 */
int expand_sources(struct expand *list, struct tree *tree, char *const *sources,
		   int count, bool patterns);

void expand_free(struct expand *list);

#endif /* CP_EXPAND_H */
