/* SPDX-License-Identifier: GPL-2.0 */
/*
 * mountpoint.h - the mount on the host: is it there, and take it away
 *
 * Layer:   tools; called by supervisor.c.
 */
#ifndef FUSE_MOUNTPOINT_H
#define FUSE_MOUNTPOINT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct mountpoint - a mount of ours
 * @path: where, absolute; kept, not copied
 * @device: "major:minor" that tells it from others at the same place
 * @id: the mount's number, if the host gives none out twice (Linux 6.8), else 0
 */
struct mountpoint {
	const char *path;
	char device[32];
	uint64_t id;
};

/**
 * mountpoint_find - note which mount was just made
 * @m: result
 * @path: where
 *
 * Does not touch the mount, which nobody may be serving.
 *
 * Return: 0, or a negative errno.
 */
int mountpoint_find(struct mountpoint *m, const char *path);

/**
 * mountpoint_is_there - is it still mounted, and on top?
 * @m: the mount
 *
 * While it lives, its device is nobody else's. One that was made when it was gone
 * may have the same; only @m->id, if there is one, tells them apart.
 */
bool mountpoint_is_there(const struct mountpoint *m);

/**
 * mountpoint_unmount - unmount it
 * @m: the mount
 * @detach: even if it is in use; then it goes when it no longer is
 *
 * Blocks: until what the host has cached is written back.
 * Return: 0, or a negative errno, -EBUSY above all.
 */
int mountpoint_unmount(const struct mountpoint *m, bool detach);

/**
 * mountpoint_sync - have the host send all it has cached
 * @m: the mount
 *
 * Blocks: until it is done.
 * Return: 0, or a negative errno.
 */
int mountpoint_sync(const struct mountpoint *m);

/**
 * mountpoint_read_ahead - have the host read further ahead than it does itself
 * @m: the mount
 * @kib: how far
 *
 * Only root may; for others nothing happens. To be called when the session has
 * begun, which would undo it.
 */
void mountpoint_read_ahead(const struct mountpoint *m, unsigned int kib);

#endif /* FUSE_MOUNTPOINT_H */
