/* SPDX-License-Identifier: GPL-2.0 */
/*
 * server.h - the threads that serve requests
 *
 * Layer:   tools; called by worker.c.
 */
#ifndef FUSE_SERVER_H
#define FUSE_SERVER_H

#include "fs.h"

/**
 * server_run - serve until the file system is unmounted, or SIGUSR1
 * @se: from session_new(), attached
 * @fs: the file system
 * @fd: of /dev/fuse
 * @threads: how many
 *
 * Return: 0, or a negative errno.
 */
int server_run(struct fuse_session *se, struct fs *fs, int fd,
	       unsigned int threads);

#endif /* FUSE_SERVER_H */
