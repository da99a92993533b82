/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mkfs.h - an image file with an empty file system, by the host's mkfs
 *
 * Layer:   tools; called by main.c, before the image is opened and the sandbox
 *          entered.
 */
#ifndef TAR_MKFS_H
#define TAR_MKFS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct mkfs - what is to be made
 * @type: as mkfs(8) has it; NULL: nothing is to be made
 * @size: of the image file, in bytes; 0: it is there, and keeps its size
 * @label: of the file system, or NULL
 * @uuid: of the file system, or NULL
 * @options: further arguments for mkfs, separated by spaces, or NULL
 * @fixed: the same every time: what is random gets a value that is not
 * @epoch: with @fixed, seconds since 1970 in place of the time
 */
struct mkfs {
	const char *type;
	uint64_t size;
	const char *label;
	const char *uuid;
	const char *options;
	bool fixed;
	int64_t epoch;
};

/**
 * mkfs_run - make the file if it has to be, and the file system in it
 * @m: what is wanted; @m->type is not NULL
 * @image: path of the file. It is not overwritten if @m->size is given, and
 *	removed again if it was made and mkfs fails.
 *
 * Return: 0, or a negative errno, already reported.
 */
int mkfs_run(const struct mkfs *m, const char *image);

#endif /* TAR_MKFS_H */
