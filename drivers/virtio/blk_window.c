// SPDX-License-Identifier: GPL-2.0
/*
 * blk_window.c - a backend that is a part of another one.
 *
 * Layer:   drivers/virtio, between the block device and a backend.
 * Users:   blk.c through struct virtio_blk_backend_ops; tools/lkl/image makes it.
 * Locking: none; nothing changes.
 *
 * A request is moved and passed on, so it costs an addition. The device has
 * checked that it lies within the window.
 */
#include "drivers/virtio/blk_window.h"

#include <errno.h>

/**
 * struct window - the backend
 * @be: its public part; first
 * @inner: the other one
 * @offset: where the window starts in it
 * @free: what it was allocated with goes back by this
 */
struct window {
	struct virtio_blk_backend be;
	struct virtio_blk_backend *inner;
	uint64_t offset;
	void (*free)(void *ptr);
};

static int window_submit(struct virtio_blk_backend *be,
			 struct virtio_blk_request *req)
{
	struct window *w = (struct window *)be;

	if (req->op != VIRTIO_BLK_OP_FLUSH)
		req->offset += w->offset;
	return w->inner->ops->submit(w->inner, req);
}

static void window_commit(struct virtio_blk_backend *be)
{
	struct window *w = (struct window *)be;

	if (w->inner->ops->commit)
		w->inner->ops->commit(w->inner);
}

static void window_destroy(struct virtio_blk_backend *be)
{
	struct window *w = (struct window *)be;

	w->inner->ops->destroy(w->inner);
	w->free(w);
}

static const struct virtio_blk_backend_ops window_ops = {
	.submit = window_submit,
	.commit = window_commit,
	.destroy = window_destroy,
};

static bool block_size_ok(const struct virtio_blk_backend *inner, uint32_t size)
{
	return size >= inner->block_size && size <= 4096 &&
	       !(size & (size - 1));
}

int virtio_blk_window_create(const struct virtio_host *host,
			     struct virtio_blk_backend *inner, uint64_t offset,
			     uint64_t length, uint32_t block_size,
			     struct virtio_blk_backend **be)
{
	struct window *w;

	if (!block_size)
		block_size = inner->block_size;
	if (!block_size_ok(inner, block_size) || offset > inner->size)
		return -EINVAL;
	if (!length)
		length = inner->size - offset;
	if (!length || length > inner->size - offset ||
	    offset % inner->block_size || length % block_size)
		return -EINVAL;

	w = host->mem->alloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->inner = inner;
	w->offset = offset;
	w->free = host->mem->free;
	w->be = *inner;
	w->be.ops = &window_ops;
	w->be.size = length;
	w->be.block_size = block_size;
	if (w->be.physical_size < block_size)
		w->be.physical_size = block_size;
	*be = &w->be;
	return 0;
}
