/* SPDX-License-Identifier: GPL-2.0 */
/*
 * volume.h - a kernel in this process with one file system of the image
 *
 * Layer:   tools, over tools/lkl/include/lkl.h; called by main.c.
 * Context: one thread, the same for all calls.
 */
#ifndef CP_VOLUME_H
#define CP_VOLUME_H

#include "image.h"
#include "options.h"

/** struct volume - a mounted file system; opaque */
struct volume;

/**
 * volume_open - boot, find the file system, mount it
 * @image: open; writable unless o->from. To stay so until volume_close().
 * @o: uses type, partition, printk, from
 *
 * Return: it, or NULL; the cause is reported.
 */
struct volume *volume_open(const struct image *image, const struct options *o);

/** volume_root - descriptor of its root directory inside the library */
int volume_root(const struct volume *v);

/**
 * volume_close - write everything back, unmount, shut down, free
 * @v: from volume_open()
 *
 * Return: 0, or a negative errno, already reported, if anything that was
 * written may not have reached the image.
 */
int volume_close(struct volume *v);

#endif /* CP_VOLUME_H */
