/* SPDX-License-Identifier: GPL-2.0 */
/*
 * blk_window.h - a backend that is a part of another one.
 *
 * Layer:   drivers/virtio, between the block device and a backend.
 * Users:   tools/lkl/image.
 */
#ifndef LKL_VIRTIO_BLK_WINDOW_H
#define LKL_VIRTIO_BLK_WINDOW_H

#include "drivers/virtio/virtio.h"

/**
 * virtio_blk_window_create - make a backend that is a part of another one
 * @host: surroundings; @mem is used
 * @inner: the other one; belongs to the window from now on, if this succeeds
 * @offset: where the part starts, in bytes, a multiple of the block size
 * @length: bytes of it; 0: to the end
 * @block_size: 512 to 4096, at least that of @inner; 0: as @inner
 * @be: set to the backend
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM, -EINVAL (does not fit into
 * @inner, or no multiple of the block size).
 */
int virtio_blk_window_create(const struct virtio_host *host,
			     struct virtio_blk_backend *inner, uint64_t offset,
			     uint64_t length, uint32_t block_size,
			     struct virtio_blk_backend **be);

#endif /* LKL_VIRTIO_BLK_WINDOW_H */
