/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuse3.h - libfuse, in the version of its interface that this tool is written
 * for
 *
 * Layer:   tools; the one place that says which.
 */
#ifndef FUSE_FUSE3_H
#define FUSE_FUSE3_H

#define FUSE_USE_VERSION 312

#include <fuse3/fuse_lowlevel.h>

#endif /* FUSE_FUSE3_H */
