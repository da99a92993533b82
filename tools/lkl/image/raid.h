/* SPDX-License-Identifier: GPL-2.0 */
/*
 * raid.h - what a member of a Linux software RAID (md) says of its array
 *
 * Layer:   tools/lkl/image, private to it.
 * Users:   listing.c.
 */
#ifndef LKL_IMAGES_RAID_H
#define LKL_IMAGES_RAID_H

#include "inside.h"

/**
 * struct raid - an array
 * @level: "raid0", "raid1", ..., "linear"
 * @name: of the array; may be empty
 * @disks: how many it has
 * @disk: which of them this is, from 0; -1: a spare, or not known
 * @chunk: bytes; 0: none, or not known
 */
struct raid {
	char level[16];
	char name[40];
	uint32_t disks;
	int disk;
	uint32_t chunk;
};

/**
 * raid_examine - read the superblock
 * @volume: a member
 * @raid: filled in
 *
 * Return: 0; -ENOENT: there is none.
 */
int raid_examine(const struct volume *volume, struct raid *raid);

#endif /* LKL_IMAGES_RAID_H */
