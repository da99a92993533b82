/* SPDX-License-Identifier: GPL-2.0 */
/*
 * imagefile.h - find the file that a piece of this process was mapped from
 *
 * Layer:   tools/lkl/lib, below loader.c.
 * Users:   loader.c.
 * Locking: none; may be called by several threads at once.
 */
#ifndef LKL_LIB_IMAGEFILE_H
#define LKL_LIB_IMAGEFILE_H

#include "image.h"

#define IMAGEFILE_PATH_MAX	4096

/**
 * struct imagefile - where the image lies on disk
 * @fd: open for reading
 * @offset: of the image's first byte in that file, a multiple of IMAGE_PAGE
 * @path: the file's name, for debuggers; may be "/proc/self/exe"
 */
struct imagefile {
	int fd;
	uint64_t offset;
	char path[IMAGEFILE_PATH_MAX];
};

/**
 * imagefile_open - open the file that holds the embedded image
 * @file: filled
 * @image: the image, as it lies in our memory
 *
 * Looks at the program headers of whatever object the image is part of
 * (liblkl.so, or the program itself when linked statically), then at
 * /proc/self/maps. The file found is believed only if it holds the same ELF
 * header, program headers and build ID at that place, since by now another
 * version may have been installed under its name.
 *
 * Context: any. Blocks: for a few small reads.
 * Return: 0, and @file->fd is the caller's to close; -ENOENT if there is no
 * file that can be believed.
 */
int imagefile_open(struct imagefile *file, const struct image *image);

#endif /* LKL_LIB_IMAGEFILE_H */
