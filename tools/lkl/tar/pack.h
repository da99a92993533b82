/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pack.h - a file tree to a tar archive
 *
 * Layer:   tools; called by main.c.
 * Context: one thread.
 */
#ifndef TAR_PACK_H
#define TAR_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../cp/tree.h"
#include "stream.h"

struct progress;

/**
 * struct pack - one run of fs2tar
 * @tree: what is read, from its base down
 * @stream: what is written
 * @contexts: gets a line "path context" a file, or NULL
 * @clamp: no time later than @epoch is written
 * @epoch: seconds since 1970
 * @progress: told of files and bytes, or NULL
 * @stop: ends the run when it becomes true
 */
struct pack {
	const struct tree *tree;
	struct stream *stream;
	FILE *contexts;
	bool clamp;
	int64_t epoch;
	struct progress *progress;
	volatile bool *stop;
};

/**
 * pack_run - write everything
 * @p: all members set
 *
 * What could not be read is reported and left out. Files come in the order of
 * their names, byte by byte, so that the same tree gives the same archive.
 *
 * Return: 0 if all is in the archive, else -EIO.
 */
int pack_run(const struct pack *p);

#endif /* TAR_PACK_H */
