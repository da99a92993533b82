/* SPDX-License-Identifier: GPL-2.0 */
/*
 * worker.h - the process that reads the image
 *
 * Layer:   tools; called by supervisor.c in a process of its own.
 */
#ifndef FUSE_WORKER_H
#define FUSE_WORKER_H

#include "../cp/diag.h"
#include "../cp/image.h"
#include "config.h"
#include "fs.h"

/**
 * worker_run - serve the image until it is unmounted
 * @config: what the user asked for
 * @image: open
 * @se: mounted
 * @fs: what @se was made for
 * @log: descriptor that the kernel's log is appended to, or -1
 * @ready: descriptor that a byte is written to when the mount can be used
 *
 * Return: exit status of the process.
 */
enum diag_status worker_run(const struct config *config, struct image *image,
			    struct fuse_session *se, struct fs *fs, int log,
			    int ready);

#endif /* FUSE_WORKER_H */
