/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - what is agreed with the host's kernel, and each of its requests
 *
 * Layer:   tools; called by worker.c and server.c.
 */
#ifndef FUSE_SESSION_H
#define FUSE_SESSION_H

#include "fs.h"

/**
 * session_new - prepare to serve
 * @args: libfuse's part of the command line
 * @fs: what is to be served; filled in before the first request
 *
 * Return: it, or NULL; libfuse has said why.
 */
struct fuse_session *session_new(struct fuse_args *args, struct fs *fs);

/**
 * session_attach - use a mount
 * @se: from session_new()
 * @fs: the file system
 * @fd: of /dev/fuse, mounted; belongs to @se from now on
 *
 * Return: 0, or a negative errno.
 */
int session_attach(struct fuse_session *se, struct fs *fs, int fd);

/**
 * session_request - serve one request
 * @se: from session_new()
 * @fs: the file system
 * @fd: of /dev/fuse
 * @request: as it was read; is changed
 * @size: bytes
 */
void session_request(struct fuse_session *se, struct fs *fs, int fd,
		     void *request, size_t size);

#endif /* FUSE_SESSION_H */
