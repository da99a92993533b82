/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blk_nbd.h - block backend over an NBD server.
 *
 * Layer:   drivers/virtio, below the block device.
 * Users:   tools/lkl/image, which connects to the server.
 */
#ifndef LKL_VIRTIO_BLK_NBD_H
#define LKL_VIRTIO_BLK_NBD_H

#include "drivers/virtio/virtio.h"

struct nbd_api;
struct nbd_handle;

/**
 * virtio_blk_nbd_create - a backend over a connection to an NBD server
 * @host: surroundings; @mem and @thread are used
 * @api: libnbd
 * @nbd: a connected handle. It stays the caller's, who leaves it alone as long
 *	as the backend exists, and closes it afterwards.
 * @read_only: even if the server would take writes
 * @be: set to the backend; give it to virtio_blk_create() or destroy it
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EMFILE, -EAGAIN (no thread),
 * -ENOTCONN (the handle is not connected), -EINVAL (size is no multiple of the
 * block size, or that is larger than 4096 bytes).
 */
int virtio_blk_nbd_create(const struct virtio_host *host,
			  const struct nbd_api *api, struct nbd_handle *nbd,
			  bool read_only, struct virtio_blk_backend **be);

#endif /* LKL_VIRTIO_BLK_NBD_H */
