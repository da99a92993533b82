/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ring.h - making and unmaking virtqueues.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   device.c, mmio.c.
 */
#ifndef LKL_VIRTIO_RING_H
#define LKL_VIRTIO_RING_H

#include "drivers/virtio/virtio.h"

/**
 * virtqueue_init - make a queue, disabled
 * @vq: zeroed
 * @vdev: its device
 * @index: its number there
 *
 * Context: not on a vCPU. Return: 0, -ENOMEM.
 */
int virtqueue_init(struct virtqueue *vq, struct virtio_device *vdev,
		   uint16_t index);

/**
 * virtqueue_fini - undo virtqueue_init()
 * @vq: a disabled queue
 *
 * Context: not on a vCPU.
 */
void virtqueue_fini(struct virtqueue *vq);

/**
 * virtqueue_clear - forget the driver's choices
 * @vq: a disabled queue
 *
 * Context: transport, serialised by it.
 */
void virtqueue_clear(struct virtqueue *vq);

#endif /* LKL_VIRTIO_RING_H */
