/* SPDX-License-Identifier: GPL-2.0 */
/*
 * paths.h - which files are the library's
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   files.c, stats.c, directories.c.
 */
#ifndef HIJACK_PATHS_H
#define HIJACK_PATHS_H

#include <stdbool.h>

#include "table.h"

/**
 * struct where - a path as the library's calls take it
 * @dir: the library's descriptor of the directory, or AT_FDCWD
 * @use: of the directory, if it is a descriptor
 * @used: whether it is
 */
struct where {
	int dir;
	struct use use;
	bool used;
};

/**
 * path_begin - is a path the library's?
 * @where: filled if it is
 * @dir: directory for relative paths, AT_FDCWD for the current one, which is
 *	always the host's
 * @path: the path; NULL is allowed
 *
 * Boots the library for a path that is its own.
 *
 * Return: true if the call is to go to the library, followed by path_end().
 */
bool path_begin(struct where *where, int dir, const char *path);
void path_end(struct where *where);

#endif /* HIJACK_PATHS_H */
