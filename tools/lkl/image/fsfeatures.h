/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fsfeatures.h - which features a file system uses
 *
 * Layer:   tools/lkl/image, private to it.
 * Users:   listing.c.
 */
#ifndef LKL_IMAGES_FSFEATURES_H
#define LKL_IMAGES_FSFEATURES_H

#include "inside.h"
#include "listing.h"

/**
 * features_stored - read them from the superblock
 * @volume: where
 * @content: its type is set, its features are added to
 */
void features_stored(const struct volume *volume, struct tree_content *content);

/** features_mounted - ask the kernel, which has it mounted */
void features_mounted(const struct volume *volume,
		      struct tree_content *content);

#endif /* LKL_IMAGES_FSFEATURES_H */
