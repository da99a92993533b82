// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - what all virtio devices share: memory, queues, broken drivers.
 *
 * Layer:   drivers/virtio, between the transport and the devices.
 * Users:   devices (blk.c), rings (ring.c), the transport (mmio.c).
 * Locking: none; see struct virtio_device for what is atomic.
 */
#include "drivers/virtio/virtio.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#include "drivers/virtio/ring.h"

void *virtio_memory_range(const struct virtio_memory *mem, guest_addr_t addr,
			  uint64_t len)
{
	if (addr.raw < mem->start || addr.raw >= mem->end)
		return NULL;
	if (len == 0 || len > mem->end - addr.raw)
		return NULL;
	return (char *)mem->base + addr.raw;
}

int virtio_device_init(struct virtio_device *vdev,
		       const struct virtio_host *host, unsigned int queues,
		       uint16_t queue_size_max)
{
	unsigned int i;
	int err;

	if (!queues || !queue_size_max || queue_size_max > VIRTQUEUE_SIZE_MAX ||
	    queue_size_max & (queue_size_max - 1))
		return -EINVAL;

	vdev->host = *host;
	vdev->offered |= 1ULL << VIRTIO_F_VERSION_1 |
			 1ULL << VIRTIO_RING_F_INDIRECT_DESC |
			 1ULL << VIRTIO_RING_F_EVENT_IDX;
	vdev->queue_size_max = queue_size_max;
	vdev->queues = host->mem->alloc(queues * sizeof(*vdev->queues));
	if (!vdev->queues)
		return -ENOMEM;

	for (i = 0; i < queues; i++) {
		err = virtqueue_init(&vdev->queues[i], vdev, i);
		if (err)
			goto err_fini;
		vdev->queue_count++;
	}
	return 0;

err_fini:
	virtio_device_fini(vdev);
	return err;
}

void virtio_device_fini(struct virtio_device *vdev)
{
	unsigned int i;

	for (i = 0; i < vdev->queue_count; i++)
		virtqueue_fini(&vdev->queues[i]);
	vdev->queue_count = 0;
	vdev->host.mem->free(vdev->queues);
	vdev->queues = NULL;
}

void virtio_device_break(struct virtio_device *vdev)
{
	if (__atomic_exchange_n(&vdev->broken, true, __ATOMIC_ACQ_REL))
		return;
	if (vdev->signal)
		vdev->signal(vdev, VIRTIO_MMIO_INT_CONFIG);
}

bool virtio_device_broken(const struct virtio_device *vdev)
{
	return __atomic_load_n(&vdev->broken, __ATOMIC_ACQUIRE);
}

void virtio_device_config_changed(struct virtio_device *vdev)
{
	__atomic_add_fetch(&vdev->config_generation, 1, __ATOMIC_ACQ_REL);
	if (vdev->signal)
		vdev->signal(vdev, VIRTIO_MMIO_INT_CONFIG);
}
