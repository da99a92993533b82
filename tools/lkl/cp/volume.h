/* SPDX-License-Identifier: GPL-2.0 */
/*
 * volume.h - a kernel in this process with one file system of the images
 *
 * Layer:   tools, over lkl.h and ../image; called by the main.c of the copy and
 *          the tar tools.
 * Context: one thread, the same for all calls.
 */
#ifndef CP_VOLUME_H
#define CP_VOLUME_H

#include <stdbool.h>

#include "../image/images.h"
#include "../sandbox/sandbox.h"
#include "diag.h"
#include "imageopts.h"

/** struct volume - a mounted file system; opaque */
struct volume;

/**
 * volume_images_open - open the images on the host
 * @o: which, and how
 *
 * Return: them, for images_free(), or NULL; the cause is reported.
 */
struct images *volume_images_open(const struct imageopts *o);

/**
 * volume_images_close - give the images back
 * @images: from volume_images_open(); freed
 *
 * Return: 0, or a negative errno, already reported, if anything that was
 * written may be lost.
 */
int volume_images_close(struct images *images);

/**
 * volume_open - enter the sandbox, boot, find the file system, mount it
 * @images: open. To stay so until volume_close().
 * @o: what the user asked for
 * @sandbox: what is needed afterwards
 * @volume: set to it, or to NULL
 *
 * With o->self_test the sandbox is tried and nothing is mounted.
 *
 * Return: DIAG_OK, or what the tool is to end with; the cause is reported.
 */
enum diag_status volume_open(struct images *images, const struct imageopts *o,
			     const struct sandbox *sandbox,
			     struct volume **volume);

/** volume_root - descriptor of its root directory inside the library */
int volume_root(const struct volume *v);

/** volume_type - type of the file system */
const char *volume_type(const struct volume *v);

/**
 * volume_settle - have something done to the device when it is unmounted
 * @v: from volume_open()
 * @settle: called by volume_close() with a descriptor of the device inside, for
 *	reading and writing, and @epoch; returns 0 or a negative errno
 * @epoch: for @settle
 */
void volume_settle(struct volume *v, int (*settle)(int fd, int64_t epoch),
		   int64_t epoch);

/**
 * volume_close - write everything back, unmount, shut down, free
 * @v: from volume_open()
 *
 * Return: 0, or a negative errno, already reported, if anything that was
 * written may not have reached the image.
 */
int volume_close(struct volume *v);

#endif /* CP_VOLUME_H */
