/* SPDX-License-Identifier: GPL-2.0 */
/*
 * worker.h - the process that reads the image
 *
 * Layer:   tools; called by supervisor.c in a process of its own.
 */
#ifndef FUSE_WORKER_H
#define FUSE_WORKER_H

#include "../cp/diag.h"
#include "config.h"
#include "fs.h"

/* With the exit status: the host says that it is unmounted. */
#define WORKER_UNMOUNTED	0x80

/**
 * worker_run - serve the image until it is unmounted
 * @config: what the user asked for
 * @se: a session, without a mount yet
 * @fs: what @se was made for
 * @log: descriptor that the kernel's log is appended to, or -1
 * @channel: to the supervisor, see channel.h
 *
 * Return: exit status of the process: an enum diag_status, and perhaps
 *	WORKER_UNMOUNTED.
 */
int worker_run(struct config *config, struct fuse_session *se,
	       struct fs *fs, int log, int channel);

#endif /* FUSE_WORKER_H */
