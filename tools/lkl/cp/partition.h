/* SPDX-License-Identifier: GPL-2.0 */
/*
 * partition.h - which part of the image is meant
 *
 * Layer:   tools; called by volume.c.
 */
#ifndef CP_PARTITION_H
#define CP_PARTITION_H

#include <sys/types.h>

#include "image.h"

/**
 * partition_choose - settle which partition to use
 * @image: the only disk of the running kernel
 * @wanted: as in -P, or PARTITION_UNSET: the whole disk if it has no table
 * @partition: result; 0 for the whole disk
 * @start: result; where it begins, in bytes
 *
 * Return: 0, or a negative errno, already reported with the list of partitions
 * there are.
 */
int partition_choose(const struct image *image, int wanted,
		     unsigned int *partition, off_t *start);

#endif /* CP_PARTITION_H */
