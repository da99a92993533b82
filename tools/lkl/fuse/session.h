/* SPDX-License-Identifier: GPL-2.0 */
/*
 * session.h - requests from the host's kernel, served by several threads
 *
 * Layer:   tools; called by worker.c.
 */
#ifndef FUSE_SESSION_H
#define FUSE_SESSION_H

#include "fs.h"

/**
 * session_new - prepare to serve
 * @args: libfuse's part of the command line
 * @fs: what is to be served; filled in before session_serve()
 *
 * Return: it, or NULL; libfuse has said why.
 */
struct fuse_session *session_new(struct fuse_args *args, struct fs *fs);

/**
 * session_serve - serve until the file system is unmounted
 * @se: from session_new()
 * @fs: the file system
 * @fd: of /dev/fuse, mounted; belongs to @se from now on
 * @threads: how many
 *
 * Return: 0 if it was unmounted, or a negative errno.
 */
int session_serve(struct fuse_session *se, struct fs *fs, int fd,
		  unsigned int threads);

/** session_stop - end session_serve(); async-signal-safe */
void session_stop(void);

#endif /* FUSE_SESSION_H */
