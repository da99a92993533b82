/* SPDX-License-Identifier: GPL-2.0 */
/*
 * volume.h - a kernel in this process with one file system of the image
 *
 * Layer:   tools, over lkl.h and ../image; called by worker.c.
 * Context: one thread, the same for all calls.
 */
#ifndef FUSE_VOLUME_H
#define FUSE_VOLUME_H

#include <stdbool.h>

#include <lkl.h>

#include "../image/images.h"
#include "config.h"

/**
 * struct volume - a kernel, and what it has mounted
 * @images: the host's side
 * @config: what the user asked for
 * @target: the block device inside, and the type of what is on it
 * @ro: it is mounted read-only
 * @root: descriptor of its root
 */
struct volume {
	struct images *images;
	const struct config *config;
	struct images_target target;
	bool ro;
	int root;
};

/**
 * volume_boot - start the kernel, without a disk
 * @v: result
 * @images: open; to stay so until volume_halt()
 * @config: likewise
 * @print: gets the kernel's log, or NULL
 *
 * Return: 0, or a negative errno, already reported.
 */
int volume_boot(struct volume *v, struct images *images,
		const struct config *config,
		void (*print)(const char *text, int len));

/**
 * volume_plug - show the images to the kernel, as disks
 * @v: from volume_boot()
 *
 * They are parsed from now on, if only for partitions.
 *
 * Return: 0, or a negative errno, already reported.
 */
int volume_plug(struct volume *v);

/**
 * volume_mount - find the file system and mount it
 * @v: after volume_plug()
 *
 * Return: 0, or a negative errno, already reported.
 */
int volume_mount(struct volume *v);

/**
 * volume_unmount - write everything back and unmount
 * @v: mounted
 *
 * Return: 0, or a negative errno, already reported, if anything that was
 * written may not have reached the image.
 */
int volume_unmount(struct volume *v);

/** volume_halt - stop the kernel and free what it holds */
void volume_halt(struct volume *v);

/** volume_has_handles - can an inode be opened again by its file handle? */
bool volume_has_handles(const struct volume *v);

/** volume_names_vary - may one file be reached by names that differ? */
bool volume_names_vary(const struct volume *v);

/** volume_time_gran - resolution of its time stamps, in ns */
unsigned int volume_time_gran(const struct volume *v);

#endif /* FUSE_VOLUME_H */
