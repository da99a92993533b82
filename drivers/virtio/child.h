/* SPDX-License-Identifier: GPL-2.0 */
/*
 * child.h - starting a helper process the application does not notice.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   net_passt.c.
 */
#ifndef LKL_VIRTIO_CHILD_H
#define LKL_VIRTIO_CHILD_H

#include <stddef.h>

#include "drivers/virtio/virtio.h"

/* The descriptors a helper is given are these, in order. */
#define CHILD_FD	3
#define CHILD_FDS_MAX	4

/**
 * child_start - run a program that goes into the background when it is ready
 * @host: surroundings; @mem is used
 * @argv: the program, looked for in PATH, and its arguments; NULL at the end
 * @fds: descriptors it gets as CHILD_FD, CHILD_FD + 1 ...; it has no others but
 *	/dev/null and a standard error
 * @fd_count: how many, at most CHILD_FDS_MAX
 * @words: set to the last line it said on its standard error, if it failed
 * @size: bytes in @words, at least 1
 *
 * The helper is nobody's child afterwards: the application's wait() does not see it,
 * and no SIGCHLD arrives, now or when it ends.
 *
 * Context: not on a vCPU. Blocks: until the program's first process has ended.
 * Return: 0 if it did so with success, -EIO if not, -ENOENT (no such program),
 * -EACCES, -ENOMEM, -EMFILE, -EAGAIN (no process).
 */
int child_start(const struct virtio_host *host, const char *const *argv,
		const int *fds, unsigned int fd_count, char *words, size_t size);

#endif /* LKL_VIRTIO_CHILD_H */
