/* SPDX-License-Identifier: GPL-2.0 */
/*
 * measure.h - how much there is to copy, for the progress line
 *
 * Layer:   tools; called by main.c on a terminal only.
 */
#ifndef CP_MEASURE_H
#define CP_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tree.h"

/**
 * measure - count the files and bytes below the named sources
 * @tree: where they are
 * @sources: paths as the user gave them
 * @count: how many
 * @stop: ends the count early
 * @files: result
 * @bytes: result; sizes of regular files, holes not counted
 *
 * What cannot be read is left out; copying will report it. Files with several
 * names count once for each, so the result is an estimate from above.
 */
void measure(struct tree *tree, char *const *sources, int count,
	     volatile bool *stop, uint64_t *files, uint64_t *bytes);

#endif /* CP_MEASURE_H */
