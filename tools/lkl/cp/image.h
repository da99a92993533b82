/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image.h - the image file or block device on the host: opened and locked
 *
 * Layer:   tools; called by main.c, read by volume.c.
 */
#ifndef CP_IMAGE_H
#define CP_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct image - an open image
 * @path: as the user gave it
 * @fd: read-only if nothing is to be written
 * @size: in bytes
 * @dev: which file it is, with @ino; 0 for a block device
 * @ino: see @dev
 */
struct image {
	const char *path;
	int fd;
	uint64_t size;
	dev_t dev;
	ino_t ino;
};

/**
 * image_open - open an image and lock it against other users
 * @image: result
 * @path: of a regular file or a block device; kept, not copied
 * @writable: to be written; else it is opened so that it cannot be
 *
 * The lock is an open file description lock on the whole file, exclusive for
 * writing and shared for reading. QEMU uses the same kind.
 *
 * Return: 0, or a negative errno, already reported.
 */
int image_open(struct image *image, const char *path, bool writable);

/**
 * image_close - close an image; the lock goes with it
 * @image: from image_open()
 *
 * Return: 0, or a negative errno if something written may be lost.
 */
int image_close(struct image *image);

#endif /* CP_IMAGE_H */
