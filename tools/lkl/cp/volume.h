/* SPDX-License-Identifier: GPL-2.0 */
/*
 * volume.h - a kernel in this process with one file system of the image
 *
 * Layer:   tools, over tools/lkl/include/lkl.h; called by main.c.
 * Context: one thread, the same for all calls.
 */
#ifndef CP_VOLUME_H
#define CP_VOLUME_H

#include <stdbool.h>

#include <lkl.h>

#include "image.h"
#include "options.h"

/**
 * struct volume - a mounted file system
 * @root: descriptor of its root inside the library
 *
 * The rest is private to volume.c.
 * @image: the host's side
 * @disk: as the library knows it
 * @disk_id: from lkl_disk_add()
 * @partition: 0 for the whole disk
 * @writable: mounted to be written
 * @path: where it is mounted inside the library
 */
struct volume {
	int root;
	struct image *image;
	struct lkl_disk disk;
	int disk_id;
	unsigned int partition;
	bool writable;
	char path[64];
};

/**
 * volume_open - boot, find the file system, mount it
 * @v: result
 * @image: open; writable unless o->from
 * @o: uses type, partition, printk, from
 *
 * Return: 0, or a negative errno, already reported.
 */
int volume_open(struct volume *v, struct image *image, const struct options *o);

/**
 * volume_close - write everything back, unmount, shut down
 *
 * Return: 0, or a negative errno, already reported, if anything that was
 * written may not have reached the image.
 */
int volume_close(struct volume *v);

#endif /* CP_VOLUME_H */
