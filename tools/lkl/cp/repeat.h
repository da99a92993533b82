/* SPDX-License-Identifier: GPL-2.0 */
/*
 * repeat.h - the same image every time, by SOURCE_DATE_EPOCH
 *
 * Layer:   tools; called by cptofs and tar2fs. What it takes on the disk is in
 *          ../tar/settle.h.
 * Context: one thread.
 */
#ifndef CP_REPEAT_H
#define CP_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "volume.h"

/**
 * repeat_wanted - read SOURCE_DATE_EPOCH
 * @epoch: set to it, seconds since 1970, if it is there
 *
 * Return: 1 if it is, 0 if not, -EINVAL, already reported, if it is no number.
 */
int repeat_wanted(int64_t *epoch);

/**
 * repeat_begin - have what is written from now on be the same every time
 * @volume: mounted, nothing was written yet
 * @name: of the image, for the warning that its file system cannot
 * @epoch: see repeat_wanted()
 */
void repeat_begin(struct volume *volume, const char *name, int64_t epoch);

#endif /* CP_REPEAT_H */
