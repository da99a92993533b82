/* SPDX-License-Identifier: GPL-2.0 */
/*
 * names.h - the names in a directory, sorted
 *
 * Layer:   tools; called by pack.c.
 */
#ifndef TAR_NAMES_H
#define TAR_NAMES_H

#include <stddef.h>

#include "../cp/tree.h"

/**
 * struct names - names in a directory
 * @list: sorted by their bytes
 * @count: how many
 * @room: allocated in @list
 */
struct names {
	char **list;
	size_t count;
	size_t room;
};

/**
 * names_read - read a directory
 * @n: result, zero before; to be freed in any case
 * @ops: of the tree
 * @dir: open directory, at its beginning
 *
 * Return: 0, or a negative errno with what could be read in @n.
 */
int names_read(struct names *n, const struct tree_ops *ops, int dir);

/** names_free - free what names_read() allocated */
void names_free(struct names *n);

#endif /* TAR_NAMES_H */
