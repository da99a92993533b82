/* SPDX-License-Identifier: GPL-2.0 */
/*
 * extra.h - requests that libfuse does not know
 *
 * Layer:   tools; called by session.c.
 */
#ifndef FUSE_EXTRA_H
#define FUSE_EXTRA_H

#include <linux/fuse.h>

#include "fs.h"

/* Numbers of requests that are newer than Debian 12's <linux/fuse.h>. */
#define EXTRA_TMPFILE	51
#define EXTRA_STATX	52

/**
 * extra_statx - answer a FUSE_STATX request
 * @fs: the file system
 * @fd: of /dev/fuse
 * @head: the request
 */
void extra_statx(struct fs *fs, int fd, const struct fuse_in_header *head);

#endif /* FUSE_EXTRA_H */
